//! Finds what a request means (service, account, region, protocol, operation), has it answered, and writes the
//! answer in the protocol that it came in.

use super::context::Context;
use super::failure::{Answer, Failure};
use super::faults::Verdict;
use super::input::{self, Input};
use super::model::{self, Operation, Service};
use super::region::Region;
use super::time::Speed;
use super::wire::{self, cbor, json, query, timestamp_text, xml};
use super::world::World;
use super::{Delivery, Emulator, Options, Request, Response};
use serde_json::Value;

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Query,
    Ec2,
    /// The version, `1.0` or `1.1`, as the request names it.
    Json(&'static str),
    Cbor,
}

/// A request whose meaning is known.
struct Call {
    service: &'static str,
    model: &'static Service,
    protocol: Protocol,
    operation: String,
    account: String,
    region: String,
    fields: Vec<(String, String)>,
}

/// The account of requests whose access key is not an account id.
const DEFAULT_ACCOUNT: &str = "000000000000";

/// Answers a request to an AWS service.
pub fn handle(emulator: &Emulator, request: &Request) -> Delivery {
    let Some(call) = identify(request) else {
        let response = Response {
            status: 400,
            headers: vec![("Content-Type".into(), "text/plain".into())],
            body: b"The request names no AWS operation that this emulator could recognise.\n".to_vec(),
        };
        return Delivery { response, ..Delivery::default() };
    };
    emulator.count(call.service, &call.operation);
    let (response, verdict) = match emulator.transact(|world, options| befall(emulator, world, options, &call, request))
    {
        Ok((id, now, answer, verdict)) => (write(&call, &id, now, answer), verdict),
        Err(error) => {
            let failure = Failure::internal(format!("The world's file cannot be used: {error}"));
            (write(&call, "0", 0, Err(failure)), Verdict::default())
        }
    };
    Delivery { response, delay: verdict.delay, dropped: verdict.dropped }
}

/// Carries a request out as far as the faults let it: its id, the time, the answer, and what befell it.
fn befall(
    emulator: &Emulator,
    world: &mut World,
    options: &Options,
    call: &Call,
    request: &Request,
) -> (String, u64, Answer, Verdict) {
    let now = world.now(&*options.clock);
    let id = world.request_id(now);
    let mut faults = emulator.shared.faults.lock().expect("faults");
    let verdict = faults.strike(call.service, &call.operation, now);
    let oldest = faults.oldest_ms();
    drop(faults);
    if let Some(refusal) = verdict.refusal.clone() {
        return (id, now, Err(refusal), verdict);
    }
    if verdict.lost {
        return (id, now, Ok(Value::Null), verdict);
    }
    let surroundings = (options.speed, world.settings().node_quota);
    let answer = match call.model.operations.get(&call.operation) {
        Some(operation) => understand(call, operation, request).and_then(|value| {
            let mut past = emulator.shared.past.lock().expect("past");
            world.in_region(&call.account, &call.region, |region| {
                super::lifecycle::settle(region, now, options.speed);
                region.stage();
                if let Some(oldest) = oldest {
                    past.keep(&call.account, &call.region, region, now, oldest);
                }
                let old = verdict.stale_ms.filter(|_| call.reads());
                let old = old.and_then(|age| past.at(&call.account, &call.region, now.saturating_sub(age)));
                match old {
                    Some(mut old) => perform(&mut old, surroundings, call, operation, &value, now),
                    None => perform(region, surroundings, call, operation, &value, now),
                }
            })
        }),
        None => Err(unknown(call)),
    };
    // The model's word on a code's HTTP status is the last one.
    let answer = answer.map_err(|failure| {
        let status = call.model.errors.get(&failure.code).copied().unwrap_or(failure.status);
        Failure { status, ..failure }
    });
    (id, now, answer, verdict)
}

/// The members of a request, as far as the service model allows them.
fn understand(call: &Call, operation: &Operation, request: &Request) -> Answer {
    let shape = operation.input.as_deref();
    let value = match call.protocol {
        Protocol::Query | Protocol::Ec2 => query::parse(call.model, shape, &call.fields)?,
        Protocol::Json(_) => json::decode(call.model, shape, &request.body)?,
        Protocol::Cbor => cbor::decode(call.model, shape, &request.body)?,
    };
    if let Some(shape) = shape {
        check(call, shape, &value)?;
    }
    Ok(value)
}

