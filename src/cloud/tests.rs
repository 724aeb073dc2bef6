//! The AWS side over small canned answers: what goes out on the wire, and what becomes of what comes back.

mod access;
mod calls;
mod connecting;
mod emulated;
mod failures;
mod lookups;
mod reads;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Aws, Endpoint, Settings, connect};
use crate::clock::{Clock, VirtualClock};
use crate::emulator::{Request, Response};
use crate::kind::{Call, Cloud, Observation, RemoteError, Reply};
use crate::value::{Object, Type, Value};

/// A cloud whose answers are a function of the operation and of the body, and the requests that it has seen.
struct Fake {
    aws: Aws,
    seen: Arc<Mutex<Vec<Request>>>,
    clock: VirtualClock,
}

impl Fake {
    fn new(answer: impl Fn(&str, &str) -> Response + Send + Sync + 'static) -> Self {
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let log = seen.clone();
        let handler = move |request: &Request| {
            log.lock().unwrap().push(request.clone());
            answer(&operation(request), &text(request)).into()
        };
        let clock = VirtualClock::at(1_700_000_000);
        let settings = Settings::new(Endpoint::InProcess(Arc::new(handler)), Arc::new(clock.clone()));
        Self { aws: connect(settings).unwrap(), seen, clock }
    }

    /// The operations in the order in which they were called.
    fn operations(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(operation).collect()
    }

    /// The body of the last request, readable.
    fn last(&self) -> String {
        text(self.seen.lock().unwrap().last().expect("a request"))
    }

    fn seconds_passed(&self) -> u64 {
        self.clock.now_ms() / 1000 - 1_700_000_000
    }

    fn invoke(&self, kind: &str, call: &Call) -> Result<Reply, RemoteError> {
        run(self.aws.remote(kind, "us-east-1").invoke(call))
    }

    fn read(&self, kind: &str, ids: &[&str]) -> Result<BTreeMap<String, Observation>, RemoteError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        run(self.aws.remote(kind, "us-east-1").read(&ids))
    }

    fn look_up(&self, kind: &str, args: Object) -> Result<Object, RemoteError> {
        run(self.aws.lookups("us-east-1").lookup(kind, &args))
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// `Action` of a form, or the last part of a path of CBOR, or the target of JSON.
fn operation(request: &Request) -> String {
    let body = text(request);
    let field = body.split('&').find_map(|field| field.strip_prefix("Action="));
    let target = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"));
    let target = target.and_then(|(_, value)| value.rsplit('.').next());
    field.or(target).unwrap_or_else(|| request.path.rsplit('/').next().unwrap_or_default()).to_owned()
}

/// The body as text. The names and strings in CBOR are plain.
fn text(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    if request.path == "/" { percent_decoded(&body) } else { body.into_owned() }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(if *first == b'+' { b' ' } else { *first }), rest = tail).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer of ElastiCache or STS.
fn query(operation: &str, result: &str) -> Response {
    let body = format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>");
    Response { status: 200, headers: vec![("Content-Type".into(), "text/xml".into())], body: body.into_bytes() }
}

/// An answer of EC2.
fn ec2(operation: &str, members: &str) -> Response {
    let body = format!("<{operation}Response><requestId>r-1</requestId>{members}</{operation}Response>");
    Response { status: 200, headers: vec![("Content-Type".into(), "text/xml".into())], body: body.into_bytes() }
}

/// An empty answer of CloudWatch: an empty map in CBOR.
fn cbor(body: &[u8]) -> Response {
    let headers =
        vec![("Content-Type".into(), "application/cbor".into()), ("smithy-protocol".into(), "rpc-v2-cbor".into())];
    Response { status: 200, headers, body: body.to_vec() }
}

/// An answer of the tagging API.
fn json(body: &str) -> Response {
    let headers = vec![("Content-Type".into(), "application/x-amz-json-1.1".into())];
    Response { status: 200, headers, body: body.as_bytes().to_vec() }
}

/// An error of ElastiCache or STS.
fn query_error(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>req-7</RequestId></ErrorResponse>"
    );
    let headers = vec![("x-amzn-RequestId".into(), "req-7".into()), ("Content-Type".into(), "text/xml".into())];
    Response { status, headers, body: body.into_bytes() }
}

/// An error of EC2.
fn ec2_error(code: &str, message: &str) -> Response {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>req-8</RequestID></Response>"
    );
    Response { status: 400, headers: vec![("x-amzn-RequestId".into(), "req-8".into())], body: body.into_bytes() }
}

/// An object of strings.
fn object(attributes: &[(&str, Value)]) -> Value {
    Value::object(attributes.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

fn strings(items: &[&str]) -> Value {
    Value::strings(items)
}

fn tag_map() -> Value {
    Value::string_map([("team", "cache")])
}

fn one(structure: Value) -> Value {
    Value::list(Type::Any, vec![structure])
}
