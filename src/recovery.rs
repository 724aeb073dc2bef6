//! What became of a call whose end nobody has seen: a pure function of the open operation and of what is there now.
//!
//! An apply settles every open operation before it plans, under the lock and on the medium; a plan shows what an apply
//! would find. An operation that cannot be decided stays open.

use crate::address::Address;
use crate::kind::{Observation, Status};
use crate::kinds;
use crate::schema::{Attr, Mode, Schema};
use crate::state::{Effect, End, Entry, Farewell, Nature, Operation, Part, Record, State};
use crate::value::{Object, Value, same};

/// What is there of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// Nothing of that name, or with that mark; looked for more than once.
    Absent,
    /// An object.
    Present {
        /// Its name in AWS.
        id: String,
        /// The object.
        observation: Observation,
        /// The mark that it carries, if any.
        mark: Option<String>,
    },
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It was carried out, and this follows from it.
    Done(Vec<Effect>),
    /// It was not carried out.
    NotDone,
    /// Nobody can say yet, and why.
    Undecidable(String),
}

/// Decides what became of one object of an operation.
pub fn judge(state: &State, operation: &Operation, part: &Part, sight: &Sight) -> Verdict {
    match (operation.nature, sight) {
        (Nature::Create | Nature::Change, Sight::Absent) => Verdict::NotDone,
        (Nature::Create, Sight::Present { id, observation, mark }) => {
            if is_ours(operation, part, mark.as_deref()) {
                made(state, part, id, observation)
            } else {
                Verdict::NotDone
            }
        }
        // A plan is made anew and sees it; one that was saved goes on behind the call.
        (Nature::Change, Sight::Present { observation, .. })
            if operation.planned.is_some() && was_left_undone(state, part, observation) =>
        {
            Verdict::NotDone
        }
        (Nature::Change, Sight::Present { observation, .. }) => changed(state, part, observation),
        (Nature::Delete, Sight::Absent) => Verdict::Done(gone(part)),
        (Nature::Delete, Sight::Present { observation, mark, .. })
            if is_another(part, observation, mark.as_deref()) =>
        {
            Verdict::Done(gone(part))
        }
        // With it comes its final snapshot: that is told when it is gone.
        (Nature::Delete, Sight::Present { observation, .. })
            if part.record.farewell.is_some() && is_leaving(observation) =>
        {
            Verdict::Undecidable(observation.status.under_way().unwrap_or_default().to_owned())
        }
        // The next plan sees an object that is still there, and goes on.
        (Nature::Delete, Sight::Present { .. }) => Verdict::NotDone,
    }
}

/// The entry that settles one object of an operation, where it is decided.
pub fn settlement(operation: &Operation, part: &Part, verdict: Verdict) -> Option<Entry> {
    let (end, effects) = match verdict {
        Verdict::Done(effects) => (End::Done, effects),
        Verdict::NotDone => (End::NotDone, Vec::new()),
        Verdict::Undecidable(_) => return None,
    };
    Some(Entry::Ended { operation: operation.id.clone(), address: part.address.clone(), end, effects })
}

/// What a plan goes by while an object is still busy with a change of its secrets: that it is made. Nobody knows before
/// the object has settled, so that it is only foreseen.
pub fn foreseen(state: &State, operation: &Operation, part: &Part) -> Option<Entry> {
    let record = state.records.get(&part.address).filter(|_| operation.nature == Nature::Change)?;
    let Record { secrets, phase, beside, .. } = part.record.clone();
    let foreseen = Record { secrets, phase, beside, ..record.clone() };
    (!record.is_let_in_as(&foreseen)).then(|| Entry::Noted(vec![Effect::Record(part.address.clone(), foreseen)]))
}

/// A create carries our mark wherever the kind has tags; what has another one, or none, is somebody else's.
fn is_ours(operation: &Operation, part: &Part, mark: Option<&str>) -> bool {
    let taggable = kinds::get(&part.address.kind).is_some_and(|kind| kind.schema().taggable());
    !taggable || mark == Some(&operation.id)
}