fn perform(
    region: &mut Region,
    surroundings: (Speed, Option<usize>),
    call: &Call,
    operation: &Operation,
    value: &Value,
    now: u64,
) -> Answer {
    let input = Input(value);
    let (account, region_name) = (call.account.as_str(), call.region.as_str());
    let (speed, node_quota) = surroundings;
    let mut context = Context { region, account, region_name, now, speed, node_quota };
    let answer = match call.service {
        "elasticache" => super::elasticache::call(&mut context, &call.operation, input),
        "ec2" => super::ec2::call(&mut context, &call.operation, input),
        "cloudwatch" => super::cloudwatch::call(&mut context, &call.operation, input),
        "sts" => super::sts::call(&mut context, &call.operation, input),
        _ => super::tagging::call(&mut context, &call.operation, input),
    };
    let answer = answer.unwrap_or_else(|| Err(unknown(call)));
    match &answer {
        Ok(value) => {
            if let (true, Some(output)) = (cfg!(debug_assertions), &operation.output) {
                let strays = wire::strays(call.model, output, value);
                assert!(strays.is_empty(), "{} answers with {strays:?}", call.operation);
            }
            region.stage();
        }
        Err(_) => region.rollback(),
    }
    answer
}

impl Call {
    /// Whether the operation only looks.
    fn reads(&self) -> bool {
        ["Describe", "List", "Get"].iter().any(|verb| self.operation.starts_with(verb))
    }
}

/// What the service model alone can refuse, in the words of each service.
fn check(call: &Call, shape: &str, value: &Value) -> Result<(), Failure> {
    let breaches = input::breaches(call.model, shape, value);
    if breaches.is_empty() {
        return Ok(());
    }
    match call.service {
        "elasticache" => match breaches.iter().find(|breach| breach.missing) {
            Some(missing) => {
                let name = missing.path.last().map_or("", String::as_str);
                Err(Failure::value(format!("The parameter {name} must be provided and must not be null.")))
            }
            None => Ok(()),
        },
        "ec2" => match breaches.iter().find(|breach| breach.missing) {
            Some(missing) => {
                let name = missing.path.last().map_or("", String::as_str);
                let wire = call.model.shape(shape).members().find(|member| member.name == name);
                let wire = wire.map_or(name, |member| member.wire_in);
                let name = format!("{}{}", wire[..1].to_lowercase(), &wire[1..]);
                Err(Failure::new("MissingParameter", format!("The request must contain the parameter {name}")))
            }
            None => Ok(()),
        },
        _ => {
            let lines: Vec<String> = breaches
                .iter()
                .map(|breach| {
                    let path: Vec<String> = breach.path.iter().map(|part| lower_first(part)).collect();
                    let value = if breach.missing { "null".into() } else { format!("'{}'", breach.value) };
                    format!("Value {value} at '{}' failed to satisfy constraint: {}", path.join("."), breach.must)
                })
                .collect();
            let (count, noun) = (lines.len(), if lines.len() == 1 { "error" } else { "errors" });
            let text = format!("{count} validation {noun} detected: {}", lines.join("; "));
            let code = match call.service {
                "resourcegroupstaggingapi" => "InvalidParameterException",
                _ => "ValidationError",
            };
            Err(Failure::new(code, text))
        }
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

fn unknown(call: &Call) -> Failure {
    match call.protocol {
        Protocol::Query => Failure::new(
            "InvalidAction",
            format!("Could not find operation {} for version {}", call.operation, call.model.version),
        ),
        Protocol::Ec2 => {
            Failure::new("InvalidAction", format!("The action {} is not valid for this web service.", call.operation))
        }
        _ => Failure::new("UnknownOperationException", format!("The operation {} is not known.", call.operation)),
    }
}

fn identify(request: &Request) -> Option<Call> {
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

fn write(call: &Call, id: &str, now: u64, answer: Answer) -> Response {
    let mut headers = vec![("x-amzn-RequestId".to_owned(), id.to_owned()), ("Date".to_owned(), http_date(now))];
    let output = call.model.operations.get(&call.operation).and_then(|operation| operation.output.as_deref());
    let (status, kind, body) = match (&answer, call.protocol) {
        (Ok(value), Protocol::Query) => (200, "text/xml", query_answer(call, id, output, value).into_bytes()),
        (Ok(value), Protocol::Ec2) => (200, "text/xml;charset=UTF-8", ec2_answer(call, id, output, value).into_bytes()),
        (Ok(value), Protocol::Json(version)) => (200, json_type(version), json::encode(call.model, output, value)),
        (Ok(value), Protocol::Cbor) => (200, "application/cbor", cbor::encode(call.model, output, value)),
        (Err(failure), Protocol::Query) => (failure.status, "text/xml", query_error(call, id, failure).into_bytes()),
        (Err(failure), Protocol::Ec2) => {
            (failure.status, "text/xml;charset=UTF-8", ec2_error(id, failure).into_bytes())
        }
        (Err(failure), protocol) => {
            // Clients of a service that once spoke Query expect the old code beside the new shape's name.
            if call.service == "cloudwatch" {
                let side = if failure.status < 500 { "Sender" } else { "Receiver" };
                headers.push(("x-amzn-query-error".into(), format!("{};{side}", failure.code)));
            }
            let name = shape_name(call.service, &failure.code);
            match protocol {
                Protocol::Cbor => (
                    failure.status,
                    "application/cbor",
                    cbor::encode_error(&format!("com.amazonaws.{}#{name}", call.service), &failure.message),
                ),
                _ => {
                    let body = serde_json::json!({ "__type": name, "message": failure.message });
                    let version = if let Protocol::Json(version) = protocol { version } else { "1.1" };
                    (failure.status, json_type(version), body.to_string().into_bytes())
                }
            }
        }
    };
    if call.protocol == Protocol::Cbor {
        headers.push(("smithy-protocol".into(), "rpc-v2-cbor".into()));
    }
    headers.push(("Content-Type".into(), kind.into()));
    Response { status, headers, body }
}

/// The shape behind an error code where they differ (`ResourceNotFound` of CloudWatch is a shape of that name).
fn shape_name<'a>(service: &str, code: &'a str) -> &'a str {
    match (service, code) {
        ("cloudwatch", "LimitExceeded") => "LimitExceededFault",
        ("cloudwatch", "InvalidFormat") => "InvalidFormatFault",
        ("cloudwatch", "InvalidParameterValue") => "InvalidParameterValueException",
        ("cloudwatch", "InvalidParameterCombination") => "InvalidParameterCombinationException",
        ("cloudwatch", "MissingParameter") => "MissingRequiredParameterException",
        (_, code) => code,
    }
}

fn json_type(version: &str) -> &'static str {
    if version == "1.0" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
}

