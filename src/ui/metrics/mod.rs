//! Metrics of a cache: as a table with sparklines, as JSON, CSV, a picture, and a report.

pub mod picture;
mod report;
mod table;

pub use report::report;
pub use table::table;

use serde_json::{Value as Json, json};

use crate::ops::day_two::metrics::{Reading, Readings};

/// A time for people.
pub fn time(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A reading as JSON; what has no data is null, never 0.
pub fn json(reading: &Reading) -> Json {
    let points = reading.bands.iter().map(|(at, band)| {
        let time = jiff::Timestamp::from_second(*at).unwrap_or_default().to_string();
        json!({ "time": time, "min": band[0], "mean": band[1], "max": band[2] })
    });
    json!({
        "metric": reading.measure.name,
        "unit": reading.measure.unit.word(),
        "node": reading.node,
        "min": reading.least(),
        "mean": reading.mean,
        "max": reading.greatest(),
        "last": reading.last(),
        "target": reading.measure.wanted(),
        "target_met": reading.is_met(),
        "points": points.collect::<Vec<_>>(),
    })
}

/// A line for each period of each measure, of the whole and of each node.
pub fn csv(readings: &Readings) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = writer.write_record(["time", "metric", "node", "unit", "min", "mean", "max"]);
    for reading in readings.whole.iter().chain(&readings.nodes) {
        let (name, unit) = (reading.measure.name, reading.measure.unit.word());
        for (at, band) in &reading.bands {
            let time = jiff::Timestamp::from_second(*at).unwrap_or_default().to_string();
            let node = reading.node.as_deref().unwrap_or_default();
            let [min, mean, max] = band.map(|value| value.to_string());
            let _ = writer.write_record([&time, name, node, unit, &min, &mean, &max]);
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
