//! What AWS accepts as names. Source: the service model and the user guide of ElastiCache.

use crate::schema::Rule;

/// `aws:` tags, words and names of groups: letters, digits, hyphens; a letter first, no two hyphens, none last.
fn is_identifier(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.contains("--")
        && !text.ends_with('-')
}

/// The rule of replication groups, parameter groups and snapshots.
pub const IDENTIFIER: Rule = Rule::Test(
    is_identifier,
    "ASCII letters, digits and hyphens, with a letter first, no two hyphens together and none at the end",
);

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
}

/// The rule of subnet groups. The API is laxer than its documentation: it takes dots, underscores and blanks.
pub const WORD: Rule = Rule::Test(is_word, "ASCII letters, digits, hyphens, underscores, dots or blanks");

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    parts.len() == 6 && parts[0] == "arn" && parts[1].starts_with("aws") && !parts[2].is_empty() && !parts[5].is_empty()
}

/// The rule of ARNs.
pub const ARN: Rule = Rule::Test(is_arn, "an ARN (arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE)");

fn is_cidr_v4(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    address.parse::<std::net::Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 32)
}

/// The rule of IPv4 ranges.
pub const CIDR_V4: Rule = Rule::Test(is_cidr_v4, "an IPv4 range such as 10.0.0.0/16");

fn is_cidr_v6(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    address.parse::<std::net::Ipv6Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
}

/// The rule of IPv6 ranges.
pub const CIDR_V6: Rule = Rule::Test(is_cidr_v6, "an IPv6 range such as 2001:db8::/32");
