//! Signatures that botocore made, verified: `signatures.jsonl`, which `tests/clients/sign_vectors.py` writes.

use super::{START, control, text};
use crate::clock::VirtualClock;
use crate::signature::{Flaw, verify};
use crate::{Credentials, Emulator, Options, Request, Speed};
use base64::Engine;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Vector {
    name: String,
    at: u64,
    service: String,
    request: Request,
}

impl Vector {
    fn of(line: &str) -> Self {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let of = |name: &str| row[name].as_str().expect(name).to_owned();
        let headers = row["headers"].as_array().expect("headers").iter();
        let headers = headers.map(|pair| serde_json::from_value(pair.clone()).expect("a header"));
        let body = base64::engine::general_purpose::STANDARD.decode(of("body")).expect("base64");
        let request = Request { method: of("method"), path: of("path"), headers: headers.collect(), body };
        Self { name: of("name"), at: row["at"].as_u64().expect("a time"), service: of("service"), request }
    }

    /// What the request is signed as.
    fn credential(&self) -> String {
        let header = self.request.header("authorization");
        let text = match header {
            Some(text) => text.split("Credential=").nth(1),
            None => self.request.path.split("X-Amz-Credential=").nth(1),
        };
        text.expect("a credential").split([',', '&']).next().expect("an end").replace("%2F", "/")
    }

    fn verify(&self, request: &Request, credentials: &Credentials) -> Result<(), Flaw> {
        verify(credentials, &self.credential(), &self.service, request, [self.at * 1000; 2])
    }
}

fn vectors() -> Vec<Vector> {
    include_str!("signatures.jsonl").lines().map(Vector::of).collect()
}

fn known() -> Credentials {
    Credentials::one(KEY, SECRET)
}

/// An emulator that verifies; its clock starts when the requests of boto3 were signed.
fn strict(credentials: Credentials) -> (Emulator, VirtualClock) {
    let clock = VirtualClock::at(START);
    let options = Options { speed: Speed::Instant, clock: Arc::new(clock.clone()), credentials: Some(credentials) };
    (Emulator::in_memory(options), clock)
}

#[test]
fn what_botocore_signs_is_verified() {
    for vector in vectors() {
        assert_eq!(vector.verify(&vector.request, &known()), Ok(()), "{}", vector.name);
        let wrong = vector.verify(&vector.request, &Credentials::one(KEY, "another"));
        assert!(matches!(wrong, Err(Flaw::Mismatch(_))), "{}: {wrong:?}", vector.name);
        let unknown = vector.verify(&vector.request, &Credentials::one("another", SECRET));
        assert_eq!(unknown, Err(Flaw::UnknownKey), "{}", vector.name);
    }
}

#[test]
fn every_part_of_a_request_counts() {
    for vector in vectors() {
        let mut changed: Vec<(String, Request)> = Vec::new();
        let mut change = |what: &str, action: &dyn Fn(&mut Request)| {
            let mut request = vector.request.clone();
            action(&mut request);
            changed.push((what.to_owned(), request));
        };
        change("method", &|request| request.method = "PUT".into());
        change("path", &|request| request.path = format!("/x{}", request.path));
        change("query", &|request| {
            let end = if request.path.contains('?') { "&" } else { "?" };
            request.path = format!("{}{end}Extra=1", request.path);
        });
        change("body", &|request| request.body.push(b'x'));
        change("a header of AWS", &|request| request.headers.push(("X-Amz-Other".into(), "x".into())));
        for (at, (name, _)) in vector.request.headers.iter().enumerate() {
            if name != "Content-Length" {
                change(name, &|request| request.headers[at].1.push('0'));
            }
        }
        if vector.request.header("authorization").is_none() {
            change("expiry", &|request| request.path = request.path.replace("X-Amz-Expires=6", "X-Amz-Expires=5"));
            change("expiry", &|request| request.path = request.path.replace("X-Amz-Expires=3", "X-Amz-Expires=4"));
            change("signature", &|request| request.path.push('0'));
        }
        for (what, request) in changed {
            if request.path == vector.request.path && what == "expiry" {
                continue;
            }
            assert!(vector.verify(&request, &known()).is_err(), "{}: another {what} is let in", vector.name);
        }
    }
}

