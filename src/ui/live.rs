//! What is under way, drawn on the last lines of a terminal and kept nowhere: a line for each object, and a bar for all.
//!
//! It is drawn on stderr, and only where both streams are one terminal. Whatever is printed meanwhile goes past it
//! ([`aside`]) and stays above.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::task::JoinHandle;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::address::Address;
use crate::apply::Event;
use crate::diag::visible;
use crate::plan::{Action, Plan};
use crate::ui::hidden::Still;
use crate::ui::{RED, Ui, at_least, duration, print, style};
use crate::{log, tally};

/// How often what is drawn moves.
pub const BEAT: Duration = Duration::from_millis(120);

/// What is read sooner than this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);

/// A process has one terminal.
static SCREEN: LazyLock<Option<MultiProgress>> = LazyLock::new(|| {
    let target = ProgressDrawTarget::stderr();
    let possible = !target.is_hidden() && std::io::stdout().is_terminal() && !log::is_on_stderr();
    possible.then(|| MultiProgress::with_draw_target(target))
});

/// Whether anything can be drawn.
pub fn is_possible() -> bool {
    SCREEN.is_some()
}

/// Draws while no other thread does. The lock is that of stderr, which a thread may take again: a panic on the way can be
/// told.
fn alone<T>(draw: impl FnOnce() -> T) -> T {
    let _whole = std::io::stderr().lock();
    draw()
}

/// Writes past what is drawn.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    match LazyLock::get(&SCREEN) {
        Some(Some(screen)) => alone(|| screen.suspend(write)),
        _ => write(),
    }
}

/// Leaves the terminal as it was, before the process ends at once: nothing is drawn from now on.
pub fn clear() {
    super::hidden::end();
    if let Some(Some(screen)) = LazyLock::get(&SCREEN) {
        alone(|| {
            // What cannot be drawn is no loss.
            let _ = screen.clear();
            screen.set_draw_target(ProgressDrawTarget::hidden());
        });
    }
}

/// A line of the terminal: what turns, a text cut to fit, and how long it has taken.
fn bar(template: &str) -> ProgressBar {
    let time = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // Text does not refuse text.
        let _ = out.write_str(&duration(Duration::from_secs(state.elapsed().as_secs())));
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    bar.set_style(style.with_key("time", time).tick_chars("|/-\\ ").progress_chars("=> "));
    bar
}

/// What is to be done, for a bar and for expected times.
#[derive(Debug, Default)]
pub struct Work {
    steps: usize,
    before: usize,
    seconds: BTreeMap<(Address, &'static str), u32>,
    longest: u32,
}

impl Work {
    /// The steps of a plan, of which so many were done by an earlier run.
    pub fn of(plan: &Plan, before: usize) -> Self {
        let seconds = plan.steps.iter().map(|step| ((step.address.clone(), step.action.word()), step.seconds()));
        Self { steps: plan.steps.len(), before, seconds: seconds.collect(), longest: plan.longest_way() }
    }
}

/// `of at least 15m`, where something takes long.
fn expected(seconds: u32) -> String {
    if seconds > 5 { format!(" of at least {}", at_least(seconds)) } else { String::new() }
}

/// The steps that are under way.
pub struct Board {
    ui: Ui,
    screen: MultiProgress,
    work: Work,
    whole: Option<ProgressBar>,
    lines: BTreeMap<String, Line>,
    failed: usize,
    _still: Option<Still>,
}

struct Line {
    bar: ProgressBar,
    /// Whether there is room for it on the screen.
    shown: bool,
    doing: &'static str,
    call: String,
    status: String,
}

impl Board {
    /// Begins to draw, where that is wanted and possible.
    pub fn begin(ui: Ui, work: Work) -> Option<Self> {
        let screen = SCREEN.clone().filter(|_| ui.draws)?;
        let whole = (work.steps > 0).then(|| {
            // What stands behind the numbers is cut where the terminal ends; a bar leaves room for it.
            let long = if print::width().is_some_and(|columns| columns < NARROW) { 10 } else { 30 };
            let whole = screen.add(bar(&format!("  {{bar:{long}}} [{{pos}}/{{len}}] {{time}}{{wide_msg}}")));
            whole.set_length(work.steps as u64);
            whole.set_position(work.before as u64);
            whole.set_message(expected(work.longest));
            whole
        });
        Some(Self { ui, screen, work, whole, lines: BTreeMap::new(), failed: 0, _still: Still::begin() })
    }

