//! Secrets that an account keeps: looked up, read by `secret()`, and put there for safe keeping. Nothing of ours has them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::harness::{Emulator, Place, files};

/// Calls an operation of a service in JSON, as everyone who has an account can. Answers whether that went well, and the
/// body.
fn call(emulator: &Emulator, service: &str, target: &str, body: &serde_json::Value) -> (bool, serde_json::Value) {
    let host = emulator.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let body = body.to_string();
    let mut stream = TcpStream::connect(&host).expect("the emulator listens");
    let scope = format!("000000000000/20260101/us-east-1/{service}/aws4_request");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: {target}\r\nContent-Length: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.starts_with("HTTP/1.1 200"), serde_json::from_str(body).expect("JSON"))
}

fn put(emulator: &Emulator, name: &str, value: &str) {
    let body = serde_json::json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
    assert!(call(emulator, "ssm", "AmazonSSM.PutParameter", &body).0);
}

/// Fails the test if a file below a directory has one of the texts in it.
fn nowhere(directory: &Path, texts: &[&str]) {
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(&place).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).expect("a file");
            let whole = String::from_utf8_lossy(&bytes);
            for text in texts {
                assert!(!whole.contains(text), "{} has {text}", path.display());
            }
        }
    }
}

const TOKEN: &str = "first-token-of-sixteen";
const NEXT: &str = "second-token-of-sixteen";
const PASSWORD: &str = "password-of-an-application";
const OTHER: &str = "password-of-an-administrator";

fn place(emulator: &Emulator, stack: &str) -> Place {
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "000000000000").env("AWS_SECRET_ACCESS_KEY", "x").env("RUST_BACKTRACE", "1");
    place.write("main.hcl", &stack.replace("URL", &emulator.url));
    place
}

#[test]
fn secrets_of_an_account_are_used_and_kept_nowhere() {
    let emulator = Emulator::start("instant");
    put(&emulator, "/cache/token", TOKEN);
    let secret = serde_json::json!({
        "Name": "cache/users", "SecretString": serde_json::json!({ "app": PASSWORD, "admin": OTHER }).to_string(),
    });
    assert!(call(&emulator, "secretsmanager", "secretsmanager.CreateSecret", &secret).0);
    let place = place(
        &emulator,
        r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

data "aws_ssm_parameter" "token" { name = "/cache/token" }

data "aws_secretsmanager_secret" "users" { name = "cache/users" }

data "aws_secretsmanager_secret_version" "users" {
  secret_id = data.aws_secretsmanager_secret.users.id
}

resource "aws_elasticache_replication_group" "r" {
  replication_group_id       = "r"
  description                = "With a token of Parameter Store"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = data.aws_ssm_parameter.token.value
}

replication_group "own" {
  replication_group_id       = "own"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = secret("ssm:/cache/token")
}

resource "aws_elasticache_user" "app" {
  user_id       = "app"
  user_name     = "app"
  engine        = "valkey"
  access_string = "on ~* +@read"
  passwords     = [jsondecode(data.aws_secretsmanager_secret_version.users.secret_string)["app"]]
}

user "admin" {
  user_id       = "admin"
  user_name     = "admin"
  engine        = "valkey"
  access_string = "on ~* +@all"
  passwords     = [secret("secretsmanager:cache/users#admin")]
}

output "version" { value = data.aws_ssm_parameter.token.version }
output "open" { value = data.aws_ssm_parameter.token.insecure_value == "" }
output "token" {
  value     = data.aws_ssm_parameter.token.value
  sensitive = true
}
"#,
    );
    let secrets = [TOKEN, NEXT, PASSWORD, OTHER];
    place.run(&["validate"]).expect(0);
    let plan = place.run(&["plan"]).expect(0);
    assert!(!secrets.iter().any(|text| plan.stdout.contains(text) || plan.stderr.contains(text)), "{plan:?}");
    let apply = place.run(&["apply", "--auto-approve", "--json"]).expect(0);
    assert!(!secrets.iter().any(|text| apply.stdout.contains(text) || apply.stderr.contains(text)), "{apply:?}");
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    nowhere(place.path(), &secrets);
    // Whoever has the account turns the token; the next plan sees it.
    put(&emulator, "/cache/token", NEXT);
    let plan = place.run(&["plan", "--detailed-exitcode"]).expect(2).says("auth_token");
    assert!(!secrets.iter().any(|text| plan.stdout.contains(text) || plan.stderr.contains(text)), "{plan:?}");
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    nowhere(place.path(), &secrets);
    // A member that is not there, and a secret that is gone.
    let stack = place.read("main.hcl");
    place.write("main.hcl", &stack.replace("users#admin", "users#nobody"));
    let wrong = place.run(&["plan"]).expect(1);
    assert!(wrong.stderr.contains("its JSON has no `nobody`") && wrong.stderr.contains("CS0416"), "{wrong:?}");
    assert!(!secrets.iter().any(|text| wrong.stdout.contains(text) || wrong.stderr.contains(text)), "{wrong:?}");
    place.write("main.hcl", &stack.replace("secret(\"ssm:/cache/token\")", "secret(\"ssm:/cache/none\")"));
    let wrong = place.run(&["plan"]).expect(1);
    assert!(wrong.stderr.contains("the account has no such secret in this region"), "{wrong:?}");
    place.write("main.hcl", &stack);
    place.run(&["destroy", "--auto-approve"]).expect(0);
    nowhere(place.path(), &secrets);
}

