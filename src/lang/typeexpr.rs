//! Type constraints: expressions such as `list(object({ name = string }))`, read as types.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Expr, Key, Node};
use super::eval::{Empty, error, eval};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::value::convert::convert;
use crate::value::{Field, Type};

const WORDS: [&str; 9] = ["string", "number", "bool", "any", "list", "set", "map", "object", "tuple"];

/// Reads an expression as a type constraint. A quoted type name, as before Terraform 0.12, is understood.
pub fn type_constraint(expr: &Expr) -> Result<Type, Diagnostic> {
    match &*expr.node {
        Node::String(text) => match &**text {
            "string" => Ok(Type::String),
            "list" => Ok(Type::list(Type::String)),
            "map" => Ok(Type::map(Type::String)),
            "set" => Err(unknown(text, expr.span).help("Write set(string), without quotes.")),
            _ => Err(unknown(text, expr.span).help("Write the type without quotes.")),
        },
        _ => read(expr),
    }
}

fn read(expr: &Expr) -> Result<Type, Diagnostic> {
    match &*expr.node {
        Node::Parens(inner) => read(inner),
        Node::Name(name) => match &**name {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "any" => Ok(Type::Any),
            // Alone, these are what Terraform still understands of old configurations.
            "list" => Ok(Type::list(Type::Any)),
            "map" => Ok(Type::map(Type::Any)),
            "set" => {
                Err(error("CS0216", "The type set needs the type of its elements.", expr.span)
                    .help("Write set(string)."))
            }
            "object" => {
                Err(error("CS0216", "The type object needs its attributes: object({ name = string }).", expr.span))
            }
            "tuple" => Err(error("CS0216", "The type tuple needs its elements: tuple([string, number]).", expr.span)),
            "optional" => Err(misplaced_optional(expr.span)),
            _ => Err(unknown(name, expr.span)),
        },
        Node::Call { name, args, name_span, .. } => call(name, args, *name_span, expr.span),
        _ => {
            let help = match &*expr.node {
                Node::Index(of, _) if matches!(&*of.node, Node::Name(name) if matches!(&**name, "set" | "list" | "map")) => {
                    "The type of the elements stands in parentheses: set(string), list(string), map(string)."
                }
                _ => "Write string, number, bool, any, list(...), set(...), map(...), object({...}) or tuple([...]).",
            };
            Err(error("CS0216", "This is not a type.", expr.span).help(help))
        }
    }
}

fn call(name: &str, args: &[Expr], name_span: Span, span: Span) -> Result<Type, Diagnostic> {
    match (name, args) {
        ("list", [element]) => read(element).map(Type::list),
        ("set", [element]) => read(element).map(Type::set),
        ("map", [element]) => read(element).map(Type::map),
        ("tuple", [items]) => match &*items.node {
            Node::Tuple(items) => Ok(Type::Tuple(items.iter().map(read).collect::<Result<Vec<_>, _>>()?.into())),
            _ => Err(error("CS0216", "A tuple takes the list of its types: tuple([string, number]).", items.span)),
        },
        ("object", [fields]) => match &*fields.node {
            Node::Object(items) => object(items, fields.span),
            _ => Err(error("CS0216", "An object takes its attributes: object({ name = string }).", fields.span)),
        },
        ("list" | "set" | "map" | "tuple" | "object", _) => {
            Err(error("CS0216", format!("The type {name} takes one argument, not {}.", args.len()), span))
        }
        ("string" | "number" | "bool" | "any", _) => {
            Err(error("CS0216", format!("The type {name} takes no arguments."), span))
        }
        ("optional", _) => Err(misplaced_optional(span)),
        _ => Err(unknown(name, name_span)),
    }
}

fn object(items: &[(Key, Expr)], span: Span) -> Result<Type, Diagnostic> {
    let mut fields = BTreeMap::new();
    for (key, expr) in items {
        let name: Arc<str> = match key {
            Key::Name(name, _) => name.clone(),
            Key::Expr(expr) => match &*expr.node {
                Node::String(text) => text.clone(),
                _ => return Err(error("CS0216", "The name of an attribute must be written out.", expr.span)),
            },
        };
        if fields.insert(name.clone(), field(expr)?).is_some() {
            return Err(error("CS0216", format!("The attribute {name:?} is there twice."), span));
        }
    }
    Ok(Type::Object(Arc::new(fields)))
}

fn field(expr: &Expr) -> Result<Field, Diagnostic> {
    let Node::Call { name, args, .. } = &*expr.node else { return read(expr).map(Field::required) };
    match (&**name, args.as_slice()) {
        ("optional", [ty]) => read(ty).map(Field::optional),
        ("optional", [ty, default]) => {
            let ty = read(ty)?;
            let value = eval(default, &Empty::default()).map_err(|mut mistakes| mistakes.swap_remove(0))?;
            let value = convert(&value, &ty).map_err(|mismatch| {
                error(
                    "CS0216",
                    format!("The default does not fit the type of the attribute: {mismatch}."),
                    default.span,
                )
            })?;
            Ok(Field { ty, optional: true, default: Some(value) })
        }
        ("optional", _) => Err(error("CS0216", "optional takes a type and, if need be, a default.", expr.span)),
        _ => read(expr).map(Field::required),
    }
}

fn misplaced_optional(span: Span) -> Diagnostic {
    error("CS0216", "Only an attribute of an object can be optional.", span)
        .help("To leave out a variable altogether, give it default = null.")
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let diagnostic = error("CS0216", format!("There is no type {name:?}."), span);
    match did_you_mean(name, WORDS) {
        Some(meant) => diagnostic.help(format!("Did you mean {meant:?}?")),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::type_constraint;
    use crate::diag::FileId;
    use crate::lang::syntax::parse_expression;

    fn check(text: &str, expected: &str) {
        let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect(text);
        let found = type_constraint(&expr).map_or_else(|error| error.detail, |ty| ty.to_string());
        assert!(found.contains(expected), "{text}: {found}");
    }

    #[test]
    fn types_are_read() {
        check("list(map(string))", "list(map(string))");
        check("object({a = string, b = optional(number, 5)})", "object({a=string,b=number})");
        check("tuple([any, bool])", "tuple([any, bool])");
        check("\"list\"", "list(string)");
        check("strin", "no type \"strin\"");
        check("optional(string)", "Only an attribute");
        check("object({a = optional(number, \"x\")})", "does not fit");
        check("list(string, string)", "one argument");
        check("1 + 2", "not a type");
    }
}
