//! The products of ElastiCache, in the form of AWS's price lists, out of a dated table of public prices. Beside nodes it has
//! what a reader of lists stumbles over: rows of extended support and of durability with the same type and engine, and a
//! price of nothing where a reservation applies.

use super::super::world::hex;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What products can be filtered by.
pub const FIELDS: [&str; 10] = [
    "ServiceCode",
    "productFamily",
    "regionCode",
    "locationType",
    "instanceType",
    "currentGeneration",
    "cacheEngine",
    "usagetype",
    "operation",
    "servicename",
];

type ByType<T> = BTreeMap<String, Vec<Option<T>>>;

#[derive(Deserialize)]
struct Table {
    on_demand: OnDemand,
    on_demand_newer: Newer,
    reserved: Reserved,
    serverless: Serverless,
    backup_storage: Backup,
    extended_support: Samples<[Option<f64>; 2]>,
    sync_durability: Samples<f64>,
}

#[derive(Deserialize)]
struct OnDemand {
    date: String,
    /// Redis, Valkey, Memcached.
    regions: BTreeMap<String, ByType<f64>>,
}

#[derive(Deserialize)]
struct Newer {
    date: String,
    region: String,
    types: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(Deserialize)]
struct Reserved {
    /// Of a year: hourly; at once and hourly; at once. Then the same of three.
    regions: BTreeMap<String, BTreeMap<String, [Option<f64>; 8]>>,
}

#[derive(Deserialize)]
struct Serverless {
    date: String,
    regions: BTreeMap<String, BTreeMap<String, Used>>,
}

#[derive(Deserialize)]
struct Used {
    gb_hour: Option<f64>,
    ecpu_million: Option<f64>,
}

#[derive(Deserialize)]
struct Backup {
    usd_gb_month: f64,
}

#[derive(Deserialize)]
struct Samples<T> {
    /// By `us-east-1 r6g.large`.
    samples: BTreeMap<String, T>,
}

/// The engines of the columns, and what their nodes are called in lists.
const ENGINES: [(&str, &str, &str); 3] = [
    ("redis", "Redis", "CreateCacheCluster:0002"),
    ("valkey", "Valkey", "CreateCacheCluster:Valkey"),
    ("memcached", "Memcached", "CreateCacheCluster:0001"),
];

/// What usage of a region begins with. Of the others it is made up.
const PREFIXES: [(&str, &str); 16] = [
    ("us-east-2", "USE2"),
    ("us-west-1", "USW1"),
    ("us-west-2", "USW2"),
    ("ca-central-1", "CAN1"),
    ("sa-east-1", "SAE1"),
    ("eu-west-1", "EU"),
    ("eu-west-2", "EUW2"),
    ("eu-west-3", "EUW3"),
    ("eu-central-1", "EUC1"),
    ("eu-north-1", "EUN1"),
    ("ap-northeast-1", "APN1"),
    ("ap-northeast-2", "APN2"),
    ("ap-southeast-1", "APS1"),
    ("ap-southeast-2", "APS2"),
    ("ap-south-1", "APS3"),
    ("ap-east-1", "APE1"),
];

/// A product with its terms.
pub struct Product {
    family: &'static str,
    attributes: BTreeMap<&'static str, String>,
    unit: &'static str,
    usd: f64,
    /// Whether reservations apply to it.
    node: bool,
    /// Years, payment, at once, hourly.
    reserved: Vec<(u32, &'static str, f64, f64)>,
    date: &'static str,
}

/// Every product by its number.
pub fn products() -> &'static BTreeMap<String, Product> {
    static PRODUCTS: OnceLock<BTreeMap<String, Product>> = OnceLock::new();
    PRODUCTS.get_or_init(|| {
        let all = all(table()).into_iter();
        all.map(|product| (product.sku(), product)).collect()
    })
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let text = include_str!("../../../../src/catalog/data/prices.json");
    TABLE.get_or_init(|| serde_json::from_str(text).expect("prices.json"))
}