#[test]
fn passwords_that_are_made_here_lie_in_the_account() {
    for vault in ["ssm:/cachestack/kept", "secretsmanager:cachestack/kept"] {
        let emulator = Emulator::start("instant");
        let place = place(
            &emulator,
            &r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
  secrets  = "VAULT"
}

variable "era" { default = "1" }

random_password "token" {
  length  = 32
  special = false
  keepers = { era = var.era }
}

replication_group "r" {
  replication_group_id       = "r"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token                 = random_password.token.result
}
"#
            .replace("VAULT", vault),
        );
        place.run(&["validate"]).expect(0);
        place.run(&["apply", "--auto-approve"]).expect(0);
        place.run(&["plan", "--detailed-exitcode"]).expect(0);
        let state = place.read(".cachestack/local/state.json");
        let state: serde_json::Value = serde_json::from_str(&state).expect("a state");
        let resources = state["resources"].as_array().expect("resources");
        let password = resources.iter().find(|one| one["address"] == "random_password.token").expect("the password");
        let id = password["id"].as_str().expect("its id").to_owned();
        let first = kept(&emulator, vault, &format!("{id}.result")).expect("it is kept");
        assert_eq!(first.len(), 32);
        nowhere(place.path(), &[&first]);
        // A new one in its place takes the old one out of the vault.
        place.run(&["apply", "--auto-approve", "--var", "era=2"]).expect(0);
        place.run(&["plan", "--detailed-exitcode", "--var", "era=2"]).expect(0);
        assert_eq!(kept(&emulator, vault, &format!("{id}.result")), None, "{vault}");
        place.run(&["destroy", "--auto-approve", "--allow-destroy", "replication_group.r"]).expect(0);
        assert!(files(place.path(), "json").len() < 10, "no directory of secrets was made");
    }
}

/// What the account keeps for a vault.
fn kept(emulator: &Emulator, vault: &str, name: &str) -> Option<String> {
    let (service, prefix) = vault.split_once(':').expect("a vault");
    let name = format!("{prefix}/{name}");
    let (good, found) = match service {
        "ssm" => {
            let body = serde_json::json!({ "Name": name, "WithDecryption": true });
            call(emulator, service, "AmazonSSM.GetParameter", &body)
        }
        _ => call(emulator, service, "secretsmanager.GetSecretValue", &serde_json::json!({ "SecretId": name })),
    };
    let text = if service == "ssm" { &found["Parameter"]["Value"] } else { &found["SecretString"] };
    good.then(|| text.as_str().expect("a text").to_owned())
}

#[test]
fn ephemeral_blocks_read_what_is_written_only() {
    let emulator = Emulator::start("instant");
    put(&emulator, "/cache/token", TOKEN);
    let secret = serde_json::json!({
        "Name": "cache/users", "SecretString": serde_json::json!({ "app": PASSWORD }).to_string(),
    });
    assert!(call(&emulator, "secretsmanager", "secretsmanager.CreateSecret", &secret).0);
    let place = place(
        &emulator,
        r#"
environment "local" {
  endpoint = "URL"
  region   = "us-east-1"
}

variable "round" {
  type    = number
  const   = true
  default = 1
}

ephemeral "aws_ssm_parameter" "token" {
  arn = "arn:aws:ssm:us-east-1:000000000000:parameter/cache/token"
}

# Of the same name as the block above, and repeated for something else.
data "aws_ssm_parameter" "token" {
  for_each = toset(["/cache/token", "/cache/token:1"])
  name     = each.key
}

ephemeral "aws_secretsmanager_secret_version" "users" {
  for_each  = toset(["cache/users"])
  secret_id = each.key
}

resource "aws_elasticache_replication_group" "r" {
  replication_group_id       = "r"
  description                = "With a token that is only written"
  node_type                  = "cache.t4g.micro"
  transit_encryption_enabled = true
  auth_token_wo              = ephemeral.aws_ssm_parameter.token.value
  auth_token_wo_version      = var.round
}

resource "aws_elasticache_user" "app" {
  user_id       = "app"
  user_name     = "app"
  engine        = "valkey"
  access_string = "on ~* +@read"
  passwords     = [jsondecode(ephemeral.aws_secretsmanager_secret_version.users["cache/users"].secret_string)["app"]]
}

output "looked_up" { value = length(data.aws_ssm_parameter.token) + length(ephemeral.aws_secretsmanager_secret_version.users) }
"#,
    );
    let secrets = [TOKEN, NEXT, PASSWORD];
    let quiet = |run: crate::harness::Run| {
        assert!(!secrets.iter().any(|text| run.stdout.contains(text) || run.stderr.contains(text)), "{run:?}");
        run
    };
    place.run(&["validate"]).expect(0);
    quiet(place.run(&["plan", "--json"])).expect(0);
    nowhere(place.path(), &secrets);
    quiet(place.run(&["apply", "--auto-approve", "--json"])).expect(0);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    place.run(&["output", "looked_up"]).expect(0).says("3");
    // Another value is none until its version says so.
    put(&emulator, "/cache/token", NEXT);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    let stack = place.read("main.hcl");
    place.write("main.hcl", &stack.replace("default = 1", "default = 2"));
    quiet(place.run(&["apply", "--auto-approve"])).expect(0).says("1 changed");
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    nowhere(place.path(), &secrets);
    // Everything of it is hidden, and what is left to another tool is not read.
    place.write("shown.hcl", "output \"shown\" { value = ephemeral.aws_ssm_parameter.token.version }\n");
    let wrong = place.run(&["plan"]).expect(1);
    assert!(wrong.stderr.contains("CS0415"), "{wrong:?}");
    place.write("shown.hcl", "stack \"s\" { foreign = [\"ephemeral.aws_ssm_parameter.token\"] }\n");
    let left = place.run(&["plan"]).expect(1);
    assert!(left.stderr.contains("`ephemeral.aws_ssm_parameter.token` is not managed by cachestack"), "{left:?}");
}
