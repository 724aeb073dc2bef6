//! Finds what a request means: service, account, region, protocol and operation.

use super::Request;
use super::model::{self, Service};
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
    pub fields: Vec<(String, String)>,
}

/// The account of requests whose access key is not an account id.
const DEFAULT_ACCOUNT: &str = "000000000000";

impl Call {
    /// Whether the operation only looks.
    pub fn reads(&self) -> bool {
        ["Describe", "List", "Get"].iter().any(|verb| self.operation.starts_with(verb))
    }
}

/// Finds what a request means; nothing where it names no operation at all.
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
        let operation = field("Action")?.to_owned();
        let by_name = scope.service.as_deref().and_then(service_of_scope);
        let service = by_name.or_else(|| service_of_version(field("Version")?)).or_else(|| service_of_host(request))?;
        (service, if service == "ec2" { Protocol::Ec2 } else { Protocol::Query }, operation)
    };
    let account = scope.key.filter(|key| key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()));
    Some(Call {
        service,
        model: model::service(service)?,
        protocol,
        operation,
        account: account.unwrap_or_else(|| DEFAULT_ACCOUNT.into()),
        region: scope.region.unwrap_or_else(|| "us-east-1".into()),
        fields,
    })
}

/// The credential scope of a signature: `key/date/region/service/aws4_request`.
#[derive(Default)]
struct Scope {
    key: Option<String>,
    region: Option<String>,
    service: Option<String>,
}

impl Scope {
    fn of(request: &Request) -> Self {
        let header = request.header("authorization").and_then(|text| text.split("Credential=").nth(1));
        let signed = request.path.split("X-Amz-Credential=").nth(1).map(|text| text.split('&').next().unwrap_or(""));
        let Some(text) = header.or(signed) else { return Self::default() };
        let text = query::decode(text.split([',', ' ']).next().unwrap_or(""));
        let mut parts = text.split('/').map(str::to_owned);
        let key = parts.next();
        let region = parts.nth(1).filter(|region| {
            !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
        Self { key, region, service: parts.next() }
    }
}

fn service_of_scope(name: &str) -> Option<&'static str> {
    Some(match name {
        "elasticache" => "elasticache",
        "ec2" => "ec2",
        "monitoring" => "cloudwatch",
        "sts" => "sts",
        "tagging" => "resourcegroupstaggingapi",
        _ => return None,
    })
}

fn service_of_target(prefix: &str) -> Option<&'static str> {
    ["cloudwatch", "resourcegroupstaggingapi"]
        .into_iter()
        .find(|name| model::service(name).is_some_and(|model| model.target == prefix))
}

fn service_of_version(version: &str) -> Option<&'static str> {
    ["elasticache", "ec2", "cloudwatch", "sts"]
        .into_iter()
        .find(|name| model::service(name).is_some_and(|model| model.version == version))
}

fn service_of_host(request: &Request) -> Option<&'static str> {
    service_of_scope(request.header("host")?.split('.').next()?)
}
