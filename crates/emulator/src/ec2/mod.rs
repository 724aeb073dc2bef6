//! As much of EC2 as a cache needs: the default VPC, subnets, security groups and their rules, tags.

mod authorize;
mod filters;
mod groups;
mod network;
mod permissions;
mod route_tables;
mod rules;
mod tagging;

pub use groups::SECURITY_GROUPS;
pub use network::{SUBNETS, VPCS};
pub use permissions::RULES;
use tagging::arn;

use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::service::{self, Part, Service, operation};
use filters::Filters;
use serde_json::{Value, json};

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "ec2",
    scope: "ec2",
    wording: Wording::Compute,
    parts: &[&PART],
    first: dry_run,
    taggable: |context, arn| if tagging::by_arn(context, arn) { Ok(()) } else { Err(service::no_tags(arn)) },
};

const PART: Part = Part {
    operations: &[
        operation("DescribeVpcs", network::describe_vpcs, "the default VPC, filters", "there are no other VPCs"),
        operation("DescribeVpcAttribute", network::describe_vpc_attribute, "DNS support and host names", ""),
        operation(
            "DescribeSubnets",
            network::describe_subnets,
            "one default subnet in each zone, filters, pages",
            "free addresses do not change",
        ),
        operation(
            "DescribeAvailabilityZones",
            network::describe_zones,
            "the zones that a new account sees",
            "zone ids follow the letters; no local zones",
        ),
        operation(
            "DescribeRouteTables",
            route_tables::describe,
            "the main table, filters",
            "there are no other tables",
        ),
        operation(
            "DescribeAccountAttributes",
            network::describe_account_attributes,
            "the default VPC",
            "numbers are fixed",
        ),
        operation(
            "DescribeNetworkInterfaces",
            |_, _| Ok(json!({ "NetworkInterfaces": [] })),
            "an empty list",
            "nodes have no interfaces",
        ),
        operation("DescribeSecurityGroups", groups::describe, "rules as permissions, filters, pages", ""),
        operation("DescribeSecurityGroupRules", rules::describe, "by id and by group, tags", ""),
        operation(
            "CreateSecurityGroup",
            groups::create,
            "unique names, the egress rule that each new group has, tags",
            "the quota is not enforced",
        ),
        operation("DeleteSecurityGroup", groups::delete, "refused while a cache or a rule refers to it", ""),
        operation(
            "AuthorizeSecurityGroupIngress",
            |context, input| authorize::authorize(context, input, false),
            "one rule for each peer, canonical CIDRs, duplicates refused",
            "prefix lists and peers' groups of other accounts are not looked up",
        ),
        operation(
            "AuthorizeSecurityGroupEgress",
            |context, input| authorize::authorize(context, input, true),
            "as for ingress",
            "as for ingress",
        ),
        operation(
            "RevokeSecurityGroupIngress",
            |context, input| authorize::revoke(context, input, false),
            "by permission and by rule id",
            "",
        ),
        operation(
            "RevokeSecurityGroupEgress",
            |context, input| authorize::revoke(context, input, true),
            "as for ingress",
            "",
        ),
        operation("ModifySecurityGroupRules", rules::modify, "peers, ports and descriptions", ""),
        operation(
            "UpdateSecurityGroupRuleDescriptionsIngress",
            |context, input| rules::redescribe(context, input, false),
            "by permission and by rule id",
            "",
        ),
        operation(
            "UpdateSecurityGroupRuleDescriptionsEgress",
            |context, input| rules::redescribe(context, input, true),
            "as for ingress",
            "",
        ),
        operation("CreateTags", tagging::create, "of everything in this list", ""),
        operation("DeleteTags", tagging::delete, "by key, or by key and value", ""),
        operation("DescribeTags", tagging::describe, "filters, pages", ""),
    ],
    tables: &[&VPCS, &SUBNETS, &SECURITY_GROUPS, &RULES],
    seed: network::seed,
    ..Part::NONE
};

fn dry_run(input: Input) -> Result<(), Failure> {
    match input.flag("DryRun") {
        Some(true) => Err(Failure {
            code: "DryRunOperation".into(),
            status: 412,
            message: "Request would have succeeded, but DryRun flag is set.".into(),
        }),
        _ => Ok(()),
    }
}

/// Rows of a description: filtered, and a page of them where one is asked for.
fn listing(name: &str, rows: Vec<(String, Value)>, input: Input, sizes: std::ops::RangeInclusive<i64>) -> Answer {
    let after = match input.filled("NextToken") {
        None => None,
        Some(token) => {
            let bad = || Failure::new("InvalidNextToken", format!("The token '{token}' is invalid."));
            Some(super::paging::open(token).ok_or_else(bad)?)
        }
    };
    let size = match input.number("MaxResults") {
        None => usize::MAX,
        Some(size) if sizes.contains(&size) => size as usize,
        Some(size) => {
            return Err(Failure::value(format!(
                "Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {} and {}.",
                sizes.start(),
                sizes.end()
            )));
        }
    };
    let (page, next) = super::paging::page(rows.into_iter(), after.as_deref(), size);
    Ok(json!({ name: page, "NextToken": next }))
}

/// The ids that a request asks for must all exist.
fn all_exist(ids: &[String], exists: impl Fn(&str) -> bool, code: &str, what: &str) -> Result<(), Failure> {
    match ids.iter().find(|id| !exists(id)) {
        Some(id) => Err(Failure::new(code, format!("The {what} '{id}' does not exist"))),
        None => Ok(()),
    }
}
