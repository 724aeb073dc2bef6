//! Serverless caches: AWS chooses nodes and shards, and the limits say what may be used.

use std::sync::{Arc, LazyLock};

use crate::address::Address;
use crate::catalog::engines::Version;
use crate::kind::{
    Among, Backup, Call, Change, Endpoint, Filled, Impact, Kind, Mark, Measure, Measured, Neighbour, Problem, Target,
    Usage,
};
use crate::kinds::{backup, doors, endpoints, measures, names, paid, places, tags, upkeep, why};
use crate::schema::{Attr, By, Hold, Rule, Schema, lower, object_type};
use crate::value::{Object, Type, Value, text};

/// The kind `serverless_cache`.
pub struct ServerlessCache;

const KIND: &str = "serverless_cache";

// Expected durations in seconds. Source: durations of published acceptance tests of Terraform's provider.
const CREATE: u32 = 300;
const CHANGE: u32 = 100;
const UPGRADE: u32 = 250;
const DELETE: u32 = 200;

/// What a limit may be. Source: errors seen from the service, and the documentation of Terraform's provider.
const STORAGE: (i64, i64) = (1, 5_000);
const ECPU: (i64, i64) = (1_000, 15_000_000);

fn storage() -> Vec<Attr> {
    vec![
        Attr::optional("minimum", Type::Number).rule(Rule::Range(STORAGE.0, STORAGE.1)).doc("Kept ready at least."),
        Attr::optional("maximum", Type::Number).rule(Rule::Range(STORAGE.0, STORAGE.1)).doc("Used at most."),
        Attr::required("unit", Type::String).one_of(&["GB"]).doc("GB."),
    ]
}

fn ecpu() -> Vec<Attr> {
    vec![
        Attr::optional("minimum", Type::Number).rule(Rule::Range(ECPU.0, ECPU.1)).doc("Kept ready at least."),
        Attr::optional("maximum", Type::Number).rule(Rule::Range(ECPU.0, ECPU.1)).doc("Used at most."),
    ]
}

fn limits() -> Vec<Attr> {
    vec![
        Attr::single_block("data_storage", storage()).doc("What is stored."),
        Attr::blocks("ecpu_per_second", ecpu()).at_most(1).doc("ElastiCache processing units."),
    ]
}

fn is_time(text: &str) -> bool {
    let part = |text: &str, most: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|number| number <= most);
    text.split_once(':').is_some_and(|(hour, minute)| part(hour, 23) && part(minute, 59))
}

fn endpoint() -> Type {
    Type::list(object_type(&[Attr::computed("address", Type::String), Attr::computed("port", Type::Number)]))
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = of_engine();
    attrs.extend(network());
    attrs.extend(computed());
    attrs.push(tags::region());
    attrs.extend(tags::attrs());
    Schema::new(KIND, "aws_elasticache_serverless_cache", "A cache without nodes.", attrs).watched(&[
        "throttled",
        "evictions",
        "hits",
    ])
});

