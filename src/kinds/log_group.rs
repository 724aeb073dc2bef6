//! Log groups of CloudWatch Logs, where caches deliver their logs to.

use std::sync::{Arc, LazyLock};

use crate::kind::{Call, Change, Impact, Kind, Problem, Target};
use crate::kinds::{names, tags};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Origin, Type, Value, text};

/// The kind `log_group`.
pub struct LogGroup;

/// How long events may be kept, in days; 0 is for ever. Source: the API reference of PutRetentionPolicy.
const DAYS: &[i64] =
    &[0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Whether a text may be the name of a log group.
pub fn is_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter))
}

/// The rule of names of log groups. Source: the service model of CloudWatch Logs.
pub const NAME: Rule = Rule::Test(is_name, "ASCII letters, digits and . - _ / # only");

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::optional_computed("name", Type::String).replace().rule(Rule::Length(1, 512)).rule(NAME).doc("The name."),
        Attr::optional("name_prefix", Type::String)
            .replace()
            .begins("name")
            .rule(Rule::Length(0, 486))
            .rule(NAME)
            .doc("What the name begins with; the rest is made up."),
        Attr::optional("retention_in_days", Type::Number)
            .default(0)
            .doc("How long events are kept, in days; for ever without it, and with 0."),
        Attr::optional("kms_key_id", Type::String)
            .rule(names::ARN)
            .rule(names::KEY)
            .doc("The ARN of the key that events are kept with."),
        Attr::optional_computed("log_group_class", Type::String)
            .replace()
            .one_of(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"])
            .doc("The class, STANDARD without it; AWS cannot change it."),
        Attr::optional("deletion_protection_enabled", Type::Bool)
            .ours_alone()
            .usually(|protected| protected.as_bool() == Some(false))
            .left_to_others()
            .doc("Whether AWS refuses to delete the group until this is off again."),
        Attr::optional("skip_destroy", Type::Bool)
            .default(false)
            .local()
            .doc("Leave the group and its events in AWS when the resource is destroyed."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN, without the :* that stands for its streams."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new("log_group", "aws_cloudwatch_log_group", "Where logs of caches go.", attrs)
});

