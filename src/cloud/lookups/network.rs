//! The look-ups of subnets, security groups and availability zones.

use serde_json::{Value as Json, json};

use super::query::{Query, labelled};
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::ec2::{ask, flag, int, items, list, tag_map, text};
use crate::cloud::errors::fatal;
use crate::cloud::security_group;
use crate::kind::RemoteError;
use crate::value::{Object, Value};

/// Finds one subnet.
pub async fn subnet(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let names = [
        ("id", "subnet-id"),
        ("vpc_id", "vpc-id"),
        ("availability_zone", "availability-zone"),
        ("availability_zone_id", "availability-zone-id"),
        ("cidr_block", "cidr-block"),
        ("ipv6_cidr_block", "ipv6-cidr-block-association.ipv6-cidr-block"),
        ("default_for_az", "default-for-az"),
        ("state", "state"),
    ];
    let query = Query::of(args, &names);
    let found = describe_subnets(clients, &query).await?;
    let subnet = query.only("subnet", found, |subnet| labelled(subnet, "subnetId"))?;
    let text = |name: &str| text(&subnet, name);
    let flag = |name: &str| flag(&subnet, name);
    let ipv6 = |name: &str| self::text(items(&subnet, "ipv6CidrBlockAssociationSet").first()?, name);
    let mut found = Attrs::default();
    found
        .text("id", text("subnetId"))
        .text("arn", text("subnetArn"))
        .text("vpc_id", text("vpcId"))
        .text("availability_zone", text("availabilityZone"))
        .text("availability_zone_id", text("availabilityZoneId"))
        .text("cidr_block", text("cidrBlock"))
        .text("ipv6_cidr_block", ipv6("ipv6CidrBlock"))
        .flag("default_for_az", flag("defaultForAz"))
        .text("state", text("state"))
        .int("available_ip_address_count", int(&subnet, "availableIpAddressCount"))
        .flag("map_public_ip_on_launch", flag("mapPublicIpOnLaunch"))
        .flag("assign_ipv6_address_on_creation", flag("assignIpv6AddressOnCreation"))
        .text("owner_id", text("ownerId"))
        .text("customer_owned_ipv4_pool", text("customerOwnedIpv4Pool").or(Some("")))
        .flag("enable_dns64", Some(flag("enableDns64").unwrap_or(false)))
        .int("enable_lni_at_device_index", Some(int(&subnet, "enableLniAtDeviceIndex").unwrap_or(0)))
        .text("ipv6_cidr_block_association_id", ipv6("associationId").or(Some("")))
        .flag("ipv6_native", Some(flag("ipv6Native").unwrap_or(false)))
        .flag("map_customer_owned_ip_on_launch", Some(flag("mapCustomerOwnedIpOnLaunch").unwrap_or(false)))
        .text("outpost_arn", text("outpostArn").or(Some("")))
        .put("tags", tag_map(&subnet));
    if let Some(names) = subnet.get("privateDnsNameOptionsOnLaunch") {
        let flag = |name: &str| Some(self::flag(names, name).unwrap_or(false));
        found
            .flag("enable_resource_name_dns_a_record_on_launch", flag("enableResourceNameDnsARecord"))
            .flag("enable_resource_name_dns_aaaa_record_on_launch", flag("enableResourceNameDnsAAAARecord"))
            .text("private_dns_hostname_type_on_launch", self::text(names, "hostnameType"));
    }
    Ok(found)
}

/// Finds the ids of all subnets that match, sorted; there may be none.
pub async fn subnets(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let query = Query::of(args, &[("vpc_id", "vpc-id")]);
    let found = describe_subnets(clients, &query).await?;
    let mut ids: Vec<&str> = found.iter().filter_map(|subnet| text(subnet, "subnetId")).collect();
    ids.sort_unstable();
    let mut found = Attrs::default();
    found.text("id", Some(region)).put("ids", Value::strings(ids));
    Ok(found)
}

/// The same by the older name, where the VPC must be given and must have one that matches.
pub async fn subnet_ids(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let mut found = subnets(clients, region, args).await?;
    let ids = found.0.remove("ids").unwrap_or_else(Value::null);
    let ids: Vec<&str> = ids.as_items().unwrap_or_default().iter().filter_map(Value::as_str).collect();
    let vpc = args.get("vpc_id").and_then(Value::as_str);
    if ids.is_empty() {
        return Err(fatal("NoMatch", format!("no subnet of {} matches", vpc.unwrap_or_default())));
    }
    found.text("id", vpc).set("ids", ids);
    Ok(found)
}

/// Finds the ids of all security groups that match, sorted; there may be none.
pub async fn security_groups(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let mut groups = security_group::describe(clients, Query::of(args, &[]).filters()).await?;
    groups.sort_by(|one, other| text(one, "groupId").cmp(&text(other, "groupId")));
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .put("ids", Value::strings(groups.iter().filter_map(|group| text(group, "groupId"))))
        .put("vpc_ids", Value::strings(groups.iter().filter_map(|group| text(group, "vpcId"))))
        .put("arns", Value::strings(groups.iter().map(|group| security_group::arn(group, region))));
    Ok(found)
}

async fn describe_subnets(clients: &Clients, query: &Query) -> Result<Vec<Json>, RemoteError> {
    list(clients, "DescribeSubnets", json!({ "Filter": query.filters() }), "subnetSet").await
}

/// Finds one security group.
pub async fn security_group(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let query = Query::of(args, &[("id", "group-id"), ("name", "group-name"), ("vpc_id", "vpc-id")]);
    let found = security_group::describe(clients, query.filters()).await?;
    let name = |group: &Json| {
        format!("{} ({})", text(group, "groupId").unwrap_or_default(), text(group, "groupName").unwrap_or_default())
    };
    let group = query.only("security group", found, name)?;
    let mut found = Attrs::default();
    found
        .text("id", text(&group, "groupId"))
        .text("arn", Some(&security_group::arn(&group, region)))
        .text("name", text(&group, "groupName"))
        .text("description", text(&group, "groupDescription"))
        .text("vpc_id", text(&group, "vpcId"))
        .put("tags", tag_map(&group));
    Ok(found)
}

/// Lists the zones of the region, by name.
pub async fn zones(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let query = Query::of(args, &[("state", "state")]);
    let all = args.get("all_availability_zones").and_then(Value::as_bool);
    let input = json!({ "Filter": query.filters(), "AllAvailabilityZones": all });
    let answer = ask(clients, "DescribeAvailabilityZones", &input).await?;
    let excluded = |argument: &str, value: Option<&str>| {
        let items = args.get(argument).and_then(Value::as_items).unwrap_or_default();
        items.iter().any(|item| item.as_str() == value)
    };
    let is_wanted = |zone: &&Json| {
        !excluded("exclude_names", text(zone, "zoneName")) && !excluded("exclude_zone_ids", text(zone, "zoneId"))
    };
    let mut zones: Vec<&Json> = items(&answer, "availabilityZoneInfo").iter().filter(is_wanted).collect();
    zones.sort_by_key(|zone| text(zone, "zoneName"));
    if zones.is_empty() {
        return Err(fatal("NoMatch", format!("no availability zone of {region} matches {query}")));
    }
    let mut groups: Vec<&str> = zones.iter().filter_map(|zone| text(zone, "groupName")).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .put("names", Value::strings(zones.iter().filter_map(|zone| text(zone, "zoneName"))))
        .put("zone_ids", Value::strings(zones.iter().filter_map(|zone| text(zone, "zoneId"))))
        .put("group_names", Value::strings(groups));
    Ok(found)
}
