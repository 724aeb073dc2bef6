//! What `data` blocks find: one VPC with three subnets, the security groups, and where we are.

use super::calls::refuse;
use super::world::{ACCOUNT, World};
use crate::kind::{ErrorClass, RemoteError};
use crate::value::{Object, Value};

/// The subnets, each in a zone of its own.
pub const SUBNETS: [&str; 3] = ["subnet-1", "subnet-2", "subnet-3"];

fn object(fields: &[(&str, Value)]) -> Object {
    fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
}

/// Answers a look-up.
pub fn find(world: &World, region: &str, kind: &str, args: &Object) -> Result<Object, RemoteError> {
    let found = match kind {
        "vpc" => object(&[
            ("id", Value::string("vpc-1")),
            ("cidr_block", Value::string("10.0.0.0/16")),
            ("default", Value::bool(true)),
            ("owner_id", Value::string(ACCOUNT)),
        ]),
        "subnets" => object(&[("id", Value::string(region)), ("ids", Value::strings(SUBNETS))]),
        "subnet" => subnet(region, args)?,
        "security_group" => return security_group(world, region, args),
        "availability_zones" => {
            let zones = ["a", "b", "c"].map(|zone| format!("{region}{zone}"));
            object(&[("id", Value::string(region)), ("names", Value::strings(zones))])
        }
        "region" => object(&[("id", Value::string(region)), ("name", Value::string(region))]),
        "caller_identity" => object(&[("id", Value::string(ACCOUNT)), ("account_id", Value::string(ACCOUNT))]),
        other => return Err(refuse(ErrorClass::Fatal, "UnknownKind", other)),
    };
    Ok(found)
}

fn subnet(region: &str, args: &Object) -> Result<Object, RemoteError> {
    let id = args.get("id").and_then(Value::as_str);
    let at = SUBNETS.iter().position(|subnet| id == Some(*subnet));
    let at = at.ok_or_else(|| refuse(ErrorClass::NotFound, "NoMatch", "no subnet matches"))?;
    let zone = format!("{region}{}", ["a", "b", "c"][at]);
    Ok(object(&[
        ("id", Value::string(SUBNETS[at])),
        ("vpc_id", Value::string("vpc-1")),
        ("availability_zone", Value::string(zone)),
    ]))
}

fn security_group(world: &World, region: &str, args: &Object) -> Result<Object, RemoteError> {
    let matches = |object: &Object, tags: &std::collections::BTreeMap<String, String>| {
        let plain = ["id", "name", "vpc_id"].iter().all(|name| {
            args.get(name).filter(|asked| !asked.is_null()).is_none_or(|asked| object.get(name) == Some(asked))
        });
        let asked = args.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
        plain && asked.iter().all(|(name, value)| tags.get(&**name).map(String::as_str) == value.as_str())
    };
    let groups = world
        .things()
        .filter(|(key, thing)| key.0 == "security_group" && key.1 == region && matches(&thing.object, &thing.tags));
    let found: Vec<_> = groups.map(|(_, thing)| thing).collect();
    let thing = match found.as_slice() {
        [thing] => thing,
        [] => return Err(refuse(ErrorClass::NotFound, "NoMatch", "no security group matches")),
        _ => return Err(refuse(ErrorClass::Fatal, "Ambiguous", "several security groups match")),
    };
    let names = ["id", "arn", "name", "description", "vpc_id"];
    let mut object: Object =
        names.iter().filter_map(|name| Some(((*name).into(), thing.object.get(name)?.clone()))).collect();
    object.insert("tags".into(), thing.tags_value());
    Ok(object)
}
