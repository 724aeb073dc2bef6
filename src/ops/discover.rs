//! Looking for what somebody has made without us: every object of our kinds in an account and region.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use crate::diag::visible::line;
use crate::generate::Found;
use crate::kind::{Kind, Status};
use crate::kinds::tags;
use crate::kinds::{self, KINDS};
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::plan::failed;
use crate::plan::{Live, Needs, ObjectKey, pending};
use crate::refresh;
use crate::stack::environment::pattern;
use crate::state::{Record, State};
use crate::value::{Data, Object, Value};

/// What is looked for: of each list one has to fit, and all lists that are not empty.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Ids of VPCs: what is in one of them, and what is about that.
    pub vpcs: Vec<String>,
    /// Tags: names and values.
    pub tags: Vec<(String, String)>,
    /// Names, with `*` for any letters and `?` for one.
    pub names: Vec<String>,
}

/// What was found.
#[derive(Default)]
pub struct Discovered {
    /// Objects that have no record.
    pub found: Vec<Found>,
    /// How many have one.
    pub recorded: usize,
    /// How many do not fit what is looked for.
    pub others: usize,
    /// Objects that cannot be taken over now, with why.
    pub unsettled: Vec<String>,
    /// Objects that another stack or environment of ours has made, with which.
    pub strangers: Vec<String>,
}

/// Blocks without the tags that an object has would take them away, and tags say whose it is.
fn must_have_tags(found: &[Found]) -> Result<(), Failure> {
    let told = |one: &&Found| one.object.get("tags_all").is_some_and(|tags| tags.as_object().is_some());
    let untold = found.iter().filter(|one| one.kind.schema().taggable() && !told(one));
    let names: Vec<String> = untold.map(|one| format!("{} \"{}\"", one.kind.schema().kind, line(&one.id))).collect();
    match names.len() {
        0 => Ok(()),
        count => Err(Failure::Error(format!(
            "the tags of {}{} cannot be read; nothing was written. Allow the listing of tags: `cachestack iam-policy --for plan --all-kinds` has the actions",
            names[..count.min(3)].join(", "),
            if count > 3 { format!(" and {} more", count - 3) } else { String::new() }
        ))),
    }
}

/// In a VPC that is not there nothing can be: its name is wrong, or the region.
async fn must_be_there(connection: &Connection, region: &str, vpcs: &[String]) -> Result<(), Failure> {
    for vpc in vpcs {
        let args = Object::from([("id".into(), Value::string(vpc))]);
        let found = connection.cloud.lookups(region).lookup("vpc", &args).await;
        found.map_err(|error| Failure::Error(format!("--vpc {vpc}: {region}: {error}; nothing was looked for")))?;
    }
    Ok(())
}

/// Looks for all objects of our kinds that have no record. `is_own` knows the tags, stack and environment, of whoever looks.
///
/// # Errors
/// Objects of a kind cannot be listed or read: what is not seen would be taken for not there.
pub async fn discover(
    state: &State,
    connection: &Connection,
    region: &str,
    is_own: impl Fn((&str, &str)) -> bool,
    filter: &Filter,
) -> Result<Discovered, Failure> {
    must_be_there(connection, region, &filter.vpcs).await?;
    let keys = list(connection, region).await?;
    let live = read(connection, keys.clone()).await?;
    let mut discovered = Discovered::default();
    for key in keys {
        let (Some(kind), Some(Some(seen))) = (kinds::get(&key.0), live.objects.get(&key)) else { continue };
        let found = Found { kind, id: key.2.clone(), object: pending::as_it_will_be(kind, seen) };
        if state.owner(&key.0, region, &key.2).is_some() || is_told(state, &found, region) {
            discovered.recorded += 1;
            continue;
        }
        match &seen.status {
            Status::Making(word) | Status::Leaving(word) => {
                discovered.unsettled.push(format!("{} \"{}\" is {word}", key.0, line(&key.2)));
            }
            _ => discovered.found.push(found),
        }
    }
    discovered.unsettled.extend(unnamed(connection, region).await?);
    must_have_tags(&discovered.found)?;
    let owners = owners(&discovered.found, is_own);
    let told = |(at, owner): (&usize, &String)| {
        let one = &discovered.found[*at];
        format!("{} \"{}\": {owner}", one.kind.schema().kind, line(&one.id))
    };
    discovered.strangers = owners.iter().map(told).collect();
    let mut at = 0..;
    discovered.found.retain(|_| at.next().is_none_or(|at| !owners.contains_key(&at)));
    let neighbours = neighbours(connection, &discovered.found, region).await?;
    let before = discovered.found.len();
    discovered.found = fitting(discovered.found, neighbours, filter);
    discovered.others = before - discovered.found.len();
    Ok(discovered)
}