fn all(table: &'static Table) -> Vec<Product> {
    let mut all = Vec::new();
    for (region, types) in &table.on_demand.regions {
        for (node_type, prices) in types {
            for (at, price) in prices.iter().enumerate() {
                all.extend(price.map(|usd| node(table, region, node_type, at, usd, &table.on_demand.date)));
            }
        }
        let backup = table.backup_storage.usd_gb_month;
        all.push(plain("Storage Snapshot", region, "BackupUsage", "GB-Mo", backup, &table.on_demand.date));
    }
    let newer = &table.on_demand_newer;
    for (node_type, prices) in &newer.types {
        for (at, (engine, ..)) in ENGINES.iter().enumerate() {
            let usd = prices.get(*engine);
            all.extend(usd.map(|usd| node(table, &newer.region, node_type, at, *usd, &newer.date)));
        }
    }
    for (region, engines) in &table.serverless.regions {
        for (engine, used) in engines {
            all.extend(serverless(region, engine, used, &table.serverless.date));
        }
    }
    let date = &table.on_demand.date;
    for (sample, usd) in &table.sync_durability.samples {
        all.extend(beside(sample, "SyncDurability", 1, *usd, date));
    }
    for (sample, years) in &table.extended_support.samples {
        for (what, usd) in ["ExtendedSupportYr1_Yr2", "ExtendedSupportYr3"].iter().zip(years) {
            all.extend(usd.and_then(|usd| beside(sample, what, 0, usd, date)));
        }
    }
    all
}

fn usagetype(region: &str, rest: &str) -> String {
    let known = PREFIXES.iter().find(|(name, _)| *name == region).map(|(_, prefix)| (*prefix).to_owned());
    match known {
        _ if region == "us-east-1" => rest.to_owned(),
        Some(prefix) => format!("{prefix}-{rest}"),
        None => format!("{}-{rest}", region.replace('-', "").to_uppercase()),
    }
}

fn plain(family: &'static str, region: &str, usage: &str, unit: &'static str, usd: f64, date: &'static str) -> Product {
    let attributes = BTreeMap::from([
        ("servicecode", "AmazonElastiCache".to_owned()),
        ("servicename", "Amazon ElastiCache".to_owned()),
        ("locationType", "AWS Region".to_owned()),
        ("regionCode", region.to_owned()),
        ("usagetype", usagetype(region, usage)),
        ("operation", String::new()),
    ]);
    Product { family, attributes, unit, usd, node: false, reserved: Vec::new(), date }
}

fn node(table: &Table, region: &str, node_type: &str, engine: usize, usd: f64, date: &'static str) -> Product {
    let (_, name, operation) = ENGINES[engine];
    let usage = format!("NodeUsage:{node_type}");
    let mut product = plain("Cache Instance", region, &usage, "Hrs", usd, date);
    let former = ["m4", "r4", "t2"].iter().any(|family| node_type.contains(&format!(".{family}.")));
    let rows = table.reserved.regions.get(region).and_then(|types| types.get(node_type));
    product.reserved = rows.map(|row| terms(row, if name == "Valkey" { 0.8 } else { 1.0 })).unwrap_or_default();
    product.node = true;
    product.attributes.extend([
        ("instanceType", node_type.to_owned()),
        ("cacheEngine", name.to_owned()),
        ("operation", operation.to_owned()),
        ("currentGeneration", if former { "No" } else { "Yes" }.to_owned()),
    ]);
    product
}

fn terms(row: &[Option<f64>; 8], factor: f64) -> Vec<(u32, &'static str, f64, f64)> {
    let of = |years: u32, from: usize| {
        let price = |at: usize| row[from + at].map(|usd| usd * factor);
        [
            price(0).map(|hour| (years, "No Upfront", 0.0, hour)),
            price(1).zip(price(2)).map(|(upfront, hour)| (years, "Partial Upfront", upfront, hour)),
            price(3).map(|upfront| (years, "All Upfront", upfront, 0.0)),
        ]
    };
    of(1, 0).into_iter().chain(of(3, 4)).flatten().collect()
}

/// What is billed beside nodes, and looks like one.
fn beside(sample: &str, what: &str, engine: usize, usd: f64, date: &'static str) -> Option<Product> {
    let (region, node_type) = sample.split_once(' ')?;
    let (_, name, operation) = ENGINES[engine];
    let usage = format!("{what}-NodeUsage:cache.{node_type}");
    let mut product = plain("Cache Instance", region, &usage, "Hrs", usd, date);
    product.attributes.extend([
        ("instanceType", format!("cache.{node_type}")),
        ("cacheEngine", name.to_owned()),
        ("operation", operation.to_owned()),
    ]);
    Some(product)
}

