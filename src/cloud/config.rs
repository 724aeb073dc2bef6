//! From settings to the configuration of the SDK.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::service_config::ServiceConfigKey;

use super::errors::fatal;
use super::in_process::InProcess;
use super::time::SdkClock;
use super::{Endpoint, Settings, credentials, http, logged};
use crate::disk;
use crate::kind::RemoteError;

/// A configuration, and who begins.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration, with the credentials of the last role.
    pub sdk: SdkConfig,
    /// The credentials before any role.
    pub base: SharedCredentialsProvider,
}

/// Makes the configuration. Asks no service anything, but may read files.
pub async fn load(settings: &Settings) -> Result<Loaded, RemoteError> {
    if let Endpoint::InProcess(handler) = &settings.endpoint {
        let sdk = in_process(settings, InProcess(handler.clone()));
        let base = sdk.credentials_provider().expect("it was just set");
        return Ok(Loaded { sdk, base });
    }
    let access = &settings.access;
    let clock = SdkClock(settings.clock.clone());
    let tries = access.tries.unwrap_or(5);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .app_name(AppName::new("cachestack").expect("letters only"))
        .retry_config(RetryConfig::standard().with_max_attempts(tries))
        .sleep_impl(clock.clone())
        .time_source(clock)
        .http_client(http::client(access, settings.environment.as_ref())?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(Duration::from_secs(30))
                .operation_timeout(Duration::from_secs(120))
                .build(),
        );
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(files) = profile_files(settings)? {
        loader = loader.profile_files(files);
    }
    if let Some(fips) = access.fips {
        loader = loader.use_fips(fips);
    }
    if let Some(dual_stack) = access.dual_stack {
        loader = loader.use_dual_stack(dual_stack);
    }
    if let Endpoint::Url(url) = &settings.endpoint {
        loader = loader.endpoint_url(url);
    }
    let config = loader.load().await;
    let base = credentials::base(settings, &config).await?;
    Ok(Loaded { sdk: credentials::through_roles(settings, config, base.clone()), base })
}

/// The URLs that the SDK's own configuration puts in the place of AWS: for everything, or for one service that we ask.
pub fn configured_urls(sdk: &SdkConfig) -> Vec<String> {
    let services = ["ElastiCache", "EC2", "CloudWatch", "CloudWatch Logs", "SNS", "STS", "Resource Groups Tagging API"];
    let of = |service| own_url(sdk, service);
    sdk.endpoint_url().map(str::to_owned).into_iter().chain(services.into_iter().filter_map(of)).collect()
}

/// The URL that the SDK's own configuration puts in the place of a service, by its service id.
pub fn url_of(sdk: &SdkConfig, service: &'static str) -> Option<String> {
    own_url(sdk, service).or_else(|| sdk.endpoint_url().map(str::to_owned))
}

fn own_url(sdk: &SdkConfig, service: &'static str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    sdk.service_config()?.load_config(key.build().ok()?)
}

/// The files that profiles are looked up in, where they are not the usual ones. A file that is named is there.
pub fn profile_files(settings: &Settings) -> Result<Option<EnvConfigFiles>, RemoteError> {
    let access = &settings.access;
    if access.config_files.is_empty() && access.credentials_files.is_empty() {
        return Ok(None);
    }
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(access.config_files.is_empty())
        .include_default_credentials_file(access.credentials_files.is_empty());
    let named = |kind: EnvConfigFileKind, all: &[PathBuf]| -> Vec<(EnvConfigFileKind, PathBuf)> {
        all.iter().map(|path| (kind, path.clone())).collect()
    };
    let all = [
        named(EnvConfigFileKind::Config, &access.config_files),
        named(EnvConfigFileKind::Credentials, &access.credentials_files),
    ];
    for (kind, path) in all.concat() {
        file(&path, "shared_config_files and shared_credentials_files")?;
        files = files.with_file(kind, path);
    }
    Ok(Some(files.build()))
}

/// Reads a file that an argument names.
pub fn file(path: &std::path::Path, argument: &str) -> Result<Vec<u8>, RemoteError> {
    let wrong = |why: String| fatal("NoFile", format!("{argument}: {}: {why}", path.display()));
    disk::read(path).map_err(|error| wrong(error.to_string()))?.ok_or_else(|| wrong("there is no such file".to_owned()))
}

/// Asks nothing of the machine: no files, no environment, and no time-outs that a virtual clock would run into.
pub fn in_process(settings: &Settings, client: InProcess) -> SdkConfig {
    let clock = SdkClock(settings.clock.clone());
    // The account of the role is as good as a session of the role.
    let account = settings.access.role_account().or(settings.account_id.as_deref());
    let account = account.unwrap_or(credentials::TEST_ACCOUNT).to_owned();
    let region = settings.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url("http://in-process.invalid")
        .http_client(logged::client(client, settings.environment.as_ref()))
        .credentials_provider(SharedCredentialsProvider::new(credentials::test(account)))
        .identity_cache(IdentityCache::no_cache())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .sleep_impl(clock.clone())
        .time_source(clock)
        .build()
}

impl Settings {
    /// Whether a service has a URL of its own, under any of those names.
    pub(super) fn is_named(&self, service: &[&str]) -> bool {
        let in_process = matches!(self.endpoint, Endpoint::InProcess(_));
        !in_process && service.iter().any(|name| self.access.endpoints.contains_key(*name))
    }

    /// The configuration for a service, under any of its names: its own URL where it has one.
    pub(super) fn at(&self, config: &SdkConfig, service: &[&str]) -> SdkConfig {
        let url = service.iter().find_map(|name| self.access.endpoints.get(*name));
        match (&self.endpoint, url) {
            (Endpoint::InProcess(_), _) | (_, None) => config.clone(),
            (_, Some(url)) => config.to_builder().endpoint_url(url).build(),
        }
    }
}
