//! Money: what a stack costs, offline; what could be saved, by what CloudWatch tells of its caches.

pub mod analyze;
pub mod estimate;
pub mod report;
pub mod reserved;
pub mod update;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, Mode, Subject};
use crate::kind::{Target, Usage};
use crate::kinds;
use crate::ops::{Failure, Session, plan};
use crate::plan::{Options, wish};
use crate::state::State;
use crate::value::Value;

/// Something of a stack that is paid for.
#[derive(Debug)]
pub struct Wished {
    /// Its address; that of its block where nobody can tell how many there are.
    pub address: Address,
    /// The region it is in: `eu-west-1`.
    pub region: String,
    /// What it uses, or why that is not known, as a clause.
    pub usage: Result<Usage, String>,
}

/// Everything that the files of a stack ask for and that is paid for, in the order of addresses. Nothing is asked of any
/// account, and no state is read: what is there already is counted as its block says.
///
/// # Errors
/// The stack has errors, which are in the session; or no region.
pub fn wished(
    session: &mut Session,
    process: &std::collections::BTreeMap<String, String>,
) -> Result<Vec<Wished>, Failure> {
    settle_region(session, process)?;
    plan::check(session, &State::default(), &Options::default());
    if session.has_errors() {
        return Err(Failure::Stack);
    }
    let values = session.evaluator.snapshot(Value::clone).values();
    let managed = values.into_iter().filter(|(address, _)| address.mode == Mode::Managed);
    let mut all: Vec<Wished> = managed.filter_map(|(address, value)| one(session, address, &value)).collect();
    let told: BTreeSet<Address> = all.iter().map(|one| one.address.config()).collect();
    all.extend(session.evaluator.stack().resources().filter_map(|block| {
        let address = &block.address;
        let paid = address.mode == Mode::Managed && is_paid(address) && !told.contains(&address.config());
        let open = || session.evaluator.instances(&address.module).iter().any(|unit| session.evaluator.is_open(unit));
        (paid && open()).then(|| uncounted(session, address.clone()))
    }));
    all.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(all)
}

/// What a run would take, as far as it can be told without asking: what the environment says, else the process.
fn settle_region(session: &mut Session, process: &std::collections::BTreeMap<String, String>) -> Result<(), Failure> {
    if session.environment.region.is_some() || session.has_errors() {
        return Ok(());
    }
    let of = |name: &str| process.get(name).filter(|value| !value.is_empty()).cloned();
    let fallback = session.environment.endpoint.as_ref().map(|_| "us-east-1".to_owned());
    let region: Arc<str> = of("AWS_REGION")
        .or_else(|| of("AWS_DEFAULT_REGION"))
        .or(fallback)
        .ok_or_else(|| {
            Failure::Error("no region: set `region` of the environment or provider, or AWS_REGION".to_owned())
        })?
        .into();
    let account = session.environment.account_id.clone();
    session.evaluator.set_environment(Some(&region), account.as_deref());
    session.environment.region = Some(region);
    Ok(())
}

fn is_paid(address: &Address) -> bool {
    let usage = kinds::get(&address.kind).and_then(|kind| kind.usage(&Default::default()));
    usage.is_some_and(|usage| !matches!(usage, Usage::OfOthers { .. }))
}

fn uncounted(session: &Session, address: Address) -> Wished {
    let region = session.environment.region.as_deref().unwrap_or_default().to_owned();
    Wished { address, region, usage: Err("how many there are is known with the account only".to_owned()) }
}

fn one(session: &Session, address: Address, value: &Value) -> Option<Wished> {
    if !is_paid(&address) {
        return None;
    }
    let Some(object) = value.as_object() else { return Some(uncounted(session, address)) };
    let home = session.environment.region.as_deref().unwrap_or_default();
    let region = object.get("region").and_then(Value::as_str).unwrap_or(home).to_owned();
    let kind = kinds::get(&address.kind)?;
    // Of what an `import` block takes over nothing was foreseen: what the block does not say is as if it were made.
    let mut object = wish::without_own_unknowns(object.clone(), &address);
    kind.predict(&mut object, None, &Target { account: None, region: region.as_str().into() });
    Some(Wished { usage: Ok(kind.usage(&object)?), address, region })
}

/// Whether any address is meant.
///
/// # Errors
/// None is: what comes nearest is named.
pub fn checked(session: &Session, subject: &Subject) -> Result<(), Failure> {
    let values = session.evaluator.snapshot(Value::clone).values();
    let mut known: Vec<Address> = values.into_iter().map(|(address, _)| address).collect();
    known.extend(session.evaluator.stack().resources().map(|block| block.address.clone()));
    if known.iter().any(|address| subject.contains(address)) {
        return Ok(());
    }
    let wanted = subject.to_string();
    let near = known.iter().map(|known| (strsim::jaro_winkler(&known.to_string(), &wanted), known));
    let near = near.filter(|(near, _)| *near > 0.8).max_by(|one, other| one.0.total_cmp(&other.0));
    let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(Failure::Error(format!("there is no `{wanted}` in the stack{hint}")))
}
