//! `cachestack cost estimate` and `cost reserved`

use serde_json::json;

use crate::catalog::prices;
use crate::cli::args::{CostPriced, CostReserved, Estimate as Args};
use crate::cli::cost::estimates;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::ops::Failure;
use crate::ops::money::estimate::{Estimate, NOT_INCLUDED};
use crate::plan::cost::usd;
use crate::ui::Ui;
use crate::ui::money;

/// Tells what the caches of a stack cost.
pub fn run(context: &Context, args: &Args) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, &args.priced, money::estimate, money::estimate_json)
        .unwrap_or_else(|failure| fail(ui, &failure))
}

/// Tells what reservations would save.
pub fn reserved(context: &Context, args: &CostReserved) -> u8 {
    let ui = context.ui(false);
    let text = |name: &str, estimate: &Estimate| money::reserved(name, estimate, args.term);
    let json = |name: &str, estimate: &Estimate| money::reserved_json(name, estimate, args.term);
    attempt(context, ui, &args.priced, text, json).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(
    context: &Context,
    ui: Ui,
    args: &CostPriced,
    text: impl Fn(&str, &Estimate) -> String,
    json: impl Fn(&str, &Estimate) -> serde_json::Value,
) -> Result<u8, Failure> {
    let estimates = estimates(context, ui, args)?;
    if args.json {
        let environments: Vec<_> = estimates.iter().map(|(name, estimate)| json(name, estimate)).collect();
        ui.json(&json!({
            "format_version": "1.0", "currency": "USD", "hours_per_month": args.hours, "environments": environments,
            "not_included": NOT_INCLUDED,
        }));
        return Ok(exit::OK);
    }
    let parts: Vec<String> = estimates.iter().map(|(name, estimate)| text(name, estimate)).collect();
    ui.out(&parts.join("\n"));
    if estimates.len() > 1 {
        let all = estimates.iter().map(|(_, estimate)| estimate.monthly()).sum();
        let unknown: usize = estimates.iter().map(|(_, estimate)| estimate.unknown()).sum();
        let unknown = if unknown > 0 { format!(", and {unknown} of unknown price") } else { String::new() };
        ui.out(&format!("\nAll {} environments: {} USD a month{unknown}.\n", estimates.len(), usd(all)));
    }
    if args.hours != prices::hours_per_month() {
        ui.out(&format!("\nA month has {} hours here, as --hours says.\n", args.hours));
    }
    ui.out(&format!("\nNot included: {}.\n", NOT_INCLUDED.join("; ")));
    Ok(exit::OK)
}
