//! Filling what a call did not know at plan time and nobody else tells: its own object's id, and unique names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kind::Call;
use crate::state::digest;
use crate::value::{Data, Object, Value};

/// What is known while the calls of a step are made.
#[derive(Debug, Default)]
pub struct Known {
    /// Attributes that earlier calls returned.
    pub reply: Object,
    unique: BTreeMap<Arc<str>, Value>,
}

impl Known {
    /// The call with its holes filled; an argument that is still unknown is named in the error.
    pub fn fill(&mut self, call: &Call) -> Result<Call, String> {
        let mut filled = call.clone();
        for (name, value) in &mut filled.args {
            *value = self.value(value);
            if let Some(unknown) = value.first_unknown() {
                let origin = unknown.origin.as_deref().unwrap_or("something that is not known");
                return Err(format!("{} of {} hangs on {origin}, which is still unknown", name, call.operation));
            }
        }
        Ok(filled)
    }

    /// A name that begins with a prefix; the same one for the same prefix in a step.
    pub fn unique(&mut self, prefix: &str) -> Value {
        let fresh = || Value::string(format!("{prefix}{}", &digest::new_id()[..16]));
        self.unique.entry(prefix.into()).or_insert_with(fresh).clone()
    }

    /// A value with its holes filled as far as that can be done.
    pub fn value(&mut self, value: &Value) -> Value {
        let data = match &value.data {
            Data::Unknown(unknown) => {
                let origin = unknown.origin.as_deref().unwrap_or_default();
                if let Some(prefix) = origin.strip_prefix("unique:") {
                    return self.unique(prefix);
                }
                let own = origin.strip_prefix("self.").and_then(|name| self.reply.get(name));
                return own.cloned().unwrap_or_else(|| value.clone());
            }
            Data::List(ty, items) => {
                Data::List(ty.clone(), Arc::new(items.iter().map(|item| self.value(item)).collect()))
            }
            Data::Set(ty, items) => {
                let items = items.iter().map(|item| self.value(item)).collect();
                return Value::set(ty.clone(), items).with_mark(value.sensitive);
            }
            Data::Tuple(items) => Data::Tuple(Arc::new(items.iter().map(|item| self.value(item)).collect())),
            Data::Map(ty, items) => Data::Map(ty.clone(), Arc::new(self.object(items))),
            Data::Object(items) => Data::Object(Arc::new(self.object(items))),
            _ => return value.clone(),
        };
        Value { data, sensitive: value.sensitive }
    }

    fn object(&mut self, items: &Object) -> Object {
        items.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }
}
