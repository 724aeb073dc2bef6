//! What the engine asks of a kind of object, and of the place where such objects live.
//!
//! A [`Kind`] is pure: it knows the schema and the rules, foresees attributes and compiles a change into calls.
//! A [`Remote`] reads objects in bulk and issues one call. Waiting, retrying and recording belong to neither.

mod among;
mod backup;
mod call;
mod change;
mod day_two;
mod endpoint;
mod error;
mod failover;
mod local;
mod login;
mod measure;
mod room;
mod usage;
mod whole;
mod window;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::address::Address;
use crate::schema::Schema;
use crate::value::{Object, Value};
pub use among::{Among, Lists, Neighbour};
pub use backup::{Backup, Filled};
pub use call::{Args, Assumption, Call, Impact, Mark, SecretPhase, Until};
pub use change::{Change, Problem};
pub use day_two::{DayTwo, UpdateAction, UpdateVerb};
pub use endpoint::Endpoint;
pub use error::{ErrorClass, RemoteError};
pub use failover::Failover;
pub use local::{Buckets, Local, Means, Stored, Vault, clear, secret_name};
pub use login::Login;
pub use measure::{Curve, Formula, Join, Measure, Measured, Query, Span, Target as MeasureTarget, Unit, bytes};
pub use room::Room;
pub use usage::{Metered, Nodes, Usage};
pub use whole::Whole;
pub use window::Window;

/// A boxed future, as trait objects need it.
pub type Future_<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that the service tells of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When, as RFC 3339.
    pub at: String,
    /// The name of the object.
    pub source: String,
    /// What happened.
    pub text: String,
}

impl Event {
    /// When it happened. Texts of times have another order: fractions of a second have as many digits as they need.
    pub fn time(&self) -> Option<jiff::Timestamp> {
        self.at.parse().ok()
    }

    /// Whether it is about an object of that name or a node of it: `main-001` is one of `main`.
    pub fn is_of(&self, id: &str) -> bool {
        let source = self.source.to_lowercase();
        let node = source
            .strip_prefix(&id.to_lowercase())
            .map(|rest| rest.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit()));
        node.is_some_and(str::is_empty)
    }
}

/// Where objects are made: account, region and partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Twelve digits; unknown until STS or the configuration has said.
    pub account: Option<Arc<str>>,
    /// `us-east-1`
    pub region: Arc<str>,
}

