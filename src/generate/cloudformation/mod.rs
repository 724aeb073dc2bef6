//! A template of CloudFormation as a stack: parameters as variables, conditions and mappings as locals, resources of our
//! kinds as blocks, outputs. Nothing is left out silently: what has no place here is a variable, or a note.

mod expression;
mod resource;
mod template;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::structure::Block;
use serde_json::{Map, Value as Json};

use super::{attribute, laid_out, text};
use crate::value::Type;

/// A template that was converted.
#[derive(Debug)]
pub struct Converted {
    /// The configuration.
    pub text: String,
    /// What could not be converted, and what to look at.
    pub notes: Vec<String>,
}

/// A variable that the template does not have as a parameter.
struct Asked {
    about: String,
    sensitive: bool,
}

struct Converter<'a> {
    template: &'a Map<String, Json>,
    asked: BTreeMap<String, Asked>,
    /// Parameters that secrets are taken from.
    secret: BTreeSet<String>,
    lookups: BTreeSet<(&'static str, &'static str)>,
    notes: Vec<String>,
}

/// Converts a template.
///
/// # Errors
/// It is none.
pub fn convert(source: &str) -> Result<Converted, String> {
    let tree = template::parse(source)?;
    let members = tree.as_object().filter(|members| members.get("Resources").is_some_and(Json::is_object));
    let template = members.ok_or("it has no `Resources`, so that it is no template of CloudFormation")?;
    let mut converter = Converter {
        template,
        asked: BTreeMap::new(),
        secret: BTreeSet::new(),
        lookups: BTreeSet::new(),
        notes: Vec::new(),
    };
    for part in ["Transform", "Rules", "Macros"].into_iter().filter(|part| template.contains_key(*part)) {
        converter.notes.push(format!("`{part}` of the template is not converted"));
    }
    let locals = converter.locals();
    let resources = converter.resources();
    let outputs = converter.outputs();
    // Variables and look-ups are those that the rest has asked for.
    let mut blocks = converter.variables();
    blocks.extend(locals);
    blocks.extend(converter.lookups.iter().map(|lookup| looked_up(*lookup)));
    blocks.extend(resources);
    blocks.extend(outputs);
    converter.notes.sort();
    converter.notes.dedup();
    Ok(Converted { text: laid_out(blocks), notes: converter.notes })
}

fn looked_up((kind, name): (&str, &str)) -> Block {
    let block = Block::builder(text::ident("data")).label(kind).label(name);
    match name {
        "available" => block.attribute(attribute("state", text::string("available"))).build(),
        _ => {
            let mut block = block.build();
            block.body.set_prefer_oneline(true);
            block
        }
    }
}

