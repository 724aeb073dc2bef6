//! `provider "aws"` blocks: every argument of the AWS provider 5.100, each read, idle for a reason, or refused by name.
//!
//! `docs/providers.md` says the same for users. The names of services that `endpoints` takes are in `services.txt`,
//! from the schema that the provider itself prints.

use std::sync::LazyLock;

use crate::address::{Address, Mode};
use crate::diag::Diagnostic;
use crate::lang::ast::{Attribute, Block, Node};
use crate::lang::declare::resource::{Reader, Rest};
use crate::lang::declare::settings::repeated;
use crate::lang::declare::{Meta, Module, Provider, Resource, block};
use crate::schema::{Attr, Rule, Schema};
use crate::value::Type;

/// What the block is called in messages.
const TITLE: &str = "provider \"aws\"";

/// The arguments that are read.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = [credentials(), guards(), transport(), idle(), refused()].concat();
    Schema::new("provider", "aws", "How AWS is reached, and what every resource of the provider has.", attrs)
});

/// The schema of the block.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

fn text(name: &'static str) -> Attr {
    Attr::optional(name, Type::String)
}

fn truth(name: &'static str) -> Attr {
    Attr::optional(name, Type::Bool)
}

fn texts(name: &'static str) -> Attr {
    Attr::optional(name, Type::set(Type::String))
}

/// Who the requests come from.
fn credentials() -> Vec<Attr> {
    let files = |name| Attr::optional(name, Type::list(Type::String)).rule(Rule::Length(1, 4096));
    let session = || {
        vec![
            text("duration").rule(Rule::Test(is_session, "a time from 15m to 12h, as in \"1h\"")),
            text("policy").doc("A policy in JSON that narrows what the session may do."),
            texts("policy_arns").rule(Rule::Test(is_arn, "the ARN of a policy")),
            Attr::required("role_arn", Type::String).rule(Rule::Test(is_role, "the ARN of a role")),
            text("session_name").rule(Rule::Length(2, 64)),
        ]
    };
    let role = [
        session(),
        vec![
            text("external_id").rule(Rule::Length(2, 1224)),
            text("source_identity").rule(Rule::Length(2, 64)),
            Attr::optional("tags", Type::map(Type::String)),
            texts("transitive_tag_keys"),
            text("duration_seconds").deprecated("Write duration = \"1h\"."),
        ],
    ];
    let web = [session(), vec![text("web_identity_token").secret(), text("web_identity_token_file")]];
    vec![
        text("profile"),
        files("shared_config_files"),
        files("shared_credentials_files"),
        text("access_key").secret(),
        text("secret_key").secret(),
        text("token").secret(),
        Attr::ordered_blocks("assume_role", role.concat()),
        Attr::single_block("assume_role_with_web_identity", web.concat()),
    ]
}

/// Where, which account, and tags.
fn guards() -> Vec<Attr> {
    let accounts = |name| texts(name).rule(Rule::Test(is_account, "the twelve digits of an account"));
    vec![
        text("alias"),
        text("region").rule(Rule::Test(|text| !text.contains(char::is_whitespace), "the name of a region")),
        accounts("allowed_account_ids"),
        accounts("forbidden_account_ids"),
        Attr::single_block("default_tags", vec![Attr::optional("tags", Type::map(Type::String))]),
        Attr::single_block("ignore_tags", vec![texts("keys"), texts("key_prefixes")]),
    ]
}

/// How requests travel.
fn transport() -> Vec<Attr> {
    // An empty text is none, as in the provider.
    let url = |name| text(name).rule(Rule::Test(|url| url.is_empty() || is_url(url), "an http or https URL"));
    let services = include_str!("services.txt").split_whitespace().map(url);
    vec![
        Attr::ordered_blocks("endpoints", services.collect()),
        text("sts_region"),
        truth("use_fips_endpoint"),
        truth("use_dualstack_endpoint"),
        Attr::optional("max_retries", Type::Number).rule(Rule::Range(1, 1000)),
        url("http_proxy"),
        url("https_proxy"),
        text("no_proxy"),
        text("custom_ca_bundle"),
        url("ec2_metadata_service_endpoint"),
        text("ec2_metadata_service_endpoint_mode").one_of(&["IPv4", "IPv6"]),
    ]
}

/// What nothing here hangs on.
fn idle() -> Vec<Attr> {
    vec![
        truth("skip_credentials_validation").doc("The account is always asked for: the checks of accounts hang on it."),
        truth("skip_requesting_account_id").doc("The account is always asked for: the checks of accounts hang on it."),
        truth("skip_region_validation").doc("No list of regions is kept."),
        truth("skip_metadata_api_check")
            .doc("EC2's metadata service is asked last, where nothing else has credentials."),
        truth("skip_get_ec2_platforms").doc("EC2-Classic is gone; the provider dropped the argument, too."),
        truth("s3_use_path_style").doc("Nothing is done with S3."),
        truth("s3_force_path_style").doc("Nothing is done with S3."),
        text("s3_us_east_1_regional_endpoint").doc("Nothing is done with S3."),
        text("retry_mode")
            .one_of(&["standard", "adaptive"])
            .doc("The pace of calls is always learned from the answers, as under \"adaptive\"."),
        Attr::optional("token_bucket_rate_limiter_capacity", Type::Number)
            .doc("No quota of retries is kept: calls that are throttled wait longer instead."),
        text("version").doc("The version of Terraform's provider, which is not used."),
    ]
}

