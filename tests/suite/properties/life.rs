//! The life of a pair of configurations on two emulators: one that is changed, and one that is fresh.

use std::collections::BTreeSet;

use super::impact::{self, Seen};
use super::subject::{Choice, Subject};
use crate::harness::{Emulator, Place, Run};

/// How a pair went.
pub enum End {
    /// As it should; what the calls of the change do.
    Well(Seen),
    /// The change is not possible, and the plan says so: with the codes of its errors.
    Refused(String),
    /// A property does not hold.
    Broken(String),
}

/// Two accounts and two directories.
pub struct Worlds {
    changed: Emulator,
    fresh: Emulator,
}

impl Worlds {
    pub fn new() -> Self {
        Self { changed: Emulator::start("instant"), fresh: Emulator::start("instant") }
    }

    /// Whether a configuration is one that `validate` takes.
    pub fn is_valid(&self, text: &str) -> bool {
        let place = place(text);
        place.run(&["-C", "stack", "validate"]).code == 0
    }

    /// Makes the first, changes it into the second, destroys it; `strict` if the second leaves nothing out that the first
    /// writes, so that it has to be as if it had been made so.
    pub fn live(&self, subject: &Subject, pair: &(Choice, Choice), strict: bool) -> End {
        clear(&self.changed);
        match self.attempt(subject, pair, strict) {
            Ok(impacts) => End::Well(impacts),
            Err(end) => end,
        }
    }

    fn attempt(&self, subject: &Subject, (first, second): &(Choice, Choice), strict: bool) -> Result<Seen, End> {
        let place = place(&subject.write(first));
        let before = world(&self.changed);
        let run = |args: &[&str]| on(&place, &self.changed, args);
        made(run(&["apply", "--auto-approve"]), "the first cannot be made")?;
        empty(run(&["plan", "--detailed-exitcode"]), "the first is not what was asked for")?;

        place.write("stack/main.hcl", &subject.write(second));
        let plan = run(&["plan", "--allow-destroy", "all"]);
        if plan.code != 0 {
            return Err(refused(&plan));
        }
        let applied = run(&["apply", "--auto-approve", "--allow-destroy", "all"]);
        made(applied, &format!("the change fails:\n{}\n", plan.stdout))?;
        empty(run(&["plan", "--detailed-exitcode"]), "the second is not what was asked for")?;
        let deferred = is_deferred(&subject.write(second));
        if deferred {
            pass_window(&self.changed);
            empty(run(&["plan", "--detailed-exitcode"]), "the second is not what was asked for, after the window")?;
        }
        if strict {
            self.compare(&subject.write(second), &plan.stdout)?;
        }
        made(run(&["destroy", "--auto-approve"]), "it cannot be destroyed")?;
        same(&before, &world(&self.changed), "a destroy leaves something")?;
        Ok(impact::of_plan(&plan.stdout))
    }

    /// Compares what was changed with what is made at once.
    fn compare(&self, text: &str, plan: &str) -> Result<(), End> {
        clear(&self.fresh);
        let place = place(text);
        made(on(&place, &self.fresh, &["apply", "--auto-approve"]), "the second cannot be made")?;
        if is_deferred(text) {
            pass_window(&self.fresh);
        }
        let said = format!("what was changed is not what is made at once:\n{plan}");
        same(&world(&self.fresh), &world(&self.changed), &said)
    }
}

/// Whether changes wait for the maintenance window.
fn is_deferred(text: &str) -> bool {
    text.contains("apply_immediately = false")
}

