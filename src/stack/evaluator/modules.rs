//! Values across the border of a module: how often it is there, what goes in, what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Key, ModulePath};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::Step;
use crate::lang::eval::{Bindings, eval};
use crate::stack::conditions;
use crate::stack::desired::bindings;
use crate::stack::evaluator::view::View;
use crate::stack::evaluator::{Evaluator, Item, Names, Repetition};
use crate::stack::graph::below;
use crate::stack::public;
use crate::stack::target::{Instance, MOST_INSTANCES, by_truth, repeat, too_many};
use crate::stack::variables::{Supplied, shape};
use crate::value::{Object, Origin, Type, Value};

/// The instances of a module in one instance of its caller.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Repeated {
    pub(super) repetition: Repetition,
    pub(super) keys: BTreeSet<Option<Key>>,
    /// Where nobody can say how often it is there, the origin of that.
    pub(super) open: Option<Value>,
}

impl Evaluator {
    /// The instances of a module, by the way to it without keys.
    pub fn instances(&self, path: &[(Arc<str>, Option<Key>)]) -> &[ModulePath] {
        static ROOT: [ModulePath; 1] = [Vec::new()];
        if path.is_empty() { &ROOT } else { self.instances.get(path).map_or(&[], Vec::as_slice) }
    }

    /// Whether nobody can say which instances of a module there are. What is in it is only judged.
    pub fn is_open(&self, path: &[(Arc<str>, Option<Key>)]) -> bool {
        self.modules.get(path).is_some_and(|names| names.open)
    }

    /// Says how often a module is there, in every instance of its caller. `judge` hears what is wrong.
    pub fn expand_call(&mut self, path: &ModulePath, mut judge: impl FnMut(Vec<Diagnostic>)) {
        let Some(((name, _), parent)) = path.split_last() else { return };
        let stack = self.names();
        let Some(call) = stack.0.call(path) else { return };
        for outer in self.instances(parent).to_vec() {
            let is_open = self.is_open(&outer);
            let expansion = match &call.enabled {
                Some(expr) => by_truth(expr, &self.within(&outer)),
                None => repeat(call.count.as_ref(), call.for_each.as_ref(), &self.within(&outer)),
            };
            if let Ok(expansion) = &expansion
                && self.modules.len() + expansion.instances.len() > MOST_INSTANCES
            {
                judge(vec![too_many(&format!("module.{name}"), "with its instances there are more", call.span)]);
                return;
            }
            let (repeated, instances) = match expansion {
                Ok(_) | Err(_) if is_open => (Repeated::open(&outer, name), vec![Instance::default()]),
                Ok(expansion) => {
                    let keys = expansion.instances.iter().map(|instance| instance.key.clone()).collect();
                    let repetition = expansion.repetition;
                    (Repeated { repetition, keys, open: None }, expansion.instances)
                }
                Err(wrong) => {
                    let foreign = wrong.iter().filter_map(|one| one.origin.clone()).find(|origin| origin.is_foreign());
                    judge(wrong);
                    let open = foreign.map_or_else(|| Repeated::open(&outer, name), Repeated::unknown);
                    (open, vec![Instance::default()])
                }
            };
            let open = repeated.open.is_some();
            self.modules.entry(outer.clone()).or_default().calls.insert(name.clone(), repeated);
            for instance in instances {
                let mut way = outer.clone();
                way.push((name.clone(), instance.key));
                let names = Names { each: instance.each, open, ..Names::default() };
                self.modules.insert(way.clone(), names);
                self.instances.entry(path.clone()).or_default().push(way);
            }
        }
    }
}

impl Repeated {
    fn open(outer: &[(Arc<str>, Option<Key>)], name: &str) -> Self {
        Self::unknown(Arc::new(Origin::Module(outer.to_vec(), name.into())))
    }

    fn unknown(origin: Arc<Origin>) -> Self {
        Self { open: Some(Value::unknown(Type::Any, Some(origin))), ..Self::default() }
    }
}

