//! The emulator on a port: HTTP/1.1 with connections that stay open.

use super::connections::{Activity, Places};
use super::gate::Gate;
use super::{Delivery, Emulator, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Far above any request of these services.
const MOST_BYTES: usize = 2 << 20;
/// Room for the import of a large world.
const MOST_BYTES_OF_A_WORLD: usize = 256 << 20;
/// How long a client may take over the head of a request, and keep a connection without one.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a client may take over the body of a request.
const PATIENCE_OF_A_BODY: Duration = Duration::from_secs(60);

/// Answers requests on the listener until it fails.
pub async fn serve(listener: TcpListener, emulator: Emulator) -> io::Result<()> {
    serve_as(listener, emulator, &[]).await
}

/// The same for an emulator that may be called by further names than its address and `localhost`.
pub async fn serve_as(listener: TcpListener, emulator: Emulator, names: &[String]) -> io::Result<()> {
    let gate = Arc::new(Gate::new(listener.local_addr().ok(), names));
    let places = Places::new();
    loop {
        let place = places.take().await;
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            // The client was gone before it was accepted; the next one is no worse for it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            // Too many open files for the process or the system all the same.
            Err(error) if error.raw_os_error().is_some() => {
                places.make_room();
                emulator.clock().sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let _ = stream.set_nodelay(true);
        let (emulator, gate) = (emulator.clone(), gate.clone());
        tokio::spawn(async move {
            let activity = place.activity.clone();
            let service = service_fn(move |request| {
                let (emulator, gate, activity) = (emulator.clone(), gate.clone(), activity.clone());
                async move {
                    let answer = answer(emulator, &gate, &activity, request).await;
                    activity.end();
                    answer
                }
            });
            // A connection that breaks concerns its client alone.
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            tokio::select! {
                _ = http.serve_connection(TokioIo::new(stream), service) => {}
                () = place.wanted() => {}
            }
        });
    }
}

async fn answer(
    emulator: Emulator,
    gate: &Gate,
    activity: &Activity,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let value = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = parts.headers.iter().map(|(name, text)| (name.as_str().to_owned(), value(text.as_bytes())));
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    if let Some(why) = gate.refusal(&request, parts.uri.authority().map(|authority| authority.as_str())) {
        return built(refused(&why));
    }
    let own = request.path.starts_with("/_cachestack/");
    let body = Limited::new(body, if own { MOST_BYTES_OF_A_WORLD } else { MOST_BYTES }).collect();
    let Ok(body) = tokio::time::timeout(PATIENCE_OF_A_BODY, body).await else {
        return Err(io::ErrorKind::TimedOut.into());
    };
    let body = match body {
        Ok(body) => body,
        Err(error) if error.is::<LengthLimitError>() => return built(Response { status: 413, ..Response::default() }),
        // The client broke off.
        Err(_) => return Err(io::ErrorKind::ConnectionAborted.into()),
    };
    activity.begin();
    request.body = body.to_bytes().to_vec();
    // The world's file lock may be waited for, which must not hold up other connections.
    let clock = emulator.clock();
    let handled = tokio::task::spawn_blocking(move || emulator.deliver(&request)).await;
    let failed = Response { status: 500, ..Response::default() };
    let handled = handled.unwrap_or_else(|_| Delivery { response: failed, ..Delivery::default() });
    // The runtime's timer has a millisecond's grain: a sleep of no time takes up to one.
    if !handled.delay.is_zero() {
        clock.sleep(handled.delay).await;
    }
    if handled.dropped {
        // An error instead of an answer makes the connection close.
        return Err(io::ErrorKind::TimedOut.into());
    }
    built(handled.response)
}

/// The answer to who may not talk to the emulator.
fn refused(why: &str) -> Response {
    Response {
        status: 403,
        headers: vec![("Content-Type".into(), "text/plain".into()), ("Connection".into(), "close".into())],
        body: format!("Refused by the cachestack emulator: {why}.\n").into_bytes(),
    }
}

fn built(response: Response) -> Result<hyper::Response<Full<Bytes>>, io::Error> {
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
