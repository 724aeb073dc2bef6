//! Rules between a global datastore and the group that is to be its primary: what is said of both must agree.

use crate::catalog::engines::Version;
use crate::kind::{Neighbour, Problem};
use crate::value::{Object, Value, text};

/// What the datastore changes of all its members: its attribute, and theirs.
const COMMON: [(&str, &str); 3] =
    [("engine", "engine"), ("engine_version", "engine_version"), ("cache_node_type", "node_type")];

/// A group with a log of writes is no member of a global datastore. Source: ElastiCache user guide, "Durability".
pub(super) fn durable(primary: &Neighbour) -> Option<Problem> {
    let durability = text(primary.planned, "durability").filter(|word| matches!(*word, "async" | "sync"))?;
    let detail = format!("`durability` is \"{durability}\", and AWS keeps no log of writes in a global datastore.");
    let help = "Leave durability out; or make no global datastore of the group.";
    Some(Problem::error("CS1005", "durability", "Durability needs more than the group has", detail, help))
}

/// What is written of the primary, and otherwise of the datastore: the datastore changes its members, and from then on
/// each plan would have to change the primary back, which AWS refuses. What the datastore is already, as `now` has it, is
/// told of the primary.
pub(super) fn other(global: Neighbour, primary: &Neighbour, now: Option<&Object>) -> Option<Problem> {
    let is_so = |name: &str| {
        let both = now.and_then(|now| text(now, name)).zip(text(global.written, name));
        both.is_some_and(|(now, wanted)| now == wanted || agree(name, wanted, now))
    };
    COMMON.into_iter().filter(|(ours, _)| !is_so(ours)).find_map(|pair| differs(global, primary, pair, now.is_some()))
}

fn differs(
    global: Neighbour,
    primary: &Neighbour,
    (ours, theirs): (&'static str, &'static str),
    is_there: bool,
) -> Option<Problem> {
    let (wanted, has) = (text(global.written, ours)?, text(primary.written, theirs)?);
    if wanted == has || agree(ours, wanted, has) {
        return None;
    }
    if goes_back(ours, global.written, primary.written) {
        let detail =
            format!("The primary has {has}, and a global datastore changes its engine and version upwards only.");
        let help = "Write what the primary has, or a newer version.";
        return Some(Problem::error("CS0751", ours, "No way back", detail, help));
    }
    if primary.ignores(theirs) {
        return None;
    }
    let detail = format!(
        "`{ours}` is {wanted}, and `{theirs}` of the primary is {has}: once the datastore has changed its members, every \
         plan would want the primary to be changed back."
    );
    let left = format!("with lifecycle {{ ignore_changes = [{theirs}] }} in the group.");
    let help = match is_there {
        true => format!("Change it in the datastore, {left}"),
        false => format!("Write the same in both, and change it in the datastore later, {left}"),
    };
    Some(Problem::error("CS1075", ours, "The datastore and its primary differ", detail, help))
}

/// Whether two versions ask for the same, as `7` and `7.1` do.
fn agree(name: &str, wanted: &str, has: &str) -> bool {
    let versions = Version::parse(wanted).zip(Version::parse(has)).filter(|_| name == "engine_version");
    versions.is_some_and(|(wanted, has)| !wanted.is_older_than(has) && !has.is_older_than(wanted))
}

fn goes_back(name: &str, global: &Object, primary: &Object) -> bool {
    let version = |object: &Object| object.get("engine_version").and_then(Value::as_str).and_then(Version::parse);
    let engine = |object| text(object, "engine").unwrap_or("redis");
    let same = engine(global) == engine(primary) || !global.contains_key("engine");
    let older = version(global).zip(version(primary)).is_some_and(|(wanted, has)| wanted.is_older_than(has));
    match name {
        "engine" => engine(primary) == "valkey",
        _ => name == "engine_version" && same && older,
    }
}
