//! The rules of the service for a replication group. Source: AWS documentation and errors seen from the service.

use crate::catalog::engines::{self, Engine, Version};
use crate::catalog::nodes;
use crate::diag::did_you_mean;
use crate::kind::Problem;
use crate::schema::rules::list;
use crate::value::{Object, Value};

/// Applies every rule to a desired object. Unknown values are let pass.
pub fn check(desired: &Object) -> Vec<Problem> {
    let group = Group(desired);
    let mut problems = Vec::new();
    problems.extend(topology(group));
    problems.extend(failover(group));
    problems.extend(node_type(group));
    problems.extend(version(group));
    problems.extend(default_family(group));
    problems.extend(encryption(group));
    problems.extend(token(group));
    problems.extend(windows(group));
    problems.extend(logs(group));
    problems.extend(placement(group));
    problems.extend(global_member(group));
    problems
}

/// A desired group, with typed access to what is known of it.
#[derive(Clone, Copy)]
struct Group<'a>(&'a Object);

impl<'a> Group<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
    fn is_set(self, name: &str) -> bool {
        self.get(name).is_some()
    }
    fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }
    fn number(self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }
    fn is(self, name: &str, wanted: bool) -> bool {
        self.get(name).and_then(Value::as_bool) == Some(wanted)
    }
    /// Whether it is off for sure: unset or false, and not unknown.
    fn is_off(self, name: &str) -> bool {
        !self.is_set(name) || self.is(name, false)
    }
    fn engine(self) -> Option<Engine> {
        match self.get("engine") {
            None => Some(Engine::Redis),
            Some(value) => Engine::parse(value.as_str()?),
        }
    }
    fn version(self) -> Option<Version> {
        Version::parse(self.text("engine_version")?)
    }
    fn in_global(self) -> bool {
        self.is_set("global_replication_group_id")
    }
}

/// The family that engine and version of an object want, once both are known.
pub fn wanted_family(object: &Object) -> Option<String> {
    let group = Group(object);
    Some(engines::family(group.engine()?, group.version()?))
}

/// The family that a default group's name tells: `default.redis7.cluster.on` is of `redis7`.
pub fn actual_family(parameter_group_name: &str) -> Option<&str> {
    let family = parameter_group_name.strip_prefix("default.")?;
    Some(family.strip_suffix(".cluster.on").unwrap_or(family))
}

fn topology(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shards = ["num_node_groups", "replicas_per_node_group", "node_group_configuration"];
    if group.is_set("num_cache_clusters")
        && let Some(other) = shards.into_iter().find(|name| group.is_set(name))
    {
        problems.push(Problem::error(
            "CS0531",
            "num_cache_clusters",
            "Two ways to count nodes",
            format!("`num_cache_clusters` counts the nodes of a group without shards; `{other}` describes shards. AWS refuses both."),
            "For one shard keep num_cache_clusters; for shards write num_node_groups and replicas_per_node_group only.",
        ));
    }
    let (shards, replicas) = (group.number("num_node_groups"), group.number("replicas_per_node_group").unwrap_or(0));
    if let Some(shards) = shards.filter(|shards| shards * (replicas + 1) > 500) {
        problems.push(Problem::error(
            "CS0532",
            "num_node_groups",
            "Too many nodes",
            format!(
                "{shards} shards with {} nodes each are {} nodes; AWS allows 500.",
                replicas + 1,
                shards * (replicas + 1)
            ),
            "Use fewer shards or replicas, or larger nodes.",
        ));
    } else if let Some(shards) = shards.filter(|shards| shards * (replicas + 1) > 90) {
        let problem = Problem::error(
            "CS0533",
            "num_node_groups",
            "More nodes than the default quota",
            format!(
                "{shards} shards with {} nodes each are more than 90 nodes, the default quota of a group.",
                replicas + 1
            ),
            "Ask AWS to raise the quota of nodes per cluster before you apply.",
        );
        problems.push(problem.warning());
    }
    problems
}

