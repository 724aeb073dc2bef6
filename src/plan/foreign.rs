//! Values of other tools that something we manage needs: one error for each of their resources, with all who ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Key, Mode, ModulePath, module_prefix};
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Expr, Node};
use crate::lang::declare::{Foreign, Resource};
use crate::stack::Stack;
use crate::stack::desired::Desired;
use crate::stack::evaluator::Evaluator;
use crate::value::{Origin, Type};

/// What is needed of other tools, by the address of their resource.
#[derive(Debug, Default)]
pub struct Uses(BTreeMap<Arc<str>, Use>);

#[derive(Debug, Default)]
struct Use {
    /// What a value of each would look like.
    attributes: BTreeMap<Arc<str>, &'static str>,
    places: BTreeSet<Span>,
}

impl Uses {
    /// Something that we manage needs this value.
    fn note(&mut self, origin: &Origin, place: Option<Span>, example: &'static str) {
        let Origin::Foreign(address, attribute) = origin else { return };
        let known = self.0.entry(address.clone()).or_default();
        known.places.extend(place);
        if let Some(attribute) = attribute {
            known.attributes.entry(attribute.clone()).or_insert(example);
        }
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what an object asks for.
    pub fn of_object(&mut self, desired: &Desired) {
        // What stands in `tags` stands in `tags_all`, too.
        let joined = |name: &str| name == "tags_all" && desired.spans.contains_key("tags");
        for (place, origin) in &desired.merged {
            self.note(origin, Some(*place), TEXT);
        }
        for (attribute, value) in desired.object.iter().filter(|(name, _)| !joined(name)) {
            let example = if value.is_unknown() { like(&value.ty()) } else { TEXT };
            value.foreign().iter().for_each(|origin| self.note(origin, desired.span_of(attribute), example));
        }
    }

    /// Takes the repetitions that hang on other tools out of what is wrong; `needed` says whether anything we manage
    /// is repeated. Answers what they hang on.
    pub fn of_repetition(&mut self, wrong: &mut Vec<Diagnostic>, from: usize, needed: bool) -> Option<Arc<Origin>> {
        let mut found = None;
        let mut at = 0;
        wrong.retain(|diagnostic| {
            at += 1;
            let origin = diagnostic.origin.as_ref().filter(|origin| at > from && origin.is_foreign());
            let Some(origin) = origin.filter(|_| diagnostic.code == "CS0411") else { return true };
            if needed {
                self.note(origin, diagnostic.span, TEXT);
            }
            found = Some(origin.clone());
            false
        });
        found
    }

    /// One error for each resource.
    pub fn errors(&self, evaluator: &Evaluator) -> Vec<Diagnostic> {
        let explain = |address: &str, mut diagnostic: Diagnostic| {
            if let Some(why) = evaluator.remote_states().why_unread(address) {
                diagnostic.detail.push_str(&format!(" Its state could not be read: {why}."));
            }
            diagnostic
        };
        self.0.iter().map(|(address, of)| explain(address, error(evaluator.stack(), address, of))).collect()
    }
}

const TEXT: &str = "\"...\"";

/// What a value of a type looks like.
fn like(ty: &Type) -> &'static str {
    match ty {
        Type::List(_) | Type::Set(_) => "[\"...\"]",
        Type::Map(_) => "{ KEY = \"...\" }",
        _ => TEXT,
    }
}

/// How many places are shown beside the first.
const SHOWN: usize = 5;

fn error(stack: &Stack, address: &str, of: &Use) -> Diagnostic {
    let wanted: Vec<String> = of.attributes.keys().map(|name| format!("`{name}`")).collect();
    let count = of.places.len();
    let many = if count > 1 { format!(" in {count} places") } else { String::new() };
    let wanted = if wanted.is_empty() { String::new() } else { format!(": {}", wanted.join(", ")) };
    let detail = format!("`{address}` is not managed by cachestack, and its value is needed{many}{wanted}.");
    let module = stack.elsewhere.iter().find(|(path, _)| module_prefix(path).trim_end_matches('.') == address);
    if let Some((_, why)) = module {
        let detail = format!("{} What it tells is needed{many}{wanted}.", why.detail);
        let help = format!(
            "{} Or pass it: --var '{address}={}'.",
            why.help.as_deref().unwrap_or_default(),
            example(stack, address, of)
        );
        let places = of.places.iter().take(SHOWN);
        return places.fold(Diagnostic { detail, help: Some(help), ..why.clone() }, |found, place| {
            found.related(*place, "needed here")
        });
    }
    let help = ephemeral(address).unwrap_or_else(|| {
        format!(
            "Name Terraform's state as `terraform_state` of the environment, take the value from a variable or a data block, or pass it: --var '{address}={}'.",
            example(stack, address, of)
        )
    });
    let mut diagnostic = Diagnostic::error("CS0402", "A value of another tool", detail).help(help);
    let mut places = of.places.iter();
    diagnostic.span = places.next().copied();
    for place in places.by_ref().take(SHOWN) {
        diagnostic = diagnostic.related(*place, "and here");
    }
    match declared(stack, address) {
        Some(block) => diagnostic.related(block.span, "declared here"),
        None => diagnostic,
    }
}

