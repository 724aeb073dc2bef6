//! The AWS side: SDK clients for an environment, and what reads and changes the objects of each kind.
//!
//! Nothing outside of this module names a type of the SDK. The emulator is only another HTTP client underneath,
//! so what runs against it is what runs against AWS. Knows no schema and decides nothing: it reads attributes and
//! issues the calls that it is given.

mod advice;
mod alarm;
mod api;
mod args;
mod attrs;
mod buckets;
mod cache_cluster;
mod clients;
mod composite_alarm;
mod config;
mod credentials;
mod dashboard;
mod day_two;
mod ec2;
mod errors;
mod events;
mod global_replication_group;
mod http;
pub mod in_process;
mod log_group;
mod log_metric_filter;
mod logged;
mod logs;
mod lookups;
pub mod objects;
mod pace;
mod paging;
mod parameter_group;
mod reading;
mod replication_group;
mod reserved_node;
mod security_group;
mod security_group_rule;
mod serverless_cache;
mod snapshot;
mod sns;
mod sns_subscription;
mod stored;
mod subnet_group;
mod tags;
#[cfg(test)]
mod tests;
mod time;
mod user;
mod user_group;
pub mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::emulator::Emulator;
use crate::kind::{Buckets, Call, Cloud, Event, Future_, Lookup, Observation, Remote, RemoteError, Reply, Vault};
use crate::stack::access::Access;
use crate::value::{Object, Value};
use clients::Account;
use errors::fatal;
use in_process::Handler;
pub use pace::Paces;
pub use web::Client;

/// Where requests go.
#[derive(Clone)]
pub enum Endpoint {
    /// Where the SDK's own configuration sends them: AWS, or `AWS_ENDPOINT_URL`.
    Aws,
    /// Every service behind one URL.
    Url(String),
    /// A function of this process.
    InProcess(Handler),
}

impl Endpoint {
    /// The built-in emulator, without a socket.
    pub fn emulator(emulator: Emulator) -> Self {
        Endpoint::InProcess(Arc::new(move |request| emulator.deliver(request)))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Aws => f.write_str("Aws"),
            Endpoint::Url(url) => write!(f, "Url({url})"),
            Endpoint::InProcess(_) => f.write_str("InProcess"),
        }
    }
}

/// Which account and endpoint an environment means.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The region of calls that belong to none; the SDK's own configuration where it is not given.
    pub region: Option<String>,
    /// Whose credentials, which roles, which endpoints and proxies.
    pub access: Arc<Access>,
    /// The account that an emulator is asked to play. Nothing is asked of AWS because of it.
    pub account_id: Option<String>,
    /// Where requests go.
    pub endpoint: Endpoint,
    /// The time that requests are signed with, and that waits between tries go by.
    pub clock: Arc<dyn Clock>,
    /// The paces of the run.
    pub paces: Paces,
    /// The environment that asks, for the log.
    pub environment: Option<Arc<str>>,
}

impl Settings {
    /// Settings that say nothing but where requests go.
    pub fn new(endpoint: Endpoint, clock: Arc<dyn Clock>) -> Self {
        Self {
            region: None,
            access: Arc::default(),
            account_id: None,
            endpoint,
            clock,
            paces: Paces::default(),
            environment: None,
        }
    }
}

/// Prepares the clients of an environment. Nothing is read or sent before the first use.
pub fn connect(settings: Settings) -> Result<Aws, RemoteError> {
    if let Endpoint::Url(url) = &settings.endpoint
        && !url.starts_with("http://")
        && !url.starts_with("https://")
    {
        return Err(fatal("InvalidEndpoint", format!("`{url}` is not an http or https URL")));
    }
    if let Endpoint::Url(url) = &settings.endpoint
        && crate::lang::declare::provider::has_user(url)
    {
        let why = "the URL has a user or a password in it, which are never sent: requests are signed; leave out what \
                   stands before the @";
        return Err(fatal("InvalidEndpoint", why));
    }
    Ok(Aws { account: Arc::new(Account::new(settings)) })
}

/// The AWS of one environment.
#[derive(Debug, Clone)]
pub struct Aws {
    account: Arc<Account>,
}

impl Aws {
    /// The URLs that are asked instead of AWS, as the SDK's configuration says.
    pub async fn urls(&self) -> Result<Vec<String>, RemoteError> {
        self.account.urls().await
    }

    /// The region of the settings, or that of the SDK's configuration.
    pub async fn region(&self) -> Result<Option<String>, RemoteError> {
        self.account.default_region().await
    }
}

impl Aws {
    /// The secrets that the account keeps in a region, by the names that `secret()` takes.
    pub fn stored(&self, region: &str) -> Arc<dyn Vault> {
        Arc::new(stored::Stored(Place { account: self.account.clone(), region: region.to_owned() }))
    }