fn failover(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let nodes = group.number("num_cache_clusters");
    let counted_by_shards = group.is_set("num_node_groups") || group.is_set("replicas_per_node_group");
    let one_node = nodes == Some(1)
        || !group.is_set("num_cache_clusters")
            && !counted_by_shards
            && !group.is_set("node_group_configuration")
            && !group.in_global();
    if group.is("automatic_failover_enabled", true) && one_node {
        problems.push(Problem::error(
            "CS0534",
            "automatic_failover_enabled",
            "Failover needs a second node",
            format!("Automatic failover is on, and the group has {} node.", nodes.unwrap_or(1)),
            "Set num_cache_clusters to 2 or more, or automatic_failover_enabled = false.",
        ));
    }
    if group.is("multi_az_enabled", true) && group.is_off("automatic_failover_enabled") {
        problems.push(Problem::error(
            "CS0535",
            "multi_az_enabled",
            "Multi-AZ needs automatic failover",
            "`multi_az_enabled` is on, and `automatic_failover_enabled` is not.",
            "Set automatic_failover_enabled = true, or multi_az_enabled = false.",
        ));
    }
    let no_replica = group.number("replicas_per_node_group") == Some(0);
    if group.is("multi_az_enabled", true) && (no_replica || one_node) && !problems.iter().any(|p| p.code == "CS0534") {
        problems.push(Problem::error(
            "CS0536",
            "multi_az_enabled",
            "Multi-AZ needs a replica",
            "`multi_az_enabled` is on, and shards have no replica that could be in another zone.",
            "Add a replica, or set multi_az_enabled = false.",
        ));
    }
    let sharded = group.number("num_node_groups").is_some_and(|shards| shards > 1)
        || group.text("cluster_mode") == Some("enabled");
    if sharded && group.is_off("automatic_failover_enabled") {
        problems.push(Problem::error(
            "CS0537",
            "automatic_failover_enabled",
            "Cluster mode needs automatic failover",
            "A group with cluster mode cannot be without automatic failover.",
            "Set automatic_failover_enabled = true.",
        ));
    }
    problems
}

fn node_type(group: Group) -> Vec<Problem> {
    let Some(name) = group.text("node_type") else {
        let missing = !group.is_set("node_type") && !group.in_global();
        return missing.then(missing_node_type).into_iter().collect();
    };
    let Some(node) = nodes::get(name) else { return vec![unknown_node_type(name)] };
    let mut problems = Vec::new();
    if let (Some(engine), Some(version)) = (group.engine(), group.version()) {
        problems.extend(node_runs_engine(name, node, engine, version));
    }
    let tiered = nodes::has_data_tiering(name);
    if tiered && group.is_off("data_tiering_enabled") || !tiered && group.is("data_tiering_enabled", true) {
        problems.push(Problem::error(
            "CS0538",
            "data_tiering_enabled",
            "Data tiering and node type do not go together",
            format!("{name} {} data tiering.", if tiered { "only works with" } else { "does not have" }),
            if tiered {
                "Set data_tiering_enabled = true."
            } else {
                "Choose a cache.r6gd type, or leave data_tiering_enabled out."
            },
        ));
    }
    problems
}

fn missing_node_type() -> Problem {
    Problem::error(
        "CS0539",
        "node_type",
        "A node type is missing",
        "Only a member of a global datastore gets its node type from elsewhere.",
        "Set node_type, for instance \"cache.t4g.micro\".",
    )
}

fn unknown_node_type(name: &str) -> Problem {
    let near = did_you_mean(name, nodes::names());
    Problem::error(
        "CS0540",
        "node_type",
        "Unknown node type",
        format!("ElastiCache has no node type \"{name}\"."),
        near.map_or("See the table of node types in the ElastiCache user guide.".to_owned(), |near| {
            format!("Did you mean \"{near}\"?")
        }),
    )
}

fn node_runs_engine(name: &str, node: &nodes::NodeType, engine: Engine, version: Version) -> Option<Problem> {
    let minimum = node.min.get(engine.word())?;
    let wrong = match minimum {
        None => format!("{name} does not run {}.", engine.word()),
        Some(minimum) => {
            let least = Version::parse(minimum)?;
            let runs = (version.major, version.minor.unwrap_or(u32::MAX), version.patch.unwrap_or(u32::MAX))
                >= (least.major, least.minor.unwrap_or(0), least.patch.unwrap_or(0));
            (!runs).then(|| format!("{name} runs {} from {minimum} on.", engine.word()))?
        }
    };
    Some(Problem::error(
        "CS0541",
        "node_type",
        "The node type does not run the engine",
        wrong,
        "Choose another node type, engine or version.",
    ))
}

