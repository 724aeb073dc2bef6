//! Rules between a metric filter and its log group.

use std::collections::BTreeMap;

use super::{KIND, text};
use crate::address::Address;
use crate::kind::{Among, Neighbour, Problem};

/// Only log groups of the class STANDARD take metric filters.
pub(super) fn check<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let class = |(_, group): (&Address, Neighbour<'a>)| {
        Some((text(group.planned, "name")?, text(group.planned, "log_group_class")?))
    };
    let classes: BTreeMap<&str, &str> = among.of("log_group").filter_map(class).collect();
    let problem = |(address, filter): (&'a Address, Neighbour<'a>)| {
        let group = text(filter.planned, "log_group_name")?;
        let class = classes.get(group).filter(|class| **class != "STANDARD")?;
        Some((address, of_class(group, class)))
    };
    among.of(KIND).filter_map(problem).collect()
}

fn of_class(group: &str, class: &str) -> Problem {
    Problem::error(
        "CS0811",
        "log_group_name",
        "The log group takes no metric filters",
        format!("\"{group}\" is of the class {class}; metric filters are for groups of the class STANDARD."),
        "Filter another log group, or make this one of the class STANDARD.",
    )
}
