//! Operators. Operands are converted as the operator needs them: `"1" + 2` is 3.

use super::{Evaluator, Outcome, error, fail, reject_secret, reject_secrets, remark, unknown_result, worse};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{BinaryOp, Expr, UnaryOp};
use crate::value::convert::convert;
use crate::value::{Data, Number, Object, Type, Unknown, Value};

impl Evaluator<'_> {
    pub(super) fn unary(&self, op: UnaryOp, operand: &Expr, _: Span) -> Outcome {
        let ty = if op == UnaryOp::Not { Type::Bool } else { Type::Number };
        let value = self.operand(operand, &ty)?;
        let data = match &value.data {
            Data::Unknown(unknown) => return Ok(unknown_result(ty, unknown).with_mark(value.sensitive)),
            Data::Bool(value) => Data::Bool(!value),
            Data::Number(number) => Data::Number(number.negate()),
            other => other.clone(),
        };
        Ok(Value::new(data).with_mark(value.sensitive))
    }

    pub(super) fn binary(&self, op: BinaryOp, at: Span, left: &Expr, right: &Expr, span: Span) -> Outcome {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logical(op == BinaryOp::Or, left, right),
            BinaryOp::Equal | BinaryOp::NotEqual => self.equality(op == BinaryOp::Equal, left, right),
            _ => self.arithmetic(op, at, left, right, span),
        }
    }

    /// The value of an operand as type `ty`: that type, or unknown.
    fn operand(&self, expr: &Expr, ty: &Type) -> Outcome {
        let value = self.eval(expr)?;
        self.charged(self.budget.weigh(&value), expr.span)?;
        reject_secret(&value, expr.span)?;
        if value.is_null() {
            let detail =
                format!("This operand is null, and {} is required.{}", ty.with_article(), remark(expr, &value));
            return fail("CS0218", detail, expr.span);
        }
        convert(&value, ty).map_err(|mismatch| {
            let detail = format!("{}.{}", capital(&mismatch.message), remark(expr, &value));
            vec![error("CS0204", detail, expr.span)]
        })
    }

    /// `&&` and `||` leave the right operand alone when the left one decides.
    fn logical(&self, decisive: bool, left: &Expr, right: &Expr) -> Outcome {
        let first = self.operand(left, &Type::Bool)?;
        let eager = self.scope.settings().eager;
        if first.as_bool() == Some(decisive) && !eager {
            return Ok(first);
        }
        let second = self.operand(right, &Type::Bool)?;
        let mark = first.sensitive | second.sensitive;
        let result = match (&first.data, &second.data) {
            (_, Data::Bool(value)) if *value == decisive && !(eager && first.is_unknown()) => Value::bool(decisive),
            (Data::Unknown(one), Data::Unknown(other)) => unknown_result(Type::Bool, worse(one, other)),
            (Data::Unknown(unknown), _) | (_, Data::Unknown(unknown)) => unknown_result(Type::Bool, unknown),
            (Data::Bool(value), _) if *value == decisive => Value::bool(decisive),
            _ => Value::bool(!decisive),
        };
        Ok(result.with_mark(mark))
    }

    fn equality(&self, wanted: bool, left: &Expr, right: &Expr) -> Outcome {
        let (first, second) = self.both(self.eval(left), self.eval(right))?;
        self.charged(self.budget.weigh(&first), left.span)?;
        self.charged(self.budget.weigh(&second), right.span)?;
        // Whether there is anything at all says nothing of what it is.
        if !first.is_null() && !second.is_null() {
            reject_secrets(&first, left.span)?;
            reject_secrets(&second, right.span)?;
        }
        let mark = first.is_marked_anywhere() || second.is_marked_anywhere();
        let result = match equal(&first, &second) {
            Ok(same) => Value::bool(same == wanted),
            Err(unknown) => unknown_result(Type::Bool, &unknown),
        };
        Ok(result.with_mark(mark))
    }

    fn both(&self, left: Outcome, right: Outcome) -> Result<(Value, Value), Vec<Diagnostic>> {
        match (left, right) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(mut left), Err(mut right)) => {
                left.append(&mut right);
                Err(left)
            }
            (Err(mistakes), _) | (_, Err(mistakes)) => Err(mistakes),
        }
    }

    fn arithmetic(&self, op: BinaryOp, at: Span, left: &Expr, right: &Expr, span: Span) -> Outcome {
        let operand = |expr| self.operand(expr, &Type::Number).map_err(|wrong| advised(op, wrong));
        let (first, second) = self.both(operand(left), operand(right))?;
        let mark = first.sensitive | second.sensitive;
        let result = match (&first.data, &second.data) {
            (Data::Number(first), Data::Number(second)) => compute(op, first, second).map_err(|undefined| {
                let detail = format!("There is no result, since {}.", undefined.0);
                vec![error("CS0217", detail, span).related(at, "this operator")]
            })?,
            (Data::Unknown(one), Data::Unknown(other)) => unknown_result(of_result(op), worse(one, other)),
            (Data::Unknown(unknown), _) | (_, Data::Unknown(unknown)) => unknown_result(of_result(op), unknown),
            _ => Value::null_of(Type::Number),
        };
        Ok(result.with_mark(mark))
    }
}

