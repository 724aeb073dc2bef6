//! Progress of an apply, line by line: what begins, what goes on, what is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::address::Address;
use crate::apply::Event;
use crate::diag::{SourceMap, Span};
use crate::plan::Action;
use crate::ui::{Ui, duration, json};

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

/// Prints events until the apply has ended.
pub async fn follow(ui: Ui, mut events: UnboundedReceiver<Event>, places: Arc<Places>) {
    let mut reminded: BTreeMap<String, Duration> = BTreeMap::new();
    while let Some(event) = events.recv().await {
        if ui.json {
            ui.json(&json::event(&event, &places));
        } else if let Some(line) = line(&event, &mut reminded, &places) {
            ui.out(&format!("{line}\n"));
        }
    }
}

fn line(event: &Event, reminded: &mut BTreeMap<String, Duration>, places: &Places) -> Option<String> {
    match event {
        Event::Started { address, action, id } => {
            let id = id.as_ref().map(|id| format!(" [id={id}]")).unwrap_or_default();
            Some(format!("{address}: {}...{id}", doing(*action)))
        }
        Event::Called { .. } => None,
        Event::Progress { address, status, elapsed } => {
            let last = reminded.get(&address.to_string()).copied().unwrap_or_default();
            (*elapsed >= last + REMINDER).then(|| {
                reminded.insert(address.to_string(), *elapsed);
                format!("{address}: still {status} [{} elapsed]", duration(*elapsed))
            })
        }
        Event::Done { address, action, id, elapsed } => {
            let id =
                id.as_ref().filter(|_| *action != Action::Delete).map(|id| format!(" [id={id}]")).unwrap_or_default();
            Some(format!("{address}: {} after {}{id}", done(*action), precise(*elapsed)))
        }
        Event::Failed { address, action, why, elapsed } => {
            let address = places.with(address);
            Some(format!("{address}: {} failed after {}: {why}", doing(*action), precise(*elapsed)))
        }
        Event::Waiting { id, status, elapsed } => {
            let due = reminded.get(id).is_none_or(|last| *elapsed >= *last + REMINDER);
            due.then(|| {
                reminded.insert(id.clone(), *elapsed);
                format!("{id}: an earlier run began this; still {status} [{} elapsed]", duration(*elapsed))
            })
        }
        Event::Skipped { address, action } => Some(format!("{address}: {} not begun", doing(*action))),
    }
}

fn precise(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(10) { format!("{:.1}s", elapsed.as_secs_f64()) } else { duration(elapsed) }
}
