//! What a `data` block reads: from what has been looked up, else a need or a step.

use std::sync::Arc;

use crate::address::Address;
use crate::diag::{Diagnostic, Severity};
use crate::kinds;
use crate::kinds::lookups::Here;
use crate::lang::declare::Resource;
use crate::plan::decision::Decision;
use crate::plan::draft::Draft;
use crate::plan::{Action, Step};
use crate::schema::Mode as AttrMode;
use crate::stack::public;
use crate::stack::target::Instance;
use crate::value::mask::mask;
use crate::value::{Object, Origin, Value};

impl Draft<'_> {
    /// What a `data` block reads; unknown until it has been read.
    pub(super) fn lookup(&mut self, resource: &Resource, address: &Address, instance: &Instance) -> Value {
        let (mut desired, evaluated) = self.desired(resource, address, instance);
        let region = self.region(resource, &mut desired);
        let args = desired.object.clone();
        let key = (region.clone(), address.kind.to_string(), args.clone());
        let known = args.values().all(Value::is_wholly_known);
        // What only another tool can tell is waited for by whoever needs it.
        if let Some(origin) = args.values().flat_map(Value::foreign).next() {
            return unknown_object(resource, &desired.object, |_| origin.clone());
        }
        if let Some(answer) = kinds::lookups::answered_here(&address.kind).filter(|_| known && evaluated) {
            let tags = self.inputs.environment.tags_of(resource, self.evaluator);
            match answer(&args, &Here { region: &region, tags: &tags }) {
                Ok(object) => return Value::object(public::answered(object, &args, resource.schema)),
                Err(problem) => self.diagnostics.push(desired.diagnose(problem).of(address)),
            }
            return unknown_object(resource, &desired.object, |name| Origin::attribute(address, name));
        }
        let found = self.inputs.live.and_then(|live| live.lookups.get(&key));
        // As with Terraform, what it hangs on has changed before it is read.
        if found.is_some() && evaluated && self.hangs_on_a_change(address) {
            let step = Step::read((address, &region), args);
            self.take(Decision { steps: vec![step], ..Decision::default() });
            return unknown_object(resource, &desired.object, |name| Origin::attribute(address, name));
        }
        match found {
            Some(Ok(object)) => {
                let object = public::found(object.clone(), &desired.object, resource.schema);
                return Value::object(object);
            }
            Some(Err(error)) => {
                let detail = mask(&format!("`{address}`: {error}"), args.values());
                let mut diagnostic = Diagnostic::error("CS0602", "The look-up failed", detail);
                if resource.scope.is_some() {
                    diagnostic.severity = Severity::Warning;
                }
                diagnostic.span = Some(resource.span);
                diagnostic.help = Some("Correct the arguments of the block, or make what it looks for.".to_owned());
                self.diagnostics.push(diagnostic);
            }
            None if known && evaluated => {
                self.needs.lookups.insert(key);
            }
            None if evaluated && self.inputs.live.is_some() => {
                let step = Step::read((address, &region), args);
                self.take(Decision { steps: vec![step], ..Decision::default() });
            }
            None => {}
        }
        unknown_object(resource, &desired.object, |name| Origin::attribute(address, name))
    }
}

impl Draft<'_> {
    /// Whether this plan changes a managed object that a look-up hangs on.
    fn hangs_on_a_change(&self, address: &Address) -> bool {
        let blocks = self.managed_blocks_used_by(address);
        self.plan.steps.iter().any(|step| step.action != Action::Read && blocks.contains(&step.address.block()))
    }
}

/// What was written, and unknown for the rest.
fn unknown_object(resource: &Resource, written: &Object, origin: impl Fn(&'static str) -> Arc<Origin>) -> Value {
    let mut object = written.clone();
    for attr in &resource.schema.attrs {
        object.or_insert_with(attr.name.into(), || match attr.mode {
            AttrMode::Computed | AttrMode::OptionalComputed => {
                Value::unknown(attr.ty.clone(), Some(origin(attr.name))).with_mark(attr.secret)
            }
            _ => Value::null_of(attr.ty.clone()),
        });
    }
    Value::object(object)
}
