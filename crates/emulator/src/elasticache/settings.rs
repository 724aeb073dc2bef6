//! What a replication group and a cluster of its own have in common, and what a request may say about it.

use super::super::context::Context;
use super::super::ec2::SECURITY_GROUPS;
use super::super::failure::Failure;
use super::super::input::Input;
use super::super::world::hex;
use super::logs::{self, LogDelivery};
use super::names::{self, Window};
use super::{catalog, parameter_groups, subnet_groups};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

/// The settings of a cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub engine: String,
    /// With the patch release, as caches report it.
    pub version: String,
    pub node_type: String,
    pub parameter_group: String,
    pub subnet_group: String,
    pub security_groups: Vec<String>,
    pub maintenance_window: String,
    pub topic: Option<Topic>,
    pub port: i64,
    pub auto_minor: bool,
    pub retention: i64,
    pub snapshot_window: String,
    pub tls: bool,
    pub tls_mode: Option<String>,
    pub at_rest: bool,
    pub kms: Option<String>,
    /// Digests of the tokens that clients may use: none, one, or two during a rotation.
    pub tokens: Vec<String>,
    pub token_changed: Option<u64>,
    /// Ids of the user groups that are let in, in the place of a token.
    #[serde(default)]
    pub user_groups: Vec<String>,
    pub logs: Vec<LogDelivery>,
    pub network_type: String,
    pub ip_discovery: String,
    pub data_tiering: bool,
    /// As it was asked for.
    #[serde(default)]
    pub durability: Option<String>,
    /// When the next daily snapshot is due.
    pub backup_at: Option<u64>,
    /// When pending changes are due.
    pub window_at: Option<u64>,
}

/// Where events are published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub arn: String,
    pub status: String,
}

/// The digest that is kept of a token; slow, so that a world's file does not give tokens away.
pub fn digest(token: &str, salt: &str) -> String {
    let mut out = [0; 32];
    let salt = hex(salt);
    let done = Params::new(4096, 1, 1, Some(32))
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|slow| slow.hash_password_into(token.as_bytes(), salt.as_bytes(), &mut out));
    match done {
        Ok(()) => out.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => hex(&format!("{salt} {token}")),
    }
}

/// A token: 16 to 128 printable characters, of the special ones only `! & # $ ^ < > -`.
pub fn check_token(token: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!&#$^<>-".contains(&byte);
    if !(16..=128).contains(&token.len()) || !token.bytes().all(allowed) {
        return Err(Failure::value("Invalid AuthToken provided."));
    }
    Ok(())
}

/// The security groups of a request, each of which must exist; `None` where the request names none.
pub fn read_security_groups(context: &Context, input: Input) -> Result<Option<Vec<String>>, Failure> {
    if !input.list("CacheSecurityGroupNames").is_empty() {
        return Err(Failure::value(
            "Use of cache security groups is not permitted in this API version for your account.",
        ));
    }
    let ids = input.texts("SecurityGroupIds");
    if ids.is_empty() {
        return Ok(None);
    }
    let missing: Vec<&str> =
        ids.iter().map(String::as_str).filter(|id| !context.region[SECURITY_GROUPS].contains(id)).collect();
    if !missing.is_empty() {
        return Err(Failure::value(format!("Some security group IDs are invalid: [{}].", missing.join(", "))));
    }
    Ok(Some(ids))
}

/// A topic's ARN: of its shape, and of the region of the cache.
pub fn check_topic(context: &Context, arn: &str) -> Result<(), Failure> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if parts.len() != 6
        || parts[0] != "arn"
        || parts[2] != "sns"
        || parts[5].is_empty()
        || parts[3] != context.region_name
    {
        return Err(Failure::value(format!("Invalid notification topic ARN: {arn}")));
    }
    Ok(())
}

/// The parameter group that a cache shall have: of the right family, and right for the cluster mode.
pub fn check_parameter_group(
    context: &Context,
    name: &str,
    engine: &str,
    version: &str,
) -> Result<parameter_groups::ParameterGroup, Failure> {
    let group = parameter_groups::find(context, name)?;
    let family = catalog::family(engine, version);
    if group.family != family {
        return Err(Failure::combination(format!(
            "Expected a parameter group of family {family} but found one of family {}",
            group.family
        )));
    }
    Ok(group)
}

/// Nodes with data tiering evict by three policies only.
pub fn check_tiered_policy(context: &Context, parameter_group: &str) -> Result<(), Failure> {
    let group = parameter_groups::find(context, parameter_group)?;
    match group.values.get("maxmemory-policy").map(String::as_str) {
        None | Some("noeviction" | "volatile-lru" | "allkeys-lru") => Ok(()),
        Some(other) => Err(Failure::combination(format!(
            "The maxmemory-policy {other} is not supported with data tiering. Supported values are noeviction, volatile-lru and allkeys-lru."
        ))),
    }
}

