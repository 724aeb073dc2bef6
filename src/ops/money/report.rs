//! What the caches of an environment cost and could save, in one report.

use crate::catalog::prices::Micros;
use crate::ops::money::analyze::{Advice, Analysis};

/// Below this score a cache counts as used little in a report, and below this part of hits as badly hit. The thresholds
/// are those of the reports that this takes the place of.
pub const LITTLE: f64 = 40.0;
/// In percent.
pub const FEW_HITS: f64 = 70.0;

/// Reports of several environments, or of one.
#[derive(Debug, Default)]
pub struct Reports {
    /// Those that were made.
    pub made: Vec<Report>,
    /// Environments of which there is none, with why.
    pub failed: Vec<(String, String)>,
}

impl Reports {
    /// Whether one environment was asked for.
    pub fn single(&self) -> Option<&Report> {
        match (&self.made[..], &self.failed[..]) {
            ([one], []) => Some(one),
            _ => None,
        }
    }

    /// What all caches cost in a month, as far as that is known.
    pub fn monthly(&self) -> Micros {
        self.made.iter().map(Report::monthly).sum()
    }

    /// What could be saved in a month.
    pub fn saving(&self) -> Micros {
        self.made.iter().map(Report::saving).sum()
    }
}

/// A report.
#[derive(Debug)]
pub struct Report {
    /// The environment.
    pub environment: String,
    /// When it was made, as RFC 3339.
    pub generated_at: String,
    /// Over how many days it looks.
    pub days: u32,
    /// Each cache, or why it could not be looked at.
    pub caches: Vec<Result<Analysis, (String, String)>>,
}

impl Report {
    /// The caches that could be looked at.
    pub fn seen(&self) -> impl Iterator<Item = &Analysis> {
        self.caches.iter().flatten()
    }

    /// What all of them cost in a month, as far as that is known.
    pub fn monthly(&self) -> Micros {
        self.seen().filter_map(Analysis::monthly).sum()
    }

    /// How many have no price.
    pub fn unknown(&self) -> usize {
        self.seen().filter(|one| one.charge.is_err()).count()
    }

    /// Those that are used little.
    pub fn underused(&self) -> impl Iterator<Item = &Analysis> {
        self.seen().filter(|one| one.used.score().is_some_and(|score| score < LITTLE))
    }

    /// Those that are often asked in vain.
    pub fn badly_hit(&self) -> impl Iterator<Item = &Analysis> {
        self.seen().filter(|one| one.used.hits.is_some_and(|hits| hits < FEW_HITS))
    }

    /// Those that nobody has asked anything.
    pub fn idle(&self) -> impl Iterator<Item = &Analysis> {
        self.seen().filter(|one| one.advice.iter().any(|advice| advice.kind == "idle"))
    }

    /// What could be saved in a month, of each cache all that saves together.
    pub fn saving(&self) -> Micros {
        self.seen().map(|one| one.saving).sum()
    }

    /// How many caches have advice of a kind.
    fn count(&self, kind: &str) -> usize {
        self.seen().filter(|one| one.advice.iter().any(|advice| advice.kind == kind)).count()
    }

    /// What to do, each a sentence.
    pub fn recommendations(&self) -> Vec<String> {
        let rows = [
            (self.count("idle"), "to be deleted, which nobody uses"),
            (self.count("downsize"), "to be brought to a smaller node type"),
            (self.count("upsize"), "to be brought to a bigger node type"),
            (self.count("shards"), "to be given more shards"),
            (self.count("graviton"), "to be moved to Graviton"),
            (self.count("valkey"), "to be moved from Redis OSS to Valkey"),
            (self.badly_hit().count(), "to be looked at for what is asked in vain"),
        ];
        let told = |(count, what): (usize, &str)| {
            (count > 0).then(|| format!("{count} cache{} {what}", if count == 1 { "" } else { "s" }))
        };
        let mut all: Vec<String> = rows.into_iter().filter_map(told).collect();
        if self.saving() > 0 {
            all.push(format!("Potential savings: ${}/month", crate::plan::cost::usd(self.saving())));
        }
        all
    }
}

/// What is said of a piece of advice: with what it saves.
pub fn told(advice: &Advice) -> String {
    let saving = advice.saving.map(|saving| format!(" ({})", crate::ops::money::analyze::fit::told(saving)));
    format!("{}{}", advice.text, saving.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::ops::money::analyze::Use;

    fn cache(cpu: f64, memory: f64, hits: Option<f64>, saving: Micros) -> Result<Analysis, (String, String)> {
        Ok(Analysis {
            address: kinds::address("replication_group.x").expect("an address"),
            id: "x".into(),
            region: "us-east-1".into(),
            charge: Err("it is not priced".into()),
            nodes: None,
            used: Use { cpu: Some(cpu), memory: Some(memory), hits, ..Use::default() },
            advice: Vec::new(),
            saving,
        })
    }

    /// Thresholds of 40 and 70, both not reached; what has no data is neither.
    #[test]
    fn caches_are_counted_by_the_thresholds() {
        let report = Report {
            environment: "prod".into(),
            generated_at: String::new(),
            days: 30,
            caches: vec![
                cache(20.0, 49.0, Some(70.0), 10_000_000),
                cache(20.0, 50.0, Some(69.9), 2_500_000),
                cache(90.0, 90.0, None, 0),
                Err(("cache_cluster.gone".into(), "gone".into())),
            ],
        };
        let counts = (report.seen().count(), report.underused().count(), report.badly_hit().count(), report.unknown());
        assert_eq!(counts, (3, 1, 1, 3));
        let told = report.recommendations();
        assert_eq!(told, ["1 cache to be looked at for what is asked in vain", "Potential savings: $12.50/month"]);
    }
}
