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
            let which = if self.soon.is_empty() { &mut self.later } else { &mut self.soon };
            let watches = std::mem::take(which);
            self.look(watches).await;
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
    async fn look(&mut self, watches: Watches) {
        for ((kind, region), mut watches) in watches {
            // Most have what they want after the first look.
            watches.retain(|_, answers| is_wanted(answers));
            if watches.is_empty() {
                continue;
            }
            let ids: Vec<String> = watches.keys().cloned().collect();
            let mut sights = self.cloud.remote(&kind, &region).read(&ids).await;
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