    /// Draws what has happened.
    pub fn hear(&mut self, event: &Event) {
        alone(|| self.draw(event));
    }

    fn draw(&mut self, event: &Event) {
        match event {
            Event::Started { address, action, .. } => self.add(&address.to_string(), doing(*action), {
                let seconds = self.work.seconds.get(&(address.clone(), action.word()));
                expected(seconds.copied().unwrap_or(0))
            }),
            Event::Called { address, operation, number: (at, of) } => {
                self.change(&address.to_string(), |line| line.call = format!(", call {at}/{of} {operation}"));
            }
            Event::Progress { address, status, .. } => {
                self.change(&address.to_string(), |line| line.status = format!(": {status}"));
            }
            Event::Done { address, .. } => self.end(&address.to_string(), true),
            Event::Failed { address, .. } => {
                self.failed += 1;
                self.end(&address.to_string(), false);
            }
            Event::Waiting { id, status, elapsed } => {
                if !self.lines.contains_key(id) {
                    self.add(id, "begun before this run", String::new());
                    self.change(id, |line| line.bar = line.bar.clone().with_elapsed(*elapsed));
                }
                self.change(id, |line| line.status = format!(": {status}"));
            }
            Event::Skipped { .. } => {}
        }
    }

    /// Moves what turns.
    pub fn beat(&self) {
        alone(|| self.lines.values().map(|line| &line.bar).chain(&self.whole).for_each(ProgressBar::tick));
    }

    fn add(&mut self, name: &str, doing: &'static str, expected: String) {
        let bar = bar("{spinner} {wide_msg} {time}{prefix}");
        bar.set_prefix(expected);
        let line = Line { bar, shown: false, doing, call: String::new(), status: String::new() };
        self.lines.insert(name.to_owned(), line);
        self.change(name, |_| {});
        self.fill();
    }

    /// Shows lines while there is room for them, and counts the others behind the bar.
    fn fill(&mut self) {
        let mut room = room().saturating_sub(self.lines.values().filter(|line| line.shown).count());
        for line in self.lines.values_mut().filter(|line| !line.shown) {
            if room == 0 {
                break;
            }
            match &self.whole {
                Some(whole) => self.screen.insert_before(whole, line.bar.clone()),
                None => self.screen.add(line.bar.clone()),
            };
            (line.shown, room) = (true, room - 1);
        }
        self.tell();
    }

    /// What the bar says behind its numbers.
    fn tell(&self) {
        let Some(whole) = &self.whole else { return };
        let failed = match self.failed {
            0 => String::new(),
            failed => super::paint::filter(&self.ui.paint_err(style(RED), &format!(", {failed} failed"))),
        };
        let more = match self.lines.values().filter(|line| !line.shown).count() {
            0 => String::new(),
            more => format!(", {more} more under way"),
        };
        whole.set_message(format!("{}{failed}{more}", expected(self.work.longest)));
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Line)) {
        let Some(line) = self.lines.get_mut(name) else { return };
        change(line);
        let said = format!("{}{}{}", line.doing, line.call, line.status);
        // Of a long name its end tells it from others, and what is done must be seen beside it.
        let room = print::width().unwrap_or(usize::MAX).saturating_sub(TIME);
        let name = if name.width() + said.len() > room { elided(name, room / 2) } else { name.to_owned() };
        line.bar.set_message(visible::line(&format!("{name}: {said}")).into_owned());
    }

    fn end(&mut self, name: &str, well: bool) {
        if let Some(line) = self.lines.remove(name) {
            end(&self.screen, &line.bar);
        }
        if let Some(whole) = self.whole.as_ref().filter(|_| well) {
            whole.inc(1);
        }
        self.fill();
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let bars = self.lines.values().map(|line| &line.bar).chain(&self.whole);
        alone(|| bars.for_each(|bar| end(&self.screen, bar)));
    }
}

/// Below so many columns the bar is short.
const NARROW: usize = 70;

/// What the time at the end of a line takes.
const TIME: usize = 12;

