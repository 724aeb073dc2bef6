//! A form: the fields of a request in their order.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::post;

/// The fields of a request, of which the first are the operation and the version of the API.
#[derive(Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Without a field of the input.
    pub fn new(version: &str, operation: &str) -> Self {
        Self(vec![("Action".to_owned(), operation.to_owned()), ("Version".to_owned(), version.to_owned())])
    }

    /// Adds a text, a number or a flag. What is null is not sent.
    pub fn put(&mut self, name: String, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.0.push((name, text.clone())),
            other => self.0.push((name, other.to_string())),
        }
    }

    /// The request that carries them.
    pub fn request(self) -> HttpRequest {
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        post("application/x-www-form-urlencoded", pairs.collect::<Vec<_>>().join("&").into_bytes())
    }
}

/// Percent-encodes everything but what RFC 3986 never reserves.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
