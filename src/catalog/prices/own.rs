//! Prices of the user: what `cost update` has read from AWS, in a file. They win over the table that is built in.
//!
//! The file is JSON: `format_version` 1.x, `updated`, and of each region the day of its list (`date`), `nodes` by type and
//! engine with their dollars an hour on demand and the terms of reservations, and what serverless caches are billed by.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::reserved::{Offer, Payment};
use super::{Price, ServerlessPrice, micros};

/// A price list of the user.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// `1.0`
    pub format_version: String,
    /// When it was last written, as RFC 3339.
    pub updated: String,
    /// By region.
    pub regions: BTreeMap<String, Region>,
}

/// The prices of a region.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// The day of AWS's list: `2026-11-20`.
    pub date: String,
    /// By node type and engine.
    #[serde(default)]
    pub nodes: BTreeMap<String, BTreeMap<String, Node>>,
    /// By engine.
    #[serde(default)]
    pub serverless: BTreeMap<String, Used>,
}

/// One node in dollars.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// For an hour on demand.
    pub hour: f64,
    /// Reserved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<Term>,
}

/// A reservation of one node in dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// 1 or 3.
    pub years: u32,
    /// How it is paid.
    pub payment: Payment,
    /// At once.
    #[serde(default)]
    pub upfront: f64,
    /// For each hour of the term.
    #[serde(default)]
    pub hour: f64,
}

/// What a serverless cache is billed by, in dollars.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// For each GB and hour.
    pub gb_hour: f64,
    /// For a million ElastiCache processing units.
    pub ecpu_million: f64,
}

static OWN: OnceLock<List> = OnceLock::new();

/// Has every price looked for in this list first, for the rest of the run.
pub fn take(list: List) {
    // A run reads its prices once, before it does anything.
    let _ = OWN.set(list);
}

/// Where the list lies: the file that CACHESTACK_PRICES names, else `cachestack/prices.json` in the directory of the user
/// for configuration. None where the process has no such directory.
pub fn place(process: &BTreeMap<String, String>) -> Option<PathBuf> {
    let of = |name: &str| process.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    of("CACHESTACK_PRICES").or_else(|| {
        let directory = of("XDG_CONFIG_HOME").or_else(|| of("HOME").map(|home| home.join(".config")));
        directory.map(|directory| directory.join("cachestack").join("prices.json"))
    })
}

impl List {
    /// Reads a list.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let list: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if list.format_version.split('.').next() != Some("1") {
            return Err(format!("its format_version is \"{}\", and this program reads 1.0", list.format_version));
        }
        for (name, region) in &list.regions {
            region.check().map_err(|wrong| format!("region {name}: {wrong}"))?;
        }
        Ok(list)
    }
}

impl Region {
    fn check(&self) -> Result<(), String> {
        if self.date.parse::<jiff::civil::Date>().is_err() {
            return Err(format!("\"{}\" is no date", self.date));
        }
        let paid = |what: String, usd: f64, free: bool| {
            let good = usd.is_finite() && usd < 1e9 && (usd > 0.0 || free && usd == 0.0);
            if good { Ok(()) } else { Err(format!("{usd} is no price of {what}")) }
        };
        for (node_type, engines) in &self.nodes {
            for (engine, node) in engines {
                paid(format!("{node_type} with {engine}"), node.hour, false)?;
                for term in &node.reserved {
                    let what = || format!("{node_type} with {engine} for {} years", term.years);
                    if ![1, 3].contains(&term.years) {
                        return Err(format!("nothing is reserved for {} years: {}", term.years, what()));
                    }
                    paid(what(), term.upfront, true)?;
                    paid(what(), term.hour, true)?;
                    paid(what(), term.upfront + term.hour, false)?;
                }
            }
        }
        for (engine, used) in &self.serverless {
            paid(format!("a GB of {engine} for an hour"), used.gb_hour, false)?;
            paid(format!("a million ECPUs of {engine}"), used.ecpu_million, false)?;
        }
        Ok(())
    }