impl Converter<'_> {
    /// A part of the template; empty where there is none.
    fn part(&self, name: &str) -> &Map<String, Json> {
        static NOTHING: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);
        self.template.get(name).and_then(Json::as_object).unwrap_or(&NOTHING)
    }

    /// What `Ref` of a name is.
    fn reference(&mut self, name: &str) -> String {
        if self.part("Parameters").contains_key(name) {
            return format!("var.{}", snake(name));
        }
        match name {
            "AWS::Region" => self.lookup("aws_region", "current", "name"),
            "AWS::AccountId" => self.lookup("aws_caller_identity", "current", "account_id"),
            "AWS::Partition" => self.lookup("aws_partition", "current", "partition"),
            "AWS::URLSuffix" => self.lookup("aws_partition", "current", "dns_suffix"),
            "AWS::NoValue" => "null".to_owned(),
            "AWS::StackName" => self.asked("stack_name", "The name of the stack of CloudFormation.", None),
            name if name.starts_with("AWS::") => {
                let short = snake(name.trim_start_matches("AWS::"));
                self.asked(&short, &format!("{name} of CloudFormation."), Some(&format!("{name} is not known here")))
            }
            name => match self.resource_type(name) {
                Some(ty) => self.of_resource(name, ty.kind, ty.reference),
                None => self.stranger(name, None),
            },
        }
    }

    /// What `GetAtt` of a resource is.
    fn attribute(&mut self, of: &str, name: &str) -> String {
        let Some(ty) = self.resource_type(of) else { return self.stranger(of, Some(name)) };
        let known = ty.attributes.iter().find(|(attribute, _)| *attribute == name).map(|(_, ours)| *ours);
        let schema = crate::kinds::get(ty.kind).map(|kind| kind.schema());
        let same = schema.and_then(|schema| schema.attr(&snake(name))).map(|attr| attr.name);
        match known.or(same) {
            Some(ours) => self.of_resource(of, ty.kind, ours),
            None => {
                let about = format!("{name} of {of}, which is not converted.");
                let note = format!("{of} has no attribute here that is {name}");
                self.asked(&format!("{}_{}", snake(of), snake(name)), &about, Some(&note))
            }
        }
    }

    /// The type of a resource, if it is of a kind of ours.
    fn resource_type(&self, name: &str) -> Option<&'static types::Type> {
        types::get(self.part("Resources").get(name)?.get("Type")?.as_str()?)
    }

    fn of_resource(&self, name: &str, kind: &str, attribute: &str) -> String {
        let conditional = self.part("Resources").get(name).is_some_and(|one| one.get("Condition").is_some());
        let label = snake(name);
        match conditional {
            true => format!("one({kind}.{label}[*].{attribute})"),
            false => format!("{kind}.{label}.{attribute}"),
        }
    }

    /// A name that the template does not declare, or a resource of another tool.
    fn stranger(&mut self, name: &str, attribute: Option<&str>) -> String {
        let what = attribute.map_or_else(|| name.to_owned(), |attribute| format!("{attribute} of {name}"));
        let ty = self.part("Resources").get(name).and_then(|one| one.get("Type")).and_then(Json::as_str);
        let (about, note) = match ty {
            Some(ty) => (format!("{what} ({ty}), which cachestack does not manage."), None),
            None => {
                let note = format!("the template refers to {name}, and has no parameter or resource of that name");
                (format!("{what}, which the template does not declare."), Some(note))
            }
        };
        let variable =
            attribute.map_or_else(|| snake(name), |attribute| format!("{}_{}", snake(name), snake(attribute)));
        self.asked(&variable, &about, note.as_deref())
    }

    /// A variable that the template does not have.
    fn asked(&mut self, name: &str, about: &str, note: Option<&str>) -> String {
        let taken = |name: &str| self.part("Parameters").keys().any(|parameter| snake(parameter) == name);
        let name = if taken(name) { format!("{name}_value") } else { name.to_owned() };
        self.notes.extend(note.map(|note| format!("{note}: it is variable \"{name}\"")));
        self.asked.entry(name.clone()).or_insert_with(|| Asked { about: about.to_owned(), sensitive: false });
        format!("var.{name}")
    }

    /// A secret is taken from an expression: the variable that it is, is sensitive.
    fn hides(&mut self, expression: &str) {
        let Some(name) = expression.strip_prefix("var.") else { return };
        match self.asked.get_mut(name) {
            Some(asked) => asked.sensitive = true,
            None => drop(self.secret.insert(name.to_owned())),
        }
    }

    fn lookup(&mut self, kind: &'static str, name: &'static str, attribute: &str) -> String {
        self.lookups.insert((kind, name));
        format!("data.{kind}.{name}.{attribute}")
    }

    fn mapping(&mut self, name: &str) -> String {
        match self.part("Mappings").contains_key(name) {
            true => format!("local.{}", snake(name)),
            false => self.stranger(name, None),
        }
    }

    fn variables(&mut self) -> Vec<Block> {
        let parameters: Vec<(String, Json)> =
            self.part("Parameters").iter().map(|(name, one)| (name.clone(), one.clone())).collect();
        let mut blocks: Vec<Block> = parameters.iter().map(|(name, one)| self.parameter(name, one)).collect();
        for (name, asked) in &self.asked {
            let mut block = Block::builder(text::ident("variable")).label(name.as_str());
            block = block.attribute(attribute("description", text::string(&asked.about)));
            if asked.sensitive {
                block = block.attribute(attribute("sensitive", true.into()));
            }
            blocks.push(block.build());
        }
        blocks
    }

    fn parameter(&mut self, name: &str, parameter: &Json) -> Block {
        let label = snake(name);
        let text_of = |member: &str| parameter.get(member).and_then(Json::as_str).map(str::to_owned);
        let written = text_of("Type").unwrap_or_else(|| "String".to_owned());
        // Its default is the name of what the value is taken from.
        let is_name = written.starts_with("AWS::SSM::Parameter::Value<");
        if is_name {
            let which = text_of("Default").map(|name| format!(", {name},")).unwrap_or_default();
            self.notes.push(format!(
                "{name} names a parameter of Systems Manager{which} whose value variable \"{label}\" has to be given"
            ));
        }
        let (ty, shown) = match written.as_str() {
            "Number" => (Type::Number, "number"),
            "List<Number>" => (Type::list(Type::Number), "list(number)"),
            list if is_list_type(list) => (Type::list(Type::String), "list(string)"),
            _ => (Type::String, "string"),
        };
        let mut block = Block::builder(text::ident("variable")).label(label.as_str());
        if let Some(about) = text_of("Description") {
            block = block.attribute(attribute("description", text::string(&about)));
        }
        block = block.attribute(attribute("type", text::parsed(shown)));
        let sensitive = self.secret.contains(&label) || parameter.get("NoEcho").is_some_and(is_true);
        if let Some(default) = parameter.get("Default").filter(|_| !is_name) {
            match sensitive {
                true => self.notes.push(format!("the default of {name} is a secret, and is not written into a file")),
                false => block = block.attribute(attribute("default", text::parsed(&self.default(default, &ty, name)))),
            }
        }
        if sensitive {
            block = block.attribute(attribute("sensitive", true.into()));
        }
        let limits = match &ty {
            Type::List(of) => {
                let each = |(condition, message)| (format!("alltrue([for one in var.{label} : {condition}])"), message);
                self.limits("one", parameter, of).into_iter().map(each).collect()
            }
            _ => self.limits(&format!("var.{label}"), parameter, &ty),
        };
        for (condition, message) in limits {
            let message = text_of("ConstraintDescription").unwrap_or(message);
            let message = text::string(&message);
            let validation = Block::builder(text::ident("validation"))
                .attribute(attribute("condition", text::parsed(&condition)))
                .attribute(attribute("error_message", message));
            block = block.block(hcl_edit::Decorate::decorated(validation.build(), ("\n", "")));
        }
        block.build()
    }

    /// Defaults of lists are texts with commas.
    fn default(&mut self, default: &Json, ty: &Type, place: &str) -> String {
        match (ty, default.as_str()) {
            (Type::List(_), Some(text)) => {
                let items: Vec<Json> =
                    text.split(',').filter(|one| !one.is_empty()).map(|one| one.trim().into()).collect();
                self.value(&Json::Array(items), ty, place)
            }
            _ => self.value(default, ty, place),
        }
    }

    /// What a value of a parameter has to be, with what is said otherwise.
    fn limits(&mut self, value: &str, parameter: &Json, ty: &Type) -> Vec<(String, String)> {
        let mut limits = Vec::new();
        let number = |name: &str| parameter.get(name).map(|number| number.to_string().trim_matches('"').to_owned());
        if let Some(allowed) = parameter.get("AllowedValues") {
            let list = self.value(allowed, &Type::list(ty.clone()), "AllowedValues");
            let told: Vec<String> = allowed.as_array().into_iter().flatten().map(shown).collect();
            limits.push((format!("contains({}, {value})", list.trim()), format!("It is one of {}.", told.join(", "))));
        }
        let lengths = [("MinLength", "MaxLength", format!("length({value})"), "characters")];
        let ranges = [("MinValue", "MaxValue", value.to_owned(), "")];
        for (least, most, of, unit) in lengths.into_iter().chain(ranges) {
            let (condition, message) = match (number(least), number(most)) {
                (Some(least), Some(most)) => {
                    (format!("{of} >= {least} && {of} <= {most}"), format!("It has {least} to {most}"))
                }
                (Some(least), None) => (format!("{of} >= {least}"), format!("It has at least {least}")),
                (None, Some(most)) => (format!("{of} <= {most}"), format!("It has at most {most}")),
                (None, None) => continue,
            };
            let message = if unit.is_empty() { message.replace("has", "is") } else { format!("{message} {unit}") };
            limits.push((condition, format!("{message}.")));
        }
        if let Some(pattern) = parameter.get("AllowedPattern").and_then(Json::as_str) {
            let whole = text::string(&format!("^(?:{pattern})$")).to_string();
            limits.push((format!("can(regex({}, {value}))", whole.trim()), format!("It fits the pattern {pattern}.")));
        }
        limits
    }

    /// Conditions and mappings.
    fn locals(&mut self) -> Vec<Block> {
        let part = |this: &Self, name: &str| -> Vec<(String, Json)> {
            this.part(name).iter().map(|(name, one)| (name.clone(), one.clone())).collect()
        };
        let mut parts = Vec::new();
        for (name, one) in part(self, "Mappings") {
            parts.push(attribute(&snake(&name), text::parsed(&self.value(&one, &Type::Any, &snake(&name)))));
        }
        for (name, one) in part(self, "Conditions") {
            parts.push(attribute(&snake(&name), text::parsed(&self.condition(&one, &snake(&name)))));
        }
        if parts.is_empty() {
            return Vec::new();
        }
        vec![Block::builder(text::ident("locals")).attributes(parts).build()]
    }

    fn outputs(&mut self) -> Vec<Block> {
        let outputs: Vec<(String, Json)> =
            self.part("Outputs").iter().map(|(name, one)| (name.clone(), one.clone())).collect();
        let mut blocks = Vec::new();
        for (name, output) in outputs {
            let label = snake(&name);
            let mut value = self.value(output.get("Value").unwrap_or(&Json::Null), &Type::Any, &label);
            if let Some(condition) = output.get("Condition").and_then(Json::as_str) {
                value = format!("{} ? {value} : null", self.named_condition(condition));
            }
            let mut block = Block::builder(text::ident("output")).label(label.as_str());
            if let Some(about) = output.get("Description").and_then(Json::as_str) {
                block = block.attribute(attribute("description", text::string(about)));
            }
            if let Some(export) = output.get("Export").and_then(|export| export.get("Name")) {
                let export = shown(export);
                self.notes
                    .push(format!("{name} is exported as {export}: other stacks read output \"{label}\" of this one"));
            }
            blocks.push(block.attribute(attribute("value", text::parsed(&value))).build());
        }
        blocks
    }
}

/// Whether a parameter of a type is a list.
fn is_list_type(ty: &str) -> bool {
    ty.contains("CommaDelimitedList") || ty.contains("List<")
}

fn is_true(value: &Json) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// A value for people.
fn shown(value: &Json) -> String {
    match expression::function(value.as_object().unwrap_or(&Map::new())) {
        Some((_, Json::String(text))) => text.clone(),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// A name of CloudFormation in small letters: `RedisCPUAlarm` is `redis_cpu_alarm`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            snake.push('_');
            continue;
        }
        let before = at.checked_sub(1).map(|before| letters[before]);
        let next = letters.get(at + 1);
        let begins = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit())
            || before.is_some_and(|before| before.is_ascii_uppercase()) && next.is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && begins && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake.trim_matches('_').replace("__", "_")
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_are_small() {
        for (name, small) in [
            ("RedisCPUAlarm", "redis_cpu_alarm"),
            ("VPCId", "vpc_id"),
            ("CacheNodeType", "cache_node_type"),
            ("Endpoint.Address", "endpoint_address"),
            ("Redis7Group", "redis7_group"),
            ("already_small", "already_small"),
        ] {
            assert_eq!(snake(name), small);
        }
    }
}
