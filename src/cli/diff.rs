//! `cachestack diff -e A -e B`

use serde_json::{Value as Json, json};

use crate::cli::args::Diff;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::diag::gather::join;
use crate::ops::compare::{Changed, Comparison, Pair, compare};
use crate::ops::{Failure, Session};
use crate::ui::value::inline;
use crate::ui::{self, Ui};

/// Shows what differs between two environments, offline.
pub fn run(context: &Context, args: &Diff) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &Diff) -> Result<u8, Failure> {
    let (loaded, environments) = context.environments(ui, &args.stack, false)?;
    let [one, two] = &environments[..] else {
        let known = loaded.environments().join(", ");
        let why = format!("diff compares two environments: -e A -e B; there are: {known}");
        return Err(Failure::Error(why));
    };
    let (mut first, mut second) = (Session::of(&loaded, one), Session::of(&loaded, two));
    let compared = compare(&loaded, two, &mut first, &mut second);
    let (found, sources) = join(vec![first.found(), second.found()]);
    ui.diagnostics(&found, &sources);
    let compared = compared.ok_or(Failure::Stack)?;
    let names = [&*first.environment.name, &*second.environment.name];
    if args.json {
        ui.json(&document(&compared, names));
    } else {
        ui.out(&text(&compared, names));
    }
    let differs = args.detailed_exitcode && compared.differs_besides_variables();
    Ok(if differs { exit::DIFFERENCES } else { exit::OK })
}

fn text(compared: &Comparison, [first, second]: [&str; 2]) -> String {
    let mut out = String::new();
    if !compared.variables.is_empty() {
        out.push_str(&format!("Variables, \"{first}\" -> \"{second}\":\n{}\n", lines(&compared.variables, "  ")));
    }
    for (name, only) in [(first, &compared.only_first), (second, &compared.only_second)] {
        only.iter().for_each(|address| out.push_str(&format!("# {address} is only in \"{name}\"\n")));
        out.push_str(if only.is_empty() { "" } else { "\n" });
    }
    for changed in &compared.changed {
        out.push_str(&format!("# {}\n{}\n", changed.address, lines(&changed.attributes, "  ~ ")));
    }
    if out.is_empty() {
        return format!("\"{first}\" and \"{second}\" ask for the same.\n");
    }
    out + &summary(compared, first, second)
}

fn lines(pairs: &[Pair], indent: &str) -> String {
    let width = pairs.iter().map(|pair| pair.name.len()).max().unwrap_or(0);
    let line = |pair: &Pair| {
        let (first, second) = (inline(&pair.first), inline(&pair.second));
        let cause = if pair.by_variables { "  (by variables)" } else { "" };
        format!("{indent}{:width$} = {first} -> {second}{cause}\n", pair.name)
    };
    pairs.iter().map(line).collect()
}

fn summary(compared: &Comparison, first: &str, second: &str) -> String {
    let attributes = || compared.changed.iter().flat_map(|changed| &changed.attributes);
    let by_variables = attributes().filter(|pair| pair.by_variables).count();
    format!(
        "Only in \"{first}\": {}, only in \"{second}\": {}, in both and different: {}. Attributes that differ: {} by variables, {} besides.\n",
        compared.only_first.len(),
        compared.only_second.len(),
        compared.changed.len(),
        by_variables,
        attributes().count() - by_variables,
    )
}

fn document(compared: &Comparison, names: [&str; 2]) -> Json {
    let addresses = |all: &[crate::address::Address]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let changed =
        |changed: &Changed| json!({ "address": changed.address.to_string(), "attributes": pairs(&changed.attributes) });
    json!({
        "format_version": "1.0",
        "environments": names,
        "variables": pairs(&compared.variables),
        "only_in": { names[0]: addresses(&compared.only_first), names[1]: addresses(&compared.only_second) },
        "changed": compared.changed.iter().map(changed).collect::<Vec<_>>(),
        "differs_besides_variables": compared.differs_besides_variables(),
    })
}

fn pairs(pairs: &[Pair]) -> Vec<Json> {
    let one = |pair: &Pair| {
        json!({
            "name": pair.name,
            "first": ui::json::value(&pair.first),
            "second": ui::json::value(&pair.second),
            "by_variables": pair.by_variables,
        })
    };
    pairs.iter().map(one).collect()
}