/// What would be dangerous to overlook.
fn refused() -> Vec<Attr> {
    vec![
        // Only where it is true: see `stack::providers`.
        truth("insecure"),
        text("shared_credentials_file").deprecated("Write shared_credentials_files = [\"...\"]."),
        texts("ignore_tag_prefixes").deprecated("Write an `ignore_tags` block with `key_prefixes`."),
    ]
}

/// Whether a text is the number of an account.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a URL that requests can go to.
pub fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace))
}

/// Whether a user, and perhaps a password, stands before the host of a URL.
pub fn has_user(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default().contains('@'))
}

/// A URL as it may be shown: without a user, a password and a query, each of which may be secret.
pub fn shown_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or_default())
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').count() >= 6
}

/// Whether a text is the ARN of a role: `arn:PARTITION:iam::ACCOUNT:role/NAME`.
pub fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "iam", "", account, name] if is_account(account) && name.len() > 5 && name.starts_with("role/"))
}

fn is_session(text: &str) -> bool {
    crate::clock::duration(text).is_ok_and(|length| (900..=43_200).contains(&length.as_secs()))
}

/// In a provider a block is a block, as in Terraform, so that several of them are always in order.
fn no_attribute(attribute: &Attribute) -> Diagnostic {
    let detail = format!("{TITLE} has no attribute `{}`: it is a block.", attribute.name);
    let diagnostic = Diagnostic::error("CS0314", "Unknown attribute", detail).at(attribute.name_span);
    diagnostic.help(format!("Write `{} {{ ... }}`.", attribute.name))
}

/// Reads a `provider` block. Those of other providers belong to what Terraform goes on managing.
pub fn declare(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    if &**labels[0] != "aws" {
        return;
    }
    let alias = match block.body.attribute("alias").map(|attribute| (&*attribute.expr.node, attribute.expr.span)) {
        None => None,
        Some((Node::String(text), span)) => {
            block::check_identifier(text, span, diagnostics);
            Some(text.clone())
        }
        Some((_, span)) => {
            let detail = "`alias` is read before anything is evaluated.";
            let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail);
            diagnostics.push(diagnostic.at(span).help("Write a name in quotes."));
            return;
        }
    };
    if let Some(first) = module.providers.iter().find(|first| first.alias == alias) {
        let name = alias.as_deref().unwrap_or("aws");
        diagnostics.push(repeated("provider", name, block.header_span, first.block.span));
        return;
    }
    let rest = Rest { attributes: block.body.attributes.iter().collect(), blocks: block.body.blocks.iter().collect() };
    let mut reader = Reader { schema: schema(), mode: Mode::Managed, diagnostics };
    let (mut attributes, nested) = reader.body(&schema().attrs, &rest, TITLE);
    reader.report_repeats(&attributes);
    attributes.retain(|attribute| {
        let block = schema().attr(&attribute.name).is_some_and(|attr| attr.block.is_some());
        diagnostics.extend(block.then(|| no_attribute(attribute)));
        !block
    });
    let address = Address::managed("provider", alias.as_deref().unwrap_or("aws"));
    let block = Resource {
        misnamed: false,
        as_terraform: false,
        address,
        span: block.header_span,
        schema: schema(),
        attributes,
        nested,
        meta: Meta::default(),
        scope: None,
    };
    module.providers.push(Provider { alias, block });
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/providers.md");

    /// A name that the page does not explain would be one that is overlooked without a word.
    #[test]
    fn every_argument_is_explained() {
        let mut missing = Vec::new();
        for attr in &schema().attrs {
            let inner = attr.block.iter().filter(|_| attr.name != "endpoints").flat_map(|block| &block.attrs);
            let names = std::iter::once(attr.name).chain(inner.map(|inner| inner.name));
            missing.extend(names.filter(|name| !PAGE.contains(&format!("`{name}`"))));
        }
        assert_eq!(missing, [""; 0], "docs/providers.md does not say what becomes of these");
    }

    #[test]
    fn texts_are_judged() {
        type Judge = fn(&str) -> bool;
        let table: [(Judge, &[&str], &[&str]); 4] = [
            (is_account, &["123456789012"], &["", "12345678901", "1234567890123", "12345678901a", "１２３４"]),
            (
                is_url,
                &["http://a", "https://a.b:1/c"],
                &["", "a", "ftp://a", "http://", "http:///a", "https://:1", "http://a b"],
            ),
            (
                is_role,
                &["arn:aws:iam::123456789012:role/a", "arn:aws-cn:iam::123456789012:role/path/a"],
                &[
                    "",
                    "a",
                    "arn:aws:iam::123456789012:user/a",
                    "arn:aws:iam::123456789012:role/",
                    "arn:aws:iam::1:role/a",
                ],
            ),
            (is_session, &["15m", "1h30m", "12h", "3600s"], &["", "14m", "12h1s", "soon", "-1h"]),
        ];
        for (judge, good, bad) in table {
            good.iter().for_each(|text| assert!(judge(text), "{text}"));
            bad.iter().for_each(|text| assert!(!judge(text), "{text}"));
        }
    }

    #[test]
    fn the_services_that_are_called_are_among_those_of_the_provider() {
        let names: Vec<&str> = include_str!("services.txt").split_whitespace().collect();
        assert!(names.is_sorted() && names.len() > 250);
        for called in ["elasticache", "cloudwatch", "ec2", "sts", "resourcegroupstagging", "resourcegroupstaggingapi"] {
            assert!(names.contains(&called), "{called}");
        }
    }
}
