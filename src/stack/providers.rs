//! Which provider a name means in a module: its own, the one that the caller passes, or the plain one of the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, ModulePath};
use crate::diag::{Diagnostic, Span};
use crate::kinds::{self, lookups};
use crate::lang::ast::Node;
use crate::lang::declare::{Provider, Resource};
use crate::stack::Stack;
use crate::stack::access::Access;
use crate::stack::evaluator::Evaluator;
use crate::stack::provider;
use crate::value::{Object, Value};

/// What a `provider "aws"` block says.
#[derive(Debug, Clone, Default)]
pub struct ProviderSettings {
    /// What it is called in messages: `aws`, `aws.west`.
    pub name: String,
    /// The place of the block.
    pub span: Option<Span>,
    /// Its region.
    pub region: Option<Arc<str>>,
    /// Its `default_tags`, as far as they are known before anything is read.
    pub tags: Object,
    /// The module and the alias of the block.
    pub block: (ModulePath, Option<Arc<str>>),
    /// Its `ignore_tags`.
    pub ignored: IgnoredTags,
    /// The accounts that it may work in.
    pub accounts: Accounts,
    /// Its way to AWS.
    pub access: Arc<Access>,
    /// The places of its arguments.
    pub places: BTreeMap<Arc<str>, Span>,
    /// What only matters where one of our resources uses the provider.
    pub faults: Vec<Diagnostic>,
}

impl ProviderSettings {
    /// The place of an argument, or of the block.
    pub fn place_of(&self, argument: &str) -> Option<Span> {
        self.places.get(argument).copied().or(self.span)
    }

    /// Its `default_tags` as they are known now.
    pub fn tags_now(&self, evaluator: &Evaluator) -> Object {
        if self.tags.values().all(Value::is_wholly_known) {
            return self.tags.clone();
        }
        let (path, alias) = &self.block;
        let declared = evaluator.stack().declared(path);
        let block = declared.and_then(|module| module.providers.iter().find(|provider| provider.alias == *alias));
        block.map_or_else(|| self.tags.clone(), |block| provider::default_tags(block, &evaluator.within(path)))
    }
}

/// Tags that somebody else sets and changes: they are neither compared nor changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredTags {
    /// Whole names.
    pub keys: BTreeSet<String>,
    /// How names begin.
    pub prefixes: Vec<String>,
}

impl IgnoredTags {
    /// Whether a tag is left to others. The marks of our own never are.
    pub fn covers(&self, name: &str) -> bool {
        let named = self.keys.contains(name) || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
        named && !name.starts_with(crate::kinds::tags::OWNERSHIP_PREFIX)
    }

    /// Takes the tags that are left to others out of an object's `tags_all`.
    pub fn strip(&self, object: &mut Object) {
        if self.keys.is_empty() && self.prefixes.is_empty() {
            return;
        }
        let Some(value) = object.get_mut("tags_all") else { return };
        let crate::value::Data::Map(ty, tags) = &value.data else { return };
        let kept: Object =
            tags.iter().filter(|(name, _)| !self.covers(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        *value = crate::value::Value::map(ty.clone(), kept).with_mark(value.sensitive);
    }
}

/// The accounts that a provider may work in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// If there are any, no other account.
    pub allowed: BTreeSet<String>,
    /// None of these.
    pub forbidden: BTreeSet<String>,
}

impl Accounts {
    /// Why a provider must not work in an account, completing "the provider ...".
    pub fn refusal(&self, account: &str) -> Option<String> {
        if self.forbidden.contains(account) {
            return Some("forbids it (forbidden_account_ids)".to_owned());
        }
        if self.allowed.is_empty() || self.allowed.contains(account) {
            return None;
        }
        let allowed: Vec<&str> = self.allowed.iter().map(String::as_str).collect();
        Some(format!("allows {} only (allowed_account_ids)", allowed.join(", ")))
    }
}

/// The providers of every module, by alias.
#[derive(Debug, Clone, Default)]
pub struct Providers(BTreeMap<(ModulePath, Option<Arc<str>>), ProviderSettings>);

impl Providers {
    /// Hands the providers down from the root. `read` evaluates a block in its module.
    pub fn new(
        stack: &Stack,
        mut read: impl FnMut(&ModulePath, &Provider) -> ProviderSettings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut all = Self::default();
        for (path, module) in stack.modules() {
            let path = path.to_vec();
            if let (Some(call), Some((_, parent))) = (stack.call(&path), path.split_last()) {
                if let Some(plain) = all.0.get(&(parent.to_vec(), None)).cloned() {
                    all.0.insert((path.clone(), None), plain);
                }
                for (inner, outer, span) in &call.providers {
                    match (all.0.get(&(parent.to_vec(), outer.clone())), outer) {
                        (Some(settings), _) => drop(all.0.insert((path.clone(), inner.clone()), settings.clone())),
                        (None, Some(alias)) => diagnostics.push(unknown(alias, *span)),
                        (None, None) => {}
                    }
                }
            }
            for provider in &module.providers {
                let mut settings = read(&path, provider);
                settings.block = (path.clone(), provider.alias.clone());
                all.0.insert((path.clone(), provider.alias.clone()), settings);
            }
        }
        all
    }

    /// The plain provider of the stack itself.
    pub fn plain(&self) -> Option<&ProviderSettings> {
        self.0.get(&(Vec::new(), None))
    }

