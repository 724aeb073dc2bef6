//! `cachestack events`

use serde_json::json;

use crate::cli::args::Events;
use crate::cli::day_two::{open, open_for};
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, signals};
use crate::kind::Event;
use crate::kinds;
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::events::{list, since};
use crate::ui::environments::columns;
use crate::ui::{Ui, stream};

/// Shows what the service tells of the last days.
pub async fn run(context: &Context, args: &Events) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Events) -> Result<u8, Failure> {
    signals::listen(ui);
    let (open, meant) = match &args.address {
        None => (open(context, ui, &args.inputs, Purpose::Look).await?, None),
        Some(address) => {
            of_elasticache(address)?;
            let of = (&args.inputs, &**address);
            let (open, meant) = open_for(context, ui, of, Purpose::Look, |_| true).await?;
            (open, Some(meant))
        }
    };
    let now = jiff::Timestamp::try_from(open.session.clock.now()).unwrap_or_default();
    let from = since(&args.since, now).map_err(|why| Failure::Error(format!("--since: {why}")))?;
    let found = list(&open.session, &open.state, &open.connection, meant.as_ref(), from).await?;
    ui.stream(|| {
        let summary = stream::line(
            "info",
            format!("Events: {}", found.len()),
            "events_summary",
            json!({ "events": found.len() }),
        );
        found.iter().map(line).chain([summary]).collect()
    });
    if found.is_empty() {
        let of = meant.map(|meant| format!(" of {}", meant.address)).unwrap_or_default();
        let days = "AWS keeps those of 14 days";
        ui.say(&format!("There are no events{of} since {}; {days}.\n", from.strftime("%Y-%m-%dT%H:%M:%SZ")));
        return Ok(exit::OK);
    }
    let rows: Vec<[String; 3]> =
        found.into_iter().map(|event| [second(&event.at), event.source, event.text.replace('\n', " ")]).collect();
    ui.say(&columns(&["When", "Of", "What"], &rows, |_| false));
    Ok(exit::OK)
}

/// The events are those of ElastiCache: it tells none of other services' objects.
fn of_elasticache(address: &str) -> Result<(), Failure> {
    let address = operand::address(address)?;
    match kinds::get(&address.kind) {
        Some(kind) if !kind.schema().terraform.starts_with("aws_elasticache_") => Err(Failure::Error(format!(
            "`{address}` has no events: those that are told are of ElastiCache, and {} is none of its kinds",
            address.kind
        ))),
        _ => Ok(()),
    }
}

/// A time to the second: fractions say nothing, and are told where they are not zero only.
fn second(at: &str) -> String {
    let time = at.parse::<jiff::Timestamp>().map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    time.unwrap_or_else(|_| at.to_owned())
}

fn line(event: &Event) -> serde_json::Value {
    let members = json!({ "at": event.at, "source": event.source, "text": event.text });
    stream::line("info", format!("{}: {}", event.source, event.text), "event", members)
}
