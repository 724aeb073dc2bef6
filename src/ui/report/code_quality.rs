//! The code quality report of GitLab.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::Finding;
use crate::diag::Severity;

/// All findings. Two with the same fingerprint would be shown as one, so a repeated one is numbered. `fallback` is the
/// file of those that have no place.
pub fn document(findings: &[Finding], fallback: &str) -> Json {
    let mut seen = BTreeSet::new();
    let mut one = |finding: &Finding| {
        let mut fingerprint = finding.fingerprint();
        while !seen.insert(fingerprint.clone()) {
            fingerprint.push('x');
        }
        let (file, line) = finding.place.as_ref().map_or((fallback, 1), |place| (&*place.file, place.start.0));
        json!({
            "description": format!("{}: {}", finding.summary, finding.text),
            "check_name": finding.code,
            "fingerprint": fingerprint,
            "severity": severity(finding.severity),
            "location": { "path": file, "lines": { "begin": line } },
        })
    };
    findings.iter().map(&mut one).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Note => "info",
    }
}
