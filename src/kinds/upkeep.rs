//! What replication groups and clusters have alike: windows, snapshots, notifications and logs.

use crate::catalog::engines::Version;
use crate::kind::{Change, Problem, Window};
use crate::kinds::{log_group, names};
use crate::schema::{Attr, By, Hold, Rule, lower};
use crate::value::{Data, Object, Origin, Type, Value};

fn is_snapshot_window(text: &str) -> bool {
    daily_window(text).is_some()
}

fn is_maintenance_window(text: &str) -> bool {
    weekly_window(text).is_some()
}

/// Settings that AWS changes at once, also in a call that waits for the maintenance window. Source: API reference,
/// ModifyReplicationGroup and ModifyCacheCluster.
pub const AT_ONCE: [&str; 8] = [
    "description",
    "security_group_ids",
    "maintenance_window",
    "snapshot_window",
    "snapshot_retention_limit",
    "notification_topic_arn",
    "auto_minor_version_upgrade",
    "ip_discovery",
];

/// Whether changes are to wait for the maintenance window.
pub fn is_patient(wanted: &Object) -> bool {
    wanted.get("apply_immediately").and_then(Value::as_bool) == Some(false)
}

/// Whether a change is to wait for the maintenance window, as far as it can.
pub fn waits(change: &Change) -> bool {
    !change.now && change.after.is_some_and(is_patient)
}

/// The maintenance window of an object.
pub fn window(object: &Object) -> Option<Window> {
    let (start, length) = weekly_window(object.get("maintenance_window")?.as_str()?)?;
    Some(Window::new(start, length))
}

/// None, where a number says how many.
pub fn is_zero(value: &Value) -> bool {
    value.as_i64() == Some(0)
}

/// On, as AWS has it without a word.
pub fn is_on(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

/// Off, as AWS has it without a word.
pub fn is_off(value: &Value) -> bool {
    value.as_bool() == Some(false)
}

/// IPv4, as AWS has it without a word.
pub fn is_ipv4(value: &Value) -> bool {
    value.as_str() == Some("ipv4")
}

/// The group that AWS has made, and takes without a word: not that of parameters for cluster mode.
pub fn is_default_group(value: &Value) -> bool {
    let name = value.as_str().unwrap_or_default();
    name == "default" || name.starts_with("default.") && !name.ends_with(".cluster.on")
}

/// The attribute `snapshot_window`.
pub fn snapshot_window() -> Attr {
    Attr::optional_computed("snapshot_window", Type::String)
        .rule(Rule::Test(is_snapshot_window, "a daily window of at least 60 minutes in UTC, such as 03:00-05:00"))
        .doc("When daily snapshots are made, UTC.")
}

/// The attribute `maintenance_window`.
pub fn maintenance_window() -> Attr {
    let rule = "a weekly window of at least 60 minutes in UTC, such as sun:05:00-sun:07:00";
    Attr::optional_computed("maintenance_window", Type::String)
        .rule(Rule::Test(is_maintenance_window, rule))
        .normalize(lower)
        .doc("When AWS may restart nodes, UTC.")
}

/// The attribute `snapshot_retention_limit`.
pub fn snapshot_retention_limit() -> Attr {
    Attr::optional("snapshot_retention_limit", Type::Number)
        .rule(Rule::Range(0, 35))
        .usually(is_zero)
        .doc("Days that daily snapshots are kept; 0 makes none.")
}

/// The attribute `notification_topic_arn`.
pub fn notification_topic_arn() -> Attr {
    Attr::optional("notification_topic_arn", Type::String)
        .refers("sns_topic", By::Arn, Hold::Uses)
        .rule(names::TOPIC)
        .doc("The SNS topic that events go to.")
}

/// The attribute `final_snapshot_identifier`.
pub fn final_snapshot_identifier() -> Attr {
    Attr::optional("final_snapshot_identifier", Type::String)
        .told_at_deletion()
        .local()
        .rule(Rule::Length(0, 255))
        .rule(names::IDENTIFIER)
        .doc("The snapshot that is made before the object is deleted.")
}

/// The attribute `final_snapshot`.
pub fn final_snapshot() -> Attr {
    Attr::optional("final_snapshot", Type::Bool).ours_alone().local().doc(
        "Whether a snapshot with a name of its own is made before the object is deleted; without it, where the object is \
         replaced or was protected.",
    )
}

/// The attribute that names the final snapshot: AWS takes none of Memcached and of T1 nodes. Source: ElastiCache user
/// guide, "Snapshot and restore", constraints.
pub fn final_snapshot_of(object: &Object) -> Option<&'static str> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let takes = text("engine") != "memcached" && !text("node_type").starts_with("cache.t1.");
    takes.then_some("final_snapshot_identifier")
}

