//! Who the requests come from: keys, a profile, a token of another identity provider, the SDK's usual places; then the
//! roles, one after another. What somebody names is used or fails: nothing else takes its place.

use std::fmt;
use std::time::SystemTime;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use aws_types::os_shim_internal::{Env, Fs};

use super::config::{Loaded, file, profile_files};
use super::errors::{self, fatal};
use super::time::SdkClock;
use super::{Settings, http};
use crate::diag::did_you_mean;
use crate::kind::RemoteError;
use crate::stack::access::{Role, WebIdentity};
use crate::value::Secret;

/// The account of an emulator that was not told any.
pub const TEST_ACCOUNT: &str = "000000000000";

/// The built-in emulator takes an access key of twelve digits as the account.
pub fn test(account: String) -> Credentials {
    Credentials::new(account, "test", None, None, "test")
}

/// The credentials before any role.
pub async fn base(settings: &Settings, config: &SdkConfig) -> Result<SharedCredentialsProvider, RemoteError> {
    let access = &settings.access;
    if let Some(keys) = &access.keys {
        let token = keys.token.as_ref().map(|token| secret("token", token)).transpose()?;
        let (id, key) = (secret("access_key", &keys.access_key)?, secret("secret_key", &keys.secret_key)?);
        return Ok(SharedCredentialsProvider::new(Credentials::new(id, key, token, None, "provider")));
    }
    if let Some(web) = &access.web_identity {
        return Ok(SharedCredentialsProvider::new(OpenedByToken::new(settings, config, web)?));
    }
    if access.profile.is_some() {
        return Ok(SharedCredentialsProvider::new(of_profile(settings, config)?));
    }
    // The URL may come from the environment as well.
    if config.endpoint_url().is_some_and(is_loopback) {
        return Ok(SharedCredentialsProvider::new(of_loopback(settings, config)?));
    }
    if access.metadata_endpoint.is_some() || access.metadata_mode.is_some() {
        return Ok(SharedCredentialsProvider::new(of_machine(settings, config).await?));
    }
    config.credentials_provider().ok_or_else(|| fatal("NoCredentials", "the SDK has no credentials to look for"))
}

fn secret(name: &str, secret: &Secret) -> Result<String, RemoteError> {
    secret.text.as_deref().map(str::to_owned).ok_or_else(|| {
        let source = secret.source.as_deref().unwrap_or("its source");
        fatal("NoSecret", format!("`{name}` of the provider: the secret {source} is not there"))
    })
}

/// What the SDK's own providers go by.
fn surroundings(settings: &Settings, config: &SdkConfig) -> Result<ProviderConfig, RemoteError> {
    let clock = SdkClock(settings.clock.clone());
    let region = config.region().cloned().unwrap_or(Region::from_static("us-east-1"));
    Ok(ProviderConfig::without_region()
        .with_region(Some(region))
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack())
        .with_sleep_impl(clock.clone())
        .with_time_source(clock)
        .with_http_client(http::client(&settings.access, settings.environment.as_ref())?))
}

/// The named profile, or the one that `AWS_PROFILE` names.
fn of_profile(settings: &Settings, config: &SdkConfig) -> Result<ProfileFileCredentialsProvider, RemoteError> {
    let mut profile = ProfileFileCredentialsProvider::builder().configure(&surroundings(settings, config)?);
    if let Some(name) = &settings.access.profile {
        profile = profile.profile_name(name);
    }
    if let Some(files) = profile_files(settings)? {
        profile = profile.profile_files(files);
    }
    Ok(profile.build())
}

/// An emulator takes any credentials. The metadata service of EC2 is not asked: it answers slowly where there is none.
fn of_loopback(settings: &Settings, config: &SdkConfig) -> Result<CredentialsProviderChain, RemoteError> {
    let account = settings.account_id.clone().unwrap_or_else(|| TEST_ACCOUNT.to_owned());
    Ok(CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", of_profile(settings, config)?)
        .or_else("Test", test(account)))
}

