//! The secrets that an account keeps: parameters of Systems Manager (`ssm:/path`, of any type, decrypted) and secrets of
//! Secrets Manager (`secretsmanager:name`, whose current text it is; `#key` behind it takes that member out of its JSON).

use serde_json::{Value as Json, json};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::clients::Clients;
use super::{Place, errors};
use crate::entropy::{Entropy, SystemEntropy};
use crate::kind::{RemoteError, Vault};

/// The stores of secrets of one region. Names are those that `secret()` takes.
#[derive(Debug)]
pub(super) struct Stored(pub Place);

/// Waits for an answer, on whatever thread evaluates a stack.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, RemoteError>>) -> Result<T, String> {
    let handle = Handle::try_current().ok().filter(|here| here.runtime_flavor() != RuntimeFlavor::CurrentThread);
    let handle = handle.ok_or("nothing can be asked of an account here")?;
    tokio::task::block_in_place(|| handle.block_on(work)).map_err(|error| error.to_string())
}

impl Vault for Stored {
    fn read(&self, name: &str) -> Result<Option<String>, String> {
        let (secret, key) = match name.split_once(':') {
            Some(("ssm", name)) => {
                let found = wait(async { parameter(&*self.0.clients().await?, name, true).await })?;
                return Ok(found.map(|found| text(&found, "Value")));
            }
            Some(("secretsmanager", name)) => {
                name.split_once('#').map_or((name, None), |(name, key)| (name, Some(key)))
            }
            _ => return Err("no account has such a place for secrets".to_owned()),
        };
        let input = json!({ "SecretId": secret });
        let found = wait(async { secret_value(&*self.0.clients().await?, &input).await })?;
        let Some(found) = found else { return Ok(None) };
        let whole = found.get("SecretString").and_then(Json::as_str);
        let whole = whole.ok_or("it is binary, and a text is wanted")?;
        let Some(key) = key else { return Ok(Some(whole.to_owned())) };
        member(whole, key).map(Some)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let hide = |why: String| match why.contains(text) {
            true => "it was refused, in words that have the secret in them".to_owned(),
            false => why,
        };
        let written = match name.split_once(':') {
            Some(("ssm", name)) => wait(async { put_parameter(&*self.0.clients().await?, name, text).await }),
            Some(("secretsmanager", name)) => wait(async { put_secret(&*self.0.clients().await?, name, text).await }),
            _ => Err("no account has such a place for secrets".to_owned()),
        };
        written.map_err(hide)
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match name.split_once(':') {
            Some(("ssm", name)) => wait(async {
                let clients = self.0.clients().await?;
                let input = json!({ "Name": name });
                let sent = clients.ssm.pace.call(|| clients.ssm.client.send("DeleteParameter", &input)).await;
                optional(sent, &["ParameterNotFound"]).map(drop)
            }),
            Some(("secretsmanager", name)) => wait(async {
                let clients = self.0.clients().await?;
                let (service, input) =
                    (&clients.secrets, json!({ "SecretId": name, "ForceDeleteWithoutRecovery": true }));
                let sent = service.pace.call(|| service.client.send("DeleteSecret", &input)).await;
                optional(sent, &["ResourceNotFoundException"]).map(drop)
            }),
            _ => Err("no account has such a place for secrets".to_owned()),
        }
    }
}

/// The member of a secret in JSON, as a text.
fn member(whole: &str, key: &str) -> Result<String, String> {
    let json: Json = serde_json::from_str(whole).map_err(|_| format!("it is not JSON, so that it has no `{key}`"))?;
    match json.get(key) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(other) if other.is_number() || other.is_boolean() => Ok(other.to_string()),
        Some(_) => Err(format!("its `{key}` is no text")),
        None => Err(format!("its JSON has no `{key}`")),
    }
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Nothing where the service says that there is no such thing.
pub(super) fn optional(sent: Result<Json, RemoteError>, none: &[&str]) -> Result<Option<Json>, RemoteError> {
    match sent {
        Ok(found) => Ok(Some(found)),
        Err(error) if none.contains(&error.code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A parameter, by name, version (`name:3`) or ARN.
pub(super) async fn parameter(clients: &Clients, name: &str, decrypt: bool) -> Result<Option<Json>, RemoteError> {
    let input = json!({ "Name": name, "WithDecryption": decrypt });
    let sent = clients.ssm.pace.send(|| clients.ssm.client.send("GetParameter", &input)).await;
    let found = optional(sent, &["ParameterNotFound"])?;
    Ok(found.map(|mut found| found["Parameter"].take()))
}

/// The value of a secret.
pub(super) async fn secret_value(clients: &Clients, input: &Json) -> Result<Option<Json>, RemoteError> {
    let service = &clients.secrets;
    let sent = service.pace.send(|| service.client.send("GetSecretValue", input)).await;
    optional(sent, &["ResourceNotFoundException"])
}

async fn put_parameter(clients: &Clients, name: &str, text: &str) -> Result<(), RemoteError> {
    let input = json!({
        "Name": name, "Value": text, "Type": "SecureString", "Overwrite": true, "Tier": "Intelligent-Tiering",
    });
    clients.ssm.pace.call(|| clients.ssm.client.send("PutParameter", &input)).await.map(drop)
}

async fn put_secret(clients: &Clients, name: &str, text: &str) -> Result<(), RemoteError> {
    let service = &clients.secrets;
    // A token of our own makes a call that is sent twice one call.
    let token = SystemEntropy.id();
    let input = json!({ "SecretId": name, "SecretString": text, "ClientRequestToken": token });
    let sent = service.pace.call(|| service.client.send("PutSecretValue", &input)).await;
    if optional(sent, &["ResourceNotFoundException"])?.is_some() {
        return Ok(());
    }
    let input = json!({ "Name": name, "SecretString": text, "ClientRequestToken": token });
    service.pace.call(|| service.client.send("CreateSecret", &input)).await.map(drop)
}

/// The error of a name that names nothing.
pub(super) fn nothing(what: &str, name: &str) -> RemoteError {
    let message = format!("there is no {what} \"{name}\"");
    RemoteError { class: crate::kind::ErrorClass::NotFound, ..errors::fatal("NoMatch", message) }
}
