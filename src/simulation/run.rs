//! One life from beginning to end, with every question asked after every command.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::kind::{Call, Status};
use crate::kinds::tags::MARK;
use crate::simulation::case::{Act, Case, Written};
use crate::simulation::check::{Checker, Violation, known, open_for, thing_of};
use crate::simulation::clock::LeapingClock;
use crate::simulation::cloud::world::{Key, Phase, Thing};
use crate::simulation::cloud::{FakeCloud, REGION, shapes};
use crate::simulation::engine::{self, Bug, Command, End, Ledger, Outcome, Place, Verb};
use crate::simulation::faults::{Faults, Script};
use crate::simulation::scenario::Outside;
use crate::simulation::stack::{Declared, Facts};
use crate::simulation::text::{self, NEEDLE};
use crate::value::Value;

/// The address of an object that a record or an open operation is about.
fn place_of(ledger: &Ledger, key: &Key, thing: &Thing, facts: &Facts) -> Option<String> {
    let recorded = known(ledger, key).map(|(record, _)| &record.address);
    let address = recorded.or_else(|| Some(&open_for(ledger, key, thing)?.address))?;
    Some(facts.current(address))
}

/// What came of a life.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What must not have been; the first is the one to look at.
    pub violations: Vec<Violation>,
    /// All that went wrong on purpose.
    pub struck: Script,
    /// Turn by turn: the command, its end and its plan, for people.
    pub story: Vec<String>,
}

/// A life under way.
pub(super) struct Life {
    place: Place,
    checker: Checker,
    folder: tempfile::TempDir,
    written: BTreeMap<String, String>,
    strangers: BTreeMap<Key, Thing>,
    /// What others made in the place of ours: a record has its name until somebody decides.
    remade: BTreeSet<Key>,
    turn: usize,
    /// Whether something came of an act that was to be undone: what people write next does not follow from it.
    void: bool,
    story: Vec<String>,
}

/// Lives a life under faults, then in quiet to its end.
pub fn live(case: &Case, faults: Faults) -> Report {
    live_with(case, faults, None)
}

/// The same with a fault that is planted.
pub fn live_with(case: &Case, faults: Faults, bug: Option<Bug>) -> Report {
    let mut life = Life::new(Arc::new(faults), bug);
    for act in &case.acts {
        life.act(act);
        if life.is_over() || life.void {
            return life.report();
        }
    }
    life.quiet(case);
    life.report()
}

impl Life {
    fn new(faults: Arc<Faults>, bug: Option<Bug>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = LeapingClock::default();
        let directory = folder.path().to_owned();
        let place = Place::new(directory, clock, faults, bug);
        let checker = Checker::new(place.view());
        let place = place.with_witness(Box::new(checker.clone()));
        let (written, strangers) = (BTreeMap::new(), BTreeMap::new());
        let remade = BTreeSet::new();
        Self { place, checker, folder, written, strangers, remade, turn: 0, void: false, story: Vec::new() }
    }

    fn report(self) -> Report {
        let violations = std::mem::take(&mut self.checker.book().violations);
        Report { violations, struck: self.place.faults.struck(), story: self.story }
    }

    /// After the first violation the rest may be its consequence.
    fn is_over(&self) -> bool {
        !self.checker.book().violations.is_empty()
    }

    fn wrong(&self, rule: &'static str, detail: impl Into<String>) {
        self.checker.book().wrong(rule, detail);
    }

    fn cloud(&self) -> &FakeCloud {
        &self.place.cloud
    }

    /// Writes the stack down.
    fn write(&mut self, written: &Written) {
        for (name, text) in &written.files {
            if self.written.get(name) != Some(text) {
                engine::write(&self.folder.path().join(name), text);
            }
        }
        for name in self.written.keys().filter(|name| !written.files.contains_key(*name)) {
            engine::remove(&self.folder.path().join(name));
        }
        self.written = written.files.clone();
    }

