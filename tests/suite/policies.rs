//! Policy documents are those of Terraform, to the letter.

use crate::harness::{Place, root};

/// Every document of `tests/oracle/policies`, over many lines and in one, and its id; Terraform's own are recorded.
#[test]
fn policy_documents_are_those_of_terraform() {
    let here = root().join("tests/oracle/policies");
    let read = |name: &str| std::fs::read_to_string(here.join(name)).expect("a file of the oracle");
    let place = Place::new();
    place.write("main.tf", &read("main.tf"));
    place.run(&["apply", "--endpoint", "emulator", "--auto-approve"]).expect(0);
    let found = place.run(&["output", "--endpoint", "emulator", "--json", "documents"]).expect(0).stdout;
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let wanted: serde_json::Value = serde_json::from_str(&read("documents.json")).expect("JSON");
    let wanted = wanted.as_object().expect("documents by name");
    assert!(wanted.len() >= 25, "{}", wanted.len());
    for (name, document) in wanted {
        assert_eq!(&found[name], document, "{name}");
    }
    place.run(&["plan", "--endpoint", "emulator", "--detailed-exitcode"]).expect(0);
}
