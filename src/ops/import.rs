//! Taking over what is there: blocks for objects that have none.

use std::collections::BTreeSet;
use std::path::Path;

use crate::address::Address;
use crate::diag::{Diagnostic, Span};
use crate::generate::{Around, Found, Generated, Spelling, generate_one};
use crate::kind::{Status, Target};
use crate::kinds;
use crate::lang::declare::{Import, import_address};
use crate::lang::eval::eval;
use crate::ops::connect::Connection;
use crate::ops::plan::failed;
use crate::ops::{Failure, Session};
use crate::plan::{Live, Needs, pending};
use crate::refresh;
use crate::stack::imports::undeclared;
use crate::state::State;

/// What is known around objects that are to get blocks.
pub fn around(session: &Session, state: &State, spelling: Spelling, apart: bool) -> Around {
    let environment = &session.environment;
    let provider = environment.providers.plain().map(|plain| plain.tags_now(&session.evaluator));
    let mut tags = provider.unwrap_or_default();
    if spelling == Spelling::Ours {
        tags.extend(environment.tags.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    let declared = session.evaluator.stack().resources().map(|resource| resource.address.clone());
    let recorded =
        state.records.iter().map(|(address, record)| (address.clone(), record.id.clone(), record.object.clone()));
    let region = environment.region.clone().unwrap_or_else(|| "us-east-1".into());
    Around {
        spelling,
        target: Target { account: environment.account_id.clone(), region },
        tags,
        taken: declared.chain(state.records.keys().map(Address::block)).collect(),
        recorded: recorded.collect(),
        apart,
    }
}

/// The spelling of a file, by its name.
pub fn spelling_of(file: &Path) -> Spelling {
    let terraform = file.extension().is_some_and(|ending| ending == "tf");
    if terraform { Spelling::Terraform } else { Spelling::Ours }
}

/// Whether a stack is wrong in nothing but `import` blocks without a block of their resource.
pub fn only_lacks_blocks(session: &Session) -> bool {
    let missing: BTreeSet<Span> = undeclared(session.evaluator.stack()).map(|import| import.to.span).collect();
    let about = |one: &&Diagnostic| one.code == "CS0608" && one.span.is_some_and(|span| missing.contains(&span));
    session.diagnostics.iter().filter(|one| one.is_error()).all(|one| about(&one))
}

/// Writes a block for each `import` block that names none.
///
/// # Errors
/// There is no such object, or more than one is meant.
pub async fn write_missing(
    session: &Session,
    state: &State,
    connection: &Connection,
    spelling: Spelling,
) -> Result<Vec<Generated>, Failure> {
    let around = Around {
        target: Target { account: Some(connection.account.clone()), ..around(session, state, spelling, false).target },
        ..around(session, state, spelling, false)
    };
    let mut written: Vec<Generated> = Vec::new();
    let mut seen: BTreeSet<Address> = BTreeSet::new();
    for import in undeclared(session.evaluator.stack()) {
        let (address, id) = meant(session, import)?;
        if !seen.insert(address.clone()) {
            return Err(Failure::Error(format!("two `import` blocks are about `{address}`")));
        }
        let found = read(connection, &address, &id, &around.target.region).await?;
        written.push(generate_one(&address, found, &around));
    }
    Ok(written)
}

/// The address and the name of an `import` block.
fn meant(session: &Session, import: &Import) -> Result<(Address, String), Failure> {
    let address = import_address(&import.to, |_| None).filter(|_| import.for_each.is_none());
    let Some(address) = address.filter(|address| address.key.is_none()) else {
        let why = "a block with `count` or `for_each` is not written for it: write the block yourself";
        return Err(Failure::Error(format!("`{}`: {why}", import.block)));
    };
    let id = eval(&import.id, &session.evaluator).ok();
    let id = id.and_then(|id| id.as_str().filter(|text| !text.is_empty() && !id.sensitive).map(str::to_owned));
    let unknown = || format!("`{address}`: the id of its `import` block is not known before the plan: write it out");
    Ok((address.clone(), id.ok_or_else(|| Failure::Error(unknown()))?))
}

/// Reads the object of a name.
async fn read(connection: &Connection, address: &Address, id: &str, region: &str) -> Result<Found, Failure> {
    let unknown = || Failure::Error(format!("`{address}` is of no kind that cachestack manages"));
    let kind = kinds::get(&address.kind).ok_or_else(unknown)?;
    if let Some(local) = kind.local() {
        let object = local.import(id).map_err(|why| Failure::Error(format!("`{address}`: {why}")))?;
        return Ok(Found { kind, id: id.to_owned(), object });
    }
    let id = kind.spell(id);
    let key = (address.kind.to_string(), region.to_owned(), id.clone());
    let mut live = Live::default();
    let needs = Needs { objects: BTreeSet::from([key.clone()]), ..Needs::default() };
    refresh::read(&connection.cloud, needs, &mut live).await.map_err(failed)?;
    match live.objects.remove(&key).flatten() {
        Some(found) if matches!(found.status, Status::Making(_) | Status::Leaving(_)) => Err(Failure::Error(format!(
            "{} \"{id}\" is {}; wait for that",
            address.kind,
            found.status.under_way().unwrap_or_default()
        ))),
        Some(found) => Ok(Found { kind, id, object: pending::as_it_will_be(kind, &found) }),
        None => Err(Failure::Error(format!("{region} has no {} called \"{id}\"", address.kind))),
    }
}
