//! What AWS accepts as names. Source: the service model and the user guide of ElastiCache.

use crate::schema::Rule;

/// `aws:` tags, words and names of groups: letters, digits, hyphens; a letter first, no two hyphens, none last.
fn is_identifier(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.contains("--")
        && !text.ends_with('-')
}

/// The rule of replication groups, parameter groups, subnet groups and snapshots.
pub const IDENTIFIER: Rule = Rule::Test(
    is_identifier,
    "ASCII letters, digits and hyphens, with a letter first, no two hyphens together and none at the end",
);

/// The same for parameter groups; that names of default groups are AWS's is told apart.
pub const PARAMETER_GROUP: Rule = Rule::Test(
    |text| is_identifier(text) || text.to_ascii_lowercase().starts_with("default."),
    "ASCII letters, digits and hyphens, with a letter first, no two hyphens together and none at the end",
);

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    parts.len() == 6 && parts[0] == "arn" && parts[1].starts_with("aws") && !parts[2].is_empty() && !parts[5].is_empty()
}

/// The rule of ARNs.
pub const ARN: Rule = Rule::Test(is_arn, "an ARN (arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE)");

fn is_topic(text: &str) -> bool {
    is_arn(text) && text.split(':').nth(2) == Some("sns")
}

/// The rule of topics.
pub const TOPIC: Rule = Rule::Test(is_topic, "the ARN of a topic (arn:aws:sns:REGION:ACCOUNT:NAME)");

/// An id, an alias, or the ARN of one of the two; what is empty is none.
fn is_key(text: &str) -> bool {
    match text.strip_prefix("arn:") {
        Some(_) => is_arn(text) && text.split(':').nth(2) == Some("kms"),
        None => text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/:".contains(c)),
    }
}

/// The rule of keys. Source: the KMS API reference, "key identifiers".
pub const KEY: Rule = Rule::Test(is_key, "the id, the alias or the ARN of a key of KMS");

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

/// Whether it is an id of EC2. Their length has changed before, so only the form is asked for.
fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

/// The rule of VPCs.
pub const VPC_ID: Rule = Rule::Test(|text| is_id(text, "vpc"), "the id of a VPC (vpc-0123456789abcdef0)");

/// The rule of subnets.
pub const SUBNET_ID: Rule = Rule::Test(|text| is_id(text, "subnet"), "the id of a subnet (subnet-0123456789abcdef0)");

/// The rule of security groups.
pub const SECURITY_GROUP_ID: Rule =
    Rule::Test(|text| is_id(text, "sg"), "the id of a security group (sg-0123456789abcdef0)");

/// The rule of prefix lists.
pub const PREFIX_LIST_ID: Rule = Rule::Test(|text| is_id(text, "pl"), "the id of a prefix list (pl-0123456789abcdef0)");

fn is_foreign_group(text: &str) -> bool {
    match text.split_once('/') {
        Some((account, id)) => account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && is_id(id, "sg"),
        None => is_id(text, "sg"),
    }
}

/// The rule of security groups that a rule names: those of other accounts have the account before them.
pub const SOURCE_GROUP_ID: Rule =
    Rule::Test(is_foreign_group, "the id of a security group (sg-0123456789abcdef0 or ACCOUNT/sg-0123456789abcdef0)");

/// The letters of names and descriptions of security groups. Source: the EC2 reference of CreateSecurityGroup.
pub fn is_ec2_text(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c))
}

/// AWS takes no description of spaces only; without any there is one of ours.
pub const DESCRIPTION: Rule =
    Rule::Test(|text| text.is_empty() || !text.trim().is_empty(), "a text of more than spaces");

/// The rule of descriptions of security groups and their rules. Source: the EC2 service model.
pub const EC2_DESCRIPTION: Rule =
    Rule::Test(is_ec2_text, "ASCII letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* only");

fn is_protocol(text: &str) -> bool {
    let named = ["tcp", "udp", "icmp", "icmpv6", "all", "-1"].iter().any(|name| name.eq_ignore_ascii_case(text));
    named || text.parse::<u8>().is_ok()
}

/// The rule of IP protocols. Source: the EC2 API reference of IpPermission.
pub const PROTOCOL: Rule = Rule::Test(is_protocol, "tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1 for all");