    fn act(&mut self, act: &Act) {
        for outside in &act.outside {
            self.outside(outside, &act.written.facts);
        }
        self.write(&act.written);
        self.turn = act.number;
        let mut command = act.command.clone();
        if act.guarded && !self.is_guarded(&act.written.facts) {
            command.verb = Verb::Plan;
        }
        let before = self.checker.book().ledger();
        self.run(&act.written.facts, &command, true);
        self.void = act.guarded && self.checker.book().ledger() != before;
    }

    /// Whether a guard stands before all that it is said to: what is not there yet, would be made as it is only meant
    /// to be for a moment.
    fn is_guarded(&self, facts: &Facts) -> bool {
        let ledger = self.checker.book().ledger();
        let world = self.cloud().world();
        let guarded = facts.declared.iter().filter(|(_, declared)| declared.prevent || declared.protect);
        let stands = |address: &str, prevent: bool| {
            let records = ledger.records.iter().filter(|record| {
                let here = facts.current(&record.address);
                here == address || here.strip_prefix(address).is_some_and(|rest| rest.starts_with("[\""))
            });
            let mut things = records.map(|record| (prevent || record.protect) && thing_of(&world, record).is_some());
            things.next().is_some_and(|first| first) && things.all(|stands| stands)
        };
        let any = facts.declared.values().any(|declared| declared.prevent || declared.protect);
        let any = any || ledger.records.iter().any(|record| record.protect);
        any && guarded.into_iter().all(|(address, declared)| stands(address, declared.prevent))
    }

