//! What reservations cost: nodes that are paid for a term, used or not.

use serde::{Deserialize, Serialize};

use super::{DATA, Micros, micros, own};

/// The hours of a year, of which AWS bills all.
pub const HOURS_OF_A_YEAR: u32 = 8760;

/// How a reservation is paid, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Payment {
    /// By the hour.
    #[serde(rename = "No Upfront")]
    No,
    /// In part at once, the rest by the hour.
    #[serde(rename = "Partial Upfront")]
    Partial,
    /// At once.
    #[serde(rename = "All Upfront")]
    All,
}

impl Payment {
    /// Every one.
    pub const EVERY: [Self; 3] = [Self::No, Self::Partial, Self::All];

    /// AWS's words for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "No Upfront",
            Self::Partial => "Partial Upfront",
            Self::All => "All Upfront",
        }
    }
}

/// A reservation of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// 1 or 3.
    pub years: u32,
    /// How it is paid.
    pub payment: Payment,
    /// At once.
    pub upfront: Micros,
    /// For each hour of the term, used or not.
    pub hour: Micros,
    /// The day of the list.
    pub date: &'static str,
}

impl Offer {
    /// What one node comes to in so many hours, with their part of what is paid at once.
    pub fn over(&self, hours: u32) -> Micros {
        let term = Micros::from(HOURS_OF_A_YEAR * self.years);
        let hours = Micros::from(hours);
        // To the nearest millionth.
        self.hour * hours + (self.upfront * hours + term / 2) / term
    }
}

/// What can be reserved of a node type, by years and payment. Empty where nothing is known.
///
/// The list built in is of Redis: that of Memcached is the same, and that of Valkey 0.8 of it, as `data/prices.json` says.
pub fn offers(region: &str, engine: &str, node_type: &str) -> Vec<Offer> {
    if let Some(offers) = own::reserved(region, engine, node_type) {
        return offers;
    }
    let table = &DATA.reserved;
    let Some(row) = table.regions.get(region).and_then(|types| types.get(node_type)) else { return Vec::new() };
    let factor = match engine {
        "redis" | "memcached" => 1000,
        "valkey" => 800,
        _ => return Vec::new(),
    };
    let price = |years: u32, what: &str| {
        let name = format!("{years}y_{what}");
        let usd = row.get(table.columns.iter().position(|column| *column == name)?)?;
        Some(micros((*usd)?) * factor / 1000)
    };
    let offer = |years: u32, payment: Payment| {
        let (upfront, hour) = match payment {
            Payment::No => (0, price(years, "no_hourly")?),
            Payment::Partial => (price(years, "partial_upfront")?, price(years, "partial_hourly")?),
            Payment::All => (price(years, "all_upfront")?, 0),
        };
        Some(Offer { years, payment, upfront, hour, date: &table.date })
    };
    [1, 3].into_iter().flat_map(|years| Payment::EVERY.map(|payment| offer(years, payment))).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_of_the_list() {
        let told = |region: &str, engine: &str, node_type: &str| -> Vec<(u32, &str, Micros, Micros)> {
            let offers = offers(region, engine, node_type);
            offers.iter().map(|offer| (offer.years, offer.payment.word(), offer.upfront, offer.hour)).collect()
        };
        let large = told("us-east-1", "redis", "cache.m5.large");
        assert_eq!(large.len(), 6);
        assert_eq!(large, told("us-east-1", "memcached", "cache.m5.large"));
        let valkey = told("us-east-1", "valkey", "cache.m5.large");
        for (one, other) in large.iter().zip(&valkey) {
            assert_eq!((one.2 * 4, one.3 * 4), (other.2 * 5, other.3 * 5), "{one:?} {other:?}");
        }
        // Offered for one year only.
        assert_eq!(told("il-central-1", "redis", "cache.m5.large").len(), 3);
        for (region, engine, node_type) in [
            ("nowhere-1", "redis", "cache.m5.large"),
            ("us-east-1", "other", "cache.m5.large"),
            ("us-east-1", "valkey", "cache.z9.large"),
        ] {
            assert!(offers(region, engine, node_type).is_empty(), "{region} {engine} {node_type}");
        }
    }

    #[test]
    fn what_is_paid_at_once_is_spread_over_the_term() {
        let offer = Offer { years: 1, payment: Payment::Partial, upfront: 8_760_000_000, hour: 50_000, date: "" };
        assert_eq!(offer.over(730), 730 * 1_050_000);
        assert_eq!(Offer { years: 3, ..offer }.over(8760), 8760 * 50_000 + 2_920_000_000);
    }
}
