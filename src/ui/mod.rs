//! The only code that prints: human text on stdout, diagnostics on stderr, or one JSON object per line.

mod alike;
mod calls;
pub mod commands;
pub mod cost;
pub mod diff;
pub mod difference;
pub mod drift;
pub mod environments;
pub mod graph;
mod hidden;
pub mod json;
pub mod line;
pub mod live;
pub mod metrics;
pub mod money;
mod paint;
pub mod pending;
pub mod plan;
mod print;
pub mod progress;
pub mod reference;
pub mod report;
pub mod stream;
pub mod terraform;
pub mod value;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::Value as Json;

pub use crate::clock::shown as duration;
use crate::clock::{Clock as _, SystemClock};
use crate::diag::{Diagnostic, SourceMap, render, visible};
use crate::kind::Impact;
use crate::lang::hide::hide;
pub use print::{is_attended, is_watched, lost, open_beside};

/// So many warnings of one code are printed whole.
const ALIKE_MAX: usize = 5;

const GREEN: AnsiColor = AnsiColor::Green;
const RED: AnsiColor = AnsiColor::Red;
const YELLOW: AnsiColor = AnsiColor::Yellow;

fn style(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(colour.into()))
}

/// How a name looks that heads something.
pub fn name() -> Style {
    Style::new().bold()
}

/// How a good end looks.
pub fn good() -> Style {
    style(GREEN).bold()
}

/// How a bad end looks.
pub fn bad() -> Style {
    style(RED).bold()
}

/// How bad an impact looks.
fn impact_style(impact: Impact) -> Style {
    match impact {
        Impact::None => Style::new(),
        Impact::Blip | Impact::Failover => style(YELLOW),
        Impact::WritePause | Impact::Reboot => style(YELLOW).bold(),
        Impact::DataLoss => style(RED).bold(),
    }
}

/// When there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal that has them, unless NO_COLOR is set; with CLICOLOR_FORCE anywhere.
    #[default]
    Auto,
    /// Anywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Colour {
    /// Whether a stream takes colours. Source: https://bixense.com/clicolors and https://no-color.org.
    fn is_for(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if anstyle_query::no_color() => false,
            Self::Auto => clicolor_force() || is_terminal && anstyle_query::term_supports_color(),
        }
    }
}

/// Whether CLICOLOR_FORCE is set, and not to 0.
fn clicolor_force() -> bool {
    std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0")
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
    /// Whether plans show everything, too, that follows from the rest.
    pub full: bool,
    /// Whether what is under way may be drawn on the terminal.
    pub draws: bool,
    /// The environment that messages speak of, where the stack has several.
    pub environment: Option<&'static str>,
    /// Whether warnings have one line each.
    compact: bool,
    /// Whether messages for programs are left out.
    quiet: bool,
}

impl Ui {
    /// Colours as they are wanted; what programs read has none.
    pub fn new(json: bool, colour: Colour) -> Self {
        let wanted = |is_terminal| !json && colour.is_for(is_terminal);
        Self {
            colour: wanted(std::io::stdout().is_terminal()),
            colour_err: wanted(std::io::stderr().is_terminal()),
            json,
            full: false,
            draws: !json && colour != Colour::Never && live::is_possible(),
            environment: None,
            compact: false,
            quiet: false,
        }
    }

    /// Text without colours, and nothing drawn.
    pub fn plain() -> Self {
        Self::new(false, Colour::Never)
    }

    /// The same with plans in full.
    pub fn in_full(self, full: bool) -> Self {
        Self { full, ..self }
    }

    /// The same for what is said of one environment of several.
    pub fn of(self, environment: &str) -> Self {
        // A run has few of them, and a way to print is copied everywhere.
        Self { environment: Some(Box::leak(environment.to_owned().into_boxed_str())), ..self }
    }

    /// Prints text. What came from outside cannot move the cursor or hide.
    pub fn out(&self, text: &str) {
        print::stdout(&paint::filter(text));
    }

    /// The same with one line for each warning.
    pub fn compact(self) -> Self {
        Self { compact: true, ..self }
    }

