//! What a resource block asks for: the desired object of one instance, typed, normalised and checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Key;
use crate::diag::{Diagnostic, Span};
use crate::kind::Problem;
use crate::lang::ast::{self, Attribute, Expr, Node, Part};
use crate::lang::declare::{Nested, NestedSource, Resource};
use crate::lang::eval::{Bindings, Scope, eval};
use crate::lang::refs::describe;
use crate::schema::check::{Sort, conform, conform_nested, faults};
use crate::schema::{self, Attr, Rule, object_type};
use crate::stack::public;
use crate::stack::watched::Watched;
use crate::value::convert::{Mismatch, convert};
use crate::value::{Data, Object, Origin, Type, Value};

/// A desired object, and where its attributes were written.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The attributes that are set, conformed.
    pub object: Object,
    /// Places by attribute.
    pub spans: BTreeMap<Arc<str>, Span>,
    /// Places of nested blocks by attribute and name.
    pub elements: BTreeMap<(Arc<str>, String), Span>,
    /// The whole of each nested block, likewise.
    pub extents: BTreeMap<(Arc<str>, String), Span>,
    /// The header of the block.
    pub span: Option<Span>,
    /// What values of other tools were put into a set, and where: such a set is unknown as a whole, and remembers one.
    pub merged: Vec<(Span, Arc<Origin>)>,
}

impl Desired {
    /// The place of an attribute, else of the block.
    pub fn span_of(&self, attribute: &str) -> Option<Span> {
        let root = attribute.split('.').next().unwrap_or(attribute);
        self.spans.get(root).or_else(|| self.spans.get(&*plural(root))).copied().or(self.span)
    }

    /// A problem as a diagnostic at its attribute.
    pub fn diagnose(&self, problem: Problem) -> Diagnostic {
        let mut diagnostic = if problem.fatal {
            Diagnostic::error(problem.code, problem.summary, problem.detail)
        } else {
            Diagnostic::warning(problem.code, problem.summary, problem.detail)
        };
        let written = problem.within.filter(|blocks| self.spans.contains_key(*blocks));
        let attribute = written.unwrap_or(problem.attribute);
        // A rule tells what it found, and that may be something that must not be shown. Rules about secrets tell nothing
        // of them.
        let hidden = self.object.get(attribute).is_some_and(is_told);
        if hidden {
            diagnostic.detail =
                format!("`{attribute}` has a sensitive value, and what the rule says of it is not shown.");
        }
        let key = problem.element.map(|element| (Arc::from(attribute), element));
        let element = key.as_ref().and_then(|(_, element)| {
            let of = |name: Arc<str>| self.elements.get(&(name, element.clone())).copied();
            of(attribute.into()).or_else(|| of(plural(attribute).into()))
        });
        diagnostic.extent = key.and_then(|key| self.extents.get(&key).copied());
        diagnostic.span = element.or_else(|| self.span_of(attribute));
        diagnostic.help = match hidden {
            true => Some(format!("What the rule says: cachestack explain {}.", problem.code)),
            false => problem.help,
        };
        diagnostic
    }
}

/// Whether what a rule tells of a value would show what is sensitive in it.
fn is_told(value: &Value) -> bool {
    match &value.data {
        Data::Secret(_) => false,
        _ if value.children().next().is_none() => value.sensitive,
        _ => value.children().any(|child| is_told(child) || value.sensitive && !matches!(child.data, Data::Secret(_))),
    }
}

/// Blocks that may also be written as a map have the plural for that: `parameter {}` and `parameters = {}`.
fn plural(block: &str) -> String {
    format!("{block}s")
}

/// The bindings of an instance: `each`, `count`, and `node` of an alarm with a target.
pub fn bindings(key: Option<&Key>, each: Option<&Value>, watched: Option<&Watched>) -> Object {
    if let Some(watched) = watched {
        let mut names = watched.outer.clone();
        names.insert("node".into(), watched.node.clone());
        return names;
    }
    let mut names = Object::new();
    match key {
        Some(Key::Index(index)) => {
            let count = Object::from([("index".into(), Value::int(*index as i64))]);
            names.insert("count".into(), Value::object(count));
        }
        Some(Key::Name(name)) => {
            let value = each.cloned().unwrap_or_else(|| Value::string(name));
            let each = Object::from([("key".into(), Value::string(name)), ("value".into(), value)]);
            names.insert("each".into(), Value::object(each));
        }
        None => {}
    }
    names
}