/// Somebody has made another object of that name since ours was deleted: ours carried a mark, and it does not.
fn is_another(part: &Part, observation: &Observation, mark: Option<&str>) -> bool {
    observation.status == Status::Settled && part.record.mark().is_some_and(|ours| mark != Some(ours))
}

/// The object has a record from now on, and the one before it has a successor.
fn made(state: &State, part: &Part, id: &str, observation: &Observation) -> Verdict {
    let known = state.records.get(&part.address);
    let mut effects = Vec::new();
    if known.is_some_and(|known| known.id != id) {
        effects.push(Effect::Depose(part.address.clone()));
    }
    effects.push(Effect::Record(part.address.clone(), seen(&part.record, id, &observation.object)));
    Verdict::Done(effects)
}

/// The record as it was planned, with what AWS has told since.
fn seen(planned: &Record, id: &str, object: &Object) -> Record {
    let known = |value: &Value| value.is_wholly_known() && !value.is_sensitive_anywhere();
    let mut record = Record { id: id.to_owned(), ..planned.clone() };
    for (name, value) in object.iter().filter(|(name, value)| known(value) && !planned.hides(name)) {
        record.object.or_insert_with(name.clone(), || value.clone());
    }
    record
}

/// Whether a change was made can be read from the object and is compared by the next plan, but for secrets: AWS tells
/// no more than when the last one was set.
fn changed(state: &State, part: &Part, observation: &Observation) -> Verdict {
    let Some(record) = state.records.get(&part.address) else { return Verdict::Done(Vec::new()) };
    // What it is busy with may be this very call; what it comes to can be told when it has settled.
    if let Some(word) = observation.status.under_way() {
        return Verdict::Undecidable(word.to_owned());
    }
    let ended = ended(record, part, observation);
    let is_new = ended != *record;
    let done = |ended| Verdict::Done(Vec::from_iter(is_new.then(|| Effect::Record(part.address.clone(), ended))));
    if record.is_let_in_as(&part.record) {
        return done(ended);
    }
    let date = kinds::get(&part.address.kind).and_then(|kind| kind.dates_secret());
    let Some(date) = date else { return done(ended) };
    // Without a date of before, nothing says that this call changed it.
    let before = part.record.object.get(date).or(record.object.get(date));
    let now = observation.object.get(date).cloned().unwrap_or_else(Value::null);
    if before.is_none_or(|before| same(before, &now)) {
        return Verdict::NotDone;
    }
    let Record { secrets, phase, beside, .. } = part.record.clone();
    let mut after = Record { secrets, phase, beside, ..ended };
    after.object.extend(observation.object.get(date).map(|value| (date.into(), value.clone())));
    Verdict::Done(vec![Effect::Record(part.address.clone(), after)])
}

