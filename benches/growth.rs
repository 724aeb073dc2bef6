//! How the CPU time of plan, apply and destroy grows with the number of instances, for stacks in which instances hang on
//! one another: the whole engine without what the simulation proves beside it, on an account and a disk in memory.
//!
//! Time is that of the program itself. What the kernel takes on top to supply memory is a row of its own: a page that a
//! virtual machine's host has to find first costs a multiple of one that is at hand, and small sizes find theirs at hand.
//!
//! `cargo bench --no-default-features --features simulation --bench growth [-- --quick] [--check] [SHAPE]` prints CPU time
//! and peak memory by size, and the exponent of the growth: 1 is a straight line. With `--quick` sizes are small; with
//! `--check` an exponent above 1.1 is an error. `--instructions` counts instructions under `valgrind` in place of CPU
//! time: it tells growth of the work from memory that is slower the more of it there is.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use cachestack::simulation::clock::LeapingClock;
use cachestack::simulation::engine::{self, End, Place, Verb};
use cachestack::simulation::faults::Faults;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tempfile::TempDir;

#[path = "../src/main/allocator.rs"]
mod allocator;

const SIZES: [usize; 4] = [1_250, 2_500, 5_000, 10_000];
const QUICK: [usize; 3] = [625, 1_250, 2_500];
/// Counting is some forty times slower than running.
const COUNTED: [usize; 3] = [500, 1_000, 2_000];
const RUNS: usize = 3;
/// The most that counts as growth in a straight line.
const EXPONENT_MAX: f64 = 1.1;
/// What is measured, and whether the plan of it has no steps.
const COMMANDS: [(&str, Verb, bool); 4] = [
    ("plan of a new stack", Verb::Plan, false),
    ("apply", Verb::Apply, false),
    ("plan without change", Verb::Plan, true),
    ("destroy", Verb::Destroy, false),
];
const SHAPES: [(&str, fn(usize) -> String); 4] =
    [("alarms", alarms), ("chains", chains), ("targets", targets), ("services", services)];