/// Evaluates the block of an instance. What is wrong is reported and unknown, so that the rest can still be judged.
pub fn desired(resource: &Resource, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> Desired {
    let mut reader = Reader {
        diagnostics,
        name: &resource.address.kind,
        elements: BTreeMap::new(),
        extents: BTreeMap::new(),
        merged: Vec::new(),
        count: 0,
    };
    let mut desired = Desired { span: Some(resource.span), ..Desired::default() };
    let attrs = &resource.schema.attrs;
    for attribute in &resource.attributes {
        desired.spans.insert(attribute.name.clone(), attribute.expr.span);
        reader.note_keys(attribute);
        let Some(attr) = attrs.iter().find(|attr| attr.name == &*attribute.name) else { continue };
        let value =
            reader.attribute(attr, attribute, scope, conform).unwrap_or_else(|| Value::unknown(attr.ty.clone(), None));
        if !value.is_null() {
            desired.object.insert(attribute.name.clone(), value);
        }
    }
    for attr in attrs.iter().filter(|attr| attr.block.is_some()) {
        let blocks: Vec<&Nested> = resource.nested.iter().filter(|nested| &*nested.name == attr.name).collect();
        if let Some(first) = blocks.first() {
            let value = reader.blocks(attr, &blocks, scope);
            let value = value.unwrap_or_else(|| Value::unknown(attr.ty.clone(), None));
            // A `dynamic` block that makes none says as little as no block: with Terraform AWS decides then.
            if attr.mode == schema::Mode::OptionalComputed && value.as_items().is_some_and(<[Value]>::is_empty) {
                continue;
            }
            desired.spans.insert(attr.name.into(), first.span);
            desired.object.insert(attr.name.into(), value);
        }
    }
    desired.elements = reader.elements;
    desired.extents = reader.extents;
    desired.merged = reader.merged;
    public::check(resource, &mut desired, diagnostics);
    desired
}

/// Checks a desired object against the rules of its schema. `evaluated` says whether missing attributes are really missing.
///
/// A word that is none of those that may be stands for one of them: what else is judged by it is not known.
pub fn check(attrs: &[Attr], desired: &mut Desired, evaluated: bool, diagnostics: &mut Vec<Diagnostic>) {
    for fault in faults(attrs, &desired.object) {
        // Nested blocks are checked where they are read, attribute by attribute.
        if fault.path.contains('.')
            && desired.elements.keys().any(|(name, _)| fault.path.starts_with(&format!("{name}.")))
        {
            continue;
        }
        // A missing attribute of the block has been reported from its names; here it is null, or failed to evaluate.
        let written = desired.spans.contains_key(fault.path.split('.').next().unwrap_or_default());
        if fault.sort == Sort::Missing && (!written || !evaluated) {
            continue;
        }
        let value = desired.object.get(fault.path.as_str());
        let rule = broken(attrs.iter().find(|attr| attr.name == fault.path), value);
        let advice = || rule.zip(value).map(|(rule, value)| rule.advice(value));
        let (code, summary, help) = match fault.sort {
            Sort::Missing => ("CS0406", "A required value is null", "Give it a value.".to_owned()),
            _ => (
                "CS0407",
                "A value that is not allowed",
                advice().unwrap_or_else(|| "Write a value that meets the rule.".to_owned()),
            ),
        };
        let detail = against(rule, &format!("`{}`", fault.path), value, &fault.message);
        let mut diagnostic = Diagnostic::error(code, summary, detail).help(help);
        diagnostic.rule = fault.sort != Sort::Missing;
        diagnostic.span = desired.span_of(&fault.path);
        diagnostics.push(diagnostic);
    }
    for attr in attrs {
        let is_wrong = |value: &Value| {
            let words = attr.rules.iter().filter(|rule| matches!(rule, Rule::OneOf(_)));
            words.filter_map(|rule| rule.violation(value)).next().is_some()
        };
        if desired.object.get(attr.name).is_some_and(is_wrong) {
            desired.object.insert(attr.name.into(), Value::unknown(attr.ty.clone(), None));
        }
    }
}

/// What to do about a value of another type.
fn as_wanted(attr: &Attr, value: &Value, expr: &Expr) -> String {
    match &attr.ty {
        Type::List(of) | Type::Set(of) if matches!(**of, Type::Object(_)) && value.as_object().is_some() => {
            format!("Put it into a list, [{{ ... }}]; or write a block, {} {{ ... }}.", attr.name)
        }
        Type::List(of) | Type::Set(of) if convert(value, of).is_ok() && !value.is_null() => {
            in_brackets(attr, value, expr)
        }
        Type::List(of) | Type::Set(of) if holds_a_list(value, of) => {
            "Take the outer brackets away: what stands in them is a list already.".to_owned()
        }
        Type::Bool => "Write true or false.".to_owned(),
        Type::Number => "Write a number.".to_owned(),
        Type::String if identity(attr, value).is_some() => {
            let (whole, name) = (describe(expr).unwrap_or_else(|| "...".to_owned()), identity(attr, value));
            format!("That is the whole object: write {whole}.{}.", name.unwrap_or_default())
        }
        ty => format!("Give it a value of type {ty}."),
    }
}

/// How one value is written where a list of them is wanted: the reference, and not what it comes to.
fn in_brackets(attr: &Attr, value: &Value, expr: &Expr) -> String {
    let (reference, text) = (describe(expr), value.as_str());
    if let (Some(variable), Some(text)) = (&reference, text)
        && variable.starts_with("var.")
        && text.trim_start().starts_with('[')
    {
        return format!(
            "{variable} has no type, so that what is given is a text: write type = {} in its block.",
            attr.ty
        );
    }
    let shown = text.filter(|_| !attr.secret && !value.is_sensitive_anywhere()).map(|text| format!("{text:?}"));
    format!("Put it into brackets: [{}].", reference.or(shown).unwrap_or_else(|| "...".to_owned()))
}

/// What of an object names it where its name, id or ARN is wanted.
fn identity(attr: &Attr, value: &Value) -> Option<&'static str> {
    let object = value.as_object()?;
    let by = attr.refers.first().map(|refers| refers.by.attribute());
    let named = attr.name.ends_with("name").then_some("name");
    let told = [Some(attr.name), named, by].into_iter().flatten();
    told.into_iter().find(|name| object.contains_key(name))
}

