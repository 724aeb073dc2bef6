//! Reading what a plan wants to know: objects in bulk by kind and region, look-ups side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::kind::{Cloud, ErrorClass, Observation, Remote, RemoteError, Status, Vault, secret_name};
use crate::kinds;
use crate::kinds::tags::MARK;
use crate::plan::{Live, Needs, ObjectKey};
use crate::recovery::Sight;
use crate::schema::check::conform;
use crate::state::{Nature, Operation, Part};
use crate::tally;
use crate::value::{Object, Value};

/// Reads everything that a walk needs. A look-up that fails is an answer; a read of objects that fails is an error.
pub async fn read(cloud: &Arc<dyn Cloud>, needs: Needs, live: &mut Live) -> Result<(), RemoteError> {
    let mut wanted: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    tally::want(needs.objects.len());
    for (kind, region, id) in needs.objects {
        wanted.entry((kind, region)).or_default().push(id);
    }
    let mut reads = JoinSet::new();
    for ((kind, region), ids) in wanted {
        let remote = cloud.remote(&kind, &region);
        reads.spawn(async move {
            let found = remote.read(&ids).await;
            (kind, region, ids, found)
        });
    }
    let mut lookups = JoinSet::new();
    for (region, kind, args) in needs.lookups {
        let lookup = cloud.lookups(&region);
        lookups.spawn(async move {
            let found = lookup.lookup(&kind, &args).await;
            ((region, kind, args), found)
        });
    }
    while let Some(joined) = reads.join_next().await {
        let Ok((kind, region, ids, found)) = joined else { continue };
        tally::read(ids.len());
        let mut found = found.map_err(|error| in_reading(&format!("{kind} in {region}"), error))?;
        for id in ids {
            let observation = found.remove(&id).map(|observation| normalized(&kind, observation));
            let key = (kind.clone(), region.clone(), id);
            live.confirmed.remove(&key);
            live.objects.insert(key, observation);
        }
    }
    while let Some(joined) = lookups.join_next().await {
        let Ok((key, found)) = joined else { continue };
        live.lookups.insert(key, found);
    }
    look_for(cloud, needs.named, live).await;
    confirm_tags(cloud, needs.tags, live).await
}

/// Whether objects are there. Where that cannot be read, for want of a permission perhaps, it stays open.
async fn look_for(cloud: &Arc<dyn Cloud>, keys: BTreeSet<ObjectKey>, live: &mut Live) {
    let mut wanted: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (kind, region, id) in keys {
        wanted.entry((kind, region)).or_default().push(id);
    }
    for ((kind, region), ids) in wanted {
        let remote = cloud.remote(&kind, &region);
        let all = remote.read(&ids).await.ok();
        for id in ids {
            // What cannot be told of one says nothing of the others.
            let is_there = match &all {
                Some(found) => Some(found.contains_key(&id)),
                None => remote.read(std::slice::from_ref(&id)).await.ok().map(|found| found.contains_key(&id)),
            };
            live.named.insert((kind.clone(), region.clone(), id), is_there);
        }
    }
}

/// An error with what was to be read.
fn in_reading(what: &str, error: RemoteError) -> RemoteError {
    RemoteError { message: format!("{what}: {}", error.message), ..error }
}

/// An observation in the one spelling that desired objects have, too.
pub fn normalized(kind: &str, mut observation: Observation) -> Observation {
    let Some(kind) = kinds::get(kind) else { return observation };
    for attr in kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret) {
        for object in [&mut observation.object, &mut observation.pending] {
            if let Some(value) = object.get_mut(attr.name)
                && !value.is_null()
                && let Ok(conformed) = conform(attr, value)
            {
                *value = conformed;
            }
        }
    }
    observation
}

