//! Whether what a cache holds has room in what a plan leaves of it, by the metrics of the last hour. A plan is made of the
//! stack, the state and live objects alone; what is measured is asked once it is made, and only where something shrinks.

use std::sync::Arc;

use crate::kind::{Curve, DayTwo, Measured, Query, Room, Span, bytes};
use crate::kinds;
use crate::ops::day_two::metrics::last;
use crate::plan::{Action, Blocked, Note, Plan, Step};

/// What is to be said of a plan, and what holds it back.
#[derive(Debug, Default)]
pub struct Weighed {
    /// The figures of what shrinks.
    pub notes: Vec<Note>,
    /// What has no room then.
    pub blocked: Vec<Blocked>,
}

/// Weighs what shrinks; what has no room is held back, unless it is wanted by force.
pub async fn weigh(day_two: Option<&Arc<dyn DayTwo>>, plan: &Plan, now: i64, force: bool) -> Weighed {
    let Some(day_two) = day_two else { return Weighed::default() };
    let (mut notes, mut blocked) = (Vec::new(), Vec::new());
    for step in plan.steps.iter().filter(|step| step.action == Action::Update) {
        let Some(room) = room_of(step) else { continue };
        let note = |text: String| Note { address: Some(step.address.clone()), text };
        match held(&**day_two, step, &room, last(1, now)).await {
            Err(why) => notes.push(note(format!("nobody can tell whether what it holds has room then: {why}"))),
            Ok(held) => {
                let (fits, text) = judged(&room, &held);
                if fits || force {
                    let forced = if fits { "" } else { "; it is done by force" };
                    notes.push(note(format!("{text}{forced}")));
                } else {
                    let reason = format!("{text}; keep more, or allow it with --force");
                    blocked.push(Blocked { step: step.step, address: step.address.clone(), reason });
                }
            }
        }
    }
    Weighed { notes, blocked }
}

fn room_of(step: &Step) -> Option<Room> {
    kinds::get(&step.address.kind)?.room(step.before.as_ref()?, step.after.as_ref()?)
}

/// The most that each shard has held in a time, in bytes.
async fn held(day_two: &dyn DayTwo, step: &Step, room: &Room, span: Span) -> Result<Vec<f64>, String> {
    let nodes = room.shards.iter().flatten();
    let query = |node: &Measured| Query { metric: room.metric, dimensions: node.dimensions.clone(), stat: "Maximum" };
    let queries: Vec<Query> = nodes.map(query).collect();
    let curves = day_two.measure(&step.region, &queries, span).await;
    let curves = curves.map_err(|error| format!("{error}; cloudwatch:GetMetricData allows to read it"))?;
    most_of_shards(room, &curves).ok_or_else(|| format!("CloudWatch has no {} of the last hour", room.metric))
}

/// Of each shard the greatest of its nodes; none where a shard has told nothing.
fn most_of_shards(room: &Room, curves: &[Curve]) -> Option<Vec<f64>> {
    let mut curves = curves.iter();
    let of_shard = |shard: &Vec<Measured>| {
        let own: Vec<&Curve> = curves.by_ref().take(shard.len()).collect();
        own.into_iter().flat_map(|curve| curve.values().copied()).reduce(f64::max)
    };
    room.shards.iter().map(of_shard).collect()
}

/// Whether it fits, and the figures. What moves to fewer shards or to more is spread evenly; else the fullest shard
/// decides.
fn judged(room: &Room, held: &[f64]) -> (bool, String) {
    let all: f64 = held.iter().sum();
    let (each, how) = match room.shards_after != held.len() {
        true => (
            all / room.shards_after as f64,
            format!("{} in {} shards instead of {}", bytes(all), room.shards_after, held.len()),
        ),
        false => (held.iter().copied().fold(0.0, f64::max), "the fullest shard".to_owned()),
    };
    let (capacity, words) = (room.capacity as f64, &room.words);
    let fits = each <= capacity;
    let left = match fits {
        true => format!("{} stays free", bytes(capacity - each)),
        false => format!("{} has no room", bytes(each - capacity)),
    };
    let text = format!(
        "a shard would hold {} ({how}, the most of the last hour) of {} ({words}): {left}",
        bytes(each),
        bytes(capacity),
    );
    (fits, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Measured;

    #[test]
    fn other_shards_hold_the_sum_and_smaller_nodes_the_fullest() {
        let node = |name: &str| Measured { name: name.into(), dimensions: Vec::new() };
        let room = |shards_after, capacity| Room {
            shards: vec![vec![node("a"), node("b")], vec![node("c")], vec![node("d")]],
            shards_after,
            metric: "m",
            capacity,
            words: String::new(),
        };
        let curve = |value: f64| Curve::from([(0, value / 2.0), (60, value)]);
        let curves = [curve(10.0), curve(30.0), curve(20.0), curve(40.0)];
        assert_eq!(most_of_shards(&room(1, 0), &curves), Some(vec![30.0, 20.0, 40.0]));
        let silent = [curve(10.0), curve(30.0), Curve::new(), curve(40.0)];
        assert_eq!(most_of_shards(&room(1, 0), &silent), None, "a shard that tells nothing does not hold nothing");
        for (shards_after, capacity, fits) in
            [(2, 45, true), (2, 44, false), (1, 90, true), (3, 40, true), (3, 39, false), (5, 18, true), (5, 17, false)]
        {
            let held = [30.0, 20.0, 40.0];
            assert_eq!(judged(&room(shards_after, capacity), &held).0, fits, "{shards_after} {capacity}");
        }
    }
}
