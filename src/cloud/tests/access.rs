//! What the arguments of a provider become on the wire.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::*;
use crate::clock::SystemClock;
use crate::cloud::in_process::InProcess;
use crate::cloud::{config, credentials, http};
use crate::stack::access::{Access, Keys, Role, WebIdentity};
use crate::value::Secret;

const HUB: &str = "arn:aws:iam::111122223333:role/hub";
const SPOKE: &str = "arn:aws:iam::444455556666:role/spoke";

/// Answers as STS does: the access key of a session is the name of the role.
fn sts(body: &str, operation: &str) -> Response {
    let role = body.split("role/").nth(1).unwrap_or_default().split('&').next().unwrap_or_default();
    query(
        operation,
        &format!(
            "<Credentials><AccessKeyId>{role}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2033-01-01T00:00:00Z</Expiration></Credentials>"
        ),
    )
}

/// Obtains the credentials that an access leads to; answers their key, and each request with the key that signed it.
fn obtain(access: Access) -> (String, Vec<(String, Option<String>, String)>) {
    let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
    let log = seen.clone();
    let handler: crate::cloud::in_process::Handler = Arc::new(move |request: &Request| {
        log.lock().unwrap().push(request.clone());
        sts(&text(request), &operation(request)).into()
    });
    let clock = VirtualClock::at(1_900_000_000);
    let settings = Settings {
        region: Some("eu-west-1".into()),
        access: Arc::new(access),
        ..Settings::new(Endpoint::InProcess(handler.clone()), Arc::new(clock))
    };
    let sdk = config::in_process(&settings, InProcess(handler));
    let key = run(async {
        let first = SharedCredentialsProvider::new(Credentials::new("first", "s", None, None, "test"));
        let base = match (&settings.access.keys, &settings.access.web_identity) {
            (None, None) => first,
            _ => credentials::base(&settings, &sdk).await.unwrap(),
        };
        let last = credentials::through_roles(&settings, sdk.clone(), base).credentials_provider().unwrap();
        last.provide_credentials().await.unwrap().access_key_id().to_owned()
    });
    let seen = seen.lock().unwrap();
    let signed = |request: &Request| {
        let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        header.map(|(_, value)| value.split("Credential=").nth(1).unwrap().split("/aws4").next().unwrap().to_owned())
    };
    (key, seen.iter().map(|request| (operation(request), signed(request), text(request))).collect())
}

fn literal(text: &str) -> Secret {
    Secret { source: None, text: Some(text.into()) }
}

#[test]
fn roles_are_assumed_one_from_the_other_with_all_that_is_said_of_them() {
    let spoke = Role {
        session_name: Some("deploy".into()),
        external_id: Some("known".into()),
        duration: Some(Duration::from_secs(5400)),
        policy: Some("{}".into()),
        policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()],
        source_identity: Some("alice".into()),
        tags: BTreeMap::from([("team".into(), "cache".into())]),
        transitive_tag_keys: vec!["team".into()],
        ..Role::new(SPOKE)
    };
    let (key, seen) = obtain(Access {
        roles: vec![Role::new(HUB), spoke],
        sts_region: Some("us-west-2".into()),
        ..Access::default()
    });
    assert_eq!(key, "spoke");
    let signed: Vec<_> = seen.iter().map(|(operation, by, _)| (operation.as_str(), by.as_deref().unwrap())).collect();
    assert_eq!(signed[0].0, "AssumeRole");
    assert!(signed[0].1.starts_with("first/") && signed[0].1.ends_with("/us-west-2/sts"), "{signed:?}");
    assert!(signed[1].1.starts_with("hub/") && signed.len() == 2, "{signed:?}");
    let (first, second) = (&seen[0].2, &seen[1].2);
    assert!(first.contains(&format!("RoleArn={HUB}")) && first.contains("RoleSessionName=cachestack"), "{first}");
    for part in [
        format!("RoleArn={SPOKE}"),
        "RoleSessionName=deploy".into(),
        "ExternalId=known".into(),
        "DurationSeconds=5400".into(),
        "Policy={}".into(),
        "PolicyArns.member.1.arn=arn:aws:iam::aws:policy/ReadOnlyAccess".into(),
        "SourceIdentity=alice".into(),
        "Tags.member.1.Key=team".into(),
        "Tags.member.1.Value=cache".into(),
        "TransitiveTagKeys.member.1=team".into(),
    ] {
        assert!(second.split('&').any(|field| field == part), "{part} in {second}");
    }
}

#[test]
fn a_token_opens_a_role_without_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "from-the-file\n").unwrap();
    for (token, token_file, sent) in [(Some(literal("written")), None, "written"), (None, Some(path), "from-the-file")]
    {
        let web = WebIdentity { role: Role::new(HUB), token, token_file };
        let access = Access { web_identity: Some(web), roles: vec![Role::new(SPOKE)], ..Access::default() };
        let (key, seen) = obtain(access);
        assert_eq!((key.as_str(), seen.len()), ("spoke", 2));
        assert_eq!((seen[0].0.as_str(), &seen[0].1), ("AssumeRoleWithWebIdentity", &None), "unsigned");
        assert!(seen[0].2.contains(&format!("WebIdentityToken={sent}")), "{}", seen[0].2);
        assert!(seen[1].1.as_deref().unwrap().starts_with("hub/"));
    }
}

