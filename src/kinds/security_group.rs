//! Security groups: who may reach the caches.

use std::sync::{Arc, LazyLock};

use crate::kind::{Call, Change, Impact, Kind, Problem, Target};
use crate::kinds::rules_of_security_group::{self as rules, Direction};
use crate::kinds::security_group_rule::among;
use crate::kinds::{doors, names, tags};
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Origin, Type, Value};

/// The kind `security_group`.
pub struct SecurityGroup;

fn is_free_name(text: &str) -> bool {
    !text.starts_with("sg-")
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let name = Rule::Test(is_free_name, "a name that does not begin with \"sg-\"");
    let mut attrs = vec![
        Attr::optional_computed("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(name)
            .doc("The name, unique in its VPC."),
        Attr::optional("name_prefix", Type::String)
            .replace()
            .begins("name")
            .rule(Rule::Length(0, 239))
            .rule(name)
            .doc("What the name begins with; the rest is made up."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .replace()
            .at_create("Managed by cachestack")
            .rule(Rule::Length(0, 255))
            .rule(names::EC2_DESCRIPTION)
            .doc("What it is for; AWS cannot change it."),
        Attr::optional_computed("vpc_id", Type::String)
            .replace()
            .rule(names::VPC_ID)
            .doc("The VPC; the default VPC without it."),
        Attr::blocks("ingress", rules::attrs())
            .or_computed()
            .filled()
            .normalize(rules::normalize)
            .doc("A rule for incoming connections."),
        Attr::blocks("egress", rules::attrs())
            .or_computed()
            .filled()
            .normalize(rules::normalize)
            .doc("A rule for outgoing connections."),
        Attr::optional("revoke_rules_on_delete", Type::Bool)
            .default(false)
            .local()
            .doc("Revoke all rules before deleting."),
        Attr::computed("id", Type::String).doc("The id, sg-..."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("owner_id", Type::String).doc("The account that owns it."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new("security_group", "aws_security_group", "Who may reach the caches.", attrs)
});

/// A cache that anybody may reach.
fn open_to_all(desired: &Object) -> Option<Problem> {
    let blocks = desired.get("ingress")?.as_items()?;
    blocks.iter().filter_map(Value::as_object).find_map(|block| doors::open_to_all(block, "ingress"))
}

/// Source: the reference of CreateSecurityGroup.
fn reserved(name: &str) -> Option<Problem> {
    let detail = match name {
        "default" => "\"default\" is the security group that AWS makes in each VPC.",
        name if !names::is_ec2_text(name) => "A name is of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* only.",
        _ => return None,
    };
    Some(Problem::error("CS1053", "name", "Not a name of a security group", detail, "Choose another name."))
}

impl Kind for SecurityGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let mut problems = Vec::new();
        let is_set = |name: &str| desired.get(name).is_some_and(|value| !value.is_null());
        if is_set("name") && is_set("name_prefix") {
            problems.push(Problem::error(
                "CS0521",
                "name_prefix",
                "Two names",
                "`name` and `name_prefix` exclude each other.",
                "Keep one of them; `name_prefix` lets a replacement exist beside the old group.",
            ));
        }
        problems.extend(desired.get("name").and_then(Value::as_str).and_then(reserved));
        problems.extend(rules::check(desired));
        problems.extend(open_to_all(desired));
        problems
    }

    fn told_elsewhere(&self, _object: &Object, all: bool) -> Vec<&'static str> {
        if all { vec!["ingress", "egress"] } else { Vec::new() }
    }

    fn repeats(&self, object: &Object, (kind, other): (&str, &Object)) -> bool {
        among::repeats((self.schema().kind, object), (kind, other))
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("id").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        if let Some(account) = &target.account {
            planned.or_insert_with("owner_id".into(), || Value::string(account));
        }
        if planned.get("name").is_none_or(Value::is_null) {
            let prefix = planned.get("name_prefix").and_then(Value::as_str).unwrap_or("cachestack-");
            planned.insert("name".into(), Value::unknown(Type::String, Some(Arc::new(Origin::Unique(prefix.into())))));
        }
        let Some(id) = self.identify(planned) else { return };
        if let Some(arn) = target.arn("ec2", &format!("security-group/{id}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        // The id of a new group comes back from its create call.
        let group =
            change.id.map_or_else(|| Value::unknown(Type::String, Some(Arc::new(Origin::Own("id")))), Value::string);
        if change.after.is_none() {
            return Ok(delete(change, &group));
        }
        let mut calls = Vec::new();
        if change.before.is_none() {
            calls.push(create(change));
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            calls.extend(rules::calls(change, direction, &group)?);
        }
        calls.extend(tags::calls(change, &tags::EC2, group)?);
        Ok(calls)
    }

    fn name_scope(&self) -> Option<&'static str> {
        Some("vpc_id")
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }

    fn is_named_by_aws(&self) -> bool {
        true
    }

    /// Names are unique in a VPC.
    fn place(&self, object: &Object) -> Option<String> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        Some(format!("{}/{}", text("vpc_id")?, text("name")?))
    }
}

fn create(change: &Change) -> Call {
    let args = [
        ("GroupName", change.new("name")),
        ("Description", change.new("description")),
        ("VpcId", change.new("vpc_id")),
        ("Tags", tags::at_create(change)),
    ];
    Call::new("CreateSecurityGroup", args).marked("Tags").settles(1)
}

fn delete(change: &Change, group: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    if change.old("revoke_rules_on_delete").as_bool() == Some(true) {
        for direction in [Direction::Ingress, Direction::Egress] {
            calls.extend(rules::revoke_all(change, direction, group));
        }
    }
    calls.push(Call::new("DeleteSecurityGroup", [("GroupId", group.clone())]).impact(Impact::None).vanishes(1));
    calls
}
