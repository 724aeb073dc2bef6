//! Every rule of ElastiCache and of CloudWatch that the emulator holds requests against: what is asked, and what AWS answers.
//!
//! The rules stand in `rules/*.txt`: `# a rule`, then requests (`Operation Name=value ...`) with their answers indented
//! below. `$word` stands for the fields of a `let`, of which later ones replace earlier ones; `{n}` in a request that
//! begins with `N times` for a number; `{x*41}` for 41 letters. `wait SECONDS` moves the clock, `world SPEED` begins anew,
//! `in REGION` sends what follows to another region.
//! `CACHESTACK_UPDATE_CASES=1` writes the answers anew.

use super::{Emulator, control, options, query, text};
use crate::Speed;
use crate::clock::VirtualClock;
use crate::disk;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What a file has said so far.
#[derive(Default)]
struct Script {
    world: Option<(Emulator, VirtualClock)>,
    words: BTreeMap<String, String>,
    region: Option<String>,
}

impl Script {
    /// Carries a line out; the answer, where it is a request.
    fn run(&mut self, line: &str) -> Option<String> {
        let (emulator, clock) = self.world.get_or_insert_with(|| new_world(Speed::Instant));
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "#" => {}
            "world" => self.world = Some(new_world(rest.parse().expect("a speed"))),
            "in" => self.region = Some(rest.to_owned()),
            "wait" => clock.advance(Duration::from_secs(rest.parse().expect("seconds"))),
            "quotas" => drop(control(emulator, "POST", "quotas", rest.as_bytes().to_vec())),
            "let" => {
                let (name, fields) = rest.split_once(" = ").expect("let name = fields");
                let fields =
                    fields.split(' ').map(|part| part.strip_prefix('$').map_or(part, |word| &self.words[word]));
                let fields = fields.collect::<Vec<_>>().join(" ");
                self.words.insert(name.to_owned(), fields);
            }
            _ => {
                let (times, request) = match rest.strip_prefix("times ") {
                    Some(request) => (word.parse().expect("a number"), request),
                    None => (1, line),
                };
                let region = self.region.as_deref().unwrap_or("us-east-1");
                let answers = (1..=times).map(|number| answer(emulator, region, &fields(&self.words, request, number)));
                return answers.reduce(|first, next| if first == "ok" { next } else { first });
            }
        }
        None
    }
}

fn new_world(speed: Speed) -> (Emulator, VirtualClock) {
    let (options, clock) = options(speed);
    (Emulator::in_memory(options), clock)
}

fn fields(words: &BTreeMap<String, String>, request: &str, number: u32) -> String {
    let request = request.replace("{n}", &number.to_string());
    let mut parts = request.split(' ');
    let mut fields: Vec<(String, String)> = vec![("Action".into(), parts.next().unwrap_or("").into())];
    let expanded = parts.flat_map(|part| match part.strip_prefix('$') {
        Some(word) => words[word].split(' ').collect(),
        None => vec![part],
    });
    for (name, value) in expanded.map(|part| part.split_once('=').expect("Name=value")) {
        fields.retain(|(other, _)| other != name);
        fields.push((name.to_owned(), repeated(value)));
    }
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// `{x*3}` is `xxx`.
fn repeated(value: &str) -> String {
    let Some((head, rest)) = value.split_once('{') else { return value.to_owned() };
    let (inner, tail) = rest.split_once('}').expect("}");
    let (text, count) = inner.split_once('*').expect("{text*count}");
    format!("{head}{}{}", text.repeat(count.parse().expect("a number")), repeated(tail))
}

fn answer(emulator: &Emulator, region: &str, fields: &str) -> String {
    let operation = fields.trim_start_matches("Action=").split('&').next().unwrap_or_default();
    let service =
        if operation.ends_with("Alarm") || operation.ends_with("Alarms") { "monitoring" } else { "elasticache" };
    let mut request = query(service, fields);
    request.headers.iter_mut().for_each(|(_, value)| *value = value.replace("us-east-1", region));
    let response = emulator.handle(&request);
    let (status, body) = (response.status, text(&response));
    let between = |tag: &str| {
        let inner = body.split(&format!("<{tag}>")).nth(1)?.split(&format!("</{tag}>")).next()?;
        Some(inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
    };
    match (status, between("Code"), between("Message")) {
        (200, None, None) => "ok".into(),
        (status, code, text) => format!("{status} {}: {}", code.unwrap_or_default(), text.unwrap_or_default()),
    }
}

#[test]
fn every_rule_is_enforced_in_the_words_of_aws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/rules");
    let update = std::env::var_os("CACHESTACK_UPDATE_CASES").is_some_and(|value| !value.is_empty());
    let mut wrong = Vec::new();
    for name in disk::files_below(&folder, 10_000).expect("rules") {
        let path = folder.join(&name);
        let text = String::from_utf8(disk::read(&path).expect("rules").expect("rules")).expect("text");
        let mut script = Script::default();
        let mut found = String::new();
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            found += &format!("{line}\n");
            if let Some(answer) = script.run(line) {
                found += &format!("  {answer}\n");
            }
        }
        if found != text {
            let diff = similar::TextDiff::from_lines(&text, &found);
            wrong.push(format!("{name}\n{}", diff.unified_diff().context_radius(1)));
            if update {
                disk::replace(&path, found.as_bytes()).expect("rules");
            }
        }
    }
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n"));
}