    /// The buckets that the account can read, of a region if they do not say themselves.
    pub fn buckets(&self, region: &str) -> Arc<dyn Buckets> {
        if self.account.is_in_process() {
            return Arc::new(buckets::NoBuckets);
        }
        Arc::new(buckets::Objects(Place { account: self.account.clone(), region: region.to_owned() }))
    }
}

impl Cloud for Aws {
    fn remote(&self, kind: &str, region: &str) -> Arc<dyn Remote> {
        remote(kind, Place { account: self.account.clone(), region: region.to_owned() })
    }

    fn lookups(&self, region: &str) -> Arc<dyn Lookup> {
        Arc::new(lookups::Lookups(Place { account: self.account.clone(), region: region.to_owned() }))
    }

    fn events<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<Event>, RemoteError>> {
        let place = Place { account: self.account.clone(), region: region.to_owned() };
        Box::pin(async move { events::read(&place).await })
    }

    fn account(&self) -> Future_<'_, Result<String, RemoteError>> {
        Box::pin(async { Ok(self.account.identity().await?.account_id.clone()) })
    }
}

/// The objects of a kind at a place.
fn remote(kind: &str, place: Place) -> Arc<dyn Remote> {
    match crate::kinds::our_name(kind) {
        "subnet_group" => Arc::new(subnet_group::SubnetGroups(place)),
        "parameter_group" => Arc::new(parameter_group::ParameterGroups(place)),
        "replication_group" => Arc::new(replication_group::ReplicationGroups(place)),
        "global_replication_group" => Arc::new(global_replication_group::Globals(place)),
        "cache_cluster" => Arc::new(cache_cluster::CacheClusters(place)),
        "serverless_cache" => Arc::new(serverless_cache::ServerlessCaches(place)),
        "reserved_cache_node" => Arc::new(reserved_node::ReservedNodes(place)),
        "snapshot" => Arc::new(snapshot::Snapshots(place)),
        "user" => Arc::new(user::Users(place)),
        "user_group" => Arc::new(user_group::UserGroups(place)),
        "user_group_association" => Arc::new(user_group::Associations(place)),
        "alarm" => Arc::new(alarm::Alarms(place)),
        "log_group" => Arc::new(log_group::LogGroups(place)),
        "log_metric_filter" => Arc::new(log_metric_filter::MetricFilters(place)),
        "sns_topic" => Arc::new(sns::Topics(place)),
        "sns_topic_subscription" => Arc::new(sns_subscription::Subscriptions(place)),
        "dashboard" => Arc::new(dashboard::Dashboards(place)),
        "composite_alarm" => Arc::new(composite_alarm::CompositeAlarms(place)),
        "security_group_rule" => Arc::new(security_group_rule::ByName(place)),
        "vpc_security_group_ingress_rule" => Arc::new(security_group_rule::ById { place, egress: false }),
        "vpc_security_group_egress_rule" => Arc::new(security_group_rule::ById { place, egress: true }),
        "security_group" => Arc::new(security_group::SecurityGroups(place)),
        other => Arc::new(Unreachable { kind: other.to_owned() }),
    }
}

/// An account and a region in it.
#[derive(Debug, Clone)]
struct Place {
    account: Arc<Account>,
    region: String,
}

impl Place {
    async fn clients(&self) -> Result<Arc<clients::Clients>, RemoteError> {
        self.account.clients(&self.region).await
    }

    /// Adds the attribute `region`, which AWS does not tell because it is where we asked.
    fn located(&self, mut found: Found) -> Found {
        for observation in found.values_mut() {
            observation.object.insert("region".into(), Value::string(&self.region));
        }
        found
    }
}

/// Objects by the names that were asked for.
type Found = BTreeMap<String, Observation>;

/// A kind that there is no remote for.
#[derive(Debug)]
struct Unreachable {
    kind: String,
}

impl Unreachable {
    fn error(&self) -> RemoteError {
        missing(&self.kind)
    }
}

/// The error of a kind or look-up that nothing here reads.
fn missing(kind: &str) -> RemoteError {
    fatal("UnknownKind", format!("`{kind}` is nothing that can be read from AWS"))
}

impl Remote for Unreachable {
    fn read<'a>(&'a self, _: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Err(self.error()) })
    }

    fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Err(self.error()) })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async { Err(self.error()) })
    }

    fn invoke<'a>(&'a self, _: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { Err(self.error()) })
    }
}

/// The names of what was listed, in order and each once.
fn names<'a, T>(listed: &'a [T], name: impl Fn(&'a T) -> Option<&'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = listed.iter().filter_map(name).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Gives what was found under the names that were asked for; AWS keeps most names in lower case.
fn by_asked_name(ids: &[String], found: Found) -> Found {
    let pick = |id: &String| found.get(id).or_else(|| found.get(&id.to_lowercase())).cloned();
    ids.iter().filter_map(|id| Some((id.clone(), pick(id)?))).collect()
}

/// Up to this many objects are asked for by name; for more, the whole list is read.
const FEW: usize = 2;
