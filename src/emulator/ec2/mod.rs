//! As much of EC2 as a cache needs: the default VPC, subnets, security groups and their rules, tags.

mod authorize;
mod filters;
mod groups;
mod network;
mod permissions;
mod route_tables;
mod rules;
mod tagging;

pub use groups::SecurityGroup;
pub use network::{Subnet, Vpc, seed};
pub use permissions::SecurityGroupRule;
pub use tagging::{arn, by_arn as tagged_by_arn};

use super::context::Context;
use super::failure::{Answer, Failure};
use super::input::Input;
use filters::Filters;
use serde_json::{Value, json};

/// Answers an operation; `None` where there is none of that name.
pub fn call(context: &mut Context, operation: &str, input: Input) -> Option<Answer> {
    if input.flag("DryRun") == Some(true) {
        return Some(Err(Failure {
            code: "DryRunOperation".into(),
            status: 412,
            message: "Request would have succeeded, but DryRun flag is set.".into(),
        }));
    }
    Some(match operation {
        "DescribeVpcs" => network::describe_vpcs(context, input),
        "DescribeVpcAttribute" => network::describe_vpc_attribute(context, input),
        "DescribeSubnets" => network::describe_subnets(context, input),
        "DescribeAvailabilityZones" => network::describe_zones(context, input),
        "DescribeAccountAttributes" => network::describe_account_attributes(context, input),
        "DescribeRouteTables" => route_tables::describe(context, input),
        "DescribeNetworkInterfaces" => Ok(json!({ "NetworkInterfaces": [] })),
        "DescribeSecurityGroups" => groups::describe(context, input),
        "CreateSecurityGroup" => groups::create(context, input),
        "DeleteSecurityGroup" => groups::delete(context, input),
        "DescribeSecurityGroupRules" => rules::describe(context, input),
        "AuthorizeSecurityGroupIngress" => authorize::authorize(context, input, false),
        "AuthorizeSecurityGroupEgress" => authorize::authorize(context, input, true),
        "RevokeSecurityGroupIngress" => authorize::revoke(context, input, false),
        "RevokeSecurityGroupEgress" => authorize::revoke(context, input, true),
        "ModifySecurityGroupRules" => rules::modify(context, input),
        "UpdateSecurityGroupRuleDescriptionsIngress" => rules::redescribe(context, input, false),
        "UpdateSecurityGroupRuleDescriptionsEgress" => rules::redescribe(context, input, true),
        "CreateTags" => tagging::create(context, input),
        "DeleteTags" => tagging::delete(context, input),
        "DescribeTags" => tagging::describe(context, input),
        _ => return None,
    })
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
