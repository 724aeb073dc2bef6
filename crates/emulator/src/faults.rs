//! Faults on request: refusals by rate or at random, delays, lost answers, stale reads.
//!
//! Rules are given when the emulator starts or through `/_cachestack/faults`, and belong to the process, not to the
//! world. Chance comes from a seed, so that the same requests in the same order meet the same faults.

use super::failure::Failure;
use super::operations::{self, Operation};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The rules in force and what they have done.
#[derive(Debug, Default)]
pub struct Faults {
    seed: u64,
    chance: u64,
    rules: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    rule: Rule,
    seen: u64,
    hits: u64,
    tokens: f64,
    filled_at: Option<u64>,
}

/// What is given to the emulator.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Where chance starts.
    #[serde(default)]
    pub seed: u64,
    /// Each rule is asked in turn; delays add up, and the first refusal stands.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Faults and the requests that they befall. Several in one rule strike together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `service:Operation`, with `*` for any run of letters.
    #[serde(rename = "match", default = "every")]
    pub pattern: String,
    /// How likely a request is to meet the fault, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// How many matching requests are let through first.
    #[serde(default)]
    pub after: u64,
    /// How often the fault strikes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    throttle: Option<Throttle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<Timeout>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stale: Option<Stale>,
}

/// A bucket of tokens: what finds it empty is throttled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Throttle {
    per_second: f64,
    #[serde(default)]
    burst: Option<f64>,
}

/// The request is refused with this error and changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    code: String,
    #[serde(default = "bad_request")]
    status: u16,
    #[serde(default)]
    message: String,
}

/// The answer comes later.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Latency {
    ms: u64,
    #[serde(default)]
    jitter_ms: u64,
}

/// No answer comes; with `done` the request is carried out all the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Timeout {
    ms: u64,
    #[serde(default)]
    done: bool,
}

/// A read is answered from the world as it was so many seconds ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stale {
    seconds: f64,
}

fn every() -> String {
    "*".into()
}

fn always() -> f64 {
    1.0
}

fn bad_request() -> u16 {
    400
}

/// What befalls one request.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// How long the answer is held back.
    pub delay: Duration,
    /// The refusal that stands in for the answer.
    pub refusal: Option<Failure>,
    /// No answer is sent.
    pub dropped: bool,
    /// The request is not carried out.
    pub lost: bool,
    /// How old the world is that answers, in milliseconds.
    pub stale_ms: Option<u64>,
}

impl Faults {
    /// Puts a plan in the place of the rules so far.
    pub fn set(&mut self, plan: Plan) -> Result<(), String> {
        for rule in &plan.rules {
            check(rule)?;
        }
        let start = |rule: Rule| Active { rule, seen: 0, hits: 0, tokens: 0.0, filled_at: None };
        *self = Self { seed: plan.seed, chance: plan.seed, rules: plan.rules.into_iter().map(start).collect() };
        Ok(())
    }

    /// The rules with how often each has struck.
    pub fn to_json(&self) -> serde_json::Value {
        let rules: Vec<serde_json::Value> = self
            .rules
            .iter()
            .map(|active| {
                let mut row = serde_json::to_value(&active.rule).unwrap_or_default();
                row["seen"] = active.seen.into();
                row["hits"] = active.hits.into();
                row
            })
            .collect();
        serde_json::json!({ "seed": self.seed, "rules": rules })
    }

    /// Whether stale reads are asked for, so that old worlds are worth keeping; and how old they may get.
    pub fn oldest_ms(&self) -> Option<u64> {
        let ages = self.rules.iter().filter_map(|active| active.rule.stale.as_ref());
        ages.map(|stale| (stale.seconds * 1000.0) as u64).max()
    }

