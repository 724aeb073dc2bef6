//! Users of caches: what they may do, and how they prove who they are.

use std::sync::{Arc, LazyLock};

use crate::catalog::acl::Access;
use crate::kind::{Call, Change, Impact, Kind, Login, Mark, Problem, SecretPhase, Target};
use crate::kinds::{names, tags, why};
use crate::schema::{Attr, Rule, Schema, lower, object_type};
use crate::value::{Data, Object, Type, Value, text};

/// The kind `user`.
pub struct User;

pub(super) const KIND: &str = "user";

// Expected durations in seconds. Source: a create and a change take 130 together in published acceptance tests.
const CHANGE: u32 = 65;

/// What a role stands for.
const ROLES: [(&str, &str); 3] = [
    ("admin", "on ~* &* +@all"),
    (
        "app",
        "on ~* &* +@read +@write +@connection +@transaction +@pubsub +@scripting -@dangerous +info +cluster|slots \
         +cluster|shards +cluster|nodes +cluster|info",
    ),
    (
        "readonly",
        "on ~* &* +@read +@connection -@dangerous +info +cluster|slots +cluster|shards +cluster|nodes +cluster|info",
    ),
];

fn authentication() -> Vec<Attr> {
    vec![
        Attr::required("type", Type::String)
            .one_of(&["password", "no-password-required", "iam"])
            .doc("password, no-password-required or iam."),
        Attr::optional("passwords", Type::set(Type::String)).secret().doc("One or two, of 16 to 128 characters."),
        Attr::computed("password_count", Type::Number).doc("How many passwords there are."),
    ]
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("user_id", Type::String)
            .replace()
            .rule(Rule::Length(1, 40))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The id; AWS stores it in lower case."),
        Attr::required("user_name", Type::String)
            .replace()
            .rule(Rule::Length(1, 120))
            .doc("What clients log in as; that of a user of IAM is its id."),
        Attr::required("engine", Type::String).one_of(&["redis", "valkey"]).normalize(lower).doc("redis or valkey."),
        Attr::optional("access_string", Type::String)
            .fits(is_same_access)
            .doc("What it may do, as rules of the engine: on ~app:* +@read."),
        Attr::optional("role", Type::String)
            .ours_alone()
            .one_of(&["admin", "app", "readonly"])
            .local()
            .sent_as("access_string")
            .doc("A usual access_string by name: everything, what an application needs, or reading."),
        Attr::single_block("authentication_mode", authentication())
            .or_computed()
            .fits(is_same_mode)
            .doc("How it proves who it is."),
        Attr::optional("passwords", Type::set(Type::String))
            .secret()
            .versioned("passwords_wo_version")
            .doc("One or two passwords, of 16 to 128 characters; two while one takes the place of the other."),
        Attr::optional("passwords_wo", Type::String)
            .ours_alone()
            .secret()
            .doc("One password that is only looked at when passwords_wo_version changes."),
        Attr::optional("passwords_wo_version", Type::Number)
            .ours_alone()
            .local()
            .sent_as("passwords_wo")
            .doc("Grows with passwords_wo."),
        Attr::optional("no_password_required", Type::Bool)
            .default(false)
            .local()
            .sent_as("authentication_mode")
            .doc("Whether anybody may log in as it."),
        Attr::computed("id", Type::String).doc("The id."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new(KIND, "aws_elasticache_user", "A user of caches.", attrs)
});

/// Two access strings that AWS writes alike.
fn is_same_access(now: &Value, wanted: &Value) -> bool {
    let canonical = |value: &Value| Some(Access::parse(value.as_str()?).ok()?.canonical());
    canonical(now).is_some_and(|now| Some(now) == canonical(wanted))
}

/// How many passwords there are follows from others.
fn is_same_mode(now: &Value, wanted: &Value) -> bool {
    let word = |value: &Value| value.as_items()?.first()?.get("type")?.as_str().map(str::to_owned);
    word(now).is_some_and(|now| Some(now) == word(wanted))
}

/// The one block of `authentication_mode`.
fn mode(object: &Object) -> Option<&Value> {
    object.get("authentication_mode")?.as_items()?.first()
}

/// How a user proves who it is: `password`, `no-password-required` or `iam`.
pub(super) fn mode_of(object: &Object) -> Option<&str> {
    mode(object)?.get("type")?.as_str()
}

