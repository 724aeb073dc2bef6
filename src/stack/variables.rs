//! The values of variables: from the default up to `--var`, the last one wins, then type and conditions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, SourceMap, Span, did_you_mean};
use crate::lang::ast::{Body, Expr};
use crate::lang::declare::{Module, Variable};
use crate::lang::eval::{Scope, eval};
use crate::lang::{json, syntax, typeexpr};
use crate::value::convert::convert;
use crate::value::{Object, Origin, Type, Value};

/// A value of the command line, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `--var name=value`
    Var(String, String),
    /// `--var-file path`
    File(PathBuf),
}

/// What a variable is given.
pub enum Supplied {
    /// Nothing; it has a default.
    Nothing,
    /// A value, and its place.
    Value(Value, Span),
}

/// A value for a variable before its type is known.
enum Raw {
    /// An expression of a file of values.
    Expr(Expr),
    /// A value of the environment block.
    Value(Value, Span),
    /// Text of a process variable or the command line; the name says where from.
    Text(String, String),
}

/// A file of values as it was read.
#[derive(Debug)]
pub struct ValuesFile(Body);

impl ValuesFile {
    /// Parses a file, in either syntax.
    pub fn parse(file: FileId, sources: &SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let source = sources.get(file);
        Self(match json::is_json(&source.path) {
            true => json::values(file, &source.text, diagnostics),
            false => syntax::parse(file, &source.text, diagnostics),
        })
    }
}

/// Everything that values come from.
pub struct Inputs<'a> {
    /// The declarations.
    pub module: &'a Module,
    /// `vars` of the environment.
    pub environment: Option<(&'a Object, Span)>,
    /// Process variables.
    pub process: &'a BTreeMap<String, String>,
    /// The command line.
    pub given: &'a [Given],
    /// Files of values that belong to the stack.
    pub files: &'a [ValuesFile],
    /// Files of values of the command line that could be read, by path.
    pub given_files: &'a BTreeMap<PathBuf, ValuesFile>,
    /// Whether one without a value is a mistake; else it is unknown.
    pub wanted: bool,
    /// Those that a saved plan knows.
    pub known: Option<&'a Object>,
}

