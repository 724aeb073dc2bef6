//! The report of a cache as a file: what was measured, and where it should be.

use crate::ops::day_two::metrics::Readings;
use crate::ui::metrics::time;

/// A report for people, without colours.
pub fn report(readings: &Readings, about: &str) -> String {
    let span = readings.span;
    let hours = (span.end - span.start) / 3600;
    let mut out = format!("ElastiCache report: {about}\n");
    out.push_str(&format!("Engine: {}\n", if readings.engine.is_empty() { "not told" } else { &readings.engine }));
    out.push_str(&format!("Time:   {hours} hours, {} to {}\n\n", time(span.start), time(span.end)));
    let width = readings.whole.iter().map(|one| one.measure.name.len()).max().unwrap_or(0);
    for reading in &readings.whole {
        let name = reading.measure.name;
        let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| reading.measure.unit.show(value));
        let Some(mean) = reading.mean else {
            out.push_str(&format!("{name:width$}  no data\n"));
            continue;
        };
        let (mean, least, most) = (reading.measure.unit.show(mean), told(reading.least()), told(reading.greatest()));
        let verdict = reading.measure.wanted().map(|target| {
            let word = if reading.is_met() == Some(true) { "met" } else { "NOT MET" };
            format!("; target {target}: {word}")
        });
        out.push_str(&format!("{name:width$}  mean {mean}, from {least} to {most}{}\n", verdict.unwrap_or_default()));
    }
    let missed: Vec<&str> =
        readings.whole.iter().filter(|one| one.is_met() == Some(false)).map(|one| one.measure.name).collect();
    out.push_str(&match missed[..] {
        [] => "\nEvery target that there is data for is met.\n".to_owned(),
        _ => format!("\nTargets that are not met: {}\n", missed.join(", ")),
    });
    out
}
