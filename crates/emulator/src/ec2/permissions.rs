//! A rule of a security group, and the `IpPermissions` in which requests and answers bundle rules.

use super::super::failure::Failure;
use super::super::input::Input;
use super::super::table::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Whom a rule lets through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    Group(String),
}

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    pub id: String,
    pub group: String,
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` or a number.
    pub protocol: String,
    /// -1 where ports have no meaning.
    pub from: i64,
    pub to: i64,
    pub peer: Peer,
    pub description: Option<String>,
}

/// Rules of security groups by id.
pub const RULES: Key<SecurityGroupRule> = Key::by("rules", SecurityGroupRule::words);

impl SecurityGroupRule {
    /// What it is found by: its group, and the group that it lets in.
    pub fn words(&self) -> Vec<String> {
        let peer = if let Peer::Group(id) = &self.peer { Some(Self::word_of_peer(id)) } else { None };
        peer.into_iter().chain([Self::word_of(&self.group)]).collect()
    }

    /// The word of the rules of a group.
    pub fn word_of(group: &str) -> String {
        format!("of {group}")
    }

    /// The word of the rules that let a group in.
    pub fn word_of_peer(group: &str) -> String {
        format!("from {group}")
    }

    /// Whether two rules let the same traffic through.
    pub fn same_traffic(&self, other: &Self) -> bool {
        self.egress == other.egress
            && self.protocol == other.protocol
            && self.from == other.from
            && self.to == other.to
            && self.peer == other.peer
    }

    /// How AWS names a rule in its error texts.
    pub fn text(&self) -> String {
        let peer = match &self.peer {
            Peer::Ipv4(text) | Peer::Ipv6(text) | Peer::PrefixList(text) | Peer::Group(text) => text,
        };
        match self.protocol.as_str() {
            "-1" => format!("peer: {peer}, ALL, ALLOW"),
            protocol => format!(
                "peer: {peer}, {}, from port: {}, to port: {}, ALLOW",
                protocol.to_uppercase(),
                self.from,
                self.to
            ),
        }
    }
}

/// Reads the rules of `IpPermissions`, or of the members that stand for a single permission.
pub fn read(input: Input, group: &str, egress: bool) -> Result<Vec<SecurityGroupRule>, Failure> {
    if input.has("IpPermissions") {
        let mut rules = Vec::new();
        for permission in input.structures("IpPermissions") {
            read_one(permission, group, egress, &mut rules)?;
        }
        return Ok(rules);
    }
    if !input.has("IpProtocol") {
        return Err(Failure::new("MissingParameter", "The request must contain the parameter ipPermissions"));
    }
    let mut single = json!({
        "IpProtocol": input.value("IpProtocol"), "FromPort": input.value("FromPort"), "ToPort": input.value("ToPort"),
    });
    if let Some(cidr) = input.text("CidrIp") {
        single["IpRanges"] = json!([{ "CidrIp": cidr }]);
    }
    if let Some(name) = input.text("SourceSecurityGroupName") {
        single["UserIdGroupPairs"] = json!([{ "GroupName": name }]);
    }
    let mut rules = Vec::new();
    read_one(Input(&single), group, egress, &mut rules)?;
    Ok(rules)
}

fn read_one(permission: Input, group: &str, egress: bool, rules: &mut Vec<SecurityGroupRule>) -> Result<(), Failure> {
    let (protocol, from, to) =
        ports(permission.text("IpProtocol").unwrap_or(""), permission.number("FromPort"), permission.number("ToPort"))?;
    let mut add = |peer: Peer, description: Option<&str>| -> Result<(), Failure> {
        check_description(description.unwrap_or(""))?;
        rules.push(SecurityGroupRule {
            id: String::new(),
            group: group.to_owned(),
            egress,
            protocol: protocol.clone(),
            from,
            to,
            peer,
            description: description.map(str::to_owned),
        });
        Ok(())
    };
    let mut peers = 0;
    for range in permission.structures("IpRanges") {
        peers += 1;
        add(Peer::Ipv4(canonical_v4(range.text("CidrIp").unwrap_or(""))?), range.text("Description"))?;
    }
    for range in permission.structures("Ipv6Ranges") {
        peers += 1;
        add(Peer::Ipv6(canonical_v6(range.text("CidrIpv6").unwrap_or(""))?), range.text("Description"))?;
    }
    for list in permission.structures("PrefixListIds") {
        peers += 1;
        add(Peer::PrefixList(list.text("PrefixListId").unwrap_or("").to_owned()), list.text("Description"))?;
    }
    for pair in permission.structures("UserIdGroupPairs") {
        peers += 1;
        let target = pair.filled("GroupId").or(pair.filled("GroupName")).unwrap_or("");
        add(Peer::Group(target.to_owned()), pair.text("Description"))?;
    }
    if peers == 0 {
        return Err(Failure::new(
            "MissingParameter",
            "The request must contain the parameter cidrIp, cidrIpv6, prefixListId or groupId",
        ));
    }
    Ok(())
}

/// The protocol and ports as AWS keeps them.
pub fn ports(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<(String, i64, i64), Failure> {
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "6" | "tcp" => "tcp".to_owned(),
        "17" | "udp" => "udp".to_owned(),
        "1" | "icmp" => "icmp".to_owned(),
        "58" | "icmpv6" => "icmpv6".to_owned(),
        "-1" | "all" => "-1".to_owned(),
        other if other.parse::<u8>().is_ok() => other.to_owned(),
        other => {
            return Err(Failure::value(format!("Invalid value '{other}' for IP protocol. Unknown protocol.")));
        }
    };
    match protocol.as_str() {
        "tcp" | "udp" => {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(Failure::value(
                    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
                ));
            };
            let port = 0..=65_535;
            if !port.contains(&from) || !port.contains(&to) {
                let bad = if port.contains(&from) { to } else { from };
                return Err(Failure::value(format!(
                    "Invalid value '{bad}' for portRange. Ports must be between 0 and 65535."
                )));
            }
            if from > to {
                return Err(Failure::value(format!("Invalid TCP/UDP port range ({from}:{to})")));
            }
            Ok((protocol, from, to))
        }
        "icmp" | "icmpv6" => Ok((protocol, from.unwrap_or(-1), to.unwrap_or(-1))),
        _ => Ok((protocol, -1, -1)),
    }
}

/// Refuses what a description may not hold.
pub fn check_description(text: &str) -> Result<(), Failure> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(letter);
    if text.chars().count() > 255 || !text.chars().all(allowed) {
        return Err(Failure::value(format!(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*: {text}"
        )));
    }
    Ok(())
}

fn bad_cidr(text: &str) -> Failure {
    Failure::value(format!("CIDR block {text} is malformed"))
}

/// An IPv4 block with the bits behind the prefix cleared, as AWS stores it.
pub fn canonical_v4(text: &str) -> Result<String, Failure> {
    let (address, length) = text.split_once('/').ok_or_else(|| bad_cidr(text))?;
    let address: Ipv4Addr = address.parse().map_err(|_| bad_cidr(text))?;
    let length: u32 = length.parse().ok().filter(|length| *length <= 32).ok_or_else(|| bad_cidr(text))?;
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    Ok(format!("{}/{length}", Ipv4Addr::from(u32::from(address) & mask)))
}

/// An IPv6 block with the bits behind the prefix cleared.
pub fn canonical_v6(text: &str) -> Result<String, Failure> {
    let (address, length) = text.split_once('/').ok_or_else(|| bad_cidr(text))?;
    let address: Ipv6Addr = address.parse().map_err(|_| bad_cidr(text))?;
    let length: u32 = length.parse().ok().filter(|length| *length <= 128).ok_or_else(|| bad_cidr(text))?;
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    Ok(format!("{}/{length}", Ipv6Addr::from(u128::from(address) & mask)))
}

/// Rules bundled by protocol and ports, as `IpPermissions` lists them.
pub fn write<'a>(rules: impl Iterator<Item = &'a SecurityGroupRule>, account: &str) -> Value {
    let mut bundles: Vec<((String, i64, i64), Value)> = Vec::new();
    for rule in rules {
        let key = (rule.protocol.clone(), rule.from, rule.to);
        if !bundles.iter().any(|(other, _)| *other == key) {
            let mut bundle = json!({
                "IpProtocol": rule.protocol, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": [],
            });
            if rule.protocol != "-1" {
                bundle["FromPort"] = rule.from.into();
                bundle["ToPort"] = rule.to.into();
            }
            bundles.push((key.clone(), bundle));
        }
        let Some((_, bundle)) = bundles.iter_mut().find(|(other, _)| *other == key) else { continue };
        let (list, entry) = match &rule.peer {
            Peer::Ipv4(cidr) => ("IpRanges", json!({ "CidrIp": cidr, "Description": rule.description })),
            Peer::Ipv6(cidr) => ("Ipv6Ranges", json!({ "CidrIpv6": cidr, "Description": rule.description })),
            Peer::PrefixList(id) => ("PrefixListIds", json!({ "PrefixListId": id, "Description": rule.description })),
            Peer::Group(id) => {
                ("UserIdGroupPairs", json!({ "UserId": account, "GroupId": id, "Description": rule.description }))
            }
        };
        if let Some(list) = bundle[list].as_array_mut() {
            list.push(entry);
        }
    }
    bundles.into_iter().map(|(_, bundle)| bundle).collect()
}