/// Asks the services of objects for their tags. Where that fails, what is known of them has to do. An object that has
/// another mark than was read is another object, and read once more.
async fn confirm_tags(cloud: &Arc<dyn Cloud>, keys: BTreeSet<ObjectKey>, live: &mut Live) -> Result<(), RemoteError> {
    let mut reads = JoinSet::new();
    for key in keys {
        if let Some(Some(observation)) = live.objects.get(&key) {
            let (remote, object) = (cloud.remote(&key.0, &key.1), observation.object.clone());
            let asked = key.clone();
            reads.spawn(async move { (asked, remote.tags(&object).await) });
        }
        live.confirmed.insert(key);
    }
    while let Some(joined) = reads.join_next().await {
        let Ok((key, told)) = joined else { continue };
        let again = match told {
            Ok(tags) => {
                let Some(Some(observation)) = live.objects.get_mut(&key) else { continue };
                let read = observation.object.insert("tags_all".into(), tags.clone()).unwrap_or_else(Value::null);
                if !is_of_another(&read, &tags) {
                    continue;
                }
                read_again(cloud, &key, tags).await?
            }
            // It was there a moment ago.
            Err(error) if error.class == ErrorClass::NotFound => read_once(cloud, &key).await?,
            Err(_) => continue,
        };
        live.objects.insert(key, again);
    }
    Ok(())
}

/// An object as it is now, if it still is.
async fn read_once(cloud: &Arc<dyn Cloud>, key: &ObjectKey) -> Result<Option<Observation>, RemoteError> {
    let read = cloud.remote(&key.0, &key.1).read(std::slice::from_ref(&key.2)).await?.remove(&key.2);
    Ok(read.map(|read| normalized(&key.0, read)))
}

/// How often an object is read again that has another mark than its own service tells.
const AGAIN: usize = 3;

/// Reads an object until it has the mark that its own service tells, a few times at most: a read may be behind, more than
/// once, or only its tags.
async fn read_again(cloud: &Arc<dyn Cloud>, key: &ObjectKey, tags: Value) -> Result<Option<Observation>, RemoteError> {
    let mut again = None;
    for _ in 0..AGAIN {
        again = read_once(cloud, key).await?;
        let Some(read) = &mut again else { break };
        let told = read.object.insert("tags_all".into(), tags.clone()).unwrap_or_else(Value::null);
        if !is_of_another(&told, &tags) {
            break;
        }
    }
    Ok(again)
}

/// Whether what was read has the mark of another object than the one whose tags are told.
fn is_of_another(read: &Value, told: &Value) -> bool {
    read.get(MARK).is_some() && read.get(MARK) != told.get(MARK)
}

/// Looks for the secrets that an open operation has put into the vault, or removed. Where all of them are there, so is
/// the object: it is what its record says.
///
/// # Errors
/// Why the vault cannot be read: the operation must stay open then.
pub fn sight_in_vault(
    vault: Option<&dyn Vault>,
    secrets: &[&str],
    nature: Nature,
    part: &Part,
) -> Result<Sight, RemoteError> {
    let id = part.id.clone().unwrap_or_default();
    let mut there = 0;
    for name in secrets {
        let read = vault.ok_or_else(|| "the environment names no place for secrets".to_owned());
        let read = read.and_then(|vault| vault.read(&secret_name(&id, name)));
        there += usize::from(read.map_err(unreadable)?.is_some());
    }
    let observation =
        Observation { status: Status::Settled, object: part.record.object.clone(), pending: Object::new() };
    // What is half removed is still to be removed.
    let present = if nature == Nature::Delete { there > 0 } else { there == secrets.len() };
    Ok(if present { Sight::Present { id, observation, mark: None } } else { Sight::Absent })
}

fn unreadable(why: String) -> RemoteError {
    RemoteError { class: ErrorClass::Fatal, code: "Vault".to_owned(), message: why, request_id: None }
}

/// How often a look must find nothing before nothing is there: some services are behind by seconds.
const LOOKS: u32 = 3;

