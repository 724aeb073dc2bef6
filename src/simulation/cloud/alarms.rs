//! Alarms: one call makes and changes them, whoever made them.

use std::collections::BTreeMap;

use super::calls::{Work, refuse};
use super::world::{Key, Phase, Thing};
use crate::kind::{ErrorClass, RemoteError, Reply};
use crate::kinds;
use crate::value::{Object, Value};

/// Makes an alarm, or takes the place of what there is. Tags count only for a new one.
pub fn put(work: &mut Work) -> Result<(Reply, Key), RemoteError> {
    let Some(name) = work.call.text(work.shape.name.0) else {
        return Err(refuse(ErrorClass::Fatal, "MissingParameter", work.shape.name.0));
    };
    let mut object = work.attributes(unset())?;
    let pairs = work.call.args.get("Dimensions").and_then(Value::as_items).unwrap_or_default().iter();
    let text = |pair: &Value, name: &str| pair.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let dimensions: BTreeMap<String, String> = pairs.map(|pair| (text(pair, "Name"), text(pair, "Value"))).collect();
    object.insert("dimensions".into(), Value::string_map(dimensions));
    object.insert("alarm_name".into(), Value::string(&name));
    work.finish(&mut object, None);
    let key = work.key(&name);
    let reply = work.reply(&object);
    match work.world.change(&key, work.now) {
        Some(thing) => thing.object = object,
        None => {
            let (tags, phase) = (work.tags(), Phase::Settled);
            let thing = Thing { object, tags, phase, tokens: Vec::new(), made_for: None, number: 0 };
            work.world.put(key.clone(), thing, work.now);
        }
    }
    Ok((reply, key))
}

/// An alarm of which nothing is said: a null or an empty set for each attribute, or its default.
fn unset() -> Object {
    let schema = kinds::get("alarm").expect("a kind").schema();
    let settable = schema.attrs.iter().filter(|attr| attr.settable() && !matches!(attr.name, "tags" | "region"));
    let value = |attr: &crate::schema::Attr| match (&attr.default, &attr.ty) {
        (Some(value), _) => value.clone(),
        (None, crate::value::Type::Set(ty)) => Value::set((**ty).clone(), Vec::new()),
        (None, ty) => Value::null_of(ty.clone()),
    };
    settable.map(|attr| (attr.name.into(), value(attr))).collect()
}
