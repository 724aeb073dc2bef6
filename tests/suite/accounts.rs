//! Whose credentials a run uses, where it goes, and that it stops before the wrong account: over a socket, on an emulator
//! that verifies signatures. And that what is secret in a provider is written nowhere.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::{Emulator, Place, Run};

const KEYS: &str = "[first]\naws_access_key_id = 111111111111\naws_secret_access_key = one\n\n\
                    [second]\naws_access_key_id = 222222222222\naws_secret_access_key = two\n";

const GROUP: &str = "parameter_group \"redis\" {\n  name   = \"redis\"\n  family = \"redis7\"\n}\n";

/// An emulator that knows the keys, and a stack beside the same file whose process has keys that nobody knows.
fn stage() -> (Emulator, Place) {
    let server = Place::new();
    server.write("keys", KEYS);
    let emulator = Emulator::start_in(server, &["--speed", "instant", "--verify-signatures", "keys"]);
    let mut place = Place::new();
    place.write("keys", KEYS);
    place.env("AWS_ACCESS_KEY_ID", "333333333333").env("AWS_SECRET_ACCESS_KEY", "unknown");
    place.env("FIRST_SECRET", "one").env("AWS_EC2_METADATA_DISABLED", "true");
    (emulator, place)
}

fn provider(place: &Place, arguments: &str) {
    place.write("main.tf", &format!("provider \"aws\" {{\n  region = \"us-west-2\"\n{arguments}\n}}\n\n{GROUP}"));
}

