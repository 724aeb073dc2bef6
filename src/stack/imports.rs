//! Where `import` blocks go: to blocks that are declared, and only from the root.

use crate::diag::{Diagnostic, did_you_mean};
use crate::stack::Stack;

/// Reports imports into blocks that there are not, and those that a module asks for.
pub fn check(stack: &Stack, diagnostics: &mut Vec<Diagnostic>) {
    for import in &stack.module.imports {
        let block = &import.block;
        let foreign = |name: &String| name.split_once('.') == Some((&*block.kind, &*block.name));
        let foreign = stack.declared(&block.module).is_some_and(|module| module.foreign.keys().any(foreign));
        if stack.resource(block).is_some() || foreign {
            continue;
        }
        let known: Vec<String> = stack.resources().map(|resource| resource.address.to_string()).collect();
        let help = match did_you_mean(&block.to_string(), known.iter().map(String::as_str)) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => {
                format!("Declare it with the values that the object has: {} \"{}\" {{ ... }}.", block.kind, block.name)
            }
        };
        let detail = format!("`{block}` is not declared, and a block says what becomes of an imported object.");
        diagnostics.push(Diagnostic::error("CS0608", "An import that cannot be", detail).at(import.to.span).help(help));
    }
    for import in stack.units.values().flat_map(|unit| &unit.declared.imports) {
        let detail = "An `import` block in a module would take the same object over for everyone who calls it.";
        let diagnostic = Diagnostic::error("CS0608", "An import that cannot be", detail).at(import.span);
        diagnostics.push(diagnostic.help("Move it into the stack: to = module.NAME.KIND.NAME."));
    }
}
