//! Addresses: what a resource, or an instance of one, is called in a stack.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::value::names;

/// `module.x["k"].replication_group.redis["a"]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The way from the root module to the module of the block, empty for the root.
    pub module: ModulePath,
    /// Managed, or only read.
    pub mode: Mode,
    /// Our name of the kind: `replication_group`.
    pub kind: Arc<str>,
    /// The second label.
    pub name: Arc<str>,
    /// Which instance, for `count`, `for_each` and `target`.
    pub key: Option<Key>,
}

/// In the order of its parts. Plans compare the instances of one block most often, which share their names: where two
/// names are one text in memory, it is not read.
impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |own: &Arc<str>, other: &Arc<str>| match Arc::ptr_eq(own, other) {
            true => Ordering::Equal,
            false => own.cmp(other),
        };
        let module = match self.module.is_empty() && other.module.is_empty() {
            true => Ordering::Equal,
            false => self.module.cmp(&other.module),
        };
        module
            .then(self.mode.cmp(&other.mode))
            .then_with(|| text(&self.kind, &other.kind))
            .then_with(|| text(&self.name, &other.name))
            .then_with(|| self.key.cmp(&other.key))
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The way from the root module to an instance of a module.
pub type ModulePath = Vec<(Arc<str>, Option<Key>)>;

/// What an option, `moved` or `removed` is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Everything in a module: `module.x`.
    Module(ModulePath),
    /// A resource, or an instance of one.
    Resource(Address),
}

/// Managed, or only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// A resource.
    Managed,
    /// A `data` block.
    Data,
    /// An `ephemeral` block: read like a `data` block, and nothing of it is ever shown.
    Ephemeral,
}

impl Mode {
    /// The mode of what `data` and the like stand before.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Data, Self::Ephemeral].into_iter().find(|mode| mode.word() == word)
    }

    /// What stands before the kind; nothing for a resource.
    pub fn word(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
        }
    }

    /// The same with a dot behind it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
        }
    }
}

/// The key of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    /// Of `count`.
    Index(u64),
    /// Of `for_each` or `target`.
    Name(Arc<str>),
}

impl Address {
    /// A managed resource of the root module, without a key.
    pub fn managed(kind: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { module: Vec::new(), mode: Mode::Managed, kind: kind.into(), name: name.into(), key: None }
    }

    /// The same resource without its own key; that of a module on the way stays.
    pub fn block(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The block in the files: no key at all.
    pub fn config(&self) -> Self {
        self.pattern(0)
    }

    /// The block with the keys of the first modules on the way, and none behind: it stands for all of these instances.
    pub fn pattern(&self, keys: usize) -> Self {
        let module = self.module.iter().enumerate();
        let module = module.map(|(at, (name, key))| (name.clone(), key.clone().filter(|_| at < keys))).collect();
        Self { module, key: None, ..self.clone() }
    }

    /// This block as it is seen from an instance whose module shares the first steps of the way.
    pub fn seen_from(&self, module: &[(Arc<str>, Option<Key>)], shared: usize) -> Self {
        let rest = self.module.iter().skip(shared).map(|(name, _)| (name.clone(), None));
        Self { module: module.iter().take(shared).cloned().chain(rest).collect(), ..self.clone() }
    }

    /// The instance of that key.
    pub fn instance(&self, key: Option<Key>) -> Self {
        Self { key, ..self.clone() }
    }

    /// Reads the form that `Display` writes, in either spelling of kinds.
    pub fn parse(text: &str) -> Option<Self> {
        match Subject::parse(text)? {
            Subject::Resource(address) => Some(address),
            Subject::Module(_) => None,
        }
    }

    /// Whether one of these addresses, in order from this one on, is this one or an instance of it.
    pub fn is_among<'a>(&self, mut behind: impl Iterator<Item = &'a Address>) -> bool {
        let way = |address: &Address| address.module.first().map(|(name, _)| name.clone());
        let end = |address: &Address| match self.module.is_empty() {
            true => !address.is_within(self),
            // The instances of a module stand one behind the other, each with all that is in it.
            false => way(address) != way(self),
        };
        behind.find(|address| end(address) || address.is_within(self)).is_some_and(|found| found.is_within(self))
    }

    /// Whether this is `other`, or an instance of it. A module without a key stands for all of its instances.
    pub fn is_within(&self, other: &Address) -> bool {
        (self.mode, &self.kind, &self.name) == (other.mode, &other.kind, &other.name)
            && (other.key.is_none() || self.key == other.key)
            && self.module.len() == other.module.len()
            && begins_with(&self.module, &other.module)
    }
}

