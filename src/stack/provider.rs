//! What a `provider "aws"` block says, evaluated. Names and types are judged by its schema; here is the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::{self, Diagnostic, Span};
use crate::lang::declare::{Provider, provider};
use crate::lang::eval::Scope;
use crate::stack::access::{Access, Overriding, Surroundings};
use crate::stack::desired::{self, Desired};
use crate::stack::providers::{Accounts, IgnoredTags, ProviderSettings};
use crate::stack::public;
use crate::value::{Object, Origin, Value};

/// Evaluates a block in its module.
pub fn read(
    block: &Provider,
    scope: &dyn Scope,
    around: &Surroundings,
    environment: &Overriding,
    diagnostics: &mut Vec<Diagnostic>,
) -> ProviderSettings {
    let mut found = Vec::new();
    let mut desired = desired::desired(&block.block, scope, &mut found);
    let evaluated = !diag::has_errors(&found);
    desired::check(&provider::schema().attrs, &mut desired, evaluated, &mut found);
    let name = block.alias.as_ref().map_or_else(|| "aws".to_owned(), |alias| format!("aws.{alias}"));
    let sound = !diag::has_errors(&found);
    let faults = if sound { faults(&name, &desired) } else { Vec::new() };
    diagnostics.append(&mut found);
    let object = &desired.object;
    let nested = |block: &str, name: &str| first(object, block).and_then(|block| block.get(name));
    ProviderSettings {
        name,
        span: Some(block.block.span),
        region: object.get("region").and_then(Value::as_str).filter(|region| !region.is_empty()).map(Arc::from),
        tags: tags(nested("default_tags", "tags")),
        ignored: IgnoredTags {
            keys: texts(nested("ignore_tags", "keys")).collect(),
            prefixes: texts(nested("ignore_tags", "key_prefixes")).collect(),
        },
        accounts: Accounts {
            allowed: texts(object.get("allowed_account_ids")).collect::<BTreeSet<_>>(),
            forbidden: texts(object.get("forbidden_account_ids")).collect(),
        },
        access: Arc::new(Access::of(object, around).under(environment)),
        places: desired.spans,
        block: Default::default(),
        faults,
    }
}

/// The `default_tags` of a block, evaluated anew. What is wrong with them has been said.
pub fn default_tags(block: &Provider, scope: &dyn Scope) -> Object {
    let desired = desired::desired(&block.block, scope, &mut Vec::new());
    tags(first(&desired.object, "default_tags").and_then(|block| block.get("tags")))
}

fn first<'a>(object: &'a Object, block: &str) -> Option<&'a Object> {
    object.get(block)?.as_items()?.first()?.as_object()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    let items = value.and_then(Value::as_items).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned))
}

