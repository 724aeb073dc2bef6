//! Cache parameter groups: own ones, and the default ones that always exist.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::{catalog, names, tagging, usage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Parameter groups: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation("CreateCacheParameterGroup", create, "names, families, quota of 300, tags", ""),
        operation("DescribeCacheParameterGroups", describe, "default groups of every family, pages", ""),
        operation(
            "ModifyCacheParameterGroup",
            super::parameters::modify,
            "20 values a call; types, ranges and what may be set; pending-reboot on the nodes that use the group",
            "ranges of Redis 6 to Valkey 9 are derived, not dumped from AWS",
        ),
        operation("ResetCacheParameterGroup", super::parameters::reset, "all or by name", ""),
        operation("DeleteCacheParameterGroup", delete, "refused while in use and for default groups", ""),
        operation(
            "DescribeCacheParameters",
            super::parameters::describe,
            "sources user, system and engine-default, values per node type, pages",
            "as above",
        ),
        operation(
            "DescribeEngineDefaultParameters",
            super::parameters::describe_defaults,
            "pages, values per node type",
            "as above",
        ),
    ],
    tables: &[&PARAMETER_GROUPS],
    arns: &[Arns::of("parametergroup", |context, name| find(context, name).map(drop))],
    ..Part::NONE
};

/// A cache parameter group; the values are those that differ from the family's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParameterGroup {
    pub name: String,
    pub family: String,
    pub description: String,
    pub values: BTreeMap<String, String>,
    /// Whether it is a copy that a global datastore made for itself.
    #[serde(default)]
    pub global: bool,
}

/// Parameter groups by name.
pub const PARAMETER_GROUPS: Key<ParameterGroup> = Key::new("parameter_groups");

const MOST: usize = 300;

/// The group of that name, own or default.
pub fn get(context: &Context, name: &str) -> Option<ParameterGroup> {
    let name = name.to_ascii_lowercase();
    if let Some(family) = catalog::family_of_default(&name) {
        return Some(default_group(&name, family));
    }
    context.region[PARAMETER_GROUPS].get(&name).map(|group| (*group).clone())
}

fn default_group(name: &str, family: &str) -> ParameterGroup {
    let cluster = name.ends_with(".cluster.on");
    let description = if cluster {
        format!("Customized default parameter group for {family} with cluster mode on")
    } else {
        format!("Default parameter group for {family}")
    };
    let values =
        if cluster { BTreeMap::from([("cluster-enabled".to_owned(), "yes".to_owned())]) } else { BTreeMap::new() };
    ParameterGroup { name: name.into(), family: family.into(), description, values, global: false }
}

/// The group of that name, for a cache.
pub fn find(context: &Context, name: &str) -> Result<ParameterGroup, Failure> {
    get(context, name).ok_or_else(|| {
        Failure::missing("CacheParameterGroupNotFound", format!("CacheParameterGroup not found: {name}"))
    })
}

/// Whether a name is that of a default group.
pub fn is_default(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("default.")
}

pub fn create(context: &mut Context, input: Input) -> Answer {
    let name = names::identifier(input.needed("CacheParameterGroupName")?, "CacheParameterGroupName", 255)?;
    let family = input.needed("CacheParameterGroupFamily")?.to_ascii_lowercase();
    let description = input.needed("Description")?;
    names::description(description, "Description")?;
    if !catalog::families().contains(&family) {
        return Err(Failure::value(format!(
            "CacheParameterGroupFamily {family} is not a valid parameter group family."
        )));
    }
    let tags = tagging::read(input)?;
    if get(context, &name).is_some() {
        return Err(Failure::new("CacheParameterGroupAlreadyExists", format!("Parameter group {name} already exists")));
    }
    if context.region[PARAMETER_GROUPS].len() >= MOST {
        return Err(Failure::new(
            "CacheParameterGroupQuotaExceeded",
            "The request cannot be processed because it would exceed the maximum number of cache parameter groups.",
        ));
    }
    let group = ParameterGroup {
        name: name.clone(),
        family,
        description: description.into(),
        values: BTreeMap::new(),
        global: false,
    };
    let shown = to_json(context, &group);
    context.region[PARAMETER_GROUPS].put(&name, group);
    tagging::set(context, "parametergroup", &name, tags);
    Ok(json!({ "CacheParameterGroup": shown }))
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    if let Some(name) = input.filled("CacheParameterGroupName") {
        let group = get(context, name).ok_or_else(|| {
            Failure::missing("CacheParameterGroupNotFound", format!("CacheParameterGroup {name} not found."))
        })?;
        return Ok(json!({ "CacheParameterGroups": [to_json(context, &group)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let mut all: BTreeMap<String, ParameterGroup> =
        catalog::default_groups().map(|(name, family)| (name.to_owned(), default_group(name, family))).collect();
    all.extend(context.region[PARAMETER_GROUPS].iter().map(|(name, group)| (name.clone(), (**group).clone())));
    let (page, marker) = paging::page(all.iter(), after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|group| to_json(context, group)).collect();
    Ok(json!({ "CacheParameterGroups": rows, "Marker": marker }))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let name = input.needed("CacheParameterGroupName")?.to_ascii_lowercase();
    if is_default(&name) {
        return Err(Failure::new(
            "InvalidCacheParameterGroupState",
            format!("Default parameter group {name} cannot be deleted."),
        ));
    }
    let group = find(context, &name)?;
    if let Some(user) = usage::of_parameter_group(context, &group.name) {
        return Err(Failure::new(
            "InvalidCacheParameterGroupState",
            format!(
                "One or more cache clusters ({user}) are still members of this parameter group {name}, so the group cannot be deleted."
            ),
        ));
    }
    context.region[PARAMETER_GROUPS].remove(&group.name);
    tagging::forget(context, "parametergroup", &group.name);
    Ok(json!({}))
}

fn to_json(context: &Context, group: &ParameterGroup) -> Value {
    json!({
        "CacheParameterGroupName": group.name, "CacheParameterGroupFamily": group.family,
        "Description": group.description, "IsGlobal": group.global, "ARN": context.arn("parametergroup", &group.name),
    })
}
