//! VPCs, subnets and availability zones: what a new account finds in a region.

use super::super::context::{Context, short_region};
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::region::Region;
use super::super::table::Key;
use super::super::{tags, world::hex};
use super::groups::SECURITY_GROUPS;
use super::groups::SecurityGroup;
use super::permissions::RULES;
use super::permissions::{Peer, SecurityGroupRule};
use super::{Filters, all_exist, arn, listing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A VPC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    pub cidr: String,
    pub default: bool,
}

/// VPCs by id.
pub const VPCS: Key<Vpc> = Key::new("vpcs");

/// A subnet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub zone: String,
    pub zone_id: String,
    pub cidr: String,
}

/// Subnets by id.
pub const SUBNETS: Key<Subnet> = Key::new("subnets");

/// The zones of a region. Accounts of different ages see different letters in some regions; these are the ones
/// that a new account sees there, and a, b, c elsewhere.
pub fn zones(region: &str) -> Vec<String> {
    let letters = match region {
        "us-east-1" => "abcdef",
        "us-west-2" | "ap-northeast-2" => "abcd",
        "us-west-1" => "bc",
        "ap-northeast-1" => "acd",
        "ca-central-1" | "cn-north-1" => "abd",
        _ => "abc",
    };
    letters.chars().map(|letter| format!("{region}{letter}")).collect()
}

/// Puts the default VPC, its subnets and its security group into a region.
pub fn seed(region: &mut Region, account: &str, name: &str) {
    let id = |prefix: &str| format!("{prefix}-0{}", &hex(&format!("seed {account} {name} {prefix}"))[..16]);
    let vpc = id("vpc");
    region[VPCS].put(&vpc, Vpc { id: vpc.clone(), cidr: "172.31.0.0/16".into(), default: true });
    for (index, zone) in zones(name).into_iter().enumerate() {
        let subnet = format!("subnet-0{}", &hex(&format!("seed {account} {zone}"))[..16]);
        region[SUBNETS].put(
            &subnet,
            Subnet {
                id: subnet.clone(),
                vpc: vpc.clone(),
                zone_id: format!("{}-az{}", short_region(name), index + 1),
                zone,
                cidr: format!("172.31.{}.0/20", index * 16),
            },
        );
    }
    let group = id("sg");
    region[SECURITY_GROUPS].put(
        &group,
        SecurityGroup {
            id: group.clone(),
            name: "default".into(),
            description: "default VPC security group".into(),
            vpc,
        },
    );
    let rule = |id: String, egress: bool, peer: Peer| SecurityGroupRule {
        id,
        group: group.clone(),
        egress,
        protocol: "-1".into(),
        from: -1,
        to: -1,
        peer,
        description: None,
    };
    let (inward, outward) = (id("sgr"), format!("sgr-0{}", &hex(&format!("seed {account} {name} egress"))[..16]));
    region[RULES].put(&inward, rule(inward.clone(), false, Peer::Group(group.clone())));
    region[RULES].put(&outward, rule(outward.clone(), true, Peer::Ipv4("0.0.0.0/0".into())));
}

pub fn describe_vpcs(context: &mut Context, input: Input) -> Answer {
    let ids = input.texts("VpcIds");
    all_exist(&ids, |id| context.region[VPCS].contains(id), "InvalidVpcID.NotFound", "vpc ID")?;
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    for vpc in context.region[VPCS].values() {
        let tags = tags::of(context.region, &arn(context, &vpc.id));
        let pass = filters.pass(&tags, |name| {
            Some(vec![match name {
                "vpc-id" => vpc.id.clone(),
                "cidr" | "cidr-block-association.cidr-block" => vpc.cidr.clone(),
                "is-default" | "isDefault" => vpc.default.to_string(),
                "state" => "available".into(),
                "owner-id" => context.account.to_owned(),
                _ => return None,
            }])
        })?;
        if pass && (ids.is_empty() || ids.contains(&vpc.id)) {
            rows.push((vpc.id.clone(), vpc_json(context, vpc, &tags)));
        }
    }
    listing("Vpcs", rows, input, 5..=1000)
}

fn vpc_json(context: &Context, vpc: &Vpc, tags: &tags::Tags) -> Value {
    let association = format!("vpc-cidr-assoc-0{}", &hex(&vpc.id)[..16]);
    json!({
        "CidrBlock": vpc.cidr, "DhcpOptionsId": format!("dopt-0{}", &hex(&format!("dhcp {}", vpc.id))[..16]),
        "State": "available", "VpcId": vpc.id, "OwnerId": context.account, "InstanceTenancy": "default",
        "CidrBlockAssociationSet": [{
            "AssociationId": association, "CidrBlock": vpc.cidr, "CidrBlockState": { "State": "associated" },
        }],
        "IsDefault": vpc.default, "Tags": tags::write(tags),
    })
}

