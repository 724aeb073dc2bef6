//! The schemas of look-ups beyond the network: keys, what others keep, and what ElastiCache offers.

use super::{given, schema, text, texts, truth};
use crate::schema::{Attr, Mode, Rule, Schema};
use crate::value::{Field, Type};

/// A list of objects of texts.
fn objects(names: &[&'static str]) -> Type {
    Type::list(Type::object(names.iter().map(|name| (*name, Field::optional(Type::String)))))
}

fn required(name: &'static str, doc: &'static str) -> Attr {
    Attr::required(name, Type::String).doc(doc)
}

fn number(name: &'static str) -> Attr {
    Attr::computed(name, Type::Number)
}

/// Those that an account is asked for.
pub fn all() -> Vec<Schema> {
    vec![kms_key(), kms_alias(), ssm_parameter(), secret(), secret_version(), service_updates()]
}

/// Those of `ephemeral` blocks. They are asked otherwise than `data` blocks, as the provider has it.
pub fn ephemeral() -> Vec<Schema> {
    let parameter = vec![
        required("arn", "The ARN of the parameter."),
        Attr::optional("with_decryption", Type::Bool).default(true).doc("Whether a secure one is decrypted."),
        text("name"),
        text("type"),
        text("value"),
        number("version"),
    ];
    let secret = vec![
        required("secret_id", "The name or ARN of the secret."),
        given("version_id").doc("The id of a version."),
        given("version_stage").doc("The stage of a version: AWSCURRENT."),
        text("arn"),
        text("created_date"),
        text("secret_string"),
        text("secret_binary"),
        Attr::computed("version_stages", Type::set(Type::String)),
    ];
    let is_told = |attr: &Attr| matches!(attr.mode, Mode::Computed | Mode::OptionalComputed);
    let hide = |attr: Attr| if is_told(&attr) { attr.secret() } else { attr };
    let [parameter, secret] = [parameter, secret].map(|attrs: Vec<Attr>| attrs.into_iter().map(hide).collect());
    vec![
        schema("ssm_parameter", "aws_ssm_parameter", "A parameter of Systems Manager.", parameter),
        schema("secretsmanager_secret_version", "aws_secretsmanager_secret_version", "The value of a secret.", secret),
    ]
}

fn kms_key() -> Schema {
    let regions = Type::list(Type::object([
        ("multi_region_key_type", Field::optional(Type::String)),
        ("primary_key", Field::optional(objects(&["arn", "region"]))),
        ("replica_keys", Field::optional(objects(&["arn", "region"]))),
    ]));
    let mut attrs = vec![
        required("key_id", "The id or ARN of the key, or an alias of it."),
        Attr::optional("grant_tokens", Type::list(Type::String)).doc("Grants that are not known everywhere yet."),
        truth("enabled"),
        truth("multi_region"),
        number("pending_deletion_window_in_days"),
        Attr::computed("multi_region_configuration", regions),
        Attr::computed("xks_key_configuration", objects(&["id"])),
    ];
    attrs.extend(
        [
            "id",
            "arn",
            "aws_account_id",
            "cloud_hsm_cluster_id",
            "creation_date",
            "custom_key_store_id",
            "customer_master_key_spec",
            "deletion_date",
            "description",
            "expiration_model",
            "key_manager",
            "key_spec",
            "key_state",
            "key_usage",
            "origin",
            "valid_to",
        ]
        .map(text),
    );
    schema("kms_key", "aws_kms_key", "A key.", attrs)
}

fn kms_alias() -> Schema {
    const NAME: Rule =
        Rule::Test(|text| text.starts_with("alias/") && text.len() > 6, "an alias: it begins with \"alias/\"");
    let name = required("name", "The alias, with `alias/` before it.").rule(NAME);
    let attrs = vec![name, text("id"), text("arn"), text("target_key_arn"), text("target_key_id")];
    schema("kms_alias", "aws_kms_alias", "An alias of a key.", attrs)
}

fn ssm_parameter() -> Schema {
    let attrs = vec![
        required("name", "The name or ARN; `name:3` is its third version."),
        Attr::optional("with_decryption", Type::Bool).default(true).doc("Whether a secure one is decrypted."),
        text("id"),
        text("arn"),
        text("type"),
        text("value").secret(),
        text("insecure_value"),
        number("version"),
    ];
    schema("ssm_parameter", "aws_ssm_parameter", "A parameter of Systems Manager.", attrs)
}

fn secret() -> Schema {
    let mut attrs = vec![given("name"), given("arn"), Attr::computed("tags", Type::map(Type::String))];
    attrs.extend(["id", "description", "kms_key_id", "created_date", "last_changed_date", "policy"].map(text));
    schema("secretsmanager_secret", "aws_secretsmanager_secret", "A secret, without its value.", attrs)
}

fn secret_version() -> Schema {
    let attrs = vec![
        required("secret_id", "The name or ARN of the secret."),
        given("version_id").doc("The id of a version."),
        Attr::optional("version_stage", Type::String).doc("The stage of a version: AWSCURRENT."),
        text("id"),
        text("arn"),
        text("created_date"),
        text("secret_string").secret(),
        text("secret_binary").secret(),
        Attr::computed("version_stages", Type::set(Type::String)),
    ];
    let doc = "The value of a secret.";
    schema("secretsmanager_secret_version", "aws_secretsmanager_secret_version", doc, attrs)
}

/// What is told of each service update, as text.
pub const OF_UPDATE: [&str; 10] = [
    "name",
    "description",
    "type",
    "severity",
    "status",
    "engine",
    "engine_version",
    "release_date",
    "end_date",
    "recommended_apply_by_date",
];

fn service_updates() -> Schema {
    let words = |name: &'static str| Attr::optional(name, Type::set(Type::String));
    let attrs = vec![
        words("statuses").one_of(&["available", "cancelled", "expired"]).doc("Any of these."),
        words("severities").one_of(&["critical", "important", "medium", "low"]).doc("Any of these."),
        Attr::optional("engine", Type::String).doc("Those for an engine."),
        text("id"),
        texts("names"),
        Attr::computed("updates", objects(&OF_UPDATE)),
    ];
    schema("service_updates", "service_updates", "The service updates that ElastiCache offers.", attrs)
}
