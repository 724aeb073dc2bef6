//! Recorded clients, played again: the emulator must answer each request as it did when the client was content.
//!
//! A transcript (`tests/transcripts`, written by `tests/clients/record.py`) has ids numbered and times masked. Ids
//! of this run are learned from its answers and put into the requests that follow.

use super::super::{Emulator, Options, Request, Speed};
use crate::clock::VirtualClock;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

struct Masks {
    id: Regex,
    patterns: [(Regex, &'static str); 3],
}

impl Masks {
    fn new() -> Self {
        let regex = |pattern: &str| Regex::new(pattern).expect("pattern");
        Self {
            id: regex(r"\b[a-z]+(?:-[a-z]+)*-0[0-9a-f]{16}\b"),
            patterns: [
                (regex(r"<(requestId|RequestId|RequestID)>[^<]*<"), "<$1><"),
                (regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
                (regex(r#"("\w*(?:Timestamp|Time|Date)": ?)[\d.]+"#), "${1}TIME"),
            ],
        }
    }

    fn mask(&self, answer: &str) -> String {
        self.patterns
            .iter()
            .fold(answer.to_owned(), |text, (pattern, mask)| pattern.replace_all(&text, *mask).into_owned())
    }

    fn rename(&self, text: &str, names: &BTreeMap<String, String>) -> String {
        let renamed = self.id.replace_all(text, |found: &regex::Captures| {
            names.get(&found[0]).cloned().unwrap_or_else(|| found[0].to_owned())
        });
        renamed.into_owned()
    }
}

/// Plays a transcript on an emulator at once; the clock stands where it stood at each request.
fn replay(transcript: &str) {
    let masks = Masks::new();
    let rows: Vec<Value> =
        transcript.lines().map(|line| serde_json::from_str(line).expect("a line of the transcript")).collect();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut at = rows[0]["at"].as_u64().expect("at");
    let clock = VirtualClock::at(at);
    let emulator =
        Emulator::in_memory(Options { speed: Speed::Instant, clock: Arc::new(clock.clone()), ..Options::default() });
    let mut names = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let later = row["at"].as_u64().expect("at").max(at);
        clock.advance(Duration::from_secs(later - at));
        at = later;
        let headers = row["headers"].as_object().expect("headers").iter();
        let request = Request {
            method: text(row, "method"),
            path: text(row, "path"),
            headers: headers.map(|(name, value)| (name.clone(), value.as_str().unwrap_or("").to_owned())).collect(),
            body: masks.rename(&text(row, "body"), &names).into_bytes(),
        };
        let response = emulator.handle(&request);
        let got = masks.mask(&String::from_utf8_lossy(&response.body));
        let line = row["answer"].as_u64().map_or(index, |line| line as usize);
        let want = text(&rows[line], "answer");
        for (recorded, own) in masks.id.find_iter(&want).zip(masks.id.find_iter(&got)) {
            names.entry(recorded.as_str().to_owned()).or_insert_with(|| own.as_str().to_owned());
        }
        let asked = String::from_utf8_lossy(&request.body).into_owned();
        assert_eq!(u64::from(response.status), row["status"].as_u64().expect("status"), "line {}: {asked}", index + 1);
        assert_eq!(got, masks.rename(&want, &names), "line {}: {asked}", index + 1);
    }
}

#[test]
fn terraform_is_answered_as_it_was() {
    replay(include_str!("../../../../tests/transcripts/terraform.jsonl"));
}
