//! What the engine asks of a kind of object, and of the place where such objects live.
//!
//! A [`Kind`] is pure: it knows the schema and the rules, foresees attributes and compiles a change into calls.
//! A [`Remote`] reads objects in bulk and issues one call. Waiting, retrying and recording belong to neither.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::Schema;
use crate::value::{Object, Value};

/// A boxed future, as trait objects need it.
pub type Future_<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where objects are made: account, region and partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Twelve digits; unknown until STS or the configuration has said.
    pub account: Option<Arc<str>>,
    /// `us-east-1`
    pub region: Arc<str>,
}

impl Target {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        match &*self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// An ARN in this account and region, or `None` while the account is unknown.
    pub fn arn(&self, service: &str, resource: &str) -> Option<String> {
        let account = self.account.as_ref()?;
        Some(format!("arn:{}:{service}:{}:{account}:{resource}", self.partition(), self.region))
    }
}

/// What a change does to those who use the object, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing that a client notices.
    None,
    /// Connections may drop once.
    Blip,
    /// A replica takes over; seconds without writes.
    Failover,
    /// No writes for a while.
    WritePause,
    /// Nodes restart.
    Reboot,
    /// What is stored is gone.
    DataLoss,
}

impl Impact {
    /// The word of the plan and of `--max-impact`.
    pub fn word(self) -> &'static str {
        match self {
            Impact::None => "none",
            Impact::Blip => "blip",
            Impact::Failover => "failover",
            Impact::WritePause => "write-pause",
            Impact::Reboot => "reboot",
            Impact::DataLoss => "data-loss",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::None, Self::Blip, Self::Failover, Self::WritePause, Self::Reboot, Self::DataLoss];
        all.into_iter().find(|impact| impact.word() == word)
    }
}

/// What follows a call before the next one may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// Nothing: it is done when it returns.
    Returned,
    /// The object has settled.
    Settled,
    /// The object is gone.
    Absent,
}

/// One API call as data. Arguments carry the names of the API's members; a hole is an unknown value.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The API operation: `ModifyReplicationGroup`.
    pub operation: &'static str,
    /// Its input.
    pub args: Args,
    /// What it does to clients.
    pub impact: Impact,
    /// The attributes that cause it.
    pub causes: Vec<&'static str>,
    /// How long it is expected to take, in seconds. Source: `facts/data/durations.json`.
    pub seconds: u32,
    /// What to wait for.
    pub until: Until,
    /// The secret that it carries, and what becomes of the old one.
    pub secret: Option<(&'static str, SecretPhase)>,
}

/// What a call does with the secret that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPhase {
    /// It is let in beside the old one.
    LetIn,
    /// It is the only one from then on.
    Set,
}

/// The input of a call by member name. Nested structures are objects, lists are lists, tags are a map.
pub type Args = BTreeMap<&'static str, Value>;

impl Call {
    /// A call with an input, without impact, done when it returns.
    pub fn new(operation: &'static str, args: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let args = args.into_iter().filter(|(_, value)| !value.is_null()).collect();
        Self {
            operation,
            args,
            impact: Impact::None,
            causes: Vec::new(),
            seconds: 1,
            until: Until::Returned,
            secret: None,
        }
    }

    /// Sets the impact.
    pub fn impact(mut self, impact: Impact) -> Self {
        self.impact = impact;
        self
    }