/// Other languages join texts and lists with a plus sign.
fn advised(op: BinaryOp, mut wrong: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for one in wrong.iter_mut().filter(|one| matches!(op, BinaryOp::Add) && one.code == "CS0204") {
        let help = "`+` adds numbers. Texts are joined in a template, \"${a}${b}\", and lists with concat(a, b).";
        one.help.get_or_insert_with(|| help.to_owned());
    }
    wrong
}

fn of_result(op: BinaryOp) -> Type {
    if is_comparison(op) { Type::Bool } else { Type::Number }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual)
}

fn compute(op: BinaryOp, left: &Number, right: &Number) -> Result<Value, crate::value::number::Undefined> {
    Ok(match op {
        BinaryOp::Add => Value::number(left.add(right)?),
        BinaryOp::Subtract => Value::number(left.subtract(right)?),
        BinaryOp::Multiply => Value::number(left.multiply(right)?),
        BinaryOp::Divide => Value::number(left.divide(right)?),
        BinaryOp::Modulo => Value::number(left.remainder(right)?),
        BinaryOp::Less => Value::bool(left < right),
        BinaryOp::LessOrEqual => Value::bool(left <= right),
        BinaryOp::Greater => Value::bool(left > right),
        BinaryOp::GreaterOrEqual => Value::bool(left >= right),
        BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::And | BinaryOp::Or => Value::null_of(Type::Bool),
    })
}

/// Whether two values are equal, marks aside; an unknown that decides it is the error. Values of different
/// types are not equal, but null is null whatever its type.
pub fn equal(left: &Value, right: &Value) -> Result<bool, Unknown> {
    match (&left.data, &right.data) {
        (Data::Null(_), Data::Null(_)) => Ok(true),
        (Data::Unknown(unknown), Data::Null(_)) | (Data::Null(_), Data::Unknown(unknown)) if unknown.not_null => {
            Ok(false)
        }
        (Data::Unknown(unknown), _) if !right.is_unknown() && !right.is_null() && apart(&unknown.ty, &right.ty()) => {
            Ok(false)
        }
        (_, Data::Unknown(unknown)) if !left.is_unknown() && !left.is_null() && apart(&unknown.ty, &left.ty()) => {
            Ok(false)
        }
        (Data::Unknown(unknown), Data::String(text)) | (Data::String(text), Data::Unknown(unknown))
            if unknown.prefix.as_ref().is_some_and(|prefix| !text.starts_with(&**prefix)) =>
        {
            Ok(false)
        }
        (Data::Unknown(unknown), _) | (_, Data::Unknown(unknown)) => Err((**unknown).clone()),
        (Data::Bool(left), Data::Bool(right)) => Ok(left == right),
        (Data::Number(left), Data::Number(right)) => Ok(left == right),
        (Data::String(left), Data::String(right)) => Ok(left == right),
        (Data::Secret(left), Data::Secret(right)) => Ok(left == right),
        (Data::List(one, left), Data::List(other, right)) | (Data::Set(one, left), Data::Set(other, right)) => {
            if one == other { items(left, right) } else { Ok(false) }
        }
        (Data::Tuple(left), Data::Tuple(right)) => items(left, right),
        (Data::Map(_, left), Data::Map(_, right)) | (Data::Object(left), Data::Object(right)) => entries(left, right),
        _ => Ok(false),
    }
}

/// Whether no value has both types, however what is open in them turns out.
fn apart(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any, _) | (_, Type::Any) => false,
        (Type::List(left), Type::List(right))
        | (Type::Set(left), Type::Set(right))
        | (Type::Map(left), Type::Map(right)) => apart(left, right),
        (Type::Tuple(left), Type::Tuple(right)) => {
            left.len() != right.len() || left.iter().zip(right.iter()).any(|(left, right)| apart(left, right))
        }
        (Type::Object(left), Type::Object(right)) => {
            !left.keys().eq(right.keys()) || left.values().zip(right.values()).any(|(a, b)| apart(&a.ty, &b.ty))
        }
        _ => std::mem::discriminant(left) != std::mem::discriminant(right),
    }
}

fn items(left: &[Value], right: &[Value]) -> Result<bool, Unknown> {
    if left.len() != right.len() {
        return Ok(false);
    }
    every(left.iter().zip(right))
}

fn entries(left: &Object, right: &Object) -> Result<bool, Unknown> {
    if !left.keys().eq(right.keys()) {
        return Ok(false);
    }
    every(left.values().zip(right.values()))
}

/// One pair that differs decides, whatever is unknown elsewhere.
fn every<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Result<bool, Unknown> {
    let mut unknown = None;
    for (left, right) in pairs {
        match equal(left, right) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(of) => unknown = unknown.or(Some(of)),
        }
    }
    unknown.map_or(Ok(true), Err)
}

/// The text with its first letter as a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
