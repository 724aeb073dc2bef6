//! Random expressions against Terraform. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_COUNT` choose others and more;
//! `cargo test --no-default-features differential -- --ignored --nocapture` runs ten thousand and prints how
//! often every function and operator was used. With `DIFFERENTIAL_TABLE` set it writes that to `coverage.txt`.
//!
//! An expression is compared twice: for its value without marks, or that it fails; and, where it has a value, for
//! what is printed with marks and unknown parts, and for its type. What differs on purpose is listed with its
//! reason in `tests/oracle/disagreements.txt`.

mod differences;
mod generator;
mod listed;
mod literals;
mod oracle;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use crate::lang::functions;
use generator::{CONSTRUCTS, Generator, Use};
use listed::{Listed, listed};
use oracle::{ERROR, Workshop, wrapped};

/// Expressions that are asked about at once.
const BATCH: usize = 200;

/// How often something was used: with a value in the end, at all, and with a null, sensitive or unknown operand.
type Uses = [usize; 5];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A comparison in the making.
struct Comparison {
    workshop: Workshop,
    listed: Vec<Listed>,
    excused: Vec<usize>,
    wrong: Vec<String>,
    /// How many expressions have a value on both sides, how many fail on both, and how many are unknown.
    outcomes: [usize; 3],
    uses: BTreeMap<&'static str, Uses>,
}

impl Comparison {
    fn new(workshop: Workshop) -> Self {
        let listed = listed();
        let names = table::CALLS.iter().map(|call| call.0.split('@').next().unwrap_or_default());
        let uses = names.chain(CONSTRUCTS).map(|name| (name, [0; 5])).collect();
        Self { workshop, excused: vec![0; listed.len()], listed, wrong: Vec::new(), outcomes: [0; 3], uses }
    }

    fn judge(&mut self, expr: &str, expected: &str, found: &str) -> bool {
        if expected == found {
            return true;
        }
        match self.listed.iter().position(|entry| entry.covers(expr, expected, found)) {
            Some(at) => self.excused[at] += 1,
            None => self.wrong.push(format!("> {expr}\nexpected {expected}\nfound    {found}\n")),
        }
        false
    }

    /// Compares a batch; `uses` are what each expression uses.
    fn batch(&mut self, exprs: &[String], uses: &[Vec<Use>]) {
        let scope = self.workshop.scope();
        let asked: Vec<String> = exprs.iter().map(|expr| wrapped(expr)).collect();
        let mut valued = Vec::new();
        for (index, expected) in self.workshop.theirs(&asked).into_iter().enumerate() {
            let expected = expected.map_or_else(|| ERROR.to_string(), |(value, _)| value);
            let found = self.workshop.ours(&asked[index], &self.workshop.bound(&scope));
            let found = found.map_or_else(|| ERROR.to_string(), |(value, _)| value);
            self.judge(&exprs[index], &expected, &found);
            let value = expected != ERROR && found != ERROR;
            self.outcomes[usize::from(!value)] += 1;
            self.outcomes[2] += usize::from(expected == "(known after apply)");
            self.count(&uses[index], value);
            if value {
                valued.push(exprs[index].clone());
            }
        }
        let whole: Vec<String> = valued.iter().map(|expr| format!("[{expr}]")).collect();
        for (index, expected) in self.workshop.theirs(&whole).into_iter().enumerate() {
            let found = self.workshop.ours(&whole[index], &self.workshop.bound(&scope)).unwrap_or_default();
            let expected = expected.unwrap_or_default();
            if self.judge(&valued[index], &expected.0, &found.0) {
                self.judge(&valued[index], &format!("type {}", expected.1), &format!("type {}", found.1));
            }
        }
    }

    fn count(&mut self, uses: &[Use], value: bool) {
        for one in uses {
            let of = self.uses.entry(one.what).or_default();
            of[0] += usize::from(value && !one.shielded);
            for (count, holds) in of[1..].iter_mut().zip([true, one.null, one.sensitive, one.unknown]) {
                *count += usize::from(holds);
            }
        }
    }
}

/// Compares `count` expressions; answers what was used, or `None` without a terraform.
fn compare(count: usize) -> Option<(String, BTreeMap<&'static str, Uses>)> {
    let workshop = Workshop::new();
    workshop.console("1")?;
    let mut comparison = Comparison::new(workshop);
    let seed = setting("DIFFERENTIAL_SEED", 20_261_122);
    let mut generator = Generator::new(seed);
    for first in (0..count).step_by(BATCH) {
        let made = (first..first + BATCH).map(|index| (generator.next(index), generator.uses.clone()));
        let (exprs, uses): (Vec<_>, Vec<_>) = made.unzip();
        comparison.batch(&exprs, &uses);
        generator.values = comparison.uses.iter().map(|(name, uses)| (*name, uses[0])).collect();
    }
    let Comparison { outcomes: [valued, failed, unknown], excused, wrong, uses, .. } = comparison;
    let summary = format!(
        "Seed {seed}: {} expressions, {valued} of them with a value on both sides ({unknown} with an unknown one), \
         {failed} that fail; {} differ as listed.",
        valued + failed,
        excused.iter().sum::<usize>()
    );
    println!("{summary}\nlisted differences met, in the order of the list: {excused:?}");
    assert!(wrong.is_empty(), "seed {seed}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
    Some((summary, uses))
}

fn skip(name: &str) {
    // What `eprintln!` says is shown of tests that fail only.
    let _ = writeln!(std::io::stderr(), "skipped: {name}: no terraform on the PATH");
}

#[test]
fn random_expressions_yield_what_terraform_prints() {
    if compare(setting("DIFFERENTIAL_COUNT", 600) as usize).is_none() {
        skip("random_expressions_yield_what_terraform_prints");
    }
}

#[test]
#[ignore = "a minute; ten thousand expressions and the table of what they use"]
fn ten_thousand_random_expressions_use_everything() {
    let Some((summary, uses)) = compare(setting("DIFFERENTIAL_COUNT", 10_000) as usize) else {
        return skip("ten_thousand_random_expressions_use_everything");
    };
    let mut table = format!(
        "{summary}\n\n{:<20} {:>7} {:>7} {:>7} {:>10} {:>8}\n",
        "", "values", "uses", "null", "sensitive", "unknown"
    );
    for (name, [values, all, null, sensitive, unknown]) in &uses {
        table.push_str(&format!("{name:<20} {values:>7} {all:>7} {null:>7} {sensitive:>10} {unknown:>8}\n"));
    }
    println!("{table}");
    if std::env::var_os("DIFFERENTIAL_TABLE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/differential/coverage.txt");
        std::fs::write(path, &table).expect("a file");
    }
    for (name, [values, _, null, sensitive, unknown]) in uses {
        let bare = functions::find(name).is_some_and(|function| function.params.is_empty() && function.rest.is_none());
        assert!(values >= 50 && (bare || null.min(sensitive).min(unknown) > 0), "{name} is used too little:\n{table}");
    }
}

/// The functions of Terraform 1.11 are ours; `secret` is ours alone, and those of a provider need one.
#[test]
fn every_function_is_generated() {
    let generated: BTreeSet<&str> =
        table::CALLS.iter().map(|call| call.0.split('@').next().unwrap_or_default()).collect();
    let ours: BTreeSet<&str> = functions::names().filter(|name| *name != "secret" && !name.contains("::")).collect();
    assert_eq!(ours, generated);
}
