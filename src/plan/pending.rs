//! What AWS has accepted and keeps until the maintenance window.
//!
//! AWS tells most of it; the rest is remembered in the record. Both together are what will be. Every immediate call
//! carries all of it out at once. Source: API reference, ModifyReplicationGroup and ModifyCacheCluster.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::kind::{Call, Change, Impact, Kind, NODES_TO_REMOVE, Observation, Problem, Status, Target};
use crate::plan::diff::{Difference, Waiting};
use crate::plan::{AttrChange, waits};
use crate::schema::Schema;
use crate::state::Record;
use crate::value::{Object, Value, json};

/// Seconds within which AWS takes back what nobody has begun: a rough prior.
const AT_ONCE: u32 = 5;

/// What is remembered to wait, and since when: without what is so already, and what has missed its window.
pub(super) fn kept(
    kind: &dyn Kind,
    record: &Record,
    observation: &Observation,
    time: Timestamp,
) -> (Object, BTreeMap<String, String>) {
    let (now, missed) = (&observation.object, missed(kind, record, observation, time));
    let mut pending = record.pending.clone();
    pending.retain(|name, value| {
        let waits = now.get(name).is_some_and(|_| differs(kind, now, name, value));
        waits && !missed.iter().any(|missed| *missed == &**name)
    });
    let mut since = record.since.clone();
    since.retain(|name, _| {
        let told = observation.pending.get(name).is_some_and(|value| differs(kind, now, name, value));
        told || pending.contains_key(name)
    });
    (pending, since)
}

/// What is remembered to wait and is not so though its window is over: AWS has settled without it.
pub(super) fn missed<'a>(
    kind: &dyn Kind,
    record: &'a Record,
    observation: &Observation,
    time: Timestamp,
) -> Vec<&'a str> {
    let Some(window) = kind.window(&observation.object).filter(|_| observation.status == Status::Settled) else {
        return Vec::new();
    };
    let is_over = |name: &str| {
        let since = record.since.get(name).and_then(|since| since.parse::<Timestamp>().ok());
        since.is_some_and(|since| window.after(since).1 <= time)
    };
    let now = &observation.object;
    let waited = record.pending.iter().filter(|(name, value)| {
        now.contains_key(name) && !observation.pending.contains_key(name) && differs(kind, now, name, value)
    });
    waited.map(|(name, _)| &**name).filter(|name| is_over(name)).collect()
}

fn differs(kind: &dyn Kind, now: &Object, name: &str, value: &Value) -> bool {
    kind.schema().attr(name).zip(now.get(name)).is_none_or(|(attr, now)| !attr.is_satisfied(now, value))
}

/// What waits, as AWS tells it and as it is remembered; without what is so already.
pub(super) fn joined(kind: &dyn Kind, record: &Record, observation: &Observation, time: Timestamp) -> Object {
    let (mut pending, _) = kept(kind, record, observation, time);
    let told = observation.pending.iter().filter(|(name, value)| differs(kind, &observation.object, name, value));
    pending.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    pending
}

