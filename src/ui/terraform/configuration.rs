//! `configuration` and `relevant_attributes`: what the blocks say, as constants or as the references in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, Key, Mode, ModulePath};
use crate::kinds;
use crate::lang::ast::{self, Attribute, Expr, Node, Reference, Step};
use crate::lang::declare::{Call, Module, Nested, NestedSource, Provider, Resource};
use crate::lang::refs::references;
use crate::schema::Attr;
use crate::stack::Stack;
use crate::ui::terraform::names;
use crate::value::json::to_json;
use crate::value::{Value, number::Number};

/// The whole of it.
pub fn document(stack: &Stack) -> Json {
    let mut document = json!({});
    let providers: Map<String, Json> = stack.module.providers.iter().map(provider).collect();
    if !providers.is_empty() {
        document["provider_config"] = providers.into();
    }
    document["root_module"] = module(stack, &Vec::new());
    document
}

fn provider(provider: &Provider) -> (String, Json) {
    let alias = provider.alias.as_deref();
    let key = alias.map_or_else(|| "aws".to_owned(), |alias| format!("aws.{alias}"));
    let mut body = json!({ "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws" });
    if let Some(alias) = alias {
        body["alias"] = alias.into();
    }
    let expressions = expressions(&provider.block.attributes, &provider.block.nested, &|_| false);
    if !expressions.is_empty() {
        body["expressions"] = expressions.into();
    }
    (key, body)
}

fn module(stack: &Stack, path: &ModulePath) -> Json {
    let Some(module) = stack.declared(path) else { return json!({}) };
    let mut document = json!({});
    let mut put = |name: &str, value: Json| {
        let empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            document[name] = value;
        }
    };
    put("outputs", outputs(module));
    let mut resources: Vec<Json> =
        module.resources.iter().filter(|block| block.address.mode != Mode::Ephemeral).map(resource).collect();
    resources.sort_by_key(|resource| (resource["mode"] == "data", resource["address"].to_string()));
    put("resources", resources.into());
    let call = |(name, call): (&Arc<str>, &Call)| {
        let inner = path.iter().cloned().chain([(name.clone(), None::<Key>)]).collect();
        (name.to_string(), module_call(stack, call, &inner))
    };
    put("module_calls", Json::Object(module.calls.iter().map(call).collect()));
    put("variables", variables(module));
    document
}

fn outputs(module: &Module) -> Json {
    let one = |(name, output): (&Arc<str>, &crate::lang::declare::Output)| {
        let mut body = json!({});
        if output.sensitive {
            body["sensitive"] = true.into();
        }
        body["expression"] = expression(&output.value, false);
        depends_on(&output.depends_on, &mut body);
        described(output.description.as_ref(), &mut body);
        (name.to_string(), body)
    };
    Json::Object(module.outputs.iter().map(one).collect())
}

fn variables(module: &Module) -> Json {
    let one = |(name, variable): (&Arc<str>, &crate::lang::declare::Variable)| {
        let mut body = json!({});
        if let Some(default) = variable.default.as_ref().filter(|_| !variable.sensitive).and_then(constant) {
            body["default"] = default;
        }
        described(variable.description.as_ref(), &mut body);
        if variable.sensitive {
            body["sensitive"] = true.into();
        }
        (name.to_string(), body)
    };
    Json::Object(module.variables.iter().map(one).collect())
}

fn described(description: Option<&Arc<str>>, body: &mut Json) {
    if let Some(text) = description {
        body["description"] = (&**text).into();
    }
}

fn module_call(stack: &Stack, call: &Call, inner: &ModulePath) -> Json {
    let mut body = json!({ "source": &*call.source.0 });
    let arguments: Map<String, Json> =
        call.arguments.iter().map(|(name, attribute)| (name.to_string(), expression(&attribute.expr, false))).collect();
    if !arguments.is_empty() {
        body["expressions"] = arguments.into();
    }
    repetition(call.count.as_ref(), call.for_each.as_ref(), &mut body);
    body["module"] = module(stack, inner);
    depends_on(&call.depends_on, &mut body);
    if let Some((version, _)) = &call.version {
        body["version_constraint"] = (&**version).into();
    }
    body
}

