//! List prices in USD, without tax, of the days that the table names. Source: named in `data/prices.json`.
//!
//! All figures are whole numbers of a millionth of a dollar, so money is counted in those and rounded once, where it is
//! shown. What the table does not have is not known: nothing is derived from other regions or types. A list of the user
//! ([`own`]) wins over the table.

pub mod own;
pub mod reserved;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Millionths of a US dollar.
pub type Micros = i128;

#[derive(Deserialize)]
struct Data {
    hours_per_month: Hours,
    on_demand: OnDemand,
    on_demand_newer: Newer,
    reserved: Reserved,
    serverless: Serverless,
    sync_durability: Durability,
    extended_support: Support,
}

#[derive(Deserialize)]
struct Hours {
    hours: u32,
}

type ByType = BTreeMap<String, Vec<Option<f64>>>;

#[derive(Deserialize)]
struct OnDemand {
    date: String,
    columns: Vec<String>,
    regions: BTreeMap<String, ByType>,
}

#[derive(Deserialize)]
struct Newer {
    date: String,
    region: String,
    types: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(Deserialize)]
struct Reserved {
    date: String,
    columns: Vec<String>,
    regions: BTreeMap<String, ByType>,
}

#[derive(Deserialize)]
struct Serverless {
    date: String,
    /// Billed at least, in GB, by engine.
    minimum_gb: BTreeMap<String, f64>,
    regions: BTreeMap<String, BTreeMap<String, Used>>,
}

#[derive(Deserialize)]
struct Used {
    gb_hour: Option<f64>,
    ecpu_million: Option<f64>,
}

#[derive(Deserialize)]
struct Durability {
    samples: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Support {
    verified: String,
    surcharge_over_on_demand: BTreeMap<String, f64>,
    periods: BTreeMap<String, (String, String)>,
    year3_from: BTreeMap<String, String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| super::embedded(include_str!("data/prices.json")));

/// A price and the day of the list that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a dollar.
    pub micros: Micros,
    /// `2025-03-14`
    pub date: &'static str,
}

/// What a serverless cache is billed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerlessPrice {
    /// For each GB and hour, in millionths of a dollar.
    pub gb_hour: Micros,
    /// For a million ElastiCache processing units, in millionths of a dollar.
    pub ecpu_million: Micros,
    /// `2025-03-14`
    pub date: &'static str,
}

/// How many hours of a month are billed.
pub fn hours_per_month() -> u32 {
    DATA.hours_per_month.hours
}

/// Reads an amount of dollars: `0`, `12.50`.
///
/// # Errors
/// It is no amount, or has parts of a cent's thousandth and less.
pub fn amount(text: &str) -> Result<Micros, String> {
    let wrong = || format!("\"{text}\" is no amount of dollars; write 0, 100 or 12.50");
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 6 || whole.len() > 15 {
        return Err(wrong());
    }
    let number = |digits: &str| digits.parse::<Micros>().map_err(|_| wrong());
    Ok(number(whole)? * 1_000_000 + number(&format!("{part:0<6}"))?)
}

fn micros(usd: f64) -> Micros {
    (usd * 1e6).round() as Micros
}

/// One node of a type for an hour on demand.
///
/// # Errors
/// Why no price is known, as a clause: of the region, of the type, or of the engine on it.
pub fn node_hour(region: &str, engine: &str, node_type: &str) -> Result<Price, String> {
    if let Some(price) = own::node_hour(region, engine, node_type) {
        return Ok(price);
    }
    let newer = &DATA.on_demand_newer;
    if let Some(prices) = newer.types.get(node_type).filter(|_| newer.region == region) {
        let usd = prices.get(engine).ok_or_else(|| format!("no price of {node_type} with {engine} is in the table"))?;
        return Ok(Price { micros: micros(*usd), date: &newer.date });
    }
    let table = &DATA.on_demand;
    let Some(types) = table.regions.get(region) else {
        return Err(format!("no prices of {region} are in the table"));
    };
    let Some(prices) = types.get(node_type) else {
        return Err(format!("no price of {node_type} in {region} is in the table"));
    };
    let column = table.columns.iter().position(|column| column == engine);
    let usd = column.and_then(|at| prices.get(at).copied().flatten());
    let usd = usd.ok_or_else(|| format!("no price of {node_type} with {engine} in {region} is in the table"))?;
    Ok(Price { micros: micros(usd), date: &table.date })
}

