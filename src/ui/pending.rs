//! What waits for a maintenance window, for people and as JSON.

use serde_json::{Value as Json, json};

use crate::plan::{AttrChange, Waits};
use crate::shell;
use crate::ui::commands;
use crate::ui::json::value;
use crate::ui::value::{SENSITIVE, inline, plain};
use crate::value::Value;

/// The whole list.
pub fn list(all: &[Waits]) -> String {
    if all.is_empty() {
        return "Nothing waits for a maintenance window.\n".to_owned();
    }
    let blocks: Vec<String> = all.iter().map(block).collect();
    let stay = || all.iter().filter(|waits| !waits.leaves);
    let waiting = stay().filter(|waits| waits.under_way.is_none() && !waits.changes.is_empty());
    let now: Vec<String> = waiting.map(|waits| format!(" --now={}", quoted(&waits.address.to_string()))).collect();
    let advised = |text: String| commands::here(&text).into_owned();
    let hint = advised(format!("\nTo have it carried out at once: cachestack apply{}\n", now.concat()));
    let reboots = stay().filter(|waits| !waits.nodes.is_empty());
    let reboots: String = reboots
        .map(|waits| advised(format!("To restart nodes: cachestack reboot {}\n", quoted(&waits.address.to_string()))))
        .collect();
    let gap = if now.is_empty() && !reboots.is_empty() { "\n" } else { "" };
    blocks.join("\n") + if now.is_empty() { gap } else { &hint } + &reboots
}

/// An address as a shell takes it.
pub fn quoted(address: &str) -> String {
    shell::word(address)
}

fn block(waits: &Waits) -> String {
    let window = waits.opens.as_ref().filter(|_| waits.under_way.is_none() && !waits.changes.is_empty());
    let window = window.map(|(opens, closes)| format!(" ({opens} to {closes})")).unwrap_or_default();
    let leaves = if waits.leaves { "; nothing declares it any more" } else { "" };
    let mut out = format!("{} \"{}\": {}{window}{leaves}\n", waits.address, plain(&waits.id), waits.until());
    let width = waits.changes.iter().map(|change| change.name.len()).max().unwrap_or(0);
    for change in &waits.changes {
        let since = waits.since.get(change.name).map(|since| format!(", since {since}")).unwrap_or_default();
        out.push_str(&format!("    {:width$} = {}{since}\n", change.name, both(change)));
    }
    if !waits.nodes.is_empty() && !waits.changes.is_empty() {
        out.push_str(&format!("    parameters wait for a restart of {}\n", waits.nodes.join(", ")));
    }
    let marks: String = waits.marks.iter().map(|mark| format!(", {}", mark.word())).collect();
    let impact = waits.impact.map_or("unknown", |impact| impact.word());
    out.push_str(&format!("    Impact: {impact}{marks}.\n"));
    waits.why.iter().for_each(|why| out.push_str(&format!("    {}\n", plain(why))));
    out
}

fn both(change: &AttrChange) -> String {
    if is_hidden(change) {
        return format!("{SENSITIVE} -> {SENSITIVE}");
    }
    format!("{} -> {}", inline(&change.before), inline(&change.after))
}

fn is_hidden(change: &AttrChange) -> bool {
    change.before.is_sensitive_anywhere() || change.after.is_sensitive_anywhere()
}

/// What waits of one object.
pub fn json(waits: &Waits) -> Json {
    let change = |change: &AttrChange| {
        let show = |item: &Value| if is_hidden(change) { SENSITIVE.into() } else { value(item) };
        let since = waits.since.get(change.name);
        json!({ "attribute": change.name, "before": show(&change.before), "after": show(&change.after), "since": since })
    };
    json!({
        "type": "pending",
        "address": waits.address.to_string(),
        "kind": &*waits.address.kind,
        "region": waits.region,
        "id": waits.id,
        "changes": waits.changes.iter().map(change).collect::<Vec<_>>(),
        "nodes_to_reboot": waits.nodes,
        "window": waits.window.filter(|_| !waits.changes.is_empty()).map(|window| window.word()),
        "opens": waits.opens.as_ref().filter(|_| !waits.changes.is_empty()).map(|(opens, _)| opens),
        "closes": waits.opens.as_ref().filter(|_| !waits.changes.is_empty()).map(|(_, closes)| closes),
        "under_way": waits.under_way,
        "impact": waits.impact.map(|impact| impact.word()),
        "marks": waits.marks.iter().map(|mark| mark.word()).collect::<Vec<_>>(),
        "why": waits.why,
    })
}