/// What is kept nowhere is in no state of Terraform, and a secret does not belong on a command line.
fn ephemeral(address: &str) -> Option<String> {
    let rest = address.strip_prefix("ephemeral.")?;
    Some(match rest.strip_prefix("random_password.") {
        Some(name) => format!("Write resource \"random_password\" \"{name}\" in its place: it is made here, and kept where `secrets` of the environment says. Or take the value by secret(\"env:NAME\")."),
        None => "No state has it: take the value by secret(\"env:NAME\"), secret(\"ssm:NAME\") or secret(\"secretsmanager:NAME\").".to_owned(),
    })
}

/// What `--var` would have to give.
fn example(stack: &Stack, address: &str, of: &Use) -> String {
    let call = stack.elsewhere.keys().find(|path| module_prefix(path).trim_end_matches('.') == address);
    let (counted, keyed) = match (call.and_then(|path| stack.call(path)), declared(stack, address)) {
        (Some(call), _) => (call.count.is_some(), call.for_each.is_some()),
        (None, Some(block)) => (block.count.is_some(), block.for_each.is_some()),
        (None, None) => (false, false),
    };
    // Of several instances a list has one text of each; and what an id is, its name says.
    let names_one = |path: &str| ["id", "arn", "name"].contains(&path.rsplit(['.', '_']).next().unwrap_or_default());
    let is_text = |path: &str| counted || keyed || names_one(path);
    let value = |(path, example): (&Arc<str>, &&'static str)| {
        let example = if is_text(path) { TEXT } else { *example };
        (path.to_string(), if example == TEXT { scalar(path) } else { example })
    };
    let values: Vec<(String, &str)> = of.attributes.iter().map(value).collect();
    let paths: Vec<(&str, &str)> = values.iter().map(|(path, example)| (&**path, *example)).collect();
    let one = if paths.is_empty() { format!("id = {TEXT}") } else { given(&paths) };
    let counts = call.and_then(|path| stack.call(path)).map(|call| &call.count);
    let counts = counts.or_else(|| declared(stack, address).map(|block| &block.count));
    match (counted, keyed) {
        (true, _) => format!("[{}]", vec![format!("{{ {one} }}"); count(counts.and_then(Option::as_ref))].join(", ")),
        (_, true) => format!("{{ KEY = {{ {one} }} }}"),
        _ => format!("{{ {one} }}"),
    }
}

/// What a value looks like that nobody has said the type of: a truth or a number in quotes would equal neither.
fn scalar(path: &str) -> &'static str {
    let name = path.rsplit('.').next().unwrap_or_default();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    match () {
        () if ends(&["_supported", "enabled", "_required", "_enforced"]) || begins(&["is_", "has_", "enable_"]) => {
            "true"
        }
        () if ends(&["_count", "_size", "_cores", "_vcpus", "_port", "_days", "_limit"]) => "1",
        () => TEXT,
    }
}

/// How many objects there are, where that is written as a number and is not too many to be shown; else one stands for all.
fn count(expr: Option<&Expr>) -> usize {
    const MOST: usize = 4;
    let written = match expr.map(|expr| &*expr.node) {
        Some(Node::Number(number)) => number.to_i64(),
        _ => None,
    };
    written.and_then(|count| usize::try_from(count).ok()).filter(|count| (1..=MOST).contains(count)).unwrap_or(1)
}

/// `outputs = { vpc_id = "..." }` for `outputs.vpc_id` and what it looks like; what begins alike stands together.
fn given(paths: &[(&str, &str)]) -> String {
    let mut by_name: BTreeMap<&str, (Vec<(&str, &str)>, &str)> = BTreeMap::new();
    for (path, example) in paths {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let (within, own) = by_name.entry(name).or_insert((Vec::new(), example));
        *own = example;
        within.extend(Some((rest, *example)).filter(|(rest, _)| !rest.is_empty()));
    }
    let one = |(name, (within, example)): (&&str, &(Vec<(&str, &str)>, &str))| match within.is_empty() {
        true => format!("{name} = {example}"),
        false => format!("{name} = {{ {} }}", given(within)),
    };
    by_name.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The block of an address without keys.
fn declared<'a>(stack: &'a Stack, address: &str) -> Option<&'a Foreign> {
    stack.modules().find_map(|(path, module)| module.foreign.get(address.strip_prefix(&module_prefix(path))?))
}

/// Whether anything in a module, or in a module of it, is managed here.
pub fn manages(stack: &Stack, path: &ModulePath) -> bool {
    let within = |module: &[(Arc<str>, Option<Key>)]| module.starts_with(path);
    let managed = |block: &Resource| block.address.mode == Mode::Managed;
    stack.modules().filter(|(way, _)| within(way)).any(|(_, module)| module.resources.iter().any(managed))
}
