//! Saving a plan, and making a session ready to carry one out that was saved: everything is as the plan knew it, what it
//! touches has not moved, and secrets are there, before anything is sent.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::address::{Address, Mode};
use crate::diag::Diagnostic;
use crate::kinds;
use crate::kinds::lookups::Here;
use crate::lang::declare::Resource;
use crate::lang::source::Origin as Sources;
use crate::ops::connect::Connection;
use crate::ops::plan::{check_home, failed};
use crate::ops::recover::{self, Watch};
use crate::ops::{Failure, Session};
use crate::plan::saved::configuration::Configuration;
use crate::plan::saved::seal::Opened;
use crate::plan::saved::{Asked, Of, Saved, seen};
use crate::plan::{Action, Live, Needs, Plan, Step, file, wish};
use crate::refresh;
use crate::stack::desired::Desired;
use crate::stack::graph::Node;
use crate::stack::public;
use crate::stack::target::expand_one;
use crate::state::digest::{Digests, Reading};
use crate::state::store::Store;
use crate::state::{Progress, Record, State};
use crate::value::holes::Filling;
use crate::value::{Data, Object, Value, json};

/// What a session takes from a saved plan instead of from the disk.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The files of the stack.
    pub sources: Sources,
    /// The directories of modules that were fetched, by the way to them.
    pub modules: std::collections::BTreeMap<String, std::path::PathBuf>,
    /// The variables that the plan knows.
    pub variables: Object,
    /// When the plan was made.
    pub made: String,
    /// The name of the stack, which may be that of the directory it was in.
    pub stack: String,
}

impl Kept {
    /// What a plan has kept of its stack, which is in this directory.
    ///
    /// # Errors
    /// A file that must be read again is not what it was.
    pub fn of(saved: &Saved, directory: &Path) -> Result<Self, Failure> {
        let sources =
            saved.configuration.texts(directory).map_err(|why| Failure::Error(format!("{why}; nothing was sent")))?;
        let modules = saved.configuration.modules.iter();
        let known = saved.values.variables.iter().filter(|(_, value)| value.is_wholly_known());
        Ok(Self {
            sources,
            modules: modules.map(|(way, path)| (way.clone(), path.into())).collect(),
            variables: known.map(|(name, value)| (name.clone(), value.clone())).collect(),
            made: saved.made.clone(),
            stack: saved.of.stack.clone(),
        })
    }
}

/// What a plan is saved with beside what the session knows.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The directory of the stack, as it was given.
    pub directory: String,
    /// `--endpoint`
    pub endpoint: Option<String>,
    /// `--state`
    pub state_directory: Option<String>,
    /// What was asked for.
    pub asked: Asked,
}

/// A plan that was just made, as bytes of a file.
///
/// # Errors
/// It holds what must not be written.
pub fn save(
    session: &Session,
    store: &Store,
    connection: &Connection,
    plan: &Plan,
    given: Given,
) -> Result<Vec<u8>, Failure> {
    let (state, live) = session.seen.as_ref().ok_or_else(|| Failure::Error("there is no plan to save".to_owned()))?;
    let stored = store.state();
    let is_new = stored.serial == 0;
    let cannot = |why: String| Failure::Error(format!("the plan cannot be saved: {why}"));
    let stack = session.evaluator.stack();
    let saved = Saved {
        id: session.entropy.id(),
        made: session.evaluator.plan_timestamp(),
        of: Of {
            stack: stack.name.to_string(),
            directory: given.directory,
            environment: session.environment.name.to_string(),
            endpoint: given.endpoint,
            state_directory: given.state_directory,
            account: connection.account.to_string(),
            region: session.environment.region.as_deref().map(str::to_owned),
            place: connection.place.clone(),
            lineage: stored.lineage.clone(),
            serial: stored.serial,
            salt: is_new.then(|| stored.salt.clone()),
        },
        asked: given.asked,
        configuration: Configuration::of(stack),
        values: session.evaluator.snapshot(file::covered),
        sensitive: sensitive(session),
        seen: seen::seen(plan, state, live, stack),
        plan: file::withheld(plan, state).map_err(cannot)?,
    };
    saved.write((!is_new).then_some(&*stored.salt)).map_err(cannot)
}

