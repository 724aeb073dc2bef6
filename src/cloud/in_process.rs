//! Answers the SDK's HTTP requests with a function of this process instead of a socket.
//!
//! Signing, encoding and parsing stay those of the SDK, so what runs here is what runs against AWS.

use std::fmt;
use std::sync::Arc;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

pub use crate::emulator::{Delivery, Request};

/// What answers requests.
pub type Handler = Arc<dyn Fn(&Request) -> Delivery + Send + Sync>;

/// An HTTP client over a function.
#[derive(Clone)]
pub struct InProcess(pub Handler);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { handler: self.0.clone(), sleep: components.sleep_impl() })
    }
}

/// Delays pass on the clock of the SDK client.
struct Connector {
    handler: Handler,
    sleep: Option<SharedAsyncSleep>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let delivery = match deliver(&self.handler, &request) {
            Ok(delivery) => delivery,
            Err(error) => return HttpConnectorFuture::ready(Err(error)),
        };
        let delay = self.sleep.as_ref().filter(|_| !delivery.delay.is_zero()).map(|sleep| sleep.sleep(delivery.delay));
        match delay {
            None => HttpConnectorFuture::ready(receive(delivery)),
            Some(delay) => HttpConnectorFuture::new(async move {
                delay.await;
                receive(delivery)
            }),
        }
    }
}

fn deliver(handler: &Handler, request: &HttpRequest) -> Result<Delivery, ConnectorError> {
    let Some(body) = request.body().bytes() else {
        return Err(ConnectorError::other("a streamed body cannot be answered in process".into(), None));
    };
    // The URI is absolute: scheme, host, then what a server sees.
    let rest = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    Ok(handler(&Request {
        method: request.method().to_owned(),
        path: path.to_owned(),
        headers: request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.to_vec(),
    }))
}

fn receive(delivery: Delivery) -> Result<HttpResponse, ConnectorError> {
    let answer = delivery.response;
    if delivery.dropped {
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
