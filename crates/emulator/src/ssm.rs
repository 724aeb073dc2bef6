//! Systems Manager: the parameters of Parameter Store. Secure ones are kept as they were given, and are only told with
//! decryption.

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::paging;
use super::region::TAGS;
use super::service::{Part, Service, operation};
use super::table::Key;
use super::tags;
use super::world::hex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "ssm",
    scope: "ssm",
    wording: Wording::Listed("ValidationException"),
    parts: &[&PART],
    ..Service::PLAIN
};

/// A parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    pub key: Option<String>,
    pub pattern: Option<String>,
    pub tier: String,
    pub data_type: String,
    /// The values with their times, the first version first; old ones are forgotten.
    pub versions: Vec<(String, u64)>,
    /// How many versions are forgotten.
    pub forgotten: u64,
}

impl Parameter {
    fn latest(&self) -> u64 {
        self.forgotten + self.versions.len() as u64
    }
}

pub const PARAMETERS: Key<Parameter> = Key::new("ssm_parameters");

const PART: Part = Part {
    operations: &[
        operation("PutParameter", put, "versions, sizes, patterns, hierarchies", "no policies; keys are not looked at"),
        operation("GetParameter", get, "by name, version and ARN, with decryption", "no labels"),
        operation("GetParameters", get_all, "those that there are, and those that there are not", "no labels"),
        operation("GetParametersByPath", by_path, "levels, filters of type and key, pages", "no filter of labels"),
        operation("DeleteParameter", delete, "with its tags", ""),
    ],
    tables: &[&PARAMETERS],
    ..Part::NONE
};

/// So many versions are kept. Source: the API reference of PutParameter.
const VERSIONS: usize = 100;
/// So many parts may a name have.
const LEVELS: usize = 15;

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new("ValidationException", text)
}

fn missing(name: &str) -> Failure {
    Failure::new("ParameterNotFound", format!("Parameter {name} not found."))
}

fn arn(context: &Context, name: &str) -> String {
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("{}:ssm:{}:{}:parameter{slash}{name}", partition(context.region_name), context.region_name, context.account)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let bare = name.trim_start_matches('/').to_ascii_lowercase();
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-/".contains(letter)) {
        let rule = "Parameter name must be a fully qualified name, and can only contain letters, numbers, and the symbols . - _ /";
        return Err(invalid(format!("Invalid parameter name: {rule}.")));
    }
    if name.contains('/') && !name.starts_with('/') || name.contains("//") || name.ends_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    if bare.starts_with("aws") || bare.starts_with("ssm") {
        return Err(invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."));
    }
    if name.split('/').filter(|part| !part.is_empty()).count() > LEVELS {
        let text = format!("Parameter names have at most {LEVELS} levels.");
        return Err(Failure::new("HierarchyLevelLimitExceededException", text));
    }
    Ok(())
}

fn check_value(value: &str, tier: &str, pattern: Option<&str>) -> Result<(), Failure> {
    let most = if tier == "Advanced" { 8192 } else { 4096 };
    if value.is_empty() {
        return Err(invalid("The value of a parameter must have at least one character."));
    }
    if value.chars().count() > most {
        return Err(invalid(format!("{tier} tier parameters support a maximum parameter value of {most} characters.")));
    }
    let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else { return Ok(()) };
    let invalid_pattern = || {
        Failure::new("InvalidAllowedPatternException", "The request does not meet the regular expression requirement.")
    };
    let regex = regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| invalid_pattern())?;
    match regex.is_match(value) {
        true => Ok(()),
        false => Err(Failure::new(
            "ParameterPatternMismatchException",
            format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
        )),
    }
}

fn put(context: &mut Context, input: Input) -> Answer {
    let (name, value) = (input.text("Name").unwrap_or_default(), input.text("Value").unwrap_or_default());
    check_name(name)?;
    let key = plain(name);
    let old = context.region[PARAMETERS].get(&key);
    let overwrite = input.flag("Overwrite").unwrap_or(false);
    let labels = tags::read(input, "Tags").map_err(|failure| invalid(failure.message))?;
    if overwrite && !labels.is_empty() {
        return Err(invalid("Invalid request: tags and overwrite can't be used together."));
    }
    if old.is_some() && !overwrite {
        let text =
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(Failure::new("ParameterAlreadyExists", text));
    }
    let kind = input.text("Type").or(old.as_ref().map(|old| old.kind.as_str()));
    let kind = kind.ok_or_else(|| invalid("A parameter type is required when you create a parameter."))?.to_owned();
    if old.as_ref().is_some_and(|old| old.kind != kind) {
        let text = "The type of a parameter cannot be changed.";
        return Err(Failure::new("HierarchyTypeMismatchException", text));
    }
    let tier = match input.text("Tier") {
        Some("Intelligent-Tiering") if value.chars().count() > 4096 => "Advanced",
        Some("Intelligent-Tiering") | None => old.as_ref().map_or("Standard", |old| old.tier.as_str()),
        Some(tier) => tier,
    };
    let pattern = input.filled("AllowedPattern").or(old.as_ref().and_then(|old| old.pattern.as_deref()));
    check_value(value, tier, pattern)?;
    let mut parameter = Parameter {
        name: name.to_owned(),
        key: (kind == "SecureString").then(|| input.filled("KeyId").unwrap_or("alias/aws/ssm").to_owned()),
        kind,
        pattern: pattern.map(str::to_owned),
        tier: tier.to_owned(),
        data_type: input.filled("DataType").unwrap_or("text").to_owned(),
        versions: old.as_ref().map(|old| old.versions.clone()).unwrap_or_default(),
        forgotten: old.as_ref().map_or(0, |old| old.forgotten),
    };
    parameter.versions.push((value.to_owned(), context.now));
    if parameter.versions.len() > VERSIONS {
        parameter.versions.remove(0);
        parameter.forgotten += 1;
    }
    let answer = json!({ "Version": parameter.latest(), "Tier": parameter.tier });
    context.region[PARAMETERS].put(&key, parameter);
    if !labels.is_empty() {
        let arn = arn(context, name);
        tags::set(context.region, &arn, labels);
    }
    Ok(answer)
}

