//! Conditionals: both results are looked at, since both decide the type.

use super::operator::capital;
use super::{Evaluator, Outcome, error, fail, reject_secret, remark, unknown_of, unknown_result};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{BinaryOp, Expr, Key, Node, Part, UnaryOp};
use crate::value::convert::{convert, unify};
use crate::value::{Data, Object, Type, Unknown, Value};

impl Evaluator<'_> {
    pub(super) fn conditional(&self, condition: &Expr, yes: &Expr, no: &Expr, span: Span) -> Outcome {
        let decision = self.condition(condition)?;
        let (first, second) = (self.eval(yes), self.eval(no));
        // Their types are laid out beside each other.
        for (outcome, expr) in [(&first, yes), (&second, no)] {
            outcome.as_ref().map_or(Ok(0), |value| self.charged(self.budget.weigh(value), expr.span))?;
        }
        // A result that is not taken may fail, but where its type is plain it still counts.
        let other = |outcome: Outcome, expr| outcome.unwrap_or_else(|_| self.placeholder(expr));
        let result = match decision {
            (Data::Bool(true), _) => chosen(first?, other(second, no), span, true)?,
            (Data::Bool(false), _) => chosen(second?, other(first, yes), span, false)?,
            // Which of them may fail will only show when it is known.
            (Data::Unknown(unknown), _) => undecided(other(first, yes), other(second, no), &unknown, span)?,
            _ => Value::null(),
        };
        Ok(result.with_mark(decision.1))
    }

    /// The data of a condition, a boolean or unknown, and its mark.
    pub(super) fn condition(&self, expr: &Expr) -> Result<(Data, bool), Vec<Diagnostic>> {
        let value = self.eval(expr)?;
        reject_secret(&value, expr.span)?;
        if value.is_null() {
            return fail("CS0206", format!("The condition is null.{}", remark(expr, &value)), expr.span);
        }
        match convert(&value, &Type::Bool) {
            Ok(converted) => Ok((converted.data, value.sensitive)),
            Err(mismatch) => {
                let detail = format!("{}.{}", capital(&mismatch.message), remark(expr, &value));
                fail("CS0206", detail, expr.span)
            }
        }
    }
}

impl Evaluator<'_> {
    /// What stands for a value that cannot be computed: an unknown of the type that it has in any case.
    fn placeholder(&self, expr: &Expr) -> Value {
        let part = |part: &Expr| self.eval(part).unwrap_or_else(|_| self.placeholder(part));
        let unknown_value = || Value::unknown(Type::Any, None);
        match &*expr.node {
            Node::Parens(inner) => self.placeholder(inner),
            Node::Tuple(items) => Value::tuple(items.iter().map(part).collect()),
            Node::Object(items) => {
                let named = |(key, value): &(Key, Expr)| match key {
                    Key::Name(name, _) => Some((name.clone(), part(value))),
                    Key::Expr(_) => None,
                };
                items.iter().map(named).collect::<Option<Object>>().map_or_else(unknown_value, Value::object)
            }
            Node::Conditional(_, yes, no) => {
                let (yes, no) = (part(yes), part(no));
                let ty = common_type(&yes, &no).ok().map(|ty| ty.unwrap_or_else(|| yes.ty()));
                Value::unknown(ty.unwrap_or_default(), None).with_mark(yes.sensitive | no.sensitive)
            }
            _ => Value::unknown(plain_type(expr).unwrap_or_default(), None),
        }
    }
}

/// The type that an expression has whatever its parts are.
fn plain_type(expr: &Expr) -> Option<Type> {
    match &*expr.node {
        Node::Template(parts) if !matches!(parts.as_slice(), [Part::Interpolation(_)]) => Some(Type::String),
        Node::Unary(UnaryOp::Not, _) => Some(Type::Bool),
        Node::Unary(UnaryOp::Negate, _) => Some(Type::Number),
        Node::Binary(op, ..) => match op {
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                Some(Type::Number)
            }
            _ => Some(Type::Bool),
        },
        _ => None,
    }
}