fn tags(value: Option<&Value>) -> Object {
    let tags = value.and_then(Value::as_object).cloned().unwrap_or_default();
    tags.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Arguments that messages repeat, as what they name may not be there.
const SHOWN: [&str; 5] =
    ["profile", "region", "shared_config_files", "shared_credentials_files", "allowed_account_ids"];

/// What is wrong with a provider that is used: an argument whose value nobody knows must never count as left out.
fn faults(name: &str, desired: &Desired) -> Vec<Diagnostic> {
    let mut faults: Vec<Diagnostic> = Vec::new();
    for (argument, value) in &desired.object {
        let at = |diagnostic: Diagnostic| Diagnostic { span: desired.span_of(argument), ..diagnostic };
        if SHOWN.contains(&&**argument) && value.is_sensitive_anywhere() {
            faults.push(at(public::refused(argument)));
        } else if !is_known(argument, value) && !lacks_variable(value) {
            faults.push(at(unknown(&format!("`{argument}` of provider {name}"))));
        } else if has_null(value) {
            let detail = format!("`{argument}` of provider {name} has an element that is null.");
            faults.push(at(Diagnostic::error("CS0407", "A value that is not allowed", detail).help("Leave it out.")));
        }
    }
    if desired.object.get("insecure").and_then(Value::as_bool) == Some(true) {
        let refused = Diagnostic::error("CS0325", "Not supported", "`insecure` is refused: who answers must be AWS.");
        let help = "Name the certificates that are to be trusted in `custom_ca_bundle`.";
        faults.push(Diagnostic { span: desired.span_of("insecure"), ..refused.help(help) });
    }
    faults.extend(together(desired));
    faults
}

/// Whether it hangs on a variable without a value: a check goes without, and a plan has told it.
pub fn lacks_variable(value: &Value) -> bool {
    value.origins().iter().any(|origin| matches!(**origin, Origin::Variable(_)))
}

/// Tags may hold values that only the account tells; everything else is needed to find the account.
fn is_known(argument: &str, value: &Value) -> bool {
    let blocks = value.as_items().filter(|_| argument == "default_tags");
    match blocks {
        Some(blocks) => blocks.iter().all(|block| block.get("tags").is_none_or(|tags| !tags.is_unknown())),
        None => value.is_wholly_known(),
    }
}

/// Whether a list or a set of texts holds null; absent arguments of nested blocks are null as well, and may be.
fn has_null(value: &Value) -> bool {
    value.as_items().is_some_and(|items| {
        items.iter().any(|item| match item.as_object() {
            Some(block) => block.values().any(has_null),
            None => item.is_null(),
        })
    })
}

/// The error of a setting that is wanted before anything is known of the account.
pub fn unknown(what: &str) -> Diagnostic {
    let detail = format!("{what} is needed to reach the account, and its value is not known before that.");
    Diagnostic::error("CS0360", "Needed before anything is read", detail)
        .help("Write a value, or take it from a variable.")
}

/// Arguments that say one thing twice, or half of a thing.
fn together(desired: &Desired) -> Vec<Diagnostic> {
    let object = &desired.object;
    let has = |name: &str| object.get(name).is_some_and(|value| !value.is_null());
    let web = first(object, "assume_role_with_web_identity");
    let of_web = |name: &str| web.is_some_and(|web| web.get(name).is_some_and(|value| !value.is_null()));
    let tokens = (of_web("web_identity_token"), of_web("web_identity_token_file"));
    let both = "Keep one of the two.";
    let table: [(bool, &str, &str, &str); 7] = [
        (
            has("access_key") && !has("secret_key"),
            "access_key",
            "`access_key` is there without `secret_key`.",
            "Set both.",
        ),
        (
            has("secret_key") && !has("access_key"),
            "secret_key",
            "`secret_key` is there without `access_key`.",
            "Set both.",
        ),
        (
            has("token") && !has("access_key"),
            "token",
            "`token` is there without `access_key` and `secret_key`.",
            "Set all three.",
        ),
        (
            has("profile") && has("access_key"),
            "profile",
            "`profile` and `access_key` both say whose credentials are used.",
            both,
        ),
        (
            web.is_some() && has("profile"),
            "profile",
            "`profile` and `assume_role_with_web_identity` both say whose credentials are used.",
            both,
        ),
        (
            web.is_some() && has("access_key"),
            "access_key",
            "`access_key` and `assume_role_with_web_identity` both say whose credentials are used.",
            both,
        ),
        (
            web.is_some() && tokens.0 == tokens.1,
            "assume_role_with_web_identity",
            "Exactly one of `web_identity_token` and `web_identity_token_file` says which token it is.",
            "Set one of the two.",
        ),
    ];
    let wrong = table.into_iter().filter(|(wrong, ..)| *wrong);
    let place = |name: &str| -> Option<Span> { desired.span_of(name).filter(|_| !is_secret(name)).or(desired.span) };
    wrong
        .map(|(_, argument, detail, help)| Diagnostic {
            span: place(argument),
            ..Diagnostic::error("CS0367", "Arguments that do not go together", detail).help(help)
        })
        .collect()
}

/// Whether the line of an argument is better not shown.
fn is_secret(argument: &str) -> bool {
    provider::schema().attr(argument).is_some_and(|attr| attr.secret)
}