/// The status and the code of an answer, whatever its protocol.
fn told(emulator: &Emulator, request: &Request) -> String {
    let response = emulator.handle(request);
    let body = text(&response);
    let of = |start: &str, end: &[char]| body.split(start).nth(1).and_then(|rest| rest.split(end).next());
    let code = of("<Code>", &['<']).or_else(|| of("\"__type\":\"", &['"']));
    // CBOR is no text; the header beside it is.
    let header = response.headers.iter().find(|(name, _)| name == "x-amzn-query-error");
    let code = code.or_else(|| header.and_then(|(_, value)| value.split(';').next()));
    format!("{} {}", response.status, code.unwrap_or_default()).trim_end().to_owned()
}

#[test]
fn refusals_are_those_of_each_protocol() {
    let query = ["403 InvalidClientTokenId", "403 SignatureDoesNotMatch", "403 SignatureDoesNotMatch"];
    let ec2 = ["401 AuthFailure", "401 AuthFailure", "400 RequestExpired"];
    let json = ["400 UnrecognizedClientException", "400 InvalidSignatureException", "400 InvalidSignatureException"];
    let whole: Vec<Vector> = vectors().into_iter().filter(|vector| vector.at == START).collect();
    assert_eq!(whole.len(), 12);
    for vector in &whole {
        let protocol = match vector.request.header("content-type").unwrap_or_default() {
            kind if kind.contains("json") || kind.contains("cbor") => json,
            _ if vector.service == "ec2" => ec2,
            _ => query,
        };
        assert_eq!(told(&strict(known()).0, &vector.request), "200", "{}", vector.name);
        let others = [Credentials::one("another", SECRET), Credentials::one(KEY, "another")];
        for (credentials, want) in others.into_iter().zip(protocol) {
            assert_eq!(told(&strict(credentials).0, &vector.request), want, "{}", vector.name);
        }
        let lasts = vector.request.path.split("X-Amz-Expires=").nth(1).and_then(|rest| rest.split('&').next());
        let lasts = lasts.map_or(900, |lasts| lasts.parse().expect("a number"));
        let (emulator, clock) = strict(known());
        clock.advance(Duration::from_secs(lasts));
        assert_eq!(told(&emulator, &vector.request), "200", "{}", vector.name);
        clock.advance(Duration::from_secs(1));
        assert_eq!(told(&emulator, &vector.request), protocol[2], "{}", vector.name);
        let body = text(&emulator.handle(&vector.request));
        let now = jiff::Timestamp::from_second((START + lasts + 1) as i64).expect("a time").strftime("%Y%m%dT%H%M%SZ");
        let edge = format!("20270115T080000Z is now earlier than 20270115T080001Z ({now} - {} min.)", lasts / 60);
        assert!(vector.service == "ec2" || body.contains(&edge), "{body}");
    }
}

