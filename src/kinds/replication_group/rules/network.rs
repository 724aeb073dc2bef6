//! IP versions of a group.

use super::Group;
use crate::kind::Problem;
use crate::kinds::upkeep;

pub(super) fn check(group: Group) -> Vec<Problem> {
    let old = group.engine().is_some() && group.version().is_some_and(|version| !version.at_least(6, 2));
    let (network, discovery) = (group.text("network_type"), group.text("ip_discovery"));
    let unset = !group.may_be_set("network_type") && !group.in_global();
    upkeep::network(network, discovery, unset, old.then_some("6.2"))
}
