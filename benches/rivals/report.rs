//! The table, as text, as JSON, and as pictures.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use crate::measure::Sample;

/// What the tools took for one command on one stack.
pub struct Row {
    pub shape: String,
    pub size: usize,
    pub command: &'static str,
    /// By tool; nothing where it was too slow to be waited for.
    pub taken: Vec<(&'static str, Option<Sample>)>,
}

#[derive(Default)]
pub struct Table {
    pub rows: Vec<Row>,
}

/// A figure: its name, its unit, and what it is of a sample.
type Figure = (&'static str, &'static str, fn(&Sample) -> f64);

const FIGURES: [Figure; 4] = [
    ("wall", "s", |one| one.wall.as_secs_f64()),
    ("CPU", "s", |one| one.cpu.as_secs_f64()),
    ("memory", "MiB", |one| one.memory as f64 / 1024.0),
    ("calls", "", |one| one.calls as f64),
];

impl Row {
    fn of(&self, tool: &str) -> Option<&Sample> {
        self.taken.iter().find(|(name, _)| *name == tool).and_then(|(_, sample)| sample.as_ref())
    }

    /// The row as a line of text.
    pub fn line(&self) -> String {
        let mut line = format!("{:<9}{:>6}  {:<21}", self.shape, self.size, self.command);
        for (_, unit, figure) in FIGURES {
            let cell = |tool| self.of(tool).map_or("-".to_owned(), |one| short(figure(one)));
            let _ =
                write!(line, " {:>8} {:>8} {:>7}{unit:>4}", cell("cachestack"), cell("terraform"), self.ratio(figure));
        }
        line
    }

    /// How many times as much the other takes.
    fn ratio(&self, figure: fn(&Sample) -> f64) -> String {
        let both = self.of("cachestack").zip(self.of("terraform"));
        both.map_or(String::new(), |(ours, theirs)| format!("{}x", short(figure(theirs) / figure(ours).max(1e-9))))
    }
}

/// A figure with two digits that count.
fn short(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

impl Table {
    /// All rows as text, under a head; with the growth of each command from the smallest size to the largest.
    pub fn text(&self) -> String {
        let mut text = format!("{:<38}", "shape, resources, command");
        for (name, ..) in FIGURES {
            let _ = write!(text, " {name:>8} {:>8} {:>7}    ", "terraform", "ratio");
        }
        for row in &self.rows {
            let _ = write!(text, "\n{}", row.line());
        }
        for (name, exponent) in self.exponents() {
            let _ = write!(text, "\nCPU of cachestack, {name}: grows with exponent {exponent:.2}");
        }
        text
    }

    /// The exponents of our CPU time by shape and command, between the two largest sizes.
    fn exponents(&self) -> Vec<(String, f64)> {
        let largest = |row: &&Row| !self.rows.iter().any(|other| row.is_smaller_than(other));
        let exponent = |row: &Row| {
            let smaller = self.rows.iter().filter(|other| other.is_smaller_than(row)).max_by_key(|other| other.size)?;
            let cpu = |row: &Row| row.of("cachestack").map(|one| one.cpu.as_secs_f64().max(1e-3).ln());
            let sizes = (row.size as f64).ln() - (smaller.size as f64).ln();
            Some((format!("{} {}", row.shape, row.command), (cpu(row)? - cpu(smaller)?) / sizes))
        };
        self.rows.iter().filter(largest).filter_map(exponent).collect()
    }

    /// All rows as JSON: times in seconds, memory in MiB.
    pub fn json(&self) -> String {
        let sample = |one: &Sample| {
            let figures = FIGURES.iter().map(|(name, _, figure)| (name.to_lowercase(), json!(figure(one))));
            serde_json::Value::Object(figures.collect())
        };
        let row = |row: &Row| {
            let taken = row.taken.iter().map(|(tool, one)| ((*tool).to_owned(), json!(one.as_ref().map(sample))));
            let taken: serde_json::Map<String, serde_json::Value> = taken.collect();
            json!({ "shape": row.shape, "size": row.size, "command": row.command, "taken": taken })
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        format!("{:#}\n", json!({ "machine": machine(), "rows": rows }))
    }

    /// A picture for each shape: CPU time of each command by size, both axes by tens.
    pub fn pictures(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("a folder");
        let mut shapes: Vec<&str> = self.rows.iter().map(|row| row.shape.as_str()).collect();
        shapes.dedup();
        for shape in shapes {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.shape == shape).collect();
            std::fs::write(folder.join(format!("rivals-{shape}.svg")), picture(shape, &rows)).expect("a picture");
        }
    }
}

impl Row {
    fn is_smaller_than(&self, other: &Row) -> bool {
        self.shape == other.shape && self.command == other.command && self.size < other.size
    }
}

/// The processor, how many of it, and the system.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, it)| it);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{count} x {model}, {}", std::env::consts::OS)
}

const COMMANDS: [(&str, &str); 3] =
    [("validate", "#0072b2"), ("apply", "#d55e00"), ("plan without changes", "#009e73")];
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const EDGE: f64 = 56.0;

/// Lines of CPU time by size: ours whole, Terraform's dashed.
fn picture(shape: &str, rows: &[&Row]) -> String {
    let sizes = rows.iter().map(|row| row.size as f64);
    let (least, most) = (sizes.clone().fold(f64::INFINITY, f64::min), sizes.fold(0.0, f64::max));
    let x = |size: f64| EDGE + (size / least).ln() / (most / least).ln().max(1e-9) * (WIDTH - 2.0 * EDGE);
    // From a millisecond to a thousand seconds.
    let y = |seconds: f64| HEIGHT - EDGE - (seconds.max(1e-3).log10() + 3.0) / 6.0 * (HEIGHT - 2.0 * EDGE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{EDGE}\" y=\"24\" font-size=\"15\">CPU time by resources: {shape}</text>\n"
    );
    for power in -3..=3 {
        let (at, seconds) = (y(10f64.powi(power)), 10f64.powi(power));
        let _ = writeln!(svg, "<path d=\"M{EDGE} {at:.1}H{}\" stroke=\"#ddd\"/>", WIDTH - EDGE);
        let _ =
            writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{seconds} s</text>", EDGE - 6.0, at + 4.0);
    }
    let mut all: Vec<usize> = rows.iter().map(|row| row.size).collect();
    all.sort_unstable();
    all.dedup();
    for size in all {
        let (at, low) = (x(size as f64), HEIGHT - EDGE + 18.0);
        let _ = writeln!(svg, "<text x=\"{at:.1}\" y=\"{low}\" text-anchor=\"middle\">{size}</text>");
    }
    for (index, (command, colour)) in COMMANDS.iter().enumerate() {
        for (tool, dash) in [("cachestack", ""), ("terraform", " stroke-dasharray=\"6 4\"")] {
            let of = rows.iter().filter(|row| row.command == *command);
            let points = of.filter_map(|row| Some((x(row.size as f64), y(row.of(tool)?.cpu.as_secs_f64()))));
            let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let points = points.join(" ");
            let _ = writeln!(
                svg,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>"
            );
        }
        let (left, low) = (EDGE + 170.0 * index as f64, HEIGHT - 8.0);
        let _ = writeln!(svg, "<text x=\"{left}\" y=\"{low}\" fill=\"{colour}\">{command} (dashed: terraform)</text>");
    }
    svg + "</svg>\n"
}