pub fn describe_vpc_attribute(context: &mut Context, input: Input) -> Answer {
    let id = input.text("VpcId").unwrap_or("");
    all_exist(&[id.to_owned()], |id| context.region[VPCS].contains(id), "InvalidVpcID.NotFound", "vpc ID")?;
    let (member, value) = match input.text("Attribute") {
        Some("enableDnsSupport") => ("EnableDnsSupport", true),
        Some("enableDnsHostnames") => ("EnableDnsHostnames", true),
        Some("enableNetworkAddressUsageMetrics") => ("EnableNetworkAddressUsageMetrics", false),
        other => {
            let other = other.unwrap_or("");
            return Err(Failure::value(format!("Value ({other}) for parameter attribute is invalid.")));
        }
    };
    Ok(json!({ "VpcId": id, member: { "Value": value } }))
}

pub fn describe_subnets(context: &mut Context, input: Input) -> Answer {
    let ids = input.texts("SubnetIds");
    all_exist(&ids, |id| context.region[SUBNETS].contains(id), "InvalidSubnetID.NotFound", "subnet ID")?;
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    for subnet in context.region[SUBNETS].values() {
        let tags = tags::of(context.region, &arn(context, &subnet.id));
        let pass = filters.pass(&tags, |name| {
            Some(vec![match name {
                "subnet-id" => subnet.id.clone(),
                "vpc-id" => subnet.vpc.clone(),
                "availability-zone" | "availabilityZone" => subnet.zone.clone(),
                "availability-zone-id" | "availabilityZoneId" => subnet.zone_id.clone(),
                "cidr-block" | "cidr" | "cidrBlock" => subnet.cidr.clone(),
                "default-for-az" | "defaultForAz" | "map-public-ip-on-launch" => "true".into(),
                "state" => "available".into(),
                "owner-id" => context.account.to_owned(),
                "subnet-arn" => arn(context, &subnet.id),
                _ => return None,
            }])
        })?;
        if pass && (ids.is_empty() || ids.contains(&subnet.id)) {
            rows.push((subnet.id.clone(), subnet_json(context, subnet, &tags)));
        }
    }
    listing("Subnets", rows, input, 5..=1000)
}

fn subnet_json(context: &Context, subnet: &Subnet, tags: &tags::Tags) -> Value {
    json!({
        "AvailabilityZone": subnet.zone, "AvailabilityZoneId": subnet.zone_id, "AvailableIpAddressCount": 4091,
        "CidrBlock": subnet.cidr, "DefaultForAz": true, "MapPublicIpOnLaunch": true,
        "MapCustomerOwnedIpOnLaunch": false, "State": "available", "SubnetId": subnet.id, "VpcId": subnet.vpc,
        "OwnerId": context.account, "AssignIpv6AddressOnCreation": false, "Ipv6CidrBlockAssociationSet": [],
        "SubnetArn": arn(context, &subnet.id), "EnableDns64": false, "Ipv6Native": false,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name", "EnableResourceNameDnsARecord": false,
            "EnableResourceNameDnsAAAARecord": false,
        },
        "Tags": tags::write(tags),
    })
}

pub fn describe_zones(context: &mut Context, input: Input) -> Answer {
    let filters = Filters::read(input);
    let (names, ids) = (input.texts("ZoneNames"), input.texts("ZoneIds"));
    let region = context.region_name;
    let all = zones(region);
    if let Some(name) = names.iter().find(|name| !all.contains(name)) {
        return Err(Failure::value(format!("Invalid availability zone: [{name}]")));
    }
    let mut rows = Vec::new();
    for (index, zone) in all.into_iter().enumerate() {
        let id = format!("{}-az{}", short_region(region), index + 1);
        let pass = filters.pass(&tags::Tags::new(), |name| {
            Some(vec![match name {
                "zone-name" => zone.clone(),
                "zone-id" => id.clone(),
                "region-name" | "group-name" | "network-border-group" => region.to_owned(),
                "state" => "available".into(),
                "zone-type" => "availability-zone".into(),
                "opt-in-status" => "opt-in-not-required".into(),
                _ => return None,
            }])
        })?;
        if pass && (names.is_empty() || names.contains(&zone)) && (ids.is_empty() || ids.contains(&id)) {
            rows.push(json!({
                "OptInStatus": "opt-in-not-required", "Messages": [], "RegionName": region, "ZoneName": zone,
                "ZoneId": id, "GroupName": region, "NetworkBorderGroup": region,
                "ZoneType": "availability-zone", "State": "available",
            }));
        }
    }
    Ok(json!({ "AvailabilityZones": rows }))
}

pub fn describe_account_attributes(context: &mut Context, input: Input) -> Answer {
    let vpc = context.region[VPCS].values().find(|vpc| vpc.default).map_or("none".into(), |vpc| vpc.id.clone());
    let asked = input.texts("AttributeNames");
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", vpc),
        ("max-instances", "20".into()),
        ("vpc-max-security-groups-per-interface", "5".into()),
        ("max-elastic-ips", "5".into()),
        ("vpc-max-elastic-ips", "5".into()),
    ];
    let rows: Vec<Value> = all
        .iter()
        .filter(|(name, _)| asked.is_empty() || asked.iter().any(|asked| asked == name))
        .map(|(name, value)| json!({ "AttributeName": name, "AttributeValues": [{ "AttributeValue": value }] }))
        .collect();
    Ok(json!({ "AccountAttributes": rows }))
}
