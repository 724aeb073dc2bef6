//! Access to parts: attributes, elements, and splats.

use super::{Evaluator, Outcome, error, fail, remark, unknown_of};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::{Expr, Node, Step};
use crate::lang::refs;
use crate::value::convert::{convert, unify};
use crate::value::{Data, Object, Type, Unknown, Value};

impl Evaluator<'_> {
    /// A name with the steps behind it. The scope takes the written steps that it knows; the rest applies
    /// to the value.
    pub(super) fn traversal(&self, expr: &Expr) -> Outcome {
        let mut chain = Vec::new();
        let mut head = expr;
        while let Node::Attr(source, _) | Node::LegacyIndex(source, _) | Node::Index(source, _) = &*head.node {
            chain.push(head);
            head = source;
        }
        chain.reverse();
        let (mut value, used) = match &*head.node {
            Node::Name(root) => {
                let steps: Vec<Step> = chain.iter().map_while(|node| written_step(node)).collect();
                if let Some((Node::Index(source, key), rest)) =
                    chain[steps.len()..].split_first().map(|(node, rest)| (&*node.node, rest))
                    && self.scope.is_repeated(root, &steps)
                {
                    return self.element_of(root, &steps, (source, key), rest);
                }
                let last = steps.len().checked_sub(1).map_or(head, |last| chain[last]);
                self.scope
                    .resolve(root, &steps, head.span.to(last.span))
                    .map_err(|diagnostic| vec![diagnostic.or_at(last.span)])?
            }
            _ => (self.eval(head)?, 0),
        };
        for node in &chain[used.min(chain.len())..] {
            value = self.step(node, value)?;
        }
        Ok(value)
    }

    /// `x[each.key]` and what is behind it, of something whose elements can be had one by one.
    fn element_of(&self, root: &str, steps: &[Step], (source, key): (&Expr, &Expr), rest: &[&Expr]) -> Outcome {
        let index = self.eval(key)?;
        let mut value = match self.scope.element(root, steps, &index) {
            Some(found) => found.with_mark(index.sensitive),
            None => element(&self.eval(source)?, &index, source, key.span)?,
        };
        for node in rest {
            value = self.step(node, value)?;
        }
        Ok(value)
    }

    fn step(&self, node: &Expr, source: Value) -> Outcome {
        match &*node.node {
            Node::Attr(expr, name) => attribute(&source, name, expr, node.span),
            Node::LegacyIndex(expr, index) => element(&source, &Value::int(*index as i64), expr, node.span),
            Node::Index(expr, key) => {
                let at = key.span;
                let key = self.eval(key)?;
                element(&source, &key, expr, at)
            }
            _ => Ok(source),
        }
    }

    /// The steps for each element. A null has no elements; what is no collection is its own only element.
    pub(super) fn splat(&self, source: &Expr, each: &Expr, span: Span) -> Outcome {
        let value = self.eval(source)?;
        self.charged(self.budget.weigh(&value), source.span)?;
        super::reject_secret(&value, source.span)?;
        let mark = value.sensitive;
        let apply = |item: &Value| {
            self.charged(self.budget.work(1), span)?;
            let of = |item: &Value| -> Outcome {
                Evaluator { scope: self.scope, budget: self.budget, each: Some(item) }.eval(each)
            };
            // An element has no mark of its own, and is not told for all that.
            of(item)
                .map_err(|wrong| if mark { of(&item.clone().into_sensitive()).err().unwrap_or(wrong) } else { wrong })
        };
        let result = match &value.data {
            Data::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let detail = format!("The value is null, and null has no elements.{}", remark(source, &value));
                return Err(vec![error("CS0218", detail, span)]);
            }
            Data::Null(_) => Value::tuple(Vec::new()),
            Data::Unknown(unknown) => match &unknown.ty {
                Type::List(ty) | Type::Set(ty) => {
                    let item = apply(&unknown_of((**ty).clone(), unknown))?;
                    unknown_of(Type::list(item.ty()), unknown)
                }
                Type::Tuple(types) => {
                    let items = types.iter().map(|ty| apply(&unknown_of(ty.clone(), unknown)));
                    Value::tuple(items.collect::<Result<_, _>>()?)
                }
                // Of a resource of another tool it is known that it is one object.
                _ if unknown.parts.is_some() => Value::tuple(vec![apply(&value)?]),
                ty if unknown.not_null && *ty != Type::Any => Value::tuple(vec![apply(&value)?]),
                _ => unknown_of(Type::Any, unknown),
            },
            Data::Tuple(items) => Value::tuple(every(items, apply)?),
            // Without an element, an unknown one tells the type of the result, and whether there is one.
            Data::List(ty, items) | Data::Set(ty, items) if items.is_empty() => {
                let item = apply(&Value::unknown(ty.clone(), None))?;
                Value::list(item.ty(), Vec::new())
            }
            Data::List(_, items) | Data::Set(_, items) => {
                let items = every(items, apply)?;
                let types: Vec<Type> = items.iter().map(Value::ty).collect();
                match unify(&types) {
                    Some(ty) => convert(&Value::tuple(items), &Type::list(ty))
                        .map_err(|mismatch| vec![error("CS0203", mismatch.to_string(), span)])?,
                    None => Value::tuple(items),
                }
            }
            _ => Value::tuple(vec![apply(&value)?]),
        };
        self.made(result.with_mark(mark), span)
    }
}

