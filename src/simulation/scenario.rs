//! A life of a stack: what people write, what they run, and what others do to the account meanwhile.

use crate::simulation::edits::{Editor, Effect};
use crate::simulation::engine::{Command, Verb};
use crate::simulation::hunt::Hunt;
use crate::simulation::random::Random;
use crate::simulation::stack::Model;
use crate::simulation::text;

/// Something that others do to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// They make an object of a kind and name; with tags of their own, or without any.
    Make(&'static str, String, bool),
    /// They change an object of ours: the how manieth.
    Change(usize),
    /// They delete an object of ours that nothing uses: the how manieth.
    Delete(usize),
    /// They delete one of ours that nothing uses, and make another one of its name: the how manieth; with a mark as ours
    /// have, or without any.
    Remake(usize, bool),
}

/// A command, and what was done before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its number; faults name it.
    pub number: usize,
    /// The stack as it is written then.
    pub model: Model,
    /// What others do first.
    pub outside: Vec<Outside>,
    /// What is run.
    pub command: Command,
    /// Whether a guard must stand before it: it is undone afterwards.
    pub guarded: bool,
}

/// A whole life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Turn by turn.
    pub turns: Vec<Turn>,
    /// The stack of the quiet end, which nothing may stand before.
    pub last: Model,
}

/// What a seed brings.
pub fn generate(mut random: Random, hunt: Option<&'static Hunt>) -> Scenario {
    let mut dice = random.fork(1);
    let mut editor = Editor { random: &mut dice, labels: 0, modules: 0, hunt };
    let mut model = editor.begin();
    let mut turns = Vec::new();
    // Who looks for a change needs time for one.
    let count = 1 + random.below(6) + usize::from(hunt.is_some());
    for at in 0..count {
        let sound = model.clone();
        let mut effect = Effect::Sound;
        if at > 0 {
            for _ in 0..random.below(4) {
                if editor.edit(&mut model) == Effect::Guarded {
                    effect = Effect::Guarded;
                }
            }
        }
        let mut outside = Vec::new();
        if random.percent(15) {
            outside.extend(import(&mut model, &mut random));
        }
        if at > 0 && random.percent(25) {
            outside.extend(meddle(&model, &mut random));
        }
        let mut command = command(&model, &mut random);
        // What is looked for is a call of an apply.
        if hunt.is_some() && random.percent(70) {
            command = Command { verb: Verb::Apply, allow: random.percent(60), ..Command::default() };
        }
        // Where a guard is off, nothing would stand before what is to be undone.
        let is_off = |block: &crate::simulation::stack::Block| block.guarded && !block.prevent && !block.protect;
        if effect == Effect::Guarded && model.blocks.iter().any(is_off) {
            command.verb = Verb::Plan;
        }
        turns.push(Turn { number: at, model: model.clone(), outside, command, guarded: effect == Effect::Guarded });
        if effect == Effect::Guarded {
            model = sound;
        }
    }
    Scenario { turns, last: model }
}

fn command(model: &Model, random: &mut Random) -> Command {
    let verb = *random.pick(&[
        Verb::Apply,
        Verb::Apply,
        Verb::Apply,
        Verb::Apply,
        Verb::Apply,
        Verb::Apply,
        Verb::Plan,
        Verb::Refresh,
        Verb::Destroy,
    ]);
    let mut command = Command { verb, allow: random.percent(60), ..Command::default() };
    if verb == Verb::Apply && !model.blocks.is_empty() {
        if random.percent(20) {
            command.targets.push(random.pick(&model.blocks).address());
        } else if random.percent(8) {
            command.replace.push(random.pick(&model.blocks).address());
        }
    }
    command
}

/// An object that is there already and is taken over.
fn import(model: &mut Model, random: &mut Random) -> Option<Outside> {
    let fresh = |block: &&mut crate::simulation::stack::Block| {
        let plain = block.list.is_none() && block.import.is_none() && block.module.is_none();
        plain && matches!(block.kind, "subnet_group" | "parameter_group") && block.fixed == 0 && block.setting == 0
    };
    let block = model.blocks.iter_mut().rev().find(fresh).filter(|_| random.percent(60))?;
    let name = text::name_of(block);
    block.import = Some(name.clone());
    Some(Outside::Make(block.kind, name, false))
}

fn meddle(model: &Model, random: &mut Random) -> Option<Outside> {
    let number = random.below(8);
    Some(match random.below(5) {
        0 => Outside::Change(number),
        1 => Outside::Delete(number),
        2 => Outside::Remake(number, random.percent(50)),
        _ => {
            let plain = |block: &&crate::simulation::stack::Block| {
                block.list.is_none() && block.kind != "security_group" && !block.target
            };
            let blocks: Vec<_> = model.blocks.iter().filter(plain).collect();
            if blocks.is_empty() {
                return None;
            }
            let block = random.pick(&blocks);
            Outside::Make(block.kind, text::name_of(block), random.percent(50))
        }
    })
}
