//! How AWS is reached: whose credentials, which roles, which endpoints, by way of what. What a `provider "aws"` block
//! says of it, under what the environment says, which wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::stack::secrets::Secrets;
use crate::value::{Data, Object, Secret, Value};

/// The way to AWS. Nothing of it is written anywhere, and [`fmt::Debug`] shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The named profile of the AWS configuration files.
    pub profile: Option<String>,
    /// Configuration files in the place of `~/.aws/config`.
    pub config_files: Vec<PathBuf>,
    /// Credentials files in the place of `~/.aws/credentials`.
    pub credentials_files: Vec<PathBuf>,
    /// Keys that are written out.
    pub keys: Option<Keys>,
    /// A role that a token of another identity provider opens.
    pub web_identity: Option<WebIdentity>,
    /// Roles, each assumed with the credentials of the one before.
    pub roles: Vec<Role>,
    /// URLs by the name of the service, as `endpoints` calls it.
    pub endpoints: BTreeMap<Arc<str>, String>,
    /// The region in which STS is asked.
    pub sts_region: Option<String>,
    /// Whether endpoints of FIPS are used.
    pub fips: Option<bool>,
    /// Whether endpoints of both protocols are used.
    pub dual_stack: Option<bool>,
    /// How often a request is sent at most.
    pub tries: Option<u32>,
    /// The proxy of requests to http URLs; also to https URLs where there is no other.
    pub http_proxy: Option<String>,
    /// The proxy of requests to https URLs.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without a proxy, with commas.
    pub no_proxy: Option<String>,
    /// A file of further root certificates.
    pub ca_bundle: Option<PathBuf>,
    /// Where EC2's metadata service is.
    pub metadata_endpoint: Option<String>,
    /// `IPv4` or `IPv6`.
    pub metadata_mode: Option<String>,
}

/// An access key that is written out.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Its id.
    pub access_key: Secret,
    /// Its secret.
    pub secret_key: Secret,
    /// The token of a session.
    pub token: Option<Secret>,
}

/// A session of a role.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The name of the session.
    pub session_name: Option<String>,
    /// What the owner of the role wants to hear.
    pub external_id: Option<String>,
    /// How long the session lasts.
    pub duration: Option<Duration>,
    /// A policy that narrows it.
    pub policy: Option<String>,
    /// Managed policies that narrow it.
    pub policy_arns: Vec<String>,
    /// Who is behind it.
    pub source_identity: Option<String>,
    /// Tags of the session.
    pub tags: BTreeMap<String, String>,
    /// The tags that go on to the next session.
    pub transitive_tag_keys: Vec<String>,
}

impl Role {
    /// A role of which nothing but the ARN is said.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), ..Self::default() }
    }

    /// The account of the role.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

/// A role and the token that opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The role.
    pub role: Role,
    /// The token.
    pub token: Option<Secret>,
    /// The file that holds it.
    pub token_file: Option<PathBuf>,
}

/// What an environment says of the way to AWS; it beats every provider.
#[derive(Debug, Clone, Default)]
pub struct Overriding {
    /// `profile`
    pub profile: Option<String>,
    /// `assume_role_arn`
    pub role: Option<String>,
    /// `endpoints`
    pub endpoints: BTreeMap<Arc<str>, String>,
    /// Whether `endpoint` sends everything to one place, so that no provider's `endpoints` count.
    pub elsewhere: bool,
}

/// What relative paths and secrets in a block are read with.
pub struct Surroundings<'a> {
    /// The directory of the stack.
    pub directory: &'a Path,
    /// What `~` stands for.
    pub home: Option<&'a Path>,
    /// Where secrets are read.
    pub secrets: &'a Secrets,
}

