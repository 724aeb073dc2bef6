//! The emulator as real processes: killed in the middle of its work, two on one world, and strangers' clients.
//!
//! A child process is this test binary again, told by its environment to serve.

use super::super::{Credentials, Emulator, Options, Speed, server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const WORLD: &str = "CACHESTACK_TEST_SERVES";
/// The secret that requests must be signed with, where a test asks for that.
const SECRET: &str = "CACHESTACK_TEST_SECRET";
const READY: &str = "listening on ";

/// Serves until it is killed, where a test asks for that.
#[test]
fn serves_when_told_to() {
    let Some(world) = std::env::var_os(WORLD) else { return };
    let speed = if world.is_empty() { Speed::Factor(2_000.0) } else { Speed::Instant };
    let secret = std::env::var(SECRET).ok();
    let credentials = secret.map(|secret| Credentials::one("123456789012", secret));
    let options = Options { speed, credentials, ..Options::default() };
    let emulator = match world.is_empty() {
        true => Emulator::in_memory(options),
        false => Emulator::open(Path::new(&world), options).expect("world"),
    };
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        println!("\n{READY}{}", listener.local_addr().expect("address"));
        server::serve(listener, emulator).await.expect("server");
    });
}

/// A process that serves; killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts one on a world's file, or on one in memory that runs fast.
    fn start(world: Option<&Path>) -> Self {
        Self::spawn(world, Command::new(std::env::current_exe().expect("this binary")))
    }

    /// Starts one that rewrites the world's file as a snapshot with every change.
    fn rewriting(world: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.env("CACHESTACK_TEST_REWRITES", "1");
        Self::spawn(Some(world), command)
    }

    fn spawn(world: Option<&Path>, mut command: Command) -> Self {
        let mut child = command
            .args(["--exact", "tests::processes::serves_when_told_to", "--nocapture"])
            .env(WORLD, world.unwrap_or(Path::new("")))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let address = lines.find_map(|line| line.ok()?.split(READY).nth(1).map(str::to_owned)).expect("an address");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Sends a query request; an error where the process died.
    fn send(&self, fields: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let scope = "AWS4-HMAC-SHA256 Credential=123456789012/20270115/us-east-1/elasticache/aws4_request";
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {scope}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{fields}",
            fields.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.map(|status| (status, text)).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // On Unix this is SIGKILL: the process has no chance to tidy up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn create(name: &str) -> String {
    format!(
        "Action=CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7&Description=d"
    )
}

#[test]
fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().expect("folder");
    let world = folder.path().join("w.world");
    let mut answered: Vec<String> = Vec::new();
    for round in 0..6 {
        // In every other round the process is killed while it replaces the whole file.
        let server = if round % 2 == 0 { Server::start(Some(&world)) } else { Server::rewriting(&world) };
        for name in &answered {
            let show = format!("Action=DescribeCacheParameterGroups&CacheParameterGroupName={name}");
            assert_eq!(server.send(&show).expect("answer").0, 200, "{name} was answered before round {round}");
        }
        let written = AtomicUsize::new(0);
        let writers: Vec<Vec<String>> = std::thread::scope(|scope| {
            let writer = |who: usize| {
                let (server, written) = (&server, &written);
                scope.spawn(move || {
                    let names = (0..).map(|number| format!("k{round}-{who}-{number}"));
                    let answered = names.take_while(|name| matches!(server.send(&create(name)), Ok((200, _))));
                    answered
                        .inspect(|_| {
                            written.fetch_add(1, Ordering::SeqCst);
                        })
                        .collect::<Vec<_>>()
                })
            };
            let writers: Vec<_> = (0..3).map(writer).collect();
            // Killed while the three of them write, at a moment that differs from round to round.
            while written.load(Ordering::SeqCst) < 10 + round {
                std::thread::yield_now();
            }
            let id = server.child.id().to_string();
            assert!(Command::new("kill").args(["-9", &id]).status().expect("kill").success());
            writers.into_iter().map(|writer| writer.join().expect("writer")).collect()
        });
        answered.extend(writers.into_iter().flatten());
    }
    assert!(answered.len() >= 60, "each round answers some");
}

