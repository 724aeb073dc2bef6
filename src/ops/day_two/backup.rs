//! Taking a snapshot by hand.

use crate::kind::{Backup, Observation, Status};
use crate::kinds::snapshot::SOURCES;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, at_rest, look, refused};
use crate::ops::{Failure, Session};
use crate::schema::Rule;
use crate::value::{Object, Value};

/// The longest name that is made up: AWS documents 1 to 40 characters for snapshots of nodes.
const NAME_MOST: usize = 40;

/// The name of a snapshot that nobody has named: the id, cut where it is long, and the time.
pub fn name_of(id: &str, now: jiff::Timestamp) -> String {
    let tail = now.strftime("-manual-%Y%m%d-%H%M%S").to_string();
    format!("{}{tail}", cut(id, NAME_MOST - tail.len()))
}

/// The beginning of a name that ends in no hyphen.
pub fn cut(id: &str, most: usize) -> &str {
    let end = id.char_indices().nth(most).map_or(id.len(), |(end, _)| end);
    id[..end].trim_end_matches('-')
}

/// What has begun.
#[derive(Debug)]
pub struct Begun {
    /// The name of the snapshot as its kind has it.
    pub id: String,
    /// The name.
    pub name: String,
    /// What gives the data.
    pub source: String,
    /// Whether an earlier run had asked for it.
    pub before: bool,
}

/// Asks for a snapshot.
///
/// # Errors
/// The object is busy or has no snapshots, the name is none or is being given to a snapshot of another cache, or the
/// service refuses.
pub async fn begin(
    session: &Session,
    connection: &Connection,
    meant: &Meant,
    name: Option<&str>,
    key: Option<&str>,
) -> Result<Begun, Failure> {
    let found = look(connection, meant).await?;
    let now = jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default();
    let own = name.is_some();
    let name = name.map_or_else(|| name_of(&meant.id, now), str::to_owned);
    let about = meant.address.to_string();
    let problem = |problem: crate::kind::Problem| Failure::Error(format!("{about}: {}", problem.detail));
    let none = || Failure::Error(format!("{about} has no snapshots"));
    let backup = meant.kind.backup(&found.object, &name).map_err(problem)?.ok_or_else(none)?;
    check_name(&name, backup.name_most)?;
    let Backup { mut call, source, id, .. } = backup;
    call.args.extend(key.map(|key| ("KmsKeyId", Value::string(key))));
    // An earlier run may have asked for it that did not come to see its end.
    let before = own && is_under_way(connection, meant, &found.object, &id).await?;
    if !before {
        at_rest(meant, found)?;
        let sent = connection.cloud.remote("snapshot", &meant.region).invoke(&call).await;
        sent.map_err(|error| refused(&about, &error))?;
    }
    Ok(Begun { id, name: name.to_lowercase(), source, before })
}

/// Whether the snapshot is being made; of another cache it must not be.
async fn is_under_way(connection: &Connection, meant: &Meant, live: &Object, id: &str) -> Result<bool, Failure> {
    let ids = [id.to_owned()];
    let read = connection.cloud.remote("snapshot", &meant.region).read(&ids).await;
    let mut found = read.map_err(|error| refused(&format!("snapshot {id}"), &error))?;
    let Some(making) = found.remove(id).filter(|found| matches!(found.status, Status::Making(_))) else {
        return Ok(false);
    };
    match is_of(&making.object, meant, live) {
        true => Ok(true),
        false => Err(Failure::Error(format!(
            "{}: a snapshot of another cache is being made under the name \"{id}\": choose another name",
            meant.address
        ))),
    }
}

/// Whether a snapshot is made of a cache, or of one of its nodes.
fn is_of(making: &Object, meant: &Meant, live: &Object) -> bool {
    let kind = meant.kind.schema().kind;
    let text = |name: &str| making.get(name).and_then(Value::as_str);
    let whole = SOURCES.iter().any(|(name, of, _)| *of == kind && text(name) == Some(&*meant.id));
    let mut nodes = live.get("member_clusters").and_then(Value::as_items).into_iter().flatten();
    whole || text("cache_cluster_id").is_some_and(|node| nodes.any(|one| one.as_str() == Some(node)))
}

/// Refuses what is no name of a snapshot.
pub fn check_name(name: &str, most: usize) -> Result<(), Failure> {
    if name.len() > most {
        return Err(Failure::Error(format!(
            "\"{name}\" has {} characters: a snapshot has a name of {most} at most",
            name.len()
        )));
    }
    match crate::kinds::names::IDENTIFIER {
        Rule::Test(fits, want) if !fits(name) => {
            Err(Failure::Error(format!("\"{name}\" is no name of a snapshot: it takes {want}")))
        }
        _ => Ok(()),
    }
}

/// A snapshot that is ready; else how it is.
///
/// # Errors
/// It has failed, or is gone.
pub async fn ready(connection: &Connection, region: &str, id: &str) -> Result<Result<Observation, String>, Failure> {
    let ids = [id.to_owned()];
    let read = connection.cloud.remote("snapshot", region).read(&ids).await;
    let mut found = read.map_err(|error| refused(&format!("snapshot {id}"), &error))?;
    let Some(found) = found.remove(id) else {
        return Err(Failure::Remains(format!("the snapshot {id} is not there any more")));
    };
    match &found.status {
        Status::Settled => Ok(Ok(found)),
        Status::Broken(word) => {
            let why =
                "memory that is too full is the usual reason: see the events of the cache, and reserved-memory-percent";
            Err(Failure::Remains(format!("the snapshot {id} is {word}: {why}")))
        }
        Status::Making(word) | Status::Leaving(word) | Status::Busy(word) => Ok(Err(word.clone())),
    }
}

/// Whether a snapshot is gone; else how it is.
pub async fn gone(connection: &Connection, region: &str, id: &str) -> Result<Result<(), String>, Failure> {
    let ids = [id.to_owned()];
    let read = connection.cloud.remote("snapshot", region).read(&ids).await;
    let found = read.map_err(|error| refused(&format!("snapshot {id}"), &error))?;
    let status = |one: &Observation| one.status.under_way().unwrap_or("there").to_owned();
    Ok(found.get(id).map_or(Ok(()), |one| Err(status(one))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_longer_than_they_may_be() {
        let now = "2026-11-27T20:10:05Z".parse().expect("a time");
        let cases = [
            ("main", "main-manual-20261127-201005"),
            ("seventeen-letters", "seventeen-letters-manual-20261127-201005"),
            ("production-redis-cluster", "production-redis-manual-20261127-201005"),
        ];
        for (id, want) in cases {
            let name = name_of(id, now);
            assert_eq!(name, want);
            assert_eq!(check_name(&name, NAME_MOST).err(), None, "{name}");
        }
    }
}