#[test]
fn keys_that_are_written_out_are_used() {
    let keys = |secret_key| Keys { access_key: literal("written"), secret_key, token: None };
    let access = Access { keys: Some(keys(literal("s"))), roles: vec![Role::new(HUB)], ..Access::default() };
    let (_, seen) = obtain(access);
    assert!(seen[0].1.as_deref().unwrap().starts_with("written/"), "{seen:?}");
    let missing = keys(Secret { source: Some("env:NOT_THERE".into()), text: None });
    let error = refused(Access { keys: Some(missing), ..Access::default() });
    assert_eq!(error, "NoSecret: `secret_key` of the provider: the secret env:NOT_THERE is not there");
}

/// The error of asking for the account, at an address that must never be asked.
fn refused(access: Access) -> String {
    let settings = Settings {
        region: Some("eu-west-1".into()),
        access: Arc::new(access),
        ..Settings::new(Endpoint::Url("http://127.0.0.1:9".into()), Arc::new(SystemClock))
    };
    run(connect(settings).unwrap().account()).unwrap_err().to_string()
}

/// Nothing takes the place of a profile that is named: no variables, no other profile, and no emulator's own keys.
#[test]
fn a_profile_that_does_not_exist_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(&config, "[profile production]\nregion = eu-west-1\n").unwrap();
    let access = |profile: &str, file: &Path| Access {
        profile: Some(profile.into()),
        config_files: vec![file.into()],
        credentials_files: vec![file.into()],
        ..Access::default()
    };
    let table = [
        ("prodution", "does not exist. Did you mean \"production\"?"),
        ("other", "does not exist. There are: production."),
        ("production", "gives no credentials"),
    ];
    for (profile, want) in table {
        let error = refused(access(profile, &config));
        assert!(error.contains(&format!("the profile \"{profile}\" {want}")), "{error}");
        assert!(
            error.contains("`profile` of the environment or provider") && error.contains("--endpoint emulator"),
            "{error}"
        );
    }
    let error = refused(access("production", &folder.path().join("nowhere")));
    assert!(error.contains("nowhere: there is no such file"), "{error}");
}

#[test]
fn a_service_goes_to_its_own_url() {
    let access = Access {
        endpoints: BTreeMap::from([("elasticache".into(), "http://cache.invalid".to_owned())]),
        ..Access::default()
    };
    let handler: crate::cloud::in_process::Handler = Arc::new(|_| query("Nothing", "").into());
    let mut settings = Settings::new(Endpoint::InProcess(handler.clone()), Arc::new(SystemClock));
    settings.access = Arc::new(access);
    let sdk = config::in_process(&settings, InProcess(handler));
    let url = |settings: &Settings, names: &[&str]| settings.at(&sdk, names).endpoint_url().unwrap().to_owned();
    assert_eq!(url(&settings, &["elasticache"]), "http://in-process.invalid", "the emulator is in this process");
    settings.endpoint = Endpoint::Aws;
    assert_eq!(url(&settings, &["elasticache"]), "http://cache.invalid");
    assert_eq!(url(&settings, &["ec2"]), "http://in-process.invalid");
}

#[test]
fn requests_go_through_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    });
    let keys = Keys { access_key: literal("k"), secret_key: literal("s"), token: None };
    let settings = Settings {
        region: Some("eu-west-1".into()),
        access: Arc::new(Access { http_proxy: Some(proxy), keys: Some(keys), ..Access::default() }),
        ..Settings::new(Endpoint::Url("http://sts.invalid".into()), Arc::new(SystemClock))
    };
    let error = run(connect(settings).unwrap().account()).unwrap_err();
    assert_eq!(error.code, "Http403");
    assert!(server.join().unwrap().starts_with("POST http://sts.invalid/ HTTP/1.1\r\n"));
}

#[test]
fn certificates_are_read_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.pem");
    let bundle = || Access { ca_bundle: Some(path.clone()), ..Access::default() };
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, want) in [(None, "no such file"), (Some("nothing"), "no certificates"), (Some(broken), "bundle.pem")] {
        text.iter().for_each(|text| std::fs::write(&path, text).unwrap());
        let error = http::client(&bundle(), None).unwrap_err();
        assert!(error.to_string().contains(want), "{error}");
    }
}

#[test]
fn a_request_is_sent_as_often_as_was_said() {
    for (tries, want) in [(Some(1), 1), (Some(3), 3), (None, 12)] {
        let seen: Arc<Mutex<usize>> = Arc::default();
        let count = seen.clone();
        let handler = move |_: &Request| {
            *count.lock().unwrap() += 1;
            query_error(400, "Throttling", "slower").into()
        };
        let clock = Arc::new(VirtualClock::at(1_700_000_000));
        let mut settings = Settings::new(Endpoint::InProcess(Arc::new(handler)), clock);
        settings.access = Arc::new(Access { tries, ..Access::default() });
        let error = run(connect(settings).unwrap().account()).unwrap_err();
        assert_eq!((error.code.as_str(), *seen.lock().unwrap()), ("Throttling", want), "{tries:?}");
    }
}
