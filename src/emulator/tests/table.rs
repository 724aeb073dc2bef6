//! The table of operations against the service model and against the page for users.

use super::super::{model, operations};
use std::collections::BTreeSet;

#[test]
fn the_table_names_what_is_answered() {
    for service in ["elasticache", "ec2", "cloudwatch", "sts", "resourcegroupstaggingapi"] {
        let named: BTreeSet<&str> =
            operations::all().into_iter().filter(|row| row.service == service).map(|row| row.name).collect();
        let model = model::service(service).expect("service");
        let modelled: BTreeSet<&str> = model.operations.keys().map(String::as_str).collect();
        assert_eq!(named, modelled, "{service}");
    }
}

#[test]
fn the_page_for_users_shows_the_table() {
    let page = include_str!("../../../docs/emulator.md");
    assert!(
        page.contains(&operations::markdown()),
        "docs/emulator.md does not hold what `cachestack emulate --operations` prints"
    );
}

#[allow(dead_code)]
mod embed {
    // The example names the crate as a stranger does.
    use crate as cachestack;
    include!("../../../examples/embed_emulator.rs");

    #[test]
    fn the_example_of_embedding_runs() {
        main();
    }
}