/// A name without its middle, where it is wider than that. What is one letter to a reader is not cut.
fn elided(name: &str, most: usize) -> String {
    let most = most.max(8);
    if name.width() <= most {
        return name.to_owned();
    }
    // Instances of a module differ in its key: that stays, and what is behind it is cut.
    if let Some(at) = name.rfind("].").map(|at| at + 1)
        && name[..at].width() + 12 <= most
    {
        return format!("{}{}", &name[..at], elided(&name[at..], most - name[..at].width()));
    }
    let letters: Vec<&str> = name.graphemes(true).collect();
    let (first, last) = (most / 3, most - most / 3 - 3);
    let count = |letters: &mut dyn Iterator<Item = &&str>, room: usize| {
        let mut used = 0;
        letters
            .take_while(|letter| {
                used += letter.width();
                used <= room
            })
            .count()
    };
    let begin = count(&mut letters.iter(), first);
    let end = letters.len() - count(&mut letters.iter().rev(), last);
    format!("{}...{}", letters[..begin].concat(), letters[end..].concat())
}

/// How many lines fit above the bar, with one below it for the cursor.
fn room() -> usize {
    print::height().map_or(usize::MAX, |rows| rows.saturating_sub(2).max(1))
}

fn end(screen: &MultiProgress, bar: &ProgressBar) {
    bar.finish_and_clear();
    screen.remove(bar);
}

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "modifying",
        Action::Delete => "destroying",
        Action::Forget => "forgetting",
        Action::Read => "reading",
    }
}

/// A single line that turns by itself for as long as this is held.
struct Turning {
    bar: ProgressBar,
    beats: JoinHandle<()>,
    _still: Option<Still>,
}

impl Turning {
    /// Begins to draw after a while, where that is wanted and possible; each turn says what there is to say.
    fn begin(ui: Ui, after: Duration, text: impl Fn() -> Option<String> + Send + 'static) -> Option<Self> {
        let screen = SCREEN.clone().filter(|_| ui.draws)?;
        let bar = screen.add(bar("{spinner} {wide_msg} {time}"));
        let drawn = bar.clone();
        let beats = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            loop {
                alone(|| {
                    text().into_iter().for_each(|text| drawn.set_message(text));
                    drawn.tick();
                });
                tokio::time::sleep(BEAT).await;
            }
        });
        Some(Self { bar, beats, _still: Still::begin() })
    }
}

impl Drop for Turning {
    fn drop(&mut self) {
        self.beats.abort();
        if let Some(screen) = &*SCREEN {
            alone(|| end(screen, &self.bar));
        }
    }
}

/// A line that tells how far reading the account has come, from a while on.
pub struct Reading(#[expect(dead_code, reason = "it is drawn while it is held")] Option<Turning>);

impl Reading {
    /// Begins to watch, where that is wanted and possible.
    pub fn begin(ui: Ui) -> Self {
        Self(Turning::begin(ui, PATIENCE, || Some(so_far())))
    }
}

/// A line that tells what is waited for.
pub struct Wait(Option<Turning>);

impl Wait {
    /// Begins to draw, where that is wanted and possible.
    pub fn begin(ui: Ui) -> Self {
        Self(Turning::begin(ui, Duration::ZERO, || None))
    }

    /// Draws how it is by now; `false` where nothing can be drawn.
    pub fn say(&self, text: &str) -> bool {
        let Some(turning) = &self.0 else { return false };
        alone(|| turning.bar.set_message(visible::line(text).into_owned()));
        true
    }
}

fn so_far() -> String {
    let (read, wanted, calls) = tally::so_far();
    let calls = super::plan::count(calls, "call");
    if wanted == 0 {
        return format!("Looking into the account, {calls}");
    }
    format!("Reading the account: [{read}/{wanted}] objects, {calls}")
}

#[cfg(test)]
mod tests {
    use super::elided;

    #[test]
    fn a_long_name_keeps_its_ends() {
        let cases = [
            ("alarm.cpu", 9, "alarm.cpu"),
            ("replication_group.sessions[\"eu\"]", 18, "replic...ons[\"eu\"]"),
            ("replication_group.r", 3, "re...p.r"),
            ("module.cache[\"cart\"].replication_group.this", 34, "module.cache[\"cart\"].rep...up.this"),
            ("module.a_very_long_name[\"cart\"].replication_group.this", 34, "module.a_ve...plication_group.this"),
        ];
        for (name, most, want) in cases {
            assert_eq!(elided(name, most), want);
        }
    }
}