fn version(group: Group) -> Vec<Problem> {
    let (Some(text), Some(engine)) = (group.text("engine_version"), group.engine()) else { return Vec::new() };
    let versions = engine.versions();
    let word = engine.word();
    let wrong = |detail: String, help: String| {
        vec![Problem::error("CS0542", "engine_version", "No such engine version", detail, help)]
    };
    let Some(version) = Version::parse(text) else {
        return wrong(
            format!("\"{text}\" is not a version of {word}."),
            format!("Versions of {word}: {}.", list(versions)),
        );
    };
    let open = text == "6.x" && engine == Engine::Redis;
    let three = version.patch.is_some();
    if version.major >= 6 && three {
        let short = format!("{}.{}", version.major, version.minor.unwrap_or(0));
        return wrong(
            format!("From version 6 on AWS chooses the patch itself and refuses \"{text}\"."),
            format!("Write \"{short}\"."),
        );
    }
    if version.major < 6 && !three || version.minor.is_none() && !open {
        let near: Vec<&str> =
            versions.iter().copied().filter(|v| v.starts_with(&format!("{}.", version.major))).collect();
        let known = if near.is_empty() { versions.to_vec() } else { near };
        return wrong(
            format!("\"{text}\" leaves parts of the version open."),
            format!("Write one of {}.", list(&known)),
        );
    }
    let known = versions.iter().filter_map(|v| Version::parse(v)).any(|v| v.major == version.major);
    let newest = versions.last().and_then(|v| Version::parse(v)).map_or(0, |v| v.major);
    // Older versions may still run, newer ones may have come out; only a gap between known ones is surely wrong.
    if !open && !versions.contains(&text) && known && version.major >= 6 && version.major <= newest {
        let problem = Problem::error(
            "CS0543",
            "engine_version",
            "Unknown engine version",
            format!("{word} {text} is not among the versions that cachestack knows."),
            format!("Versions of {word}: {}.", list(versions)),
        );
        return vec![problem.warning()];
    }
    if !known {
        return wrong(format!("{word} has no version {text}."), format!("Versions of {word}: {}.", list(versions)));
    }
    Vec::new()
}

fn default_family(group: Group) -> Vec<Problem> {
    let Some(found) = group.text("parameter_group_name").and_then(actual_family) else { return Vec::new() };
    let Some(wanted) = wanted_family(group.0).filter(|wanted| wanted != found) else { return Vec::new() };
    vec![family_mismatch(&wanted, found)]
}

/// Engine version and parameter group are of different families.
pub fn family_mismatch(wanted: &str, found: &str) -> Problem {
    Problem::error(
        "CS0544",
        "parameter_group_name",
        "The parameter group is of another family",
        format!("The engine version wants a parameter group of family {wanted}, and this one is of {found}."),
        format!("Use a group of family {wanted}, or change engine_version."),
    )
}

fn encryption(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let version = group.version();
    if group.is("transit_encryption_enabled", true) && version.is_some_and(|v| v.major < 4) {
        problems.push(Problem::error(
            "CS0545",
            "transit_encryption_enabled",
            "The version has no encryption in transit",
            "Encryption in transit needs version 4.0.10 or newer.",
            "Choose a newer engine_version.",
        ));
    }
    if group.is_set("transit_encryption_mode") && group.is_off("transit_encryption_enabled") {
        problems.push(Problem::error(
            "CS0546",
            "transit_encryption_mode",
            "A mode without encryption",
            "`transit_encryption_mode` says how TLS is used, and `transit_encryption_enabled` is not on.",
            "Set transit_encryption_enabled = true, or leave the mode out.",
        ));
    }
    if group.is_set("kms_key_id") && group.is_off("at_rest_encryption_enabled") && group.engine() == Some(Engine::Redis)
    {
        problems.push(Problem::error(
            "CS0547",
            "kms_key_id",
            "A key without encryption",
            "`kms_key_id` names the key of encryption at rest, and `at_rest_encryption_enabled` is not on.",
            "Set at_rest_encryption_enabled = true, or leave the key out.",
        ));
    }
    let needs_tls = group.get("user_group_ids").is_some_and(|ids| ids.as_items().is_none_or(|items| !items.is_empty()));
    if needs_tls && group.is_off("transit_encryption_enabled") {
        problems.push(Problem::error(
            "CS0548",
            "user_group_ids",
            "User groups need encryption in transit",
            "AWS lets users log in only over TLS.",
            "Set transit_encryption_enabled = true.",
        ));
    }
    problems
}

