//! Trees to values, with the semantics of Terraform's expressions.
//!
//! Unknown values and sensitive marks spread through every operation. Mistakes are collected, so that both
//! operands of an operator can be wrong in one run. What a name means is the scope's business.

mod access;
pub mod budget;
mod call;
mod conditional;
/// What is wrong with a sensitive value, without the value.
fn hidden(mistakes: Vec<Diagnostic>, what: &str) -> Vec<Diagnostic> {
    let hide = |mistake: Diagnostic| {
        let detail = format!("{what}: a sensitive value does not fit; it is not shown.");
        Diagnostic { detail, help: None, ..mistake }
    };
    mistakes.into_iter().map(hide).collect()
}

#[cfg(test)]
mod differential;
mod involved;
mod iterate;
mod operator;
mod template;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use super::ast::{Expr, Key, Node, Step};
use super::refs;
use crate::diag::{Diagnostic, Span, codes};
use crate::value::convert::convert;
use crate::value::{Data, Object, Type, Unknown, Value, display};
use budget::Overrun;

pub use budget::Budget;
pub use operator::equal;

/// What an evaluation answers: a value, or every mistake that was found.
pub type Outcome = Result<Value, Vec<Diagnostic>>;

/// What names mean.
pub trait Scope {
    /// Resolves the head of a traversal: answers the value, and how many of the steps it used up.
    fn resolve(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic>;

    /// What functions need to know of the run.
    fn settings(&self) -> &Settings;

    /// Whether the steps name something that is repeated, whose elements can be had one by one.
    fn is_repeated(&self, _root: &str, _steps: &[Step]) -> bool {
        false
    }

    /// One element of what is repeated, by a key that was computed; `None` when there is no such element.
    fn element(&self, _root: &str, _steps: &[Step], _key: &Value) -> Option<Value> {
        None
    }

    /// What a local value is, as it is written.
    fn written_local(&self, _name: &str) -> Option<&Expr> {
        None
    }

    /// The root names in scope, for suggestions.
    fn roots(&self) -> Vec<String>;
}

/// What functions need to know of the run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The directory of the stack; file functions read nothing outside of it.
    pub directory: PathBuf,
    /// The directory of the module, whose files may be read too.
    pub module: Option<PathBuf>,
    /// The home directory, for `pathexpand`.
    pub home: Option<PathBuf>,
    /// When the plan was begun, in RFC 3339, for `plantimestamp`.
    pub plan_timestamp: Arc<str>,
    /// The present time in RFC 3339, for `timestamp`. While a plan is made there is none: then functions
    /// that answer differently every time answer an unknown.
    pub timestamp: Option<Arc<str>>,
    /// What evaluation may cost in this run.
    pub budget: Arc<Budget>,
    /// Whether a template is being rendered, which may not render another.
    pub in_template: bool,
    /// Whether `&&` and `||` look at both operands in any case, as Terraform up to 1.11 does. Only the comparison
    /// with Terraform wants that.
    pub eager: bool,
}

/// A scope with further names in front of another.
pub struct Bindings<'a> {
    /// The scope behind.
    pub parent: &'a dyn Scope,
    /// The names in front.
    pub names: Object,
}

impl<'a> Bindings<'a> {
    /// No further names yet.
    pub fn new(parent: &'a dyn Scope) -> Self {
        Self { parent, names: Object::new() }
    }

    /// Adds a name.
    pub fn with(mut self, name: impl Into<Arc<str>>, value: Value) -> Self {
        self.names.insert(name.into(), value);
        self
    }
}

impl Scope for Bindings<'_> {
    fn resolve(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        match self.names.get(root) {
            Some(value) => Ok((value.clone(), 0)),
            None => self.parent.resolve(root, steps, span),
        }
    }

    fn settings(&self) -> &Settings {
        self.parent.settings()
    }

    fn is_repeated(&self, root: &str, steps: &[Step]) -> bool {
        !self.names.contains_key(root) && self.parent.is_repeated(root, steps)
    }

    fn element(&self, root: &str, steps: &[Step], key: &Value) -> Option<Value> {
        self.parent.element(root, steps, key)
    }

    fn written_local(&self, name: &str) -> Option<&Expr> {
        self.parent.written_local(name)
    }

    fn roots(&self) -> Vec<String> {
        self.names.keys().map(|name| name.to_string()).chain(self.parent.roots()).collect()
    }
}

/// A scope without any name, for templates and tests.
#[derive(Debug, Clone, Default)]
pub struct Empty {
    /// What functions see.
    pub settings: Settings,
}

