//! What a plan changes of the bill, for people and as JSON.

use serde_json::{Value as Json, json};

use crate::catalog::prices::{self, Micros};
use crate::plan::cost::{Cost, Line, Priced, usd};

/// The part of a plan about money; empty where nothing that is paid for changes.
pub fn render(cost: &Cost) -> String {
    if cost.lines.is_empty() {
        return String::new();
    }
    let width = cost.lines.iter().map(|line| line.address.to_string().len()).max().unwrap_or(0);
    let mut out = format!("Cost of caches: {}.\n", total(cost));
    for line in &cost.lines {
        out.push_str(&format!("  {:width$}  {}\n", line.address.to_string(), told(line)));
    }
    for remark in &cost.remarks {
        out.push_str(&format!("  {remark}.\n"));
    }
    out
}

/// `+451.14 USD a month by list prices of 2025-03-14, and 1 of unknown price`
fn total(cost: &Cost) -> String {
    let unknown = match cost.unknown {
        0 => None,
        count => Some(format!("{count} of unknown price")),
    };
    let dates: Vec<&str> = cost.dates.iter().copied().collect();
    let known = (cost.unknown < cost.lines.len())
        .then(|| format!("{} USD a month by list prices of {}", signed(cost.difference), dates.join(" and ")));
    known.into_iter().chain(unknown).collect::<Vec<_>>().join(", and ")
}

fn signed(micros: Micros) -> String {
    let text = usd(micros);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

fn told(line: &Line) -> String {
    let (before, after) = match &line.monthly {
        Ok(monthly) => monthly,
        Err(why) => return format!("price unknown: {why}"),
    };
    let sides: Vec<String> =
        [&line.before[..], &line.after[..]].into_iter().filter(|side| !side.is_empty()).map(nodes).collect();
    format!("{} ({})", signed(after - before), sides.join(" -> "))
}

/// `3 x cache.r6g.large at 0.206 an hour`
fn nodes(side: &[Priced]) -> String {
    let one = |priced: &Priced| format!("{} x {} at {} an hour", priced.count, priced.node_type, hour(priced.hour));
    side.iter().map(one).collect::<Vec<_>>().join(" + ")
}

/// `0.206`
pub fn hour(micros: Micros) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One line for each address, and the sum.
pub fn lines(cost: &Cost) -> Vec<Json> {
    let mut lines: Vec<Json> = cost.lines.iter().map(line).collect();
    if !lines.is_empty() {
        lines.push(json!({
            "type": "cost_summary",
            "currency": "USD",
            "monthly_difference": number(cost.difference),
            "unknown": cost.unknown,
            "hours_per_month": prices::hours_per_month(),
            "prices_of": cost.dates,
            "remarks": cost.remarks,
        }));
    }
    lines
}

fn line(line: &Line) -> Json {
    let mut json = json!({ "type": "planned_cost", "address": line.address.to_string(), "currency": "USD" });
    match &line.monthly {
        Ok((before, after)) => {
            json["monthly_before"] = number(*before);
            json["monthly_after"] = number(*after);
            json["monthly_difference"] = number(after - before);
            json["before"] = line.before.iter().map(of_nodes).collect();
            json["after"] = line.after.iter().map(of_nodes).collect();
        }
        Err(why) => json["unknown"] = why.clone().into(),
    }
    json
}

fn of_nodes(priced: &Priced) -> Json {
    json!({
        "nodes": priced.count,
        "node_type": priced.node_type,
        "engine": priced.engine,
        "hourly": hour(priced.hour).parse::<f64>().ok(),
        "prices_of": priced.date,
    })
}

/// Dollars, rounded to cents.
pub fn number(micros: Micros) -> Json {
    usd(micros).parse::<f64>().map_or(Json::Null, Json::from)
}
