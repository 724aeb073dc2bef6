//! Random pairs of configurations of every kind: made, planned empty, changed into the other, planned empty, compared on
//! the emulator with what is made so at once, destroyed. What one may be is a file of `tests/properties`.

mod impact;
mod life;
pub mod subject;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cachestack::kind::Kind;
use cachestack::kinds;
use cachestack::schema::Update;

use crate::book::is_update;
use crate::harness::{files, root};
use impact::Seen;
use life::{End, Worlds};
use subject::{Choice, Subject};

/// How many pairs run at a time; each waits for the emulator most of its time.
const SIDE_BY_SIDE: usize = 6;

/// What became of the pairs of a subject.
#[derive(Default)]
struct Tally {
    pairs: usize,
    refused: BTreeMap<String, usize>,
    changed: BTreeMap<String, usize>,
    impacts: Seen,
}

#[test]
fn pairs_of_every_kind_hold() {
    let tallies = run(number("CACHESTACK_PAIRS", 60), number("CACHESTACK_SEED", 1));
    let unknown: Vec<String> = tallies.iter().flat_map(|(_, tally)| impact::unknown(&tally.impacts)).collect();
    let more = "the reference does not say so; run the long one with CACHESTACK_UPDATE_CASES=1";
    assert!(unknown.is_empty(), "{}: {more}", unknown.join(", "));
}

/// The long one, which with `CACHESTACK_UPDATE_CASES=1` writes the impacts of the reference: `CACHESTACK_PAIRS=3000 cargo test --test suite -- --ignored every_attribute_is_changed`.
#[test]
#[ignore = "takes some minutes"]
fn every_attribute_is_changed_often() {
    let tallies = run(number("CACHESTACK_PAIRS", 3000), number("CACHESTACK_SEED", 2));
    if is_update() {
        let mut seen = Seen::default();
        tallies.iter().for_each(|(_, tally)| seen.add(tally.impacts.clone()));
        impact::keep(&seen);
    }
    let mut changed: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (subject, tally) in &tallies {
        for name in updatable(kind(subject)).filter(|name| !subject.left_out.iter().any(|out| out == name)) {
            let count = tally.changed.get(name).copied().unwrap_or_default();
            *changed.entry((kind(subject).schema().kind.to_owned(), name.to_owned())).or_default() += count;
        }
    }
    let rare: Vec<_> = changed.into_iter().filter(|(_, count)| *count < 50).collect();
    assert!(rare.is_empty(), "changed fewer than 50 times: {rare:?}");
}

#[test]
fn every_attribute_of_every_kind_is_written() {
    let mut missing = Vec::new();
    let all = subjects();
    // What is bought cannot be given back.
    for kind in kinds::KINDS.into_iter().filter(|kind| kind.local().is_none() && !kind.is_bought()) {
        let own: Vec<&Subject> = all.iter().filter(|subject| std::ptr::eq(self::kind(subject), kind)).collect();
        let written = |name: &str| {
            own.iter()
                .any(|subject| subject.names().any(|own| own == name) || subject.left_out.iter().any(|out| out == name))
        };
        let names = kind.schema().attrs.iter().filter(|attr| attr.settable()).map(|attr| attr.name);
        missing.extend(names.filter(|name| !written(name)).map(|name| format!("{}.{name}", kind.schema().kind)));
    }
    assert!(missing.is_empty(), "no file of tests/properties writes {}", missing.join(", "));
}

fn subjects() -> Vec<Subject> {
    let word = std::env::var("CACHESTACK_SUBJECT").unwrap_or_default();
    let files = files(&root().join("tests/properties"), "txt");
    files.iter().filter(|path| path.to_string_lossy().contains(&word)).map(|path| Subject::read(path)).collect()
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn kind(subject: &Subject) -> &'static dyn Kind {
    kinds::get(kinds::our_name(&subject.kind)).unwrap_or_else(|| panic!("there is no kind {}", subject.kind))
}

/// What changes in place.
fn updatable(kind: &dyn Kind) -> impl Iterator<Item = &'static str> {
    let in_place = kind.schema().attrs.iter().filter(|attr| attr.settable() && attr.update == Update::InPlace);
    in_place.map(|attr| attr.name).collect::<Vec<_>>().into_iter()
}

/// Runs so many pairs, more of those that have more to change, and prints what became of them.
fn run(pairs: usize, seed: usize) -> Vec<(Subject, Tally)> {
    let all: Vec<(Subject, Mutex<Tally>)> = subjects().into_iter().map(|subject| (subject, Mutex::default())).collect();
    let weight = |subject: &Subject| subject.names().count() + 2;
    let total: usize = all.iter().map(|(subject, _)| weight(subject)).sum();
    let jobs: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .flat_map(|(at, (subject, _))| (0..(pairs * weight(subject)).div_ceil(total)).map(move |turn| (at, turn)))
        .collect();
    let (next, broken) = (AtomicUsize::new(0), Faults::default());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                let worlds = Worlds::new();
                while let Some((at, turn)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (subject, tally) = &all[*at];
                    let seed = (seed as u64) << 32 | (*at as u64) << 16 | *turn as u64;
                    if let Some(fault) = one(&worlds, subject, seed, tally) {
                        fault.note(&worlds, &broken);
                    }
                }
            });
        }
    });
    let tallies = all.into_iter().map(|(subject, tally)| (subject, tally.into_inner().unwrap())).collect();
    print(&tallies);
    let broken = broken.into_inner().unwrap();
    let texts: Vec<String> = broken.into_values().map(|(count, text)| format!("== {count} times: {text}")).collect();
    assert!(texts.is_empty(), "pairs are broken\n\n{}", texts.join("\n\n"));
    tallies
}

