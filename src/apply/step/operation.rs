//! The operations of a step: what is put on the medium before a call and after it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::{Early, Ready, Work};
use crate::kind::{Call, SecretPhase, Until};
use crate::plan::Action;
use crate::recovery;
use crate::state::{Digest, Effect, End, Entry, Nature, Operation, Part, Record};
use crate::value::Value;
use crate::word::Word;

impl Work<'_> {
    /// A call as an operation. Its id is that of the mark where it creates something, else a new one.
    pub(super) fn operation(
        &self,
        mark: &str,
        nature: Nature,
        call: &Call,
        number: (usize, usize),
        record: Record,
    ) -> Operation {
        let id = if nature == Nature::Create { mark.to_owned() } else { self.shared.entropy.id() };
        let deposed =
            matches!(self.forget(), Effect::Bury(..)) && nature != Nature::Create && self.step.after.is_none();
        let part = Part { address: self.step.address.clone(), id: self.id.clone(), record, deposed };
        Operation {
            id,
            run: self.shared.run.clone(),
            step: format!("{} {}", self.step.action.word(), self.step.address),
            planned: self.planned(),
            call: number,
            name: call.operation.to_owned(),
            nature,
            digest: digest(call),
            parts: vec![part],
        }
    }

    /// Puts the operation on the medium, together with when the secrets of the object were last changed: that is how
    /// it is told later whether this call changed them.
    pub(super) async fn begin(&mut self, operation: &Operation) -> Result<(), Early> {
        let dated = self.dated();
        let began = Entry::Began(operation.clone());
        self.commit_all(dated.into_iter().chain([began]).collect()).await
    }

    /// When the secrets of the object were last changed, as the last look showed it; null where it had none.
    pub(super) fn date(&self) -> Option<(&'static str, Value)> {
        let date = self.kind().dates_secret()?;
        let seen = self.last.as_ref().map(|last| &last.object).or(self.step.before.as_ref())?;
        Some((date, seen.get(date).cloned().unwrap_or_else(Value::null)))
    }

    /// The record with that date, where the record has another.
    fn dated(&self) -> Option<Entry> {
        let (date, seen) = self.date()?;
        let mut record = self.shared.store.state().records.get(&self.step.address).cloned()?;
        if Some(&record.id) != self.id.as_ref() || record.object.get(date) == Some(&seen) {
            return None;
        }
        record.object.insert(date.into(), seen);
        Some(Entry::Noted(vec![Effect::Record(self.step.address.clone(), record)]))
    }

    /// The number of the step in the saved plan that is carried out.
    pub(super) fn planned(&self) -> Option<u32> {
        self.shared.saved.as_ref().map(|_| self.step.step.0)
    }

    /// That the step is done, for whoever goes on with a saved plan. What is only read is read again.
    pub(super) fn finished(&self) -> Option<Effect> {
        self.planned().filter(|_| self.step.action != Action::Read).map(Effect::Finished)
    }

    /// How many calls of the step an earlier run has made.
    pub(super) fn made_before(&self) -> usize {
        let state = self.shared.store.state();
        let progress = self.shared.saved.as_ref().and_then(|plan| state.progress_of(plan));
        progress.and_then(|progress| progress.calls.get(&self.step.step.0).copied()).unwrap_or(0)
    }

    /// The call was carried out.
    pub(super) async fn end(&self, operation: &Operation, effects: Vec<Effect>) -> Result<(), Early> {
        self.settle(operation, End::Done, effects).await
    }

    pub(super) async fn settle(&self, operation: &Operation, end: End, effects: Vec<Effect>) -> Result<(), Early> {
        let address = self.step.address.clone();
        self.commit(Entry::Ended { operation: operation.id.clone(), address, end, effects }).await
    }

    /// The record of the object of this step, as it is now.
    pub(super) fn recorded(&self) -> Record {
        let state = self.shared.store.state();
        let id = self.step.id.as_deref().unwrap_or_default();
        let former = state.deposed.iter().find(|old| old.address == self.step.address && old.record.id == id);
        let record = former.map(|old| &old.record).or_else(|| state.records.get(&self.step.address));
        let fallback = || Record { region: self.step.region.clone(), id: id.to_owned(), ..Record::default() };
        record.cloned().unwrap_or_else(fallback)
    }

    /// The record as it shall be when a call of an update has been carried out: with what the call is about, and the
    /// phase of a secret.
    pub(super) fn record_after(&self, call: &Call, ready: &Ready) -> Record {
        let mut record = self.recorded();
        record.object.extend(self.date().map(|(date, seen)| (date.into(), seen)));
        self.hide(ready, &mut record);
        for name in &call.causes {
            let Some(value) = ready.after.get(name).filter(|value| value.is_wholly_known()) else { continue };
            if call.waits() {
                record.since.insert((*name).to_owned(), self.now());
                record.pending.extend(self.remembered(name, value).map(|value| ((*name).into(), value)));
            } else if !value.is_sensitive_anywhere() {
                record.object.insert((*name).into(), value.clone());
            }
        }
        let Some((Word(attribute), phase)) = call.secret else { return record };
        let Some(digest) = ready.secrets.get(attribute).cloned() else { return record };
        match phase {
            SecretPhase::LetIn if is_set_later(&ready.calls, attribute) => {
                record.phase.insert(attribute.to_owned(), digest);
                record.beside.remove(attribute);
            }
            // The one before stays valid until somebody says otherwise.
            SecretPhase::LetIn => {
                let latest = record.phase.remove(attribute);
                let former = latest.or(record.secrets.insert(attribute.to_owned(), digest));
                record.beside.insert(attribute.to_owned(), former);
            }
            SecretPhase::Set => {
                record.phase.remove(attribute);
                record.beside.remove(attribute);
                record.secrets.insert(attribute.to_owned(), digest);
            }
        }
        record
    }

    /// What must not be kept from now on is so from the first call on.
    fn hide(&self, ready: &Ready, record: &mut Record) {
        for (name, _) in ready.after.iter().filter(|(_, value)| value.is_sensitive_anywhere()) {
            let written = if &**name == "tags_all" { "tags" } else { name };
            record.set.insert(written.to_owned());
            record.object.remove(name);
        }
    }

    /// What a record may say of something that waits.
    fn remembered(&self, name: &str, value: &Value) -> Option<Value> {
        let secret = self.kind().schema().attr(name).is_none_or(|attr| attr.secret);
        (!secret && !value.is_sensitive_anywhere()).then(|| value.clone())
    }

    /// The record when a call of an update has come to its end, the last of so many: what others have changed since stays
    /// as it was recorded.
    pub(super) fn record_ended(&self, planned: Record, made: usize, ready: &Ready) -> Record {
        let (call, made) = (&ready.calls[made - 1], &ready.calls[..made]);
        let known = self.recorded();
        let (pending, since) = match &self.last {
            Some(last) if call.waits() => self.still_waits(ready, made, last),
            _ => (known.pending.clone(), known.since.clone()),
        };
        let object = match &self.last {
            _ if call.until == Until::Returned => planned.object.clone(),
            Some(last) => recovery::taken(self.kind().schema(), &known, &planned, &last.object),
            None => known.object,
        };
        Record { object, pending, since, ..planned }
    }

    /// The attributes that come with others by the last call, and that the user says nothing about: they are owed until
    /// then.
    pub(super) fn owes(&self, ready: &Ready) -> BTreeSet<String> {
        let turns_on = |switch: &str| {
            self.step.changed.contains(&switch) && ready.after.get(switch).and_then(Value::as_bool) == Some(true)
        };
        let attrs = self.kind().schema().attrs.iter().filter(|_| ready.calls.len() > 1);
        let owed = attrs.filter(|attr| attr.comes_with.is_some_and(|(switch, _)| turns_on(switch)));
        owed.map(|attr| attr.name.to_owned()).filter(|name| !self.step.record.set.contains(name)).collect()
    }

    /// The record of an object whose first call has been made, and no other yet.
    pub(super) fn record_of_first(&self, ready: &Ready) -> Record {
        let owed = ready.calls.iter().skip(1).flat_map(|call| &call.causes).map(|cause| (*cause).to_owned());
        Record { owed: owed.collect(), ..self.record_of(ready, ready.after.clone()) }
    }

    /// What is remembered to wait for the maintenance window, and since when; for another object than this step changes
    /// nothing does.
    pub(super) fn waits(&self) -> (crate::value::Object, BTreeMap<String, String>) {
        let recorded = (self.step.action == Action::Update).then(|| self.recorded());
        recorded.map(|record| (record.pending, record.since)).unwrap_or_default()
    }

    /// Former secrets that stay valid beside those of this step.
    fn beside(&self, ready: &Ready) -> BTreeMap<String, Option<Digest>> {
        if self.step.action != Action::Update {
            return BTreeMap::new();
        }
        let Record { mut beside, secrets, phase, .. } = self.recorded();
        for name in phase.into_keys().filter(|name| self.is_left_beside(name)) {
            let former = secrets.get(&name).cloned();
            beside.insert(name, former);
        }
        beside.retain(|name, _| ready.secrets.contains_key(name));
        beside
    }

    /// Whether a secret that an earlier run has let in is left beside the one before, without another call.
    fn is_left_beside(&self, name: &str) -> bool {
        let (let_in, calls) = (&self.step.record.let_in, &self.step.calls);
        let carried = calls.iter().any(|call| call.secret.is_some_and(|(Word(of), _)| of == name));
        let_in.iter().any(|let_in| let_in == name) && !carried
    }

    /// Secrets that are let in beside others, and that this step has not changed.
    fn phase(&self) -> BTreeMap<String, Digest> {
        if self.step.action != Action::Update {
            return BTreeMap::new();
        }
        let changed =
            |name: &str| self.step.calls.iter().any(|call| call.secret.is_some_and(|(Word(of), _)| of == name));
        let state = self.shared.store.state();
        let known = state.records.get(&self.step.address).map(|record| record.phase.clone()).unwrap_or_default();
        let is_kept = |name: &str| !changed(name) && !self.is_left_beside(name);
        known.into_iter().filter(|(name, _)| is_kept(name)).collect()
    }

    /// What a record says of an object that came out of this step.
    pub(super) fn record_of(&self, ready: &Ready, object: crate::value::Object) -> Record {
        let plan = &self.step.record;
        // A value that must not be shown must not be kept either, and AWS's copy of it is the same text.
        let hidden = |name: &str| ready.after.get(name).is_some_and(Value::is_sensitive_anywhere);
        let object = object.into_iter().filter(|(name, value)| !hidden(name) && value.is_wholly_known()).collect();
        let (pending, since) = self.waits();
        Record {
            region: self.step.region.clone(),
            id: self.id.clone().unwrap_or_default(),
            object,
            set: plan.set.clone(),
            secrets: ready.secrets.clone(),
            phase: self.phase(),
            dependencies: plan.dependencies.clone(),
            protect: plan.protect,
            abandon: plan.abandon,
            suffix: plan.suffix.clone(),
            owed: Default::default(),
            pending,
            since,
            beside: self.beside(ready),
            guarded: plan.guarded,
            farewell: self.recorded().farewell.filter(|_| self.step.action == Action::Update),
            mark: self.mark.clone().or_else(|| self.recorded().mark),
        }
    }
}

/// Whether a call makes the secret the only one.
fn is_set_later(calls: &[Call], attribute: &str) -> bool {
    calls.iter().any(|call| call.secret.is_some_and(|(Word(of), phase)| of == attribute && phase == SecretPhase::Set))
}

/// What a call says, without what must not be kept: 16 hex digits of the SHA-256.
fn digest(call: &Call) -> String {
    let mut text = Sha256::new().chain_update(call.operation);
    for (name, value) in call.args.iter().filter(|(_, value)| !value.is_sensitive_anywhere()) {
        text = text.chain_update(format!("\n{name}={value:?}"));
    }
    text.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