    /// The same for what people read, where programs get another document in one piece.
    pub fn without_stream(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Prints text byte for byte: what another program reads.
    pub fn raw(&self, text: &str) {
        print::stdout(text);
    }

    /// Prints JSON as a line, with escapes for what is hidden.
    pub fn json(&self, json: &Json) {
        print::stdout(&visible::json(&format!("{json}\n")));
    }

    /// Whether messages for programs go anywhere.
    pub fn streams(&self) -> bool {
        !self.quiet && (self.json || print::has_beside())
    }

    /// Sends messages for programs where they go: to stdout, or into a file beside what people read. The first one of a
    /// process is preceded by the version.
    pub fn stream(&self, lines: impl FnOnce() -> Vec<Json>) {
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if !self.streams() {
            return;
        }
        let version = (!BEGUN.swap(true, Ordering::SeqCst)).then(stream::version);
        let bare = Self { environment: None, ..*self };
        version.iter().for_each(|line| self.document(&bare.stamped(line.clone())));
        lines().into_iter().for_each(|line| self.document(&self.stamped(line)));
    }

    /// A message with its time, and the environment that it is about.
    pub fn stamped(&self, mut line: Json) -> Json {
        let now = jiff::Timestamp::try_from(SystemClock.now()).unwrap_or_default();
        line["@timestamp"] = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into();
        if let (Some(name), None) = (self.environment, line.get("environment")) {
            line["environment"] = name.into();
        }
        line
    }

    /// Sends one object where messages for programs go.
    pub fn document(&self, json: &Json) {
        let text = visible::json(&format!("{json}\n")).into_owned();
        if self.json {
            print::stdout(&text);
        }
        print::beside(&text);
    }

    /// Prints what people read, unless stdout is for programs.
    pub fn say(&self, text: &str) {
        if !self.json {
            self.out(text);
        }
    }

    /// Says a line to people, and to programs as a message of the log.
    pub fn tell(&self, text: &str) {
        let text = &*commands::here(text);
        self.stream(|| vec![stream::log("info", text.trim())]);
        self.say(&format!("{text}\n"));
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

    /// The same where nothing of what is typed may be seen; none, too, where that cannot be.
    pub fn ask_secret(&self, question: &str) -> Option<String> {
        let hidden = hidden::Hidden::begin()?;
        // The key that would stop the program does nothing, and is no part of a secret.
        let answer = self.ask(question).map(|answer| answer.replace('\u{1a}', ""));
        drop(hidden);
        // The key that ended the line was not seen, either.
        print::stderr("\n");
        answer
    }

    /// Prints diagnostics. Of warnings with one code the first are enough to see what is meant.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        if diagnostics.is_empty() {
            return;
        }
        let sources = &hide(sources);
        let advise = |text: &str| commands::here(text).into_owned();
        let told = diagnostics.iter().map(|one| Diagnostic {
            detail: advise(&one.detail),
            help: one.help.as_deref().map(advise),
            ..one.clone()
        });
        let diagnostics = &told.collect::<Vec<_>>()[..];
        self.stream(|| diagnostics.iter().map(|one| stream::diagnostic(one, sources)).collect());
        if report::github::is_here() {
            let lines = report::github::annotations(&report::findings(diagnostics, sources));
            lines.iter().for_each(|line| print::stderr(&format!("{line}\n")));
        }
        let mut alike: BTreeMap<&str, usize> = BTreeMap::new();
        for diagnostic in diagnostics.iter().filter(|_| !self.json) {
            if !diagnostic.is_error() && !self.compact {
                let before = alike.entry(diagnostic.code).or_default();
                *before += 1;
                if *before > ALIKE_MAX {
                    continue;
                }
            }
            if self.compact && !diagnostic.is_error() {
                self.err(&render::line(diagnostic, sources));
                continue;
            }
            // Its parts are visible already, and the styles are those of the renderer.
            print::stderr(&format!("{}\n\n", render::render(diagnostic, sources, self.colour_err, print::width())));
        }
        for (code, more) in alike.into_iter().filter(|(_, count)| *count > ALIKE_MAX) {
            let more = more - ALIKE_MAX;
            print::stderr(&format!("{code}: {more} more like these; -compact-warnings has a line for each\n\n"));
        }
    }

    /// Prints an error that has no place in a file.
    pub fn error(&self, text: &str) {
        let text = &*commands::here(text);
        self.stream(|| vec![stream::error(text)]);
        if !self.json {
            let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
            self.err(&format!("{}: {}{text}", self.paint_err(style, "error"), self.about()));
        }
    }

    /// Says something by the way.
    pub fn remark(&self, text: &str) {
        let text = &*commands::here(text);
        self.stream(|| vec![stream::log("warn", text)]);
        if !self.json {
            self.err(&format!("{}{text}", self.about()));
        }
    }

    /// Which environment a message is about, to stand before it.
    fn about(&self) -> String {
        self.environment.map(|name| format!("environment \"{name}\": ")).unwrap_or_default()
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
