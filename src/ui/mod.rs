//! The only code that prints: human text on stdout, diagnostics on stderr, or one JSON object per line.

mod calls;
mod cost;
pub mod difference;
pub mod json;
mod paint;
pub mod pending;
pub mod plan;
mod print;
pub mod progress;
pub mod terraform;
pub mod value;

use std::io::IsTerminal;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

use crate::diag::{Diagnostic, SourceMap, render, visible};
use crate::lang::hide::hide;
pub use print::{is_attended, lost};

const GREEN: AnsiColor = AnsiColor::Green;
const RED: AnsiColor = AnsiColor::Red;
const YELLOW: AnsiColor = AnsiColor::Yellow;

fn style(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(colour.into()))
}

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

    /// Prints text. What came from outside cannot move the cursor or hide.
    pub fn out(&self, text: &str) {
        print::stdout(&paint::filter(text));
    }

    /// Prints text byte for byte: what another program reads.
    pub fn raw(&self, text: &str) {
        print::stdout(text);
    }

    /// Prints JSON as a line, with escapes for what is hidden.
    pub fn json(&self, json: &Json) {
        print::stdout(&visible::json(&format!("{json}\n")));
    }

    /// Prints JSON over several lines.
    pub fn pretty(&self, json: &Json) {
        print::stdout(&visible::json(&format!("{json:#}\n")));
    }

    /// Prints a line to stderr.
    pub fn err(&self, text: &str) {
        print::stderr(&format!("{}\n", paint::filter(text)));
    }

    /// Asks, and answers the line that was typed; none when the input has ended. The question can be seen before
    /// anything is read, on stderr where stdout goes elsewhere.
    pub fn ask(&self, question: &str) -> Option<String> {
        let attended = print::is_attended();
        let elsewhere = attended && !std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let say = if elsewhere { print::stderr } else { print::stdout };
        say(&paint::filter(question));
        let answer = print::read_line();
        // Without a key that ends the line, the cursor still stands behind the question.
        if !question.is_empty() && (!attended || answer.is_none()) {
            say("\n");
        }
        answer
    }

    /// Prints diagnostics, and how many there were.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        if diagnostics.is_empty() {
            return;
        }
        let sources = &hide(sources);
        for diagnostic in diagnostics {
            if self.json {
                self.json(&json::diagnostic(diagnostic, sources));
            } else {
                // Its parts are visible already, and the styles are those of the renderer.
                print::stderr(&format!("{}\n\n", render::render(diagnostic, sources, self.colour_err)));
            }
        }
    }

    /// Prints an error that has no place in a file.
    pub fn error(&self, text: &str) {
        if self.json {
            self.json(&json::message("error", text));
        } else {
            let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
            self.err(&format!("{}: {text}", self.paint_err(style, "error")));
        }
    }

    /// Says something by the way.
    pub fn remark(&self, text: &str) {
        if self.json {
            self.json(&json::message("warning", text));
        } else {
            self.err(text);
        }
    }

    /// Prints what is wrong with the arguments, or the help that was asked for. `plain` says that the arguments are
    /// fit for a terminal, so that clap may paint.
    pub fn usage(&self, error: &clap::Error, plain: bool) {
        if plain {
            print::note(error.print());
        } else {
            self.err(&error.render().to_string());
        }
    }

    /// Paints text for stdout.
    pub fn paint(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour { paint::paint(style, text) } else { text.to_owned() }
    }

    fn paint_err(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour_err { paint::paint(style, text) } else { text.to_owned() }
    }
}

/// What takes as many seconds or more, for people: rounded down.
pub fn at_least(seconds: u32) -> String {
    let whole = if (90..5400).contains(&seconds) { seconds / 60 * 60 } else { seconds };
    duration(Duration::from_secs(whole.into()))
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
