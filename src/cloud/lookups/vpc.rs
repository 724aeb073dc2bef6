//! The look-up of one VPC.

use serde_json::{Value as Json, json};

use super::query::{Query, labelled};
use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::clients::Clients;
use crate::cloud::ec2::{ask, filter, flag, items, list, tag_map, text};
use crate::cloud::paging::at_most;
use crate::kind::{RemoteError, Target};
use crate::value::{Object, Type, Value};

/// Finds the VPC and reads what is told elsewhere about it.
pub async fn find(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let names = [
        ("id", "vpc-id"),
        ("default", "is-default"),
        ("cidr_block", "cidr"),
        ("dhcp_options_id", "dhcp-options-id"),
        ("state", "state"),
    ];
    let query = Query::of(args, &names);
    let vpc = query.only("VPC", describe(clients, &query).await?, |vpc| labelled(vpc, "vpcId"))?;
    let text = |name: &str| text(&vpc, name);
    let id = text("vpcId").unwrap_or_default();
    let (attributes, route_table) = tokio::join!(dns(clients, id), main_route_table(clients, id));
    let target = Target { account: text("ownerId").map(Into::into), region: region.into() };
    let ipv6 = |name: &str| self::text(items(&vpc, "ipv6CidrBlockAssociationSet").first()?, name);
    let mut found = Attrs::default();
    found
        .text("id", text("vpcId"))
        .text("arn", target.arn("ec2", &format!("vpc/{id}")).as_deref())
        .text("cidr_block", text("cidrBlock"))
        .flag("default", flag(&vpc, "isDefault"))
        .text("dhcp_options_id", text("dhcpOptionsId"))
        .text("instance_tenancy", text("instanceTenancy"))
        .text("ipv6_association_id", ipv6("associationId"))
        .text("ipv6_cidr_block", ipv6("ipv6CidrBlock"))
        .text("main_route_table_id", route_table?.as_deref())
        .text("owner_id", text("ownerId"))
        .text("state", text("state"))
        .put("cidr_block_associations", associations(&vpc))
        .put("tags", tag_map(&vpc));
    for (name, value) in attributes? {
        found.flag(name, value);
    }
    Ok(found)
}

/// Finds the ids of all VPCs that match, sorted; there may be none.
pub async fn all(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let vpcs = describe(clients, &Query::of(args, &[])).await?;
    let mut ids: Vec<&str> = vpcs.iter().filter_map(|vpc| text(vpc, "vpcId")).collect();
    ids.sort_unstable();
    let mut found = Attrs::default();
    found.text("id", Some(region)).put("ids", Value::strings(ids));
    Ok(found)
}

async fn describe(clients: &Clients, query: &Query) -> Result<Vec<Json>, RemoteError> {
    list(clients, "DescribeVpcs", json!({ "Filter": query.filters() }), "vpcSet").await
}

fn associations(vpc: &Json) -> Value {
    let ty = fields(&[("association_id", Type::String), ("cidr_block", Type::String), ("state", Type::String)]);
    let read = items(vpc, "cidrBlockAssociationSet").iter().map(|association| {
        let state = association.get("cidrBlockState").and_then(|state| text(state, "state"));
        let mut attrs = Attrs::default();
        attrs
            .text("association_id", text(association, "associationId"))
            .text("cidr_block", text(association, "cidrBlock"))
            .text("state", state);
        attrs.into_value()
    });
    Value::list(ty, read.collect())
}

/// EC2 tells one of these attributes per request.
async fn dns(clients: &Clients, id: &str) -> Result<Vec<(&'static str, Option<bool>)>, RemoteError> {
    let names = [
        ("enable_dns_hostnames", "enableDnsHostnames"),
        ("enable_dns_support", "enableDnsSupport"),
        ("enable_network_address_usage_metrics", "enableNetworkAddressUsageMetrics"),
    ];
    at_most(3, names, |(name, attribute)| async move {
        let input = json!({ "VpcId": id, "Attribute": attribute });
        let answer = ask(clients, "DescribeVpcAttribute", &input).await?;
        Ok((name, answer.get(attribute).and_then(|told| flag(told, "value"))))
    })
    .await
}

/// The right to read route tables is often not given, and hardly anybody asks; without it there is no id.
async fn main_route_table(clients: &Clients, id: &str) -> Result<Option<String>, RemoteError> {
    let input = json!({ "Filter": [filter("vpc-id", &[id]), filter("association.main", &["true"])] });
    match ask(clients, "DescribeRouteTables", &input).await {
        Ok(answer) => {
            let table = items(&answer, "routeTableSet").first();
            Ok(table.and_then(|table| text(table, "routeTableId")).map(str::to_owned))
        }
        Err(error) if error.class.is_passing() => Err(error),
        Err(_) => Ok(None),
    }
}
