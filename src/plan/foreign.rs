//! Values of other tools that something we manage needs: one error for each of their resources, with all who ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Key, Mode, ModulePath, module_prefix};
use crate::diag::{Diagnostic, Span};
use crate::lang::declare::{Foreign, Resource};
use crate::stack::Stack;
use crate::stack::desired::Desired;
use crate::stack::evaluator::Evaluator;
use crate::value::Origin;

/// What is needed of other tools, by the address of their resource.
#[derive(Debug, Default)]
pub struct Uses(BTreeMap<Arc<str>, Use>);

#[derive(Debug, Default)]
struct Use {
    attributes: BTreeSet<Arc<str>>,
    places: BTreeSet<Span>,
}

impl Uses {
    /// Something that we manage needs this value.
    fn note(&mut self, origin: &Origin, place: Option<Span>) {
        let Origin::Foreign(address, attribute) = origin else { return };
        let known = self.0.entry(address.clone()).or_default();
        known.attributes.extend(attribute.clone());
        known.places.extend(place);
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what an object asks for.
    pub fn of_object(&mut self, desired: &Desired) {
        // What stands in `tags` stands in `tags_all`, too.
        let joined = |name: &str| name == "tags_all" && desired.spans.contains_key("tags");
        for (attribute, value) in desired.object.iter().filter(|(name, _)| !joined(name)) {
            value.foreign().iter().for_each(|origin| self.note(origin, desired.span_of(attribute)));
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
                self.note(origin, diagnostic.span);
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

/// How many places are shown beside the first.
const SHOWN: usize = 5;

fn error(stack: &Stack, address: &str, of: &Use) -> Diagnostic {
    let wanted: Vec<String> = of.attributes.iter().map(|name| format!("`{name}`")).collect();
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
    let mut diagnostic = Diagnostic::error("CS0402", "A value of another tool", detail).help(format!(
        "Name Terraform's state as `terraform_state` of the environment, take the value from a variable or a data block, or pass it: --var '{address}={}'.",
        example(stack, address, of)
    ));
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

/// What `--var` would have to give.
fn example(stack: &Stack, address: &str, of: &Use) -> String {
    let paths: Vec<&str> = of.attributes.iter().map(|path| &**path).collect();
    let one = if paths.is_empty() { "id = \"...\"".to_owned() } else { given(&paths) };
    let call = stack.elsewhere.keys().find(|path| module_prefix(path).trim_end_matches('.') == address);
    if let Some(call) = call.and_then(|path| stack.call(path)) {
        return match (&call.count, &call.for_each) {
            (Some(_), _) => format!("[{{ {one} }}]"),
            (_, Some(_)) => format!("{{ KEY = {{ {one} }} }}"),
            _ => format!("{{ {one} }}"),
        };
    }
    match declared(stack, address) {
        Some(block) if block.count.is_some() => format!("[{{ {one} }}]"),
        Some(block) if block.for_each.is_some() => format!("{{ KEY = {{ {one} }} }}"),
        _ => format!("{{ {one} }}"),
    }
}

/// `outputs = { vpc_id = "..." }` for `outputs.vpc_id`; what begins alike stands together.
fn given(paths: &[&str]) -> String {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        by_name.entry(name).or_default().extend(Some(rest).filter(|rest| !rest.is_empty()));
    }
    let one = |(name, rest): (&&str, &Vec<&str>)| match rest.is_empty() {
        true => format!("{name} = \"...\""),
        false => format!("{name} = {{ {} }}", given(rest)),
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
