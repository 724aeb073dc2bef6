//! What was found of caches: a table, one document for programs, and reports in Markdown and HTML.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::ops::money::analyze::fit::told as saved;
use crate::ops::money::analyze::{Advice, Analysis, Use};
use crate::ops::money::estimate::Charge;
use crate::ops::money::report::{Report, told};
use crate::plan::cost::usd;
use crate::ui::cost::number;
use crate::ui::environments::columns;
use crate::ui::metrics::picture::escaped;
use crate::ui::money::served;
use crate::ui::report::markdown::escape;

const HEADING: [&str; 7] = ["Cache", "What", "CPU", "Memory", "Hits", "Score", "USD a month"];

/// What is true of every report.
const NOTES: [&str; 3] = [
    "CPU and memory are the mean and the height (95 of 100 periods of CPU, all of memory) of the node that is used most; - is no data",
    "The score is the mean of memory and of CPU, which counts one and a half times: below 30 little, above 85 much",
    "Prices are list prices on demand, without reservations, snapshots, data transfer and taxes",
];

fn row(one: &Analysis) -> [String; 7] {
    let used = &one.used;
    let percent = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}%"));
    let pair = |mean: Option<f64>, high: Option<f64>| match (mean, high) {
        (Some(_), Some(_)) => format!("{} / {}", percent(mean), percent(high)),
        _ => percent(mean),
    };
    [
        one.address.to_string(),
        what(one),
        pair(used.cpu, used.cpu_high),
        pair(used.memory, used.memory_high),
        percent(used.hits),
        used.score().map_or_else(|| "-".to_owned(), |score| format!("{score:.0}")),
        one.monthly().map_or_else(|| "unknown".to_owned(), usd),
    ]
}

/// `2 x cache.r7g.large valkey`
fn what(one: &Analysis) -> String {
    match (&one.charge, &one.nodes) {
        (Ok(Charge::Nodes(nodes)), _) => format!("{} x {} {}", nodes.count, nodes.node_type, nodes.engine),
        (Ok(Charge::Served(one)), _) => served(one),
        (Err(_), Some(nodes)) => {
            let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
            let count = nodes.count.map_or_else(|| "?".to_owned(), |count| count.to_string());
            format!("{count} x {} {}", part(&nodes.node_type), part(&nodes.engine))
        }
        (Err(_), None) => "-".to_owned(),
    }
}

/// What is told below the table, each with what it is of.
fn remarks(report: &Report) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for cache in &report.caches {
        match cache {
            Err((address, why)) => all.push((address.clone(), why.clone())),
            Ok(one) => {
                let address = one.address.to_string();
                if let Err(why) = &one.charge {
                    all.push((address.clone(), format!("price unknown: {why}")));
                }
                all.extend(one.advice.iter().map(|advice| (address.clone(), told(advice))));
            }
        }
    }
    all
}

fn days(report: &Report) -> String {
    if report.days == 1 { "the last day".to_owned() } else { format!("the last {} days", report.days) }
}

fn dates(report: &Report) -> BTreeSet<&'static str> {
    report.seen().filter_map(|one| one.charge.as_ref().ok()).map(Charge::date).collect()
}

/// What all comes to: `255.79 USD a month by list prices of 2025-03-14, and 1 of unknown price`
fn total(report: &Report) -> String {
    let dates: Vec<&str> = dates(report).into_iter().collect();
    let known = (!dates.is_empty())
        .then(|| format!("{} USD a month by list prices of {}", usd(report.monthly()), dates.join(" and ")));
    let unknown = Some(report.unknown()).filter(|count| *count > 0).map(|count| format!("{count} of unknown price"));
    known.into_iter().chain(unknown).collect::<Vec<_>>().join(", and ")
}

/// For people.
pub fn text(report: &Report) -> String {
    let name = &report.environment;
    if report.caches.is_empty() {
        return format!("Environment \"{name}\" has no caches that were applied.\n");
    }
    let mut text = format!("Environment \"{name}\", {}: {}.\n", days(report), total(report));
    let rows: Vec<[String; 7]> = report.seen().map(row).collect();
    if !rows.is_empty() {
        text.push_str(&columns(&HEADING, &rows, |column| column > 1));
    }
    let remarks = remarks(report);
    let lines: String = remarks.iter().map(|(address, text)| format!("{address}: {text}.\n")).collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n{lines}"));
    }
    if report.saving() > 0 {
        text.push_str(&format!("\nIf all that saves is done: {}.\n", saved(report.saving())));
    }
    let notes: String = NOTES.iter().map(|note| format!("{note}.\n")).collect();
    format!("{text}\n{notes}")
}

/// One document for programs.
pub fn json(report: &Report) -> Json {
    let errors = report.caches.iter().filter_map(|cache| cache.as_ref().err());
    let error = |(address, why): &(String, String)| json!({ "address": address, "error": why });
    let named = |one: &Analysis| Json::from(one.address.to_string());
    json!({
        "format_version": "1.0",
        "environment": report.environment,
        "generated_at": report.generated_at,
        "days": report.days,
        "currency": "USD",
        "prices_of": dates(report),
        "total_clusters": report.seen().count(),
        "total_monthly_cost": number(report.monthly()),
        "unknown": report.unknown(),
        "underutilized_clusters": report.underused().map(named).collect::<Vec<_>>(),
        "idle_clusters": report.idle().map(named).collect::<Vec<_>>(),
        "low_hit_rate_clusters": report.badly_hit().map(named).collect::<Vec<_>>(),
        "potential_monthly_savings": number(report.saving()),
        "recommendations": report.recommendations(),
        "clusters": report.seen().map(cluster).collect::<Vec<_>>(),
        "errors": errors.map(error).collect::<Vec<_>>(),
    })
}

