//! Secrets Manager: secrets, their versions and stages. Nothing is rotated.

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::region::TAGS;
use super::service::{Part, Service, operation};
use super::table::Key;
use super::tags;
use super::world::hex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "secretsmanager",
    scope: "secretsmanager",
    wording: Wording::Listed("ValidationException"),
    parts: &[&PART],
    ..Service::PLAIN
};

/// A secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    pub name: String,
    pub arn: String,
    pub description: String,
    pub key: Option<String>,
    pub created: u64,
    pub changed: u64,
    /// When it was deleted, and when it is gone.
    pub deleted: Option<(u64, u64)>,
    /// Versions by id.
    pub versions: BTreeMap<String, Version>,
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub text: Option<String>,
    /// In base64.
    pub binary: Option<String>,
    pub created: u64,
    pub stages: BTreeSet<String>,
}

pub const SECRETS: Key<Stored> = Key::new("secrets");

const PART: Part = Part {
    operations: &[
        operation("CreateSecret", create, "names, text or binary, tags, tokens", "no replicas; keys are not looked at"),
        operation("PutSecretValue", put, "versions, tokens, stages that move", "no rotation"),
        operation("GetSecretValue", get, "by name, ARN, version and stage", ""),
        operation("DescribeSecret", describe, "versions with their stages, tags", "no rotation, no replicas"),
        operation("GetResourcePolicy", policy, "no secret has one", "none can be given"),
        operation("DeleteSecret", delete, "with and without recovery", "gone at once without; nothing is restored"),
    ],
    tables: &[&SECRETS],
    ..Part::NONE
};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const DAY_MS: u64 = 86_400_000;

fn request(text: impl Into<String>) -> Failure {
    Failure::new("InvalidRequestException", text)
}

fn parameter(text: impl Into<String>) -> Failure {
    Failure::new("InvalidParameterException", text)
}

fn missing(text: impl Into<String>) -> Failure {
    Failure::new("ResourceNotFoundException", text)
}

/// The secret of a name or an ARN, also without the six letters at its end.
fn find(context: &Context, input: Input) -> Result<Arc<Stored>, Failure> {
    let id = input.text("SecretId").unwrap_or_default();
    let prefix = arn(context, "");
    let short = id.strip_prefix(&prefix);
    let is = |secret: &&Arc<Stored>| {
        let there = secret.deleted.is_none_or(|(_, gone)| context.now < gone);
        there && (secret.name == id || secret.arn == id || short == Some(secret.name.as_str()))
    };
    let found = context.region[SECRETS].values().find(is).cloned();
    found.ok_or_else(|| missing("Secrets Manager can't find the specified secret."))
}

/// The same, if nobody has deleted it.
fn alive(context: &Context, input: Input) -> Result<Arc<Stored>, Failure> {
    let found = find(context, input)?;
    match found.deleted {
        None => Ok(found),
        Some(_) => Err(request("You can't perform this operation on the secret because it was marked for deletion.")),
    }
}

fn arn(context: &Context, rest: &str) -> String {
    format!(
        "{}:secretsmanager:{}:{}:secret:{rest}",
        partition(context.region_name),
        context.region_name,
        context.account
    )
}

/// The value in a request, with the id of its version; nothing where there is none.
fn value(context: &mut Context, input: Input) -> Result<Option<(String, Version)>, Failure> {
    let [text, binary] = ["SecretString", "SecretBinary"].map(|member| input.filled(member).map(str::to_owned));
    if text.is_some() && binary.is_some() {
        let text = "You can't specify both a binary secret value and a string secret value in the same secret.";
        return Err(parameter(text));
    }
    if text.is_none() && binary.is_none() {
        return Ok(None);
    }
    let id = input.text("ClientRequestToken").map_or_else(|| new_token(context), str::to_owned);
    Ok(Some((id, Version { text, binary, created: context.now, stages: BTreeSet::new() })))
}

