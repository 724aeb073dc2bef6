//! Engines, their versions, and the parameter group family that a version wants.
//!
//! Source: the service model and the user guide of ElastiCache; creatable versions from cfn-lint.

/// An engine of replication groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Redis OSS.
    Redis,
    /// Valkey.
    Valkey,
}

impl Engine {
    /// Reads the word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "redis" => Some(Engine::Redis),
            "valkey" => Some(Engine::Valkey),
            _ => None,
        }
    }

    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Engine::Redis => "redis",
            Engine::Valkey => "valkey",
        }
    }

    /// Versions that can be created today, oldest first.
    pub fn versions(self) -> &'static [&'static str] {
        match self {
            Engine::Redis => &["4.0.10", "5.0.6", "6.0", "6.2", "7.0", "7.1"],
            Engine::Valkey => &["7.2", "8.0", "8.1", "8.2", "9.0", "9.1"],
        }
    }
}

/// A version as numbers; a missing part is `None` (`6.x` has no minor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second, unless it is `x` or absent.
    pub minor: Option<u32>,
    /// The third.
    pub patch: Option<u32>,
}

impl Version {
    /// Reads `7`, `7.1`, `6.x`, `5.0.6`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = match parts.next() {
            None | Some("x") => None,
            Some(minor) => Some(minor.parse().ok()?),
        };
        let patch = parts.next().map(str::parse).transpose().ok()?;
        parts.next().is_none().then_some(Self { major, minor, patch })
    }

    /// Whether it is older, as far as both say: `6.x` is not older than `6.2`.
    pub fn is_older_than(self, other: Self) -> bool {
        let parts = [(Some(self.major), Some(other.major)), (self.minor, other.minor), (self.patch, other.patch)];
        let said = parts.into_iter().map_while(|(new, old)| new.zip(old));
        said.map(|(new, old)| new.cmp(&old)).find(|order| order.is_ne()).is_some_and(std::cmp::Ordering::is_lt)
    }

    /// Whether it is at least `major.minor`; an open minor counts as the newest.
    pub fn at_least(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor.unwrap_or(u32::MAX)) >= (major, minor)
    }
}

/// Versions of Memcached that can be created today, oldest first.
pub const MEMCACHED: [&str; 11] =
    ["1.4.5", "1.4.14", "1.4.24", "1.4.33", "1.4.34", "1.5.10", "1.5.16", "1.6.6", "1.6.12", "1.6.17", "1.6.22"];

/// The family of parameter groups for a version of Memcached: one per minor.
pub fn memcached_family(version: Version) -> String {
    format!("memcached{}.{}", version.major, version.minor.unwrap_or(0))
}

/// The family of parameter groups for a version: redis 6.x and 7, one per minor below, one per major of valkey.
pub fn family(engine: Engine, version: Version) -> String {
    match (engine, version.major) {
        (Engine::Redis, 6) => "redis6.x".to_owned(),
        (Engine::Redis, major) if major < 6 => format!("redis{major}.{}", version.minor.unwrap_or(0)),
        (engine, major) => format!("{}{major}", engine.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_older_as_far_as_both_say() {
        let cases = [
            ("6.0", "6.2", true),
            ("6.x", "6.2", false),
            ("5.0.5", "5.0.6", true),
            ("7.1", "7.1.0", false),
            ("1.5.16", "1.6.6", true),
            ("8.0", "7.2", false),
        ];
        for (new, old, older) in cases {
            let parse = |text| Version::parse(text).expect("a version");
            assert_eq!(parse(new).is_older_than(parse(old)), older, "{new} {old}");
        }
    }

    #[test]
    fn versions_want_families() {
        let cases = [
            (Engine::Redis, "5.0.6", "redis5.0"),
            (Engine::Redis, "6.x", "redis6.x"),
            (Engine::Redis, "6.2", "redis6.x"),
            (Engine::Redis, "7.1", "redis7"),
            (Engine::Valkey, "8.0", "valkey8"),
        ];
        for (engine, version, want) in cases {
            assert_eq!(family(engine, Version::parse(version).expect(version)), want);
        }
        let memcached = Version::parse("1.6.22").expect("a version");
        assert_eq!(memcached_family(memcached), "memcached1.6");
        for text in ["", "x", "7.", "7.a", "1.2.3.4"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
