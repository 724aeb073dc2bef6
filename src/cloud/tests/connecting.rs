//! Settings, credentials and accounts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use super::*;
use crate::clock::SystemClock;
use crate::kind::ErrorClass;
use crate::stack::access::{Access, Role};

fn settings(endpoint: Endpoint) -> Settings {
    Settings::new(endpoint, Arc::new(SystemClock))
}

#[test]
fn bad_settings_are_refused() {
    assert_eq!(connect(settings(Endpoint::Url("localhost:4566".into()))).unwrap_err().code, "InvalidEndpoint");
}

#[test]
fn no_region_is_an_error() {
    let fake = Fake::new(|operation, _| query(operation, ""));
    let read = run(fake.aws.remote("subnet_group", "").read(&["a".to_owned()]));
    assert_eq!(read.unwrap_err().code, "NoRegion");
}

/// The access key that a request was signed with, from settings.
fn key(change: impl Fn(&mut Settings)) -> String {
    let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
    let log = seen.clone();
    let mut settings = settings(Endpoint::InProcess(Arc::new(move |request: &Request| {
        log.lock().unwrap().push(request.clone());
        query("GetCallerIdentity", "<Account>123456789012</Account><Arn>arn:a</Arn><UserId>U</UserId>").into()
    })));
    change(&mut settings);
    let aws = connect(settings).unwrap();
    assert_eq!(run(aws.account()).unwrap(), "123456789012");
    assert_eq!(run(aws.account()).unwrap(), "123456789012");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "asked once");
    let headers = &seen[0].headers;
    let header = &headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1;
    header.split("Credential=").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

#[test]
fn an_emulator_in_process_is_told_the_account_by_the_key() {
    assert_eq!(key(|_| ()), "000000000000");
    assert_eq!(key(|settings| settings.account_id = Some("111122223333".into())), "111122223333");
    assert_eq!(
        key(|settings| {
            settings.account_id = Some("111122223333".into());
            let roles = ["arn:aws:iam::777788889999:role/hub", "arn:aws:iam::444455556666:role/deployer"];
            settings.access = Arc::new(Access { roles: roles.map(Role::new).to_vec(), ..Access::default() });
        }),
        "444455556666"
    );
}

#[test]
fn regions_have_their_own_clients() {
    let fake = Fake::new(|operation, _| query(operation, "<CacheSubnetGroups/>"));
    for region in ["us-east-1", "eu-west-1"] {
        run(fake.aws.remote("subnet_group", region).read(&["a".to_owned()])).unwrap();
    }
    let seen = fake.seen.lock().unwrap();
    let scope = |request: &Request| {
        let header = &request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1;
        header.split('/').nth(2).unwrap().to_owned()
    };
    assert_eq!(seen.iter().map(scope).collect::<Vec<_>>(), ["us-east-1", "eu-west-1"]);
    assert_eq!(run(fake.aws.region()).unwrap().as_deref(), Some("us-east-1"));
}

/// The machine's time, with sleeps a fiftieth as long.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn now(&self) -> SystemTime {
        SystemClock.now()
    }

    fn elapsed(&self) -> Duration {
        SystemClock.elapsed()
    }

    fn sleep(&self, duration: Duration) -> crate::clock::Sleep {
        SystemClock.sleep(duration / 50)
    }
}

fn on_port(port: u16) -> Aws {
    let mut settings = settings(Endpoint::Url(format!("http://127.0.0.1:{port}")));
    settings.region = Some("us-east-1".into());
    settings.clock = Arc::new(Hasty);
    connect(settings).unwrap()
}

#[test]
fn a_port_that_nobody_listens_on_is_a_passing_failure() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = run(on_port(port).remote("subnet_group", "us-east-1").read(&["a".to_owned()])).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Transient, "ConnectionFailed"), "{error}");
}

#[test]
fn a_port_on_this_machine_needs_no_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"MaxRecords=100") {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the request ended early");
            request.extend_from_slice(&buffer[..count]);
        }
        let body = query("DescribeCacheSubnetGroups", "<CacheSubnetGroups/>").body;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        String::from_utf8(request).unwrap()
    });
    assert!(run(on_port(port).remote("subnet_group", "us-east-1").read(&["a".to_owned()])).unwrap().is_empty());
    assert!(server.join().unwrap().contains("/us-east-1/elasticache/aws4_request"));
}
