//! cachestack: infrastructure as code for Amazon ElastiCache. This page is the map of the code.
//!
//! # The way through
//!
//! ```text
//! stack files -> lang (tree) -> lang::declare -> stack (values) -> desired objects --+
//!                                                                                    +-> plan -> apply -> state
//! account (cloud, or the emulator behind it) -> refresh -> live objects -------------+
//! ```
//!
//! Desired and live objects are one type ([`value::Object`]), pass through one normaliser
//! ([`schema::check::conform`]) and are compared by one function ([`plan::diff`]). Plan and apply evaluate an
//! instance through one function ([`plan::wish`]).
//!
//! # Words
//!
//! * **Stack**: a directory of configuration. **Environment**: one account, region and state of it.
//! * **Module**: a directory that a `module` block calls; a **unit** is what one such block makes of it. The way to a
//!   unit has no keys; with the keys of `count` and `for_each` it is the way to an instance of the module.
//! * **Hole**: a value that is not known when the plan is made, and that is filled before or while its step is made.
//! * **Foreign**: of another tool. What its block writes is known; the rest is unknown for good, and an error only where
//!   something that we manage needs it.
//! * **Kind**: a sort of object (`replication_group`). **Instance**: one object of a block, told by its key.
//! * **Local**: of a kind whose objects live in no account (`random_id`): the record is the object, and a step makes it
//!   without calls. **Vault**: where an environment keeps the secrets that such steps make.
//! * **Call**: one API call as data, with impact and cause. **Step**: one change of one object, made of calls.
//! * **Record**: what the state says of an object. **Operation**: a call that writes, on the medium from before it is
//!   sent until its end is known.
//! * **Pending**: accepted by AWS, and kept until the maintenance window. A wish is compared with what is, joined with
//!   that (`plan/pending.rs`); what AWS does not tell of it is in the record.
//! * **Beside**: a secret whose former value is still valid, on purpose, until a rotation is finished (`plan/rotation.rs`).
//! * **Farewell**: the final snapshot of an object that goes, and its name (`plan/farewell.rs`).
//! * **Deposed**: an object that has a successor and is still to be deleted; it keeps all its guards, and stays while
//!   another lets go of it only in its maintenance window.
//! * **Drift**: how an object differs from its record. **Home**: account, region, and AWS or not: what a state is of.
//!
//! # The five objects of a decision
//!
//! | object | what it is | may differ from |
//! | --- | --- | --- |
//! | declared | the block as it is written ([`lang::declare::Resource`]) | everything: it is not evaluated |
//! | desired | what the block asks for, evaluated ([`stack::desired::Desired`]) | live, until an apply |
//! | live | what the account has, read and normalised ([`kind::Observation`]) | recorded: others change it |
//! | planned | desired over live, with what is foreseen and what is unknown ([`plan::Step::after`]) | live, until the step |
//! | recorded | live as it was last seen, without what must not be kept ([`state::Record`]) | live |
//!
//! The walk ([`plan::build`]) decides each instance out of desired, live and recorded: [`plan::decide`] reads the draft
//! (`plan/draft.rs`) and answers a [`plan::decision::Decision`]; only the walk writes. Then what must stay
//! until a maintenance window is held back (`plan/stays.rs`), names are judged (`plan/names.rs`; `plan/renamed.rs`: blocks
//! and modules of other names), what members leave behind that go is said (`plan/members.rs`), steps are put in order
//! (`plan/order.rs`), guards are asked (`plan/guard.rs`; of a successor also whether what it names is there,
//! `plan/named.rs`, and whether its source goes with the old one, `plan/emptied.rs`),
//! targets chosen and what is blocked left out (`plan/select.rs`): each a function of the draft, with tables in
//! `plan/tests.rs`.
//!
//! What is not known yet is a **hole**: an unknown value with an origin ([`value::Origin`]), numbered in the planned
//! object ([`value::holes`]). Calls are compiled once, out of that object, and carry its holes. Before a step sends
//! anything, its block is evaluated once more, laid over the planned object, and what stands where a hole was fills the
//! calls (`apply/step/prepare.rs`). A plan can be kept in a document ([`plan::file`]); what is hidden is a hole there.
//!
//! # A saved plan
//!
//! ```text
//! plan + values of the evaluator + files + digests of what is touched -> plan::saved -> file
//! file -> nothing has moved (plan::saved::seen) -> values put back, secrets read anew (ops::saved) -> apply
//! ```
//!
//! While it is carried out, entries of the journal tell how far it has come ([`state::Progress`]): each operation names
//! its step, and each step its end. Whoever goes on begins with the call that comes next.
//!
//! # Several environments
//!
//! ```text
//! files -> ops::Loaded (read and parsed once) -> a Session for each, on threads of their own -> table, worst exit code
//! ```
//!
//! What calls of one service, account and region may cost is one pace of the run (`cloud/pace.rs`), whoever makes them.
//!
//! # A call that writes
//!
//! ```text
//! Began {operation, whole record as planned} -> medium -> call -> Ended {how, effects on records} -> medium
//!                                                  |
//!          cut off: the operation stays open ------+--> recovery: what is there decides how it ended
//! ```
//!
//! The successor's record and the deposing of the old object are effects of one entry, after the successor was made.
//! A change is over when its object has settled, a deletion when it is gone.
//! What nobody knows the end of stays open: [`recovery`] settles it before the next apply plans, from what it finds by
//! name or by our mark (the tag `cachestack:id`); a plan shows what that would be. A read that fails settles nothing.
//! What others made anew under a recorded name does not carry our mark, and is left alone (`plan/whose.rs`).
//!
//! # Layers (a module uses what stands above it)
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`value`], [`address`], [`word`], [`shell`], [`clock`], [`disk`], [`entropy`], [`diag`], [`log`], [`tally`] | shared words: values and types, addresses, names in documents, words as a shell takes them, time, files, randomness, diagnostics with their codes, how much a rule counts (`diag/lint.rs`), the log of calls to services, which `cloud/logged.rs` writes, how far reading has come ([`tally`]) |
//! | [`schema`] | attributes of a kind: types, defaults, rules, what a change takes |
//! | [`kind`], [`retry`] | the traits `Kind`, `Remote`, `Local`, `Vault`, `Lookup`, `Cloud`; calls, impacts, observations, errors; what is done about an error |
//! | [`catalog`], [`kinds`] | facts about the service; one file (or folder) per kind, pure; what each asks of IAM ([`catalog::permissions`]) |
//! | [`lang`] | source files, parser, formatter, evaluator and its limits ([`lang::eval::budget`]), functions, declarations |
//! | [`templates`] | the stacks and modules built in |
//! | [`fetch`] | modules of repositories, registries and archives: sources, versions, the lock file, fetching |
//! | [`stack`] | a stack in one environment: modules, [what is evaluated before what](stack::graph), variables, secrets, providers and the way to AWS, names, desired objects |
//! | [`state`] | records, digests of secrets, file, journal, lock, the place where these lie ([`state::medium`]), encryption there ([`state::sealed`]) |
//! | [`recovery`] | what became of a call whose end nobody has seen: a pure function |
//! | [`plan`] | the walk, decisions, replacement, edges: a pure function of stack, state and live objects; what a stack forbids its plans ([`plan::policy`]); what a plan changes of the bill ([`plan::cost`], by the dated prices of [`catalog::prices`]) |
//! | [`refresh`] | reading what a plan wants to know, in bulk |
//! | [`generate`] | configuration out of objects: what of them is written, labels, references, `for_each`, files; out of templates of CloudFormation; and the block of a restore |
//! | [`apply`] | scheduler, steps, turns on parents that change one thing at a time, calls that AWS takes together (`apply/joint.rs`), holes, the one poller, which only looks ([`kind::Remote::look`]), what wholes have because of their parts |
//! | [`emulator`] | an ElastiCache control plane of its own; shares no schema, rule or kind with the engine, only the list of prices; a crate (`crates/emulator`), where [`clock`] and [`disk`] lie as well, since both crates want them |
//! | `cloud` | the AWS SDK; the only place that names it (feature `aws`). Services without a crate of it (`cloud/api`): EC2, CloudWatch Logs, SNS, SSM, Secrets Manager, KMS, the price list, objects of S3 |
//! | `probe` | one server looked at over the network, without stack and AWS: name, port, TLS, log-in, role, slots (TLS: feature `aws`) |
//! | `storage` | places of states that are no directories: buckets by `object_store`, servers of Terraform's `http` protocol (feature `aws`); also where a state of Terraform lies that is read for its values; [`stack::location`] reads their names |
//! | [`ops`] | workflows without a terminal: open, check (and leave out what only follows from another mistake, `ops/consequences.rs`), connect, recover, plan, apply, drift, change a state by hand; find what has no record ([`ops::discover`]) and take it over; the verbs of what is there already ([`ops::day_two`], which asks the service by [`kind::DayTwo`]); what differs between environments ([`ops::compare`]); what a stack costs and what its caches could save ([`ops::money`]) |
//! | [`ui`] | output, questions and what could not be written; what is under way on a terminal ([`ui::live`]), a line that is typed there ([`ui::line`]); graphs ([`ui::graph`]); what there is to know of a kind, for `explain` and the documentation ([`ui::reference`]); documents in Terraform's form ([`ui::terraform`]), messages for programs ([`ui::stream`]), reports for code hosts ([`ui::report`]) |
//! | [`cli`] | one file per command, several environments (`cli/several.rs`), operands that are addresses (`cli/operand.rs`), what a shell completes (`cli/complete.rs`), manual pages ([`cli::manual`]), Terraform's spelling, signals and the exit codes |
//! | `simulation` | the engine under faults from a seed: a disk and an account in memory, time that leaps (tests, feature `simulation`) |
//! | `main` | the program around the library, and its allocator, which the benches have too (`main/allocator.rs`) |
//!
//! # Invariants
//!
//! 1. A plan is a pure function of stack, state and live objects: same inputs, same plan. Only where a cache shrinks its
//!    metrics are asked once the plan is made ([`ops::room`]): they can hold it back, and change no step.
//! 2. Apply, then plan: no steps.
//! 3. A step starts only after its edges are done; a value that the plan knows is the value that is sent.
//! 4. Every object that we made is in a record, deposed, or in an open operation. Nothing is sent that is not on the
//!    medium first, and nothing more once that has failed.
//! 5. No secret reaches output, plan, state, journal or log: the state keeps salted slow digests. Lines that are shown
//!    have no written-out values of what is secret or sensitive ([`lang::hide`]), and no text of theirs is repeated.
//! 6. Nothing is sent while an error stands; `plan` and `validate` write nothing.
//! 7. `null` is the same as unset. Unset and never set by us is unmanaged where AWS chooses, and cleared where nobody does,
//!    as Terraform has it ([`schema::Attr::is_cleared`]).
//! 8. What holds data is deleted, and what only one node holds let go, only with leave (`--allow-destroy`, `destroy`),
//!    whatever the reason; no destructive step
//!    starts before everything is there that its successor needs. What is bought is made only with leave
//!    (`--allow-purchase`), once, and let go only after its successor.
//! 9. A state is of one home; damage of it is told and never read past.
//!
//! # Files on disk
//!
//! All in `<stack>/.cachestack/<environment>/`, or in `<environment>@endpoint/` while `--endpoint` sends an environment of
//! AWS elsewhere:
//!
//! | file | form | read by |
//! | --- | --- | --- |
//! | `state.json`, `state.json.backup` | JSON, version 2, each record with the number of its schema; those of unknown kinds are kept as they are; the backup is from before the last run ([`state::file`]) | every command on a stack |
//! | `journal` | a chain of lines, each with its number, length and hash ([`state::journal`]); `state.json` names it | the next run |
//! | `lock` | who holds it, as JSON; the lock itself is the system's ([`state::lock`]) | apply, destroy |
//! | `emulator.json` | the emulator's world: a log with snapshots | `endpoint = "emulator"`, `emulate --world` |
//! | `secrets/` | passwords that were made here, one in a file, its owner's alone; only beside the emulator's world, unless `secrets` of the environment names another place | plan, apply, destroy |
//!
//! The first three rows lie elsewhere where `state` or `--state` says so (`docs/state.md`): as objects of a bucket, the
//! journal in many, each made once, so that the next run can close it; or as one document on a server.
//!
//! Beside them, for all environments of the stack:
//!
//! | file | form | read by |
//! | --- | --- | --- |
//! | `<stack>/.cachestack.lock.json` | JSON, version 1: source, version, commit and checksum of each module that was fetched ([`fetch::lock`]); belongs in version control | every command on a stack; written by `init` |
//! | `<stack>/.cachestack/modules/NAME-VERSION-DIGITS/` | the content of such a module, used only while it has the checksum of the lock file; `.draft-*` is under way, `.lock` keeps two runs apart | likewise |
//! | `<stack>/.terraform/modules/modules.json` | of Terraform: where it has put modules ([`fetch`]) | every command on a stack |
//!
//! Of the user, where `CACHESTACK_PRICES` says, or in the directory for configuration:
//!
//! | file | form | read by |
//! | --- | --- | --- |
//! | `prices.json` | JSON, version 1: prices that go before those built in ([`catalog::prices::own`]) | what tells prices |
//!
//! Wherever `plan --out` puts it:
//!
//! | file | form | read by |
//! | --- | --- | --- |
//! | a saved plan | three lines of text, then CBOR, format 1 ([`plan::saved::seal`]); no secrets | `apply FILE`, `show FILE`, of the same version of the program |
//!
//! # To add a kind
//!
//! `docs/adding-a-kind.md`: its file under `kinds/`, its remote under `cloud/`, its part of the emulator, a line each in
//! their lists; its codes, its case, its subject of the property tests, an object to try, and a stack.

#![warn(missing_docs)]

pub use cachestack_emulator::{self as emulator, clock, disk};

pub mod address;
pub mod apply;
pub mod catalog;
pub mod cli;
#[cfg(feature = "aws")]
pub mod cloud;
pub mod diag;
pub mod entropy;
pub mod fetch;
pub mod generate;
pub mod kind;
pub mod kinds;
pub mod lang;
pub mod log;
pub mod ops;
pub mod plan;
pub mod probe;
pub mod recovery;
pub mod refresh;
pub mod retry;
pub mod schema;
pub mod shell;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
pub mod stack;
pub mod state;
#[cfg(feature = "aws")]
pub mod storage;
pub mod tally;
pub mod templates;
pub mod ui;
pub mod value;
pub mod word;