/// Whether the plan is of this state. A state that is still to be made gets the lineage that the plan has foreseen.
///
/// # Errors
/// Refused as stale: it was carried out already, or the state was made since. Else it is of another stack.
pub fn check_state(
    saved: &Saved,
    opened: &Opened,
    bytes: &[u8],
    session: &Session,
    store: &mut Store,
) -> Result<(), Failure> {
    let of = &saved.of;
    let (lineage, salt, applied) = {
        let state = store.state();
        (state.lineage.clone(), state.salt.clone(), state.applied.contains(&saved.id))
    };
    if applied {
        return Err(Failure::Stale("the saved plan was carried out already; nothing was sent: plan again".to_owned()));
    }
    let other = || {
        Failure::Error(format!(
            "the plan is of another state than that in {}: its lineage is {}; nothing was sent",
            session.medium.place(),
            of.lineage
        ))
    };
    match (&of.salt, lineage.is_empty()) {
        (Some(salt), true) => store.adopt(&of.lineage, salt),
        (None, true) => return Err(other()),
        (Some(_), false) if lineage != of.lineage => {
            let why = "there was no state when the plan was made, and another run has made one since; nothing was sent: plan again";
            return Err(Failure::Stale(why.to_owned()));
        }
        (None, false) if lineage != of.lineage => return Err(other()),
        (None, false) if !opened.has_key() || !opened.is_of(bytes, &salt) => {
            let why =
                "the saved plan was not written with this state, or was edited since; nothing was sent: make it anew";
            return Err(Failure::Error(why.to_owned()));
        }
        _ => {}
    }
    Ok(())
}

/// Makes a connected session ready: what an earlier run has left open is settled, nothing has moved, all values are as
/// the plan knew them. Writes what it settles, and nothing else.
///
/// # Errors
/// Refused as stale where something has moved that the plan touches.
pub async fn resume(
    session: &mut Session,
    store: &mut Store,
    connection: &Connection,
    saved: &Saved,
    watch: &Watch,
) -> Result<(), Failure> {
    let of = &saved.of;
    let region = session.environment.region.as_deref();
    if (&*of.account, of.region.as_deref()) != (&*connection.account, region) {
        return Err(Failure::Error(format!(
            "the plan is of account {}, {}, and this run works in account {}, {}; nothing was read or sent",
            of.account,
            of.region.as_deref().unwrap_or("no region"),
            connection.account,
            region.unwrap_or("no region"),
        )));
    }
    session.digests = Arc::new(Digests::new(&store.state().salt));
    check_home(&store.state().home, session, connection)?;
    if !store.state().operations.is_empty() {
        super::apply::begin(session, store).await?;
        recover::settle(session, store, connection, watch).await?;
    }
    let state = store.state().clone();
    let progress = state.progress_of(&saved.id).cloned();
    let mut live = Live::default();
    let mut objects = seen::keys(&saved.seen);
    // What is done is read for those who refer to it.
    let finished = saved.plan.steps.iter().filter(|step| is_done(step, progress.as_ref()));
    objects.extend(finished.filter_map(|step| made(step, &state)));
    let needs = Needs { objects, ..Needs::default() };
    refresh::read(&connection.cloud, needs, &mut live).await.map_err(failed)?;
    let moved = seen::moved(&saved.seen, &saved.plan, &state, &live, progress.as_ref());
    if !moved.is_empty() {
        let begun = if progress.is_some() { "; it was carried out in part" } else { "" };
        return Err(Failure::Stale(format!(
            "the saved plan is stale{begun}; nothing was sent: plan again\n  {}",
            moved.join("\n  ")
        )));
    }
    check_variables(session, saved)?;
    session.evaluator.restore(&saved.values);
    for step in saved.plan.steps.iter().filter(|step| is_done(step, progress.as_ref())) {
        publish(session, step, &state, &live)?;
    }
    tell_withheld(session, saved, &state, connection).await?;
    let open = saved.plan.steps.iter().filter(|step| !is_done(step, progress.as_ref()));
    open.filter(|step| is_withheld_in(step)).try_for_each(|step| check_secrets(session, step))
}

fn is_done(step: &Step, progress: Option<&Progress>) -> bool {
    progress.is_some_and(|progress| progress.done.contains(&step.step.0))
}

/// The object that a step has made or changed, by its key.
fn made(step: &Step, state: &State) -> Option<(String, String, String)> {
    let record = state.records.get(&step.address).filter(|_| step.after.is_some() && step.action != Action::Read)?;
    let local = kinds::local(&step.address.kind).is_some();
    (!local).then(|| (step.address.kind.to_string(), record.region.clone(), record.id.clone()))
}

