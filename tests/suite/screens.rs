//! What a person sees: the commands of the README and the tutorial on a real terminal. Their screens lie in `docs/screens`,
//! as text and as pictures, and are compared.

use std::num::NonZero;

use anstyle_svg::Term;

use crate::book::{Part, is_stale, parts};
use crate::cases::{normalise, words};
use crate::harness::{Place, files, root};
use crate::terminal::Terminal;

/// A terminal with colours, whose cursor can be moved.
const TERM: &str = "xterm-256color";
const COLUMNS: u16 = 120;
/// More than any of them has.
const ROWS: u16 = 400;

fn size(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a size")
}

/// What stands on the terminal when a program has ended: lines with their colours.
fn screen(place: &Place, command: &str, typed: &[(&str, &str)]) -> String {
    let words = words(command);
    assert_eq!(words[0], "cachestack", "{command}");
    let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let mut terminal = Terminal::of_size(place, &words, (ROWS, COLUMNS));
    let mut seen = String::new();
    for (question, answer) in typed {
        seen.push_str(&terminal.until(question));
        terminal.press(answer);
    }
    seen.push_str(&terminal.end().1);
    let mut parser = vt100::Parser::new(size(ROWS), size(COLUMNS), 0);
    parser.process(seen.as_bytes());
    let rows: Vec<String> = parser.screen().rows_formatted(0, COLUMNS).collect();
    let end = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    // A row ends in its own colours; the next begins without.
    let mut rows: Vec<String> = rows[..end].iter().map(|row| format!("{row}\x1b[m")).collect();
    // What is under way at the same time ends in any order.
    rows.chunk_by_mut(|one, next| has_ended(one) && has_ended(next)).for_each(<[String]>::sort);
    normalise(&rows.join("\n"), place.path()).replace("TIME", "1s")
}

/// Whether a row tells of an object that is done.
fn has_ended(row: &str) -> bool {
    ["Created after", "Modified after", "Destroyed after"].iter().any(|end| row.contains(end))
}

/// The text without its colours.
fn plain(screen: &str) -> String {
    let mut text = String::new();
    let mut rest = screen;
    while let Some(at) = rest.find('\x1b') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |end| at + end + 1);
        // The cursor is moved over blanks that nobody wrote.
        let moved = rest[at..end].strip_prefix("\x1b[").and_then(|code| code.strip_suffix('C'));
        text.push_str(&" ".repeat(moved.map_or(0, |count| count.parse().unwrap_or(1))));
        rest = &rest[end..];
    }
    text + rest
}

/// Compares a screen with the one that is kept, as text and as a picture; answers what differs.
fn kept(name: &str, command: &str, screen: &str) -> Option<String> {
    let folder = root().join("docs/screens");
    let shown = format!("\x1b[1m$ {command}\x1b[m\n{screen}");
    // Blanks in the place of moves of the cursor, which pictures do not know.
    let picture = Term::new().render_svg(&without_moves(&shown));
    let text: String = plain(&shown).lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let wrong = [(format!("{name}.txt"), text), (format!("{name}.svg"), picture)]
        .into_iter()
        .filter(|(file, found)| is_stale(&folder.join(file), found))
        .map(|(file, found)| {
            let known = std::fs::read_to_string(folder.join(&file)).unwrap_or_default();
            similar::TextDiff::from_lines(&known, &found).unified_diff().header(&file, "found").to_string()
        });
    let wrong: Vec<String> = wrong.collect();
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn without_moves(screen: &str) -> String {
    let moved = regex::Regex::new("\x1b\\[([0-9]*)C").expect("a pattern");
    let blanks = |found: &regex::Captures| " ".repeat(found[1].parse().unwrap_or(1));
    moved.replace_all(screen, blanks).into_owned()
}

#[test]
fn the_tutorial_on_a_terminal() {
    let mut place = Place::new();
    place.env("TERM", TERM);
    let text = std::fs::read_to_string(root().join("docs/tutorial.md")).expect("the tutorial");
    let mut wrong = Vec::new();
    let mut count = 0;
    for part in parts(&text) {
        match part {
            Part::Text(_) => {}
            Part::File(_, name, text) => place.write(&name, &text),
            Part::Console(commands) => {
                for command in commands {
                    count += 1;
                    wrong.extend(kept(&format!("tutorial-{count:02}"), &command, &screen(&place, &command, &[])));
                }
            }
        }
    }
    assert!(count > 10 && wrong.is_empty(), "{}", wrong.join("\n"));
    let screens = files(&root().join("docs/screens"), "txt");
    let of_tutorial = screens.iter().filter(|path| path.to_string_lossy().contains("tutorial-"));
    assert_eq!(of_tutorial.count(), count, "screens of commands that the tutorial no longer has");
}

/// The commands of "Try it" in the README, as an installed program has them, and the question before an apply.
#[test]
fn the_readme_on_a_terminal() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let tried = readme.split("## Try it").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let commands = tried.lines().filter_map(|line| line.trim().strip_prefix("cargo run -- "));
    let commands: Vec<&str> = commands.map(|command| command.split(" #").next().unwrap_or(command).trim()).collect();
    let names = ["apply", "plan", "destroy"];
    assert_eq!(commands.len(), names.len(), "{commands:?}");
    let mut place = Place::new();
    place.env("TERM", TERM);
    let stack = std::fs::read_to_string(root().join("examples/quickstart/main.hcl")).expect("the quickstart");
    place.write("examples/quickstart/main.hcl", &stack);
    let mut wrong = Vec::new();
    for (name, command) in names.iter().zip(&commands) {
        let command = format!("cachestack {command}");
        wrong.extend(kept(&format!("readme-{name}"), &command, &screen(&place, &command, &[])));
    }
    let (command, ask) = ("cachestack apply examples/quickstart", "Only \"yes\" is accepted: ");
    wrong.extend(kept("question", command, &screen(&place, command, &[(ask, "no\n")])));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