    fn node(&self, engine: &str, node_type: &str) -> Option<&Node> {
        self.nodes.get(node_type)?.get(engine)
    }
}

fn region(name: &str) -> Option<&'static Region> {
    OWN.get()?.regions.get(name)
}

/// The price of a node on demand.
pub fn node_hour(place: &str, engine: &str, node_type: &str) -> Option<Price> {
    let region = region(place)?;
    let node = region.node(engine, node_type)?;
    Some(Price { micros: micros(node.hour), date: &region.date })
}

/// The terms of reservations of a node; none where the list does not have the node.
pub fn reserved(place: &str, engine: &str, node_type: &str) -> Option<Vec<Offer>> {
    let region = region(place)?;
    let node = region.node(engine, node_type)?;
    let offer = |term: &Term| Offer {
        years: term.years,
        payment: term.payment,
        upfront: micros(term.upfront),
        hour: micros(term.hour),
        date: &region.date,
    };
    Some(node.reserved.iter().map(offer).collect())
}

/// What a serverless cache is billed by.
pub fn serverless(place: &str, engine: &str) -> Option<ServerlessPrice> {
    let region = region(place)?;
    let used = region.serverless.get(engine)?;
    Some(ServerlessPrice { gb_hour: micros(used.gb_hour), ecpu_million: micros(used.ecpu_million), date: &region.date })
}

/// The node types of a region.
pub fn node_types(place: &str) -> impl Iterator<Item = &'static str> {
    region(place).into_iter().flat_map(|region| region.nodes.keys().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_told() {
        let whole = |regions: &str| format!(r#"{{"format_version":"1.0","updated":"now","regions":{{{regions}}}}}"#);
        let node = |node: &str| {
            whole(&format!(r#""us-east-1":{{"date":"2026-11-20","nodes":{{"cache.m7g.large":{{"redis":{node}}}}}}}"#))
        };
        let cases = [
            (String::new(), "EOF while parsing a value at line 1 column 0"),
            (
                r#"{"format_version":"2.0","updated":"now","regions":{}}"#.to_owned(),
                "its format_version is \"2.0\", and this program reads 1.0",
            ),
            (whole(r#""us-east-1":{"date":"someday"}"#), "region us-east-1: \"someday\" is no date"),
            (node(r#"{"hour":-1}"#), "region us-east-1: -1 is no price of cache.m7g.large with redis"),
            (node(r#"{"hour":0}"#), "region us-east-1: 0 is no price of cache.m7g.large with redis"),
            (
                node(r#"{"hour":1,"reserved":[{"years":2,"payment":"No Upfront","hour":1}]}"#),
                "region us-east-1: nothing is reserved for 2 years: cache.m7g.large with redis for 2 years",
            ),
            (
                node(r#"{"hour":1,"reserved":[{"years":1,"payment":"No Upfront"}]}"#),
                "region us-east-1: 0 is no price of cache.m7g.large with redis for 1 years",
            ),
        ];
        for (text, want) in cases {
            assert_eq!(List::parse(&text), Err(want.to_owned()), "{text}");
        }
        let good = node(r#"{"hour":0.2,"reserved":[{"years":3,"payment":"All Upfront","upfront":900}]}"#);
        let list = List::parse(&good).expect("a list");
        let again = serde_json::to_string(&list).expect("JSON");
        assert_eq!(List::parse(&again).as_ref(), Ok(&list));
    }

    #[test]
    fn the_file_is_the_users() {
        let process = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            place(&pairs.collect()).map(|path| path.to_string_lossy().replace('\\', "/"))
        };
        let home = ("HOME", "/home/a");
        assert_eq!(process(&[]), None);
        assert_eq!(process(&[home]).as_deref(), Some("/home/a/.config/cachestack/prices.json"));
        assert_eq!(process(&[home, ("XDG_CONFIG_HOME", "/c")]).as_deref(), Some("/c/cachestack/prices.json"));
        assert_eq!(process(&[home, ("CACHESTACK_PRICES", "p.json")]).as_deref(), Some("p.json"));
    }
}
