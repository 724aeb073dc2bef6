//! The look-up of one VPC.

use aws_sdk_ec2::types::{Filter, Vpc, VpcAttributeName};

use super::query::{Query, labelled};
use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::clients::Clients;
use crate::cloud::paging::{at_most, pages};
use crate::cloud::security_group::tag_map;
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
    let vpc = query.only("VPC", describe(clients, &query).await?, |vpc| labelled(vpc.vpc_id(), vpc.tags()))?;
    let id = vpc.vpc_id().unwrap_or_default();
    let (attributes, route_table) = tokio::join!(dns(clients, id), main_route_table(clients, id));
    let target = Target { account: vpc.owner_id().map(Into::into), region: region.into() };
    let ipv6 = vpc.ipv6_cidr_block_association_set().first();
    let mut found = Attrs::default();
    found
        .text("id", vpc.vpc_id())
        .text("arn", target.arn("ec2", &format!("vpc/{id}")).as_deref())
        .text("cidr_block", vpc.cidr_block())
        .flag("default", vpc.is_default())
        .text("dhcp_options_id", vpc.dhcp_options_id())
        .text("instance_tenancy", vpc.instance_tenancy().map(|word| word.as_str()))
        .text("ipv6_association_id", ipv6.and_then(|it| it.association_id()))
        .text("ipv6_cidr_block", ipv6.and_then(|it| it.ipv6_cidr_block()))
        .text("main_route_table_id", route_table?.as_deref())
        .text("owner_id", vpc.owner_id())
        .text("state", vpc.state().map(|word| word.as_str()))
        .put("cidr_block_associations", associations(&vpc))
        .put("tags", tag_map(vpc.tags()));
    for (name, value) in attributes? {
        found.flag(name, value);
    }
    Ok(found)
}

/// Finds the ids of all VPCs that match, sorted; there may be none.
pub async fn all(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let vpcs = describe(clients, &Query::of(args, &[])).await?;
    let mut ids: Vec<&str> = vpcs.iter().filter_map(Vpc::vpc_id).collect();
    ids.sort_unstable();
    let mut found = Attrs::default();
    found.text("id", Some(region)).put("ids", Value::strings(ids));
    Ok(found)
}

async fn describe(clients: &Clients, query: &Query) -> Result<Vec<Vpc>, RemoteError> {
    let service = &clients.ec2;
    pages(|token| async move {
        let request = service.client.describe_vpcs().set_filters(query.filters()).set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.vpcs.unwrap_or_default(), page.next_token))
    })
    .await
}

fn associations(vpc: &Vpc) -> Value {
    let ty = fields(&[("association_id", Type::String), ("cidr_block", Type::String), ("state", Type::String)]);
    let read = vpc.cidr_block_association_set().iter().map(|association| {
        let state = association.cidr_block_state().and_then(|state| state.state());
        let mut attrs = Attrs::default();
        attrs
            .text("association_id", association.association_id())
            .text("cidr_block", association.cidr_block())
            .text("state", state.map(|word| word.as_str()));
        attrs.into_value()
    });
    Value::list(ty, read.collect())
}

/// EC2 tells one of these attributes per request.
async fn dns(clients: &Clients, id: &str) -> Result<Vec<(&'static str, Option<bool>)>, RemoteError> {
    let service = &clients.ec2;
    let names = [
        ("enable_dns_hostnames", VpcAttributeName::EnableDnsHostnames),
        ("enable_dns_support", VpcAttributeName::EnableDnsSupport),
        ("enable_network_address_usage_metrics", VpcAttributeName::EnableNetworkAddressUsageMetrics),
    ];
    at_most(3, names, |(name, attribute)| async move {
        let request = service.client.describe_vpc_attribute().vpc_id(id).attribute(attribute);
        let answer = service.pace.send(|| request.clone().send()).await?;
        let value = match name {
            "enable_dns_hostnames" => answer.enable_dns_hostnames(),
            "enable_dns_support" => answer.enable_dns_support(),
            _ => answer.enable_network_address_usage_metrics(),
        };
        Ok((name, value.and_then(|it| it.value())))
    })
    .await
}

/// The right to read route tables is often not given, and hardly anybody asks; without it there is no id.
async fn main_route_table(clients: &Clients, id: &str) -> Result<Option<String>, RemoteError> {
    let service = &clients.ec2;
    let request = service
        .client
        .describe_route_tables()
        .filters(Filter::builder().name("vpc-id").values(id).build())
        .filters(Filter::builder().name("association.main").values("true").build());
    match service.pace.send(|| request.clone().send()).await {
        Ok(answer) => Ok(answer.route_tables().first().and_then(|table| table.route_table_id.clone())),
        Err(error) if error.class.is_passing() => Err(error),
        Err(_) => Ok(None),
    }
}
