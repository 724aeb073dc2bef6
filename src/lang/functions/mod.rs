//! The functions of the language: one table, grouped by area in the files below.
//!
//! A function sees arguments that are converted already, known as far as it asked for, and without marks;
//! unknown and sensitive arguments are the caller's business. `try` and `can` look at expressions and live
//! in `eval`.

mod arn;
mod charset;
mod collection;
mod convert;
mod crypto;
mod datetime;
mod encoding;
mod filesystem;
mod floating;
mod format;
mod mapping;
mod network;
mod numeric;
mod open;
mod regex;
mod rsa;
mod sets;
mod string;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::diag::{Diagnostic, Span};
use crate::lang::eval::budget::Overrun;
use crate::lang::eval::{Budget, Scope, Settings};
use crate::value::{Number, Object, Type, Unknown, Value};

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The parameters that must be given.
    pub params: &'static [Param],
    /// The parameter for any number of further arguments.
    pub rest: Option<Param>,
    /// The type of what it answers.
    pub result: Want,
    /// The type of what it answers while an argument is unknown, where the arguments tell more of it.
    pub open: Option<open::Rule>,
    /// Whether secrets may pass through it.
    pub passes_secrets: bool,
    /// Whether what holds secrets among other things may be given to it.
    pub passes_parts: bool,
    /// Whether it leaves what is in its arguments alone: how much that is costs nothing.
    pub looks_past: bool,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// A call and its result.
    pub example: &'static str,
    /// The implementation.
    pub run: fn(&Call) -> Result<Value, Failure>,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What the argument is converted to.
    pub want: Want,
    /// Whether null is an argument.
    pub nullable: bool,
    /// How much of the argument must be known for the function to be called.
    pub known: Known,
    /// Whether the function sees marks, and takes care of them itself.
    pub marked: bool,
}

/// How much of an argument must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    Wholly,
    /// The argument itself; elements may be unknown.
    Itself,
    /// Nothing.
    No,
}

