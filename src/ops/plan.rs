//! Making a plan: check without an account, then walk and read until nothing is missing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::address::{Address, Subject};
use crate::diag::Diagnostic;
use crate::kinds;
use crate::ops::connect::Connection;
use crate::ops::recover::{self, Watch};
use crate::ops::remembered;
use crate::ops::room::{Weighed, weigh};
use crate::ops::{Failure, Session};
use crate::plan::build::{Inputs, build};
use crate::plan::{Blocked, Live, Needs, Note, ObjectKey, Options, Outcome, Plan};
use crate::refresh;
use crate::state::digest::Digests;
use crate::state::lock;
use crate::state::medium::Part;
use crate::state::store::Store;
use crate::state::{Farewell, Home, Record, State};

/// A walk and a read each; a stack whose look-ups hang on one another needs one more for each level.
const ROUNDS_MAX: usize = 32;

/// Checks a stack without an account. What is wrong is in the session's diagnostics. Answers what a plan will want to
/// know first.
pub fn check(session: &mut Session, state: &State, options: &Options) -> Needs {
    let inputs = Inputs {
        environment: &session.environment,
        state,
        live: None,
        account: session.environment.account_id.clone(),
        options,
        digests: &session.digests,
    };
    let outcome = build(&mut session.evaluator, &inputs);
    session.report(outcome.diagnostics);
    // Without a region of its own the environment has another one once it is connected.
    if session.environment.region.is_some() { outcome.needs } else { Needs::default() }
}

/// The same before a plan, which is not made of a stack that is wrong. To destroy, a stack need only be readable.
pub fn check_first(session: &mut Session, store: &Store, options: &Options) -> Result<Needs, Failure> {
    let mut first = Needs::default();
    if !options.destroy {
        let before = session.diagnostics.clone();
        first = check(session, &store.state(), options);
        if session.has_errors() {
            return Err(Failure::Stack);
        }
        // The walk over the account says the same again, and more.
        session.diagnostics = before;
    }
    if session.has_errors() { Err(Failure::Stack) } else { Ok(first) }
}

/// Makes a plan. Writes nothing, unless it is watched: then an apply is to follow, and what an earlier run left open is
/// settled, and what it began is waited for.
pub async fn plan(
    session: &mut Session,
    store: &mut Store,
    connection: &Connection,
    options: &Options,
    watch: Option<&Watch>,
    first: Needs,
) -> Result<Plan, Failure> {
    store.name(&*session.entropy);
    session.digests = Arc::new(Digests::new(&store.state().salt));
    check_home(&store.state().home, session, connection)?;
    let Recovered { state, foreseen, kept } = recovered(session, store, connection, watch).await?;
    let mut live = Live::default();
    let wanted = Needs { objects: first.objects.into_iter().chain(keys(&state)).collect(), ..first };
    let cloud = match options.remembered {
        true => remembered::cloud(&connection.cloud, &state),
        false => connection.cloud.clone(),
    };
    refresh::read(&cloud, wanted, &mut live).await.map_err(failed)?;
    if watch.is_some() {
        confirm_absence(session, &state, connection, &mut live).await?;
    }
    for _ in 0..ROUNDS_MAX {
        let outcome = walk(session, &state, &live, connection, options);
        if !outcome.needs.is_empty() && !outcome.diagnostics.iter().any(is_final) {
            refresh::read(&cloud, outcome.needs, &mut live).await.map_err(failed)?;
            continue;
        }
        if let Some(watch) = watch.filter(|_| outcome.plan.unfinished > 0)
            && !crate::diag::has_errors(&outcome.diagnostics)
        {
            settle(session, &mut live, connection, watch).await?;
            continue;
        }
        let mut plan = outcome.plan;
        if !crate::diag::has_errors(&outcome.diagnostics) {
            let now = jiff::Timestamp::try_from(session.clock.now()).unwrap_or_default().as_second();
            let Weighed { notes, blocked } = weigh(connection.day_two.as_ref(), &plan, now, options.force).await;
            if options.skip_blocked && !blocked.is_empty() {
                plan = walk(session, &state, &live, connection, &without(options, &blocked)).plan;
                plan.skipped.extend(blocked);
            } else {
                plan.blocked.extend(blocked);
            }
            plan.notes.extend(notes);
        }
        plan.unfinished += foreseen.len();
        let at_work = if watch.is_none() && store.is_dirty() { at_work(session)? } else { None };
        let foreseen = if at_work.is_some() { Vec::new() } else { foreseen };
        session.report(at_work.into_iter().collect());
        plan.notes.extend(foreseen.into_iter().chain(kept).chain(options.remembered.then(remembered::note)));
        session.report(strange(session, &state, &plan).into_iter().collect());
        session.report(outcome.diagnostics);
        session.seen = Some((state, live));
        return if session.has_errors() { Err(Failure::Stack) } else { Ok(plan) };
    }
    Err(Failure::Error("the look-ups of the stack do not come to an end".to_owned()))
}

