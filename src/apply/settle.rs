//! The only waiter: one poller reads all objects that somebody waits for, in bulk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::apply::Stop;
use crate::clock::Clock;
use crate::kind::{Cloud, Observation, RemoteError};
use crate::refresh::normalized;

/// What is seen of an object; `None` when it does not exist.
pub type Sight = Result<Option<Observation>, RemoteError>;

/// Somebody who waits for a look at an object.
struct Watch {
    kind: String,
    region: String,
    id: String,
    /// Whether the first look is worth it at once.
    soon: bool,
    answer: UnboundedSender<Sight>,
}

/// Those who wait, by kind and region, then by the name of what they wait for: a look costs what it looks at.
type Watches = BTreeMap<(String, String), BTreeMap<String, Vec<UnboundedSender<Sight>>>>;

/// A way to ask the poller.
#[derive(Clone)]
pub struct Settler {
    watches: UnboundedSender<Watch>,
}

impl Settler {
    /// Starts the poller; it ends when nobody can ask it any more.
    pub fn start(cloud: Arc<dyn Cloud>, clock: Arc<dyn Clock>, poll: (Duration, Duration), stop: Stop) -> Self {
        let (watches, incoming) = unbounded_channel();
        let (soon, later) = (Watches::new(), Watches::new());
        tokio::spawn(Poller { cloud, clock, poll, stop, incoming, soon, later }.run());
        Self { watches }
    }

    /// Looks at an object again and again; every look comes out of the channel, until it is dropped.
    pub fn watch(&self, kind: &str, region: &str, id: &str, soon: bool) -> UnboundedReceiver<Sight> {
        let (answer, sights) = unbounded_channel();
        let watch = Watch { kind: kind.to_owned(), region: region.to_owned(), id: id.to_owned(), soon, answer };
        // Without a poller the receiver ends at once, which the caller takes for a stop.
        let _ = self.watches.send(watch);
        sights
    }
}

struct Poller {
    cloud: Arc<dyn Cloud>,
    clock: Arc<dyn Clock>,
    poll: (Duration, Duration),
    stop: Stop,
    incoming: UnboundedReceiver<Watch>,
    /// Those whose first look is worth it at once.
    soon: Watches,
    later: Watches,
}

impl Poller {
    async fn run(mut self) {
        let mut pause = self.poll.0;
        loop {
            if self.soon.is_empty() && self.later.is_empty() {
                match self.incoming.recv().await {
                    Some(watch) => self.take(watch, &mut pause),
                    None => return,
                }
            }
            while let Ok(watch) = self.incoming.try_recv() {
                self.take(watch, &mut pause);
            }
            if self.soon.is_empty() {
                tokio::select! {
                    biased;
                    watch = self.incoming.recv() => match watch {
                        Some(watch) => {
                            self.take(watch, &mut pause);
                            continue;
                        }
                        // Nobody can ask any more, so nobody waits.
                        None => return,
                    },
                    () = self.clock.sleep(pause) => {}
                }
            }
            if self.stop.load(Ordering::SeqCst) {
                self.soon.clear();
                self.later.clear();
                continue;
            }
            // Who looks at once may want all of an object; who goes on waiting wants to know when it has settled.
            let whole = !self.soon.is_empty();
            let which = if whole { &mut self.soon } else { &mut self.later };
            let watches = std::mem::take(which);
            self.look(watches, whole).await;
            pause = (pause * 3 / 2).min(self.poll.1);
        }
    }

    /// A new wait is worth a quick look again.
    fn take(&mut self, watch: Watch, pause: &mut Duration) {
        *pause = self.poll.0;
        let Watch { kind, region, id, soon, answer } = watch;
        let watches = if soon { &mut self.soon } else { &mut self.later };
        watches.entry((kind, region)).or_default().entry(id).or_default().push(answer);
    }