/// What is there and has no name yet, in words.
async fn unnamed(connection: &Connection, region: &str) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| kind.local().is_none() && kind.is_looked_for()) {
        let name = kind.schema().kind;
        let told = connection.cloud.remote(name, region).unnamed().await;
        let told = told.map_err(|error| Failure::Error(format!("{name}: the account cannot be read: {error}")))?;
        all.extend(told.into_iter().map(|what| line(&what).into_owned()));
    }
    Ok(all)
}

/// The names of all objects, in the order of the kinds.
async fn list(connection: &Connection, region: &str) -> Result<Vec<ObjectKey>, Failure> {
    let mut lists = JoinSet::new();
    for (at, kind) in KINDS.into_iter().enumerate() {
        if kind.local().is_some() || !kind.is_looked_for() {
            continue;
        }
        let name = kind.schema().kind;
        let remote = connection.cloud.remote(name, region);
        lists.spawn(async move { (at, name, remote.list().await) });
    }
    let mut names = BTreeMap::new();
    while let Some(joined) = lists.join_next().await {
        let Ok((at, name, listed)) = joined else { continue };
        let listed = listed.map_err(|error| Failure::Error(format!("{name}: the account cannot be read: {error}")))?;
        names.insert(at, (name, listed));
    }
    let key = |name: &str, id: String| (name.to_owned(), region.to_owned(), id);
    Ok(names.into_values().flat_map(|(name, ids)| ids.into_iter().map(move |id| key(name, id))).collect())
}

async fn read(connection: &Connection, keys: Vec<ObjectKey>) -> Result<Live, Failure> {
    let mut live = Live::default();
    let needs = Needs { objects: keys.into_iter().collect(), ..Needs::default() };
    refresh::read(&connection.cloud, needs, &mut live).await.map_err(failed)?;
    Ok(live)
}

