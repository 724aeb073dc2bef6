//! What the record of an instance will say beside the object.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::decide::Instance;
use crate::plan::draft::Draft;
use crate::plan::{RecordPlan, local};
use crate::state::Digest;
use crate::state::digest::Reading;
use crate::value::Value;

/// Digests of the secrets that are known now.
pub(super) fn secrets(draft: &Draft, instance: &Instance) -> BTreeMap<String, Digest> {
    // A check without an account compares nothing.
    if draft.inputs.live.is_none() {
        return BTreeMap::new();
    }
    let attrs = instance.kind.schema().attrs.iter().filter(|attr| attr.secret);
    let known = attrs.filter_map(|attr| {
        let value = instance.desired.object.get(attr.name)?;
        match draft.inputs.digests.read(value) {
            Reading::Known(digest) => Some((attr.name.to_owned(), digest)),
            Reading::Open | Reading::Unread(_) => None,
        }
    });
    known.collect()
}

/// What the record of an instance shall say.
pub(super) fn record_plan(
    draft: &Draft,
    instance: &Instance,
    mut secrets: BTreeMap<String, Digest>,
    suffix: Option<String>,
) -> RecordPlan {
    let mut set: BTreeSet<String> = instance
        .desired
        .object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.to_string())
        .collect();
    set.remove("tags_all");
    if instance.desired.object.get("tags_all").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty()) {
        set.insert("tags".to_owned());
    }
    // What is not recorded of an object that lives nowhere else is recognised by its digest.
    if instance.kind.local().is_some() && draft.inputs.live.is_some() {
        secrets.extend(local::digests(instance.kind.schema(), &instance.desired.object, draft.inputs.digests));
    }
    // Nothing can hang on a block that is there no times.
    let mut dependencies = draft.managed_blocks_used_by(instance.address);
    dependencies.retain(|used| used.is_among(draft.declared.range(used.clone()..)));
    let was_guarded = draft.state.records.get(instance.address).is_some_and(|record| record.guarded || record.protect);
    let guarded = instance.protect || was_guarded;
    RecordPlan {
        set,
        secrets,
        dependencies,
        protect: instance.protect,
        abandon: instance.resource.meta.lifecycle.abandon,
        guarded,
        suffix,
        let_in: Vec::new(),
        later: Vec::new(),
        now: false,
        only: None,
    }
}
