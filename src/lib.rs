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
//! * **Kind**: a sort of object (`replication_group`). **Instance**: one object of a block, told by its key.
//! * **Call**: one API call as data, with impact and cause. **Step**: one change of one object, made of calls.
//! * **Record**: what the state says of an object. **Intent**: a call that is about to be made.
//! * **Deposed**: an object that has a successor and is still to be deleted.
//!
//! # Layers (a module uses what stands above it)
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`value`], [`address`], [`clock`], [`disk`], [`entropy`], [`diag`] | shared words: values and types, addresses, time, files, randomness, diagnostics and their codes |
//! | [`schema`] | attributes of a kind: types, defaults, rules, what a change takes |
//! | [`kind`] | the traits `Kind`, `Remote`, `Lookup`, `Cloud`; calls, impacts, observations, errors |
//! | [`lang`] | source files, parser, formatter, evaluator and its limits ([`lang::eval::budget`]), functions, declarations |
//! | [`catalog`], [`kinds`] | facts about the service; one file (or folder) per kind, pure |
//! | [`graph`] | what is evaluated before what; cycles |
//! | [`stack`] | a stack in one environment: modules, variables, secrets, providers and the way to AWS, names, desired objects |
//! | [`state`] | records, digests of secrets, file, journal, lock |
//! | [`plan`] | the walk, decisions, replacement, edges: a pure function of stack, state and live objects |
//! | [`refresh`] | reading what a plan wants to know, in bulk |
//! | [`apply`] | scheduler, steps, holes, the one poller |
//! | `cloud` | the AWS SDK; the only place that names it (feature `aws`; security groups and VPC look-ups: `ec2`) |
//! | [`emulator`] | an ElastiCache control plane of its own; shares no schema, rule or kind with the engine |
//! | [`ops`] | workflows without a terminal: open, check, connect, plan, apply |
//! | [`ui`], [`cli`], [`templates`] | output, questions and what could not be written; one file per command, signals and the exit codes; the stacks built in |
//! | `simulation` | the engine under faults from a seed: a disk and an account in memory, time that leaps (tests, feature `simulation`) |
//!
//! # Invariants
//!
//! 1. A plan is a pure function of stack, state and live objects: same inputs, same plan.
//! 2. Apply, then plan: no steps.
//! 3. A step starts only after its edges are done; a value that the plan knows is the value that is sent.
//! 4. Every object that we made is in a record or an intent: the intent is on disk before the call, the record after.
//! 5. No secret reaches output, plan, state, journal or log: the state keeps salted slow digests. Lines that are shown
//!    have no written-out values of what is secret or sensitive ([`lang::hide`]), and no text of theirs is repeated.
//! 6. Nothing is sent while an error stands; `plan` and `validate` write nothing.
//! 7. `null` is the same as unset; unset and never set by us is unmanaged.
//!
//! # Files on disk
//!
//! All in `<stack>/.cachestack/<environment>/`, or in `<environment>@endpoint/` while `--endpoint` sends an environment of
//! AWS elsewhere:
//!
//! | file | form | read by |
//! | --- | --- | --- |
//! | `state.json`, `state.json.backup` | JSON, version 1 ([`state::file`]) | every command on a stack |
//! | `journal` | one checksummed JSON line per change since `state.json` ([`state::journal`]) | the next run |
//! | `lock` | who holds it, in words; the lock itself is the system's ([`state::lock`]) | apply, destroy |
//! | `emulator.json` | the emulator's world: a log with snapshots | `endpoint = "emulator"`, `emulate --world` |
//!
//! # To add a kind
//!
//! Its file under `kinds/` (schema, rules, predictions, compile), a line in `kinds/mod.rs` and in
//! [`kind::KIND_NAMES`], its remote under `cloud/`, the operations in the emulator, and a stack that uses it.

pub mod address;
pub mod apply;
pub mod catalog;
pub mod cli;
pub mod clock;
#[cfg(feature = "aws")]
pub mod cloud;
pub mod diag;
pub mod disk;
pub mod emulator;
pub mod entropy;
pub mod graph;
pub mod kind;
pub mod kinds;
pub mod lang;
pub mod ops;
pub mod plan;
pub mod recovery;
pub mod refresh;
pub mod schema;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
pub mod stack;
pub mod state;
pub mod templates;
pub mod ui;
pub mod value;