/// Whether the only element of a value has the elements that are wanted.
fn holds_a_list(value: &Value, of: &Type) -> bool {
    let [only] = value.as_items().unwrap_or_default() else { return false };
    let is_list = matches!(only.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
    is_list && convert(only, &Type::list(of.clone())).is_ok()
}

/// The rule that a value breaks.
fn broken<'a>(attr: Option<&'a Attr>, value: Option<&Value>) -> Option<&'a Rule> {
    let value = value?;
    attr?.rules.iter().find(|rule| rule.violation(value).is_some())
}

/// What is wrong with a value that breaks a rule; what its advice says is not said twice.
fn against(rule: Option<&Rule>, name: &str, value: Option<&Value>, violation: &str) -> String {
    let Some(value) = value.filter(|value| !value.is_sensitive_anywhere()) else {
        return format!("{name} {violation}.");
    };
    match (rule.and_then(|rule| rule.offender(value)), value.as_str()) {
        (Some(text), Some(_)) => format!("{name} cannot be \"{text}\"."),
        (Some(text), None) => format!("{name} cannot hold \"{text}\"."),
        (None, Some(text)) => format!("{name} is \"{text}\", and {violation}."),
        (None, None) => format!("{name} {violation}."),
    }
}

struct Reader<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    name: &'a str,
    elements: BTreeMap<(Arc<str>, String), Span>,
    extents: BTreeMap<(Arc<str>, String), Span>,
    merged: Vec<(Span, Arc<Origin>)>,
    /// How many nested blocks `dynamic` blocks have made.
    count: usize,
}

/// What a nested block costs, in steps of evaluation.
const STEPS_PER_BLOCK: u64 = 20;
/// The most nested blocks that `dynamic` blocks of one block may make.
const MOST_BLOCKS: usize = 100_000;

