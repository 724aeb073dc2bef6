//! `doctor` and `connect` on real servers, which the tests start: redis-server and memcached of Debian, on ports that are
//! free. A test whose program is missing says so and is skipped.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::book::{Part, parts};
use crate::harness::Place;
use crate::referees::program;

/// A word that no output may have.
const TOKEN: &str = "hunter2hunter2hunter2";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A server that ends with the value.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a program and waits until its port takes connections.
    fn start(program: &Path, port: u16, arguments: &[String]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { process: command.spawn().expect("the server starts"), port };
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("{} {arguments:?} takes no connections", program.display());
    }

    /// redis-server with settings, one word after the other; `{port}` of the settings is the port.
    fn redis(program: &Path, place: &Place, settings: &str) -> Self {
        let port = free_port();
        let own = if settings.contains("--tls-port") { String::new() } else { format!("--port {port}") };
        let common = "--bind 127.0.0.1 --appendonly no --daemonize no";
        let directory = place.path().join(port.to_string());
        std::fs::create_dir_all(&directory).expect("a directory");
        let settings = settings.replace("{port}", &port.to_string());
        let words = [&own, common, "--dir", &directory.display().to_string(), &settings].join(" ");
        let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        words.extend(["--save".to_owned(), String::new()]);
        Self::start(program, port, &words)
    }

    /// Tells a server of Redis something without TLS, and reads what it answers.
    fn tell(&self, words: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a limit");
        stream.write_all(format!("{words}\r\n").as_bytes()).expect("a request");
        let mut answer = [0; 4096];
        let count = stream.read(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }
}

/// An authority, and certificates of it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(place: &Place) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, "An authority for tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let certificate: &rcgen::Certificate = issuer.as_ref();
        place.write("ca.pem", &certificate.pem());
        Self { issuer }
    }

    /// The settings of a server with a certificate for a name, from so many days ago to in so many days.
    fn settings(&self, place: &Place, file: &str, name: &str, (from, to): (i64, i64)) -> String {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let day = |days: i64| {
            let seconds = Duration::from_secs(days.unsigned_abs() * 86_400);
            let now = SystemTime::now();
            if days < 0 { now - seconds } else { now + seconds }
        };
        params.not_before = day(from).into();
        params.not_after = day(to).into();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        place.write(&format!("{file}.pem"), &certificate.pem());
        place.write(&format!("{file}.key"), &key.serialize_pem());
        let path = |name: &str| place.path().join(name).display().to_string();
        format!(
            "--port 0 --tls-port {{port}} --tls-cert-file {} --tls-key-file {} --tls-ca-cert-file {} --tls-auth-clients no",
            path(&format!("{file}.pem")),
            path(&format!("{file}.key")),
            path("ca.pem"),
        )
    }
}

/// Whether a text has others, wherever its columns are.
fn has(text: &str, others: &[&str]) {
    let narrow = |text: &str| text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    for other in others {
        assert!(narrow(text).contains(&narrow(other)), "no {other:?} in\n{text}");
    }
}

/// Runs the doctor on a server; what it says must have every text, and no secret.
fn says(place: &Place, port: u16, options: &str, code: i32, texts: &[&str]) {
    let server = format!("localhost:{port}");
    let mut args = vec!["doctor", server.as_str()];
    args.extend(options.split_whitespace());
    let said = place.run(&args).expect(code);
    has(&said.stdout, texts);
    assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"), "{options} tells a secret");
    if code == 1 {
        assert!(said.stdout.contains("-> "), "{options}: there is no remedy in\n{}", said.stdout);
    }
}