fn main() -> ExitCode {
    allocator::keep();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [word, shape, size] = &args[..]
        && word == "one"
    {
        let life = Life::new(shape, size.parse().expect("a size"));
        timed(&life);
        return ExitCode::SUCCESS;
    }
    if let [word, shape, size, commands] = &args[..]
        && word == "first"
    {
        let life = Life::new(shape, size.parse().expect("a size"));
        COMMANDS.iter().take(commands.parse().expect("a number")).for_each(|command| life.run(command));
        return ExitCode::SUCCESS;
    }
    let is_set = |name: &str| args.iter().any(|arg| arg == name);
    let named = |shape: &str| args.iter().all(|arg| arg.starts_with("--") || arg == shape);
    let mut worst: f64 = 0.0;
    for (shape, _) in SHAPES.iter().filter(|(shape, _)| named(shape)) {
        let exponent = match () {
            () if is_set("--instructions") => count(shape),
            () if is_set("--quick") => measure(shape, &QUICK),
            () => measure(shape, &SIZES),
        };
        worst = worst.max(exponent);
    }
    if is_set("--check") && worst > EXPONENT_MAX {
        eprintln!("an exponent is {worst:.2}, above {EXPONENT_MAX}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints the table of a shape; answers the largest exponent of CPU time.
fn measure(shape: &str, sizes: &[usize]) -> f64 {
    let runs: Vec<Vec<f64>> = sizes.iter().map(|size| best(shape, *size)).collect();
    let column = |at: usize| runs.iter().map(|run| run[at]).collect::<Vec<f64>>();
    head(shape, sizes);
    let worst = (0..COMMANDS.len()).map(|at| row(COMMANDS[at].0, sizes, &column(at), |time| format!("{time:.3} s")));
    let worst = worst.fold(0.0, f64::max);
    row("the system's part", sizes, &column(COMMANDS.len()), |time| format!("{time:.3} s"));
    row("peak memory", sizes, &column(COMMANDS.len() + 1), |peak| format!("{peak:.0} MiB"));
    println!();
    worst
}

/// The same by instructions: what the first commands take less what all but the last of them take.
fn count(shape: &str) -> f64 {
    let taken = |size: &usize| (0..=COMMANDS.len()).map(|commands| instructions(shape, *size, commands)).collect();
    let runs: Vec<Vec<f64>> = COUNTED.iter().map(taken).collect();
    head(shape, &COUNTED);
    let worst = (0..COMMANDS.len()).map(|at| {
        let values: Vec<f64> = runs.iter().map(|run| run[at + 1] - run[at]).collect();
        row(COMMANDS[at].0, &COUNTED, &values, |count| format!("{:.1} M", count / 1e6))
    });
    let worst = worst.fold(0.0, f64::max);
    println!();
    worst
}

fn head(shape: &str, sizes: &[usize]) {
    let cells: Vec<String> = sizes.iter().map(|size| format!("{size:>10}")).collect();
    println!("{shape:<22}{}  exponent", cells.concat());
}

/// Prints a row; answers its exponent.
fn row(name: &str, sizes: &[usize], values: &[f64], shown: impl Fn(f64) -> String) -> f64 {
    let cells: Vec<String> = values.iter().map(|value| format!("{:>10}", shown(*value))).collect();
    let exponent = exponent(sizes, values);
    println!("{name:<22}{}  {exponent:.2}", cells.concat());
    exponent
}

/// The slope of the straight line through the logarithms, by least squares.
fn exponent(sizes: &[usize], values: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> =
        sizes.iter().zip(values).map(|(size, value)| ((*size as f64).ln(), value.max(1e-6).ln())).collect();
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let slope: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    slope / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// The least of several runs: whatever else the machine does only adds to it.
fn best(shape: &str, size: usize) -> Vec<f64> {
    let runs: Vec<Vec<f64>> = (0..RUNS).map(|_| in_a_process(shape, size)).collect();
    (0..COMMANDS.len() + 2).map(|at| runs.iter().map(|run| run[at]).fold(f64::INFINITY, f64::min)).collect()
}

/// Seconds of each command, of the system for all, and MiB at most, of a process of its own: what one size leaves in memory costs no other.
fn in_a_process(shape: &str, size: usize) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["one", shape, &size.to_string()]).output().expect("a process");
    assert!(output.status.success(), "{shape} {size}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

/// Instructions of the first commands of a life, with its start.
fn instructions(shape: &str, size: usize, commands: usize) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let mut counter = Command::new("valgrind");
    counter.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]).arg(program);
    let output = counter.args(["first", shape, &size.to_string(), &commands.to_string()]).output();
    let output = output.expect("--instructions needs valgrind on the PATH");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shape} {size}: {told}");
    let line = told.lines().find_map(|line| line.split_once("I   refs:")).expect("a count").1;
    line.trim().replace(',', "").parse().expect("a number")
}

/// A stack of one size on an account and a disk of its own.
struct Life {
    place: Place,
    _folder: TempDir,
}

impl Life {
    fn new(shape: &str, size: usize) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let text = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape").1(size);
        engine::write(&folder.path().join("main.hcl"), &format!("{HEAD}{text}"));
        let clock = LeapingClock::patient(200 * size as u64);
        Self { place: Place::new(PathBuf::from(folder.path()), clock, Arc::new(Faults::none()), None), _folder: folder }
    }

    fn run(&self, (name, verb, empty): &(&str, Verb, bool)) {
        self.place.disk.end(false);
        self.place.disk.take_history();
        self.place.faults.begin(0, false);
        let outcome =
            self.place.run(&engine::Command { verb: *verb, allow: true, bare: true, ..engine::Command::default() });
        assert_eq!(outcome.end, End::Done, "{name}: {}", outcome.told);
        assert_eq!(outcome.empty, *empty, "{name}");
    }
}

/// Prints what each command took, what the system took for all of them, and the peak.
fn timed(life: &Life) {
    let (_, system) = cpu();
    for command in &COMMANDS {
        let (start, _) = cpu();
        life.run(command);
        println!("{}", cpu().0 - start);
    }
    println!("{}", cpu().1 - system);
    println!("{}", peak());
}

