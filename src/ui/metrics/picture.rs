//! A picture of all measures of a cache, as SVG: the mean as a line, the range from least to greatest as a band.

use std::collections::BTreeMap;

use crate::ops::day_two::metrics::{Reading, Readings};
use crate::ui::metrics::time;

/// The size of one chart, and of what is around its curve.
const WIDE: f64 = 432.0;
const HIGH: f64 = 150.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = 14.0;
const ABOVE: f64 = 34.0;
const BELOW: f64 = 26.0;
const COLUMNS: usize = 2;
const HEAD: f64 = 46.0;

/// The picture.
pub fn picture(readings: &Readings, about: &str) -> String {
    let rows = readings.whole.len().div_ceil(COLUMNS).max(1);
    let (wide, high) = (WIDE * COLUMNS as f64, HEAD + HIGH * rows as f64);
    let span = readings.span;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"14\" y=\"20\" font-size=\"15\" font-weight=\"bold\">{}</text>\n\
         <text x=\"14\" y=\"36\" fill=\"#666\">{} to {}</text>\n",
        escaped(about),
        time(span.start),
        time(span.end),
    );
    for (at, reading) in readings.whole.iter().enumerate() {
        let (x, y) = (WIDE * (at % COLUMNS) as f64, HEAD + HIGH * (at / COLUMNS) as f64);
        out.push_str(&format!("<g transform=\"translate({x} {y})\">\n{}</g>\n", chart(reading, readings)));
    }
    out.push_str("</svg>\n");
    out
}

/// One measure: its name and figures, its axes, its curve.
fn chart(reading: &Reading, readings: &Readings) -> String {
    let told = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| reading.measure.unit.show(value));
    let figures =
        format!("min {}  mean {}  max {}", told(reading.least()), told(reading.mean), told(reading.greatest()));
    let colour = if reading.is_met() == Some(false) { "#c22" } else { "#333" };
    let mut out = format!(
        "<text x=\"{LEFT}\" y=\"14\" font-weight=\"bold\" fill=\"{colour}\">{}</text>\n\
         <text x=\"{LEFT}\" y=\"27\" fill=\"#666\">{}</text>\n",
        escaped(reading.measure.name),
        escaped(&figures),
    );
    let (top, bottom) = (ABOVE, HIGH - BELOW);
    let (Some(low), Some(high)) = (reading.least(), reading.greatest()) else {
        let (x, y) = (LEFT, (top + bottom) / 2.0);
        out.push_str(&format!("<text x=\"{x}\" y=\"{y}\" fill=\"#999\">no data</text>\n"));
        return out;
    };
    let limit = reading.measure.target.map(|target| target.limit());
    // From zero up, so that a small change does not look like a great one.
    let (low, high) = (low.min(0.0), high.max(limit.unwrap_or(high)));
    let high = if high > low { high } else { low + 1.0 };
    let span = readings.span;
    let x = |at: i64| LEFT + (WIDE - LEFT - RIGHT) * (at - span.start) as f64 / (span.end - span.start).max(1) as f64;
    let y = |value: f64| bottom - (bottom - top) * (value - low) / (high - low);
    for value in [low, high] {
        let (at, text) = (y(value), reading.measure.unit.show(value));
        out.push_str(&format!(
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{}</text>\n",
            WIDE - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            escaped(&text),
        ));
    }
    if let Some((limit, text)) = limit.zip(reading.measure.wanted()) {
        let (at, right) = (y(limit), WIDE - RIGHT);
        out.push_str(&format!(
            "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#c22\" stroke-dasharray=\"4 3\"/>\n\
             <text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#c22\">{}</text>\n",
            at - 3.0,
            escaped(&text),
        ));
    }
    for run in runs(reading, readings) {
        let there = run.iter().map(|(at, band)| format!("{:.1},{:.1}", x(*at), y(band[2])));
        let back = run.iter().rev().map(|(at, band)| format!("{:.1},{:.1}", x(*at), y(band[0])));
        let line = run.iter().map(|(at, band)| format!("{:.1},{:.1}", x(*at), y(band[1])));
        let (band, line): (Vec<String>, Vec<String>) = (there.chain(back).collect(), line.collect());
        out.push_str(&format!(
            "<polygon points=\"{}\" fill=\"#9cf\" fill-opacity=\"0.5\"/>\n\
             <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.2\"/>\n",
            band.join(" "),
            line.join(" "),
        ));
    }
    let clock = |second: i64| {
        let time = jiff::Timestamp::from_second(second).unwrap_or_default();
        let format = if span.end - span.start > 172_800 { "%m-%d" } else { "%H:%M" };
        time.strftime(format).to_string()
    };
    for (at, anchor) in [(span.start, "start"), ((span.start + span.end) / 2, "middle"), (span.end, "end")] {
        let (x, y) = (x(at), HIGH - BELOW + 14.0);
        out.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"#666\">{}</text>\n",
            clock(at)
        ));
    }
    out
}

/// The periods in runs without gaps: nothing is drawn where nothing is known. Where there are more than dots, several are
/// one: the least, the mean and the greatest of them.
fn runs(reading: &Reading, readings: &Readings) -> Vec<Vec<(i64, [f64; 3])>> {
    let span = readings.span;
    let periods = (span.end - span.start) / span.period;
    let each = (periods as f64 / (WIDE - LEFT - RIGHT)).ceil().max(1.0) as i64 * span.period;
    let mut columns: BTreeMap<i64, (f64, [f64; 3])> = BTreeMap::new();
    for (at, [low, mean, high]) in &reading.bands {
        let column = span.start + (at - span.start).div_euclid(each) * each;
        let (count, [least, sum, most]) = columns.entry(column).or_insert((0.0, [*low, 0.0, *high]));
        (*count, *least, *sum, *most) = (*count + 1.0, least.min(*low), *sum + mean, most.max(*high));
    }
    let mut runs: Vec<Vec<(i64, [f64; 3])>> = Vec::new();
    for (at, (count, [low, sum, high])) in columns {
        let band = (at, [low, sum / count, high]);
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| at - last <= each) => run.push(band),
            _ => runs.push(vec![band]),
        }
    }
    runs
}

/// A text that is no markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