/// Looks for what an open operation is about: by name, or by our mark where only AWS gives names.
///
/// # Errors
/// Whatever keeps us from looking: the operation must stay open then.
pub async fn sight(
    cloud: &dyn Cloud,
    clock: &dyn Clock,
    pause: Duration,
    operation: &Operation,
    part: &Part,
) -> Result<Sight, RemoteError> {
    let remote = cloud.remote(&part.address.kind, &part.record.region);
    // Why nobody knows whose it is, though it was seen.
    let mut unread = None;
    for look in 1..=LOOKS {
        if look > 1 {
            clock.sleep(pause).await;
        }
        let id = match part.id.clone().or_else(|| place(part)) {
            Some(id) => Some(id),
            None => remote.find(&operation.id).await?,
        };
        let Some(id) = id else { continue };
        let found = remote.read(std::slice::from_ref(&id)).await?.remove(&id);
        let Some(observation) = found else {
            // What was to go is gone. What was made and is new may be missed by a read, after one that has seen it.
            unread = unread.filter(|_| operation.nature != Nature::Delete);
            continue;
        };
        let told = observation.object.get("id").and_then(Value::as_str).filter(|_| part.id.is_none());
        let id = told.map_or(id, str::to_owned);
        let observation = normalized(&part.address.kind, observation);
        // What is on its way out tells no tags, and needs none: it is what is deleted.
        let asked = match operation.nature {
            Nature::Create => true,
            Nature::Delete => observation.status == Status::Settled && part.record.mark().is_some(),
            Nature::Change => false,
        };
        let mark = match asked {
            false => None,
            true => match mark(&*remote, part, &observation).await {
                // It went between the two reads; or it is new, and not known everywhere.
                Err(error) if error.class == ErrorClass::NotFound => {
                    unread = Some(error);
                    continue;
                }
                told => told?,
            },
        };
        return Ok(Sight::Present { id, observation, mark });
    }
    unread.map_or(Ok(Sight::Absent), Err)
}

/// Where AWS answers a create with the object that is there, that was looked for before: what is there now is ours.
fn place(part: &Part) -> Option<String> {
    let kind = kinds::get(&part.address.kind).filter(|kind| kind.finds_again())?;
    kind.place(&part.record.object)
}

