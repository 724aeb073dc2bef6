//! The difference between an object as it is and as it is desired.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds::tags;
use crate::plan::AttrChange;
use crate::schema::{Attr, Mode, Schema, Update};
use crate::state::digest::{Digests, Reading};
use crate::state::{Digest, Record};
use crate::value::{Object, Type, Value, same};

/// An instance as it shall be, and what differs.
#[derive(Debug, Default)]
pub struct Difference {
    /// The object as it is, with what only the record knows.
    pub before: Object,
    /// The object as it shall be.
    pub after: Object,
    /// The names of the attributes that differ.
    pub changed: Vec<&'static str>,
    /// Differences that AWS carries out at the next maintenance window.
    pub pending: Vec<&'static str>,
    /// Attributes that are as they shall be, and that AWS is making something else of.
    pub overrun: Vec<&'static str>,
    /// Secrets that could not be compared, with their source.
    pub unchecked: Vec<(&'static str, String)>,
    /// Digests of the secrets as they shall be.
    pub secrets: BTreeMap<String, Digest>,
    /// What of the wish is left for the next apply.
    pub later: Vec<&'static str>,
    /// Secrets that differ and that an earlier run has let in already.
    pub let_in: Vec<String>,
}

impl Difference {
    /// Leaves the rest of a change for later: a secret that is not changed yet stays the recorded one.
    pub fn leave(&mut self, record: &Record, schema: &Schema, later: &[&'static str]) {
        let secrets = later.iter().filter(|name| schema.attr(name).is_some_and(|attr| attr.secret));
        for name in secrets {
            self.secrets.remove(*name);
            self.secrets.extend(record.secrets.get(*name).map(|digest| ((*name).to_owned(), digest.clone())));
        }
        self.later = later.to_vec();
    }
}

/// How a wish stands to what AWS has accepted and not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// AWS is at it already.
    UnderWay,
    /// It may wait for the maintenance window.
    Patient,
    /// It shall not wait: what is pending is still to be asked for.
    Urgent,
}

/// What a comparison goes by.
pub struct Comparison<'a> {
    /// The schema.
    pub schema: &'static Schema,
    /// What the configuration sets, with `tags_all`.
    pub desired: &'a Object,
    /// The object as it was found.
    pub live: &'a Object,
    /// Changes that AWS has accepted and not carried out.
    pub pending: &'a Object,
    /// How the wish stands to them.
    pub waiting: Waiting,
    /// What is recorded.
    pub record: &'a Record,
    /// Attributes whose differences do not count.
    pub ignored: &'a dyn Fn(&str) -> bool,
    /// Whether another object decides what is not written.
    pub follows: bool,
    /// Whether unset attributes have their defaults even if they were never set.
    pub whole: bool,
    /// The attributes that take a secret which the object has, by what AWS tells.
    pub has: &'a [&'static str],
    /// Digests, with the salt of the state.
    pub digests: &'a Digests,
}

/// Compares an instance that exists.
pub fn compare(by: &Comparison) -> Difference {
    let mut difference = Difference { before: before(by), ..Difference::default() };
    difference.after = difference.before.clone();
    for attr in by.schema.attrs.iter().filter(|attr| attr.settable()) {
        if attr.secret {
            compare_secret(by, attr, &mut difference);
        } else if (by.ignored)(attr.name) {
            let_come(by, attr, &mut difference);
            difference.after.extend(
                by.record
                    .object
                    .get(attr.name)
                    .filter(|_| attr.update == Update::Local)
                    .map(|v| (attr.name.into(), v.clone())),
            );
        } else {
            compare_attr(by, attr, &mut difference);
        }
    }
    compare_tags(by, &mut difference);
    // What is left as it is, is hidden as the wish for it is.
    for (name, value) in by.desired.iter().filter(|(_, value)| value.is_sensitive_anywhere()) {
        let hide = |kept: &mut Value| *kept = kept.clone().with_mark(!value.has_secret());
        difference.after.get_mut(name).filter(|kept| !kept.is_sensitive_anywhere()).into_iter().for_each(hide);
    }
    difference
}

/// Live attributes, and those that only the record knows.
fn before(by: &Comparison) -> Object {
    let mut before = by.live.clone();
    for (name, value) in &by.record.object {
        before.or_insert_with(name.clone(), || value.clone());
    }
    for attr in &by.schema.attrs {
        let begun = begun(attr, by.desired, &before);
        before.extend(begun.map(|value| (attr.name.into(), value)));
    }
    // What AWS says of a value that is hidden is the same text.
    let hidden = |name: &str| by.record.hides(name) || by.desired.get(name).is_some_and(Value::is_sensitive_anywhere);
    let told = before.iter().filter(|(name, value)| !value.is_null() && !value.sensitive && hidden(name));
    let told: Vec<Arc<str>> = told.map(|(name, _)| name.clone()).collect();
    for name in told {
        before.get_mut(&name).into_iter().for_each(|value| value.sensitive = true);
    }
    before
}

