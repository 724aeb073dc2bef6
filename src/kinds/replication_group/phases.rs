//! `phase = "one-by-one"`: changes that need clients to move in between stop after their first phase until the next apply.

use crate::value::{Object, Value, text};

/// What AWS does not change while the mode is compatible, and what comes after it.
const AFTER_THE_MODE: [&str; 7] = [
    "num_node_groups",
    "node_group_configuration",
    "replicas_per_node_group",
    "num_cache_clusters",
    "engine",
    "engine_version",
    "node_type",
];

/// What AWS takes only where clients without TLS are kept out.
const AFTER_REQUIRED: [&str; 2] = ["user_group_ids", "auth_token"];

fn is_on(object: &Object) -> bool {
    object.get("transit_encryption_enabled").and_then(Value::as_bool) == Some(true)
}

/// A change in the making.
struct Stage<'a> {
    before: &'a Object,
    wanted: &'a Object,
    changed: &'a mut Vec<&'static str>,
    after: &'a mut Object,
    later: Vec<&'static str>,
}

/// Leaves of a change what is to be done now; names what is left for the next apply. `let_in` names secrets that an earlier
/// phase has let in.
pub fn stage(
    before: &Object,
    wanted: &Object,
    changed: &mut Vec<&'static str>,
    after: &mut Object,
    let_in: &[String],
) -> Vec<&'static str> {
    if text(wanted, "phase") != Some("one-by-one") {
        return Vec::new();
    }
    let mut stage = Stage { before, wanted, changed, after, later: Vec::new() };
    stage.mode();
    stage.encryption();
    stage.token(let_in);
    stage.later
}

impl Stage<'_> {
    fn has(&self, name: &str) -> bool {
        self.changed.contains(&name)
    }

    fn put(&mut self, name: &'static str, value: Value) {
        self.after.insert(name.into(), value);
        if !self.changed.contains(&name) {
            self.changed.push(name);
        }
    }

    /// Keeps what differs as it is.
    fn keep(&mut self, name: &'static str) {
        if self.has(name) {
            self.changed.retain(|changed| *changed != name);
            self.after.insert(name.into(), self.before.get(name).cloned().unwrap_or_else(Value::null));
            self.later.push(name);
        }
    }

    fn mode(&mut self) {
        let begins = self.has("cluster_mode")
            && text(self.after, "cluster_mode") == Some("enabled")
            && matches!(text(self.before, "cluster_mode"), None | Some("disabled"));
        if !begins {
            return;
        }
        self.put("cluster_mode", Value::string("compatible"));
        self.later.push("cluster_mode");
        let waits = self.wanted.get("apply_immediately").and_then(Value::as_bool) == Some(false);
        for name in AFTER_THE_MODE {
            let is_size = !name.starts_with("engine") && name != "node_type";
            if if is_size { !self.grows(name) } else { waits } {
                self.keep(name);
            }
        }
    }

    /// Replicas that come are there before the mode changes.
    fn grows(&self, name: &str) -> bool {
        let count = |object: &Object| object.get(name).and_then(Value::as_i64);
        let replicas = matches!(name, "replicas_per_node_group" | "num_cache_clusters");
        replicas && count(self.before).zip(count(self.after)).is_some_and(|(old, new)| new > old)
    }

    fn encryption(&mut self) {
        let (was, is) = (is_on(self.before), is_on(self.after));
        let preferred = || Value::string("preferred");
        match (was, is, text(self.before, "transit_encryption_mode")) {
            (false, true, _) if text(self.after, "transit_encryption_mode") != Some("preferred") => {
                self.put("transit_encryption_mode", preferred());
                self.later.push("transit_encryption_mode");
                AFTER_REQUIRED.into_iter().for_each(|name| self.keep(name));
            }
            (true, false, Some("required")) => {
                self.keep("transit_encryption_enabled");
                self.put("transit_encryption_mode", preferred());
            }
            // Who asks for encryption and leaves the mode open wants what AWS gives a new group.
            (true, true, Some("preferred"))
                if is_on(self.wanted) && !self.wanted.contains_key("transit_encryption_mode") =>
            {
                self.put("transit_encryption_mode", Value::string("required"));
            }
            _ => {}
        }
    }

    fn token(&mut self, let_in: &[String]) {
        let given = self.after.get("auth_token").is_some_and(|token| !token.is_null());
        let begins = self.has("auth_token") && given && !let_in.iter().any(|name| name == "auth_token");
        if begins && text(self.after, "auth_token_update_strategy") != Some("ROTATE") {
            self.put("auth_token_update_strategy", Value::string("ROTATE"));
            self.later.push("auth_token_update_strategy");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(attrs: &[(&str, Value)]) -> Object {
        attrs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    }

    #[test]
    fn a_change_stops_after_its_first_phase() {
        let text = |text: &str| Value::string(text);
        let off = ("transit_encryption_enabled", Value::bool(false));
        let on = ("transit_encryption_enabled", Value::bool(true));
        let mode = |word: &str| ("transit_encryption_mode", text(word));
        type Case<'a> = (&'a str, Vec<(&'a str, Value)>, Vec<(&'a str, Value)>, (&'a str, Value), &'a [&'a str]);
        let cases: Vec<Case> = vec![
            (
                "on",
                vec![off.clone()],
                vec![on.clone(), mode("required")],
                mode("preferred"),
                &["transit_encryption_mode"],
            ),
            ("on, open", vec![off.clone()], vec![on.clone()], mode("preferred"), &["transit_encryption_mode"]),
            ("on, preferred", vec![off.clone()], vec![on.clone(), mode("preferred")], mode("preferred"), &[]),
            ("on, second", vec![on.clone(), mode("preferred")], vec![on.clone()], mode("required"), &[]),
            ("unset", vec![on.clone(), mode("preferred")], vec![], mode("preferred"), &[]),
            ("off", vec![on.clone(), mode("required")], vec![off.clone()], on.clone(), &["transit_encryption_enabled"]),
            ("off, second", vec![on.clone(), mode("preferred")], vec![off.clone()], off.clone(), &[]),
            (
                "mode",
                vec![("cluster_mode", text("disabled")), ("num_node_groups", Value::int(1))],
                vec![("cluster_mode", text("enabled")), ("num_node_groups", Value::int(3))],
                ("cluster_mode", text("compatible")),
                &["cluster_mode", "num_node_groups"],
            ),
            (
                "mode, second",
                vec![("cluster_mode", text("compatible"))],
                vec![("cluster_mode", text("enabled"))],
                ("cluster_mode", text("enabled")),
                &[],
            ),
        ];
        let known = ["transit_encryption_enabled", "transit_encryption_mode", "cluster_mode", "num_node_groups"];
        for (name, before, wish, (attr, comes), later) in cases {
            let before = object(&before);
            let mut wanted = object(&wish);
            let mut after = before.clone();
            after.extend(wanted.clone());
            let mut changed: Vec<&'static str> =
                known.into_iter().filter(|name| before.get(name) != after.get(name)).collect();
            wanted.insert("phase".into(), text("one-by-one"));
            assert_eq!(stage(&before, &wanted, &mut changed, &mut after, &[]), later, "{name}");
            assert_eq!(after.get(attr), Some(&comes), "{name}");
        }
    }
}
