//! What was found of caches: a table, one document for programs, and reports in Markdown and HTML.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::ops::money::analyze::fit::told as saved;
use crate::ops::money::analyze::{Advice, Analysis, Use};
use crate::ops::money::estimate::Charge;
use crate::ops::money::report::{Report, Reports, told};
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
pub fn text(reports: &Reports) -> String {
    let mut parts: Vec<String> = reports.made.iter().map(one_text).collect();
    if reports.single().is_none() {
        let count = reports.made.len();
        let saving = reports.saving();
        let saving = if saving > 0 { format!("; if all that saves is done: {}", saved(saving)) } else { String::new() };
        parts.push(format!("All {count} environments: {} USD a month{saving}.\n", usd(reports.monthly())));
    }
    if reports.made.iter().any(|report| !report.caches.is_empty()) {
        parts.push(NOTES.iter().map(|note| format!("{note}.\n")).collect());
    }
    parts.join("\n")
}

fn one_text(report: &Report) -> String {
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
    text
}

/// One document for programs: of one environment its own, of several one with all of them.
pub fn json(reports: &Reports) -> Json {
    if let Some(report) = reports.single() {
        return one_json(report);
    }
    let failed = reports.failed.iter().map(|(name, why)| json!({ "environment": name, "error": why }));
    json!({
        "format_version": "1.0",
        "currency": "USD",
        "total_monthly_cost": number(reports.monthly()),
        "potential_monthly_savings": number(reports.saving()),
        "environments": reports.made.iter().map(one_json).chain(failed).collect::<Vec<_>>(),
    })
}

fn one_json(report: &Report) -> Json {
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

/// The columns of the table of several environments.
const OVERVIEW: [&str; 4] = ["Environment", "Caches", "USD a month", "Could save"];

/// The row of each environment, also of those of which there is no report.
fn overview(reports: &Reports) -> Vec<[String; 4]> {
    let made = reports.made.iter().map(|report| {
        [
            report.environment.clone(),
            report.seen().count().to_string(),
            if report.unknown() > 0 { format!("{} and unknown", usd(report.monthly())) } else { usd(report.monthly()) },
            usd(report.saving()),
        ]
    });
    let failed = reports.failed.iter().map(|(name, why)| [name.clone(), "-".to_owned(), why.clone(), "-".to_owned()]);
    made.chain(failed).collect()
}

fn title(reports: &Reports) -> String {
    match reports.single() {
        Some(report) => format!("Cost of caches in {}", report.environment),
        None => format!("Cost of caches in {} environments", reports.made.len() + reports.failed.len()),
    }
}

/// A report for a page or a comment.
pub fn markdown(reports: &Reports) -> String {
    let mut text = format!("# {}\n\n", escape(&title(reports)));
    match reports.single() {
        Some(report) => text.push_str(&section_in_markdown(report, "##")),
        None => {
            text.push_str(&table_in_markdown(&OVERVIEW, &overview(reports)));
            for report in &reports.made {
                let section = section_in_markdown(report, "###");
                text.push_str(&format!("\n## {}\n\n{section}", escape(&report.environment)));
            }
        }
    }
    text.push('\n');
    NOTES.iter().for_each(|note| text.push_str(&format!("{}.\n", escape(note))));
    text
}

fn section_in_markdown(report: &Report, level: &str) -> String {
    let mut text: String = summary(report).iter().map(|line| format!("- {}\n", escape(line))).collect();
    let rows: Vec<[String; 7]> = report.seen().map(row).collect();
    text.push_str(&format!("\n{}", table_in_markdown(&HEADING, &rows)));
    let remarks = remarks(report);
    if !remarks.is_empty() {
        text.push_str(&format!("\n{level} What to do\n\n"));
        for (address, what) in remarks {
            text.push_str(&format!("- **{}**: {}\n", escape(&address), escape(&what)));
        }
    }
    text
}

fn table_in_markdown<const N: usize>(heading: &[&str; N], rows: &[[String; N]]) -> String {
    let mut text = format!("| {} |\n|{}\n", heading.join(" | "), "---|".repeat(N));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// How the page looks, in the dark too; nothing is fetched for it.
const STYLE: &str = ":root{color-scheme:light dark}body{font-family:sans-serif;margin:2em;max-width:70em}\
table{border-collapse:collapse}th,td{border:1px solid #888;padding:.3em .6em;text-align:left}td.n{text-align:right}\
footer{opacity:.75;margin-top:2em}";

/// A report as one page, with everything in it.
pub fn html(reports: &Reports) -> String {
    let title = escaped(&title(reports));
    let body = match reports.single() {
        Some(report) => section_in_html(report, "h2"),
        None => {
            let of = |report: &Report| {
                format!("<h2>{}</h2>\n{}", escaped(&report.environment), section_in_html(report, "h3"))
            };
            let sections: String = reports.made.iter().map(of).collect();
            format!("{}{sections}", table_in_html(&OVERVIEW, &overview(reports), 1))
        }
    };
    let notes: String = NOTES.iter().map(|note| format!("{}. ", escaped(note))).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}<footer>{}</footer>\n</body>\n</html>\n",
        notes.trim_end()
    )
}