/// Source: the service model: 16 to 128 printable characters; of the signs only ! & # $ ^ < > -.
fn token(group: Group) -> Vec<Problem> {
    let Some(token) = group.get("auth_token") else { return Vec::new() };
    let mut problems = Vec::new();
    let mut wrong = |code, attribute, summary, detail: &str, help: &str| {
        problems.push(Problem::error(code, attribute, summary, detail, help))
    };
    if group.is_off("transit_encryption_enabled") {
        wrong(
            "CS0549",
            "auth_token",
            "A token needs encryption in transit",
            "AWS takes `auth_token` only where `transit_encryption_enabled` is on.",
            "Set transit_encryption_enabled = true.",
        );
    }
    if group.text("transit_encryption_mode") == Some("preferred") {
        wrong(
            "CS0550",
            "transit_encryption_mode",
            "A token needs required encryption",
            "AWS refuses the mode \"preferred\" where there is a token.",
            "Set transit_encryption_mode = \"required\", or leave it out.",
        );
    }
    if group.is_set("user_group_ids") {
        wrong(
            "CS0551",
            "auth_token",
            "A token and user groups exclude each other",
            "A group is guarded by `auth_token` or by `user_group_ids`.",
            "Keep one of them.",
        );
    }
    let text = match &token.data {
        crate::value::Data::Secret(secret) => secret.text.clone(),
        _ => None,
    };
    let Some(text) = text else { return problems };
    let length = text.chars().count();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!&#$^<>-".contains(c);
    if !(16..=128).contains(&length) || !text.chars().all(allowed) {
        problems.push(Problem::error(
            "CS0552",
            "auth_token",
            "AWS refuses this token",
            format!("A token has 16 to 128 characters, letters, digits and ! & # $ ^ < > - only; this one has {length} characters{}.",
                if text.chars().all(allowed) { "" } else { ", some of them not allowed" }),
            "Make a new token.",
        ));
    }
    problems
}

/// Minutes of the day: start, and length in minutes.
pub fn daily_window(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minutes(from)?, minutes(to)?);
    let length = (to + 1440 - from) % 1440;
    (length >= 60).then_some((from, length))
}

/// Minutes of the week: start, and length in minutes.
pub fn weekly_window(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (week_minutes(from)?, week_minutes(to)?);
    let length = (to + 10080 - from) % 10080;
    (60..=1440).contains(&length).then_some((from, length))
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number =
        |text: &str, max: u32| (text.len() == 2).then(|| text.parse::<u32>().ok()).flatten().filter(|n| *n <= max);
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}

fn week_minutes(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let day = days.iter().position(|name| name.eq_ignore_ascii_case(day))? as u32;
    Some(day * 1440 + minutes(time)?)
}

fn windows(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let daily = group.text("snapshot_window").and_then(daily_window);
    let weekly = group.text("maintenance_window").and_then(weekly_window);
    if let (Some((daily, daily_length)), Some((weekly, weekly_length))) = (daily, weekly) {
        // Both are arcs of the week, which is a ring.
        let behind = |from: u32, to: u32| (to + 10080 - from) % 10080;
        let overlaps = (0..7)
            .map(|day| day * 1440 + daily)
            .any(|start| behind(start, weekly) < daily_length || behind(weekly, start) < weekly_length);
        if overlaps {
            problems.push(Problem::error(
                "CS0553",
                "maintenance_window",
                "The windows overlap",
                "AWS wants the snapshot window and the maintenance window to be apart.",
                "Move one of them.",
            ));
        }
    }
    problems
}

fn logs(group: Group) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    let blocks = group.get("log_delivery_configuration").and_then(Value::as_items).unwrap_or_default();
    for kind in blocks.iter().filter_map(|block| block.get("log_type")?.as_str()) {
        if seen.contains(&kind) {
            let detail = format!("There are two blocks for the log type \"{kind}\"; AWS takes one.");
            let problem = Problem::error(
                "CS0554",
                "log_delivery_configuration",
                "A log goes to two places",
                detail,
                "Remove one of them.",
            );
            problems.push(problem.on(kind));
        }
        seen.push(kind);
        let least = if kind == "engine-log" { (6, 2) } else { (6, 0) };
        if group.version().is_some_and(|version| !version.at_least(least.0, least.1)) {
            problems.push(
                Problem::error(
                    "CS0555",
                    "log_delivery_configuration",
                    "The version does not have this log",
                    format!("The log type \"{kind}\" needs version {}.{} or newer.", least.0, least.1),
                    "Choose a newer engine_version, or remove the block.",
                )
                .on(kind),
            );
        }
    }
    problems
}