fn resource(block: &Resource) -> Json {
    let bare = Address { module: Vec::new(), key: None, ..block.address.clone() };
    let kind = names::kind(bare.mode, &bare.kind);
    let alias = match block.meta.provider.as_ref().map(|expr| &*expr.node) {
        Some(Node::Attr(_, alias)) => format!(".{alias}"),
        _ => String::new(),
    };
    let secret = |name: &str| block.schema.attr(name).is_some_and(|attr| attr.secret);
    let mut body = json!({
        "address": names::address(&bare),
        "mode": if bare.mode == Mode::Managed { "managed" } else { "data" },
        "type": kind,
        "name": &*bare.name,
        "provider_config_key": format!("{}{alias}", names::provider_key(&kind)),
        "expressions": of_resource(block, &secret),
        "schema_version": names::schema_version(&bare),
    });
    repetition(block.meta.count.as_ref(), block.meta.for_each.as_ref(), &mut body);
    depends_on(&block.meta.depends_on, &mut body);
    body
}

/// What the block of a resource says. Blocks that the provider has as one attribute are one expression.
fn of_resource(block: &Resource, secret: &dyn Fn(&str) -> bool) -> Map<String, Json> {
    let filled = |name: &str| block.schema.attr(name)?.block.as_ref().filter(|block| block.filled);
    let (whole, own): (Vec<&Nested>, Vec<&Nested>) =
        block.nested.iter().partition(|nested| filled(&nested.name).is_some());
    let mut all = expressions(&block.attributes, own, secret);
    for nested in &whole {
        let same: Vec<&Nested> = whole.iter().copied().filter(|other| other.name == nested.name).collect();
        if let Some(schema) = filled(&nested.name).filter(|_| !all.contains_key(&*nested.name)) {
            all.insert(nested.name.to_string(), as_attribute(&same, &schema.attrs));
        }
    }
    all
}

/// Blocks as a list of objects with every attribute, or what they refer to.
fn as_attribute(blocks: &[&Nested], attrs: &[Attr]) -> Json {
    let mut parts = Vec::new();
    blocks.iter().for_each(|block| block.expressions(&mut parts));
    let mut names: Vec<String> = Vec::new();
    for name in parts.into_iter().flat_map(references).flat_map(|one| spellings(&one)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let object = |block: &&Nested| {
        let value = |attr: &Attr| {
            let written = block.attributes.iter().find(|one| *one.name == *attr.name);
            Some((attr.name.to_owned(), written.map_or(Some(Json::Null), |one| constant(&one.expr))?))
        };
        Some(Json::Object(attrs.iter().map(value).collect::<Option<_>>()?))
    };
    let once = blocks.iter().all(|block| matches!(block.source, NestedSource::Once));
    match blocks.iter().map(object).collect::<Option<Vec<_>>>() {
        _ if !names.is_empty() => json!({ "references": names }),
        Some(objects) if once => json!({ "constant_value": objects }),
        _ => json!({}),
    }
}

fn repetition(count: Option<&Expr>, for_each: Option<&Expr>, body: &mut Json) {
    for (name, expr) in [("count_expression", count), ("for_each_expression", for_each)] {
        if let Some(expr) = expr {
            body[name] = expression(expr, false);
        }
    }
}

fn depends_on(on: &[Expr], body: &mut Json) {
    let names: Vec<String> = on.iter().flat_map(references).filter_map(|one| spellings(&one).pop()).collect();
    if !names.is_empty() {
        body["depends_on"] = names.into();
    }
}

/// Attributes and nested blocks; `dynamic` ones are left out, as Terraform does.
fn expressions<'a>(
    attributes: &[Attribute],
    nested: impl IntoIterator<Item = &'a Nested>,
    secret: &dyn Fn(&str) -> bool,
) -> Map<String, Json> {
    let mut all: Map<String, Json> =
        attributes.iter().map(|one| (one.name.to_string(), expression(&one.expr, secret(&one.name)))).collect();
    for block in nested.into_iter().filter(|block| matches!(block.source, NestedSource::Once)) {
        let body = expressions(&block.attributes, &block.nested, secret);
        let list = all.entry(block.name.to_string()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(body.into());
        }
    }
    all
}

/// A constant, or what an expression refers to.
fn expression(expr: &Expr, secret: bool) -> Json {
    let found = references(expr);
    if found.is_empty() {
        return match constant(expr).filter(|_| !secret) {
            Some(value) => json!({ "constant_value": value }),
            None => json!({}),
        };
    }
    let mut names: Vec<String> = Vec::new();
    for name in found.iter().flat_map(spellings) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { json!({}) } else { json!({ "references": names }) }
}

