//! One resource as a block.

use hcl_edit::Decorate;
use hcl_edit::structure::{Block, Structure};
use serde_json::{Map, Value as Json, json};

use super::expression::function;
use super::types::{NESTED, Type as Known};
use super::{Converter, is_list_type, snake, types};
use crate::generate::{attribute, text};
use crate::kind::Kind;
use crate::kinds;
use crate::schema::Attr;
use crate::value::Type;

impl Converter<'_> {
    /// The resources of our kinds, in the order of the template.
    pub(super) fn resources(&mut self) -> Vec<Block> {
        let all: Vec<(String, Json)> =
            self.part("Resources").iter().map(|(name, one)| (name.clone(), one.clone())).collect();
        let mut blocks = Vec::new();
        for (name, one) in all {
            let ty = one.get("Type").and_then(Json::as_str).unwrap_or_default();
            match types::get(ty).and_then(|ty| Some((ty, kinds::get(ty.kind)?))) {
                Some((ty, kind)) => blocks.extend(self.resource(&name, &one, ty, kind)),
                None => self.notes.push(format!("{name} ({ty}) is not converted: cachestack does not manage its type")),
            }
        }
        blocks
    }

    fn resource(&mut self, name: &str, resource: &Json, ty: &'static Known, kind: &'static dyn Kind) -> Vec<Block> {
        let label = snake(name);
        let mut properties = resource.get("Properties").and_then(Json::as_object).cloned().unwrap_or_default();
        let apart = self.apart(name, &mut properties);
        prepare(&mut properties);
        let (mut parts, mut nested): (Vec<Structure>, Vec<Structure>) = (Vec::new(), Vec::new());
        if let Some(condition) = resource.get("Condition").and_then(Json::as_str) {
            let count = format!("{} ? 1 : 0", self.named_condition(condition));
            parts.push(attribute("count", text::parsed(&count)).into());
        }
        let mut written = Vec::new();
        for (property, value) in &properties {
            let renamed = ty.properties.iter().find(|(one, _)| one == property).map(|(_, ours)| (*ours).to_owned());
            let ours = renamed.unwrap_or_else(|| snake(property));
            let attr = kind.schema().attr(&ours).filter(|attr| attr.settable() && attr.deprecated.is_none());
            let Some(attr) = attr else {
                self.notes.push(format!("{property} of {name} is not converted: {} has nothing like it", ty.kind));
                continue;
            };
            written.push(attr.name);
            if attr.block.is_some() {
                nested.extend(self.blocks(attr, value, &format!("{name}.{property}")));
            } else {
                let value = self.property(attr, value, &format!("{label}_{}", attr.name));
                parts.push(attribute(attr.name, text::parsed(&value)).into());
            }
        }
        if let Some(missing) = kind.name_attribute().filter(|missing| !written.contains(missing)) {
            let made = label.replace('_', "-");
            self.notes.push(format!("{name} had a name made up by AWS: {missing} is \"{made}\" here"));
            let first = usize::from(resource.get("Condition").is_some());
            parts.insert(first.min(parts.len()), attribute(missing, text::string(&made)).into());
        }
        let (attributes, blocks): (Vec<Structure>, Vec<Structure>) =
            self.meta(name, resource, kind).into_iter().partition(Structure::is_attribute);
        parts.extend(attributes.into_iter().chain(nested).chain(blocks));
        let block = Block::builder(text::ident(ty.kind)).label(label.as_str()).structures(parts).build();
        let mut blocks = vec![block];
        for (at, (ty, mut properties)) in apart.into_iter().enumerate() {
            if let Some(condition) = resource.get("Condition") {
                properties["Condition"] = condition.clone();
            }
            let known = types::get(ty).and_then(|ty| Some((ty, kinds::get(ty.kind)?)));
            let name = format!("{name}_{}", at + 1);
            blocks.extend(known.into_iter().flat_map(|(ty, kind)| self.resource(&name, &properties, ty, kind)));
        }
        blocks
    }

    /// What stands within a resource and is one of its own here: subscriptions of a topic, and rules of a group that has
    /// others beside it, since a group with rules of its own has no more than these.
    fn apart(&mut self, name: &str, properties: &mut Map<String, Json>) -> Vec<(&'static str, Json)> {
        let mut apart = Vec::new();
        for (property, ty, parent) in APART {
            let beside = || {
                let mut all = self.part("Resources").values();
                all.any(|one| {
                    one.get("Type").and_then(Json::as_str) == Some(ty)
                        && mentions(one.pointer("/Properties/GroupId"), name)
                })
            };
            if !properties.contains_key(*property) || *parent == "GroupId" && !beside() {
                continue;
            }
            let own = |item: &Json| item.as_object().filter(|members| function(members).is_none()).cloned();
            for mut item in properties.get(*property).and_then(Json::as_array).into_iter().flatten().filter_map(own) {
                item.insert((*parent).to_owned(), json!({ "Ref": name }));
                apart.push((*ty, json!({ "Type": ty, "Properties": item })));
            }
            properties.remove(*property);
        }
        apart
    }

    /// What stands beside the properties.
    fn meta(&mut self, name: &str, resource: &Json, kind: &dyn Kind) -> Vec<Structure> {
        let mut parts: Vec<Structure> = Vec::new();
        let depends = match resource.get("DependsOn") {
            Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            Some(Json::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        let known: Vec<_> = depends
            .iter()
            .filter_map(|other| Some(text::parsed(&format!("{}.{}", self.resource_type(other)?.kind, snake(other)))))
            .collect();
        if !known.is_empty() {
            parts.push(attribute("depends_on", text::array(known)).into());
        }
        match resource.get("DeletionPolicy").and_then(Json::as_str) {
            Some("Retain" | "RetainExceptOnCreate") => {
                let lifecycle = Block::builder(text::ident("lifecycle")).attribute(attribute("destroy", false.into()));
                parts.push(lifecycle.build().decorated(("\n", "")).into());
            }
            Some("Snapshot") if kind.schema().attr("final_snapshot").is_some() => {
                parts.push(attribute("final_snapshot", true.into()).into());
            }
            Some(other) if other != "Delete" => {
                self.notes.push(format!("DeletionPolicy {other} of {name} is not converted"));
            }
            _ => {}
        }
        parts
    }

    /// The value of an attribute.
    fn property(&mut self, attr: &Attr, value: &Json, place: &str) -> String {
        if attr.secret {
            return self.secret(attr, value, place);
        }
        let is_list = matches!(attr.ty, Type::List(_) | Type::Set(_));
        match value {
            Json::Array(items) if matches!(attr.ty, Type::Map(_)) => self.map(items, place),
            Json::Object(members) if matches!(attr.ty, Type::String) && function(members).is_none() => {
                format!("jsonencode({})", self.value(value, &Type::Any, place).trim())
            }
            Json::Array(_) => self.value(value, &attr.ty, place),
            _ if is_list && !self.is_list(value) => format!("[{}]", self.value(value, &Type::String, place).trim()),
            _ => self.value(value, &attr.ty, place),
        }
    }

    /// Whether a value is a list by itself.
    pub(super) fn is_list(&self, value: &Json) -> bool {
        let Some((name, argument)) = value.as_object().and_then(function) else { return value.is_array() };
        match (name, argument) {
            ("Ref", Json::String(name)) => {
                let ty = self.part("Parameters").get(name).and_then(|one| one.get("Type")).and_then(Json::as_str);
                ty.is_some_and(is_list_type)
            }
            ("Fn::If", Json::Array(parts)) => {
                let no_value = json!({ "Ref": "AWS::NoValue" });
                let mut values = parts.iter().skip(1).filter(|part| **part != no_value).peekable();
                values.peek().is_some() && values.all(|part| self.is_list(part))
            }
            ("Fn::GetAtt", Json::Array(parts)) => match &parts[..] {
                [Json::String(of), Json::String(name)] => self.is_list_of_resource(of, name),
                _ => false,
            },
            ("Fn::FindInMap", Json::Array(parts)) => {
                let name = parts.first().and_then(Json::as_str).unwrap_or_default();
                let rows = self.part("Mappings").get(name).and_then(Json::as_object);
                let mut cells =
                    rows.into_iter().flat_map(Map::values).filter_map(Json::as_object).flat_map(Map::values);
                cells.any(Json::is_array)
            }
            ("Fn::Split" | "Fn::GetAZs" | "Fn::Cidr", _) => true,
            _ => false,
        }
    }

    /// Whether an attribute of a resource of ours is a list.
    fn is_list_of_resource(&self, of: &str, name: &str) -> bool {
        let schema = self.resource_type(of).and_then(|ty| kinds::get(ty.kind)).map(|kind| kind.schema());
        let attr = schema.and_then(|schema| schema.attr(&snake(name)));
        attr.is_some_and(|attr| matches!(attr.ty, Type::List(_) | Type::Set(_)))
    }

    /// A list of names and values as a map.
    fn map(&mut self, items: &[Json], place: &str) -> String {
        let mut members = Vec::new();
        for item in items {
            let name = item.get("Name").or(item.get("Key")).map(|name| self.value(name, &Type::String, place));
            let value = self.value(item.get("Value").unwrap_or(&Json::Null), &Type::String, place);
            members.extend(name.map(|name| (name, value)));
        }
        let plain = |name: &str| name.trim().trim_matches('"').to_owned();
        if members.iter().all(|(name, _)| name.trim().starts_with('"') && !name.contains("${")) {
            let members: Vec<(String, String)> =
                members.iter().map(|(name, value)| (plain(name), value.clone())).collect();
            return text::object(members.iter().map(|(name, value)| (name.as_str(), text::parsed(value)))).to_string();
        }
        let members: Vec<String> = members.iter().map(|(name, value)| format!("({name}) = {value}")).collect();
        format!("{{ {} }}", members.join(", "))
    }

    /// A secret: of a parameter, or of where AWS keeps it. One that is written out is not written again.
    fn secret(&mut self, attr: &Attr, value: &Json, place: &str) -> String {
        if let Json::Array(items) = value {
            return self.list(items, |this, one| this.one_secret(one, place));
        }
        let secret = self.one_secret(value, place);
        match attr.ty {
            Type::Set(_) | Type::List(_) if !self.is_list(value) => format!("[{secret}]"),
            _ => secret,
        }
    }

    fn one_secret(&mut self, value: &Json, place: &str) -> String {
        if let Some(text) = value.as_str() {
            if let Some(source) = resolved(text) {
                return format!("secret(\"{source}\")");
            }
            let name = place.to_uppercase();
            self.notes.push(format!(
                "a secret stands in the template: {place} is taken from the variable {name} of the process"
            ));
            return format!("secret(\"env:{name}\")");
        }
        let expression = self.value(value, &Type::String, place);
        self.hides(&expression);
        expression
    }

    /// The nested blocks of an attribute.
    fn blocks(&mut self, attr: &Attr, value: &Json, place: &str) -> Vec<Structure> {
        let items: Vec<&Json> = match value {
            Json::Array(items) => items.iter().collect(),
            other => vec![other],
        };
        let mut blocks = Vec::new();
        for item in items {
            match item.as_object().filter(|members| function(members).is_none()) {
                Some(members) => blocks.push(self.nested(attr, members, place).decorated(("\n", "")).into()),
                None => self.notes.push(format!("{place} is not converted: it is not written out")),
            }
        }
        blocks
    }

    fn nested(&mut self, attr: &Attr, members: &Map<String, Json>, place: &str) -> Block {
        let attrs = attr.block.as_ref().map(|block| block.attrs.as_slice()).unwrap_or_default();
        let (mut parts, mut nested): (Vec<Structure>, Vec<Structure>) = (Vec::new(), Vec::new());
        for (property, value) in members {
            let renamed = NESTED.iter().find(|(block, one, _)| *block == attr.name && one == property);
            let ours = renamed.map_or_else(|| snake(property), |(.., ours)| (*ours).to_owned());
            match attrs.iter().find(|inner| inner.name == ours && inner.settable()) {
                Some(inner) if inner.block.is_some() => nested.extend(self.blocks(inner, value, place)),
                Some(inner) => {
                    let place = snake(&format!("{place}_{ours}"));
                    let value = self.property(inner, value, &place);
                    parts.push(attribute(inner.name, text::parsed(&value)).into());
                }
                None => self.notes.push(format!("{property} of {place} is not converted")),
            }
        }
        parts.extend(nested);
        Block::builder(text::ident(attr.name)).structures(parts).build()
    }
}

/// Properties that are resources of their own here, of which type, and the property that names the parent then.
const APART: &[(&str, &str, &str)] = &[
    ("Subscription", "AWS::SNS::Subscription", "TopicArn"),
    ("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", "GroupId"),
    ("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", "GroupId"),
];

/// Whether a value names a resource.
fn mentions(value: Option<&Json>, name: &str) -> bool {
    let of = value.and_then(|value| value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0)));
    of.and_then(Json::as_str) == Some(name)
}

