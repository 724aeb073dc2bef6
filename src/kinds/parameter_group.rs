//! Parameter groups: settings of an engine, shared by the groups that name them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::address::Address;
use crate::catalog::parameters;
use crate::diag::did_you_mean;
use crate::kind::{Among, Call, Change, Kind, Neighbour, Problem, Target};
use crate::kinds::{names, tags};
use crate::schema::rules::{list, meant};
use crate::schema::{Attr, Rule, Schema, lower, object_type};
use crate::value::{Object, Type, Value};

/// The kind `parameter_group`.
pub struct ParameterGroup;

/// The most parameters that one modify or reset call takes. Source: the service model.
const PARAMETERS_PER_CALL: usize = 20;

fn parameter_attrs() -> Vec<Attr> {
    vec![
        Attr::required("name", Type::String).normalize(lower).doc("The name of the parameter."),
        Attr::required("value", Type::String).doc("Its value."),
    ]
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("name", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(names::PARAMETER_GROUP)
            .normalize(lower)
            .doc("The name; AWS stores it in lower case."),
        Attr::required("family", Type::String)
            .replace()
            .doc("The family: engine and version, such as redis7 or valkey8."),
        Attr::optional("description", Type::String)
            .told_at_deletion()
            .replace()
            .at_create("Managed by cachestack")
            .rule(Rule::Length(0, 255))
            .rule(names::DESCRIPTION)
            .doc("What it is for."),
        Attr::blocks("parameter", parameter_attrs())
            .known_by("name")
            .doc("A setting that differs from the family's default."),
        Attr::optional("parameters", Type::map(Type::String))
            .ours_alone()
            .local()
            .told_by("parameter")
            .doc("The same as parameter blocks, as a map of names and values."),
        Attr::computed("id", Type::String).doc("The name."),
        Attr::computed("arn", Type::String).doc("The ARN."),
        tags::region(),
    ];
    attrs.extend(tags::attrs());
    Schema::new(
        "parameter_group",
        "aws_elasticache_parameter_group",
        "Settings of an engine, shared by the groups that name them.",
        attrs,
    )
});

/// The parameters of an object by name.
fn settings(object: &Object) -> BTreeMap<String, Value> {
    let blocks = object.get("parameter").and_then(Value::as_items).unwrap_or_default();
    blocks
        .iter()
        .filter_map(|block| Some((block.get("name")?.as_str()?.to_owned(), block.get("value")?.clone())))
        .collect()
}

/// Of a few old families no list is known; they are judged by the next one, and only warned of.
fn like_its_next(family: &str, name: &str, value: &Value) -> Option<Problem> {
    let next = parameters::families().iter().skip_while(|known| *known != family);
    let (next, known) = next.skip(1).find_map(|next| Some((next, parameters::of_family(next)?)))?;
    let problem = check_parameter(next, known, name, value).filter(|_| next != "redis2.8")?;
    Some(Problem { detail: format!("{} The list of {family} is not known.", problem.detail), ..problem.warning() })
}

/// Parameters that no group can change while a cache uses it, among those that differ.
fn fixed_in_use(before: &Object, after: &Object) -> Option<String> {
    let family = after.get("family").and_then(Value::as_str)?;
    let known = parameters::of_family(family)?;
    let (old, new) = (settings(before), settings(after));
    let mut names = old.keys().chain(new.keys()).filter(|name| known.get(*name).is_some_and(|it| it.is_fixed_in_use()));
    let value = |of: &BTreeMap<String, Value>, name: &str| {
        let default = known.get(name).and_then(|parameter| parameter.default.as_deref().map(Value::string));
        of.get(name).cloned().or(default)
    };
    names.find(|name| value(&old, name) != value(&new, name)).cloned()
}

/// Some parameters of a parameter group cannot change while a group uses it.
fn fixed<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let changed = |(_, group): &(&Address, Neighbour)| {
        group.updated.is_some_and(|before| fixed_in_use(before, group.planned).is_some())
    };
    let mut changes = among.of("parameter_group").filter(changed).peekable();
    if changes.peek().is_none() {
        return Vec::new();
    }
    let mut users: BTreeMap<&str, &Address> = BTreeMap::new();
    for (address, object) in &among.recorded {
        let name = object.get("parameter_group_name").and_then(Value::as_str);
        if let Some(name) = name {
            users.entry(name).or_insert(address);
        }
    }
    let problem = |(address, group): (&'a Address, Neighbour<'a>)| {
        let user = users.get(group.planned.get("name")?.as_str()?)?;
        let name = fixed_in_use(group.updated?, group.planned)?;
        let problem = Problem::error(
            "CS0610",
            "parameter",
            "The parameter is fixed while it is in use",
            format!("{name} of `{address}` cannot change while `{user}` uses it."),
            "Make another parameter group for another cache; it is chosen when the cache is made.",
        );
        Some((address, problem))
    };
    changes.filter_map(problem).collect()
}