fn of_engine() -> Vec<Attr> {
    vec![
        Attr::required("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The name; AWS stores it in lower case."),
        Attr::required("engine", Type::String)
            .one_of(&["memcached", "redis", "valkey"])
            .normalize(lower)
            .doc("memcached, redis or valkey; redis becomes valkey in place."),
        Attr::optional_computed("major_engine_version", Type::String).doc("1.6 of memcached, 7 or 8 of the others."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .left_to_others()
            .rule(Rule::Length(0, 255))
            .doc("What it is for."),
        Attr::single_block("cache_usage_limits", limits())
            .fits(are_same_limits)
            .left_to_others()
            .doc("What may be used at most, and is ready at least."),
        Attr::optional_computed("snapshot_retention_limit", Type::Number)
            .usually(upkeep::is_zero)
            .rule(Rule::Range(0, 35))
            .doc("How many days automatic snapshots are kept; 0 for none."),
        Attr::optional_computed("daily_snapshot_time", Type::String)
            .rule(Rule::Test(is_time, "a time of the day in UTC, such as 04:30"))
            .doc("When they are made."),
        Attr::optional("snapshot_arns_to_restore", Type::list(Type::String))
            .replace()
            .refers("snapshot", By::Arn, Hold::Mentions)
            .rule(names::ARN)
            .doc("The snapshots that it is filled from."),
        upkeep::final_snapshot_identifier().ours_alone(),
        upkeep::final_snapshot(),
    ]
}

fn network() -> Vec<Attr> {
    vec![
        Attr::optional_computed("subnet_ids", Type::set(Type::String))
            .replace()
            .rule(names::SUBNET_ID)
            .doc("Two or three subnets of one VPC; those of the default VPC without any."),
        Attr::optional_computed("security_group_ids", Type::set(Type::String))
            .refers("security_group", By::Id, Hold::Blocks)
            .rule(names::SECURITY_GROUP_ID)
            .doc("VPC security groups."),
        Attr::optional("user_group_id", Type::String)
            .refers("user_group", By::Id, Hold::Blocks)
            .normalize(lower)
            .doc("The user group that may log in."),
        Attr::optional("kms_key_id", Type::String)
            .replace()
            .rule(names::KEY)
            .doc("The key that encrypts what is stored."),
        Attr::optional_computed("network_type", Type::String)
            .ours_alone()
            .usually(upkeep::is_ipv4)
            .replace()
            .one_of(&["ipv4", "ipv6", "dual_stack"])
            .doc("Which IP versions it speaks."),
        Attr::optional_computed("connection_type", Type::String)
            .ours_alone()
            .replace()
            .one_of(&["vpc", "public"])
            .doc("Whether it is reached from a VPC, or from anywhere (valkey 9)."),
    ]
}

fn computed() -> Vec<Attr> {
    vec![
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        Attr::computed("status", Type::String).doc("How it is, by the word of AWS."),
        Attr::computed("create_time", Type::String).doc("When it was made."),
        Attr::computed("full_engine_version", Type::String).doc("The version that runs."),
        Attr::computed("endpoint", endpoint()).doc("Where clients find it."),
        Attr::computed("reader_endpoint", endpoint()).doc("Where clients find it that only read."),
    ]
}

/// The one block of a name inside of another, or of the object.
fn block(of: Option<&Value>) -> Option<&Value> {
    of?.as_items()?.first()
}

/// A cache of an environment that protects, of which nothing brings data back. What nobody writes AWS keeps none of.
fn no_snapshots(cache: Neighbour) -> Option<Problem> {
    let written = cache.written.get("snapshot_retention_limit");
    let days = written.or_else(|| cache.planned.get("snapshot_retention_limit").filter(|days| !days.is_unknown()));
    let none = days.is_none_or(|days| days.is_null() || days.as_i64() == Some(0));
    none.then(|| {
        let detail = "No daily snapshot is kept, so that nothing brings data back.";
        let help = "Set snapshot_retention_limit = 7, for instance.";
        Problem::error("CS1065", "snapshot_retention_limit", "No snapshots", detail, help).warning()
    })
}

impl Kind for ServerlessCache {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let found = [version(desired), range(desired), users(desired), public(desired)];
        found.into_iter().flatten().chain(upkeep::contradicting_snapshot(desired)).collect()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "name").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        if let Some(name) = text(planned, "name").map(str::to_owned) {
            planned.insert("id".into(), Value::string(&name));
            if let Some(arn) = target.arn("elasticache", &format!("serverlesscache:{name}")) {
                planned.insert("arn".into(), Value::string(arn));
            }
        }
        planned.insert("status".into(), Value::string("available"));
        if planned.get("connection_type").is_none_or(Value::is_null) {
            planned.insert("connection_type".into(), Value::string("vpc"));
        }
        let differs = |name: &str| live.is_some_and(|live| live.get(name) != planned.get(name));
        if differs("engine") || differs("major_engine_version") {
            planned.remove("full_engine_version");
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        match (change.before, change.after) {
            (None, _) => Ok(vec![create(change)]),
            (_, None) => Ok(vec![delete(change)]),
            _ => update(change),
        }
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        let port = |cache: &Object| Some(if text(cache, "engine")? == "memcached" { 11_211 } else { 6379 });
        let unkept = |(address, cache): (&'a Address, Neighbour<'a>)| Some((address, no_snapshots(cache)?));
        let regrets = among.of(KIND).filter(|_| among.protects).filter_map(unkept);
        let places = places::check(among, KIND, &["kms_key_id"]);
        doors::check(among, KIND, port).into_iter().chain(places).chain(regrets).collect()
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(paid::metered(object, "cache_usage_limits"))
    }

    /// When snapshots are made is chosen where they are first asked for.
    fn follows(&self) -> &'static [&'static str] {
        &["daily_snapshot_time"]
    }

    fn holds_data(&self) -> bool {
        true
    }

    /// Also of Memcached. Source: API reference, DeleteServerlessCache.
    fn final_snapshot(&self, _object: &Object) -> Option<&'static str> {
        Some("final_snapshot_identifier")
    }

    fn backup(&self, live: &Object, name: &str) -> Result<Option<Backup>, Problem> {
        Ok(Some(backup::of_serverless(live, name)))
    }

    fn measures(&self, _live: &Object) -> &'static [Measure] {
        measures::of_serverless()
    }

    fn measured(&self, live: &Object) -> Vec<Measured> {
        measures::serverless(live)
    }

    fn endpoints(&self, object: &Object) -> Vec<Endpoint> {
        endpoints::of_serverless(object)
    }

    fn filled_from(&self) -> Option<Filled> {
        Some(Filled::ByArn("snapshot_arns_to_restore"))
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }

    /// AWS takes redis to valkey in place, and versions upwards only.
    fn replaces(&self, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
        let crosses = (text(before, "engine"), text(after, "engine")) == (Some("redis"), Some("valkey"));
        let number = |object| Version::parse(text(object, "major_engine_version")?);
        let older = number(before).zip(number(after)).is_some_and(|(old, new)| new.is_older_than(old));
        let causes = [("engine", !crosses), ("major_engine_version", older)];
        causes.into_iter().filter(|(name, takes)| *takes && changed.contains(name)).map(|(name, _)| name).collect()
    }
}

