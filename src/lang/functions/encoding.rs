//! Encodings of text and data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Call, Failure, Function, Want, function, param, text, wrong};
use crate::value::{Value, json};

const STRING: Want = Want::String;
const ANY: Want = Want::Any;

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64decode", &[param("string", STRING)], STRING, base64decode, "The text that a Base64 text encodes.", "base64decode(\"YQ==\") = \"a\""),
    function("base64encode", &[param("string", STRING)], STRING, |call| text(STANDARD.encode(call.text(0))), "The text in Base64.", "base64encode(\"a\") = \"YQ==\""),
    function("jsondecode", &[param("string", STRING)], ANY, jsondecode, "The value that a JSON text encodes.", "jsondecode(\"[1]\") = [1]"),
    function("jsonencode", &[param("value", ANY).nullable()], STRING, |call| Ok(Value::string(json::encode(&call.args[0]))), "The value as JSON.", "jsonencode([1]) = \"[1]\""),
    function("urlencode", &[param("string", STRING)], STRING, urlencode, "The text with everything escaped that a query cannot hold.", "urlencode(\"a b\") = \"a+b\""),
];

fn base64decode(call: &Call) -> Result<Value, Failure> {
    let plain: String = call.text(0).chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let Ok(bytes) = STANDARD.decode(plain) else {
        return wrong(0, "the string is not Base64");
    };
    match String::from_utf8(bytes) {
        Ok(decoded) => text(decoded),
        Err(_) => wrong(0, "what the string encodes is not text in UTF-8"),
    }
}

fn jsondecode(call: &Call) -> Result<Value, Failure> {
    json::parse(call.text(0)).or_else(|error| wrong(0, format!("the string is not JSON: {error}")))
}

fn urlencode(call: &Call) -> Result<Value, Failure> {
    let mut out = String::new();
    for byte in call.text(0).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    text(out)
}
