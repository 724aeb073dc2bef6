//! The planned outputs, and which of them change.

use crate::address::{Address, Key};
use crate::diag::Diagnostic;
use crate::kinds::{self, our_name};
use crate::lang::ast::{Expr, Step};
use crate::lang::eval::eval;
use crate::lang::refs::traversal;
use crate::plan::draft::Draft;
use crate::stack::{conditions, public};
use crate::value::json::to_json;

impl Draft<'_> {
    /// The planned outputs, and which of them change.
    pub fn outputs(&mut self) {
        if self.inputs.options.destroy {
            return;
        }
        let names = self.evaluator.names();
        let mut untold = Vec::new();
        for (name, output) in &names.0.module.outputs {
            let view = self.evaluator.within(&[]);
            conditions::check_all(&output.preconditions, &view, "CS0414", &mut self.diagnostics);
            let value = match eval(&output.value, &view) {
                Ok(value) => value,
                Err(wrong) => {
                    self.diagnostics.extend(public::of_output(name, wrong));
                    continue;
                }
            };
            // Nothing here will ever tell it: it is neither kept nor a change.
            if !value.foreign().is_empty() {
                untold.push(format!("`{name}`"));
                continue;
            }
            if value.is_sensitive_anywhere() && !output.sensitive {
                self.diagnostics.push(
                    Diagnostic::error(
                        "CS0415",
                        "An output would show a secret",
                        format!("`output.{name}` holds a sensitive value."),
                    )
                    .at(output.value.span)
                    .help("Add `sensitive = true` to the output."),
                );
            }
            self.diagnostics.extend(self.never(&output.value));
            let value = value.with_mark(output.sensitive);
            let old = self.state.outputs.get(&**name);
            let same = match old {
                None => false,
                Some(None) => value.is_sensitive_anywhere(),
                // A state keeps no types: a set reads back as a tuple.
                Some(Some(old)) => {
                    !value.is_sensitive_anywhere() && value.is_wholly_known() && to_json(old) == to_json(&value)
                }
            };
            if !same {
                self.plan.changed_outputs.insert(name.to_string());
            }
            self.plan.outputs.insert(name.to_string(), value);
        }
        if !untold.is_empty() && self.inputs.live.is_some() {
            let detail = format!(
                "Outputs that hang on resources of other tools are neither shown nor kept, unless --var gives what they need: {}.",
                untold.join(", ")
            );
            self.diagnostics.push(Diagnostic::note("CS0304", "Resources of other tools", detail));
        }
        self.plan.old_outputs = self.state.outputs.clone();
        let gone = self.state.outputs.keys().filter(|name| !names.0.module.outputs.contains_key(name.as_str()));
        self.plan.changed_outputs.extend(gone.cloned());
    }

    /// A warning of an attribute that AWS leaves without a value, where an output is nothing but that.
    fn never(&self, expr: &Expr) -> Option<Diagnostic> {
        let (root, steps) = traversal(expr)?;
        let kind = kinds::get(our_name(&root))?;
        let (name, key, attribute) = match &steps[..] {
            [Step::Attr(name), Step::Attr(attribute)] => (name, None, attribute),
            [Step::Attr(name), Step::Key(key), Step::Attr(attribute)] => {
                (name, Some(Key::Name(key.clone())), attribute)
            }
            [Step::Attr(name), Step::Index(at), Step::Attr(attribute)] => (name, Some(Key::Index(*at)), attribute),
            _ => return None,
        };
        let address = Address { key, ..Address::managed(kind.schema().kind, name.clone()) };
        let empty = kind.stays_empty(self.planned.get(&address)?);
        empty.contains(&&**attribute).then(|| {
            let detail = format!("`{address}` has no {attribute} as it is declared.");
            let help = "Use an attribute that it has; `state show` tells them once it is there.";
            Diagnostic::warning("CS1070", "An output of nothing", detail).at(expr.span).help(help)
        })
    }
}
