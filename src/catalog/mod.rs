//! Facts about the service, embedded with their sources, and typed look-ups over them.
//!
//! The data files name the source of each part (the AWS service model, AWS documentation, cfn-lint, price list).

pub mod acl;
pub mod engines;
pub mod metrics;
pub mod nodes;
pub mod parameters;
pub mod permissions;
pub mod prices;
pub mod regions;
pub mod secrets;

/// Reads an embedded data file; its form is fixed at build time, so a test reads each.
fn embedded<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("an embedded data file has the form of its type")
}