fn query_answer(call: &Call, id: &str, output: Option<&str>, value: &Value) -> String {
    let name = &call.operation;
    let members = xml::members(call.model, output, value, false);
    let result = match call.model.operations.get(name).and_then(|operation| operation.wrapper.as_deref()) {
        Some(wrapper) => format!("<{wrapper}>{members}</{wrapper}>"),
        None => members,
    };
    let namespace = &call.model.namespace;
    format!(
        "<{name}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{name}Response>"
    )
}

fn ec2_answer(call: &Call, id: &str, output: Option<&str>, value: &Value) -> String {
    let (name, namespace) = (&call.operation, &call.model.namespace);
    let members = match output {
        Some(shape) => xml::members(call.model, Some(shape), value, true),
        None => "<return>true</return>".into(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}Response xmlns=\"{namespace}\"><requestId>{id}</requestId>{members}</{name}Response>"
    )
}

fn query_error(call: &Call, id: &str, failure: &Failure) -> String {
    let side = if failure.status < 500 { "Sender" } else { "Receiver" };
    let mut text = format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{side}</Type><Code>{}</Code><Message>",
        call.model.namespace, failure.code
    );
    xml::escape(&failure.message, &mut text);
    text.push_str(&format!("</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"));
    text
}

fn ec2_error(id: &str, failure: &Failure) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code><Message>",
        failure.code
    );
    xml::escape(&failure.message, &mut text);
    text.push_str(&format!("</Message></Error></Errors><RequestID>{id}</RequestID></Response>"));
    text
}

fn http_date(ms: u64) -> String {
    match jiff::Timestamp::from_millisecond(ms as i64) {
        Ok(time) => time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        Err(_) => timestamp_text(0),
    }
}
