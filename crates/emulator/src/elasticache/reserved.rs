//! Reserved nodes: what is offered, and what was bought. A purchase is final.

use super::super::context::Context;
use super::super::failure::{Answer, Failure};
use super::super::input::Input;
use super::super::lifecycle::{self, Step, Target, Timer};
use super::super::paging;
use super::super::service::{Arns, Part, operation};
use super::super::table::Key;
use super::super::wire::timestamp_text;
use super::super::world::hex;
use super::{names, tagging};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Reserved nodes: what the registry needs of them.
pub const PART: Part = Part {
    operations: &[
        operation(
            "DescribeReservedCacheNodesOfferings",
            offerings_of,
            "by node type, engine, duration and payment, pages",
            "prices of us-east-1 of October 2024 in every region",
        ),
        operation("PurchaseReservedCacheNodesOffering", purchase, "names, quota of 300 nodes, tags", "nothing is paid"),
        operation(
            "DescribeReservedCacheNodes",
            describe,
            "filters as of the offerings, retired at their end, pages",
            "",
        ),
    ],
    tables: &[&RESERVED],
    due: &[("Reserved", due)],
    arns: &[Arns::of("reserved-instance", |context, id| find(context, id).map(drop))],
    ..Part::NONE
};

/// Reserved nodes of one purchase.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reserved {
    pub id: String,
    pub offering: String,
    pub start: u64,
    pub count: i64,
    /// `payment-pending`, `active` or `retired`.
    pub state: String,
}

/// Purchases by id.
pub const RESERVED: Key<Reserved> = Key::new("reserved_nodes");

/// The most reserved nodes of an account in a region.
const MOST: i64 = 300;
const PAYMENT: f64 = 60.0;
const YEAR: i64 = 31_536_000;

/// What can be bought: one node of a type, for an engine, a time and a way to pay.
struct Offering {
    id: String,
    node_type: String,
    engine: &'static str,
    /// Seconds.
    duration: i64,
    payment: &'static str,
    upfront: f64,
    hourly: f64,
}

/// Upfront and hourly price of a payment, by the places in the table of prices.
const PAYMENTS: [(&str, Option<usize>, Option<usize>); 3] =
    [("No Upfront", None, Some(0)), ("Partial Upfront", Some(1), Some(2)), ("All Upfront", Some(3), None)];

fn offerings() -> &'static BTreeMap<String, Offering> {
    #[derive(Deserialize)]
    struct Prices {
        /// Of a year, then the same of three.
        types: BTreeMap<String, [Option<f64>; 8]>,
    }
    static OFFERINGS: OnceLock<BTreeMap<String, Offering>> = OnceLock::new();
    OFFERINGS.get_or_init(|| {
        let prices: Prices = serde_json::from_str(include_str!("../data/reserved.json")).expect("reserved.json");
        let mut all = BTreeMap::new();
        for (node_type, prices) in &prices.types {
            for (engine, factor) in [("memcached", 1.0), ("redis", 1.0), ("valkey", 0.8)] {
                for (years, (payment, upfront, hourly)) in
                    [1, 3].into_iter().flat_map(|years| PAYMENTS.map(|row| (years, row)))
                {
                    let price = |place: Option<usize>| match place {
                        None => Some(0.0),
                        // To a tenth of a cent, as lists have it.
                        Some(place) => prices[place + if years == 3 { 4 } else { 0 }]
                            .map(|price| (price * factor * 1000.0).round() / 1000.0),
                    };
                    let (Some(upfront), Some(hourly)) = (price(upfront), price(hourly)) else { continue };
                    let digits = hex(&format!("{node_type} {engine} {years} {payment}"));
                    let id =
                        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..32]].join("-");
                    let (node_type, duration) = (node_type.clone(), years * YEAR);
                    all.insert(id.clone(), Offering { id, node_type, engine, duration, payment, upfront, hourly });
                }
            }
        }
        all
    })
}

impl Offering {
    /// Whether the filters of a request let it through.
    fn passes(&self, input: Input) -> bool {
        let is = |name: &str, own: &str| input.filled(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(own));
        let duration = input.filled("Duration").and_then(seconds);
        let duration = duration.is_none_or(|wanted| wanted == self.duration);
        duration
            && is("CacheNodeType", &self.node_type)
            && is("ProductDescription", self.engine)
            && is("OfferingType", self.payment)
            && is("ReservedCacheNodesOfferingId", &self.id)
    }

    /// What an offering and a purchase of it have in common.
    fn to_json(&self) -> Value {
        json!({
            "ReservedCacheNodesOfferingId": self.id, "CacheNodeType": self.node_type, "Duration": self.duration,
            "FixedPrice": self.upfront, "UsagePrice": 0.0, "ProductDescription": self.engine,
            "OfferingType": self.payment,
            "RecurringCharges": [{ "RecurringChargeAmount": self.hourly, "RecurringChargeFrequency": "Hourly" }],
        })
    }
}

/// A duration in years or in seconds, or as Terraform's provider sends it.
fn seconds(text: &str) -> Option<i64> {
    match text {
        "1" | "P1Y" | "31536000" => Some(YEAR),
        "3" | "P3Y" | "94608000" => Some(3 * YEAR),
        _ => None,
    }
}

