//! The rules of `validate` against those of the emulator, which shares none of them.
//!
//! A configuration that is drawn from `tests/rules` (in the form of `tests/properties`) is judged, then applied. What the
//! emulator refuses, `validate` has to refuse, or to warn of where AWS adds to a set without notice (`warnings.tsv`); what `validate`
//! refuses, the emulator has to refuse: `lint` makes warnings of those errors for that.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Place, Run, files, root};
use crate::properties::subject::{Choice, Subject};

/// How many are judged at a time.
const SIDE_BY_SIDE: usize = 4;

/// What came of a configuration.
#[derive(Debug)]
enum Verdict {
    /// Nobody refuses it.
    Taken,
    /// Both refuse it: our codes.
    Refused(BTreeSet<String>),
    /// The emulator refuses it, and we warn of that, the set being open: our codes.
    Warned(BTreeSet<String>),
    /// The plan refuses it once the rules do not, so that the emulator is never asked: its codes.
    Unasked(BTreeSet<String>),
    /// The emulator refuses it, and we say nothing: its words.
    Missing(String),
    /// We refuse it, and the emulator takes it: our code.
    FalseAlarm(BTreeSet<String>),
}

#[test]
fn rules_are_those_of_the_emulator() {
    run(number("CACHESTACK_CONFIGURATIONS", 100), number("CACHESTACK_SEED", 1));
}

/// The long one: `cargo test --test suite -- --ignored rules_are_those_of_the_emulator_at_length`.
#[test]
#[ignore = "takes half an hour"]
fn rules_are_those_of_the_emulator_at_length() {
    run(number("CACHESTACK_CONFIGURATIONS", 5000), number("CACHESTACK_SEED", 2));
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn run(count: usize, seed: usize) {
    let word = std::env::var("CACHESTACK_SUBJECT").unwrap_or_default();
    let paths = files(&root().join("tests/rules"), "txt");
    let paths = paths.iter().filter(|path| path.to_string_lossy().contains(&word));
    let subjects: Vec<Subject> = paths.map(|path| Subject::read(path)).collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let open = columns("warnings.tsv");
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < count) {
                    let subject = &subjects[at % subjects.len()];
                    let mut random = fastrand::Rng::with_seed((seed as u64) << 32 | at as u64);
                    let text = subject.write(&draw(subject, &mut random));
                    let verdict = judge(&text, &open);
                    found.lock().unwrap().push((subject.name.clone(), text, verdict));
                }
            });
        }
    });
    tell(found.into_inner().unwrap());
}

/// The first value of each line, but for a few.
fn draw(subject: &Subject, random: &mut fastrand::Rng) -> Choice {
    let any = subject.choose(random, None);
    let mut choice = vec![0; any.len()];
    for _ in 0..random.usize(1..=3) {
        let at = random.usize(..any.len());
        choice[at] = any[at];
    }
    choice
}

fn judge(text: &str, open: &[(String, String)]) -> Verdict {
    let mut place = Place::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        place.env(name, "test");
    }
    place.write("main.hcl", text);
    let said = place.run(&["validate", "--json"]);
    let (errors, warnings) = (codes(&said, "error"), codes(&said, "warning"));
    let turn_down = |codes: &BTreeSet<String>| {
        let levels: String = codes.iter().map(|code| format!("    {code} = \"warn\"\n")).collect();
        place.write("main.hcl", &format!("stack \"s\" {{\n  lint {{\n{levels}  }}\n}}\n{text}"));
    };
    if !errors.is_empty() {
        turn_down(&errors);
    }
    let mut applied = place.run(&["apply", "--auto-approve"]);
    // What is warned of is an error where the plan makes the object.
    let told: BTreeSet<String> = printed(&applied).intersection(&warnings).cloned().collect();
    if !told.is_empty() {
        turn_down(&errors.union(&told).cloned().collect());
        applied = place.run(&["apply", "--auto-approve"]);
    }
    let refused = applied.stdout.lines().find_map(refusal);
    match (errors.is_empty(), applied.code, refused) {
        (true, 0, _) => Verdict::Taken,
        (false, 0, _) => Verdict::FalseAlarm(errors),
        (true, _, Some(words)) => {
            let told: BTreeSet<String> = warnings.into_iter().filter(|code| tells(open, code, &words)).collect();
            if told.is_empty() { Verdict::Missing(words) } else { Verdict::Warned(told) }
        }
        (false, _, Some(_)) => Verdict::Refused(errors),
        (_, _, None) => {
            let wrong = printed(&applied);
            assert!(!wrong.is_empty(), "neither taken nor refused\n{text}\n{}\n{}", applied.stdout, applied.stderr);
            Verdict::Unasked(wrong)
        }
    }
}