fn id(change: &Change) -> Value {
    change.id.map_or_else(|| change.new("name"), Value::string)
}

const CREATE_NAMES: [(&str, &str); 13] = [
    ("engine", "Engine"),
    ("major_engine_version", "MajorEngineVersion"),
    ("description", "Description"),
    ("snapshot_retention_limit", "SnapshotRetentionLimit"),
    ("daily_snapshot_time", "DailySnapshotTime"),
    ("snapshot_arns_to_restore", "SnapshotArnsToRestore"),
    ("subnet_ids", "SubnetIds"),
    ("security_group_ids", "SecurityGroupIds"),
    ("user_group_id", "UserGroupId"),
    ("kms_key_id", "KmsKeyId"),
    ("network_type", "NetworkType"),
    ("connection_type", "ConnectionType"),
    ("cache_usage_limits", "CacheUsageLimits"),
];

fn create(change: &Change) -> Call {
    let value = |name: &'static str| match name {
        "cache_usage_limits" => usage_limits(None, &change.if_changed(name)),
        _ => change.if_changed(name),
    };
    let mut args: Vec<(&'static str, Value)> =
        CREATE_NAMES.iter().map(|(name, member)| (*member, value(name))).collect();
    args.extend([("ServerlessCacheName", id(change)), ("Tags", tags::at_create(change))]);
    Call::new("CreateServerlessCache", args).marked("Tags").settles(CREATE)
}

fn delete(change: &Change) -> Call {
    let args = [("ServerlessCacheName", id(change)), ("FinalSnapshotName", change.old("final_snapshot_identifier"))];
    why::deletes(
        Call::new("DeleteServerlessCache", args),
        &change.old("final_snapshot_identifier"),
        &change.old("snapshot_retention_limit"),
    )
    .vanishes(DELETE)
}