/// A name for a snapshot that is not to be made.
pub fn contradicting_snapshot(desired: &Object) -> Option<Problem> {
    let named =
        desired.get("final_snapshot_identifier").is_some_and(|name| !name.is_null() && name.as_str() != Some(""));
    let refused = desired.get("final_snapshot").and_then(Value::as_bool) == Some(false);
    (named && refused).then(|| {
        Problem::error(
            "CS1016",
            "final_snapshot",
            "A name for a snapshot that is not made",
            "`final_snapshot_identifier` names a final snapshot, and `final_snapshot` says that there is none.",
            "Leave one of the two out.",
        )
    })
}

/// The block `log_delivery_configuration`.
pub fn log_delivery_configuration() -> Attr {
    let log = vec![
        Attr::required("destination", Type::String)
            .refers("log_group", By::Id, Hold::Uses)
            .rule(Rule::Length(1, 512))
            .doc("The log group or delivery stream."),
        Attr::required("destination_type", Type::String)
            .one_of(&["cloudwatch-logs", "kinesis-firehose"])
            .doc("Where logs go."),
        Attr::required("log_format", Type::String).one_of(&["text", "json"]).doc("How they are written."),
        Attr::required("log_type", Type::String).one_of(&["slow-log", "engine-log", "command-log"]).doc("Which log."),
    ];
    Attr::blocks("log_delivery_configuration", log).known_by("log_type").at_most(3).doc("Where a log goes.")
}

