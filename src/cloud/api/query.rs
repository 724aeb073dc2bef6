//! Query: form fields with dotted names, answered in XML.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use super::form::Form;
use super::xml::{Node, answer};

/// The request of an operation. An object is a map, but in a list, where it is a structure: no input of ours has others.
pub fn write(version: &str, operation: &str, input: &Value) -> HttpRequest {
    let mut form = Form::new(version, operation);
    for (name, value) in input.as_object().into_iter().flatten() {
        member(name.clone(), value, &mut form);
    }
    form.request()
}

fn member(name: String, value: &Value, form: &mut Form) {
    match value {
        Value::Array(items) => {
            for (place, item) in (1..).zip(items) {
                match item {
                    Value::Object(members) => members
                        .iter()
                        .for_each(|(part, value)| member(format!("{name}.member.{place}.{part}"), value, form)),
                    _ => member(format!("{name}.member.{place}"), item, form),
                }
            }
        }
        Value::Object(entries) => {
            for (place, (key, value)) in (1..).zip(entries) {
                form.put(format!("{name}.entry.{place}.key"), &key.as_str().into());
                member(format!("{name}.entry.{place}.value"), value, form);
            }
        }
        plain => form.put(name, plain),
    }
}

/// The members of an answer: what stands in `<OperationResult>`. Lists of `member` are arrays, and lists of `entry` are
/// objects; everything else is a text, an empty list too.
pub fn read(body: &[u8]) -> Result<Value, BoxError> {
    let root = answer(body)?;
    let result = root.children.into_iter().find(|child| child.name.ends_with("Result"));
    Ok(match result.map(value) {
        Some(value @ Value::Object(_)) => value,
        _ => Value::Object(Map::new()),
    })
}

fn value(node: Node) -> Value {
    let all = |name: &str| node.children.iter().all(|child| child.name == name);
    if node.children.is_empty() {
        return Value::String(node.text);
    }
    if all("member") {
        return node.children.into_iter().map(value).collect();
    }
    if all("entry") {
        return Value::Object(node.children.into_iter().filter_map(pair).collect());
    }
    Value::Object(node.children.into_iter().map(|child| (child.name.clone(), value(child))).collect())
}

fn pair(node: Node) -> Option<(String, Value)> {
    let mut parts = node.children.into_iter();
    Some((parts.next()?.text, value(parts.next()?)))
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
        for bad in ["", "Bad Gateway", "<html/>", "<a>", "<a></b>", &"<a>".repeat(1000)] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