/// Source: ElastiCache user guide, "Version management for serverless caches" and "Role-based access control".
fn why_of(change: &Change, cause: &str) -> Option<String> {
    let why = match cause {
        "engine" | "major_engine_version" => "AWS upgrades the cache while it is in use; connections may drop once.",
        "user_group_id" if change.new("user_group_id").is_null() => why::ANYBODY,
        "user_group_id" => {
            "Only users of the group that is there then get in: who has logged in as another is cut off."
        }
        "security_group_ids" => "What only a group that goes let through does not get in any more.",
        "cache_usage_limits" => {
            "Beyond a maximum AWS refuses commands, and evicts what is due; below a minimum it charges for that."
        }
        _ => return None,
    };
    Some(why.to_owned())
}

/// Who gets in by a user group that comes or goes.
fn marks_of(change: &Change, cause: &str) -> Vec<Mark> {
    match cause {
        "user_group_id" if change.new("user_group_id").is_null() => vec![Mark::Open],
        "user_group_id" => vec![Mark::Lockout],
        _ => Vec::new(),
    }
}

/// AWS takes one change in a call.
fn update(change: &Change) -> Result<Vec<Call>, Problem> {
    change.must_know(&["engine", "major_engine_version", "cache_usage_limits", "user_group_id"])?;
    let mut calls = Vec::new();
    let mut add = |causes: &[&'static str], args: Vec<(&'static str, Value)>, impact: Impact, seconds: u32| {
        let causes: Vec<&'static str> = causes.iter().copied().filter(|name| change.has(name)).collect();
        if !causes.is_empty() {
            let args = args.into_iter().chain([("ServerlessCacheName", id(change))]);
            let call = Call::new("ModifyServerlessCache", args).impact(impact).settles(seconds);
            let marks = marks_of(change, causes[0]);
            calls.push(Call { why: why_of(change, causes[0]), ..call.because(causes).marks(marks) });
        }
    };
    let version =
        vec![("Engine", change.if_changed("engine")), ("MajorEngineVersion", change.new("major_engine_version"))];
    add(&["engine", "major_engine_version"], version, Impact::Blip, UPGRADE);
    let limits = usage_limits(Some(&change.old("cache_usage_limits")), &change.new("cache_usage_limits"));
    add(&["cache_usage_limits"], vec![("CacheUsageLimits", limits)], Impact::None, CHANGE);
    add(&["security_group_ids"], vec![("SecurityGroupIds", change.new("security_group_ids"))], Impact::None, CHANGE);
    let users = change.new("user_group_id");
    let users = if users.is_null() { ("RemoveUserGroup", Value::bool(true)) } else { ("UserGroupId", users) };
    add(&["user_group_id"], vec![users], Impact::Blip, CHANGE);
    let days = ("SnapshotRetentionLimit", change.new("snapshot_retention_limit"));
    add(&["snapshot_retention_limit"], vec![days], Impact::None, CHANGE);
    let time = ("DailySnapshotTime", change.new("daily_snapshot_time"));
    add(&["daily_snapshot_time"], vec![time], Impact::None, CHANGE);
    let description = change.new("description");
    let description = if description.is_null() { Value::string("") } else { description };
    add(&["description"], vec![("Description", description)], Impact::None, CHANGE);
    calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
    Ok(calls)
}

