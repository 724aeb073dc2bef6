//! Terraform with its AWS provider beside cachestack: the same files, the same emulator, one run, command by command in
//! turn.
//!
//! `cargo bench --bench rivals [-- --shapes alarms,services] [--sizes 10,100,1000] [--runs 3] [--latency MS] [--alone]
//! [--json FILE] [--svg FOLDER]`. Terraform has to be on the PATH, and `TF_CLI_CONFIG_FILE` to name a mirror that has its
//! AWS provider, or a network that leads to one. `--alone` leaves Terraform out. `CACHESTACK` names another program than
//! the one that is built here. A command that takes longer than ten minutes is the last of its tool.
//!
//! What is measured is a process with all that it starts: wall time, CPU time, the most memory at one moment, and the
//! calls that the emulator answered. Between plans an alarm is changed behind the tool's back, and a plan that does not
//! say so ends the bench.

mod emulator;
mod measure;
mod report;
mod stacks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use emulator::Emulator;
use measure::{Sample, median, run};
use report::{Row, Table};

/// Longer than this nobody measures.
const PATIENCE: Duration = Duration::from_secs(600);

fn main() {
    let wish = Wish::read();
    let mut table = Table::default();
    for shape in &wish.shapes {
        for size in &wish.sizes {
            let mut tools: Vec<Tool> = wish.tools().map(|name| Tool::new(name, &wish, shape, *size)).collect();
            for step in STEPS {
                let taken = tools.iter_mut().map(|tool| (tool.name, tool.take(step, wish.runs))).collect();
                let row = Row { shape: shape.clone(), size: *size, command: step.name, taken };
                println!("{}", row.line());
                table.rows.push(row);
            }
        }
    }
    println!("\n{}", table.text());
    wish.json.iter().for_each(|file| std::fs::write(file, table.json()).expect("a file"));
    wish.svg.iter().for_each(|folder| table.pictures(folder));
}

/// What is asked for.
struct Wish {
    shapes: Vec<String>,
    sizes: Vec<usize>,
    runs: usize,
    latency: u64,
    alone: bool,
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
}

impl Wish {
    fn read() -> Self {
        let mut wish = Self {
            shapes: stacks::SHAPES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            sizes: vec![10, 100, 1000],
            runs: 3,
            latency: 0,
            alone: false,
            json: None,
            svg: None,
        };
        let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{arg}: something behind it"));
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text}: a number"));
            match arg.as_str() {
                "--shapes" => wish.shapes = value().split(',').map(str::to_owned).collect(),
                "--sizes" => wish.sizes = value().split(',').map(number).collect(),
                "--runs" => wish.runs = number(&value()),
                "--latency" => wish.latency = number(&value()) as u64,
                "--alone" => wish.alone = true,
                "--json" => wish.json = Some(value().into()),
                "--svg" => wish.svg = Some(value().into()),
                _ => panic!("{arg}: see the head of benches/rivals/main.rs"),
            }
        }
        wish
    }

    fn tools(&self) -> impl Iterator<Item = &'static str> {
        let alone = self.alone;
        ["cachestack", "terraform"].into_iter().filter(move |name| !alone || *name == "cachestack")
    }
}

/// A command, what comes before it unmeasured, and how it is to end.
#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    args: &'static [&'static str],
    before: Before,
    ends: i32,
    /// Whether it can be run more than once.
    repeats: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// Somebody else changes an alarm.
    Drift,
    /// What somebody else has changed is put right.
    Repair,
    /// One alarm in a hundred is to be another.
    Edit,
}

const STEPS: [Step; 8] = [
    Step { name: "validate", args: &["validate"], before: Before::Nothing, ends: 0, repeats: true },
    Step {
        name: "first plan",
        args: &["plan", "-input=false", "-detailed-exitcode"],
        before: Before::Nothing,
        ends: 2,
        repeats: true,
    },
    Step {
        name: "apply",
        args: &["apply", "-input=false", "-auto-approve"],
        before: Before::Nothing,
        ends: 0,
        repeats: false,
    },
    Step {
        name: "plan of drift",
        args: &["plan", "-input=false", "-detailed-exitcode"],
        before: Before::Drift,
        ends: 2,
        repeats: true,
    },
    Step {
        name: "plan without changes",
        args: &["plan", "-input=false", "-detailed-exitcode"],
        before: Before::Repair,
        ends: 0,
        repeats: true,
    },
    Step {
        name: "plan -refresh=false",
        args: &["plan", "-input=false", "-detailed-exitcode", "-refresh=false"],
        before: Before::Nothing,
        ends: 0,
        repeats: true,
    },
    Step {
        name: "apply of 1 % changed",
        args: &["apply", "-input=false", "-auto-approve"],
        before: Before::Edit,
        ends: 0,
        repeats: false,
    },
    Step {
        name: "destroy",
        args: &["destroy", "-input=false", "-auto-approve"],
        before: Before::Nothing,
        ends: 0,
        repeats: false,
    },
];

/// A tool with a stack and an account of its own.
struct Tool {
    name: &'static str,
    program: PathBuf,
    shape: String,
    size: usize,
    place: tempfile::TempDir,
    emulator: Emulator,
    is_late: bool,
}

impl Tool {
    fn new(name: &'static str, wish: &Wish, shape: &str, size: usize) -> Self {
        let ours =
            std::env::var_os("CACHESTACK").map_or_else(|| env!("CARGO_BIN_EXE_cachestack").into(), PathBuf::from);
        let program = if name == "cachestack" { ours.clone() } else { PathBuf::from(name) };
        let emulator = Emulator::start(&ours);
        let place = tempfile::tempdir().expect("a directory");
        let tool = Self { name, program, shape: shape.to_owned(), size, place, emulator, is_late: false };
        tool.write(80);
        if name == "terraform" {
            let started = tool.command(&["init", "-input=false"]);
            assert_eq!(started.code, 0, "terraform init: {}", started.told);
        }
        tool.emulator.slow_down(wish.latency);
        tool
    }

    /// Writes the stack; the first alarms have another threshold.
    fn write(&self, threshold: u32) {
        stacks::write(self.place.path(), &self.shape, self.size, &self.emulator.url, threshold);
    }

    fn command(&self, args: &[&str]) -> Sample {
        run(&self.program, args, self.place.path(), PATIENCE)
    }

    /// What a command takes; nothing where this tool is out.
    fn take(&mut self, step: Step, runs: usize) -> Option<Sample> {
        if self.is_late {
            return None;
        }
        match step.before {
            Before::Nothing => {}
            Before::Drift => self.emulator.change(stacks::ALARM),
            Before::Repair => drop(self.command(&["apply", "-input=false", "-auto-approve"])),
            Before::Edit => self.write(70),
        }
        let mut taken = Vec::new();
        for _ in 0..if step.repeats { runs } else { 1 } {
            let calls = self.emulator.calls();
            let mut sample = self.command(step.args);
            sample.calls = self.emulator.calls() - calls;
            self.is_late = sample.wall >= PATIENCE;
            if self.is_late {
                return None;
            }
            let (name, place) = (self.name, self.place.path().display());
            assert_eq!(sample.code, step.ends, "{name} {} in {place}: {}", step.name, sample.told);
            taken.push(sample);
        }
        Some(median(taken))
    }
}

/// A file of a directory, made anew.
fn put(place: &Path, name: &str, text: &str) {
    let file = place.join(name);
    std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    std::fs::write(file, text).expect("a file");
}
