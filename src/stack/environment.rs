//! The environment that a run is for: its block, the provider's, and the command line's say.

mod choose;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::address::ModulePath;
use crate::catalog::regions;
use crate::diag::lint::Lints;
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::{Attribute, Node};
use crate::lang::declare::provider::{has_user, is_role, is_url, schema as provider_schema, shown_url};
use crate::lang::declare::settings::elsewhere;
use crate::lang::declare::{Backend, Module, Provider, Resource};
use crate::lang::eval::{Scope, eval};
use crate::lang::syntax;
use crate::stack::Stack;
use crate::stack::access::{Access, Overriding, Surroundings};
use crate::stack::evaluator::Evaluator;
use crate::stack::location::{self, Location, Wrong};
use crate::stack::provider;
use crate::stack::providers::{Accounts, IgnoredTags, Providers, stranger};
use crate::stack::public;
use crate::stack::secrets::Secrets;
use crate::stack::terraform_state::unread;
use crate::value::convert::convert;
use crate::value::{Data, Object, Secret, Type, Value};
pub use choose::{choose, default, pattern, select};

/// The endpoint that is no URL.
pub const EMULATOR: &str = "emulator";

/// An environment with everything evaluated.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `default` where the stack declares none.
    pub name: Arc<str>,
    /// `emulator` or a URL; AWS itself without it.
    pub endpoint: Option<String>,
    /// Whether the endpoint comes from outside, and the environment itself is one of AWS.
    pub borrowed: bool,
    /// The region of everything that names none.
    pub region: Option<Arc<str>>,
    /// The account that the credentials must belong to.
    pub account_id: Option<Arc<str>>,
    /// The way to AWS: what the plain provider says, under what the environment says.
    pub access: Arc<Access>,
    /// The accounts that every provider in use may work in, with its name.
    pub accounts: Vec<(String, Accounts)>,
    /// Whether what holds data may not be destroyed or replaced.
    pub protect: bool,
    /// Tags of the stack and of the environment; the latter win.
    pub tags: Object,
    /// Where the state lies, if not beside the stack.
    pub state: Option<Location>,
    /// What the stack was called before, so that the state of that name is its own.
    pub renamed_from: Option<String>,
    /// What the state is encrypted with.
    pub state_keys: StateKeys,
    /// Whether a fixed name may get a suffix when it must be replaced while in use.
    pub versioned_names: bool,
    /// A state of Terraform that values of its resources are taken from, and the place that names it.
    pub terraform_state: Option<(Location, Span)>,
    /// Where the `backend` block says that Terraform keeps its state, or why that is not read here.
    pub backend: Option<Result<Location, Wrong>>,
    /// Where the secrets are kept that are made here, as it is written.
    pub secrets: Option<String>,
    /// The providers of the stack and its modules.
    pub providers: Providers,
    /// How much the rules of the service count.
    pub lints: Lints,
}

/// The keys of a state: what is written is sealed with the current one, and what any of them has sealed can be read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StateKeys {
    /// None: what is written is not encrypted.
    pub current: Option<Secret>,
    /// Those that were current before.
    pub former: Vec<Secret>,
}

impl std::fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateKeys({}, {} former)", self.current.is_some(), self.former.len())
    }
}

/// Whether requests can be sent there: to the emulator, or to a URL.
pub fn is_endpoint(text: &str) -> bool {
    text == EMULATOR || is_url(text)
}

/// What may be meant by an endpoint that is none.
pub fn meant_endpoint(text: &str) -> String {
    match (did_you_mean(text, [EMULATOR]), text.split_once(':')) {
        (Some(near), _) => format!("Did you mean \"{near}\"?"),
        (None, Some((host, port))) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            format!("Write \"http://{text}\".")
        }
        _ => "Write \"emulator\", or a URL such as \"http://localhost:4566\".".to_owned(),
    }
}

fn secret_of(value: &Value) -> Option<Secret> {
    match &value.data {
        Data::Secret(secret) => Some((**secret).clone()),
        _ => None,
    }
}

impl Environment {
    /// The directory of the state below that of all states. One of AWS is never touched by a run that goes elsewhere:
    /// no environment has an `@` in its name.
    pub fn state_name(&self) -> String {
        if self.borrowed { format!("{}@endpoint", self.name) } else { self.name.to_string() }
    }