/// The chosen result in the type of both. A mistake in the other one is of no interest.
fn chosen(chosen: Value, other: Value, span: Span, first: bool) -> Outcome {
    // Which of them was chosen would tell of the condition that the other one is sensitive.
    let chosen = chosen.with_mark(other.sensitive);
    match common_type(&chosen, &other) {
        Ok(None) => Ok(chosen),
        Ok(Some(ty)) => convert(&chosen, &ty).map_err(|mismatch| vec![error("CS0205", mismatch.to_string(), span)]),
        Err((one, two)) => Err(vec![inconsistent(if first { (one, two) } else { (two, one) }, span)]),
    }
}

/// The type of both, `None` when it is that of both already; their types when there is none.
fn common_type(left: &Value, right: &Value) -> Result<Option<Type>, (Type, Type)> {
    if std::mem::discriminant(&left.data) == std::mem::discriminant(&right.data)
        && matches!(left.data, Data::String(_) | Data::Number(_) | Data::Bool(_))
    {
        return Ok(None);
    }
    let (one, two) = (left.ty(), right.ty());
    let open = |value: &Value| value.is_unknown() && value.ty() == Type::Any;
    if one == two || open(left) || open(right) {
        return Ok(None);
    }
    match unify(&[one.clone(), two.clone()]) {
        Some(ty) => Ok(Some(ty)),
        None => Err((one, two)),
    }
}

fn undecided(yes: Value, no: Value, unknown: &Unknown, span: Span) -> Outcome {
    let mark = yes.sensitive | no.sensitive;
    if yes == no {
        return Ok(yes);
    }
    super::reject_secret(&yes, span)?;
    super::reject_secret(&no, span)?;
    let is_value = |value: &Value| match &value.data {
        Data::Unknown(unknown) => unknown.not_null,
        data => !matches!(data, Data::Null(_)),
    };
    let of = if is_value(&yes) && is_value(&no) { unknown_result } else { unknown_of };
    match common_type(&yes, &no) {
        Ok(None) if yes.ty() != no.ty() => Ok(unknown_of(Type::Any, unknown).with_mark(mark)),
        Ok(None) => Ok(of(yes.ty(), unknown).with_mark(mark)),
        Ok(Some(ty)) => Ok(of(ty, unknown).with_mark(mark)),
        Err(types) => Err(vec![inconsistent(types, span)]),
    }
}

fn inconsistent((yes, no): (Type, Type), span: Span) -> Diagnostic {
    let detail = format!("Both results must have one type. {}", difference(&yes, &no, String::new()));
    error("CS0205", detail, span)
}

/// The first difference of two types that cannot be unified, in words.
fn difference(yes: &Type, no: &Type, path: String) -> String {
    match (yes, no) {
        (Type::Object(left), Type::Object(right)) => {
            for (name, field) in left.iter() {
                match right.get(name) {
                    None => {
                        return format!(
                            "The value for true has the attribute {path}.{name}, the one for false does not."
                        );
                    }
                    Some(other) if unify(&[field.ty.clone(), other.ty.clone()]).is_none() => {
                        return difference(&field.ty, &other.ty, format!("{path}.{name}"));
                    }
                    _ => {}
                }
            }
            match right.keys().find(|name| !left.contains_key(*name)) {
                Some(name) => {
                    format!("The value for false has the attribute {path}.{name}, the one for true does not.")
                }
                None => "Their attributes differ.".to_string(),
            }
        }
        (Type::Tuple(left), Type::Tuple(right)) => {
            if left.len() != right.len() {
                return format!(
                    "The value for true has {} elements of different types, the one for false has {}.",
                    left.len(),
                    right.len()
                );
            }
            let pairs = left.iter().zip(right.iter()).enumerate();
            for (index, (one, two)) in pairs {
                if unify(&[one.clone(), two.clone()]).is_none() {
                    return difference(one, two, format!("{path}[{index}]"));
                }
            }
            "Their elements differ.".to_string()
        }
        _ => {
            let place = if path.is_empty() { String::new() } else { format!("At {path}, ") };
            let text = format!(
                "{place}the value for true is {}, the one for false is {}.",
                yes.with_article(),
                no.with_article()
            );
            capital(&text)
        }
    }
}
