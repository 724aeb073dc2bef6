//! What nobody writes: where Terraform takes away what others have put there, so does an apply. Which attributes those
//! are is derived from the schema of Terraform's provider (`tests/terraform/optional.tsv`: resource, argument or block,
//! and whether it is required, optional, or optional and computed).

use std::collections::BTreeMap;

use cachestack::kinds::KINDS;
use cachestack::schema::Update;

/// Where it is otherwise, and why: `docs/language-differences.md` says so to users.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("replication_group", "engine", "a member of a global datastore has it from there"),
    ("replication_group", "automatic_failover_enabled", "AWS turns it on for members of a global datastore"),
    ("cache_cluster", "auto_minor_version_upgrade", "AWS chooses, as it does for replication groups"),
    ("serverless_cache", "cache_usage_limits", "AWS tells limits of its own where none are written"),
    ("user", "authentication_mode", "AWS tells it of users with `passwords`, too"),
    ("user_group", "user_ids", "users may be put into a group by associations"),
];

#[test]
fn what_is_not_written_is_cleared_as_terraform_clears_it() {
    let table = include_str!("../terraform/optional.tsv");
    let theirs: BTreeMap<(&str, &str), &str> = table
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some(((fields.next()?, fields.next()?), fields.next()?))
        })
        .collect();
    let mut compared = 0;
    let mut differ = Vec::new();
    for schema in KINDS.into_iter().map(|kind| kind.schema()) {
        let attrs = schema.attrs.iter().filter(|attr| attr.settable() && !attr.secret);
        // What takes a new object cannot be changed by others, and what is sent at a create only is never a difference.
        for attr in attrs.filter(|attr| attr.update == Update::InPlace && attr.at_create.is_none()) {
            let Some(mode) = theirs.get(&(schema.terraform, attr.name)).filter(|mode| **mode != "required") else {
                continue;
            };
            compared += 1;
            if attr.is_cleared() != (*mode == "optional") {
                differ.push(format!("{} {}: {mode} there", schema.kind, attr.name));
            }
        }
    }
    let known: Vec<String> =
        OTHERWISE.iter().map(|(kind, attribute, _)| format!("{kind} {attribute}: optional there")).collect();
    assert_eq!(differ, known);
    assert!(compared > 60, "{compared} attributes are compared");
    println!("{compared} attributes");
}
