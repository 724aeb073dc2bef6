//! Key Management Service: keys and aliases, as far as look-ups and the keys of caches, topics and log groups go.
//! Nothing is ever encrypted.

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::paging;
use super::region::{Region, TAGS};
use super::service::{Part, Service, operation};
use super::table::Key;
use super::world::hex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "kms",
    scope: "kms",
    wording: Wording::Listed("ValidationException"),
    parts: &[&PART],
    ..Service::PLAIN
};

/// A key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    pub id: String,
    pub created: u64,
    pub description: String,
    pub usage: String,
    pub spec: String,
    pub multi_region: bool,
    /// Whether AWS made it for a service of its own.
    pub managed: bool,
}

/// Another name of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alias {
    /// With `alias/` before it.
    pub name: String,
    /// Nothing for an alias of AWS that was never used.
    pub key: Option<String>,
    pub created: u64,
}

pub const KEYS: Key<Stored> = Key::new("kms_keys");
pub const ALIASES: Key<Alias> = Key::new("kms_aliases");

const PART: Part = Part {
    operations: &[
        operation(
            "CreateKey",
            create,
            "usage, spec, description, tags, multi-region",
            "policies and grants are not kept",
        ),
        operation("CreateAlias", name, "names, one key for each", ""),
        operation(
            "DescribeKey",
            describe,
            "by id, ARN, alias and alias ARN; aliases of AWS get their key at first use",
            "",
        ),
        operation("ListAliases", list, "of a key, pages, those of AWS", ""),
    ],
    tables: &[&KEYS, &ALIASES],
    seed,
    ..Part::NONE
};

/// Services whose keys every region knows by alias.
const OF_AWS: [&str; 8] = ["ebs", "elasticache", "lambda", "rds", "s3", "secretsmanager", "sns", "ssm"];

fn seed(region: &mut Region, _account: &str, _name: &str) {
    for service in OF_AWS {
        let name = format!("alias/aws/{service}");
        region[ALIASES].put(&name, Alias { name: name.clone(), key: None, created: 0 });
    }
}

fn missing(text: impl Into<String>) -> Failure {
    Failure::new("NotFoundException", text)
}

fn arn(context: &Context, rest: &str) -> String {
    format!("{}:kms:{}:{}:{rest}", partition(context.region_name), context.region_name, context.account)
}

fn make(context: &mut Context, input: Input, description: String, managed: bool) -> Stored {
    // A key of AWS is the same whenever it is first asked for.
    let mark = if managed { description.clone() } else { context.region.next().to_string() };
    let hex = hex(&format!("key {} {} {mark}", context.account, context.region_name));
    let multi_region = input.flag("MultiRegion").unwrap_or(false);
    let id = match multi_region {
        true => format!("mrk-{}", &hex[..32]),
        false => format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32]),
    };
    let word = |member: &str, default: &str| input.text(member).unwrap_or(default).to_owned();
    let key = Stored {
        id: id.clone(),
        created: context.now,
        description,
        usage: word("KeyUsage", "ENCRYPT_DECRYPT"),
        spec: input.text("KeySpec").map_or_else(|| word("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"), str::to_owned),
        multi_region,
        managed,
    };
    context.region[KEYS].put(&id, key.clone());
    key
}

fn create(context: &mut Context, input: Input) -> Answer {
    let tags = input.structures("Tags").map(|tag| {
        let text = |member| tag.text(member).unwrap_or_default().to_owned();
        (text("TagKey"), text("TagValue"))
    });
    let tags: std::collections::BTreeMap<String, String> = tags.collect();
    let key = make(context, input, input.text("Description").unwrap_or_default().to_owned(), false);
    let arn = arn(context, &format!("key/{}", key.id));
    if !tags.is_empty() {
        context.region[TAGS].put(&arn, tags);
    }
    Ok(json!({ "KeyMetadata": to_json(context, &key) }))
}

