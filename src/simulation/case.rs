//! A life as text, to be kept and lived again: what is written, what is run, what others do, and what goes wrong.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::simulation::engine::{Command, Verb};
use crate::simulation::faults::{Fault, Moment, Script};
use crate::simulation::scenario::{Outside, Scenario};
use crate::simulation::stack::{Declared, Facts, Model};
use crate::simulation::text;

/// A stack as it is written, and what checkers have to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Its files by path.
    pub files: BTreeMap<String, String>,
    /// What it says.
    pub facts: Facts,
}

/// A command, and what was done before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Act {
    /// Its number; faults name it.
    pub number: usize,
    /// The stack as it is written then.
    pub written: Written,
    /// What others do first.
    pub outside: Vec<Outside>,
    /// What is run.
    pub command: Command,
    /// Whether a guard must stand before it.
    pub guarded: bool,
}

/// A life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// The rule that it broke, or nothing.
    pub rule: String,
    /// Act by act.
    pub acts: Vec<Act>,
    /// The stack of the quiet end.
    pub last: Written,
    /// The same with all that a refusal asks for.
    pub mended: Written,
    /// The same without guards.
    pub bare: Written,
    /// What goes wrong, where that is not drawn from a seed.
    pub faults: Script,
}

impl From<&Model> for Written {
    fn from(model: &Model) -> Self {
        Self { files: text::files(model), facts: model.facts() }
    }
}

impl From<&Scenario> for Case {
    fn from(scenario: &Scenario) -> Self {
        let acts = scenario.turns.iter().map(|turn| Act {
            number: turn.number,
            written: (&turn.model).into(),
            outside: turn.outside.clone(),
            command: turn.command.clone(),
            guarded: turn.guarded,
        });
        let mut last = scenario.last.clone();
        last.blocks.iter_mut().for_each(|block| block.import = None);
        let mut mended = last.clone();
        mended.moved.append(&mut mended.unsaid);
        for (at, list) in std::mem::take(&mut mended.before) {
            mended.lists[at] = list;
        }
        let mut bare = mended.clone();
        bare.blocks.iter_mut().for_each(|block| (block.protect, block.prevent) = (false, false));
        Self {
            rule: String::new(),
            acts: acts.collect(),
            last: (&last).into(),
            mended: (&mended).into(),
            bare: (&bare).into(),
            faults: Script::new(),
        }
    }
}

impl Case {
    /// Writes it down.
    pub fn print(&self) -> String {
        let mut out = format!("rule {}\n", self.rule);
        for act in &self.acts {
            let _ = write!(out, "\nact {} {}", act.number, verb(act.command.verb));
            let words = [(act.command.allow, " allow"), (act.guarded, " guarded")];
            let allow: String = words.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
            let targets = act.command.targets.iter().map(|text| format!(" target={text}"));
            let replace = act.command.replace.iter().map(|text| format!(" replace={text}"));
            let _ = writeln!(out, "{allow}{}", targets.chain(replace).collect::<String>());
            act.outside.iter().for_each(|outside| out.push_str(&print_outside(outside)));
            let faults = self.faults.iter().filter(|(moment, _)| moment.turn == act.number);
            for (moment, fault) in faults {
                let _ = writeln!(out, "fault {} {} {}", fault.word(), moment.number, moment.place);
            }
            out.push_str(&print_written(&act.written));
        }
        for (word, written) in [("last", &self.last), ("mended", &self.mended), ("bare", &self.bare)] {
            let _ = write!(out, "\n{word}\n{}", print_written(written));
        }
        out
    }

    /// Reads what [`Case::print`] wrote; none where it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut case = Self::default();
        let mut place = Part::Acts;
        let mut file = String::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "rule" => case.rule = rest.to_owned(),
                "act" => case.acts.push(act(rest)?),
                "last" => place = Part::Last,
                "mended" => place = Part::Mended,
                "bare" => place = Part::Bare,
                "outside" => case.acts.last_mut()?.outside.push(outside(rest)?),
                "fault" => {
                    let mut parts = rest.splitn(3, ' ');
                    let fault = Fault::parse(parts.next()?)?;
                    let (number, place) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
                    let turn = case.acts.last()?.number;
                    case.faults.insert(Moment { turn, place, number }, fault);
                }
                _ => {
                    let written = match place {
                        Part::Acts => &mut case.acts.last_mut()?.written,
                        Part::Last => &mut case.last,
                        Part::Mended => &mut case.mended,
                        Part::Bare => &mut case.bare,
                    };
                    read_written(written, word, rest, &mut file)?;
                }
            }
        }
        Some(case)
    }
}

enum Part {
    Acts,
    Last,
    Mended,
    Bare,
}

const VERBS: [(Verb, &str); 4] =
    [(Verb::Plan, "plan"), (Verb::Apply, "apply"), (Verb::Refresh, "refresh"), (Verb::Destroy, "destroy")];

fn verb(verb: Verb) -> &'static str {
    VERBS.iter().find(|(known, _)| *known == verb).map_or("", |(_, word)| word)
}