/// A type that can be written in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Anything.
    Any,
    /// A list, set or tuple.
    Sequence,
    /// A list or tuple.
    Ordered,
    /// A map or object.
    Mapping,
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(any)`
    List,
    /// `list(string)`
    Strings,
    /// `list(number)`
    Numbers,
    /// `list(bool)`
    Bools,
    /// `set(any)`
    Set,
    /// `set(string)`
    StringSet,
    /// `map(any)`
    Map,
    /// `map(string)`
    StringMap,
    /// `map(list(string))`
    StringLists,
}

impl Want {
    /// The type.
    pub fn ty(self) -> Type {
        match self {
            Want::Any | Want::Sequence | Want::Ordered | Want::Mapping => Type::Any,
            Want::String => Type::String,
            Want::Number => Type::Number,
            Want::Bool => Type::Bool,
            Want::List => Type::list(Type::Any),
            Want::Strings => Type::list(Type::String),
            Want::Numbers => Type::list(Type::Number),
            Want::Bools => Type::list(Type::Bool),
            Want::Set => Type::set(Type::Any),
            Want::StringSet => Type::set(Type::String),
            Want::Map => Type::map(Type::Any),
            Want::StringMap => Type::map(Type::String),
            Want::StringLists => Type::map(Type::list(Type::String)),
        }
    }
}

impl Want {
    /// Whether a value of type `ty` can be meant, known or not; only the open sorts say no here.
    pub fn admits(self, ty: &Type) -> bool {
        match self {
            Want::Sequence => matches!(ty, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_)),
            Want::Ordered => matches!(ty, Type::Any | Type::List(_) | Type::Tuple(_)),
            Want::Mapping => matches!(ty, Type::Any | Type::Map(_) | Type::Object(_)),
            _ => true,
        }
    }
}

/// A parameter that takes a wholly known argument without null.
pub const fn param(name: &'static str, want: Want) -> Param {
    Param { name, want, nullable: false, known: Known::Wholly, marked: false }
}

impl Param {
    /// Null is an argument too.
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Elements of the argument may be unknown.
    pub const fn partly(self) -> Self {
        Self { known: Known::Itself, ..self }
    }

    /// The argument may be unknown.
    pub const fn unknown(self) -> Self {
        Self { known: Known::No, ..self }
    }

    /// The function sees marks.
    pub const fn marked(self) -> Self {
        Self { marked: true, ..self }
    }
}

/// A function of fixed parameters.
pub const fn function(
    name: &'static str,
    params: &'static [Param],
    result: Want,
    run: fn(&Call) -> Result<Value, Failure>,
    doc: &'static str,
    example: &'static str,
) -> Function {
    Function {
        name,
        params,
        rest: None,
        result,
        open: None,
        passes_secrets: false,
        passes_parts: false,
        looks_past: false,
        doc,
        example,
        run,
    }
}

impl Function {
    /// Takes any number of further arguments.
    pub const fn rest(self, rest: Param) -> Self {
        Self { rest: Some(rest), ..self }
    }

    /// Says of what type the result will be.
    pub const fn open(self, rule: open::Rule) -> Self {
        Self { open: Some(rule), ..self }
    }

    /// Lets pass what holds secrets among other things: only its shape is looked at.
    pub const fn passing_parts(self) -> Self {
        Self { passes_parts: true, ..self }
    }

    /// The same where nothing in it is gone through: many blocks may ask for the length of one list of many names.
    pub const fn looking_past(self) -> Self {
        Self { passes_parts: true, looks_past: true, ..self }
    }

    /// Lets secrets pass.
    pub const fn passing_secrets(self) -> Self {
        Self { passes_secrets: true, ..self }
    }

    /// What is known of its result while the argument `of` is not known yet.
    pub fn foresee(&self, args: &[Value], of: &Unknown) -> Value {
        let ty = self.open.map_or_else(|| self.result.ty(), |rule| rule(args));
        Unknown { ty, origin: of.origin.clone(), ..Unknown::default() }.into()
    }

    /// How it is called: `join(separator, lists...)`.
    pub fn signature(&self) -> String {
        let rest = self.rest.map(|rest| format!("{}...", rest.name));
        let params: Vec<String> = self.params.iter().map(|param| param.name.to_string()).chain(rest).collect();
        format!("{}({})", self.name, params.join(", "))
    }
}

/// Why a function gives no result. Texts have no capital and no full stop.
#[derive(Debug)]
pub enum Failure {
    /// The argument of that position is wrong.
    Argument(usize, String),
    /// Something else is.
    Other(String),
    /// Whatever it evaluated is wrong.
    Diagnostics(Vec<Diagnostic>),
    /// It would cost too much.
    Limit(Overrun),
}

impl From<Overrun> for Failure {
    fn from(limit: Overrun) -> Self {
        Self::Limit(limit)
    }
}

/// A failure that is not one argument's.
pub fn other<T>(detail: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Other(detail.into()))
}

/// A failure of one argument.
pub fn wrong<T>(index: usize, detail: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Argument(index, detail.into()))
}

/// A call with its arguments.
pub struct Call<'a> {
    /// The arguments.
    pub args: Vec<Value>,
    /// The places of the arguments.
    pub spans: &'a [Span],
    /// The place of the call.
    pub span: Span,
    /// The scope of the call.
    pub scope: &'a dyn Scope,
}

impl Call<'_> {
    /// What functions know of the run.
    pub fn settings(&self) -> &Settings {
        self.scope.settings()
    }

    /// What it may cost.
    pub fn budget(&self) -> &Budget {
        &self.settings().budget
    }

    /// The text of an argument; empty for anything but a known string.
    pub fn text(&self, index: usize) -> &str {
        self.args.get(index).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number of an argument; zero for anything but a known number.
    pub fn number(&self, index: usize) -> Number {
        self.args.get(index).and_then(Value::as_number).cloned().unwrap_or(Number::ZERO)
    }

    /// The whole number of an argument.
    pub fn int(&self, index: usize) -> Result<i64, Failure> {
        let number = self.number(index);
        match number.to_i64() {
            Some(int) => Ok(int),
            None => wrong(index, format!("a whole number that is not too large is required, not {number}")),
        }
    }

    /// The elements of an argument; none for anything but a known list, set or tuple.
    pub fn items(&self, index: usize) -> &[Value] {
        self.args.get(index).and_then(Value::as_items).unwrap_or_default()
    }

    /// The entries of an argument.
    pub fn entries(&self, index: usize) -> Option<&Object> {
        self.args.get(index).and_then(Value::as_object)
    }
}

/// Every area's table.
const AREAS: &[&[Function]] = &[
    arn::FUNCTIONS,
    collection::FUNCTIONS,
    mapping::FUNCTIONS,
    sets::FUNCTIONS,
    convert::FUNCTIONS,
    crypto::FUNCTIONS,
    datetime::FUNCTIONS,
    encoding::FUNCTIONS,
    filesystem::FUNCTIONS,
    network::FUNCTIONS,
    numeric::FUNCTIONS,
    string::FUNCTIONS,
    template::FUNCTIONS,
];

static TABLE: LazyLock<HashMap<&'static str, &'static Function>> =
    LazyLock::new(|| all().map(|function| (function.name, function)).collect());

/// Every function, by area.
pub fn all() -> impl Iterator<Item = &'static Function> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.get(name).copied()
}

/// Every name, those that `eval` looks after included.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.name).chain(["can", "try"])
}

/// The functions that look at expressions, as they are written down: signature, sentence, example.
pub const OF_EXPRESSIONS: [(&str, &str, &str); 2] = [
    ("can(expression)", "Whether the expression can be evaluated.", "can({a = 1}.b) = false"),
    (
        "try(expressions...)",
        "The first of the expressions that can be evaluated.",
        "try({a = 1}.b, \"none\") = \"none\"",
    ),
];

/// Signature, sentence and example of every function, by name.
pub fn documented() -> Vec<(String, &'static str, &'static str)> {
    let of_expressions = OF_EXPRESSIONS.map(|(signature, doc, example)| (signature.to_string(), doc, example));
    let mut all: Vec<_> = all().map(|function| (function.signature(), function.doc, function.example)).collect();
    all.extend(of_expressions);
    all.sort_by(|left, right| left.0.split('(').next().cmp(&right.0.split('(').next()));
    all
}

/// What `explain` says of a function.
pub fn explain(name: &str) -> Option<String> {
    let (signature, doc, example) =
        documented().into_iter().find(|(signature, ..)| signature.split('(').next() == Some(name))?;
    Some(format!("{signature}\n\n{doc}\n\n    {example}\n"))
}

/// A string result.
fn text(text: impl AsRef<str>) -> Result<Value, Failure> {
    Ok(Value::text(text))
}

/// A list of strings as a result.
fn texts<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Result<Value, Failure> {
    Ok(Value::list(Type::String, items.into_iter().map(Value::text).collect()))
}

/// A key for a map out of a text.
fn key(text: &str) -> Arc<str> {
    crate::value::normalized(text)
}
