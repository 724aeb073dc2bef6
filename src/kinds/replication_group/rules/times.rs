//! Windows, and the logs that a version has.

use super::Group;
use crate::kind::Problem;
use crate::kinds::upkeep;

pub(super) fn windows(group: Group) -> Vec<Problem> {
    upkeep::overlap(group.text("snapshot_window"), group.text("maintenance_window")).into_iter().collect()
}

pub(super) fn logs(group: Group) -> Vec<Problem> {
    upkeep::logs(group.0, group.version())
}