/// Lets eight days go by, and with them the maintenance window of every cache.
fn pass_window(emulator: &Emulator) {
    set_clock(emulator, r#"{"advance_seconds":691200}"#);
}

fn set_clock(emulator: &Emulator, to: &str) {
    emulator.http("POST /_cachestack/clock", "X-Cachestack-Control: 1\r\n", to);
}

/// An empty world of today, but for what an account has in each region that the subjects name.
fn clear(emulator: &Emulator) {
    emulator.control("reset");
    set_clock(emulator, r#"{"offset_seconds":0}"#);
    for region in ["us-east-1", "eu-west-1"] {
        let scope = format!("test/20260101/{region}/elasticache/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\nAuthorization: {signature}\r\n");
        emulator.http("POST /", &headers, "Action=DescribeUsers&Version=2015-02-02");
    }
}

fn place(text: &str) -> Place {
    let mut place = Place::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        place.env(name, "test");
    }
    place.write("stack/main.hcl", text);
    place
}

fn on(place: &Place, emulator: &Emulator, args: &[&str]) -> Run {
    place.run(&[&["-C", "stack"], args, &["--endpoint", &emulator.url]].concat())
}

fn made(run: Run, what: &str) -> Result<(), End> {
    if run.code == 0 { Ok(()) } else { Err(broken(&run, what)) }
}

fn empty(run: Run, what: &str) -> Result<(), End> {
    made(run, what)
}

fn broken(run: &Run, what: &str) -> End {
    let failed =
        run.stdout.lines().chain(run.stderr.lines()).find(|line| line.contains("failed") || line.contains("error"));
    let reason = failed.and_then(|line| line.split("ed after ").last()).unwrap_or_default();
    let reason =
        reason.split(" (request").next().unwrap_or_default().trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    End::Broken(format!("{reason}: {what} (exit {})\n{}\n{}", run.code, run.stdout, run.stderr))
}

/// A plan that ends with errors says why by their codes; without one it is broken.
fn refused(plan: &Run) -> End {
    let texts = [plan.stdout.as_str(), &plan.stderr];
    let codes = texts.iter().flat_map(|text| text.split("error[").skip(1)).filter_map(|rest| rest.split(']').next());
    let codes: BTreeSet<&str> = codes.collect();
    match codes.is_empty() {
        true => broken(plan, "the plan fails without an error that has a code"),
        false => End::Refused(codes.into_iter().collect::<Vec<_>>().join(" ")),
    }
}

fn same(one: &[String], other: &[String], what: &str) -> Result<(), End> {
    if one == other {
        return Ok(());
    }
    let (one, other) = (one.join("\n") + "\n", other.join("\n") + "\n");
    let diff = similar::TextDiff::from_lines(&one, &other).unified_diff().context_radius(0).to_string();
    Err(End::Broken(format!("{what}:\n{diff}")))
}

/// Tables that tell what happened, and when it is, not what is there.
const HISTORY: [&str; 4] = ["counters", "events", "timers", "settings"];

/// Members of rows that tell when something was made, which of several of the same name it is, or what is just going on.
const MOMENTS: [&str; 4] = ["serial", "created", "cachestack:id", "snapshotting"];

/// What an account holds, a line for each value of each object, without what differs from one making to the next.
fn world(emulator: &Emulator) -> Vec<String> {
    let export = emulator.export();
    // What is made as Valkey is encrypted at rest unless it says otherwise; what becomes Valkey stays as it was.
    let became = export["rows"].to_string().contains("\"engine\":\"valkey\"");
    let mut lines = Vec::new();
    for row in export["rows"].as_array().expect("rows") {
        let part = |at: usize| row[at].as_str().unwrap_or_default();
        // The first cache that names no subnet group makes this one, and it stays.
        let first = (part(2), part(3)) == ("subnet_groups", "default");
        // Snapshots that the days have brought.
        let daily = part(2) == "snapshots" && row[4]["origin"] == "automated";
        // AWS forgets those that nobody confirms.
        let waits = part(2) == "subscriptions" && row[4]["pending"] == true;
        // Memcached has no snapshots, and a window for them all the same.
        let idle = row[4]["own"]["engine"] == "memcached";
        if !(HISTORY.contains(&part(2)) || first || daily || waits) {
            let mut own = Vec::new();
            flatten(&format!("{} {} {}", part(1), part(2), part(3)), &row[4], &mut own);
            // Nodes of Memcached stay in the zones where they were made, whatever zones are preferred later.
            let is_of_idle = |line: &str| line.contains(" snapshot_window = ") || line.contains(" zone = ");
            // Saying the default is saying nothing.
            let is_default = |line: &str| line.ends_with(" RawMessageDelivery = \"false\"");
            let is_aside =
                |line: &str| idle && is_of_idle(line) || became && line.contains(" at_rest = ") || is_default(line);
            lines.extend(own.into_iter().filter(|line| !is_aside(line)));
        }
    }
    let mut lines: Vec<String> = lines.iter().map(|line| without_ids(line)).collect();
    lines.sort();
    lines
}

fn flatten(path: &str, value: &serde_json::Value, lines: &mut Vec<String>) {
    match value {
        // A topic that was taken away is told for a while.
        value if path.ends_with(" topic") && value["status"] == "inactive" => lines.push(format!("{path} = null")),
        serde_json::Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !MOMENTS.contains(&name.as_str()));
            members.for_each(|(name, value)| flatten(&format!("{path} {name}"), value, lines));
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().enumerate().for_each(|(at, item)| flatten(&format!("{path} {at}"), item, lines));
        }
        // Members have no order.
        serde_json::Value::Array(items) if path.ends_with(" users") => {
            let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
            items.sort();
            lines.push(format!("{path} = {}", items.join(",")));
        }
        value => lines.push(format!("{path} = {value}")),
    }
}

/// A line with every id, suffix and moment that is made up in the same words.
fn without_ids(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let plain = |word: &str| {
        let word_only = word.trim_end_matches(|c| !is_word(c));
        let hex = word_only.bytes().all(|byte| byte.is_ascii_hexdigit());
        let moment = word_only.len() == 13 && word_only.bytes().all(|byte| byte.is_ascii_digit());
        let made_up = hex && word_only.len() >= 12 || moment;
        if made_up { format!("*{}", &word[word_only.len()..]) } else { word.to_owned() }
    };
    // The parts of an id between its hyphens are hidden by the longest of them.
    let mut text: String = line.split_inclusive(|c| !is_word(c)).map(plain).collect();
    while let Some(at) = text.find("-*").filter(|at| text[..*at].ends_with(|c: char| c.is_ascii_hexdigit())) {
        let start = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |found| found + 1);
        if at - start != 4 && at - start != 8 {
            break;
        }
        text.replace_range(start..at + 1, "");
    }
    text
}
