//! What one kind may be written like: its attributes, each with values to choose from, and what has to stand around it.

use std::path::Path;

/// One line of a subject.
struct Line {
    /// The attributes that it writes.
    names: Vec<String>,
    /// Every way to write it; nothing where it is left out.
    texts: Vec<Option<String>>,
}

/// A kind, and the ways to write an object of it.
pub struct Subject {
    /// The name of its file.
    pub name: String,
    /// The kind, as its file spells it.
    pub kind: String,
    around: String,
    lines: Vec<Line>,
    /// Attributes that no line writes, each with its reason behind it.
    pub left_out: Vec<String>,
}

/// Whether a text writes an attribute or block of that name, and something into it: nothing is the same as unset.
fn writes(text: &str, name: &str) -> bool {
    let something = |rest: &str| match rest.trim_start().strip_prefix('=') {
        Some(value) => !matches!(value.trim(), "[]" | "\"\"" | "null"),
        None => rest.trim_start().starts_with('{'),
    };
    text.lines().any(|line| line.trim().strip_prefix(name).is_some_and(something))
}

/// Which text of each line is written.
pub type Choice = Vec<usize>;

impl Subject {
    /// Reads a file of `tests/properties`; its README says what stands in one.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a subject");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (mut subject, mut around) = (Self::empty(name), true);
        for line in text.lines() {
            match (around, line) {
                (_, line) if line.starts_with("# ") => {}
                (_, "-- values --") => around = false,
                (true, line) => match line.strip_prefix("kind ") {
                    Some(kind) => kind.clone_into(&mut subject.kind),
                    None => subject.around += &format!("{line}\n"),
                },
                (false, "") => {}
                (false, line) => subject.value(line),
            }
        }
        assert!(!subject.kind.is_empty() && !subject.lines.is_empty(), "{} is no subject", subject.name);
        subject
    }

    fn empty(name: String) -> Self {
        Self { name, kind: String::new(), around: String::new(), lines: Vec::new(), left_out: Vec::new() }
    }

    fn value(&mut self, line: &str) {
        if let Some(left_out) = line.strip_prefix("without ") {
            self.left_out.push(left_out.split(':').next().expect("a name").to_owned());
            return;
        }
        // `name = VALUES` writes the attribute, `names: TEXTS` whatever the texts are.
        let at = line.find(['=', ':']).unwrap_or_else(|| panic!("{}: {line}", self.name));
        let (head, rest, whole) = (line[..at].trim(), line[at + 1..].trim(), line[at..].starts_with(':'));
        let text = |value: &str| match value.trim() {
            "-" => None,
            value if whole => Some(value.replace(" ; ", "\n  ")),
            value => Some(format!("{head} = {value}")),
        };
        let names = head.split(',').map(|name| name.trim().to_owned()).collect();
        self.lines.push(Line { names, texts: rest.split(" | ").map(text).collect() });
    }

    /// The attributes that may be written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|line| &line.names).map(String::as_str)
    }

    /// A choice; `base` where it is to differ from another one.
    pub fn choose(&self, random: &mut fastrand::Rng, base: Option<&Choice>) -> Choice {
        let often = random.f64();
        let one = |(at, line): (usize, &Line)| match base {
            Some(base) if random.f64() > often => base[at],
            _ => random.usize(..line.texts.len()),
        };
        self.lines.iter().enumerate().map(one).collect()
    }

    /// A choice that leaves nothing out that another one writes.
    pub fn cover(&self, choice: &mut Choice, base: &Choice) {
        for (at, line) in self.lines.iter().enumerate() {
            let writes = |at: usize, name: &str| line.texts[at].as_deref().is_some_and(|text| writes(text, name));
            if line.names.iter().any(|name| writes(base[at], name) && !writes(choice[at], name)) {
                choice[at] = base[at];
            }
        }
    }

    /// The attributes that two choices write differently.
    pub fn differences<'a>(&'a self, one: &'a Choice, other: &'a Choice) -> impl Iterator<Item = &'a str> {
        let differs = |(at, _): &(usize, &Line)| one[*at] != other[*at];
        self.lines.iter().enumerate().filter(differs).flat_map(|(_, line)| &line.names).map(String::as_str)
    }

    /// Choices that are simpler than a pair of them: a line that does not change, or that is not there.
    pub fn simpler(&self, pair: &(Choice, Choice)) -> Vec<(Choice, Choice)> {
        let mut simpler = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let nothing = line.texts.iter().position(Option::is_none);
            let values = [nothing.map(|nothing| (nothing, nothing)), Some((pair.1[at], pair.1[at]))];
            for (one, other) in values.into_iter().flatten().filter(|values| *values != (pair.0[at], pair.1[at])) {
                let (mut left, mut right) = pair.clone();
                (left[at], right[at]) = (one, other);
                simpler.push((left, right));
            }
        }
        simpler
    }

    /// The stack that a choice stands for.
    pub fn write(&self, choice: &Choice) -> String {
        let lines = self.lines.iter().zip(choice).filter_map(|(line, at)| line.texts[*at].as_deref());
        let body: String = lines.map(|text| format!("  {text}\n")).collect();
        let environment = "environment \"test\" {\n  region   = \"us-east-1\"\n  endpoint = \"emulator\"\n}\n";
        format!("{environment}\n{}\nresource \"{}\" \"x\" {{\n{body}}}\n", self.around.trim(), self.kind)
    }
}