fn is_given(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

/// A block of `authentication_mode`.
fn block(word: Value, passwords: Value, count: Value) -> Value {
    let fields = [("type", word), ("passwords", passwords), ("password_count", count)];
    let ty = object_type(&authentication());
    Value::list(ty, vec![Value::object(fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())])
}

/// How many passwords there will be, as AWS counts them.
fn count(word: &Value, passwords: Option<&Value>) -> Value {
    match passwords.filter(|value| !value.is_null() && word.as_str() == Some("password")) {
        Some(given) if given.is_unknown() => Value::unknown(Type::Number, None),
        Some(given) => Value::int(given.as_items().unwrap_or_default().len() as i64),
        None => Value::null_of(Type::Number),
    }
}

fn no_passwords() -> Value {
    Value::null_of(Type::set(Type::String))
}

impl Kind for User {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn login(&self, desired: &Object) -> Option<Login> {
        Login::of(text(desired, "user_name"), desired.get("passwords")?.as_items()?.first()?)
    }

    /// Passwords stand in `passwords`, how to log in in `authentication_mode`, and a role is its access string.
    fn unite(&self, desired: &mut Object) {
        if let Some((_, rules)) = ROLES.iter().find(|(role, _)| Some(*role) == text(desired, "role"))
            && !is_given(desired, "access_string")
        {
            desired.insert("access_string".into(), Value::string(*rules));
        }
        unite_passwords(desired);
        let word = match desired.get("no_password_required").and_then(Value::as_bool) {
            _ if is_given(desired, "authentication_mode") => mode(desired).and_then(|mode| mode.get("type")).cloned(),
            _ if is_given(desired, "passwords") => Some(Value::string("password")),
            Some(true) => Some(Value::string("no-password-required")),
            _ => None,
        };
        let inside = mode(desired).and_then(|mode| mode.get("passwords")).is_some_and(|value| !value.is_null());
        // Passwords that stand in two places are refused as they are.
        if let Some(word) = word.filter(|_| !inside) {
            let count = count(&word, desired.get("passwords"));
            desired.insert("authentication_mode".into(), block(word, no_passwords(), count));
        }
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let mut problems = access(desired);
        problems.extend(log_in(desired));
        problems.extend(passwords(desired));
        problems.extend(of_iam(desired));
        problems
    }

    fn identify(&self, object: &Object) -> Option<String> {
        text(object, "user_id").map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, live: Option<&Object>, target: &Target) {
        if let Some(id) = text(planned, "user_id").map(str::to_owned) {
            planned.insert("id".into(), Value::string(&id));
            if let Some(arn) = target.arn("elasticache", &format!("user:{id}")) {
                planned.insert("arn".into(), Value::string(arn));
            }
        }
        // What is there stays, but for the count, where only passwords change.
        let word = mode(planned).and_then(|mode| mode.get("type")).filter(|_| live.is_some()).cloned();
        if let Some(word) = word
            && is_given(planned, "passwords")
        {
            let count = count(&word, planned.get("passwords"));
            planned.insert("authentication_mode".into(), block(word, no_passwords(), count));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let id = change.id.map_or_else(|| change.new("user_id"), Value::string);
        if change.after.is_none() {
            return Ok(vec![why::logs_out(Call::new("DeleteUser", [("UserId", id)])).vanishes(CHANGE)]);
        }
        if change.before.is_none() {
            let args = [
                ("UserId", id),
                ("UserName", change.new("user_name")),
                ("Engine", change.new("engine")),
                ("AccessString", change.new("access_string")),
                ("AuthenticationMode", authentication_mode(change)),
                ("Tags", tags::at_create(change)),
            ];
            return Ok(vec![Call::new("CreateUser", args).marked("Tags").settles(CHANGE)]);
        }
        let mut calls = Vec::new();
        calls.extend(modify(change, id));
        calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
        Ok(calls)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("user_id")
    }

    /// It reads the word of the API, `no-password`, which it does not take. Source: provider aws 5.100.
    fn misread(&self, object: &Object) -> &'static [&'static str] {
        let open = mode_of(object) == Some("no-password-required");
        if open { &["authentication_mode", "no_password_required"] } else { &[] }
    }

    fn secrets_of(&self, object: &Object) -> &'static [&'static str] {
        let count = mode(object).and_then(|mode| mode.get("password_count")).and_then(Value::as_i64);
        match (mode_of(object), count) {
            (Some("password"), Some(2)) => &["passwords", "passwords"],
            (Some("password"), _) => &["passwords"],
            _ => &[],
        }
    }
}

/// Brings the other places of passwords into `passwords`; what is given twice stays, and is refused.
fn unite_passwords(desired: &mut Object) {
    if is_given(desired, "passwords") {
        return;
    }
    if let Some(one) = desired.get("passwords_wo").filter(|value| !value.is_null()).cloned() {
        desired.insert("passwords".into(), Value::set(Type::String, vec![one]).into_sensitive());
        desired.remove("passwords_wo");
        if !is_given(desired, "passwords_wo_version") {
            desired.insert("passwords_wo_version".into(), Value::int(0));
        }
        return;
    }
    let Some(mode) = mode(desired) else { return };
    let (word, given) = (mode.get("type").cloned(), mode.get("passwords").cloned());
    let (Some(word), Some(given)) = (word, given.filter(|value| !value.is_null())) else { return };
    desired.insert("passwords".into(), given);
    desired.insert("authentication_mode".into(), block(word, no_passwords(), Value::null()));
}

