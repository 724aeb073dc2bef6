//! Reading what a plan wants to know: objects in bulk by kind and region, look-ups side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::kind::{Cloud, Observation, RemoteError};
use crate::kinds;
use crate::kinds::tags;
use crate::plan::{Action, Live, Needs, ObjectKey, Plan};
use crate::schema::check::conform;
use crate::state::Intent;
use crate::value::{Object, Value, same};

/// Reads everything that a walk needs. A look-up that fails is an answer; a read of objects that fails is an error.
pub async fn read(cloud: &Arc<dyn Cloud>, needs: Needs, live: &mut Live) -> Result<(), RemoteError> {
    let mut wanted: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (kind, region, id) in needs.objects {
        wanted.entry((kind, region)).or_default().push(id);
    }
    let mut reads = JoinSet::new();
    for ((kind, region), ids) in wanted {
        let remote = cloud.remote(&kind, &region);
        reads.spawn(async move {
            let found = remote.read(&ids).await;
            (kind, region, ids, found)
        });
    }
    let mut lookups = JoinSet::new();
    for (region, kind, args) in needs.lookups {
        let lookup = cloud.lookups(&region);
        lookups.spawn(async move {
            let found = lookup.lookup(&kind, &args).await;
            ((region, kind, args), found)
        });
    }
    while let Some(joined) = reads.join_next().await {
        let Ok((kind, region, ids, found)) = joined else { continue };
        let mut found = found?;
        for id in ids {
            let observation = found.remove(&id).map(|observation| normalized(&kind, observation));
            live.objects.insert((kind.clone(), region.clone(), id), observation);
        }
    }
    while let Some(joined) = lookups.join_next().await {
        let Ok((key, found)) = joined else { continue };
        live.lookups.insert(key, found);
    }
    Ok(())
}

/// An observation in the one spelling that desired objects have, too.
pub fn normalized(kind: &str, mut observation: Observation) -> Observation {
    let Some(kind) = kinds::get(kind) else { return observation };
    for attr in kind.schema().attrs.iter().filter(|attr| attr.settable() && !attr.secret) {
        for object in [&mut observation.object, &mut observation.pending] {
            if let Some(value) = object.get_mut(attr.name)
                && !value.is_null()
                && let Ok(conformed) = conform(attr, value)
            {
                *value = conformed;
            }
        }
    }
    observation
}

/// Asks the service itself about tags that seem to differ: the tagging service is behind by seconds to minutes.
/// Answers whether anything turned out otherwise.
pub async fn confirm_tags(cloud: &Arc<dyn Cloud>, plan: &Plan, live: &mut Live) -> Result<bool, RemoteError> {
    let mut reads = JoinSet::new();
    for step in &plan.steps {
        let differs = step.action == Action::Update && step.changes.iter().any(|change| change.name == "tags_all");
        let (Some(id), true) = (&step.id, differs) else { continue };
        let key: ObjectKey = (step.address.kind.to_string(), step.region.clone(), id.clone());
        let Some(Some(observation)) = live.objects.get(&key) else { continue };
        let (remote, object) = (cloud.remote(&key.0, &key.1), observation.object.clone());
        reads.spawn(async move {
            let tags = remote.tags(&object).await;
            (key, tags)
        });
    }
    let mut changed = false;
    while let Some(joined) = reads.join_next().await {
        let Ok((key, Ok(tags))) = joined else { continue };
        if let Some(Some(observation)) = live.objects.get_mut(&key) {
            let old = observation.object.insert("tags_all".into(), tags.clone()).unwrap_or_else(Value::null);
            changed |= !same(&old, &tags);
        }
    }
    Ok(changed)
}

/// An object that an intent of ours may have made.
pub struct Own {
    /// Its name in AWS.
    pub id: String,
    /// Whether it carries the mark of the intent; one without any tags may still be ours.
    pub marked: bool,
}

/// Finds what a call has made whose answer nobody has seen: by name and our mark, or by our mark alone.
pub async fn find_own(cloud: &dyn Cloud, intent: &Intent) -> Option<Own> {
    if &*intent.address.kind == "security_group" {
        // It has no name that could be asked for before AWS has given it an id.
        let args = Object::from([("tags".into(), Value::string_map([("cachestack:id", &intent.id)]))]);
        let found = cloud.lookups(&intent.region).lookup("security_group", &args).await.ok()?;
        let id = found.get("id")?.as_str()?.to_owned();
        return Some(Own { id, marked: true });
    }
    let name = intent.name.clone()?;
    let remote = cloud.remote(&intent.address.kind, &intent.region);
    let found = remote.read(std::slice::from_ref(&name)).await.ok()?.remove(&name)?;
    let tags = match found.object.get("tags_all") {
        Some(tags) => tags.clone(),
        // While an object is busy its tags may be told by nobody but its own service.
        None => remote.tags(&found.object).await.unwrap_or_else(|_| Value::null()),
    };
    match tags.get("cachestack:id") {
        Some(id) => (id.as_str() == Some(&intent.id)).then_some(Own { id: name, marked: true }),
        // Without any tags nothing speaks against the name.
        None => tags::visible(&tags).is_empty().then_some(Own { id: name, marked: false }),
    }
}