impl Access {
    /// Reads the arguments of a block that is wholly known.
    pub fn of(block: &Object, around: &Surroundings) -> Self {
        let read = Reader { block, around };
        let web = read.blocks("assume_role_with_web_identity").next();
        Self {
            profile: read.text("profile"),
            config_files: read.paths("shared_config_files"),
            credentials_files: read.paths("shared_credentials_files"),
            keys: read.keys(),
            web_identity: web.map(|web| WebIdentity {
                role: web.role(),
                token: web.secret("web_identity_token"),
                token_file: web.path("web_identity_token_file"),
            }),
            roles: read.blocks("assume_role").map(|role| role.role()).collect(),
            endpoints: read.blocks("endpoints").flat_map(|all| services(all.block)).collect(),
            sts_region: read.text("sts_region"),
            fips: read.truth("use_fips_endpoint"),
            dual_stack: read.truth("use_dualstack_endpoint"),
            tries: read.get("max_retries").and_then(Value::as_i64).and_then(|tries| tries.try_into().ok()),
            http_proxy: read.text("http_proxy"),
            https_proxy: read.text("https_proxy"),
            no_proxy: read.text("no_proxy"),
            ca_bundle: read.path("custom_ca_bundle"),
            metadata_endpoint: read.text("ec2_metadata_service_endpoint"),
            metadata_mode: read.text("ec2_metadata_service_endpoint_mode"),
        }
    }

    /// Puts what the environment says over it. A profile takes the place of whatever else says who begins, a role that
    /// of all roles.
    pub fn under(mut self, environment: &Overriding) -> Self {
        if environment.profile.is_some() {
            (self.profile, self.keys, self.web_identity) = (environment.profile.clone(), None, None);
        }
        if let Some(role) = &environment.role {
            self.roles = vec![Role::new(role)];
        }
        if environment.elsewhere {
            self.endpoints.clear();
        }
        self.endpoints.extend(environment.endpoints.clone());
        self
    }

    /// The arguments in which two ways to AWS differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let named = [
            ("profile", self.profile != other.profile),
            ("shared_config_files", self.config_files != other.config_files),
            ("shared_credentials_files", self.credentials_files != other.credentials_files),
            ("access_key", self.keys != other.keys),
            ("assume_role_with_web_identity", self.web_identity != other.web_identity),
            ("assume_role", self.roles != other.roles),
            ("endpoints", self.endpoints != other.endpoints),
            ("sts_region", self.sts_region != other.sts_region),
            ("use_fips_endpoint", self.fips != other.fips),
            ("use_dualstack_endpoint", self.dual_stack != other.dual_stack),
            ("max_retries", self.tries != other.tries),
            ("http_proxy", self.http_proxy != other.http_proxy),
            ("https_proxy", self.https_proxy != other.https_proxy),
            ("no_proxy", self.no_proxy != other.no_proxy),
            ("custom_ca_bundle", self.ca_bundle != other.ca_bundle),
            ("ec2_metadata_service_endpoint", self.metadata_endpoint != other.metadata_endpoint),
            ("ec2_metadata_service_endpoint_mode", self.metadata_mode != other.metadata_mode),
        ];
        named.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// The arguments that are set.
    pub fn given(&self) -> Vec<&'static str> {
        self.differences(&Self::default())
    }

    /// The account of the role that everything is done in, where there is one.
    pub fn role_account(&self) -> Option<&str> {
        self.roles.last().or(self.web_identity.as_ref().map(|web| &web.role))?.account()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given()).finish()
    }
}

/// The URLs that are set in an object of services.
fn services(object: &Object) -> impl Iterator<Item = (Arc<str>, String)> {
    object.iter().filter_map(|(name, url)| Some((name.clone(), url.as_str().filter(|url| !url.is_empty())?.to_owned())))
}

struct Reader<'a> {
    block: &'a Object,
    around: &'a Surroundings<'a>,
}