/// What an earlier run has made is known to those who refer to it.
fn publish(session: &mut Session, step: &Step, state: &State, live: &Live) -> Result<(), Failure> {
    let Some(after) = step.after.clone().filter(|_| step.action != Action::Read) else { return Ok(()) };
    let mut object = after;
    if let Some(record) = state.records.get(&step.address) {
        object.extend(record.object.clone());
        object.extend(in_vault(session, &step.address, record)?);
    }
    if let Some(Some(found)) = made(step, state).and_then(|key| live.objects.get(&key)) {
        let open = found.object.iter().filter(|(name, _)| !object.get(name).is_some_and(is_withheld));
        let open: Object = open.map(|(name, value)| (name.clone(), value.clone())).collect();
        object.extend(open);
    }
    object.or_insert("region".into(), Value::string(&step.region));
    for value in object.values_mut().filter(|value| value.is_unknown() && !is_withheld(value)) {
        *value = Value::null_of(value.ty());
    }
    session.evaluator.set_instance(&step.address, Value::object(object));
    Ok(())
}

/// The secrets of an object that was made here.
fn in_vault(session: &Session, address: &Address, record: &Record) -> Result<Object, Failure> {
    let secrets = kinds::local(&address.kind).map(|local| local.secrets()).unwrap_or_default();
    let one = |name: &&'static str| {
        let stored = session.evaluator.secrets().stored(&crate::kind::secret_name(&record.id, name));
        let text = stored.map_err(|why| Failure::Error(format!("`{address}`: {name}: {why}; nothing was sent")))?;
        Ok((Arc::from(*name), Value::string(text).into_sensitive()))
    };
    secrets.iter().map(one).collect()
}

/// Whether a part of a value is known and was not written.
fn is_withheld(value: &Value) -> bool {
    match &value.data {
        Data::Unknown(unknown) => {
            unknown.origin.as_deref().is_some_and(|origin| matches!(origin, crate::value::Origin::Withheld))
        }
        _ => value.children().any(is_withheld),
    }
}

fn is_withheld_in(step: &Step) -> bool {
    step.after.iter().flat_map(Object::values).any(is_withheld)
        || step.calls.iter().flat_map(|call| call.args.values()).any(is_withheld)
}

/// Reads anew what was not written: secrets out of the vault, look-ups, and what blocks say.
async fn tell_withheld(
    session: &mut Session,
    saved: &Saved,
    state: &State,
    connection: &Connection,
) -> Result<(), Failure> {
    let values = saved.values.values();
    let open: Vec<(Address, Value)> = values.into_iter().filter(|(_, value)| is_withheld(value)).collect();
    let blocks: BTreeSet<Address> = open.iter().map(|(address, _)| address.config()).collect();
    let order = session.evaluator.stack().graph.order().to_vec();
    let order = order.into_iter().filter_map(|node| match node {
        Node::Block(block) if blocks.contains(&block) => Some(block),
        _ => None,
    });
    for block in order {
        for (address, value) in open.iter().filter(|(address, _)| address.config() == block) {
            // An earlier run may have made it what it is now.
            let value = &session.evaluator.instance(address).unwrap_or_else(|| value.clone());
            let now = told(session, address, state, connection).await?;
            let told = Value::object(filled(value.as_object().unwrap_or(&Object::new()), &now));
            session.evaluator.set_instance(address, told);
        }
    }
    Ok(())
}

/// What is known of an instance today.
async fn told(session: &Session, address: &Address, state: &State, connection: &Connection) -> Result<Object, Failure> {
    let names = session.evaluator.names();
    let Some(block) = names.0.resource(address) else { return Ok(Object::new()) };
    let mut object = desired(session, block, address)?.object;
    match address.mode {
        Mode::Managed => {
            if let Some(record) = state.records.get(address) {
                object.extend(in_vault(session, address, record)?);
            }
            Ok(object)
        }
        Mode::Data | Mode::Ephemeral => look_up(session, block, address, object, connection).await,
    }
}