/// Whether there is no sign of a change that was to be made: what the call is about is as it was, or what a create owes is
/// not there. That such a call is sent once more does no harm.
fn was_left_undone(state: &State, part: &Part, observation: &Observation) -> bool {
    let (Some(record), Some(kind)) = (state.records.get(&part.address), kinds::get(&part.address.kind)) else {
        return false;
    };
    if observation.status.under_way().is_some() || !record.is_let_in_as(&part.record) {
        return false;
    }
    let attrs = || kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret);
    let is = |attr: &Attr, wanted: Option<&Value>| match (observation.object.get(attr.name), wanted) {
        (Some(now), Some(wanted)) => attr.is_satisfied(now, wanted),
        (now, wanted) => now.is_none_or(Value::is_null) && wanted.is_none_or(Value::is_null),
    };
    let waits = |attr: &Attr| observation.pending.contains_key(attr.name);
    let differs = |attr: &&Attr| part.record.object.get(attr.name) != record.object.get(attr.name);
    let mut asked = attrs().filter(differs).peekable();
    if asked.peek().is_some() {
        return asked.all(|attr| is(attr, record.object.get(attr.name)) && !waits(attr));
    }
    // What is to stay as it is says nothing, and what waits may be what was asked for before.
    let moves =
        |attr: &Attr, wanted: &Value| !record.object.get(attr.name).is_some_and(|was| attr.is_satisfied(was, wanted));
    let asked = attrs().filter_map(|attr| Some((attr, asked_for(record, part, attr)?)));
    let mut deferred = asked.filter(|(attr, wanted)| moves(attr, wanted)).peekable();
    if deferred.peek().is_some() {
        let told =
            |attr: &Attr, wanted| observation.pending.get(attr.name).is_some_and(|it| attr.is_satisfied(it, wanted));
        return deferred.all(|(attr, wanted)| !is(attr, Some(wanted)) && !told(attr, wanted));
    }
    let owed = attrs().filter(|attr| record.owed.contains(attr.name));
    let known = |attr: &Attr| part.record.object.get(attr.name).filter(|value| value.is_wholly_known());
    { owed }.any(|attr| known(attr).is_some_and(|wanted| !is(attr, Some(wanted)) && !waits(attr)))
}

/// What a call was to leave to the maintenance window of an attribute.
fn asked_for<'a>(record: &Record, part: &'a Part, attr: &Attr) -> Option<&'a Value> {
    let wanted = part.record.pending.get(attr.name)?;
    (record.pending.get(attr.name) != Some(wanted)).then_some(wanted)
}

/// The record when a change has come to its end: with what the call was about as it is now, and what it left to the
/// maintenance window, since when. Where AWS does not tell whether it has that, it is remembered, and owed.
fn ended(record: &Record, part: &Part, observation: &Observation) -> Record {
    let Some(kind) = kinds::get(&part.address.kind) else { return record.clone() };
    let schema = kind.schema();
    let mut ended = Record { object: taken(schema, record, &part.record, &observation.object), ..record.clone() };
    let is_told = |name: &str| observation.pending.contains_key(name) || kind.tells().contains(&name);
    for attr in schema.attrs.iter().filter(|attr| !is_told(attr.name)) {
        let Some((wanted, now)) = asked_for(record, part, attr).zip(observation.object.get(attr.name)) else {
            continue;
        };
        if !attr.is_satisfied(now, wanted) {
            ended.pending.insert(attr.name.into(), wanted.clone());
            ended.owed.insert(attr.name.to_owned());
        }
    }
    let waits = |name: &str| {
        observation.pending.contains_key(name) || ended.owed.contains(name) && ended.pending.contains_key(name)
    };
    let asked = part.record.since.iter().filter(|(name, _)| waits(name));
    let asked: Vec<_> = asked.map(|(name, time)| (name.clone(), time.clone())).collect();
    ended.since.extend(asked);
    ended
}

/// What a record says of an object when a call of ours has ended, which was to make it as `planned`: what others have
/// changed stays as it was known, so that it is told.
pub fn taken(schema: &Schema, known: &Record, planned: &Record, seen: &Object) -> Object {
    let mut object = known.object.clone();
    object.retain(|name, _| !planned.hides(name));
    let ours = seen.iter().filter(|(name, value)| {
        let kept = value.is_wholly_known() && !value.is_sensitive_anywhere() && !planned.hides(name);
        kept && is_of_call(schema, known, planned, name)
    });
    object.extend(ours.map(|(name, value)| (name.clone(), value.clone())));
    object
}

/// Whether a change of an attribute comes of a call of ours, which was to make an object as `planned`: the call is about
/// it, or nobody writes it.
pub fn is_of_call(schema: &Schema, known: &Record, planned: &Record, name: &str) -> bool {
    let unwritten = |attr: &Attr| match attr.mode {
        Mode::Computed => true,
        Mode::OptionalComputed => !planned.set.contains(attr.name),
        Mode::Required | Mode::Optional => false,
    };
    planned.object.get(name) != known.object.get(name) || schema.attr(name).is_none_or(unwritten)
}