/// The same wishes without what is held back.
fn without(options: &Options, blocked: &[Blocked]) -> Options {
    let held = blocked.iter().map(|one| Subject::Resource(one.address.clone()));
    Options { excludes: options.excludes.iter().cloned().chain(held).collect(), ..options.clone() }
}

/// Makes another plan of what the last one was made of. Reads only what that has not.
pub async fn again(session: &mut Session, connection: &Connection, options: &Options) -> Result<Plan, Failure> {
    let (state, mut live) = session.seen.take().unwrap_or_default();
    for _ in 0..ROUNDS_MAX {
        let outcome = walk(session, &state, &live, connection, options);
        if outcome.needs.is_empty() || outcome.diagnostics.iter().any(is_final) {
            session.report(outcome.diagnostics);
            session.seen = Some((state, live));
            return if session.has_errors() { Err(Failure::Stack) } else { Ok(outcome.plan) };
        }
        refresh::read(&connection.cloud, outcome.needs, &mut live).await.map_err(failed)?;
    }
    Err(Failure::Error("the look-ups of the stack do not come to an end".to_owned()))
}

/// What a stack would come to, whatever is wrong with it: for a look at what its blocks mean.
pub async fn outline(session: &mut Session, state: &State, connection: &Connection) -> Result<Plan, Failure> {
    let mut live = Live::default();
    let wanted = Needs { objects: keys(state).into_iter().collect(), ..Needs::default() };
    refresh::read(&connection.cloud, wanted, &mut live).await.map_err(failed)?;
    for _ in 0..ROUNDS_MAX {
        let outcome = walk(session, state, &live, connection, &Options::default());
        if outcome.needs.is_empty() {
            return Ok(outcome.plan);
        }
        refresh::read(&connection.cloud, outcome.needs, &mut live).await.map_err(failed)?;
    }
    Err(Failure::Error("the look-ups of the stack do not come to an end".to_owned()))
}

/// A state after what an earlier run has left open.
struct Recovered {
    state: State,
    /// What an apply would settle.
    foreseen: Vec<Note>,
    /// Final snapshots of what has gone since.
    kept: Vec<Note>,
}

/// The state with every operation settled: on the medium for an apply, else in a copy, with remarks.
async fn recovered(
    session: &Session,
    store: &mut Store,
    connection: &Connection,
    watch: Option<&Watch>,
) -> Result<Recovered, Failure> {
    let before = store.state().clone();
    if before.operations.is_empty() {
        return Ok(Recovered { state: before, foreseen: Vec::new(), kept: Vec::new() });
    }
    let Some(watch) = watch else {
        let mut state = before.clone();
        let foreseen = recover::foresee(session, &mut state, connection).await?;
        let kept = kept(&before, &state);
        return Ok(Recovered { state, foreseen, kept });
    };
    super::apply::begin(session, store).await?;
    recover::settle(session, store, connection, watch).await?;
    let state = store.state().clone();
    let kept = kept(&before, &state);
    Ok(Recovered { state, foreseen: Vec::new(), kept })
}

/// A remark for each final snapshot that has come since.
fn kept(before: &State, after: &State) -> Vec<Note> {
    let fresh = after.farewells.iter().skip(before.farewells.len());
    let told = |one: &Farewell| Note {
        address: Address::parse(&one.address),
        text: format!("went with an earlier run; its final snapshot is \"{}\"", one.name),
    };
    fresh.map(told).collect()
}

