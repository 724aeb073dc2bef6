//! Changes of a state by hand: nothing is asked of the account, and nothing sent. What was there is the backup.

use crate::address::{Address, Subject};
use crate::diag::visible::line;
use crate::kinds;
use crate::ops::plan::check_stack;
use crate::ops::{Failure, Session, apply};
use crate::plan::moves;
use crate::state::file;
use crate::state::store::Store;
use crate::state::{Effect, Entry, State};

/// A change.
#[derive(Debug)]
pub enum Change {
    /// What is the first, or in it, gets the name of the second.
    Move(Subject, Subject),
    /// What is one of these, or in it, is let go; the objects stay.
    Remove(Vec<Subject>),
    /// An object has another name in AWS.
    ReplaceId(Address, String),
}

/// What a change comes to, each effect with a line that tells it.
///
/// # Errors
/// It names what is not there, or what is taken; nothing was changed.
pub fn effects(state: &State, change: &Change) -> Result<(Vec<String>, Vec<Effect>), Failure> {
    let done = match change {
        Change::Move(from, to) => rename(state, from, to),
        Change::Remove(subjects) => remove(state, subjects),
        Change::ReplaceId(address, id) => replace_id(state, address, id),
    };
    done.map_err(|why| Failure::Error(format!("{why}; nothing was changed")))
}

type Told = Result<(Vec<String>, Vec<Effect>), String>;

fn rename(state: &State, from: &Subject, to: &Subject) -> Told {
    if let (Subject::Resource(from), Subject::Resource(to)) = (from, to)
        && (from.mode, &from.kind) != (to.mode, &to.kind)
    {
        return Err(format!("`{from}` cannot become `{to}`: it is of another kind"));
    }
    let old = state.deposed.iter().map(|deposed| &deposed.address);
    if from == to {
        return Err(format!("`{from}` is called so already"));
    }
    let all = state.records.keys().chain(old);
    let pairs: Vec<(Address, Address)> =
        all.filter_map(|address| Some((address.clone(), moves::renamed(address, from, to)?))).collect();
    if pairs.is_empty() {
        return Err(format!("the state has no `{from}` that could become `{to}`"));
    }
    let leaves = |address: &Address| pairs.iter().any(|(from, _)| from == address);
    if let Some((_, taken)) = pairs.iter().find(|(_, to)| state.records.contains_key(to) && !leaves(to)) {
        return Err(format!("the state has `{taken}` already"));
    }
    let lines = pairs.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    Ok((lines, vec![Effect::Move(pairs)]))
}

fn remove(state: &State, subjects: &[Subject]) -> Told {
    let old = state.deposed.iter().map(|old| &old.address);
    let all: Vec<&Address> = state.records.keys().chain(old).collect();
    if let Some(none) = subjects.iter().find(|subject| !all.iter().any(|address| subject.contains(address))) {
        return Err(state.lacks(none));
    }
    let (mut lines, mut effects) = (Vec::new(), Vec::new());
    // Once, however many of the subjects it is in.
    let goes = |address: &Address| subjects.iter().any(|subject| subject.contains(address));
    for (address, record) in state.records.iter().filter(|(address, _)| goes(address)) {
        lines.push(format!("{address} ({})", line(&record.id)));
        effects.push(Effect::Remove(address.clone()));
    }
    for old in state.deposed.iter().filter(|old| goes(&old.address)) {
        lines.push(format!("{} (deposed {})", old.address, line(&old.record.id)));
        effects.push(Effect::Bury(old.address.clone(), old.record.id.clone()));
    }
    Ok((lines, effects))
}

fn replace_id(state: &State, address: &Address, id: &str) -> Told {
    let record = state.records.get(address).ok_or_else(|| state.lacks(address))?;
    // AWS folds the case of some names: two records of one object would each think that it is theirs.
    let id = &kinds::get(&address.kind).map_or_else(|| id.to_owned(), |kind| kind.spell(id));
    if id.is_empty() || record.id == *id {
        return Err(format!("`{address}` has the id \"{}\" already", line(&record.id)));
    }
    let same = |(of, other): &(&Address, &crate::state::Record)| {
        of.kind == address.kind && other.region == record.region && other.id == *id
    };
    if let Some((other, _)) = state.records.iter().find(same) {
        return Err(format!("`{other}` is \"{}\" already", line(id)));
    }
    let told = format!("{address}: \"{}\" -> \"{}\"", line(&record.id), line(id));
    let record = crate::state::Record { id: id.clone(), ..record.clone() };
    Ok((vec![told], vec![Effect::Record(address.clone(), record)]))
}

/// Carries out a change. Wants a store that holds the lock.
pub async fn carry_out(session: &Session, store: &mut Store, effects: Vec<Effect>) -> Result<(), Failure> {
    check_stack(&store.state().home, session)?;
    settled(store)?;
    apply::begin(session, store).await?;
    store.commit(vec![Entry::Noted(effects)]).await.map_err(Failure::Error)?;
    end(store).await
}

/// Puts a state in the place of the one that is there. Wants a store that holds the lock.
///
/// # Errors
/// It is no state; or, without `force`, it is of another stack, or older than the one that is there.
pub async fn push(session: &Session, store: &mut Store, bytes: &[u8], force: bool) -> Result<(), Failure> {
    settled(store)?;
    let (pushed, _) = file::decode(bytes).map_err(|wrong| Failure::Error(wrong.to_string()))?;
    pushed.verify().map_err(Failure::Error)?;
    if pushed.journal.is_some() {
        return Err(Failure::Error("it is of a run that has not come to its end; nothing was changed".to_owned()));
    }
    if let Some(why) = misfit(&store.state(), &pushed).filter(|_| !force) {
        return Err(Failure::Refused(format!("{why}; nothing was changed")));
    }
    apply::begin(session, store).await?;
    store.put(pushed);
    end(store).await
}

/// Why a state should not take the place of another one.
fn misfit(there: &State, pushed: &State) -> Option<String> {
    if !there.lineage.is_empty() && there.lineage != pushed.lineage {
        let (ours, theirs) = (&there.lineage, &pushed.lineage);
        return Some(format!("it is of another stack: its lineage is {theirs}, and that of the state there is {ours}"));
    }
    (pushed.serial < there.serial)
        .then(|| format!("it is older (serial {}) than the state there ({})", pushed.serial, there.serial))
}

/// What a run has left open, a run settles.
fn settled(store: &Store) -> Result<(), Failure> {
    if store.is_cut_off() {
        let why = "an apply was cut off, and what it left is to be settled first: run `cachestack apply`; nothing was changed";
        return Err(Failure::Refused(why.to_owned()));
    }
    Ok(())
}

async fn end(store: &mut Store) -> Result<(), Failure> {
    store.end().await.map_err(|error| Failure::Error(format!("the state cannot be written: {error}")))
}