    /// The provider whose way to AWS all must go: the plain one. Where there is none and nothing needs one, the first of
    /// those with an alias.
    pub fn leading(&self, stack: &Stack) -> Option<&ProviderSettings> {
        if let Some(plain) = self.plain() {
            return Some(plain);
        }
        let needing = stack.resources().filter(|resource| needs_account(&resource.address));
        let of_resources: Option<Vec<_>> = needing.map(|resource| self.of(resource).ok().flatten()).collect();
        of_resources?.first().copied()
    }

    /// The provider of a block; that of the module without an alias where it names none.
    pub fn of(&self, resource: &Resource) -> Result<Option<&ProviderSettings>, Diagnostic> {
        let module = resource.address.config().module;
        let Some((alias, span)) = alias(resource) else { return Ok(self.0.get(&(module, None))) };
        match self.0.get(&(module, Some(alias.clone()))) {
            Some(settings) => Ok(Some(settings)),
            None => Err(missing(&resource.address, &alias, span)),
        }
    }

    /// The plain provider of the stack and every other that a resource of ours uses, each once.
    pub fn used(&self, stack: &Stack) -> Vec<&ProviderSettings> {
        let mut used: Vec<&ProviderSettings> = Vec::new();
        let of_resources = stack.resources().filter_map(|resource| self.of(resource).ok().flatten());
        for provider in self.plain().into_iter().chain(of_resources) {
            // What is handed down is the same; one block of a module that is called twice is not.
            if !used.iter().any(|known| Arc::ptr_eq(&known.access, &provider.access)) {
                used.push(provider);
            }
        }
        used
    }
}

/// Whether a resource is anywhere but in the program itself.
fn needs_account(address: &Address) -> bool {
    kinds::local(&address.kind).is_none() && lookups::answered_here(&address.kind).is_none()
}

/// Why a provider cannot be used beside the plain one: a run has one set of credentials and endpoints.
pub fn stranger(provider: &ProviderSettings, leading: Option<&ProviderSettings>, plain: &Access) -> Option<Diagnostic> {
    let differing = provider.access.differences(plain);
    let first = differing.first()?;
    let names: Vec<String> = differing.iter().map(|name| format!("`{name}`")).collect();
    let other = leading.filter(|leading| leading.name != "aws").map_or("the plain provider", |leading| &leading.name);
    let detail = format!(
        "{} differs from {other} in {}, and all of a stack is reached with one set of credentials and endpoints.",
        provider.name,
        names.join(", ")
    );
    let mut diagnostic = Diagnostic::error("CS0358", "Another way to AWS behind an alias", detail);
    diagnostic.span = provider.place_of(first);
    if leading.is_none() {
        return Some(diagnostic.help(
            "Something here has no `provider` and goes by the plain one, which is not declared: declare it, provider \"aws\" { ... }, with the same; or say it once in the environment, whose `profile` and `assume_role_arn` hold for all.",
        ));
    }
    Some(diagnostic.help(
        "Write the same in both; or say it once in the environment, whose `profile` and `assume_role_arn` hold for all; or put these resources into a stack of their own.",
    ))
}

/// The alias in `provider = aws.west`.
fn alias(resource: &Resource) -> Option<(Arc<str>, Span)> {
    let expr = resource.meta.provider.as_ref()?;
    match &*expr.node {
        Node::Attr(_, alias) => Some((alias.clone(), expr.span)),
        Node::String(text) => Some((text.split_once('.')?.1.into(), expr.span)),
        _ => None,
    }
}

fn unknown(alias: &str, span: Span) -> Diagnostic {
    let detail = format!("There is no provider \"aws\" with alias \"{alias}\".");
    Diagnostic::error("CS0401", "Undeclared reference", detail).at(span).help("Declare it, or pass another one.")
}

fn missing(address: &Address, alias: &str, span: Span) -> Diagnostic {
    let diagnostic = unknown(alias, span);
    if address.module.is_empty() {
        return diagnostic.help("Declare it, or set `region` of the resource.");
    }
    diagnostic.help(format!("Pass it to the module: providers = {{ aws.{alias} = aws.NAME }} in its block."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_allowed_and_forbidden() {
        let accounts = |allowed: &[&str], forbidden: &[&str]| Accounts {
            allowed: allowed.iter().map(ToString::to_string).collect(),
            forbidden: forbidden.iter().map(ToString::to_string).collect(),
        };
        let (one, two) = ("111111111111", "222222222222");
        let table = [
            (accounts(&[], &[]), None),
            (accounts(&[one], &[]), None),
            (accounts(&[one, two], &[]), None),
            (accounts(&[two], &[]), Some("allows 222222222222 only (allowed_account_ids)")),
            (accounts(&[], &[two]), None),
            (accounts(&[], &[one]), Some("forbids it (forbidden_account_ids)")),
            (accounts(&[one], &[one]), Some("forbids it (forbidden_account_ids)")),
        ];
        for (accounts, want) in table {
            assert_eq!(accounts.refusal(one).as_deref(), want, "{accounts:?}");
        }
    }

    #[test]
    fn tags_of_others_are_taken_out_and_marks_of_ours_never() {
        let ignored =
            IgnoredTags { keys: ["a".to_owned()].into(), prefixes: vec!["p:".to_owned(), "cache".to_owned()] };
        let all = [("a", "1"), ("ab", "2"), ("p:x", "3"), ("p", "4"), ("cachestack:id", "5"), ("cache", "6")];
        let mut object = Object::from([("tags_all".into(), Value::string_map(all)), ("id".into(), Value::string("x"))]);
        ignored.strip(&mut object);
        assert_eq!(object["tags_all"], Value::string_map([("ab", "2"), ("p", "4"), ("cachestack:id", "5")]));
        assert_eq!(object["id"], Value::string("x"));
    }
}