/// The attributes that are to stay as they are, against what waits.
pub fn taken_back(schema: &Schema, before: &Object, after: &Object, changed: &[&'static str]) -> Vec<&'static str> {
    let is_so = |name: &str| {
        let attr = schema.attr(name).filter(|attr| !attr.secret);
        let now = attr.zip(before.get(name).zip(after.get(name)));
        now.is_some_and(|(attr, (now, wanted))| wanted.is_wholly_known() && attr.is_satisfied(now, wanted))
    };
    changed.iter().filter(|name| is_so(name)).copied().collect()
}

/// The calls of an update: first those that take back what waits, since every immediate call would carry it out. Where
/// nothing is made at once, the one call that waits takes the place of what waited.
///
/// # Errors
///
/// What the kind refuses.
pub fn compile(kind: &dyn Kind, change: &Change, back: &[&'static str]) -> Result<Vec<Call>, Problem> {
    let rest: Vec<&'static str> = change.changed.iter().filter(|name| !back.contains(name)).copied().collect();
    let mut calls: Vec<Call> = Vec::new();
    if !back.is_empty() && !rest.is_empty() {
        let whole = kind.compile(change).unwrap_or_default();
        if let [one] = &whole[..]
            && one.waits()
        {
            return Ok(vec![in_place(kind, change, whole, back)]);
        }
    }
    if !back.is_empty() {
        let first = kind.compile(&Change { changed: back, ..*change })?.into_iter();
        let told = |call: Call| call.why("Takes back what waits for the maintenance window.");
        // What stays as it is does nothing to anybody, whatever it would do if it came.
        let quiet = |call: Call| Call { impact: Impact::None, marks: Vec::new(), ..call };
        calls.extend(first.map(|call| Call { seconds: call.seconds.min(AT_ONCE), ..told(quiet(call)) }));
    }
    let first = calls.len();
    if !rest.is_empty() || back.is_empty() {
        calls.extend(kind.compile(&Change { changed: &rest, ..*change })?);
    }
    say_again(kind, change, &mut calls);
    let rest = calls.split_off(first);
    let nothing_waits = |call: Call| {
        let causes = call.causes.clone();
        call.at_once(&causes)
    };
    Ok(calls.into_iter().map(nothing_waits).chain(rest).collect())
}

/// The one call of a change that waits, with what it takes back.
fn in_place(kind: &dyn Kind, change: &Change, mut whole: Vec<Call>, back: &[&'static str]) -> Call {
    say_again(kind, change, &mut whole);
    let call = whole.remove(0);
    let own = call.why.as_ref().map(|why| format!("{why} ")).unwrap_or_default();
    let taken = back.join(", ");
    call.why(format!(
        "{own}AWS puts it in the place of what waits for the maintenance window, and takes that back: {taken}."
    ))
}

/// AWS puts a newer call in the place of what waits: the last call that waits says all that does by then. An immediate
/// call carries that out, and nothing of it waits afterwards. Source: API reference, ModifyCacheCluster and
/// ModifyReplicationGroup.
fn say_again(kind: &dyn Kind, change: &Change, calls: &mut [Call]) {
    let until = calls.iter().position(Call::flushes).unwrap_or(calls.len());
    let calls = &mut calls[..until];
    let waiting = still_waiting(kind.schema(), change);
    let deferred = calls.iter().filter(|call| call.waits()).count();
    if deferred == 0 || deferred == 1 && waiting.is_empty() {
        return;
    }
    let before: Vec<&'static str> =
        calls.iter().filter(|call| call.waits()).flat_map(|call| call.causes.clone()).collect();
    let all: Vec<&'static str> = before.iter().chain(&waiting).copied().collect();
    let whole = kind.compile(&Change { changed: &all, ..*change }).unwrap_or_default();
    let Some(last) = calls.iter_mut().rfind(|call| call.waits()) else { return };
    let said: Vec<Call> = whole.into_iter().filter(|call| call.waits() && call.operation == last.operation).collect();
    let again = said.iter().flat_map(|call| call.causes.iter().copied());
    let again = distinct(again.filter(|name| !last.causes.contains(name)));
    let missing = said.into_iter().flat_map(|call| call.args).filter(|(name, _)| !last.args.contains_key(name));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return;
    }
    last.args.extend(missing);
    let own = last.why.take().map(|why| format!("{why} ")).unwrap_or_default();
    let again = again.join(", ");
    last.why = Some(format!("{own}AWS puts it in the place of what waits, so that it says that again: {again}."));
}

/// What waits already and a change leaves waiting.
fn still_waiting(schema: &Schema, change: &Change) -> Vec<&'static str> {
    let comes = |attr: &&crate::schema::Attr| {
        let both = change.before.zip(change.after).and_then(|(now, then)| now.get(attr.name).zip(then.get(attr.name)));
        let differs = both.is_some_and(|(now, then)| then.is_wholly_known() && !attr.is_satisfied(now, then));
        attr.settable() && !attr.secret && !change.has(attr.name) && differs
    };
    schema.attrs.iter().filter(comes).map(|attr| attr.name).collect()
}

/// Shows what is taken back as it would be without the change; answers what waits of it. The others go with that.
pub(super) fn show(waits: &Object, back: &[&'static str], changes: &mut Vec<AttrChange>) -> Vec<&'static str> {
    changes.retain(|change| !back.contains(&change.name) || waits.contains_key(change.name));
    let mut shown = Vec::new();
    for change in changes.iter_mut().filter(|change| back.contains(&change.name)) {
        if let Some(value) = waits.get(change.name) {
            change.before = value.clone();
            shown.push(change.name);
        }
    }
    shown
}

/// How a wish stands to it; what is wanted now does not wait.
pub(super) fn waiting(kind: &dyn Kind, wanted: &Object, status: &Status, now: bool) -> Waiting {
    match status {
        Status::Settled if kind.defers(wanted) && !now => Waiting::Patient,
        Status::Settled => Waiting::Urgent,
        _ => Waiting::UnderWay,
    }
}

/// The object as it will be when AWS has done what it is at: a change is made after that.
pub(super) fn carry_out(kind: &dyn Kind, waits: &Object, before: &mut Object, target: &Target) {
    let live = before.clone();
    before.extend(coming(kind, waits));
    kind.predict(before, Some(&live), target);
}

/// The word of a block that lets changes wait for the maintenance window, or not.
const PATIENCE: &str = "apply_immediately";

/// Foresees what a change makes of an object; where nothing of it is to wait, whatever its block says.
pub(super) fn foresee(kind: &dyn Kind, after: &mut Object, live: &Object, target: &Target, now: bool) {
    let said = after.get(PATIENCE).filter(|_| now).cloned();
    after.extend(said.as_ref().map(|_| (PATIENCE.into(), true.into())));
    kind.predict(after, Some(live), target);
    after.extend(said.map(|said| (PATIENCE.into(), said)));
}

/// An object as it will be when AWS has carried out what it keeps until the maintenance window: that is what a block for
/// it says, and that it may wait. What follows from that is as it is.
pub fn as_it_will_be(kind: &dyn Kind, seen: &Observation) -> Object {
    let coming = coming(kind, &seen.pending);
    let patient = kind.schema().attr(PATIENCE).filter(|_| !coming.is_empty());
    let patient = patient.map(|attr| (attr.name.into(), false.into()));
    seen.object.clone().into_iter().chain(coming).chain(patient).collect()
}

/// What waits of the attributes that a block can say.
fn coming(kind: &dyn Kind, waits: &Object) -> Object {
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret);
    attrs.filter_map(|attr| waits.get(attr.name).map(|value| (attr.name.into(), value.clone()))).collect()
}

/// Says of the first immediate call what it carries out beside what it is for, with the impact of that.
pub(super) fn flush(kind: &dyn Kind, change: &Change, (pending, back): (&Object, &[&'static str]), calls: &mut [Call]) {
    let Some((id, before)) = change.id.zip(change.before) else { return };
    let Some(at) = calls.iter().position(Call::flushes) else { return };
    // What waits has another call in its place by then.
    let replaced: Vec<&'static str> = calls[..at].iter().flat_map(|call| call.causes.clone()).collect();
    let call = &mut calls[at];
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable()).map(|attr| attr.name);
    let waits = attrs.filter(|name| pending.contains_key(name) && !back.contains(name) && !replaced.contains(name));
    let others: Vec<&'static str> = waits.filter(|name| !call.causes.contains(name)).collect();
    if others.is_empty() {
        return;
    }
    let brought = waits::brought(kind, (id, before), pending, &others, change.target).unwrap_or_default();
    call.impact = brought.iter().map(|brought| brought.impact).max().unwrap_or(call.impact).max(call.impact);
    let marks = std::mem::take(&mut call.marks).into_iter();
    call.marks = distinct(marks.chain(brought.iter().flat_map(|brought| brought.marks.iter().copied())));
    let own = call.why.take().map(|why| format!("{why} ")).unwrap_or_default();
    let mut also = format!(
        "{own}AWS carries out with it what waits for the maintenance window: {}.",
        others.iter().map(|name| named(name, change, pending)).collect::<Vec<_>>().join(", ")
    );
    let worst = brought.iter().filter(|brought| brought.why.is_some()).max_by_key(|brought| brought.impact);
    if let Some(why) = worst.filter(|brought| brought.impact > Impact::None).and_then(|brought| brought.why.as_ref()) {
        also.push_str(&format!(" {why}"));
    }
    call.why = Some(also);
}

/// The name of something that waits, with its value where the change comes to another.
fn named(name: &str, change: &Change, pending: &Object) -> String {
    let value = pending.get(name).filter(|value| change.has(name) && !value.is_sensitive_anywhere());
    value.map_or_else(|| name.to_owned(), |value| format!("{name} = {}", json::encode(value)))
}

/// An object with the nodes that AWS was told to remove, where that waits.
pub(super) fn with_leaving_nodes(before: &Object, waits: &Object) -> Object {
    let nodes = waits.get(NODES_TO_REMOVE).map(|nodes| (NODES_TO_REMOVE.into(), nodes.clone()));
    before.clone().into_iter().chain(nodes).collect()
}

/// Each once, in their order.
pub(super) fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut each = Vec::new();
    all.for_each(|one| {
        if !each.contains(&one) {
            each.push(one);
        }
    });
    each
}

/// What waits and the wish does not speak of, since all of it is wanted now: an immediate call that is for it.
pub(super) fn pull(kind: &dyn Kind, waits: &Object, wanted: &Object, difference: &mut Difference) {
    let attrs = kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret);
    for attr in attrs.filter(|attr| !wanted.contains_key(attr.name)) {
        if let Some(value) = waits.get(attr.name).filter(|_| !difference.changed.contains(&attr.name)) {
            difference.after.insert(attr.name.into(), value.clone());
            difference.changed.push(attr.name);
            difference.pending.retain(|name| *name != attr.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    /// A group without Multi-AZ whose window is on Sunday from five to six, and that shall have it.
    #[test]
    fn what_is_remembered_goes_when_it_is_so_and_when_its_window_is_over() {
        let kind = kinds::get("replication_group").expect("a kind");
        let group = |on: bool| {
            let window = ("maintenance_window".into(), Value::string("sun:05:00-sun:06:00"));
            Object::from([window, ("multi_az_enabled".into(), Value::bool(on))])
        };
        let record = Record {
            pending: Object::from([("multi_az_enabled".into(), Value::bool(true))]),
            since: BTreeMap::from([("multi_az_enabled".to_owned(), "2026-11-27T10:00:00Z".to_owned())]),
            ..Record::default()
        };
        let busy = Status::Busy("modifying".to_owned());
        let cases = [
            (false, Status::Settled, "2026-11-27T10:00:00Z", true, false),
            (false, Status::Settled, "2026-11-29T05:59:59Z", true, false),
            (false, busy, "2026-11-29T06:00:00Z", true, false),
            (false, Status::Settled, "2026-11-29T06:00:00Z", false, true),
            (true, Status::Settled, "2026-11-28T00:00:00Z", false, false),
        ];
        for (on, status, time, stays, is_missed) in cases {
            let seen = Observation { status, object: group(on), pending: Object::new() };
            let time = time.parse().expect("a time");
            let (pending, since) = kept(kind, &record, &seen, time);
            assert_eq!((pending.len(), since.len()), (usize::from(stays), usize::from(stays)), "{on} {time}");
            assert_eq!(!missed(kind, &record, &seen, time).is_empty(), is_missed, "{on} {time}");
        }
        let undated = Record { since: BTreeMap::new(), ..record };
        let seen = Observation { status: Status::Settled, object: group(false), pending: Object::new() };
        let time = "2027-11-29T06:00:00Z".parse().expect("a time");
        assert_eq!(kept(kind, &undated, &seen, time).0.len(), 1, "nobody knows since when");
    }
}