/// Where a dynamic reference of a template points to, as `secret` names it.
fn resolved(text: &str) -> Option<String> {
    let inner = text.strip_prefix("{{resolve:")?.strip_suffix("}}")?;
    let (service, rest) = inner.split_once(':')?;
    let mut parts = rest.split(':');
    match service {
        "ssm-secure" | "ssm" => Some(format!("ssm:{}", parts.next()?)),
        "secretsmanager" => {
            let (name, _kind, key) = (parts.next()?, parts.next(), parts.next().filter(|key| !key.is_empty()));
            Some(key.map_or_else(|| format!("secretsmanager:{name}"), |key| format!("secretsmanager:{name}#{key}")))
        }
        _ => None,
    }
}

/// Brings shapes that only CloudFormation has to those of our blocks.
fn prepare(properties: &mut Map<String, Json>) {
    for value in properties.values_mut() {
        let Some(items) = value.as_array_mut() else { continue };
        for item in items.iter_mut().filter_map(Json::as_object_mut) {
            every_port(item);
            destination(item);
            metric(item);
        }
    }
}

/// A rule for every protocol needs no ports there.
fn every_port(rule: &mut Map<String, Json>) {
    let all = rule.get("IpProtocol").is_some_and(|protocol| protocol == "-1" || protocol == -1);
    if all && !rule.contains_key("FromPort") {
        rule.insert("FromPort".to_owned(), 0.into());
        rule.insert("ToPort".to_owned(), 0.into());
    }
}

/// Where a log goes stands a level or two deeper.
fn destination(log: &mut Map<String, Json>) {
    let Some(details) = log.get("DestinationDetails") else { return };
    let places =
        ["/CloudWatchLogsDetails/LogGroup", "/KinesisFirehoseDetails/DeliveryStream", "/LogGroup", "/DeliveryStream"];
    if let Some(found) = places.iter().find_map(|place| details.pointer(place)).cloned() {
        log.remove("DestinationDetails");
        log.insert("Destination".to_owned(), found);
    }
}

/// The statistic of a metric stands around it.
fn metric(query: &mut Map<String, Json>) {
    let Some(Json::Object(mut stat)) = query.remove("MetricStat") else { return };
    if let Some(Json::Object(metric)) = stat.remove("Metric") {
        stat.extend(metric);
    }
    query.insert("Metric".to_owned(), Json::Object(stat));
}
