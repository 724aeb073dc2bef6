//! Conversions, marks, and the choice of a value.

use std::sync::Arc;

use super::{Call, Failure, Function, Want, function, other, param, wrong};
use crate::value::convert::{convert, unify};
use crate::value::{Data, Secret, Type, Value};

const ANY: Want = Want::Any;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "coalesce",
        &[],
        ANY,
        coalesce,
        "The first argument that is neither null nor an empty string.",
        "coalesce(\"\", \"b\") = \"b\"",
    )
    .rest(param("values", ANY).nullable().unknown())
    .passing_secrets(),
    function(
        "ephemeralasnull",
        &[param("value", ANY).nullable().unknown().marked()],
        ANY,
        |call| Ok(call.args[0].clone()),
        "The value; nothing is ephemeral here.",
        "ephemeralasnull(1) = 1",
    ),
    function(
        "issensitive",
        &[param("value", ANY).nullable().unknown().marked()],
        Want::Bool,
        issensitive,
        "Whether the value is sensitive.",
        "issensitive(sensitive(1)) = true",
    ),
    function(
        "nonsensitive",
        &[param("value", ANY).nullable().unknown().marked()],
        ANY,
        nonsensitive,
        "The value without its sensitive mark.",
        "nonsensitive(sensitive(1)) = 1",
    ),
    function(
        "secret",
        &[param("source", Want::String)],
        Want::String,
        secret,
        "A reference to a secret: env:NAME, file:PATH, command:COMMAND, ssm:NAME or secretsmanager:NAME#KEY.",
        "secret(\"env:REDIS_AUTH_TOKEN\")",
    ),
    function(
        "sensitive",
        &[param("value", ANY).nullable().unknown().marked()],
        ANY,
        sensitive,
        "The value marked as sensitive.",
        "issensitive(sensitive(1)) = true",
    )
    .passing_secrets(),
    function(
        "tobool",
        &[param("value", ANY).nullable().unknown()],
        Want::Bool,
        |call| to(call, &Type::Bool),
        "The value as a bool.",
        "tobool(\"true\") = true",
    ),
    function(
        "tolist",
        &[param("value", ANY).nullable().unknown().marked()],
        Want::List,
        |call| to(call, &Type::list(Type::Any)),
        "The value as a list.",
        "tolist([\"a\", 1]) = tolist([\"a\", \"1\"])",
    )
    .passing_parts(),
    function(
        "tomap",
        &[param("value", ANY).nullable().unknown().marked()],
        Want::Map,
        |call| to(call, &Type::map(Type::Any)),
        "The value as a map.",
        "tomap({a = 1}) = tomap({a = 1})",
    )
    .passing_parts(),
    function(
        "tonumber",
        &[param("value", ANY).nullable().unknown()],
        Want::Number,
        |call| to(call, &Type::Number),
        "The value as a number.",
        "tonumber(\"1\") = 1",
    ),
    function(
        "toset",
        &[param("value", ANY).nullable().unknown().marked()],
        Want::Set,
        |call| to(call, &Type::set(Type::Any)),
        "The value as a set.",
        "toset([1, 1]) = toset([1])",
    ),
    function(
        "tostring",
        &[param("value", ANY).nullable().unknown()],
        Want::String,
        |call| to(call, &Type::String),
        "The value as a string.",
        "tostring(1) = \"1\"",
    ),
];

fn to(call: &Call, ty: &Type) -> Result<Value, Failure> {
    convert(&call.args[0], ty).map_err(|mismatch| Failure::Argument(0, mismatch.to_string()))
}

/// The type of the result is that of all arguments together.
fn coalesce(call: &Call) -> Result<Value, Failure> {
    let types: Vec<Type> = call.args.iter().map(Value::ty).collect();
    // Beside an argument of an open type, others that have no type in common stay what they are.
    let ty = unify(&types).or_else(|| types.contains(&Type::Any).then_some(Type::Any));
    let Some(ty) = ty else { return other("all arguments must have one type") };
    for value in &call.args {
        match &value.data {
            Data::Null(_) => continue,
            Data::String(text) if text.is_empty() => continue,
            Data::Unknown(unknown) if !unknown.not_null || ty == Type::String => {
                return Ok(Value::unknown(ty, unknown.origin.clone()).with_mark(value.sensitive));
            }
            _ => return convert(value, &ty).map_err(|mismatch| Failure::Other(mismatch.to_string())),
        }
    }
    other("there is no argument that is neither null nor an empty string")
}

fn issensitive(call: &Call) -> Result<Value, Failure> {
    Ok(match &call.args[0] {
        value if value.sensitive => Value::bool(true),
        Value { data: Data::Unknown(of), .. } => Value::unknown(Type::Bool, of.origin.clone()),
        _ => Value::bool(false),
    })
}

fn nonsensitive(call: &Call) -> Result<Value, Failure> {
    Ok(Value { sensitive: false, ..call.args[0].clone() })
}

fn sensitive(call: &Call) -> Result<Value, Failure> {
    Ok(call.args[0].clone().into_sensitive())
}

fn secret(call: &Call) -> Result<Value, Failure> {
    let source = call.text(0);
    match source.split_once(':') {
        Some(("env" | "file" | "command" | "ssm" | "secretsmanager", rest)) if !rest.is_empty() => {
            let secret = Secret { source: Some(Arc::from(source)), text: None };
            Ok(Value::new(Data::Secret(Arc::new(secret))).into_sensitive())
        }
        _ => wrong(
            0,
            "the source of a secret is written \"env:NAME\", \"file:PATH\", \"command:COMMAND\", \"ssm:NAME\" or \"secretsmanager:NAME\"",
        ),
    }
}
