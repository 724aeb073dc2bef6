//! Templates. One interpolation on its own is no text: its value passes through as it is.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::{Bindings, Evaluator, Outcome, fail, outrank, reject_secret, remark, unknown_result};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Expr, Part};
use crate::value::convert::convert;
use crate::value::{Data, Type, Unknown, Value, normalized};

/// The text so far, and what has been learned about it.
#[derive(Default)]
struct Text {
    out: String,
    mark: bool,
    unknown: Option<Unknown>,
    /// What stands before the first unknown part.
    prefix: Option<String>,
    mistakes: Vec<Diagnostic>,
}

impl Text {
    fn set_unknown(&mut self, unknown: Unknown) {
        match &mut self.unknown {
            None => (self.unknown, self.prefix) = (Some(unknown), Some(self.out.clone())),
            Some(first) => outrank(first, &unknown),
        }
    }
}

/// An unknown text whose beginning is known, as far as what follows cannot change that: a letter may still get an
/// accent, but not most punctuation.
fn beginning_with(unknown: &Unknown, text: &str) -> Value {
    let normal = normalized(text);
    let safe = normal.ends_with(|c: char| " \t\n-_:;/\\,.(){}[]|?!~@#$%^&*+\"'".contains(c));
    let end = if safe { normal.len() } else { normal.grapheme_indices(true).next_back().map_or(0, |(at, _)| at) };
    let mut value = unknown_result(Type::String, unknown);
    if let Data::Unknown(unknown) = &mut value.data
        && end > 0
    {
        Arc::make_mut(unknown).prefix = Some(normal[..end].into());
    }
    value
}

impl Evaluator<'_> {
    pub(super) fn template(&self, parts: &[Part], span: Span) -> Outcome {
        if let [Part::Interpolation(expr)] = parts {
            return self.eval(expr);
        }
        let mut text = Text::default();
        self.parts(parts, &mut text);
        if !text.mistakes.is_empty() {
            return Err(text.mistakes);
        }
        let value = match &text.unknown {
            Some(unknown) => beginning_with(unknown, text.prefix.as_deref().unwrap_or_default()),
            // Parts that are normal each need not be normal together.
            None => Value::text(text.out),
        };
        if let Some(text) = value.as_str() {
            self.charged(self.budget.text(text.len()), span)?;
        }
        Ok(value.with_mark(text.mark))
    }

    fn parts(&self, parts: &[Part], text: &mut Text) {
        for part in parts {
            let result = match part {
                Part::Text(literal) => {
                    text.out.push_str(literal);
                    Ok(())
                }
                Part::Interpolation(expr) => self.interpolate(expr, text),
                Part::If(condition, yes, no) => self.directive_if(condition, yes, no, text),
                Part::For { key, value, collection, body } => {
                    self.directive_for(key.as_ref(), value, collection, body, text)
                }
            };
            if let Err(mut mistakes) = result {
                text.mistakes.append(&mut mistakes);
            }
        }
    }

    fn interpolate(&self, expr: &Expr, text: &mut Text) -> Result<(), Vec<Diagnostic>> {
        let value = self.eval(expr)?;
        self.charged(self.budget.weigh(&value), expr.span)?;
        reject_secret(&value, expr.span)?;
        text.mark |= value.is_marked_anywhere();
        match convert(&value, &Type::String) {
            Ok(Value { data: Data::String(part), .. }) => {
                self.charged(self.budget.fits((text.out.len() + part.len()) as u64), expr.span)?;
                text.out.push_str(&part);
            }
            Ok(Value { data: Data::Unknown(unknown), .. }) => {
                text.set_unknown(Arc::unwrap_or_clone(unknown));
            }
            Ok(_) => {
                return fail(
                    "CS0207",
                    format!("The value is null, and cannot be part of a text.{}", remark(expr, &value)),
                    expr.span,
                );
            }
            Err(_) => {
                let detail = format!(
                    "The value is {}, and only strings, numbers and booleans can be part of a text.",
                    value.ty().with_article()
                );
                return fail("CS0207", detail, expr.span);
            }
        }
        Ok(())
    }

    fn directive_if(
        &self,
        condition: &Expr,
        yes: &[Part],
        no: &[Part],
        text: &mut Text,
    ) -> Result<(), Vec<Diagnostic>> {
        let (decision, mark) = self.condition(condition)?;
        text.mark |= mark;
        match decision {
            Data::Bool(decision) => {
                let (taken, other) = if decision { (yes, no) } else { (no, yes) };
                self.parts(taken, text);
                // As with a conditional, what is not taken may fail, but its mark counts.
                let mut aside = Text::default();
                self.parts(other, &mut aside);
                text.mark |= aside.mark;
            }
            Data::Unknown(unknown) => {
                text.set_unknown(Arc::unwrap_or_clone(unknown));
            }
            _ => {}
        }
        Ok(())
    }

    fn directive_for(
        &self,
        key: Option<&std::sync::Arc<str>>,
        value: &std::sync::Arc<str>,
        collection: &Expr,
        body: &[Part],
        text: &mut Text,
    ) -> Result<(), Vec<Diagnostic>> {
        let before = self.budget.live();
        let items = self.items(collection)?;
        text.mark |= items.mark;
        let entries = match items.entries {
            Ok(entries) => entries,
            Err(unknown) => {
                text.set_unknown(unknown);
                return Ok(());
            }
        };
        let mut bindings = Bindings::new(self.scope);
        // The text has the mark of the collection anyway; with it on the elements no message tells them.
        for (at, item) in entries {
            if let Some(name) = key {
                bindings.names.insert(name.clone(), at.with_mark(items.mark));
            }
            bindings.names.insert(value.clone(), item.with_mark(items.mark));
            if let Err(mistakes) = self.charged(self.budget.work(1), collection.span) {
                text.mistakes.extend(mistakes);
                break;
            }
            self.within(&bindings).parts(body, text);
            if !text.mistakes.is_empty() {
                break;
            }
        }
        // Only the text stays, which is counted when it is whole.
        self.charged(self.budget.settle(before, &Value::null()), collection.span)?;
        Ok(())
    }
}