fn authentication_mode(change: &Change) -> Value {
    let planned = change.after.cloned().unwrap_or_default();
    let Some(word) = mode(&planned).and_then(|mode| mode.get("type")).cloned() else { return Value::null() };
    let passwords = if word.as_str() == Some("password") { change.new("passwords") } else { Value::null() };
    let members = [("Type", word), ("Passwords", passwords)].into_iter().filter(|(_, value)| !value.is_null());
    Value::object(members.map(|(name, value)| (Arc::from(name), value)).collect())
}

fn modify(change: &Change, id: Value) -> Option<Call> {
    let log_in = change.has("authentication_mode") || change.has("passwords");
    let causes = ["access_string", "engine", "authentication_mode", "passwords"];
    let causes: Vec<&'static str> = causes.into_iter().filter(|name| change.has(name)).collect();
    if causes.is_empty() {
        return None;
    }
    let args = [
        ("UserId", id),
        ("AccessString", change.if_changed("access_string")),
        ("Engine", change.if_changed("engine")),
        ("AuthenticationMode", if log_in { authentication_mode(change) } else { Value::null() }),
    ];
    let call = Call::new("ModifyUser", args).because(causes).settles(CHANGE);
    let call = match (keeps_out(change), opens(change)) {
        (None, false) => call,
        (None, true) => call.marks([Mark::Open]).why(ANYBODY),
        (Some(why), opens) => {
            let marks = [Mark::Lockout].into_iter().chain(opens.then_some(Mark::Open));
            call.impact(Impact::Blip).marks(marks).why(why)
        }
    };
    let sets = change.has("passwords") && !change.new("passwords").is_null();
    Some(if sets { call.carries("passwords", SecretPhase::Set) } else { call })
}

/// A user without a password takes any. Source: Redis, "ACL", `nopass`.
const ANYBODY: &str = "Whoever reaches the cache over the network gets in as this user, with any password or none.";

/// Whether anybody gets in as the user from then on.
fn opens(change: &Change) -> bool {
    let is_bare = |object: Option<&Object>| object.and_then(mode_of) == Some("no-password-required");
    change.has("authentication_mode") && is_bare(change.after) && !is_bare(change.before)
}

/// Why clients that do not change are kept out, or kept from what they did, if that is so.
fn keeps_out(change: &Change) -> Option<&'static str> {
    let rules = |value: Value| Access::parse(value.as_str()?).ok();
    if change.has("access_string") && change.old("access_string").as_str().is_some() {
        let (old, new) = (rules(change.old("access_string")), rules(change.new("access_string")));
        match old.zip(new) {
            Some((old, new)) if new.only_adds_to(&old) => {}
            Some((_, new)) if !new.on => return Some("The user is turned off: nobody logs in as it any more."),
            _ => return Some("Commands and keys that the rules do not allow any more fail from then on."),
        }
    }
    let count = |object: Option<&Object>| object?.get("password_count")?.as_i64();
    if opens(change) {
        return None;
    }
    if change.has("authentication_mode") {
        return Some("Clients that log in another way do not get in any more.");
    }
    let added = count(change.before).zip(count(change.after)).is_some_and(|(old, new)| new > old);
    (change.has("passwords") && !added)
        .then_some("Clients that come with a password that is not the user's any more do not get in.")
}

fn access(desired: &Object) -> Vec<Problem> {
    let written = |name: &str| desired.get(name).filter(|value| !value.is_null());
    let Some(value) = written("access_string") else {
        // Which role is meant is not known.
        if written("role").is_some() {
            return Vec::new();
        }
        return vec![Problem::error(
            "CS0720",
            "access_string",
            "A user without an access string",
            "What a user may do is said by `access_string`, or by `role`; here is neither.",
            "Set access_string = \"on ~app:* +@read\", or role = \"app\".",
        )];
    };
    let Some(rules) = value.as_str() else { return Vec::new() };
    let role = text(desired, "role").and_then(|role| ROLES.iter().find(|(name, _)| *name == role));
    if role.is_some_and(|(_, of_role)| *of_role != rules) {
        return vec![Problem::error(
            "CS0725",
            "role",
            "Both role and access_string",
            "`role` stands for an access string, and `access_string` says another one.",
            "Keep one of the two.",
        )];
    }
    match Access::parse(rules) {
        Err(wrong) => vec![Problem::error(
            "CS0721",
            "access_string",
            "Invalid access string",
            format!("`{}`: {}", wrong.word, wrong.why),
            wrong.help,
        )],
        Ok(access) => useless(&access, rules, text(desired, "engine")),
    }
}

