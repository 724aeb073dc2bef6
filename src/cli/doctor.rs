//! `cachestack doctor`

use serde_json::{Value as Json, json};

use crate::cli::args::Doctor;
use crate::cli::day_two::{NOWHERE, certificates, given_login, open_for, open_with_login, through};
use crate::cli::exit;
use crate::cli::operand;
use crate::cli::run::{Context, fail};
use crate::cli::server::{Server, server};
use crate::cli::signals;
use crate::diag::visible;
use crate::kind::{Endpoint, Login};
use crate::kinds;
use crate::ops::Failure;
use crate::ops::connect::Purpose;
use crate::ops::day_two::{doctor, metrics, performance};
use crate::probe::{self, Check, Outcome, Target, Tls};
use crate::ui::{Ui, stream};
use crate::value::{Object, Value};

/// Looks at a cache; 1 where something is to be done.
pub async fn run(context: &Context, args: &Doctor) -> u8 {
    let ui = context.ui(args.json);
    signals::listen(ui);
    attempt(context, ui, args).await.unwrap_or_else(|failure| fail(ui, &failure))
}

async fn attempt(context: &Context, ui: Ui, args: &Doctor) -> Result<u8, Failure> {
    if kinds::address(&args.subject).is_some() {
        return if args.performance { performs(context, ui, args).await } else { cache(context, ui, args).await };
    }
    let server = server(&args.subject).ok_or_else(|| unclear(&args.subject))?;
    if args.performance {
        return Err(Failure::Error("--performance is of a cache of the stack: name its address".to_owned()));
    }
    let server = server.map_err(|why| Failure::Error(format!("no server can be looked at: {why}")))?;
    server_alone(context, ui, args, server).await
}

/// Neither an address nor a server.
fn unclear(subject: &str) -> Failure {
    let subject = visible::line(subject);
    Failure::Error(format!(
        "`{subject}` is neither an address, replication_group.main, nor HOST:PORT: a server is named with its port, {subject}:6379"
    ))
}

/// A server that no stack says anything of.
async fn server_alone(context: &Context, ui: Ui, args: &Doctor, server: Server) -> Result<u8, Failure> {
    let login = given_login(context, by(args), None)?;
    let base = target(context, args, login)?;
    let tls = match (base.tls, server.tls) {
        (Tls::Unknown, Some(true)) => Tls::Yes,
        (Tls::Unknown, Some(false)) => Tls::No,
        (said, _) => said,
    };
    let target = Target { host: server.host, port: server.port, tls, ..base };
    let checks = looked_at(target).await;
    Ok(told(ui, &[(args.subject.clone(), checks)], None))
}

/// A cache of the stack: what the account says, and each of its endpoints.
async fn cache(context: &Context, ui: Ui, args: &Doctor) -> Result<u8, Failure> {
    let user = args.user.as_deref().and_then(kinds::address);
    let of = (&args.inputs, &*args.subject);
    let takes = |kind: &dyn crate::kind::Kind| kind.filled_from().is_some();
    let (open, meant, login) = open_with_login(context, ui, of, user.as_ref(), takes).await?;
    let (live, checks) = doctor::examine(&open.connection, &meant).await?;
    let mut groups = vec![(meant.address.to_string(), checks)];
    let login = given_login(context, by(args), login)?;
    let base = target(context, args, login)?;
    let endpoints = meant.kind.endpoints(&live);
    // A tunnel has one end.
    let some = if base.through.is_some() { 1 } else { endpoints.len() };
    for endpoint in &endpoints[..some.min(endpoints.len())] {
        let name = format!("{} of {} ({}:{})", endpoint.name, meant.address, endpoint.host, endpoint.port);
        let target = of_endpoint(endpoint, &base, &live);
        let leads_nowhere = base.through.is_none() && open.session.environment.is_emulated();
        let checks = if leads_nowhere { vec![Check::skipped("name", NOWHERE)] } else { looked_at(target).await };
        groups.push((name, checks));
    }
    Ok(told(ui, &groups, None))
}

fn of_endpoint(endpoint: &Endpoint, base: &Target, live: &Object) -> Target {
    let replicas = live.get("replicas_per_node_group").and_then(Value::as_i64);
    let tls = match base.tls {
        Tls::Unknown => {
            if endpoint.tls {
                Tls::Yes
            } else {
                Tls::No
            }
        }
        said => said,
    };
    Target {
        host: endpoint.host.clone(),
        port: endpoint.port,
        tls,
        redis: endpoint.redis,
        replicas: replicas.and_then(|count| u32::try_from(count).ok()).filter(|_| endpoint.name == "primary"),
        ..base.clone()
    }
}