fn section_in_html(report: &Report, level: &str) -> String {
    let items = |lines: Vec<String>| -> String { lines.iter().map(|line| format!("<li>{line}</li>\n")).collect() };
    let summary = items(summary(report).iter().map(|line| escaped(line)).collect());
    let rows: Vec<[String; 7]> = report.seen().map(row).collect();
    let table = table_in_html(&HEADING, &rows, 2);
    let remarks = remarks(report);
    let told = remarks.iter().map(|(of, what)| format!("<b>{}</b>: {}", escaped(of), escaped(what))).collect();
    let told = match remarks.is_empty() {
        true => String::new(),
        false => format!("<{level}>What to do</{level}>\n<ul>\n{}</ul>\n", items(told)),
    };
    format!("<ul>\n{summary}</ul>\n{table}{told}")
}

/// A table whose columns from `numbers` on are numbers.
fn table_in_html<const N: usize>(heading: &[&str; N], rows: &[[String; N]], numbers: usize) -> String {
    let heads: String = heading.iter().map(|head| format!("<th>{head}</th>")).collect();
    let cell = |(column, text): (usize, &String)| {
        let class = if column >= numbers { " class=\"n\"" } else { "" };
        format!("<td{class}>{}</td>", escaped(text))
    };
    let row = |row: &[String; N]| format!("<tr>{}</tr>\n", row.iter().enumerate().map(cell).collect::<String>());
    format!("<table>\n<tr>{heads}</tr>\n{}</table>\n", rows.iter().map(row).collect::<String>())
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
        let report = || Report {
            environment: "<i>prod</i>".into(),
            generated_at: "2026-11-20T00:00:00Z".into(),
            days: 30,
            caches: vec![Ok(one.clone()), Err(("cache_cluster.y".into(), "<img src=x>".into()))],
        };
        let of = |more: Vec<(String, String)>| Reports { made: vec![report()], failed: more };
        let one = of(Vec::new());
        let several = of(vec![("<u>dev</u>".into(), "<script>".into())]);
        for reports in [&one, &several] {
            let html = html(reports);
            for markup in ["<b>|", "<script", "<i>", "<img", "<u>", "http"] {
                assert!(!html.contains(markup), "{markup}: {html}");
            }
            assert!(html.contains("&lt;script&gt;alert(1)") && html.contains("&lt;i&gt;prod"), "{html}");
            let markdown = markdown(reports);
            for markup in ["<script", "<i>", "<img", "<u>", "[\"<b>|"] {
                assert!(!markdown.contains(markup), "{markup}: {markdown}");
            }
        }
        assert!(json(&one)["clusters"][0]["utilization_score"].is_null(), "no data is not 0");
        assert_eq!(json(&several)["environments"][1]["error"], "<script>");
    }
}
