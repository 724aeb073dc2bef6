//! Runs `tests/cases/**/*.txt`. A case is one file: files of a stack, commands, and what they print.
//!
//! ```text
//! # What the case is about.
//! -- file main.hcl --
//! ...
//! $ NAME=value cachestack plan
//! what is printed; [stderr] stands before what goes there
//! [exit 0]
//! -- edit main.hcl --
//! a text of the file
//! =>
//! what takes its place
//! -- later 8d --
//! -- brief --
//! ```
//!
//! From `-- brief --` on, apply and destroy show neither the plan nor the progress, whose order may vary. With
//! CACHESTACK_UPDATE_CASES=1 the expectations are written anew; CACHESTACK_CASE=WORD plays only those with the word in
//! their name. `-- later 8d --` moves the clock of the built-in emulator of the environment `local`, in days;
//! `-- control metrics --` sends the JSON behind it to its control API.

use std::path::{Path, PathBuf};

use cachestack::diag::visible;
use regex::Regex;

use crate::harness::{Place, files, root, run};

/// Stands for a secret in every case: nothing may print it.
const SECRET: &str = "hunter";

/// A part of a case.
#[derive(Debug)]
enum Part {
    /// Lines that stay as they are.
    Text(Vec<String>),
    /// A file: its name and its lines.
    File(String, Vec<String>),
    /// A change of a file: its name, what goes and what comes.
    Edit(String, Vec<String>),
    /// Only the results of apply and destroy are shown from here on.
    Brief,
    /// The clock of the emulator goes on, by so many days.
    Later(u64),
    /// Something that is asked of the control API of the emulator: what, and the body.
    Control(String, Vec<String>),
    /// A command and what it prints.
    Command(String, Vec<String>),
}

#[test]
fn seeds() {
    check("seeds");
}

#[test]
fn errors() {
    check("errors");
}

#[test]
fn strangers() {
    check("strangers");
}

#[test]
fn day_two() {
    check("day-two");
}

#[test]
fn money() {
    check("money");
}

#[test]
fn plans() {
    check("plan");
}

#[test]
fn changes() {
    check("changes");
}

#[test]
fn desk() {
    check("desk");
}

#[test]
fn every_directory_of_cases_is_run() {
    let this = include_str!("cases.rs");
    for entry in std::fs::read_dir(root().join("tests/cases")).expect("the cases") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(this.contains(&format!("check(\"{name}\")")), "tests/cases/{name} is not run");
    }
}

/// Runs the cases of a directory, all of them, before it fails.
fn check(directory: &str) {
    let update = std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty());
    let cases = files(&root().join("tests/cases").join(directory), "txt");
    assert!(!cases.is_empty(), "there are no cases in {directory}");
    let word = std::env::var("CACHESTACK_CASE").unwrap_or_default();
    let cases = cases.iter().filter(|path| path.to_string_lossy().contains(&word));
    let wrong: Vec<String> = cases.filter_map(|path| one(path, update)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a case; answers what is different.
fn one(path: &PathBuf, update: bool) -> Option<String> {
    let text = std::fs::read_to_string(path).expect("a case");
    let found = play(&parse(&text));
    if found == text {
        return None;
    }
    if update {
        std::fs::write(path, &found).expect("the case is written");
        return None;
    }
    let name = path.strip_prefix(root()).unwrap_or(path).display();
    let diff = similar::TextDiff::from_lines(&text, &found).unified_diff().header("expected", "found").to_string();
    Some(format!("{name}:\n{diff}"))
}

fn parse(text: &str) -> Vec<Part> {
    let mut parts = vec![Part::Text(Vec::new())];
    for line in text.lines() {
        let heading = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
        let part = match heading.map(|heading| heading.split_once(' ').unwrap_or((heading, ""))) {
            Some(("brief", "")) => Some(Part::Brief),
            Some(("later", days)) => {
                let days = days.strip_suffix('d').and_then(|days| days.parse().ok());
                Some(Part::Later(days.unwrap_or_else(|| panic!("{line}"))))
            }
            Some(("control", action)) => Some(Part::Control(action.to_owned(), Vec::new())),
            Some(("file", name)) => Some(Part::File(name.to_owned(), Vec::new())),
            Some(("edit", name)) => Some(Part::Edit(name.to_owned(), Vec::new())),
            _ => line.strip_prefix("$ ").map(|command| Part::Command(command.to_owned(), Vec::new())),
        };
        match (part, parts.last_mut()) {
            (Some(part), _) => parts.push(part),
            (
                None,
                Some(
                    Part::Text(lines)
                    | Part::File(_, lines)
                    | Part::Edit(_, lines)
                    | Part::Control(_, lines)
                    | Part::Command(_, lines),
                ),
            ) => {
                lines.push(line.to_owned());
            }
            (None, _) => parts.push(Part::Text(vec![line.to_owned()])),
        }
    }
    parts
}

/// Carries a case out; answers its text with what was printed.
fn play(parts: &[Part]) -> String {
    let place = Place::new();
    let mut brief = false;
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    for part in parts {
        match part {
            Part::Text(lines) => lines.iter().for_each(|line| say(line)),
            Part::File(name, lines) => {
                place.write(name, &(lines.join("\n") + "\n"));
                say(&format!("-- file {name} --"));
                lines.iter().for_each(|line| say(line));
            }
            Part::Edit(name, lines) => {
                edit(&place, name, lines);
                say(&format!("-- edit {name} --"));
                lines.iter().for_each(|line| say(line));
            }
            Part::Later(days) => {
                place.move_clock(days * 86_400);
                say(&format!("-- later {days}d --"));
            }
            Part::Control(action, lines) => {
                place.control(action, &lines.join("\n"));
                say(&format!("-- control {action} --"));
                lines.iter().for_each(|line| say(line));
            }
            Part::Brief => {
                brief = true;
                say("-- brief --");
            }
            Part::Command(command, _) => {
                say(&format!("$ {command}"));
                let output = normalise(&command_output(&place, command), place.path());
                let is_verb = command.contains(" updates ");
                let acts = [" apply", " destroy", " restore"].iter().any(|word| command.contains(word)) && !is_verb;
                let long = brief && acts;
                let rotates = brief && command.contains(" rotate");
                say(&match (long, rotates) {
                    (true, _) => results(&output),
                    (_, true) => without_progress(&output),
                    _ => output,
                });
            }
        }
    }
    text
}

fn edit(place: &Place, name: &str, lines: &[String]) {
    let at = lines.iter().position(|line| line == "=>").unwrap_or_else(|| panic!("an edit of {name} without =>"));
    let text = place.read(name);
    let (from, to) = (lines[..at].join("\n"), lines[at + 1..].join("\n"));
    assert_eq!(text.matches(&from).count(), 1, "{name} must have this once:\n{from}");
    place.write(name, &text.replace(&from, &to));
}

/// What a command prints, and how it ends.
pub fn command_output(place: &Place, command: &str) -> String {
    let mut words = words(command).into_iter().peekable();
    let mut env = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        env.push((name.to_owned(), value.to_owned()));
        words.next();
    }
    assert_eq!(words.next().as_deref(), Some("cachestack"), "{command}");
    let args: Vec<String> = words.collect();
    let mut program = place.program(&args);
    program.envs(env);
    let done = run(program);
    let harmless = |text: &str| text == visible::visible(text);
    assert!(args.contains(&"-raw".to_owned()) || harmless(&done.stdout), "{command}: {:?}", done.stdout);
    assert!(harmless(&done.stderr), "{command}: {:?}", done.stderr);
    let told = [&done.stdout, &done.stderr].into_iter().find(|text| text.contains(SECRET));
    assert_eq!(told, None, "{command} tells a secret");
    let mut text = done.stdout.clone();
    if !done.stderr.is_empty() {
        text.push_str("[stderr]\n");
        text.push_str(&done.stderr);
    }
    format!("{}\n[exit {}]", text.trim_end(), done.code).trim_start_matches('\n').to_owned()
}