/// Every object that the state knows and that is to be read.
fn keys(state: &State) -> Vec<ObjectKey> {
    let recorded = state.records.iter();
    let deposed = state.deposed.iter().map(|deposed| (&deposed.address, &deposed.record));
    let key =
        |(address, record): (&Address, &Record)| (address.kind.to_string(), record.region.clone(), record.id.clone());
    let read = recorded.chain(deposed).filter(|(address, _)| kinds::local(&address.kind).is_none());
    read.map(key).collect()
}

/// How often more an object that has a record is looked for, before it counts as gone.
const MORE_LOOKS: u32 = 2;

/// Some services are behind by seconds: an object that was made a moment ago would be made again.
async fn confirm_absence(
    session: &Session,
    state: &State,
    connection: &Connection,
    live: &mut Live,
) -> Result<(), Failure> {
    for _ in 0..MORE_LOOKS {
        let missing: BTreeSet<ObjectKey> =
            keys(state).into_iter().filter(|key| live.objects.get(key).is_some_and(Option::is_none)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        session.clock.sleep(connection.poll.0).await;
        let needs = Needs { objects: missing, ..Needs::default() };
        refresh::read(&connection.cloud, needs, live).await.map_err(failed)?;
    }
    Ok(())
}

/// What AWS is at takes this long at most: the time that Terraform's provider has for a creation.
const UNDER_WAY_MAX: Duration = Duration::from_secs(3600);

/// Reads the objects that AWS is at again and again, until it is at none.
async fn settle(session: &Session, live: &mut Live, connection: &Connection, watch: &Watch) -> Result<(), Failure> {
    let start = session.clock.elapsed();
    loop {
        let open = under_way(live);
        if open.is_empty() {
            return Ok(());
        }
        let elapsed = session.clock.elapsed().saturating_sub(start);
        let ids: Vec<String> = open.iter().map(|((_, _, id), _)| id.clone()).collect();
        if elapsed > UNDER_WAY_MAX {
            return Err(Failure::Error(format!("still under way after an hour: {}", ids.join(", "))));
        }
        if watch.is_stopped() {
            let why = format!("stopped while waiting for {}; nothing was sent: run it again to go on", ids.join(", "));
            return Err(Failure::Error(why));
        }
        open.iter().for_each(|((_, _, id), word)| watch.tell(id, word, elapsed));
        session.clock.sleep(connection.poll.1).await;
        let needs = Needs { objects: open.into_iter().map(|(key, _)| key).collect(), ..Needs::default() };
        refresh::read(&connection.cloud, needs, live).await.map_err(failed)?;
    }
}

/// The objects that are being made or changed or on their way out, with the word that AWS uses.
fn under_way(live: &Live) -> Vec<(ObjectKey, String)> {
    let found = live.objects.iter().filter_map(|(key, found)| Some((key, found.as_ref()?)));
    found.filter_map(|(key, found)| Some((key.clone(), found.status.under_way()?.to_owned()))).collect()
}

/// Whether reading more cannot mend it, as it can a count that hangs on a look-up.
fn is_final(diagnostic: &Diagnostic) -> bool {
    diagnostic.is_error() && diagnostic.code != "CS0411"
}

fn walk(session: &mut Session, state: &State, live: &Live, connection: &Connection, options: &Options) -> Outcome {
    let account = Some(connection.account.clone());
    let inputs = Inputs {
        environment: &session.environment,
        state,
        live: Some(live),
        account,
        options,
        digests: &session.digests,
    };
    build(&mut session.evaluator, &inputs)
}

/// The failure of a run that could not read the account; nothing was sent.
pub fn failed(error: crate::kind::RemoteError) -> Failure {
    Failure::Error(format!("the account cannot be read: {error}"))
}

/// A state is of one account, one region, and of AWS or not: what it records is nowhere else.
pub fn check_home(home: &Home, session: &Session, connection: &Connection) -> Result<(), Failure> {
    let here = home_of(session, connection);
    let differs = |known: &Option<String>, now: &Option<String>| known.is_some() && known != now;
    let place = |aws: Option<bool>| if aws == Some(true) { "of AWS" } else { "of an endpoint that is not AWS" };
    let what = if home.aws.is_some() && home.aws != here.aws {
        format!("{}, and this run is {}", place(home.aws), place(here.aws))
    } else if differs(&home.account, &here.account) {
        let (known, now) = (home.account.as_deref().unwrap_or("none"), here.account.as_deref().unwrap_or("none"));
        format!("of account {known}, and the credentials belong to {now}")
    } else if differs(&home.region, &here.region) {
        let (known, now) = (home.region.as_deref().unwrap_or("none"), here.region.as_deref().unwrap_or("none"));
        format!("of region {known}, and the environment is in {now}")
    } else {
        return check_stack(home, session);
    };
    Err(Failure::Refused(format!(
        "the state in {} is {what}; nothing was read or sent. Give the other place an environment of its own or another \
         --state DIRECTORY; or destroy what is there first",
        session.medium.place()
    )))
}

/// Where a run works.
pub fn home_of(session: &Session, connection: &Connection) -> Home {
    let environment = &session.environment;
    let endpoints = environment.access.endpoints.values().map(String::as_str);
    let of_services = session.service_urls.iter().map(String::as_str);
    let of_profile = connection.urls.iter().map(String::as_str);
    let mut urls = endpoints.chain(environment.endpoint.as_deref()).chain(of_services).chain(of_profile);
    Home {
        account: Some(connection.account.to_string()),
        region: environment.region.as_deref().map(str::to_owned),
        aws: Some(urls.all(is_aws)),
        stack: stack_name(session),
    }
}

/// The name that the stack gives itself; that of a directory is anybody's.
fn stack_name(session: &Session) -> Option<String> {
    session.evaluator.stack().module.stack.as_ref().map(|stack| stack.name.to_string())
}

/// A place that several stacks can name has the state of one of them: to any other everything in it would be to destroy.
pub fn check_stack(home: &Home, session: &Session) -> Result<(), Failure> {
    let here = stack_name(session);
    let Some(known) = home.stack.as_ref().filter(|_| session.location.is_some()) else { return Ok(()) };
    if here.as_ref() == Some(known) || session.environment.renamed_from.as_ref() == Some(known) {
        return Ok(());
    }
    let this = here.map_or_else(|| "this one gives itself no name".to_owned(), |name| format!("this is \"{name}\""));
    Err(Failure::Refused(format!(
        "the state in {} is of the stack \"{known}\", and {this}; nothing was read or sent. Give each stack a place of \
         its own: `state` in the stack or the environment, or --state. If this is that stack under a new name, write \
         renamed_from = \"{known}\" in its stack block",
        session.medium.place()
    )))
}

/// The run that is at work on the state: what it has begun is not left open.
fn at_work(session: &Session) -> Result<Option<Diagnostic>, Failure> {
    let medium = &*session.medium;
    let holder = lock::at_work(medium, &*session.clock)
        .map_err(|error| Failure::Error(format!("{}: {error}", medium.path(Part::Lock))))?;
    Ok(holder.map(|holder| {
        let detail = format!("The state is locked by {holder}. The plan shows what that run has not done yet.");
        let help = if medium.outlives_its_holder() {
            "Plan again when it has ended; if it is gone for good: cachestack force-unlock ID."
        } else {
            "Plan again when it has ended."
        };
        Diagnostic::warning("CS0615", "Another run holds the lock", detail).help(help)
    }))
}

/// What stacks without names cannot be told by: nothing that is recorded is in this stack.
fn strange(session: &Session, state: &State, plan: &Plan) -> Option<Diagnostic> {
    let stack = session.evaluator.stack();
    let is_ours = |address: &Address| stack.resource(&address.config()).is_some();
    let is_empty = state.records.is_empty() || stack.module.resources.is_empty();
    if session.location.is_none() || is_empty || !plan.moves.is_empty() || state.records.keys().any(is_ours) {
        return None;
    }
    let detail = format!("Nothing that is recorded in {} has a block in this stack.", session.medium.place());
    let help =
        "If the state is that of another stack, do not apply: give this one a place of its own (`state`, --state).";
    Some(Diagnostic::warning("CS0614", "Perhaps the state of another stack", detail).help(help))
}

/// Whether a URL is one of AWS: an endpoint in a VPC, for instance.
fn is_aws(url: &str) -> bool {
    let host = url.split("://").last().unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|end| host.ends_with(end))
}