/// The beginning of a name, where nothing else is known of it and the name of the object begins so: nobody tells it of
/// an object that was made elsewhere.
fn begun(attr: &Attr, desired: &Object, before: &Object) -> Option<Value> {
    let text = |object: &Object, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let (wanted, whole) = (text(desired, attr.name)?, text(before, attr.begins?)?);
    let unknown = before.get(attr.name).is_none_or(Value::is_null);
    (unknown && whole.starts_with(&wanted)).then(|| Value::string(wanted))
}

fn compare_attr(by: &Comparison, attr: &Attr, difference: &mut Difference) {
    let Some(wanted) = wanted(by, attr) else { return let_come(by, attr, difference) };
    let now = difference.before.get(attr.name).cloned().unwrap_or_else(|| unset(by, attr));
    let pending = by.pending.get(attr.name);
    let comes = pending.is_none_or(|pending| attr.is_satisfied(pending, &wanted));
    // What is so, and will not be for long, has to be asked for again: when AWS has done what it is at.
    if attr.is_satisfied(&now, &wanted) && (comes || by.waiting == Waiting::UnderWay) {
        difference.overrun.extend((!comes).then_some(attr.name));
        // What is written otherwise than AWS tells it stays as AWS tells it, here and after an apply.
        let kept = if attr.fits.is_some() { now } else { wanted };
        difference.after.insert(attr.name.into(), kept);
        return;
    }
    difference.after.insert(attr.name.into(), wanted.clone());
    if pending.is_some() && comes && by.waiting != Waiting::Urgent && !by.record.is_doubtful(attr.name) {
        difference.pending.push(attr.name);
        return;
    }
    difference.changed.push(attr.name);
}

/// What nobody says a word about comes as it waits.
fn let_come(by: &Comparison, attr: &Attr, difference: &mut Difference) {
    if let Some(pending) = by.pending.get(attr.name) {
        difference.after.insert(attr.name.into(), pending.clone());
        difference.pending.push(attr.name);
    }
}

/// What an attribute is that neither AWS nor the record tells: an attribute that steers us has its default.
fn unset(by: &Comparison, attr: &Attr) -> Value {
    let steering = attr.update == Update::Local && !by.record.set.contains(attr.name);
    attr.default.clone().filter(|_| steering).unwrap_or_else(Value::null)
}

/// The value that the configuration wants: as written; the default or nothing where it was written before and is no
/// longer, or others have written it where nobody chooses; `None` where it never said anything.
fn wanted(by: &Comparison, attr: &Attr) -> Option<Value> {
    if let Some(value) = by.desired.get(attr.name) {
        return Some(value.clone());
    }
    let owed = by.record.owed.contains(attr.name);
    if let Some((_, last)) = attr.comes_with.filter(|(switch, _)| is_half_on(by, switch, owed)) {
        return Some(Value::string(last));
    }
    // The object keeps the name that it has.
    if attr.begins.is_some() {
        return None;
    }
    let was_set = by.record.set.contains(attr.name);
    // A create that was cut off leaves what AWS gives a new object by itself.
    if owed && !by.record.is_doubtful(attr.name) && attr.comes_with.is_none() {
        return Some(attr.default.clone().unwrap_or_else(|| cleared(attr)));
    }
    if attr.update == Update::Local || by.whole && attr.mode != Mode::OptionalComputed {
        return Some(attr.default.clone().unwrap_or_else(|| Value::null_of(attr.ty.clone())));
    }
    let strange = !was_set && !by.follows && attr.is_cleared() && by.live.get(attr.name).is_some_and(is_something);
    if !was_set && !strange || attr.at_create.is_some() {
        return None;
    }
    match (&attr.default, attr.mode) {
        (Some(default), _) => Some(default.clone()),
        (None, Mode::OptionalComputed) if attr.let_go => Some(Value::null_of(attr.ty.clone())),
        // AWS chooses, and has chosen already.
        (None, Mode::OptionalComputed) => None,
        (None, _) => Some(cleared(attr)),
    }
}

/// Whether a switch has been turned on by a run that did not come to its end, or is being: the rest is owed, or it is on
/// since it was recorded.
fn is_half_on(by: &Comparison, switch: &str, owed: bool) -> bool {
    let is = |object: &Object, on: bool| object.get(switch).and_then(Value::as_bool) == Some(on);
    let comes = is(by.live, true) || is(by.pending, true);
    is(by.desired, true) && comes && (owed || is(&by.record.object, false))
}

/// Whether a value says anything: a switch that is off does not.
fn is_something(value: &Value) -> bool {
    !same(value, &Value::null()) && value.as_bool() != Some(false) && value.as_i64() != Some(0)
}

