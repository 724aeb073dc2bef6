//! Plain HTTP requests over the SDK's client: its TLS, the system's certificates, and the proxies of the process.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};

use super::http;
use crate::fetch::web::{Answer, Answering, Request, Web};
use crate::stack::access::Access;

/// How long the beginning of an answer may take.
const FIRST: Duration = Duration::from_secs(60);
/// How long the whole of an answer may take.
const WHOLE: Duration = Duration::from_secs(15 * 60);

/// The way to servers that are not AWS.
pub struct Client(SharedHttpConnector);

impl Client {
    /// One with the proxies and the certificates (`AWS_CA_BUNDLE`, as PEM) that the process names. The error says what
    /// is wrong with these.
    pub fn new(certificates: Option<&str>, environment: Option<&Arc<str>>) -> Result<Self, String> {
        let access = Access { ca_bundle: certificates.map(Into::into), ..Access::default() };
        http::plain(&access, environment).map(Self).map_err(|error| error.to_string())
    }

    async fn answer(&self, request: &Request, most: u64) -> Result<Answer, String> {
        let token = request.token.as_ref().map(|token| ("authorization", format!("Bearer {token}")));
        let headers: Vec<_> = token.into_iter().collect();
        self.send(&Sent { method: "GET", url: request.url.as_str(), headers: &headers, body: &[] }, most).await
    }

    /// Sends a request once; the body of the answer has at most `most` bytes. The error is what went wrong, without a
    /// full stop.
    pub async fn send(&self, request: &Sent<'_>, most: u64) -> Result<Answer, String> {
        let mut asked = HttpRequest::new(SdkBody::from(request.body));
        asked.set_method(request.method).map_err(|error| error.to_string())?;
        asked.set_uri(request.url).map_err(|error| error.to_string())?;
        asked.headers_mut().insert("user-agent", concat!("cachestack/", env!("CARGO_PKG_VERSION")));
        for (name, value) in request.headers {
            let sent = asked.headers_mut().try_insert(*name, value.clone());
            sent.map_err(|_| format!("the header `{name}` cannot be sent"))?;
        }
        let answer = tokio::time::timeout(FIRST, self.0.call(asked)).await;
        let answer = answer.map_err(|_| format!("no answer within {} seconds", FIRST.as_secs()))?;
        let answer = answer.map_err(|error| told(&error))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let body = Limited::new(answer.into_body(), most).collect().await;
        let body = body.map_err(|error| match error.is::<http_body_util::LengthLimitError>() {
            true => format!("the answer has more than {} MiB", most >> 20),
            false => format!("the answer broke off ({error})"),
        })?;
        Ok(Answer { status, headers, body: body.to_bytes().to_vec() })
    }
}

/// A request of any method.
pub struct Sent<'a> {
    /// The method of HTTP.
    pub method: &'a str,
    /// https, or http.
    pub url: &'a str,
    /// Names in lower case, and values, which may be secret.
    pub headers: &'a [(&'static str, String)],
    /// The body.
    pub body: &'a [u8],
}

impl Web for Client {
    fn get<'a>(&'a self, request: &'a Request, most: u64) -> Answering<'a> {
        Box::pin(async move {
            let whole = tokio::time::timeout(WHOLE, self.answer(request, most)).await;
            whole.unwrap_or_else(|_| Err(format!("it took longer than {} minutes", WHOLE.as_secs() / 60)))
        })
    }
}

/// The innermost cause: the outer ones say that something failed.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}