/// Resolves every variable. One whose value is missing or wrong is reported and unknown.
pub fn resolve(
    inputs: &Inputs,
    sources: &mut SourceMap,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Object {
    let raw = collect(inputs, diagnostics);
    let mut values = Object::new();
    for (name, variable) in &inputs.module.variables {
        if let Some(known) = inputs.known.and_then(|known| known.get(name)) {
            values.insert(name.clone(), known.clone());
            continue;
        }
        if !inputs.wanted && !raw.contains_key(name) && variable.default.is_none() {
            let ty = constraint(variable, diagnostics).unwrap_or(Type::Any);
            values.insert(name.clone(), without_value(name, ty).with_mark(variable.sensitive));
            continue;
        }
        let before = diagnostics.len();
        let value = one(name, variable, raw.get(name), sources, scope, diagnostics);
        // Whoever has typed the value is asked for it again.
        if let Some(Raw::Text(..)) = raw.get(name) {
            diagnostics[before..].iter_mut().for_each(|wrong| wrong.about = Some(name.clone()));
        }
        values.insert(name.clone(), value.with_mark(variable.sensitive));
    }
    values
}

fn collect(inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<Arc<str>, Raw> {
    let mut raw: BTreeMap<Arc<str>, Raw> = BTreeMap::new();
    let declared = |name: &str| inputs.module.variables.contains_key(name);
    process(inputs, "TF_VAR_", &mut raw);
    for file in inputs.files {
        read_values(file, inputs.module, &mut raw, diagnostics);
    }
    if let Some((vars, span)) = inputs.environment {
        for (name, value) in vars {
            if declared(name) {
                raw.insert(name.clone(), Raw::Value(value.clone(), span));
            } else {
                diagnostics.push(undeclared(name, inputs.module).at(span));
            }
        }
    }
    process(inputs, "CACHESTACK_VAR_", &mut raw);
    for given in inputs.given {
        match given {
            Given::Var(name, _) if !declared(name) => diagnostics.push(undeclared(name, inputs.module)),
            Given::Var(name, text) => {
                raw.insert(name.as_str().into(), Raw::Text(text.clone(), format!("--var {name}")));
            }
            Given::File(path) => {
                // That one cannot be read has been said.
                if let Some(file) = inputs.given_files.get(path) {
                    read_values(file, inputs.module, &mut raw, diagnostics);
                }
            }
        }
    }
    raw
}

fn process(inputs: &Inputs, prefix: &str, raw: &mut BTreeMap<Arc<str>, Raw>) {
    for name in inputs.module.variables.keys() {
        if let Some(text) = inputs.process.get(&format!("{prefix}{name}")) {
            raw.insert(name.clone(), Raw::Text(text.clone(), format!("{prefix}{name}")));
        }
    }
}

fn read_values(
    file: &ValuesFile,
    module: &Module,
    raw: &mut BTreeMap<Arc<str>, Raw>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let ValuesFile(body) = file;
    for block in &body.blocks {
        diagnostics.push(
            Diagnostic::error(
                "CS0341",
                "A block in a file of values",
                "A file of values has lines `name = value` only.",
            )
            .at(block.header_span)
            .help("Move the block into a .hcl file."),
        );
    }
    for attribute in &body.attributes {
        if module.variables.contains_key(&attribute.name) {
            raw.insert(attribute.name.clone(), Raw::Expr(attribute.expr.clone()));
        } else {
            // One file of values often serves several stacks.
            let diagnostic = undeclared(&attribute.name, module).at(attribute.name_span);
            diagnostics.push(Diagnostic { severity: crate::diag::Severity::Warning, ..diagnostic });
        }
    }
}

fn undeclared(name: &str, module: &Module) -> Diagnostic {
    if name.contains('.') {
        let detail = format!("The stack has nothing of another tool at `{name}`.");
        let help = "Values are given by address for resources, data blocks and modules that cachestack neither manages nor reads itself; for others, to variables.";
        return Diagnostic::error("CS0342", "A value for no variable", detail).help(help).about(name);
    }
    let help = match did_you_mean(name, module.variables.keys().map(|name| &**name)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Declare it: variable \"{name}\" {{}}."),
    };
    Diagnostic::error("CS0342", "A value for no variable", format!("The stack declares no variable `{name}`."))
        .help(help)
        .about(name)
}

fn one(
    name: &str,
    variable: &Variable,
    raw: Option<&Raw>,
    sources: &mut SourceMap,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let Some(ty) = constraint(variable, diagnostics) else { return without_value(name, Type::Any) };
    let supplied = match raw.map(|raw| evaluate(raw, &ty, variable, sources, scope)) {
        Some(Ok((value, span))) => Supplied::Value(value, span),
        Some(Err(mut wrong)) => {
            diagnostics.append(&mut wrong);
            return without_value(name, ty);
        }
        None if variable.default.is_some() => Supplied::Nothing,
        None => {
            diagnostics.push(missing(name, variable));
            return without_value(name, ty);
        }
    };
    fit(name, variable, &ty, supplied, scope, diagnostics)
}

/// The value of a variable from what it is given, of its type. What is wrong is reported and unknown.
pub fn shape(
    name: &str,
    variable: &Variable,
    supplied: Supplied,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let Some(ty) = constraint(variable, diagnostics) else { return without_value(name, Type::Any) };
    fit(name, variable, &ty, supplied, scope, diagnostics)
}

/// The type of a variable; none where what is written is no type, which is reported.
fn constraint(variable: &Variable, diagnostics: &mut Vec<Diagnostic>) -> Option<Type> {
    let Some(expr) = &variable.ty else { return Some(Type::Any) };
    let ty = typeexpr::type_constraint(expr).map_err(|diagnostic| diagnostics.push(diagnostic.or_at(expr.span)));
    ty.ok()
}

fn fit(
    name: &str,
    variable: &Variable,
    ty: &Type,
    supplied: Supplied,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let (value, span) = match supplied {
        Supplied::Value(value, _) if value.is_null() && !variable.nullable && variable.default.is_some() => {
            default(name, variable, scope, diagnostics)
        }
        Supplied::Value(value, span) => (value, span),
        Supplied::Nothing => default(name, variable, scope, diagnostics),
    };
    if value.is_null() && !variable.nullable {
        diagnostics.push(
            Diagnostic::error(
                "CS0343",
                "A variable may not be null",
                format!("`var.{name}` is null, and it says `nullable = false`."),
            )
            .at(span)
            .help("Give it a value."),
        );
    }
    // Of a sensitive variable neither the value is shown nor the line that gives it.
    let span = if variable.sensitive { variable.span } else { span };
    convert(&value.with_mark(variable.sensitive), ty).unwrap_or_else(|mismatch| {
        let detail = mismatch.of(&format!("var.{name}"), ty);
        diagnostics.push(
            Diagnostic::error("CS0344", "A variable of the wrong type", detail)
                .at(span)
                .help(format!("Give it a value of type {ty}.")),
        );
        without_value(name, ty.clone())
    })
}

/// What hangs on it is no mistake of its own.
fn without_value(name: &str, ty: Type) -> Value {
    Value::unknown(ty, Some(Arc::new(Origin::Variable(name.into()))))
}

fn default(name: &str, variable: &Variable, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> (Value, Span) {
    let Some(expr) = &variable.default else { return (Value::null(), variable.span) };
    match eval(expr, scope) {
        Ok(value) => (value, expr.span),
        Err(mut wrong) => {
            diagnostics.append(&mut wrong);
            (without_value(name, Type::Any), expr.span)
        }
    }
}

fn missing(name: &str, variable: &Variable) -> Diagnostic {
    Diagnostic::error("CS0345", "A variable without a value", format!("`var.{name}` has no default, and nothing gives it a value."))
        .at(variable.span)
        .help(format!("Pass --var {name}=..., set CACHESTACK_VAR_{name}, put it into `vars` of the environment or a .auto.hclvars file."))
        .about(name)
}

fn evaluate(
    raw: &Raw,
    ty: &Type,
    variable: &Variable,
    sources: &mut SourceMap,
    scope: &dyn Scope,
) -> Result<(Value, Span), Vec<Diagnostic>> {
    match raw {
        Raw::Expr(expr) => Ok((eval(expr, scope)?, expr.span)),
        Raw::Value(value, span) => Ok((value.clone(), *span)),
        Raw::Text(text, _) if ty.is_primitive() || variable.ty.is_none() => Ok((Value::string(text), variable.span)),
        Raw::Text(text, origin) => {
            let mut wrong = Vec::new();
            let file = sources.add(origin.clone(), text.clone());
            match syntax::parse_expression(file, text, 0, &mut wrong) {
                Some(expr) => Ok((eval(&expr, scope)?, expr.span)),
                None => Err(wrong),
            }
        }
    }
}
