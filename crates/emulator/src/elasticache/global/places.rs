//! Where global datastores may be, and on what.

use super::super::super::failure::Failure;
use super::super::super::world::hex;
use super::super::catalog;
use super::super::settings::Settings;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Places {
    prefixes: BTreeMap<String, String>,
    regions: Vec<String>,
    /// Regions that are together with each other only.
    china: Vec<String>,
    families: Vec<String>,
}

fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| serde_json::from_str(include_str!("../../data/global.json")).expect("global.json"))
}

/// The five letters that the ids of a region's datastores begin with.
pub fn prefix(region: &str) -> String {
    let known = places().prefixes.get(region).cloned();
    known.unwrap_or_else(|| {
        // Not known: five letters of the region's own.
        let digits = hex(&format!("global {region}"));
        digits.bytes().take(5).map(|digit| char::from(b'g' + digit % 16)).collect()
    })
}

/// Refuses regions without global datastores, and regions that cannot be together.
pub fn check_region(region: &str, primary: &str) -> Result<(), Failure> {
    let places = places();
    let china = |name: &str| places.china.iter().any(|other| other == name);
    if !places.regions.iter().any(|other| other == region) || china(region) != china(primary) {
        return Err(Failure::value(format!("Global Replication Group is not supported in region {region}.")));
    }
    Ok(())
}

/// Refuses node types and versions that cannot be in a global datastore.
pub fn check_settings(settings: &Settings) -> Result<(), Failure> {
    check_node_type(&settings.node_type)?;
    if settings.engine == "redis" && !catalog::at_least(&settings.version, "5.0.6") {
        return Err(Failure::value("Global Replication Group requires engine version 5.0.6 or later."));
    }
    if matches!(settings.durability.as_deref(), Some("async" | "sync")) {
        return Err(Failure::value("Global Replication Group does not support durability."));
    }
    Ok(())
}

/// Refuses node types that cannot be in a global datastore.
pub fn check_node_type(node_type: &str) -> Result<(), Failure> {
    let parts: Vec<&str> = node_type.split('.').collect();
    let (family, size) = (parts.get(1).copied().unwrap_or(""), parts.get(2).copied().unwrap_or(""));
    if !places().families.iter().any(|other| other == family) || !size.ends_with("large") {
        return Err(Failure::value(format!(
            "The cache node type {node_type} is not supported in a Global Replication Group."
        )));
    }
    Ok(())
}