fn is_leaving(observation: &Observation) -> bool {
    matches!(observation.status, Status::Leaving(_))
}

fn gone(part: &Part) -> Vec<Effect> {
    let forgotten = forget(&part.address, part.record.id.clone(), part.deposed);
    [forgotten].into_iter().chain(kept(part)).collect()
}

/// The final snapshot that was asked for with a deletion that was carried out.
pub fn kept(part: &Part) -> Option<Effect> {
    let name = part.record.farewell.clone()?;
    Some(Effect::Kept(Farewell { address: part.address.to_string(), region: part.record.region.clone(), name }))
}

/// The object is no longer there, or no longer ours.
pub fn forget(address: &Address, id: String, deposed: bool) -> Effect {
    if deposed { Effect::Bury(address.clone(), id) } else { Effect::Remove(address.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Status;
    use crate::kinds::tags::MARK;
    use crate::state::{Deposed, Digest};

    const ADDRESS: &str = "replication_group.g";

    fn address() -> Address {
        Address::parse(ADDRESS).expect("an address")
    }

    fn record(id: &str, token: &str, phase: &str) -> Record {
        let digest = |text: &str| Digest { digest: text.to_owned(), source: None };
        let some =
            |text: &str| (!text.is_empty()).then(|| ("auth_token".to_owned(), digest(text))).into_iter().collect();
        let object = Object::from([("auth_token_last_modified".into(), Value::string("monday"))]);
        Record {
            id: id.to_owned(),
            region: "r".to_owned(),
            object,
            secrets: some(token),
            phase: some(phase),
            ..Record::default()
        }
    }

    fn sight(id: &str, status: Status, modified: &str, mark: Option<&str>) -> Sight {
        let object = Object::from([("auth_token_last_modified".into(), Value::string(modified))]);
        let observation = Observation { status, object, pending: Object::new() };
        Sight::Present { id: id.to_owned(), observation, mark: mark.map(str::to_owned) }
    }

    fn told(verdict: &Verdict) -> String {
        let effect = |effect: &Effect| match effect {
            Effect::Record(_, record) => {
                let of = |digests: &std::collections::BTreeMap<String, Digest>| {
                    digests.values().map(|digest| digest.digest.clone()).collect::<String>()
                };
                format!("record {} token={} phase={}", record.id, of(&record.secrets), of(&record.phase))
            }
            Effect::Depose(_) => "depose".to_owned(),
            Effect::Remove(_) => "remove".to_owned(),
            Effect::Bury(_, id) => format!("bury {id}"),
            other => format!("{other:?}"),
        };
        match verdict {
            Verdict::Done(effects) => format!("done: {}", effects.iter().map(effect).collect::<Vec<_>>().join(", ")),
            Verdict::NotDone => "not done".to_owned(),
            Verdict::Undecidable(why) => format!("open: {why}"),
        }
    }

    /// Of a saved plan a call counts as made only where there is a sign of it.
    #[test]
    fn a_saved_plan_goes_on_behind_what_was_made() {
        let object = |text: &str| Object::from([("description".into(), Value::string(text))]);
        let of = |text: &str, owed: &[&str]| Record {
            id: "g".to_owned(),
            object: object(text),
            owed: owed.iter().map(|name| (*name).to_owned()).collect(),
            ..Record::default()
        };
        let cases = [
            // What is recorded, what it was to be, what is there, and whether that waits.
            (of("one", &[]), of("two", &[]), "one", false, "not done"),
            (of("one", &[]), of("two", &[]), "one", true, "done"),
            (of("one", &[]), of("two", &[]), "two", false, "done"),
            (of("one", &[]), of("two", &[]), "three", false, "done"),
            (of("two", &["description"]), of("two", &["description"]), "one", false, "not done"),
            (of("two", &["description"]), of("two", &["description"]), "two", false, "done"),
            (of("two", &[]), of("two", &[]), "one", false, "done"),
        ];
        for (before, after, there, waits, want) in cases {
            let state = State { records: [(address(), before.clone())].into(), ..State::default() };
            let part = Part { address: address(), id: None, record: after, deposed: false };
            let pending = if waits { object("two") } else { Object::new() };
            let observation = Observation { status: Status::Settled, object: object(there), pending };
            let sight = Sight::Present { id: "g".to_owned(), observation, mark: None };
            for (planned, want) in [(Some(1), want), (None, "done")] {
                let operation = Operation {
                    planned,
                    id: "op".to_owned(),
                    run: "run".to_owned(),
                    step: "step".to_owned(),
                    call: (1, 2),
                    name: "Call".to_owned(),
                    nature: Nature::Change,
                    digest: String::new(),
                    parts: vec![part.clone()],
                };
                let verdict = told(&judge(&state, &operation, &part, &sight));
                assert!(verdict.starts_with(want), "{verdict}: {before:?} {there} {waits} {planned:?}");
            }
        }
    }

    /// What a call was to leave to the maintenance window is remembered where AWS does not tell it, and is owed.
    #[test]
    fn what_was_to_wait_is_remembered() {
        const GROUP: &str = "parameter_group_name";
        let object = |name: &str| Object::from([(GROUP.into(), Value::string(name))]);
        let record = |pending: Object| Record {
            id: "g".to_owned(),
            object: object("pa"),
            since: pending.keys().map(|name| (name.to_string(), "monday".to_owned())).collect(),
            pending,
            ..Record::default()
        };
        let cases = [
            // What waited before, what is there, what AWS tells to wait; whether it is remembered, owed and dated, and
            // whether a saved plan makes the call again.
            (None, "pa", None, (true, true, true), "not done"),
            (None, "pb", None, (false, false, false), "done"),
            (None, "pa", Some("pb"), (false, false, true), "done"),
            (Some("pc"), "pa", None, (true, true, true), "not done"),
            (Some("pb"), "pa", None, (true, false, true), "done"),
            // What AWS tells to wait is still what was asked for before.
            (None, "pa", Some("pc"), (false, false, true), "not done"),
        ];
        for (before, there, told, (remembered, owed, dated), saved) in cases {
            let before = record(before.map(object).unwrap_or_default());
            let state = State { records: [(address(), before)].into(), ..State::default() };
            let part = Part { address: address(), id: None, record: record(object("pb")), deposed: false };
            let pending = told.map(object).unwrap_or_default();
            let observation = Observation { status: Status::Settled, object: object(there), pending };
            let after = ended(&state.records[&address()], &part, &observation);
            let waits = after.pending.get(GROUP) == Some(&Value::string("pb"));
            let found = (waits, after.owed.contains(GROUP), after.since.contains_key(GROUP));
            assert_eq!(found, (remembered, owed, dated), "{there} {told:?}");
            assert_eq!(after.is_doubtful(GROUP), owed, "{there} {told:?}");
            let left_undone = was_left_undone(&state, &part, &observation);
            assert_eq!(left_undone, saved == "not done", "{there} {told:?}");
        }
    }

    /// AWS tells of types of nodes whether they wait: where it does not, it was not asked.
    #[test]
    fn what_aws_tells_is_not_remembered() {
        let object = |text: &str| Object::from([("node_type".into(), Value::string(text))]);
        let planned = Record { pending: object("cache.r7g.xlarge"), ..Record::default() };
        let part = Part { address: address(), id: None, record: planned, deposed: false };
        let seen = object("cache.r7g.large");
        let observation = Observation { status: Status::Settled, object: seen.clone(), pending: Object::new() };
        let known = Record { object: seen, ..Record::default() };
        assert_eq!(ended(&known, &part, &observation), known);
    }

    /// Every open operation with everything that can be found.
    #[test]
    fn what_is_found_decides() {
        let busy = || Status::Busy("modifying".to_owned());
        let create =
            |before: Option<&str>| (Nature::Create, before.map(|id| record(id, "", "")), record("new", "", ""), false);
        let rotate = || (Nature::Change, Some(record("g", "old", "")), record("g", "old", "new"), false);
        let undated = || {
            let without = |mut record: Record| {
                record.object.remove("auth_token_last_modified");
                record
            };
            (Nature::Change, Some(without(record("g", "old", ""))), without(record("g", "old", "new")), false)
        };
        // It was seen that no token had been set.
        let first = || {
            let none = |mut record: Record| {
                record.object.insert("auth_token_last_modified".into(), Value::null());
                record
            };
            (Nature::Change, Some(none(record("g", "", ""))), none(record("g", "", "new")), false)
        };
        let plain = || (Nature::Change, Some(record("g", "old", "")), record("g", "old", ""), false);
        let delete = |deposed| (Nature::Delete, Some(record("g", "", "")), record("g", "", ""), deposed);
        let marked = || {
            let mut record = record("g", "", "");
            record.object.insert("tags_all".into(), Value::string_map([(MARK, "ours")]));
            (Nature::Delete, Some(record.clone()), record, false)
        };
        let there = |mark| sight("new", Status::Settled, "monday", mark);
        let cases = [
            (create(None), Sight::Absent, "not done"),
            (create(None), there(Some("op")), "done: record new token= phase="),
            (create(None), there(Some("another")), "not done"),
            (create(None), there(None), "not done"),
            (create(Some("old")), Sight::Absent, "not done"),
            (create(Some("old")), there(Some("op")), "done: depose, record new token= phase="),
            (create(Some("old")), there(None), "not done"),
            // What was gone and is there again has a record already, under the same name.
            (create(Some("new")), there(Some("op")), "done: record new token= phase="),
            (plain(), Sight::Absent, "not done"),
            (plain(), sight("g", busy(), "monday", None), "open: modifying"),
            (plain(), sight("g", Status::Settled, "monday", None), "done: "),
            (rotate(), Sight::Absent, "not done"),
            (rotate(), sight("g", busy(), "monday", None), "open: modifying"),
            (rotate(), sight("g", Status::Settled, "monday", None), "not done"),
            (rotate(), sight("g", Status::Settled, "tuesday", None), "done: record g token=old phase=new"),
            (undated(), sight("g", Status::Settled, "tuesday", None), "not done"),
            (first(), sight("g", Status::Settled, "tuesday", None), "done: record g token= phase=new"),
            (delete(false), Sight::Absent, "done: remove"),
            (delete(true), Sight::Absent, "done: bury g"),
            (delete(false), sight("g", busy(), "monday", None), "not done"),
            (delete(false), sight("g", Status::Settled, "monday", None), "not done"),
            (marked(), sight("g", Status::Settled, "monday", Some("ours")), "not done"),
            (marked(), sight("g", Status::Settled, "monday", Some("another")), "done: remove"),
            (marked(), sight("g", Status::Settled, "monday", None), "done: remove"),
            (marked(), sight("g", busy(), "monday", None), "not done"),
        ];
        for ((nature, before, after, deposed), found, want) in cases {
            let mut state = State::default();
            match before {
                Some(record) if deposed => state.deposed.push(Deposed { address: address(), record }),
                Some(record) => drop(state.records.insert(address(), record)),
                None => {}
            }
            let part = Part { address: address(), id: Some(after.id.clone()), record: after, deposed };
            let operation = Operation {
                planned: None,
                id: "op".to_owned(),
                run: "run".to_owned(),
                step: "step".to_owned(),
                call: (0, 1),
                name: "Call".to_owned(),
                nature,
                digest: String::new(),
                parts: vec![part.clone()],
            };
            assert_eq!(told(&judge(&state, &operation, &part, &found)), want, "{nature:?} {found:?}");
        }
    }
}