fn placement(group: Group) -> Vec<Problem> {
    let zones = group.get("preferred_cache_cluster_azs").and_then(Value::as_items);
    let (Some(zones), Some(nodes)) = (zones, group.number("num_cache_clusters")) else { return Vec::new() };
    if zones.len() as i64 == nodes {
        return Vec::new();
    }
    vec![Problem::error(
        "CS0556",
        "preferred_cache_cluster_azs",
        "Zones and nodes do not match",
        format!("There are {} zones for {nodes} nodes; AWS wants one zone for each node.", zones.len()),
        "Name a zone for each node; a zone may be named twice.",
    )]
}

/// Source: the conflicts that the service and Terraform's provider declare for members of a global datastore.
fn global_member(group: Group) -> Vec<Problem> {
    if !group.in_global() {
        return Vec::new();
    }
    let owned = [
        "num_node_groups",
        "parameter_group_name",
        "engine",
        "engine_version",
        "node_type",
        "transit_encryption_enabled",
        "at_rest_encryption_enabled",
        "snapshot_arns",
        "snapshot_name",
    ];
    owned
        .into_iter()
        .filter(|name| group.is_set(name))
        .map(|name| {
            Problem::error(
                "CS0557",
                name,
                "The global datastore decides this",
                format!("A member of a global datastore gets `{name}` from it."),
                "Leave it out.",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(attrs: &[(&str, Value)]) -> Vec<&'static str> {
        let mut object: Object = attrs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        object.entry("node_type".into()).or_insert_with(|| Value::string("cache.t4g.micro"));
        check(&object).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn rules_of_the_service() {
        let s = |text: &str| Value::string(text);
        let cases: &[(&[(&str, Value)], &[&str])] = &[
            (&[], &[]),
            (
                &[
                    ("num_cache_clusters", Value::int(2)),
                    ("num_node_groups", Value::int(2)),
                    ("automatic_failover_enabled", true.into()),
                ],
                &["CS0531"],
            ),
            (&[("automatic_failover_enabled", true.into()), ("num_cache_clusters", Value::int(1))], &["CS0534"]),
            (&[("multi_az_enabled", true.into()), ("num_cache_clusters", Value::int(2))], &["CS0535"]),
            (&[("num_node_groups", Value::int(2))], &["CS0537"]),
            (&[("node_type", s("cache.t4g.micros"))], &["CS0540"]),
            (&[("engine_version", s("7"))], &["CS0542"]),
            (&[("engine_version", s("7.0.7"))], &["CS0542"]),
            (&[("engine_version", s("6.x"))], &[]),
            (&[("engine_version", s("5.0.6"))], &[]),
            (&[("engine", s("valkey")), ("engine_version", s("6.2"))], &["CS0541", "CS0542"]),
            (&[("engine_version", s("7.1")), ("parameter_group_name", s("default.redis6.x"))], &["CS0544"]),
            (&[("engine_version", s("7.1")), ("parameter_group_name", s("default.redis7.cluster.on"))], &[]),
            (&[("auth_token", Value::unknown(crate::value::Type::String, None))], &["CS0549"]),
            (&[("snapshot_window", s("03:00-05:00")), ("maintenance_window", s("sun:05:00-sun:07:00"))], &[]),
            (&[("snapshot_window", s("03:00-05:00")), ("maintenance_window", s("sun:04:00-sun:07:00"))], &["CS0553"]),
            (&[("snapshot_window", s("23:30-01:30")), ("maintenance_window", s("sun:00:00-sun:01:00"))], &["CS0553"]),
            (&[("snapshot_window", s("23:00-00:00")), ("maintenance_window", s("sat:23:30-sun:00:30"))], &["CS0553"]),
            (&[("snapshot_window", s("00:10-01:10")), ("maintenance_window", s("sat:23:30-sun:00:30"))], &["CS0553"]),
        ];
        for (attrs, want) in cases {
            assert_eq!(codes(attrs), *want, "{attrs:?}");
        }
    }
}