fn new_token(context: &mut Context) -> String {
    let hex = hex(&format!("secret {} {} {}", context.account, context.region_name, context.region.next()));
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

fn create(context: &mut Context, input: Input) -> Answer {
    let name = input.text("Name").unwrap_or_default();
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "/_+=.@-!".contains(letter)) {
        return Err(Failure::new(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let version = value(context, input)?;
    let labels = tags::read(input, "Tags").map_err(|failure| parameter(failure.message))?;
    if let Some(old) = context.region[SECRETS].get(name) {
        match old.deleted {
            Some((_, gone)) if context.now >= gone => {}
            Some(_) => {
                return Err(request(
                    "You can't create this secret because a secret with this name is already scheduled for deletion.",
                ));
            }
            None => {
                let text = format!("The operation failed because the secret {name} already exists.");
                return Err(Failure::new("ResourceExistsException", text));
            }
        }
    }
    let tail = letters(context);
    let arn = arn(context, &format!("{name}-{tail}"));
    let mut secret = Stored {
        name: name.to_owned(),
        arn: arn.clone(),
        description: input.text("Description").unwrap_or_default().to_owned(),
        key: input.filled("KmsKeyId").map(str::to_owned),
        created: context.now,
        changed: context.now,
        deleted: None,
        versions: BTreeMap::new(),
    };
    let id = version.map(|(id, version)| {
        stage(&mut secret, &id, version, &[CURRENT.to_owned()]);
        id
    });
    context.region[SECRETS].put(name, secret);
    tags::set(context.region, &arn, labels);
    Ok(json!({ "ARN": arn, "Name": name, "VersionId": id }))
}

/// The six letters at the end of an ARN.
fn letters(context: &mut Context) -> String {
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let number = context.region.next();
    let hash = hex(&format!("secret {} {} {number}", context.account, context.region_name));
    let at = |index: usize| usize::from_str_radix(&hash[index * 2..index * 2 + 2], 16).unwrap_or(0) % alphabet.len();
    (0..6).map(|index| alphabet[at(index)] as char).collect()
}

/// Adds a version; its stages leave the versions that had them, and the one that was current is the one before now.
fn stage(secret: &mut Stored, id: &str, version: Version, stages: &[String]) {
    let was = secret.versions.iter().find(|(_, one)| one.stages.contains(CURRENT)).map(|(id, _)| id.clone());
    for one in secret.versions.values_mut() {
        one.stages.retain(|stage| !stages.contains(stage));
    }
    if let (Some(was), true) = (was, stages.iter().any(|stage| stage == CURRENT)) {
        for one in secret.versions.values_mut() {
            one.stages.remove(PREVIOUS);
        }
        if let Some(old) = secret.versions.get_mut(&was) {
            old.stages.insert(PREVIOUS.to_owned());
        }
    }
    // A version without a stage may be forgotten at any time.
    secret.versions.retain(|_, one| !one.stages.is_empty());
    secret.versions.insert(id.to_owned(), Version { stages: stages.iter().cloned().collect(), ..version });
}

fn put(context: &mut Context, input: Input) -> Answer {
    let mut secret = (*alive(context, input)?).clone();
    let value = value(context, input)?;
    let (id, version) = value.ok_or_else(|| parameter("You must provide either SecretString or SecretBinary."))?;
    let mut stages = input.texts("VersionStages");
    if stages.is_empty() {
        stages.push(CURRENT.to_owned());
    }
    let answer = |secret: &Stored, stages: &[String]| json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": id, "VersionStages": stages });
    if let Some(old) = secret.versions.get(&id) {
        if (&old.text, &old.binary) != (&version.text, &version.binary) {
            let text =
                "You can't use ClientRequestToken because that value is already in use for a version of this secret.";
            return Err(Failure::new("ResourceExistsException", text));
        }
        return Ok(answer(&secret, &old.stages.iter().cloned().collect::<Vec<_>>()));
    }
    stage(&mut secret, &id, version, &stages);
    secret.changed = context.now;
    let answer = answer(&secret, &stages);
    context.region[SECRETS].put(&secret.name.clone(), secret);
    Ok(answer)
}

fn get(context: &mut Context, input: Input) -> Answer {
    let secret = alive(context, input)?;
    let (id, stage) = (input.text("VersionId"), input.text("VersionStage"));
    let found = match (id, stage) {
        (Some(id), stage) => {
            let version = secret.versions.get_key_value(id);
            if version.is_some_and(|(_, version)| stage.is_some_and(|stage| !version.stages.contains(stage))) {
                return Err(request("You provided a VersionStage that is not associated to the provided VersionId."));
            }
            version.ok_or_else(|| format!("VersionId: {id}"))
        }
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            let version = secret.versions.iter().find(|(_, version)| version.stages.contains(stage));
            version.ok_or_else(|| format!("staging label: {stage}"))
        }
    };
    let none = |what| missing(format!("Secrets Manager can't find the specified secret value for {what}"));
    let (id, version) = found.map_err(none)?;
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": id, "SecretString": version.text,
        "SecretBinary": version.binary, "VersionStages": version.stages, "CreatedDate": version.created,
    }))
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let secret = find(context, input)?;
    let stages: BTreeMap<_, _> = secret.versions.iter().map(|(id, version)| (id, &version.stages)).collect();
    let description = Some(&secret.description).filter(|text| !text.is_empty());
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "Description": description, "KmsKeyId": secret.key,
        "CreatedDate": secret.created, "LastChangedDate": secret.changed,
        "DeletedDate": secret.deleted.map(|(at, _)| at),
        "VersionIdsToStages": if stages.is_empty() { Value::Null } else { json!(stages) },
        "Tags": tags::write(&tags::of(context.region, &secret.arn)),
    }))
}

fn policy(context: &mut Context, input: Input) -> Answer {
    let secret = find(context, input)?;
    Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let days = input.number("RecoveryWindowInDays");
    let forced = input.flag("ForceDeleteWithoutRecovery").unwrap_or(false);
    if forced && days.is_some() {
        let text = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        return Err(parameter(text));
    }
    if days.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    }
    let secret = match find(context, input) {
        Ok(secret) => secret,
        // Nothing is left to be deleted, which is what was asked for.
        Err(_) if forced => {
            let name = input.text("SecretId").unwrap_or_default();
            return Ok(json!({ "ARN": arn(context, name), "Name": name, "DeletionDate": context.now }));
        }
        Err(failure) => return Err(failure),
    };
    let gone = if forced { context.now } else { context.now + days.unwrap_or(30) as u64 * DAY_MS };
    if forced {
        context.region[SECRETS].remove(&secret.name);
        context.region[TAGS].remove(&secret.arn);
    } else if secret.deleted.is_some() {
        return Err(request(
            "You can't perform this operation on the secret because it was already scheduled for deletion.",
        ));
    } else {
        let now = context.now;
        context.region[SECRETS].update(&secret.name, |secret| secret.deleted = Some((now, gone)));
    }
    Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": gone }))
}