fn cluster(one: &Analysis) -> Json {
    let text = |part: fn(&crate::kind::Nodes) -> Option<Json>| one.nodes.as_ref().and_then(part);
    let mut json = json!({
        "address": one.address.to_string(),
        "cluster_id": one.id,
        "cluster_type": &*one.address.kind,
        "region": one.region,
        "engine": text(|nodes| nodes.engine.clone().map(Json::from)),
        "node_type": text(|nodes| nodes.node_type.clone().map(Json::from)),
        "node_count": text(|nodes| nodes.count.map(Json::from)),
        "utilization_score": one.used.score().map(rounded),
        "score_with_hit_rate": one.used.score_with_hits().map(rounded),
        "metrics": metrics(&one.used),
        "estimated_monthly_cost": one.monthly().map(number),
        "potential_monthly_savings": number(one.saving),
        "recommendations": one.advice.iter().map(advice).collect::<Vec<_>>(),
    });
    if let Err(why) = &one.charge {
        json["unknown"] = why.clone().into();
    }
    json
}

fn metrics(used: &Use) -> Json {
    json!({
        "hours": rounded(used.hours),
        "avg_cpu": used.cpu.map(rounded), "high_cpu": used.cpu_high.map(rounded),
        "high_engine_cpu": used.engine_cpu_high.map(rounded),
        "avg_memory": used.memory.map(rounded), "max_memory": used.memory_high.map(rounded),
        "avg_hit_rate": used.hits.map(rounded), "high_network_bytes_per_second": used.network_high.map(rounded),
        "commands": used.asked.map(rounded),
        "stored_gb": used.stored_gb.map(rounded), "ecpus_per_minute": used.ecpus.map(rounded),
    })
}

fn advice(one: &Advice) -> Json {
    json!({ "kind": one.kind, "text": one.text, "to": one.to, "monthly_savings": one.saving.map(number) })
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// What is said in front of a report.
fn summary(report: &Report) -> Vec<String> {
    let mut all = vec![
        format!("Made at {}, over {}", report.generated_at, days(report)),
        format!("Caches: {}; {}", report.seen().count(), total(report)),
    ];
    all.extend(report.recommendations());
    all
}

/// A report for a page or a comment.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# Cost of caches in {}\n\n", escape(&report.environment));
    summary(report).iter().for_each(|line| text.push_str(&format!("- {}\n", escape(line))));
    text.push_str(&format!("\n| {} |\n|{}\n", HEADING.join(" | "), "---|".repeat(HEADING.len())));
    for row in report.seen().map(row) {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let remarks = remarks(report);
    if !remarks.is_empty() {
        text.push_str("\n## What to do\n\n");
        for (address, what) in remarks {
            text.push_str(&format!("- **{}**: {}\n", escape(&address), escape(&what)));
        }
    }
    text.push('\n');
    NOTES.iter().for_each(|note| text.push_str(&format!("{}.\n", escape(note))));
    text
}

/// How the page looks; nothing is fetched for it.
const STYLE: &str = "body{font-family:sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}\
th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left}td.n{text-align:right}footer{color:#666;margin-top:2em}";

/// A report as one page, with everything in it.
pub fn html(report: &Report) -> String {
    let title = escaped(&format!("Cost of caches in {}", report.environment));
    let items = |lines: Vec<String>| -> String { lines.iter().map(|line| format!("<li>{line}</li>\n")).collect() };
    let summary = items(summary(report).iter().map(|line| escaped(line)).collect());
    let heads: String = HEADING.iter().map(|head| format!("<th>{head}</th>")).collect();
    let cell = |(column, text): (usize, &String)| {
        let class = if column > 1 { " class=\"n\"" } else { "" };
        format!("<td{class}>{}</td>", escaped(text))
    };
    let rows: String = report
        .seen()
        .map(|one| format!("<tr>{}</tr>\n", row(one).iter().enumerate().map(cell).collect::<String>()))
        .collect();
    let remarks = remarks(report);
    let told = remarks.iter().map(|(of, what)| format!("<b>{}</b>: {}", escaped(of), escaped(what))).collect();
    let told =
        if remarks.is_empty() { String::new() } else { format!("<h2>What to do</h2>\n<ul>\n{}</ul>\n", items(told)) };
    let notes: String = NOTES.iter().map(|note| format!("{}. ", escaped(note))).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<ul>\n{summary}</ul>\n\
         <table>\n<tr>{heads}</tr>\n{rows}</table>\n{told}<footer>{}</footer>\n</body>\n</html>\n",
        notes.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn nothing_of_what_is_reported_is_markup() {
        let address = kinds::address("replication_group.x[\"<b>|&\"]").expect("an address");
        let one = Analysis {
            address,
            id: "x".into(),
            region: "us-east-1".into(),
            charge: Err("<script>alert(1)</script>".into()),
            nodes: None,
            used: Use::default(),
            advice: Vec::new(),
            saving: 0,
        };
        let report = Report {
            environment: "<i>prod</i>".into(),
            generated_at: "2026-11-20T00:00:00Z".into(),
            days: 30,
            caches: vec![Ok(one), Err(("cache_cluster.y".into(), "<img src=x>".into()))],
        };
        let html = html(&report);
        for markup in ["<b>|", "<script", "<i>", "<img", "http"] {
            assert!(!html.contains(markup), "{markup}: {html}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)") && html.contains("&lt;i&gt;prod"), "{html}");
        let markdown = markdown(&report);
        for markup in ["<script", "<i>", "<img", "[\"<b>|"] {
            assert!(!markdown.contains(markup), "{markup}: {markdown}");
        }
        assert!(json(&report)["clusters"][0]["utilization_score"].is_null(), "no data is not 0");
    }
}
