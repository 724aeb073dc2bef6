//! What a stack costs in a month: every cache of its files, by list prices. What has no price is told, and not guessed.

use std::collections::BTreeSet;

use crate::address::{Address, Subject};
use crate::catalog::prices::reserved::{Offer, offers};
use crate::catalog::prices::{self, Micros, ServerlessPrice};
use crate::kind::{Metered, Usage};
use crate::ops::money::Wished;
use crate::plan::cost::{self, Priced};

/// Millionths of what is counted: of a GB, of a million ECPUs, of a dollar.
const MILLION: Micros = 1_000_000;

/// What is not in any estimate.
pub const NOT_INCLUDED: [&str; 5] = [
    "snapshots (backup storage)",
    "data transfer",
    "reservations and savings plans that are there already",
    "alarms, logs and topics",
    "taxes",
];

/// What clients make of serverless caches in a month, of all or of some.
#[derive(Debug, Clone)]
pub struct Amount {
    /// Of what; of every serverless cache without it.
    pub subject: Option<Subject>,
    /// How much, in millionths.
    pub micros: Micros,
}

/// What somebody has told beside the files.
#[derive(Debug, Default)]
pub struct Given {
    /// The hours of a month.
    pub hours: u32,
    /// GB that are stored in the mean.
    pub stored: Vec<Amount>,
    /// Millions of ElastiCache processing units in a month.
    pub ecpus: Vec<Amount>,
}

impl Given {
    /// The amount for an address: what is told of it goes before what is told of all.
    fn of(amounts: &[Amount], address: &Address) -> Option<Micros> {
        let own = amounts.iter().rev().find(|one| one.subject.as_ref().is_some_and(|of| of.contains(address)));
        own.or_else(|| amounts.iter().rev().find(|one| one.subject.is_none())).map(|one| one.micros)
    }
}

/// What is paid for one address.
#[derive(Debug, Clone, PartialEq)]
pub enum Charge {
    /// Nodes that run all the time.
    Nodes(Priced),
    /// A serverless cache.
    Served(Served),
}

/// A serverless cache with what it holds and does.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// `valkey`
    pub engine: String,
    /// Billed, in millionths of a GB.
    pub gb: Micros,
    /// Billed in a month, in millionths of a million.
    pub ecpus: Micros,
    /// By what.
    pub price: ServerlessPrice,
}

impl Charge {
    /// For a month of so many hours.
    pub fn over(&self, hours: u32) -> Micros {
        match self {
            Self::Nodes(priced) => priced.over(hours),
            Self::Served(served) => {
                let (gb, ecpus) = (served.gb * served.price.gb_hour, served.ecpus * served.price.ecpu_million);
                (gb * Micros::from(hours) + ecpus + MILLION / 2) / MILLION
            }
        }
    }

    /// The day of the list.
    pub fn date(&self) -> &'static str {
        match self {
            Self::Nodes(priced) => priced.date,
            Self::Served(served) => served.price.date,
        }
    }
}

/// One address.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// The address.
    pub address: Address,
    /// The region it is in: `eu-west-1`.
    pub region: String,
    /// What is paid, or why that is not known, as a clause.
    pub charge: Result<Charge, String>,
    /// What one of its nodes could be reserved for; empty where that is not known.
    pub offers: Vec<Offer>,
}

/// What a stack costs in one environment.
#[derive(Debug, Default)]
pub struct Estimate {
    /// The hours of a month.
    pub hours: u32,
    /// Each address.
    pub lines: Vec<Line>,
    /// The days of the lists.
    pub dates: BTreeSet<&'static str>,
    /// What is true of prices beside the figures, each a sentence.
    pub remarks: BTreeSet<String>,
}

impl Estimate {
    /// All that is known, for a month.
    pub fn monthly(&self) -> Micros {
        self.lines.iter().flat_map(|line| &line.charge).map(|charge| charge.over(self.hours)).sum()
    }

    /// How many have no price.
    pub fn unknown(&self) -> usize {
        self.lines.iter().filter(|line| line.charge.is_err()).count()
    }
}

/// Prices what a stack wishes for.
pub fn estimate(wished: Vec<Wished>, given: &Given) -> Estimate {
    let mut estimate = Estimate { hours: given.hours, ..Estimate::default() };
    for one in wished {
        estimate.remarks.extend(one.usage.as_ref().ok().and_then(|usage| cost::remark(&one.region, usage)));
        let charge = one.usage.and_then(|usage| charge(&one.address, &one.region, &usage, given));
        let offers = match &charge {
            Ok(Charge::Nodes(nodes)) => offers(&one.region, &nodes.engine, &nodes.node_type),
            _ => Vec::new(),
        };
        estimate.dates.extend(charge.as_ref().ok().map(Charge::date));
        estimate.lines.push(Line { address: one.address, region: one.region, charge, offers });
    }
    estimate
}

fn charge(address: &Address, region: &str, usage: &Usage, given: &Given) -> Result<Charge, String> {
    let Usage::Metered(metered) = usage else { return cost::price(region, usage).map(Charge::Nodes) };
    let engine = metered.engine.clone().ok_or("the engine is known after the apply only")?;
    let price = prices::serverless(region, &engine)
        .ok_or_else(|| format!("no price of serverless {engine} in {region} is in the table"))?;
    let of = |gb: Micros, ecpus: Micros| {
        let (gb, ecpus) = billed(metered, &engine, (gb, ecpus), given.hours);
        Charge::Served(Served { engine: engine.clone(), gb, ecpus, price })
    };
    let told = (Given::of(&given.stored, address), Given::of(&given.ecpus, address));
    match told {
        (Some(gb), Some(ecpus)) => Ok(of(gb, ecpus)),
        _ => Err(format!(
            "it is billed by what is stored and by ECPUs: tell --stored-gb and --million-ecpus of a month; an idle one comes to {} USD",
            cost::usd(of(0, 0).over(given.hours))
        )),
    }
}

/// What is billed of GB, and of millions of processing units in a month: both in millionths, and at least the minima.
pub fn billed(metered: &Metered, engine: &str, (gb, ecpus): (Micros, Micros), hours: u32) -> (Micros, Micros) {
    let minimum = prices::serverless_minimum(engine).unwrap_or(0);
    let least = minimum.max(Micros::from(metered.least_gb) * MILLION);
    // So many in each second of the month, told in millions.
    (gb.max(least), ecpus.max(Micros::from(metered.least_ecpus) * 3600 * Micros::from(hours)))
}

#[cfg(test)]
mod tests;
