//! A life made as short as it can be while it still breaks the same rule.

use crate::simulation::case::Case;
use crate::simulation::faults::{Faults, Script};
use crate::simulation::run::live;
use crate::simulation::scenario::Scenario;

/// How many lives are tried at most.
const TRIES: u32 = 600;

/// Drops turns, faults, blocks and what others do, as long as the rule is still broken.
pub fn shrink(scenario: Scenario, faults: Script, rule: &'static str) -> Case {
    let mut shrinker = Shrinker { scenario, faults, rule, tries: 0 };
    if !shrinker.breaks(&shrinker.scenario.clone(), &shrinker.faults.clone()) {
        // What only happens while faults are drawn cannot be made shorter.
        return shrinker.case();
    }
    while shrinker.round() && shrinker.tries < TRIES {}
    shrinker.case()
}

struct Shrinker {
    scenario: Scenario,
    faults: Script,
    rule: &'static str,
    tries: u32,
}

impl Shrinker {
    fn case(&self) -> Case {
        Case { rule: self.rule.to_owned(), faults: self.faults.clone(), ..Case::from(&self.scenario) }
    }

    fn breaks(&mut self, scenario: &Scenario, faults: &Script) -> bool {
        self.tries += 1;
        let report = live(&Case::from(scenario), Faults::script(faults.clone()));
        report.violations.first().is_some_and(|first| first.rule == self.rule)
    }

    /// Keeps a shorter life if it breaks the rule as well.
    fn attempt(&mut self, scenario: Scenario, faults: Script) -> bool {
        if (&scenario, &faults) == (&self.scenario, &self.faults) || !self.breaks(&scenario, &faults) {
            return false;
        }
        (self.scenario, self.faults) = (scenario, faults);
        true
    }

    fn round(&mut self) -> bool {
        let mut shorter = false;
        for at in (0..self.scenario.turns.len()).rev() {
            let mut scenario = self.scenario.clone();
            scenario.turns.remove(at);
            shorter |= self.attempt(scenario, self.faults.clone());
        }
        for moment in self.faults.keys().cloned().collect::<Vec<_>>() {
            let mut faults = self.faults.clone();
            faults.remove(&moment);
            shorter |= self.attempt(self.scenario.clone(), faults);
        }
        for label in self.labels() {
            let scenario = without(&self.scenario, &label);
            shorter |= self.attempt(scenario, self.faults.clone());
        }
        for at in 0..self.scenario.turns.len() {
            let mut scenario = self.scenario.clone();
            scenario.turns[at].outside.clear();
            shorter |= self.attempt(scenario, self.faults.clone());
            let mut scenario = self.scenario.clone();
            scenario.turns[at].command.targets.clear();
            shorter |= self.attempt(scenario, self.faults.clone());
            let mut scenario = self.scenario.clone();
            scenario.turns[at].model = scenario.last.clone();
            shorter |= self.attempt(scenario, self.faults.clone());
        }
        shorter
    }

    fn labels(&self) -> Vec<String> {
        let models = self.scenario.turns.iter().map(|turn| &turn.model).chain([&self.scenario.last]);
        let mut labels: Vec<String> =
            models.flat_map(|model| model.blocks.iter().map(|block| block.label.clone())).collect();
        labels.sort();
        labels.dedup();
        labels
    }
}

/// A life without a block.
fn without(scenario: &Scenario, label: &str) -> Scenario {
    let mut scenario = scenario.clone();
    let models = scenario.turns.iter_mut().map(|turn| &mut turn.model).chain([&mut scenario.last]);
    for model in models {
        model.blocks.retain(|block| block.label != label);
        for block in &mut model.blocks {
            block.uses.retain(|used| used != label);
            block.target &= !block.uses.is_empty();
        }
    }
    scenario
}
