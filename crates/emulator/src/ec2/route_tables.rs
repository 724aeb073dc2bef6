//! Route tables: the main one of each VPC, which all its subnets use.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::{tags, world::hex};
use super::network::VPCS;
use super::network::Vpc;
use super::{Filters, arn, listing};
use serde_json::{Value, json};

/// The id of something that a VPC has exactly one of.
fn id(prefix: &str, vpc: &Vpc) -> String {
    format!("{prefix}-0{}", &hex(&format!("{prefix} {}", vpc.id))[..16])
}

/// Whether some VPC has a main route table of that id.
pub fn exists(context: &Context, wanted: &str) -> bool {
    context.region[VPCS].values().any(|vpc| id("rtb", vpc) == wanted)
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let ids = input.texts("RouteTableIds");
    if let Some(missing) = ids.iter().find(|wanted| !exists(context, wanted)) {
        let text = format!("The routeTable ID '{missing}' does not exist");
        return Err(Failure::new("InvalidRouteTableID.NotFound", text));
    }
    let filters = Filters::read(input);
    let mut rows = Vec::new();
    for vpc in context.region[VPCS].values() {
        let (table, association, gateway) = (id("rtb", vpc), id("rtbassoc", vpc), id("igw", vpc));
        let tags = tags::of(context.region, &arn(context, &table));
        let pass = filters.pass(&tags, |name| {
            Some(match name {
                "route-table-id" | "association.route-table-id" => vec![table.clone()],
                "vpc-id" => vec![vpc.id.clone()],
                "owner-id" => vec![context.account.to_owned()],
                "association.main" => vec!["true".into()],
                "association.route-table-association-id" => vec![association.clone()],
                // The subnets are not associated one by one: they use the main table because they have no other.
                "association.subnet-id" | "association.gateway-id" => Vec::new(),
                "route.destination-cidr-block" => vec![vpc.cidr.clone(), "0.0.0.0/0".into()],
                "route.gateway-id" => vec!["local".into(), gateway.clone()],
                "route.state" => vec!["active".into()],
                "route.origin" => vec!["CreateRouteTable".into(), "CreateRoute".into()],
                _ => return None,
            })
        })?;
        if pass && (ids.is_empty() || ids.contains(&table)) {
            rows.push((table.clone(), to_json(context, vpc, &tags)));
        }
    }
    listing("RouteTables", rows, input, 5..=100)
}

fn to_json(context: &Context, vpc: &Vpc, tags: &tags::Tags) -> Value {
    let table = id("rtb", vpc);
    let route = |cidr: &str, gateway: String, origin: &str| json!({ "DestinationCidrBlock": cidr, "GatewayId": gateway, "Origin": origin, "State": "active" });
    json!({
        "Associations": [{
            "Main": true, "RouteTableAssociationId": id("rtbassoc", vpc), "RouteTableId": table,
            "AssociationState": { "State": "associated" },
        }],
        "PropagatingVgws": [], "RouteTableId": table, "VpcId": vpc.id, "OwnerId": context.account,
        "Routes": [
            route(&vpc.cidr, "local".into(), "CreateRouteTable"),
            route("0.0.0.0/0", id("igw", vpc), "CreateRoute"),
        ],
        "Tags": tags::write(tags),
    })
}