    /// What befalls a request at `now`, in milliseconds.
    pub fn strike(&mut self, service: &str, operation: &str, now: u64) -> Verdict {
        let name = format!("{service}:{operation}");
        let mut verdict = Verdict::default();
        let mut chance = self.chance;
        for active in &mut self.rules {
            if !like(&active.rule.pattern, &name) {
                continue;
            }
            active.seen += 1;
            let spent = active.rule.times.is_some_and(|times| active.hits >= times);
            let throttled = active.throttled(now);
            let unlucky = active.rule.probability >= 1.0 || fraction(&mut chance) < active.rule.probability;
            if active.seen <= active.rule.after || spent || !throttled || !unlucky {
                continue;
            }
            active.hits += 1;
            befall(&mut verdict, &active.rule, service, &mut chance);
            if verdict.refusal.is_some() || verdict.dropped {
                break;
            }
        }
        self.chance = chance;
        verdict
    }
}

impl Active {
    /// Whether the bucket is empty; a rule without one always strikes.
    fn throttled(&mut self, now: u64) -> bool {
        let Some(throttle) = &self.rule.throttle else { return true };
        let burst = throttle.burst.unwrap_or(throttle.per_second).max(1.0);
        let passed = self.filled_at.map_or(f64::INFINITY, |at| now.saturating_sub(at) as f64 / 1000.0);
        self.tokens = (self.tokens + passed * throttle.per_second).min(burst);
        self.filled_at = Some(now);
        let empty = self.tokens < 1.0;
        if !empty {
            self.tokens -= 1.0;
        }
        empty
    }
}

fn check(rule: &Rule) -> Result<(), String> {
    let positive = |name: &str, number: f64| {
        if number.is_finite() && number > 0.0 { Ok(()) } else { Err(format!("`{name}` must be a number above 0")) }
    };
    if !(0.0..=1.0).contains(&rule.probability) {
        return Err("`probability` must be between 0 and 1".into());
    }
    let named = |operation: &Operation| like(&rule.pattern, &format!("{}:{}", operation.service, operation.name));
    if rule.pattern != every() && !operations::all().iter().any(named) {
        let pattern = &rule.pattern;
        return Err(format!(
            "no operation is called `{pattern}`: write SERVICE:OPERATION as in \"elasticache:CreateReplicationGroup\", with * \
             for any letters; `cachestack emulate --operations` lists them"
        ));
    }
    if let Some(throttle) = &rule.throttle {
        positive("per_second", throttle.per_second)?;
        throttle.burst.map_or(Ok(()), |burst| positive("burst", burst))?;
    }
    if rule.error.as_ref().is_some_and(|error| !(400..600).contains(&error.status)) {
        return Err("`status` must be 400 to 599".into());
    }
    if let Some(stale) = &rule.stale {
        positive("seconds", stale.seconds)?;
    }
    let refusals = usize::from(rule.throttle.is_some()) + usize::from(rule.error.is_some());
    match (refusals, &rule.latency, &rule.timeout, &rule.stale) {
        (0, None, None, None) => Err("a rule needs `throttle`, `error`, `latency`, `timeout` or `stale`".into()),
        (2, ..) => Err("`throttle` and `error` belong in two rules".into()),
        _ => Ok(()),
    }
}

fn befall(verdict: &mut Verdict, rule: &Rule, service: &str, chance: &mut u64) {
    if rule.throttle.is_some() {
        verdict.refusal = Some(throttling(service));
    }
    if let Some(Refusal { code, status, message }) = &rule.error {
        verdict.refusal = Some(Failure { code: code.clone(), status: *status, message: message.clone() });
    }
    if let Some(latency) = &rule.latency {
        let jitter = (fraction(chance) * latency.jitter_ms as f64) as u64;
        verdict.delay += Duration::from_millis(latency.ms + jitter);
    }
    if let Some(timeout) = &rule.timeout {
        verdict.delay += Duration::from_millis(timeout.ms);
        (verdict.dropped, verdict.lost) = (true, !timeout.done);
    }
    if let Some(stale) = &rule.stale {
        verdict.stale_ms = Some((stale.seconds * 1000.0) as u64);
    }
}