impl Kind for ParameterGroup {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// Joins `parameters` into the `parameter` blocks.
    fn unite(&self, desired: &mut Object) {
        if let Some(unknown) = desired.get("parameters").filter(|map| map.is_unknown()).cloned() {
            desired.insert("parameter".into(), unknown);
            return;
        }
        let Some(map) = desired.get("parameters").and_then(Value::as_object).cloned() else { return };
        let mut blocks = desired.get("parameter").and_then(Value::as_items).unwrap_or_default().to_vec();
        // Null is the same as unset.
        for (name, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
            let name = ("name".into(), lower(Value::string(&name)));
            blocks.push(Value::object(Object::from([name, ("value".into(), value)])));
        }
        let sensitive = ["parameter", "parameters"].iter().any(|name| desired.get(name).is_some_and(|it| it.sensitive));
        let all = Value::set(object_type(&parameter_attrs()), blocks).with_mark(sensitive);
        desired.insert("parameter".into(), all);
    }

    fn check(&self, desired: &Object) -> Vec<Problem> {
        let mut problems = check_name(desired);
        problems.extend(check_doubles(desired));
        let Some(family) = desired.get("family").and_then(Value::as_str) else { return problems };
        if !parameters::families().iter().any(|known| known == family) {
            problems.push(unknown_family(family));
            return problems;
        }
        let Some(known) = parameters::of_family(family) else {
            problems.extend(settings(desired).iter().filter_map(|(name, value)| like_its_next(family, name, value)));
            return problems;
        };
        for (name, value) in settings(desired) {
            problems.extend(check_parameter(family, known, &name, &value));
        }
        problems
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("name").and_then(Value::as_str).map(str::to_owned)
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let Some(name) = self.identify(planned) else { return };
        planned.insert("id".into(), Value::string(&name));
        if let Some(arn) = target.arn("elasticache", &format!("parametergroup:{name}")) {
            planned.insert("arn".into(), Value::string(arn));
        }
    }

    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        let name = change.id.map_or_else(|| change.new("name"), Value::string);
        if change.after.is_none() {
            return Ok(vec![Call::new("DeleteCacheParameterGroup", [("CacheParameterGroupName", name)]).vanishes(1)]);
        }
        let mut calls = Vec::new();
        if change.before.is_none() {
            let args = [
                ("CacheParameterGroupName", name.clone()),
                ("CacheParameterGroupFamily", change.new("family")),
                ("Description", change.new("description")),
                ("Tags", tags::at_create(change)),
            ];
            calls.push(Call::new("CreateCacheParameterGroup", args).marked("Tags").settles(1));
        }
        calls.extend(parameter_calls(change, &name)?);
        calls.extend(tags::calls(change, &tags::ELASTICACHE, change.old("arn"))?);
        Ok(calls)
    }

    fn check_among<'a>(&self, among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
        fixed(among)
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("name")
    }
}

/// Modify calls for what differs, then reset calls for what is gone, twenty parameters each.
fn parameter_calls(change: &Change, group: &Value) -> Result<Vec<Call>, Problem> {
    change.must_list("parameter", &["name"])?;
    let empty = Object::new();
    let old = settings(change.before.unwrap_or(&empty));
    let new = settings(change.after.unwrap_or(&empty));
    let differs = |name: &String, value: &Value| old.get(name).is_none_or(|old| old.data != value.data);
    let set: Vec<(&String, Value)> =
        new.iter().filter(|(name, value)| differs(name, value)).map(|(n, v)| (n, v.clone())).collect();
    let reset: Vec<(&String, Value)> =
        old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name, Value::null())).collect();
    let family = change.new("family");
    // Nobody uses a group that is being made.
    let used = change.before.is_some();
    let calls = [("ModifyCacheParameterGroup", set), ("ResetCacheParameterGroup", reset)];
    let calls = calls
        .into_iter()
        .flat_map(|(operation, parameters)| {
            let chunks: Vec<Call> = parameters
                .chunks(PARAMETERS_PER_CALL)
                .map(|chunk| parameter_call(operation, group, family.as_str(), chunk, used))
                .collect();
            chunks
        })
        .collect();
    Ok(calls)
}

