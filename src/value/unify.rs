//! The one type that values of several types can have together, for conditionals and collections.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::convert_type;
use super::{Field, Type};

/// The type that every one of `types` can be converted to, `None` if there is none. What is left open
/// takes the type of the others.
pub fn unify(types: &[Type]) -> Option<Type> {
    let known: Vec<&Type> = types.iter().filter(|ty| !matches!(ty, Type::Any)).collect();
    unify_known(&known)
}

fn unify_known(types: &[&Type]) -> Option<Type> {
    let Some(first) = types.first() else { return Some(Type::Any) };
    if types.iter().all(|ty| ty == first) {
        return Some((*first).clone());
    }
    if types.iter().all(|ty| ty.is_primitive()) {
        return types.contains(&&Type::String).then_some(Type::String);
    }
    let count = |wanted: fn(&Type) -> bool| types.iter().filter(|ty| wanted(ty)).count();
    let objects = count(|ty| matches!(ty, Type::Object(_)));
    let maps = count(|ty| matches!(ty, Type::Map(_)));
    let tuples = count(|ty| matches!(ty, Type::Tuple(_)));
    let lists = count(|ty| matches!(ty, Type::List(_)));
    let sets = count(|ty| matches!(ty, Type::Set(_)));
    let all = types.len();
    if objects == all
        && let Some(fields) = same_names(types)
    {
        return unify_objects(&fields);
    }
    if objects + maps == all {
        // Beside a map of an open type, an object that is no map stays what it is.
        let open = types.iter().any(|ty| matches!(ty, Type::Map(element) if **element == Type::Any));
        return elements(types).map(Type::map).or_else(|| open.then_some(Type::Any));
    }
    if tuples == all
        && let Some(ty) = unify_tuples(types)
    {
        return ty;
    }
    if sets == all {
        return elements(types).map(Type::set);
    }
    if tuples + lists == all {
        return elements(types).map(Type::list);
    }
    if tuples + lists + sets == all {
        return with_sets(types);
    }
    None
}

/// With sets among them, the lists alone decide on the type of the elements, or else the sets, and the
/// rest has to fit.
fn with_sets(types: &[&Type]) -> Option<Type> {
    let chosen = |wanted: fn(&Type) -> bool| types.iter().copied().filter(|ty| wanted(ty)).collect::<Vec<&Type>>();
    let lists = chosen(|ty| matches!(ty, Type::List(_)));
    let deciding = if lists.is_empty() { chosen(|ty| matches!(ty, Type::Set(_))) } else { lists };
    let wanted = unify_known(&deciding)?;
    types.iter().all(|ty| convert_type(ty, &wanted).is_some()).then_some(wanted)
}

/// The one type of all elements and attributes.
fn elements(types: &[&Type]) -> Option<Type> {
    let mut inner = Vec::new();
    for ty in types {
        match ty {
            Type::List(ty) | Type::Set(ty) | Type::Map(ty) => inner.push((**ty).clone()),
            Type::Tuple(items) => inner.extend(items.iter().cloned()),
            Type::Object(fields) => inner.extend(fields.values().map(|field| field.ty.clone())),
            _ => return None,
        }
    }
    unify(&inner)
}

type Fields = Arc<BTreeMap<Arc<str>, Field>>;

/// The attributes of object types that all have the same names.
fn same_names<'a>(types: &[&'a Type]) -> Option<Vec<&'a Fields>> {
    let fields: Vec<&Fields> =
        types.iter().filter_map(|ty| if let Type::Object(fields) = ty { Some(fields) } else { None }).collect();
    fields.iter().all(|other| other.keys().eq(fields[0].keys())).then_some(fields)
}

fn unify_objects(objects: &[&Fields]) -> Option<Type> {
    let mut unified = BTreeMap::new();
    for name in objects[0].keys() {
        let types: Vec<&Type> =
            objects.iter().map(|fields| &fields[name].ty).filter(|ty| !matches!(ty, Type::Any)).collect();
        unified.insert(name.clone(), Field::required(unify_known(&types)?));
    }
    Some(Type::Object(Arc::new(unified)))
}

/// Tuples of one length, element by element; `None` when the lengths differ.
fn unify_tuples(types: &[&Type]) -> Option<Option<Type>> {
    let tuples: Vec<&Arc<Vec<Type>>> =
        types.iter().filter_map(|ty| if let Type::Tuple(items) = ty { Some(items) } else { None }).collect();
    if tuples.iter().any(|items| items.len() != tuples[0].len()) {
        return None;
    }
    let columns = (0..tuples[0].len()).map(|index| {
        let types: Vec<&Type> =
            tuples.iter().map(|items| &items[index]).filter(|ty| !matches!(ty, Type::Any)).collect();
        unify_known(&types)
    });
    Some(columns.collect::<Option<Vec<Type>>>().map(|items| Type::Tuple(items.into())))
}

#[cfg(test)]
mod tests {
    use super::unify;
    use crate::value::{Field, Type};

    #[test]
    fn types_are_unified_as_terraform_does() {
        let tuple = |items: &[Type]| Type::Tuple(items.to_vec().into());
        let object = |fields: &[(&str, Type)]| {
            Type::object(fields.iter().map(|(name, ty)| (*name, Field::required(ty.clone()))))
        };
        let (s, n, b) = (Type::String, Type::Number, Type::Bool);
        for (types, expected) in [
            (vec![n.clone(), s.clone()], Some(s.clone())),
            (vec![n.clone(), b.clone()], None),
            (vec![Type::Any, n.clone()], Some(n.clone())),
            (vec![tuple(&[n.clone()]), tuple(&[s.clone()])], Some(tuple(&[s.clone()]))),
            (vec![tuple(&[n.clone()]), tuple(&[s.clone(), b.clone()])], Some(Type::list(s.clone()))),
            (vec![tuple(&[n.clone()]), Type::list(n.clone())], Some(Type::list(n.clone()))),
            (vec![Type::set(n.clone()), Type::list(n.clone())], Some(Type::list(n.clone()))),
            (vec![object(&[("a", n.clone())]), object(&[("b", s.clone())])], Some(Type::map(s.clone()))),
            (vec![object(&[("a", n.clone())]), object(&[("a", b.clone())])], None),
            (vec![object(&[("a", n.clone())]), Type::map(n.clone())], Some(Type::map(n.clone()))),
            (vec![object(&[]), tuple(&[])], None),
            (vec![], Some(Type::Any)),
        ] {
            assert_eq!(unify(&types), expected, "{types:?}");
        }
    }
}