/// `/name` and `name` are one parameter.
fn plain(name: &str) -> String {
    match name.strip_prefix('/') {
        Some(rest) if !rest.contains('/') => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// What a selector names: `name`, `name:version`, or the ARN of either.
fn find(context: &Context, text: &str) -> Result<(Arc<Parameter>, u64, Option<String>), Failure> {
    let prefix = arn(context, "/");
    let prefix = prefix.trim_end_matches('/');
    let own = text.strip_prefix(prefix).map(str::to_owned);
    let text = own.as_deref().unwrap_or(text);
    let (name, selector) = match text.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (text, None),
    };
    let parameter = context.region[PARAMETERS].get(&plain(name)).ok_or_else(|| missing(name))?;
    let latest = parameter.latest();
    let version = match selector {
        None => latest,
        Some(selector) => match selector.parse() {
            Ok(version) if version > parameter.forgotten && version <= latest => version,
            _ => {
                let text = format!(
                    "Systems Manager could not find version {selector} of {name}. Verify the version and try again."
                );
                return Err(Failure::new("ParameterVersionNotFound", text));
            }
        },
    };
    Ok((parameter, version, selector.map(|selector| format!(":{selector}"))))
}

fn to_json(context: &Context, found: (Arc<Parameter>, u64, Option<String>), decrypted: bool) -> Value {
    let (parameter, version, selector) = found;
    let (value, time) = &parameter.versions[(version - parameter.forgotten - 1) as usize];
    let shown = match parameter.kind.as_str() {
        "SecureString" if !decrypted => format!("AQICAH{}", hex(value)),
        _ => value.clone(),
    };
    json!({
        "Name": parameter.name, "Type": parameter.kind, "Value": shown, "Version": version, "Selector": selector,
        "LastModifiedDate": time, "ARN": arn(context, &parameter.name), "DataType": parameter.data_type,
    })
}

fn decrypted(input: Input) -> bool {
    input.flag("WithDecryption").unwrap_or(false)
}

fn get(context: &mut Context, input: Input) -> Answer {
    let found = find(context, input.text("Name").unwrap_or_default())?;
    Ok(json!({ "Parameter": to_json(context, found, decrypted(input)) }))
}

fn get_all(context: &mut Context, input: Input) -> Answer {
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for name in input.texts("Names") {
        match find(context, &name) {
            Ok(one) => found.push(to_json(context, one, decrypted(input))),
            Err(_) => absent.push(name),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": absent }))
}

fn by_path(context: &mut Context, input: Input) -> Answer {
    let path = input.text("Path").unwrap_or_default();
    if !path.starts_with('/') {
        return Err(invalid(
            "The parameter path is invalid: it must begin with a forward slash, and name a hierarchy of parameters.",
        ));
    }
    let level = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    let recursive = input.flag("Recursive").unwrap_or(false);
    let mut asked: Vec<(&str, Vec<String>)> = Vec::new();
    for filter in input.structures("ParameterFilters") {
        let key = filter.text("Key").unwrap_or_default();
        if !["Type", "KeyId"].contains(&key) {
            let text =
                format!("The following filter key is not valid: {key}. Valid filter keys include: [Type, KeyId].");
            return Err(Failure::new("InvalidFilterKey", text));
        }
        asked.push((key, filter.texts("Values")));
    }
    let open = |token| paging::open(token).ok_or_else(|| Failure::new("InvalidNextToken", "The token is invalid."));
    let after = input.filled("NextToken").map(open).transpose()?;
    let size = input.number("MaxResults").map_or(10, |size| size as usize);
    let rows = context.region[PARAMETERS].iter().filter(|(_, one)| {
        let rooted = format!("/{}", one.name.trim_start_matches('/'));
        let below = rooted.strip_prefix(&level);
        let fits = |(key, values): &(&str, Vec<String>)| {
            let value = if *key == "Type" { Some(&one.kind) } else { one.key.as_ref() };
            value.is_some_and(|value| values.contains(value))
        };
        below.is_some_and(|rest| recursive || !rest.contains('/')) && asked.iter().all(fits)
    });
    let (page, next) = paging::page(rows, after.as_deref(), size);
    let found: Vec<_> = page.into_iter().map(|one| (one.clone(), one.latest(), None)).collect();
    let found: Vec<Value> = found.into_iter().map(|one| to_json(context, one, decrypted(input))).collect();
    Ok(json!({ "Parameters": found, "NextToken": next }))
}

fn delete(context: &mut Context, input: Input) -> Answer {
    let name = input.text("Name").unwrap_or_default();
    context.region[PARAMETERS].remove(&plain(name)).ok_or_else(|| missing(name))?;
    let arn = arn(context, name);
    context.region[TAGS].remove(&arn);
    Ok(json!({}))
}
