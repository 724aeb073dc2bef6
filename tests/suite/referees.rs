//! Programs of others that judge ours. A test whose program is missing says so and is skipped.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::harness::{Emulator, Place, files, root, run};

/// boto3 drives the emulator: waiters, paginators, errors.
#[test]
fn boto3_finds_its_way() {
    script("boto3_finds_its_way", "boto3_suite.py");
}

/// Every answer has the shape of the service model.
#[test]
fn answers_are_those_of_the_model() {
    script("answers_are_those_of_the_model", "model_check.py");
}

/// Terraform and cachestack look up the same at one emulator, out of one file. Without a mirror of providers nothing is
/// checked.
#[test]
fn lookups_are_those_of_terraform() {
    let name = "lookups_are_those_of_terraform";
    let (Some(_), Some(python)) = (program(name, "terraform"), python_with(name, "boto3")) else { return };
    if std::env::var_os("CACHESTACK_PROVIDERS").is_none() {
        return skipped(name, "CACHESTACK_PROVIDERS");
    }
    let emulator = Emulator::start("instant");
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients/lookups_suite.py")).arg(&emulator.url).arg(env!("CARGO_BIN_EXE_cachestack"));
    run(command).expect(0).says("look-ups agree");
}

/// States of Terraform are read out of moto's S3, with signatures that botocore would make.
#[test]
fn remote_states_are_read_from_buckets() {
    let Some(python) = python_with("remote_states_are_read_from_buckets", "moto.server") else { return };
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients/remote_state_suite.py")).arg(env!("CARGO_BIN_EXE_cachestack"));
    run(command).expect(0).says("remote states are read");
}

/// States lie in moto's S3 and on a server of Terraform's http protocol; some servers lie, refuse, or are gone.
#[test]
fn states_are_kept_elsewhere() {
    let Some(python) = python_with("states_are_kept_elsewhere", "moto.server") else { return };
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients/state_suite.py")).arg(env!("CARGO_BIN_EXE_cachestack"));
    run(command).expect(0).says("states are kept elsewhere");
}

/// A proxy, a certificate authority of one's own, and the names of FIPS and dual-stack endpoints.
#[test]
fn closed_networks_have_ways_out() {
    let Some(python) = python_with("closed_networks_have_ways_out", "cryptography") else { return };
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients/proxy_suite.py")).arg(env!("CARGO_BIN_EXE_cachestack"));
    run(command).expect(0).says("closed networks are left by their doors");
}

/// The shell steps of `examples/ci`, as the systems run them, with the state in moto's S3.
#[test]
fn example_pipelines_end_with_nothing_to_do() {
    let Some(python) = python_with("example_pipelines_end_with_nothing_to_do", "moto.server, yaml") else { return };
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients/pipelines_suite.py")).arg(env!("CARGO_BIN_EXE_cachestack"));
    run(command).expect(0).says("the example pipelines are carried out");
}

/// Terraform, where it is installed with its AWS provider (`CACHESTACK_PROVIDERS` names a mirror); elsewhere a
/// transcript of the same run is played again by the unit tests.
#[test]
fn terraform_is_content() {
    let name = "terraform_is_content";
    let configured = ["CACHESTACK_PROVIDERS", "TF_CLI_CONFIG_FILE"].iter().any(|name| std::env::var_os(name).is_some());
    match program(name, "terraform") {
        Some(_) if configured => script(name, "terraform_suite.py"),
        Some(_) => skipped(name, "CACHESTACK_PROVIDERS"),
        None => {}
    }
}

/// What `ministack`, an emulator of other authors, has of our kinds. Replication groups are left out: it gives their
/// members other names than AWS does, and keeps none of their states. So are subnet groups: it reads their subnets as
/// `SubnetIds.member.N`, where the service model, and with it every SDK, says `SubnetIds.SubnetIdentifier.N`. Its alarms have `DatapointsToAlarm` even if nobody set it.
const MINISTACK: &str = r#"
data "vpc" "main" { default = true }

parameter_group "p" {
  name       = "witness"
  family     = "redis7"
  parameters = { maxmemory-policy = var.policy }
}

variable "policy" { default = "allkeys-lru" }