/// `us-east-1 r6g.large`
fn sample(region: &str, node_type: &str) -> String {
    format!("{region} {}", node_type.trim_start_matches("cache."))
}

/// What synchronous durability adds to the price of one node for an hour, where it has been seen.
pub fn sync_durability_hour(region: &str, node_type: &str) -> Option<Micros> {
    DATA.sync_durability.samples.get(&sample(region, node_type)).copied().map(micros)
}

/// What a serverless cache is billed by.
pub fn serverless(region: &str, engine: &str) -> Option<ServerlessPrice> {
    if let Some(price) = own::serverless(region, engine) {
        return Some(price);
    }
    let used = DATA.serverless.regions.get(region)?.get(engine)?;
    let price = |usd: Option<f64>| usd.map(micros);
    Some(ServerlessPrice {
        gb_hour: price(used.gb_hour)?,
        ecpu_million: price(used.ecpu_million)?,
        date: &DATA.serverless.date,
    })
}

/// What a serverless cache is billed for at least, in millionths of a GB.
pub fn serverless_minimum(engine: &str) -> Option<Micros> {
    DATA.serverless.minimum_gb.get(engine).copied().map(micros)
}

/// The node types of a region that have a price with any engine.
pub fn node_types(region: &str) -> std::collections::BTreeSet<&'static str> {
    let table = DATA.on_demand.regions.get(region).into_iter().flat_map(BTreeMap::keys);
    let newer = DATA.on_demand_newer.types.keys().filter(|_| DATA.on_demand_newer.region == region);
    table.chain(newer).map(String::as_str).chain(own::node_types(region)).collect()
}

/// Extended support of a version, which is billed on top of each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtendedSupport {
    /// The first day: `2026-02-01`.
    pub from: &'static str,
    /// The first day of its third year, which costs more.
    pub year3: &'static str,
}

impl ExtendedSupport {
    /// Whether it had begun on a day, or on that of the table of support where that is later.
    pub fn has_begun(&self, day: &str) -> bool {
        day.max(&DATA.extended_support.verified) >= self.from
    }

    /// What it adds to an hour of a node; nothing where it had not begun on the day of the prices, or of the table of
    /// support where that is later.
    pub fn on_top(&self, hour: Price) -> Option<Micros> {
        let table = &DATA.extended_support;
        let day = hour.date.max(&table.verified);
        if !self.has_begun(day) {
            return None;
        }
        let year = if day < self.year3 { "year1" } else { "year3" };
        let thousandths = micros(*table.surcharge_over_on_demand.get(year)?) / 1000;
        // AWS rounds to thousandths of a dollar.
        Some((hour.micros * thousandths / 1000 + 500) / 1000 * 1000)
    }
}

