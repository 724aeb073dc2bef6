//! What a plan changes of the bill for caches, by the list prices of the catalog: a pure function of the plan.
//!
//! Nothing is estimated: an object whose price the table does not have, or whose usage nobody has told, is unknown with
//! the reason, and the total says how many are. Reservations, savings plans, transfer, backups and taxes are not in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::catalog::engines::Version;
use crate::catalog::prices::reserved::Offer;
use crate::catalog::prices::{self, Micros};
use crate::kind::{Nodes, Usage};
use crate::kinds;
use crate::plan::{Action, Plan, Step};
use crate::value::Object;

/// What a plan changes of the bill.
#[derive(Debug, Default, PartialEq)]
pub struct Cost {
    /// One for each address whose cost changes or is not known, in the order of the plan.
    pub lines: Vec<Line>,
    /// The sum of all known differences, for a month.
    pub difference: Micros,
    /// How many addresses are not known, and so not in the sum.
    pub unknown: usize,
    /// The days of the lists that figures are of.
    pub dates: BTreeSet<&'static str>,
    /// What is true of prices beside the figures, each in a sentence.
    pub remarks: BTreeSet<String>,
}

/// What changes for one address.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// The address.
    pub address: Address,
    /// What it costs in a month, before and after; or why that is not known, as a clause.
    pub monthly: Result<(Micros, Micros), String>,
    /// What is paid for before: empty where there is nothing, or nothing that a price is known of.
    pub before: Vec<Priced>,
    /// What is paid for after.
    pub after: Vec<Priced>,
}

/// Nodes with their price.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// How many.
    pub count: i64,
    /// `cache.r7g.large`
    pub node_type: String,
    /// `redis`
    pub engine: String,
    /// One node for an hour.
    pub hour: Micros,
    /// What of that is on top of the node, and stays when the node is reserved.
    pub on_top: Micros,
    /// The day of the list.
    pub date: &'static str,
}

impl Priced {
    /// All of them for a month.
    pub fn month(&self) -> Micros {
        self.over(prices::hours_per_month())
    }

    /// All of them for so many hours, when they are reserved.
    pub fn reserved(&self, offer: &Offer, hours: u32) -> Micros {
        (offer.over(hours) + self.on_top * Micros::from(hours)) * Micros::from(self.count)
    }

    /// All of them for so many hours.
    pub fn over(&self, hours: u32) -> Micros {
        self.hour * Micros::from(hours) * Micros::from(self.count)
    }
}

/// What runs for an address, before and after.
#[derive(Default)]
struct Sides<'a> {
    before: Vec<(&'a str, Usage)>,
    after: Vec<(&'a str, Usage)>,
}

/// What the plan changes of the bill.
pub fn of(plan: &Plan) -> Cost {
    let mut cost = Cost::default();
    let mut order: Vec<&Address> = Vec::new();
    let mut all: BTreeMap<&Address, Sides> = BTreeMap::new();
    for step in &plan.steps {
        let sides = all.entry(&step.address).or_insert_with(|| {
            order.push(&step.address);
            Sides::default()
        });
        add(step, sides);
    }
    for address in order {
        let sides = &all[address];
        if let Some(line) = line(address, sides) {
            cost.count(line);
            cost.remarks.extend(sides.after.iter().filter_map(|(region, usage)| remark(region, usage)));
        }
    }
    cost
}

/// What a step takes away and what it brings. What is forgotten or was bought goes on costing; what others have deleted
/// costs nothing any more.
fn add<'a>(step: &'a Step, sides: &mut Sides<'a>) {
    let Some(kind) = kinds::get(&step.address.kind) else { return };
    let usage = |object: &'a Option<Object>| {
        let usage = object.as_ref().and_then(|object| kind.usage(object))?;
        Some((&*step.region, usage))
    };
    match step.action {
        Action::Create => sides.after.extend(usage(&step.after)),
        Action::Update => {
            sides.before.extend(usage(&step.before));
            sides.after.extend(usage(&step.after));
        }
        Action::Delete if !kind.is_bought() => sides.before.extend(usage(&step.before)),
        Action::Delete | Action::Forget | Action::Read => {}
    }
}

