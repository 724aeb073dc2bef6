//! Engines, versions, parameter families and node types, from data files that name their sources.

use super::super::failure::Failure;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One parameter of a family.
#[derive(Debug, Clone, Deserialize)]
pub struct Parameter {
    #[serde(rename = "v")]
    pub value: String,
    #[serde(rename = "t")]
    pub kind: String,
    #[serde(rename = "allow")]
    pub allowed: Option<String>,
    /// `true`, `false`, or `"while-unused"` for what is fixed once a cache uses the group.
    #[serde(rename = "mod")]
    modifiable: Value,
    #[serde(rename = "chg")]
    pub change: String,
    #[serde(rename = "minVersion", alias = "since")]
    pub since: Option<String>,
}

impl Parameter {
    /// Whether a group's owner may set it.
    pub fn modifiable(&self) -> bool {
        self.modifiable != Value::Bool(false)
    }

    /// Whether nodes read it only when they start.
    pub fn needs_reboot(&self) -> bool {
        self.change == "requires-reboot"
    }

    /// Whether it is fixed once a cache uses the group.
    pub fn fixed_in_use(&self) -> bool {
        self.modifiable == "while-unused"
    }
}

#[derive(Deserialize)]
struct Families {
    families: Vec<String>,
    #[serde(rename = "defaultGroups")]
    defaults: BTreeMap<String, Vec<String>>,
    parameters: BTreeMap<String, BTreeMap<String, Parameter>>,
    nearest: BTreeMap<String, String>,
    #[serde(rename = "engineVersions")]
    versions: BTreeMap<String, EngineVersions>,
}

#[derive(Deserialize)]
struct EngineVersions {
    #[serde(rename = "cfn_lint_enum")]
    creatable: Vec<String>,
}

fn data() -> &'static Families {
    static DATA: OnceLock<Families> = OnceLock::new();
    DATA.get_or_init(|| {
        serde_json::from_str(include_str!("../data/parameter-families.json")).expect("parameter-families.json")
    })
}

/// Every family.
pub fn families() -> &'static [String] {
    &data().families
}

/// The default groups as (name, family).
pub fn default_groups() -> impl Iterator<Item = (&'static str, &'static str)> {
    data().defaults.iter().flat_map(|(family, names)| names.iter().map(move |name| (name.as_str(), family.as_str())))
}

/// The family of a default group.
pub fn family_of_default(name: &str) -> Option<&'static str> {
    default_groups().find(|(group, _)| *group == name).map(|(_, family)| family)
}

/// The parameters of a family.
pub fn parameters(family: &str) -> &'static BTreeMap<String, Parameter> {
    static NONE: BTreeMap<String, Parameter> = BTreeMap::new();
    let data = data();
    let family = data.nearest.get(family).map_or(family, String::as_str);
    data.parameters.get(family).unwrap_or(&NONE)
}

/// A version as numbers, so that versions can be compared.
pub fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Whether a version is at least another.
pub fn at_least(version: &str, least: &str) -> bool {
    numbers(version) >= numbers(least)
}

/// The family of an engine's version.
pub fn family(engine: &str, version: &str) -> String {
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match (engine, major) {
        ("redis", "6") => "redis6.x".into(),
        ("redis", "7") => "redis7".into(),
        ("valkey", major) => format!("valkey{major}"),
        (engine, major) => format!("{engine}{major}.{minor}"),
    }
}

/// The creatable versions of all engines, as (engine, version as asked for, full version).
pub fn versions() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for engine in ["memcached", "redis", "valkey"] {
        for version in &data().versions[engine].creatable {
            all.push((engine, version.clone(), full_version(engine, version)));
        }
    }
    all
}

/// The patch release that a `major.minor` version stands for, as caches report it.
fn full_version(engine: &str, version: &str) -> String {
    let patch = match (engine, version) {
        ("redis", "6.0") => "5",
        ("redis", "6.2") => "6",
        ("redis", "7.0") => "7",
        ("redis", "7.1") => "0",
        ("valkey", "7.2") => "6",
        ("valkey", "8.0") => "1",
        ("valkey", _) => "0",
        _ => return version.to_owned(),
    };
    format!("{version}.{patch}")
}

/// The version that an engine gets where none is asked for.
pub fn default_version(engine: &str) -> &'static str {
    match engine {
        "memcached" => "1.6.22",
        "valkey" => "8.2",
        _ => "7.1",
    }
}

/// The full version that a request's `EngineVersion` means.
pub fn resolve_version(engine: &str, asked: Option<&str>) -> Result<String, Failure> {
    let asked = asked.unwrap_or_else(|| default_version(engine));
    let asked = if engine == "redis" && asked == "6.x" { "6.2" } else { asked };
    let all = versions();
    let mut of_engine = all.iter().filter(|(of, ..)| *of == engine);
    if let Some((.., full)) = of_engine.clone().find(|(_, version, _)| version == asked) {
        return Ok(full.clone());
    }
    let parts: Vec<&str> = asked.split('.').collect();
    let short = parts.iter().take(2).copied().collect::<Vec<_>>().join(".");
    if parts.len() == 3 && engine != "memcached" && of_engine.any(|(_, version, _)| *version == short) {
        return Err(Failure::combination(format!(
            "Specific version selection is not allowed for '{asked}', please use '{short}'"
        )));
    }
    Err(Failure::combination(format!("Cannot find version {asked} for {engine}")))
}

/// A node type.
#[derive(Debug, Deserialize)]
pub struct NodeType {
    pub mem_gib: f64,
    #[serde(rename = "min")]
    least: BTreeMap<String, Option<String>>,
    #[serde(default)]
    regions_missing: Vec<String>,
    pub redis_maxmemory: Option<u64>,
    pub memcached_mb: Option<u64>,
}

impl NodeType {
    /// Whether the type can run an engine's version in a region.
    pub fn runs(&self, engine: &str, version: &str, region: &str) -> bool {
        let least = self.least.get(engine).and_then(Option::as_deref);
        // A few ancient versions predate the table; the type is then judged by its region alone.
        least.is_some_and(|least| at_least(version, least)) && !self.regions_missing.iter().any(|name| name == region)
    }
}

/// The node types by name.
pub fn node_types() -> &'static BTreeMap<String, NodeType> {
    #[derive(Deserialize)]
    struct File {
        types: BTreeMap<String, NodeType>,
    }
    static DATA: OnceLock<File> = OnceLock::new();
    &DATA.get_or_init(|| serde_json::from_str(include_str!("../data/node-types.json")).expect("node-types.json")).types
}