/// Who logs in, and with what.
fn by(args: &Doctor) -> (Option<&str>, Option<&str>) {
    (args.user.as_deref(), args.token_env.as_deref())
}

/// What the options say; the host is still open.
fn target(context: &Context, args: &Doctor, login: Option<Login>) -> Result<Target, Failure> {
    let tls = match (args.tls, args.no_tls) {
        (true, _) => Tls::Yes,
        (_, true) => Tls::No,
        _ => Tls::Unknown,
    };
    Ok(Target {
        host: String::new(),
        port: 0,
        through: through(args.through.as_deref())?,
        tls,
        roots: certificates(context, args.cacert.as_deref())?,
        redis: !args.memcached,
        user: login.as_ref().and_then(|login| login.user.clone()),
        secret: login.map(|login| login.secret.to_string()),
        replicas: None,
    })
}

async fn looked_at(target: Target) -> Vec<Check> {
    let looked = tokio::task::spawn_blocking(move || probe::examine(&target)).await;
    looked.unwrap_or_else(|error| vec![Check::skipped("probe", error.to_string())])
}

/// The last hour of a cache.
async fn performs(context: &Context, ui: Ui, args: &Doctor) -> Result<u8, Failure> {
    let of = (&args.inputs, &*args.subject);
    let takes = |kind: &dyn crate::kind::Kind| !kind.measures(&Object::new()).is_empty();
    operand::address(&args.subject)?;
    let (open, meant) = open_for(context, ui, of, Purpose::Look, takes).await?;
    let now = jiff::Timestamp::try_from(open.session.clock.now()).unwrap_or_default();
    let readings = metrics::read(&open.connection, &meant, metrics::last(1, now.as_second())).await?;
    let checks = performance::examine(&readings);
    let name = format!("{}, the last hour", meant.address);
    Ok(told(ui, &[(name, checks)], Some(performance::summary(&readings))))
}

/// Says what was found; answers the exit code.
fn told(ui: Ui, groups: &[(String, Vec<Check>)], summary: Option<Json>) -> u8 {
    let outcomes = || groups.iter().flat_map(|(_, checks)| checks).map(|check| &check.outcome);
    // Of what was not looked at nobody knows whether anything is to be done.
    let blind = outcomes().all(|outcome| *outcome == Outcome::Skipped);
    let nothing = if blind { "Nothing could be judged" } else { "Nothing is to be done" };
    let findings =
        groups.iter().flat_map(|(_, checks)| checks).filter(|check| check.outcome == Outcome::Finding).count();
    ui.stream(|| {
        let lines = groups.iter().flat_map(|(name, checks)| checks.iter().map(move |check| line(name, check)));
        let text = if findings == 0 { nothing.to_owned() } else { format!("Findings: {findings}") };
        let end = stream::line("info", text, "doctor_summary", json!({ "findings": findings, "metrics": summary }));
        lines.chain([end]).collect()
    });
    for (name, checks) in groups {
        ui.say(&format!("{name}\n"));
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for check in checks {
            let mark = match check.outcome {
                Outcome::Fine => "ok",
                Outcome::Finding => "!!",
                Outcome::Skipped => "--",
            };
            ui.say(&format!("  {mark}  {:width$}  {}\n", check.name, check.text));
            if let Some(remedy) = &check.remedy {
                ui.say(&format!("      {:width$}  -> {remedy}\n", ""));
            }
        }
    }
    match findings {
        0 => ui.say(&format!("\n{nothing}.\n")),
        1 => ui.say("\n1 finding.\n"),
        _ => ui.say(&format!("\n{findings} findings.\n")),
    }
    if findings == 0 { exit::OK } else { exit::ERROR }
}

fn line(of: &str, check: &Check) -> Json {
    let outcome = match check.outcome {
        Outcome::Fine => "ok",
        Outcome::Finding => "finding",
        Outcome::Skipped => "skipped",
    };
    let members =
        json!({ "of": of, "check": check.name, "outcome": outcome, "text": check.text, "remedy": check.remedy });
    let level = if check.outcome == Outcome::Finding { "warn" } else { "info" };
    stream::line(level, format!("{}: {}", check.name, check.text), "check", members)
}
