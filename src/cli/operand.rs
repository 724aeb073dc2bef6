//! Operands that name something: addresses, and what they mean where they are none.

use crate::address::{Address, Subject};
use crate::kinds;
use crate::ops::Failure;

/// Reads the address of a resource or of one instance.
pub fn address(text: &str) -> Result<Address, Failure> {
    let is_known = |address: &Address| !is_plan(text) || kinds::get(&address.kind).is_some();
    kinds::address(text).filter(is_known).ok_or_else(|| none(text, "replication_group.redis or 'alarm.cpu[\"a\"]'"))
}

/// Reads the address of a resource, or of a module with all that is in it.
pub fn subject(text: &str) -> Result<Subject, Failure> {
    kinds::subject(text).ok_or_else(|| none(text, "replication_group.redis, 'alarm.cpu[\"a\"]' or module.cache"))
}

/// Whether it looks like the name of a saved plan.
fn is_plan(text: &str) -> bool {
    text.ends_with(".plan") || text.ends_with(".tfplan")
}

fn none(text: &str, examples: &str) -> Failure {
    let file = if is_plan(text) { ", and there is no such file" } else { "" };
    Failure::Error(format!("`{text}` is not an address{file}; write {examples}"))
}
