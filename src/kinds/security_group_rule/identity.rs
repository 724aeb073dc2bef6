//! What tells one rule from another: group, direction, protocol, ports and whom it is for. As text it is the name of a
//! `security_group_rule`, in the form in which Terraform imports one: `sg-1_ingress_tcp_6379_6379_10.0.0.0/8_self`.

use std::collections::BTreeSet;
use std::fmt;

use crate::kinds::rules_of_security_group::{Direction, canonical_protocol, canonical_range, has_ports};
use crate::value::{Object, Value};

/// What tells one rule from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The group that has the rule: its id, or whatever else tells groups apart.
    pub group: String,
    /// Which way the connections go.
    pub direction: Direction,
    /// The protocol in AWS's spelling: `tcp`, `-1`, `50`.
    pub protocol: String,
    /// First and last port; 0 where the protocol has none.
    pub ports: (i64, i64),
    /// Whom it is for: ranges, prefix lists, groups, and `self`.
    pub sources: BTreeSet<String>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (direction, (from, to)) = (self.direction.attribute(), self.ports);
        write!(f, "{}_{direction}_{}_{from}_{to}", self.group, self.protocol)?;
        self.sources.iter().try_for_each(|source| write!(f, "_{source}"))
    }
}

impl Identity {
    /// Reads the text, whatever spelling it has; none if it is the text of no rule.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let group = parts.next().filter(|group| group.starts_with("sg-"))?.to_owned();
        let direction = match parts.next()? {
            "ingress" => Direction::Ingress,
            "egress" => Direction::Egress,
            _ => return None,
        };
        let protocol = parts.next()?;
        let ports = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let sources: BTreeSet<String> = parts.filter(|source| !source.is_empty()).map(canonical_source).collect();
        (!sources.is_empty()).then(|| Self::new(group, direction, protocol, ports, sources))
    }

    /// An identity in the spelling of AWS.
    pub fn new(
        group: String,
        direction: Direction,
        protocol: &str,
        ports: (i64, i64),
        sources: BTreeSet<String>,
    ) -> Self {
        let protocol = canonical_protocol(Value::string(protocol)).as_str().unwrap_or_default().to_owned();
        let ports = if has_ports(&protocol) { ports } else { (0, 0) };
        Self { group, direction, protocol, ports, sources }
    }

    /// The identity of an object of one of the kinds of rules, where all of it is known; `sources` names the attributes
    /// that say whom the rule is for.
    pub fn of(
        object: &Object,
        group: String,
        direction: Direction,
        protocol: &str,
        sources: &[&'static str],
    ) -> Option<Self> {
        let port = |name: &str| match object.get(name) {
            Some(port) if !port.is_null() => port.as_i64(),
            _ => Some(0),
        };
        let protocol = object.get(protocol)?.as_str()?;
        let mut found = BTreeSet::new();
        for value in sources.iter().filter_map(|name| object.get(name)).filter(|value| !value.is_null()) {
            match (value.as_items(), value.as_bool()) {
                (_, Some(own)) => found.extend(own.then(|| "self".to_owned())),
                (Some(items), _) => {
                    for item in items {
                        found.insert(item.as_str()?.to_owned());
                    }
                }
                (None, None) => drop(found.insert(value.as_str()?.to_owned())),
            }
        }
        let ports = (port("from_port")?, port("to_port")?);
        (!found.is_empty()).then(|| Self::new(group, direction, protocol, ports, found))
    }

    /// What it has beyond another one; none where that has all of it.
    pub fn without(&self, other: &Self) -> Option<Self> {
        if (Self { sources: other.sources.clone(), ..self.clone() }) != *other {
            return Some(self.clone());
        }
        let sources: BTreeSet<String> = self.sources.difference(&other.sources).cloned().collect();
        (!sources.is_empty()).then(|| Self { sources, ..self.clone() })
    }

    /// Each single rule that AWS keeps for it.
    pub fn singles(&self) -> impl Iterator<Item = Self> + '_ {
        self.sources.iter().map(|source| Self { sources: BTreeSet::from([source.clone()]), ..self.clone() })
    }
}

fn canonical_source(text: &str) -> String {
    let kind = if text.contains(':') { "ipv6_cidr_blocks" } else { "cidr_blocks" };
    canonical_range(kind, &Value::string(text)).as_str().unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn texts_of_rules_have_one_spelling() {
        for (text, want) in [
            ("sg-1_ingress_tcp_6379_6379_10.0.0.0/8", Some("sg-1_ingress_tcp_6379_6379_10.0.0.0/8")),
            ("sg-1_ingress_6_1_2_self_10.1.2.3/8", Some("sg-1_ingress_tcp_1_2_10.0.0.0/8_self")),
            ("sg-1_egress_all_0_65536_::/0_0.0.0.0/0", Some("sg-1_egress_-1_0_0_0.0.0.0/0_::/0")),
            ("sg-1_egress_icmp_-1_-1_pl-1_123456789012/sg-2", Some("sg-1_egress_icmp_-1_-1_123456789012/sg-2_pl-1")),
            ("sg-1_ingress_50_0_0_sg-2_", Some("sg-1_ingress_50_0_0_sg-2")),
            ("sg-1_ingress_tcp_1_2", None),
            ("sg-1_sideways_tcp_1_2_self", None),
            ("sg-1_ingress_tcp_x_2_self", None),
            ("sgrule-2568412", None),
        ] {
            assert_eq!(Identity::parse(text).map(|rule| rule.to_string()).as_deref(), want, "{text}");
        }
    }
}