impl Target {
    /// `aws`, `aws-cn`, `aws-us-gov` and their like.
    pub fn partition(&self) -> &'static str {
        const PARTITIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("eusc-", "aws-eusc"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
        ];
        PARTITIONS.iter().find(|(region, _)| self.region.starts_with(region)).map_or("aws", |(_, partition)| partition)
    }

    /// An ARN in this account and region, or `None` while the account is unknown.
    pub fn arn(&self, service: &str, resource: &str) -> Option<String> {
        let account = self.account.as_ref()?;
        Some(format!("arn:{}:{service}:{}:{account}:{resource}", self.partition(), self.region))
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

    /// Turns the attributes of a record that a schema of an earlier number wrote into those of today's.
    fn upgrade(&self, _from: u32, _object: &mut Object) {}

    /// The name of the object in AWS, where the object itself tells it.
    fn identify(&self, object: &Object) -> Option<String>;

    /// The name that must be free before an object is made; `current` is that of the object that it is made instead of.
    fn claims(&self, wanted: &Object, _current: Option<&str>) -> Option<String> {
        self.identify(wanted)
    }

    /// Fills in what AWS will compute and anyone can foresee. `planned` holds the desired attributes over the live
    /// ones; what stays absent becomes unknown.
    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target);

    /// Compiles a change into ordered calls.
    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem>;

    /// What makes the objects, where they live in no account: then there is no remote, and a change takes no calls.
    fn local(&self) -> Option<&dyn Local> {
        None
    }

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

    /// The attributes that take a secret which an object has, as far as AWS tells that it has one; one that takes several
    /// as often as there are secrets.
    fn secrets_of(&self, _object: &Object) -> &'static [&'static str] {
        &[]
    }

    /// Whether such objects are looked for where all that is there is taken over; else another kind says the same.
    fn is_looked_for(&self) -> bool {
        true
    }

    /// Whether Terraform's provider has a type for it.
    fn has_provider(&self) -> bool {
        true
    }

    /// What Terraform's import takes as the name of an object.
    fn import_id(&self, id: &str, _object: &Object) -> String {
        id.to_owned()
    }

    /// The attributes that Terraform's provider takes for changed after an import, though nothing differs.
    fn misread(&self, _object: &Object) -> &'static [&'static str] {
        &[]
    }

    /// What Terraform's provider keeps for attributes that nobody writes, where the account does not tell it.
    fn provider_defaults(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Attributes that say what others of the object say too, so that a block that is written for it leaves them out;
    /// also those that objects of another kind say, each for itself, where all that is there is taken over (`all`).
    fn told_elsewhere(&self, _object: &Object, _all: bool) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether deleting an object deletes what users stored.
    fn holds_data(&self) -> bool {
        false
    }

    /// Whether all that an object holds is also in another one, which stays: then nothing is lost with it.
    fn is_copy(&self, _object: &Object) -> bool {
        false
    }

    /// The attribute that names the snapshot which AWS takes before such an object is deleted, where it takes one.
    fn final_snapshot(&self, _object: &Object) -> Option<&'static str> {
        None
    }

    /// The call that takes a snapshot of that name of an object as it is; none of what has no snapshots.
    ///
    /// # Errors
    /// What the service takes no snapshot of, though others of the kind have some.
    fn backup(&self, _live: &Object, _name: &str) -> Result<Option<Backup>, Problem> {
        Ok(None)
    }

    /// How the snapshot is written that an object is filled from, where it can be.
    fn filled_from(&self) -> Option<Filled> {
        None
    }

    /// Whether a replica of such objects can be made the primary by hand, to see what clients make of it.
    fn fails_over(&self) -> bool {
        false
    }

    /// How that is done in a shard of an object as it is; which one may be left out where there is only one.
    ///
    /// # Errors
    /// Why it cannot be done, and what to do.
    fn failover(&self, _live: &Object, _shard: Option<&str>) -> Result<Failover, String> {
        Err("has no replicas that could take over".to_owned())
    }

    /// What a service update does to those who use an object as it is, where there are any for such objects.
    fn updated(&self, _live: &Object) -> Option<(Impact, &'static str)> {
        None
    }

    /// Where clients reach an object.
    fn endpoints(&self, _object: &Object) -> Vec<Endpoint> {
        Vec::new()
    }

    /// What can be measured of an object as it is; nothing of what is no cache.
    fn measures(&self, _live: &Object) -> &'static [Measure] {
        &[]
    }

    /// The nodes of an object, of which each is measured.
    fn measured(&self, _live: &Object) -> Vec<Measured> {
        Vec::new()
    }

    /// What a change leaves less memory for, where it does: what is held must have room in it.
    fn room(&self, _before: &Object, _after: &Object) -> Option<Room> {
        None
    }

    /// With what clients log in, by the wish for an object: to it, or as it. None where nothing is wanted.
    fn login(&self, _desired: &Object) -> Option<Login> {
        None
    }

    /// Whether an object is bought, and nobody gives the money back: it is made with leave only, and what goes of it is
    /// its record.
    fn is_bought(&self) -> bool {
        false
    }

    /// What an object uses that is paid for, where prices of it are in the catalog or it is known to cost.
    fn usage(&self, _object: &Object) -> Option<Usage> {
        None
    }

    /// The attribute in whose value names are unique, where that is not the whole region.
    fn name_scope(&self) -> Option<&'static str> {
        None
    }

    /// Attributes that AWS leaves without a value for an object as it will be.
    fn stays_empty(&self, _object: &Object) -> &'static [&'static str] {
        &[]
    }

    /// Whether another object decides what is not written of this one: then it is nobody's to take away.
    fn follows_another(&self, _object: &Object) -> bool {
        false
    }

    /// Attributes that AWS tells and that hang on others while nobody writes them: what was told before is not what
    /// they will be.
    fn follows(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the wish lets changes wait for the maintenance window.
    fn defers(&self, _wanted: &Object) -> bool {
        false
    }

    /// When AWS carries out what waits, where the object tells it.
    fn window(&self, _object: &Object) -> Option<Window> {
        None
    }

    /// The calls that restart nodes of an object as it is, one after another, so that clients notice least: those nodes,
    /// or all. None for what has no nodes.
    ///
    /// # Errors
    /// What the service does not restart.
    fn reboot(&self, _id: &str, _live: &Object, _nodes: Option<&[String]>) -> Result<Vec<Call>, Problem> {
        Ok(Vec::new())
    }

    /// The attributes of which the service tells what it keeps until the maintenance window; of others it keeps silent.
    fn tells(&self) -> &'static [&'static str] {
        &[]
    }

    /// The kind and the name of what an object is a member of, which is there without it: the group of a replica.
    fn member_of(&self, _object: &Object) -> Option<(&'static str, String)> {
        None
    }

    /// The attributes that others change for a reason, a fail-over by hand for instance, and that are put back with leave
    /// only.
    fn contested(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether other objects may be members of such a one.
    fn has_members(&self) -> bool {
        false
    }

    /// Makes of an object what it is without these members.
    fn take_out(&self, _object: &mut Object, _members: &[&str]) {}

    /// What a member has from that.
    fn inherits(&self) -> &'static [&'static str] {
        &[]
    }

    /// What is said where members of an object go by themselves, and as many come, if too few are left.
    fn left_without(&self, _live: &Object, _gone: &[&str], _coming: usize) -> Option<(Mark, &'static str)> {
        None
    }

    /// Completes what an update comes to, where written attributes decide what else of the object as it is changes.
    fn complete(&self, _before: &Object, _wanted: &Object, _changed: &mut Vec<&'static str>, _after: &mut Object) {}

    /// Leaves of an update what is to be done now, where the wish is to come about in phases; names what is left for the
    /// next apply. `let_in` names secrets that an earlier phase has let in.
    fn stage(
        &self,
        _before: &Object,
        _wanted: &Object,
        _changed: &mut Vec<&'static str>,
        _after: &mut Object,
        _let_in: &[String],
    ) -> Vec<&'static str> {
        Vec::new()
    }

    /// Applies the rules between the objects of a plan: those that are about an object of this kind.
    fn check_among<'a>(&self, _among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        Vec::new()
    }

    /// The declared object that decides from now on what an object has decided that nothing declares any more: a group
    /// that lists what was added to it apart. There is nothing to delete then.
    fn taken_in<'a>(&self, _address: &Address, _leaving: &Object, _among: &Among<'a>) -> Option<&'a Address> {
        None
    }

    /// The objects of which AWS tells something else because one of this kind is there: a security group has the rules
    /// that are resources of their own.
    fn part_of(&self, _object: &Object) -> Vec<Whole> {
        Vec::new()
    }

    /// The argument of an operation that lists what it is about, and how many that may be: such calls are sent as one.
    /// AWS carries out all of it or nothing.
    fn joins(&self, _operation: &str) -> Option<(&'static str, usize)> {
        None
    }

    /// Whether AWS answers a create with the object that is there already. [`Remote::read`] finds such an object by its
    /// [`Kind::place`] as well, and answers its `id`.
    fn finds_again(&self) -> bool {
        false
    }

    /// Whether an object says in part what another one says, of the kind of that name, where AWS keeps that once.
    fn repeats(&self, _object: &Object, _other: (&str, &Object)) -> bool {
        false
    }

    /// Whether an object that goes lets its members go by itself, so that it can go before those that name it.
    fn lets_members_go(&self) -> bool {
        false
    }

    /// The attribute of those that use an object that has to be as it shall be before this change of the object: AWS
    /// refuses it until then, so that it comes after them.
    fn follows_users(&self, _before: &Object, _after: &Object) -> Option<&'static str> {
        None
    }

    /// The attribute that gives the object its name, where a suffix can make a second name.
    fn name_attribute(&self) -> Option<&'static str>;

    /// The attributes that make up the name in AWS, where no single one does.
    fn identity(&self) -> &'static [&'static str] {
        &[]
    }

    /// The name in AWS that a person has written, in the form in which [`Kind::identify`] tells it.
    fn spell(&self, id: &str) -> String {
        let attr = self.name_attribute().and_then(|name| self.schema().attr(name));
        let object = attr.map(|attr| {
            let written = Value::string(id);
            Object::from([(attr.name.into(), attr.normalize.map_or(written.clone(), |normalize| normalize(written)))])
        });
        object.and_then(|object| self.identify(&object)).unwrap_or_else(|| id.to_owned())
    }

    /// Whether the difference between the object as it is and as it shall be takes a new object, beyond what the
    /// schema says of single attributes. Names the attributes that cause it.
    fn replaces(&self, _before: &Object, _after: &Object, _changed: &[&'static str]) -> Vec<&'static str> {
        Vec::new()
    }
}

/// The name under which [`Observation::pending`] has the ids of nodes in which parameters take effect after a restart only.
pub const NODES_TO_REBOOT: &str = "nodes_to_reboot";

/// What waits of an object tells under this name which of its nodes go.
pub const NODES_TO_REMOVE: &str = "nodes_to_remove";

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
    /// It is on its way out: the word that AWS uses.
    Leaving(String),
    /// AWS is at it otherwise: the word that AWS uses.
    Busy(String),
    /// It will not come right by itself: the word that AWS uses, and why.
    Broken(String),
}

