//! A bucket in memory: who may write, and what a run leaves that was cut off.

use std::sync::Arc;

use object_store::memory::InMemory;

use super::*;
use crate::entropy::SystemEntropy;
use crate::state::store::Store;
use crate::state::{Effect, Entry, Home};

/// A service that keeps its promises, in memory; every medium of it is another process.
#[derive(Clone)]
struct Service(Arc<InMemory>);

impl Service {
    fn new() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    fn medium(&self) -> Arc<Bucket> {
        let store = self.0.clone();
        let opener = move || {
            let store: Arc<dyn ObjectStore> = store.clone();
            Box::pin(async move { Ok(store) }) as Pin<Box<dyn Future<Output = io::Result<Arc<dyn ObjectStore>>> + Send>>
        };
        Arc::new(Bucket::new("s3://b/p/prod".to_owned(), "p/prod", Box::new(opener)).expect("a thread"))
    }

    /// A process that has read the state and has the lock of that name.
    fn process(&self, lock: &str) -> io::Result<Store> {
        let medium = self.medium();
        let lock = medium.lock(lock)?.ok_or(ErrorKind::WouldBlock)?;
        let mut store = Store::open(medium).map_err(io::Error::other)?;
        store.name(&SystemEntropy);
        store.hold(lock);
        Ok(store)
    }

    async fn names(&self) -> Vec<String> {
        let listed = self.0.list(None).map_ok(|found| found.location.to_string()).try_collect::<Vec<_>>().await;
        let mut names = listed.expect("a list");
        names.sort();
        names
    }
}

fn home(account: &str) -> Vec<Entry> {
    vec![Entry::Noted(vec![Effect::Home(Home { account: Some(account.into()), ..Home::default() })])]
}

fn account(store: &Store) -> Option<String> {
    store.state().home.account.clone()
}

#[tokio::test]
async fn a_run_leaves_a_state_and_nothing_else() {
    let service = Service::new();
    let mut store = service.process("one").expect("a process");
    store.begin("r1").await.expect("begun");
    store.commit(home("1")).await.expect("kept");
    assert_eq!(
        service.names().await,
        ["p/prod/journal/r1/00000000", "p/prod/journal/r1/00000001", "p/prod/lock", "p/prod/state.json"]
    );
    store.end().await.expect("ended");
    drop(store);
    assert_eq!(service.names().await, ["p/prod/state.json"]);
    let mut store = service.process("two").expect("a process");
    assert_eq!(account(&store).as_deref(), Some("1"));
    store.begin("r2").await.expect("begun");
    store.end().await.expect("ended");
    drop(store);
    assert_eq!(service.names().await, ["p/prod/state.json", "p/prod/state.json.backup"]);
}

#[tokio::test]
async fn one_run_at_a_time_has_the_lock() {
    let service = Service::new();
    let first = service.process("one").expect("a process");
    assert_eq!(service.process("two").expect_err("locked").kind(), ErrorKind::WouldBlock);
    assert_eq!(service.medium().holder().expect("read").as_deref(), Some(&b"one"[..]));
    // Only the lock that is meant is taken away.
    assert_eq!(service.medium().unlock(b"two").expect_err("another").kind(), ErrorKind::NotFound);
    service.medium().unlock(b"one").expect("unlocked");
    let second = service.process("two").expect("a process");
    // The end of the first takes nothing away from the second.
    drop(first);
    assert_eq!(service.process("three").expect_err("locked").kind(), ErrorKind::WouldBlock);
    drop(second);
    service.process("three").expect("a process");
}