/// How often each operation was called.
fn calls(emulator: &Emulator) -> BTreeMap<String, u64> {
    let address = emulator.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the emulator answers");
    let head = format!("Host: {address}\r\nX-Cachestack-Control: 1\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("GET /_cachestack/calls HTTP/1.1\r\n{head}").as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[test]
fn what_a_provider_names_is_used_and_nothing_takes_its_place() {
    let (emulator, place) = stage();
    let plan = |arguments: &str| -> Run {
        provider(&place, arguments);
        place.run(&["plan", "--full", "--endpoint", &emulator.url])
    };
    let of_first = "arn:aws:elasticache:us-west-2:111111111111:parametergroup:redis";
    let of_second = of_first.replace("111111111111", "222222222222");
    plan("").expect(1);
    plan("profile = \"first\"\n shared_credentials_files = [\"keys\"]").expect(0).says(of_first);
    plan("profile = \"second\"\n shared_credentials_files = [\"keys\"]").expect(0).says(&of_second);
    plan("access_key = \"111111111111\"\n secret_key = \"one\"").expect(0).says(of_first);
    plan("access_key = \"111111111111\"\n secret_key = secret(\"env:FIRST_SECRET\")").expect(0).says(of_first);
    plan("access_key = \"111111111111\"\n secret_key = \"two\"").expect(1);
    let missing = plan("profile = \"third\"\n shared_credentials_files = [\"keys\"]").expect(1);
    assert!(missing.stderr.contains("the profile \"third\" does not exist. There are: first, second."), "{missing:?}");
    let unread = plan("access_key = \"111111111111\"\n secret_key = secret(\"env:NOT_THERE\")").expect(1);
    assert!(unread.stderr.contains("the secret env:NOT_THERE is not there"), "{unread:?}");
}

#[test]
fn the_environment_beats_the_provider() {
    let (emulator, place) = stage();
    provider(&place, "profile = \"first\"\n shared_credentials_files = [\"keys\"]");
    place.write("environment.hcl", "environment \"e\" {\n  profile = \"second\"\n}\n");
    let run = place.run(&["plan", "--full", "--endpoint", &emulator.url]).expect(0);
    assert!(run.stdout.contains(":222222222222:"), "{run:?}");
}

#[test]
fn services_go_where_the_provider_sends_them() {
    let (emulator, place) = stage();
    let url = &emulator.url;
    let services = ["elasticache", "sts", "ec2", "cloudwatch", "resourcegroupstaggingapi"];
    let endpoints: String = services.iter().map(|service| format!("    {service} = \"{url}\"\n")).collect();
    let keys = "access_key = \"111111111111\"\n secret_key = \"one\"";
    provider(&place, &format!("{keys}\n  endpoints {{\n{endpoints}  }}"));
    place.run(&["apply", "--auto-approve"]).expect(0).says("1 added");
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    assert_eq!(calls(&emulator)["elasticache:CreateCacheParameterGroup"], 1);
    assert!(place.read(".cachestack/default/state.json").contains("111111111111"));
}

#[test]
fn where_services_are_elsewhere_none_is_asked_at_aws() {
    let (emulator, place) = stage();
    let url = &emulator.url;
    let endpoints: String =
        ["elasticache", "sts", "ec2"].iter().map(|service| format!("    {service} = \"{url}\"\n")).collect();
    let keys = "access_key = \"111111111111\"\n secret_key = \"one\"";
    provider(&place, &format!("{keys}\n  endpoints {{\n{endpoints}  }}"));
    let many = "parameter_group \"many\" {\n  count  = 30\n  name   = \"p-${count.index}\"\n  family = \"redis7\"\n}\n";
    place.write("many.hcl", many);
    place.run(&["apply", "--auto-approve"]).expect(0).says("31 added");
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    assert!(!calls(&emulator).contains_key("tagging:GetResources"));
}

#[test]
fn nothing_but_the_account_is_asked_for_in_the_wrong_one() {
    let (emulator, place) = stage();
    let who = "profile = \"first\"\n shared_credentials_files = [\"keys\"]\n";
    for guard in ["allowed_account_ids = [\"222222222222\"]", "forbidden_account_ids = [\"111111111111\"]"] {
        provider(&place, &format!("{who} {guard}"));
        for command in [&["plan"][..], &["apply", "--auto-approve"], &["destroy", "--auto-approve"]] {
            let run = place.run(&[command, &["--endpoint", &emulator.url]].concat()).expect(3);
            assert!(run.stderr.contains("nothing was read or sent"), "{run:?}");
        }
    }
    assert_eq!(calls(&emulator), BTreeMap::from([("sts:GetCallerIdentity".to_owned(), 6)]));
    provider(&place, &format!("{who} allowed_account_ids = [\"111111111111\"]"));
    place.run(&["apply", "--auto-approve", "--endpoint", &emulator.url]).expect(0).says("1 added");
}

#[test]
fn secrets_of_a_provider_are_written_nowhere() {
    let mut place = Place::new();
    place.env("THE_TOKEN", "planted-in-a-variable").env("TF_VAR_key", "planted-as-input");
    let arguments = "access_key = \"planted-id\"\n secret_key = var.key\n token = secret(\"env:THE_TOKEN\")";
    provider(&place, arguments);
    place.write("variables.tf", "variable \"key\" {\n  type      = string\n  sensitive = true\n}\n");
    let at = ["--endpoint", "emulator"];
    let commands: [&[&str]; 9] = [
        &["validate"],
        &["plan", "--json"],
        &["plan"],
        &["apply", "--auto-approve"],
        &["apply", "--auto-approve", "--json"],
        &["show"],
        &["console"],
        &["graph"],
        &["destroy", "--auto-approve"],
    ];
    for command in commands {
        let run = place.run(&[command, &at].concat()).expect(0);
        assert!(!run.stdout.contains("planted") && !run.stderr.contains("planted"), "{command:?} {run:?}");
        for (path, bytes) in crate::untouched::listing(&place.path().join(".cachestack")) {
            let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
            assert!(!text.contains("planted"), "{path} after {command:?}");
        }
    }
}

/// Roles are asked of STS as on AWS, one through the other; the keys that it gives are of the account of the last.
#[test]
fn roles_are_assumed_through_one_another() {
    let emulator = Emulator::start("instant");
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "111111111111").env("AWS_SECRET_ACCESS_KEY", "x");
    let role =
        |account: &str| format!("  assume_role {{\n    role_arn = \"arn:aws:iam::{account}:role/ci/deploy\"\n  }}\n");
    for (roles, account) in
        [(role("222222222222"), "222222222222"), (role("222222222222") + &role("333333333333"), "333333333333")]
    {
        provider(&place, &roles);
        let run = place.run(&["plan", "--full", "--endpoint", &emulator.url]).expect(0);
        assert!(run.stdout.contains(&format!(":{account}:parametergroup:redis")), "{run:?}");
    }
    assert_eq!(calls(&emulator)["sts:AssumeRole"], 3);
}
