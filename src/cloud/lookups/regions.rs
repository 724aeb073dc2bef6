//! The look-up of a region. Names and endpoints of regions are public and do not change; nothing is asked.

use crate::cloud::attrs::Attrs;
use crate::cloud::errors::fatal;
use crate::kind::RemoteError;
use crate::value::{Object, Value};

/// Regions and what AWS calls them.
const REGIONS: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

/// The region of that name or endpoint, or the one that we are in.
pub fn find(here: &str, args: &Object) -> Result<Attrs, RemoteError> {
    let given = |name: &str| args.get(name).and_then(Value::as_str);
    let name = match (given("name"), given("endpoint")) {
        (Some(name), _) => name,
        (None, Some(address)) => address.split('.').nth(1).unwrap_or_default(),
        (None, None) => here,
    };
    let known = REGIONS.iter().find(|(region, _)| *region == name);
    // A region that is younger than this list has no description, but we are in it, so it is there.
    let description = known.map(|(_, description)| *description).or((name == here).then_some(""));
    let found_endpoint = endpoint(name);
    let agrees = given("endpoint").is_none_or(|given| given == found_endpoint);
    let (Some(description), true) = (description, agrees) else {
        let asked = given("name").or(given("endpoint")).unwrap_or(name);
        return Err(fatal("NoMatch", format!("there is no region of the name or endpoint `{asked}`")));
    };
    let mut found = Attrs::default();
    found
        .text("id", Some(name))
        .text("name", Some(name))
        .text("description", Some(description))
        .text("endpoint", Some(&found_endpoint));
    Ok(found)
}

fn endpoint(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("ec2.{region}.{domain}")
}
