//! The parameters of a group: their values, and changing them.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::paging;
use super::super::region::Region;
use super::catalog::{self, Parameter};
use super::cluster::CLUSTERS;
use super::group::GROUPS;
use super::parameter_groups::PARAMETER_GROUPS;
use super::parameter_groups::{self, ParameterGroup};
use super::usage;
use serde_json::{Value, json};

/// The most parameters in one call.
const MOST: usize = 20;

fn own(context: &Context, input: Input) -> Result<ParameterGroup, Failure> {
    let name = input.needed("CacheParameterGroupName")?;
    if parameter_groups::is_default(name) && parameter_groups::get(context, name).is_some() {
        return Err(Failure::new(
            "InvalidCacheParameterGroupState",
            format!("Default parameter group {name} cannot be modified."),
        ));
    }
    parameter_groups::get(context, name).ok_or_else(|| {
        Failure::missing("CacheParameterGroupNotFound", format!("CacheParameterGroup {name} not found."))
    })
}

fn named<'a>(
    input: Input<'a>,
    group: &ParameterGroup,
) -> Result<Vec<(String, &'static Parameter, Input<'a>)>, Failure> {
    let given: Vec<Input> = input.structures("ParameterNameValues").collect();
    if given.len() > MOST {
        return Err(Failure::value(format!(
            "At most {MOST} parameters may be changed in one request; {} were given.",
            given.len()
        )));
    }
    let known = catalog::parameters(&group.family);
    let mut found: Vec<(String, &'static Parameter, Input)> = Vec::new();
    for entry in given {
        let name = entry.text("ParameterName").unwrap_or("").to_ascii_lowercase();
        let parameter =
            known.get(&name).ok_or_else(|| Failure::value(format!("Could not find parameter with name: {name}")))?;
        if found.iter().any(|(other, ..)| *other == name) {
            return Err(Failure::value(format!("The parameter {name} was specified more than once.")));
        }
        found.push((name, parameter, entry));
    }
    Ok(found)
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let mut group = own(context, input)?;
    let given = named(input, &group)?;
    if given.is_empty() {
        return Err(Failure::combination("No parameters were specified to modify."));
    }
    let used = usage::of_parameter_group(context, &group.name).is_some();
    let mut reboot = false;
    for (name, parameter, entry) in given {
        let value = entry
            .text("ParameterValue")
            .ok_or_else(|| Failure::value(format!("The parameter value for parameter {name} must be provided.")))?;
        if !parameter.modifiable() {
            return Err(Failure::value(format!("The parameter {name} cannot be modified.")));
        }
        let current = group.values.get(&name).unwrap_or(&parameter.value);
        if parameter.fixed_in_use() && used && current != value {
            return Err(Failure::new(
                "InvalidCacheParameterGroupState",
                format!("The parameter {name} cannot be changed while the parameter group is in use."),
            ));
        }
        check_value(&name, parameter, value)?;
        reboot |= parameter.needs_reboot() && current != value;
        group.values.insert(name, value.to_owned());
    }
    let name = group.name.clone();
    context.region[PARAMETER_GROUPS].put(&name, group);
    if reboot {
        pending_reboot(context.region, &name);
    }
    Ok(json!({ "CacheParameterGroupName": name }))
}

pub fn reset(context: &mut Context, input: Input) -> Answer {
    let mut group = own(context, input)?;
    let given = named(input, &group)?;
    let before = group.values.clone();
    if input.flag("ResetAllParameters") == Some(true) {
        group.values.clear();
    } else if given.is_empty() {
        return Err(Failure::combination("Either ResetAllParameters or ParameterNameValues must be specified."));
    }
    for (name, ..) in given {
        group.values.remove(&name);
    }
    let known = catalog::parameters(&group.family);
    let reboot = before.iter().any(|(name, value)| {
        let parameter = known.get(name).filter(|parameter| parameter.needs_reboot() && parameter.value != *value);
        parameter.is_some() && !group.values.contains_key(name)
    });
    let name = group.name.clone();
    context.region[PARAMETER_GROUPS].put(&name, group);
    if reboot {
        pending_reboot(context.region, &name);
    }
    Ok(json!({ "CacheParameterGroupName": name }))
}

/// A value that nodes read when they start waits for the reboot of each node of the caches that use the group.
fn pending_reboot(region: &mut Region, name: &str) {
    let of_groups: Vec<String> = region[GROUPS]
        .values()
        .filter(|group| group.settings.parameter_group == name)
        .flat_map(|group| group.members().cloned().collect::<Vec<_>>())
        .collect();
    let alone = region[CLUSTERS]
        .values()
        .filter(|cluster| cluster.alone().is_some_and(|settings| settings.parameter_group == name));
    let all: Vec<String> = alone.map(|cluster| cluster.id.clone()).chain(of_groups).collect();
    for id in all {
        region[CLUSTERS].update(&id, |cluster| {
            cluster.to_reboot = cluster.nodes.iter().map(|node| node.id.clone()).collect();
        });
    }
}

/// Whether a value is among those that the family allows: words, numbers and ranges, separated by commas.
fn check_value(name: &str, parameter: &Parameter, value: &str) -> Result<(), Failure> {
    let bad = || {
        let allowed = parameter.allowed.as_deref().unwrap_or("any value of its type");
        Failure::value(format!(
            "The parameter value {value} for parameter {name} is invalid. Allowed values: {allowed}, type: {}.",
            parameter.kind
        ))
    };
    let typed = match parameter.kind.as_str() {
        "integer" => value.parse::<i64>().is_ok(),
        "float" => value.parse::<f64>().is_ok_and(f64::is_finite),
        _ => true,
    };
    if !typed {
        return Err(bad());
    }
    if name == "notify-keyspace-events" && !value.chars().all(|letter| "KEg$lshzxeAtdmn".contains(letter)) {
        return Err(bad());
    }
    let open = |allowed: &&str| *allowed == "-" || allowed.starts_with('(');
    let Some(allowed) = parameter.allowed.as_deref().filter(|allowed| !open(allowed)) else { return Ok(()) };
    let number = value.parse::<f64>().ok();
    let within = |choice: &str| match (choice.split_once('-'), number) {
        (Some((low, high)), Some(number)) if low.parse::<f64>().is_ok() => {
            low.parse::<f64>().is_ok_and(|low| number >= low)
                && (high.is_empty() || high.parse::<f64>().is_ok_and(|high| number <= high))
        }
        _ => choice == value,
    };
    if allowed.split(',').any(|choice| within(choice.trim())) { Ok(()) } else { Err(bad()) }
}

pub fn describe(context: &mut Context, input: Input) -> Answer {
    let name = input.needed("CacheParameterGroupName")?;
    let group = parameter_groups::get(context, name).ok_or_else(|| {
        Failure::missing("CacheParameterGroupNotFound", format!("CacheParameterGroup {name} not found."))
    })?;
    let source = input.filled("Source");
    if let Some(source) = source.filter(|source| !["user", "system", "engine-default"].contains(source)) {
        return Err(Failure::value(format!(
            "Invalid source: {source}. Valid values are: user | system | engine-default"
        )));
    }
    let default = parameter_groups::is_default(&group.name);
    let rows = catalog::parameters(&group.family).iter().filter_map(|(name, parameter)| {
        let own = group.values.get(name);
        let from = if own.is_some() && !default { "user" } else { "system" };
        let shown = match source {
            Some("engine-default") => own.is_none(),
            Some(source) => source == from,
            None => true,
        };
        shown.then(|| (name, to_json(name, parameter, own.unwrap_or(&parameter.value), from)))
    });
    let specific = if source == Some("user") { json!([]) } else { node_type_specific(&group.family) };
    listing(rows, input, specific, None)
}

pub fn describe_defaults(_context: &mut Context, input: Input) -> Answer {
    let family = input.needed("CacheParameterGroupFamily")?.to_ascii_lowercase();
    if !catalog::families().contains(&family) {
        return Err(Failure::value(format!(
            "CacheParameterGroupFamily {family} is not a valid parameter group family."
        )));
    }
    let rows = catalog::parameters(&family)
        .iter()
        .map(|(name, parameter)| (name, to_json(name, parameter, &parameter.value, "system")));
    listing(rows, input, node_type_specific(&family), Some(&family))
}

/// Parameters whose value depends on the node type.
fn node_type_specific(family: &str) -> Value {
    let memcached = family.starts_with("memcached");
    let values: Vec<Value> = catalog::node_types()
        .iter()
        .filter_map(|(name, node)| {
            let value = if memcached { node.memcached_mb } else { node.redis_maxmemory }?;
            Some(json!({ "CacheNodeType": name, "Value": value.to_string() }))
        })
        .collect();
    json!([{
        "ParameterName": if memcached { "max_cache_memory" } else { "maxmemory" },
        "Source": "system", "DataType": "integer", "AllowedValues": "1-", "IsModifiable": false,
        "ChangeType": if memcached { "requires-reboot" } else { "immediate" },
        "CacheNodeTypeSpecificValues": values,
    }])
}

fn listing<'a>(
    rows: impl Iterator<Item = (&'a String, Value)>,
    input: Input,
    specific: Value,
    family: Option<&str>,
) -> Answer {
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let list = json!({ "Parameters": page, "CacheNodeTypeSpecificParameters": specific, "Marker": marker });
    match family {
        None => Ok(list),
        Some(family) => {
            let mut list = list;
            list["CacheParameterGroupFamily"] = json!(family);
            Ok(json!({ "EngineDefaults": list }))
        }
    }
}

fn to_json(name: &str, parameter: &Parameter, value: &str, source: &str) -> Value {
    json!({
        "ParameterName": name, "ParameterValue": value, "Source": source, "DataType": parameter.kind,
        "AllowedValues": parameter.allowed, "IsModifiable": parameter.modifiable(),
        "MinimumEngineVersion": parameter.since, "ChangeType": parameter.change,
    })
}
