//! Parameters and secrets that others keep, and the keys that things are encrypted with.

use base64::Engine;
use serde_json::{Value as Json, json};

use crate::cloud::attrs::{Attrs, fields};
use crate::cloud::clients::Clients;
use crate::cloud::log_group::text;
use crate::cloud::paging::pages;
use crate::cloud::stored::{nothing, optional, parameter, secret_value};
use crate::kind::RemoteError;
use crate::kinds::tags;
use crate::value::{Object, Type, Value};

fn asked<'a>(args: &'a Object, name: &str) -> Option<&'a str> {
    args.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A time as Terraform writes it. JSON has seconds, with or without a fraction.
fn time(json: &Json, name: &str) -> Option<String> {
    let seconds = json.get(name).and_then(Json::as_f64)?;
    jiff::Timestamp::from_second(seconds.floor() as i64).ok().map(|time| time.to_string())
}

fn flag(json: &Json, name: &str) -> Option<bool> {
    json.get(name).and_then(Json::as_bool)
}

fn number(json: &Json, name: &str) -> Value {
    let number = json.get(name).and_then(Json::as_i64);
    number.map_or_else(|| Value::null_of(Type::Number), Value::int)
}

/// The text of a member; what a service leaves out is `""` with Terraform here.
fn told<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    Some(text(json, name).unwrap_or_default())
}

/// A parameter of Systems Manager.
pub async fn ssm_parameter(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let name = asked(args, "name").or(asked(args, "arn")).unwrap_or_default();
    let decrypt = args.get("with_decryption").and_then(Value::as_bool).unwrap_or(true);
    let found = parameter(clients, name, decrypt).await?.ok_or_else(|| nothing("parameter", name))?;
    let open = text(&found, "Value").filter(|_| text(&found, "Type") != Some("SecureString"));
    let mut attrs = Attrs::default();
    attrs
        .text("id", text(&found, "Name"))
        .text("name", text(&found, "Name"))
        .text("arn", text(&found, "ARN"))
        .text("type", text(&found, "Type"))
        .text("value", text(&found, "Value"))
        .text("insecure_value", open.or(Some("")))
        .flag("with_decryption", Some(decrypt))
        .put("version", number(&found, "Version"));
    Ok(attrs)
}

/// A version of a secret of Secrets Manager.
pub async fn secret_version(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let secret = asked(args, "secret_id").unwrap_or_default();
    let (version, stage) = (asked(args, "version_id"), asked(args, "version_stage"));
    let input = match (version, stage) {
        (Some(version), _) => json!({ "SecretId": secret, "VersionId": version }),
        (None, stage) => json!({ "SecretId": secret, "VersionStage": stage.unwrap_or("AWSCURRENT") }),
    };
    let found = secret_value(clients, &input).await?.ok_or_else(|| nothing("such version of the secret", secret))?;
    let stages = found.get("VersionStages").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let id = format!("{secret}|{}", version.or(stage).unwrap_or("AWSCURRENT"));
    let mut attrs = Attrs::default();
    attrs
        .text("id", Some(&id))
        .text("arn", text(&found, "ARN"))
        .text("version_id", text(&found, "VersionId"))
        .text("version_stage", stage.or(Some("AWSCURRENT")))
        .text("secret_string", told(&found, "SecretString"))
        .text("secret_binary", bytes(&found).as_deref())
        .text("created_date", time(&found, "CreatedDate").as_deref())
        .set("version_stages", stages);
    Ok(attrs)
}

/// The bytes of a secret as a text; nothing where they are none.
fn bytes(found: &Json) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(told(found, "SecretBinary")?).ok()?;
    String::from_utf8(bytes).ok()
}

/// A secret of Secrets Manager, without its value.
pub async fn secret(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let name = asked(args, "arn").or(asked(args, "name")).unwrap_or_default();
    let (service, input) = (&clients.secrets, json!({ "SecretId": name }));
    let sent = service.pace.send(|| service.client.send("DescribeSecret", &input)).await;
    let found = optional(sent, &["ResourceNotFoundException"])?;
    let gone = |found: &Json| found.get("DeletedDate").is_some_and(|date| !date.is_null());
    let found = found.filter(|found| !gone(found)).ok_or_else(|| nothing("secret", name))?;
    let input = json!({ "SecretId": text(&found, "ARN").unwrap_or(name) });
    let sent = service.pace.send(|| service.client.send("GetResourcePolicy", &input)).await;
    let policy = optional(sent, &["ResourceNotFoundException"])?;
    let policy = policy.as_ref().and_then(|answer| told(answer, "ResourcePolicy")).unwrap_or_default();
    let pairs = found.get("Tags").and_then(Json::as_array).into_iter().flatten();
    let pairs = pairs.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default())));
    let tags = Value::map(Type::String, tags::visible(&Value::string_map(pairs)));
    let mut attrs = Attrs::default();
    attrs
        .text("id", text(&found, "ARN"))
        .text("arn", text(&found, "ARN"))
        .text("name", text(&found, "Name"))
        .text("description", text(&found, "Description"))
        .text("kms_key_id", told(&found, "KmsKeyId"))
        .text("created_date", time(&found, "CreatedDate").as_deref())
        .text("last_changed_date", time(&found, "LastChangedDate").as_deref())
        .text("policy", Some(policy))
        .put("tags", tags);
    Ok(attrs)
}

