//! One line of the log for each request: what was asked of whom, how it was answered, and how long that took. Whoever
//! sent it is told what was asked, too, as IAM names it.
//!
//! It stands where every request passes, whoever makes it. Nothing of a body but the name of the operation and the code
//! of an error, and nothing of a URL but its host, comes into a line.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::api::json;
use crate::clock::{Clock, Stopwatch, SystemClock};
use crate::log::{self, Level};

tokio::task_local! {
    /// The try of a call that is under way.
    pub static ATTEMPT: Attempt;
}

/// One try of a call.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// Which one it is, from 1.
    pub number: u32,
    asked: Arc<Mutex<Option<String>>>,
}

impl Attempt {
    /// A try that has asked for nothing yet.
    pub fn new(number: u32) -> Self {
        Self { number, ..Self::default() }
    }

    /// The action of IAM that was asked for last: `elasticache:DescribeEvents`.
    pub fn action(&self) -> Option<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long a code or an id of a request may be, so that nobody writes a story into the log.
const LONGEST: usize = 128;

/// A client whose requests are logged, where there is a log.
pub fn client(inner: impl HttpClient + 'static, environment: Option<&Arc<str>>) -> SharedHttpClient {
    SharedHttpClient::new(Logged(SharedHttpClient::new(inner), environment.cloned()))
}

/// A connector whose requests are logged, where there is a log.
pub fn connector(inner: SharedHttpConnector, environment: Option<&Arc<str>>) -> SharedHttpConnector {
    if log::is_on() { SharedHttpConnector::new(Logged(inner, environment.cloned())) } else { inner }
}

/// With the environment of the stack that asks, where it is known.
#[derive(Debug)]
struct Logged<T>(T, Option<Arc<str>>);

impl HttpClient for Logged<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Logged(self.0.http_connector(settings, components), self.1.clone()))
    }
}

impl HttpConnector for Logged<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut line = Line::of(&request);
        line.environment = self.1.clone();
        let _ = ATTEMPT.try_with(|attempt| {
            *attempt.asked.lock().unwrap_or_else(PoisonError::into_inner) = line.action();
        });
        let answer = self.0.call(request);
        if !log::is_on() {
            line.is_written = true;
            return answer;
        }
        HttpConnectorFuture::new(async move {
            let answer = match answer.await {
                Ok(answer) if answer.status().is_success() => Ok((answer, None)),
                Ok(answer) => coded(answer).await,
                Err(error) => Err(error),
            };
            line.ends(answer)
        })
    }
}