    /// Whether the account is the emulator in this process.
    pub fn is_emulated(&self) -> bool {
        self.endpoint.as_deref() == Some(EMULATOR)
    }

    /// Where requests go, in words; nothing for AWS itself.
    pub fn place(&self) -> Option<String> {
        let place = |endpoint: &str| match endpoint == EMULATOR {
            true => "the built-in emulator".to_owned(),
            false => shown_url(endpoint),
        };
        self.endpoint.as_deref().map(place)
    }

    /// The tags that a resource has without saying any: of its provider, the stack and the environment. What was not
    /// known when the environment was read is asked for again.
    pub fn tags_of(&self, resource: &Resource, evaluator: &Evaluator) -> Object {
        let provider = self.providers.of(resource).ok().flatten();
        let mut tags = provider.map(|provider| provider.tags_now(evaluator)).unwrap_or_default();
        if self.tags.values().all(Value::is_wholly_known) {
            tags.extend(self.tags.iter().map(|(name, value)| (name.clone(), value.clone())));
            return tags;
        }
        let module = &evaluator.stack().module;
        let stack = module.stack.as_ref().and_then(|stack| stack.attributes.get("tags"));
        let own = block(module, &self.name).and_then(|own| own.get("tags"));
        // What is wrong with them has been said.
        let mut reader = Reader { scope: evaluator, diagnostics: &mut Vec::new() };
        tags.extend(reader.tags(stack));
        tags.extend(reader.tags(own));
        tags
    }

    /// The tags of a resource that are left to others.
    pub fn ignored_tags(&self, resource: &Resource) -> IgnoredTags {
        self.providers.of(resource).ok().flatten().map(|provider| provider.ignored.clone()).unwrap_or_default()
    }
}

/// `vars` of the environment, which are wanted before anything else is evaluated.
pub fn vars(
    module: &Module,
    name: &str,
    scope: &dyn Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Object, Span)> {
    let attribute = block(module, name)?.get("vars")?;
    let value = value(attribute, &Type::Any, scope, diagnostics)?;
    match value.as_object() {
        Some(vars) => Some((marked(vars, value.sensitive), attribute.expr.span)),
        None => {
            diagnostics.push(
                Diagnostic::error("CS0353", "Not a map", "`vars` must be a map of variables and their values.")
                    .at(attribute.expr.span)
                    .help("Write vars = { name = value }."),
            );
            None
        }
    }
}

fn block<'m>(module: &'m Module, name: &str) -> Option<&'m BTreeMap<Arc<str>, Attribute>> {
    module.environments.iter().find(|environment| &*environment.name == name).map(|environment| &environment.attributes)
}