fn parameter_call(
    operation: &'static str,
    group: &Value,
    family: Option<&str>,
    chunk: &[(&String, Value)],
    used: bool,
) -> Call {
    let known = family.and_then(parameters::of_family);
    let reboots = chunk.iter().any(|(name, _)| known.and_then(|k| k.get(*name)).is_some_and(|p| p.needs_reboot()));
    let pairs = chunk.iter().map(|(name, value)| {
        let name = ("ParameterName".into(), Value::string(name));
        let value = ("ParameterValue".into(), value.clone());
        Value::object([name, value].into_iter().filter(|(_, value)| !value.is_null()).collect())
    });
    let args = [("CacheParameterGroupName", group.clone()), ("ParameterNameValues", Value::tuple(pairs.collect()))];
    let call = Call::new(operation, args).because(["parameter"]).settles(1);
    let why =
        "In effect only after a restart: every plan tells which nodes wait for one, and `cachestack reboot` makes it.";
    let call = if reboots && used { call.why(why) } else { call };
    let values = chunk.iter().map(|(_, value)| value).filter(|value| value.is_unknown());
    // A parameter without a value is one that is reset.
    values.fold(call, |call, value| call.assuming_set("parameter", value))
}

fn check_name(desired: &Object) -> Vec<Problem> {
    let reserved = desired.get("name").and_then(Value::as_str).is_some_and(|name| name.starts_with("default."));
    if !reserved {
        return Vec::new();
    }
    vec![Problem::error(
        "CS0511",
        "name",
        "The name is reserved",
        "Names that begin with \"default.\" are those of the groups that AWS makes itself.",
        "Choose another name.",
    )]
}

/// Two values for one name: which of them holds would be left to chance.
fn check_doubles(desired: &Object) -> Vec<Problem> {
    let blocks = desired.get("parameter").and_then(Value::as_items).unwrap_or_default();
    let mut seen: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, value) in blocks.iter().filter_map(|block| Some((block.get("name")?.as_str()?, block.get("value")?))) {
        if seen.insert(name, value).is_some_and(|first| first != value) {
            let detail = format!("The parameter \"{name}\" is given two values.");
            let problem =
                Problem::error("CS0516", "parameter", "Two values for one parameter", detail, "Keep one of them.");
            problems.push(problem.on(name));
        }
    }
    problems
}

fn unknown_family(family: &str) -> Problem {
    let known: Vec<&str> = parameters::families().iter().map(String::as_str).collect();
    let help = match crate::kinds::replication_group::near_family(family, &known) {
        Some(near) => format!("Did you mean \"{near}\"? The families are {}.", list(&known)),
        None => format!("The families are {}.", list(&known)),
    };
    Problem::error(
        "CS0512",
        "family",
        "Unknown parameter group family",
        format!("ElastiCache has no parameter group family \"{family}\"."),
        help,
    )
}

fn check_parameter(
    family: &str,
    known: &BTreeMap<String, parameters::Parameter>,
    name: &str,
    value: &Value,
) -> Option<Problem> {
    let Some(parameter) = known.get(name) else {
        let near = did_you_mean(name, known.keys().map(String::as_str));
        let problem = Problem::error(
            "CS0513",
            "parameter",
            "Unknown parameter",
            format!("The family {family} has no parameter \"{name}\"."),
            format!(
                "{} If AWS has added it since, write `# cachestack:ignore CS0513 REASON` at the line, and it is sent.",
                near.map_or("Leave it out, or choose another family.".to_owned(), |near| format!(
                    "Did you mean \"{near}\"?"
                ))
            ),
        )
        .on(name);
        // The table of redis2.8 is not whole.
        return Some(if family == "redis2.8" { problem.warning() } else { problem });
    };
    if !parameter.is_modifiable() {
        let problem = Problem::error(
            "CS0514",
            "parameter",
            "The parameter cannot be changed",
            format!("\"{name}\" of {family} is fixed by ElastiCache."),
            "Leave it out.",
        );
        return Some(problem.on(name));
    }
    let text = value.as_str()?;
    let events = name == "notify-keyspace-events";
    if parameter.allows(text) && (!events || is_event_classes(text)) {
        return None;
    }
    let allowed = match events {
        true => "the letters of KEg$lshzxetdmnA".to_owned(),
        false => parameter.allowed(),
    };
    let help = match meant(text, &parameter.words()).filter(|_| !events) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "Write an allowed value.".to_owned(),
    };
    let problem = Problem::error(
        "CS0515",
        "parameter",
        "The value of the parameter is not allowed",
        format!("\"{name}\" of {family} is \"{text}\"; allowed: {allowed}."),
        help,
    );
    Some(problem.on(name))
}

/// Source: the documentation of Redis on keyspace notifications.
fn is_event_classes(text: &str) -> bool {
    text.chars().all(|class| "KEg$lshzxetdmnA".contains(class))
}