#[test]
fn each_finding_of_a_real_server_is_named_with_its_remedy() {
    let Some(redis) = program("doctor on redis-server", "redis-server") else { return };
    let mut place = Place::new();
    place.env("TOKEN", TOKEN).env("WRONG", "hunter2hunter2hunter3");
    let authority = Authority::new(&place);

    let plain = Server::redis(&redis, &place, "");
    says(&place, plain.port, "", 0, &["ok  tcp", "ok  ping   PONG", "ok  role   the primary", "Nothing is to be done"]);
    says(&place, plain.port, "--tls", 1, &["!!  tls", "the port speaks no TLS", "transit_encryption_enabled"]);
    says(&place, plain.port, "--token-env TOKEN", 1, &["!!  auth", "the server wants no token, and one is given"]);
    says(&place, plain.port, "--memcached", 1, &["not the protocol of Memcached"]);
    says(&place, free_port(), "", 1, &["!!  tcp", "nothing listens there", "cachestack endpoints"]);

    let token = Server::redis(&redis, &place, &format!("--requirepass {TOKEN}"));
    says(&place, token.port, "--token-env TOKEN", 0, &["ok  auth   the default user is logged in", "PONG"]);
    says(&place, token.port, "--token-env WRONG", 1, &["!!  auth", "the token or password is wrong", "rotation"]);
    says(&place, token.port, "", 1, &["!!  auth", "wants a token or a user, and none is given", "auth_token"]);

    let acl = Server::redis(&redis, &place, "");
    assert!(acl.tell(&format!("ACL SETUSER app on >{TOKEN} ~* +@read")).starts_with("+OK"));
    let texts = [
        "ok  auth   app is logged in",
        "!!  ping   app may not PING",
        "+@connection",
        "--  role   the user may not ask",
    ];
    says(&place, acl.port, "--user app --token-env TOKEN", 1, &texts);

    let replica = Server::redis(&redis, &place, &format!("--replicaof 127.0.0.1 {}", free_port()));
    says(
        &place,
        replica.port,
        "",
        1,
        &["a replica", "!!  replication", "the link to the primary is down", "ReplicationLag"],
    );
    let follows = Server::redis(&redis, &place, &format!("--replicaof 127.0.0.1 {}", plain.port));
    for _ in 0..200 {
        if follows.tell("INFO replication").contains("master_link_status:up") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    says(&place, follows.port, "", 0, &["a replica", "the link to the primary is up"]);

    let cluster = Server::redis(&redis, &place, &format!("--cluster-enabled yes --cluster-port {}", free_port()));
    assert!(cluster.tell("CLUSTER ADDSLOTSRANGE 0 16000").starts_with("+OK"));
    says(&place, cluster.port, "", 1, &["!!  cluster", "no shard covers the slots 16001-16383", "shard"]);
    assert!(cluster.tell("CLUSTER ADDSLOTSRANGE 16001 16383").starts_with("+OK"));
    for _ in 0..200 {
        if cluster.tell("CLUSTER INFO").contains("cluster_state:ok") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    says(&place, cluster.port, "", 0, &["all 16384 slots are covered"]);

    let good = Server::redis(&redis, &place, &authority.settings(&place, "good", "localhost", (-1, 90)));
    says(&place, good.port, "--cacert ca.pem", 0, &["the certificate is verified, and holds until", "PONG"]);
    says(&place, good.port, "--cacert ca.pem --tls", 0, &["PONG"]);
    says(&place, good.port, "--no-tls", 1, &["!!  tls", "the port has TLS", "rediss://"]);
    says(&place, good.port, "", 1, &["!!  tls", "an authority that is not trusted here", "--cacert"]);
    let soon = Server::redis(&redis, &place, &authority.settings(&place, "soon", "localhost", (-80, 3)));
    says(&place, soon.port, "--cacert ca.pem", 1, &["the certificate ends in 2 days"]);
    let expired = Server::redis(&redis, &place, &authority.settings(&place, "expired", "localhost", (-90, -2)));
    says(
        &place,
        expired.port,
        "--cacert ca.pem",
        1,
        &["!!  tls", "the certificate has expired (20", "CertificateRenewalComplete"],
    );
    let other = Server::redis(&redis, &place, &authority.settings(&place, "other", "cache.example", (-1, 90)));
    says(
        &place,
        other.port,
        "--cacert ca.pem",
        1,
        &["the certificate is not for localhost: it is for cache.example", "SNI"],
    );
    // Nothing is sent to a server that is not who it should be.
    says(&place, other.port, "--cacert ca.pem --token-env TOKEN", 1, &["not for localhost"]);
}

#[test]
fn the_doctor_knows_memcached() {
    let Some(memcached) = program("doctor on memcached", "memcached") else { return };
    let (place, port) = (Place::new(), free_port());
    let words = format!("-u nobody -l 127.0.0.1 -p {port}");
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let server = Server::start(&memcached, port, &words);
    says(&place, server.port, "--memcached", 0, &["memcached 1.", "Nothing is to be done"]);
    says(&place, server.port, "--memcached --tls", 1, &["the port speaks no TLS"]);
    says(&place, server.port, "", 1, &["not the protocol of Redis"]);
}

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

security_group "closed" {
  name = "closed"
}

replication_group "main" {
  replication_group_id       = "main"
  description                = "Main"
  engine                     = "redis"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  auth_token                 = secret("env:TOKEN")
  security_group_ids         = [security_group.closed.id]
}

replication_group "shards" {
  for_each                   = { a = "env:TOKEN" }
  replication_group_id       = "shards-${each.key}"
  description                = "Shards"
  engine                     = "redis"
  node_type                  = "cache.t4g.micro"
  num_node_groups            = 2
  replicas_per_node_group    = 1
  automatic_failover_enabled = true
  transit_encryption_enabled = true
  auth_token                 = secret(each.value)
}

user "app" {
  user_id       = "app"
  user_name     = "app-user"
  engine        = "redis"
  access_string = "on ~* +@read"
  passwords     = [secret("env:TOKEN")]
}

cache_cluster "pages" {
  cluster_id      = "pages"
  engine          = "memcached"
  node_type       = "cache.t4g.micro"
  num_cache_nodes = 1
}
"#;

/// A client that says with what it was called.
#[cfg(unix)]
#[test]
fn connect_gives_the_token_to_the_client_and_not_to_the_process_list() {
    let mut place = Place::new();
    place.env("TOKEN", TOKEN);
    place.write("main.hcl", STACK);
    has(&place.run(&["connect", "replication_group.main"]).expect(1).stderr, &["apply it first"]);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let script = "#!/bin/sh\necho \"args: $*\"\ncat /proc/$$/cmdline | tr '\\0' ' '\necho\n\
                  [ \"$REDISCLI_AUTH\" = \"$TOKEN\" ] && [ \"$VALKEYCLI_AUTH\" = \"$TOKEN\" ] && echo both variables\n";
    place.write("bin/redis-cli", script);
    let file = place.path().join("bin/redis-cli");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let path = format!("{}:/usr/bin:/bin", place.path().join("bin").display());
    place.env("PATH", &path);
    let cases: [(&[&str], &str); 7] = [
        (&["replication_group.main"], "args: -h master.main."),
        (&["replication_group.main", "--to", "reader"], "args: -h replica.main."),
        (
            &["replication_group.main", "--through", "localhost:7", "--", "PING"],
            "args: -h localhost -p 7 --tls --sni master.main.",
        ),
        (&["replication_group.shards[\"a\"]"], "args: -h clustercfg.shards-a."),
        (&["replication_group.main", "--user", "user.app"], "--user app-user"),
        (&["replication_group.main", "--user", "user.app", "--token-env", "TOKEN"], "--user app-user"),
        (&["replication_group.main", "--user", "ops", "--token-env", "TOKEN"], "--user ops"),
    ];
    for (args, text) in cases {
        let said = place.run(&[&["connect"], args].concat()).expect(0);
        assert!(said.stdout.contains(text) && said.stdout.contains("both variables"), "{args:?}: {}", said.stdout);
        assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"), "{args:?}: {}", said.stdout);
        assert_eq!(said.stdout.contains(" -c"), args[0].contains("shards"), "{args:?}: {}", said.stdout);
    }
    for (args, text) in [
        (&["cache_cluster.pages"][..], "is of memcached"),
        (&["replication_group.none"], "neither in the stack nor in its state"),
        (&["replication_group.main", "--to", "configuration"], "it has primary, reader"),
        (&["replication_group.main", "--through", "here"], "write HOST:PORT"),
        (&["replication_group.main", "--user", "ops"], "--user NAME wants --token-env VARIABLE"),
        (&["replication_group.main", "--token-env", "NONE"], "NONE is not set, or empty"),
        (&["replication_group.main", "--cacert", "main.hcl"], "main.hcl: it has no certificate"),
    ] {
        let said = place.run(&[&["connect"], args].concat()).expect(1);
        assert!(said.stderr.contains(text), "{args:?}: {}", said.stderr);
    }
    place.env("PATH", "/nowhere");
    has(&place.run(&["connect", "replication_group.main"]).expect(1).stderr, &["neither valkey-cli nor redis-cli"]);
}

#[test]
fn a_cache_of_the_stack_is_looked_at_through_a_tunnel() {
    let Some(redis) = program("doctor of a stack", "redis-server") else { return };
    let mut place = Place::new();
    place.env("TOKEN", TOKEN);
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let shown = place.run(&["endpoints", "replication_group.main", "--json"]).expect(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let name = shown["replication_group.main"]["primary"]["host"].as_str().expect("a name").to_owned();
    let authority = Authority::new(&place);
    let settings = authority.settings(&place, "main", &name, (-1, 90));
    let server = Server::redis(&redis, &place, &format!("{settings} --requirepass {TOKEN}"));
    let through = format!("localhost:{}", server.port);
    let args = ["doctor", "replication_group.main", "--through", &through, "--cacert", "ca.pem"];
    let said = place.run(&args).expect(1);
    let texts = [
        "ok  status  available",
        "!!  doors   no security group lets anybody in on port 6379",
        "ok  vpc ",
        "the certificate is verified",
        "the default user is logged in",
        "PONG",
        "0 of 1 replicas follow",
        "2 findings",
    ];
    has(&said.stdout, &texts);
    // Without the tunnel the names of the emulator lead nowhere.
    let said = place.run(&["doctor", "replication_group.main"]).expect(1);
    assert_eq!(said.stdout.matches("--  name  the emulator makes this name up").count(), 2, "{}", said.stdout);
    if program("connect by redis-cli", "redis-cli").is_none() {
        return;
    }
    let args = ["connect", "replication_group.main", "--through", &through, "--", "--cacert", "ca.pem", "PING"];
    assert_eq!(place.run(&args).expect(0).stdout, "PONG\n");
}

/// The guide to local engines: the parameters of the stack are directives that an engine takes.
#[test]
fn an_engine_takes_what_the_stack_says() {
    let Some(redis) = program("the guide to local engines", "redis-server") else { return };
    if program("the guide to local engines", "redis-cli").is_none() {
        return;
    }
    let place = Place::new();
    let page = std::fs::read_to_string(crate::harness::root().join("docs/guides/local-engines.md")).expect("the guide");
    for part in parts(&page) {
        if let Part::File(_, file, text) = part {
            place.write(&file, &text);
        }
    }
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.write("engine.conf", &place.run(&["output", "-raw", "engine"]).expect(0).stdout);
    let (port, file) = (free_port(), place.path().join("engine.conf").display().to_string());
    let words = format!("{file} --port {port} --bind 127.0.0.1 --appendonly no --dir {}", place.path().display());
    let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    words.extend(["--save".to_owned(), String::new()]);
    let server = Server::start(&redis, port, &words);
    let through = format!("localhost:{}", server.port);
    let asked = ["connect", "replication_group.shop", "--through", &through, "--", "CONFIG", "GET", "maxmemory-policy"];
    has(&place.run(&asked).expect(0).stdout, &["maxmemory-policy", "allkeys-lru"]);
    let said = place.run(&["doctor", "replication_group.shop", "--through", &through]);
    has(&said.stdout, &["PONG"]);
}

#[test]
fn performance_goes_by_the_last_hour_and_takes_no_data_for_nothing() {
    let mut place = Place::new();
    place.env("TOKEN", TOKEN);
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let doctor = ["doctor", "--performance", "replication_group.main"];
    let silent = place.run(&doctor).expect(0).stdout;
    assert!(silent.contains("--  CPUUtilization") && silent.contains("no data of the last hour"), "{silent}");
    assert!(silent.ends_with("\nNothing could be judged.\n"), "{silent}");
    let series = |cpu: &str, memory: f64, hits: f64| {
        let one = |metric: &str, shape: String| format!(r#"{{"cache": "main-001", "metric": "{metric}", {shape}}}"#);
        let steady = |value: f64| format!(r#""shape": "steady", "value": {value}"#);
        let all = [
            one("EngineCPUUtilization", cpu.to_owned()),
            one("DatabaseMemoryUsagePercentage", steady(memory)),
            one("CacheHits", steady(hits)),
            one("CacheMisses", steady(100.0 - hits)),
        ];
        format!(r#"{{"region": "us-east-1", "series": [{}]}}"#, all.join(", "))
    };
    let steady = |value: f64| format!(r#""shape": "steady", "value": {value}"#);
    // The thresholds: 80 % of CPU, 95 % at any time, 85 % of memory, 80 % of hits.
    let cases: [(String, f64, f64, &[&str]); 5] = [
        (steady(79.0), 84.0, 81.0, &[]),
        (steady(81.0), 84.0, 81.0, &["EngineCPUUtilization"]),
        (r#""shape": "spiky", "low": 10, "high": 96, "minutes": 2"#.to_owned(), 84.0, 81.0, &["spikes of 96%"]),
        (steady(79.0), 86.0, 81.0, &["DatabaseMemoryUsagePercentage"]),
        (steady(79.0), 84.0, 79.0, &["CacheHitRate"]),
    ];
    for (cpu, memory, hits, want) in cases {
        place.control("metrics", &series(&cpu, memory, hits));
        let said = place.run(&doctor).expect(i32::from(!want.is_empty())).stdout;
        let found: Vec<&str> = said.lines().filter(|line| line.contains("!!")).collect();
        assert_eq!(found.len(), want.len(), "{said}");
        assert!(want.iter().zip(&found).all(|(want, line)| line.contains(want)), "{said}");
    }
    let json = place.run(&[&doctor[..], &["--json"]].concat()).expect(1).stdout;
    let last = json.lines().last().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok()).expect("JSON");
    assert_eq!((&last["findings"], &last["metrics"]["avg_memory"]), (&1.into(), &84.0.into()), "{last}");
    assert_eq!(last["metrics"]["avg_hit_rate"], 79.0, "{last}");
}
