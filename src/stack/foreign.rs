//! What the stack leaves to other tools by name: it must be there, and nobody here may manage it.

use std::sync::Arc;

use crate::address::{Address, module_prefix};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::stack::Stack;

/// Reports addresses in `foreign = [...]` that are managed here, or not declared at all.
pub fn check(stack: &Stack, given_up: &[(Arc<str>, Span)], diagnostics: &mut Vec<Diagnostic>) {
    let names = stack.modules().flat_map(|(path, module)| {
        let prefix = module_prefix(path);
        module.foreign.keys().map(move |address| format!("{prefix}{address}"))
    });
    let names: Vec<String> = names.collect();
    for (address, span) in given_up.iter().filter(|(address, _)| !names.iter().any(|name| **name == **address)) {
        let managed = Address::parse(address).is_some_and(|address| stack.resource(&address).is_some());
        let (detail, help) = match managed {
            true => (
                format!("cachestack manages `{address}` itself: it knows the kind."),
                "Take the address out of `foreign`; what Terraform manages goes into a directory of its own."
                    .to_owned(),
            ),
            false => (
                format!("Nothing declares `{address}`."),
                match did_you_mean(address, names.iter().map(String::as_str)) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "Take it out of `foreign`.".to_owned(),
                },
            ),
        };
        diagnostics.push(Diagnostic::error("CS0372", "Left to nobody", detail).at(*span).help(help));
    }
}