fn line(address: &Address, sides: &Sides) -> Option<Line> {
    let is_own = |(_, usage): &&(&str, Usage)| !matches!(usage, Usage::OfOthers { .. });
    let both = !sides.before.is_empty() && !sides.after.is_empty();
    let counted = both || sides.before.iter().chain(&sides.after).any(|side| is_own(&side));
    if sides.before == sides.after || !counted {
        return None;
    }
    let price = |side: &[(&str, Usage)]| -> Result<Vec<Priced>, String> {
        side.iter().map(|(region, usage)| price(region, usage)).collect()
    };
    let sum = |side: &[Priced]| side.iter().map(Priced::month).sum::<Micros>();
    let line = match (price(&sides.before), price(&sides.after)) {
        (Ok(before), Ok(after)) => {
            let monthly = (sum(&before), sum(&after));
            Line { address: address.clone(), monthly: Ok(monthly), before, after }
        }
        (_, Err(why)) | (Err(why), _) => {
            Line { address: address.clone(), monthly: Err(why), before: Vec::new(), after: Vec::new() }
        }
    };
    let same = line.monthly.as_ref().is_ok_and(|(before, after)| before == after);
    (!same).then_some(line)
}

/// Why a plan tells no price of what is metered.
const METERED: &str = "it is billed by what is stored and by ECPUs, and no usage is given";

/// The price of what is used, or why it is not known.
pub fn price(region: &str, usage: &Usage) -> Result<Priced, String> {
    let nodes = match usage {
        Usage::Nodes(nodes) => nodes,
        Usage::Metered(_) => return Err(METERED.to_owned()),
        Usage::Untold { why, .. } | Usage::OfOthers { why, .. } => return Err((*why).to_owned()),
    };
    let known = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| format!("{name} is known after the apply only"))
    };
    let engine = known(&nodes.engine, "the engine")?;
    let node_type = known(&nodes.node_type, "the node type")?;
    let count = nodes.count.ok_or("the number of nodes is known after the apply only")?;
    let hour = prices::node_hour(region, &engine, &node_type)?;
    let support = support(nodes).and_then(|support| support.on_top(hour)).unwrap_or(0);
    let durability = match nodes.durability.as_deref() {
        Some("sync") => prices::sync_durability_hour(region, &node_type)
            .ok_or_else(|| format!("what sync durability costs on {node_type} in {region} is not in the table"))?,
        Some("async") => return Err("what async durability costs is not in the table".to_owned()),
        _ => 0,
    };
    let on_top = support + durability;
    Ok(Priced { count, node_type, engine, hour: hour.micros + on_top, on_top, date: hour.date })
}

fn support(nodes: &Nodes) -> Option<prices::ExtendedSupport> {
    let version = Version::parse(nodes.version.as_deref()?)?;
    prices::extended_support(nodes.engine.as_deref()?, version.major)
}

/// What is to be said beside the price of nodes: paid support, which is in it, or is to come.
pub fn remark(region: &str, usage: &Usage) -> Option<String> {
    let Usage::Nodes(nodes) = usage else { return None };
    let support = support(nodes)?;
    let (engine, version) = (nodes.engine.as_deref()?, nodes.version.as_deref()?);
    let hour = prices::node_hour(region, engine, nodes.node_type.as_deref()?).ok();
    let from = support.from;
    match (hour, support.has_begun(hour.map_or("", |hour| hour.date))) {
        (None, true) => None,
        (Some(_), true) => {
            Some(format!("{engine} {version} is in paid support since {from}, which is counted for each node"))
        }
        (_, false) => {
            Some(format!("{engine} {version} costs more from {from} on, by paid support, which is not counted"))
        }
    }
}

impl Cost {
    fn count(&mut self, line: Line) {
        match &line.monthly {
            Ok((before, after)) => self.difference += after - before,
            Err(_) => self.unknown += 1,
        }
        self.dates.extend(line.before.iter().chain(&line.after).map(|priced| priced.date));
        self.lines.push(line);
    }
}

/// `451.14`, rounded to cents.
pub fn usd(micros: Micros) -> String {
    let cents = (micros.abs() + 5_000) / 10_000;
    let sign = if micros < 0 && cents > 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests;
