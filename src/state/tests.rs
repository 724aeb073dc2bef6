//! State and journal on the medium: cut, damaged, taken away, written by two.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use crate::address::Address;
use crate::disk::{self, Disk, SystemDisk};
use crate::entropy::SeededEntropy;
use crate::kind::{Call, Change, Kind, Problem, Target};
use crate::schema::{Attr, Schema};
use crate::stack::environment::StateKeys;
use crate::state::file;
use crate::state::medium::Folder;
use crate::state::sealed::Sealing;
use crate::state::store::Store;
use crate::state::{Effect, End, Entry, Nature, Operation, Part, Record};
use crate::value::{Object, Secret, Type, Value, json};

/// A directory with a run that was cut off after some entries.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// A saved state with one record, then a run that began operations and did not end.
    async fn cut_off(operations: &[&str]) -> Self {
        let scene = Self { folder: tempfile::tempdir().expect("a folder") };
        let mut store = scene.begun().await;
        store.commit(vec![record("kept")]).await.expect("written");
        store.end().await.expect("saved");
        drop(store);
        let store = scene.begun().await;
        for id in operations {
            store.commit(vec![Entry::Began(operation(id))]).await.expect("written");
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<Store, String> {
        Store::open(Arc::new(Folder::new(Arc::new(SystemDisk), self.folder.path())))
    }

    async fn begun(&self) -> Store {
        let mut store = self.open().expect("a state");
        store.name(&SeededEntropy::new(7));
        store.hold(SystemDisk.lock(&self.path("lock")).expect("a lock").expect("free"));
        store.begin("run").await.expect("begun");
        store
    }

    fn journal(&self) -> Vec<u8> {
        disk::read(&self.path("journal")).expect("readable").expect("a journal")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        disk::replace(&self.path(name), bytes).expect("replaced");
    }
}

fn record(name: &str) -> Entry {
    Entry::Noted(vec![Effect::Record(Address::managed("parameter_group", name), of(name))])
}

fn of(name: &str) -> Record {
    Record { region: "us-east-1".to_owned(), id: name.to_owned(), ..Record::default() }
}

fn operation(id: &str) -> Operation {
    let address = Address::managed("parameter_group", format!("new-{id}"));
    Operation {
        planned: None,
        id: id.to_owned(),
        run: "run".to_owned(),
        step: format!("create {address}"),
        call: (0, 1),
        name: "CreateCacheParameterGroup".to_owned(),
        nature: Nature::Create,
        digest: "0123456789abcdef".to_owned(),
        parts: vec![Part { address, id: Some(id.to_owned()), record: of(id), deposed: false }],
    }
}

/// However many bytes of the last write reached the medium, what is read is what was there before it, or with it.
#[tokio::test]
async fn a_torn_last_line_is_dropped() {
    let scene = Scene::cut_off(&["one", "two"]).await;
    let whole = scene.journal();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines") + 1;
    for length in last..=whole.len() {
        scene.put("journal", &whole[..length]);
        let open = scene.open().expect("a torn journal opens").state().operations.len();
        assert_eq!(open, if length == whole.len() { 2 } else { 1 }, "{length} of {}", whole.len());
    }
}

/// One wrong byte anywhere is noticed, and so is a file that another program has rewritten, emptied or taken away.
#[tokio::test]
async fn damage_is_noticed_and_offers_the_backup() {
    let scene = Scene::cut_off(&["one", "two"]).await;
    let whole = scene.journal();
    let refused = |what: &str| {
        let why = scene.open().map(|store| store.state().operations.len()).expect_err(what);
        assert!(why.contains("state.json.backup is the state before the last run"), "{what}: {why}");
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x04;
        scene.put("journal", &bytes);
        refused(&format!("byte {at}"));
    }
    let text = String::from_utf8(whole.clone()).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let cases = [
        ("CRLF", text.replace('\n', "\r\n")),
        ("a line more", format!("{text}garbage\n")),
        ("a line twice", format!("{text}{}\n", lines[2])),
        ("a line less", format!("{}\n{}\n", lines[0], lines[2])),
        ("emptied", String::new()),
    ];
    for (what, text) in cases {
        scene.put("journal", text.as_bytes());
        refused(what);
    }
    disk::remove(&scene.path("journal")).expect("removed");
    refused("removed");
    // The backup is a way out.
    let backup = disk::read(&scene.path("state.json.backup")).expect("readable").expect("a backup");
    scene.put("state.json", &backup);
    assert_eq!(scene.open().expect("the state before the run").state().records.len(), 1);
}

#[tokio::test]
async fn a_state_that_is_gone_is_not_an_empty_one() {
    let scene = Scene::cut_off(&["one"]).await;
    let journal = scene.journal();
    disk::remove(&scene.path("state.json")).expect("removed");
    assert!(scene.open().is_err(), "a journal without its state");
    disk::remove(&scene.path("journal")).expect("removed");
    let why = scene.open().map(|_| ()).expect_err("only a backup");
    assert!(why.contains("it is missing, and its backup is there"), "{why}");
    scene.put("journal", &journal);
    assert!(scene.open().is_err());
}

/// The operation that was open is open for the next run, and its end takes it away with all that follows from it.
#[tokio::test]
async fn a_run_goes_on_from_the_journal_of_another() {
    let scene = Scene::cut_off(&["one"]).await;
    let mut store = scene.begun().await;
    assert_eq!(store.state().operations.len(), 1);
    let address = Address::managed("parameter_group", "new-one");
    let effects = vec![Effect::Record(address.clone(), of("one"))];
    let ended = Entry::Ended { operation: "one".to_owned(), address, end: End::Done, effects };
    store.commit(vec![ended]).await.expect("written");
    store.end().await.expect("saved");
    drop(store);
    let store = scene.open().expect("a state");
    let state = store.state().clone();
    assert_eq!((state.operations.len(), state.records.len(), store.is_dirty()), (0, 2, false));
    assert!(!scene.path("journal").exists());
}

#[tokio::test]
async fn two_runs_never_write_at_once() {
    let scene = Scene::cut_off(&[]).await;
    let first = scene.begun().await;
    assert!(SystemDisk.lock(&scene.path("lock")).expect("readable").is_none(), "the lock is held");
    // Somebody removes the lock file, and another run takes a new one: the journal still keeps it out.
    disk::remove(&scene.path("lock")).expect("removed");
    let mut second = scene.open().expect("a state");
    second.hold(SystemDisk.lock(&scene.path("lock")).expect("a lock").expect("free"));
    let error = second.begin("second").await.expect_err("the journal is another's");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    // And the first one sends nothing more.
    let why = first.commit(vec![record("more")]).await.expect_err("the lock is gone");
    assert!(why.contains("another run may have it"), "{why}");
    assert!(first.commit(vec![record("more")]).await.is_err(), "nor later");
}

#[tokio::test]
async fn a_file_that_somebody_else_wrote_is_left_alone() {
    let scene = Scene::cut_off(&[]).await;
    let mut store = scene.begun().await;
    let text =
        String::from_utf8(disk::read(&scene.path("state.json")).expect("readable").expect("a state")).expect("text");
    let serial = store.state().serial;
    scene.put("state.json", text.replace(&format!("\"serial\": {serial}"), "\"serial\": 99").as_bytes());
    store.commit(vec![record("more")]).await.expect("the journal is still ours");
    let error = store.end().await.expect_err("the file is not ours");
    assert!(error.to_string().contains("somebody else has written it"), "{error}");
    assert!(scene.path("journal").exists(), "what was done is kept");
}

/// Many tasks at once: everything is on the medium, in few writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_many_tasks_go_together() {
    let scene = Scene::cut_off(&[]).await;
    let store = Arc::new(scene.begun().await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(vec![record(&format!("n{number}"))]).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic").expect("written");
    }
    let lines = scene.journal().iter().filter(|byte| **byte == b'\n').count();
    assert!(lines < 150, "{lines} writes for 200 entries");
    assert_eq!(scene.open().expect("a state").state().records.len(), 201);
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_pipes_are_not_waited_for() {
    let scene = Scene::cut_off(&[]).await;
    let real = scene.path("elsewhere.json");
    std::fs::rename(scene.path("state.json"), &real).expect("moved");
    std::os::unix::fs::symlink(&real, scene.path("state.json")).expect("a link");
    scene.begun().await.end().await.expect("saved");
    assert!(std::fs::symlink_metadata(scene.path("state.json")).expect("there").file_type().is_symlink());
    disk::remove(&real).expect("removed");
    assert!(scene.open().is_err(), "a link that leads nowhere is not an empty state");
    disk::remove(&scene.path("state.json")).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(scene.path("state.json")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    let why = scene.open().map(|_| ()).expect_err("a pipe");
    assert!(why.contains("not a regular file"), "{why}");
}

#[test]
fn the_rules_of_a_state_are_checked() {
    let mut state = crate::state::State::default();
    let address = |name: &str| Address::managed("parameter_group", name);
    state.records.insert(address("a"), of("x"));
    assert_eq!(state.verify(), Ok(()));
    state.records.insert(address("b"), of("x"));
    assert!(state.verify().expect_err("twice").contains("is there twice"));
    state.records.remove(&address("b"));
    state.records.insert(address("c"), Record { dependencies: vec![address("c")], ..of("y") });
    assert!(state.verify().expect_err("itself").contains("hangs on"));
    state.records.remove(&address("c"));
    state.operations.push(Operation { parts: Vec::new(), ..operation("o") });
    assert!(state.verify().expect_err("nothing").contains("about nothing"));
    state.operations = [Operation { nature: Nature::Change, ..operation("o") }].into_iter().collect();
    assert!(state.verify().expect_err("no record").contains("has no record"));
}

/// A kind whose records were once written with `label` and `size` in words.
struct Grown;

static GROWN: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![Attr::required("name", Type::String), Attr::optional("size", Type::Number)];
    Schema::new("grown", "aws_grown", "It grows.", attrs).numbered(2)
});

