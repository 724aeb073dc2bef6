//! The operations of a state, in the order in which they began. Thousands may be open at once, and each ends alone.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::state::Operation;

/// Operations whose end nobody has seen.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    /// By a number that grows.
    open: BTreeMap<u64, Operation>,
    /// The numbers of each id: one, unless the state is wrong.
    numbers: BTreeMap<String, Vec<u64>>,
    next: u64,
}

impl Operations {
    /// Adds one that begins.
    pub fn push(&mut self, operation: Operation) {
        self.numbers.entry(operation.id.clone()).or_default().push(self.next);
        self.open.insert(self.next, operation);
        self.next += 1;
    }

    /// An operation has come to its end for one of its objects; with the last of them it goes.
    pub fn end(&mut self, id: &str, address: &Address) {
        let Some(numbers) = self.numbers.get_mut(id) else { return };
        let open = &mut self.open;
        numbers.retain(|number| {
            let Some(operation) = open.get_mut(number) else { return false };
            operation.parts.retain(|part| part.address != *address);
            let goes_on = !operation.parts.is_empty();
            if !goes_on {
                open.remove(number);
            }
            goes_on
        });
        if numbers.is_empty() {
            self.numbers.remove(id);
        }
    }

    /// The operation of an id.
    pub fn get(&self, id: &str) -> Option<&Operation> {
        self.open.get(self.numbers.get(id)?.first()?)
    }

    /// Keeps those of which something holds.
    pub fn retain(&mut self, holds: impl Fn(&Operation) -> bool) {
        *self = std::mem::take(self).open.into_values().filter(|operation| holds(operation)).collect();
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.open.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

impl PartialEq for Operations {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        let mut all = Self::default();
        operations.into_iter().for_each(|operation| all.push(operation));
        all
    }
}

impl<'a> IntoIterator for &'a Operations {
    type Item = &'a Operation;
    type IntoIter = std::collections::btree_map::Values<'a, u64, Operation>;

    fn into_iter(self) -> Self::IntoIter {
        self.open.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Nature, Part, Record};

    fn operation(id: &str, names: &[&str]) -> Operation {
        let part = |name: &&str| Part {
            address: Address::managed("alarm", *name),
            id: None,
            record: Record::default(),
            deposed: false,
        };
        Operation {
            id: id.to_owned(),
            run: String::new(),
            step: String::new(),
            planned: None,
            call: (0, 1),
            name: String::new(),
            nature: Nature::Create,
            digest: String::new(),
            parts: names.iter().map(part).collect(),
        }
    }

    #[test]
    fn an_operation_goes_with_the_last_of_its_objects() {
        let cases: [(&[(&str, &str)], &[&str]); 5] = [
            (&[], &["1 ab", "2 c", "3 d"]),
            (&[("1", "a")], &["1 b", "2 c", "3 d"]),
            (&[("1", "a"), ("1", "b")], &["2 c", "3 d"]),
            (&[("2", "c"), ("2", "c"), ("4", "a")], &["1 ab", "3 d"]),
            (&[("3", "c"), ("1", "b"), ("2", "c")], &["1 a", "3 d"]),
        ];
        for (ends, want) in cases {
            let all = [operation("1", &["a", "b"]), operation("2", &["c"]), operation("3", &["d"])];
            let mut open: Operations = all.into_iter().collect();
            ends.iter().for_each(|(id, name)| open.end(id, &Address::managed("alarm", *name)));
            let names = |operation: &Operation| -> String {
                operation.parts.iter().map(|part| part.address.name.to_string()).collect()
            };
            let found: Vec<String> =
                open.iter().map(|operation| format!("{} {}", operation.id, names(operation))).collect();
            assert_eq!(found, want, "{ends:?}");
            assert_eq!(open.len(), want.len());
        }
    }
}
