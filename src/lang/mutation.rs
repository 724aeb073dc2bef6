//! Mutated texts through parser, formatter and evaluator: nothing may panic or hang, and every place that
//! is reported must lie in the text. `MUTATION_COUNT`, or `MUTATION_SECONDS` for a time, and `MUTATION_SEED` make it
//! longer and other.

use super::eval::{Empty, Settings, eval};
use super::{fmt, refs, syntax};
use crate::diag::{Diagnostic, FileId, SourceMap, render};

const SNIPPETS: [&str; 30] = [
    "\"",
    "${",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "%{",
    "~}",
    "<<-E\n",
    "\nE\n",
    "\\",
    "\\u12",
    "$",
    "%",
    "for ",
    " in ",
    " if ",
    "...",
    "=>",
    "=",
    "\n",
    ".*",
    "[*]",
    "'",
    "é\u{301}",
    "\u{0}",
    "\r\n",
    "/*",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn mutate(text: &str, random: &mut Random) -> String {
    let mut text = text.to_string();
    for _ in 0..=random.below(4) {
        let from = text.floor_char_boundary(random.below(text.len() + 1));
        let to = text.floor_char_boundary((from + random.below(12)).min(text.len())).max(from);
        match random.below(4) {
            0 => text.replace_range(from..to, ""),
            1 => {
                let part = text[from..to].to_string();
                text.insert_str(from, &part);
            }
            2 => text.insert_str(from, SNIPPETS[random.below(SNIPPETS.len())]),
            _ => text.replace_range(from..to, SNIPPETS[random.below(SNIPPETS.len())]),
        }
    }
    text
}

fn check_places(text: &str, sources: &SourceMap, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let places = diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|(span, _)| *span));
        for span in places {
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{diagnostic:?} in {text:?}");
        }
        render::render(diagnostic, sources, false, None);
    }
}

fn survive(text: &str, scope: &Empty) {
    let mut sources = SourceMap::default();
    let file: FileId = sources.add("mutated.hcl", text);
    let mut diagnostics = Vec::new();
    syntax::parse(file, text, &mut diagnostics);
    syntax::parse_template(file, text, &mut diagnostics);
    if let Some(expr) = syntax::parse_expression(file, text, 0, &mut diagnostics) {
        refs::references(&expr);
        if let Err(mut mistakes) = eval(&expr, scope) {
            diagnostics.append(&mut mistakes);
        }
    }
    check_places(text, &sources, &diagnostics);
    // Blanks behind the last token get a line of their own, as in Terraform, and are gone the next time.
    let laid_out = fmt::format(text.trim_end_matches([' ', '\t']));
    assert_eq!(fmt::format(&laid_out), laid_out, "the layout of {text:?} is not stable");
    if let Some(before) = meaning(text) {
        assert_eq!(meaning(&laid_out), Some(before), "the layout of {text:?} means something else");
    }
}

/// The tree of a text without places; `None` with mistakes, and where the formatter takes quotes away, which
/// leaves another tree of the same meaning.
fn meaning(text: &str) -> Option<String> {
    if text.contains("\"${") {
        return None;
    }
    let mut diagnostics = Vec::new();
    let body = syntax::parse(FileId(0), text, &mut diagnostics);
    let places = regex::Regex::new(r"Span \{[^}]*\}").expect("a pattern");
    diagnostics.is_empty().then(|| places.replace_all(&format!("{body:?}"), "").into_owned())
}

#[test]
fn mutated_texts_do_no_harm() {
    let setting =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let mut random = Random(setting("MUTATION_SEED", 20_261_122).max(1));
    let mut corpus: Vec<&str> =
        vec![include_str!("../../tests/oracle/fmt/before.tf"), include_str!("../../tests/oracle/templates/main.tf")];
    corpus.extend(include_str!("../../tests/oracle/console.txt").lines().filter_map(|line| line.strip_prefix("> ")));
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let scope = Empty { settings: Settings { directory, ..Settings::default() } };
    let (start, seconds) = (std::time::Instant::now(), setting("MUTATION_SECONDS", 0));
    let enough = |round: usize| match seconds {
        0 => round >= setting("MUTATION_COUNT", 3000) as usize,
        seconds => start.elapsed().as_secs() >= seconds,
    };
    for round in (0..).take_while(|round| !enough(*round)) {
        let whole = corpus[if round % 20 == 0 { random.below(2) } else { random.below(corpus.len()) }];
        let text = mutate(whole, &mut random);
        survive(&text, &scope);
    }
}