impl Reader<'_> {
    fn eval(&mut self, expr: &Expr, scope: &dyn Scope) -> Option<Value> {
        match eval(expr, scope) {
            Ok(value) => Some(value),
            Err(mut wrong) => {
                self.diagnostics.append(&mut wrong);
                None
            }
        }
    }

    fn attribute(
        &mut self,
        attr: &Attr,
        attribute: &Attribute,
        scope: &dyn Scope,
        conform: fn(&Attr, &Value) -> Result<Value, Mismatch>,
    ) -> Option<Value> {
        let told = attr.secret && is_written_out(&attribute.expr, scope, 0);
        let warning = told.then(|| written_out(attribute, &attr.ty));
        let value = self.eval(&attribute.expr, scope);
        // Of the sides of a conditional only one counts.
        self.diagnostics.extend(warning.filter(|_| value.as_ref().is_none_or(|value| !value.is_null())));
        let value = value?;
        let value = attr.takes.map_or_else(|| value.clone(), |takes| takes(value.clone()));
        if value.has_secret() && !attr.secret {
            self.diagnostics.push(
                Diagnostic::error(
                    "CS0408",
                    "A secret out of place",
                    format!("`{}` of `{}` is not a secret attribute.", attr.name, self.name),
                )
                .at(attribute.expr.span)
                .help("secret() may only be the value of an attribute that holds a secret, such as auth_token."),
            );
            return None;
        }
        // What the provider of Terraform reads as a text may be an empty one.
        let value = if attr.empty_is_null(&value) { Value::null_of(attr.ty.clone()) } else { value };
        match conform(attr, &value) {
            Ok(conformed) => {
                let conformed = attr.without_nothing(conformed);
                if conformed.is_unknown() && !value.is_unknown() {
                    self.merged.extend(value.foreign().into_iter().map(|origin| (attribute.expr.span, origin)));
                }
                self.refuse(attr, attribute, &conformed);
                Some(conformed)
            }
            Err(mismatch) => {
                let detail = mismatch.of(attr.name, &attr.ty);
                self.diagnostics.push(
                    Diagnostic::error("CS0404", "Wrong type", detail).at(attribute.expr.span).help(as_wanted(
                        attr,
                        &value,
                        &attribute.expr,
                    )),
                );
                None
            }
        }
    }

    /// What is not supported is refused where it is set to something.
    fn refuse(&mut self, attr: &Attr, attribute: &Attribute, value: &Value) {
        let elements = value.as_items().filter(|_| attr.block.is_none() && self.name != "provider");
        if elements.is_some_and(|elements| elements.iter().any(Value::is_null)) {
            let detail = format!("`{}` has an element that is null.", attr.name);
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail);
            self.diagnostics.push(diagnostic.at(attribute.expr.span).help("Leave it out: compact([...]) does."));
        }
        let nothing = value.is_null() || value.is_unknown() || value.as_items().is_some_and(<[Value]>::is_empty);
        if let Some(advice) = attr.deprecated.filter(|_| !nothing) {
            let diagnostic = Diagnostic::error("CS0325", "Not supported", format!("`{}` is refused.", attr.name));
            self.diagnostics.push(diagnostic.at(attribute.name_span).help(advice));
        }
    }

    /// All blocks of one name as one value.
    fn blocks(&mut self, attr: &Attr, blocks: &[&Nested], scope: &dyn Scope) -> Option<Value> {
        let block = attr.block.as_ref()?;
        let mut items = Vec::new();
        for nested in blocks {
            match &nested.source {
                NestedSource::Once => items.push(self.block(block, nested, scope)),
                NestedSource::Dynamic { for_each, iterator } => {
                    let Some(collection) = self.eval(for_each, scope) else { continue };
                    let Some(elements) = elements(&collection) else {
                        if collection.is_unknown() {
                            return Some(Value::unknown(
                                attr.ty.clone(),
                                collection.first_unknown().and_then(|u| u.origin.clone()),
                            ));
                        }
                        self.diagnostics.push(not_a_collection(for_each, &collection));
                        continue;
                    };
                    for (key, value) in elements {
                        self.count_block(for_each, scope)?;
                        let element = Object::from([("key".into(), key), ("value".into(), value)]);
                        let names = Object::from([(iterator.clone(), Value::object(element))]);
                        let scope = Bindings { parent: scope, names };
                        items.push(self.block(block, nested, &scope));
                    }
                }
            }
        }
        let again = items.iter().enumerate().any(|(at, item)| item.is_wholly_known() && items[..at].contains(item));
        if let Some(last) = blocks.last().filter(|_| block.counted && again) {
            let detail = format!("Two blocks `{}` say the same, and count as one.", attr.name);
            let help = block.key.map_or_else(
                || "Take one of them out.".to_owned(),
                |key| format!("Give each a `{key}` of its own; or take one of them out."),
            );
            let diagnostic = Diagnostic::warning("CS1082", "Two equal blocks are one", detail);
            self.diagnostics.push(diagnostic.at(last.span).help(help));
        }
        let ty = object_type(&block.attrs);
        let value = if matches!(attr.ty, Type::Set(_)) { Value::set(ty, items) } else { Value::list(ty, items) };
        match conform(attr, &value) {
            Ok(value) => Some(value),
            Err(mismatch) => {
                let span = blocks.first().map(|block| block.span)?;
                let detail = format!("`{}{}`: {}.", attr.name, mismatch.path, mismatch.message);
                self.diagnostics.push(
                    Diagnostic::error("CS0404", "Wrong type", detail)
                        .at(span)
                        .help("Write it with the types that are named."),
                );
                None
            }
        }
    }

    /// Counts one nested block of a `dynamic` block: these multiply, too.
    fn count_block(&mut self, for_each: &Expr, scope: &dyn Scope) -> Option<()> {
        let budget = &scope.settings().budget;
        let counted = budget.enter().and_then(|_frame| budget.work(STEPS_PER_BLOCK));
        self.count += 1;
        if let Err(limit) = counted {
            self.diagnostics.push(budget.told(limit, for_each.span));
            return None;
        }
        if self.count > MOST_BLOCKS {
            let detail = format!("The block has more than {MOST_BLOCKS} nested blocks.");
            let diagnostic = Diagnostic::error("CS0368", "Too many modules or instances", detail).at(for_each.span);
            self.diagnostics.push(diagnostic.help("Look for a repetition within a repetition."));
            return None;
        }
        Some(())
    }

    fn block(&mut self, block: &schema::Block, nested: &Nested, scope: &dyn Scope) -> Value {
        let attrs = &block.attrs;
        let mut object = Object::new();
        for attribute in &nested.attributes {
            let Some(attr) = attrs.iter().find(|attr| attr.name == &*attribute.name) else { continue };
            let value = match self.attribute(attr, attribute, scope, conform_nested) {
                Some(value) => {
                    self.check_nested(attr, attribute, &value, &nested.name);
                    value
                }
                None => Value::unknown(attr.ty.clone(), None),
            };
            object.insert(attribute.name.clone(), value);
        }
        self.note_element(block, nested, &object);
        for attr in attrs.iter().filter(|attr| attr.block.is_some()) {
            let inner: Vec<&Nested> = nested.nested.iter().filter(|inner| &*inner.name == attr.name).collect();
            if !inner.is_empty()
                && let Some(value) = self.blocks(attr, &inner, scope)
            {
                object.insert(attr.name.into(), value);
            }
        }
        for attr in attrs {
            object.or_insert_with(attr.name.into(), || Value::null_of(attr.ty.clone()));
        }
        Value::object(object)
    }
}

