//! SARIF 2.1.0, as code scanning reads it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Finding;
use crate::diag::{Severity, codes};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// So many results of a run are taken.
const MOST: usize = 25_000;

/// All findings as one run. `fallback` is the file that those belong to that have no place.
pub fn document(findings: &[Finding], fallback: &str) -> Json {
    let findings = &findings[..findings.len().min(MOST)];
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings {
        rules.entry(finding.code).or_insert(finding);
    }
    let index = |code: &str| rules.keys().position(|known| *known == code);
    let result = |finding: &Finding| {
        json!({
            "ruleId": finding.code,
            "ruleIndex": index(finding.code),
            "level": level(finding.severity),
            "message": { "text": finding.text },
            "locations": [location(finding, fallback)],
            "partialFingerprints": { "primaryLocationLineHash": format!("{}:1", finding.fingerprint()) },
        })
    };
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cachestack",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            } },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
        }],
    })
}

fn rule(finding: &Finding) -> Json {
    let text = codes::find(finding.code).map_or_else(|| finding.summary.clone(), |entry| entry.2.to_owned());
    json!({
        "id": finding.code,
        "shortDescription": { "text": finding.summary },
        "fullDescription": { "text": text },
        "help": { "text": format!("{text} `cachestack explain {}` says the same.", finding.code) },
        "defaultConfiguration": { "level": level(finding.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn location(finding: &Finding, fallback: &str) -> Json {
    let Some(place) = &finding.place else {
        return json!({ "physicalLocation": { "artifactLocation": { "uri": uri(fallback) }, "region": { "startLine": 1 } } });
    };
    let region = json!({
        "startLine": place.start.0, "startColumn": place.start.1, "endLine": place.end.0, "endColumn": place.end.1,
    });
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&place.file) }, "region": region } })
}

/// A path as a reference by RFC 3986.
fn uri(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}