/// Seconds of all processors that this process has had, for itself and for what the system did for it.
fn cpu() -> (f64, f64) {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage of this process");
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    (seconds(usage.user_time()), seconds(usage.system_time()))
}

/// The most memory that this process has had, in MiB; zero where the system does not tell.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

const HEAD: &str =
    "stack \"growth\" { default_environment = \"sim\" }\nenvironment \"sim\" { region = \"us-east-1\" }\n";

/// The keys of a block that is there so many times.
fn keys(count: usize) -> String {
    let keys: Vec<String> = (0..count).map(|number| format!("\"k{number:05}\"")).collect();
    format!("locals {{ keys = toset([{}]) }}\n", keys.join(", "))
}

/// A block of alarms, with what tells it from others.
fn alarm(label: &str, more: &str) -> String {
    format!(
        "alarm \"{label}\" {{
  {more}
  metric_name         = \"CPUUtilization\"
  namespace           = \"AWS/ElastiCache\"
  statistic           = \"Average\"
  comparison_operator = \"GreaterThanThreshold\"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}}\n"
    )
}

/// Alarms that hang on nothing but their key.
fn alarms(size: usize) -> String {
    let more =
        "for_each = local.keys\n  alarm_name = \"cpu-${each.key}\"\n  dimensions = { CacheClusterId = each.key }";
    keys(size) + &alarm("cpu", more)
}

/// Alarms and security groups, each of which refers to the one of the same key in another block.
fn chains(size: usize) -> String {
    let named = |label: &str, rest: &str| {
        let more = format!("for_each = local.keys\n  alarm_name = \"{label}-${{each.key}}\"\n  {rest}");
        alarm(label, &more)
    };
    let group = |label: &str, source: &str| {
        format!(
            "security_group \"{label}\" {{
  for_each = local.keys
  name     = \"{label}-${{each.key}}\"
  ingress {{
    from_port = 6379
    to_port   = 6379
    protocol  = \"tcp\"
    {source}
  }}
}}\n"
        )
    };
    let parts = [
        named("first", "dimensions = { CacheClusterId = each.key }"),
        named("second", "alarm_description = alarm.first[each.key].arn\n  dimensions = { CacheClusterId = each.key }"),
        group("first", "cidr_blocks = [\"10.0.0.0/16\"]"),
        group("second", "security_groups = [security_group.first[each.key].id]"),
    ];
    keys(size / parts.len()) + &parts.concat()
}

/// Groups of two members, and an alarm for each member, which says what only the finished group tells.
fn targets(size: usize) -> String {
    let group = "replication_group \"all\" {
  for_each             = local.keys
  replication_group_id = each.key
  description          = \"Group ${each.key}\"
  engine_version       = \"7.1\"
  node_type            = \"cache.t4g.micro\"
  num_cache_clusters   = 2
}\n";
    let more = "target = replication_group.all\n  alarm_name = \"${node.id}-cpu\"
  alarm_description = replication_group.all[node.group].primary_endpoint_address";
    keys(size / 3) + group + &alarm("cpu", more)
}

/// A cache of each key with all that it needs, of which each object refers to others of its key; and two alarms for it.
fn services(size: usize) -> String {
    let objects = SERVICE.matches("for_each").count() + 2;
    keys(size / objects) + SERVICE
}

const SERVICE: &str = r#"
parameter_group "all" {
  for_each = local.keys
  name     = "of-${each.key}"
  family   = "valkey8"
}
security_group "all" {
  for_each = local.keys
  name     = "door-${each.key}"
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}
replication_group "all" {
  for_each                   = local.keys
  replication_group_id       = each.key
  description                = "Of ${each.key}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  transit_encryption_enabled = true
  parameter_group_name       = parameter_group.all[each.key].name
  security_group_ids         = [security_group.all[each.key].id]
}
alarm "cpu" {
  target              = replication_group.all
  alarm_name          = "${node.id}-cpu"
  metric_name         = "EngineCPUUtilization"
  namespace           = "AWS/ElastiCache"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}
"#;
