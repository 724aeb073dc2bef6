//! With what clients log in to an object, by its block: after a plan, so that everything that a secret hangs on is known.

use crate::address::Address;
use crate::diag::has_errors;
use crate::kind::Login;
use crate::kinds;
use crate::ops::{Failure, Session};
use crate::plan::wish::wish;
use crate::stack::target::expand_one;

/// What the block of an address says; none where it wants nothing, or where there is no block.
///
/// # Errors
/// It cannot be evaluated, or the secret cannot be read.
pub fn of(session: &mut Session, address: &Address) -> Result<Option<Login>, Failure> {
    let mut found = Vec::new();
    let login = {
        let Some(resource) = session.evaluator.stack().resource(address) else { return Ok(None) };
        let view = session.evaluator.within(&address.module);
        let instance = expand_one(resource, address.key.as_ref(), &view, &mut found);
        let desired = instance.map(|instance| wish(&view, &session.environment, resource, &instance, &mut found));
        desired.and_then(|desired| kinds::get(&address.kind)?.login(&desired.object))
    };
    if login.is_none() && has_errors(&found) {
        session.diagnostics = found;
        return Err(Failure::Stack);
    }
    Ok(login)
}
