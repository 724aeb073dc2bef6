//! Which step runs when: as soon as everything that it waits for is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::{Id, JoinSet};

use crate::apply::{Event, Outcome, Shared, step};
use crate::plan::{BarrierId, Wait};

/// The steps and barriers that wait, by how many they still wait for, and who waits for them.
struct Board {
    /// How many are open before each step, then before each barrier.
    open: Vec<usize>,
    users: Vec<Vec<usize>>,
    steps: usize,
}

impl Board {
    fn new(shared: &Shared) -> Self {
        let plan = &shared.plan;
        let steps = plan.steps.len();
        let mut board = Self { open: Vec::new(), users: vec![Vec::new(); steps + plan.barriers.len()], steps };
        let places = plan.places();
        let barriers = plan.barriers.iter().enumerate();
        let barriers: BTreeMap<BarrierId, usize> =
            barriers.map(|(at, barrier)| (barrier.barrier, steps + at)).collect();
        let place = |wait: &Wait| match wait {
            Wait::Step(step) => places[step],
            Wait::Barrier(barrier) => barriers[barrier],
        };
        let of_steps = plan.steps.iter().map(|step| step.edges.iter().map(place).collect::<Vec<_>>());
        let of_barriers = plan.barriers.iter().map(|barrier| barrier.steps.iter().map(|step| places[step]).collect());
        for (node, waits) in of_steps.chain(of_barriers).enumerate() {
            board.open.push(waits.len());
            waits.into_iter().for_each(|used| board.users[used].push(node));
        }
        board
    }

    /// The steps that nothing is open before, at the start.
    fn first(&mut self) -> Vec<usize> {
        let free: Vec<usize> = (0..self.open.len()).filter(|node| self.open[*node] == 0).collect();
        let (mut ready, barriers): (Vec<usize>, Vec<usize>) = free.into_iter().partition(|node| *node < self.steps);
        for barrier in barriers {
            ready.extend(self.done(barrier));
        }
        ready
    }

    /// The steps that were waiting for nothing but this.
    fn done(&mut self, node: usize) -> Vec<usize> {
        let mut ready = Vec::new();
        let mut closed = vec![node];
        while let Some(node) = closed.pop() {
            for user in std::mem::take(&mut self.users[node]) {
                self.open[user] -= 1;
                match (self.open[user], user < self.steps) {
                    (0, true) => ready.push(user),
                    (0, false) => closed.push(user),
                    _ => {}
                }
            }
        }
        ready
    }
}

/// Runs every step whose edges are done; answers the result of each, none for those that were not started.
pub async fn schedule(shared: &Arc<Shared>) -> Vec<Option<Outcome>> {
    let mut results: Vec<Option<Outcome>> = shared.plan.steps.iter().map(|_| None).collect();
    let mut board = Board::new(shared);
    let mut running: JoinSet<Outcome> = JoinSet::new();
    let mut indexes: std::collections::HashMap<Id, usize> = std::collections::HashMap::new();
    let mut ready = board.first();
    ready = skip_done(shared, &mut board, ready, &mut results);
    loop {
        for index in ready.drain(..).filter(|_| !shared.stopped()) {
            let work = shared.clone();
            let handle = running.spawn(async move { step::run(&work, index).await });
            indexes.insert(handle.id(), index);
        }
        let Some(joined) = running.join_next_with_id().await else { return results };
        let (index, outcome) = match joined {
            Ok((id, outcome)) => (indexes.remove(&id), outcome),
            Err(error) => {
                let index = indexes.remove(&error.id());
                (index, panicked(shared, index))
            }
        };
        let Some(index) = index else { continue };
        if matches!(outcome, Outcome::Done) {
            ready = board.done(index);
        }
        results[index] = Some(outcome);
    }
}

/// What an earlier run has done of the saved plan counts as done; answers what can be begun instead.
fn skip_done(shared: &Shared, board: &mut Board, mut open: Vec<usize>, results: &mut [Option<Outcome>]) -> Vec<usize> {
    let state = shared.store.state();
    let Some(progress) = shared.saved.as_ref().and_then(|plan| state.progress_of(plan)) else { return open };
    let mut ready = Vec::new();
    while let Some(index) = open.pop() {
        if progress.done.contains(&shared.plan.steps[index].step.0) {
            results[index] = Some(Outcome::Before);
            open.extend(board.done(index));
        } else {
            ready.push(index);
        }
    }
    ready.sort_unstable();
    ready
}

/// A step that panicked has failed; its operation is open on the medium.
fn panicked(shared: &Shared, index: Option<usize>) -> Outcome {
    let why = "cachestack itself failed here (a panic); what was sent is looked for by the next run".to_owned();
    if let Some(step) = index.and_then(|index| shared.plan.steps.get(index)) {
        let (address, action) = (step.address.clone(), step.action);
        shared.send(Event::Failed { address, action, why: why.clone(), elapsed: Default::default() });
    }
    Outcome::Failed(why)
}
