//! The same requests to this emulator, moto and ministack, each a process of its own, over HTTP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{ALARMS, CLUSTERS, GROUPS, List, Request, Told, alarm, authorization, group, version};

const GROUPS_MADE: usize = 500;
const ALARMS_MADE: usize = 2_000;
/// A list is read for so long: the system tells CPU time in units of 10 ms.
const READING: Duration = Duration::from_secs(4);
/// How long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// One task of a server.
#[derive(Clone)]
struct Cost {
    task: String,
    wall: Duration,
    cpu: Duration,
    /// What a list told, and how many objects there are.
    told: Option<(Told, usize)>,
}

pub fn measure() {
    let ours = Path::new(env!("CARGO_BIN_EXE_cachestack"));
    let mut first: Option<Vec<Cost>> = None;
    println!(
        "{GROUPS_MADE} groups and {ALARMS_MADE} alarms; time of the server for each call, or each list in all its pages\n"
    );
    println!("| server | task | CPU, ms | wall, ms | CPU, ours = 1 | wall, ours = 1 | objects told | KiB told |");
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    for (name, program) in
        [("cachestack", ours), ("moto", Path::new("moto_server")), ("ministack", Path::new("ministack"))]
    {
        let server = match Server::start(program) {
            Ok(server) => server,
            Err(error) => {
                assert!(first.is_some(), "this emulator does not start: {error}");
                eprintln!("{name}: skipped: {}: {error}", program.display());
                continue;
            }
        };
        let costs = server.costs();
        let ours = first.get_or_insert_with(|| costs.clone());
        costs.iter().zip(&*ours).for_each(|(cost, ours)| println!("{}", row(name, cost, ours)));
    }
}

fn row(name: &str, cost: &Cost, ours: &Cost) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    let told = cost.told.map(|(told, all)| format!("{} of {all} | {}", told.objects, told.bytes / 1024));
    // A list that is not whole is not measured.
    let whole = cost.told.is_none_or(|(told, all)| told.objects == all);
    let ratios = format!("{:.1} | {:.1}", ratio(cost.cpu, ours.cpu), ratio(cost.wall, ours.wall));
    let ratios = if whole { ratios } else { "- | -".to_owned() };
    let times = format!("{:.2} | {:.2} | {ratios}", ms(cost.cpu), ms(cost.wall));
    format!("| {name} | {} | {times} | {} |", cost.task, told.unwrap_or(" | ".to_owned()))
}

/// A server that runs.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(program: &Path) -> std::io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(program);
        if program.ends_with("moto_server") {
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        } else if program.ends_with("ministack") {
            command.env("GATEWAY_PORT", port.to_string()).env("BIND_HOST", "127.0.0.1");
        } else {
            command.args(["emulate", "--speed", "instant", "--listen", &format!("127.0.0.1:{port}")]);
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > PATIENCE || server.process.try_wait()?.is_some() {
                return Err(std::io::Error::other("it does not begin to listen"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    fn costs(&self) -> Vec<Cost> {
        // What a server makes at the first call of a service is no part of any call.
        for list in [GROUPS, ALARMS] {
            list.read(|request| self.send(request));
        }
        let mut costs = vec![
            self.calls("make a group", GROUPS_MADE, group),
            self.calls("make an alarm", ALARMS_MADE, alarm),
            self.calls("look at a group", GROUPS_MADE, |number| {
                ("elasticache", format!("Action=DescribeReplicationGroups&ReplicationGroupId=g{number:05}"))
            }),
            self.calls("look at an alarm", GROUPS_MADE, |number| {
                ("monitoring", format!("Action=DescribeAlarms&AlarmNames.member.1=a{number:05}"))
            }),
        ];
        costs.extend([
            self.list("all groups", &GROUPS, GROUPS_MADE),
            self.list("all clusters", &CLUSTERS, GROUPS_MADE),
            self.list("all alarms", &ALARMS, ALARMS_MADE),
        ]);
        costs
    }

    fn calls(&self, task: &str, count: usize, request: fn(usize) -> Request) -> Cost {
        let (start, cpu) = (Instant::now(), self.cpu());
        (0..count).for_each(|number| drop(self.send(&request(number))));
        let (wall, cpu) = (start.elapsed() / count as u32, (self.cpu() - cpu) / count as u32);
        Cost { task: task.to_owned(), wall, cpu, told: None }
    }

    fn list(&self, task: &str, list: &List, all: usize) -> Cost {
        let (start, cpu) = (Instant::now(), self.cpu());
        let (mut readings, mut told) = (0, Told::default());
        while start.elapsed() < READING {
            told = list.read(|request| self.send(request));
            readings += 1;
        }
        let (wall, cpu) = (start.elapsed() / readings, (self.cpu() - cpu) / readings);
        Cost { task: task.to_owned(), wall, cpu, told: Some((told, all)) }
    }

    /// The body of the answer to a request, on a connection of its own.
    fn send(&self, (service, fields): &Request) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server answers");
        let body = format!("{fields}&Version={}", version(service));
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAuthorization: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.port,
            authorization(service),
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{fields}: {answer}");
        body.to_owned()
    }

    /// CPU time that the server has had so far, with what the system did for it.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("a process on Linux");
        // The name of the program, in parentheses, may have blanks; `utime` and `stime` are the fields 14 and 15.
        let (_, rest) = stat.rsplit_once(')').expect("a name");
        let ticks: u64 =
            rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(10 * ticks)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
