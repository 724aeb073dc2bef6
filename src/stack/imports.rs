//! Where `import` blocks go: to blocks that are declared.

use crate::address::Address;
use crate::diag::{Diagnostic, did_you_mean};
use crate::lang::declare::{Import, import_address};
use crate::stack::Stack;

/// The `import` blocks of the stack into blocks that there are not, in no module.
pub fn undeclared(stack: &Stack) -> impl Iterator<Item = &Import> {
    let missing = |import: &&Import| import.block.module.is_empty() && stack.resource(&import.block).is_none();
    stack.module.imports.iter().filter(missing)
}

/// Whether an import is of one object of a block outside of modules, so that the block can be written.
fn is_plain(import: &Import, block: &Address) -> bool {
    let keyed = import_address(&import.to, |_| None).is_none_or(|address| address.key.is_some());
    import.for_each.is_none() && block.module.is_empty() && !keyed
}

/// Reports imports into blocks that there are not.
pub fn check(stack: &Stack, diagnostics: &mut Vec<Diagnostic>) {
    for (path, import) in stack.imports() {
        let block = &import.block_from(path);
        let foreign = |name: &String| name.split_once('.') == Some((&*block.kind, &*block.name));
        let foreign = stack.declared(&block.module).is_some_and(|module| module.foreign.keys().any(foreign));
        if stack.resource(block).is_some() || foreign {
            continue;
        }
        let known: Vec<String> = stack.resources().map(|resource| resource.address.to_string()).collect();
        let near = did_you_mean(&block.to_string(), known.iter().map(String::as_str));
        let near = near.map(|near| format!("Did you mean `{near}`? Else d")).unwrap_or_else(|| "D".to_owned());
        let declare = format!("{} \"{}\" {{ ... }}", block.kind, block.name);
        let declare = format!("{near}eclare it with the values that the object has: {declare}");
        let help = match is_plain(import, block) {
            true => format!("{declare}; or have it written: --generate-config-out FILE."),
            false => format!("{declare}. What is in a module, or has keys, is not written for you."),
        };
        let detail = format!("`{block}` is not declared, and a block says what becomes of an imported object.");
        diagnostics.push(Diagnostic::error("CS0608", "An import that cannot be", detail).at(import.to.span).help(help));
    }
}