#[test]
fn two_processes_see_each_others_writes_whole() {
    let folder = tempfile::tempdir().expect("folder");
    let world = folder.path().join("w.world");
    let servers = [Server::start(Some(&world)), Server::rewriting(&world)];
    std::thread::scope(|scope| {
        for who in 0..2 {
            let (own, other) = (&servers[who], &servers[1 - who]);
            scope.spawn(move || {
                for number in 0..15 {
                    let id = format!("g{who}-{number}");
                    let made = own.send(&format!("Action=CreateReplicationGroup&ReplicationGroupId={id}&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro&NumCacheClusters=3"));
                    assert_eq!(made.expect("answer").0, 200);
                    let (status, group) =
                        other.send(&format!("Action=DescribeReplicationGroups&ReplicationGroupId={id}")).expect("answer");
                    assert_eq!(status, 200, "{id} is seen by the other process at once");
                    assert_eq!(group.matches("<ClusterId>").count(), 3, "{group}");
                    for member in 1..=3 {
                        let show = format!("Action=DescribeCacheClusters&CacheClusterId={id}-{member:03}");
                        assert_eq!(other.send(&show).expect("answer").0, 200, "{id}-{member:03}");
                    }
                    let (_, all) = other.send("Action=DescribeReplicationGroups").expect("answer");
                    assert_eq!(all.matches("<ClusterId>").count(), 3 * all.matches("<ReplicationGroup>").count());
                }
            });
        }
    });
}

/// With few open files allowed, idle and slow clients make room for those that come.
#[test]
#[cfg(unix)]
fn few_open_files_are_enough_for_many_clients() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""]).arg(std::env::current_exe().expect("this binary"));
    let folder = tempfile::tempdir().expect("folder");
    let server = Server::spawn(Some(&folder.path().join("w.world")), command);
    // Some say nothing, some half of a head, some half of a body, some keep a connection that has been used.
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let used = "GET /_cachestack/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let parts = ["", &head[..20], &format!("{head}Content-Length: 100\r\n\r\nAction="), used];
    let mut waiting = Vec::new();
    for index in 0..200 {
        let mut stream = TcpStream::connect(&server.address).expect("a place in the queue");
        stream.write_all(parts[index % parts.len()].as_bytes()).expect("sent");
        waiting.push(stream);
    }
    std::thread::scope(|scope| {
        for who in 0..50 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..2 {
                    let (status, body) = server.send(&create(&format!("f{who}-{number}"))).expect("an answer");
                    assert_eq!(status, 200, "{body}");
                }
            });
        }
    });
    drop(waiting);
    let (_, all) = server.send("Action=DescribeCacheParameterGroups&MaxRecords=100").expect("answer");
    assert!(all.matches("<CacheParameterGroupName>f").count() >= 50, "{all}");
}

/// Runs a client's suite against a process, where the client is installed.
fn suite(needs: &[&str], script: &str, command: &[&str]) {
    suite_with(needs, script, command, None);
}

/// As [`suite`], against a process that verifies signatures where there is a secret.
fn suite_with(needs: &[&str], script: &str, command: &[&str], secret: Option<&str>) {
    let there = Command::new(needs[0]).args(&needs[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        // On the real stderr: the harness keeps what a test prints.
        let _ = writeln!(std::io::stderr(), "skipped: {script}: `{}` does not run here", needs.join(" "));
        return;
    }
    let mut process = Command::new(std::env::current_exe().expect("this binary"));
    process.envs(secret.map(|secret| (SECRET, secret)));
    let server = Server::spawn(None, process);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(script);
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(path)
        .arg(format!("http://{}", server.address))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(secret.map(|secret| ("AWS_SECRET_ACCESS_KEY", secret)))
        .output()
        .expect(script);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn boto3_is_content_and_every_answer_is_in_the_model() {
    suite(&["python3", "-c", "import boto3"], "model_check.py", &["python3"]);
}

#[test]
fn boto3_is_let_in_by_its_secret_alone() {
    let secret = Some("a secret/of+tests");
    suite_with(&["python3", "-c", "import boto3"], "signed_suite.py", &["python3"], secret);
}

#[test]
fn the_aws_cli_is_content() {
    suite(&["python3", "-c", "import awscli"], "cli_suite.py", &["python3"]);
}