/// Evaluates everything else of an environment. `endpoint` is the command line's, which wins.
pub fn evaluate(
    names: &Stack,
    name: &str,
    endpoint: Option<&str>,
    process: &BTreeMap<String, String>,
    evaluator: &Evaluator,
    diagnostics: &mut Vec<Diagnostic>,
) -> Environment {
    let module = &names.module;
    let empty = BTreeMap::new();
    let own = block(module, name).unwrap_or(&empty);
    let stack = module.stack.as_ref().map_or(&empty, |stack| &stack.attributes);
    let mut reader = Reader { scope: evaluator, diagnostics };
    let own_endpoint = reader.endpoint(own.get("endpoint"));
    let endpoint = endpoint.map(str::to_owned).or_else(|| of_process(process, own_endpoint.is_none()));
    let borrowed = own_endpoint.is_none() && endpoint.is_some();
    let endpoints = reader.endpoints(own.get("endpoints"));
    let overriding = Overriding {
        profile: reader.text(own.get("profile")),
        role: reader.role(own.get("assume_role_arn")),
        elsewhere: own_endpoint.is_some() || endpoint.is_some(),
        endpoints: if endpoint.is_some() { BTreeMap::new() } else { endpoints },
    };
    let home = process.get("HOME").map(PathBuf::from);
    let around = Surroundings { directory: &names.directory, home: home.as_deref(), secrets: evaluator.secrets() };
    let mut found = Vec::new();
    let mut plain = None;
    let read = |path: &ModulePath, block: &Provider| {
        let mut settings = provider::read(block, &evaluator.within(path), &around, &overriding, &mut found);
        if !path.is_empty() {
            let way: Vec<String> = path.iter().map(|(name, _)| format!("module.{name}")).collect();
            settings.name = format!("{} of {}", settings.name, way.join("."));
        }
        if path.is_empty() && block.alias.is_none() {
            // The region of the environment beats it, so it only counts where that has none.
            plain = settings.region.take();
        }
        settings
    };
    let levels = module.stack.as_ref().map(|stack| stack.lints.clone()).unwrap_or_default();
    let lints = Lints::read(levels, &names.sources, &syntax::comments, diagnostics);
    let providers = Providers::new(names, read, diagnostics);
    diagnostics.append(&mut found);
    let leading = providers.leading(names);
    let access = leading.map(|leading| leading.access.clone());
    let access = access.unwrap_or_else(|| Arc::new(Access::default().under(&overriding)));
    let used = providers.used(names);
    for provider in &used {
        diagnostics.extend(provider.faults.iter().cloned().chain(stranger(provider, leading, &access)));
        let wrong = provider.region.as_deref().and_then(|region| unknown_region(region, provider.place_of("region")));
        diagnostics.extend(lints.judge(wrong.into_iter().collect()));
    }
    let accounts = used.iter().map(|provider| (provider.name.clone(), provider.accounts.clone())).collect();
    let mut reader = Reader { scope: evaluator, diagnostics };
    let mut tags = reader.tags(stack.get("tags"));
    tags.extend(reader.tags(own.get("tags")));
    let from_process = |name: &str| process.get(name).filter(|text| !text.is_empty()).cloned();
    let region = reader
        .public(own.get("region"))
        .map(Arc::from)
        .or(plain)
        .or_else(|| from_process("AWS_REGION").or_else(|| from_process("AWS_DEFAULT_REGION")).map(Arc::from));
    if let Some(region) = region.as_deref() {
        let span = own.get("region").map(|attribute| attribute.expr.span);
        let of_plain = || providers.plain().and_then(|plain| plain.place_of("region"));
        let wrong = unknown_region(region, span.or_else(of_plain));
        reader.diagnostics.extend(lints.judge(wrong.into_iter().collect()));
    }
    let place = own.get("state").or(stack.get("state"));
    let state = reader.state(place, module.backend.as_ref());
    let is_backend = |attribute: Option<&Attribute>| {
        attribute.is_some_and(|attribute| matches!(&*attribute.expr.node, Node::String(word) if &**word == "backend"))
    };
    let is_read = is_backend(place) || is_backend(own.get("terraform_state"));
    let backend = module.backend.as_ref().map(|backend| reader.backend(backend));
    if let Some(backend) = module.backend.as_ref().filter(|_| !is_read) {
        reader.diagnostics.push(elsewhere("backend", backend.span));
    }
    Environment {
        name: name.into(),
        borrowed,
        endpoint: endpoint.or(own_endpoint),
        region,
        account_id: reader.account(own.get("account_id")),
        access,
        accounts,
        protect: reader.truth(own.get("protect")).unwrap_or(false),
        tags,
        state,
        renamed_from: reader.public(stack.get("renamed_from")),
        state_keys: StateKeys {
            current: reader.key(own.get("state_key").or(stack.get("state_key")), evaluator.secrets()).pop(),
            former: reader.key(own.get("former_state_keys").or(stack.get("former_state_keys")), evaluator.secrets()),
        },
        terraform_state: reader.terraform_state(own.get("terraform_state"), backend.as_ref()),
        backend,
        secrets: reader.secrets(own.get("secrets")),
        versioned_names: reader.truth(stack.get("versioned_names")).unwrap_or(true),
        providers,
        lints,
    }
}

/// The place of a state of Terraform as a text names it: a file, a URL, or `backend`.
///
/// # Errors
/// It is no place, or there is no backend that is read here.
pub fn place_of_terraform(text: &str, backend: Option<&Result<Location, Wrong>>) -> Result<Location, Wrong> {
    let place = match (text, backend) {
        ("backend", Some(backend)) => backend.clone()?,
        ("backend", None) => {
            return Err(Wrong {
                detail: "There is no `backend` block that says where Terraform keeps its state.".to_owned(),
                help: "Name the place itself: a file, or \"s3://BUCKET/KEY\"; a file of that name is \"./backend\"."
                    .to_owned(),
            });
        }
        _ => Location::parse(text)?,
    };
    match &place {
        Location::Bucket(bucket) if bucket.prefix.is_empty() => Err(Wrong {
            detail: format!("\"{text}\" names a bucket, and no object in it."),
            help: "Write s3://BUCKET/KEY, with the whole key of the state.".to_owned(),
        }),
        _ => Ok(place),
    }
}