impl Kind for LogGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// What groups of this class keep, AWS decides, so that nothing is asked for.
    fn unite(&self, desired: &mut Object) {
        if is_delivery(desired) {
            desired.remove("retention_in_days");
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        [two_names(desired), reserved(desired), retention(desired)].into_iter().flatten().collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "name").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        if planned.get("name").is_none_or(Value::is_null) {
            let prefix = text(planned, "name_prefix").unwrap_or("cachestack-");
            planned.insert("name".into(), Value::unknown(Type::String, Some(Arc::new(Origin::Unique(prefix.into())))));
        }
        if planned.get("log_group_class").is_none_or(Value::is_null) {
            planned.insert("log_group_class".into(), Value::string("STANDARD"));
        }
        let Some(name) = self.identify(planned) else { return };
        planned.insert("id".into(), Value::string(&name));
        if let Some(arn) = target.arn("logs", &format!("log-group:{name}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = change.id.map_or_else(|| change.new("name"), Value::string);
        let group = ("logGroupName", name.clone());
        if change.after.is_none() {
            let stays = change.old("skip_destroy").as_bool() == Some(true);
            let delete = Call::new("DeleteLogGroup", [group]).impact(Impact::DataLoss).vanishes(1);
            let delete = delete.why("What was logged goes with it.");
            return Ok(if stays { Vec::new() } else { vec![delete] });
        }
        let mut calls = Vec::new();
        let creating = change.before.is_none();
        if creating {
            calls.push(create(change, name.clone()));
        }
        calls.extend(keep(change, name.clone()));
        if !creating {
            calls.extend(encrypt(change, name.clone()));
            calls.extend(protect(change, name));
        }
        calls.extend(tags::calls(change, &tags::LOGS, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }
}

fn is_delivery(object: &Object) -> bool {
    text(object, "log_group_class") == Some("DELIVERY")
}

fn two_names(desired: &Object) -> Option<Problem> {
    let is_set = |name: &str| desired.get(name).is_some_and(|value| !value.is_null());
    (is_set("name") && is_set("name_prefix")).then(|| {
        Problem::error(
            "CS0801",
            "name_prefix",
            "Two names",
            "`name` and `name_prefix` exclude each other.",
            "Keep one of them.",
        )
    })
}

fn reserved(desired: &Object) -> Option<Problem> {
    let attribute = ["name", "name_prefix"].into_iter().find(|name| {
        // A group of that name cannot be made; names such as /aws/elasticache/x are everybody's.
        text(desired, name).is_some_and(|text| text.starts_with("aws/"))
    })?;
    Some(Problem::error(
        "CS0802",
        attribute,
        "The name is reserved",
        "Names that begin with \"aws/\" are kept by AWS.",
        "Begin it with a slash: \"/aws/elasticache/...\" is free.",
    ))
}

fn retention(desired: &Object) -> Option<Problem> {
    let days = desired.get("retention_in_days")?.as_number()?.to_owned();
    let whole = days.to_i64();
    if whole.is_some_and(|days| DAYS.contains(&days)) {
        return None;
    }
    let near = DAYS.iter().skip(1).min_by_key(|near| whole.map_or(0, |days| near.abs_diff(days))).unwrap_or(&30);
    let all = DAYS.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    Some(Problem::error(
        "CS0803",
        "retention_in_days",
        "CloudWatch Logs has no such retention",
        format!("{days} is not one of {all}."),
        format!("{near} is the next; 0 keeps events for ever."),
    ))
}

fn create(change: &Change, name: Value) -> Call {
    let args = [
        ("logGroupName", name),
        ("logGroupClass", change.new("log_group_class")),
        ("kmsKeyId", change.new("kms_key_id")),
        ("deletionProtectionEnabled", change.new("deletion_protection_enabled")),
        ("tags", tags::at_create(change)),
    ];
    Call::new("CreateLogGroup", args).marked("tags").settles(1)
}

/// The call for the retention. One that is not known yet is taken for one that is not 0.
fn keep(change: &Change, name: Value) -> Option<Call> {
    let days = change.new("retention_in_days");
    let forever = |days: &Value| days.is_null() || days.as_i64() == Some(0);
    let wanted = if change.before.is_none() { !forever(&days) } else { change.has("retention_in_days") };
    if !wanted {
        return None;
    }
    let name = ("logGroupName", name);
    let call = match forever(&days) {
        true => Call::new("DeleteRetentionPolicy", [name]),
        false => Call::new("PutRetentionPolicy", [name, ("retentionInDays", days.clone())])
            .assuming_set("retention_in_days", &days)
            .assuming("retention_in_days", &days, vec![Value::int(0)]),
    };
    Some(call.because(["retention_in_days"]).settles(1))
}

fn encrypt(change: &Change, name: Value) -> Option<Call> {
    let key = change.has("kms_key_id").then(|| change.new("kms_key_id"))?;
    let name = ("logGroupName", name);
    let call = match key.is_null() {
        true => Call::new("DisassociateKmsKey", [name]),
        false => Call::new("AssociateKmsKey", [name, ("kmsKeyId", key.clone())]).assuming_set("kms_key_id", &key),
    };
    Some(call.because(["kms_key_id"]).settles(1))
}

fn protect(change: &Change, name: Value) -> Option<Call> {
    let on = change.has("deletion_protection_enabled").then(|| change.new("deletion_protection_enabled"))?;
    let on = if on.is_null() { Value::bool(false) } else { on };
    let args = [("logGroupIdentifier", name), ("deletionProtectionEnabled", on)];
    Some(Call::new("PutLogGroupDeletionProtection", args).because(["deletion_protection_enabled"]).settles(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let s = |text: &str| Value::string(text);
        let cases: [(&[(&str, Value)], &[&str]); 6] = [
            (&[("name", s("/aws/elasticache/x")), ("retention_in_days", Value::int(14))], &[]),
            (&[("name", s("x")), ("name_prefix", s("y"))], &["CS0801"]),
            (&[("name_prefix", s("aws/x"))], &["CS0802"]),
            (&[("retention_in_days", Value::int(15))], &["CS0803"]),
            (&[("retention_in_days", Value::int(-1))], &["CS0803"]),
            (&[("retention_in_days", Value::int(0))], &[]),
        ];
        for (attributes, codes) in cases {
            let object: Object = attributes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
            let found: Vec<&str> = LogGroup.check(&object).iter().map(|problem| problem.code).collect();
            assert_eq!(found, codes, "{object:?}");
        }
    }
}