fn written_step(node: &Expr) -> Option<Step> {
    match &*node.node {
        Node::Attr(_, name) => Some(Step::Attr(name.clone())),
        Node::LegacyIndex(_, index) => Some(Step::Index(*index)),
        Node::Index(_, key) => refs::literal_step(key),
        _ => None,
    }
}

fn every(items: &[Value], apply: impl Fn(&Value) -> Outcome) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        values.push(apply(item)?);
    }
    Ok(values)
}

/// `source.name`
pub(super) fn attribute(source: &Value, name: &str, expr: &Expr, span: Span) -> Outcome {
    let found = match &source.data {
        Data::Object(attributes) | Data::Map(_, attributes) => {
            attributes.get(name).cloned().ok_or_else(|| missing(attributes, name, source, expr, span))?
        }
        Data::Unknown(unknown) => match &unknown.ty {
            _ if unknown.parts.is_some() => unknown.part(name).unwrap_or_else(Value::null),
            Type::Object(fields) => match fields.get(name) {
                Some(field) => unknown_of(field.ty.clone(), unknown),
                None => {
                    let detail = format!("The object has no attribute {name:?}.");
                    let names = fields.keys().map(|name| &**name);
                    return Err(vec![suggest(error("CS0202", detail, span), name, names)]);
                }
            },
            Type::Map(ty) => unknown_of((**ty).clone(), unknown),
            Type::Any => unknown.below(name),
            ty => return Err(vec![no_attributes(ty, name, span)]),
        },
        Data::Null(_) => {
            let detail = format!("The value is null, and null has no attribute {name:?}.{}", remark(expr, source));
            return fail("CS0218", detail, span);
        }
        _ => return Err(vec![no_attributes(&source.ty(), name, span)]),
    };
    Ok(found.with_mark(source.sensitive))
}

fn no_attributes(ty: &Type, name: &str, span: Span) -> Diagnostic {
    let detail = format!("The value is {}, which has no attributes.", ty.with_article());
    let diagnostic = error("CS0202", detail, span);
    match ty {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
            diagnostic.help(format!("For the attribute of every element write [*].{name}, for that of one [0].{name}."))
        }
        _ => diagnostic,
    }
}

fn missing(attributes: &Object, name: &str, source: &Value, expr: &Expr, span: Span) -> Vec<Diagnostic> {
    let what = if matches!(source.data, Data::Map(..)) { "map has no element" } else { "object has no attribute" };
    if source.sensitive {
        return vec![error(
            "CS0202",
            format!("The {what} {name:?}; it is sensitive, and what it has is not shown."),
            span,
        )];
    }
    let of = refs::describe(expr).map(|path| format!(" {path}")).unwrap_or_default();
    let detail = format!("The {what} {name:?}:{of} has {}.", list(attributes));
    vec![suggest(error("CS0202", detail, span), name, attributes.keys().map(|key| &**key))]
}

/// The first names of an object, for a message.
fn list(attributes: &Object) -> String {
    if attributes.is_empty() {
        return "none at all".to_string();
    }
    let shown: Vec<&str> = attributes.keys().take(12).map(|key| &**key).collect();
    let more = attributes.len().saturating_sub(shown.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

fn suggest<'a>(diagnostic: Diagnostic, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    match did_you_mean(name, known) {
        Some(meant) => diagnostic.help(format!("Did you mean {meant:?}?")),
        None => diagnostic,
    }
}

/// `source[key]`
pub(super) fn element(source: &Value, key: &Value, expr: &Expr, span: Span) -> Outcome {
    let found = element_of(source, key, expr, span);
    found.map_err(|wrong| if key.sensitive { super::hidden(wrong, "index") } else { wrong })
}

