//! The emulator on a port: HTTP/1.1 with connections that stay open.

use super::{Delivery, Emulator, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use tokio::net::TcpListener;

/// Far above any request of these services; an import of a large world is the largest.
const MOST_BYTES: usize = 256 << 20;

/// Answers requests on the listener until it fails.
pub async fn serve(listener: TcpListener, emulator: Emulator) -> io::Result<()> {
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The client was gone before it was accepted; the next one is no worse for it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        let _ = stream.set_nodelay(true);
        let emulator = emulator.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(emulator.clone(), request));
            // A connection that breaks concerns its client alone.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    emulator: Emulator,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let response = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => {
            let request = Request {
                method: parts.method.as_str().to_owned(),
                path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
                headers: parts
                    .headers
                    .iter()
                    .map(|(name, value)| {
                        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect(),
                body: body.to_bytes().to_vec(),
            };
            // The world's file lock may be waited for, which must not hold up other connections.
            let clock = emulator.clock();
            let handled = tokio::task::spawn_blocking(move || emulator.deliver(&request)).await;
            let failed = Response { status: 500, ..Response::default() };
            let handled = handled.unwrap_or_else(|_| Delivery { response: failed, ..Delivery::default() });
            clock.sleep(handled.delay).await;
            if handled.dropped {
                // An error instead of an answer makes the connection close.
                return Err(io::ErrorKind::TimedOut.into());
            }
            handled.response
        }
        Err(_) => Response { status: 413, ..Response::default() },
    };
    let mut built = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        built = built.header(name, value);
    }
    let body = Full::new(Bytes::from(response.body));
    Ok(built.body(body).unwrap_or_else(|_| {
        let mut failed = hyper::Response::new(Full::new(Bytes::new()));
        *failed.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        failed
    }))
}
