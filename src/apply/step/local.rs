//! Steps of objects that live in no account: what they are is computed here, and on the medium as their record. Only
//! secrets go elsewhere, into the vault, and as an operation: whoever finds it open looks there.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Early, Ready, Work};
use crate::kind::{Local, Means, clear, secret_name};
use crate::plan::{Action, local};
use crate::state::{Effect, End, Entry, Nature, Operation, Part, Record};
use crate::value::{Object, Value};

/// How often a wait looks whether it is to stop.
const TICK: Duration = Duration::from_millis(500);

impl Work<'_> {
    /// Makes an object, or changes one as it is.
    pub(super) async fn make(&mut self, maker: &dyn Local) -> Result<(), Early> {
        if self.step.action == Action::Create && self.made_before() > 0 {
            return self.show_again(maker);
        }
        let mut ready = self.prepare()?;
        let secrets = match self.step.action {
            Action::Create => {
                self.rest(maker.pause(&ready.after, false)).await?;
                let means = Means { entropy: &*self.shared.entropy, now: self.shared.clock.now() };
                let mut made = maker.make(&ready.after, &means)?;
                let secrets = maker.secrets().iter().filter_map(|name| Some((*name, made.remove(name)?)));
                let secrets: Vec<_> = secrets.collect();
                ready.after.extend(made);
                self.id = Some(key(&self.step.address.to_string(), &self.shared.entropy.id()));
                secrets
            }
            _ => {
                // What follows from a value that has become known.
                let nothing = Object::new();
                self.kind().complete(&nothing, &nothing, &mut self.step.changed.clone(), &mut ready.after);
                Vec::new()
            }
        };
        let schema = self.kind().schema();
        ready.secrets.extend(local::digests(schema, &ready.after, &self.shared.digests));
        let mut effects = self.made(&ready);
        if self.step.action == Action::Update {
            effects = vec![Effect::Record(self.step.address.clone(), self.record_of(&ready, ready.after.clone()))];
        }
        // A value that was drawn is not drawn again.
        effects.extend(self.finished());
        match secrets.is_empty() {
            true => self.commit(Entry::Noted(effects)).await?,
            false => self.keep(&secrets, &ready, effects).await?,
        }
        self.show(maker, ready, secrets)
    }

    /// An earlier run has drawn its secrets, and they are in the vault.
    fn show_again(&mut self, maker: &dyn Local) -> Result<(), Early> {
        let record = self.recorded_at_address().ok_or_else(|| "its record is gone; plan again".to_owned())?;
        let mut ready = self.prepare()?;
        ready.after.extend(record.object.clone());
        self.id = Some(record.id.clone());
        let mut secrets = Vec::new();
        for name in maker.secrets() {
            let vault =
                self.shared.vault.as_ref().ok_or_else(|| "the environment names no place for secrets".to_owned())?;
            let text =
                vault.read(&secret_name(&record.id, name))?.ok_or_else(|| format!("{name} is gone from the vault"))?;
            secrets.push((*name, Value::string(text)));
        }
        self.show(maker, ready, secrets)
    }

    /// Waits, for as long as nobody stops the run.
    pub(super) async fn rest(&self, pause: Option<Duration>) -> Result<(), Early> {
        let until = self.shared.clock.elapsed() + pause.unwrap_or_default();
        while let Some(left) = until.checked_sub(self.shared.clock.elapsed()).filter(|left| !left.is_zero()) {
            if self.shared.stopped() {
                return Err(Early::Stopped);
            }
            self.shared.clock.sleep(left.min(TICK)).await;
        }
        Ok(())
    }

    /// Puts the secrets of a new object into the vault. Its record follows when they are there.
    async fn keep(&mut self, secrets: &[(&str, Value)], ready: &Ready, effects: Vec<Effect>) -> Result<(), Early> {
        let operation = self.at_vault(Nature::Create, "PutSecret", self.record_of_first(ready));
        self.commit(Entry::Began(operation.clone())).await?;
        let id = self.id.clone().unwrap_or_default();
        let write = |(name, value): &(&str, Value)| {
            let vault = self.shared.vault.as_ref().ok_or("the environment names no place for secrets")?;
            vault.write(&secret_name(&id, name), value.as_str().unwrap_or_default())
        };
        self.sent = true;
        match secrets.iter().try_for_each(write) {
            Ok(()) => self.end(&operation, effects).await,
            Err(why) => {
                // What got there of it is of no use, and nobody would know of it any more.
                let names = secrets.iter().map(|(name, _)| *name);
                if let Err(left) = clear(self.shared.vault.as_deref(), &id, names) {
                    return Err(Early::Doubtful(format!("{why}; what was written before cannot be removed: {left}")));
                }
                self.settle(&operation, End::NotDone, Vec::new()).await?;
                Err(Early::Failed(why))
            }
        }
    }

    /// Removes the secrets of an object, and its record when they are gone.
    pub(super) async fn drop_secrets(&mut self, maker: &dyn Local) -> Result<(), Early> {
        let id = self.step.id.clone().unwrap_or_default();
        let operation = self.at_vault(Nature::Delete, "RemoveSecret", self.recorded());
        self.commit(Entry::Began(operation.clone())).await?;
        self.sent = true;
        match clear(self.shared.vault.as_deref(), &id, maker.secrets().iter().copied()) {
            Ok(()) => self.end(&operation, vec![self.forget()]).await,
            Err(why) => {
                self.settle(&operation, End::NotDone, Vec::new()).await?;
                Err(Early::Failed(why))
            }
        }
    }

    fn at_vault(&self, nature: Nature, name: &str, record: Record) -> Operation {
        let deposed = nature == Nature::Delete && matches!(self.forget(), Effect::Bury(..));
        let part = Part { address: self.step.address.clone(), id: self.id.clone(), record, deposed };
        let digest = Sha256::digest(name).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Operation {
            id: self.shared.entropy.id(),
            run: self.shared.run.clone(),
            step: format!("{} {}", self.step.action.word(), self.step.address),
            planned: self.planned(),
            call: (0, 1),
            name: name.to_owned(),
            nature,
            digest,
            parts: vec![part],
        }
    }

    /// Lets those who refer to the object see what it is.
    fn show(&mut self, maker: &dyn Local, ready: Ready, secrets: Vec<(&str, Value)>) -> Result<(), Early> {
        let mut object: Object = ready.after.clone();
        match self.step.action {
            Action::Create => {
                let secrets = secrets.into_iter().map(|(name, value)| (name.into(), value.into_sensitive()));
                object.extend(secrets);
            }
            _ => {
                let before = self.step.before.iter().flatten();
                let kept = before.filter(|(name, _)| maker.secrets().contains(&&***name));
                object.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        let told = object.get("id").and_then(Value::as_str).map(str::to_owned);
        self.id = told.or(self.id.take());
        let whole = self.publish(&object, &object);
        self.postconditions(&whole)
    }
}

/// What tells an object from all others, and its secrets in the vault: its address, as far as a name of a file can have
/// that, and 16 hex digits.
fn key(address: &str, random: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = address.chars().take(100).map(plain).collect();
    format!("{name}-{:.16}", random)
}
