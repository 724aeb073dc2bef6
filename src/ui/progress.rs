//! Progress of an apply, line by line: what begins, what goes on, what is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::address::Address;
use crate::apply::Event;
use crate::diag::visible;
use crate::diag::{SourceMap, Span};
use crate::plan::Action;
use crate::ui::live::{BEAT, Board, Work};
use crate::ui::{GREEN, RED, Ui, YELLOW, duration, stream, style};

/// A resource that is still under way is mentioned this often.
const REMINDER: Duration = Duration::from_secs(10);

fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "Creating",
        Action::Update => "Modifying",
        Action::Delete => "Destroying",
        Action::Forget => "Forgetting",
        Action::Read => "Reading",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "Created",
        Action::Update => "Modified",
        Action::Delete => "Destroyed",
        Action::Forget => "Forgotten",
        Action::Read => "Read",
    }
}

/// Where the blocks of instances stand.
#[derive(Debug, Default)]
pub struct Places {
    /// The headers of the blocks.
    pub spans: BTreeMap<Address, Span>,
    /// The files.
    pub sources: SourceMap,
}

impl Places {
    /// File and line of a block.
    pub fn of(&self, address: &Address) -> Option<(&str, usize)> {
        let span = self.spans.get(address)?;
        Some((&self.sources.get(span.file).path, self.sources.position(span.file, span.start).0))
    }

    /// An address with the place of its block: `replication_group.redis (main.hcl:12)`.
    pub fn with(&self, address: &Address) -> String {
        let place = self.of(address).map(|(file, line)| format!(" ({file}:{line})"));
        format!("{address}{}", place.unwrap_or_default())
    }
}

/// What is under way, and when it was last mentioned.
#[derive(Debug, Default)]
pub struct Running {
    actions: BTreeMap<Address, Action>,
    reminded: BTreeMap<String, Duration>,
}

impl Running {
    fn hear(&mut self, event: &Event) {
        if let Event::Started { address, action, .. } = event {
            self.actions.insert(address.clone(), *action);
            self.reminded.remove(&address.to_string());
        }
    }

    /// What is done with an instance, if it is time to mention that.
    pub fn due(&mut self, address: &Address, elapsed: Duration) -> Option<Action> {
        let action = self.actions.get(address).copied().unwrap_or(Action::Update);
        self.is_time(&address.to_string(), elapsed).then_some(action)
    }

    /// The same for what an earlier run has begun, which is mentioned at once.
    fn is_waiting(&mut self, id: &str, elapsed: Duration) -> bool {
        let is_new = !self.reminded.contains_key(id);
        if is_new {
            self.reminded.insert(id.to_owned(), elapsed);
        }
        is_new || self.is_time(id, elapsed)
    }

    fn is_time(&mut self, name: &str, elapsed: Duration) -> bool {
        let due = elapsed >= self.reminded.get(name).copied().unwrap_or_default() + REMINDER;
        if due {
            self.reminded.insert(name.to_owned(), elapsed);
        }
        due
    }
}

/// Prints events until the apply has ended. On a terminal what is under way is drawn, and only what has ended is a line.
pub async fn follow(ui: Ui, mut events: UnboundedReceiver<Event>, places: Arc<Places>, work: Work) {
    let (mut told, mut streamed) = (Running::default(), Running::default());
    let mut board = Board::begin(ui, work);
    let mut beats = tokio::time::interval(BEAT);
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = beats.tick(), if board.is_some() => {
                board.iter().for_each(Board::beat);
                continue;
            }
        };
        let Some(event) = event else { return };
        told.hear(&event);
        streamed.hear(&event);
        ui.stream(|| stream::event(&event, &mut streamed, &places));
        if let Some(board) = &mut board {
            board.hear(&event);
        }
        let is_drawn =
            matches!(event, Event::Started { .. } | Event::Progress { .. } | Event::Waiting { .. }) && board.is_some();
        if let Some(line) = line(&event, &mut told, &places).filter(|_| !is_drawn) {
            ui.say(&format!("{}\n", coloured(ui, &event, &line)));
        }
    }
}

/// What failed is red, and what is done green.
fn coloured(ui: Ui, event: &Event, line: &str) -> String {
    let colour = match event {
        Event::Failed { .. } => RED,
        Event::Skipped { .. } => YELLOW,
        Event::Done { .. } => GREEN,
        _ => return line.to_owned(),
    };
    ui.paint(style(colour), line)
}

fn line(event: &Event, running: &mut Running, places: &Places) -> Option<String> {
    match event {
        Event::Started { address, action, id } => {
            let id = id.as_ref().map(|id| format!(" [id={}]", visible::line(id))).unwrap_or_default();
            Some(format!("{address}: {}...{id}", doing(*action)))
        }
        Event::Called { .. } => None,
        Event::Progress { address, status, elapsed } => running
            .is_time(&address.to_string(), *elapsed)
            .then(|| format!("{address}: still {status} [{} elapsed]", duration(*elapsed))),
        Event::Done { address, action, id, elapsed } => {
            let id = id
                .as_ref()
                .filter(|_| *action != Action::Delete)
                .map(|id| format!(" [id={}]", visible::line(id)))
                .unwrap_or_default();
            Some(format!("{address}: {} after {}{id}", done(*action), precise(*elapsed)))
        }
        Event::Failed { address, action, why, elapsed } => {
            let address = places.with(address);
            let why = why.replace('\n', "\n    ");
            Some(format!("{address}: {} failed after {}: {why}", doing(*action), precise(*elapsed)))
        }
        Event::Waiting { id, status, elapsed } => running.is_waiting(id, *elapsed).then(|| {
            format!("{}: begun before this run; still {status} [{} elapsed]", visible::line(id), duration(*elapsed))
        }),
        Event::Skipped { address, action } => Some(format!("{address}: {} not begun", doing(*action))),
    }
}

fn precise(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(10) { format!("{:.1}s", elapsed.as_secs_f64()) } else { duration(elapsed) }
}
