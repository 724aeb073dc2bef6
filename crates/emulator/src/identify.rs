//! Finds what a request means: service, account, region, protocol and operation.

use super::Request;
use super::failure::Failure;
use super::model::{self, Service};
use super::service::{self, SERVICES};
use super::wire::query;

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Query,
    Ec2,
    /// The version, `1.0` or `1.1`, as the request names it.
    Json(&'static str),
    Cbor,
}

/// A request whose meaning is known.
pub struct Call {
    pub service: &'static str,
    pub model: &'static Service,
    pub protocol: Protocol,
    pub operation: String,
    pub account: String,
    pub region: String,
    /// What the request is signed as: `key/date/region/service/aws4_request`.
    pub credential: Option<String>,
    pub fields: Vec<(String, String)>,
    /// Why AWS would not even look at the operation.
    pub refusal: Option<Failure>,
}

/// The account of requests whose access key is not an account id.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// What stands around the account in the access key of a session.
const SESSION: (&str, &str) = ("ASIA", "ROLE");

/// The access key of a session in an account.
pub fn session_key(account: &str) -> String {
    format!("{}{account}{}", SESSION.0, SESSION.1)
}

/// The account that an access key names: it is that, or it is the key of a session there.
fn account(key: &str) -> Option<&str> {
    let of_session = key.strip_prefix(SESSION.0).and_then(|rest| rest.strip_suffix(SESSION.1));
    let account = of_session.unwrap_or(key);
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

impl Call {
    /// The service as the registry knows it.
    pub fn registered(&self) -> &'static service::Service {
        service::named(self.service).expect("a call is of a service in the registry")
    }

    /// Whether the operation only looks.
    pub fn reads(&self) -> bool {
        ["Describe", "List", "Get"].iter().any(|verb| self.operation.starts_with(verb))
    }
}

/// Finds what a request means; nothing where it does not even name a service.
pub fn identify(request: &Request) -> Option<Call> {
    let scope = Scope::of(request);
    let (path, query_string) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut fields = Vec::new();
    let (service, protocol, operation) = if let Some(rest) = path.strip_prefix("/service/") {
        let (target, operation) = rest.split_once("/operation/")?;
        (service_of_target(target)?, Protocol::Cbor, operation.to_owned())
    } else if let Some(target) = request.header("x-amz-target") {
        let (prefix, operation) = target.rsplit_once('.')?;
        let old = request.header("content-type").is_some_and(|kind| kind.contains("json-1.0"));
        (service_of_target(prefix)?, Protocol::Json(if old { "1.0" } else { "1.1" }), operation.to_owned())
    } else {
        fields = query::fields(query_string.as_bytes());
        if request.header("content-type").is_none_or(|kind| !kind.contains("json") && !kind.contains("cbor")) {
            fields.extend(query::fields(&request.body));
        }
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let operation = field("Action").unwrap_or_default().to_owned();
        let by_name = scope.service.as_deref().and_then(service_of_scope);
        let by_version = || field("Version").and_then(service_of_version);
        let service = by_name.or_else(by_version).or_else(|| service_of_host(request))?;
        (service, if service == "ec2" { Protocol::Ec2 } else { Protocol::Query }, operation)
    };
    let model = model::service(service)?;
    let refusal = refusal(&scope, service, protocol, &operation)
        .or_else(|| old_or_none(service, &operation, fields.iter().find(|(key, _)| key == "Version")?, &model.version));
    let account = scope.key.as_deref().and_then(account).map(str::to_owned);
    Some(Call {
        service,
        model,
        protocol,
        operation,
        account: account.unwrap_or_else(|| DEFAULT_ACCOUNT.into()),
        credential: scope.text,
        region: scope.region.unwrap_or_else(|| "us-east-1".into()),
        fields,
        refusal,
    })
}

/// What AWS says to a request before it looks at the operation. A signature is asked for, whether or not it is verified.
fn refusal(scope: &Scope, service: &str, protocol: Protocol, operation: &str) -> Option<Failure> {
    let denied = |code: &str, status: u16, message: &str| Some(Failure { status, ..Failure::new(code, message) });
    match (&scope.key, protocol) {
        (None, _) if scope.malformed => denied(
            "IncompleteSignature",
            400,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
        ),
        (None, Protocol::Ec2) => {
            denied("MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId")
        }
        (None, Protocol::Query) => denied("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        (None, _) => denied("MissingAuthenticationTokenException", 403, "Missing Authentication Token"),
        (Some(_), Protocol::Query) if operation.is_empty() => {
            denied("MissingAction", 400, &format!("The request to {service} is missing an action."))
        }
        (Some(_), Protocol::Ec2) if operation.is_empty() => {
            denied("MissingAction", 400, "The request must contain the parameter Action")
        }
        _ => None,
    }
}

/// A version that the service never had; earlier ones are answered as the current one.
fn old_or_none(service: &str, operation: &str, version: &(String, String), current: &str) -> Option<Failure> {
    let version = version.1.as_str();
    let dated = version.len() == 10 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if dated && version <= current {
        return None;
    }
    Some(match service {
        "ec2" => Failure::new(
            "NoSuchVersion",
            format!("The requested version ({version}) of service AmazonEC2 does not exist"),
        ),
        _ => no_operation(operation, version),
    })
}

/// An operation that a service does not have.
pub fn no_operation(operation: &str, version: &str) -> Failure {
    Failure::new("InvalidAction", format!("Could not find operation {operation} for version {version}"))
}

/// The credential scope of a signature: `key/date/region/service/aws4_request`.
#[derive(Default)]
struct Scope {
    /// The whole of it, where it names a key.
    text: Option<String>,
    key: Option<String>,
    region: Option<String>,
    service: Option<String>,
    /// Whether there is a signature that names no key.
    malformed: bool,
}

impl Scope {
    fn of(request: &Request) -> Self {
        let authorization = request.header("authorization");
        let header = authorization.and_then(|text| text.split("Credential=").nth(1));
        let signed = request.path.split("X-Amz-Credential=").nth(1).map(|text| text.split('&').next().unwrap_or(""));
        let malformed = authorization.is_some();
        let Some(text) = header.or(signed) else { return Self { malformed, ..Self::default() } };
        let text = query::decode(text.split([',', ' ']).next().unwrap_or(""));
        let mut parts = text.split('/').map(str::to_owned);
        let key = parts.next().filter(|key| !key.is_empty());
        let region = parts.nth(1).filter(|region| {
            (1..=32).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
        let service = parts.next();
        Self { malformed: key.is_none(), text: key.is_some().then_some(text), key, region, service }
    }
}

fn service_of_scope(name: &str) -> Option<&'static str> {
    SERVICES.iter().find(|service| service.scope == name).map(|service| service.name)
}

fn service_of_target(prefix: &str) -> Option<&'static str> {
    modelled(|model| model.target == prefix)
}

/// Versions are dates, which JSON services have in common with each other.
fn service_of_version(version: &str) -> Option<&'static str> {
    modelled(|model| model.target.is_empty() && model.version == version)
        .or_else(|| modelled(|model| model.version == version))
}

fn modelled(is: impl Fn(&Service) -> bool) -> Option<&'static str> {
    SERVICES.iter().map(|service| service.name).find(|name| model::service(name).is_some_and(&is))
}

fn service_of_host(request: &Request) -> Option<&'static str> {
    service_of_scope(request.header("host")?.split('.').next()?)
}
