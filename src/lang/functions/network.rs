//! Address ranges. Addresses of both families are numbers of 128 bits here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Call, Failure, Function, Want, function, other, param, text, texts, wrong};
use crate::value::Value;

const STRING: Want = Want::String;
const NUMBER: Want = Want::Number;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "cidrhost",
        &[param("prefix", STRING), param("hostnum", NUMBER)],
        STRING,
        cidrhost,
        "The address of a host in a range; negative numbers count from the end.",
        "cidrhost(\"10.0.0.0/24\", 5) = \"10.0.0.5\"",
    ),
    function(
        "cidrnetmask",
        &[param("prefix", STRING)],
        STRING,
        cidrnetmask,
        "The netmask of an IPv4 range.",
        "cidrnetmask(\"10.0.0.0/8\") = \"255.0.0.0\"",
    ),
    function(
        "cidrsubnet",
        &[param("prefix", STRING), param("newbits", NUMBER), param("netnum", NUMBER)],
        STRING,
        cidrsubnet,
        "A part of a range, by its number.",
        "cidrsubnet(\"10.0.0.0/16\", 8, 2) = \"10.0.2.0/24\"",
    ),
    function(
        "cidrsubnets",
        &[param("prefix", STRING)],
        Want::Strings,
        cidrsubnets,
        "Parts of a range one behind the other.",
        "cidrsubnets(\"10.0.0.0/16\", 8, 8) = [\"10.0.0.0/24\", \"10.0.1.0/24\"]",
    )
    .rest(param("newbits", NUMBER)),
];

/// A range of addresses.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// The first address.
    first: u128,
    /// The bits that all addresses share.
    prefix: u32,
    /// The bits of an address, 32 or 128.
    bits: u32,
}

impl Range {
    fn parse(text: &str) -> Result<Range, Failure> {
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
            Some((address_of(address)?, prefix.parse::<u32>().ok().filter(|_| digits)?))
        });
        let Some((address, prefix)) = parsed else {
            return wrong(0, format!("{text:?} is not an address range such as 10.0.0.0/16"));
        };
        let (value, bits) = match address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > bits {
            return wrong(0, format!("{text:?} has a prefix of more than {bits} bits"));
        }
        let range = Range { first: 0, prefix, bits };
        Ok(Range { first: value & !range.host_mask(), ..range })
    }

    fn host_mask(&self) -> u128 {
        match self.bits - self.prefix {
            128 => u128::MAX,
            host => (1 << host) - 1,
        }
    }

    fn address(&self, value: u128) -> String {
        if self.bits == 32 { Ipv4Addr::from(value as u32).to_string() } else { Ipv6Addr::from(value).to_string() }
    }

    /// The part with `new_bits` more bits and that number.
    fn part(&self, new_bits: i64, number: i128) -> Result<Range, Failure> {
        let prefix = i64::from(self.prefix) + new_bits;
        if !(0..=i64::from(self.bits)).contains(&prefix) || new_bits < 0 {
            return wrong(1, format!("a prefix of {} bits cannot be extended by {new_bits}", self.prefix));
        }
        let count = 1i128.checked_shl(new_bits as u32).filter(|_| new_bits < 127);
        let number = if number < 0 { count.map_or(-1, |count| number + count) } else { number };
        if number < 0 || count.is_some_and(|count| number >= count) {
            return wrong(2, format!("there is no part of that number with {new_bits} more bits"));
        }
        let shift = self.bits - prefix as u32;
        let offset = if shift == 128 { 0 } else { (number as u128) << shift };
        Ok(Range { first: self.first | offset, prefix: prefix as u32, bits: self.bits })
    }

    fn show(&self) -> String {
        format!("{}/{}", self.address(self.first), self.prefix)
    }
}

/// An address; leading zeros in its parts mean nothing.
fn address_of(text: &str) -> Option<IpAddr> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty();
    if text.split('.').count() != 4 || !text.split('.').all(digits) {
        return text.parse().ok();
    }
    let short = text.split('.').map(|part| match part.trim_start_matches('0') {
        "" => "0",
        part => part,
    });
    short.collect::<Vec<_>>().join(".").parse().ok()
}

/// A whole number of an argument, however large.
fn whole(call: &Call, index: usize) -> Result<i128, Failure> {
    let number = call.number(index).to_ibig().and_then(|int| i128::try_from(int).ok());
    number.map_or_else(|| wrong(index, "a whole number that is not too large is required"), Ok)
}

fn cidrhost(call: &Call) -> Result<Value, Failure> {
    let (range, host) = (Range::parse(call.text(0))?, whole(call, 1)?);
    let mask = range.host_mask();
    let (distance, offset) = if host < 0 {
        (host.unsigned_abs() - 1, mask.wrapping_sub(host.unsigned_abs() - 1))
    } else {
        (host as u128, host as u128)
    };
    if distance > mask {
        return wrong(1, format!("a prefix of {} bits does not have a host {host}", range.prefix));
    }
    text(range.address(range.first | offset & mask))
}

fn cidrnetmask(call: &Call) -> Result<Value, Failure> {
    let range = Range::parse(call.text(0))?;
    if range.bits != 32 {
        return wrong(0, "an IPv6 range has no netmask");
    }
    text(range.address(!range.host_mask() & u128::from(u32::MAX)))
}

fn cidrsubnet(call: &Call) -> Result<Value, Failure> {
    text(Range::parse(call.text(0))?.part(call.int(1)?, whole(call, 2)?)?.show())
}

fn cidrsubnets(call: &Call) -> Result<Value, Failure> {
    let range = Range::parse(call.text(0))?;
    let end = range.first | range.host_mask();
    let (mut next, mut parts) = (Some(range.first), Vec::new());
    for index in 1..call.args.len() {
        let new_bits = call.int(index)?;
        if new_bits < 1 {
            return wrong(index, "at least one more bit is required");
        }
        if new_bits > 32 {
            return wrong(index, "a prefix can be extended by at most 32 bits");
        }
        let part = range.part(new_bits, 0)?;
        let mask = part.host_mask();
        // The next part starts behind the last one, at a multiple of its own size.
        let first = next.and_then(|next| next.checked_add(mask)).map(|address| address & !mask);
        match first {
            Some(first) if first <= end => {
                parts.push(Range { first, ..part }.show());
                next = (first | mask).checked_add(1);
            }
            _ => return wrong(index, "there is no room left in the range"),
        }
    }
    if parts.len() + 1 != call.args.len() {
        return other("there is no room left in the range");
    }
    texts(parts)
}