/// Refuses filters that name nothing.
fn check_filters(input: Input) -> Result<(), Failure> {
    if let Some(other) = input.filled("Duration").filter(|duration| seconds(duration).is_none()) {
        return Err(Failure::value(format!(
            "Invalid duration: {other}. Valid values are 1, 3, 31536000 and 94608000."
        )));
    }
    let payments = ["Light Utilization", "Medium Utilization", "Heavy Utilization"];
    let is_payment = |kind: &&str| payments.contains(kind) || PAYMENTS.iter().any(|(payment, ..)| payment == kind);
    if let Some(other) = input.filled("OfferingType").filter(|kind| !is_payment(kind)) {
        return Err(Failure::value(format!("Invalid offering type: {other}.")));
    }
    Ok(())
}

fn offering(id: &str) -> Result<&'static Offering, Failure> {
    offerings().get(id).ok_or_else(|| {
        Failure::missing("ReservedCacheNodesOfferingNotFound", format!("Reserved cache nodes offering {id} not found."))
    })
}

fn offerings_of(_context: &mut Context, input: Input) -> Answer {
    check_filters(input)?;
    if let Some(id) = input.filled("ReservedCacheNodesOfferingId") {
        offering(id)?;
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let rows = offerings().iter().filter(|(_, offering)| offering.passes(input));
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(Offering::to_json).collect();
    Ok(json!({ "ReservedCacheNodesOfferings": rows, "Marker": marker }))
}

fn find(context: &Context, id: &str) -> Result<Arc<Reserved>, Failure> {
    context.region[RESERVED]
        .get(&id.to_ascii_lowercase())
        .ok_or_else(|| Failure::missing("ReservedCacheNodeNotFound", format!("Reserved cache node {id} not found.")))
}

fn purchase(context: &mut Context, input: Input) -> Answer {
    let offering = offering(input.needed("ReservedCacheNodesOfferingId")?)?;
    let id = match input.filled("ReservedCacheNodeId") {
        Some(id) => names::identifier(id, "ReservedCacheNodeId", 63)?,
        None => {
            let stamp = timestamp_text(context.now as i64).replace(['T', ':', '.'], "-");
            format!("ri-{}", stamp.trim_end_matches('Z'))
        }
    };
    let tags = tagging::read(input)?;
    if context.region[RESERVED].contains(&id) {
        // One of AWS's oddities: that there is one already is a 404.
        return Err(Failure::missing(
            "ReservedCacheNodeAlreadyExists",
            format!("Reserved cache node {id} already exists."),
        ));
    }
    let count = input.number("CacheNodeCount").unwrap_or(1);
    if count < 1 {
        return Err(Failure::value(format!("Invalid cache node count: {count}. It must be at least 1.")));
    }
    let bought: i64 = context.region[RESERVED].values().filter(|row| row.state != "retired").map(|row| row.count).sum();
    if bought + count > MOST {
        let text =
            format!("The request cannot be processed because it would exceed the quota of {MOST} reserved nodes.");
        return Err(Failure::new("ReservedCacheNodeQuotaExceeded", text));
    }
    let reserved = Reserved {
        id: id.clone(),
        offering: offering.id.clone(),
        start: context.now,
        count,
        state: "payment-pending".into(),
    };
    let paid = context.now + context.speed.scale(PAYMENT);
    let end = context.now + offering.duration as u64 * 1000;
    for (due, step) in [(paid, Step::Ready), (end, Step::Gone)] {
        lifecycle::schedule(context.region, due, Target::new("Reserved", &id), 0, step);
    }
    tagging::set(context, "reserved-instance", &id, tags);
    let shown = to_json(context, &reserved);
    context.region[RESERVED].put(&id, reserved);
    Ok(json!({ "ReservedCacheNode": shown }))
}

fn due(context: &mut Context, id: &str, timer: &Timer) {
    let state = if timer.step == Step::Gone { "retired" } else { "active" };
    context.region[RESERVED].update(id, |reserved| reserved.state = state.into());
}

fn describe(context: &mut Context, input: Input) -> Answer {
    check_filters(input)?;
    if let Some(id) = input.filled("ReservedCacheNodeId") {
        let reserved = find(context, id)?;
        return Ok(json!({ "ReservedCacheNodes": [to_json(context, &reserved)] }));
    }
    let (after, size) = (paging::marker(input)?, paging::max_records(input)?);
    let rows = context.region[RESERVED].iter();
    let rows = rows.filter(|(_, row)| offerings().get(&row.offering).is_some_and(|offering| offering.passes(input)));
    let (page, marker) = paging::page(rows, after.as_deref(), size);
    let rows: Vec<Value> = page.into_iter().map(|reserved| to_json(context, reserved)).collect();
    Ok(json!({ "ReservedCacheNodes": rows, "Marker": marker }))
}

fn to_json(context: &Context, reserved: &Reserved) -> Value {
    let mut row = offerings().get(&reserved.offering).map_or(json!({}), Offering::to_json);
    row["ReservedCacheNodeId"] = json!(reserved.id);
    row["StartTime"] = json!(reserved.start);
    row["CacheNodeCount"] = json!(reserved.count);
    row["State"] = json!(reserved.state);
    row["ReservationARN"] = json!(context.arn("reserved-instance", &reserved.id));
    row
}
