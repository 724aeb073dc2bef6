//! Where clients reach the caches of a stack, as the state has it, and how programs take that.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::address::Address;
use crate::kind::Endpoint;
use crate::kinds;
use crate::state::State;

/// The endpoints of a cache.
#[derive(Debug, Clone)]
pub struct Of {
    /// The cache.
    pub address: Address,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// Those of every cache of an address, or of all, by address.
pub fn list(state: &State, within: Option<&Address>) -> Vec<Of> {
    let records = state.records.iter().filter(|(address, _)| within.is_none_or(|within| address.is_within(within)));
    let of = records.filter_map(|(address, record)| {
        let endpoints = kinds::get(&address.kind)?.endpoints(&record.object);
        (!endpoints.is_empty()).then(|| Of { address: address.clone(), endpoints })
    });
    of.collect()
}

/// Variables for a process: `MAIN_PRIMARY_HOST` and its like, each name of one cache alone.
///
/// A name that two caches could have is neither's, so that a cache that comes later takes no variable of another: the kind
/// and the module stand before it then, and where that does not tell them apart, a digest of the address behind it.
pub fn variables(all: &[Of]) -> Vec<(String, String)> {
    let names: Vec<[String; 2]> = all.iter().map(|of| names(&of.address)).collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for [short, full] in &names {
        *times.entry(short).or_default() += 1;
        *times.entry(full).or_default() += usize::from(full != short);
    }
    let mut variables = Vec::new();
    for (of, own) in all.iter().zip(&names) {
        let only = own.iter().find(|name| times[name.as_str()] == 1);
        let name = only.cloned().unwrap_or_else(|| format!("{}_{}", own[1], digest(&of.address)));
        for endpoint in &of.endpoints {
            let start = format!("{name}_{}", upper(&endpoint.name));
            variables.push((format!("{start}_HOST"), endpoint.host.clone()));
            variables.push((format!("{start}_PORT"), endpoint.port.to_string()));
            variables.push((format!("{start}_TLS"), endpoint.tls.to_string()));
            variables.extend(endpoint.url().map(|url| (format!("{start}_URL"), url)));
        }
    }
    variables
}

/// The names that a cache could have, the shorter one first.
fn names(address: &Address) -> [String; 2] {
    [upper(&keyed(address, address.name.to_string())), upper(&address.to_string())]
}

/// Eight digits that only this address has.
fn digest(address: &Address) -> String {
    let bytes = Sha256::digest(address.to_string());
    bytes.iter().take(4).map(|byte| format!("{byte:02X}")).collect()
}

/// A name with the key of the instance, where it has one.
fn keyed(address: &Address, name: String) -> String {
    let whole = address.to_string();
    match (&address.key, whole.rfind('[')) {
        (Some(_), Some(at)) => format!("{name}_{}", &whole[at..]),
        _ => name,
    }
}

/// A name as variables of a process have it: capital letters, digits, and `_` once for anything else.
fn upper(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => name.push(c.to_ascii_uppercase()),
            false if !name.ends_with('_') => name.push('_'),
            false => {}
        }
    }
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Of {
        let endpoint = Endpoint { name: "primary".into(), host: "h".into(), port: 6379, tls: true, redis: true };
        Of { address: Address::parse(address).expect("an address"), endpoints: vec![endpoint] }
    }

    #[test]
    fn variables_have_names_of_their_own() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["replication_group.main"], &["MAIN"]),
            (&["replication_group.main[\"eu-1\"]", "replication_group.main[\"us\"]"], &["MAIN_EU_1", "MAIN_US"]),
            (&["replication_group.main", "cache_cluster.main"], &["REPLICATION_GROUP_MAIN", "CACHE_CLUSTER_MAIN"]),
            (&["module.a.replication_group.1st"], &["_1ST"]),
            // Told apart by nothing but the characters that variables do not have.
            (
                &["replication_group.a-b", "replication_group.a_b"],
                &["REPLICATION_GROUP_A_B_683412D4", "REPLICATION_GROUP_A_B_781B6B60"],
            ),
            // The whole name of one is the short one of another.
            (
                &["cache_cluster.f", "replication_group.f", "replication_group.cache_cluster_f"],
                &["CACHE_CLUSTER_F_A37653C9", "REPLICATION_GROUP_F", "REPLICATION_GROUP_CACHE_CLUSTER_F"],
            ),
        ];
        for (addresses, want) in cases {
            let all: Vec<Of> = addresses.iter().map(|address| of(address)).collect();
            let hosts = variables(&all)
                .into_iter()
                .filter_map(|(name, _)| name.strip_suffix("_PRIMARY_HOST").map(str::to_owned));
            assert_eq!(hosts.collect::<Vec<_>>(), want, "{addresses:?}");
        }
    }

    /// A variable that is there goes, or stays what it is, whatever cache comes.
    #[test]
    fn no_cache_takes_a_variable_of_another() {
        let caches = [
            "replication_group.f[\"A_B\"]",
            "replication_group.f[\"a-b\"]",
            "replication_group.f[\"a.b\"]",
            "replication_group.f_a_b",
            "cache_cluster.f_a_b",
            "replication_group.cache_cluster_f_a_b",
            "module.replication_group.cache_cluster.f",
            "replication_group.f",
        ];
        let of_set = |set: u32| -> BTreeMap<String, String> {
            let there = caches.iter().enumerate().filter(|(at, _)| set & 1 << at != 0);
            let all: Vec<Of> = there
                .map(|(_, address)| {
                    let mut of = of(address);
                    of.endpoints[0].host = (*address).to_owned();
                    of
                })
                .collect();
            let variables: Vec<(String, String)> =
                variables(&all).into_iter().filter(|(name, _)| name.ends_with("_HOST")).collect();
            let unique: BTreeMap<String, String> = variables.iter().cloned().collect();
            assert_eq!(unique.len(), all.len(), "{variables:?}");
            unique
        };
        for set in 0..1u32 << caches.len() {
            let before = of_set(set);
            for more in (0..caches.len()).map(|at| set | 1 << at) {
                let after = of_set(more);
                for (name, host) in &before {
                    assert!(after.get(name).is_none_or(|now| now == host), "{name}: {host}, then {:?}", after[name]);
                }
            }
        }
    }
}
