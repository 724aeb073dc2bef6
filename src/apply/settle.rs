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

/// A way to ask the poller.
#[derive(Clone)]
pub struct Settler {
    watches: UnboundedSender<Watch>,
}

impl Settler {
    /// Starts the poller; it ends when nobody can ask it any more.
    pub fn start(cloud: Arc<dyn Cloud>, clock: Arc<dyn Clock>, poll: (Duration, Duration), stop: Stop) -> Self {
        let (watches, incoming) = unbounded_channel();
        tokio::spawn(Poller { cloud, clock, poll, stop, incoming, open: Vec::new() }.run());
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
    open: Vec<Watch>,
}

impl Poller {
    async fn run(mut self) {
        let mut pause = self.poll.0;
        loop {
            if self.open.is_empty() {
                match self.incoming.recv().await {
                    Some(watch) => self.take(watch, &mut pause),
                    None => return,
                }
            }
            while let Ok(watch) = self.incoming.try_recv() {
                self.take(watch, &mut pause);
            }
            let soon: Vec<bool> = self.open.iter().map(|watch| watch.soon).collect();
            if !soon.contains(&true) {
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
                self.open.clear();
                continue;
            }
            let only_soon = soon.contains(&true);
            self.look(only_soon).await;
            pause = (pause * 3 / 2).min(self.poll.1);
        }
    }

    /// A new wait is worth a quick look again.
    fn take(&mut self, watch: Watch, pause: &mut Duration) {
        *pause = self.poll.0;
        self.open.push(watch);
    }

    async fn look(&mut self, only_soon: bool) {
        let mut ids: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for watch in self.open.iter().filter(|watch| !only_soon || watch.soon) {
            ids.entry((watch.kind.clone(), watch.region.clone())).or_default().push(watch.id.clone());
        }
        for ((kind, region), mut wanted) in ids {
            wanted.sort();
            wanted.dedup();
            let sights = self.cloud.remote(&kind, &region).read(&wanted).await;
            self.tell(&kind, &region, &wanted, sights, only_soon);
        }
        self.open.retain(|watch| !watch.answer.is_closed());
    }

    fn tell(
        &mut self,
        kind: &str,
        region: &str,
        wanted: &[String],
        sights: Result<BTreeMap<String, Observation>, RemoteError>,
        only_soon: bool,
    ) {
        let of = self
            .open
            .iter_mut()
            .filter(|watch| watch.kind == kind && watch.region == region && wanted.contains(&watch.id));
        for watch in of.filter(|watch| !only_soon || watch.soon) {
            watch.soon = false;
            let sight = match &sights {
                Ok(found) => Ok(found.get(&watch.id).cloned().map(|found| normalized(kind, found))),
                // A read that may work next time is no news.
                Err(error) if error.class.is_passing() => continue,
                Err(error) => Err(error.clone()),
            };
            let _ = watch.answer.send(sight);
        }
    }
}
