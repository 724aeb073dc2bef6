//! `for` expressions, and what they and template loops go through.

use std::sync::Arc;

use super::{Bindings, Evaluator, Outcome, error, fail, object_key, reject_secret, remark, unknown_of};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Expr, For};
use crate::value::{Data, Object, Type, Unknown, Value};

/// What is gone through: keys and elements, the mark of the whole, or that it is unknown.
pub(super) struct Items {
    /// Keys and elements in order.
    pub entries: Result<Vec<(Value, Value)>, Unknown>,
    /// Whether the collection itself is sensitive.
    pub mark: bool,
}

/// What a `for` expression gathers.
#[derive(Default)]
struct Gathered {
    items: Vec<Value>,
    entries: Object,
    groups: std::collections::BTreeMap<Arc<str>, Vec<Value>>,
    mark: bool,
    unknown: Option<Unknown>,
}

impl Evaluator<'_> {
    /// The elements of a collection with their keys: positions, names, or for a set the elements.
    pub(super) fn items(&self, collection: &Expr) -> Result<Items, Vec<Diagnostic>> {
        let value = self.eval(collection)?;
        let mark = value.sensitive;
        // Keys and elements are laid out before the first round.
        self.charged(self.budget.values(2 * value.children_count() as u64), collection.span)?;
        let entries = match &value.data {
            Data::Unknown(unknown) if !unknown.ty.is_primitive() => Err((**unknown).clone()),
            Data::List(_, items) | Data::Tuple(items) => {
                Ok(items.iter().enumerate().map(|(index, item)| (Value::int(index as i64), item.clone())).collect())
            }
            Data::Set(_, items) => Ok(items.iter().map(|item| (item.clone(), item.clone())).collect()),
            Data::Map(_, items) | Data::Object(items) => {
                Ok(items.iter().map(|(key, item)| (Value::new(Data::String(key.clone())), item.clone())).collect())
            }
            Data::Null(_) => {
                let detail = format!("The collection is null.{}", remark(collection, &value));
                return fail("CS0208", detail, collection.span);
            }
            _ => {
                reject_secret(&value, collection.span)?;
                let detail =
                    format!("{} cannot be gone through.{}", value.ty().with_article(), remark(collection, &value));
                return fail("CS0208", super::operator::capital(&detail), collection.span);
            }
        };
        Ok(Items { entries, mark })
    }

    pub(super) fn for_expression(&self, node: &For, span: Span) -> Outcome {
        let items = self.items(&node.collection)?;
        let entries = match items.entries {
            Ok(entries) => entries,
            Err(unknown) => {
                self.check_condition(node)?;
                return Ok(unknown_of(Type::Any, &unknown).with_mark(items.mark));
            }
        };
        let mut gathered = Gathered { mark: items.mark, ..Gathered::default() };
        let mut bindings = Bindings::new(self.scope);
        if entries.is_empty() {
            self.check_condition(node)?;
        }
        for (key, value) in entries {
            if let Some(name) = &node.key {
                bindings.names.insert(name.clone(), key);
            }
            bindings.names.insert(node.value.clone(), value);
            self.charged(self.budget.work(1), span)?;
            let round = self.within(&bindings).one(node, &mut gathered, span);
            round.map_err(|wrong| {
                if items.mark { self.without_elements(node, bindings.names.clone(), wrong, span) } else { wrong }
            })?;
        }
        let result = match gathered.unknown {
            Some(unknown) => unknown_of(Type::Any, &unknown),
            None if node.result_key.is_none() => Value::tuple(gathered.items),
            None if node.group => {
                Value::object(gathered.groups.into_iter().map(|(key, items)| (key, Value::tuple(items))).collect())
            }
            None => Value::object(gathered.entries),
        };
        Ok(result.with_mark(gathered.mark))
    }

    /// What is wrong in a round over a sensitive collection: the elements have no mark of their own, as with Terraform, and
    /// with one they are not told.
    fn without_elements(&self, node: &For, names: Object, wrong: Vec<Diagnostic>, span: Span) -> Vec<Diagnostic> {
        let mut bindings = Bindings::new(self.scope);
        bindings.names = names.into_iter().map(|(name, value)| (name, value.into_sensitive())).collect();
        match self.within(&bindings).one(node, &mut Gathered::default(), span) {
            Err(told) => told,
            Ok(()) => super::hidden(wrong, "for"),
        }
    }

    /// What is wrong with a condition whatever the element is, shows without one, too.
    fn check_condition(&self, node: &For) -> Result<(), Vec<Diagnostic>> {
        let Some(condition) = &node.condition else { return Ok(()) };
        let mut bindings = Bindings::new(self.scope);
        for name in node.key.iter().chain([&node.value]) {
            bindings.names.insert(name.clone(), Value::unknown(Type::Any, None));
        }
        self.within(&bindings).condition(condition).map(drop)
    }

    /// One round of a `for` expression.
    fn one(&self, node: &For, gathered: &mut Gathered, span: Span) -> Result<(), Vec<Diagnostic>> {
        if let Some(condition) = &node.condition {
            let (decision, mark) = self.condition(condition)?;
            gathered.mark |= mark;
            match decision {
                Data::Unknown(unknown) => {
                    gathered.unknown.get_or_insert(Arc::unwrap_or_clone(unknown));
                    return Ok(());
                }
                Data::Bool(false) => return Ok(()),
                _ => {}
            }
        }
        let Some(key_expr) = &node.result_key else {
            let item = self.eval(&node.result)?;
            gathered.items.push(item);
            return Ok(());
        };
        let key = self.eval(key_expr)?;
        gathered.mark |= key.sensitive;
        if let Data::Unknown(unknown) = &key.data {
            gathered.unknown.get_or_insert((**unknown).clone());
        }
        let name = object_key(&key, key_expr.span)?;
        let item = self.eval(&node.result)?;
        let Some(name) = name else { return Ok(()) };
        if node.group {
            gathered.groups.entry(name).or_default().push(item);
        } else if gathered.entries.insert(name.clone(), item).is_some() {
            let detail = match key.sensitive {
                true => "Two elements yield the same key, which is sensitive.".to_owned(),
                false => format!("Two elements yield the key {:?}.", &*name),
            };
            let help = "Put ... behind the value to group the values of equal keys.";
            return Err(vec![
                error("CS0210", detail, key_expr.span).related(span, "in this for expression").help(help),
            ]);
        }
        Ok(())
    }
}
