//! A policy document: read, merged and written.

use serde_json::{Map, Value as Json};

use crate::value::json;

/// A document.
#[derive(Debug, Default)]
pub struct Document {
    pub version: String,
    pub id: String,
    pub statements: Vec<Statement>,
}

/// A statement. Of two the second is the one with `Not` before its name.
#[derive(Debug, Default)]
pub struct Statement {
    pub sid: String,
    pub effect: String,
    /// As they are written; a document that was read may have anything there.
    pub actions: [Option<Json>; 2],
    /// Likewise.
    pub resources: [Option<Json>; 2],
    pub principals: [Vec<Principal>; 2],
    /// Operator, key and values.
    pub conditions: Vec<(String, String, Vec<String>)>,
}

/// Who.
#[derive(Debug)]
pub struct Principal {
    pub kind: String,
    pub identifiers: Words,
}

/// A word, or a list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    One(String),
    Many(Vec<String>),
}

impl Words {
    /// Words of a set: one alone, or a list from the last to the first.
    pub fn sorted(mut words: Vec<String>) -> Self {
        words.sort_by(|one, other| other.cmp(one));
        if words.len() == 1 { Self::One(words.remove(0)) } else { Self::Many(words) }
    }

    /// A list from the last to the first, even of one.
    fn sorted_list(mut words: Vec<String>) -> Self {
        words.sort_by(|one, other| other.cmp(one));
        Self::Many(words)
    }

    /// With `&{...}`, which HCL lets stand, as the `${...}` of policies.
    pub fn filled(self, version: &str) -> Result<Self, String> {
        let fill = |word: String| match word.contains("&{") {
            true if version == super::OLD => {
                Err(format!("A policy of version {version} knows no variables, and \"{word}\" has one."))
            }
            _ => Ok(word.replace("&{", "${")),
        };
        Ok(match self {
            Self::One(word) => Self::One(fill(word)?),
            Self::Many(words) => Self::Many(words.into_iter().map(fill).collect::<Result<_, _>>()?),
        })
    }

    /// The words.
    pub fn into_list(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::Many(words) => words,
        }
    }

    /// As they are written.
    pub fn into_json(self) -> Json {
        match self {
            Self::One(word) => word.into(),
            Self::Many(words) => words.into(),
        }
    }
}

impl Document {
    /// Reads a document. Names may be in any case, and what is none of a policy is left out.
    ///
    /// # Errors
    /// What makes it no policy.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut document = Self::default();
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, value) in members(&json, "a policy")? {
            match name.to_ascii_lowercase().as_str() {
                "version" => document.version = word(value, "Version")?,
                "id" => document.id = word(value, "Id")?,
                "statement" => {
                    let items = match value {
                        Json::Array(items) => items.as_slice(),
                        Json::Null => &[],
                        _ => return Err("`Statement` must be a list".to_owned()),
                    };
                    document.statements = items.iter().map(Statement::read).collect::<Result<_, _>>()?;
                }
                _ => {}
            }
        }
        Ok(document)
    }

    /// Adds the sids of its statements to those of others.
    ///
    /// # Errors
    /// A sid that is there already.
    pub fn note_sids(&self, sids: &mut Vec<String>) -> Result<(), String> {
        for sid in self.statements.iter().map(|statement| &statement.sid).filter(|sid| !sid.is_empty()) {
            if sids.contains(sid) {
                return Err(format!("Two statements have the sid \"{sid}\"."));
            }
            sids.push(sid.clone());
        }
        Ok(())
    }

    /// Takes over another document: its id, the later version, and its statements, in the place of those with their sids.
    pub fn merge(&mut self, other: Self) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        self.version = std::mem::take(&mut self.version).max(other.version);
        for statement in other.statements {
            let same = |old: &&mut Statement| !statement.sid.is_empty() && old.sid == statement.sid;
            match self.statements.iter_mut().find(same) {
                Some(old) => *old = statement,
                None => self.statements.push(statement),
            }
        }
    }

    /// The text, over many lines or in one.
    pub fn write(&self, lines: bool) -> String {
        let mut json = Map::new();
        put_text(&mut json, "Version", &self.version);
        put_text(&mut json, "Id", &self.id);
        if !self.statements.is_empty() {
            json.insert("Statement".to_owned(), self.statements.iter().map(Statement::to_json).collect());
        }
        let mut text = String::new();
        write(&Json::Object(json), lines.then_some(0), &mut text);
        text
    }
}

impl Statement {
    fn read(json: &Json) -> Result<Self, String> {
        let mut statement = Self::default();
        for (name, value) in members(json, "a statement")? {
            let any = Some(sorted(value.clone())).filter(|value| !value.is_null());
            match name.to_ascii_lowercase().as_str() {
                "sid" => statement.sid = word(value, "Sid")?,
                "effect" => statement.effect = word(value, "Effect")?,
                "action" => statement.actions[0] = any,
                "notaction" => statement.actions[1] = any,
                "resource" => statement.resources[0] = any,
                "notresource" => statement.resources[1] = any,
                "principal" => statement.principals[0] = principals(value)?,
                "notprincipal" => statement.principals[1] = principals(value)?,
                "condition" => statement.conditions = conditions(value)?,
                _ => {}
            }
        }
        Ok(statement)
    }

    fn to_json(&self) -> Json {
        let mut json = Map::new();
        put_text(&mut json, "Sid", &self.sid);
        put_text(&mut json, "Effect", &self.effect);
        let pairs = [(["Action", "NotAction"], &self.actions), (["Resource", "NotResource"], &self.resources)];
        for (names, values) in pairs {
            for (name, value) in names.into_iter().zip(values) {
                json.extend(value.clone().map(|value| (name.to_owned(), value)));
            }
        }
        for (name, principals) in ["Principal", "NotPrincipal"].into_iter().zip(&self.principals) {
            if !principals.is_empty() {
                json.insert(name.to_owned(), principals_to_json(principals));
            }
        }
        if !self.conditions.is_empty() {
            json.insert("Condition".to_owned(), conditions_to_json(&self.conditions));
        }
        Json::Object(json)
    }
}