    /// Runs a command and asks every question.
    fn run(&mut self, facts: &Facts, command: &Command, faults: bool) -> Outcome {
        self.place.faults.begin(self.turn, faults);
        self.checker.book().begin(facts.clone(), command.clone());
        let (before, writes) = (self.cloud().now(), self.place.disk.writes());
        let ran = catch_unwind(AssertUnwindSafe(|| self.place.run(command)));
        let outcome = ran.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            self.wrong("the engine does not panic", text.unwrap_or_default());
            Outcome { end: End::Dead, plan: String::new(), empty: false, told: String::new() }
        });
        self.place.disk.end(self.place.faults.takes_power());
        self.story.push(format!("{command:?}\n{:?}\n{}{}", outcome.end, outcome.plan, outcome.told));
        if command.verb == Verb::Plan && self.place.disk.writes() != writes {
            self.wrong("a plan writes nothing", "");
        }
        let calls = self.checker.book().calls;
        match &outcome.end {
            End::Error(why) | End::Refused(why) if calls > 0 => {
                self.wrong("what ends before anything is sent has sent nothing", format!("{calls} calls: {why}"));
            }
            End::Hangs => self.wrong("every command ends", ""),
            End::Locked => self.wrong("a lock goes with its process", ""),
            _ => {}
        }
        let hours = (self.cloud().now() - before) / 3_600_000;
        if hours > 8 {
            self.wrong("every command ends in time", format!("{hours} hours"));
        }
        self.secrets(&outcome);
        self.after(facts);
        outcome
    }

    fn secrets(&self, outcome: &Outcome) {
        let told = format!("{}{}{:?}", outcome.plan, outcome.told, outcome.end);
        if let Some(line) = told.lines().find(|line| line.contains(NEEDLE)) {
            self.wrong("no secret is shown", line);
        }
        let history = String::from_utf8_lossy(&self.place.disk.take_history()).into_owned();
        if let Some(line) = history.lines().find(|line| line.contains(NEEDLE)) {
            self.wrong("no secret is on the disk", line);
        }
    }

    /// The questions that hang on no command.
    fn after(&mut self, facts: &Facts) {
        let mut book = self.checker.book();
        let ledger = book.ledger();
        let now = self.cloud().now();
        let mut world = self.place.cloud.world();
        book.adopt(&mut world, &ledger, now);
        book.owned(&world, &ledger);
        let let_go = book.let_go(&mut world, &ledger, now);
        for (key, was) in std::mem::take(&mut self.strangers) {
            let theirs = !facts.imports.contains_key(&key.2);
            let now = world.get(&key);
            if !theirs && now.is_some_and(|thing| thing.made_for.is_some()) {
                // It was taken over, and is ours from now on.
                self.remade.remove(&key);
                continue;
            }
            if theirs && known(&ledger, &key).is_some() && !self.remade.contains(&key) {
                book.wrong("what others made is not taken for ours", format!("{} {}", key.0, key.2));
            } else if theirs && now != Some(&was) {
                book.wrong("what others made stays as it is", format!("{} {}", key.0, key.2));
            } else if now.is_some() && (known(&ledger, &key).is_none() || self.remade.contains(&key)) {
                self.strangers.insert(key, was);
            }
        }
        // What is let go is changed by nobody any more, once what was begun has come to its end.
        let settled = |key: &Key| world.get(key).filter(|thing| thing.phase == Phase::Settled).cloned();
        self.strangers.extend(let_go.into_iter().filter_map(|key| settled(&key).map(|thing| (key, thing))));
    }

    fn outside(&mut self, outside: &Outside, facts: &Facts) {
        let now = self.cloud().now();
        match outside {
            Outside::Make(kind, name, tagged) => self.make(kind, name, *tagged, facts),
            Outside::Change(number) => {
                let Some(key) = self.ours(*number) else { return };
                let mut world = self.place.cloud.world();
                let Some(thing) = world.change(&key, now) else { return };
                let name = if key.0 == "alarm" { "alarm_description" } else { "description" };
                if matches!(key.0, "alarm" | "replication_group" | "subnet_group") && thing.phase == Phase::Settled {
                    thing.object.insert(name.into(), Value::string("changed by others"));
                }
            }
            Outside::Delete(number) => {
                let Some(key) = self.ours(*number) else { return };
                let mut world = self.place.cloud.world();
                if world.user_of(&key).is_none() {
                    world.remove(&key, now);
                }
            }
            Outside::Remake(number, marked) => self.remake(*number, *marked, facts),
        }
    }

    /// What AWS gives an id is never made again.
    fn remake(&mut self, number: usize, marked: bool, facts: &Facts) {
        let Some(key) = self.ours(number).filter(|key| key.0 != "security_group") else { return };
        let now = self.cloud().now();
        let mut world = self.place.cloud.world();
        let is_taken_over = facts.imports.contains_key(&key.2);
        let settled = world.get(&key).filter(|thing| thing.phase == Phase::Settled && thing.tags.contains_key(MARK));
        let Some(was) = settled.filter(|_| world.user_of(&key).is_none() && !is_taken_over).cloned() else { return };
        let mark = marked.then(|| (MARK.to_owned(), "theirs".to_owned()));
        let tags = mark.into_iter().chain([("owner".to_owned(), "others".to_owned())]).collect();
        world.remove(&key, now);
        let theirs = Thing { tags, made_for: None, number: 0, ..was };
        world.put(key.clone(), theirs, now);
        let Some(theirs) = world.get(&key).cloned() else { return };
        drop(world);
        self.place.clock.pass(std::time::Duration::from_secs(1200));
        self.remade.insert(key.clone());
        self.strangers.insert(key, theirs);
    }

    /// The how manieth of our objects.
    fn ours(&self, number: usize) -> Option<Key> {
        let world = self.place.cloud.world();
        let all: Vec<Key> =
            world.things().filter(|(_, thing)| thing.made_for.is_some()).map(|(key, _)| key.clone()).collect();
        (!all.is_empty()).then(|| all[number % all.len()].clone())
    }

    fn make(&mut self, kind: &'static str, name: &str, tagged: bool, facts: &Facts) {
        let shape = shapes::of_kind(kind).expect("a kind of the table");
        let tags = if tagged { Value::string_map([("owner", "others")]) } else { Value::null() };
        let text = Value::string;
        let more: &[(&'static str, Value)] = match kind {
            "subnet_group" => {
                &[("CacheSubnetGroupDescription", text("theirs")), ("SubnetIds", Value::strings(["subnet-1"]))]
            }
            "parameter_group" => &[("CacheParameterGroupFamily", text("redis7")), ("Description", text("fixed 0"))],
            "alarm" => &[("MetricName", text("CPUUtilization")), ("Threshold", Value::int(1))],
            _ => &[],
        };
        let args = more.iter().cloned().chain([(shape.name.0, text(name)), ("Tags", tags)]);
        let call = Call::new(shape.create, args);
        let key = (kind, REGION.to_owned(), name.to_owned());
        // What the state knows and is gone could be told from theirs by nobody.
        let ledger = self.checker.book().ledger();
        if known(&ledger, &key).is_some() || self.cloud().world().get(&key).is_some() {
            return;
        }
        if let Some(key) = self.cloud().outside(kind, &call) {
            self.place.clock.pass(std::time::Duration::from_secs(1200));
            let Some(thing) = self.cloud().world().get(&key).cloned() else { return };
            self.checker.book().note_shape(facts, name, &thing);
            self.strangers.insert(key, thing);
        }
    }

    /// The end: nothing goes wrong any more, strangers leave, and one apply brings all about.
    fn quiet(&mut self, case: &Case) {
        self.place.clock.pass(std::time::Duration::from_secs(8 * 3600));
        let now = self.cloud().now();
        self.disperse(now);
        self.strangers.clear();
        let mut facts = &case.last.facts;
        self.write(&case.last);
        self.mend(facts);
        let apply = |replace| Command { verb: Verb::Apply, allow: true, replace, ..Command::default() };
        let mut outcome = self.run(facts, &apply(self.broken(facts)), false);
        if self.is_over() {
            return;
        }
        if case.mended != case.last && matches!(outcome.end, End::Error(_)) {
            // What the engine cannot order it refuses, with what is to be said.
            facts = &case.mended.facts;
            self.write(&case.mended);
            outcome = self.run(facts, &apply(self.broken(facts)), false);
        }
        if outcome.end != End::Done {
            return self.wrong("when nothing goes wrong any more, one apply is enough", format!("{:?}", outcome.end));
        }
        let plan = Command { verb: Verb::Plan, allow: true, ..Command::default() };
        let first = self.run(facts, &plan, false);
        let second = self.run(facts, &plan, false);
        if !first.empty {
            return self.wrong("after an apply the plan is empty", first.plan);
        }
        if first.plan != second.plan {
            self.wrong("the same inputs give the same plan", second.plan);
        }
        self.complete(facts);
        // A stack that had to be mended is taken down as it was mended.
        if !self.is_over() && (case.mended == case.last || facts == &case.mended.facts) {
            self.destroy(case);
        }
    }

    /// What is not ours leaves, so that no name is taken.
    fn disperse(&self, now: u64) {
        let ledger = self.checker.book().ledger();
        let mut world = self.cloud().world();
        let is_theirs =
            |key: &Key| known(&ledger, key).is_none() || self.remade.contains(key) && self.strangers.contains_key(key);
        let theirs = world.things().filter(|(key, thing)| thing.made_for.is_none() && is_theirs(key));
        let theirs: Vec<Key> = theirs.map(|(key, _)| key.clone()).collect();
        for key in theirs {
            if world.user_of(&key).is_none() {
                world.remove(&key, now);
            }
        }
    }

    /// Addresses of what AWS will not bring right.
    fn broken(&self, facts: &Facts) -> Vec<String> {
        let ledger = self.checker.book().ledger();
        let world = self.cloud().world();
        let broken = world.things().filter(|(key, thing)| matches!(thing.observe(key).status, Status::Broken(_)));
        let places = broken.filter_map(|(key, thing)| place_of(&ledger, key, thing, facts));
        // What is no longer declared goes, or is let go.
        places.filter(|address| facts.of(address).is_some()).collect()
    }

    /// What is broken and guarded cannot be replaced, nor what guarded alarms watch: a group that is made anew has other
    /// members, and theirs go. Somebody at AWS mends it.
    fn mend(&self, facts: &Facts) {
        let ledger = self.checker.book().ledger();
        let now = self.cloud().now();
        let mut world = self.cloud().world();
        let guarded = |key: &Key, thing: &Thing| {
            let place = place_of(&ledger, key, thing, facts);
            let declared = place.as_ref().and_then(|address| facts.of(address));
            let protect = known(&ledger, key).is_some_and(|(record, _)| record.protect);
            let mut users =
                facts.declared.values().filter(|user| place.as_ref().is_some_and(|it| user.uses.contains(it)));
            let is_guarded = |it: &Declared| it.prevent || it.protect;
            protect || declared.is_some_and(is_guarded) || users.any(is_guarded)
        };
        let is_broken = |thing: &Thing| matches!(thing.phase, Phase::Broken(_));
        let broken = world.things().filter(|(key, thing)| is_broken(thing) && guarded(key, thing));
        for key in broken.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            world.change(&key, now).expect("it was just seen").phase = Phase::Settled;
        }
    }

    /// Each declared object is there, once, and nothing else of ours.
    fn complete(&self, facts: &Facts) {
        let ledger = self.checker.book().ledger();
        let world = self.cloud().world();
        let released = |address: &str| facts.released.contains(address.split('[').next().unwrap_or_default());
        // Objects of a list change places.
        let place = |key: &Key, made_for: &str| match known(&ledger, key) {
            Some((record, _)) => facts.current(&record.address),
            None => facts.current(made_for),
        };
        let ours = world.things().filter_map(|(key, thing)| Some((place(key, thing.made_for.as_ref()?), thing)));
        let ours: Vec<(String, &Thing)> =
            ours.filter(|(address, _)| !released(address) || facts.of(address).is_some()).collect();
        let wanted: usize = facts.declared.values().map(|declared| declared.count).sum();
        if ours.len() != wanted
            || ledger.records.len() != wanted
            || !ledger.deposed.is_empty()
            || !ledger.open.is_empty()
        {
            let detail = format!(
                "{wanted} are declared, {} are there, {} are recorded, {} deposed, {} open",
                ours.len(),
                ledger.records.len(),
                ledger.deposed.len(),
                ledger.open.len()
            );
            self.wrong("what is declared is there once, and nothing else", detail);
        }
        for (address, thing) in ours {
            let token = facts.of(&address).and_then(|declared| declared.token);
            let text = token.map(|number| text::process().remove(&format!("TOKEN_{number}")).unwrap_or_default());
            let token: Vec<String> = text.map(|text| super::cloud::calls::digest(&text)).into_iter().collect();
            if thing.tokens != token {
                self.wrong("the token is the one of the stack", format!("{address}: {} tokens", thing.tokens.len()));
            }
        }
    }

    /// Guards are lifted, everything goes, and the account is as it was.
    fn destroy(&mut self, case: &Case) {
        let facts = &case.bare.facts;
        let guarded = facts.declared.values().zip(case.last.facts.declared.values()).any(|(bare, it)| bare != it);
        self.write(&case.bare);
        for verb in if guarded { &[Verb::Apply, Verb::Destroy][..] } else { &[Verb::Destroy] } {
            let outcome = self.run(facts, &Command { verb: *verb, allow: true, ..Command::default() }, false);
            if outcome.end != End::Done {
                return self.wrong("what is not guarded can be destroyed", format!("{:?}", outcome.end));
            }
        }
        let world = self.cloud().world();
        let left = world.things().filter_map(|(key, thing)| Some((key, thing.made_for.as_ref()?)));
        let released = |address: &str| facts.released.contains(address.split('[').next().unwrap_or_default());
        let left: Vec<String> = left
            .filter(|(_, address)| !released(address) && !released(&facts.current(address)))
            .map(|(key, _)| format!("{} {}", key.0, key.2))
            .collect();
        if !left.is_empty() {
            self.wrong("destroy leaves nothing of ours", left.join(", "));
        }
    }
}
