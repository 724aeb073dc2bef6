//! Prices of today, out of AWS's price list, for the file of the user.
//!
//! A node is told by what its usage is called and by its operation: rows of extended support, of durability and of outposts
//! have the same type and engine. A price of nothing is that of hours which a reservation pays.

use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

use crate::catalog::prices::own::{Node, Region, Term};
use crate::catalog::prices::reserved::Payment;
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::{refused, service};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product: Product,
    #[serde(default)]
    terms: Terms,
    #[serde(default)]
    publication_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    #[serde(default)]
    product_family: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Terms {
    on_demand: BTreeMap<String, Offered>,
    reserved: BTreeMap<String, Offered>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offered {
    #[serde(default)]
    price_dimensions: BTreeMap<String, Dimension>,
    #[serde(default)]
    term_attributes: BTreeMap<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    price_per_unit: BTreeMap<String, String>,
}

/// Asks AWS for the prices of a region.
///
/// # Errors
/// It cannot be asked, or has none in dollars.
pub async fn fetch(connection: &Connection, region: &str) -> Result<Region, Failure> {
    let about = format!("the prices of {region} cannot be read");
    let answer = service(connection)?.products(region).await;
    let rows = answer.map_err(|error| refused(&about, &error))?;
    read(&rows).map_err(|why| Failure::Error(format!("{about}: {why}")))
}

/// Reads the rows of a region.
///
/// # Errors
/// A row is no product; or no row has a price in dollars.
fn read(rows: &[String]) -> Result<Region, String> {
    let mut region = Region::default();
    for row in rows {
        let item: Item = serde_json::from_str(row).map_err(|error| format!("AWS sent what is no product: {error}"))?;
        let known = add(&mut region, &item);
        let day = item.publication_date.get(..10).unwrap_or_default();
        if known && day > &*region.date {
            region.date = day.to_owned();
        }
    }
    // Where one of the two is not told, nothing can be said of a cache.
    region.serverless.retain(|_, used| used.gb_hour > 0.0 && used.ecpu_million > 0.0);
    match region.nodes.is_empty() && region.serverless.is_empty() {
        true => Err("AWS has no prices of caches there in dollars".to_owned()),
        false => Ok(region),
    }
}

/// Takes a product in; whether it is one that is wanted.
fn add(region: &mut Region, item: &Item) -> bool {
    let of = |name: &str| item.product.attributes.get(name).map(String::as_str).unwrap_or_default();
    let usage = bare(of("usagetype"));
    match &*item.product.product_family {
        "Cache Instance" => {
            let Some(node_type) = usage.strip_prefix("NodeUsage:") else { return false };
            let (Some(engine), Some(hour)) = (engine(of("operation")), price(&item.terms.on_demand)) else {
                return false;
            };
            let reserved = item.terms.reserved.values().filter_map(term).collect::<Vec<Term>>();
            let engines = region.nodes.entry(node_type.to_owned()).or_default();
            engines.insert(engine.to_owned(), Node { hour, reserved: ordered(reserved) });
            true
        }
        "ElastiCache Serverless" => {
            let (Some((what, name)), Some(usd)) = (usage.split_once(':'), price(&item.terms.on_demand)) else {
                return false;
            };
            let used = region.serverless.entry(name.to_lowercase()).or_default();
            match what {
                "CachedData" => used.gb_hour = usd,
                // Told for one, to the last digit that a list has.
                "ElastiCacheProcessingUnits" => used.ecpu_million = (usd * 1e15).round() / 1e9,
                _ => return false,
            }
            true
        }
        _ => false,
    }
}

/// `NodeUsage:cache.r7g.large` of `USW2-NodeUsage:cache.r7g.large`: only what is in capitals and digits is a region.
fn bare(usage: &str) -> &str {
    let is_region = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    usage.split_once('-').filter(|(region, _)| is_region(region)).map_or(usage, |(_, rest)| rest)
}

/// The engine of an operation. Source: price lists.
fn engine(operation: &str) -> Option<&'static str> {
    match operation {
        "CreateCacheCluster:0001" => Some("memcached"),
        "CreateCacheCluster:0002" => Some("redis"),
        "CreateCacheCluster:Valkey" => Some("valkey"),
        _ => None,
    }
}

fn usd(dimension: &Dimension) -> Option<f64> {
    let usd: f64 = dimension.price_per_unit.get("USD")?.parse().ok()?;
    (usd > 0.0).then_some(usd)
}

/// The one price on demand.
fn price(terms: &BTreeMap<String, Offered>) -> Option<f64> {
    let mut all = terms.values().flat_map(|term| term.price_dimensions.values()).filter_map(usd);
    let first = all.next()?;
    // Steps of a price are not told by one figure.
    all.all(|other| other == first).then_some(first)
}