impl Status {
    /// The word that AWS uses for what goes on, while something does.
    pub fn under_way(&self) -> Option<&str> {
        match self {
            Self::Making(word) | Self::Leaving(word) | Self::Busy(word) => Some(word),
            Self::Settled | Self::Broken(_) => None,
        }
    }
}

/// What a call returned: attributes of the schema that are known only now, such as the id of a security group.
pub type Reply = Object;

/// Where the objects of one kind live, in one account and region.
pub trait Remote: Send + Sync {
    /// Reads the objects of these names, in bulk. An absent object is absent from the answer.
    /// Never waits, and never fails because of a status.
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>>;

    /// Looks at objects that are waited for: as [`Remote::read`], but of what AWS is still at nothing need be told but
    /// its status, so that a look costs one call where a read costs several.
    fn look<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<BTreeMap<String, Observation>, RemoteError>> {
        self.read(ids)
    }

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

    /// Lists the objects of the kind in the account and region, page by page: what somebody looks for who has made them
    /// without us. Answers the names that [`Remote::read`] takes, in order, each once. What AWS makes by itself is left
    /// out: default groups and users, automated snapshots, the members of a replication group.
    ///
    /// # Errors
    /// Also where objects of a kind cannot be listed: an empty list says that there is none.
    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>>;

    /// What is there of the kind and cannot be taken over, because AWS gives it no name yet; each in words.
    fn unnamed(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async { Ok(Vec::new()) })
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
    /// What the service tells of the last days in a region.
    fn events<'a>(&'a self, region: &'a str) -> Future_<'a, Result<Vec<Event>, RemoteError>>;
    /// The account of the credentials.
    fn account(&self) -> Future_<'_, Result<String, RemoteError>>;
}
