//! Addresses: what a resource, or an instance of one, is called in a stack.

use std::fmt;
use std::sync::Arc;

/// `module.x["k"].replication_group.redis["a"]`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The way from the root module to an instance of a module.
pub type ModulePath = Vec<(Arc<str>, Option<Key>)>;

/// Managed, or only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A resource.
    Managed,
    /// A `data` block.
    Data,
}

/// The key of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// The same resource without the key.
    pub fn block(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The instance of that key.
    pub fn instance(&self, key: Option<Key>) -> Self {
        Self { key, ..self.clone() }
    }

    /// Reads the form that `Display` writes, in either spelling of kinds.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text)?.into_iter().peekable();
        let mut module = Vec::new();
        while parts.peek().is_some_and(|(name, key)| name == "module" && key.is_none()) {
            parts.next();
            let (name, key) = parts.next()?;
            module.push((Arc::from(name), key));
        }
        let (mut first, mut first_key) = parts.next()?;
        let mode = if first == "data" && first_key.is_none() {
            (first, first_key) = parts.next()?;
            Mode::Data
        } else {
            Mode::Managed
        };
        let (name, key) = parts.next()?;
        if first_key.is_some() || parts.next().is_some() || first.is_empty() || name.is_empty() {
            return None;
        }
        Some(Self { module, mode, kind: crate::kind::our_name(&first).into(), name: name.into(), key })
    }

    /// Whether this is `other`, or an instance of it, or in the module that it names.
    pub fn is_within(&self, other: &Address) -> bool {
        self == other || (other.key.is_none() && self.block() == *other)
    }
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
pub fn module_prefix(path: &ModulePath) -> String {
    path.iter()
        .map(|(name, key)| format!("module.{name}{}.", key.as_ref().map(Key::to_string).unwrap_or_default()))
        .collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&module_prefix(&self.module))?;
        if self.mode == Mode::Data {
            f.write_str("data.")?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| key.fmt(f))
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
        let terraform = Address::parse("aws_elasticache_replication_group.redis").expect("address");
        assert_eq!(terraform.to_string(), "replication_group.redis");
        for text in ["", "a", "a.", "a.b.c", "a[0].b", "a.b[x]", "a.b[\"x\"", "data.a"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