/// A value that is written out; none of what takes evaluating.
fn constant(expr: &Expr) -> Option<Json> {
    Some(match &*expr.node {
        Node::Null => Json::Null,
        Node::Bool(truth) => (*truth).into(),
        Node::Number(number) => json_of(number),
        Node::String(text) => (&**text).into(),
        Node::Parens(inner) => constant(inner)?,
        Node::Tuple(items) => items.iter().map(constant).collect::<Option<Vec<_>>>()?.into(),
        Node::Object(items) => {
            let item = |(key, value): &(ast::Key, Expr)| {
                let name = match key {
                    ast::Key::Name(name, _) => name.to_string(),
                    ast::Key::Expr(expr) => constant(expr)?.as_str()?.to_owned(),
                };
                Some((name, constant(value)?))
            };
            Json::Object(items.iter().map(item).collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

fn json_of(number: &Number) -> Json {
    to_json(&Value::number(number.clone()))
}

/// A reference as Terraform lists it: with its attribute, then without, the longest first.
fn spellings(reference: &Reference) -> Vec<String> {
    let root = &*reference.root;
    let step = |at: usize| match reference.steps.get(at) {
        Some(Step::Attr(name)) => Some(name.to_string()),
        _ => None,
    };
    let index = |at: usize| match reference.steps.get(at) {
        Some(Step::Key(key)) => Some(format!("[{}]", Json::from(&**key))),
        Some(Step::Index(index)) => Some(format!("[{index}]")),
        _ => None,
    };
    let (base, at) = match root {
        "var" | "local" | "each" | "count" | "path" | "terraform" | "self" | "env" => {
            return step(0).map(|name| format!("{root}.{name}")).into_iter().collect();
        }
        "module" => (step(0).map(|name| format!("module.{name}")), 1),
        "data" => {
            let kind = step(0).map(|kind| names::kind(Mode::Data, &kind));
            (kind.zip(step(1)).map(|(kind, name)| format!("data.{kind}.{name}")), 2)
        }
        "node" | "ephemeral" => (None, 0),
        kind => (step(0).map(|name| format!("{}.{name}", names::kind(Mode::Managed, kind))), 1),
    };
    let Some(base) = base else { return Vec::new() };
    let mut all = vec![base.clone()];
    let (keyed, at) = match index(at) {
        Some(index) => (format!("{base}{index}"), at + 1),
        None => (base.clone(), at),
    };
    if keyed != base {
        all.push(keyed.clone());
    }
    all.extend(step(at).map(|name| format!("{keyed}.{name}")));
    all.reverse();
    all
}

/// The attributes of resources that anything refers to.
pub fn relevant(stack: &Stack) -> Vec<Json> {
    let mut found: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    for (path, module) in stack.modules() {
        let of_blocks = module.resources.iter().flat_map(expressions_of);
        let of_outputs = module.outputs.values().map(|output| &output.value);
        let of_locals = module.locals.values().map(|local| &local.expr);
        let of_calls = module.calls.values().flat_map(|call| call.arguments.values().map(|attribute| &attribute.expr));
        for reference in of_blocks.chain(of_outputs).chain(of_locals).chain(of_calls).flat_map(references) {
            found.extend(attribute(stack, path, &reference));
        }
    }
    let one = |(resource, attribute): (String, Option<String>)| json!({ "resource": resource, "attribute": attribute.into_iter().collect::<Vec<_>>() });
    found.into_iter().map(one).collect()
}

fn expressions_of(block: &Resource) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = block.attributes.iter().map(|attribute| &attribute.expr).collect();
    block.nested.iter().for_each(|nested| nested.expressions(&mut all));
    all
}

/// The resource that is referred to, and which attribute of it.
fn attribute(
    stack: &Stack,
    path: &[(Arc<str>, Option<Key>)],
    reference: &Reference,
) -> Option<(String, Option<String>)> {
    let (mode, at) = if &*reference.root == "data" { (Mode::Data, 1) } else { (Mode::Managed, 0) };
    let word = |at: usize| match reference.steps.get(at) {
        Some(Step::Attr(name)) => Some(name.clone()),
        _ => None,
    };
    let kind = if at == 1 { word(0)? } else { reference.root.clone() };
    let bare = Address { mode, ..Address::managed(kinds::our_name(&kind), word(at)?) };
    let key = match reference.steps.get(at + 1) {
        Some(Step::Key(key)) => Some(Key::Name((&**key).into())),
        Some(Step::Index(index)) => Some(Key::Index(*index)),
        _ => None,
    };
    let address = Address { module: path.to_vec(), key, ..bare };
    stack.resource(&address)?;
    let last = (at + 1..reference.steps.len()).find_map(&word);
    Some((names::address(&address), last.map(|name| name.to_string())))
}