/// A node type that exists, in this region, for this engine.
pub fn check_node_type(context: &Context, name: &str, engine: &str, version: &str) -> Result<(), Failure> {
    let invalid =
        || Failure::value(format!("The parameter CacheNodeType is invalid: {name} is not a valid cache node type."));
    let found = catalog::node_types().get(name).ok_or_else(invalid)?;
    if !found.runs(engine, version, context.region_name) {
        return Err(Failure::combination(format!(
            "The cache node type {name} is not supported for engine {engine} version {version} in region {}.",
            context.region_name
        )));
    }
    Ok(())
}

/// Two windows that do not overlap, given or picked.
pub fn read_windows(input: Input, maintenance: &str, snapshot: &str) -> Result<(String, String), Failure> {
    let maintenance = input.filled("PreferredMaintenanceWindow").unwrap_or(maintenance).to_ascii_lowercase();
    let snapshot = input.filled("SnapshotWindow").unwrap_or(snapshot).to_owned();
    let (weekly, daily) = (Window::weekly(&maintenance)?, Window::daily(&snapshot)?);
    let given = |name: &str| input.filled(name).is_some();
    if daily.overlaps(weekly) {
        if given("PreferredMaintenanceWindow") && !given("SnapshotWindow") {
            // The service picks another snapshot window when it picks at all.
            let free = (0..24).map(|hour| format!("{hour:02}:30-{:02}:30", (hour + 1) % 24));
            let free = free.into_iter().find(|text| Window::daily(text).is_ok_and(|daily| !daily.overlaps(weekly)));
            return Ok((maintenance, free.unwrap_or(snapshot)));
        }
        return Err(Failure::combination("The snapshot window and the maintenance window must not overlap."));
    }
    Ok((maintenance, snapshot))
}

/// What kind of cache is being created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Group,
    Cluster,
}

impl Settings {
    /// Reads the settings of a new cache. `cluster_on` picks the default parameter group for cluster mode.
    pub fn read(
        context: &mut Context,
        input: Input,
        id: &str,
        engine: &str,
        kind: Kind,
        cluster_on: bool,
    ) -> Result<Self, Failure> {
        let version = catalog::resolve_version(engine, input.filled("EngineVersion"))?;
        let node_type = input
            .filled("CacheNodeType")
            .ok_or_else(|| Failure::value("The parameter CacheNodeType must be provided and must not be null."))?;
        check_node_type(context, node_type, engine, &version)?;
        if node_type.starts_with("cache.t2.") {
            return Err(Failure::value(format!("The cache node type {node_type} is not available for new caches.")));
        }
        let family = catalog::family(engine, &version);
        let default = format!("default.{family}{}", if cluster_on { ".cluster.on" } else { "" });
        let parameter_group = input.filled("CacheParameterGroupName").map_or(default, str::to_ascii_lowercase);
        check_parameter_group(context, &parameter_group, engine, &version)?;
        let subnet_group = subnet_groups::for_cache(context, input.filled("CacheSubnetGroupName"))?;
        let security_groups = match read_security_groups(context, input)? {
            Some(ids) => ids,
            None => {
                let mut groups = context.region[SECURITY_GROUPS].with("default");
                let default = groups.find(|group| group.vpc == subnet_group.vpc && group.name == "default");
                default.map(|group| vec![group.id.clone()]).unwrap_or_default()
            }
        };
        if security_groups
            .iter()
            .any(|id| context.region[SECURITY_GROUPS].get(id).is_some_and(|group| group.vpc != subnet_group.vpc))
        {
            return Err(Failure::combination(format!(
                "Subnet group [{}] belongs to a different VPC [{}] than the security groups",
                subnet_group.name, subnet_group.vpc
            )));
        }
        let (maintenance, snapshot) = names::default_windows(id);
        let (maintenance_window, snapshot_window) = read_windows(input, &maintenance, &snapshot)?;
        let topic = match input.filled("NotificationTopicArn") {
            Some(arn) => {
                check_topic(context, arn)?;
                Some(Topic { arn: arn.into(), status: "active".into() })
            }
            None => None,
        };
        let mut settings = Self {
            engine: engine.into(),
            version: version.clone(),
            node_type: node_type.into(),
            parameter_group,
            subnet_group: subnet_group.name.clone(),
            security_groups,
            maintenance_window,
            topic,
            port: read_port(input, engine)?,
            auto_minor: input.flag("AutoMinorVersionUpgrade").unwrap_or(true),
            retention: read_retention(input, engine, node_type)?.unwrap_or(0),
            snapshot_window,
            tls: input.flag("TransitEncryptionEnabled").unwrap_or(false),
            tls_mode: None,
            at_rest: input.flag("AtRestEncryptionEnabled").unwrap_or(engine == "valkey"),
            kms: input.filled("KmsKeyId").map(str::to_owned),
            tokens: Vec::new(),
            token_changed: None,
            user_groups: Vec::new(),
            logs: logs::read(input, engine, &version, &[])?,
            network_type: input.filled("NetworkType").unwrap_or("ipv4").into(),
            ip_discovery: input.filled("IpDiscovery").unwrap_or("ipv4").into(),
            data_tiering: input.flag("DataTieringEnabled").unwrap_or(false),
            durability: None,
            backup_at: None,
            window_at: None,
        };
        settings.check_encryption(context, input, id, kind)?;
        settings.check_network_and_tiering()?;
        if settings.data_tiering {
            check_tiered_policy(context, &settings.parameter_group)?;
        }
        Ok(settings)
    }

