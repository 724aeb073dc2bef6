//! The account that a tool works on: an emulator of its own, as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running emulator.
pub struct Emulator {
    pub url: String,
    process: Child,
}

impl Emulator {
    pub fn start(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(["emulate", "--listen", "127.0.0.1:0", "--speed", "instant"]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Self { url, process }
    }

    /// How many calls it has answered.
    pub fn calls(&self) -> u64 {
        total(&self.control("GET", "calls", &Value::Null))
    }

    /// Makes every call take longer, in milliseconds.
    pub fn slow_down(&self, latency: u64) {
        if latency > 0 {
            let rule = json!({ "rules": [{ "latency": { "ms": latency } }] });
            self.control("POST", "faults", &rule);
        }
    }

    /// Gives an alarm another threshold, as somebody at another desk would.
    pub fn change(&self, alarm: &str) {
        let body = format!(
            "Action=PutMetricAlarm&Version=2010-08-01&AlarmName={alarm}&MetricName=CPUUtilization&\
             Namespace=AWS%2FElastiCache&Statistic=Average&ComparisonOperator=GreaterThanThreshold&Threshold=1&\
             Period=300&EvaluationPeriods=2"
        );
        let scope = "test/20260101/us-east-1/monitoring/aws4_request";
        let headers = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n"
        );
        self.ask("POST", "/", &headers, &body);
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.ask(method, &format!("/_cachestack/{path}"), "X-Cachestack-Control: 1\r\n", &body);
        serde_json::from_str(&answer).expect("JSON")
    }

    /// The body of an answer, which must be one of success.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the emulator answers");
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}");
        stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        body.to_owned()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All numbers of an answer together.
fn total(value: &Value) -> u64 {
    match value {
        Value::Number(number) => number.as_u64().unwrap_or(0),
        Value::Array(items) => items.iter().map(total).sum(),
        Value::Object(items) => items.values().map(total).sum(),
        _ => 0,
    }
}
