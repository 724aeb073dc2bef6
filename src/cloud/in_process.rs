//! Answers the SDK's HTTP requests with a function of this process instead of a socket.
//!
//! Signing, encoding and parsing stay those of the SDK, so what runs here is what runs against AWS.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

pub use crate::emulator::{Request, Response};

/// What answers requests. A status of zero stands for a connection that broke before an answer came.
pub type Handler = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// An HTTP client over a function.
#[derive(Clone)]
pub struct InProcess(pub Handler);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(exchange(&self.0, &request))
    }
}

fn exchange(handler: &Handler, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let Some(body) = request.body().bytes() else {
        return Err(ConnectorError::other("a streamed body cannot be answered in process".into(), None));
    };
    // The URI is absolute: scheme, host, then what a server sees.
    let rest = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    let answer = handler(&Request {
        method: request.method().to_owned(),
        path: path.to_owned(),
        headers: request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.to_vec(),
    });
    if answer.status == 0 {
        return Err(ConnectorError::io("the connection broke before an answer came".into()));
    }
    let status = answer.status.try_into().map_err(|_| ConnectorError::other("not an HTTP status".into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response
            .headers_mut()
            .try_append(name.to_lowercase(), value)
            .map_err(|error| ConnectorError::other(error.into(), None))?;
    }
    Ok(response)
}