/// An answer that is none of success, with its code. Its body is short, and read here.
async fn coded(mut answer: HttpResponse) -> Result<(HttpResponse, Option<String>), ConnectorError> {
    let body = answer.take_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
    let header = |name: &str| answer.headers().get(name);
    let query = || header("x-amzn-query-error").and_then(|text| text.split(';').next()).map(str::to_owned);
    let xml = || {
        let (_, rest) = std::str::from_utf8(&body).ok()?.split_once("<Code>")?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let code =
        query().or_else(xml).or_else(|| json::failure(header("x-amzn-errortype"), &body).code().map(str::to_owned));
    *answer.body_mut() = SdkBody::from(body.to_vec());
    Ok((answer, code.as_deref().and_then(word)))
}

/// What is known of a request before it is sent. Its line is written when the answer is there; one whose answer nobody
/// waits for any longer gets its line when it is dropped.
struct Line {
    service: String,
    operation: String,
    region: Option<String>,
    environment: Option<Arc<str>>,
    attempt: Option<u32>,
    watch: Stopwatch,
    is_written: bool,
}

impl Line {
    fn of(request: &HttpRequest) -> Self {
        let scope = request.headers().get("authorization").and_then(scope);
        let (region, service) = scope.map_or((None, None), |(region, service)| (Some(region), Some(service)));
        Self {
            service: service.map_or_else(|| host(request.uri()).to_owned(), str::to_owned),
            operation: operation(request, service == Some("s3")),
            region: region.map(str::to_owned),
            environment: None,
            attempt: attempt(request),
            watch: Stopwatch::start(),
            is_written: false,
        }
    }

    /// The action of IAM that allows it; none where nobody has signed it.
    fn action(&self) -> Option<String> {
        self.region.as_ref()?;
        let service = match self.service.as_str() {
            "monitoring" => "cloudwatch",
            "tagging" => "tag",
            other => other,
        };
        let operation = match (service, self.operation.as_str()) {
            ("s3", "ListObjectsV2") => "ListBucket",
            (_, other) => other,
        };
        Some(format!("{service}:{operation}"))
    }

    fn ends(
        mut self,
        answer: Result<(HttpResponse, Option<String>), ConnectorError>,
    ) -> Result<HttpResponse, ConnectorError> {
        match &answer {
            Ok((answer, code)) => {
                let status = answer.status().as_u16();
                let id = ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| answer.headers().get(*name));
                let level = match status {
                    500.. => Level::Error,
                    400..500 => Level::Warn,
                    _ => Level::Info,
                };
                let members = [
                    ("status", Some(json!(status))),
                    ("code", code.clone().map(Value::String)),
                    ("request_id", id.and_then(word).map(Value::String)),
                ];
                self.write(level, members);
            }
            Err(error) => self.fails(if error.is_timeout() { "timeout" } else { "no answer" }),
        }
        answer.map(|(answer, _)| answer)
    }

    fn fails(&mut self, why: &str) {
        self.write(Level::Error, [("error", Some(json!(why)))]);
    }

    fn write<const N: usize>(&mut self, level: Level, end: [(&str, Option<Value>); N]) {
        self.is_written = true;
        let start = [
            ("time", Some(json!(jiff::Timestamp::try_from(SystemClock.now()).unwrap_or_default().to_string()))),
            ("level", Some(json!(level.word()))),
            ("environment", self.environment.as_deref().map(|name| json!(name))),
            ("service", Some(json!(self.service))),
            ("operation", Some(json!(self.operation))),
            ("region", self.region.clone().map(Value::String)),
            ("attempt", self.attempt.map(|attempt| json!(attempt))),
            ("duration_ms", Some(json!(milliseconds(self.watch.elapsed())))),
        ];
        let members = start.into_iter().chain(end);
        let line: Map<String, Value> = members.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        log::line(level, &Value::Object(line));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_written {
            self.fails("abandoned");
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Region and service of a signature: `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
fn scope(header: &str) -> Option<(&str, &str)> {
    let mut parts = header.split_once("Credential=")?.1.split(',').next()?.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((region, service))
}

/// The host of a URL, without port and without who asks.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

/// What is asked, wherever the protocol says it: in a header, in the path, as the first field of the body. Elsewhere it
/// is the method.
fn operation(request: &HttpRequest, is_s3: bool) -> String {
    let target = || request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    let path = request.uri().split('?').next().unwrap_or_default();
    let in_path = || path.rsplit_once("/operation/").map(|(_, name)| name);
    let field = || {
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        body.strip_prefix("Action=")?.split('&').next()
    };
    let object = || is_s3.then(|| of_object(request));
    let found = object().or_else(target).or_else(in_path).or_else(field).and_then(word);
    found.unwrap_or_else(|| request.method().to_owned())
}

/// The operation of S3 that a request is.
fn of_object(request: &HttpRequest) -> &'static str {
    let query = request.uri().split_once('?').map_or("", |(_, query)| query);
    match request.method() {
        "GET" if query.split('&').any(|field| field == "list-type=2") => "ListObjectsV2",
        "GET" => "GetObject",
        "HEAD" => "HeadObject",
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        _ => "DeleteObjects",
    }
}

/// Which try it is: that of the SDK, where it tries again itself, or that of the pace.
fn attempt(request: &HttpRequest) -> Option<u32> {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let number = |name: &str| -> Option<u32> {
        header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    };
    if number("max").is_some_and(|most| most > 1) {
        number("attempt")
    } else {
        ATTEMPT.try_with(|attempt| attempt.number).ok()
    }
}

/// A name or an id, and nothing that is neither.
fn word(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!text.is_empty() && text.len() <= LONGEST && text.chars().all(is_word)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str, headers: &[(&'static str, &'static str)], body: &'static str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).expect("a method");
        request.set_uri(uri).expect("a URI");
        for (name, value) in headers {
            request.headers_mut().insert(*name, *value);
        }
        request
    }

    #[test]
    fn a_line_tells_what_was_asked_of_whom_and_nothing_else() {
        const SIGNED: &str =
            "AWS4-HMAC-SHA256 Credential=AKIAX/20261127/eu-west-1/elasticache/aws4_request, Signature=x";
        const S3: &str = "AWS4-HMAC-SHA256 Credential=AKIAX/20261127/eu-west-1/s3/aws4_request, Signature=x";
        let post = |headers: &[(&'static str, &'static str)], body| request("POST", "https://a.b/", headers, body);
        let get = |method, uri| request(method, uri, &[("authorization", S3)], "");
        for (request, service, operation, region) in [
            (
                post(&[("authorization", SIGNED)], "Action=CreateUser&P=x"),
                "elasticache",
                "CreateUser",
                Some("eu-west-1"),
            ),
            (post(&[("x-amz-target", "AmazonSSM.GetParameter")], "{}"), "a.b", "GetParameter", None),
            (request("POST", "http://a/service/G/operation/PutMetricAlarm", &[], ""), "a", "PutMetricAlarm", None),
            (request("PUT", "https://u:secret@h:8080/x?token=secret", &[], "Action=a b"), "h", "PUT", None),
            (get("GET", "https://b.s3/k?list-type=2&prefix=x"), "s3", "ListObjectsV2", Some("eu-west-1")),
            (get("PUT", "https://b.s3/operation/secret"), "s3", "PutObject", Some("eu-west-1")),
        ] {
            let line = Line::of(&request);
            assert_eq!((line.service.as_str(), line.operation.as_str()), (service, operation));
            assert_eq!(line.region.as_deref(), region);
            let action = region.map(|_| format!("{service}:{}", operation.replace("ListObjectsV2", "ListBucket")));
            assert_eq!(line.action(), action);
        }
    }

    #[tokio::test]
    async fn tries_are_those_of_whoever_tries_again() {
        let tried = |header| attempt(&request("GET", "http://a/", &[("amz-sdk-request", header)], ""));
        assert_eq!(tried("attempt=1; max=1"), None);
        ATTEMPT
            .scope(Attempt::new(3), async {
                assert_eq!((tried("attempt=1; max=1"), tried("attempt=2; max=5")), (Some(3), Some(2)))
            })
            .await;
    }

    #[tokio::test]
    async fn codes_are_found_in_every_protocol_and_bodies_are_kept() {
        for (body, code) in [
            ("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", Some("Throttling")),
            (
                "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code></Error></Errors></Response>",
                Some("InvalidGroup.NotFound"),
            ),
            (r#"{"__type":"x#ParameterNotFound"}"#, Some("ParameterNotFound")),
            ("<Code>no, a story</Code>", None),
            ("<html>", None),
        ] {
            let answer = HttpResponse::new(400.try_into().expect("a status"), SdkBody::from(body));
            let (answer, found) = coded(answer).await.expect("an answer");
            assert_eq!((found.as_deref(), answer.body().bytes()), (code, Some(body.as_bytes())));
        }
    }
}
