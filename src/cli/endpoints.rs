//! `cachestack endpoints`

use serde_json::{Value as Json, json};

use crate::cli::args::{EndpointFormat, Endpoints};
use crate::cli::exit;
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::kind::Endpoint;
use crate::ops::Failure;
use crate::ops::day_two::endpoints::{Of, list, variables};
use crate::ops::day_two::{kind_of, unknown};
use crate::shell;
use crate::ui::Ui;
use crate::ui::environments::columns;

/// Shows where clients reach the caches.
pub fn run(context: &Context, args: &Endpoints) -> u8 {
    let ui = context.ui(false);
    attempt(context, ui, args).unwrap_or_else(|failure| fail(ui, &failure))
}

fn attempt(context: &Context, ui: Ui, args: &Endpoints) -> Result<u8, Failure> {
    let (session, address) = context.open_meant(ui, &args.inputs, args.address.as_deref())?;
    let address = address.map(operand::address).transpose()?;
    let state = session.kept()?.state().clone();
    if let Some(address) = &address {
        kind_of(address, |kind| kind.filled_from().is_some())?;
        if !state.records.keys().any(|known| known.is_within(address)) {
            return Err(Failure::Error(unknown(&session, &state, address)));
        }
    }
    let found = list(&state, address.as_ref());
    match if args.json { EndpointFormat::Json } else { args.format } {
        EndpointFormat::Table => table(ui, &found),
        EndpointFormat::Env => {
            variables(&found).iter().for_each(|(name, value)| ui.out(&format!("{name}={}\n", shell(value))));
        }
        EndpointFormat::Json => ui.json(&json(&found)),
        EndpointFormat::Yaml => ui.out(&yaml(&found)),
        EndpointFormat::K8s => ui.out(&config_map(&session.evaluator.stack().name, &found)),
    }
    Ok(exit::OK)
}

fn table(ui: Ui, found: &[Of]) {
    if found.is_empty() {
        return ui.out("The state has no caches.\n");
    }
    let row = |of: &Of, one: &Endpoint| {
        let tls = if one.tls { "yes" } else { "no" };
        [of.address.to_string(), one.name.clone(), one.host.clone(), one.port.to_string(), tls.to_owned()]
    };
    let rows: Vec<[String; 5]> = found.iter().flat_map(|of| of.endpoints.iter().map(|one| row(of, one))).collect();
    ui.out(&columns(&["Cache", "Endpoint", "Host", "Port", "TLS"], &rows, |_| false));
}

/// A value as a shell takes it: what comes of AWS needs no quotes, and anything else gets them.
fn shell(value: &str) -> String {
    if value.is_empty() { String::new() } else { shell::word(value) }
}

fn json(found: &[Of]) -> Json {
    let one = |one: &Endpoint| {
        (one.name.clone(), json!({ "host": one.host, "port": one.port, "tls": one.tls, "url": one.url() }))
    };
    let of = |of: &Of| (of.address.to_string(), Json::Object(of.endpoints.iter().map(one).collect()));
    Json::Object(found.iter().map(of).collect())
}

/// Texts as JSON has them are texts of YAML.
fn yaml(found: &[Of]) -> String {
    if found.is_empty() {
        return "{}\n".to_owned();
    }
    let mut out = String::new();
    for of in found {
        out.push_str(&format!("{}:\n", Json::from(of.address.to_string())));
        for one in &of.endpoints {
            out.push_str(&format!("  {}:\n    host: {}\n", Json::from(&*one.name), Json::from(&*one.host)));
            out.push_str(&format!("    port: {}\n    tls: {}\n", one.port, one.tls));
            out.push_str(&one.url().map(|url| format!("    url: {}\n", Json::from(url))).unwrap_or_default());
        }
    }
    out
}

/// What pods take as variables by `envFrom`. Tokens are none of it: those belong in a Secret.
fn config_map(stack: &str, found: &[Of]) -> String {
    let named: String =
        stack.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = format!("{}-caches", named.trim_matches('-'));
    let mut out = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n", Json::from(name));
    let all = variables(found);
    out.push_str(if all.is_empty() { "data: {}\n" } else { "data:\n" });
    all.iter().for_each(|(name, value)| out.push_str(&format!("  {name}: {}\n", Json::from(&**value))));
    out
}
