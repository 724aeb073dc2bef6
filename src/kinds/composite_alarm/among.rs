//! Rules between composite alarms and the alarms that they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{KIND, rule};
use crate::address::Address;
use crate::diag::did_you_mean;
use crate::kind::{Among, Problem};
use crate::value::text;

/// The declared alarms of a region, by name and by ARN.
type Named<'a> = BTreeMap<(&'a str, &'a str), &'a Address>;

/// Every problem of composite alarms among others.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let named: Named = ["alarm", KIND].into_iter().flat_map(|kind| among.of(kind)).flat_map(names).collect();
    let recorded: BTreeSet<&str> = among.recorded.values().filter_map(|object| text(object, "alarm_name")).collect();
    let mut problems = Vec::new();
    let mut children: BTreeMap<&'a Address, Vec<&'a Address>> = BTreeMap::new();
    for (address, alarm) in among.of(KIND) {
        let region = text(alarm.planned, "region").unwrap_or_default();
        for name in text(alarm.planned, "alarm_rule").map(rule::alarms).unwrap_or_default() {
            match named.get(&(region, name)) {
                Some(child) => children.entry(address).or_default().push(child),
                None if recorded.contains(name) => {}
                None => problems.extend(stranger(name, region, &named).map(|problem| (address, problem))),
            }
        }
    }
    problems.extend(circles(&children));
    problems
}

fn names<'a>(
    (address, alarm): (&'a Address, crate::kind::Neighbour<'a>),
) -> impl Iterator<Item = ((&'a str, &'a str), &'a Address)> {
    let region = text(alarm.planned, "region").unwrap_or_default();
    ["alarm_name", "arn"].into_iter().filter_map(move |name| Some(((region, text(alarm.planned, name)?), address)))
}

/// An alarm that nobody here declares may be another stack's; one that is called nearly as ours are, or that is ours in
/// another region, is a mistake.
fn stranger(name: &str, region: &str, named: &Named) -> Option<Problem> {
    let elsewhere = named.keys().find(|(other, known)| *known == name && *other != region);
    let (detail, help) = match elsewhere {
        Some((other, _)) => (
            format!("The rule names the alarm \"{name}\", which is in {other}; this one is in {region}."),
            "A composite alarm sees the alarms of its own region only.".to_owned(),
        ),
        None => {
            let near = did_you_mean(name, named.keys().filter(|(of, _)| *of == region).map(|(_, name)| *name))?;
            let detail = format!("The rule names an alarm \"{name}\", which this stack does not declare.");
            (detail, format!("Did you mean \"{near}\"?"))
        }
    };
    let problem = Problem::error("CS0851", "alarm_rule", "An alarm that is not there", detail, help);
    // There may be one of that name; an ARN is of one alarm only.
    Some(if elsewhere.is_some() && name.starts_with("arn:") { problem } else { problem.warning() })
}

/// Alarms that hang on each other are never evaluated, and AWS deletes none of them.
fn circles<'a>(children: &BTreeMap<&'a Address, Vec<&'a Address>>) -> Vec<(&'a Address, Problem)> {
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    let mut problems = Vec::new();
    for start in children.keys().copied() {
        let Some(way) = way_back(start, children).filter(|way| way.iter().all(|one| !told.contains(one))) else {
            continue;
        };
        told.extend(&way);
        let names: Vec<String> = way.iter().chain([&start]).map(|one| format!("`{one}`")).collect();
        let problem = Problem::error(
            "CS0852",
            "alarm_rule",
            "Alarms in a circle",
            format!("Rules name each other: {}.", names.join(" names ")),
            "Take one of the names out; CloudWatch evaluates none of them, and can delete none.",
        );
        problems.push((start, if way.len() > 1 { problem.beside(way[1]) } else { problem }));
    }
    problems
}

/// The shortest way from an alarm over those that it names back to itself.
fn way_back<'a>(start: &'a Address, children: &BTreeMap<&'a Address, Vec<&'a Address>>) -> Option<Vec<&'a Address>> {
    let mut seen: BTreeSet<&Address> = BTreeSet::new();
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        for child in children.get(way.last()?).into_iter().flatten() {
            if *child == start {
                return Some(way);
            }
            if seen.insert(child) {
                ways.push_back([&way[..], &[*child]].concat());
            }
        }
    }
    None
}
