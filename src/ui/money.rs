//! Estimates and reservations, for people and as JSON.

pub mod report;

use serde_json::{Value as Json, json};

use crate::catalog::prices::Micros;
use crate::catalog::prices::reserved::{Offer, Payment};
use crate::ops::money::estimate::{Charge, Estimate, Line, Served};
use crate::ops::money::reserved::{self as ops, Reservation, best, reservations};
use crate::plan::cost::{Priced, usd};
use crate::ui::cost::{hour, number};
use crate::ui::environments::columns;

/// The cheapest of a term in a month, by the ways to pay that have no part at once; else by any.
fn term(line: &Line, nodes: &Priced, years: u32, hours: u32) -> String {
    let of = |offer: &&Offer| offer.years == years;
    let mut offers = line.offers.iter().filter(of);
    let none = || line.offers.iter().find(|offer| of(offer) && offer.payment == Payment::No);
    let offer = none().or_else(|| offers.next());
    offer.map_or_else(|| "-".to_owned(), |offer| usd(nodes.reserved(offer, hours)))
}

/// What an environment costs.
pub fn estimate(name: &str, estimate: &Estimate) -> String {
    if estimate.lines.is_empty() {
        return format!("Environment \"{name}\": no caches.\n");
    }
    let mut text = format!("Environment \"{name}\": {}.\n", total(estimate));
    let rows: Vec<[String; 7]> = estimate.lines.iter().map(|line| row(line, estimate.hours)).collect();
    let heading =
        ["Resource", "Region", "What", "USD an hour each", "USD a month", "Reserved, 1 year", "Reserved, 3 years"];
    text.push_str(&columns(&heading, &rows, |column| column > 2));
    for line in &estimate.lines {
        if let Err(why) = &line.charge {
            text.push_str(&format!("{}: price unknown: {why}.\n", line.address));
        }
    }
    for remark in &estimate.remarks {
        text.push_str(&format!("{remark}.\n"));
    }
    text
}

/// `451.14 USD a month by list prices of 2025-03-14, and 1 of unknown price`
fn total(estimate: &Estimate) -> String {
    let dates: Vec<&str> = estimate.dates.iter().copied().collect();
    let known = (!dates.is_empty())
        .then(|| format!("{} USD a month by list prices of {}", usd(estimate.monthly()), dates.join(" and ")));
    let unknown = Some(estimate.unknown()).filter(|count| *count > 0).map(|count| format!("{count} of unknown price"));
    known.into_iter().chain(unknown).collect::<Vec<_>>().join(", and ")
}

fn row(line: &Line, hours: u32) -> [String; 7] {
    let (address, region) = (line.address.to_string(), line.region.clone());
    let none = || "-".to_owned();
    match &line.charge {
        Ok(Charge::Nodes(nodes)) => {
            let what = format!("{} x {} {}", nodes.count, nodes.node_type, nodes.engine);
            let [one, three] = [1, 3].map(|years| term(line, nodes, years, hours));
            [address, region, what, hour(nodes.hour), usd(nodes.over(hours)), one, three]
        }
        Ok(charge @ Charge::Served(served)) => {
            [address, region, self::served(served), none(), usd(charge.over(hours)), none(), none()]
        }
        Err(_) => [address, region, none(), none(), "unknown".to_owned(), none(), none()],
    }
}

/// `serverless valkey, 5 GB, 200 million ECPUs`
pub fn served(served: &Served) -> String {
    format!("serverless {}, {} GB, {} million ECPUs", served.engine, hour(served.gb), hour(served.ecpus))
}

/// The same for programs.
pub fn estimate_json(name: &str, estimate: &Estimate) -> Json {
    let line = |line: &Line| {
        let mut json = json!({ "address": line.address.to_string(), "region": line.region });
        match &line.charge {
            Ok(charge) => {
                json["monthly"] = number(charge.over(estimate.hours));
                json["prices_of"] = charge.date().into();
                merge(&mut json, charge_json(charge));
            }
            Err(why) => json["unknown"] = why.clone().into(),
        }
        if let Ok(Charge::Nodes(nodes)) = &line.charge {
            let one = |offer: &Offer| offer_json(offer, nodes, estimate.hours);
            json["reserved"] = line.offers.iter().map(one).collect();
        }
        json
    };
    json!({
        "environment": name,
        "resources": estimate.lines.iter().map(line).collect::<Vec<_>>(),
        "monthly": number(estimate.monthly()),
        "unknown": estimate.unknown(),
        "prices_of": estimate.dates,
        "remarks": estimate.remarks,
    })
}

fn merge(json: &mut Json, more: Json) {
    if let (Json::Object(all), Json::Object(more)) = (json, more) {
        all.extend(more);
    }
}

fn charge_json(charge: &Charge) -> Json {
    match charge {
        Charge::Nodes(nodes) => json!({
            "nodes": nodes.count, "node_type": nodes.node_type, "engine": nodes.engine, "hourly": exact(nodes.hour),
        }),
        Charge::Served(served) => json!({
            "engine": served.engine, "stored_gb": exact(served.gb), "million_ecpus": exact(served.ecpus),
            "gb_hour": exact(served.price.gb_hour), "million_ecpus_price": exact(served.price.ecpu_million),
        }),
    }
}

