//! The form of a request that a signature is made over.

use crate::Request;
use sha2::{Digest, Sha256};

/// The canonical form of a request; `signed` are the names of the headers that count, in lower case and sorted.
pub fn request(request: &Request, signed: &[String]) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let headers: String = signed.iter().map(|name| format!("{name}:{}\n", value(request, name))).collect();
    let body = super::hex(&Sha256::digest(&request.body));
    let (method, path, query, names) =
        (&request.method, canonical_path(path), canonical_query(query), signed.join(";"));
    format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{body}")
}

/// All values of a header, without the spaces that do not count.
fn value(request: &Request, name: &str) -> String {
    let values = request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let values = values.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "));
    values.collect::<Vec<_>>().join(",")
}

/// The path without `.`, `..` and doubled slashes, encoded once more than it is on the wire.
fn canonical_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if !parts.is_empty() && path.ends_with('/') { "/" } else { "" };
    let parts: Vec<String> = parts.iter().map(|part| encode(part.as_bytes())).collect();
    format!("/{}{end}", parts.join("/"))
}

/// The fields of a query string, each encoded in the one way that counts, sorted, without the signature itself.
fn canonical_query(query: &str) -> String {
    let fields = query.split('&').filter(|field| !field.is_empty()).map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        (encode(&decode(name)), encode(&decode(value)))
    });
    let mut fields: Vec<(String, String)> = fields.filter(|(name, _)| name != "X-Amz-Signature").collect();
    fields.sort();
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-encodes all but letters, digits and `-._~`.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Undoes percent-encoding, byte by byte: what is no UTF-8 is signed, too.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        at += if byte.is_some() { 3 } else { 1 };
        out.push(match (byte, bytes[at - 1]) {
            (Some(byte), _) => byte,
            (None, b'+') => b' ',
            (None, plain) => plain,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_and_queries_have_one_form() {
        for (path, form) in [
            ("/", "/"),
            ("", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/a/..", "/"),
            ("/a/../..", "/"),
            ("/./example", "/example"),
            ("//example//", "/example/"),
            ("/a%20b/c", "/a%2520b/c"),
            ("/\u{1234}", "/%E1%88%B4"),
        ] {
            assert_eq!(super::canonical_path(path), form, "{path}");
        }
        for (query, form) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            ("a", "a="),
            ("a=x+y&&X-Amz-Signature=0", "a=x%20y"),
            ("a=%7e%2f&b=%zz%ff", "a=~%2F&b=%25zz%FF"),
        ] {
            assert_eq!(super::canonical_query(query), form, "{query}");
        }
    }
}
