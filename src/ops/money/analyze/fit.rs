//! Which node type would do: the cheapest with room for what is held and done, in the region, for the engine and version.

use super::{Advice, version};
use crate::catalog::engines::Version;
use crate::catalog::nodes::{self, has_data_tiering};
use crate::catalog::prices::{self, Micros};
use crate::kind::Nodes;
use crate::plan::cost::{Priced, usd};

/// What of the memory that an engine may take is to be filled at most: AWS leaves a quarter for what it does beside.
/// Source: user guide, "Managing reserved memory".
const MEMORY: f64 = 0.75;
/// What of all processors is to be busy at their height.
const CPU: f64 = 0.70;
/// What of the core that runs the engine is to be busy, in percent. A bigger type has no faster core.
const ENGINE_CPU: f64 = 70.0;
/// What of the network is to be taken that a type always has.
const NETWORK: f64 = 0.80;

/// Types that AWS calls of the previous generation: nobody is sent there.
const PREVIOUS: [&str; 9] = ["c1", "m1", "m2", "m3", "m4", "r3", "r4", "t1", "t2"];

/// What a node has to have room for.
#[derive(Debug, Clone, PartialEq)]
pub struct Needs {
    /// Bytes that are held at most.
    pub bytes: f64,
    /// Processors that are busy at their height.
    pub cores: f64,
    /// The same on average.
    pub cores_mean: f64,
    /// The core of the engine, in percent, where that is told.
    pub engine_cpu: Option<f64>,
    /// Over the network, where that is told.
    pub bytes_a_second: Option<f64>,
    /// The memory of today's type that is taken at most, in percent.
    pub memory: f64,
    /// Its processors that are busy, in percent.
    pub cpu: f64,
}

/// The bytes that an engine may take of a node, as far as the catalog has them.
pub fn room(engine: &str, node_type: &str) -> Option<u64> {
    match engine {
        "memcached" => nodes::get(node_type)?.memcached_mb.map(|mb| mb << 20),
        _ => nodes::maxmemory(node_type),
    }
}

/// The processors of a node.
pub fn cores(node_type: &str) -> Option<u32> {
    nodes::get(node_type)?.vcpu
}

/// `r7g` of `cache.r7g.large`
fn family(node_type: &str) -> &str {
    node_type.split('.').nth(1).unwrap_or_default()
}

/// `large` of `cache.r7g.large`
fn size(node_type: &str) -> &str {
    node_type.split('.').nth(2).unwrap_or_default()
}

/// 7 of `cache.r7g.large`
fn generation(node_type: &str) -> Option<u32> {
    family(node_type).chars().find_map(|c| c.to_digit(10))
}

/// Whether a type has processors of AWS's own: a `g` behind its generation.
pub fn is_graviton(node_type: &str) -> bool {
    family(node_type).trim_start_matches(|c: char| c.is_ascii_alphabetic()).contains('g')
}

/// Whether a type works with credits.
fn bursts(node_type: &str) -> bool {
    family(node_type).starts_with('t')
}

/// What of its processors a type can use for good: a burstable one earns credits for no more.
/// Source: user guide of EC2, burstable performance instances.
fn lasting(node_type: &str) -> f64 {
    match size(node_type) {
        _ if !bursts(node_type) => 1.0,
        "micro" => 0.10,
        _ => 0.20,
    }
}

fn fits(needs: &Needs, engine: &str, node_type: &str) -> bool {
    let (Some(room), Some(cores)) = (room(engine, node_type), cores(node_type)) else { return false };
    let network = nodes::get(node_type).and_then(|one| one.bw_gbps).map(|gbps| gbps * 1e9 / 8.0);
    let flows = match (needs.bytes_a_second, network) {
        (Some(bytes), Some(network)) => bytes <= NETWORK * network,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let cores = f64::from(cores);
    let works = needs.cores <= CPU * cores && needs.cores_mean <= lasting(node_type) * cores;
    flows && works && needs.bytes <= MEMORY * room as f64
}

/// Whether nodes of a type can be made instead, whatever is held.
fn is_possible(region: &str, nodes: &Nodes, engine: &str, now: &str, wanted: &str) -> bool {
    let Some(one) = nodes::get(wanted) else { return false };
    let Some(Some(oldest)) = one.min.get(engine) else { return false };
    let runs = match (version(nodes), Version::parse(oldest)) {
        (Some(version), Some(oldest)) => !version.is_older_than(oldest),
        _ => true,
    };
    runs && !one.regions_missing.iter().any(|missing| missing == region)
        && has_data_tiering(now) == has_data_tiering(wanted)
        // Who has nodes that work all the time is not sent to those that work with credits.
        && (bursts(now) || !bursts(wanted))
        // How busy processors are says nothing of slower ones.
        && generation(wanted) >= generation(now)
        && !PREVIOUS.contains(&family(wanted))
}

/// Today's nodes, and what others cost.
struct Market<'a> {
    region: &'a str,
    nodes: &'a Nodes,
    engine: &'a str,
    now: &'a str,
    count: Micros,
}