impl Scope for Empty {
    fn resolve(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        Err(unknown_name(root, &[], span))
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn roots(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The error for a root name that a scope does not know.
pub fn unknown_name(root: &str, roots: &[String], span: Span) -> Diagnostic {
    let diagnostic = error("CS0201", format!("There is no {root:?} in scope here."), span);
    match crate::diag::did_you_mean(root, roots.iter().map(String::as_str)) {
        Some(meant) => diagnostic.help(format!("Did you mean {meant:?}?")),
        None => diagnostic,
    }
}

/// Evaluates an expression.
pub fn eval(expr: &Expr, scope: &dyn Scope) -> Outcome {
    let budget = &*scope.settings().budget;
    let told = |limit| vec![budget.told(limit, expr.span)];
    let frame = budget.enter().map_err(told)?;
    let result = Evaluator { scope, budget, each: None }.eval(expr);
    let result = result.and_then(|value| frame.end(&value).map_err(told).map(|()| value));
    result.map_err(|mut mistakes| {
        // Everything fails behind a limit that was met; only the first place says where.
        if let Some(first) = mistakes.iter().position(|mistake| mistake.code == budget::CODE) {
            return vec![mistakes.swap_remove(first)];
        }
        involved::note(expr, scope, &mut mistakes);
        mistakes
    })
}

/// Notes the values of the names in an expression that a mistake is about.
pub fn note(expr: &Expr, scope: &dyn Scope, mistake: Diagnostic) -> Diagnostic {
    let mut mistakes = [mistake];
    involved::note(expr, scope, &mut mistakes);
    let [mistake] = mistakes;
    mistake
}

/// An error of `code` with the summary of the table.
pub(crate) fn error(code: &'static str, detail: impl Into<String>, span: Span) -> Diagnostic {
    let summary = codes::find(code).map_or(code, |(_, summary, _)| *summary);
    Diagnostic::error(code, summary, clipped(detail.into())).at(span)
}

/// Messages quote what is wrong, and that may be long.
const LONGEST_DETAIL: usize = 2000;

/// The beginning of a long text.
fn clipped(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_DETAIL).filter(|_| text.len() > LONGEST_DETAIL) {
        text.truncate(at);
        text.push_str("...");
    }
    text
}

fn fail<T>(code: &'static str, detail: impl Into<String>, span: Span) -> Result<T, Vec<Diagnostic>> {
    Err(vec![error(code, detail, span)])
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
struct Evaluator<'a> {
    scope: &'a dyn Scope,
    budget: &'a Budget,
    /// The element inside a splat.
    each: Option<&'a Value>,
}

impl<'a> Evaluator<'a> {
    /// The same with another scope in front.
    fn within<'b>(&self, scope: &'b dyn Scope) -> Evaluator<'b>
    where
        'a: 'b,
    {
        Evaluator { scope, budget: self.budget, each: self.each }
    }

    /// A limit of the budget as a mistake at a place.
    fn charged<T>(&self, charge: Result<T, Overrun>, span: Span) -> Result<T, Vec<Diagnostic>> {
        charge.map_err(|limit| vec![self.budget.told(limit, span)])
    }

    /// A collection that has just been made of its elements.
    fn made(&self, value: Value, span: Span) -> Outcome {
        let count = value.children_count();
        self.charged(self.budget.weigh(&value).and_then(|_| self.budget.values(count as u64)), span)?;
        Ok(value)
    }

    fn eval(&self, expr: &Expr) -> Outcome {
        match &*expr.node {
            Node::Null => Ok(Value::null()),
            Node::Bool(value) => Ok(Value::bool(*value)),
            Node::Number(number) => Ok(Value::number(number.clone())),
            Node::String(text) => Ok(Value::new(Data::String(text.clone()))),
            _ => stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.composite(expr)),
        }
    }

    fn composite(&self, expr: &Expr) -> Outcome {
        self.charged(self.budget.work(1), expr.span)?;
        let before = self.budget.live();
        let value = self.by_node(expr)?;
        self.charged(self.budget.settle(before, &value), expr.span)?;
        Ok(value)
    }

    fn by_node(&self, expr: &Expr) -> Outcome {
        match &*expr.node {
            Node::Name(_) | Node::Attr(..) | Node::Index(..) | Node::LegacyIndex(..) => self.traversal(expr),
            Node::Each => Ok(self.each.cloned().unwrap_or_else(Value::null)),
            Node::Parens(inner) => self.eval(inner),
            Node::Template(parts) => self.template(parts, expr.span),
            Node::Splat(source, each) => self.splat(source, each, expr.span),
            Node::AttrSplat(source, each) => self.splat(source, each, expr.span),
            Node::Tuple(items) => self.made(self.tuple(items)?, expr.span),
            Node::Object(items) => self.made(self.object(items)?, expr.span),
            Node::Call { name, name_span, args, expand } => self.call(name, *name_span, args, *expand, expr.span),
            Node::Unary(op, operand) => self.unary(*op, operand, expr.span),
            Node::Binary(op, span, left, right) => self.binary(*op, *span, left, right, expr.span),
            Node::Conditional(condition, yes, no) => self.conditional(condition, yes, no, expr.span),
            Node::For(node) => self.made(self.for_expression(node, expr.span)?, expr.span),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => Ok(Value::null()),
        }
    }