    /// Names the attributes that cause it.
    pub fn because(mut self, causes: impl IntoIterator<Item = &'static str>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// Sets the expected duration and waits for the object to settle.
    pub fn settles(mut self, seconds: u32) -> Self {
        self.seconds = seconds;
        self.until = Until::Settled;
        self
    }

    /// Sets the expected duration and waits for the object to be gone.
    pub fn vanishes(mut self, seconds: u32) -> Self {
        self.seconds = seconds;
        self.until = Until::Absent;
        self
    }

    /// Says what becomes of a secret by it.
    pub fn carries(mut self, attribute: &'static str, phase: SecretPhase) -> Self {
        self.secret = Some((attribute, phase));
        self
    }

    /// The text of an argument.
    pub fn text(&self, name: &str) -> Option<String> {
        self.args.get(name).and_then(Value::as_str).map(str::to_owned)
    }
}

/// A change of one object, to be compiled.
#[derive(Debug)]
pub struct Change<'a> {
    /// The object as it is; `None` for a create.
    pub before: Option<&'a Object>,
    /// The object as it shall be; `None` for a delete.
    pub after: Option<&'a Object>,
    /// The names of the attributes that differ; for a create those that are set.
    pub changed: &'a [&'static str],
    /// Where.
    pub target: &'a Target,
    /// The name in AWS, when the object exists or its name is ours to give.
    pub id: Option<&'a str>,
    /// Tags that mark the object as ours, added at create.
    pub ownership: &'a [(String, String)],
    /// Secrets that an earlier run has let in beside the old ones, and that are to be the only ones now.
    pub phase: &'a [String],
}

impl Change<'_> {
    /// Whether the attribute differs.
    pub fn has(&self, name: &str) -> bool {
        self.changed.contains(&name)
    }

    /// Whether an earlier run has let the secret in beside the old one.
    pub fn is_let_in(&self, name: &str) -> bool {
        self.phase.iter().any(|let_in| let_in == name)
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
    /// The name of the nested block that it is about, among several.
    pub element: Option<String>,
    /// The fixed sentence.
    pub summary: &'static str,
    /// What and why, with values.
    pub detail: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether it stops the run.
    pub fatal: bool,
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
        Self { code, attribute, element: None, summary, detail: detail.into(), help: Some(help.into()), fatal: true }
    }

    /// Names the nested block that it is about.
    pub fn on(mut self, element: &str) -> Self {
        self.element = Some(element.to_owned());
        self
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Self {
        self.fatal = false;
        self
    }
}

/// A kind of object.
pub trait Kind: Send + Sync {
    /// Attributes, docs and update classes.
    fn schema(&self) -> &'static Schema;

    /// Brings several spellings of the same into one, before anything is compared.
    fn unite(&self, _desired: &mut Object) {}

    /// Applies the rules of the service to a desired object. Unknown values are let pass.
    fn check(&self, desired: &Object) -> Vec<Problem>;

    /// The name of the object in AWS, where the object itself tells it.
    fn identify(&self, object: &Object) -> Option<String>;

    /// Fills in what AWS will compute and anyone can foresee. `planned` holds the desired attributes over the live
    /// ones; what stays absent becomes unknown.
    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target);

    /// Compiles a change into ordered calls.
    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem>;

    /// Whether AWS gives an object its name, so that it can be looked for by our mark only.
    fn is_named_by_aws(&self) -> bool {
        false
    }

    /// What no two objects of a region can have in common, where the object tells it: a name, in its scope.
    fn place(&self, object: &Object) -> Option<String> {
        self.identify(object)
    }

    /// The attribute that tells when a secret was last changed, where AWS tells that.
    fn dates_secret(&self) -> Option<&'static str> {
        None
    }

    /// Whether deleting an object deletes what users stored.
    fn holds_data(&self) -> bool {
        false
    }

    /// The attribute that gives the object its name, where a suffix can make a second name.
    fn name_attribute(&self) -> Option<&'static str>;

    /// Whether the difference between the object as it is and as it shall be takes a new object, beyond what the
    /// schema says of single attributes. Names the attributes that cause it.
    fn replaces(&self, _before: &Object, _after: &Object, _changed: &[&'static str]) -> Vec<&'static str> {
        Vec::new()
    }
}

/// An object as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// How it is.
    pub status: Status,
    /// Its attributes by the names of the schema, normalised; the name in AWS is in them.
    pub object: Object,
    /// Attributes whose change AWS has accepted and not yet carried out.
    pub pending: Object,
}

/// How an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing is going on.
    Settled,
    /// AWS is still making it or a member of it, so that it can be compared with nothing yet: the word that AWS uses.
    Making(String),
    /// AWS is at it otherwise: the word that AWS uses.
    Busy(String),
    /// It will not come right by itself: the word that AWS uses, and why.
    Broken(String),
}

