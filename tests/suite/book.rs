//! The documentation: pages that are made out of the program are not stale, links lead somewhere, every page is in the
//! contents, and what a page shows of a terminal is what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cachestack::cli::manual;
use cachestack::ui::reference::{self, markdown};
use regex::Regex;

use crate::cases::{command_output, normalise};
use crate::harness::{Place, files, root};

pub fn is_update() -> bool {
    std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty())
}

/// What a page must be; written where that is wanted.
pub fn is_stale(path: &Path, text: &str) -> bool {
    if std::fs::read_to_string(path).is_ok_and(|known| known == text) {
        return false;
    }
    if is_update() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(path, text).expect("the page is written");
    }
    !is_update()
}

/// The pages that are made, by their paths below `docs`.
fn made() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::from([("reference/commands.md".to_owned(), manual::commands())]);
    for page in reference::pages() {
        let (folder, name) = match page.head.strip_prefix("data \"") {
            Some(name) => ("data", name.trim_end_matches('"')),
            None => ("kinds", &*page.head),
        };
        pages.insert(format!("reference/{folder}/{name}.md"), markdown::page(&page));
    }
    pages
}

#[test]
fn the_reference_is_what_the_program_says() {
    let pages = made();
    let docs = root().join("docs");
    let stale: Vec<&String> =
        pages.iter().filter(|(path, text)| is_stale(&docs.join(path), text)).map(|page| page.0).collect();
    assert!(stale.is_empty(), "stale: {stale:?}; CACHESTACK_UPDATE_CASES=1 writes them anew");
    let known: BTreeSet<String> = pages.into_keys().collect();
    for folder in ["reference/kinds", "reference/data"] {
        for path in files(&docs.join(folder), "md") {
            let path = path.strip_prefix(&docs).expect("below docs").display().to_string();
            assert!(known.contains(&path), "{path} is of no kind");
        }
    }
}

fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root().join("docs"), "md");
    pages.push(root().join("README.md"));
    pages
}

/// What a heading is called in a link, as GitHub and mdBook do it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let heading = |line: &str| {
        fenced ^= line.starts_with("```");
        let title = line.trim_start_matches('#');
        (!fenced && title.len() < line.len() && title.starts_with(' ')).then(|| anchor(title))
    };
    text.lines().map(heading).collect::<Vec<_>>().into_iter().flatten().collect()
}

#[test]
fn no_link_is_dead() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let mut dead = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, at) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().expect("a folder").join(file) };
            let there = std::fs::read_to_string(&path).map(|text| at.is_empty() || anchors(&text).contains(at));
            if !path.is_dir() && !there.unwrap_or(false) {
                dead.push(format!("{}: {target}", page.strip_prefix(root()).unwrap_or(&page).display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_page_is_in_the_contents() {
    let docs = root().join("docs");
    let contents = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("the contents");
    let missing: Vec<String> = files(&docs, "md")
        .iter()
        .map(|path| path.strip_prefix(&docs).expect("below docs").display().to_string())
        .filter(|path| path != "SUMMARY.md" && !contents.contains(&format!("]({path})")))
        .collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not have {missing:?}");
}

/// The variables of a process that the program reads.
#[test]
fn every_variable_of_the_process_is_documented() {
    let page = std::fs::read_to_string(root().join("docs/reference/variables.md")).expect("the page");
    let name = Regex::new(r#""((?:CACHESTACK|TF|AWS|GITHUB|CI|XDG|HTTP|HTTPS|ALL|NO)_[A-Z_]+)""#).expect("a pattern");
    let mut missing = BTreeSet::new();
    // The emulator knows words of AWS that look like variables; tests have their own.
    let is_other =
        |path: &Path| ["emulator", "differential", "tests.rs"].iter().any(|part| path.iter().any(|one| one == *part));
    for path in files(&root().join("src"), "rs").into_iter().filter(|path| !is_other(path)) {
        let text = std::fs::read_to_string(&path).expect("source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let found = name.captures_iter(code).map(|found| found[1].to_owned());
        missing.extend(found.filter(|name| !name.contains("_TEST_") && !page.contains(&format!("`{name}"))));
    }
    assert!(missing.is_empty(), "docs/reference/variables.md does not have {missing:?}");
}

/// A part of a page.
pub enum Part {
    /// Lines that stay as they are.
    Text(String),
    /// A block whose fence names a file: the fence, the file, what is in it.
    File(String, String, String),
    /// A block of what is typed, without what is printed.
    Console(Vec<String>),
}

/// The parts of a page, in their order.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```").filter(|fence| !fence.is_empty()) else {
            parts.push(Part::Text(format!("{line}\n")));
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let whole: String = block.iter().map(|line| format!("{line}\n")).collect();
        parts.push(match fence.split_once(' ') {
            Some((_, file)) => Part::File(fence.to_owned(), file.to_owned(), whole),
            None if fence == "console" => {
                Part::Console(block.iter().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect())
            }
            None => Part::Text(format!("```{fence}\n{whole}```\n")),
        });
    }
    parts
}

/// Plays a page: files are written, and commands run; answers the page with what they print.
fn played(text: &str) -> String {
    let place = Place::new();
    let play = |part: Part| match part {
        Part::Text(text) => text,
        Part::File(fence, file, text) => {
            place.write(&file, &text);
            format!("```{fence}\n{text}```\n")
        }
        Part::Console(commands) => {
            let shown = commands.iter().map(|command| format!("$ {command}\n{}", shown(&place, command)));
            format!("```console\n{}```\n", shown.collect::<String>())
        }
    };
    parts(text).into_iter().map(play).collect()
}

/// What a command prints, as a page shows it.
fn shown(place: &Place, command: &str) -> String {
    let output = normalise(&command_output(place, command), place.path());
    let output = output.trim_end().strip_suffix("[exit 0]").map_or(output.clone(), str::to_owned);
    output.replace("[stderr]\n", "").replace("TIME", "1s").trim_end().to_owned() + "\n"
}

/// Compares a page with what its commands print by now.
fn happens(page: &str) {
    let path = root().join("docs").join(page);
    let text = std::fs::read_to_string(&path).expect("a page");
    let found = played(&text);
    if is_stale(&path, &found) {
        let diff = similar::TextDiff::from_lines(&text, &found).unified_diff().header("expected", "found").to_string();
        panic!("docs/{page}:\n{diff}");
    }
}

#[test]
fn the_tutorial_happens() {
    happens("tutorial.md");
}

#[test]
fn the_guide_to_local_engines_happens() {
    happens("guides/local-engines.md");
}
