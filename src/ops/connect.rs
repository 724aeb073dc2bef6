//! The way from an environment to its account: AWS, a URL, or the built-in emulator.

use std::sync::Arc;
use std::time::Duration;

use crate::kind::{Cloud, DayTwo};
use crate::lang::declare::provider::shown_url;
use crate::ops::{Failure, Session};
use crate::stack::environment::EMULATOR;

/// A connected environment.
pub struct Connection {
    /// The account.
    pub cloud: Arc<dyn Cloud>,
    /// Its number.
    pub account: Arc<str>,
    /// How long a poller waits at first, and at most.
    pub poll: (Duration, Duration),
    /// Where it is, in words.
    pub place: String,
    /// The URLs that are asked instead of AWS, as a profile says.
    pub urls: Vec<String>,
    /// What is asked beside single objects; none of a cloud that has only those.
    pub day_two: Option<Arc<dyn DayTwo>>,
}

/// How long is waited between two looks at AWS: at first, and at most.
pub const POLL_OF_AWS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(15));

/// Whether an endpoint is not AWS itself, so that waiting long between looks would be wasteful.
fn poll(endpoint: Option<&str>) -> (Duration, Duration) {
    match endpoint {
        Some(_) => (Duration::from_millis(60), Duration::from_millis(250)),
        None => POLL_OF_AWS,
    }
}

/// What a command is going to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Look only. The world of the built-in emulator is copied, so that its file and its lock are left as they are.
    Look,
    /// Change something.
    Change,
}

/// Connects, and checks the account before anything else is read or sent.
#[cfg(feature = "aws")]
pub async fn connect(session: &mut Session, purpose: Purpose) -> Result<Connection, Failure> {
    use crate::cloud::{Settings, connect};

    tell_unused(session);
    let environment = &session.environment;
    let settings = Settings {
        region: environment.region.as_deref().map(str::to_owned),
        access: environment.access.clone(),
        account_id: environment.account_id.as_deref().map(str::to_owned).or_else(|| played(environment)),
        paces: session.paces.clone(),
        environment: Some(environment.name.clone()),
        ..Settings::new(endpoint(session, purpose)?, session.clock.clone())
    };
    let aws = connect(settings).map_err(|error| Failure::Error(error.to_string()))?;
    if session.environment.region.is_none() {
        let fallback = session.environment.endpoint.as_ref().map(|_| "us-east-1".to_owned());
        let region =
            aws.region().await.map_err(unreachable(session.environment.endpoint.as_deref()))?.or(fallback).ok_or_else(
                || Failure::Error("no region: set `region` of the environment or provider, or AWS_REGION".to_owned()),
            )?;
        session.environment.region = Some(region.into());
    }
    if let Some(region) = &session.environment.region {
        session.evaluator.secrets().connect(aws.stored(region));
        session.evaluator.remote_states().connect(aws.buckets(region));
    }
    session.read_theirs()?;
    let poll = poll(session.environment.endpoint.as_deref());
    let urls = aws.urls().await.map_err(unreachable(session.environment.endpoint.as_deref()))?;
    let day_two: Option<Arc<dyn DayTwo>> = Some(Arc::new(aws.clone()));
    Ok(Connection { urls, day_two, ..finish(session, Arc::new(aws), poll).await? })
}

/// The account that the built-in emulator plays where nothing else names one: the only one that a provider allows.
#[cfg(feature = "aws")]
fn played(environment: &crate::stack::environment::Environment) -> Option<String> {
    let mut allowed = environment.accounts.iter().map(|(_, accounts)| &accounts.allowed);
    let only = allowed.find(|allowed| !allowed.is_empty()).filter(|allowed| allowed.len() == 1)?;
    only.first().filter(|_| environment.is_emulated()).cloned()
}

/// What keeps us from the account: where an endpoint is named and nobody is there, that.
fn unreachable(endpoint: Option<&str>) -> impl Fn(crate::kind::RemoteError) -> Failure {
    move |error| {
        let refused = error.message.contains("Connection refused") || error.message.contains("dns error");
        let why = match endpoint.filter(|_| refused) {
            Some(url) => format!(
                "nobody answers at {}: {}; start what is to listen there (`cachestack emulate` is the emulator), or \
                 correct the endpoint",
                shown_url(url),
                error.message.rsplit(": ").next().unwrap_or_default()
            ),
            None => format!("the account cannot be told: {error}"),
        };
        Failure::Error(why)
    }
}