fn element_of(source: &Value, key: &Value, expr: &Expr, span: Span) -> Outcome {
    let mark = source.sensitive | key.sensitive;
    super::reject_secret(key, span)?;
    if source.is_null() {
        return fail("CS0218", format!("The value is null, and null has no elements.{}", remark(expr, source)), span);
    }
    if key.is_null() {
        return fail("CS0203", "The index is null.", span);
    }
    let found = match (&source.data, &key.data) {
        (Data::Unknown(unknown), _) => unknown_element(unknown, key, expr, span)?,
        (Data::List(ty, _), Data::Unknown(unknown)) => unknown_of(ty.clone(), unknown),
        (Data::Map(ty, _), Data::Unknown(unknown)) => unknown_of(ty.clone(), unknown),
        (Data::Tuple(_) | Data::Object(_), Data::Unknown(unknown)) => unknown_of(Type::Any, unknown),
        (Data::List(_, items) | Data::Tuple(items), _) => {
            let index = position(key, span)?;
            match items.get(index) {
                Some(item) => item.clone(),
                None => {
                    let of = refs::describe(expr).unwrap_or_else(|| "the value".to_string());
                    let detail =
                        format!("There is no element {index}: {of} has {} elements, counted from 0.", items.len());
                    return fail("CS0203", detail, span);
                }
            }
        }
        (Data::Map(_, entries) | Data::Object(entries), _) => {
            let Ok(Value { data: Data::String(name), .. }) = convert(key, &Type::String) else {
                return fail(
                    "CS0203",
                    format!("The key is {}, and a string is required.", key.ty().with_article()),
                    span,
                );
            };
            let known = entries.get(&name).cloned();
            known.ok_or_else(|| {
                let mut wrong = missing(entries, &name, source, expr, span);
                if let (Data::Object(_), Some(of), true) =
                    (&source.data, refs::describe(expr), key.as_number().is_some() && !source.sensitive)
                {
                    let keyed = !entries.is_empty() && entries.values().all(|entry| entry.as_object().is_some());
                    let help = match entries.keys().next().filter(|_| keyed) {
                        Some(key) => format!("The instances have keys and no numbers: write {of}[{:?}].", &**key),
                        None => format!("{of} is one object, and no list of them: leave out [{name}]."),
                    };
                    wrong = wrong.into_iter().map(|one| one.help(help.clone())).collect();
                }
                wrong
            })?
        }
        (Data::Set(..), _) => {
            let help = "Convert it with tolist(...) first, or go through it with a for expression.";
            return Err(vec![
                error("CS0203", "The elements of a set have no order, and so no index.", span).help(help),
            ]);
        }
        _ => {
            return fail(
                "CS0203",
                format!("The value is {}, which has no elements.", source.ty().with_article()),
                span,
            );
        }
    };
    Ok(found.with_mark(mark))
}

fn unknown_element(unknown: &Unknown, key: &Value, expr: &Expr, span: Span) -> Outcome {
    match &unknown.ty {
        _ if unknown.parts.is_some() && key.as_str().is_some() => {
            Ok(key.as_str().and_then(|name| unknown.part(name)).unwrap_or_else(Value::null))
        }
        Type::Any => Ok(unknown_of(Type::Any, unknown)),
        Type::List(ty) | Type::Map(ty) => Ok(unknown_of((**ty).clone(), unknown)),
        Type::Tuple(types) if !key.is_unknown() => match types.get(position(key, span)?) {
            Some(ty) => Ok(unknown_of(ty.clone(), unknown)),
            None => fail("CS0203", format!("There is no such element: the tuple has {}.", types.len()), span),
        },
        Type::Tuple(_) => Ok(unknown_of(Type::Any, unknown)),
        Type::Object(_) => match key.as_str() {
            Some(name) => attribute(&Value::from(unknown.clone()), name, expr, span),
            None => Ok(unknown_of(Type::Any, unknown)),
        },
        ty => fail("CS0203", format!("The value is {}, which has no index.", ty.with_article()), span),
    }
}

/// A key as a position in a list.
fn position(key: &Value, span: Span) -> Result<usize, Vec<Diagnostic>> {
    let number = match convert(key, &Type::Number) {
        Ok(Value { data: Data::Number(number), .. }) => number,
        _ => {
            return fail(
                "CS0203",
                format!("The index is {}, and a number is required.", key.ty().with_article()),
                span,
            );
        }
    };
    if !number.is_whole() {
        return fail("CS0203", format!("The index {number} is not a whole number."), span);
    }
    if number.is_negative() {
        let help = "For the last element write element(list, -1), or list[length(list) - 1].";
        return Err(vec![error("CS0203", format!("The index {number} is negative."), span).help(help)]);
    }
    Ok(number.to_i64().map_or(usize::MAX, |index| index as usize))
}