impl Environment {
    /// Whether these are the tags of the stack and this environment. What is there keeps the name that the stack had.
    pub fn is_own(&self, stack: &str, (of, environment): (&str, &str)) -> bool {
        environment == &*self.name && (of == stack || self.renamed_from.as_deref() == Some(of))
    }
}

/// A region that is not known. AWS opens regions without notice, so it counts as little as the stack says.
fn unknown_region(region: &str, span: Option<Span>) -> Option<Diagnostic> {
    let (detail, help) = regions::unknown(region)?;
    let wrong = Diagnostic::error("CS1047", "Unknown region", detail).help(help).of_rule();
    Some(Diagnostic { span, ..wrong })
}

/// The URL that `AWS_ENDPOINT_URL` puts in the place of AWS, as every SDK reads it.
fn of_process(process: &BTreeMap<String, String>, aws: bool) -> Option<String> {
    let ignored = process.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| text == "true");
    process.get("AWS_ENDPOINT_URL").filter(|url| aws && !ignored && !url.is_empty()).cloned()
}

struct Reader<'a> {
    scope: &'a dyn Scope,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn text(&mut self, attribute: Option<&Attribute>) -> Option<String> {
        let value = self.known(attribute?, &Type::String)?;
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A value that must not be left open: it would count as left out.
    fn known(&mut self, attribute: &Attribute, ty: &Type) -> Option<Value> {
        let value = value(attribute, ty, self.scope, self.diagnostics)?;
        if value.is_wholly_known() && !value.has_secret() {
            return Some(value);
        }
        if !provider::lacks_variable(&value) {
            let what = format!("`{}` of the environment", attribute.name);
            self.diagnostics.push(provider::unknown(&what).at(attribute.expr.span));
        }
        None
    }

    /// A role to work as.
    fn role(&mut self, attribute: Option<&Attribute>) -> Option<String> {
        let text = self.text(attribute)?;
        if let (false, Some(attribute)) = (is_role(&text), attribute) {
            let detail = format!("`{}` is \"{text}\", and must be the ARN of a role.", attribute.name);
            let help = "Write arn:aws:iam::ACCOUNT:role/NAME.";
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail).help(help);
            self.diagnostics.push(diagnostic.at(attribute.expr.span));
        }
        Some(text)
    }

    /// The emulator, or a URL.
    fn endpoint(&mut self, attribute: Option<&Attribute>) -> Option<String> {
        let text = self.public(attribute)?;
        if let Some(attribute) = attribute.filter(|_| has_user(&text)) {
            let detail = "`endpoint` has a user or a password in it, which are never sent: requests are signed.";
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail);
            self.diagnostics.push(diagnostic.at(attribute.expr.span).help("Leave out what stands before the @."));
        } else if let Some(attribute) = attribute.filter(|_| !is_endpoint(&text)) {
            let detail = "`endpoint` is neither \"emulator\" nor an http or https URL.";
            let help = meant_endpoint(&text);
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail).help(help);
            self.diagnostics.push(diagnostic.at(attribute.expr.span));
        }
        Some(text)
    }

    /// URLs by service.
    fn endpoints(&mut self, attribute: Option<&Attribute>) -> BTreeMap<Arc<str>, String> {
        let mut endpoints = BTreeMap::new();
        let Some(attribute) = attribute else { return endpoints };
        let Some(value) = self.known(attribute, &Type::map(Type::String)) else { return endpoints };
        let block = provider_schema().attr("endpoints").and_then(|attr| attr.block.as_ref());
        let services: Vec<&str> = block.into_iter().flat_map(|block| &block.attrs).map(|attr| attr.name).collect();
        for (service, url) in value.as_object().into_iter().flatten() {
            let url = url.as_str().unwrap_or_default();
            let (detail, help) = match (services.contains(&&**service), is_url(url)) {
                (true, true) => {
                    endpoints.insert(service.clone(), url.to_owned());
                    continue;
                }
                (true, false) => (format!("The endpoint of `{service}` is not an http or https URL."), None),
                (false, _) => (
                    format!("AWS has no service `{service}`."),
                    did_you_mean(service, services.iter().copied()).map(|near| format!("Did you mean `{near}`?")),
                ),
            };
            let diagnostic = Diagnostic::error("CS0407", "A value that is not allowed", detail);
            let help = help.unwrap_or_else(|| "Write endpoints = { elasticache = \"https://...\" }.".to_owned());
            self.diagnostics.push(diagnostic.at(attribute.expr.span).help(help));
        }
        endpoints
    }

    /// A text that is shown wherever the environment is told of, or is part of ids.
    fn public(&mut self, attribute: Option<&Attribute>) -> Option<String> {
        let attribute = attribute?;
        let value = value(attribute, &Type::String, self.scope, self.diagnostics)?;
        if value.sensitive {
            self.diagnostics.push(public::refused(&attribute.name).at(attribute.expr.span));
            return None;
        }
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A directory or the URL of a place for states.
    fn state(&mut self, attribute: Option<&Attribute>, backend: Option<&Backend>) -> Option<Location> {
        let attribute = attribute?;
        let text = self.public(Some(attribute))?;
        let place = match (&*text, backend) {
            ("backend", Some(backend)) => location::beside(&backend.kind, &self.arguments(backend)),
            ("backend", None) => Err(location::Wrong {
                detail: "There is no `backend` block to be beside.".to_owned(),
                help: "Name the place itself: `state = \"s3://BUCKET/PREFIX\"`; a directory is \"./backend\"."
                    .to_owned(),
            }),
            _ => Location::parse(&text),
        };
        match place {
            Ok(location) => Some(location),
            Err(wrong) => {
                let diagnostic = Diagnostic::error("CS0355", "Not a place for a state", wrong.detail);
                self.diagnostics.push(diagnostic.at(attribute.expr.span).help(wrong.help));
                None
            }
        }
    }

    /// Where a state of Terraform lies.
    fn terraform_state(
        &mut self,
        attribute: Option<&Attribute>,
        backend: Option<&Result<Location, Wrong>>,
    ) -> Option<(Location, Span)> {
        let attribute = attribute?;
        let text = self.public(Some(attribute))?;
        let span = attribute.expr.span;
        match place_of_terraform(&text, backend) {
            Ok(location) => Some((location, span)),
            Err(wrong) => {
                let diagnostic = Diagnostic { help: Some(wrong.help), ..unread(&wrong.detail) };
                self.diagnostics.push(diagnostic.at(span));
                None
            }
        }
    }

    /// Where a backend keeps the state.
    fn backend(&mut self, backend: &Backend) -> Result<Location, Wrong> {
        let arguments = self.arguments(backend);
        let is = |argument: &str, name: &str| argument.split('.').next() == Some(name);
        let other = location::OF_OTHERS.iter().find(|name| arguments.keys().any(|argument| is(argument, name)));
        match other {
            None => location::of_backend(&backend.kind, &arguments),
            Some(name) => Err(Wrong {
                detail: format!("`{name}` of the backend asks for other credentials than those of the environment."),
                help: "Name the place itself, s3://BUCKET/KEY, for which the credentials of the environment are used; `?profile=NAME` behind it names others.".to_owned(),
            }),
        }
    }

    /// What a backend says in plain text; what is within an object as `NAME.KEY`.
    fn arguments(&mut self, backend: &Backend) -> BTreeMap<String, String> {
        let text = |value: &Value| {
            let text = convert(value, &Type::String).ok().filter(|text| !text.sensitive)?;
            text.as_str().map(str::to_owned)
        };
        let mut found = BTreeMap::new();
        for (name, attribute) in &backend.attributes {
            let Ok(value) = eval(&attribute.expr, self.scope) else { continue };
            found.extend(text(&value).map(|text| (name.to_string(), text)));
            let within = value.as_object().into_iter().flat_map(|object| object.iter());
            found.extend(within.filter_map(|(key, value)| Some((format!("{name}.{key}"), text(value)?))));
        }
        found
    }

    /// A key: a secret, never a text that is written out.
    fn key(&mut self, attribute: Option<&Attribute>, secrets: &Secrets) -> Vec<Secret> {
        let Some(attribute) = attribute else { return Vec::new() };
        let Some(mut value) = value(attribute, &Type::Any, self.scope, self.diagnostics) else { return Vec::new() };
        if let Err(wrong) = secrets.read(&mut value) {
            self.diagnostics.push(wrong.at(attribute.expr.span));
            return Vec::new();
        }
        let one = value.as_items().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
        let found: Option<Vec<Secret>> = one.iter().map(secret_of).collect();
        found.unwrap_or_else(|| {
            let detail = format!("`{}` wants what opens the state, and a key is no text of a file.", attribute.name);
            let help = "Write secret(\"env:NAME\"), or another source of a secret; 32 bytes in base64 or hex digits.";
            self.diagnostics.push(Diagnostic::error("CS0355", "Not a key", detail).at(attribute.expr.span).help(help));
            Vec::new()
        })
    }

    /// A place for secrets that are made here.
    fn secrets(&mut self, attribute: Option<&Attribute>) -> Option<String> {
        let text = self.public(attribute)?;
        let (code, summary, detail) = match text.split_once(':') {
            Some(("file" | "command", rest)) if !rest.trim().is_empty() => return Some(text),
            Some(("ssm", path)) if path.starts_with('/') && is_path(path) => return Some(text),
            Some(("secretsmanager", prefix)) if is_path(prefix) => return Some(text),
            _ => ("CS0407", "A value that is not allowed", format!("`secrets` is \"{text}\", which names no place.")),
        };
        let help =
            "Write secrets = \"file:DIRECTORY\", \"command:PROGRAM\", \"ssm:/PREFIX\" or \"secretsmanager:PREFIX\".";
        let diagnostic = Diagnostic::error(code, summary, detail).help(help);
        self.diagnostics.push(attribute.map_or(diagnostic.clone(), |attribute| diagnostic.at(attribute.expr.span)));
        // What is wrong has been said, once.
        Some(text)
    }

    fn truth(&mut self, attribute: Option<&Attribute>) -> Option<bool> {
        self.known(attribute?, &Type::Bool)?.as_bool()
    }

    fn tags(&mut self, attribute: Option<&Attribute>) -> Object {
        let value =
            attribute.and_then(|attribute| value(attribute, &Type::map(Type::String), self.scope, self.diagnostics));
        let tags = value.as_ref().and_then(Value::as_object);
        let tags = tags.map(|tags| marked(tags, value.as_ref().is_some_and(|value| value.sensitive)));
        tags.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    fn account(&mut self, attribute: Option<&Attribute>) -> Option<Arc<str>> {
        let text = self.public(attribute)?;
        let good = text.len() == 12 && text.chars().all(|c| c.is_ascii_digit());
        if let (false, Some(attribute)) = (good, attribute) {
            self.diagnostics.push(
                Diagnostic::error(
                    "CS0354",
                    "Not an account",
                    format!("\"{text}\" is not the number of an AWS account."),
                )
                .at(attribute.expr.span)
                .help("Write its twelve digits in quotes."),
            );
        }
        Some(text.into())
    }
}

/// Whether names of parameters and secrets may begin so.
fn is_path(prefix: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.-/".contains(letter);
    !prefix.trim_matches('/').is_empty() && !prefix.contains("//") && prefix.chars().all(allowed)
}

/// The members of a map, as sensitive as the map.
fn marked(items: &Object, sensitive: bool) -> Object {
    items.iter().map(|(name, value)| (name.clone(), value.clone().with_mark(sensitive))).collect()
}

/// Evaluates an attribute that must be known.
fn value(attribute: &Attribute, ty: &Type, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let value = match eval(&attribute.expr, scope) {
        Ok(value) => value,
        Err(mut wrong) => {
            diagnostics.append(&mut wrong);
            return None;
        }
    };
    match convert(&value, ty) {
        Ok(value) if value.is_null() => None,
        Ok(value) => Some(value),
        Err(mismatch) => {
            let detail = mismatch.of(&attribute.name, ty);
            diagnostics.push(
                Diagnostic::error("CS0404", "Wrong type", detail)
                    .at(attribute.expr.span)
                    .help(format!("Give it a value of type {ty}.")),
            );
            None
        }
    }
}