    fn tuple(&self, items: &[Expr]) -> Outcome {
        Ok(Value::tuple(self.all(items)?))
    }

    /// The values of several expressions, or the mistakes of all of them.
    fn all(&self, exprs: &[Expr]) -> Result<Vec<Value>, Vec<Diagnostic>> {
        let mut values = Vec::with_capacity(exprs.len());
        let mut mistakes = Vec::new();
        for expr in exprs {
            match self.eval(expr) {
                Ok(value) => values.push(value),
                Err(mut more) => mistakes.append(&mut more),
            }
        }
        if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
    }

    /// An unknown key makes the whole object unknown, and a sensitive one makes it sensitive.
    fn object(&self, items: &[(Key, Expr)]) -> Outcome {
        let mut attributes = Object::new();
        let mut mistakes = Vec::new();
        let (mut mark, mut unknown) = (false, None);
        for (key, expr) in items {
            let key = match key {
                Key::Name(name, _) => Ok(Some(name.clone())),
                Key::Expr(expr) if matches!(&*expr.node, Node::Attr(..) | Node::Index(..) | Node::LegacyIndex(..)) => {
                    let help = "In parentheses it is a reference, (a.b) = value; in quotes it is a name with a dot.";
                    let detail = "It is not clear whether this key is a reference or a name.";
                    Err(vec![error("CS0114", detail, expr.span).help(help)])
                }
                Key::Expr(expr) => self.eval(expr).and_then(|value| {
                    mark |= value.sensitive;
                    if let Data::Unknown(of) = &value.data {
                        unknown = Some(of.clone());
                    }
                    object_key(&value, expr.span)
                }),
            };
            match (key, self.eval(expr)) {
                (Ok(Some(key)), Ok(value)) => {
                    attributes.insert(key, value);
                }
                (key, value) => {
                    mistakes.extend(key.err().into_iter().flatten());
                    mistakes.extend(value.err().into_iter().flatten());
                }
            }
        }
        match unknown {
            _ if !mistakes.is_empty() => Err(mistakes),
            Some(unknown) => Ok(unknown_of(Type::Any, &unknown).with_mark(mark)),
            None => Ok(Value::object(attributes).with_mark(mark)),
        }
    }
}

/// The text of a key; `None` when it is unknown.
fn object_key(value: &Value, span: Span) -> Result<Option<Arc<str>>, Vec<Diagnostic>> {
    if value.is_unknown() {
        return Ok(None);
    }
    reject_secret(value, span)?;
    if value.is_null() {
        return fail("CS0209", "The key is null.", span);
    }
    match convert(value, &Type::String) {
        Ok(Value { data: Data::String(text), .. }) => Ok(Some(text)),
        _ => fail("CS0209", format!("The key is {}, and a string is required.", value.ty().with_article()), span),
    }
}

/// Of several unknowns that a result hangs on, one that nothing here will ever tell is the one to name.
fn outrank(first: &mut Unknown, other: &Unknown) {
    if other.is_foreign() && !first.is_foreign() {
        first.origin = other.origin.clone();
    }
}

/// The one to name of two unknowns that a result hangs on.
fn worse<'a>(first: &'a Unknown, other: &'a Unknown) -> &'a Unknown {
    if other.is_foreign() && !first.is_foreign() { other } else { first }
}

/// An unknown of type `ty` that stems from where `source` stems from.
fn unknown_of(ty: Type, source: &Unknown) -> Value {
    Unknown { ty, origin: source.origin.clone(), ..Unknown::default() }.into()
}

/// An unknown that is not null, as the results of operators and templates are.
fn unknown_result(ty: Type, source: &Unknown) -> Value {
    Unknown { ty, origin: source.origin.clone(), not_null: true, ..Unknown::default() }.into()
}

/// Secrets pass through, and nothing is computed from them. What only holds one among other things is no secret.
fn reject_secret(value: &Value, span: Span) -> Result<(), Vec<Diagnostic>> {
    if matches!(value.data, Data::Secret(_)) { reject_secrets(value, span) } else { Ok(()) }
}

/// The same where all of a value is looked at.
fn reject_secrets(value: &Value, span: Span) -> Result<(), Vec<Diagnostic>> {
    if !value.has_secret() {
        return Ok(());
    }
    let detail = "A secret is used here as a part of an expression.";
    let help = "A secret may only be the whole value of a secret attribute, such as auth_token = secret(\"env:NAME\").";
    Err(vec![error("CS0215", detail, span).help(help)])
}

/// A remark on what a name stands for, when the expression is a reference: `var.nodes is "many"`.
fn remark(expr: &Expr, value: &Value) -> String {
    let Some(path) = refs::describe(expr) else { return String::new() };
    let shown = display::display(value);
    match shown.lines().next() {
        Some(line) if shown.len() <= 80 && line.len() == shown.len() => format!(" {path} is {shown}."),
        _ => format!(" {path} is {}.", value.ty().with_article()),
    }
}
