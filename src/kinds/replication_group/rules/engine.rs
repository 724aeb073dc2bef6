//! Engine, version, family and node type must go together.

use super::Group;
use crate::catalog::engines::{self, Engine, Version};
use crate::catalog::{nodes, parameters};
use crate::diag::did_you_mean;
use crate::kind::Problem;
use crate::kinds::node_types;
use crate::schema::rules::list;
use crate::value::Object;

/// The family that engine and version of an object want, once both are known.
pub fn wanted_family(object: &Object) -> Option<String> {
    let group = Group(object);
    let family = engines::family(group.engine()?, group.version()?);
    // A version that there is not has none.
    parameters::families().contains(&family).then_some(family)
}

/// The family that a default group's name tells: `default.redis7.cluster.on` is of `redis7`.
pub fn actual_family(parameter_group_name: &str) -> Option<&str> {
    let family = parameter_group_name.strip_prefix("default.")?;
    Some(family.strip_suffix(".cluster.on").unwrap_or(family))
}

/// Whether a name is that of a default group that turns cluster mode on.
pub fn is_clustered_default(parameter_group_name: &str) -> bool {
    parameter_group_name.starts_with("default.") && parameter_group_name.ends_with(".cluster.on")
}

pub(super) fn node_type(group: Group) -> Vec<Problem> {
    let Some(name) = group.text("node_type") else {
        let missing = !group.may_be_set("node_type") && !group.in_global();
        let others = "Only a member of a global datastore gets its node type from elsewhere.";
        return missing.then(|| node_types::missing(others)).into_iter().collect();
    };
    if nodes::get(name).is_none() {
        return vec![node_types::unknown(name)];
    }
    let mut problems: Vec<Problem> =
        node_types::runs(name, group.engine().map(Engine::word), group.version()).into_iter().collect();
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

pub(super) fn version(group: Group) -> Vec<Problem> {
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
    // Redis is the engine where none is written.
    let of_valkey = engine == Engine::Redis && Engine::Valkey.versions().contains(&text);
    let help = match of_valkey {
        true => {
            format!("{text} is a version of valkey: set engine = \"valkey\". Versions of {word}: {}.", list(versions))
        }
        false => format!("Versions of {word}: {}.", list(versions)),
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
    let oldest = versions.first().and_then(|v| Version::parse(v));
    if engine == Engine::Valkey && oldest.is_some_and(|oldest| version.is_older_than(oldest)) {
        return wrong(format!("{word} has no version {text}."), format!("Versions of {word}: {}.", list(versions)));
    }
    let newest = versions.last().and_then(|v| Version::parse(v)).map_or(0, |v| v.major);
    let newer = engine == Engine::Valkey && version.major > newest;
    let known = newer || versions.iter().filter_map(|v| Version::parse(v)).any(|v| v.major == version.major);
    // An older major version may still run, and is for the service to judge.
    if !open && !versions.contains(&text) && known && version.major >= 6 {
        let problem = Problem::error(
            "CS0543",
            "engine_version",
            "Unknown engine version",
            format!("{word} {text} is not among the versions that cachestack knows."),
            help,
        );
        // Redis gets no new versions any more; of Valkey there may be newer ones than the table knows.
        return vec![if engine == Engine::Redis { problem.of_change() } else { problem.warning() }];
    }
    let oldest = versions.first().and_then(|v| Version::parse(v)).map_or(0, |v| v.major);
    let gone = engine == Engine::Redis && version.major < oldest;
    if gone || known && version.major < 6 && !versions.contains(&text) {
        let near = nearest(version, versions);
        let problem = Problem::error(
            "CS0567",
            "engine_version",
            "AWS no longer creates this version",
            format!("AWS makes no new groups of {word} {text}; those that run it may keep it."),
            format!("Write \"{near}\"."),
        );
        return vec![problem.refused_when_set()];
    }
    if !known {
        return wrong(format!("{word} has no version {text}."), help);
    }
    Vec::new()
}

/// The version of the same minor that can be made, else of the same major.
fn nearest(version: Version, versions: &'static [&'static str]) -> &'static str {
    let of = |same: fn(Version, Version) -> bool| {
        versions.iter().find(|text| Version::parse(text).is_some_and(|known| same(known, version)))
    };
    let near = of(|known, version| (known.major, known.minor) == (version.major, version.minor));
    near.or_else(|| of(|known, version| known.major == version.major)).or(versions.first()).copied().unwrap_or_default()
}

pub(super) fn default_family(group: Group) -> Option<Problem> {
    let found = group.text("parameter_group_name").and_then(actual_family)?;
    if let Some(problem) = no_default_group(found) {
        return Some(problem);
    }
    match wanted_family(group.0) {
        Some(wanted) => (wanted != found).then(|| family_mismatch(&wanted, found)),
        None => other_engine(group.text("engine")?, found),
    }
}

/// A default group of a family that there is not: AWS has one for each.
pub fn no_default_group(family: &str) -> Option<Problem> {
    let known: Vec<&str> = parameters::families().iter().map(String::as_str).collect();
    if known.contains(&family) {
        return None;
    }
    let help = match near_family(family, &known) {
        Some(near) => format!("Did you mean \"default.{near}\"? The families are {}.", list(&known)),
        None => format!("The families are {}.", list(&known)),
    };
    let detail = format!("No family \"{family}\" of ElastiCache is known, and no default group of it.");
    let problem = Problem::error("CS0512", "parameter_group_name", "Unknown parameter group family", detail, help);
    // Of these there may be newer ones; Redis gets none any more.
    let newer = ["valkey", "memcached"].iter().filter_map(|engine| family.strip_prefix(engine));
    let is_numbered = |rest: &str| rest.parse::<f32>().is_ok_and(|number| number >= 1.4);
    Some(if { newer }.any(is_numbered) { problem.warning() } else { problem })
}

/// The family that is meant: redis6.x has an .x, and no later one does, so that `redis7.x` and `redis6.2` are common slips.
pub fn near_family<'a>(family: &'a str, known: &[&'a str]) -> Option<&'a str> {
    let major = |family: &'a str| family.split('.').next().unwrap_or_default();
    let stem = Some(major(family)).filter(|stem| known.contains(stem));
    let alike = || {
        let mut alike = known.iter().filter(|known| major(known) == major(family));
        alike.next().filter(|_| alike.next().is_none()).copied()
    };
    stem.or_else(alike).or_else(|| did_you_mean(family, known.iter().copied()))
}

/// The engine that a family is of: `redis6.x` is of `redis`.
pub fn engine_of(family: &str) -> &str {
    family.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | 'x'))
}

/// Whatever the version, a family is of one engine.
pub fn other_engine(engine: &str, family: &str) -> Option<Problem> {
    let found = engine_of(family);
    (engine != found && parameters::families().iter().any(|known| known == family)).then(|| {
        let detail = format!("The engine is {engine}, and this parameter group is of family {family}.");
        let help = format!("Use a group of a family of {engine}, or change engine.");
        Problem::error("CS0544", "parameter_group_name", "The parameter group is of another family", detail, help)
    })
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