/// Whether the block of a recorded object says an object of another kind, too: the rules in the block of a group.
fn is_told(state: &State, found: &Found, region: &str) -> bool {
    let written = |record: &Record| -> Object {
        let own = record.object.iter().filter(|(name, _)| record.set.contains(&***name) || &***name == "id");
        own.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let mut records = state.records.iter().filter(|(_, record)| record.region == region);
    records.any(|(address, record)| found.kind.repeats(&found.object, (&address.kind, &written(record))))
}

/// The objects that carry the tags of another stack or environment, with whose they are; and what is a part of those.
fn owners(found: &[Found], is_own: impl Fn((&str, &str)) -> bool) -> BTreeMap<usize, String> {
    let owner = |one: &Found| {
        let (stack, environment) = tags::owner(&one.object)?;
        (!is_own((stack, environment))).then(|| format!("of environment \"{environment}\" of stack \"{stack}\""))
    };
    let mut owners: BTreeMap<usize, String> =
        found.iter().enumerate().filter_map(|(at, one)| Some((at, owner(one)?))).collect();
    let users = users(found);
    let mut open: Vec<usize> = owners.keys().copied().collect();
    while let Some(one) = open.pop() {
        let owner = owners[&one].clone();
        for part in users.get(&one).into_iter().flatten().filter(|user| is_part(found[**user].kind)) {
            if !owners.contains_key(part) {
                owners.insert(*part, owner.clone());
                open.push(*part);
            }
        }
    }
    owners
}

/// What found objects name and that was not found: made by AWS, or recorded. Only where that is tells something.
async fn neighbours(connection: &Connection, found: &[Found], region: &str) -> Result<Vec<Found>, Failure> {
    let known: BTreeSet<(&str, &str)> = found.iter().flat_map(names).collect();
    let named = found.iter().flat_map(|one| named(one)).filter(|name| !known.contains(name));
    let named = named.filter(|(kind, name)| !name.is_empty() && is_placed(kind) && !name.starts_with("arn:"));
    let keys: BTreeSet<ObjectKey> =
        named.map(|(kind, name)| (kind.to_owned(), region.to_owned(), name.to_owned())).collect();
    let live = read(connection, keys.into_iter().collect()).await?;
    let one = |(key, seen): (ObjectKey, Option<crate::kind::Observation>)| {
        Some(Found { kind: kinds::get(&key.0)?, id: key.2, object: seen?.object })
    };
    Ok(live.objects.into_iter().filter_map(one).collect())
}

/// Whether objects of a kind are in a VPC, and say in which.
fn is_placed(kind: &str) -> bool {
    kinds::get(kind).is_some_and(|kind| kind.schema().attr("vpc_id").is_some())
}

/// The names by which others may call an object, with its kind.
fn names(one: &Found) -> Vec<(&str, &str)> {
    let kind = one.kind.schema().kind;
    let told = ["id", "arn"].into_iter().filter_map(|name| text(&one.object, name));
    told.chain([one.id.as_str()]).map(|name| (kind, name)).collect()
}

/// The objects that an object names, by kind; what an alarm watches, by the name alone.
fn named(one: &Found) -> Vec<(&'static str, &str)> {
    let references = one.kind.schema().references(&one.object).into_iter();
    references.map(|reference| (reference.refers.kind, reference.text)).collect()
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// The objects that are looked for.
fn fitting(found: Vec<Found>, neighbours: Vec<Found>, filter: &Filter) -> Vec<Found> {
    let count = found.len();
    let all: Vec<Found> = found.into_iter().chain(neighbours).collect();
    let users = users(&all);
    let in_vpc = |one: &Found| text(&one.object, "vpc_id").is_some_and(|vpc| filter.vpcs.iter().any(|id| id == vpc));
    let tagged = |one: &Found| {
        let tag = |name: &str| one.object.get("tags_all").and_then(|tags| tags.get(name)).and_then(Value::as_str);
        filter.tags.iter().any(|(name, value)| tag(name) == Some(value))
    };
    let called = |one: &Found| filter.names.iter().any(|wanted| fits(wanted, one));
    let mut chosen: BTreeSet<usize> = (0..all.len()).collect();
    let lists: [(bool, &dyn Fn(&Found) -> bool, &dyn Fn(&Found) -> bool); 3] = [
        (filter.vpcs.is_empty(), &in_vpc, &|_| true),
        (filter.tags.is_empty(), &tagged, &|one| is_part(one.kind)),
        (filter.names.is_empty(), &called, &|one| is_part(one.kind)),
    ];
    for (_, fits, follows) in lists.into_iter().filter(|(empty, ..)| !empty) {
        let mut own: BTreeSet<usize> = (0..all.len()).filter(|at| fits(&all[*at])).collect();
        let mut open: Vec<usize> = own.iter().copied().collect();
        while let Some(one) = open.pop() {
            let more = users.get(&one).into_iter().flatten().copied().filter(|user| follows(&all[*user]));
            open.extend(more.filter(|user| own.insert(*user)).collect::<Vec<_>>());
        }
        chosen = chosen.intersection(&own).copied().collect();
    }
    let all = all.into_iter().take(count).enumerate();
    all.filter(|(at, _)| chosen.contains(at)).map(|(_, one)| one).collect()
}

/// What has neither a name that a person gives nor tags that say whose it is goes with what it is about.
fn is_part(kind: &dyn Kind) -> bool {
    let placed = kind.schema().attr("vpc_id").is_some();
    (kind.is_named_by_aws() || !kind.schema().taggable()) && !placed && !kind.is_bought()
}

/// Which objects name an object, by their places.
fn users(all: &[Found]) -> BTreeMap<usize, BTreeSet<usize>> {
    let own = |(at, one)| names(one).into_iter().map(move |name| (name, at)).collect::<Vec<_>>();
    let places: BTreeMap<(&str, &str), usize> = all.iter().enumerate().flat_map(own).collect();
    let watched = all.iter().enumerate().filter(|(_, one)| !one.kind.schema().alarms.is_empty());
    let watched: BTreeMap<&str, usize> = watched.map(|(at, one)| (one.id.as_str(), at)).collect();
    let mut users: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (user, one) in all.iter().enumerate() {
        let named = named(one).into_iter().filter_map(|name| places.get(&name).copied());
        let watching = maps(one).into_iter().filter_map(|text| watched_by(&watched, text));
        for used in named.chain(watching).filter(|used| *used != user) {
            users.entry(used).or_default().insert(user);
        }
    }
    users
}

/// The texts in the maps of an object: what an alarm is of.
fn maps(one: &Found) -> Vec<&str> {
    let values = one.object.iter().filter(|(name, _)| !name.starts_with("tags")).map(|(_, value)| value);
    let mut open: Vec<&Value> = values.collect();
    let mut texts = Vec::new();
    while let Some(value) = open.pop() {
        if matches!(value.data, Data::Map(..)) {
            texts.extend(value.children().filter_map(Value::as_str));
        }
        open.extend(value.children());
    }
    texts
}

/// The object of a name, or of the name of a node of it: `main-001`, `main-0001-002`.
fn watched_by(watched: &BTreeMap<&str, usize>, text: &str) -> Option<usize> {
    let mut name = text;
    loop {
        if let Some(found) = watched.get(name) {
            return Some(*found);
        }
        let (before, number) = name.rsplit_once('-')?;
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        name = before;
    }
}

/// Whether a name or pattern means an object.
fn fits(wanted: &str, one: &Found) -> bool {
    let own = one.kind.name_attribute().into_iter().chain(["name"]).filter_map(|name| text(&one.object, name));
    let mut names = own.chain([one.id.as_str()]);
    match pattern(wanted) {
        Some(pattern) => names.any(|name| pattern.is_match(name)),
        None => names.any(|name| name == wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Object, Value};

    fn one(kind: &str, id: &str, attributes: &[(&str, Value)]) -> Found {
        let mut object: Object = attributes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        object.or_insert("id".into(), Value::string(id));
        Found { kind: kinds::get(kind).expect("a kind"), id: id.to_owned(), object }
    }

    fn account() -> Vec<Found> {
        let tag = |value: &str| ("tags_all", Value::string_map([("team", value)]));
        let text = |name: &'static str, value: &str| (name, Value::string(value));
        let watched = Value::string_map([("CacheClusterId", "shop-0001-002")]);
        let query = Value::object(Object::from([(
            "metric".into(),
            Value::object(Object::from([("dimensions".into(), watched)])),
        )]));
        vec![
            one("subnet_group", "net", &[text("vpc_id", "vpc-1"), text("name", "net")]),
            one("subnet_group", "far", &[text("vpc_id", "vpc-2"), text("name", "far")]),
            one("security_group", "sg-1", &[text("vpc_id", "vpc-1"), text("name", "door"), tag("a")]),
            one("vpc_security_group_ingress_rule", "sgr-1", &[text("security_group_id", "sg-1")]),
            one("replication_group", "shop", &[text("subnet_group_name", "net"), tag("b")]),
            one("cache_cluster", "elsewhere", &[text("subnet_group_name", "far"), tag("a")]),
            one("alarm", "busy", &[("dimensions", Value::string_map([("CacheClusterId", "shop-001")]))]),
            one("alarm", "math", &[("metric_query", Value::tuple(vec![query]))]),
            one("log_group", "/shop", &[text("name", "/shop")]),
            one("log_metric_filter", "/shop:errors", &[text("log_group_name", "/shop"), text("name", "errors")]),
        ]
    }

    #[test]
    fn what_is_looked_for_is_found_with_what_is_about_it() {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let filter = |vpcs: &[&str], tags: &[(&str, &str)], names: &[&str]| Filter {
            vpcs: texts(vpcs),
            tags: tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            names: texts(names),
        };
        for (filter, want) in [
            (filter(&["vpc-1"], &[], &[]), "net sg-1 sgr-1 shop busy math"),
            (filter(&["vpc-1", "vpc-2"], &[], &[]), "net far sg-1 sgr-1 shop elsewhere busy math"),
            (filter(&[], &[("team", "a")], &[]), "sg-1 sgr-1 elsewhere"),
            (filter(&["vpc-1"], &[("team", "b")], &[]), "shop"),
            (filter(&[], &[], &["/sh*"]), "/shop /shop:errors"),
            (filter(&[], &[], &["busy", "fa?"]), "far busy"),
            (filter(&[], &[], &["none"]), ""),
        ] {
            let found = fitting(account(), Vec::new(), &filter);
            let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
            assert_eq!(ids.join(" "), want, "{filter:?}");
        }
        assert_eq!(fitting(account(), Vec::new(), &Filter::default()).len(), 10);
    }

    #[test]
    fn what_another_stack_has_made_is_left_to_it() {
        let of = |stack: &str| {
            let tags = [("cachestack:stack", stack), ("cachestack:environment", "prod")];
            ("tags_all", Value::string_map(tags))
        };
        let rule = |id: &str, group: &str| {
            one("vpc_security_group_ingress_rule", id, &[("security_group_id", Value::string(group))])
        };
        let found = [
            one("security_group", "sg-1", &[of("other")]),
            one("security_group", "sg-2", &[of("shop")]),
            one("security_group", "sg-3", &[]),
            rule("sgr-1", "sg-1"),
            rule("sgr-2", "sg-2"),
            rule("sgr-3", "sg-3"),
        ];
        for (own, want) in [(("shop", "prod"), "sg-1 sgr-1"), (("shop", "dev"), "sg-1 sg-2 sgr-1 sgr-2")] {
            let ids: Vec<&str> = owners(&found, |tags| tags == own).keys().map(|at| found[*at].id.as_str()).collect();
            assert_eq!(ids.join(" "), want, "{own:?}");
        }
    }
}
