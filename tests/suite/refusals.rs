//! Every refusal of the emulator's rule tables as a wish: `validate` refuses it, too, or it cannot be known offline.
//!
//! Requests of `crates/emulator/src/tests/rules` become resources: fields are attributes, what was made before stays around, and
//! what modifies an object is the object with the new values. What comes of each stands in `tests/rules/refusals.tsv`:
//! file, request, and our codes; or, where there are none, the reason. `CACHESTACK_UPDATE_CASES=1` writes the codes anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::harness::{Place, files, root};
use crate::rules::{columns, tells};

type Fields = Vec<(String, String)>;

/// What a file has said so far: the fields of a `let`, and what has been made, by kind and name.
#[derive(Default)]
struct Script {
    words: BTreeMap<String, Fields>,
    made: BTreeMap<(&'static str, String), Fields>,
}

/// How a request names its object, and what becomes of its fields.
struct Form {
    operation: &'static str,
    kind: &'static str,
    id: &'static str,
    /// Whether it changes what is there.
    modifies: bool,
}

const fn form(operation: &'static str, kind: &'static str, id: &'static str, modifies: bool) -> Form {
    Form { operation, kind, id, modifies }
}

const GROUP: &str = "aws_elasticache_replication_group";
const CLUSTER: &str = "aws_elasticache_cluster";
const PARAMETERS: &str = "aws_elasticache_parameter_group";
const SERVERLESS: &str = "aws_elasticache_serverless_cache";

const FORMS: [Form; 16] = [
    form("CreateReplicationGroup", GROUP, "ReplicationGroupId", false),
    form("ModifyReplicationGroup", GROUP, "ReplicationGroupId", true),
    form("CreateCacheCluster", CLUSTER, "CacheClusterId", false),
    form("ModifyCacheCluster", CLUSTER, "CacheClusterId", true),
    form("CreateCacheParameterGroup", PARAMETERS, "CacheParameterGroupName", false),
    form("ModifyCacheParameterGroup", PARAMETERS, "CacheParameterGroupName", true),
    form("CreateCacheSubnetGroup", "aws_elasticache_subnet_group", "CacheSubnetGroupName", false),
    form("CreateServerlessCache", SERVERLESS, "ServerlessCacheName", false),
    form("ModifyServerlessCache", SERVERLESS, "ServerlessCacheName", true),
    form("CreateUser", "aws_elasticache_user", "UserId", false),
    form("ModifyUser", "aws_elasticache_user", "UserId", true),
    form("CreateUserGroup", "aws_elasticache_user_group", "UserGroupId", false),
    form("ModifyUserGroup", "aws_elasticache_user_group", "UserGroupId", true),
    form(
        "CreateGlobalReplicationGroup",
        "aws_elasticache_global_replication_group",
        "GlobalReplicationGroupIdSuffix",
        false,
    ),
    form("CreateSnapshot", "snapshot", "SnapshotName", false),
    form("PutMetricAlarm", "aws_cloudwatch_metric_alarm", "AlarmName", false),
];

/// Fields whose attribute is called otherwise than they are.
const NAMES: [(&str, &str); 20] = [
    ("ReplicationGroupDescription", "description"),
    ("CacheNodeType", "node_type"),
    ("CacheParameterGroupName", "parameter_group_name"),
    ("CacheSubnetGroupName", "subnet_group_name"),
    ("PreferredMaintenanceWindow", "maintenance_window"),
    ("PreferredAvailabilityZone", "availability_zone"),
    ("CacheParameterGroupFamily", "family"),
    ("CacheSubnetGroupDescription", "description"),
    ("ServerlessCacheName", "name"),
    ("MultiAZEnabled", "multi_az_enabled"),
    ("AZMode", "az_mode"),
    ("PreferredCacheClusterAZs", "preferred_cache_cluster_azs"),
    ("CacheClusterId", "cluster_id"),
    ("DataStorage", "data_storage"),
    ("ECPUPerSecond", "ecpu_per_second"),
    ("NumCacheNodes", "num_cache_nodes"),
    ("CacheSecurityGroupNames", "security_group_names"),
    ("SnapshotArnsToRestore", "snapshot_arns_to_restore"),
    ("FinalSnapshotIdentifier", "final_snapshot_identifier"),
    ("OKActions", "ok_actions"),
];

/// Fields that say how something is done, not what is wished.
const MEANS: [&str; 2] = ["ApplyImmediately", "AuthTokenUpdateStrategy"];

/// Fields that say what is added and taken away: no attribute says that.
const DELTAS: [&str; 7] = [
    "AppendAccessString",
    "UserIdsTo",
    "UserGroupIdsTo",
    "RemoveUserGroup",
    "CacheNodeIdsToRemove",
    "NewAvailabilityZones",
    "ScaleConfig",
];

impl Script {
    /// Carries a line out; the refused wish, where it is one that can be written.
    fn read(&mut self, line: &str, refused: bool) -> Option<String> {
        if let Some((name, fields)) = line.strip_prefix("let ").and_then(|rest| rest.split_once(" = ")) {
            let fields = self.fields(fields);
            self.words.insert(name.to_owned(), fields);
            return None;
        }
        let (operation, fields) = line.split_once(' ').unwrap_or((line, ""));
        let form = FORMS.iter().find(|form| form.operation == operation)?;
        let fields = self.fields(fields);
        let id = fields.iter().find(|(name, _)| name == form.id).map(|(_, id)| id.clone()).unwrap_or_default();
        let key = (form.kind, id);
        let before = self.made.get(&key).filter(|_| form.modifies);
        let wish = joined(before.cloned().unwrap_or_else(|| unsaid(&fields)), fields);
        if refused {
            return Some(self.write(&key, &wish));
        }
        let whole = wish.into_iter().filter(|(name, _)| !DELTAS.iter().any(|delta| name.starts_with(delta)));
        self.made.insert(key, whole.collect());
        None
    }

