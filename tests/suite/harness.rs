//! A directory of its own and the built program in it, with nothing of this machine's environment but PATH.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The directory of the package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with that extension in a directory and below it, sorted.
pub fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What came of a command.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Run {
    /// Fails the test unless the command ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n-- stdout --\n{}\n-- stderr --\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless this is part of what was printed to stdout.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "no {text:?}\n-- stdout --\n{}\n-- stderr --\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A temporary directory; it is gone with the value.
pub struct Place {
    directory: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// A program, which heeds Ctrl-C also where these tests do not: a shell starts what is to run in the background with that
/// ignored, and each process hands it on to the next.
fn heeding_ctrl_c(program: &str) -> Command {
    const CTRL_C_BIT: u64 = 1 << 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    if ignored.is_none_or(|ignored| ignored & CTRL_C_BIT == 0) {
        return Command::new(program);
    }
    // By its path: a test may have taken the search path away.
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal=INT").arg(program);
    command
}

impl Place {
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("cachestack-").tempdir().expect("a temporary directory");
        Self { directory, env: Vec::new() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Sets a variable of the environment of every command to come.
    pub fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a directory");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let path = self.path().join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The program, ready to run in this directory.
    pub fn program<S: AsRef<str>>(&self, args: &[S]) -> Command {
        let mut command = heeding_ctrl_c(env!("CARGO_BIN_EXE_cachestack"));
        command.args(args.iter().map(AsRef::as_ref)).current_dir(self.path()).env_clear().stdin(Stdio::null());
        // Of the last three is `faketime`, under which the suite runs as on another day.
        let kept = ["PATH", "LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED"];
        command.envs(kept.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("HOME", self.path()).env("CACHESTACK_EMULATOR_SPEED", "instant");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Moves the clock of the built-in emulator of the environment `local`, so that what is due falls due.
    pub fn move_clock(&self, seconds: u64) {
        self.control("clock", &format!("{{\"advance_seconds\": {seconds}}}"));
    }

    /// Asks something of the control API of that emulator.
    pub fn control(&self, action: &str, body: &str) {
        let mut command =
            self.program(&["emulate", "--listen", "127.0.0.1:0", "--world", ".cachestack/local/emulator.json"]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        let emulator = Emulator { process, url, _place: Place::new() };
        emulator.http(&format!("POST /_cachestack/{action}"), "X-Cachestack-Control: 1\r\n", body);
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<str>>(&self, args: &[S]) -> Run {
        run(self.program(args))
    }
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Run {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Run { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

/// A running `cachestack emulate` on a port that was free; it ends with the value.
pub struct Emulator {
    process: Child,
    pub url: String,
    _place: Place,
}

impl Emulator {
    /// Starts one; with the speed `fast` a creation takes about a second, so that clients see what is under way.
    pub fn start(speed: &str) -> Self {
        Self::start_in(Place::new(), &["--speed", speed])
    }

    /// Starts one in a directory, with more options.
    pub fn start_in(place: Place, options: &[&str]) -> Self {
        let mut command = place.program(&[&["emulate", "--listen", "127.0.0.1:0"], options].concat());
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Self { process, url, _place: place }
    }
}

impl Emulator {
    /// A request to the control API that changes the world: `reset`, for instance.
    pub fn control(&self, action: &str) {
        self.http(&format!("POST /_cachestack/{action}"), "X-Cachestack-Control: 1\r\n", "");
    }

    /// Its whole world.
    pub fn export(&self) -> serde_json::Value {
        let body = self.http("GET /_cachestack/export", "X-Cachestack-Control: 1\r\n", "");
        serde_json::from_str(&body).expect("an export is JSON")
    }

    /// One request, with its headers as lines; the body of an answer that says that all is well.
    pub fn http(&self, request: &str, headers: &str, body: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        let mut stream = TcpStream::connect(address).expect("the emulator answers");
        stream.write_all(text.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        body.to_owned()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
