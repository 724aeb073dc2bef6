//! The SDK's clients: one set per region, made at first use, over one shared configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::OnceCell;

use super::errors::fatal;
use super::in_process::InProcess;
use super::pace::Pace;
use super::time::SdkClock;
use super::{Endpoint, Settings};
use crate::kind::RemoteError;

/// The account of an emulator that was not told any.
const TEST_ACCOUNT: &str = "000000000000";

/// Everything that belongs to the credentials of one environment.
#[derive(Debug)]
pub struct Account {
    settings: Settings,
    config: OnceCell<SdkConfig>,
    identity: OnceCell<Identity>,
    regions: Mutex<BTreeMap<String, Arc<Clients>>>,
}

/// Who the credentials are.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Twelve digits.
    pub account_id: String,
    /// The user or the session of a role.
    pub arn: String,
    /// The unique id of the user or role.
    pub user_id: String,
}

/// A client and the pace of its calls.
#[derive(Debug)]
pub struct Service<C> {
    /// The SDK's client.
    pub client: C,
    /// How fast calls go out.
    pub pace: Pace,
}

/// The clients of one region.
#[derive(Debug)]
pub struct Clients {
    /// ElastiCache.
    pub elasticache: Service<aws_sdk_elasticache::Client>,
    /// CloudWatch.
    pub cloudwatch: Service<aws_sdk_cloudwatch::Client>,
    /// Resource Groups Tagging.
    pub tagging: Service<aws_sdk_resourcegroupstagging::Client>,
    /// EC2.
    #[cfg(feature = "ec2")]
    pub ec2: Service<aws_sdk_ec2::Client>,
}

impl Account {
    /// Keeps the settings until the first use.
    pub fn new(settings: Settings) -> Self {
        Self { settings, config: OnceCell::new(), identity: OnceCell::new(), regions: Mutex::default() }
    }

    /// The time that waits go by.
    #[cfg(feature = "ec2")]
    pub fn clock(&self) -> Arc<dyn crate::clock::Clock> {
        self.settings.clock.clone()
    }

    /// The region of the settings or of the SDK's configuration.
    pub async fn default_region(&self) -> Option<String> {
        self.config().await.region().map(ToString::to_string)
    }

    /// The clients of a region.
    pub async fn clients(&self, region: &str) -> Result<Arc<Clients>, RemoteError> {
        if region.is_empty() {
            return Err(fatal("NoRegion", "no region is given, neither in the stack nor in the AWS configuration"));
        }
        let config = self.config().await.to_builder().region(Region::new(region.to_owned())).build();
        let mut regions = self.regions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let clients = regions.entry(region.to_owned()).or_insert_with(|| Arc::new(self.make(&config)));
        Ok(clients.clone())
    }

    fn make(&self, config: &SdkConfig) -> Clients {
        // Trying again is the business of `Pace`.
        let once = RetryConfig::disabled();
        let elasticache = aws_sdk_elasticache::config::Builder::from(config).retry_config(once.clone()).build();
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(config).retry_config(once.clone()).build();
        let tagging = aws_sdk_resourcegroupstagging::config::Builder::from(config).retry_config(once.clone()).build();
        #[cfg(feature = "ec2")]
        let ec2 = aws_sdk_ec2::config::Builder::from(config).retry_config(once).build();
        Clients {
            elasticache: self.service(aws_sdk_elasticache::Client::from_conf(elasticache)),
            cloudwatch: self.service(aws_sdk_cloudwatch::Client::from_conf(cloudwatch)),
            tagging: self.service(aws_sdk_resourcegroupstagging::Client::from_conf(tagging)),
            #[cfg(feature = "ec2")]
            ec2: self.service(aws_sdk_ec2::Client::from_conf(ec2)),
        }
    }

    fn service<C>(&self, client: C) -> Service<C> {
        Service { client, pace: Pace::new(self.settings.clock.clone()) }
    }

    /// Asks STS once who the credentials are.
    pub async fn identity(&self) -> Result<&Identity, RemoteError> {
        let ask = async || {
            let mut config = self.config().await.to_builder();
            if self.config().await.region().is_none() {
                config = config.region(Region::from_static("us-east-1"));
            }
            let config = aws_sdk_sts::config::Builder::from(&config.build()).retry_config(RetryConfig::disabled());
            let sts = self.service(aws_sdk_sts::Client::from_conf(config.build()));
            let answer = sts.pace.send(|| sts.client.get_caller_identity().send()).await?;
            Ok(Identity {
                account_id: answer.account.unwrap_or_default(),
                arn: answer.arn.unwrap_or_default(),
                user_id: answer.user_id.unwrap_or_default(),
            })
        };
        self.identity.get_or_try_init(ask).await
    }

    async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| load(&self.settings)).await
    }
}

async fn load(settings: &Settings) -> SdkConfig {
    if let Endpoint::InProcess(handler) = &settings.endpoint {
        return in_process(settings, InProcess(handler.clone()));
    }
    let clock = SdkClock(settings.clock.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .app_name(AppName::new("cachestack").expect("letters only"))
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .sleep_impl(clock.clone())
        .time_source(clock);
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    loader = loader.timeout_config(
        TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(30))
            .operation_timeout(Duration::from_secs(120))
            .build(),
    );
    if let Endpoint::Url(url) = &settings.endpoint {
        loader = loader.endpoint_url(url);
    }
    let mut config = loader.load().await;
    // The URL may come from the environment as well.
    if config.endpoint_url().is_some_and(is_loopback) {
        let provider = SharedCredentialsProvider::new(loopback_credentials(settings));
        config = config.into_builder().credentials_provider(provider).build();
    }
    assume_role(config, settings).await
}

/// Asks nothing of the machine: no files, no environment, and no time-outs that a virtual clock would run into.
fn in_process(settings: &Settings, client: InProcess) -> SdkConfig {
    let clock = SdkClock(settings.clock.clone());
    // The account of the role is as good as a session of the role.
    let of_role = settings.assume_role_arn.as_deref().and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
    let account = of_role.or_else(|| settings.account_id.clone()).unwrap_or_else(|| TEST_ACCOUNT.to_owned());
    let region = settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url("http://in-process.invalid")
        .http_client(client)
        .credentials_provider(SharedCredentialsProvider::new(test_credentials(account)))
        .identity_cache(IdentityCache::no_cache())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .sleep_impl(clock.clone())
        .time_source(clock)
        .build()
}

async fn assume_role(config: SdkConfig, settings: &Settings) -> SdkConfig {
    let Some(role) = &settings.assume_role_arn else { return config };
    let provider = AssumeRoleProvider::builder(role).session_name("cachestack").configure(&config).build().await;
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// An emulator takes any credentials. The metadata service of EC2 is not asked: it answers slowly where there is none.
fn loopback_credentials(settings: &Settings) -> CredentialsProviderChain {
    let mut profile = ProfileFileCredentialsProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let account = settings.account_id.clone().unwrap_or_else(|| TEST_ACCOUNT.to_owned());
    CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile.build())
        .or_else("Test", test_credentials(account))
}

/// The built-in emulator takes an access key of twelve digits as the account.
fn test_credentials(account: String) -> Credentials {
    Credentials::new(account, "test", None, None, "test")
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_local_address = || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    name == "localhost" || name.ends_with(".localhost") || is_local_address()
}