/// The usual places, the last of them EC2's metadata service at another address.
async fn of_machine(settings: &Settings, config: &SdkConfig) -> Result<DefaultCredentialsChain, RemoteError> {
    let surroundings = surroundings(settings, config)?;
    let mut client = imds::Client::builder().configure(&surroundings);
    if let Some(url) = &settings.access.metadata_endpoint {
        let wrong = |_| fatal("InvalidEndpoint", format!("ec2_metadata_service_endpoint: `{url}` is not a URL"));
        client = client.endpoint(url).map_err(wrong)?;
    }
    if let Some(mode) = &settings.access.metadata_mode {
        let v6 = mode == "IPv6";
        client =
            client.endpoint_mode(if v6 { imds::client::EndpointMode::IpV6 } else { imds::client::EndpointMode::IpV4 });
    }
    Ok(DefaultCredentialsChain::builder().imds_client(client.build()).configure(surroundings).build().await)
}

/// STS as the settings want it asked: region and URL of its own, where there are any.
pub fn sts(settings: &Settings, config: &SdkConfig) -> aws_sdk_sts::Client {
    let region = settings.access.sts_region.clone().map(Region::new).or_else(|| config.region().cloned());
    let config = config.to_builder().region(region.unwrap_or(Region::from_static("us-east-1"))).build();
    aws_sdk_sts::Client::new(&settings.at(&config, &["sts"]))
}

/// The configuration with the credentials of the last role.
pub fn through_roles(settings: &Settings, config: SdkConfig, base: SharedCredentialsProvider) -> SdkConfig {
    let with = |config: &SdkConfig, provider| config.to_builder().credentials_provider(provider).build();
    settings.access.roles.iter().fold(with(&config, base), |config, role| {
        let sts = sts(settings, &config.to_builder().identity_cache(IdentityCache::no_cache()).build());
        with(&config, SharedCredentialsProvider::new(Assumed { sts, role: role.clone() }))
    })
}

/// A session of a role that the credentials before it may assume.
struct Assumed {
    sts: aws_sdk_sts::Client,
    role: Role,
}

impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Assumed").field(&self.role.arn).finish()
    }
}

impl Assumed {
    async fn open(&self) -> provider::Result {
        let role = &self.role;
        let tags = role.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(CredentialsError::invalid_configuration)?;
        let request = self
            .sts
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(session_name(role))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(seconds(role))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role))
            .set_source_identity(role.source_identity.clone())
            .set_tags(some(tags))
            .set_transitive_tag_keys(some(role.transitive_tag_keys.clone()));
        let answer = request.send().await.map_err(|error| refused(&role.arn, errors::from_sdk(&error)))?;
        credentials(answer.credentials)
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.open())
    }
}

/// A session of a role that a token opens; the request needs no credentials.
struct OpenedByToken {
    sts: aws_sdk_sts::Client,
    web: WebIdentity,
}

impl fmt::Debug for OpenedByToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenedByToken").field(&self.web.role.arn).finish()
    }
}

impl OpenedByToken {
    fn new(settings: &Settings, config: &SdkConfig, web: &WebIdentity) -> Result<Self, RemoteError> {
        let opened = Self { sts: sts(settings, config), web: web.clone() };
        opened.token()?;
        Ok(opened)
    }

    /// The token as it is now: the file is written anew before it expires.
    fn token(&self) -> Result<String, RemoteError> {
        match (&self.web.token, &self.web.token_file) {
            (Some(token), _) => secret("web_identity_token", token),
            (None, Some(path)) => {
                let bytes = file(path, "web_identity_token_file")?;
                let text =
                    String::from_utf8(bytes).map_err(|_| fatal("NoFile", "web_identity_token_file: not UTF-8"))?;
                Ok(text.trim().to_owned())
            }
            (None, None) => Err(fatal("NoSecret", "assume_role_with_web_identity has no token")),
        }
    }

