//! The emulator's own API, under `/_cachestack/`: the clock, the calls, the world as a whole.

use super::{Emulator, Request, Response};
use serde_json::{Value, json};

/// The end of the year 2999 in milliseconds since the Unix epoch.
const LAST_MS: i64 = 32_503_680_000_000;

/// Answers a control request; `path` is what follows `/_cachestack/`.
pub fn handle(emulator: &Emulator, request: &Request, path: &str) -> Response {
    let path = path.split('?').next().unwrap_or("").trim_end_matches('/');
    let body: Value = if request.body.is_empty() {
        json!({})
    } else {
        match serde_json::from_slice(&request.body) {
            Ok(body) => body,
            Err(error) => return answer(400, json!({ "error": format!("the body is not JSON: {error}") })),
        }
    };
    match (request.method.as_str(), path) {
        ("GET", "health") => answer(200, json!({ "status": "ok" })),
        ("GET", "operations") => answer(200, operations()),
        ("GET", "calls") => answer(200, json!(emulator.calls())),
        ("DELETE", "calls") => {
            emulator.reset_calls();
            answer(200, json!({}))
        }
        ("GET", "faults") => faults(emulator),
        ("DELETE", "faults") => set_faults(emulator, json!({})),
        ("POST", "faults") => set_faults(emulator, body),
        ("GET", "clock") => clock(emulator, None),
        ("POST", "clock") => clock(emulator, Some(&body)),
        ("GET", "quotas") => quotas(emulator, None),
        ("POST", "quotas") => quotas(emulator, Some(&body)),
        ("POST", "metrics") => metrics(emulator, &body),
        ("GET", "export") => in_world(emulator, |world, _| Ok(json!({ "format": 1, "rows": world.rows() }))),
        ("POST", "import") => import(emulator, body),
        ("POST", "reset") => {
            emulator.reset_calls();
            in_world(emulator, |world, _| {
                world.replace(Vec::new()).map(|()| json!({})).map_err(|error| error.to_string())
            })
        }
        _ => answer(404, json!({ "error": format!("there is no {} /_cachestack/{path}", request.method) })),
    }
}

fn operations() -> Value {
    let rows = super::operations::all();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({ "service": row.service, "operation": row.name, "faithful": row.faithful, "lacking": row.lacking })
        })
        .collect();
    json!({ "operations": rows })
}

fn answer(status: u16, body: Value) -> Response {
    Response {
        status,
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: format!("{body}\n").into_bytes(),
    }
}

fn in_world(
    emulator: &Emulator,
    action: impl FnOnce(&mut super::world::World, &super::Options) -> Result<Value, String>,
) -> Response {
    match emulator.transact(action) {
        Ok(Ok(body)) => answer(200, body),
        Ok(Err(error)) => answer(400, json!({ "error": error })),
        Err(error) => answer(500, json!({ "error": error.to_string() })),
    }
}

/// Shows the clock, or moves it: `advance_seconds` from where it is, or `offset_seconds` from the real time.
fn clock(emulator: &Emulator, change: Option<&Value>) -> Response {
    in_world(emulator, |world, options| {
        if let Some(change) = change {
            let mut settings = world.settings().clone();
            let seconds = |name: &str| change.get(name).and_then(Value::as_f64).filter(|seconds| seconds.is_finite());
            match (seconds("advance_seconds"), seconds("offset_seconds")) {
                (Some(by), None) => {
                    settings.clock_offset_ms = settings.clock_offset_ms.saturating_add((by * 1000.0) as i64);
                }
                (None, Some(to)) => settings.clock_offset_ms = (to * 1000.0) as i64,
                _ => return Err("give `advance_seconds` or `offset_seconds`, a number".into()),
            }
            let then = (options.clock.now_ms() as i64).saturating_add(settings.clock_offset_ms);
            if !(0..LAST_MS).contains(&then) {
                return Err("the clock goes from 1970 to 2999".into());
            }
            world.set_settings(settings);
        }
        let now = world.now(&*options.clock);
        Ok(json!({
            "now": super::wire::timestamp_text(now as i64), "now_ms": now,
            "offset_seconds": world.settings().clock_offset_ms as f64 / 1000.0,
        }))
    })
}

/// Shows the quotas, or sets those that are given: `nodes` of an account in a region, null for any number, and
/// `nodes_per_cluster`.
fn quotas(emulator: &Emulator, change: Option<&Value>) -> Response {
    in_world(emulator, |world, _| {
        if let Some(change) = change {
            let mut settings = world.settings().clone();
            let mut quotas = json!(settings.quotas);
            for (name, value) in change.as_object().ok_or("give an object of quotas")? {
                quotas[name] = value.clone();
            }
            settings.quotas = serde_json::from_value(quotas).map_err(|error| error.to_string())?;
            world.set_settings(settings);
        }
        Ok(json!(world.settings().quotas))
    })
}

/// Sets series of metrics: `{"region": ..., "account": ..., "series": [...]}`; the account is the usual one of the emulator
/// where none is given.
fn metrics(emulator: &Emulator, body: &Value) -> Response {
    in_world(emulator, |world, _| {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let region = text("region").ok_or("give the `region` of the caches")?.to_owned();
        let account = text("account").unwrap_or(super::identify::DEFAULT_ACCOUNT);
        let series = body.get("series").ok_or("give `series`, a list")?;
        world.in_account(account, &region, |regions| match regions.get_mut(&region) {
            Some(own) => super::cloudwatch::metrics::set(own, series),
            None => Err(format!("there is no region {region}")),
        })
    })
}

fn faults(emulator: &Emulator) -> Response {
    answer(200, emulator.shared.faults.lock().expect("faults").to_json())
}

/// Replaces the faults, and shows what holds now.
fn set_faults(emulator: &Emulator, body: Value) -> Response {
    let plan = serde_json::from_value(body).map_err(|error| error.to_string());
    match plan.and_then(|plan| emulator.set_faults(plan)) {
        Ok(()) => faults(emulator),
        Err(error) => answer(400, json!({ "error": error })),
    }
}

fn import(emulator: &Emulator, body: Value) -> Response {
    let rows = match (body.get("format").and_then(Value::as_u64), body.get("rows").and_then(Value::as_array)) {
        (Some(1), Some(rows)) => rows.clone(),
        _ => return answer(400, json!({ "error": "this is not an export of format 1" })),
    };
    in_world(emulator, |world, _| world.replace(rows).map(|()| json!({})).map_err(|error| error.to_string()))
}