/// Limits as the API wants them. What is there and shall not be is removed by a zero.
fn usage_limits(old: Option<&Value>, new: &Value) -> Value {
    let part = |of: Option<&Value>, name: &str, limit: &str| -> Value {
        let found = block(block(of).and_then(|limits| limits.get(name))).and_then(|block| block.get(limit));
        found.cloned().unwrap_or_else(Value::null)
    };
    let structure = |name: &str, unit: bool| {
        let one = |limit: &str| match (part(old, name, limit), part(Some(new), name, limit)) {
            (old, new) if new.is_null() && !old.is_null() => Value::int(0),
            (_, new) => new,
        };
        let mut members = vec![("Minimum", one("minimum")), ("Maximum", one("maximum"))];
        members.retain(|(_, value)| !value.is_null());
        if members.is_empty() {
            return None;
        }
        let written = part(Some(new), name, "unit");
        members.extend(unit.then(|| ("Unit", if written.is_null() { Value::string("GB") } else { written })));
        Some(object(members))
    };
    let parts =
        [("DataStorage", structure("data_storage", true)), ("ECPUPerSecond", structure("ecpu_per_second", false))];
    let parts: Vec<_> = parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    if parts.is_empty() { Value::null() } else { object(parts) }
}

/// AWS tells nothing of limits of which nothing is written.
fn are_same_limits(now: &Value, wanted: &Value) -> bool {
    crate::value::same(&usage_limits(None, now), &usage_limits(None, wanted))
}

fn object(members: Vec<(&str, Value)>) -> Value {
    Value::object(members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

/// What can be made: engine and major versions. Source: the service model and the user guide of ElastiCache.
const VERSIONS: [(&str, &[&str]); 3] = [("memcached", &["1.6"]), ("redis", &["7"]), ("valkey", &["7", "8", "9"])];

fn version(desired: &Object) -> Option<Problem> {
    let (engine, asked) = (text(desired, "engine")?, text(desired, "major_engine_version")?);
    let (_, known) = VERSIONS.iter().find(|(name, _)| *name == engine)?;
    let newer = Version::parse(asked).zip(known.last().and_then(|last| Version::parse(last)));
    let is_major = engine == "memcached" || !asked.contains('.');
    if known.contains(&asked) {
        return None;
    }
    // One that is newer than this program may well be there, but for Redis, which gets no new versions.
    let open = engine != "redis" && is_major && newer.is_some_and(|(asked, last)| last.is_older_than(asked));
    let detail = format!("A serverless cache of {engine} has no major_engine_version \"{asked}\".");
    let help = format!("Write \"{}\".", known.join("\" or \""));
    let problem = Problem::error("CS0740", "major_engine_version", "Unknown major version", detail, help);
    Some(if open { problem.warning() } else { problem })
}

fn range(desired: &Object) -> Option<Problem> {
    let limits = block(desired.get("cache_usage_limits"))?;
    let wrong = |name: &&str| {
        let limit = block(limits.get(name));
        let number = |part: &str| limit?.get(part)?.as_i64();
        number("minimum").zip(number("maximum")).is_some_and(|(least, most)| least > most)
    };
    let name = ["data_storage", "ecpu_per_second"].into_iter().find(wrong)?;
    let detail = format!("The minimum of `{name}` is above its maximum.");
    Some(Problem::error("CS0741", "cache_usage_limits", "Limits the wrong way round", detail, "Exchange the two."))
}

fn users(desired: &Object) -> Option<Problem> {
    let given = desired.get("user_group_id").is_some_and(|value| !value.is_null());
    (given && text(desired, "engine") == Some("memcached")).then(|| {
        let detail = "Memcached knows no users.";
        Problem::error("CS0742", "user_group_id", "Memcached has no users", detail, "Leave user_group_id out.")
    })
}

fn public(desired: &Object) -> Option<Problem> {
    if text(desired, "connection_type") != Some("public") {
        return None;
    }
    let engine = text(desired, "engine")?;
    let version = desired.get("major_engine_version").filter(|value| !value.is_null());
    let old = version.is_none_or(|value| value.as_str().and_then(Version::parse).is_some_and(|it| !it.at_least(9, 0)));
    (engine != "valkey" || old).then(|| {
        let detail = "Connections from anywhere are for valkey from version 9 on, with users of IAM.";
        let help = "Set engine = \"valkey\" and major_engine_version = \"9\"; or leave connection_type out.";
        Problem::error("CS0743", "connection_type", "A public endpoint needs Valkey 9", detail, help)
    })
}
