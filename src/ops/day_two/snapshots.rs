//! The snapshots that there are; copies, exports and the end of one.

use std::collections::BTreeSet;

use crate::kind::{Call, Observation};
use crate::kinds::backup::is_of;
use crate::kinds::snapshot::SERVERLESS;
use crate::ops::connect::Connection;
use crate::ops::day_two::backup::check_name;
use crate::ops::day_two::{Meant, refused, service};
use crate::ops::{Failure, Session};
use crate::state::State;
use crate::value::{Object, Value, text};

/// The snapshots of a region, the oldest first.
pub async fn all(connection: &Connection, region: &str) -> Result<Vec<Observation>, Failure> {
    let found = service(connection)?.snapshots(region).await;
    let mut found = found.map_err(|error| refused("the snapshots cannot be read", &error))?;
    found.sort_by_key(|one| age(&one.object));
    Ok(found)
}

/// Those of an object.
pub async fn of(connection: &Connection, kind: &str, region: &str, id: &str) -> Result<Vec<Observation>, Failure> {
    let mut found = all(connection, region).await?;
    found.retain(|one| is_of(&one.object, kind, id));
    Ok(found)
}

/// Those of an object, or of every region that the stack knows.
pub async fn list(
    session: &Session,
    state: &State,
    connection: &Connection,
    meant: Option<&Meant>,
) -> Result<Vec<Observation>, Failure> {
    if let Some(meant) = meant {
        return of(connection, meant.kind.schema().kind, &meant.region, &meant.id).await;
    }
    let here = session.environment.region.iter().map(ToString::to_string);
    let regions: BTreeSet<String> = state.records.values().map(|record| record.region.clone()).chain(here).collect();
    let mut found = Vec::new();
    for region in regions.iter().filter(|region| !region.is_empty()) {
        found.extend(all(connection, region).await?);
    }
    Ok(found)
}

/// Newer ones after older ones; of two that are equally old, by name.
fn age(snapshot: &Object) -> (Option<jiff::Timestamp>, Option<String>) {
    let time = text(snapshot, "created").and_then(|time| time.parse().ok());
    (time, text(snapshot, "snapshot_name").map(str::to_owned))
}

/// What is done with a snapshot.
#[derive(Debug, Clone)]
pub enum Doing {
    /// Another one of the same data.
    Copy {
        /// Its name.
        to: String,
        /// The key that encrypts it.
        key: Option<String>,
    },
    /// Files in a bucket of the same region.
    Export {
        /// The bucket.
        bucket: String,
        /// What the files are called; the name of the snapshot without it.
        to: Option<String>,
    },
    /// It goes.
    Delete,
}

/// The snapshot of a name; `serverless:NAME` where there is one of nodes, too.
///
/// # Errors
/// There is none.
pub async fn named(connection: &Connection, region: &str, name: &str) -> Result<Observation, Failure> {
    let found = all(connection, region).await?;
    let wanted = name.to_lowercase();
    let is = |one: &&Observation, attribute: &str| text(&one.object, attribute) == Some(&wanted);
    let one = found.iter().find(|one| is(one, "id")).or_else(|| found.iter().find(|one| is(one, "snapshot_name")));
    one.cloned().ok_or_else(|| Failure::Error(format!("there is no snapshot \"{name}\" in {region}")))
}

/// Refuses a snapshot that is an object of the stack: what is declared is changed by an apply.
pub fn unmanaged(state: &State, snapshot: &Object) -> Result<(), Failure> {
    let id = text(snapshot, "id").unwrap_or_default();
    let is_it = |(address, record): &(&crate::address::Address, &crate::state::Record)| {
        &*address.kind == "snapshot" && record.id == id
    };
    match state.records.iter().find(is_it) {
        Some((address, _)) => Err(Failure::Refused(format!(
            "the snapshot \"{id}\" is `{address}` of this stack: take its block out and apply; nothing was sent"
        ))),
        None => Ok(()),
    }
}

/// The call.
///
/// # Errors
/// A name that is none; a copy of a snapshot goes where the service takes one.
pub fn call(snapshot: &Object, doing: &Doing) -> Result<Call, Failure> {
    let name = text(snapshot, "snapshot_name").unwrap_or_default();
    let is_serverless = text(snapshot, "id").is_some_and(|id| id.starts_with(SERVERLESS));
    let most = if is_serverless { 255 } else { 40 };
    let text = |text: &str| Value::string(text);
    Ok(match (doing, is_serverless) {
        (Doing::Copy { to, key }, false) => {
            check_name(to, most)?;
            let key = key.as_deref().map_or_else(Value::null, text);
            let args = [("SourceSnapshotName", text(name)), ("TargetSnapshotName", text(to)), ("KmsKeyId", key)];
            Call::new("CopySnapshot", args)
        }
        (Doing::Copy { to, key }, true) => {
            check_name(to, most)?;
            let key = key.as_deref().map_or_else(Value::null, text);
            let (from, into) = ("SourceServerlessCacheSnapshotName", "TargetServerlessCacheSnapshotName");
            Call::new("CopyServerlessCacheSnapshot", [(from, text(name)), (into, text(to)), ("KmsKeyId", key)])
        }
        (Doing::Export { bucket, to }, false) => {
            let to = text(to.as_deref().unwrap_or(name));
            let args = [("SourceSnapshotName", text(name)), ("TargetSnapshotName", to), ("TargetBucket", text(bucket))];
            Call::new("CopySnapshot", args)
        }
        (Doing::Export { to: Some(_), .. }, true) => {
            let why = "the files of a serverless snapshot have its name: leave --to out";
            return Err(Failure::Error(why.to_owned()));
        }
        (Doing::Export { bucket, .. }, true) => {
            let args = [("ServerlessCacheSnapshotName", text(name)), ("S3BucketName", text(bucket))];
            Call::new("ExportServerlessCacheSnapshot", args)
        }
        (Doing::Delete, false) => Call::new("DeleteSnapshot", [("SnapshotName", text(name))]),
        (Doing::Delete, true) => {
            Call::new("DeleteServerlessCacheSnapshot", [("ServerlessCacheSnapshotName", text(name))])
        }
    })
}

/// Sends it. Answers the id of the snapshot that changes or comes.
pub async fn send(connection: &Connection, region: &str, snapshot: &Object, doing: &Doing) -> Result<String, Failure> {
    let id = text(snapshot, "id").unwrap_or_default();
    let call = call(snapshot, doing)?;
    let sent = connection.cloud.remote("snapshot", region).invoke(&call).await;
    sent.map_err(|error| {
        let failure = refused(&format!("snapshot {id}"), &error);
        match doing {
            Doing::Export { bucket, .. } => with_hint(failure, bucket),
            _ => failure,
        }
    })?;
    let made = |to: &String| {
        let prefix = if id.starts_with(SERVERLESS) { SERVERLESS } else { "" };
        format!("{prefix}{}", to.to_lowercase())
    };
    Ok(if let Doing::Copy { to, .. } = doing { made(to) } else { id.to_owned() })
}

/// The owner of ElastiCache's exports, in the words of S3. Source: user guide, "Exporting a backup".
const GRANTEE: &str = "540804c33a284a299d2547575ce1010f2312ef3da9b3a053c8bc45bf233e4353";

fn with_hint(failure: Failure, bucket: &str) -> Failure {
    match failure {
        Failure::Error(why) => Failure::Error(format!(
            "{why}. The bucket {bucket} has to be yours and in the region of the snapshot, hold no file of that name, and \
             let ElastiCache in: grant the canonical user {GRANTEE} to list, to write, and to read the ACL"
        )),
        other => other,
    }
}