/// Says which arguments have no meaning for an emulator in this process.
#[cfg(feature = "aws")]
fn tell_unused(session: &mut Session) {
    use crate::diag::Diagnostic;

    let given = session.environment.access.given();
    if !session.environment.is_emulated() || given.is_empty() {
        return;
    }
    let names: Vec<String> = given.iter().map(|name| format!("`{name}`")).collect();
    let detail = format!("The built-in emulator takes any credentials and is in this process: {}.", names.join(", "));
    session.diagnostics.push(Diagnostic::note("CS0359", "Not used on the emulator", detail));
}

/// Checks the account of a cloud against the pin of the environment.
pub async fn finish(
    session: &mut Session,
    cloud: Arc<dyn Cloud>,
    poll: (Duration, Duration),
) -> Result<Connection, Failure> {
    let account: Arc<str> = cloud.account().await.map_err(unreachable(session.environment.endpoint.as_deref()))?.into();
    let environment = &session.environment;
    if let Some(pinned) = environment.account_id.as_ref().filter(|pinned| **pinned != account) {
        return Err(Failure::Refused(format!(
            "the credentials belong to account {account}, and environment \"{}\" is pinned to {pinned}; nothing was read or sent",
            environment.name
        )));
    }
    for (provider, accounts) in &environment.accounts {
        if let Some(why) = accounts.refusal(&account) {
            let played = match environment.endpoint.as_deref() {
                Some(EMULATOR) => {
                    " (the built-in emulator plays that of the last role, else `account_id` of the environment, else the only one that a provider allows)"
                }
                _ => "",
            };
            return Err(Failure::Refused(format!(
                "the credentials belong to account {account}{played}, and provider {provider} {why}; nothing was read or sent"
            )));
        }
    }
    let region = environment.region.clone();
    session.evaluator.set_environment(region.as_deref(), Some(&account));
    let place = environment.place().unwrap_or_else(|| format!("account {account}"));
    let state = if environment.borrowed { format!(", state {}", environment.state_name()) } else { String::new() };
    let place = format!("{place}, {}{state}", region.as_deref().unwrap_or("no region"));
    Ok(Connection { cloud, account, poll, place, urls: Vec::new(), day_two: None })
}

#[cfg(feature = "aws")]
fn endpoint(session: &Session, purpose: Purpose) -> Result<crate::cloud::Endpoint, Failure> {
    use crate::cloud::Endpoint;
    use crate::emulator::{Emulator, Options, Speed};

    let endpoint = match session.environment.endpoint.as_deref() {
        None => return Ok(Endpoint::Aws),
        Some(EMULATOR) => session.state_directory.join("emulator.json"),
        Some(url) => return Ok(Endpoint::Url(url.to_owned())),
    };
    let mut options = Options { clock: session.clock.clone(), ..Options::default() };
    if let Some(speed) = std::env::var_os("CACHESTACK_EMULATOR_SPEED").and_then(|speed| speed.into_string().ok()) {
        options.speed =
            speed.parse::<Speed>().map_err(|error| Failure::Error(format!("CACHESTACK_EMULATOR_SPEED: {error}")))?;
    }
    let failed = |error: std::io::Error| Failure::Error(format!("{}: {error}", endpoint.display()));
    let emulator = match purpose {
        Purpose::Look => Emulator::copy_of(&endpoint, options),
        Purpose::Change => Emulator::open(&endpoint, options),
    };
    let emulator = emulator.map_err(failed)?;
    Ok(Endpoint::InProcess(Arc::new(move |request| emulator.deliver(request))))
}

/// Without the AWS side nothing can be connected to.
#[cfg(not(feature = "aws"))]
pub async fn connect(_session: &mut Session, _purpose: Purpose) -> Result<Connection, Failure> {
    let _ = poll(None);
    Err(Failure::Error("this build has no AWS side: build with the feature `aws`".to_owned()))
}
