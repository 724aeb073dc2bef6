//! What is known of the result of a call while an argument is not known yet: its type, as far as those of the
//! arguments tell it.

use crate::value::unify::unify;
use crate::value::{Type, Value};

/// A rule that answers the type of a result, given the arguments.
pub type Rule = fn(&[Value]) -> Type;

fn first(args: &[Value]) -> Type {
    args.first().map(Value::ty).unwrap_or_default()
}

/// That of an element of the first argument.
pub(super) fn element(args: &[Value]) -> Type {
    match first(args) {
        Type::List(ty) | Type::Set(ty) | Type::Map(ty) => (*ty).clone(),
        _ => Type::Any,
    }
}

/// That of the first argument, when it is a list.
pub(super) fn list(args: &[Value]) -> Type {
    Some(first(args)).filter(|ty| matches!(ty, Type::List(_))).unwrap_or_default()
}

/// A list of what the first argument is.
pub(super) fn chunks(args: &[Value]) -> Type {
    Type::list(first(args))
}

/// A list of the keys of a map.
pub(super) fn keys(args: &[Value]) -> Type {
    if matches!(first(args), Type::Map(_)) { Type::list(Type::String) } else { Type::Any }
}

/// A list of the elements of a map.
pub(super) fn values(args: &[Value]) -> Type {
    match first(args) {
        Type::Map(ty) => Type::List(ty),
        _ => Type::Any,
    }
}

/// That of the arguments, when all are maps of one type.
pub(super) fn merged(args: &[Value]) -> Type {
    let ty = first(args);
    if matches!(ty, Type::Map(_)) && args.iter().all(|arg| arg.ty() == ty) { ty } else { Type::Any }
}

/// A set of what fits the elements of all.
pub(super) fn sets(args: &[Value]) -> Type {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    unify(&types).unwrap_or(Type::set(Type::Any))
}

/// That of the arguments, when all are lists of one type.
pub(super) fn joined(args: &[Value]) -> Type {
    let ty = list(args);
    if args.iter().all(|arg| arg.ty() == ty) { ty } else { Type::Any }
}

/// A map of the elements of the second argument.
pub(super) fn zipped(args: &[Value]) -> Type {
    match args.get(1).map(Value::ty) {
        Some(Type::List(ty)) => Type::Map(ty),
        _ => Type::Any,
    }
}
