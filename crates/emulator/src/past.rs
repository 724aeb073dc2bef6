//! Regions as they were, kept while stale reads are asked for.

use super::region::Region;
use std::collections::{BTreeMap, VecDeque};

/// What regions held before each of the last requests.
#[derive(Debug, Default)]
pub struct Past {
    kept: BTreeMap<(String, String), VecDeque<(u64, Region)>>,
}

impl Past {
    /// Keeps a region as a request finds it at `now`, and forgets what is older than `oldest_ms`.
    pub fn keep(&mut self, account: &str, name: &str, region: &Region, now: u64, oldest_ms: u64) {
        let kept = self.kept.entry((account.to_owned(), name.to_owned())).or_default();
        while kept.front().is_some_and(|(at, _)| at.saturating_add(oldest_ms) < now) {
            kept.pop_front();
        }
        kept.push_back((now, region.clone()));
    }

    /// The region as it was at `then`: as the first request behind that moment found it.
    pub fn at(&self, account: &str, name: &str, then: u64) -> Option<Region> {
        let kept = self.kept.get(&(account.to_owned(), name.to_owned()))?;
        kept.iter().find(|(at, _)| *at > then).map(|(_, region)| region.clone())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.kept.clear();
    }
}
