//! Versions and what may be asked of them, in Terraform's notation: `>= 1.2, < 2.0`, `~> 1.2`.

use std::cmp::Ordering;
use std::fmt;

/// A version: up to three numbers, and what stands behind a minus sign before it is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    unfinished: Vec<Part>,
}

/// Numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

/// What is asked of a version: every part must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint(Vec<(Operator, Version)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    Above,
    AtLeast,
    Below,
    AtMost,
    Near,
}

impl Version {
    /// Reads a version; a `v` before it is passed over.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text).split('+').next()?;
        let (numbers, unfinished) = text.split_once('-').map_or((text, None), |(n, rest)| (n, Some(rest)));
        let number = |text: &str| -> Option<u64> {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
        };
        let numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        let part = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            plain.then(|| number(text).map_or_else(|| Part::Word(text.to_owned()), Part::Number))
        };
        let unfinished = match unfinished {
            Some(text) => text.split('.').map(part).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        (1..=3).contains(&numbers.len()).then_some(Self { numbers, unfinished })
    }

    fn padded(&self) -> [u64; 3] {
        std::array::from_fn(|at| self.numbers.get(at).copied().unwrap_or(0))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let unfinished = || match (self.unfinished.is_empty(), other.unfinished.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.unfinished.cmp(&other.unfinished),
        };
        self.padded().cmp(&other.padded()).then_with(unfinished)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.padded();
        write!(f, "{major}.{minor}.{patch}")?;
        for (at, part) in self.unfinished.iter().enumerate() {
            let before = if at == 0 { '-' } else { '.' };
            match part {
                Part::Number(number) => write!(f, "{before}{number}")?,
                Part::Word(word) => write!(f, "{before}{word}")?,
            }
        }
        Ok(())
    }
}

impl Constraint {
    /// Reads parts with commas between them; none for what is no constraint.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',').map(part).collect::<Option<_>>().map(Self)
    }

    /// What every finished version meets.
    pub fn any() -> Self {
        Self(Vec::new())
    }

    /// Whether a version meets every part. One that is not finished is only taken where it is named exactly.
    pub fn allows(&self, version: &Version) -> bool {
        let named = |(operator, asked): &(Operator, Version)| *operator == Operator::Is && asked == version;
        (version.unfinished.is_empty() || self.0.iter().any(named)) && self.0.iter().all(|part| meets(part, version))
    }
}

fn part(text: &str) -> Option<(Operator, Version)> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_digit() || c == 'v')?;
    let operator = match text[..at].trim() {
        "" | "=" => Operator::Is,
        "!=" => Operator::IsNot,
        ">" => Operator::Above,
        ">=" => Operator::AtLeast,
        "<" => Operator::Below,
        "<=" => Operator::AtMost,
        "~>" => Operator::Near,
        _ => return None,
    };
    Some((operator, Version::parse(&text[at..])?))
}

fn meets((operator, asked): &(Operator, Version), version: &Version) -> bool {
    let order = version.cmp(asked);
    match operator {
        Operator::Is => order.is_eq(),
        Operator::IsNot => order.is_ne(),
        Operator::Above => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
        // All but the last of the parts that are written stays.
        Operator::Near => {
            let kept = asked.numbers.len() - 1;
            order.is_ge() && version.padded()[..kept] == asked.padded()[..kept]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_those_of_terraform() {
        let cases = [
            (">= 0.1", "0.1.0", Some(true)),
            ("0.1", "0.1.0", Some(true)),
            ("= 0.1.1", "0.1.0", Some(false)),
            ("!= 0.1.0", "0.1.0", Some(false)),
            (">= 0.1, < 2.0", "1.9.9", Some(true)),
            (">= 0.1, < 2.0", "2.0.0", Some(false)),
            ("> 0.1", "0.1.0", Some(false)),
            ("<= 0.1", "0.1.0", Some(true)),
            ("~> 1.2", "1.9.0", Some(true)),
            ("~> 1.2", "2.0.0", Some(false)),
            ("~> 1.2.3", "1.2.9", Some(true)),
            ("~> 1.2.3", "1.3.0", Some(false)),
            ("~> 1", "7.0.0", Some(true)),
            ("1.0.0", "v1.0.0", Some(true)),
            ("1.0.0", "1.0.0+build.5", Some(true)),
            (">= 1.0", "2.0.0-beta1", Some(false)),
            ("2.0.0-beta1", "2.0.0-beta1", Some(true)),
            ("~> 2.0", "2.1.0-rc.1", Some(false)),
            ("latest", "0.1.0", None),
            (">= x", "0.1.0", None),
            ("=> 1.0", "0.1.0", None),
            (">= 1.0,", "0.1.0", None),
            ("1.2.3.4", "0.1.0", None),
            ("", "0.1.0", None),
        ];
        for (constraint, version, want) in cases {
            let version = Version::parse(version).expect("a version");
            let found = Constraint::parse(constraint).map(|constraint| constraint.allows(&version));
            assert_eq!(found, want, "{constraint} {version}");
        }
    }

    #[test]
    fn versions_have_an_order() {
        let ordered =
            ["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.1", "1.10.0"];
        let versions: Vec<Version> = ordered.iter().map(|text| Version::parse(text).expect("a version")).collect();
        assert!(versions.is_sorted() && versions.windows(2).all(|pair| pair[0] != pair[1]), "{versions:?}");
        for text in ["", "1.", "x", "1.2.3.4", "-1", "1.0-", "1.0-a..b", "+1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