fn serverless(region: &str, engine: &str, used: &Used, date: &'static str) -> Vec<Product> {
    let name = ENGINES.iter().find(|(word, ..)| *word == engine).map_or(engine, |(_, name, _)| name);
    let product = |usage: &str, unit: &'static str, usd: Option<f64>| {
        let mut product = plain("ElastiCache Serverless", region, &format!("{usage}:{name}"), unit, usd?, date);
        product.attributes.insert("cacheEngine", name.to_owned());
        Some(product)
    };
    let units = used.ecpu_million.map(|usd| usd / 1e6);
    let both = [
        product("CachedData", "GB-Hours", used.gb_hour),
        product("ElastiCacheProcessingUnits", "ElastiCacheProcessingUnit", units),
    ];
    both.into_iter().flatten().collect()
}

/// Ten digits behind the point, as lists have them; more where a price is smaller.
fn usd(amount: f64) -> String {
    format!("{amount:.10}")
}

impl Product {
    fn sku(&self) -> String {
        let digits = hex(&format!("{} {:?}", self.family, self.attributes));
        digits[..16].to_uppercase()
    }

    /// What a field says, where the product has it.
    pub fn value(&self, field: &str) -> Option<&str> {
        if field.eq_ignore_ascii_case("productFamily") {
            return Some(self.family);
        }
        let mut all = self.attributes.iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value.as_str())
    }

    /// The product as one item of a list.
    pub fn to_json(&self, sku: &str) -> Value {
        let day = self.date;
        let mut terms = json!({ "OnDemand": { format!("{sku}.JRTCKXETXF"): self.on_demand(sku) } });
        if !self.reserved.is_empty() {
            terms["Reserved"] = self.reserved.iter().map(|term| self.term(sku, term)).collect();
        }
        json!({
            "product": { "productFamily": self.family, "attributes": self.attributes, "sku": sku },
            "serviceCode": "AmazonElastiCache",
            "terms": terms,
            "version": format!("{}000000", day.replace('-', "")),
            "publicationDate": format!("{day}T00:00:00Z"),
        })
    }

    fn on_demand(&self, sku: &str) -> Value {
        let mut dimensions = json!({});
        let mut add = |code: &str, amount: f64| {
            let rate = format!("{sku}.JRTCKXETXF.{code}");
            dimensions[&rate] = dimension(&rate, self.unit, amount);
        };
        add("6YS6EN2CT7", self.usd);
        if self.node {
            add("2TG2D8R56U", 0.0);
        }
        json!({
            "priceDimensions": dimensions, "sku": sku, "effectiveDate": format!("{}T00:00:00Z", self.date),
            "offerTermCode": "JRTCKXETXF", "termAttributes": {},
        })
    }

    fn term(&self, sku: &str, (years, payment, upfront, hour): &(u32, &str, f64, f64)) -> (String, Value) {
        let code = hex(&format!("{years} {payment}"))[..10].to_uppercase();
        let mut dimensions = json!({});
        let mut add = |end: &str, unit: &str, amount: f64| {
            let rate = format!("{sku}.{code}.{end}");
            dimensions[&rate] = dimension(&rate, unit, amount);
        };
        add("6YS6EN2CT7", "Hrs", *hour);
        if *upfront > 0.0 {
            add("2TG2D8R56U", "Quantity", *upfront);
        }
        let attributes = json!({ "LeaseContractLength": format!("{years}yr"), "OfferingClass": "standard", "PurchaseOption": payment });
        let term = json!({
            "priceDimensions": dimensions, "sku": sku, "effectiveDate": format!("{}T00:00:00Z", self.date),
            "offerTermCode": code, "termAttributes": attributes,
        });
        (format!("{sku}.{code}"), term)
    }
}

fn dimension(rate: &str, unit: &str, amount: f64) -> Value {
    json!({
        "unit": unit, "endRange": "Inf", "description": format!("${amount} per {unit}"), "appliesTo": [],
        "rateCode": rate, "beginRange": "0", "pricePerUnit": { "USD": usd(amount) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_has_a_number_of_its_own() {
        let table = table();
        assert_eq!(products().len(), all(table).len());
        let types = table.on_demand.regions.values().flat_map(BTreeMap::values).flatten().flatten().count();
        assert!(products().len() > types && types > 4000, "{types}");
    }

    #[test]
    fn prices_are_told_with_ten_digits() {
        assert_eq!((usd(0.206), usd(2.3e-9)), ("0.2060000000".to_owned(), "0.0000000023".to_owned()));
    }
}
