//! Resources of other tools: how many there are and what their own blocks say. The rest is unknown, and that matters
//! only where something that we manage needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Key, ModulePath, module_prefix};
use crate::diag::Diagnostic;
use crate::lang::ast::Step;
use crate::lang::declare::Foreign;
use crate::lang::eval::{Bindings, eval};
use crate::stack::desired::bindings;
use crate::stack::evaluator::view::View;
use crate::stack::evaluator::{Evaluator, Item};
use crate::stack::target::{Instance, repeat};
use crate::stack::terraform_state::is_secret;
use crate::value::{Data, Object, Origin, Type, Unknown, Value};

impl View<'_> {
    /// The value of a resource of another tool: given, or out of its block. `None` if no block and nobody tells of it.
    pub(super) fn foreign(&self, address: &str) -> Option<Value> {
        let block = self.module.foreign.get(address);
        match (self.given(address).map(|given| hidden(address, given)), block) {
            (Some(given), Some(block)) if given.as_object().is_some() && is_single(block) => {
                Some(self.completed(address, block, &given, &Instance::default()))
            }
            (Some(given), Some(block)) if !is_single(block) => Some(self.each_completed(address, block, given)),
            (Some(given), _) => Some(given),
            (None, Some(block)) => self.kept(Item::Foreign, &address.into(), || Ok(self.of_block(address, block))).ok(),
            (None, None) => None,
        }
    }

    /// What `--var` or the state of Terraform tells, of this instance of the module or of all.
    fn given(&self, address: &str) -> Option<&Value> {
        let foreign = &self.evaluator.foreign;
        if foreign.is_empty() {
            return None;
        }
        let of = |path: &ModulePath| foreign.get(&format!("{}{address}", module_prefix(path)));
        of(&self.path.to_vec()).or_else(|| of(&self.config()))
    }

    /// What a module tells that is in a registry or a repository, where an output of it may be asked for: what was given,
    /// and nothing else.
    pub(super) fn elsewhere(&self, name: &str, asked: Option<&str>) -> Value {
        let address = format!("module.{name}");
        let call = self.module.calls.get(name);
        let (counted, keyed) = call.map_or((false, false), |call| (call.count.is_some(), call.for_each.is_some()));
        // An output that was not given is as unknown as before, and matters where something that we manage needs it.
        let open = |value: &Value| match (value.as_object().filter(|_| !value.sensitive), asked) {
            (Some(parts), Some(asked)) if !parts.contains_key(asked) => self.object(&address, parts.clone()),
            _ => value.clone(),
        };
        let Some(given) = self.given(&address) else {
            return match counted || keyed {
                true => Value::unknown(Type::Any, Some(self.origin(&address))),
                false => self.object(&address, Object::new()),
            };
        };
        match (given.as_items().filter(|_| counted), given.as_object().filter(|_| keyed)) {
            (Some(items), _) => Value::tuple(items.iter().map(open).collect()),
            (_, Some(items)) => Value::object(items.iter().map(|(key, value)| (key.clone(), open(value))).collect()),
            (None, None) => open(given),
        }
    }

    /// What was given of a module that is read and manages nothing, if that has what is asked of it.
    pub(super) fn told(&self, name: &str, asked: Option<&Step>) -> Option<Value> {
        let given = self.given(&format!("module.{name}"))?;
        let has = match (given.as_object(), asked) {
            (Some(parts), Some(Step::Attr(output))) => parts.contains_key(output),
            (Some(_), None) => false,
            _ => true,
        };
        has.then(|| given.clone())
    }

    pub(super) fn is_given(&self, address: &str) -> bool {
        self.given(address).is_some()
    }

    /// Each given object of a block that is repeated, where as many were given as there are.
    fn each_completed(&self, address: &str, block: &Foreign, given: Value) -> Value {
        let Ok(expansion) = repeat(block.count.as_ref(), block.for_each.as_ref(), self) else { return given };
        let of = |key: &Key| match key {
            Key::Index(index) => given.as_items()?.get(usize::try_from(*index).ok()?),
            Key::Name(name) => given.as_object()?.get(name),
        };
        let one = |instance: &Instance| {
            let object = hidden(address, of(instance.key.as_ref()?).filter(|one| one.as_object().is_some())?);
            Some((instance.key.clone(), self.completed(address, block, &object, instance)))
        };
        let many = given.as_items().map(<[Value]>::len).or_else(|| given.as_object().map(Object::len));
        match expansion.instances.iter().map(one).collect::<Option<BTreeMap<_, _>>>() {
            Some(values) if Some(values.len()) == many => expansion.repetition.assemble(values),
            _ => given,
        }
    }

    /// A given object knows what it was given, and then what its block says.
    fn completed(&self, address: &str, block: &Foreign, given: &Value, instance: &Instance) -> Value {
        let mut parts = self.written(address, block, instance);
        let given_parts = given.as_object().cloned().unwrap_or_default();
        let complete = parts.keys().all(|name| given_parts.contains_key(name));
        if complete {
            return given.clone();
        }
        parts.extend(given_parts);
        self.object(address, parts)
    }

    fn of_block(&self, address: &str, block: &Foreign) -> Value {
        match repeat(block.count.as_ref(), block.for_each.as_ref(), self) {
            Ok(expansion) => {
                let one = |instance: &Instance| self.object(address, self.written(address, block, instance));
                let values: BTreeMap<_, _> =
                    expansion.instances.iter().map(|instance| (instance.key.clone(), one(instance))).collect();
                expansion.repetition.assemble(values)
            }
            // How many there are is a matter of the other tool, unless somebody here needs to know.
            Err(_) => Value::unknown(Type::Any, Some(self.origin(address))),
        }
    }

    /// What the block sets. What it sets to null is left to the other tool.
    fn written(&self, address: &str, block: &Foreign, instance: &Instance) -> Object {
        let names = bindings(instance.key.as_ref(), instance.each.as_ref(), None);
        let scope = Bindings { parent: self, names };
        let kind = kind(address);
        let value = |expr| eval(expr, &scope).ok().filter(|value| !value.is_null());
        let parts = block.attributes.iter().filter_map(|attribute| {
            Some((attribute.name.clone(), value(&attribute.expr)?.with_mark(is_secret(kind, &attribute.name))))
        });
        let mut parts: Object = parts.collect();
        let address = format!("{}{address}", module_prefix(&self.config()));
        let directory = &self.evaluator.settings[&Vec::new()].directory;
        parts.extend(self.evaluator.remote_states().told(kind, &address, &parts, directory));
        parts
    }

    fn object(&self, address: &str, parts: Object) -> Value {
        let origin = Some(self.origin(address));
        Unknown { origin, not_null: true, parts: Some(parts), ..Unknown::default() }.into()
    }

    fn origin(&self, address: &str) -> Arc<Origin> {
        // Before there is an account, nobody can tell what a state says that lies elsewhere; that is no mistake yet.
        if self.evaluator.foreign_awaited {
            return Arc::new(Origin::Environment("account_id"));
        }
        Arc::new(Origin::Foreign(format!("{}{address}", module_prefix(&self.config())).into(), None))
    }
}