    async fn open(&self) -> provider::Result {
        let role = &self.web.role;
        let token = self.token().map_err(|error| refused(&role.arn, error))?;
        let request = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&role.arn)
            .role_session_name(session_name(role))
            .web_identity_token(token)
            .set_duration_seconds(seconds(role))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role));
        let answer = request.send().await.map_err(|error| refused(&role.arn, errors::from_sdk(&error)))?;
        credentials(answer.credentials)
    }
}

impl ProvideCredentials for OpenedByToken {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.open())
    }
}

fn refused(arn: &str, error: RemoteError) -> CredentialsError {
    CredentialsError::provider_error(format!("{arn} cannot be assumed: {error}"))
}

fn session_name(role: &Role) -> &str {
    role.session_name.as_deref().unwrap_or("cachestack")
}

fn seconds(role: &Role) -> Option<i32> {
    role.duration.and_then(|duration| duration.as_secs().try_into().ok())
}

fn policies(role: &Role) -> Option<Vec<PolicyDescriptorType>> {
    some(role.policy_arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect())
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn credentials(session: Option<aws_sdk_sts::types::Credentials>) -> provider::Result {
    let session = session.ok_or_else(|| CredentialsError::unhandled("STS answered without credentials"))?;
    let expires = SystemTime::try_from(session.expiration).map_err(CredentialsError::unhandled)?;
    let (id, key, token) = (session.access_key_id, session.secret_access_key, session.session_token);
    Ok(Credentials::new(id, key, Some(token), Some(expires), "sts"))
}

/// An error of missing credentials with what to do about it. Whether the credentials or a role failed is found out by
/// asking for the credentials again.
pub async fn explained(settings: &Settings, loaded: &Loaded, mut error: RemoteError) -> RemoteError {
    let begins = error.code == errors::NO_CREDENTIALS && loaded.base.provide_credentials().await.is_err();
    if begins && settings.access.keys.is_none() && settings.access.web_identity.is_none() {
        error.message = advice(settings, &error.message).await;
    }
    error
}

const EMULATOR: &str = "try the stack without an account: --endpoint emulator";

async fn advice(settings: &Settings, why: &str) -> String {
    let why = told(why);
    let named = settings.access.profile.clone();
    let by_variable = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
    let Some(name) = named.clone().or(by_variable) else {
        return format!(
            "there are no AWS credentials. Choose a profile with AWS_PROFILE, log in with `aws sso login`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or {EMULATOR} ({why})"
        );
    };
    let place = if named.is_some() { "`profile` of the environment or provider" } else { "AWS_PROFILE" };
    let files = profile_files(settings).ok().flatten().unwrap_or_default();
    let known = profile::load(&Fs::real(), &Env::real(), &files, Some(name.clone().into())).await.ok();
    match known.filter(|known| known.get_profile(&name).is_none()) {
        None => format!(
            "the profile \"{name}\" gives no credentials. Log in with `aws sso login --profile {name}`, name another one in {place}, or {EMULATOR} ({why})"
        ),
        Some(known) => {
            let hint = existing(&name, known.profiles());
            format!(
                "the profile \"{name}\" does not exist. {hint} Make it with `aws configure sso --profile {name}`, name another one in {place}, or {EMULATOR}"
            )
        }
    }
}

/// Why nothing gave credentials, in one line without the layers of the SDK. Where it came down to the metadata service, as
/// it does on any machine outside of AWS, what was looked at says more.
fn told(why: &str) -> String {
    let why = why.lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    match why.rsplit_once("an error occurred while loading credentials: ") {
        Some((_, last)) if last.contains("IMDS") => {
            "there are none in the variables, the files in ~/.aws, and the metadata service of EC2".to_owned()
        }
        Some((_, last)) => last.to_owned(),
        None => why,
    }
}

/// The profiles that there are, or the one that was probably meant.
fn existing<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None if known.is_empty() => "There are no profiles at all.".to_owned(),
        None => format!("There are: {}.", known.join(", ")),
    }
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