async fn describe_key(clients: &Clients, key: &str, grants: &[&str]) -> Result<Json, RemoteError> {
    let mut input = json!({ "KeyId": key });
    if !grants.is_empty() {
        input["GrantTokens"] = grants.into();
    }
    let service = &clients.kms;
    let sent = service.pace.send(|| service.client.send("DescribeKey", &input)).await;
    let found = optional(sent, &["NotFoundException"])?;
    Ok(found.ok_or_else(|| nothing("key", key))?["KeyMetadata"].take())
}

/// A key of KMS, by id, ARN or alias.
pub async fn kms_key(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let grants = args.get("grant_tokens").and_then(Value::as_items).unwrap_or_default();
    let grants: Vec<&str> = grants.iter().filter_map(Value::as_str).collect();
    let key = describe_key(clients, asked(args, "key_id").unwrap_or_default(), &grants).await?;
    let mut attrs = Attrs::default();
    for (ours, theirs) in [
        ("id", "KeyId"),
        ("arn", "Arn"),
        ("aws_account_id", "AWSAccountId"),
        ("cloud_hsm_cluster_id", "CloudHsmClusterId"),
        ("custom_key_store_id", "CustomKeyStoreId"),
        ("customer_master_key_spec", "CustomerMasterKeySpec"),
        ("description", "Description"),
        ("expiration_model", "ExpirationModel"),
        ("key_manager", "KeyManager"),
        ("key_spec", "KeySpec"),
        ("key_state", "KeyState"),
        ("key_usage", "KeyUsage"),
        ("origin", "Origin"),
    ] {
        attrs.text(ours, told(&key, theirs));
    }
    for (ours, theirs) in
        [("creation_date", "CreationDate"), ("deletion_date", "DeletionDate"), ("valid_to", "ValidTo")]
    {
        attrs.text(ours, time(&key, theirs).as_deref());
    }
    attrs
        .flag("enabled", flag(&key, "Enabled"))
        .flag("multi_region", flag(&key, "MultiRegion"))
        .put("pending_deletion_window_in_days", Value::int(key["PendingDeletionWindowInDays"].as_i64().unwrap_or(0)))
        .put("xks_key_configuration", foreign_key(key.get("XksKeyConfiguration")))
        .put("multi_region_configuration", regions(key.get("MultiRegionConfiguration")));
    Ok(attrs)
}

/// The key in a store outside of AWS.
fn foreign_key(json: Option<&Json>) -> Value {
    let each = |json: &Json| {
        let mut attrs = Attrs::default();
        attrs.text("id", text(json, "Id"));
        attrs.into_value()
    };
    let ty = fields(&[("id", Type::String)]);
    Value::list(ty, json.filter(|json| !json.is_null()).map(each).into_iter().collect())
}

/// Where else a key is.
fn regions(json: Option<&Json>) -> Value {
    let place = fields(&[("arn", Type::String), ("region", Type::String)]);
    let places = |keys: Vec<&Json>| {
        let each = |key: &&Json| {
            let mut attrs = Attrs::default();
            attrs.text("arn", text(key, "Arn")).text("region", text(key, "Region"));
            attrs.into_value()
        };
        Value::list(place.clone(), keys.iter().map(each).collect())
    };
    let places_ty = Type::list(place.clone());
    let ty = fields(&[
        ("multi_region_key_type", Type::String),
        ("primary_key", places_ty.clone()),
        ("replica_keys", places_ty),
    ]);
    let each = |json: &Json| {
        let replicas = json.get("ReplicaKeys").and_then(Json::as_array).into_iter().flatten().collect();
        let mut attrs = Attrs::default();
        attrs
            .text("multi_region_key_type", text(json, "MultiRegionKeyType"))
            .put("primary_key", places(json.get("PrimaryKey").into_iter().collect()))
            .put("replica_keys", places(replicas));
        attrs.into_value()
    };
    Value::list(ty, json.filter(|json| !json.is_null()).map(each).into_iter().collect())
}

/// An alias of KMS, and the key behind it.
pub async fn kms_alias(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let name = asked(args, "name").unwrap_or_default();
    let service = &clients.kms;
    let aliases = pages(|marker| async move {
        let input = marker.map_or_else(|| json!({}), |marker: String| json!({ "Marker": marker }));
        let mut page = service.pace.send(|| service.client.send("ListAliases", &input)).await?;
        let rows = page.get_mut("Aliases").map(Json::take).unwrap_or_default();
        let next = text(&page, "NextMarker").filter(|_| flag(&page, "Truncated") == Some(true)).map(str::to_owned);
        Ok((rows.as_array().cloned().unwrap_or_default(), next))
    })
    .await?;
    let alias = aliases.iter().find(|alias| text(alias, "AliasName") == Some(name));
    let alias = alias.ok_or_else(|| nothing("alias of a key", name))?;
    // The alias of a service of AWS gets its key when that is first asked for.
    let key = describe_key(clients, name, &[]).await?;
    let mut attrs = Attrs::default();
    attrs
        .text("id", text(alias, "AliasArn"))
        .text("arn", text(alias, "AliasArn"))
        .text("target_key_arn", text(&key, "Arn"))
        .text("target_key_id", text(&key, "KeyId"));
    Ok(attrs)
}