/// `6.2` is what `6.x` asks for, and `5.0.6` what `5.0` does.
pub fn is_version_of(now: &Value, wanted: &Value) -> bool {
    let (Some(now), Some(wanted)) = (now.as_str().and_then(Version::parse), wanted.as_str().and_then(Version::parse))
    else {
        return false;
    };
    now.major == wanted.major
        && wanted.minor.is_none_or(|minor| now.minor == Some(minor))
        && wanted.patch.is_none_or(|patch| now.patch == Some(patch))
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

/// The error of a zone that is not of the region, with the attribute that names it.
pub fn foreign_zone(region: &str, zones: Vec<(&'static str, &str)>) -> Option<Problem> {
    let (attribute, zone) = zones.into_iter().find(|(_, zone)| !zone.starts_with(region))?;
    Some(Problem::error(
        "CS0559",
        attribute,
        "A zone of another region",
        format!("It is in {region}, and \"{zone}\" is not a zone of that."),
        format!("Name zones of {region}, such as \"{region}a\"."),
    ))
}

/// What is wrong with the IP versions; `least` is the version that knows more than IPv4, where the asked one does not.
/// Source: the user guide, "choosing a network type".
pub fn network(network: Option<&str>, discovery: Option<&str>, unset: bool, least: Option<&str>) -> Vec<Problem> {
    let wrong = |attribute, detail: String, help: &str| {
        Problem::error("CS1041", attribute, "IP versions do not go together", detail, help)
    };
    let mut problems = Vec::new();
    if let (Some(network @ ("ipv6" | "dual_stack")), Some(least)) = (network, least) {
        let detail = format!("\"{network}\" needs version {least} or newer.");
        problems.push(wrong("network_type", detail, "Choose a newer engine_version, or \"ipv4\"."));
    }
    let only = match network {
        Some("ipv4") => Some("ipv4"),
        Some("ipv6") => Some("ipv6"),
        None if unset => Some("ipv4"),
        _ => None,
    };
    if let (Some(only), Some(discovery)) = (only, discovery)
        && only != discovery
    {
        let detail = format!("Clients are told {discovery} addresses, and the nodes have {only} ones only.");
        problems.push(wrong("ip_discovery", detail, "Set network_type = \"dual_stack\", or leave ip_discovery out."));
    }
    problems
}

/// A cache is filled from one snapshot, or from files.
pub fn sources(object: &Object) -> Option<Problem> {
    let set = |name: &str| {
        object.get(name).is_some_and(|value| {
            !value.is_null() && !value.is_unknown() && value.as_items().is_none_or(|items| !items.is_empty())
        })
    };
    (set("snapshot_name") && set("snapshot_arns")).then(|| {
        let detail = "`snapshot_name` and `snapshot_arns` both say what the cache is filled with.";
        Problem::error("CS1051", "snapshot_arns", "Filled from two places", detail, "Keep one of the two.")
    })
}

/// A port that AWS is not known to take.
pub fn low_port(port: Option<i64>) -> Option<Problem> {
    let port = port.filter(|port| (1..1024).contains(port))?;
    let detail = format!("Caches listen on ports from 1024 on, as far as is known; this is {port}.");
    Some(
        Problem::error("CS1049", "port", "The port is below 1024", detail, "Use 6379 or 11211, for instance.")
            .refused_when_made(),
    )
}

/// AWS makes no new caches of some node types. Source: the user guide, "supported node types".
pub fn old_node_type(name: Option<&str>) -> Option<Problem> {
    let name = name.filter(|name| name.starts_with("cache.t2."))?;
    let detail = format!("AWS makes no new caches of {name}; those that there are may stay.");
    let problem =
        Problem::error("CS1045", "node_type", "No node type for new caches", detail, "Choose a cache.t4g type.");
    Some(problem.refused_when_set())
}

/// AWS wants the daily and the weekly window to be apart.
pub fn overlap(snapshots: Option<&str>, maintenance: Option<&str>) -> Option<Problem> {
    let (daily, daily_length) = daily_window(snapshots?)?;
    let (weekly, weekly_length) = weekly_window(maintenance?)?;
    // Both are arcs of the week, which is a ring.
    let behind = |from: u32, to: u32| (to + 10080 - from) % 10080;
    let overlaps = (0..7)
        .map(|day| day * 1440 + daily)
        .any(|start| behind(start, weekly) < daily_length || behind(weekly, start) < weekly_length);
    overlaps.then(|| {
        Problem::error(
            "CS0553",
            "maintenance_window",
            "The windows overlap",
            "AWS wants the snapshot window and the maintenance window to be apart.",
            "Move one of them.",
        )
    })
}

/// Each log goes to one place, and only a version that has it writes it.
pub fn logs(object: &Object, version: Option<Version>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    let blocks = object.get("log_delivery_configuration").and_then(Value::as_items).unwrap_or_default();
    problems.extend(blocks.iter().filter_map(destination));
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
        let valkey = object.get("engine").and_then(Value::as_str) == Some("valkey");
        if version.is_some_and(|version| !has_log(kind, valkey, version)) {
            let (engine, major, minor) = first_with_log(kind);
            problems.push(
                Problem::error(
                    "CS0555",
                    "log_delivery_configuration",
                    "The version does not have this log",
                    format!("The log type \"{kind}\" needs {engine} {major}.{minor} or newer."),
                    "Choose a newer engine_version, or remove the block.",
                )
                .on(kind),
            );
        }
    }
    problems
}

/// The first version with a log. Source: ElastiCache user guide, "Log delivery".
fn first_with_log(kind: &str) -> (&'static str, u32, u32) {
    match kind {
        "command-log" => ("Valkey", 8, 1),
        "engine-log" => ("version", 6, 2),
        _ => ("version", 6, 0),
    }
}

/// Whether a version has a log.
pub fn has_log(kind: &str, valkey: bool, version: Version) -> bool {
    let (engine, major, minor) = first_with_log(kind);
    (valkey || engine != "Valkey") && version.at_least(major, minor)
}

/// AWS wants the name of a log group, or of a delivery stream.
fn destination(block: &Value) -> Option<Problem> {
    let value = block.get("destination")?;
    let logs = match block.get("destination_type")?.as_str()? {
        "cloudwatch-logs" => true,
        "kinesis-firehose" => false,
        _ => return None,
    };
    let what = if logs { "log group" } else { "delivery stream" };
    let wrong = |code, summary, detail: String, help: String| {
        let problem = Problem::error(code, "log_delivery_configuration", summary, detail, help);
        Some(problem.on(block.get("log_type").and_then(Value::as_str).unwrap_or_default()))
    };
    let arn = |help| {
        wrong("CS1052", "An ARN for a name", format!("AWS wants the name of the {what}, and this is an ARN."), help)
    };
    let Some(text) = value.as_str() else {
        return is_arn_to_be(value).then(|| arn("Write `.name` instead of `.arn`.".to_owned()))?;
    };
    if text.starts_with("arn:") {
        let mark = if logs { ":log-group:" } else { ":deliverystream/" };
        let name = text.split(mark).nth(1).unwrap_or_default().trim_end_matches(":*");
        return arn(if name.is_empty() { "Write its name.".to_owned() } else { format!("Write \"{name}\".") });
    }
    let sound = if logs { log_group::is_name(text) } else { is_stream(text) };
    let letters = if logs { ". - _ / #, up to 512 of them" } else { ". - _, up to 64 of them" };
    (!sound).then(|| {
        let detail = format!("\"{text}\" is no name of a {what}: those are of ASCII letters, digits and {letters}.");
        wrong(
            "CS1080",
            "Not the name of a destination",
            detail,
            format!("Write the name of a {what} in these letters."),
        )
    })?
}

/// Whether it will be an ARN, when it is known.
fn is_arn_to_be(value: &Value) -> bool {
    let is_arn = |origin: &Origin| match origin {
        Origin::Attribute(_, name) => &**name == "arn",
        Origin::Foreign(_, name) => name.as_deref() == Some("arn"),
        _ => false,
    };
    matches!(&value.data, Data::Unknown(unknown) if unknown.origin.as_deref().is_some_and(is_arn))
}

/// Source: the service model of Firehose.
fn is_stream(text: &str) -> bool {
    text.len() <= 64 && text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
}

/// Log deliveries in the form of the API; a type that is gone is turned off by name.
pub fn log_deliveries(old: &Value, new: &Value) -> Value {
    let items = |value: &Value| value.as_items().unwrap_or_default().to_vec();
    let mut entries: Vec<Value> = items(new).iter().map(log_delivery).collect();
    for block in items(old) {
        let kind = block.get("log_type").cloned().unwrap_or_else(Value::null);
        // One that is hidden is the same log as one that is not.
        let same = |block: &Value| block.get("log_type").and_then(Value::as_str) == kind.as_str();
        if !items(new).iter().any(same) {
            entries
                .push(Value::object(Object::from([("LogType".into(), kind), ("Enabled".into(), Value::bool(false))])));
        }
    }
    if entries.is_empty() { Value::null() } else { Value::tuple(entries) }
}

fn log_delivery(block: &Value) -> Value {
    let get = |name: &str| block.get(name).cloned().unwrap_or_else(Value::null);
    let firehose = get("destination_type").as_str() == Some("kinesis-firehose");
    let (details, member) =
        if firehose { ("KinesisFirehoseDetails", "DeliveryStream") } else { ("CloudWatchLogsDetails", "LogGroup") };
    let destination = Value::object(Object::from([(member.into(), get("destination"))]));
    Value::object(Object::from([
        ("LogType".into(), get("log_type")),
        ("LogFormat".into(), get("log_format")),
        ("DestinationType".into(), get("destination_type")),
        ("DestinationDetails".into(), Value::object(Object::from([(details.into(), destination)]))),
        ("Enabled".into(), Value::bool(true)),
    ]))
}
