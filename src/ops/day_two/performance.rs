//! Whether a cache does well, by its last hour: targets of its measures, and CPU that stands at its end at times. The
//! thresholds are those of the reports that this takes the place of; what has no data is said, and counts as nothing.

use serde_json::{Value as Json, json};

use crate::ops::day_two::metrics::{Reading, Readings};
use crate::probe::Check;

/// CPU above this at any minute is a spike.
const SPIKE: f64 = 95.0;
const CPU: [&str; 2] = ["EngineCPUUtilization", "CPUUtilization"];
const MEMORY: [&str; 2] = ["DatabaseMemoryUsagePercentage", "MemoryUsage"];
const HITS: [&str; 2] = ["CacheHitRate", "HitRate"];

/// What to do about a measure that is not where it should be.
const REMEDIES: [(&[&str], &str); 4] = [
    (
        &CPU,
        "Take a bigger node type, or more shards; look for slow commands (KEYS, big ranges, Lua) in the slow log; read from replicas.",
    ),
    (
        &MEMORY,
        "Take a node type with more memory, or more shards; set times to live, and a maxmemory-policy that evicts; look for big keys.",
    ),
    (
        &HITS,
        "Look at what is asked for and not there: warm the cache up; lengthen times to live; look whether keys are evicted before they are asked for.",
    ),
    (
        &["ThrottledCmds"],
        "Raise ecpu_per_second of cache_usage_limits, or a minimum before a peak; spread what asks for one key; use fewer expensive commands.",
    ),
];

/// A check for each measure that has a target, and one for spikes.
pub fn examine(readings: &Readings) -> Vec<Check> {
    let mut checks: Vec<Check> = readings.whole.iter().filter_map(of_target).collect();
    checks.extend(readings.whole.iter().filter_map(of_spikes));
    checks
}

fn of_target(reading: &Reading) -> Option<Check> {
    let (name, unit, wanted) = (reading.measure.name, reading.measure.unit, reading.measure.wanted()?);
    let Some(mean) = reading.mean else { return Some(Check::skipped(name, "no data of the last hour")) };
    let mean = unit.show(mean);
    if reading.is_met() == Some(true) {
        return Some(Check::fine(name, format!("{mean} on average, and should be {wanted}")));
    }
    let remedy = REMEDIES.iter().find(|(names, _)| names.contains(&name)).map_or("", |(_, remedy)| remedy);
    Some(Check::finding(name, format!("{mean} on average, and should be {wanted}"), remedy))
}

fn of_spikes(reading: &Reading) -> Option<Check> {
    let greatest = reading.greatest().filter(|_| CPU.contains(&reading.measure.name))?;
    if greatest <= SPIKE {
        return None;
    }
    let text = format!("spikes of {}", reading.measure.unit.show(greatest));
    let remedy = "Look at what runs then: the slow log, snapshots (snapshot_window), jobs that come all at once.";
    Some(Check::finding(reading.measure.name, text, remedy))
}

/// The summary: means of CPU, memory and hits, null where there is no data.
pub fn summary(readings: &Readings) -> Json {
    let mean = |names: &[&str]| {
        let of = |name: &&str| readings.whole.iter().find(|one| one.measure.name == *name)?.mean;
        names.iter().find_map(of)
    };
    json!({ "avg_cpu": mean(&CPU), "avg_memory": mean(&MEMORY), "avg_hit_rate": mean(&HITS) })
}
