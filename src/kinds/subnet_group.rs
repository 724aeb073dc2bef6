//! Subnet groups: the subnets that cache nodes may be placed in.

use std::sync::LazyLock;

use crate::kind::{Call, Change, Kind, Problem, Target};
use crate::kinds::{names, tags};
use crate::schema::{Attr, Rule, Schema, lower};
use crate::value::{Object, Type, Value};

/// The kind.
pub struct SubnetGroup;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The name; AWS stores it in lower case."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .at_create("Managed by cachestack")
            .rule(Rule::Length(0, 255))
            .rule(names::DESCRIPTION)
            .doc("What it is for."),
        Attr::required("subnet_ids", Type::set(Type::String))
            .rule(Rule::MaxItems(20))
            .rule(names::SUBNET_ID)
            .doc("Ids of subnets of one VPC."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("vpc_id", Type::String).doc("The VPC of the subnets."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new("subnet_group", "aws_elasticache_subnet_group", "The subnets that cache nodes may be placed in.", attrs)
});

impl Kind for SubnetGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let empty = desired.get("subnet_ids").and_then(Value::as_items).is_some_and(<[Value]>::is_empty);
        let mut problems = Vec::new();
        if empty {
            problems.push(Problem::error(
                "CS0501",
                "subnet_ids",
                "A subnet group needs a subnet",
                "The set of subnet ids is empty.",
                "Name at least one subnet; if a data block looked them up, check its filter.",
            ));
        }
        if desired.get("name").and_then(Value::as_str) == Some("default") {
            problems.push(Problem::error(
                "CS0502",
                "name",
                "The name is reserved",
                "\"default\" is the subnet group that AWS makes itself.",
                "Choose another name.",
            ));
        }
        problems
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("name").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(name) = self.identify(planned) else { return };
        planned.insert("id".into(), Value::string(&name));
        if let Some(arn) = target.arn("elasticache", &format!("subnetgroup:{name}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = ("CacheSubnetGroupName", change.id.map_or_else(|| change.new("name"), Value::string));
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteCacheSubnetGroup", [name]).vanishes(1)]);
        }
        if change.before.is_none() {
            let args = [
                name,
                ("CacheSubnetGroupDescription", change.new("description")),
                ("SubnetIds", change.new("subnet_ids")),
                ("Tags", tags::at_create(change)),
            ];
            return Ok(vec![Call::new("CreateCacheSubnetGroup", args).marked("Tags").settles(1)]);
        }
        let mut calls = Vec::new();
        if change.has("description") || change.has("subnet_ids") {
            let args = [
                name,
                ("CacheSubnetGroupDescription", change.if_changed("description")),
                ("SubnetIds", change.if_changed("subnet_ids")),
            ];
            let causes = ["description", "subnet_ids"].into_iter().filter(|cause| change.has(cause));
            calls.push(Call::new("ModifyCacheSubnetGroup", args).because(causes).settles(1));
        }
        calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }
}
