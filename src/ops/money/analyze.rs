//! What could be saved on caches that are there, by what CloudWatch tells of them: how much of them is used, which node
//! type would do, what Graviton and Valkey would save, and which nobody uses. A metric without data counts as nothing, and
//! never as 0: what hangs on it is not judged.

pub mod fit;

use crate::address::{Address, Subject};
use crate::catalog::engines::Version;
use crate::catalog::prices::{self, Micros};
use crate::clock::Clock;
use crate::kind::{Kind, Nodes, Query, Span, Usage};
use crate::kinds;
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::metrics::{Reading, Readings, last, read_of};
use crate::ops::day_two::{Meant, look, refused, service};
use crate::ops::money::estimate::{Charge, Served};
use crate::plan::cost;
use crate::state::State;
use crate::value::Object;
use fit::Needs;

/// Below this a cache is used little, above that much. The thresholds are those of the reports that this takes the place
/// of.
pub const LITTLE: f64 = 30.0;
/// Above this a cache is used much.
pub const MUCH: f64 = 85.0;
/// The part of hits, in percent, below which it is worth a look what is asked for in vain.
pub const FEW_HITS: f64 = 80.0;

/// What is told of a cache has to be of so many hours at least, before a smaller node is named.
const HOURS_LEAST: f64 = 24.0;

const CPU: &str = "CPUUtilization";
const ENGINE_CPU: &str = "EngineCPUUtilization";
const MEMORY: [&str; 2] = ["DatabaseMemoryUsagePercentage", "MemoryUsage"];
const HITS: [&str; 2] = ["CacheHitRate", "HitRate"];
const NETWORK: [&str; 2] = ["NetworkBytesIn", "NetworkBytesOut"];

/// How much of a cache is used. Of several nodes it is that of the node that is used most.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Use {
    /// CPU in percent, on average.
    pub cpu: Option<f64>,
    /// The same at its height: 95 of 100 periods have less at their highest.
    pub cpu_high: Option<f64>,
    /// The core that runs the engine, likewise at its height.
    pub engine_cpu_high: Option<f64>,
    /// Memory in percent of what the engine may take, on average.
    pub memory: Option<f64>,
    /// The same at most.
    pub memory_high: Option<f64>,
    /// Hits of 100 look-ups.
    pub hits: Option<f64>,
    /// What goes over the network of a node in bytes a second; 95 of 100 periods have less.
    pub network_high: Option<f64>,
    /// How often anything was asked or stored, in all.
    pub asked: Option<f64>,
    /// Of how many hours there is data.
    pub hours: f64,
    /// GB that a serverless cache held, on average.
    pub stored_gb: Option<f64>,
    /// Its ElastiCache processing units a minute, on average.
    pub ecpus: Option<f64>,
}

impl Use {
    /// CPU, which is scarce before it is used up, counts one and a half times.
    fn cpu_score(&self) -> Option<f64> {
        self.cpu.map(|cpu| (cpu * 1.5).min(100.0))
    }

    /// How much of a cache is used, from 0 to 100: the mean of CPU and memory.
    pub fn score(&self) -> Option<f64> {
        Some((self.cpu_score()? + self.memory?) / 2.0)
    }

    /// The same with the hits as a third part, as public scripts count. A cache that does nothing and is asked for what it
    /// has scores 30 and more by that, so that nothing is decided by it.
    pub fn score_with_hits(&self) -> Option<f64> {
        Some((self.cpu_score()? + self.memory? + self.hits?) / 3.0)
    }
}

/// Something that can be done about a cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// `idle`, `downsize`, `upsize`, `shards`, `graviton`, `valkey`, `caching` or `unmeasured`.
    pub kind: &'static str,
    /// What, for people.
    pub text: String,
    /// The node type or engine that is meant.
    pub to: Option<String>,
    /// What is saved in a month; below zero where it costs more.
    pub saving: Option<Micros>,
}

/// What was found of a cache.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Its address.
    pub address: Address,
    /// Its name in AWS.
    pub id: String,
    /// The region it is in: `eu-west-1`.
    pub region: String,
    /// What is paid for it, or why that is not known.
    pub charge: Result<Charge, String>,
    /// What it is in nodes, where it is in any.
    pub nodes: Option<Nodes>,
    /// How much of it is used.
    pub used: Use,
    /// What can be done, the most important first.
    pub advice: Vec<Advice>,
    /// What is saved in a month if all that saves is done together.
    pub saving: Micros,
}

impl Analysis {
    /// What it costs in a month, where that is known.
    pub fn monthly(&self) -> Option<Micros> {
        self.charge.as_ref().ok().map(|charge| charge.over(prices::hours_per_month()))
    }
}

