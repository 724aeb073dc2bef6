//! Web pages and names that are not the emulator's: refused before anything is done or counted.

use super::instant;
use super::strangers::send;
use crate::{Emulator, server};
use std::net::SocketAddr;

/// Serves under another name, too.
fn serve(listen: &'static str) -> (SocketAddr, Emulator) {
    let emulator = Emulator::in_memory(instant());
    let (tell, told) = std::sync::mpsc::channel();
    let served = emulator.clone();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().expect("runtime").block_on(async {
            let listener = tokio::net::TcpListener::bind(listen).await.expect("port");
            tell.send(listener.local_addr().expect("address")).expect("the test waits");
            server::serve_as(listener, served, &["Cachestack.test".to_owned()]).await.expect("server");
        });
    });
    (told.recv().expect("an address"), emulator)
}

const MADE: &str =
    "Action=CreateCacheParameterGroup&CacheParameterGroupFamily=redis7&Description=d&CacheParameterGroupName=";
const BEFOREHAND: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=123456789012%2F20270115%2Fus-east-1%2Felasticache%2Faws4_request&X-Amz-Signature=0";

/// Every sort of request that a page can make: a form, a presigned-looking address, the control API.
fn requests(name: &str) -> Vec<String> {
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=123456789012/20270115/us-east-1/elasticache/aws4_request, SignedHeaders=host, Signature=0";
    let form = format!("{MADE}{name}");
    let length = form.len();
    vec![
        format!("POST / HTTP/1.1\r\nHEADERS{signed}\r\nContent-Length: {length}\r\n\r\n{form}"),
        format!("GET /?{MADE}{name}&{BEFOREHAND} HTTP/1.1\r\nHEADERS\r\n"),
        "GET /_cachestack/export HTTP/1.1\r\nHEADERSX-Cachestack-Control: 1\r\n\r\n".into(),
        "POST /_cachestack/reset HTTP/1.1\r\nHEADERSX-Cachestack-Control: 1\r\nContent-Length: 0\r\n\r\n".into(),
        "OPTIONS /_cachestack/reset HTTP/1.1\r\nHEADERSAccess-Control-Request-Headers: x-cachestack-control\r\n\r\n"
            .into(),
    ]
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

fn export(emulator: &Emulator) -> String {
    super::text(&super::control(emulator, "GET", "export", Vec::new()))
}

#[test]
fn only_clients_are_served() {
    let (address, emulator) = serve("127.0.0.1:0");
    let port = address.port();
    // Headers, and whether they may stand in a request.
    let cases = [
        (format!("Host: 127.0.0.1:{port}"), true),
        (format!("Host: localhost:{port}"), true),
        ("Host: localhost".into(), true),
        ("Host: LOCALHOST.:1".into(), true),
        (format!("Host: [::1]:{port}"), true),
        ("Host: 127.9.9.9".into(), true),
        ("Host: cachestack.test:4566".into(), true),
        (format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}"), true),
        ("Host: localhost\r\nSec-Fetch-Site: none".into(), true),
        ("Host: evil.example".into(), false),
        (format!("Host: evil.example:{port}"), false),
        ("Host: localhost.evil.example".into(), false),
        ("Host: 127.0.0.1.evil.example".into(), false),
        ("Host: evil.example@localhost".into(), false),
        ("Host: localhost@evil.example".into(), false),
        ("Host: 10.1.2.3".into(), false),
        ("Host: 0.0.0.0".into(), false),
        ("Host: [::1].evil.example".into(), false),
        ("Host: [::ffff:10.1.2.3]".into(), false),
        ("Host: localhost:80x".into(), false),
        ("Host: elasticache.us-east-1.amazonaws.com".into(), false),
        ("Host: ".into(), false),
        ("Host: localhost\r\nHost: evil.example".into(), false),
        ("Host: localhost\r\nOrigin: http://evil.example".into(), false),
        ("Host: localhost\r\nOrigin: null".into(), false),
        ("Host: localhost\r\nOrigin: https://localhost".into(), false),
        (format!("Host: localhost:{port}\r\nOrigin: http://localhost:3000"), false),
        ("Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example".into(), false),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site".into(), false),
        ("Host: localhost\r\nSec-Fetch-Site: same-site".into(), false),
        ("Host: evil.example\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: same-origin".into(), false),
    ];
    for (number, (headers, allowed)) in cases.iter().enumerate() {
        let name = format!("p{number}");
        let before = (export(&emulator), emulator.calls());
        for request in requests(&name) {
            let request = request.replace("HEADERS", &format!("{headers}\r\nConnection: close\r\n"));
            let found = status(&send(address, request.as_bytes()));
            match allowed {
                // Whoever asks whether a page may send the header hears no.
                true => assert_eq!(found == 403, request.starts_with("OPTIONS"), "{request}"),
                false => assert_eq!(found, 403, "{request}"),
            }
        }
        if !allowed {
            assert_eq!((export(&emulator), emulator.calls()), before, "{headers} changed something");
        }
    }
}

#[test]
fn a_foreign_name_in_the_address_is_refused() {
    let (address, _) = serve("127.0.0.1:0");
    let health = |line: &str| {
        status(&send(address, format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()))
    };
    assert_eq!(health("GET http://evil.example/_cachestack/health"), 403);
    assert_eq!(health("GET http://localhost/_cachestack/health"), 200);
}

#[test]
fn the_control_api_wants_its_header() {
    let (address, emulator) = serve("127.0.0.1:0");
    let before = export(&emulator);
    let ask = |line: &str, header: &str| {
        let head =
            format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}Content-Length: 0\r\n\r\n");
        status(&send(address, head.as_bytes()))
    };
    let (right, wrong) = ("X-Cachestack-Control: 1\r\n", "X-Cachestack-Control: 0\r\n");
    for line in
        ["GET /_cachestack/export", "POST /_cachestack/reset", "GET /_cachestack/calls", "DELETE /_cachestack/faults"]
    {
        assert_eq!([ask(line, ""), ask(line, wrong), ask(line, right)], [403, 403, 200], "{line}");
    }
    assert_eq!(ask("GET /_cachestack/health", ""), 200);
    assert_eq!(ask("GET /_cachestack/health?x", ""), 200);
    assert_eq!(ask("POST /_cachestack/health", ""), 403);
    assert_eq!(ask("GET /_cachestack/healthy", ""), 403);
    assert_eq!(export(&emulator), before);
}

/// Where it listens on all addresses, any of them will do; a name is still somebody else's.
#[test]
fn all_addresses_are_its_own_where_it_listens_on_all() {
    let (address, _) = serve("0.0.0.0:0");
    let address = SocketAddr::from(([127, 0, 0, 1], address.port()));
    for (host, wanted) in [("10.1.2.3:4566", 200), ("[fd00::1]", 200), ("localhost", 200), ("evil.example", 403)] {
        let head = format!("GET /_cachestack/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&send(address, head.as_bytes())), wanted, "{host}");
    }
}