impl View<'_> {
    /// Evaluates an input of the module. A wrong one is reported once and unknown from then on.
    pub fn input(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        self.kept(Item::Input, name, || self.fresh_input(name))
    }

    fn fresh_input(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        let unknown = || Ok(Value::unknown(Type::Any, None));
        let (Some(variable), Some(call)) = (self.module.variables.get(name), self.call()) else { return unknown() };
        let Some((last, parent)) = self.path.split_last() else { return unknown() };
        let given = match call.arguments.get(name) {
            None if variable.default.is_none() => return unknown(),
            None => Supplied::Nothing,
            Some(attribute) => {
                let parent = self.evaluator.within(parent);
                let scope = Bindings { parent: &parent, names: self.repetition(last.1.as_ref()) };
                Supplied::Value(eval(&attribute.expr, &scope)?, attribute.expr.span)
            }
        };
        let mut wrong = Vec::new();
        let value = shape(name, variable, given, self, &mut wrong);
        if crate::diag::has_errors(&wrong) {
            let remark = |diagnostic: Diagnostic| diagnostic.related(variable.span, "declared here");
            return Err(wrong.into_iter().map(remark).collect());
        }
        Ok(value.with_mark(variable.sensitive))
    }

    /// `each` and `count` in the block that calls the module.
    fn repetition(&self, key: Option<&Key>) -> Object {
        if !self.names.open {
            return bindings(key, self.names.each.as_ref(), None);
        }
        let unknown = |names: [&str; 2]| {
            let fields = names.map(|name| (Arc::from(name), Value::unknown(Type::Any, None)));
            Value::object(Object::from(fields))
        };
        Object::from([("each".into(), unknown(["key", "value"])), ("count".into(), unknown(["index", "index"]))])
    }

    /// Checks what a variable of the module wants of its value.
    pub fn validate(&self, name: &Arc<str>, diagnostics: &mut Vec<Diagnostic>) {
        let Some(variable) = self.module.variables.get(name) else { return };
        let mut found = Vec::new();
        conditions::check_all(&variable.validations, self, "CS0346", &mut found);
        let given = self.call().and_then(|call| call.arguments.get(name)).map(|attribute| attribute.expr.span);
        diagnostics.extend(found.into_iter().map(|diagnostic| match given {
            Some(span) => diagnostic.related(span, "the value is given here"),
            None => diagnostic,
        }));
    }

    /// Evaluates an output of the module with its conditions. Those of the root are judged with the plan's.
    pub fn judge_output(&self, name: &Arc<str>, diagnostics: &mut Vec<Diagnostic>) {
        let Some(output) = self.module.outputs.get(name).filter(|_| !self.path.is_empty()) else { return };
        conditions::check_all(&output.preconditions, self, "CS0414", diagnostics);
        diagnostics.extend(self.output(name).err().into_iter().flatten());
    }

    /// Evaluates an output of the module.
    pub fn output(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        self.kept(Item::Output, name, || {
            let Some(output) = self.module.outputs.get(name) else { return Ok(Value::null()) };
            let value = eval(&output.value, self).map_err(|wrong| public::of_output(name, wrong))?;
            Ok(value.with_mark(output.sensitive))
        })
    }

    /// `module.x` and what is behind it, as far as that can be told without the other outputs and instances.
    pub(super) fn called(&self, steps: &[Step], span: Span) -> Result<(Value, usize), Diagnostic> {
        let Some(Step::Attr(name)) = steps.first() else {
            let detail = "`module` must be followed by the name of a module.";
            let diagnostic = Diagnostic::error("CS0403", "Half a reference", detail).at(span);
            return Err(diagnostic.help("Write `module.NAME.OUTPUT`."));
        };
        if !self.module.calls.contains_key(name) {
            return Err(self.no_module(name, span));
        }
        let origin = || Origin::Module(self.path.to_vec(), name.clone());
        let empty = || Value::unknown(Type::Any, Some(Arc::new(origin())));
        let behind = steps[1..].iter().find_map(|step| match step {
            Step::Attr(output) => Some(output),
            _ => None,
        });
        let elsewhere = &self.evaluator.stack().elsewhere;
        if !elsewhere.is_empty() && elsewhere.contains_key(&below(&self.config(), name)) {
            return Ok((self.elsewhere(name, behind.map(|output| &**output)), 1));
        }
        if let Some(given) = self.told(name, steps.get(1)) {
            return Ok((given, 1));
        }
        // A module whose source could not be read has been reported.
        let Some(module) = self.evaluator.stack().declared(&below(&self.config(), name)) else {
            return Ok((empty(), 1));
        };
        let Some(repeated) = self.names.calls.get(name) else { return Ok((empty(), 1)) };
        let known = |output: &Arc<str>| match module.outputs.contains_key(output) {
            true => Ok(()),
            false => Err(no_output(name, output, module.outputs.keys().map(|name| &**name), span)),
        };
        if let Some(open) = &repeated.open {
            behind.map_or(Ok(()), known)?;
            return Ok((open.clone(), steps.len()));
        }
        let first = |mut wrong: Vec<Diagnostic>| wrong.swap_remove(0);
        let (key, at) = match (repeated.repetition, steps.get(1)) {
            (Repetition::Once, _) => (None, 1),
            (Repetition::Each, Some(Step::Key(key))) => (Some(Key::Name(key.clone())), 2),
            (Repetition::Count, Some(Step::Index(index))) => (Some(Key::Index(*index)), 2),
            _ => return Ok((self.all_of(name).map_err(first)?, 1)),
        };
        match steps.get(at) {
            // One output is evaluated on its own, so that it does not hang on the others.
            Some(Step::Attr(output)) if repeated.keys.contains(&key) => {
                known(output)?;
                let way: ModulePath = self.path.iter().cloned().chain([(name.clone(), key)]).collect();
                Ok((self.evaluator.within(&way).output(output).map_err(first)?, at + 1))
            }
            _ => Ok((self.all_of(name).map_err(first)?, 1)),
        }
    }

    /// Every output of every instance of a module.
    fn all_of(&self, name: &Arc<str>) -> Result<Value, Vec<Diagnostic>> {
        self.kept(Item::Whole, name, || {
            let Some(repeated) = self.names.calls.get(name) else { return Ok(Value::null()) };
            let mut values = BTreeMap::new();
            for key in &repeated.keys {
                let way: ModulePath = self.path.iter().cloned().chain([(name.clone(), key.clone())]).collect();
                let view = self.evaluator.within(&way);
                let outputs = view.module.outputs.keys().map(|name| Ok((name.clone(), view.output(name)?)));
                let outputs = outputs.collect::<Result<Object, Vec<Diagnostic>>>()?;
                values.insert(key.clone(), Value::object(outputs));
            }
            Ok(repeated.repetition.assemble(values))
        })
    }

    fn no_module(&self, name: &str, span: Span) -> Diagnostic {
        let help = match did_you_mean(name, self.module.calls.keys().map(|name| &**name)) {
            Some(near) => format!("Did you mean `module.{near}`?"),
            None => format!("Declare it: module \"{name}\" {{ source = ... }}."),
        };
        let detail = format!("There is no module `module.{name}`.");
        let diagnostic = Diagnostic::error("CS0401", "Undeclared reference", detail).at(span);
        diagnostic.help(help).about(format!("module.{name}"))
    }
}

fn no_output<'a>(module: &str, name: &str, known: impl Iterator<Item = &'a str>, span: Span) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => "The module declares no outputs.".to_owned(),
        None => format!("There are: {}.", known.join(", ")),
    };
    let detail = format!("The module of `module.{module}` declares no output `{name}`.");
    let diagnostic = Diagnostic::error("CS0401", "Undeclared reference", detail).at(span);
    diagnostic.help(help).about(format!("module.{module}"))
}
