//! How long an apply takes beside the time that AWS takes, and how often it asks meanwhile: the quickstart on the emulator
//! at real speed, on a clock that leaps.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cachestack::clock::{Clock, TokioClock};
use cachestack::cloud::{self, Endpoint, Settings};
use cachestack::emulator::{Emulator, Options, Request, Speed};
use cachestack::kind::Cloud;
use cachestack::ops::apply::{self, Run};
use cachestack::ops::connect::{Connection, POLL_OF_AWS, finish};
use cachestack::ops::{Session, SessionOptions, plan};
use cachestack::plan::{Options as Wanted, Plan};
use cachestack::state::lock::Holder;
use cachestack::state::store::Store;

use crate::harness::{Place, root};

/// What a run took, and how many calls that read it made while it applied.
#[derive(Debug)]
struct Taken {
    elapsed: Duration,
    reads: u64,
}

/// So often is looked that nothing is waited for in vain.
const ALL_THE_TIME: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(1));

/// Calls that read, as the emulator has counted them.
fn reads(emulator: &Emulator) -> u64 {
    let headers = vec![("X-Cachestack-Control".to_owned(), "1".to_owned())];
    let request = Request { method: "GET".into(), path: "/_cachestack/calls".into(), headers, ..Request::default() };
    let counts: serde_json::Value = serde_json::from_slice(&emulator.handle(&request).body).expect("counts");
    let counts = counts.as_object().expect("counts").iter();
    let read = |name: &str| ["Describe", "List", "Get"].iter().any(|word| name.contains(&format!(":{word}")));
    counts.filter(|(name, _)| read(name)).filter_map(|(_, count)| count.as_u64()).sum()
}

/// An account, its time, and how long is waited between two looks at it.
struct World {
    emulator: Emulator,
    clock: TokioClock,
    poll: (Duration, Duration),
}

/// A plan with all that carries it out.
async fn planned(directory: &Path, world: &World, goes: bool) -> (Session, Store, Connection, Plan) {
    let clock: Arc<dyn Clock> = Arc::new(world.clock);
    let options = SessionOptions { clock: clock.clone(), ..SessionOptions::new(directory) };
    let mut session = Session::open(&options);
    let cloud = cloud::connect(Settings::new(Endpoint::emulator(world.emulator.clone()), clock)).expect("an account");
    let cloud: Arc<dyn Cloud> = Arc::new(cloud);
    let lock = apply::lock(&session, Holder::default(), Duration::ZERO).await.expect("a lock");
    let mut store = session.store().expect("a state");
    store.hold(lock);
    let options = Wanted { destroy: goes, allow_all: goes, ..Wanted::default() };
    let first = plan::check_first(&mut session, &store, &options).expect("a stack");
    let connection = finish(&mut session, cloud, world.poll).await.expect("a connection");
    let plan = plan::plan(&mut session, &mut store, &connection, &options, None, first).await.expect("a plan");
    (session, store, connection, plan)
}

/// One run on an account: makes the stack, or destroys it.
async fn run(directory: &Path, world: &World, goes: bool) -> Taken {
    let (session, store, connection, plan) = planned(directory, world, goes).await;
    let (events, _incoming) = tokio::sync::mpsc::unbounded_channel();
    let (start, before) = (world.clock.elapsed(), reads(&world.emulator));
    let wanted = Run { saved: None, parallelism: 10, events, stop: Arc::default() };
    let report = apply::apply(session, store, connection, plan, wanted).await.expect("a report");
    assert!(report.is_complete(), "{:?}", report.failed);
    Taken { elapsed: world.clock.elapsed() - start, reads: reads(&world.emulator) - before }
}

/// Makes and destroys the stack, with so much time between looks.
fn life(poll: (Duration, Duration)) -> [Taken; 2] {
    let place = Place::new();
    let text = std::fs::read_to_string(root().join("stacks/quickstart/main.hcl")).expect("the quickstart");
    place.write("main.hcl", &text);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let clock = TokioClock::at(1_800_000_000);
        let options = Options { speed: Speed::Real, clock: Arc::new(clock), ..Options::default() };
        let world = World { emulator: Emulator::in_memory(options), clock, poll };
        let made = run(place.path(), &world, false).await;
        // Looks that told the status alone have left nothing out of what is recorded.
        let (.., again) = planned(place.path(), &world, false).await;
        assert_eq!(again.steps.len(), 0, "{:?}", again.steps);
        [made, run(place.path(), &world, true).await]
    })
}

#[test]
fn an_apply_takes_as_long_as_aws_and_asks_seldom() {
    let (least, ours) = (life(ALL_THE_TIME), life(POLL_OF_AWS));
    for (word, (least, ours)) in ["apply", "destroy"].into_iter().zip(least.into_iter().zip(ours)) {
        println!("{word}: {:?} of at least {:?}, {} calls that read", ours.elapsed, least.elapsed, ours.reads);
        assert!(ours.elapsed <= least.elapsed.mul_f64(1.03), "{word}: {ours:?}, {least:?}");
        // A look at what AWS is at is one call: every 15 seconds, more often at first, and all of it in the end.
        let looks = ours.elapsed.as_secs() / 15;
        assert!(ours.reads <= looks + 25, "{word}: {ours:?}");
    }
}