impl Evaluator {
    /// Values of repeated blocks of other tools that are not as many as the blocks say, or have other keys.
    pub fn misfits(&self) -> Vec<Diagnostic> {
        let blocks = self.stack().modules().flat_map(|(path, module)| {
            module
                .foreign
                .iter()
                .filter(|(_, block)| !is_single(block))
                .map(move |(address, block)| (path, address, block))
        });
        let misfit = |(path, address, block): (&[(Arc<str>, Option<Key>)], &String, &Foreign)| {
            let address = format!("{}{address}", module_prefix(path));
            // Keys of what is sensitive are not told.
            let given = self.foreign.get(&address).filter(|given| !given.sensitive)?;
            let expansion = repeat(block.count.as_ref(), block.for_each.as_ref(), &self.within(path)).ok()?;
            let keys: BTreeSet<Key> = expansion.instances.iter().filter_map(|instance| instance.key.clone()).collect();
            let told: BTreeSet<Key> = match (given.as_items(), given.as_object()) {
                (Some(items), _) => (0..items.len() as u64).map(Key::Index).collect(),
                (_, Some(items)) => items.keys().map(|key| Key::Name(key.clone())).collect(),
                _ => BTreeSet::new(),
            };
            (keys != told).then(|| misfitting(&address, block, &keys, &told))
        };
        blocks.filter_map(misfit).collect()
    }
}

fn misfitting(address: &str, block: &Foreign, keys: &BTreeSet<Key>, told: &BTreeSet<Key>) -> Diagnostic {
    let detail = match keys.iter().chain(told).all(|key| matches!(key, Key::Index(_))) {
        true => {
            format!("By its block there are {} of `{address}`, and values are given of {}.", keys.len(), told.len())
        }
        false => {
            let (missing, strange) = (first(keys.difference(told)), first(told.difference(keys)));
            let missing = missing.map(|keys| format!(" No value is given of {keys}."));
            let strange = strange.map(|keys| format!(" Its block makes no {keys}, of which a value is given."));
            format!("`{address}` has other keys.{}{}", missing.unwrap_or_default(), strange.unwrap_or_default())
        }
    };
    Diagnostic::warning("CS0347", "Other values than there are objects", detail)
        .at(block.span)
        .help("Give a value of each: --var 'ADDRESS=[{ ... }, { ... }]' where `count` is set, --var 'ADDRESS={ KEY = { ... } }' with `for_each`; or where the values are those of a state, apply with Terraform first.")
}

/// The first of some keys, and how many more there are; nothing of none.
fn first<'a>(keys: impl Iterator<Item = &'a Key>) -> Option<String> {
    const SHOWN: usize = 5;
    let mut keys: Vec<String> = keys.map(Key::to_string).collect();
    let more = keys.len().saturating_sub(SHOWN);
    keys.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!keys.is_empty()).then(|| format!("{}{more}", keys.join(", ")))
}

/// The type in an address.
fn kind(address: &str) -> &str {
    let bare = address.trim_start_matches("data.").trim_start_matches("ephemeral.");
    bare.split('.').next().unwrap_or_default()
}

/// A given value with what is secret by its name marked, and all of what Terraform would keep nowhere.
fn hidden(address: &str, given: &Value) -> Value {
    let Data::Object(parts) = &given.data else { return given.clone() };
    let secret = |name: &str| address.starts_with("ephemeral.") || is_secret(kind(address), name);
    let parts = parts.iter().map(|(name, part)| (name.clone(), part.clone().with_mark(secret(name))));
    Value::object(parts.collect()).with_mark(given.sensitive)
}

fn is_single(block: &Foreign) -> bool {
    block.count.is_none() && block.for_each.is_none()
}