/// Nothing: an empty collection, zero for a number that counts, else null.
fn cleared(attr: &Attr) -> Value {
    match &attr.ty {
        Type::Set(ty) => Value::set((**ty).clone(), Vec::new()),
        Type::List(ty) => Value::list((**ty).clone(), Vec::new()),
        Type::Map(ty) => Value::map((**ty).clone(), Object::new()),
        Type::Number => Value::int(0),
        ty => Value::null_of(ty.clone()),
    }
}

/// Secrets are compared by digest: AWS never gives them back.
fn compare_secret(by: &Comparison, attr: &Attr, difference: &mut Difference) {
    let recorded = by.record.secrets.get(attr.name);
    let desired = by.desired.get(attr.name).filter(|value| !value.is_null());
    let Some(value) = desired else {
        if (by.ignored)(attr.name) {
            difference.secrets.extend(recorded.map(|digest| (attr.name.to_owned(), digest.clone())));
        } else if recorded.is_some() {
            difference.after.insert(attr.name.into(), Value::null_of(attr.ty.clone()));
            difference.changed.push(attr.name);
        }
        return;
    };
    difference.after.insert(attr.name.into(), value.clone());
    let keep = |difference: &mut Difference| {
        difference.secrets.extend(recorded.map(|digest| (attr.name.to_owned(), digest.clone())));
    };
    if (by.ignored)(attr.name) {
        return keep(difference);
    }
    if is_same_version(by, attr) == Some(true) && recorded.is_some() {
        return keep(difference);
    }
    let digest = match by.digests.read(value) {
        Reading::Known(digest) => digest,
        Reading::Open => {
            difference.changed.push(attr.name);
            return;
        }
        Reading::Unread(source) => {
            difference.unchecked.push((attr.name, source));
            if recorded.is_none() && !by.has.contains(&attr.name) {
                difference.changed.push(attr.name);
            }
            return keep(difference);
        }
    };
    let phase = by.record.phase.get(attr.name);
    let another = is_same_version(by, attr) == Some(false);
    let differs = another || recorded.is_none_or(|recorded| recorded.digest != digest.digest);
    if !differs && phase.is_some() {
        // Another one was let in beside it, and is to get in no longer.
        difference.changed.push(attr.name);
        difference.let_in.push(attr.name.to_owned());
    } else if differs {
        difference.changed.push(attr.name);
        // The one before is let in as well until a rotation is finished, and may become the only one again.
        let former = by.record.beside.get(attr.name).and_then(Option::as_ref);
        let valid = [phase, former].into_iter().flatten().any(|valid| valid.digest == digest.digest);
        difference.let_in.extend(valid.then(|| attr.name.to_owned()));
    }
    difference.secrets.insert(attr.name.to_owned(), digest);
}

/// Whether a secret that is only written is of the recorded version; nothing for one that is compared itself.
fn is_same_version(by: &Comparison, attr: &Attr) -> Option<bool> {
    let version = by.desired.get(attr.versioned?).filter(|version| !version.is_null())?;
    Some(by.record.object.get(attr.versioned?).is_some_and(|recorded| same(recorded, version)))
}

/// All tags together; those that mark the object as ours do not count.
fn compare_tags(by: &Comparison, difference: &mut Difference) {
    if !by.schema.taggable() || (by.ignored)("tags") {
        return;
    }
    let Some(wanted) = by.desired.get("tags_all") else { return };
    let written = wanted.as_object().is_some_and(|tags| !tags.is_empty()) || by.record.set.contains("tags");
    let Some(now) = difference.before.get("tags_all").filter(|_| written || !by.follows).cloned() else { return };
    let equal = same(&Value::object(tags::visible(&now)), &Value::object(tags::visible(wanted)));
    difference.after.insert("tags_all".into(), wanted.clone());
    if !equal || !wanted.is_wholly_known() {
        difference.changed.push("tags_all");
    }
}

/// What differs, for people: every attribute but those that follow from others.
pub fn changes(
    schema: &Schema,
    before: &Object,
    after: &Object,
    changed: &[&'static str],
    causes: &[&str],
) -> Vec<AttrChange> {
    let get = |object: &Object, name: &str| object.get(name).cloned().unwrap_or_else(Value::null);
    let is_told = |name: &&&'static str| schema.attr(name).is_none_or(|attr| attr.told_by.is_none());
    changed
        .iter()
        .filter(is_told)
        .map(|name| {
            let (mut old, mut new) = (get(before, name), get(after, name));
            if *name == "tags_all" {
                (old, new) =
                    (Value::object(tags::visible(&old)), Value::object(tags::visible(&new)).with_mark(new.sensitive));
            }
            let secret = schema.attr(name).is_some_and(|attr| attr.secret);
            // A secret that goes was there, though nobody tells it.
            let gone = secret && old.is_null() && new.is_null();
            let old = if gone { Value::string("") } else { old };
            AttrChange {
                name,
                before: if secret && !old.is_null() { old.into_sensitive() } else { old },
                after: new,
                replaces: causes.contains(name),
                recorded: None,
            }
        })
        .collect()
}