impl<'a> Reader<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.block.get(name).filter(|value| !value.is_null())
    }

    /// A text; an empty one is none, as in the provider.
    fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn truth(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.get(name).and_then(Value::as_items).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.texts(name).iter().map(|text| self.resolve(text)).collect()
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(|text| self.resolve(&text))
    }

    fn resolve(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.around.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.around.directory.join(text),
        }
    }

    /// A secret, read if its source is there; what cannot be read is missed when it is used.
    fn secret(&self, name: &str) -> Option<Secret> {
        let mut value = self.get(name)?.clone();
        let _ = self.around.secrets.read(&mut value);
        match &value.data {
            Data::Secret(secret) if secret.source.is_some() || secret.text.as_ref().is_some_and(|t| !t.is_empty()) => {
                Some((**secret).clone())
            }
            _ => None,
        }
    }

    fn keys(&self) -> Option<Keys> {
        let (access_key, secret_key) = (self.secret("access_key")?, self.secret("secret_key")?);
        Some(Keys { access_key, secret_key, token: self.secret("token") })
    }

    fn blocks(&self, name: &str) -> impl Iterator<Item = Reader<'a>> {
        let items = self.get(name).and_then(Value::as_items).unwrap_or_default();
        items.iter().filter_map(Value::as_object).map(|block| Reader { block, around: self.around })
    }

    fn role(&self) -> Role {
        let tags = self.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
        Role {
            arn: self.text("role_arn").unwrap_or_default(),
            session_name: self.text("session_name"),
            external_id: self.text("external_id"),
            duration: self.text("duration").and_then(|text| crate::clock::duration(&text).ok()),
            policy: self.text("policy"),
            policy_arns: self.texts("policy_arns"),
            source_identity: self.text("source_identity"),
            tags: tags.iter().filter_map(|(name, tag)| Some((name.to_string(), tag.as_str()?.to_owned()))).collect(),
            transitive_tag_keys: self.texts("transitive_tag_keys"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret { source: None, text: Some(text.into()) }
    }

    fn full() -> Access {
        Access {
            profile: Some("theirs".into()),
            keys: Some(Keys { access_key: secret("id"), secret_key: secret("planted"), token: None }),
            web_identity: Some(WebIdentity { role: Role::new("a"), token: Some(secret("planted")), token_file: None }),
            roles: vec![Role::new("b"), Role::new("c")],
            endpoints: BTreeMap::from([("ec2".into(), "http://theirs".into())]),
            ..Access::default()
        }
    }

    #[test]
    fn the_environment_beats_the_provider() {
        let profile = Overriding { profile: Some("ours".into()), ..Overriding::default() };
        let under = full().under(&profile);
        assert_eq!(under.given(), ["profile", "assume_role", "endpoints"]);
        assert_eq!(under.profile.as_deref(), Some("ours"));
        let role = Overriding { role: Some("ours".into()), ..Overriding::default() };
        assert_eq!(full().under(&role).roles.iter().map(|role| &role.arn).collect::<Vec<_>>(), ["ours"]);
        let ours = BTreeMap::from([("sts".into(), "http://ours".to_owned())]);
        let endpoints = Overriding { endpoints: ours.clone(), elsewhere: true, ..Overriding::default() };
        assert_eq!(full().under(&endpoints).endpoints, ours);
        assert_eq!(full().under(&Overriding::default()), full());
    }

    /// Each argument by itself makes another way of it, so that an alias cannot differ unseen.
    #[test]
    fn every_argument_counts_as_a_difference() {
        let table: [(&str, fn(&mut Access)); 17] = [
            ("profile", |access| access.profile = Some("x".into())),
            ("shared_config_files", |access| access.config_files.push("x".into())),
            ("shared_credentials_files", |access| access.credentials_files.push("x".into())),
            ("access_key", |access| access.keys = full().keys),
            ("assume_role_with_web_identity", |access| access.web_identity = full().web_identity),
            ("assume_role", |access| access.roles = full().roles),
            ("endpoints", |access| access.endpoints = full().endpoints),
            ("sts_region", |access| access.sts_region = Some("x".into())),
            ("use_fips_endpoint", |access| access.fips = Some(true)),
            ("use_dualstack_endpoint", |access| access.dual_stack = Some(true)),
            ("max_retries", |access| access.tries = Some(1)),
            ("http_proxy", |access| access.http_proxy = Some("x".into())),
            ("https_proxy", |access| access.https_proxy = Some("x".into())),
            ("no_proxy", |access| access.no_proxy = Some("x".into())),
            ("custom_ca_bundle", |access| access.ca_bundle = Some("x".into())),
            ("ec2_metadata_service_endpoint", |access| access.metadata_endpoint = Some("x".into())),
            ("ec2_metadata_service_endpoint_mode", |access| access.metadata_mode = Some("x".into())),
        ];
        for (name, change) in table {
            let mut access = Access::default();
            change(&mut access);
            assert_eq!(access.given(), [name]);
        }
    }

    #[test]
    fn nothing_of_it_is_printed_but_names() {
        let shown = format!("{:?}", full());
        assert!(shown.contains("access_key") && !shown.contains("planted") && !shown.contains("theirs"), "{shown}");
    }
}
