//! A change of one object, to be compiled into calls, and what may be wrong with an object.

use crate::address::Address;
use crate::kind::{SecretPhase, Target};
use crate::schema::Schema;
use crate::value::{Object, Value};

/// A change of one object, to be compiled.
#[derive(Debug)]
pub struct Change<'a> {
    /// The object as it is; `None` for a create.
    pub before: Option<&'a Object>,
    /// The object as it shall be; `None` for a delete.
    pub after: Option<&'a Object>,
    /// The names of the attributes that differ; for a create those that are set.
    pub changed: &'a [&'static str],
    /// The account and region that it is made in.
    pub target: &'a Target,
    /// The name in AWS, where the object exists.
    pub id: Option<&'a str>,
    /// Secrets that an earlier run has let in beside the old ones, and that are to be the only ones now.
    pub phase: &'a [String],
    /// Whether it shall not wait for the maintenance window, whatever the object says.
    pub now: bool,
    /// Secrets of which two are valid now: one more shuts the older one out.
    pub both: &'a [String],
    /// Which part of a change of a secret is asked for; all without it.
    pub only: Option<SecretPhase>,
}

impl<'a> Change<'a> {
    /// An object is made; `set` names the attributes that are set.
    pub fn create(after: &'a Object, set: &'a [&'static str], target: &'a Target) -> Self {
        Self {
            before: None,
            after: Some(after),
            changed: set,
            target,
            id: None,
            phase: &[],
            both: &[],
            only: None,
            now: false,
        }
    }

    /// An object changes as it is.
    pub fn update(
        id: &'a str,
        before: &'a Object,
        after: &'a Object,
        changed: &'a [&'static str],
        target: &'a Target,
    ) -> Self {
        Self { before: Some(before), id: Some(id), ..Self::create(after, changed, target) }
    }

    /// An object goes.
    pub fn delete(id: &'a str, before: &'a Object, target: &'a Target) -> Self {
        Self { after: None, ..Self::update(id, before, before, &[], target) }
    }

    /// Fails where an attribute that decides which calls it takes differs and is not wholly known yet.
    pub fn must_know(&self, names: &[&'static str]) -> Result<(), Problem> {
        let open = |name: &&&'static str| self.has(name) && !self.new(name).is_wholly_known();
        names.iter().find(open).map_or(Ok(()), |name| Err(Problem::unknown(name)))
    }

    /// Fails where it is not known yet which elements an attribute has that differs; of each, these parts must be known.
    pub fn must_list(&self, name: &'static str, parts: &[&str]) -> Result<(), Problem> {
        let value = self.new(name);
        let open = |element: &Value| {
            element.is_unknown() || parts.iter().any(|part| element.get(part).is_some_and(Value::is_unknown))
        };
        let open = value.is_unknown() || value.as_items().unwrap_or_default().iter().any(open);
        if self.has(name) && open { Err(Problem::unknown(name)) } else { Ok(()) }
    }

    /// Whether the attribute differs.
    pub fn has(&self, name: &str) -> bool {
        self.changed.contains(&name)
    }

    /// Whether an earlier run has let the secret in beside the old one.
    pub fn is_let_in(&self, name: &str) -> bool {
        self.phase.iter().any(|let_in| let_in == name)
    }

    /// Whether two values of a secret are valid now.
    pub fn has_both(&self, name: &str) -> bool {
        self.both.iter().any(|both| both == name)
    }

    /// The new value; null where there is none.
    #[expect(clippy::new_ret_no_self)]
    pub fn new(&self, name: &str) -> Value {
        self.after.and_then(|object| object.get(name)).cloned().unwrap_or_else(Value::null)
    }

    /// The value as it is; null where there is none.
    pub fn old(&self, name: &str) -> Value {
        self.before.and_then(|object| object.get(name)).cloned().unwrap_or_else(Value::null)
    }

    /// The new value when it differs, else null: what a modify call sends.
    pub fn if_changed(&self, name: &'static str) -> Value {
        if self.has(name) { self.new(name) } else { Value::null() }
    }
}

/// Something wrong with a desired object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The code of the rule.
    pub code: &'static str,
    /// The attribute that it is about.
    pub attribute: &'static str,
    /// The attribute of nested blocks that it is about one of, where these are written.
    pub within: Option<&'static str>,
    /// The name of the nested block that it is about, among several.
    pub element: Option<String>,
    /// The other object that it is about, where there is one.
    pub beside: Option<Address>,
    /// The fixed sentence.
    pub summary: &'static str,
    /// What and why, with values.
    pub detail: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether it stops the run.
    pub fatal: bool,
    /// Whether it is none for an object that has the value already.
    pub of_change: bool,
    /// Whether it is none for an object that is there.
    pub of_creation: bool,
    /// Whether something is missing: that may be what is written under a name that there is not.
    pub of_want: bool,
    /// Whether it is an error of a plan that makes the object: a warning while nobody knows whether it is there.
    pub refused_when_made: bool,
}

impl Problem {
    /// An error about an attribute.
    pub fn error(
        code: &'static str,
        attribute: &'static str,
        summary: &'static str,
        detail: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            attribute,
            within: None,
            element: None,
            beside: None,
            summary,
            detail: detail.into(),
            help: Some(help.into()),
            fatal: true,
            of_change: false,
            of_creation: false,
            of_want: false,
            refused_when_made: false,
        }
    }

    /// An attribute decides which calls are made, and is not known when they are planned.
    pub fn unknown(attribute: &'static str) -> Self {
        Self::error(
            "CS0411",
            attribute,
            "Not known at plan time",
            format!(
                "`{attribute}` decides which calls are made, and hangs on something that is only known after apply."
            ),
            "Apply what it hangs on first (--target), or write the value out.",
        )
    }

    /// Names the nested block that it is about.
    pub fn on(mut self, element: &str) -> Self {
        self.element = Some(element.to_owned());
        self
    }

    /// Names the nested block that it is about, and the attribute of those: the own one counts where none is written.
    pub fn within(self, blocks: &'static str, element: &str) -> Self {
        Self { within: Some(blocks), ..self.on(element) }
    }

    /// Names the other object that it is about.
    pub fn beside(mut self, other: &Address) -> Self {
        self.beside = Some(other.clone());
        self
    }

    /// An object that has the value already may keep it.
    pub fn of_change(mut self) -> Self {
        self.of_change = true;
        self
    }

    /// An object that is there may become so.
    pub fn of_creation(mut self) -> Self {
        self.of_creation = true;
        self
    }

    /// Whether it is none for the object as it is: it has the value already that no new one would get, or is there and may
    /// get it.
    pub fn is_past(&self, schema: &Schema, now: Option<&Object>, wanted: &Object) -> bool {
        let name = self.attribute;
        let both = now.and_then(|now| now.get(name)).zip(wanted.get(name)).zip(schema.attr(name));
        let has = both.is_some_and(|((now, wanted), attr)| attr.is_satisfied(now, wanted));
        self.of_creation && now.is_some() || self.of_change && has
    }

    /// Something is missing.
    pub fn of_want(mut self) -> Self {
        self.of_want = true;
        self
    }

    /// A warning while it is not known whether the object is there; none for one that is, and an error of a plan that
    /// makes it, since AWS would refuse.
    pub fn refused_when_made(mut self) -> Self {
        self.refused_when_made = true;
        self.of_creation().warning()
    }

    /// A warning while it is not known whether the object has the value already; none for one that has it, and an error of
    /// a plan that makes the object or gives it the value.
    pub fn refused_when_set(mut self) -> Self {
        self.refused_when_made = true;
        self.of_change().warning()
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Self {
        self.fatal = false;
        self
    }
}
