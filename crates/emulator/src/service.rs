//! The registry: which services there are, and what each part of them brings along.
//!
//! A part is one sort of object with everything that belongs to it: the operations that it answers, its tables in a
//! region, what falls due for it, its ARNs. A new sort is its file, with a `PART` in it, and one line in the list of its
//! service; a new service is its `SERVICE` and one line here. Nothing else grows.

use super::context::Context;
use super::failure::{Answer, Failure};
use super::input::Input;
use super::lifecycle::Timer;
use super::limits::Wording;
use super::region::Region;
use super::table::Declared;
use super::{cloudwatch, ec2, elasticache, kms, logs, pricing, secretsmanager, sns, ssm, sts, tagging};

/// Every service, in the order of the page for users.
pub const SERVICES: &[&Service] = &[
    &elasticache::SERVICE,
    &ec2::SERVICE,
    &cloudwatch::SERVICE,
    &logs::SERVICE,
    &sns::SERVICE,
    &ssm::SERVICE,
    &secretsmanager::SERVICE,
    &kms::SERVICE,
    &pricing::SERVICE,
    &sts::SERVICE,
    &tagging::SERVICE,
];

/// A service of AWS.
pub struct Service {
    /// Botocore's name of it, under which its model is kept.
    pub name: &'static str,
    /// Its name in the scope of a signature, which is also the first word of its host.
    pub scope: &'static str,
    /// How it words what its model alone refuses.
    pub wording: Wording,
    pub parts: &'static [&'static Part],
    /// What is looked at before any operation.
    pub first: fn(Input) -> Result<(), Failure>,
    /// Whether the object of an ARN of this service exists and can be tagged now.
    pub taggable: fn(&Context, &str) -> Result<(), Failure>,
}

impl Service {
    /// What a service has that asks for nothing beforehand and whose objects have no tags.
    pub const PLAIN: Self = Self {
        name: "",
        scope: "",
        wording: Wording::Listed("ValidationError"),
        parts: &[],
        first: |_| Ok(()),
        taggable: |_, arn| Err(no_tags(arn)),
    };

    /// Its operations.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.parts.iter().flat_map(|part| part.operations)
    }
}

/// One sort of object with all that belongs to it.
pub struct Part {
    pub operations: &'static [Operation],
    pub tables: &'static [&'static dyn Declared],
    /// What happens when a timer of a kind of target is due, at `context.now`.
    pub due: &'static [(&'static str, Due)],
    /// Its ARNs that carry tags.
    pub arns: &'static [Arns],
    /// Whether one of its objects uses something: a kind of thing, and its id.
    pub uses: fn(&Context, &str, &str) -> bool,
    /// What a new region has of it.
    pub seed: fn(&mut Region, &str, &str),
}

impl Part {
    /// A part with nothing in it.
    pub const NONE: Self =
        Self { operations: &[], tables: &[], due: &[], arns: &[], uses: |_, _, _| false, seed: |_, _, _| {} };
}

/// Deals with a timer that is due.
pub type Due = fn(&mut Context, &str, &Timer);

/// An operation: what answers it, and how far the answer can be trusted.
pub struct Operation {
    pub name: &'static str,
    pub call: fn(&mut Context, Input) -> Answer,
    /// What is as in AWS, beyond the wire format.
    pub faithful: &'static str,
    /// What is not.
    pub lacking: &'static str,
}

/// A row of a part's table of operations.
pub const fn operation(
    name: &'static str,
    call: fn(&mut Context, Input) -> Answer,
    faithful: &'static str,
    lacking: &'static str,
) -> Operation {
    Operation { name, call, faithful, lacking }
}

/// A kind of ARN whose objects carry tags.
pub struct Arns {
    /// The word before the name: `replicationgroup`.
    pub kind: &'static str,
    /// Whether the object of that name exists and can be tagged now.
    pub check: fn(&Context, &str) -> Result<(), Failure>,
    /// The ARN of the kind and a name.
    pub arn: fn(&Context, &str, &str) -> String,
    /// ARNs of objects that take part in its tags.
    pub with: fn(&Context, &str) -> Vec<String>,
    /// The region that keeps the object, and its tags.
    pub keeper: fn(&Context, &str) -> String,
    /// What a change of its tags does beyond them.
    pub tagged: fn(&mut Context, &str),
}

impl Arns {
    /// Objects of a region whose tags are their own.
    pub const fn of(kind: &'static str, check: fn(&Context, &str) -> Result<(), Failure>) -> Self {
        Self {
            kind,
            check,
            arn: |context, kind, name| context.arn(kind, name),
            with: |_, _| Vec::new(),
            keeper: |context, _| context.region_name.to_owned(),
            tagged: |_, _| {},
        }
    }
}

/// The service of that name.
pub fn named(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name).copied()
}

/// Every part of every service.
pub fn parts() -> impl Iterator<Item = &'static Part> {
    SERVICES.iter().flat_map(|service| service.parts).copied()
}

/// What deals with timers of a kind of target.
pub fn due(kind: &str) -> Option<Due> {
    parts().flat_map(|part| part.due).find(|(name, _)| *name == kind).map(|(_, due)| *due)
}

/// Whether anything uses a thing: `in_use(context, "security-group", "sg-1")`.
pub fn in_use(context: &Context, kind: &str, id: &str) -> bool {
    parts().any(|part| (part.uses)(context, kind, id))
}

/// The refusal of an ARN whose object is not there or has no tags.
pub fn no_tags(arn: &str) -> Failure {
    Failure::new("InvalidParameterException", format!("The resource {arn} does not exist or cannot be tagged."))
}
