//! CreateUser, ModifyUser, DeleteUser.

use super::super::super::context::Context;
use super::super::super::failure::{Answer, Failure};
use super::super::super::input::Input;
use super::super::super::lifecycle::{self, Step};
use super::super::user_groups;
use super::super::{engines, names, tagging};
use super::authentication::{self, Authentication};
use super::{DEFAULT, USERS, User, access, find, to_json};

/// The most users of an account in a region.
const MOST: usize = 1000;
/// A creation and a change take 130 seconds together in the acceptance tests of Terraform's provider.
const SECONDS: f64 = 65.0;

pub fn create(context: &mut Context, input: Input) -> Answer {
    let id = names::identifier(input.needed("UserId")?, "UserId", 40)?;
    let name = input.needed("UserName")?;
    let engine = engines::of_access(input.needed("Engine")?)?;
    let access = access::canonical(input.needed("AccessString")?, &engine)?;
    let authentication = Authentication::read(input)?.ok_or_else(|| authentication::unknown(None))?;
    check_iam(&authentication, &id, name)?;
    let tags = tagging::read(input)?;
    if context.region[USERS].contains(&id) {
        return Err(Failure::new("UserAlreadyExists", format!("User {id} already exists.")));
    }
    // The default user of the region is nobody's own.
    if context.region[USERS].len() > MOST {
        return Err(Failure::new("UserQuotaExceeded", format!("The quota of {MOST} users has been exceeded.")));
    }
    let serial = context.region.next();
    let (name, status) = (name.to_owned(), "creating".to_owned());
    let user = User { id: id.clone(), serial, name, engine, status, access, authentication };
    tagging::set(context, "user", &id, tags);
    Ok(begin(context, user, Step::Ready))
}

/// An IAM user has the same id and name.
fn check_iam(authentication: &Authentication, id: &str, name: &str) -> Result<(), Failure> {
    if *authentication == Authentication::Iam && id != name {
        return Err(Failure::combination("User Id and User name must be same for authentication type: iam"));
    }
    Ok(())
}

/// Puts a user whose status has changed, until the step is due; the answer to the request.
fn begin(context: &mut Context, user: User, step: Step) -> serde_json::Value {
    let due = context.now + context.speed.scale(SECONDS);
    lifecycle::schedule(context.region, due, user.target(), user.serial, step);
    context.region[USERS].put(&user.id.clone(), user.clone());
    to_json(context, &user)
}

/// A user that may be changed now.
fn at_rest(context: &Context, input: Input, done: &str) -> Result<User, Failure> {
    let user = find(context, input.needed("UserId")?)?;
    if user.id == DEFAULT {
        return Err(Failure::value(format!("The user {DEFAULT} cannot be {done}.")));
    }
    if user.status != "active" {
        return Err(Failure::new(
            "InvalidUserState",
            format!("User {} has status {}. Only active users can be {done}.", user.id, user.status),
        ));
    }
    Ok((*user).clone())
}

pub fn modify(context: &mut Context, input: Input) -> Answer {
    let mut user = at_rest(context, input, "modified")?;
    let (replace, append) = (input.filled("AccessString"), input.filled("AppendAccessString"));
    if replace.is_some() && append.is_some() {
        return Err(Failure::combination("AccessString and AppendAccessString cannot be used together."));
    }
    let authentication = Authentication::read(input)?;
    let engine = input.filled("Engine").map(engines::of_access).transpose()?;
    if replace.is_none() && append.is_none() && authentication.is_none() && engine.is_none() {
        return Err(Failure::combination("No modifications were requested"));
    }
    let engine_changes = engine.as_ref().is_some_and(|engine| *engine != user.engine);
    if let Some(engine) = engine {
        user.engine = engine;
    }
    // Rules that the one engine has the other may not know.
    let kept = engine_changes.then(|| user.access.clone());
    if let Some(text) = replace.map(str::to_owned).or(append.map(|more| format!("{} {more}", user.access))).or(kept) {
        user.access = access::canonical(&text, &user.engine)?;
    }
    if let Some(authentication) = authentication {
        check_iam(&authentication, &user.id, &user.name)?;
        if authentication == Authentication::None {
            user_groups::must_take_without_password(context, &user.id)?;
        }
        user.authentication = authentication;
    }
    user.status = "modifying".into();
    let due = context.now + context.speed.scale(SECONDS);
    user_groups::of_user(context, &user.id).iter().for_each(|group| user_groups::stir(context, group, due));
    Ok(begin(context, user, Step::Ready))
}

pub fn delete(context: &mut Context, input: Input) -> Answer {
    let mut user = at_rest(context, input, "deleted")?;
    let groups = user_groups::of_user(context, &user.id);
    if user.name == DEFAULT && groups.iter().any(|group| user_groups::needs_default(context, group)) {
        return Err(Failure::new(
            "DefaultUserAssociatedToUserGroup",
            format!("User {} is the default user of a user group and cannot be deleted.", user.id),
        ));
    }
    user.status = "deleting".into();
    let due = context.now + context.speed.scale(SECONDS);
    groups.iter().for_each(|group| user_groups::stir(context, group, due));
    Ok(begin(context, user, Step::Gone))
}