fn to_json(context: &Context, key: &Stored) -> Value {
    let arn = arn(context, &format!("key/{}", key.id));
    let regions = json!({
        "MultiRegionKeyType": "PRIMARY", "PrimaryKey": { "Arn": arn, "Region": context.region_name }, "ReplicaKeys": [],
    });
    let encrypts = key.spec == "SYMMETRIC_DEFAULT";
    json!({
        "AWSAccountId": context.account, "KeyId": key.id, "Arn": arn, "CreationDate": key.created, "Enabled": true,
        "Description": key.description, "KeyUsage": key.usage, "KeyState": "Enabled", "Origin": "AWS_KMS",
        "KeyManager": if key.managed { "AWS" } else { "CUSTOMER" }, "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec, "MultiRegion": key.multi_region,
        "EncryptionAlgorithms": if encrypts { json!(["SYMMETRIC_DEFAULT"]) } else { Value::Null },
        "MultiRegionConfiguration": if key.multi_region { regions } else { Value::Null },
    })
}

/// The id of the key that a text names, of those that are there.
fn find(context: &mut Context, text: &str) -> Result<String, Failure> {
    let own = arn(context, "");
    let short = text.strip_prefix(&own).unwrap_or(text);
    if short.starts_with("arn:") {
        return Err(missing(format!("Invalid arn {}", text.split(':').nth(3).unwrap_or_default())));
    }
    if short.starts_with("alias/") {
        let alias = context.region[ALIASES].get(short);
        let alias = alias.ok_or_else(|| missing(format!("Alias {own}{short} is not found.")))?;
        if let Some(key) = &alias.key {
            return Ok(key.clone());
        }
        // A key of AWS is made when it is first asked for.
        let service = short.trim_start_matches("alias/aws/").to_owned();
        let description = format!("Default key that protects my {service} data when no other key is defined");
        let id = make(context, Input(&Value::Null), description, true).id;
        context.region[ALIASES].update(short, |alias| alias.key = Some(id.clone()));
        return Ok(id);
    }
    let id = short.strip_prefix("key/").unwrap_or(short);
    let known = context.region[KEYS].contains(id);
    let like_one = id.len() == 36;
    match known {
        true => Ok(id.to_owned()),
        false if like_one => Err(missing(format!("Key '{own}key/{id}' does not exist"))),
        false => Err(missing(format!("Invalid keyId '{id}'"))),
    }
}

fn describe(context: &mut Context, input: Input) -> Answer {
    let id = find(context, input.text("KeyId").unwrap_or_default())?;
    let key = context.region[KEYS].get(&id).ok_or_else(|| missing(format!("Invalid keyId '{id}'")))?;
    Ok(json!({ "KeyMetadata": to_json(context, &key) }))
}

fn name(context: &mut Context, input: Input) -> Answer {
    let name = input.text("AliasName").unwrap_or_default();
    let Some(rest) = name.strip_prefix("alias/") else {
        let help = "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
        let text = format!("Alias must start with the prefix \"alias/\". Please see {help}");
        return Err(Failure::new("InvalidAliasNameException", text));
    };
    if rest.is_empty() || rest.starts_with("aws/") {
        return Err(Failure::new("InvalidAliasNameException", "The alias name is reserved for AWS."));
    }
    if context.region[ALIASES].contains(name) {
        let text = format!("An alias with the name {} already exists", arn(context, name));
        return Err(Failure::new("AlreadyExistsException", text));
    }
    let target = input.text("TargetKeyId").unwrap_or_default();
    if target.contains("alias/") {
        return Err(missing(format!("Invalid keyId '{target}'")));
    }
    let key = Some(find(context, target)?);
    context.region[ALIASES].put(name, Alias { name: name.to_owned(), key, created: context.now });
    Ok(json!({}))
}

fn list(context: &mut Context, input: Input) -> Answer {
    let key = input.filled("KeyId").map(|text| find(context, text)).transpose()?;
    let open = |marker| paging::open(marker);
    let after = input
        .filled("Marker")
        .map(|marker| open(marker).ok_or_else(|| Failure::new("InvalidMarkerException", "The marker is invalid.")));
    let after = after.transpose()?;
    let size = input.number("Limit").map_or(50, |limit| limit as usize);
    let rows = context.region[ALIASES].iter().filter(|(_, alias)| key.is_none() || alias.key == key);
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let aliases = page.into_iter().map(|alias| {
        let created = (alias.created > 0).then_some(alias.created);
        json!({
            "AliasName": alias.name, "AliasArn": arn(context, &alias.name), "TargetKeyId": alias.key,
            "CreationDate": created, "LastUpdatedDate": created,
        })
    });
    Ok(json!({ "Aliases": aliases.collect::<Vec<_>>(), "Truncated": next.is_some(), "NextMarker": next }))
}