#[test]
fn signatures_that_make_no_sense_are_refused() {
    let scope = "AKIDEXAMPLE/20270115/us-east-1/elasticache/aws4_request";
    let rest = "SignedHeaders=host;x-amz-date, Signature=00";
    let date = "20270115T080000Z";
    let header = |text: &str, date: &str| Request {
        method: "POST".into(),
        path: "/".into(),
        headers: [("Host", "x"), ("X-Amz-Date", date), ("Authorization", text)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: b"Action=DescribeEvents&Version=2015-02-02".to_vec(),
    };
    let all = |scope: &str| format!("AWS4-HMAC-SHA256 Credential={scope}, {rest}");
    let address =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20270115T080000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let signed = |more: &str| Request {
        method: "GET".into(),
        path: format!("/?Action=DescribeEvents&X-Amz-Credential={}&{more}", scope.replace('/', "%2F")),
        headers: vec![("Host".into(), "x".into())],
        body: Vec::new(),
    };
    let cases = [
        (header("", date), "MissingAuthenticationToken", ""),
        (header("AWS4-HMAC-SHA256", date), "IncompleteSignature", "requires 'Credential'"),
        (
            header(&format!("AWS4-HMAC-SHA256 Credential={scope}"), date),
            "IncompleteSignature",
            "requires 'Signature' parameter. Authorization header requires 'SignedHeaders'",
        ),
        (header(&all(scope), ""), "IncompleteSignature", "existence of either a 'X-Amz-Date' or a 'Date' header"),
        (header(&all(scope), "today"), "IncompleteSignature", "ISO-8601 'basic format'. Got 'today'"),
        (header(&all(scope).replace("HMAC", "ECDSA"), date), "IncompleteSignature", "Unsupported AWS 'algorithm'"),
        (header(&all("AKIDEXAMPLE/20270115"), date), "IncompleteSignature", "exactly 5 slash-delimited elements"),
        (header(&all(scope), date), "SignatureDoesNotMatch", "we calculated does not match"),
        (header(&all(scope).replace("=00", "=\u{e9}0"), date), "SignatureDoesNotMatch", "we calculated does not match"),
        (
            header(&all(scope), "20270115T074459Z"),
            "SignatureDoesNotMatch",
            "Signature expired: 20270115T074459Z is now earlier than 20270115T074500Z (20270115T080000Z - 15 min.)",
        ),
        (
            header(&all(scope), "20270115T081501Z"),
            "SignatureDoesNotMatch",
            "Signature not yet current: 20270115T081501Z is still later than 20270115T081500Z (20270115T080000Z + 15 min.)",
        ),
        (header(&all(scope).replace("host;", ""), date), "SignatureDoesNotMatch", "'Host' or ':authority' must be"),
        (header(&all(scope).replace(";x-amz-date", ""), date), "SignatureDoesNotMatch", "'x-amz-date' must be"),
        (header(&all(&scope.replace("0115", "0114")), date), "SignatureDoesNotMatch", "'20270114' != '20270115'"),
        (
            header(&all(&scope.replace("elasticache", "other")), date),
            "SignatureDoesNotMatch",
            "correct service: 'elasticache'",
        ),
        (header(&all(&scope.replace("aws4", "aws5")), date), "SignatureDoesNotMatch", "not 'aws5_request'"),
        (signed(address), "IncompleteSignature", "must include 'X-Amz-Expires'"),
        (signed(&format!("{address}&X-Amz-Expires=604801")), "IncompleteSignature", "X-Amz-Expires must be between"),
        (signed(&format!("{address}&X-Amz-Expires=0")), "IncompleteSignature", "X-Amz-Expires must be between"),
        (signed(&format!("{address}&X-Amz-Expires=60")), "SignatureDoesNotMatch", "we calculated does not match"),
    ];
    let (emulator, _) = strict(known());
    for (request, code, fragment) in cases {
        let response = emulator.handle(&request);
        let body = text(&response).replace("&quot;", "\"");
        assert!(body.contains(&format!("<Code>{code}</Code>")) && body.contains(fragment), "{request:?}\n{body}");
        assert_eq!(response.status, if code == "IncompleteSignature" { 400 } else { 403 }, "{body}");
    }
}

/// SDKs correct their clocks by the date of the last answer, which is the emulator's own time.
#[test]
fn a_client_may_go_by_either_clock() {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector.name == "elasticache").expect("a vector");
    let (emulator, clock) = strict(known());
    control(&emulator, "POST", "clock", br#"{"advance_seconds": 86400}"#.to_vec());
    assert_eq!(told(&emulator, &vector.request), "200", "by the machine's");
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(told(&emulator, &vector.request), "403 SignatureDoesNotMatch");
    control(&emulator, "POST", "clock", br#"{"offset_seconds": -86400}"#.to_vec());
    assert_eq!(told(&emulator, &vector.request), "200", "by the emulator's");
}

#[test]
fn who_is_not_let_in_changes_nothing_and_meets_no_faults() {
    let vectors = vectors();
    let make = vectors.iter().find(|vector| vector.name == "elasticache in another region").expect("a vector");
    let (emulator, _) = strict(Credentials::one(KEY, "another"));
    let export = || text(&control(&emulator, "GET", "export", Vec::new()));
    let before = export();
    let rule = br#"{"rules": [{"error": {"code": "InternalFailure", "status": 500}}]}"#;
    control(&emulator, "POST", "faults", rule.to_vec());
    assert_eq!(told(&emulator, &make.request), "403 SignatureDoesNotMatch");
    assert_eq!(export(), before);
    let faults = text(&control(&emulator, "GET", "faults", Vec::new()));
    assert!(faults.contains("\"hits\":0"), "{faults}");
}

#[test]
fn secrets_are_nowhere_to_be_seen() {
    let (emulator, _) = strict(known());
    for vector in vectors() {
        assert!(!text(&emulator.handle(&vector.request)).contains(SECRET));
    }
    assert!(!format!("{emulator:?}").contains(SECRET));
    for path in ["export", "calls", "faults", "clock"] {
        assert!(!text(&control(&emulator, "GET", path, Vec::new())).contains(SECRET), "{path}");
    }
}