/// `"*"` for everyone; else the words of each kind, those of several blocks one after the other.
fn principals_to_json(principals: &[Principal]) -> Json {
    let everyone = |one: &Principal| one.kind == "*" && one.identifiers.clone().into_list() == ["*"];
    if let [one] = principals
        && everyone(one)
    {
        return "*".into();
    }
    let mut json: Map<String, Json> = Map::new();
    for principal in principals {
        let words = match &principal.identifiers {
            Words::Many(words) => Words::sorted_list(words.clone()),
            one => one.clone(),
        };
        let whole = match json.remove(&principal.kind) {
            None => words.into_json(),
            Some(Json::Array(before)) => {
                before.into_iter().chain(words.into_list().into_iter().map(Json::from)).collect()
            }
            Some(before) => std::iter::once(before).chain(words.into_list().into_iter().map(Json::from)).collect(),
        };
        json.insert(principal.kind.clone(), whole);
    }
    sorted(Json::Object(json))
}

fn conditions_to_json(conditions: &[(String, String, Vec<String>)]) -> Json {
    let mut json: Map<String, Json> = Map::new();
    for (test, variable, values) in conditions {
        let keys = json.entry(test.clone()).or_insert_with(|| Json::Object(Map::new()));
        let Some(keys) = keys.as_object_mut() else { continue };
        let mut all: Vec<Json> = match keys.remove(variable) {
            Some(Json::Array(before)) => before,
            before => before.into_iter().collect(),
        };
        all.extend(values.iter().cloned().map(Json::from));
        let whole = if all.len() == 1 { all.remove(0) } else { Json::Array(all) };
        keys.insert(variable.clone(), whole);
    }
    sorted(Json::Object(json))
}

fn members<'a>(json: &'a Json, what: &str) -> Result<impl Iterator<Item = (&'a String, &'a Json)>, String> {
    match json {
        Json::Object(members) => Ok(Some(members).into_iter().flatten()),
        // Nothing at all says nothing.
        Json::Null => Ok(None.into_iter().flatten()),
        _ => Err(format!("{what} must be an object")),
    }
}

fn word(json: &Json, name: &str) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Null => Ok(String::new()),
        _ => Err(format!("`{name}` must be a text")),
    }
}

fn principals(json: &Json) -> Result<Vec<Principal>, String> {
    let bad = || "`Principal` must be \"*\" or an object with texts or lists of texts".to_owned();
    let words = |json: &Json| match json {
        Json::String(text) => Ok(Words::One(text.clone())),
        Json::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(bad));
            Ok(Words::Many(texts.collect::<Result<_, _>>()?))
        }
        _ => Err(bad()),
    };
    match json {
        Json::Null => Ok(Vec::new()),
        Json::String(_) => Ok(vec![Principal { kind: "*".to_owned(), identifiers: Words::Many(vec!["*".to_owned()]) }]),
        Json::Object(members) => members
            .iter()
            .map(|(kind, value)| Ok(Principal { kind: kind.clone(), identifiers: words(value)? }))
            .collect(),
        _ => Err(bad()),
    }
}

fn conditions(json: &Json) -> Result<Vec<(String, String, Vec<String>)>, String> {
    let bad =
        || "`Condition` must be an object of operators, each with keys and their values, which are texts".to_owned();
    let plain = |json: &Json| match json {
        Json::String(text) => Ok(text.clone()),
        Json::Bool(_) => Ok(json.to_string()),
        // Terraform leaves a number out, and the condition with it.
        _ => Err(bad()),
    };
    let mut found = Vec::new();
    for (test, keys) in members(json, "`Condition`")? {
        for (variable, value) in members(keys, "an operator of `Condition`")? {
            let values = match value {
                Json::Array(items) => items.iter().map(plain).collect::<Result<_, _>>()?,
                one => vec![plain(one)?],
            };
            found.push((test.clone(), variable.clone(), values));
        }
    }
    Ok(found)
}

/// With the keys of objects in order.
fn sorted(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Json::Object(members.into_iter().collect())
        }
        Json::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn put_text(json: &mut Map<String, Json>, name: &str, text: &str) {
    if !text.is_empty() {
        json.insert(name.to_owned(), text.into());
    }
}

/// Writes JSON as Go does, in one line or with the depth that lines are indented by.
fn write(value: &Json, depth: Option<usize>, out: &mut String) {
    let (open, close, items): (_, _, Vec<(Option<&String>, &Json)>) = match value {
        Json::String(text) => return out.push_str(&json::string(text)),
        Json::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Json::Object(members) => ('{', '}', members.iter().map(|(name, item)| (Some(name), item)).collect()),
        other => return out.push_str(&other.to_string()),
    };
    let line = |depth: usize, out: &mut String| out.extend(["\n", &"  ".repeat(depth)]);
    out.push(open);
    for (at, (name, item)) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(depth) = depth {
            line(depth + 1, out);
        }
        if let Some(name) = name {
            out.push_str(&json::string(name));
            out.push_str(if depth.is_some() { ": " } else { ":" });
        }
        write(item, depth.map(|depth| depth + 1), out);
    }
    if let (Some(depth), false) = (depth, items.is_empty()) {
        line(depth, out);
    }
    out.push(close);
}

/// CRC-32, by which Terraform's library orders sets and makes ids.
pub fn checksum(text: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}
