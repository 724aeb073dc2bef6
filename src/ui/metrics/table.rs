//! The table, with a sparkline for each measure.

use crate::ops::day_two::metrics::{Bands, Reading, Readings};
use crate::ui::environments::columns;
use crate::ui::metrics::time;

/// How wide a sparkline is.
const WIDE: usize = 32;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What was measured, of the whole and, where it is asked for, of each node.
pub fn table(readings: &Readings, about: &str, nodes: bool) -> String {
    let span = readings.span;
    let mut out = format!("{about}, {} to {}\n", time(span.start), time(span.end));
    let all = readings.whole.iter().chain(readings.nodes.iter().filter(|_| nodes));
    let rows: Vec<[String; 8]> = all.map(|one| row(one, readings)).collect();
    let heading = ["Metric", "Min", "Mean", "Max", "Last", "Target", "", "Over time"];
    out.push_str(&columns(&heading, &rows, |column| (1..5).contains(&column)));
    let silent = readings.whole.iter().filter(|one| one.bands.is_empty()).count();
    if silent == readings.whole.len() {
        out.push_str(
            "\nCloudWatch has no data of this time: it comes some minutes after a cache, and stays 455 days.\n",
        );
    }
    out
}

fn row(reading: &Reading, readings: &Readings) -> [String; 8] {
    let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| reading.measure.unit.show(value));
    let name = match &reading.node {
        None => reading.measure.name.to_owned(),
        Some(node) => format!("  {} {node}", reading.measure.name),
    };
    let verdict = match reading.is_met() {
        Some(true) => "ok",
        Some(false) => "NOT MET",
        None => "",
    };
    let line = sparkline(&reading.bands, readings.span.start, readings.span.end);
    [
        name,
        told(reading.least()),
        told(reading.mean),
        told(reading.greatest()),
        told(reading.last()),
        reading.measure.wanted().unwrap_or_default(),
        verdict.to_owned(),
        line,
    ]
}

/// Means over time, from the least to the greatest; a blank where nothing is known.
pub fn sparkline(bands: &Bands, start: i64, end: i64) -> String {
    let means: Vec<Option<f64>> = (0..WIDE as i64).map(|at| mean_of_part(bands, start, end, at)).collect();
    let known = || means.iter().flatten().copied();
    let (Some(low), Some(high)) = (known().reduce(f64::min), known().reduce(f64::max)) else { return String::new() };
    let bar = |mean: &Option<f64>| match mean {
        None => ' ',
        Some(_) if high <= low => BARS[if high > 0.0 { 3 } else { 0 }],
        Some(mean) => BARS[(((mean - low) / (high - low) * 7.0).round() as usize).min(7)],
    };
    means.iter().map(bar).collect()
}

fn mean_of_part(bands: &Bands, start: i64, end: i64, at: i64) -> Option<f64> {
    let edge = |at: i64| start + (end - start) * at / WIDE as i64;
    let part = bands.range(edge(at)..edge(at + 1)).map(|(_, band)| band[1]);
    let (count, sum) = part.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_goes_as_the_means_go() {
        let line = |value: &dyn Fn(i64) -> Option<f64>| {
            let bands: Bands = (0..64).filter_map(|at| Some((at * 60, [value(at)?; 3]))).collect();
            sparkline(&bands, 0, 64 * 60)
        };
        assert_eq!(line(&|at| Some(at as f64)).chars().next(), Some('▁'));
        assert_eq!(line(&|at| Some(at as f64)).chars().last(), Some('█'));
        assert_eq!(line(&|_| Some(5.0)), "▄".repeat(32));
        assert_eq!(line(&|_| Some(0.0)), "▁".repeat(32));
        assert_eq!(line(&|at| (at < 32).then_some(1.0)), "▄".repeat(16) + &" ".repeat(16));
        assert_eq!(line(&|_| None), "");
    }
}
