//! The table of operations against the service model and against the page for users.

use super::super::service::{self, SERVICES};
use super::super::{model, operations};
use crate::disk;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn the_table_names_what_is_answered() {
    for service in SERVICES {
        let named: BTreeSet<&str> = service.operations().map(|row| row.name).collect();
        let model = model::service(service.name).expect("service");
        let modelled: BTreeSet<&str> = model.operations.keys().map(String::as_str).collect();
        assert_eq!(named, modelled, "{}", service.name);
    }
}

#[test]
fn nothing_is_declared_twice() {
    let mut seen = BTreeMap::new();
    let tables = service::parts().flat_map(|part| part.tables).map(|table| format!("table {}", table.name()));
    let due = service::parts().flat_map(|part| part.due).map(|(kind, _)| format!("target {kind}"));
    let arns = service::parts().flat_map(|part| part.arns).map(|arns| format!("ARN {}", arns.kind));
    let calls = SERVICES.iter().flat_map(|service| {
        service.operations().map(|operation| format!("operation {}:{}", service.name, operation.name))
    });
    for what in tables.chain(due).chain(arns).chain(calls) {
        *seen.entry(what).or_insert(0) += 1;
    }
    let twice: Vec<&String> = seen.iter().filter(|(_, times)| **times > 1).map(|(what, _)| what).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// The last part of the page is the table as it is printed; `CACHESTACK_UPDATE_CASES=1` writes it anew.
#[test]
fn the_page_for_users_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/emulator.md");
    let page = String::from_utf8(disk::read(&path).expect("the page").expect("the page")).expect("text");
    let (head, _) = page.split_once("### elasticache ").expect("the table");
    let wanted = format!("{head}{}", operations::markdown());
    if std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty()) {
        disk::replace(&path, wanted.as_bytes()).expect("the page");
    } else {
        assert!(page == wanted, "docs/emulator.md does not hold what `cachestack emulate --operations` prints");
    }
}

#[allow(dead_code)]
mod embed {
    // The example names the crate as a stranger does.
    use crate as cachestack_emulator;
    include!("../../examples/embed_emulator.rs");

    #[test]
    fn the_example_of_embedding_runs() {
        main();
    }
}