fn offer_json(offer: &Offer, nodes: &Priced, hours: u32) -> Json {
    let count = Micros::from(nodes.count);
    json!({
        "years": offer.years, "payment": offer.payment.word(), "upfront": number(offer.upfront * count),
        "hourly": exact(offer.hour), "monthly": number(nodes.reserved(offer, hours)), "prices_of": offer.date,
    })
}

/// Dollars to the last digit.
fn exact(micros: Micros) -> Json {
    hour(micros).parse::<f64>().map_or(Json::Null, Json::from)
}

/// What reservations would save in an environment.
pub fn reserved(name: &str, estimate: &Estimate, years: u32) -> String {
    let term = if years == 1 { "1 year" } else { "3 years" };
    let lines = reservations(estimate, years);
    if lines.is_empty() {
        return format!("Environment \"{name}\": no caches.\n");
    }
    let mut text = format!("Environment \"{name}\", reserved for {term}:\n");
    let rows: Vec<[String; 7]> = lines.iter().flat_map(|line| rows(line, estimate.hours)).collect();
    if !rows.is_empty() {
        let heading = ["Resource", "Nodes", "Payment", "USD at once", "USD a month", "Saved a month", "Saved a year"];
        text.push_str(&columns(&heading, &rows, |column| column > 2));
    }
    for line in &lines {
        if let Err(why) = &line.reservations {
            text.push_str(&format!("{}: no saving known: {why}.\n", line.address));
        }
    }
    let best: Vec<&Reservation> = lines.iter().filter_map(best).collect();
    if !best.is_empty() {
        let yearly = best.iter().map(|one| one.yearly()).sum();
        let upfront = best.iter().map(|one| one.upfront()).sum();
        let dates: std::collections::BTreeSet<&str> = best.iter().map(|one| one.offer.date).collect();
        let dates: Vec<&str> = dates.into_iter().collect();
        text.push_str(&format!(
            "\nAt best {} USD a year are saved, for {} at once, by list prices of {}.\n",
            usd(yearly),
            usd(upfront),
            dates.join(" and ")
        ));
        ADVICE.iter().for_each(|advice| text.push_str(&format!("- {advice}.\n")));
    }
    text
}

/// What is true of every reservation. Source: user guide, "Reserved nodes".
const ADVICE: [&str; 4] = [
    "A reservation is billed for its whole term, used or not, and cannot be given back: reserve what runs all the time",
    "First bring nodes to the size that they need (cachestack cost analyze), then reserve",
    "It counts for a family of node types in a region, in any size: two of large are one of xlarge",
    "To buy: a block reserved_cache_node, and --allow-purchase with the plan; what is reserved already is not taken off here",
];

fn rows(line: &ops::Line, hours: u32) -> Vec<[String; 7]> {
    let row = |one: &Reservation| {
        let nodes = format!("{} x {} {}", one.nodes.count, one.nodes.node_type, one.nodes.engine);
        let permille = one.permille();
        let sign = if permille < 0 { "-" } else { "" };
        let share = format!("{sign}{}.{}%", permille.abs() / 10, permille.abs() % 10);
        [
            line.address.to_string(),
            nodes,
            one.offer.payment.word().to_owned(),
            usd(one.upfront()),
            usd(one.over(hours)),
            usd(one.saving(hours)),
            format!("{} ({share})", usd(one.yearly())),
        ]
    };
    line.reservations.iter().flatten().map(row).collect()
}

/// The same for programs.
pub fn reserved_json(name: &str, estimate: &Estimate, years: u32) -> Json {
    let lines = reservations(estimate, years);
    let one = |reservation: &Reservation| {
        let mut json = offer_json(&reservation.offer, reservation.nodes, estimate.hours);
        json["saved_monthly"] = number(reservation.saving(estimate.hours));
        json["saved_yearly"] = number(reservation.yearly());
        json["saved_percent"] = (reservation.permille() as f64 / 10.0).into();
        json
    };
    let line = |line: &ops::Line| {
        let mut json = json!({ "address": line.address.to_string(), "region": line.region });
        match &line.reservations {
            Err(why) => json["unknown"] = why.clone().into(),
            Ok(all) => {
                if let Some(first) = all.first() {
                    let nodes = first.nodes;
                    merge(&mut json, charge_json(&Charge::Nodes(nodes.clone())));
                    json["monthly"] = number(nodes.over(estimate.hours));
                }
                json["reservations"] = all.iter().map(one).collect();
            }
        }
        json
    };
    let best = lines.iter().filter_map(best).map(|one| one.yearly()).sum();
    json!({
        "environment": name, "years": years, "resources": lines.iter().map(line).collect::<Vec<_>>(),
        "saved_yearly_at_best": number(best), "prices_of": prices_of(&lines),
    })
}

fn prices_of(lines: &[ops::Line]) -> std::collections::BTreeSet<&'static str> {
    let all = lines.iter().flat_map(|line| line.reservations.iter().flatten());
    all.flat_map(|one| [one.offer.date, one.nodes.date]).collect()
}