async fn look_up(
    session: &Session,
    block: &Resource,
    address: &Address,
    args: Object,
    connection: &Connection,
) -> Result<Object, Failure> {
    let provider = session.environment.providers.of(block).ok().flatten().and_then(|provider| provider.region.clone());
    let own = args.get("region").and_then(Value::as_str).map(Arc::from);
    let region = own.or(provider).or_else(|| session.environment.region.clone()).unwrap_or_else(|| "us-east-1".into());
    let wrong = |why: String| Failure::Error(format!("`{address}`: {why}; nothing was sent"));
    if let Some(answer) = kinds::lookups::answered_here(&address.kind) {
        let tags = session.environment.tags_of(block, &session.evaluator);
        let object = answer(&args, &Here { region: &region, tags: &tags }).map_err(|problem| wrong(problem.detail))?;
        return Ok(public::answered(object, &args, block.schema));
    }
    let found = connection.cloud.lookups(&region).lookup(&address.kind, &args).await;
    Ok(public::found(found.map_err(|error| wrong(error.to_string()))?, &args, block.schema))
}

/// What a block says now.
fn desired(session: &Session, block: &Resource, address: &Address) -> Result<Desired, Failure> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let view = session.evaluator.within(&address.module);
    let instance = expand_one(block, address.key.as_ref(), &view, &mut found);
    let desired = instance.map(|instance| wish::wish(&view, &session.environment, block, &instance, &mut found));
    let wrong = found.into_iter().find(Diagnostic::is_error);
    match (desired, wrong) {
        (Some(desired), None) => Ok(desired),
        (_, wrong) => {
            let why = wrong.map_or_else(
                || "it is no longer declared".to_owned(),
                |wrong| format!("{}: {}", wrong.summary, wrong.detail),
            );
            Err(Failure::Error(format!("`{address}`: {why}; nothing was sent")))
        }
    }
}

/// An object with what is said now in the place of what was not written.
fn filled(object: &Object, now: &Object) -> Object {
    let one = |(name, value): (&Arc<str>, &Value)| {
        let mut filling = Filling::default();
        let said = now.get(name).filter(|_| is_withheld(value));
        let fits = said.is_some_and(|said| filling.learn(value, said));
        (name.clone(), if fits { filling.fill(value) } else { value.clone() })
    };
    object.iter().map(one).collect()
}

/// Digests of the sensitive variables that are known. Secrets are compared where they are sent.
fn sensitive(session: &Session) -> std::collections::BTreeMap<String, String> {
    let variables = session.evaluator.variables();
    let hidden = |value: &Value| value.is_sensitive_anywhere() && value.is_wholly_known() && !value.has_secret();
    let hidden = variables.iter().filter(|(_, value)| hidden(value));
    let digest = |value: &Value| session.digests.of(&json::encode(&value.unmark_deep().0));
    hidden.map(|(name, value)| (name.to_string(), digest(value))).collect()
}

/// Sensitive variables are given again, and are those that the plan was made with.
fn check_variables(session: &Session, saved: &Saved) -> Result<(), Failure> {
    let now = sensitive(session);
    match saved.sensitive.iter().find(|(name, digest)| now.get(*name) != Some(digest)) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::Error(format!(
            "`var.{name}` is sensitive, so the saved plan does not keep it, and it has another value than the plan was made with; nothing was sent"
        ))),
    }
}

/// The secrets of a step are there, and are those that the plan was made with.
fn check_secrets(session: &Session, step: &Step) -> Result<(), Failure> {
    let names = session.evaluator.names();
    let wrong = |why: String| Failure::Error(format!("{}: {why}; nothing was sent", step.address));
    let block = names.0.resource(&step.address).ok_or_else(|| wrong("its block is gone".to_owned()))?;
    let now = desired(session, block, &step.address)?.object;
    for (name, value) in step.after.iter().flatten().filter(|(_, value)| is_withheld(value)) {
        let Some(said) = now.get(name) else { continue };
        match session.digests.read(said) {
            Reading::Unread(source) => {
                return Err(wrong(format!("the secret {source} has to be sent, and it is not there")));
            }
            Reading::Known(digest)
                if step.record.secrets.get(&**name).is_some_and(|known| known.digest != digest.digest) =>
            {
                return Err(wrong(format!("`{name}` is another secret than the plan was made with: plan again")));
            }
            _ => {}
        }
        if said.is_wholly_known() && !Filling::default().learn(value, said) {
            return Err(wrong(format!("`{name}` has another value than the plan said: plan again")));
        }
    }
    Ok(())
}
