//! Query: form fields with dotted names, answered in XML.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::error::metadata::ErrorMetadata;
use quick_xml::events::Event;
use quick_xml::{Reader, escape};
use serde_json::{Map, Value};

use super::post;

/// The request of an operation. An object is a map, but in a list, where it is a structure: no input of ours has others.
pub fn write(version: &str, operation: &str, input: &Value) -> HttpRequest {
    let mut fields = vec![("Action".to_owned(), operation.to_owned()), ("Version".to_owned(), version.to_owned())];
    for (name, value) in input.as_object().into_iter().flatten() {
        member(name, value, &mut fields);
    }
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    post("application/x-www-form-urlencoded", pairs.collect::<Vec<_>>().join("&").into_bytes())
}

fn member(name: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => {
            for (place, item) in (1..).zip(items) {
                match item {
                    Value::Object(members) => members
                        .iter()
                        .for_each(|(part, value)| member(&format!("{name}.member.{place}.{part}"), value, fields)),
                    _ => member(&format!("{name}.member.{place}"), item, fields),
                }
            }
        }
        Value::Object(entries) => {
            for (place, (key, value)) in (1..).zip(entries) {
                fields.push((format!("{name}.entry.{place}.key"), key.clone()));
                member(&format!("{name}.entry.{place}.value"), value, fields);
            }
        }
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        Value::Null => {}
        other => fields.push((name.to_owned(), other.to_string())),
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

/// The members of an answer: what stands in `<OperationResult>`. Lists of `member` are arrays, and lists of `entry` are
/// objects; everything else is a text, an empty list too.
pub fn read(body: &[u8]) -> Result<Value, BoxError> {
    let root = tree(body)?;
    let result = root.children.into_iter().find(|child| child.name.ends_with("Result"));
    Ok(match result.map(Node::value) {
        Some(value @ Value::Object(_)) => value,
        _ => Value::Object(Map::new()),
    })
}

/// The code and the message of an error.
pub fn failure(body: &[u8]) -> ErrorMetadata {
    let mut found = ErrorMetadata::builder();
    let root = tree(body).ok();
    let error = root.as_ref().and_then(|root| match root.name.as_str() {
        // S3 has nothing around it.
        "Error" => Some(root),
        _ => root.children.iter().find(|child| child.name == "Error"),
    });
    let text = |name: &str| error?.children.iter().find(|child| child.name == name).map(|child| child.text.clone());
    if let Some(code) = text("Code") {
        found = found.code(code);
    }
    if let Some(message) = text("Message") {
        found = found.message(message);
    }
    found.build()
}

/// An element.
#[derive(Debug, Default)]
struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn value(self) -> Value {
        let all = |name: &str| self.children.iter().all(|child| child.name == name);
        if self.children.is_empty() {
            return Value::String(self.text);
        }
        if all("member") {
            return self.children.into_iter().map(Node::value).collect();
        }
        if all("entry") {
            return Value::Object(self.children.into_iter().filter_map(Node::pair).collect());
        }
        Value::Object(self.children.into_iter().map(|child| (child.name.clone(), child.value())).collect())
    }

    fn pair(self) -> Option<(String, Value)> {
        let mut parts = self.children.into_iter();
        Some((parts.next()?.text, parts.next()?.value()))
    }
}

/// Deeper than any answer: what a stranger sends must not grow without end.
const DEEPEST: usize = 30;

/// The outermost element.
fn tree(body: &[u8]) -> Result<Node, BoxError> {
    let mut reader = Reader::from_str(std::str::from_utf8(body)?);
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        let event = reader.read_event()?;
        let node = open.last_mut().ok_or("an element ends that never began")?;
        match event {
            Event::Start(start) => {
                open.push(Node { name: start.local_name().as_ref().to_owned(), ..Node::default() });
            }
            Event::Empty(empty) => {
                node.children.push(Node { name: empty.local_name().as_ref().to_owned(), ..Node::default() });
            }
            Event::Text(text) => node.text.push_str(&text),
            Event::CData(text) => node.text.push_str(&text),
            Event::GeneralRef(name) => match name.resolve_char_ref()? {
                Some(letter) => node.text.push(letter),
                None => node.text.push_str(escape::resolve_predefined_entity(&name).ok_or("an unknown entity")?),
            },
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                open.last_mut().ok_or("an element ends that never began")?.children.push(done);
            }
            Event::Eof if open.len() == 1 => {
                return open.remove(0).children.pop().ok_or_else(|| "no element at all".into());
            }
            Event::Eof => return Err("the answer ends in the middle".into()),
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err("the answer is nested too deep".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_are_fields() {
        let input = json!({
            "Name": "a b&ü", "Attributes": { "DisplayName": "d" }, "Tags": [{ "Key": "k", "Value": "" }],
            "TagKeys": ["x"], "ReturnSubscriptionArn": true, "NextToken": null,
        });
        let request = write("2010-03-31", "Op", &input);
        let body = String::from_utf8(request.body().bytes().expect("a body").to_vec()).expect("text");
        let want = [
            "Action=Op&Version=2010-03-31&Name=a%20b%26%C3%BC&Attributes.entry.1.key=DisplayName",
            "&Attributes.entry.1.value=d&Tags.member.1.Key=k&Tags.member.1.Value=&TagKeys.member.1=x",
            "&ReturnSubscriptionArn=true",
        ];
        assert_eq!(body, want.concat());
    }

    #[test]
    fn answers_are_read_by_their_shape() {
        let answer = |inside: &str| {
            let text = format!("<OpResponse xmlns=\"x\"><OpResult>{inside}</OpResult><ResponseMetadata/></OpResponse>");
            read(text.as_bytes()).expect("an answer")
        };
        let map = "<A><entry><key>k</key><value>&lt;v&#62; &quot;</value></entry></A><T/>";
        assert_eq!(answer(map), json!({ "A": { "k": "<v> \"" }, "T": "" }));
        let list = "<L>\n<member><K>1</K></member>\n<member><K>2</K></member>\n</L>";
        assert_eq!(answer(list), json!({ "L": [{ "K": "1" }, { "K": "2" }] }));
        assert_eq!(read(b"<OpResponse><ResponseMetadata/></OpResponse>").expect("an answer"), json!({}));
        for bad in ["", "Bad Gateway", "<a>", "<a></b>", &"<a>".repeat(1000)] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn errors_have_codes() {
        let text = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>m</Message></Error></ErrorResponse>";
        let cases = [(text, Some("NotFound"), Some("m")), ("<html/>", None, None), ("Bad Gateway", None, None)];
        for (body, code, message) in cases {
            let found = failure(body.as_bytes());
            assert_eq!((found.code(), found.message()), (code, message), "{body}");
        }
    }
}
