//! The look-up of a region. Names and endpoints of regions are public and do not change; nothing is asked.

use crate::catalog::regions::REGIONS;
use crate::cloud::attrs::Attrs;
use crate::cloud::errors::fatal;
use crate::kind::RemoteError;
use crate::value::{Object, Value};

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