impl Reader<'_> {
    /// Checks the rules of an attribute of a nested block at its own place.
    fn check_nested(&mut self, attr: &Attr, attribute: &Attribute, value: &Value, block: &str) {
        if value.is_null() {
            if attr.mode == crate::schema::Mode::Required {
                let detail = format!("`{}` of `{block}` must be set.", attr.name);
                let diagnostic = Diagnostic::error("CS0406", "A required value is null", detail);
                self.diagnostics.push(diagnostic.at(attribute.expr.span).help("Give it a value."));
            }
            return;
        }
        for rule in &attr.rules {
            let Some(violation) = rule.violation(value) else { continue };
            let detail = against(Some(rule), &format!("`{}` of `{block}`", attr.name), Some(value), &violation);
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail).of_rule();
            self.diagnostics.push(diagnostic.at(attribute.expr.span).help(rule.advice(value)));
        }
    }

    /// Remembers where the values of a map are that is written out.
    fn note_keys(&mut self, attribute: &Attribute) {
        let Node::Object(pairs) = &*attribute.expr.node else { return };
        for (key, value) in pairs {
            let text = match key {
                ast::Key::Name(name, _) => name,
                ast::Key::Expr(Expr { node, .. }) if let Node::String(text) = &**node => text,
                ast::Key::Expr(_) => continue,
            };
            self.elements.entry((attribute.name.clone(), text.to_string())).or_insert(value.span);
        }
    }

    /// Remembers where a nested block is, by what tells it from others; without that, that there is one. The last of
    /// two is the one that is too many.
    fn note_element(&mut self, block: &schema::Block, nested: &Nested, object: &Object) {
        let name = block.key.and_then(|key| object.get(key)?.as_str()).unwrap_or_default().to_owned();
        let spans = nested.attributes.iter().map(|attribute| attribute.expr.span);
        let span = spans.reduce(Span::to).unwrap_or(nested.span);
        self.extents.insert((nested.name.clone(), name.clone()), extent(nested));
        self.elements.insert((nested.name.clone(), name), span);
    }
}

