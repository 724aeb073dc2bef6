//! The operations that the emulator answers, and how far each can be trusted. The page for users shows this table.

use super::model;
use super::service::SERVICES;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Botocore's name of the service: `elasticache`, `ec2`, `resourcegroupstaggingapi`.
    pub service: &'static str,
    /// The name that requests carry.
    pub name: &'static str,
    /// What is as in AWS, beyond the wire format.
    pub faithful: &'static str,
    /// What is not.
    pub lacking: &'static str,
}

/// Every operation, service by service.
pub fn all() -> Vec<Operation> {
    let rows = SERVICES.iter().flat_map(|service| {
        service.operations().map(|row| Operation {
            service: service.name,
            name: row.name,
            faithful: row.faithful,
            lacking: row.lacking,
        })
    });
    rows.collect()
}

/// The table in Markdown.
pub fn markdown() -> String {
    let mut text = String::new();
    for service in SERVICES.iter().map(|service| service.name) {
        let version = model::service(service).map_or("", |model| model.version.as_str());
        text.push_str(&format!(
            "### {service} {version}\n\n| operation | as in AWS | not as in AWS |\n|---|---|---|\n"
        ));
        for row in all().iter().filter(|row| row.service == service) {
            let lacking = if row.lacking.is_empty() { "-" } else { row.lacking };
            text.push_str(&format!("| {} | {} | {lacking} |\n", row.name, row.faithful));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len() + 1);
    text
}
