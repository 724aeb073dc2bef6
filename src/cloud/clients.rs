//! The SDK's clients: one set per region, made at first use, over one shared configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use tokio::sync::OnceCell;

use super::api::{self, EC2, KMS, LOGS, PRICING, S3, SECRETS, SNS, SSM};
use super::config::{self, Loaded};
use super::errors::fatal;
use super::pace::Pace;
use super::{Endpoint, Settings, credentials};
use crate::kind::RemoteError;

/// Everything that belongs to the credentials of one environment.
#[derive(Debug)]
pub struct Account {
    settings: Settings,
    config: OnceCell<Loaded>,
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
    /// CloudWatch Logs.
    pub logs: Service<api::Client>,
    /// SNS.
    pub sns: Service<api::Client>,
    /// Systems Manager.
    pub ssm: Service<api::Client>,
    /// Secrets Manager.
    pub secrets: Service<api::Client>,
    /// Key Management Service.
    pub kms: Service<api::Client>,
    /// Prices.
    pub pricing: Service<api::Client>,
    /// Resource Groups Tagging; none where other services are elsewhere, and nobody says where this one is.
    pub tagging: Option<Service<aws_sdk_resourcegroupstagging::Client>>,
    /// EC2.
    pub ec2: Service<api::Client>,
}

/// The names of the tagging API in `endpoints`, and those of the services whose tags it tells.
const TAGGING: [&str; 2] = ["resourcegroupstaggingapi", "resourcegroupstagging"];
const TAGGED: [&str; 7] = ["elasticache", "cloudwatch", "ec2", "cloudwatchlogs", "cloudwatchlog", "logs", "sns"];

impl Account {
    /// Keeps the settings until the first use.
    pub fn new(settings: Settings) -> Self {
        Self { settings, config: OnceCell::new(), identity: OnceCell::new(), regions: Mutex::default() }
    }

    /// The time that waits go by.
    pub fn clock(&self) -> Arc<dyn crate::clock::Clock> {
        self.settings.clock.clone()
    }

    /// The region of the settings or of the SDK's configuration.
    pub async fn default_region(&self) -> Result<Option<String>, RemoteError> {
        Ok(self.config().await?.sdk.region().map(ToString::to_string))
    }

    /// Whether requests are answered by a function of this process.
    pub fn is_in_process(&self) -> bool {
        matches!(self.settings.endpoint, Endpoint::InProcess(_))
    }

    /// A client for the objects of S3, which nobody needs often enough to keep one.
    pub async fn objects(&self, region: &str, endpoint: Option<&str>) -> Result<Service<api::Client>, RemoteError> {
        let config = self.config().await?.sdk.to_builder().region(Region::new(region.to_owned()));
        let config = config.retry_config(RetryConfig::disabled()).build();
        let mut config = self.settings.at(&config, &["s3"]);
        if let Some(url) = endpoint {
            config = config.to_builder().endpoint_url(url).build();
        }
        Ok(self.service(region, "s3", api::Client::new(&config, &S3)))
    }

    /// The clients of a region.
    pub async fn clients(&self, region: &str) -> Result<Arc<Clients>, RemoteError> {
        if region.is_empty() {
            return Err(fatal("NoRegion", "no region is given, neither in the stack nor in the AWS configuration"));
        }
        let config = self.config().await?.sdk.to_builder().region(Region::new(region.to_owned())).build();
        let mut regions = self.regions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let clients = regions.entry(region.to_owned()).or_insert_with(|| Arc::new(self.make(region, &config)));
        Ok(clients.clone())
    }

    fn make(&self, region: &str, config: &SdkConfig) -> Clients {
        // Trying again is the business of `Pace`.
        let config = config.to_builder().retry_config(RetryConfig::disabled()).build();
        let at = |names: &[&str]| self.settings.at(&config, names);
        Clients {
            elasticache: self.service(region, "elasticache", aws_sdk_elasticache::Client::new(&at(&["elasticache"]))),
            cloudwatch: self.service(region, "cloudwatch", aws_sdk_cloudwatch::Client::new(&at(&["cloudwatch"]))),
            logs: self.service(
                region,
                "logs",
                api::Client::new(&at(&["cloudwatchlogs", "cloudwatchlog", "logs"]), &LOGS),
            ),
            sns: self.service(region, "sns", api::Client::new(&at(&["sns"]), &SNS)),
            ssm: self.service(region, "ssm", api::Client::new(&at(&["ssm"]), &SSM)),
            secrets: self.service(region, "secretsmanager", api::Client::new(&at(&["secretsmanager"]), &SECRETS)),
            kms: self.service(region, "kms", api::Client::new(&at(&["kms"]), &KMS)),
            pricing: self.service(region, "pricing", api::Client::new(&at(&["pricing"]), &PRICING)),
            tagging: (self.settings.is_named(&TAGGING) || !self.settings.is_named(&TAGGED))
                .then(|| self.service(region, "tagging", aws_sdk_resourcegroupstagging::Client::new(&at(&TAGGING)))),
            ec2: self.service(region, "ec2", api::Client::new(&at(&["ec2"]), &EC2)),
        }
    }

    /// A client at the pace of its place. Who the credentials are is known before anything of the account is read; until
    /// then nobody else is known to share a limit, nor is that so in an emulator of one's own.
    fn service<C>(&self, region: &str, name: &'static str, client: C) -> Service<C> {
        let place = |identity: &Identity| {
            let url = match &self.settings.endpoint {
                Endpoint::Aws => "",
                Endpoint::Url(url) => url,
                Endpoint::InProcess(_) => return None,
            };
            Some((url.to_owned(), identity.account_id.clone(), region.to_owned(), name))
        };
        let shared = self.identity.get().and_then(place).map(|place| self.settings.paces.of(place));
        let pace = Pace::new(self.settings.clock.clone(), self.settings.access.tries, shared.unwrap_or_default());
        Service { client, pace }
    }

    /// Asks STS once who the credentials are.
    pub async fn identity(&self) -> Result<&Identity, RemoteError> {
        let ask = async || {
            let loaded = self.config().await?;
            let once = loaded.sdk.to_builder().retry_config(RetryConfig::disabled()).build();
            let sts = self.service("", "sts", credentials::sts(&self.settings, &once));
            let answer = sts.pace.send(|| sts.client.get_caller_identity().send()).await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => return Err(credentials::explained(&self.settings, loaded, error).await),
            };
            Ok(Identity {
                account_id: answer.account.unwrap_or_default(),
                arn: answer.arn.unwrap_or_default(),
                user_id: answer.user_id.unwrap_or_default(),
            })
        };
        self.identity.get_or_try_init(ask).await
    }

    /// The URLs that are asked instead of AWS.
    pub async fn urls(&self) -> Result<Vec<String>, RemoteError> {
        Ok(config::configured_urls(&self.config().await?.sdk))
    }

    async fn config(&self) -> Result<&Loaded, RemoteError> {
        self.config.get_or_try_init(|| config::load(&self.settings)).await
    }
}
