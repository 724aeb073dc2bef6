//! `cachestack metrics`

use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::args::{Metrics, MetricsFormat};
use crate::cli::day_two::{Open, open_for};
use crate::cli::run::{Context, fail};
use crate::cli::spared;
use crate::cli::{exit, signals};
use crate::disk;
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::Meant;
use crate::ops::day_two::metrics::{Reading, Readings, last, read};
use crate::ui::metrics::{self, picture};
use crate::ui::{Ui, is_watched, stream};

/// Shows what CloudWatch tells of a cache.
pub async fn run(context: &Context, args: &Metrics) -> u8 {
    let ui = context.ui(args.json);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Metrics) -> Result<u8, Failure> {
    signals::listen(ui);
    let of = (&args.inputs, &*args.address);
    let is_measured = |kind: &dyn crate::kind::Kind| !kind.measures(&Default::default()).is_empty();
    let (open, meant) = open_for(context, ui, of, Purpose::Look, is_measured).await?;
    let about = format!("{} (\"{}\", {})", meant.address, meant.id, meant.region);
    loop {
        let readings = now(&open, &meant, args.hours).await?;
        let Some(seconds) = args.watch else {
            tell(context, ui, args, &readings, &about)?;
            return Ok(exit::OK);
        };
        let clear = if is_watched() { "\x1b[H\x1b[2J" } else { "" };
        ui.raw(clear);
        ui.out(&metrics::table(&readings, &about, args.nodes));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

async fn now(open: &Open, meant: &Meant, hours: u32) -> Result<Readings, Failure> {
    let now = jiff::Timestamp::try_from(open.session.clock.now()).unwrap_or_default();
    read(&open.connection, meant, last(hours, now.as_second())).await
}

fn tell(context: &Context, ui: Ui, args: &Metrics, readings: &Readings, about: &str) -> Result<(), Failure> {
    let all = || readings.whole.iter().chain(&readings.nodes);
    if args.json {
        ui.stream(|| all().map(line).collect());
        return Ok(());
    }
    let text = match args.format {
        MetricsFormat::Table => metrics::table(readings, about, args.nodes),
        MetricsFormat::Json => format!("{:#}\n", Json::Array(all().map(metrics::json).collect())),
        MetricsFormat::Csv => metrics::csv(readings),
        MetricsFormat::Svg => picture::picture(readings, about),
        MetricsFormat::Report => metrics::report(readings, about),
    };
    let Some(file) = &args.out else {
        ui.out(&text);
        return Ok(());
    };
    let wrong = |error: std::io::Error| Failure::Error(format!("--out {}: {error}", file.display()));
    spared::check(file).map_err(Failure::Error)?;
    disk::replace(&context.path(file), text.as_bytes()).map_err(wrong)?;
    ui.say(&format!("Written: {}\n", file.display()));
    Ok(())
}

fn line(reading: &Reading) -> Json {
    let node = reading.node.as_deref().map(|node| format!(" of {node}")).unwrap_or_default();
    let mean = reading.mean.map_or_else(|| "no data".to_owned(), |mean| reading.measure.unit.show(mean));
    let message = format!("{}{node}: {mean}", reading.measure.name);
    stream::line("info", message, "metric", metrics::json(reading))
}