impl Subject {
    /// Reads an address of a resource or of a module.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text)?.into_iter().peekable();
        let mut module = Vec::new();
        while parts.peek().is_some_and(|(name, key)| name == "module" && key.is_none()) {
            parts.next();
            let (name, key) = parts.next()?;
            module.push((Arc::from(name), key));
        }
        if parts.peek().is_none() && !module.is_empty() {
            return Some(Subject::Module(module));
        }
        let (mut first, mut first_key) = parts.next()?;
        let mode = Mode::of_word(&first).filter(|_| first_key.is_none()).unwrap_or(Mode::Managed);
        if mode != Mode::Managed {
            (first, first_key) = parts.next()?;
        }
        let (name, key) = parts.next()?;
        if first_key.is_some() || parts.next().is_some() || first.is_empty() || name.is_empty() {
            return None;
        }
        let (kind, name) = (names::name(&first), names::name(&name));
        Some(Subject::Resource(Address { module, mode, kind, name, key }))
    }

    /// Whether an address is that resource, an instance of it, or in that module.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Subject::Module(module) => begins_with(&address.module, module),
            Subject::Resource(resource) => address.is_within(resource),
        }
    }

    /// The same, said in a module.
    pub fn within(self, module: &[(Arc<str>, Option<Key>)]) -> Self {
        let join = |rest: ModulePath| module.iter().cloned().chain(rest).collect();
        match self {
            Subject::Module(rest) => Subject::Module(join(rest)),
            Subject::Resource(address) => {
                Subject::Resource(Address { module: join(address.module.clone()), ..address })
            }
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Module(module) => f.write_str(module_prefix(module).trim_end_matches('.')),
            Subject::Resource(address) => address.fmt(f),
        }
    }
}

/// Whether a way leads through another; a step without a key there stands for every instance.
fn begins_with(way: &[(Arc<str>, Option<Key>)], start: &[(Arc<str>, Option<Key>)]) -> bool {
    way.len() >= start.len()
        && start
            .iter()
            .zip(way)
            .all(|(wanted, found)| wanted.0 == found.0 && (wanted.1.is_none() || wanted.1 == found.1))
}

/// Splits at dots outside of brackets and reads the keys.
fn split(text: &str) -> Option<Vec<(String, Option<Key>)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut key = None;
        if let Some(inside) = rest.strip_prefix('[') {
            let (parsed, after) = bracket(inside)?;
            key = Some(parsed);
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some("") => return None,
            Some(after) => rest = after,
            None if rest.is_empty() => {}
            None => return None,
        }
        parts.push((name, key));
    }
    Some(parts)
}

/// Reads a key up to the closing bracket; the rest follows it.
fn bracket(inside: &str) -> Option<(Key, &str)> {
    if !inside.starts_with('"') {
        let (digits, after) = inside.split_once(']')?;
        return Some((Key::Index(digits.parse().ok()?), after));
    }
    let mut stream = serde_json::Deserializer::from_str(inside).into_iter::<String>();
    let name = stream.next()?.ok()?;
    let after = inside[stream.byte_offset()..].strip_prefix(']')?;
    Some((Key::Name(name.into()), after))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Index(index) => write!(f, "[{index}]"),
            Key::Name(name) => write!(f, "[{}]", serde_json::Value::from(&**name)),
        }
    }
}

/// Shows a module path with a dot behind it, or nothing for the root.
pub fn module_prefix(path: &[(Arc<str>, Option<Key>)]) -> String {
    path.iter()
        .map(|(name, key)| format!("module.{name}{}.", key.as_ref().map(Key::to_string).unwrap_or_default()))
        .collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&module_prefix(&self.module))?;
        write!(f, "{}{}.{}", self.mode.prefix(), self.kind, self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| key.fmt(f))
    }
}

/// In documents an address is its text.
impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no address")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_what_they_write() {
        for text in [
            "subnet_group.main",
            "alarm.cpu[\"redis-001\"]",
            "replication_group.a[3]",
            "module.x[\"a.b]\\\"c\"].data.vpc.main",
            "module.a.module.b[0].alarm.c",
        ] {
            let address = Address::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(address.to_string(), text);
        }
        for text in ["", "a", "a.", "a.b.c", "a[0].b", "a.b[x]", "a.b[\"x\"", "data.a"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_stand_in_the_order_of_their_parts() {
        let sorted = [
            "alarm.cpu",
            "alarm.cpu[2]",
            "alarm.cpu[10]",
            "alarm.cpu[\"a\"]",
            "alarm.memory[0]",
            "user.cpu",
            "data.alarm.cpu",
            "ephemeral.alarm.cpu",
            "module.a.user.cpu",
            "module.a[0].alarm.cpu",
            "module.a[\"b\"].alarm.cpu",
            "module.a[\"b\"].module.c.alarm.cpu",
            "module.b.alarm.cpu",
        ];
        let read = |text: &&str| Address::parse(text).expect("an address");
        let addresses: Vec<Address> = sorted.iter().map(read).collect();
        for (at, one) in addresses.iter().enumerate() {
            for (other_at, text) in sorted.iter().enumerate() {
                // One with names of its own, one that shares them.
                for other in [Address { name: Arc::from(&*addresses[other_at].name), ..read(text) }, read(text)] {
                    assert_eq!(one.cmp(&other), at.cmp(&other_at), "{one} and {other}");
                }
            }
        }
    }

    #[test]
    fn a_module_contains_its_instances() {
        let address = Address::parse("module.x[\"a\"].module.y.alarm.cpu[0]").expect("an address");
        for (text, expected) in [
            ("module.x", true),
            ("module.x[\"a\"]", true),
            ("module.x[\"b\"]", false),
            ("module.x.module.y", true),
            ("module.x.alarm.cpu", false),
            ("module.x.module.y.alarm.cpu", true),
            ("module.x[\"a\"].module.y.alarm.cpu[0]", true),
            ("module.x[\"a\"].module.y.alarm.cpu[1]", false),
            ("alarm.cpu", false),
        ] {
            let subject = Subject::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(subject.to_string(), text);
            assert_eq!(subject.contains(&address), expected, "{text}");
        }
        assert_eq!(address.pattern(1).to_string(), "module.x[\"a\"].module.y.alarm.cpu");
    }
}
