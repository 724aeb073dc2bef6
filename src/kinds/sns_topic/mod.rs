//! SNS topics: whom caches and alarms notify.

mod policy;
mod schema;

use std::sync::Arc;

use crate::kind::{Call, Change, Kind, Problem, Target};
use crate::kinds::tags;
use crate::schema::Schema;
use crate::value::{Object, Origin, Type, Value, text};
use schema::ATTRIBUTES;

/// The kind `sns_topic`.
pub struct SnsTopic;

fn is_fifo(object: &Object) -> bool {
    object.get("fifo_topic").and_then(Value::as_bool) == Some(true)
}

impl Kind for SnsTopic {
    fn schema(&self) -> &'static Schema {
        &schema::SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        [two_names(desired), ending(desired), only_fifo(desired)].into_iter().flatten().collect()
    }

    /// The name, which is the last part of the ARN that an import takes.
    fn import_id(&self, id: &str, object: &Object) -> String {
        text(object, "arn").unwrap_or(id).to_owned()
    }

    fn told_elsewhere(&self, object: &Object, _all: bool) -> Vec<&'static str> {
        if policy::is_of_aws(object) { vec!["policy"] } else { Vec::new() }
    }

    fn identify(&self, object: &Object) -> Option<String> {
        let name = text(object, "name")?;
        Some(name.rsplit_once(':').map_or(name, |(_, name)| name).to_owned())
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        if planned.get("name").is_none_or(Value::is_null) {
            let prefix = text(planned, "name_prefix").unwrap_or("cachestack-");
            planned.insert("name".into(), Value::unknown(Type::String, Some(Arc::new(Origin::Unique(prefix.into())))));
        }
        if let Some(account) = &target.account {
            planned.insert("owner".into(), Value::string(account));
        }
        let arn = self.identify(planned).and_then(|name| target.arn("sns", &name));
        for name in ["id", "arn"].into_iter().filter(|_| arn.is_some()) {
            planned.insert(name.into(), Value::string(arn.as_deref().unwrap_or_default()));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let arn = ("TopicArn", change.old("arn"));
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteTopic", [arn]).vanishes(1)]);
        }
        if change.before.is_none() {
            return Ok(vec![create(change)]);
        }
        let changed = ATTRIBUTES.iter().filter(|(name, _)| change.has(name));
        let mut calls: Vec<Call> = changed.map(|(ours, theirs)| set(change, arn.1.clone(), ours, theirs)).collect();
        calls.extend(tags::calls(change, &tags::SNS, arn.1)?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }
}

fn create(change: &Change) -> Call {
    let fifo = change.new("fifo_topic").as_bool() == Some(true);
    // A standard topic does not know the attributes of the others.
    let said = |(ours, theirs): &(&str, &str)| {
        let value = change.new(ours);
        let idle = !fifo && matches!(*ours, "fifo_topic" | "content_based_deduplication");
        (!value.is_null() && !idle).then(|| ((*theirs).into(), value))
    };
    let attributes: Object = ATTRIBUTES.iter().filter_map(said).collect();
    let attributes = if attributes.is_empty() { Value::null() } else { Value::object(attributes) };
    let args = [("Name", change.new("name")), ("Attributes", attributes), ("Tags", tags::at_create(change))];
    Call::new("CreateTopic", args).marked("Tags").settles(1)
}

/// One attribute is set by one call; an empty text takes it away.
fn set(change: &Change, arn: Value, ours: &'static str, theirs: &str) -> Call {
    let value = change.new(ours);
    let value = if value.is_null() { Value::string("") } else { value };
    let args = [("TopicArn", arn), ("AttributeName", Value::string(theirs)), ("AttributeValue", value)];
    Call::new("SetTopicAttributes", args).because([ours]).settles(1)
}

fn two_names(desired: &Object) -> Option<Problem> {
    let is_set = |name: &str| desired.get(name).is_some_and(|value| !value.is_null());
    let (detail, help) = match (is_set("name"), is_set("name_prefix")) {
        (true, true) => ("`name` and `name_prefix` exclude each other.", "Keep one of them."),
        (false, true) if is_fifo(desired) => {
            ("A name that is made up has no \".fifo\" at its end.", "Write the whole name of a FIFO topic.")
        }
        _ => return None,
    };
    Some(Problem::error("CS0820", "name_prefix", "Another name is needed", detail, help))
}

fn ending(desired: &Object) -> Option<Problem> {
    let name = text(desired, "name")?;
    let said = desired.get("fifo_topic").is_none_or(|value| value.is_null() || value.as_bool().is_some());
    (said && name.ends_with(".fifo") != is_fifo(desired)).then(|| {
        let detail = format!("The topic is called \"{name}\"; names of FIFO topics, and no others, end so: .fifo");
        let help =
            "Set fifo_topic = true and end the name with .fifo, or neither. Caches and alarms notify standard topics.";
        Problem::error("CS0821", "name", "The name and the sort of topic do not match", detail, help)
    })
}

fn only_fifo(desired: &Object) -> Option<Problem> {
    if desired.get("fifo_topic").is_some_and(Value::is_unknown) || is_fifo(desired) {
        return None;
    }
    let on = |name: &&str| desired.get(name).is_some_and(|value| !value.is_null() && value.as_bool() != Some(false));
    let name = ["content_based_deduplication", "fifo_throughput_scope", "archive_policy"].into_iter().find(on)?;
    let detail = format!("`{name}` is for FIFO topics, and this is a standard one.");
    Some(Problem::error("CS0822", name, "Only for FIFO topics", detail, "Remove it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let s = |text: &str| Value::string(text);
        let fifo = ("fifo_topic", Value::bool(true));
        let cases: [(&[(&str, Value)], &[&str]); 8] = [
            (&[("name", s("a"))], &[]),
            (&[("name", s("a.fifo")), fifo.clone(), ("content_based_deduplication", Value::bool(true))], &[]),
            (&[("name", s("a")), ("name_prefix", s("b"))], &["CS0820"]),
            (&[("name_prefix", s("b")), fifo.clone()], &["CS0820"]),
            (&[("name", s("a.fifo"))], &["CS0821"]),
            (&[("name", s("a")), fifo], &["CS0821"]),
            (&[("name", s("a")), ("archive_policy", s("{}"))], &["CS0822"]),
            (&[("name", s("a")), ("content_based_deduplication", Value::bool(false))], &[]),
        ];
        for (attributes, codes) in cases {
            let object: Object = attributes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
            let found: Vec<&str> = SnsTopic.check(&object).iter().map(|problem| problem.code).collect();
            assert_eq!(found, codes, "{object:?}");
        }
    }
}