/// Words as a shell would split them; quotes of either kind keep a word together.
pub fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        let last = words.last_mut().expect("a word");
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            _ => last.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What an apply prints behind the plan and the progress.
fn results(text: &str) -> String {
    let planned = text.rfind("\nPlan: ").map_or(0, |at| at + 1);
    let restored = text.find("\nPlan for environment ").filter(|_| text.contains(" is restored from ")).unwrap_or(0);
    let noise = r"^(Plan: |Expected duration |Impact: |Marks: |Cost of caches: |  \S+ +([+-][0-9.]+ \(|price unknown: |\S+ costs more from )|\S.*: ((Creating|Modifying|Destroying|Forgetting|Reading)\.\.\.|(Created|Modified|Destroyed|Forgotten|Read) after |still ))";
    let noise = Regex::new(noise).expect("a pattern");
    let lines = text[..restored].lines().chain(text[planned..].lines());
    let lines: Vec<&str> = lines.filter(|line| !noise.is_match(line)).collect();
    lines.join("\n").trim_start_matches('\n').to_owned()
}

/// Without the lines of progress, whose order may vary.
fn without_progress(text: &str) -> String {
    let progress =
        Regex::new(r"^\S+: ((Creating|Modifying)\.\.\.|(Created|Modified) after |still )").expect("a pattern");
    let lines: Vec<&str> = text.split('\n').filter(|line| !progress.is_match(line)).collect();
    lines.join("\n")
}

/// Takes out what differs from run to run.
pub fn normalise(text: &str, directory: &Path) -> String {
    let replaced = [
        (r"after [0-9.]+(ms|s|m[0-9]+s)", "after TIME"),
        (r"(\b|_)sg-[0-9a-f]{17}(\b|_)", "${1}sg-ID$2"),
        (r#"(LogGroup = "[\w/-]+-)[0-9a-f]{16}""#, "${1}SUFFIX\""),
        (r"-final-[0-9a-f]{8}\b", "-final-ID"),
        (r"\bsgr-[0-9a-f]{17}\b", "sgr-ID"),
        (r"\b(automatic\.[\w-]+?)-20\d\d-\d\d-\d\d-\d\d-\d\d\b", "$1-DATE"),
        // Of a subscription, behind its topic.
        (r#"(:sns:[^"\s]*):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"#, "$1:UUID"),
        (r"\bvpc-[0-9a-f]{17}\b", "vpc-ID"),
        (r"\bsubnet-[0-9a-f]{17}\b", "subnet-ID"),
        (r"\b[0-9a-f]{32}\b", "HEX"),
        (r"\b20\d\d-\d\d-\d\dT[0-9:.]+Z", "TIMESTAMP"),
        (r#""elapsed_seconds":[0-9.e-]+"#, r#""elapsed_seconds":TIME"#),
        (r"\b20\d\d-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
        (r"\(request [0-9a-f-]{36}\)", "(request ID)"),
        (r"elasticache-20\d{6}-(\w+)-security \(\w+\)", "elasticache-DATE-$1-security (SEVERITY)"),
        (r"elasticache-20\d{6}-", "elasticache-DATE-"),
        (r"process [0-9]+, since [^.\n]+", "process N"),
    ];
    let name = directory.file_name().and_then(|name| name.to_str()).expect("a name");
    let mut text = text.replace(&directory.display().to_string(), "DIR").replace(name, "DIR");
    for (pattern, with) in replaced {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, with).into_owned();
    }
    text
}