/// The mark of an object, asked of its own service: others are behind.
async fn mark(remote: &dyn Remote, part: &Part, observation: &Observation) -> Result<Option<String>, RemoteError> {
    if !kinds::get(&part.address.kind).is_some_and(|kind| kind.schema().taggable()) {
        return Ok(None);
    }
    let tags = remote.tags(&observation.object).await?;
    Ok(tags.get(MARK).and_then(Value::as_str).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::address::Address;
    use crate::clock::VirtualClock;
    use crate::kind::{Call, Event, Future_, Lookup, Reply};
    use crate::state::Record;

    /// An account whose objects are seen by so many reads and then are gone; nobody ever finds their tags.
    #[derive(Clone)]
    struct Going(Arc<AtomicUsize>);

    /// What the service refuses to read, alone and among others.
    const REFUSED: &str = "refused";

    impl Going {
        fn after(reads: usize) -> Self {
            Self(Arc::new(AtomicUsize::new(reads)))
        }
    }

    impl Cloud for Going {
        fn remote(&self, _: &str, _: &str) -> Arc<dyn Remote> {
            Arc::new(self.clone())
        }
        fn lookups(&self, _: &str) -> Arc<dyn Lookup> {
            unreachable!("nothing is looked up")
        }
        fn events<'a>(&'a self, _: &'a str) -> Future_<'a, Result<Vec<Event>, RemoteError>> {
            unreachable!("nobody asks for events")
        }
        fn account(&self) -> Future_<'_, Result<String, RemoteError>> {
            unreachable!("nobody asks for the account")
        }
    }

    impl Remote for Going {
        fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>> {
            let less = |left: usize| left.checked_sub(1);
            let there = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
            let object = Object::from_iter([("id".into(), Value::string("g"))]);
            let seen = Observation { status: Status::Settled, object, pending: Object::new() };
            Box::pin(async move {
                if ids.iter().any(|id| id == REFUSED) {
                    return Err(unreadable(String::new()));
                }
                Ok(ids.iter().filter(|_| there).map(|id| (id.clone(), seen.clone())).collect())
            })
        }
        fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
            let error = RemoteError {
                class: ErrorClass::NotFound,
                code: "ReplicationGroupNotFoundFault".to_owned(),
                message: String::new(),
                request_id: None,
            };
            Box::pin(async move { Err(error) })
        }
        fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
            unreachable!("nothing is listed")
        }
        fn invoke<'a>(&'a self, _: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
            unreachable!("nothing is written")
        }
    }

    #[tokio::test]
    async fn what_is_gone_when_its_tags_are_asked_for_is_gone() {
        let cloud: Arc<dyn Cloud> = Arc::new(Going::after(1));
        let key: ObjectKey = ("replication_group".to_owned(), "us-east-1".to_owned(), "g".to_owned());
        let mut live = Live::default();
        let objects = Needs { objects: BTreeSet::from([key.clone()]), ..Needs::default() };
        read(&cloud, objects, &mut live).await.expect("it is read");
        assert!(live.objects[&key].is_some());
        let tags = Needs { tags: BTreeSet::from([key.clone()]), ..Needs::default() };
        read(&cloud, tags, &mut live).await.expect("it is read");
        assert!(live.objects[&key].is_none(), "nobody holds a gone object for one of a stranger");
    }

    #[tokio::test]
    async fn what_cannot_be_told_of_one_says_nothing_of_the_others() {
        for names in ["a b", "a refused b"] {
            let key = |id: &str| ("subnet_group".to_owned(), "us-east-1".to_owned(), id.to_owned());
            let mut live = Live::default();
            let cloud: Arc<dyn Cloud> = Arc::new(Going::after(0));
            let named = names.split(' ').map(key).collect();
            read(&cloud, Needs { named, ..Needs::default() }, &mut live).await.expect("it is read");
            for id in names.split(' ') {
                let want = if id == REFUSED { None } else { Some(false) };
                assert_eq!(live.named[&key(id)], want, "{id} of {names}");
            }
        }
    }

    /// Seen, and its tags not found: gone for a deletion if it is missed then, and never "not made" for a creation.
    #[tokio::test]
    async fn what_was_seen_was_made() {
        let operation = |nature| {
            let address = Address::managed("subnet_group", "s");
            let record = Record { id: "g".to_owned(), mark: Some("mark".to_owned()), ..Record::default() };
            Operation {
                id: "mark".to_owned(),
                run: String::new(),
                step: String::new(),
                planned: None,
                call: (0, 1),
                name: String::new(),
                nature,
                digest: String::new(),
                parts: vec![Part { address, id: Some("g".to_owned()), record, deposed: false }],
            }
        };
        let cases = [
            (Nature::Delete, 0, "absent"),
            (Nature::Delete, 1, "absent"),
            (Nature::Delete, 2, "absent"),
            (Nature::Delete, 3, "unknown"),
            (Nature::Create, 0, "absent"),
            (Nature::Create, 1, "unknown"),
            (Nature::Create, 3, "unknown"),
        ];
        for (nature, reads, want) in cases {
            let (operation, clock) = (operation(nature), VirtualClock::at(0));
            let seen = sight(&Going::after(reads), &clock, Duration::ZERO, &operation, &operation.parts[0]).await;
            let word = match seen {
                Ok(Sight::Absent) => "absent",
                Ok(Sight::Present { .. }) => "present",
                Err(_) => "unknown",
            };
            assert_eq!(word, want, "{nature:?} after {reads} reads");
        }
    }
}
