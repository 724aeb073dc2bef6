//! What the stack leaves to other tools by name, though its type is one of ElastiCache.

use std::sync::Arc;

use crate::address::{Address, Mode, module_prefix};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::kinds;
use crate::lang::declare::{Foreign, Module, Removed};
use crate::stack::Stack;
use crate::stack::modules::Units;

/// Takes what is left to others out of what is managed. Answers what is to be forgotten: an object that has a record is
/// not destroyed because its block belongs to another tool now.
pub fn leave(module: &mut Module, units: &mut Units, given_up: &[(Arc<str>, Span)]) -> Vec<Removed> {
    let mut forgotten = Vec::new();
    for (text, span) in given_up {
        let Some(address) = kinds::address(text).map(|address| address.config()) else { continue };
        let of_unit = |units: &mut Units| units.get_mut(&address.module).map(|unit| take(&mut unit.declared, &address));
        let taken = if address.module.is_empty() { Some(take(module, &address)) } else { of_unit(units) };
        if taken == Some(true) && address.mode == Mode::Managed {
            let from = crate::address::Subject::Resource(address);
            forgotten.push(Removed { from, destroy: false, span: *span });
        }
    }
    forgotten
}

/// Makes a block of a module one of another tool.
fn take(module: &mut Module, address: &Address) -> bool {
    let Some(at) = module.resources.iter().position(|block| block.address == *address) else { return false };
    let block = module.resources.remove(at);
    let name = format!("{}{}.{}", address.mode.prefix(), block.schema.terraform, block.address.name);
    let foreign = Foreign {
        span: block.span,
        kind_span: block.span,
        count: block.meta.count,
        for_each: block.meta.for_each,
        attributes: block.attributes,
    };
    module.foreign.insert(name, foreign);
    true
}

/// Names addresses in `foreign = [...]` that nothing declares.
pub fn check(stack: &Stack, given_up: &[(Arc<str>, Span)], diagnostics: &mut Vec<Diagnostic>) {
    let names = stack.modules().flat_map(|(path, module)| {
        let prefix = module_prefix(path);
        module.foreign.keys().map(move |address| format!("{prefix}{address}"))
    });
    let modules = stack.elsewhere.keys().map(|path| module_prefix(path).trim_end_matches('.').to_owned());
    let names: Vec<String> = names.chain(modules).collect();
    let is = |name: &str, address: &str| {
        name == address || kinds::address(name).is_some_and(|name| Some(name) == kinds::address(address))
    };
    for (address, span) in given_up.iter().filter(|(address, _)| !names.iter().any(|name| is(name, address))) {
        let help = match did_you_mean(address, names.iter().map(String::as_str)) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Take it out of `foreign`.".to_owned(),
        };
        let detail = format!("Nothing declares `{address}`.");
        diagnostics.push(Diagnostic::warning("CS0372", "Left to nobody", detail).at(*span).help(help));
    }
}
