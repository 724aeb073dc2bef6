//! The look-ups of subnets, security groups and availability zones.

use aws_sdk_ec2::types::Subnet;

use super::query::{Query, labelled};
use crate::cloud::attrs::Attrs;
use crate::cloud::clients::Clients;
use crate::cloud::errors::fatal;
use crate::cloud::paging::pages;
use crate::cloud::security_group::{self, tag_map};
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
    let subnet = query.only("subnet", found, |subnet| labelled(subnet.subnet_id(), subnet.tags()))?;
    let ipv6 = subnet.ipv6_cidr_block_association_set().first();
    let mut found = Attrs::default();
    found
        .text("id", subnet.subnet_id())
        .text("arn", subnet.subnet_arn())
        .text("vpc_id", subnet.vpc_id())
        .text("availability_zone", subnet.availability_zone())
        .text("availability_zone_id", subnet.availability_zone_id())
        .text("cidr_block", subnet.cidr_block())
        .text("ipv6_cidr_block", ipv6.and_then(|it| it.ipv6_cidr_block()))
        .flag("default_for_az", subnet.default_for_az())
        .text("state", subnet.state().map(|word| word.as_str()))
        .int("available_ip_address_count", subnet.available_ip_address_count())
        .flag("map_public_ip_on_launch", subnet.map_public_ip_on_launch())
        .flag("assign_ipv6_address_on_creation", subnet.assign_ipv6_address_on_creation())
        .text("owner_id", subnet.owner_id())
        .text("customer_owned_ipv4_pool", subnet.customer_owned_ipv4_pool().or(Some("")))
        .flag("enable_dns64", Some(subnet.enable_dns64().unwrap_or(false)))
        .int("enable_lni_at_device_index", Some(subnet.enable_lni_at_device_index().unwrap_or(0)))
        .text("ipv6_cidr_block_association_id", ipv6.and_then(|it| it.association_id()).or(Some("")))
        .flag("ipv6_native", Some(subnet.ipv6_native().unwrap_or(false)))
        .flag("map_customer_owned_ip_on_launch", Some(subnet.map_customer_owned_ip_on_launch().unwrap_or(false)))
        .text("outpost_arn", subnet.outpost_arn().or(Some("")))
        .put("tags", tag_map(subnet.tags()));
    if let Some(names) = subnet.private_dns_name_options_on_launch() {
        let flag = |value: Option<bool>| Some(value.unwrap_or(false));
        found
            .flag("enable_resource_name_dns_a_record_on_launch", flag(names.enable_resource_name_dns_a_record()))
            .flag("enable_resource_name_dns_aaaa_record_on_launch", flag(names.enable_resource_name_dns_aaaa_record()))
            .text("private_dns_hostname_type_on_launch", names.hostname_type().map(|word| word.as_str()));
    }
    Ok(found)
}

/// Finds the ids of all subnets that match, sorted; there may be none.
pub async fn subnets(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let query = Query::of(args, &[("vpc_id", "vpc-id")]);
    let found = describe_subnets(clients, &query).await?;
    let mut ids: Vec<&str> = found.iter().filter_map(|subnet| subnet.subnet_id()).collect();
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
    let mut groups = security_group::describe(clients, Query::of(args, &[]).filters().unwrap_or_default()).await?;
    groups.sort_by(|one, other| one.group_id().cmp(&other.group_id()));
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .put("ids", Value::strings(groups.iter().filter_map(|group| group.group_id())))
        .put("vpc_ids", Value::strings(groups.iter().filter_map(|group| group.vpc_id())))
        .put("arns", Value::strings(groups.iter().map(|group| security_group::arn(group, region))));
    Ok(found)
}

async fn describe_subnets(clients: &Clients, query: &Query) -> Result<Vec<Subnet>, RemoteError> {
    let service = &clients.ec2;
    pages(|token| async move {
        let request = service.client.describe_subnets().set_filters(query.filters()).set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.subnets.unwrap_or_default(), page.next_token))
    })
    .await
}

/// Finds one security group.
pub async fn security_group(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let query = Query::of(args, &[("id", "group-id"), ("name", "group-name"), ("vpc_id", "vpc-id")]);
    let found = security_group::describe(clients, query.filters().unwrap_or_default()).await?;
    let name = |group: &aws_sdk_ec2::types::SecurityGroup| {
        format!("{} ({})", group.group_id().unwrap_or_default(), group.group_name().unwrap_or_default())
    };
    let group = query.only("security group", found, name)?;
    let mut found = Attrs::default();
    found
        .text("id", group.group_id())
        .text("arn", Some(&security_group::arn(&group, region)))
        .text("name", group.group_name())
        .text("description", group.description())
        .text("vpc_id", group.vpc_id())
        .put("tags", tag_map(group.tags()));
    Ok(found)
}

/// Lists the zones of the region, by name.
pub async fn zones(clients: &Clients, region: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let service = &clients.ec2;
    let query = Query::of(args, &[("state", "state")]);
    let all = args.get("all_availability_zones").and_then(Value::as_bool);
    let request =
        service.client.describe_availability_zones().set_filters(query.filters()).set_all_availability_zones(all);
    let answer = service.pace.send(|| request.clone().send()).await?;
    let excluded = |argument: &str, value: Option<&str>| {
        let items = args.get(argument).and_then(Value::as_items).unwrap_or_default();
        items.iter().any(|item| item.as_str() == value)
    };
    let mut zones: Vec<_> = answer
        .availability_zones()
        .iter()
        .filter(|zone| !excluded("exclude_names", zone.zone_name()) && !excluded("exclude_zone_ids", zone.zone_id()))
        .collect();
    zones.sort_by_key(|zone| zone.zone_name());
    if zones.is_empty() {
        return Err(fatal("NoMatch", format!("no availability zone of {region} matches {query}")));
    }
    let mut groups: Vec<&str> = zones.iter().filter_map(|zone| zone.group_name()).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut found = Attrs::default();
    found
        .text("id", Some(region))
        .put("names", Value::strings(zones.iter().filter_map(|zone| zone.zone_name())))
        .put("zone_ids", Value::strings(zones.iter().filter_map(|zone| zone.zone_id())))
        .put("group_names", Value::strings(groups));
    Ok(found)
}