/// What is taken, and surely not meant.
fn useless(access: &Access, rules: &str, engine: Option<&str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut warn = |detail: String, help: &str| {
        let problem = Problem::error("CS0722", "access_string", "The user can do less than it seems", detail, help);
        problems.push(problem.warning());
    };
    if !access.on && !rules.split_whitespace().any(|word| word.eq_ignore_ascii_case("off")) {
        warn("Without `on` the user is off: nobody can log in as it.".into(), "Begin with `on`; or with `off`.");
    }
    if access.allows_nothing() && access.on {
        warn("It allows no command.".into(), "Add what it may do, such as +@read.");
    }
    if let Some(name) = access.unavailable().first() {
        let detail = format!("`+{name}` allows a command that ElastiCache keeps to itself.");
        warn(detail, "Take it out.");
    }
    if access.names_databases() && engine == Some("redis") {
        let detail = "Rules about databases (db=) are Valkey's, from 9.1 on.";
        problems.push(Problem::error("CS0721", "access_string", "Invalid access string", detail, "Take them out."));
    }
    problems
}

/// One way to log in, and only one.
fn log_in(desired: &Object) -> Option<Problem> {
    let unclear = |detail: String, help: &str| {
        Some(Problem::error("CS0723", "authentication_mode", "How to log in is not clear", detail, help))
    };
    if let Some(what) = said_twice(desired) {
        return unclear(format!("It has {what}."), "Say one way to log in.");
    }
    if mode_of(desired) == Some("password") && !is_given(desired, "passwords") {
        let problem =
            unclear("`authentication_mode` of type password has no passwords.".into(), "Set `passwords` in it.");
        return problem.map(Problem::of_creation);
    }
    let open =
        desired.get("no_password_required").is_some_and(|value| value.as_bool() == Some(true) || value.is_unknown());
    if is_given(desired, "authentication_mode") || open {
        return None;
    }
    let help = "Set `passwords`, authentication_mode { type = \"iam\" }, or no_password_required = true.";
    unclear("Nothing says how to log in as it.".into(), help)
}

fn said_twice(desired: &Object) -> Option<&'static str> {
    let without = desired.get("no_password_required").and_then(Value::as_bool) == Some(true);
    let inside = mode(desired).and_then(|mode| mode.get("passwords")).is_some_and(|value| !value.is_null());
    let (word, given) = (mode_of(desired), is_given(desired, "passwords"));
    let twice = [
        (is_given(desired, "passwords_wo"), "`passwords_wo` and another list of passwords"),
        (inside, "passwords in two places"),
        (without && given, "`no_password_required` and passwords"),
        (without && word.is_some_and(|word| word != "no-password-required"), "`no_password_required` and another mode"),
        (given && word.is_some_and(|word| word != "password"), "passwords and a mode without any"),
    ];
    twice.into_iter().find(|(is, _)| *is).map(|(_, what)| what)
}

/// One or two, of what AWS takes. Source: the user guide of ElastiCache. No part of one is shown.
fn passwords(desired: &Object) -> Option<Problem> {
    let all = desired.get("passwords")?.as_items()?;
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b",\"/@".contains(&byte);
    let wrong = |value: &Value| match &value.data {
        Data::Secret(secret) => {
            let text = secret.text.as_deref()?;
            let length = text.chars().count();
            if !(16..=128).contains(&length) {
                return Some(format!("A password has 16 to 128 characters; one here has {length}."));
            }
            let help = "A password holds printable ASCII characters, none of them blank , \" / or @.";
            (!text.bytes().all(allowed)).then(|| help.to_owned())
        }
        _ => None,
    };
    let many =
        (all.is_empty() || all.len() > 2).then(|| format!("A user has one or two passwords, not {}.", all.len()));
    let detail = many.or_else(|| all.iter().find_map(wrong))?;
    Some(Problem::error("CS0724", "passwords", "Invalid password", detail, "Choose another one."))
}

/// AWS finds a user of IAM by its name.
fn of_iam(desired: &Object) -> Option<Problem> {
    let (id, name) = (text(desired, "user_id")?, text(desired, "user_name")?);
    if mode_of(desired) != Some("iam") || id == name {
        return None;
    }
    let detail = format!("The id of a user of IAM and its name are the same; here they are \"{id}\" and \"{name}\".");
    let help = format!("Set user_name = \"{id}\".");
    Some(Problem::error("CS0726", "user_name", "A user of IAM has one name", detail, help))
}
