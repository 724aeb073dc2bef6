//! A change of a cache that takes time or waits for the maintenance window.

use super::super::input::Input;
use super::logs::{self, LogDelivery};
use super::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A change that takes time or waits for the maintenance window. Absent members stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    pub engine: Option<String>,
    pub version: Option<String>,
    pub node_type: Option<String>,
    pub parameter_group: Option<String>,
    pub failover: Option<bool>,
    pub multi_az: Option<bool>,
    pub tls: Option<bool>,
    pub tls_mode: Option<String>,
    pub token: Option<TokenChange>,
    pub user_groups: Option<Vec<String>>,
    pub cluster_mode: Option<String>,
    pub durability: Option<String>,
    pub primary: Option<String>,
    pub logs: Option<Vec<LogDelivery>>,
    /// Members to remove once the change is done.
    pub remove_members: Vec<String>,
    /// Shards to remove once the change is done.
    pub remove_shards: Vec<String>,
    /// Whether slots are spread anew once the change is done.
    pub spread_slots: bool,
    /// How many nodes a memcached cluster shall have.
    pub nodes: Option<i64>,
    pub remove_nodes: Vec<String>,
    pub zones: Vec<String>,
}

/// A change of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenChange {
    /// `SET`, `ROTATE` or `DELETE`.
    pub strategy: String,
    pub digest: Option<String>,
}

impl Change {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the nodes themselves are changed, and so show as modifying.
    pub fn on_nodes(&self) -> bool {
        self.engine.is_some()
            || self.version.is_some()
            || self.node_type.is_some()
            || self.parameter_group.is_some()
            || self.tls.is_some()
            || self.tls_mode.is_some()
            || self.token.is_some()
            || self.cluster_mode.is_some()
            || self.durability.is_some()
            || self.nodes.is_some()
    }

    /// Takes out what never waits for the window: user groups, and the token that they take the place of.
    pub fn take_access(&mut self) -> Self {
        let user_groups = self.user_groups.take();
        let token = if user_groups.is_some() { self.token.take() } else { None };
        Self { user_groups, token, ..Self::default() }
    }

    /// Takes out what a later call that waits as well does not say: it takes the place of this one. A call that is about
    /// nothing that waits leaves it as it is. Source: API reference, ModifyCacheCluster, ApplyImmediately.
    pub fn give_way(&mut self, later: Input) {
        let members = [
            "Engine",
            "EngineVersion",
            "CacheNodeType",
            "CacheParameterGroupName",
            "AutomaticFailoverEnabled",
            "MultiAZEnabled",
            "TransitEncryptionEnabled",
            "TransitEncryptionMode",
            "AuthToken",
            "ClusterMode",
            "Durability",
            "PrimaryClusterId",
            "NumCacheNodes",
        ];
        if !members.iter().any(|name| later.has(name)) {
            return;
        }
        macro_rules! keep {
            ($($member:ident: $($name:literal)|+;)*) => {
                $( if !($( later.has($name) )||+) { self.$member = Default::default(); } )*
            };
        }
        keep! {
            engine: "Engine" | "EngineVersion";
            version: "EngineVersion";
            node_type: "CacheNodeType";
            parameter_group: "CacheParameterGroupName" | "EngineVersion";
            failover: "AutomaticFailoverEnabled";
            multi_az: "MultiAZEnabled";
            tls: "TransitEncryptionEnabled";
            tls_mode: "TransitEncryptionEnabled" | "TransitEncryptionMode";
            token: "AuthToken";
            cluster_mode: "ClusterMode";
            durability: "Durability";
            primary: "PrimaryClusterId";
            nodes: "NumCacheNodes";
            remove_nodes: "NumCacheNodes";
            zones: "NumCacheNodes";
        }
    }

    /// Lays a later change over this one.
    pub fn merge(&mut self, later: Self) {
        macro_rules! take {
            ($($member:ident),*) => { $( if later.$member.is_some() { self.$member = later.$member; } )* };
        }
        take!(
            engine,
            version,
            node_type,
            parameter_group,
            failover,
            multi_az,
            tls,
            tls_mode,
            token,
            user_groups,
            cluster_mode,
            durability,
            primary,
            logs
        );
        if later.nodes.is_some() {
            // A later count replaces a pending one with all that belongs to it.
            (self.nodes, self.remove_nodes, self.zones) = (later.nodes, later.remove_nodes, later.zones);
        }
        self.remove_members.extend(later.remove_members);
        self.remove_shards.extend(later.remove_shards);
        self.spread_slots |= later.spread_slots;
    }

    /// Carries the change out on the settings.
    pub fn apply(&self, settings: &mut Settings, now: u64) {
        macro_rules! set {
            ($($member:ident),*) => { $( if let Some(value) = &self.$member { settings.$member = value.clone(); } )* };
        }
        set!(engine, version, node_type, parameter_group, tls, logs, user_groups);
        if let Some(word) = &self.durability {
            settings.durability = Some(word.clone());
        }
        if let Some(mode) = &self.tls_mode {
            settings.tls_mode = Some(mode.clone());
        }
        if self.tls == Some(false) {
            settings.tls_mode = None;
        }
        if let Some(token) = &self.token {
            match (token.strategy.as_str(), &token.digest) {
                ("DELETE", _) => settings.tokens.clear(),
                ("SET", Some(digest)) => settings.tokens = vec![digest.clone()],
                (_, Some(digest)) => {
                    settings.tokens.truncate(1);
                    settings.tokens.push(digest.clone());
                }
                _ => {}
            }
            settings.token_changed = Some(now);
        }
    }

    /// `PendingModifiedValues` of a cluster.
    pub fn pending_of_cluster(&self) -> Value {
        json!({
            "NumCacheNodes": self.nodes,
            "CacheNodeIdsToRemove": (!self.remove_nodes.is_empty()).then_some(&self.remove_nodes),
            "EngineVersion": self.version,
            "CacheNodeType": self.node_type,
            "AuthTokenStatus": self.token_status(),
            "TransitEncryptionEnabled": self.tls,
            "TransitEncryptionMode": self.tls_mode,
            "LogDeliveryConfigurations": self.logs.as_ref().map(|logs| logs::to_json(logs, None)),
        })
    }

    /// How `PendingModifiedValues` names what happens to the token.
    pub fn token_status(&self) -> Option<&'static str> {
        self.token
            .as_ref()
            .filter(|token| token.strategy != "DELETE")
            .map(|token| if token.strategy == "ROTATE" { "ROTATING" } else { "SETTING" })
    }
}
