//! Security groups: their ids, and their rules.

use std::sync::Arc;

use super::calls::{Work, refuse};
use super::world::ACCOUNT;
use crate::kind::{ErrorClass, RemoteError};
use crate::kinds::rules_of_security_group::{attrs, normalize};
use crate::schema::object_type;
use crate::value::{Object, Value};

/// Completes a new group and answers its id.
pub fn born(work: &Work, object: &mut Object) -> Result<String, RemoteError> {
    object.or_insert_with("vpc_id".into(), || Value::string("vpc-1"));
    let place = (object.get("vpc_id").cloned(), object.get("name").cloned());
    let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
    let taken = work.world.mentioning(name).any(|(key, thing)| {
        let there = (thing.object.get("vpc_id").cloned(), thing.object.get("name").cloned());
        key.0 == "security_group" && key.1 == work.region && there == place
    });
    if taken {
        let message = format!("the security group {:?} is there already", place.1);
        return Err(refuse(ErrorClass::AlreadyExists, "InvalidGroup.Duplicate", message));
    }
    object.insert("owner_id".into(), Value::string(ACCOUNT));
    object.insert("ingress".into(), set(Vec::new()));
    let all = Object::from([
        (Arc::from("from_port"), Value::int(0)),
        ("to_port".into(), Value::int(0)),
        ("protocol".into(), Value::string("-1")),
        ("cidr_blocks".into(), Value::strings(["0.0.0.0/0"])),
    ]);
    object.insert("egress".into(), set(vec![Value::object(all)]));
    Ok(format!("sg-{:08}", work.world.count() + 1))
}

fn set(blocks: Vec<Value>) -> Value {
    normalize(Value::set(object_type(&attrs()), blocks))
}

/// Adds, removes and describes rules.
pub fn change(work: &Work, object: &mut Object) -> Result<(), RemoteError> {
    let operation = work.call.operation;
    let attribute = if operation.ends_with("Ingress") { "ingress" } else { "egress" };
    let group = work.call.text("GroupId").unwrap_or_default();
    let permissions = work.call.args.get("IpPermissions").and_then(Value::as_items).unwrap_or_default();
    let asked = set(permissions.iter().flat_map(|permission| blocks(permission, &group)).collect());
    let mut rules = object.get(attribute).and_then(Value::as_items).unwrap_or_default().to_vec();
    for rule in asked.as_items().unwrap_or_default() {
        let there = rules.iter().position(|known| identity(known) == identity(rule));
        match (there, operation) {
            (Some(_), _) if operation.starts_with("Authorize") => {
                return Err(refuse(ErrorClass::NoChange, "InvalidPermission.Duplicate", "the rule is there already"));
            }
            (None, _) if !operation.starts_with("Authorize") => {
                return Err(refuse(ErrorClass::NoChange, "InvalidPermission.NotFound", "there is no such rule"));
            }
            (Some(at), _) if operation.starts_with("Revoke") => drop(rules.remove(at)),
            (Some(at), _) => rules[at] = rule.clone(),
            (None, _) => rules.push(rule.clone()),
        }
    }
    object.insert(attribute.into(), set(rules));
    Ok(())
}

fn identity(rule: &Value) -> Object {
    let mut rule = rule.as_object().cloned().unwrap_or_default();
    rule.remove("description");
    rule
}

/// A permission in the form of the API as blocks, one for each source.
fn blocks(permission: &Value, group: &str) -> Vec<Value> {
    let get = |name: &str| permission.get(name).cloned();
    let port = |name: &str| get(name).unwrap_or_else(|| Value::int(0));
    let base = Object::from([
        (Arc::from("from_port"), port("FromPort")),
        ("to_port".into(), port("ToPort")),
        ("protocol".into(), get("IpProtocol").unwrap_or_else(Value::null)),
    ]);
    let sources = [
        ("IpRanges", "CidrIp", "cidr_blocks"),
        ("Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"),
        ("PrefixListIds", "PrefixListId", "prefix_list_ids"),
        ("UserIdGroupPairs", "GroupId", "security_groups"),
    ];
    let mut blocks = Vec::new();
    for (list, member, attribute) in sources {
        for source in get(list).as_ref().and_then(Value::as_items).unwrap_or_default() {
            let mut block = base.clone();
            let text = source.get(member).and_then(Value::as_str).unwrap_or_default();
            if attribute == "security_groups" && text == group {
                block.insert("self".into(), Value::bool(true));
            } else {
                block.insert(attribute.into(), Value::strings([text]));
            }
            block.extend(source.get("Description").map(|text| ("description".into(), text.clone())));
            blocks.push(Value::object(block));
        }
    }
    blocks
}
