//! The only code that prints: human text on stdout, diagnostics on stderr, or one JSON object per line.

pub mod json;
pub mod plan;
pub mod progress;
pub mod value;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::diag::{Diagnostic, SourceMap, render};

/// How a run prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ui {
    /// Whether stdout takes colours.
    pub colour: bool,
    /// Whether stderr takes colours.
    pub colour_err: bool,
    /// Whether stdout has JSON lines only.
    pub json: bool,
}

impl Ui {
    /// Colours where a terminal is, unless somebody asked for none.
    pub fn new(json: bool, no_color: bool) -> Self {
        let wanted = !no_color && !json && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            colour: wanted && std::io::stdout().is_terminal(),
            colour_err: wanted && std::io::stderr().is_terminal(),
            json,
        }
    }

    /// Prints text. A reader that has gone away is no error of ours.
    pub fn out(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    /// Prints a line to stderr.
    pub fn err(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints diagnostics, and how many there were.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        for diagnostic in diagnostics {
            if self.json {
                self.out(&format!("{}\n", json::diagnostic(diagnostic, sources)));
            } else {
                self.err(&format!("{}\n", render::render(diagnostic, sources, self.colour_err)));
            }
        }
    }

    /// Prints an error that has no place in a file.
    pub fn error(&self, text: &str) {
        if self.json {
            self.out(&format!("{}\n", json::message("error", text)));
        } else {
            let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
            self.err(&format!("{}: {text}", self.paint_err(style, "error")));
        }
    }

    /// Paints text for stdout.
    pub fn paint(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn paint_err(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour_err { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A duration for people: `45s`, `13m`, `1h20m`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=89 => format!("{seconds}s"),
        90..=5399 => format!("{}m", (seconds + 30) / 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}