/// The caches of a state that can be measured, or those that are meant of them.
pub fn measured(state: &State, subject: Option<&Subject>) -> Vec<Meant> {
    let records = state.records.iter().filter(|(address, _)| subject.is_none_or(|subject| subject.contains(address)));
    let meant = |(address, record): (&Address, &crate::state::Record)| {
        let kind = kinds::get(&address.kind).filter(|kind| is_measured(*kind))?;
        Some(Meant {
            address: address.clone(),
            kind,
            region: record.region.clone(),
            id: record.id.clone(),
            record: record.clone(),
        })
    };
    records.filter_map(meant).collect()
}

/// Whether objects of a kind have metrics.
pub fn is_measured(kind: &dyn Kind) -> bool {
    !kind.measures(&Object::new()).is_empty()
}

/// Looks at a cache over the last days.
///
/// # Errors
/// It is gone, or it or its metrics cannot be read.
pub async fn analyze(
    connection: &Connection,
    meant: &Meant,
    days: u32,
    clock: &dyn Clock,
) -> Result<Analysis, Failure> {
    let now = jiff::Timestamp::try_from(clock.now()).unwrap_or_default();
    let span = last(days * 24, now.as_second());
    let live = look(connection, meant).await?.object;
    let readings = read_of(connection, meant, &live, span).await?;
    let asked = asked(connection, meant, &live, &readings, span).await?;
    let used = Use { asked, ..used(&readings) };
    let usage = meant.kind.usage(&live);
    let mut analysis = Analysis {
        address: meant.address.clone(),
        id: meant.id.clone(),
        region: meant.region.clone(),
        charge: Err("it is not priced".to_owned()),
        nodes: None,
        used,
        advice: Vec::new(),
        saving: 0,
    };
    match usage {
        Some(Usage::Metered(metered)) => analysis.charge = served(&metered, &meant.region, &analysis.used),
        Some(usage) => {
            analysis.charge = cost::price(&meant.region, &usage).map(Charge::Nodes);
            analysis.nodes = if let Usage::Nodes(nodes) = usage { Some(nodes) } else { None };
        }
        None => {}
    }
    judge(&mut analysis, days);
    Ok(analysis)
}

/// What clients have asked of a cache and put into it. Metrics that say so, by engine.
async fn asked(
    connection: &Connection,
    meant: &Meant,
    live: &Object,
    readings: &Readings,
    span: Span,
) -> Result<Option<f64>, Failure> {
    let (needed, more): ([&'static str; 2], &'static str) = match readings.engine.as_str() {
        "memcached" => (["GetHits", "GetMisses"], "CmdSet"),
        _ => (["CacheHits", "CacheMisses"], "SetTypeCmds"),
    };
    let nodes = meant.kind.measured(live);
    let metrics: Vec<&'static str> = needed.into_iter().chain([more]).collect();
    let query =
        |node: &crate::kind::Measured, metric| Query { metric, dimensions: node.dimensions.clone(), stat: "Sum" };
    let queries: Vec<Query> =
        nodes.iter().flat_map(|node| metrics.iter().map(|metric| query(node, metric)).collect::<Vec<_>>()).collect();
    let answer = service(connection)?.measure(&meant.region, &queries, span).await;
    let about = format!("the metrics of {} cannot be read", meant.address);
    let curves = answer.map_err(|error| refused(&about, &error))?;
    // Of every node: one that does not tell may be the one that is asked.
    let told = |metric: &str| {
        let mut all = queries.iter().zip(&curves).filter(|(query, _)| query.metric == metric);
        !nodes.is_empty() && all.all(|(_, curve)| !curve.is_empty())
    };
    let sum = || curves.iter().flat_map(|curve| curve.values()).sum::<f64>();
    Ok(needed.into_iter().all(told).then(sum))
}

fn whole<'a>(readings: &'a Readings, names: &[&str]) -> Option<&'a Reading> {
    readings.whole.iter().find(|reading| names.contains(&reading.measure.name))
}

/// How much is used, by what was measured. The height of CPU and memory is known only where every node tells it.
fn used(readings: &Readings) -> Use {
    let mean = |names: &[&str]| whole(readings, names).and_then(|reading| reading.mean);
    let high = |name| whole(readings, &[name]).and_then(|reading| most(reading.bands.values().map(|band| band[2])));
    let by_all = |names: &[&str]| {
        let mut nodes = readings.nodes.iter().filter(|reading| names.contains(&reading.measure.name));
        nodes.all(|reading| !reading.bands.is_empty())
    };
    let periods = whole(readings, &[CPU, "BytesUsedForCache"]).map_or(0, |reading| reading.bands.len());
    Use {
        cpu: mean(&[CPU]),
        cpu_high: high(CPU).filter(|_| by_all(&[CPU])),
        engine_cpu_high: high(ENGINE_CPU),
        memory: mean(&MEMORY),
        memory_high: whole(readings, &MEMORY).and_then(Reading::greatest).filter(|_| by_all(&MEMORY)),
        hits: mean(&HITS),
        network_high: network(readings),
        asked: None,
        hours: periods as f64 * readings.span.period as f64 / 3600.0,
        stored_gb: mean(&["BytesUsedForCache"]).map(|bytes| bytes / 1e9),
        ecpus: mean(&["ElastiCacheProcessingUnits"]),
    }
}

