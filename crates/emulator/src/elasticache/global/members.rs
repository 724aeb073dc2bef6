//! Replication groups as members of a global datastore: how a secondary is made, and what a member must not change.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::group::{self, GROUPS, ReplicationGroup};
use super::super::parameter_groups::{self, PARAMETER_GROUPS, ParameterGroup};
use super::super::{catalog, create_group};
use super::{Global, Member, find, keep, places};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most members beside the primary.
const MOST: usize = 2;

/// What a secondary has from the primary, and may not be asked for.
const INHERITED: [&str; 14] = [
    "PrimaryClusterId",
    "AutomaticFailoverEnabled",
    "NumNodeGroups",
    "CacheParameterGroupName",
    "CacheNodeType",
    "Engine",
    "EngineVersion",
    "CacheSecurityGroupNames",
    "TransitEncryptionEnabled",
    "AtRestEncryptionEnabled",
    "SnapshotArns",
    "SnapshotName",
    "ClusterMode",
    "DataTieringEnabled",
];

/// What belongs to the datastore as a whole.
const SHARED: [&str; 6] =
    ["CacheNodeType", "Engine", "EngineVersion", "CacheParameterGroupName", "AutomaticFailoverEnabled", "ClusterMode"];

/// CreateReplicationGroup with a `GlobalReplicationGroupId`.
pub fn secondary(context: &mut Context, input: Input, id: &str) -> Answer {
    let mut global = (*find(context, id)?).clone();
    if INHERITED.iter().any(|name| input.has(name) && !input.value(name).as_array().is_some_and(Vec::is_empty)) {
        return Err(Failure::combination(
            "Cannot use the given parameters when creating new replication group in an existing global replication group.",
        ));
    }
    global.must_be_available()?;
    if global.members.len() > MOST {
        return Err(Failure::value(format!(
            "Global Replication Group {id} cannot have more than {MOST} secondary replication groups."
        )));
    }
    let region = context.region_name.to_owned();
    if global.members.iter().any(|member| member.region == region) {
        return Err(Failure::value(format!("Global Replication Group {id} already has a member in region {region}.")));
    }
    places::check_region(&region, &global.members[0].region)?;
    let primary = global.primary(context).cloned();
    let primary = primary.ok_or_else(|| Failure::value(format!("Global Replication Group {id} has no primary.")))?;
    let given = Value::Object(inherit(context, input, &global, &primary)?);
    let made = create_group::create(context, Input(&given))?;
    let name = made["ReplicationGroup"]["ReplicationGroupId"].as_str().unwrap_or_default().to_owned();
    context.region[GROUPS].update(&name, |group| {
        group.global = Some(global.id.clone());
        if group.settings.tokens.is_empty() {
            group.settings.tokens.clone_from(&primary.settings.tokens);
        }
        for (own, shard) in group.shards.iter_mut().zip(&primary.shards) {
            own.slots.clone_from(&shard.slots);
        }
    });
    global.status = "modifying".into();
    global.members.push(Member { group: name.clone(), region, status: "associating".into() });
    keep(context, &global);
    let group = group::find(context, &name)?;
    Ok(json!({ "ReplicationGroup": group::to_json(context, &group) }))
}

/// The request of a secondary with what it has from the primary.
fn inherit(
    context: &mut Context,
    input: Input,
    global: &Global,
    primary: &Arc<ReplicationGroup>,
) -> Result<serde_json::Map<String, Value>, Failure> {
    let settings = &primary.settings;
    let full = catalog::versions()
        .into_iter()
        .find(|(engine, _, full)| *engine == settings.engine && *full == settings.version);
    let mut all = input.0.as_object().cloned().unwrap_or_default();
    all.remove("GlobalReplicationGroupId");
    let mut set = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    set("Engine", json!(settings.engine));
    set("EngineVersion", json!(full.map_or(settings.version.clone(), |(_, version, _)| version)));
    set("CacheNodeType", json!(settings.node_type));
    set("AutomaticFailoverEnabled", json!(primary.failover));
    set("TransitEncryptionEnabled", json!(settings.tls));
    set("TransitEncryptionMode", json!(settings.tls_mode));
    set("AtRestEncryptionEnabled", json!(settings.at_rest));
    set("DataTieringEnabled", json!(settings.data_tiering));
    if primary.cluster_enabled {
        set("NumNodeGroups", json!(primary.shards.len()));
        set("ClusterMode", json!("enabled"));
        if primary.failover
            && input.number("ReplicasPerNodeGroup").unwrap_or(0) < 1
            && !input.has("NodeGroupConfiguration")
        {
            return Err(Failure::value(
                "A member of a Global Replication Group with automatic failover must have at least 1 replica in each node group.",
            ));
        }
    }
    let group = copy_of_group(context, global, primary)?;
    all.insert("CacheParameterGroupName".into(), json!(group));
    Ok(all)
}

/// The parameter group of the primary as the region at hand has it: the same default group, or a copy.
fn copy_of_group(context: &mut Context, global: &Global, primary: &ReplicationGroup) -> Result<String, Failure> {
    let name = primary.settings.parameter_group.clone();
    if parameter_groups::is_default(&name) {
        return Ok(name);
    }
    let region = &global.members[0].region;
    let original = context.within(region, |context| parameter_groups::find(context, &name));
    let original = original.unwrap_or_else(|| parameter_groups::find(context, &name))?;
    Ok(put_copy(context, global, original))
}

/// Puts a copy of a parameter group into the region at hand, under the name of the datastore.
pub fn put_copy(context: &mut Context, global: &Global, original: ParameterGroup) -> String {
    let name = format!("global-datastore-{}-{}", global.id, original.family.replace('.', "-"));
    let description = format!("Parameter group of the Global Replication Group {}", global.id);
    context.region[PARAMETER_GROUPS]
        .put(&name, ParameterGroup { name: name.clone(), description, global: true, ..original });
    name
}

/// A secondary that was being made is there.
pub fn is_ready(context: &mut Context, group: &str) {
    let global = context.region[GROUPS].get(group).and_then(|group| group.global.clone());
    let Some(mut global) = global.and_then(|id| Some((*find(context, &id).ok()?).clone())) else { return };
    let coming = |member: &&mut Member| {
        member.group == group && member.region == context.region_name && member.status == "associating"
    };
    let Some(member) = global.members.iter_mut().find(coming).filter(|_| global.status == "modifying") else { return };
    member.status = "associated".into();
    if global.members.iter().all(|member| member.status == "associated") {
        global.status = global.at_rest().into();
    }
    keep(context, &global);
}

/// Refuses a change of a member that belongs to the datastore as a whole: of the members of a request that are named in
/// `SHARED`, or of the group altogether.
pub fn refuse_of_member(group: &ReplicationGroup, input: Option<Input>) -> Result<(), Failure> {
    let Some(global) = &group.global else { return Ok(()) };
    if input.is_some_and(|input| !SHARED.iter().any(|name| input.has(name))) {
        return Ok(());
    }
    Err(Failure::value(format!("Cluster [{}] is part of a global cluster [{global}]. Request rejected.", group.id)))
}