/// Extended support of a version, where AWS has named its days.
pub fn extended_support(engine: &str, major: u32) -> Option<ExtendedSupport> {
    let (table, version) = (&DATA.extended_support, format!("{engine}{major}"));
    let (from, _) = table.periods.get(&version)?;
    Some(ExtendedSupport { from, year3: table.year3_from.get(&version)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_table() {
        let of =
            |region, engine, node_type| node_hour(region, engine, node_type).map(|price| (price.micros, price.date));
        for (region, engine, node_type, want) in [
            ("us-east-1", "redis", "cache.r6g.large", Ok((206_000, "2025-03-14"))),
            ("us-east-1", "valkey", "cache.m6g.large", Ok((119_200, "2025-03-14"))),
            ("us-east-1", "memcached", "cache.m5.large", Ok((156_000, "2025-03-14"))),
            ("eu-west-1", "valkey", "cache.r7g.large", Ok((194_400, "2025-03-14"))),
            ("us-east-1", "redis", "cache.r6gd.xlarge", Ok((781_000, "2025-03-14"))),
            ("us-east-1", "valkey", "cache.r8g.large", Ok((175_600, "2026-10-02"))),
            (
                "us-east-1",
                "memcached",
                "cache.r8g.large",
                Err("no price of cache.r8g.large with memcached is in the table"),
            ),
            (
                "us-east-1",
                "memcached",
                "cache.r6gd.xlarge",
                Err("no price of cache.r6gd.xlarge with memcached in us-east-1 is in the table"),
            ),
            ("us-west-2", "valkey", "cache.r8g.large", Err("no price of cache.r8g.large in us-west-2 is in the table")),
            ("cn-north-1", "redis", "cache.r6g.large", Err("no prices of cn-north-1 are in the table")),
            ("us-east-1", "redis", "cache.z9.large", Err("no price of cache.z9.large in us-east-1 is in the table")),
        ] {
            assert_eq!(of(region, engine, node_type), want.map_err(str::to_owned), "{region} {engine} {node_type}");
        }
    }

    #[test]
    fn every_figure_is_a_whole_number_of_millionths() {
        let all = DATA.on_demand.regions.values().flat_map(BTreeMap::values).flatten().flatten();
        let newer = DATA.on_demand_newer.types.values().flat_map(BTreeMap::values);
        let used = DATA.serverless.regions.values().flat_map(BTreeMap::values);
        let used = used.flat_map(|used| [&used.gb_hour, &used.ecpu_million]).flatten();
        let mut seen = 0;
        for usd in all.chain(newer).chain(used) {
            seen += 1;
            assert!((usd * 1e6 - (usd * 1e6).round()).abs() < 1e-6 && *usd > 0.0, "{usd}");
        }
        assert_eq!(seen, 4490 + 21 + 204);
    }

    #[test]
    fn what_is_billed_beside_nodes() {
        let seen = serverless("us-east-1", "valkey").map(|price| (price.gb_hour, price.ecpu_million));
        assert_eq!(seen, Some((84_000, 2_300)));
        assert_eq!(serverless("cn-north-1", "valkey"), None);
        assert_eq!(sync_durability_hour("us-east-1", "cache.m7g.large"), Some(22_800));
        assert_eq!(sync_durability_hour("us-east-1", "cache.m7g.xlarge"), None);
        assert_eq!(extended_support("redis", 7), None);
        assert_eq!(hours_per_month(), 730);
    }

    /// The samples of the table are rows of AWS's price list.
    #[test]
    fn extended_support_costs_what_the_price_list_says() {
        for (region, node_type, first, third) in [
            ("us-west-2", "cache.t3.medium", 54_000, 109_000),
            ("us-east-1", "cache.m6g.large", 119_000, 238_000),
            ("us-east-1", "cache.r6g.large", 165_000, 330_000),
            ("ap-northeast-2", "cache.t4g.micro", 19_000, 38_000),
        ] {
            let price = node_hour(region, "redis", node_type).expect("a price");
            let on = |major, date| {
                extended_support("redis", major).and_then(|support| support.on_top(Price { date, ..price }))
            };
            for (major, date, want) in [
                (5, price.date, Some(first)),
                (5, "2028-01-31", Some(first)),
                (5, "2028-02-01", Some(third)),
                (6, price.date, None),
                (6, "2027-01-31", None),
                (6, "2027-02-01", Some(first)),
                (6, "2029-02-01", Some(third)),
            ] {
                assert_eq!(on(major, date), want, "{region} {node_type} {major} {date}");
            }
        }
    }
}
