//! What an operation works with: its region, who asks, and what time it is.

use super::region::{Others, Region};
use super::time::Speed;
use super::world::{Quotas, hex};

/// The surroundings of one operation.
pub struct Context<'a, 'b> {
    pub region: &'a mut Region,
    /// The other regions of the account, which a global datastore reaches into.
    pub others: &'a mut Others<'b>,
    pub account: &'a str,
    pub region_name: &'a str,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    pub speed: Speed,
    pub quotas: Quotas,
}

impl Context<'_, '_> {
    /// The regions of the account that there are, the own one first.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &Region)> {
        let others = self.others.iter().map(|(name, region)| (name.as_str(), &**region));
        std::iter::once((self.region_name, &*self.region)).chain(others)
    }

    /// Works in another region of the account, or in the own one; nothing where there is no such region.
    pub fn within<T>(&mut self, name: &str, action: impl FnOnce(&mut Context) -> T) -> Option<T> {
        let own = (self.region_name.to_owned(), &mut *self.region);
        let others = self.others.iter_mut().map(|(name, region)| (name.clone(), &mut **region));
        let mut all: Others = others.chain([own]).collect();
        let region = all.remove(name)?;
        let (account, now, speed, quotas) = (self.account, self.now, self.speed, self.quotas);
        let mut context = Context { region, others: &mut all, account, region_name: name, now, speed, quotas };
        Some(action(&mut context))
    }

    /// The ARN of an ElastiCache object.
    pub fn arn(&self, kind: &str, name: &str) -> String {
        self.region.arn(kind, name)
    }

    /// Six letters and digits that all endpoints of an account and region share.
    pub fn domain(&self) -> String {
        domain(self.account, self.region_name)
    }
}

/// Six letters and digits that all endpoints of an account and region share.
pub fn domain(account: &str, region: &str) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let hash = hex(&format!("domain {account} {region}"));
    (0..6)
        .map(|index| {
            let byte = u8::from_str_radix(&hash[index * 2..index * 2 + 2], 16).unwrap_or(0);
            // The first is a letter, as a DNS label of AWS is.
            letters[usize::from(byte) % if index == 0 { 26 } else { 36 }] as char
        })
        .collect()
}

/// `arn:aws`, or another partition: that of China, of the government, of the European cloud, or one of the closed ones.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "arn:aws-cn",
        region if region.starts_with("us-gov-") => "arn:aws-us-gov",
        region if region.starts_with("eusc-") => "arn:aws-eusc",
        region if region.starts_with("us-iso-") => "arn:aws-iso",
        region if region.starts_with("us-isob-") => "arn:aws-iso-b",
        region if region.starts_with("eu-isoe-") => "arn:aws-iso-e",
        region if region.starts_with("us-isof-") => "arn:aws-iso-f",
        _ => "arn:aws",
    }
}

/// The short name of a region in endpoints: `use1` of `us-east-1`.
pub fn short_region(region: &str) -> String {
    let mut out = String::new();
    for (index, part) in region.split('-').enumerate() {
        match (index, part) {
            (0, part) => out.push_str(part),
            (_, "gov") => out.push('g'),
            (_, "northeast") => out.push_str("ne"),
            (_, "southeast") => out.push_str("se"),
            (_, "northwest") => out.push_str("nw"),
            (_, "southwest") => out.push_str("sw"),
            (_, part) if part.bytes().all(|byte| byte.is_ascii_digit()) => out.push_str(part),
            (_, part) => out.extend(part.chars().next()),
        }
    }
    out
}
