//! The emulator on a port: HTTP/1.1 with connections that stay open.

use super::{Delivery, Emulator, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;

/// Far above any request of these services.
const MOST_BYTES: usize = 2 << 20;
/// Room for the import of a large world.
const MOST_BYTES_OF_A_WORLD: usize = 256 << 20;
/// How long a client may take over the head of a request, and keep a connection without one.
const PATIENCE: Duration = Duration::from_secs(120);

/// Answers requests on the listener until it fails.
pub async fn serve(listener: TcpListener, emulator: Emulator) -> io::Result<()> {
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The client was gone before it was accepted; the next one is no worse for it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            // Too many connections for the process: some of them will close.
            Err(error) if error.raw_os_error().is_some() => {
                emulator.clock().sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let _ = stream.set_nodelay(true);
        let emulator = emulator.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(emulator.clone(), request));
            // A connection that breaks concerns its client alone.
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    emulator: Emulator,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let own = parts.uri.path().starts_with("/_cachestack/");
    let response = match Limited::new(body, if own { MOST_BYTES_OF_A_WORLD } else { MOST_BYTES }).collect().await {
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
        Err(error) if error.is::<LengthLimitError>() => Response { status: 413, ..Response::default() },
        // The client broke off.
        Err(_) => return Err(io::ErrorKind::ConnectionAborted.into()),
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
