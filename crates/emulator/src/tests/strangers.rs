//! What strangers send over a socket: broken, odd and hostile requests, each answered as AWS answers it.

use super::instant;
use crate::{Emulator, server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=123456789012/20270115/us-east-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0";

/// Serves a world in this process until the tests end.
fn serve() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
            tell.send(listener.local_addr().expect("address")).expect("the test waits");
            server::serve(listener, Emulator::in_memory(instant())).await.expect("server");
        });
    });
    told.recv().expect("an address")
}

/// Sends bytes, and reads until the other side closes.
pub(super) fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
    // A server that has heard enough may close before all is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request whose connection closes after it; `headers` are whole lines.
fn request(line: &str, service: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let signed = match service {
        "" => String::new(),
        service => format!("Authorization: {}\r\n", SIGNED.replace("SERVICE", service)),
    };
    let length = body.len();
    let head = format!(
        "{line}\r\nHost: localhost\r\nConnection: close\r\nX-Cachestack-Control: 1\r\n{signed}{headers}Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn form(service: &str, body: &str) -> Vec<u8> {
    request("POST / HTTP/1.1", service, "Content-Type: application/x-www-form-urlencoded\r\n", body.as_bytes())
}

fn json(target: &str, body: &str) -> Vec<u8> {
    let headers = format!("X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.0\r\n");
    request("POST / HTTP/1.1", "monitoring", &headers, body.as_bytes())
}

fn cbor(operation: &str, body: &[u8]) -> Vec<u8> {
    let line = format!("POST /service/GraniteServiceVersion20100801/operation/{operation} HTTP/1.1");
    request(&line, "monitoring", "Content-Type: application/cbor\r\nSmithy-Protocol: rpc-v2-cbor\r\n", body)
}

#[test]
fn odd_requests_are_answered_as_aws_answers_them() {
    let address = serve();
    let events = "Action=DescribeEvents&Version=2015-02-02";
    let credential = "X-Amz-Credential=123456789012%2F20270115%2Feu-west-1%2Felasticache%2Faws4_request";
    let group = "Action=CreateReplicationGroup&CacheNodeType=cache.t3.micro";
    let deep = "[".repeat(100_000);
    let dots = format!("{events}&{}=1", "a.".repeat(5_000));
    let many: String =
        (0..20_000).map(|number| format!("&SecurityGroupIds.SecurityGroupId.{number}=sg-{number}")).collect();
    let compressed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0xff, 0xff];
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        // who asks, and for what
        ("no signature", form("", events), 403, "<Code>MissingAuthenticationToken</Code>"),
        ("no signature, EC2", form("", "Action=DescribeVpcs&Version=2016-11-15"), 400, "parameter AWSAccessKeyId"),
        ("another signature", request("POST / HTTP/1.1", "", "Authorization: Basic eDp5\r\n", events.as_bytes()), 400, "<Code>IncompleteSignature</Code>"),
        ("a session token", request("POST / HTTP/1.1", "elasticache", "X-Amz-Security-Token: IQoJb3JpZ2luX2VjE\r\n", events.as_bytes()), 200, "<Events>"),
        ("signed by its address", request(&format!("GET /?{events}&{credential}&X-Amz-Signature=0 HTTP/1.1"), "", "", b""), 200, "<Events>"),
        ("no action", form("elasticache", "Version=2015-02-02"), 400, "<Code>MissingAction</Code>"),
        ("an empty body", form("elasticache", ""), 400, "<Code>MissingAction</Code>"),
        ("nothing at all", request("GET / HTTP/1.1", "", "", b""), 400, "no AWS operation"),
        ("an unknown service", form("lambda", "Action=ListFunctions&Version=2015-03-31"), 400, "no AWS operation"),
        ("an unknown operation", form("elasticache", "Action=CreateMoon&Version=2015-02-02"), 400, "Could not find operation CreateMoon for version 2015-02-02"),
        ("an operation in other letters", form("elasticache", "Action=describeEvents&Version=2015-02-02"), 400, "<Code>InvalidAction</Code>"),
        ("an operation with markup", form("elasticache", "Action=%3Cx%3E&Version=2015-02-02"), 400, "Could not find operation &lt;x&gt;"),
        ("a version to come", form("elasticache", "Action=DescribeEvents&Version=2099-01-01"), 400, "for version 2099-01-01"),
        ("a version to come, EC2", form("ec2", "Action=DescribeVpcs&Version=2099-01-01"), 400, "<Code>NoSuchVersion</Code>"),
        ("an earlier version", form("elasticache", "Action=DescribeEvents&Version=2014-09-30"), 200, "<Events"),
        // HTTP
        ("not HTTP", b"HELLO\r\n\r\n".to_vec(), 400, ""),
        ("HTTP/1.0", request("POST / HTTP/1.0", "elasticache", "", events.as_bytes()), 200, "<Events"),
        ("another method", request("DELETE / HTTP/1.1", "elasticache", "", events.as_bytes()), 405, "allow: GET, POST"),
        ("an odd path", request("POST //a/../b HTTP/1.1", "elasticache", "", events.as_bytes()), 200, "<Events"),
        ("an unknown control path", request("GET /_cachestack/../etc HTTP/1.1", "", "", b""), 404, "there is no GET"),
        ("another content type", request("POST / HTTP/1.1", "elasticache", "Content-Type: text/plain\r\n", events.as_bytes()), 200, "<Events"),
        ("a form that claims to be JSON", request("POST / HTTP/1.1", "elasticache", "Content-Type: application/json\r\n", events.as_bytes()), 400, "<Code>MissingAction</Code>"),
        ("a compressed form", request("POST / HTTP/1.1", "elasticache", "Content-Encoding: gzip\r\n", &compressed), 400, "<Code>MissingAction</Code>"),
        ("a wish for compression", request("POST / HTTP/1.1", "elasticache", "Accept-Encoding: gzip\r\n", events.as_bytes()), 200, "<Events"),
        ("chunks", b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 Credential=1/2/us-east-1/elasticache/aws4_request\r\nTransfer-Encoding: chunked\r\n\r\n15\r\nAction=DescribeEvents\r\n0\r\n\r\n".to_vec(), 200, "<Events"),
        ("too much", form("elasticache", &"x".repeat(3 << 20)), 413, ""),
        // members
        ("unknown members", form("elasticache", &format!("{events}&Nope=1&Nope.member.1=x")), 200, "<Events"),
        ("names without end", form("elasticache", &dots), 400, "<Code>MalformedInput</Code>"),
        ("a list without end", form("elasticache", &format!("{group}&ReplicationGroupId=g&ReplicationGroupDescription=d{many}")), 400, "Some security group IDs are invalid"),
        ("a text for a number", form("elasticache", &format!("{events}&MaxRecords=many")), 400, "<Code>MalformedInput</Code>"),
        ("a number too large", form("elasticache", &format!("{events}&MaxRecords=99999999999999999999")), 400, "<Code>MalformedInput</Code>"),
        ("records below zero", form("elasticache", &format!("{events}&MaxRecords=-1")), 400, "Must be between 20 and 100"),
        ("a broken marker", form("elasticache", &format!("{events}&Marker=%00%ff")), 400, "Invalid Marker"),
        ("broken escapes", form("elasticache", &format!("{events}&SourceIdentifier=%zz%")), 400, ""),
        ("a time that is none", form("elasticache", &format!("{events}&StartTime=soon")), 400, "<Code>MalformedInput</Code>"),
        ("a time before time", form("elasticache", &format!("{events}&StartTime=-9e99")), 400, "<Code>MalformedInput</Code>"),
        ("minutes without end", form("elasticache", &format!("{events}&Duration=2147483647")), 400, ""),
        ("minutes below zero", form("elasticache", &format!("{events}&Duration=-1")), 400, ""),
        ("markup in a description", form("elasticache", &format!("{group}&ReplicationGroupId=markup&ReplicationGroupDescription=%3C%2FDescription%3E%26%22%27%5D%5D%3E")), 200, "<Description>&lt;/Description&gt;&amp;&quot;']]&gt;</Description>"),
        ("what XML cannot say", form("elasticache", &format!("{group}&ReplicationGroupId=zero&ReplicationGroupDescription=a%00%1b%EF%BF%BF%0D%0Ab")), 200, "<Description>a\u{FFFD}\u{FFFD}\u{FFFD}&#13;\nb</Description>"),
        ("bytes that are no text", form("elasticache", &format!("{group}&ReplicationGroupId=bytes&ReplicationGroupDescription=%C3%28")), 200, "<Description>\u{FFFD}(</Description>"),
        ("a name from right to left", form("elasticache", &format!("{group}&ReplicationGroupId=%D7%A9%D7%9C&ReplicationGroupDescription=d")), 400, "not a valid identifier"),
        ("a name with a wide letter", form("elasticache", &format!("{group}&ReplicationGroupId=%EF%BD%81&ReplicationGroupDescription=d")), 400, "not a valid identifier"),
        // JSON and CBOR
        ("no JSON", json("GraniteServiceVersion20100801.DescribeAlarms", "{"), 400, "SerializationException"),
        ("a list for a structure", json("GraniteServiceVersion20100801.DescribeAlarms", "[]"), 400, "SerializationException"),
        ("a number for a text", json("GraniteServiceVersion20100801.PutMetricAlarm", "{\"AlarmName\":5}"), 400, "AlarmName is not a text"),
        ("a text for a list", json("GraniteServiceVersion20100801.DeleteAlarms", "{\"AlarmNames\":\"a\"}"), 400, "AlarmNames is not a structure, a map or a list"),
        ("JSON without end", json("GraniteServiceVersion20100801.DescribeAlarms", &deep), 400, "SerializationException"),
        ("an unknown target", json("Nothing.DescribeAlarms", "{}"), 400, "no AWS operation"),
        ("a target without operation", json("GraniteServiceVersion20100801", "{}"), 400, "no AWS operation"),
        ("an unknown JSON operation", json("GraniteServiceVersion20100801.Nope", "{}"), 400, "UnknownOperationException"),
        ("no CBOR", cbor("DescribeAlarms", &[0xff, 0x00]), 400, "SerializationException"),
        ("CBOR that breaks off", cbor("DescribeAlarms", &[0xbf]), 400, "SerializationException"),
        ("CBOR without end", cbor("DescribeAlarms", &[0x81; 100_000]), 400, "SerializationException"),
        ("a length that lies", cbor("DescribeAlarms", &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 400, "SerializationException"),
        ("an unknown CBOR operation", cbor("Nope", &[0xa0]), 400, "UnknownOperationException"),
        // control
        ("control that is no JSON", request("POST /_cachestack/clock HTTP/1.1", "", "", b"{"), 400, "not JSON"),
        ("a clock without a number", request("POST /_cachestack/clock HTTP/1.1", "", "", b"{}"), 400, "advance_seconds"),
        ("a clock beyond time", request("POST /_cachestack/clock HTTP/1.1", "", "", b"{\"advance_seconds\":1e300}"), 400, "error"),
        ("a clock before time", request("POST /_cachestack/clock HTTP/1.1", "", "", b"{\"offset_seconds\":-1e18}"), 400, "error"),
        ("quotas below zero", request("POST /_cachestack/quotas HTTP/1.1", "", "", b"{\"nodes\":-1}"), 400, "error"),
        ("no quota", request("POST /_cachestack/quotas HTTP/1.1", "", "", b"{\"nope\":1}"), 400, "nope"),
        ("series without a region", request("POST /_cachestack/metrics HTTP/1.1", "", "", b"{\"series\":[]}"), 400, "region"),
        ("a series of no shape", request("POST /_cachestack/metrics HTTP/1.1", "", "", b"{\"region\":\"us-east-1\",\"series\":[{\"cache\":\"a\",\"metric\":\"m\",\"shape\":\"round\"}]}"), 400, "round"),
        ("an import that is none", request("POST /_cachestack/import HTTP/1.1", "", "", b"{\"format\":1,\"rows\":[[\"a\",\"b\",\"groups\",\"g\",{}]]}"), 400, "error"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, bytes, status, fragment)| {
            let answer = send(address, bytes);
            let right = answer.split(' ').nth(1) == Some(&status.to_string()) && answer.contains(fragment);
            (!right).then(|| {
                format!("{name}: wanted {status} {fragment}\n{}\n", answer.chars().take(900).collect::<String>())
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(send(address, &form("elasticache", events)).starts_with("HTTP/1.1 200"), "still there");
}

#[test]
fn slow_and_broken_connections_hold_nobody_up() {
    let address = serve();
    let whole = form("elasticache", "Action=DescribeEvents");
    let half = &whole[..whole.len() - 10];
    // Some say nothing, some half of a head, some half of a body, some leave.
    let mut waiting: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(address).expect("connection")).collect();
    for (index, stream) in waiting.iter_mut().enumerate() {
        let part: &[u8] = match index % 3 {
            0 => b"",
            1 => &whole[..30],
            _ => half,
        };
        stream.write_all(part).expect("sent");
    }
    waiting.drain(..20);
    let begun = Instant::now();
    assert!(send(address, &whole).starts_with("HTTP/1.1 200"));
    assert!(begun.elapsed() < Duration::from_secs(5));
    // One of the slow ones says the rest, and is answered.
    let index = waiting.len() - 1;
    let slow = &mut waiting[index];
    slow.write_all(&whole[whole.len() - 10..]).expect("sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_connection_is_used_again_and_again() {
    let address = serve();
    let one = String::from_utf8(form("elasticache", "Action=DescribeEvents")).expect("text");
    let open = one.replace("Connection: close\r\n", "");
    // Both are sent before either is answered.
    let answer = send(address, format!("{open}{one}").as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    assert_eq!(answer.matches("</DescribeEventsResponse>").count(), 2, "{answer}");
}

#[test]
fn fifty_clients_at_once_are_all_answered() {
    let address = serve();
    std::thread::scope(|scope| {
        for who in 0..50 {
            scope.spawn(move || {
                for number in 0..5 {
                    let name = format!("c{who}-{number}");
                    let made = send(address, &form("elasticache", &format!("Action=CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7&Description=d")));
                    assert!(made.starts_with("HTTP/1.1 200"), "{made}");
                    let shown = send(address, &form("elasticache", &format!("Action=DescribeCacheParameterGroups&CacheParameterGroupName={name}")));
                    assert!(shown.contains(&format!("<CacheParameterGroupName>{name}<")), "{shown}");
                }
            });
        }
    });
}