fn act(text: &str) -> Option<Act> {
    let mut words = text.split(' ');
    let number = words.next()?.parse().ok()?;
    let word = words.next()?;
    let verb = VERBS.iter().find(|(_, known)| *known == word)?.0;
    let mut command = Command { verb, ..Command::default() };
    let mut guarded = false;
    for word in words {
        match word.split_once('=') {
            Some(("target", address)) => command.targets.push(address.to_owned()),
            Some(("replace", address)) => command.replace.push(address.to_owned()),
            _ if word == "guarded" => guarded = true,
            _ => command.allow = word == "allow",
        }
    }
    Some(Act { number, command, guarded, ..Act::default() })
}

fn print_outside(outside: &Outside) -> String {
    match outside {
        Outside::Make(kind, name, true) => format!("outside make {kind} {name} tagged\n"),
        Outside::Make(kind, name, false) => format!("outside make {kind} {name} bare\n"),
        Outside::Change(number) => format!("outside change {number}\n"),
        Outside::Delete(number) => format!("outside delete {number}\n"),
        Outside::Remake(number, true) => format!("outside remake {number} marked\n"),
        Outside::Remake(number, false) => format!("outside remake {number} bare\n"),
    }
}

fn outside(text: &str) -> Option<Outside> {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["make", kind, name, tags] => {
            let kind = crate::kinds::names().find(|known| known == kind)?;
            Some(Outside::Make(kind, (*name).to_owned(), *tags == "tagged"))
        }
        ["change", number] => Some(Outside::Change(number.parse().ok()?)),
        ["delete", number] => Some(Outside::Delete(number.parse().ok()?)),
        ["remake", number, mark] => Some(Outside::Remake(number.parse().ok()?, *mark == "marked")),
        _ => None,
    }
}

fn print_written(written: &Written) -> String {
    let mut out = String::new();
    for (address, it) in &written.facts.declared {
        let flags = [(it.data, "data"), (it.prevent, "prevent"), (it.protect, "protect"), (it.first, "first")];
        let flags = flags.iter().filter(|(set, _)| *set).map(|(_, word)| format!(" {word}")).collect::<String>();
        let token = it.token.map(|token| format!(" token={token}")).unwrap_or_default();
        let uses = it.uses.iter().map(|used| format!(" uses={used}")).collect::<String>();
        let _ = writeln!(out, "declares {address} count={}{flags}{token}{uses} shape={}", it.count, it.shape);
    }
    for (from, to) in &written.facts.moved {
        let _ = writeln!(out, "moved {from} {to}");
    }
    written.facts.released.iter().for_each(|address| out.push_str(&format!("released {address}\n")));
    written.facts.imports.iter().for_each(|(id, address)| out.push_str(&format!("import {id} {address}\n")));
    for (name, text) in &written.files {
        let _ = writeln!(out, "file {name}");
        text.lines().for_each(|line| out.push_str(&format!("| {line}\n")));
    }
    out
}

fn read_written(written: &mut Written, word: &str, rest: &str, file: &mut String) -> Option<()> {
    let facts = &mut written.facts;
    match word {
        "declares" => {
            let (head, shape) = rest.split_once(" shape=")?;
            let mut words = head.split(' ');
            let address = words.next()?.to_owned();
            let mut it = Declared { shape: shape.to_owned(), ..Declared::default() };
            for word in words {
                match word.split_once('=') {
                    Some(("count", count)) => it.count = count.parse().ok()?,
                    Some(("token", token)) => it.token = Some(token.parse().ok()?),
                    Some(("uses", used)) => it.uses.push(used.to_owned()),
                    _ => {
                        let flag = match word {
                            "data" => &mut it.data,
                            "prevent" => &mut it.prevent,
                            "protect" => &mut it.protect,
                            "first" => &mut it.first,
                            _ => return None,
                        };
                        *flag = true;
                    }
                }
            }
            facts.declared.insert(address, it);
        }
        "moved" => facts.moved.push(rest.split_once(' ').map(|(from, to)| (from.to_owned(), to.to_owned()))?),
        "released" => drop(facts.released.insert(rest.to_owned())),
        "import" => {
            let (id, address) = rest.split_once(' ')?;
            facts.imports.insert(id.to_owned(), address.to_owned());
        }
        "file" => {
            rest.clone_into(file);
            written.files.insert(file.clone(), String::new());
        }
        "|" => {
            let text = written.files.get_mut(file)?;
            text.push_str(rest);
            text.push('\n');
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::random::Random;
    use crate::simulation::scenario::generate;

    #[test]
    fn cases_read_what_they_write() {
        for seed in 0..40 {
            let mut case = Case::from(&generate(Random::new(seed), None));
            let moment = Moment { turn: case.acts[0].number, place: "call CreateX".to_owned(), number: 3 };
            case.faults.insert(moment, Fault::LostAnswer);
            assert_eq!(Case::parse(&case.print()).as_ref(), Some(&case), "seed {seed}");
        }
    }
}
