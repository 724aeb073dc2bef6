//! Metrics of a cache: as a table with sparklines, as JSON, CSV, a picture, and a report.

pub mod picture;
mod report;
mod table;

pub use report::report;
pub use table::table;

use serde_json::{Value as Json, json};

use crate::kind::{MeasureTarget, Unit};
use crate::ops::day_two::metrics::{Reading, Readings};

/// A value for people, in its unit.
pub fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{}%", number(value)),
        Unit::Bytes => bytes(value),
        Unit::BytesPerMinute => format!("{}/min", bytes(value)),
        Unit::PerMinute => format!("{}/min", number(value)),
        Unit::Seconds => format!("{}s", number(value)),
        Unit::Count => number(value),
    }
}

/// A number with as many digits as say something.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (value, 0);
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(value), UNITS[unit])
}

/// A target for people: `< 80%`.
pub fn target(reading: &Reading) -> Option<String> {
    let target = reading.measure.target?;
    let sign = if matches!(target, MeasureTarget::Below(_)) { "<" } else { ">" };
    Some(format!("{sign} {}", shown(target.limit(), reading.measure.unit)))
}

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
        "target": target(reading),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_and_true() {
        let cases = [
            (0.0, Unit::Count, "0"),
            (7.25, Unit::Percent, "7.25%"),
            (40.0, Unit::Percent, "40%"),
            (99.96, Unit::Percent, "100%"),
            (1234.4, Unit::PerMinute, "1234/min"),
            (1536.0, Unit::Bytes, "1.5 KiB"),
            (3.0 * 1024.0 * 1024.0, Unit::BytesPerMinute, "3 MiB/min"),
            (-0.001, Unit::Seconds, "0s"),
        ];
        for (value, unit, want) in cases {
            assert_eq!(shown(value, unit), want);
        }
    }
}