/// From the header of a nested block to the last value in it.
fn extent(nested: &Nested) -> Span {
    let values = nested.attributes.iter().map(|attribute| attribute.expr.span);
    values.chain(nested.nested.iter().map(extent)).fold(nested.span, Span::to)
}

/// How deep local values are looked into that are made of each other.
const LOCALS_MAX: u32 = 8;

/// Whether an expression may yield a text that stands in the files.
fn is_written_out(expr: &Expr, scope: &dyn Scope, depth: u32) -> bool {
    let is = |expr: &Expr| is_written_out(expr, scope, depth);
    match &*expr.node {
        Node::String(text) => !text.is_empty(),
        Node::Number(_) => true,
        Node::Template(parts) => parts.iter().all(|part| match part {
            Part::Text(_) => true,
            Part::Interpolation(inner) => is(inner),
            _ => false,
        }),
        Node::Parens(inner) | Node::Index(inner, _) | Node::LegacyIndex(inner, _) => is(inner),
        Node::Tuple(items) => items.iter().any(is),
        Node::Conditional(_, yes, no) => is(yes) || is(no),
        Node::Attr(source, name) => {
            let meant = part(source, name, scope, depth).filter(|_| depth < LOCALS_MAX);
            meant.is_some_and(|expr| is_written_out(expr, scope, depth + 1))
        }
        Node::Call { name, args, .. } => match &**name {
            "secret" => false,
            "coalesce" | "try" => args.iter().any(is),
            _ => !args.is_empty() && args.iter().all(is),
        },
        _ => false,
    }
}

/// What stands in the files for `local.name`, or for the `name` of an object that is written there. What of the files no
/// message may show is another matter ([`crate::lang::hide`]), which has to go by tokens.
fn part<'a>(source: &'a Expr, name: &str, scope: &'a dyn Scope, depth: u32) -> Option<&'a Expr> {
    let object = match &*source.node {
        Node::Name(root) if &**root == "local" => return scope.written_local(name),
        Node::Attr(inner, of) if depth < LOCALS_MAX => part(inner, of, scope, depth + 1)?,
        _ => return None,
    };
    let Node::Object(pairs) = &*object.node else { return None };
    let is_it = |key: &ast::Key| match key {
        ast::Key::Name(text, _) => &**text == name,
        ast::Key::Expr(Expr { node, .. }) => matches!(&**node, Node::String(text) if &**text == name),
    };
    pairs.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
}

fn written_out(attribute: &Attribute, ty: &Type) -> Diagnostic {
    let detail =
        format!("`{}` is written out in the stack, for all who read its files or their history.", attribute.name);
    let secret = match ty {
        Type::Set(_) | Type::List(_) => "[secret(\"env:NAME\")]",
        _ => "secret(\"env:NAME\")",
    };
    let help =
        format!("Write {} = {secret}, or \"file:PATH\" or \"command:...\", and make a new secret.", attribute.name);
    Diagnostic::warning("CS0418", "A secret in the files of the stack", detail).at(attribute.expr.span).help(help)
}

/// Keys and values of a collection; a set has its elements as keys.
fn elements(collection: &Value) -> Option<Vec<(Value, Value)>> {
    let mark = collection.sensitive;
    let pair = |(key, value): (Value, &Value)| (key, value.clone().with_mark(mark));
    match &collection.data {
        Data::Set(_, items) => Some(items.iter().map(|item| (item.clone(), item.clone().with_mark(mark))).collect()),
        Data::List(_, items) | Data::Tuple(items) => {
            Some(items.iter().enumerate().map(|(index, item)| pair((Value::int(index as i64), item))).collect())
        }
        Data::Map(_, items) | Data::Object(items) => {
            Some(items.iter().map(|(key, item)| pair((Value::string(key), item))).collect())
        }
        _ => None,
    }
}

fn not_a_collection(expr: &Expr, value: &Value) -> Diagnostic {
    Diagnostic::error("CS0409", "Not a collection", format!("`for_each` of a dynamic block is of type {}.", value.ty()))
        .at(expr.span)
        .help("Give it a list, a set or a map.")
}