fn term(offered: &Offered) -> Option<Term> {
    let of = |name: &str| offered.term_attributes.get(name).and_then(Json::as_str);
    let years = match of("LeaseContractLength")? {
        "1yr" => 1,
        "3yr" => 3,
        _ => return None,
    };
    let payment = Payment::EVERY.into_iter().find(|payment| Some(payment.word()) == of("PurchaseOption"))?;
    let sum = |unit: &str| -> f64 {
        let all = offered.price_dimensions.values().filter(|dimension| dimension.unit == unit);
        all.filter_map(usd).sum()
    };
    let (upfront, hour) = (sum("Quantity"), sum("Hrs"));
    (upfront + hour > 0.0).then_some(Term { years, payment, upfront, hour })
}

fn ordered(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_by_key(|term| (term.years, term.payment));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::prices::own::Used;
    use serde_json::json;

    fn row(family: &str, usage: &str, operation: &str, terms: &Json) -> String {
        let attributes = json!({ "usagetype": usage, "operation": operation, "cacheEngine": "Valkey" });
        let product = json!({ "productFamily": family, "attributes": attributes, "sku": "A" });
        json!({ "product": product, "terms": terms, "publicationDate": "2026-11-20T10:00:00Z" }).to_string()
    }

    fn terms(unit: &str, usd: &str) -> Json {
        json!({ "OnDemand": { "A.B": { "priceDimensions": {
            "A.B.C": { "unit": unit, "pricePerUnit": { "USD": usd } },
            "A.B.D": { "unit": unit, "pricePerUnit": { "USD": "0.0000000000" } },
        } } } })
    }

    #[test]
    fn nodes_are_told_from_what_looks_like_them() {
        let hours = |usd| terms("Hrs", usd);
        let (node, valkey) = ("Cache Instance", "CreateCacheCluster:Valkey");
        let mut reserved = hours("0.1752000000");
        reserved["Reserved"] = json!({ "A.E": {
            "termAttributes": { "LeaseContractLength": "3yr", "PurchaseOption": "Partial Upfront" },
            "priceDimensions": {
                "A.E.F": { "unit": "Hrs", "pricePerUnit": { "USD": "0.0420000000" } },
                "A.E.G": { "unit": "Quantity", "pricePerUnit": { "USD": "1100" } },
            },
        } });
        let rows = [
            row(node, "USW2-NodeUsage:cache.r7g.large", valkey, &reserved),
            row(node, "USW2-SyncDurability-NodeUsage:cache.r7g.large", valkey, &hours("0.0315")),
            row(node, "USW2-ExtendedSupportYr1_Yr2-NodeUsage:cache.r7g.large", valkey, &hours("0.175")),
            row(node, "USW2-Outpost-NodeUsage:cache.r7g.large", valkey, &hours("9")),
            row(node, "NodeUsage:cache.m7g.large", "CreateCacheCluster:0002", &hours("0.158")),
            row(node, "NodeUsage:cache.m7g.large", "CreateCacheCluster:0001", &hours("0.159")),
            row(node, "NodeUsage:cache.m7g.large", "CreateCacheCluster:Other", &hours("7")),
            row("ElastiCache Serverless", "USW2-CachedData:Valkey", "", &terms("GB-Hours", "0.084")),
            row(
                "ElastiCache Serverless",
                "USW2-ElastiCacheProcessingUnits:Valkey",
                "",
                &terms("ElastiCacheProcessingUnit", "0.0000000023"),
            ),
            row("ElastiCache Serverless", "USW2-CachedData:Redis", "", &terms("GB-Hours", "0.125")),
            row("Storage Snapshot", "USW2-BackupUsage", "", &terms("GB-Mo", "0.085")),
        ];
        let region = read(&rows).expect("prices");
        assert_eq!(region.date, "2026-11-20");
        let told: Vec<(&str, &str, f64, usize)> = region
            .nodes
            .iter()
            .flat_map(|(node_type, engines)| {
                engines.iter().map(move |(engine, node)| (&**node_type, &**engine, node.hour, node.reserved.len()))
            })
            .collect();
        assert_eq!(
            told,
            [
                ("cache.m7g.large", "memcached", 0.159, 0),
                ("cache.m7g.large", "redis", 0.158, 0),
                ("cache.r7g.large", "valkey", 0.1752, 1),
            ]
        );
        let want = Term { years: 3, payment: Payment::Partial, upfront: 1100.0, hour: 0.042 };
        assert_eq!(region.nodes["cache.r7g.large"]["valkey"].reserved, [want]);
        // Of Redis one of two prices is missing.
        let used = Used { gb_hour: 0.084, ecpu_million: 0.0023 };
        assert_eq!(region.serverless, BTreeMap::from([("valkey".to_owned(), used)]));
    }

    #[test]
    fn what_has_no_dollars_is_an_error() {
        let yuan = json!({ "OnDemand": { "A": { "priceDimensions": { "B": { "unit": "Hrs", "pricePerUnit": { "CNY": "1" } } } } } });
        let rows = [row("Cache Instance", "NodeUsage:cache.m7g.large", "CreateCacheCluster:0002", &yuan)];
        assert_eq!(read(&rows).map(drop), Err("AWS has no prices of caches there in dollars".to_owned()));
        assert!(read(&["{".to_owned()]).is_err_and(|why| why.starts_with("AWS sent what is no product")));
    }
}