    fn check_encryption(&mut self, context: &Context, input: Input, id: &str, kind: Kind) -> Result<(), Failure> {
        let (engine, version) = (self.engine.as_str(), self.version.as_str());
        let least = if engine == "memcached" { "1.6.12" } else { "3.2.6" };
        if self.tls && engine != "valkey" && !catalog::at_least(version, least) {
            return Err(Failure::combination(format!(
                "Encryption in-transit is not supported for engine {engine} version {version}."
            )));
        }
        if self.tls && engine != "memcached" && kind == Kind::Cluster {
            return Err(Failure::combination(
                "Encryption features are not supported for engine REDIS outside of a replication group.",
            ));
        }
        match (input.filled("TransitEncryptionMode"), self.tls) {
            (Some(_), false) => {
                return Err(Failure::combination(
                    "TransitEncryptionMode can only be set when transit encryption is enabled.",
                ));
            }
            (Some(_), true) if engine == "redis" && !catalog::at_least(version, "7.0.5") => {
                return Err(Failure::combination(format!(
                    "TransitEncryptionMode is not supported for engine {engine} version {version}."
                )));
            }
            (Some(mode @ ("preferred" | "required")), true) => self.tls_mode = Some(mode.into()),
            (Some(mode), true) => return Err(Failure::value(format!("Invalid transit encryption mode: {mode}."))),
            (None, true) if engine != "memcached" => self.tls_mode = Some("required".into()),
            (None, _) => {}
        }
        let region_of = |arn: &str| arn.starts_with("arn:").then(|| arn.split(':').nth(3).unwrap_or("").to_owned());
        if self.kms.as_deref().and_then(region_of).is_some_and(|region| region != context.region_name) {
            return Err(Failure::value("The KMS key must be in the same region as the cache."));
        }
        if self.kms.is_some() && !self.at_rest {
            return Err(Failure::combination("KmsKeyId can only be set when encryption at rest is enabled."));
        }
        if let Some(token) = input.filled("AuthToken") {
            if engine == "memcached" {
                return Err(Failure::combination("AuthToken is not supported for engine memcached."));
            }
            if !self.tls {
                return Err(Failure::value("The AUTH token is only supported when encryption-in-transit is enabled."));
            }
            if self.tls_mode.as_deref() == Some("preferred") {
                return Err(Failure::combination(
                    "Transit encryption preferred is not supported with access control enabled clusters.",
                ));
            }
            check_token(token)?;
            self.tokens.push(digest(token, id));
            self.token_changed = Some(context.now);
        }
        Ok(())
    }

    fn check_network_and_tiering(&self) -> Result<(), Failure> {
        if !["ipv4", "ipv6", "dual_stack"].contains(&self.network_type.as_str()) {
            return Err(Failure::value(format!("Invalid network type: {}.", self.network_type)));
        }
        if self.network_type != "ipv4" {
            // Every subnet of the emulator is an IPv4 one.
            return Err(Failure::combination(format!(
                "The subnet group {} does not support the network type {}.",
                self.subnet_group, self.network_type
            )));
        }
        if self.ip_discovery != "ipv4" {
            return Err(Failure::combination(format!(
                "IpDiscovery {} is not supported for the network type {}.",
                self.ip_discovery, self.network_type
            )));
        }
        let tiered = self.node_type.starts_with("cache.r6gd.");
        if tiered != self.data_tiering {
            return Err(Failure::combination(if tiered {
                format!("Data tiering must be enabled for the cache node type {}.", self.node_type)
            } else {
                format!("Data tiering is not supported for the cache node type {}.", self.node_type)
            }));
        }
        Ok(())
    }
}

fn read_port(input: Input, engine: &str) -> Result<i64, Failure> {
    match input.number("Port") {
        None => Ok(if engine == "memcached" { 11_211 } else { 6_379 }),
        Some(port @ 1_024..=65_535) => Ok(port),
        Some(port) => Err(Failure::value(format!("Invalid port: {port}. The port must be between 1024 and 65535."))),
    }
}

/// `SnapshotRetentionLimit`: 0 to 35 days, and only where there are snapshots at all.
pub fn read_retention(input: Input, engine: &str, node_type: &str) -> Result<Option<i64>, Failure> {
    match input.number("SnapshotRetentionLimit") {
        Some(days) if !(0..=35).contains(&days) => {
            Err(Failure::value(format!("Invalid snapshot retention limit: {days}. It must be between 0 and 35.")))
        }
        Some(days) if days > 0 && engine == "memcached" => {
            Err(Failure::combination("SnapshotRetentionLimit is not supported for engine memcached."))
        }
        Some(days) if days > 0 && node_type == "cache.t1.micro" => {
            Err(Failure::combination("Snapshots are not supported on cache.t1.micro nodes."))
        }
        other => Ok(other),
    }
}