impl Kind for Grown {
    fn schema(&self) -> &'static Schema {
        &GROWN
    }

    fn check(&self, _desired: &Object) -> Vec<Problem> {
        Vec::new()
    }

    fn identify(&self, _object: &Object) -> Option<String> {
        None
    }

    fn upgrade(&self, from: u32, object: &mut Object) {
        if from < 1 {
            let label = object.remove("label").unwrap_or_else(Value::null);
            object.insert("name".into(), label);
        }
        if from < 2 {
            let size = object.get("size").and_then(Value::as_str).map(|word| if word == "large" { 9 } else { 1 });
            object.insert("size".into(), size.map_or_else(Value::null, Value::int));
        }
    }

    fn predict(&self, _planned: &mut Object, _live: Option<&Object>, _target: &Target) {}

    fn compile(&self, _change: &Change) -> Result<Vec<Call>, Problem> {
        Ok(Vec::new())
    }

    fn name_attribute(&self) -> Option<&'static str> {
        None
    }
}

#[test]
fn records_of_earlier_schemas_are_upgraded() {
    for (number, text, want) in [
        (0, r#"{"label":"a","size":"large"}"#, Ok(r#"{"name":"a","size":9}"#)),
        (1, r#"{"name":"a","size":"small"}"#, Ok(r#"{"name":"a","size":1}"#)),
        (2, r#"{"name":"a","size":5}"#, Ok(r#"{"name":"a","size":5}"#)),
        (2, r#"{"name":"a","size":"large"}"#, Err("size` is not number")),
        (3, r#"{"name":"a"}"#, Err("was written by a newer version (schema 3 of its kind; this one knows 2)")),
    ] {
        let attributes = serde_json::from_str(text).expect("JSON");
        match (file::object_in(&Grown, number, attributes), want) {
            (Ok(object), Ok(want)) => assert_eq!(json::to_json(&Value::object(object)).to_string(), want, "{text}"),
            (Err(wrong), Err(want)) => assert!(wrong.to_string().contains(want), "{text}: {wrong}"),
            (found, want) => panic!("{text} of {number}: {found:?}, and not {want:?}"),
        }
    }
}

/// A state in a directory, sealed with keys of that many equal digits; 0 is none.
fn sealed(folder: &std::path::Path, current: u8, former: u8) -> Arc<Sealing> {
    let key = |digit: u8| Secret { source: Some("env:KEY".into()), text: Some(format!("{digit:x}").repeat(64).into()) };
    let some = |digit: u8| (digit != 0).then(|| key(digit));
    let keys = StateKeys { current: some(current), former: some(former).into_iter().collect() };
    let folder = Arc::new(Folder::new(Arc::new(SystemDisk), folder));
    Arc::new(Sealing::new(folder, keys, Arc::new(crate::entropy::SystemEntropy)))
}

/// What a run of a sealed state leaves is read by whoever has its key, and by nobody else; also when it was cut off.
#[tokio::test]
async fn sealed_states_are_read_with_their_keys() {
    let scene = Scene::cut_off(&["o1"]).await;
    // A plain state is read as it is, and sealed from then on.
    let mut store = Store::open(sealed(scene.folder.path(), 1, 0)).expect("a plain state");
    store.hold(SystemDisk.lock(&scene.path("lock")).expect("a lock").expect("free"));
    store.begin("sealed").await.expect("begun");
    store.commit(vec![record("after")]).await.expect("kept");
    store.commit(vec![record("last")]).await.expect("kept");
    drop(store);
    for name in ["state.json", "state.json.backup", "journal"] {
        let text = String::from_utf8(disk::read(&scene.path(name)).expect("read").expect("there")).expect("text");
        assert!(text.starts_with("{\"cachestack_encrypted\":1") && !text.contains("parameter_group"), "{name}: {text}");
    }
    let known = |current, former| {
        let store = Store::open(sealed(scene.folder.path(), current, former)).map_err(|why| why.replace('\n', " "))?;
        let records = store.state().records.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Ok::<_, String>(records)
    };
    let all = "parameter_group.after parameter_group.kept parameter_group.last";
    let cases = [
        ((1, 0), Ok(all)),
        ((2, 1), Ok(all)),
        ((0, 1), Ok(all)),
        ((2, 0), Err("none of the keys opens it")),
        ((0, 0), Err("write state_key")),
    ];
    for ((current, former), want) in cases {
        match (known(current, former), want) {
            (Ok(records), Ok(want)) => assert_eq!(records, want),
            (Err(why), Err(want)) => assert!(why.contains(want), "{why}"),
            (found, _) => panic!("{current} {former}: {found:?}"),
        }
    }
    // The last line may be torn, and a line in the middle may not be changed.
    let journal = scene.journal();
    scene.put("journal", &journal[..journal.len() - 5]);
    assert_eq!(known(1, 0).as_deref(), Ok("parameter_group.after parameter_group.kept"));
    let mut damaged = journal.clone();
    damaged[journal.len() / 2] ^= 1;
    scene.put("journal", &damaged);
    known(1, 0).expect_err("damage");
    // A line of the journal is no state, though the key opens it.
    scene.put("state.json", &journal);
    known(1, 0).expect_err("another part");
}