security_group "g" {
  name   = "witness"
  vpc_id = data.vpc.main.id
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

log_group "l" {
  name              = "witness"
  retention_in_days = var.policy == "allkeys-lru" ? 7 : 0
}

log_metric_filter "f" {
  name           = "witness"
  log_group_name = log_group.l.name
  pattern        = "{ $.a = 1 }"
  metric_transformation {
    name      = "Witness"
    namespace = "Witness"
    value     = "1"
  }
}

alarm "a" {
  alarm_name          = "witness"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ElastiCache"
  dimensions          = { CacheClusterId = "elsewhere-001" }
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
  datapoints_to_alarm = 2
}
"#;

/// Another emulator takes our requests, too.
#[test]
fn ministack_is_planned_and_applied() {
    let name = "ministack_is_planned_and_applied";
    let Some(ministack) = program(name, "ministack") else { return };
    let Some(url) = Witness::start(&ministack) else { return skipped(name, "ministack that starts") };
    let mut place = Place::new();
    place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "us-east-1");
    place.write("main.hcl", MINISTACK);
    let at = ["--endpoint", url.url.as_str()];
    let go = |words: &[&str], code: i32| place.run(&[words, &at[..]].concat()).expect(code);
    go(&["apply", "--auto-approve"], 0);
    go(&["plan", "--detailed-exitcode"], 0);
    go(&["apply", "--auto-approve", "--var", "policy=volatile-lru"], 0);
    go(&["plan", "--detailed-exitcode", "--var", "policy=volatile-lru"], 0);
    go(&["destroy", "--auto-approve"], 0);
}

/// A running `ministack`, ended when dropped.
struct Witness {
    child: std::process::Child,
    url: String,
}

impl Witness {
    fn start(program: &std::path::Path) -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut command = Command::new(program);
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        command.env("SERVICES", "elasticache,ec2,cloudwatch,logs,sts,tagging");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let witness = Self { child, url: format!("http://127.0.0.1:{port}") };
        for _ in 0..300 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(witness);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        None
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `terraform fmt` finds nothing to change in the stacks, and neither does `cachestack fmt`.
#[test]
fn terraform_lays_the_stacks_out_alike() {
    let stacks = root().join("stacks");
    let place = Place::new();
    place.run(&["fmt", "--check", &stacks.display().to_string()]).expect(0);
    let Some(terraform) = program("terraform_lays_the_stacks_out_alike", "terraform") else { return };
    for path in ["hcl", "hclvars", "tf"].into_iter().flat_map(|end| files(&stacks, end)) {
        let mut command = Command::new(&terraform);
        command.args(["fmt", "-check", "-"]).stdin(std::fs::File::open(&path).expect("a stack"));
        command.env("HOME", place.path()).env_remove("TF_CLI_CONFIG_FILE").env("CHECKPOINT_DISABLE", "1");
        let done = run(command);
        assert_eq!(done.code, 0, "terraform fmt would change {}\n{}", path.display(), done.stderr);
    }
}

/// Runs a script of `tests/clients` against an emulator of its own.
fn script(test: &str, name: &str) {
    let Some(python) = python_with(test, "boto3") else { return };
    let emulator = Emulator::start("fast");
    let mut command = Command::new(python);
    command.arg(root().join("tests/clients").join(name)).arg(&emulator.url).env("PYTHONDONTWRITEBYTECODE", "1");
    run(command).expect(0);
}

/// Where a program is, or a word that the test is skipped.
pub fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skipped(test, name);
    }
    found
}

/// A Python that can import the module, or a word that the test is skipped.
pub fn python_with(test: &str, module: &str) -> Option<PathBuf> {
    let has = |python: &PathBuf| {
        let mut import = Command::new(python);
        import.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    let apart = std::env::var_os("CACHESTACK_READERS").filter(|_| ["checkov", "regopy"].contains(&module));
    if let Some(apart) = apart.map(PathBuf::from).filter(has) {
        return Some(apart);
    }
    let python = program(test, "python3")?;
    if has(&python) {
        return Some(python);
    }
    skipped(test, module);
    None
}

/// On the real stderr: the harness keeps what a test prints.
pub fn skipped(test: &str, missing: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test}: no {missing}");
}