/// What is broken, by subject and first line: how often, and the simplest of them.
type Faults = Mutex<BTreeMap<(String, String), (usize, String)>>;

/// A pair that is broken.
struct Fault<'a> {
    subject: &'a Subject,
    pair: (Choice, Choice),
    strict: bool,
    text: String,
}

/// One pair that is not refused, or so many that are; answers what is broken.
fn one<'a>(worlds: &Worlds, subject: &'a Subject, seed: u64, tally: &Mutex<Tally>) -> Option<Fault<'a>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut last = None;
    for _ in 0..20 {
        let first = valid(worlds, subject, &mut random, None, false);
        let strict = random.bool();
        let second = valid(worlds, subject, &mut random, Some(&first), strict);
        let pair = (first, second);
        match worlds.live(subject, &pair, strict) {
            End::Well(impacts) => {
                let mut tally = tally.lock().unwrap();
                tally.impacts.add(impacts);
                tally.pairs += 1;
                for name in subject.differences(&pair.0, &pair.1) {
                    *tally.changed.entry(name.to_owned()).or_default() += 1;
                }
                return None;
            }
            End::Refused(codes) => *tally.lock().unwrap().refused.entry(codes).or_default() += 1,
            End::Broken(text) => return Some(Fault { subject, pair, strict, text }),
        }
        last = Some(pair);
    }
    last.map(|pair| Fault { subject, pair, strict: false, text: "twenty pairs in a row are refused".to_owned() })
}

impl Fault<'_> {
    /// Counts it; the first of its like is made simple.
    fn note(self, worlds: &Worlds, faults: &Faults) {
        let key = (self.subject.name.clone(), headline(&self.text).to_owned());
        let known = {
            let mut faults = faults.lock().unwrap();
            let entry = faults.entry(key.clone()).or_default();
            entry.0 += 1;
            entry.0 > 1
        };
        if !known {
            let text = self.shrink(worlds);
            faults.lock().unwrap().entry(key).or_default().1 = text;
        }
    }

    fn shrink(self, worlds: &Worlds) -> String {
        let Self { subject, mut pair, strict, mut text } = self;
        let mut tries = 60;
        while let Some((simpler, found)) = simpler(worlds, subject, &pair, strict, &text, &mut tries) {
            (pair, text) = (simpler, found);
        }
        let (first, second) = (subject.write(&pair.0), subject.write(&pair.1));
        let diff = similar::TextDiff::from_lines(&first, &second).unified_diff().context_radius(99).to_string();
        format!("{}: {text}\n{diff}", subject.name)
    }
}

/// A simpler pair that is broken in the same way.
fn simpler(
    worlds: &Worlds,
    subject: &Subject,
    pair: &(Choice, Choice),
    strict: bool,
    text: &str,
    tries: &mut usize,
) -> Option<((Choice, Choice), String)> {
    for simpler in subject.simpler(pair) {
        if *tries == 0 {
            return None;
        }
        if !(worlds.is_valid(&subject.write(&simpler.0)) && worlds.is_valid(&subject.write(&simpler.1))) {
            continue;
        }
        *tries -= 1;
        match worlds.live(subject, &simpler, strict) {
            End::Broken(found) if headline(&found) == headline(text) => return Some((simpler, found)),
            _ => {}
        }
    }
    None
}

/// A configuration that `validate` takes.
fn valid(
    worlds: &Worlds,
    subject: &Subject,
    random: &mut fastrand::Rng,
    base: Option<&Choice>,
    covers: bool,
) -> Choice {
    for _ in 0..500 {
        let mut choice = subject.choose(random, base);
        if let (Some(base), true) = (base, covers) {
            subject.cover(&mut choice, base);
        }
        if worlds.is_valid(&subject.write(&choice)) {
            return choice;
        }
    }
    panic!("{}: 500 configurations in a row are not valid", subject.name)
}

fn headline(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The table, on the real stderr: the harness keeps what a test prints.
fn print(tallies: &Vec<(Subject, Tally)>) {
    let mut text = format!("\n{:<30} {:>5}  changed in place, and what plans refuse\n", "subject", "pairs");
    for (subject, tally) in tallies {
        let counts = updatable(kind(subject)).filter_map(|name| Some(format!("{name} {}", tally.changed.get(name)?)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let refused: usize = tally.refused.values().sum();
        let codes =
            tally.refused.iter().map(|(codes, count)| format!("{codes} {count}")).collect::<Vec<_>>().join(", ");
        text += &format!("{:<30} {:>5}  {counts}", subject.name, tally.pairs);
        text += &if refused > 0 { format!("; refused {codes}\n") } else { "\n".to_owned() };
    }
    let pairs: usize = tallies.iter().map(|(_, tally)| tally.pairs).sum();
    let _ = writeln!(std::io::stderr(), "{text}{pairs} pairs");
}