/// What 95 of 100 do not exceed.
fn most(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    let at = (all.len() * 95).div_ceil(100).checked_sub(1)?;
    all.get(at).copied()
}

/// Both ways over the network of the node that has most, in bytes a second. Both have to be told.
fn network(readings: &Readings) -> Option<f64> {
    let of = |name: &'static str| readings.nodes.iter().filter(move |reading| reading.measure.name == name);
    let both = |one: &Reading| {
        let other = of(NETWORK[1]).find(|other| other.node == one.node)?;
        let sum = |(at, band): (&i64, &[f64; 3])| Some((band[1] + other.bands.get(at)?[1]) / 60.0);
        most(one.bands.iter().filter_map(sum))
    };
    of(NETWORK[0]).filter_map(both).reduce(f64::max)
}

/// What a serverless cache costs, by what it held and did.
fn served(metered: &crate::kind::Metered, region: &str, used: &Use) -> Result<Charge, String> {
    let engine = metered.engine.clone().ok_or("its engine is not told")?;
    let price = prices::serverless(region, &engine)
        .ok_or_else(|| format!("no price of serverless {engine} in {region} is in the table"))?;
    let (Some(gb), Some(ecpus)) = (used.stored_gb, used.ecpus) else {
        return Err("it is billed by what is stored and by ECPUs, and CloudWatch has no data of that".to_owned());
    };
    let month = f64::from(prices::hours_per_month()) * 60.0;
    let told = ((gb * 1e6).round() as Micros, (ecpus * month).round() as Micros);
    let (gb, ecpus) = crate::ops::money::estimate::billed(metered, &engine, told, prices::hours_per_month());
    Ok(Charge::Served(Served { engine, gb, ecpus, price }))
}

/// What can be done about a cache, by how much of it is used.
fn judge(analysis: &mut Analysis, days: u32) {
    let used = analysis.used.clone();
    let month = analysis.monthly();
    if used.asked == Some(0.0) && enough(&used, days) {
        analysis.saving = month.unwrap_or(0);
        let text = format!("nobody has asked it anything in {days} days: see whether it is needed, and delete it");
        analysis.advice.push(Advice { kind: "idle", text, to: None, saving: month });
        return;
    }
    if let (Some(nodes), Ok(Charge::Nodes(priced))) = (analysis.nodes.clone(), analysis.charge.clone()) {
        let needs = needs(&nodes, &priced.node_type, &used, days);
        let (advice, saving) = fit::advise(&analysis.region, &nodes, &priced, needs);
        analysis.advice.extend(advice);
        analysis.saving = saving;
    }
    if let Some(hits) = used.hits.filter(|hits| *hits < FEW_HITS) {
        let text = format!(
            "only {hits:.0}% of what is asked for is there: look at keys that are asked for in vain, times to live and evictions"
        );
        analysis.advice.push(Advice { kind: "caching", text, to: None, saving: None });
    }
}

/// Whether there is data of long enough.
fn enough(used: &Use, days: u32) -> bool {
    used.hours >= 0.9 * HOURS_LEAST.min(f64::from(days) * 24.0)
}

/// What a node has to have room for, or why nobody can tell, as a clause.
fn needs(nodes: &Nodes, node_type: &str, used: &Use, days: u32) -> Result<Needs, String> {
    let none = |what: &str| format!("CloudWatch has no data of the {what} of every node");
    let (cpu, mean) = used.cpu_high.zip(used.cpu).ok_or_else(|| none("CPU"))?;
    let memory = used.memory_high.ok_or_else(|| none("memory"))?;
    if !enough(used, days) {
        return Err(format!("there is data of {:.0} hours, and {HOURS_LEAST} are needed", used.hours));
    }
    let engine = nodes.engine.as_deref().unwrap_or_default();
    let room =
        fit::room(engine, node_type).ok_or_else(|| format!("the memory of {node_type} is not in the catalog"))?;
    let cores = fit::cores(node_type).ok_or_else(|| format!("the processors of {node_type} are not in the catalog"))?;
    Ok(Needs {
        bytes: memory / 100.0 * room as f64,
        cores: cpu / 100.0 * f64::from(cores),
        cores_mean: mean / 100.0 * f64::from(cores),
        engine_cpu: used.engine_cpu_high,
        bytes_a_second: used.network_high,
        memory,
        cpu,
    })
}

/// A version as far as it is known.
fn version(nodes: &Nodes) -> Option<Version> {
    Version::parse(nodes.version.as_deref()?)
}

#[cfg(test)]
mod tests;
