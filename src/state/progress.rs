//! How far a saved plan was carried out. It is told by the entries of its calls, so that whoever goes on after a run that
//! was killed knows the next call of each step.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::state::{End, Operation, State};

/// So many plans are remembered as carried out. An older one finds that its objects have moved.
const REMEMBERED: usize = 32;

/// How far a saved plan was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The id of the plan.
    pub plan: String,
    /// How many calls of a step are done, by the number of the step; nothing where none was begun.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<u32, usize>,
    /// The steps that are done.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub done: BTreeSet<u32>,
}

impl Progress {
    /// Whether anything of a step was begun. A call that was cut off may still be at work.
    pub fn has_begun(&self, step: u32) -> bool {
        self.done.contains(&step) || self.calls.contains_key(&step)
    }
}

impl State {
    /// How far the plan of that id was carried out; none where it was not begun.
    pub fn progress_of(&self, plan: &str) -> Option<&Progress> {
        self.progress.as_ref().filter(|progress| progress.plan == plan)
    }

    pub(super) fn follow_plan(&mut self, plan: Option<String>) {
        if self.progress.as_ref().map(|progress| &progress.plan) != plan.as_ref() {
            self.progress = plan.map(|plan| Progress { plan, ..Progress::default() });
        }
    }

    /// A call is about to be sent.
    pub(super) fn note_attempt(&mut self, operation: &Operation) {
        if let (Some(step), Some(progress)) = (operation.planned, &mut self.progress) {
            progress.calls.entry(step).or_insert(0);
        }
    }

    /// A call has come to its end.
    pub(super) fn note_call(&mut self, operation: &str, end: End) {
        let Some(operation) = self.operations.get(operation) else { return };
        let (Some(step), Some(progress), End::Done) = (operation.planned, &mut self.progress, end) else { return };
        progress.calls.insert(step, operation.call.0 + 1);
    }

    pub(super) fn note_step(&mut self, step: u32) {
        if let Some(progress) = &mut self.progress {
            progress.done.insert(step);
        }
    }

    pub(super) fn note_plan(&mut self, plan: String) {
        self.progress = None;
        self.applied.retain(|known| *known != plan);
        self.applied.push(plan);
        let surplus = self.applied.len().saturating_sub(REMEMBERED);
        self.applied.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use crate::address::Address;
    use crate::state::{Effect, End, Entry, Nature, Operation, Part, Record, State};

    fn began(id: &str, planned: Option<u32>, call: usize) -> Entry {
        let part =
            Part { address: Address::managed("alarm", "a"), id: None, record: Record::default(), deposed: false };
        Entry::Began(Operation {
            id: id.to_owned(),
            run: String::new(),
            step: String::new(),
            planned,
            call: (call, 3),
            name: String::new(),
            nature: Nature::Change,
            digest: String::new(),
            parts: vec![part],
        })
    }

    fn ended(id: &str, end: End) -> Entry {
        let address = Address::managed("alarm", "a");
        Entry::Ended { operation: id.to_owned(), address, end, effects: Vec::new() }
    }

    fn noted(effect: Effect) -> Entry {
        Entry::Noted(vec![effect])
    }

    /// What is known of the plan after these entries: calls by step, steps done, plans carried out whole.
    #[test]
    fn entries_tell_how_far_a_plan_was_carried_out() {
        let plan = |id: &str| noted(Effect::Plan(Some(id.to_owned())));
        let cases = [
            (vec![], ""),
            (vec![plan("p")], "p {} {}"),
            (vec![plan("p"), began("1", Some(4), 0)], "p {4: 0} {}"),
            (vec![plan("p"), began("1", Some(4), 0), ended("1", End::Done)], "p {4: 1} {}"),
            (vec![plan("p"), began("1", Some(4), 0), ended("1", End::NotDone)], "p {4: 0} {}"),
            (vec![plan("p"), began("1", None, 0), ended("1", End::Done)], "p {} {}"),
            (vec![plan("p"), began("1", Some(4), 1), ended("1", End::Done), plan("p")], "p {4: 2} {}"),
            (vec![plan("p"), noted(Effect::Finished(2))], "p {} {2}"),
            (vec![plan("p"), noted(Effect::Finished(2)), plan("q")], "q {} {}"),
            (vec![plan("p"), noted(Effect::Plan(None))], ""),
            (vec![plan("p"), noted(Effect::Applied("p".to_owned()))], "applied p"),
            (vec![noted(Effect::Finished(2))], ""),
        ];
        for (entries, want) in cases {
            let shown = format!("{entries:?}");
            let mut state = State::default();
            entries.into_iter().for_each(|entry| state.apply(entry));
            let progress = state.progress.map(|it| format!("{} {:?} {:?}", it.plan, it.calls, it.done));
            let applied = state.applied.iter().map(|plan| format!("applied {plan}"));
            assert_eq!(progress.into_iter().chain(applied).collect::<String>(), want, "{shown}");
        }
    }

    #[test]
    fn the_last_plans_are_remembered() {
        let mut state = State::default();
        (0..40).for_each(|number| state.apply(noted(Effect::Applied(format!("p{number}")))));
        assert_eq!((state.applied.len(), &*state.applied[0]), (super::REMEMBERED, "p8"));
    }
}