/// A process that stops, at any of its writes, while another one takes its lock away and goes on, sends nothing more.
#[tokio::test]
async fn who_wakes_up_again_writes_nothing() {
    for stopped_after in 0..3 {
        let service = Service::new();
        let mut sleeper = service.process("one").expect("a process");
        if stopped_after > 0 {
            sleeper.begin("r1").await.expect("begun");
        }
        if stopped_after > 1 {
            sleeper.commit(home("1")).await.expect("kept");
        }
        service.medium().unlock(b"one").expect("unlocked");
        let mut next = service.process("two").expect("a process");
        assert_eq!(account(&next).as_deref(), (stopped_after > 1).then_some("1"), "what the first has kept is there");
        next.begin("r2").await.expect("begun");
        match stopped_after {
            0 => drop(sleeper.begin("r1").await.expect_err("the state is another")),
            _ => drop(sleeper.commit(home("lost")).await.expect_err("its journal is closed")),
        }
        next.commit(home("2")).await.expect("kept");
        next.end().await.expect("ended");
        assert!(sleeper.end().await.is_err() || stopped_after == 0);
        drop((sleeper, next));
        assert_eq!(account(&service.process("three").expect("a process")).as_deref(), Some("2"));
    }
}

/// Also when the one that went on has come to its end long ago, and others after it.
#[tokio::test]
async fn who_wakes_up_late_writes_nothing() {
    let service = Service::new();
    let mut sleeper = service.process("one").expect("a process");
    sleeper.begin("r1").await.expect("begun");
    sleeper.commit(home("1")).await.expect("kept");
    service.medium().unlock(b"one").expect("unlocked");
    for (lock, run) in [("two", "r2"), ("three", "r3"), ("four", "r4")] {
        let mut next = service.process(lock).expect("a process");
        next.begin(run).await.expect("begun");
        next.commit(home(run)).await.expect("kept");
        next.end().await.expect("ended");
    }
    assert_eq!(service.names().await, ["p/prod/journal/r1/00000002", "p/prod/state.json", "p/prod/state.json.backup"]);
    sleeper.commit(home("lost")).await.expect_err("its journal is closed for good");
    assert_eq!(account(&service.process("five").expect("a process")).as_deref(), Some("r4"));
}

/// A run that closes the journal of the one before and stops there loses nothing either.
#[tokio::test]
async fn a_journal_is_closed_once() {
    let service = Service::new();
    let mut first = service.process("one").expect("a process");
    first.begin("r1").await.expect("begun");
    first.commit(home("1")).await.expect("kept");
    service.medium().unlock(b"one").expect("unlocked");
    let second = service.process("two").expect("a process");
    let before = second.state().journal.clone();
    let medium = service.medium();
    medium.read(Part::State).expect("read");
    medium.journal(before.as_deref()).expect("read");
    medium.open("r2", before.as_deref()).expect("closed");
    service.medium().unlock(b"two").expect("unlocked");
    let mut third = service.process("three").expect("a process");
    assert_eq!(account(&third).as_deref(), Some("1"));
    third.begin("r3").await.expect("begun");
    third.end().await.expect("ended");
}

/// A run that writes on while the next one reads is noticed by that one.
#[tokio::test]
async fn a_run_that_still_writes_is_not_overtaken() {
    let service = Service::new();
    let mut first = service.process("one").expect("a process");
    first.begin("r1").await.expect("begun");
    service.medium().unlock(b"one").expect("unlocked");
    let mut second = service.process("two").expect("a process");
    first.commit(home("1")).await.expect("kept");
    assert_eq!(second.begin("r2").await.expect_err("it goes on").kind(), ErrorKind::WouldBlock);
    drop(second);
    let mut third = service.process("three").expect("a process");
    assert_eq!(account(&third).as_deref(), Some("1"));
    third.begin("r3").await.expect("begun");
    first.commit(home("2")).await.expect_err("closed");
}

#[tokio::test]
async fn a_journal_with_a_hole_is_damage() {
    let service = Service::new();
    let mut first = service.process("one").expect("a process");
    first.begin("r1").await.expect("begun");
    first.commit(home("1")).await.expect("kept");
    first.commit(home("2")).await.expect("kept");
    service.0.delete(&Path::from("p/prod/journal/r1/00000001")).await.expect("deleted");
    let why = Store::open(service.medium()).expect_err("damage");
    assert!(why.contains("an object of it is missing"), "{why}");
}
