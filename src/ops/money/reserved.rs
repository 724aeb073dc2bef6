//! What reservations would save on the nodes of a stack.

use crate::address::Address;
use crate::catalog::prices::Micros;
use crate::catalog::prices::reserved::{HOURS_OF_A_YEAR, Offer};
use crate::ops::money::estimate::{Charge, Estimate};
use crate::plan::cost::Priced;

/// A reservation for the nodes of an address.
#[derive(Debug, PartialEq)]
pub struct Reservation<'a> {
    /// What is reserved.
    pub nodes: &'a Priced,
    /// For what.
    pub offer: Offer,
}

impl Reservation<'_> {
    fn count(&self) -> Micros {
        Micros::from(self.nodes.count)
    }

    /// What all nodes come to in so many hours, with their part of what is paid at once.
    pub fn over(&self, hours: u32) -> Micros {
        self.nodes.reserved(&self.offer, hours)
    }

    /// What is paid at once.
    pub fn upfront(&self) -> Micros {
        self.offer.upfront * self.count()
    }

    /// What is saved against on demand in so many hours; below zero where nothing is.
    pub fn saving(&self, hours: u32) -> Micros {
        self.nodes.over(hours) - self.over(hours)
    }

    /// What is saved in a year.
    pub fn yearly(&self) -> Micros {
        self.saving(HOURS_OF_A_YEAR)
    }

    /// The same in tenths of a percent.
    pub fn permille(&self) -> Micros {
        let all = self.nodes.over(HOURS_OF_A_YEAR).max(1);
        (self.yearly() * 1000 + all / 2) / all
    }
}

/// What could be reserved for one address.
#[derive(Debug)]
pub struct Line<'a> {
    /// The address.
    pub address: &'a Address,
    /// The region it is in: `eu-west-1`.
    pub region: &'a str,
    /// By payment; or why nothing is known, as a clause.
    pub reservations: Result<Vec<Reservation<'a>>, String>,
}

/// Reservations for a term of 1 or 3 years, of everything that an estimate has.
pub fn reservations(estimate: &Estimate, years: u32) -> Vec<Line<'_>> {
    let of = |line: &'_ crate::ops::money::estimate::Line| -> Result<Vec<Offer>, String> {
        let nodes = match &line.charge {
            Err(why) => return Err(why.clone()),
            Ok(Charge::Served(_)) => return Err("serverless caches cannot be reserved".to_owned()),
            Ok(Charge::Nodes(nodes)) => nodes,
        };
        let offers: Vec<Offer> = line.offers.iter().filter(|offer| offer.years == years).copied().collect();
        let (node_type, engine, region) = (&nodes.node_type, &nodes.engine, &line.region);
        let term = if years == 1 { "1 year" } else { "3 years" };
        match offers.is_empty() {
            true => Err(format!("no reservation of {node_type} with {engine} in {region} for {term} is in the table")),
            false => Ok(offers),
        }
    };
    let line = |line| {
        let reservations = of(line).map(|offers| match &line.charge {
            Ok(Charge::Nodes(nodes)) => offers.into_iter().map(|offer| Reservation { nodes, offer }).collect(),
            _ => Vec::new(),
        });
        Line { address: &line.address, region: &line.region, reservations }
    };
    estimate.lines.iter().map(line).collect()
}

/// The reservation of a line that saves most.
pub fn best<'a, 'b>(line: &'b Line<'a>) -> Option<&'b Reservation<'a>> {
    let all = line.reservations.as_ref().ok()?;
    all.iter().filter(|one| one.yearly() > 0).max_by_key(|one| one.yearly())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::prices::reserved::Payment;

    /// Node type, dollars an hour on demand and reserved for 1 and 3 years: the rates of a public script, for this test.
    const RATES: [(&str, [Micros; 3]); 2] =
        [("cache.r6g.large", [151_000, 108_000, 89_000]), ("cache.r6g.xlarge", [302_000, 216_000, 178_000])];

    /// What that script says is saved in a month of 720 hours and in a year of 8760.
    #[test]
    fn savings_are_those_of_the_script() {
        let want = [
            [(30_960_000, 376_680_000), (44_640_000, 543_120_000)],
            [(61_920_000, 753_360_000), (89_280_000, 1_086_240_000)],
        ];
        for ((node_type, [now, year, years]), want) in RATES.into_iter().zip(want) {
            let nodes = Priced {
                count: 1,
                node_type: node_type.into(),
                engine: "redis".into(),
                hour: now,
                on_top: 0,
                date: "2024-01-01",
            };
            for ((term, hour), want) in [(1, year), (3, years)].into_iter().zip(want) {
                let offer = Offer { years: term, payment: Payment::No, upfront: 0, hour, date: "2024-01-01" };
                let one = Reservation { nodes: &nodes, offer };
                assert_eq!((one.saving(720), one.yearly()), want, "{node_type} for {term} years");
            }
        }
    }

    #[test]
    fn what_is_paid_at_once_counts() {
        let nodes = Priced {
            count: 2,
            node_type: "t".into(),
            engine: "redis".into(),
            hour: 100_000,
            on_top: 0,
            date: "2024-01-01",
        };
        let offer = Offer { years: 1, payment: Payment::All, upfront: 438_000_000, hour: 0, date: "2024-01-01" };
        let one = Reservation { nodes: &nodes, offer };
        // 0.1 x 8760 x 2 = 1752; 438 x 2 = 876.
        assert_eq!((one.upfront(), one.yearly(), one.permille()), (876_000_000, 876_000_000, 500));
        // What is on top of a node is billed as before.
        let nodes = Priced { hour: 118_000, on_top: 18_000, ..nodes.clone() };
        let one = Reservation { nodes: &nodes, offer };
        assert_eq!((one.yearly(), one.over(8760)), (876_000_000, 876_000_000 + 2 * 8760 * 18_000));
    }
}
