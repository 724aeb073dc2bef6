//! Query as EC2 has it: lists without a word between name and place, members of an answer without one around them.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use super::form::Form;
use super::xml::{Node, answer};

/// The request of an operation. Members of the input have their names on the wire, which are often others than those of
/// the API's documentation.
pub fn write(version: &str, operation: &str, input: &Value) -> HttpRequest {
    let mut form = Form::new(version, operation);
    members("", input, &mut form);
    form.request()
}

fn members(prefix: &str, structure: &Value, form: &mut Form) {
    for (name, value) in structure.as_object().into_iter().flatten() {
        member(format!("{prefix}{name}"), value, form);
    }
}

fn member(name: String, value: &Value, form: &mut Form) {
    match value {
        Value::Array(items) => {
            (1..).zip(items).for_each(|(place, item)| member(format!("{name}.{place}"), item, form));
        }
        Value::Object(_) => members(&format!("{name}."), value, form),
        plain => form.put(name, plain),
    }
}

/// The members of an answer, by their names on the wire. Lists of `item` are arrays; everything else is a text, an empty
/// list too.
pub fn read(body: &[u8]) -> Result<Value, BoxError> {
    Ok(match value(answer(body)?) {
        members @ Value::Object(_) => members,
        _ => Value::Object(Map::new()),
    })
}

fn value(node: Node) -> Value {
    if node.children.is_empty() {
        return Value::String(node.text);
    }
    if node.children.iter().all(|child| child.name == "item") {
        return node.children.into_iter().map(value).collect();
    }
    Value::Object(node.children.into_iter().map(|child| (child.name.clone(), value(child))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_are_fields() {
        let input = json!({
            "GroupId": "sg-1",
            "IpPermissions": [{ "FromPort": 6379, "Groups": [{ "GroupId": "sg 2" }], "IpRanges": [] }],
            "SecurityGroupRuleId": ["sgr-1", "sgr-2"], "Rule": { "CidrIpv6": "::/0" }, "DryRun": true, "NextToken": null,
        });
        let request = write("2016-11-15", "Op", &input);
        let body = String::from_utf8(request.body().bytes().expect("a body").to_vec()).expect("text");
        let want = [
            "Action=Op&Version=2016-11-15&GroupId=sg-1&IpPermissions.1.FromPort=6379",
            "&IpPermissions.1.Groups.1.GroupId=sg%202&SecurityGroupRuleId.1=sgr-1&SecurityGroupRuleId.2=sgr-2",
            "&Rule.CidrIpv6=%3A%3A%2F0&DryRun=true",
        ];
        assert_eq!(body, want.concat());
    }

    #[test]
    fn answers_are_read_by_their_shape() {
        let answer = |inside: &str| read(format!("<OpResponse xmlns=\"x\">{inside}</OpResponse>").as_bytes());
        for (inside, want) in [
            ("<requestId>r</requestId><tagSet/>", json!({ "requestId": "r", "tagSet": "" })),
            (
                "<tagSet>\n<item><key>a</key><value/></item>\n<item><key>b</key><value>&lt;</value></item>\n</tagSet>",
                json!({ "tagSet": [{ "key": "a", "value": "" }, { "key": "b", "value": "<" }] }),
            ),
            ("<idSet><item>one</item></idSet>", json!({ "idSet": ["one"] })),
            ("<state><value>true</value></state>", json!({ "state": { "value": "true" } })),
            ("", json!({})),
        ] {
            assert_eq!(answer(inside).expect("an answer"), want);
        }
        for bad in ["Bad Gateway", "<html><body/></html>"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