    /// Looks once, and again later for those who go on waiting.
    async fn look(&mut self, watches: Watches, whole: bool) {
        for ((kind, region), mut watches) in watches {
            // Most have what they want after the first look.
            watches.retain(|_, answers| is_wanted(answers));
            if watches.is_empty() {
                continue;
            }
            let ids: Vec<String> = watches.keys().cloned().collect();
            let remote = self.cloud.remote(&kind, &region);
            let mut sights = if whole { remote.read(&ids).await } else { remote.look(&ids).await };
            for (id, mut answers) in watches {
                tell(&kind, &id, &mut sights, &answers);
                if is_wanted(&mut answers) {
                    let later = self.later.entry((kind.clone(), region.clone())).or_default();
                    later.entry(id).or_default().extend(answers);
                }
            }
        }
    }
}

/// Whether anybody still waits; those who do not are dropped.
fn is_wanted(answers: &mut Vec<UnboundedSender<Sight>>) -> bool {
    answers.retain(|answer| !answer.is_closed());
    !answers.is_empty()
}

type Sights = Result<BTreeMap<String, Observation>, RemoteError>;

fn tell(kind: &str, id: &str, sights: &mut Sights, answers: &[UnboundedSender<Sight>]) {
    let sight = match sights {
        Ok(found) => Ok(found.remove(id).map(|found| normalized(kind, found))),
        // A read that may work next time is no news.
        Err(error) if error.class.is_passing() => return,
        Err(error) => Err(error.clone()),
    };
    for answer in answers {
        let _ = answer.send(sight.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::clock::VirtualClock;
    use crate::kind::{Call, Future_, Lookup, Remote, Reply, Status};
    use crate::value::Object;

    /// An account in which everything is busy for ever; it counts how often it is read.
    #[derive(Clone, Default)]
    struct Busy(Arc<AtomicUsize>);

    impl Cloud for Busy {
        fn remote(&self, _: &str, _: &str) -> Arc<dyn Remote> {
            Arc::new(self.clone())
        }
        fn lookups(&self, _: &str) -> Arc<dyn Lookup> {
            unreachable!("the poller looks nothing up")
        }
        fn events<'a>(&'a self, _: &'a str) -> Future_<'a, Result<Vec<crate::kind::Event>, RemoteError>> {
            unreachable!("the poller asks for no events")
        }
        fn account(&self) -> Future_<'_, Result<String, RemoteError>> {
            unreachable!("the poller asks for no account")
        }
    }

    impl Remote for Busy {
        fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let status = Status::Busy("modifying".to_owned());
            let seen = Observation { status, object: Object::new(), pending: Object::new() };
            Box::pin(async move { Ok(ids.iter().map(|id| (id.clone(), seen.clone())).collect()) })
        }
        fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<crate::value::Value, RemoteError>> {
            unreachable!("the poller reads no tags")
        }
        fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
            unreachable!("the poller lists nothing")
        }
        fn invoke<'a>(&'a self, _: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
            unreachable!("the poller writes nothing")
        }
    }

    #[tokio::test]
    async fn the_poller_ends_when_nobody_can_ask_it_any_more() {
        let busy = Busy::default();
        let clock = Arc::new(VirtualClock::at(0));
        let poll = (Duration::from_secs(4), Duration::from_secs(15));
        let settler = Settler::start(Arc::new(busy.clone()), clock, poll, Stop::default());
        let mut sights = settler.watch("replication_group", "us-east-1", "g", true);
        for _ in 0..3 {
            assert!(sights.recv().await.is_some_and(|sight| sight.is_ok()), "it looks while somebody waits");
        }
        drop(settler);
        // Somebody still holds the end of a wait, as a step does that is given up.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        let reads = busy.0.load(Ordering::SeqCst);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(busy.0.load(Ordering::SeqCst), reads, "nobody reads any more");
        assert_eq!(Arc::strong_count(&busy.0), 1, "the poller is gone");
    }
}
