//! Which provider a name means in a module: its own, the one that the caller passes, or the plain one of the caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, ModulePath};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::Node;
use crate::lang::declare::{Provider, Resource};
use crate::stack::Stack;
use crate::value::Object;

/// What a `provider "aws"` block says.
#[derive(Debug, Clone, Default)]
pub struct ProviderSettings {
    /// Its region.
    pub region: Option<Arc<str>>,
    /// Its `default_tags`.
    pub tags: Object,
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
                let plain = all.0.get(&(parent.to_vec(), None)).cloned().unwrap_or_default();
                all.0.insert((path.clone(), None), plain);
                for (inner, outer, span) in &call.providers {
                    match (all.0.get(&(parent.to_vec(), outer.clone())), outer) {
                        (Some(settings), _) => drop(all.0.insert((path.clone(), inner.clone()), settings.clone())),
                        (None, Some(alias)) => diagnostics.push(unknown(alias, *span)),
                        (None, None) => {}
                    }
                }
            }
            for provider in &module.providers {
                let settings = read(&path, provider);
                all.0.insert((path.clone(), provider.alias.clone()), settings);
            }
        }
        all
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