    /// `Name=value` and `$word`; later ones replace earlier ones.
    fn fields(&self, text: &str) -> Fields {
        let mut all = Fields::new();
        for part in text.split(' ').filter(|part| !part.is_empty()) {
            let more = match part.strip_prefix('$') {
                Some(word) => self.words.get(word).cloned().unwrap_or_default(),
                None => part.split_once('=').map(|(name, value)| (name.to_owned(), plain(value))).into_iter().collect(),
            };
            all = joined(all, more);
        }
        all
    }

    /// The wish as a stack, with what was made around it.
    fn write(&self, key: &(&'static str, String), wish: &Fields) -> String {
        let mut text = "environment \"test\" {\n  region   = \"us-east-1\"\n  endpoint = \"emulator\"\n}\n".to_owned();
        let around = self.made.iter().filter(|(other, _)| other.0 != key.0 && !matches!(other.0, "snapshot"));
        for (at, ((kind, _), fields)) in around.enumerate() {
            text += &resource(kind, &format!("around{at}"), fields);
        }
        text + &resource(key.0, "x", wish)
    }
}

/// What AWS takes without a word, and Terraform says.
fn unsaid(fields: &Fields) -> Fields {
    let has = |name: &str| fields.iter().any(|(known, _)| known.starts_with(name));
    let memcached =
        fields.iter().any(|(name, value)| name == "Engine" && value == "memcached") && has("CacheClusterId");
    let on = |(name, value): &(String, String)| {
        name == "NumNodeGroups" && value != "1"
            || name == "ClusterMode" && value == "enabled"
            || name == "CacheParameterGroupName" && value.ends_with(".cluster.on")
    };
    let shards = fields.iter().any(on);
    let said = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let nodes = (memcached && !has("NumCacheNodes")).then(|| said("NumCacheNodes", "1"));
    let failover = (shards && !has("CacheClusterId")).then(|| said("AutomaticFailoverEnabled", "true"));
    nodes.into_iter().chain(failover).collect()
}

/// `%2B` and `+` of a form, and `{x*3}`.
fn plain(value: &str) -> String {
    let text = value.replace('+', " ").replace("%2B", "+").replace("%3E", ">").replace("%26", "&");
    let Some((head, rest)) = text.split_once('{') else { return text };
    let Some((inner, tail)) = rest.split_once('}') else { return text };
    match inner.split_once('*').and_then(|(unit, count)| Some((unit, count.parse().ok()?))) {
        Some((unit, count)) => format!("{head}{}{tail}", unit.repeat(count)),
        None => text,
    }
}

fn joined(mut one: Fields, other: Fields) -> Fields {
    for (name, value) in other {
        one.retain(|(known, _)| *known != name);
        one.push((name, value));
    }
    one
}

/// A resource block with the attributes that the fields stand for.
fn resource(kind: &str, label: &str, fields: &Fields) -> String {
    let kind = if kind == "snapshot" { "" } else { kind };
    let head =
        if kind.is_empty() { format!("snapshot \"{label}\"") } else { format!("resource \"{kind}\" \"{label}\"") };
    let mut plain: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut limits: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut login: Vec<String> = Vec::new();
    let mut tags: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    let mut blocks: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for (name, value) in fields.iter().filter(|(name, _)| !MEANS.contains(&name.as_str())) {
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            [name] => plain.entry(attribute(kind, name)).or_default().push(literal(value)),
            ["Tags", "Tag", number, part] => drop(tags.entry(number).or_default().insert(part, literal(value))),
            ["CacheUsageLimits", part, limit] => {
                limits.entry(part).or_default().push(format!("{} = {}", attribute(kind, limit), literal(value)));
            }
            ["AuthenticationMode", "Type"] => login.push(format!("type = {}", literal(value))),
            ["AuthenticationMode", _, _, _] => login.push(format!("passwords = [{}]", literal(value))),
            [list, _, _] => plain.entry(attribute(kind, list)).or_default().push(format!("[{}]", literal(value))),
            [list, _, number, ref inner @ ..] => {
                let key = (list.to_owned(), number.to_owned());
                blocks.entry(key).or_default().push((inner.join("."), value.clone()));
            }
            _ => {}
        }
    }
    let mut text = format!("{head} {{\n");
    for (name, values) in plain {
        let lists: Vec<&str> = values
            .iter()
            .filter_map(|value| value.strip_prefix('['))
            .map(|value| value.trim_end_matches(']'))
            .collect();
        let value = if lists.is_empty() { values[0].clone() } else { format!("[{}]", lists.join(", ")) };
        let _ = writeln!(text, "  {name} = {value}");
    }
    if !tags.is_empty() {
        let pair = |tag: &BTreeMap<&str, String>| {
            Some(format!("({}) = {}", tag.get("Key")?, tag.get("Value").map_or("\"\"", String::as_str)))
        };
        let _ = writeln!(text, "  tags = {{ {} }}", tags.values().filter_map(pair).collect::<Vec<_>>().join(", "));
    }
    if !login.is_empty() {
        let _ = writeln!(text, "  authentication_mode {{\n    {}\n  }}", login.join("\n    "));
    }
    if !limits.is_empty() {
        let part = |(name, lines): (&&str, &Vec<String>)| {
            format!("    {} {{\n      {}\n    }}\n", attribute(kind, name), lines.join("\n      "))
        };
        let _ = writeln!(text, "  cache_usage_limits {{\n{}  }}", limits.iter().map(part).collect::<String>());
    }
    for ((list, _), members) in blocks {
        text += &block(&list, &members);
    }
    text + "}\n"
}

fn block(list: &str, members: &[(String, String)]) -> String {
    let name = match list {
        "Metrics" => return query(members),
        "ParameterNameValues" => "parameter",
        "NodeGroupConfiguration" => "node_group_configuration",
        "LogDeliveryConfigurations" => "log_delivery_configuration",
        _ => return String::new(),
    };
    let mut plain: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (member, value) in members {
        let inner = match member.as_str() {
            "ParameterName" => "name",
            "ParameterValue" => "value",
            "ReplicaCount" => "replica_count",
            "Slots" => "slots",
            "NodeGroupId" => "node_group_id",
            "PrimaryAvailabilityZone" => "primary_availability_zone",
            "LogType" => "log_type",
            "LogFormat" => "log_format",
            "DestinationType" => "destination_type",
            other if other.starts_with("ReplicaAvailabilityZones") => "replica_availability_zones",
            other if other.starts_with("DestinationDetails") => "destination",
            _ => continue,
        };
        plain.entry(inner).or_default().push(literal(value));
    }
    let line = |(name, values): (&&str, &Vec<String>)| match *name {
        "replica_availability_zones" => format!("    {name} = [{}]\n", values.join(", ")),
        _ => format!("    {name} = {}\n", values[0]),
    };
    format!("  {name} {{\n{}  }}\n", plain.iter().map(line).collect::<String>())
}

/// A query of an alarm: what is said of its metric stands in a block of its own.
fn query(members: &[(String, String)]) -> String {
    let (mut own, mut metric) = (String::new(), String::new());
    for (member, value) in members {
        let name = member.rsplit('.').next().unwrap_or(member);
        let line = format!("    {} = {}\n", attribute("", name), literal(value));
        if member.starts_with("MetricStat.") { metric += &line } else { own += &line }
    }
    let metric = if metric.is_empty() { metric } else { format!("    metric {{\n{metric}    }}\n") };
    format!("  metric_query {{\n{own}{metric}  }}\n")
}

/// The attribute that a field stands for: another word, or its own in small letters.
fn attribute(kind: &str, field: &str) -> String {
    match (kind, field) {
        ("aws_elasticache_subnet_group", "CacheSubnetGroupName") | (PARAMETERS, "CacheParameterGroupName") => {
            return "name".into();
        }
        ("", "CacheClusterId") => return "cache_cluster_id".into(),
        _ => {}
    }
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == field) {
        return (*name).to_owned();
    }
    let mut name = String::new();
    for c in field.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn literal(value: &str) -> String {
    match value.parse::<i64>() {
        Ok(_) if !value.starts_with('0') || value == "0" => value.to_owned(),
        _ if value == "true" || value == "false" => value.to_owned(),
        _ => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// What `validate` says of a wish: the codes of its errors, else in brackets of the warnings that are about what the
/// emulator refuses in these words (`warnings.tsv`).
fn judged(text: &str, words: &str, open: &[(String, String)]) -> String {
    let place = Place::new();
    place.write("main.hcl", text);
    let run = place.run(&["validate", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("validate answers JSON");
    let found = answer["diagnostics"].as_array().expect("diagnostics");
    // What stands around the wish is as the emulator took it.
    let first = text.lines().position(|line| line.contains("\"x\" {")).unwrap_or(0) as u64;
    let found: Vec<_> =
        found.iter().filter(|one| one["range"]["start"]["line"].as_u64().is_none_or(|line| line > first)).collect();
    let codes = |severity: &str, counts: &dyn Fn(&str) -> bool| {
        let of = found.iter().filter(|one| one["severity"] == severity);
        let mut codes: Vec<&str> = of.map(|one| one["code"].as_str().expect("a code")).filter(|c| counts(c)).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    };
    let errors = codes("error", &|_| true);
    let warnings = codes("warning", &|code| tells(open, code, words));
    // What no attribute stands for is no wish.
    if errors.contains("CS0314") || errors.contains("CS0324") {
        return String::new();
    }
    match (errors.is_empty(), warnings.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("({warnings})"),
        _ => errors,
    }
}

#[test]
fn every_refusal_is_told_offline_or_has_its_reason() {
    let table = root().join("tests/rules/refusals.tsv");
    let known = std::fs::read_to_string(&table).unwrap_or_default();
    let reasons: BTreeMap<(&str, &str), &str> = known
        .lines()
        .filter_map(|line| {
            let parts: Vec<&str> = line.split('\t').collect();
            Some(((*parts.first()?, *parts.get(1)?), *parts.get(2)?))
        })
        .collect();
    let open = columns("warnings.tsv");
    let mut found = String::new();
    let mut unsaid = Vec::new();
    for path in files(&root().join("crates/emulator/src/tests/rules"), "txt") {
        let file = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("rules");
        let mut script = Script::default();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with([' ', '#']))
        {
            if line.starts_with("world ") {
                script.made.clear();
            }
            let answer = lines.get(at + 1).and_then(|answer| answer.strip_prefix("  ")).unwrap_or_default();
            let refused = !answer.is_empty() && answer != "ok";
            let wish = script.read(line, refused);
            if !refused {
                continue;
            }
            let codes = wish.map(|wish| judged(&wish, answer, &open)).unwrap_or_default();
            let reason = reasons.get(&(file.as_str(), line)).copied().unwrap_or_default();
            let said = match codes.as_str() {
                "" if reason.starts_with("CS") || reason.starts_with("(CS") => "",
                "" => reason,
                codes => codes,
            };
            if said.is_empty() {
                unsaid.push(format!("{file}: {line}\n    {answer}"));
            }
            let _ = writeln!(found, "{file}\t{line}\t{said}");
        }
    }
    if std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty()) {
        std::fs::write(&table, &found).expect("the table is written");
    }
    assert!(unsaid.is_empty(), "neither a rule nor a reason:\n{}", unsaid.join("\n"));
    let diff = similar::TextDiff::from_lines(&known, &found).unified_diff().context_radius(0).to_string();
    assert!(known == found || std::env::var_os("CACHESTACK_UPDATE_CASES").is_some(), "{diff}");
}
