//! Encodings of text and data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Call, Failure, Function, Want, charset, function, param, table, text, wrong, yaml};
use crate::value::{Number, Value, json};

const STRING: Want = Want::String;
const ANY: Want = Want::Any;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "base64decode",
        &[param("string", STRING)],
        STRING,
        base64decode,
        "The text that a Base64 text encodes.",
        "base64decode(\"YQ==\") = \"a\"",
    ),
    function(
        "base64gzip",
        &[param("string", STRING)],
        STRING,
        base64gzip,
        "The text compressed with gzip, in Base64.",
        "base64gzip(\"a\")",
    ),
    function(
        "base64encode",
        &[param("string", STRING)],
        STRING,
        |call| text(STANDARD.encode(call.text(0))),
        "The text in Base64.",
        "base64encode(\"a\") = \"YQ==\"",
    ),
    function(
        "csvdecode",
        &[param("string", STRING)],
        ANY,
        table::csvdecode,
        "The rows of a table in CSV as objects.",
        "csvdecode(\"a,b\\n1,2\") = [{a = \"1\", b = \"2\"}]",
    ),
    function(
        "jsondecode",
        &[param("string", STRING)],
        ANY,
        jsondecode,
        "The value that a JSON text encodes.",
        "jsondecode(\"[1]\") = [1]",
    ),
    function(
        "jsonencode",
        &[param("value", ANY).nullable()],
        STRING,
        jsonencode,
        "The value as JSON.",
        "jsonencode([1]) = \"[1]\"",
    ),
    function(
        "textdecodebase64",
        &[param("source", STRING), param("encoding", STRING)],
        STRING,
        charset::textdecodebase64,
        "The text that Base64 encodes in a character encoding.",
        "textdecodebase64(\"YQA=\", \"UTF-16LE\") = \"a\"",
    ),
    function(
        "textencodebase64",
        &[param("string", STRING), param("encoding", STRING)],
        STRING,
        charset::textencodebase64,
        "The text in a character encoding, in Base64.",
        "textencodebase64(\"a\", \"UTF-16LE\") = \"YQA=\"",
    ),
    function(
        "yamldecode",
        &[param("src", STRING)],
        ANY,
        yaml::yamldecode,
        "The value that a YAML text encodes.",
        "yamldecode(\"a: 1\") = {a = 1}",
    ),
    function(
        "yamlencode",
        &[param("value", ANY).nullable()],
        STRING,
        yaml::yamlencode,
        "The value as YAML.",
        "yamlencode({a = 1}) = \"\\\"a\\\": 1\\n\"",
    ),
    function(
        "urlencode",
        &[param("string", STRING)],
        STRING,
        urlencode,
        "The text with everything escaped that a query cannot hold.",
        "urlencode(\"a b\") = \"a+b\"",
    ),
];

/// The bytes of a Base64 text, where line breaks do not count.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(plain).ok()
}

fn base64decode(call: &Call) -> Result<Value, Failure> {
    let Some(bytes) = from_base64(call.text(0)) else {
        return wrong(0, "the string is not Base64");
    };
    match String::from_utf8(bytes) {
        Ok(decoded) => text(decoded),
        Err(_) => wrong(0, "what the string encodes is not text in UTF-8"),
    }
}

/// The stream is flushed before its end, which shows in the bytes: an empty stored block closes it.
fn base64gzip(call: &Call) -> Result<Value, Failure> {
    let bytes = call.text(0).as_bytes();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    out.reserve(bytes.len() + 1024);
    while (deflate.total_in() as usize) < bytes.len() || out.len() == out.capacity() || deflate.total_out() == 0 {
        out.reserve(1024);
        let rest = &bytes[deflate.total_in() as usize..];
        if deflate.compress_vec(rest, &mut out, flate2::FlushCompress::Sync).is_err() {
            return wrong(0, "the text cannot be compressed");
        }
    }
    out.extend([1, 0, 0, 0xff, 0xff]);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    text(STANDARD.encode(out))
}

fn jsondecode(call: &Call) -> Result<Value, Failure> {
    // Once as JSON, and once as a value.
    call.budget().values(2 * yaml::elements(call.text(0)))?;
    json::parse(call.text(0)).or_else(|error| wrong(0, format!("the string is not JSON: {error}")))
}

fn jsonencode(call: &Call) -> Result<Value, Failure> {
    if has_infinity(&call.args[0]) {
        return wrong(0, "an infinity has no JSON");
    }
    Ok(Value::string(json::encode(&call.args[0])))
}

pub(super) fn has_infinity(value: &Value) -> bool {
    value.as_number().is_some_and(Number::is_infinite) || value.children().any(has_infinity)
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