impl Status {
    /// The word that AWS uses for what goes on, while something does.
    pub fn under_way(&self) -> Option<&str> {
        match self {
            Self::Making(word) | Self::Busy(word) => Some(word),
            Self::Settled | Self::Broken(_) => None,
        }
    }
}

/// Why a read or a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    /// What to do about it.
    pub class: ErrorClass,
    /// The code on the wire, or a word for what went wrong before.
    pub code: String,
    /// What AWS said.
    pub message: String,
    /// The id of the request, for a support case.
    pub request_id: Option<String>,
}

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Wait and try again, slower: nothing was done for sure.
    Throttled,
    /// Wait and try again: time-outs, server errors, answers that were lost. Whether something was done nobody knows.
    Transient,
    /// The object, or one that it hangs on, is busy: try again when it has settled.
    Busy,
    /// There is no such object.
    NotFound,
    /// There is one of that name already.
    AlreadyExists,
    /// Nothing had to be done.
    NoChange,
    /// The credentials do not allow it.
    Denied,
    /// Anything that will not get better by waiting.
    Fatal,
}

impl ErrorClass {
    /// Whether the same may go well a moment later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient)
    }
}

impl std::fmt::Display for RemoteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}

/// What a call returned: attributes of the schema that are known only now, such as the id of a security group.
pub type Reply = Object;

/// Where the objects of one kind live, in one account and region.
pub trait Remote: Send + Sync {
    /// Reads the objects of these names, in bulk. An absent object is absent from the answer.
    /// Never waits, and never fails because of a status.
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>>;

    /// Reads the tags of one object from its own service, which is never behind.
    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>>;

    /// Finds the object that carries our mark (the tag `cachestack:id`), for kinds whose names only AWS gives.
    /// Answers its name in AWS; none where there is no such object.
    ///
    /// # Errors
    /// Also where the kind has names of its own: "not found" would let an object be forgotten.
    fn find<'a>(&'a self, _mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async {
            Err(RemoteError {
                class: ErrorClass::Fatal,
                code: "NotFindable".to_owned(),
                message: "objects of this kind are looked for by name, not by mark".to_owned(),
                request_id: None,
            })
        })
    }

    /// Issues one call and does not wait for what it starts.
    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>>;
}

/// The look-ups of `data` blocks, in one account and region.
pub trait Lookup: Send + Sync {
    /// Reads what a `data` block asks for; answers all its attributes.
    fn lookup<'a>(&'a self, kind: &'a str, args: &'a Object) -> Future_<'a, Result<Object, RemoteError>>;
}

/// Everything remote of a run: one per environment.
pub trait Cloud: Send + Sync {
    /// The objects of one kind in one region.
    fn remote(&self, kind: &str, region: &str) -> Arc<dyn Remote>;
    /// The look-ups in one region.
    fn lookups(&self, region: &str) -> Arc<dyn Lookup>;
    /// The account of the credentials.
    fn account(&self) -> Future_<'_, Result<String, RemoteError>>;
}

/// The table of both spellings.
pub const KIND_NAMES: &[(&str, &str)] = &[
    ("subnet_group", "aws_elasticache_subnet_group"),
    ("parameter_group", "aws_elasticache_parameter_group"),
    ("security_group", "aws_security_group"),
    ("replication_group", "aws_elasticache_replication_group"),
    ("alarm", "aws_cloudwatch_metric_alarm"),
    ("vpc", "aws_vpc"),
    ("subnet", "aws_subnet"),
    ("subnets", "aws_subnets"),
    ("availability_zones", "aws_availability_zones"),
    ("region", "aws_region"),
    ("caller_identity", "aws_caller_identity"),
];

/// Our name of a kind, given in either spelling.
pub fn our_name(name: &str) -> &str {
    KIND_NAMES.iter().find(|(_, terraform)| *terraform == name).map_or(name, |(ours, _)| ours)
}
