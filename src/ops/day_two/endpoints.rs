//! Where clients reach the caches of a stack, as the state has it, and how programs take that.

use std::collections::{BTreeMap, BTreeSet};

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

/// Variables for a process: `MAIN_PRIMARY_HOST` and its like. Where two caches would have the same, the kind and the
/// module stand before the name of each.
pub fn variables(all: &[Of]) -> Vec<(String, String)> {
    let short = |of: &Of| upper(&keyed(&of.address, of.address.name.to_string()));
    let names: Vec<String> = all.iter().map(short).collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| *times.entry(name).or_default() += 1);
    let mut variables = Vec::new();
    let mut seen = BTreeSet::new();
    for (of, name) in all.iter().zip(&names) {
        let mut name = if times[name.as_str()] > 1 { upper(&of.address.to_string()) } else { name.clone() };
        while !seen.insert(name.clone()) {
            name.push('_');
        }
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
        let cases: [(&[&str], &[&str]); 4] = [
            (&["replication_group.main"], &["MAIN"]),
            (&["replication_group.main[\"eu-1\"]", "replication_group.main[\"us\"]"], &["MAIN_EU_1", "MAIN_US"]),
            (&["replication_group.main", "cache_cluster.main"], &["REPLICATION_GROUP_MAIN", "CACHE_CLUSTER_MAIN"]),
            (&["module.a.replication_group.1st"], &["_1ST"]),
        ];
        for (addresses, want) in cases {
            let all: Vec<Of> = addresses.iter().map(|address| of(address)).collect();
            let hosts = variables(&all)
                .into_iter()
                .filter_map(|(name, _)| name.strip_suffix("_PRIMARY_HOST").map(str::to_owned));
            assert_eq!(hosts.collect::<Vec<_>>(), want, "{addresses:?}");
        }
    }
}