/// The codes of one severity in the answer of `validate --json`.
fn codes(run: &Run, severity: &str) -> BTreeSet<String> {
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("validate answers JSON");
    let found = answer["diagnostics"].as_array().expect("diagnostics");
    let found = found.iter().filter(|one| one["severity"] == severity);
    found.map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
}

/// The codes of the errors that a run prints.
fn printed(run: &Run) -> BTreeSet<String> {
    run.stderr.split("error[").skip(1).filter_map(|rest| rest.split(']').next()).map(str::to_owned).collect()
}

/// The words in which the emulator refuses a call, out of a line that tells of it.
fn refusal(line: &str) -> Option<String> {
    let (_, words) = line.split_once(" failed after ")?;
    let (_, words) = words.split_once(": ")?;
    Some(words.split(" (request ").next().unwrap_or(words).to_owned())
}

/// Two columns of a table, whose third is a reason: in `exceptions.tsv` who refuses something alone, as it should be, and
/// a part of its words, or its code and a word of the configuration; in `warnings.tsv` the code of a warning, and a part
/// of the words in which the emulator refuses what it warns of.
pub fn columns(name: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("tests/rules").join(name)).expect(name);
    let read = |line: &str| {
        let mut parts = line.split('\t');
        let (who, what, why) = (parts.next()?, parts.next()?, parts.next()?);
        assert!(!why.is_empty(), "{line}");
        Some((who.to_owned(), what.to_owned()))
    };
    text.lines().map(|line| read(line).unwrap_or_else(|| panic!("three columns: {line}"))).collect()
}

/// Whether a warning is about what the emulator refuses in these words. Any other is no excuse.
pub fn tells(open: &[(String, String)], code: &str, words: &str) -> bool {
    open.iter().any(|(known, part)| known == code && words.contains(part.as_str()))
}

/// Whether it is as it should be that only one of the two refuses a configuration.
fn is_excepted(exceptions: &[(String, String)], text: &str, verdict: &Verdict) -> bool {
    exceptions.iter().any(|(who, what)| match verdict {
        Verdict::Missing(words) => who == "emulator" && words.contains(what.as_str()),
        Verdict::FalseAlarm(codes) | Verdict::Unasked(codes) => {
            let by = if matches!(verdict, Verdict::Unasked(_)) { "plan" } else { "validate" };
            let (code, word) = what.split_once(' ').unwrap_or((what, ""));
            who == by && text.contains(word) && codes.iter().all(|found| found == code)
        }
        Verdict::Taken | Verdict::Refused(_) | Verdict::Warned(_) => false,
    })
}

/// Prints the counts, and fails where somebody is wrong.
fn tell(found: Vec<(String, String, Verdict)>) {
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (total, mut taken) = (found.len(), 0);
    let (exceptions, mut excepted) = (columns("exceptions.tsv"), 0);
    for (subject, text, verdict) in found {
        if is_excepted(&exceptions, &text, &verdict) {
            excepted += 1;
            continue;
        }
        let (at, codes) = match verdict {
            Verdict::Taken => {
                taken += 1;
                continue;
            }
            Verdict::Refused(codes) => (0, codes),
            Verdict::Warned(codes) => (1, codes),
            Verdict::Unasked(codes) => {
                let key = format!("{subject}: the plan refuses by {codes:?}, so that nobody asks the emulator");
                wrong.entry(key).or_insert((0, text)).0 += 1;
                (2, codes)
            }
            Verdict::FalseAlarm(codes) => {
                let key = format!("{subject}: the emulator takes what {codes:?} refuses");
                wrong.entry(key).or_insert((0, text)).0 += 1;
                (3, codes)
            }
            Verdict::Missing(words) => {
                wrong.entry(format!("{subject}: no rule says what {words}")).or_insert((0, text)).0 += 1;
                (3, BTreeSet::from(["none".to_owned()]))
            }
        };
        codes.into_iter().for_each(|code| counts.entry(code).or_default()[at] += 1);
    }
    let mut table =
        format!("\n{total} configurations, {taken} of them taken by both, {excepted} among the exceptions\n");
    table += "code    both refuse  we warn  plan refuses  wrong\n";
    for (code, [both, warned, unasked, wrong]) in counts {
        table += &format!("{code:<8}{both:>11}{warned:>9}{unasked:>14}{wrong:>7}\n");
    }
    // On the real stderr: the harness keeps what a test prints.
    let _ = writeln!(std::io::stderr(), "{table}");
    let wrong: Vec<String> =
        wrong.iter().map(|(key, (count, text))| format!("== {count} times: {key}\n{text}")).collect();
    assert!(wrong.is_empty(), "rules differ\n\n{}", wrong.join("\n\n"));
}
