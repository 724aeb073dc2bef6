//! Regions and what belongs to one: ARNs of topics and keys, zones, node types.

use crate::address::Address;
use crate::catalog::{nodes, regions};
use crate::kind::{Among, Neighbour, Problem};
use crate::value::{Object, Value};

/// Every problem of the places that objects of a kind name: `arns` are attributes whose values must be of their region.
pub fn check<'a>(among: &Among<'a>, kind: &str, arns: &[&'static str]) -> Vec<(&'a Address, Problem)> {
    let of = |(address, one): (&'a Address, Neighbour<'a>)| {
        let region = one.planned.get("region").and_then(Value::as_str);
        let mut problems: Vec<Problem> = Vec::new();
        if let Some(region) = region {
            problems.extend(arns.iter().filter_map(|attribute| elsewhere(one.written, attribute, region)));
            problems.extend(node_type(one.written, region));
        }
        problems.into_iter().map(move |problem| (address, problem)).collect::<Vec<_>>()
    };
    among.of(kind).flat_map(of).collect()
}

/// A region of its own that is not known, told as that of an environment is.
pub fn unknown_region(desired: &Object) -> Option<Problem> {
    let (detail, help) = regions::unknown(desired.get("region")?.as_str()?)?;
    Some(Problem::error("CS1047", "region", "Unknown region", detail, help))
}

/// What is told or encrypted with lies in the same region. Source: "Invalid region eu-west-1 specified" of CloudWatch;
/// the user guides of ElastiCache and KMS.
fn elsewhere(written: &Object, attribute: &'static str, region: &str) -> Option<Problem> {
    let value = written.get(attribute)?;
    let of_region = |arn: &str| arn.split(':').nth(3).filter(|found| !found.is_empty() && *found != region).is_some();
    let texts = value.as_str().into_iter().chain(value.children().filter_map(Value::as_str));
    let arn = texts.filter(|text| text.starts_with("arn:")).find(|arn| of_region(arn))?;
    let detail = format!("It is in {region}, and {arn} is not.");
    let help = format!("Name one of {region}.");
    Some(Problem::error("CS1040", attribute, "An ARN of another region", detail, help))
}

/// AWS opens node types in region after region.
fn node_type(written: &Object, region: &str) -> Option<Problem> {
    let name = written.get("node_type")?.as_str()?;
    let missing = nodes::get(name)?.regions_missing.iter().any(|missing| missing == region);
    missing.then(|| {
        let detail = format!("As far as is known {region} has no {name}.");
        let help = "See that the region has it, or choose another node type.";
        Problem::error("CS1046", "node_type", "The node type may not be in this region", detail, help).warning()
    })
}

/// The warning of a zone that the region hardly has: AWS has used letters up to f, and longer names for local zones.
pub fn doubtful_zone(region: &str, zones: &[(&'static str, &str)]) -> Option<Problem> {
    let doubtful = |zone: &str| {
        let rest = zone.strip_prefix(region).unwrap_or_default();
        rest.len() == 1 && !matches!(rest, "a" | "b" | "c" | "d" | "e" | "f") || rest.is_empty()
    };
    let (attribute, zone) = zones.iter().find(|(_, zone)| zone.starts_with(region) && doubtful(zone))?;
    let detail = format!("No zone \"{zone}\" of {region} is known.");
    let problem = Problem::error(
        "CS1048",
        attribute,
        "Unusual availability zone",
        detail,
        "Name a zone such as those of your subnets.",
    );
    Some(problem.warning())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_doubted() {
        for (zone, doubted) in [
            ("us-east-1a", false),
            ("us-east-1f", false),
            ("us-east-1z", true),
            ("us-east-1", true),
            ("us-west-2-lax-1a", false),
        ] {
            let region = if zone.starts_with("us-west") { "us-west-2" } else { "us-east-1" };
            assert_eq!(doubtful_zone(region, &[("availability_zone", zone)]).is_some(), doubted, "{zone}");
        }
    }

    #[test]
    fn arns_are_of_the_region() {
        for (arn, wrong) in [
            ("arn:aws:sns:us-east-1:1:t", false),
            ("arn:aws:sns:eu-west-1:1:t", true),
            ("arn:aws:iam::1:role/r", false),
            ("alias/x", false),
        ] {
            let written = Object::from([("topic".into(), Value::string(arn))]);
            assert_eq!(elsewhere(&written, "topic", "us-east-1").is_some(), wrong, "{arn}");
            let written = Object::from([("topic".into(), Value::strings(vec![arn]))]);
            assert_eq!(elsewhere(&written, "topic", "us-east-1").is_some(), wrong, "{arn} in a list");
        }
    }
}
