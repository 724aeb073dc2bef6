//! Filling what a call did not know at plan time and nobody else tells: its own object's id, and unique names.

use std::sync::Arc;

use crate::entropy::Entropy;
use crate::kind::Call;
use crate::value::{Data, Object, Origin, Value};

/// What is known while the calls of a step are made.
#[derive(Debug, Default)]
pub struct Known {
    /// Attributes that earlier calls returned.
    pub reply: Object,
    unique: Object,
}

impl Known {
    /// The call with its holes filled; an argument that is still unknown is named in the error.
    pub fn fill(&mut self, call: &Call, entropy: &dyn Entropy) -> Result<Call, String> {
        let mut filled = call.clone();
        for (name, value) in &mut filled.args {
            *value = self.value(value, entropy);
            if let Some(unknown) = value.first_unknown() {
                let origin = unknown.origin.as_ref().map_or_else(|| "something".to_owned(), ToString::to_string);
                return Err(format!("{name} of {} hangs on {origin}, which is still unknown", call.operation));
            }
        }
        Ok(filled)
    }

    /// A name that begins with a prefix; the same one for the same prefix in a step.
    fn unique(&mut self, prefix: &str, entropy: &dyn Entropy) -> Value {
        let fresh = || Value::string(format!("{prefix}{}", &entropy.id()[..16]));
        self.unique.or_insert_with(prefix.into(), fresh);
        self.unique.get(prefix).cloned().unwrap_or_else(Value::null)
    }

    /// A value with its holes filled as far as that can be done.
    pub fn value(&mut self, value: &Value, entropy: &dyn Entropy) -> Value {
        let data = match &value.data {
            Data::Unknown(unknown) => {
                let told = match unknown.origin.as_deref() {
                    Some(Origin::Unique(prefix)) => return self.unique(prefix, entropy),
                    Some(Origin::Own(name)) => self.reply.get(name),
                    _ => None,
                };
                return told.cloned().unwrap_or_else(|| value.clone());
            }
            Data::List(ty, items) => {
                Data::List(ty.clone(), Arc::new(items.iter().map(|item| self.value(item, entropy)).collect()))
            }
            Data::Set(ty, items) => {
                let items = items.iter().map(|item| self.value(item, entropy)).collect();
                return Value::set(ty.clone(), items).with_mark(value.sensitive);
            }
            Data::Tuple(items) => Data::Tuple(Arc::new(items.iter().map(|item| self.value(item, entropy)).collect())),
            Data::Map(ty, items) => Data::Map(ty.clone(), self.object(items, entropy)),
            Data::Object(items) => Data::Object(self.object(items, entropy)),
            _ => return value.clone(),
        };
        Value { data, sensitive: value.sensitive }
    }

    fn object(&mut self, items: &Object, entropy: &dyn Entropy) -> Object {
        items.iter().map(|(name, value)| (name.clone(), self.value(value, entropy))).collect()
    }
}