impl Market<'_> {
    /// One node for an hour.
    fn hour(&self, engine: &str, node_type: &str) -> Option<Micros> {
        prices::node_hour(self.region, engine, node_type).ok().map(|price| price.micros)
    }

    /// What all nodes save in a month with another engine or type.
    fn saving(&self, engine: &str, node_type: &str) -> Option<Micros> {
        let one = self.hour(self.engine, self.now)? - self.hour(engine, node_type)?;
        Some(one * self.count * Micros::from(prices::hours_per_month()))
    }

    /// The cheapest type that `does`; of two at one price that with more memory.
    fn cheapest(&self, does: impl Fn(&str) -> bool) -> Option<&'static str> {
        let all = prices::node_types(self.region).into_iter();
        let all = all.filter(|one| is_possible(self.region, self.nodes, self.engine, self.now, one) && does(one));
        let priced = all.filter_map(|one| Some((self.hour(self.engine, one)?, one)));
        let key = |(hour, one): &(Micros, &str)| (*hour, std::cmp::Reverse(room(self.engine, one)));
        priced.min_by_key(key).map(|(_, one)| one)
    }

    /// The same size with processors of AWS's own and as much memory, where that is cheaper.
    fn graviton(&self) -> Option<&'static str> {
        if is_graviton(self.now) {
            return None;
        }
        let class = family(self.now).chars().next()?;
        let least = room(self.engine, self.now)? as f64 * 0.95;
        let found = self.cheapest(|one| {
            let alike = family(one).starts_with(class) && size(one) == size(self.now);
            alike && is_graviton(one) && room(self.engine, one).is_some_and(|room| room as f64 >= least)
        })?;
        self.saving(self.engine, found).is_some_and(|saving| saving > 0).then_some(found)
    }
}

/// What can be done about nodes, and what is saved in a month if all that saves is done together.
pub fn advise(region: &str, nodes: &Nodes, priced: &Priced, needs: Result<Needs, String>) -> (Vec<Advice>, Micros) {
    let (engine, now) = (&*priced.engine, &*priced.node_type);
    let market = Market { region, nodes, engine, now, count: Micros::from(priced.count) };
    let mut advice = Vec::new();
    let size = sized(&market, needs);
    let resized = size.as_ref().and_then(|size| size.to.clone());
    advice.extend(size);
    let graviton = market.graviton().filter(|_| resized.is_none());
    if let Some(to) = graviton {
        let saving = market.saving(engine, to);
        let text = format!("{to} has processors of AWS's own and as much memory");
        advice.push(Advice { kind: "graviton", text, to: Some(to.to_owned()), saving });
    }
    let target = resized.or_else(|| graviton.map(str::to_owned)).unwrap_or_else(|| now.to_owned());
    let mut saving = market.saving(engine, &target);
    if engine == "redis"
        && let Some(valkey) = market.saving("valkey", now).filter(|saving| *saving > 0)
    {
        let text = "Valkey takes the place of Redis OSS, on the same nodes".to_owned();
        advice.push(Advice { kind: "valkey", text, to: Some("valkey".to_owned()), saving: Some(valkey) });
        saving = market.saving("valkey", &target).or(saving);
    }
    (advice, saving.unwrap_or(0).max(0))
}

/// Another size, where today's is too big or too small.
fn sized(market: &Market, needs: Result<Needs, String>) -> Option<Advice> {
    let needs = match needs {
        Ok(needs) => needs,
        Err(why) => {
            let text = format!("no other size is named: {why}");
            return Some(Advice { kind: "unmeasured", text, to: None, saving: None });
        }
    };
    let (engine, now) = (market.engine, market.now);
    let full = format!("{:.0}% of memory and {:.0}% of CPU are taken at most", needs.memory, needs.cpu);
    if let Some(busy) = needs.engine_cpu.filter(|busy| *busy > ENGINE_CPU) {
        let text = format!(
            "the core that runs the engine is busy at {busy:.0}%: take more shards, or read from replicas; no type has a faster one"
        );
        return Some(Advice { kind: "shards", text, to: None, saving: None });
    }
    let found = market.cheapest(|one| fits(&needs, engine, one));
    let too_small = !fits(&needs, engine, now);
    let Some(found) = found else {
        let text = format!("{full}, and no type has room for that: take more shards");
        return too_small.then_some(Advice { kind: "shards", text, to: None, saving: None });
    };
    let saving = market.saving(engine, found)?;
    if too_small {
        let text = format!("{full}: {now} is too small, and {found} would do");
        return Some(Advice { kind: "upsize", text, to: Some(found.to_owned()), saving: Some(saving) });
    }
    let text = format!("{full}: {found} would do");
    (saving > 0).then(|| Advice { kind: "downsize", text, to: Some(found.to_owned()), saving: Some(saving) })
}

/// `12.30 USD a month less`
pub fn told(saving: Micros) -> String {
    let word = if saving < 0 { "more" } else { "less" };
    format!("{} USD a month {word}", usd(saving.abs()))
}
