//! The look-ups of `data` blocks: what is there already and is not ours to change.

mod network;
mod notices;
mod query;
mod regions;
mod snapshot;
mod stored;
mod updates;
mod vpc;

use super::attrs::Attrs;
use super::errors::fatal;
use super::{Place, missing, reserved_node};
use crate::kind::{ErrorClass, Future_, Kind, Lookup, RemoteError};
use crate::kinds::{self, tags};
use crate::value::{Object, Type, Value};

/// The look-ups of a region.
#[derive(Debug)]
pub(super) struct Lookups(pub Place);

impl Lookup for Lookups {
    fn lookup<'a>(&'a self, kind: &'a str, args: &'a Object) -> Future_<'a, Result<Object, RemoteError>> {
        Box::pin(async move {
            // What was asked for stays in the answer; what was found overwrites it.
            let mut found = Attrs(args.clone());
            found.0.extend(self.find(kinds::our_name(kind), args).await?.0);
            found.text("region", Some(&self.0.region));
            Ok(found.0)
        })
    }
}

impl Lookups {
    async fn find(&self, kind: &str, args: &Object) -> Result<Attrs, RemoteError> {
        match kind {
            "region" => regions::find(&self.0.region, args),
            "caller_identity" => self.caller().await,
            "log_group" => notices::log_group(&*self.0.clients().await?, args).await,
            "log_groups" => notices::log_groups(&*self.0.clients().await?, &self.0.region, args).await,
            "reserved_cache_node_offering" => reserved_node::offering(&*self.0.clients().await?, args).await,
            "snapshot" => snapshot::find(&*self.0.clients().await?, args).await,
            "ssm_parameter" => stored::ssm_parameter(&*self.0.clients().await?, args).await,
            "secretsmanager_secret" => stored::secret(&*self.0.clients().await?, args).await,
            "secretsmanager_secret_version" => stored::secret_version(&*self.0.clients().await?, args).await,
            "kms_key" => stored::kms_key(&*self.0.clients().await?, args).await,
            "kms_alias" => stored::kms_alias(&*self.0.clients().await?, args).await,
            "service_updates" => updates::find(&*self.0.clients().await?, &self.0.region, args).await,
            "sns_topic" => notices::topic(&self.0, args).await,
            "vpc" => vpc::find(&*self.0.clients().await?, &self.0.region, args).await,
            "subnet" => network::subnet(&*self.0.clients().await?, args).await,
            "subnets" => network::subnets(&*self.0.clients().await?, &self.0.region, args).await,
            "subnet_ids" => network::subnet_ids(&*self.0.clients().await?, &self.0.region, args).await,
            "vpcs" => vpc::all(&*self.0.clients().await?, &self.0.region, args).await,
            "security_groups" => network::security_groups(&*self.0.clients().await?, &self.0.region, args).await,
            "security_group" => network::security_group(&*self.0.clients().await?, &self.0.region, args).await,
            "availability_zones" => network::zones(&*self.0.clients().await?, &self.0.region, args).await,
            other => match kinds::get(other) {
                Some(kind) => self.object(kind, args).await,
                None => Err(missing(other)),
            },
        }
    }

    /// An object that could be managed, by its name.
    async fn object(&self, kind: &dyn Kind, args: &Object) -> Result<Attrs, RemoteError> {
        let name = kind.identify(args).ok_or_else(|| fatal("MissingName", "nothing says which one"))?;
        let word = kind.schema().kind;
        let found = super::remote(word, self.0.clone()).read(std::slice::from_ref(&name)).await?.remove(&name);
        let found = found.ok_or_else(|| RemoteError {
            class: ErrorClass::NotFound,
            ..fatal("NotFound", format!("there is no {word} \"{name}\""))
        })?;
        let mut object = found.object;
        let tags = object.remove("tags_all").map(|tags| Value::map(Type::String, tags::visible(&tags)));
        object.extend(tags.map(|tags| ("tags".into(), tags)));
        Ok(Attrs(object))
    }

    async fn caller(&self) -> Result<Attrs, RemoteError> {
        let identity = self.0.account.identity().await?;
        let mut found = Attrs::default();
        found
            .text("id", Some(&identity.account_id))
            .text("account_id", Some(&identity.account_id))
            .text("arn", Some(&identity.arn))
            .text("user_id", Some(&identity.user_id));
        Ok(found)
    }
}