/// The word of each service for too many requests.
fn throttling(service: &str) -> Failure {
    let (code, status, message) = match service {
        "ec2" => ("RequestLimitExceeded", 503, "Request limit exceeded."),
        "resourcegroupstaggingapi" => ("ThrottledException", 400, "Rate exceeded"),
        "logs" => ("ThrottlingException", 400, "Rate exceeded"),
        _ => ("Throttling", 400, "Rate exceeded"),
    };
    Failure { code: code.into(), status, message: message.into() }
}

/// The next chance, 0 to just under 1.
fn fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Whether a name matches a pattern in which `*` stands for any run of letters.
fn like(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    while let Some((part, later)) = rest.split_once('*') {
        let Some(at) = name.find(part) else { return false };
        (name, rest) = (&name[at + part.len()..], later);
    }
    name.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(plan: serde_json::Value) -> Faults {
        let mut faults = Faults::default();
        faults.set(serde_json::from_value(plan).expect("plan")).expect("plan");
        faults
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, want) in [
            ("*", "elasticache:DescribeEvents", true),
            ("elasticache:*", "ec2:DescribeVpcs", false),
            ("elasticache:Describe*", "elasticache:DescribeEvents", true),
            ("*:Describe*Groups", "ec2:DescribeSecurityGroups", true),
            ("*:Describe*Groups", "ec2:DescribeSecurityGroupRules", false),
            ("sts:GetCallerIdentity", "sts:GetCallerIdentity", true),
        ] {
            assert_eq!(like(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_its_rate() {
        let mut faults = faults(json!({ "rules": [{ "throttle": { "per_second": 2, "burst": 3 } }] }));
        let mut passed = |now| faults.strike("elasticache", "DescribeEvents", now).refusal.is_none();
        let first: Vec<bool> = (0..5).map(|_| passed(1_000)).collect();
        assert_eq!(first, [true, true, true, false, false]);
        assert!(passed(1_500) && !passed(1_500) && passed(2_000));
    }

    #[test]
    fn the_same_seed_is_the_same_fate() {
        let fate = |seed: u64| -> Vec<bool> {
            let mut faults = faults(json!({
                "seed": seed, "rules": [{ "probability": 0.5, "error": { "code": "InternalFailure", "status": 500 } }],
            }));
            (0..64).map(|now| faults.strike("ec2", "DescribeVpcs", now).refusal.is_some()).collect()
        };
        assert_eq!(fate(1), fate(1));
        assert_ne!(fate(1), fate(2));
        let hits = fate(3).iter().filter(|hit| **hit).count();
        assert!((16..48).contains(&hits), "{hits}");
    }

    #[test]
    fn a_rule_begins_and_ends() {
        let mut faults = faults(json!({
            "rules": [{ "match": "elasticache:*", "after": 1, "times": 2, "error": { "code": "Throttling" } }],
        }));
        let struck: Vec<bool> = (0..5).map(|_| faults.strike("elasticache", "X", 0).refusal.is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert_eq!(faults.strike("ec2", "X", 0), Verdict::default());
        assert_eq!(faults.to_json()["rules"][0]["hits"], 2);
    }

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        for plan in [
            json!({ "rules": [{ "throttle": { "per_second": 0 } }] }),
            json!({ "rules": [{ "probability": 2, "latency": { "ms": 1 } }] }),
            json!({ "rules": [{ "error": { "code": "X", "status": 200 } }] }),
            json!({ "rules": [{ "stale": { "seconds": -1 } }] }),
            json!({ "rules": [{ "match": "*" }] }),
            json!({ "rules": [{ "match": "elasticache:CreateCaches", "latency": { "ms": 1 } }] }),
            json!({ "rules": [{ "match": "CreateCacheCluster", "latency": { "ms": 1 } }] }),
            json!({ "rules": [{ "explode": {} }] }),
        ] {
            let read = serde_json::from_value::<Plan>(plan.clone()).map_err(|error| error.to_string());
            assert!(read.and_then(|plan| Faults::default().set(plan)).is_err(), "{plan}");
        }
    }
}
