//! Documents in JSON, as policies are: the same however they are laid out.

use serde_json::Value as Json;

use crate::schema::Rule;
use crate::value::Value;

fn is_document(text: &str) -> bool {
    serde_json::from_str::<Json>(text).is_ok_and(|document| document.is_object())
}

/// The rule of documents.
pub const DOCUMENT: Rule = Rule::Test(is_document, "an object in JSON: write jsonencode({ ... })");

/// Whether two documents say the same.
pub fn same_document(now: &Value, wanted: &Value) -> bool {
    let read = |value: &Value| serde_json::from_str::<Json>(value.as_str()?).ok();
    read(now).zip(read(wanted)).is_some_and(|(now, wanted)| now == wanted)
}

/// Whether two policies say the same: a list of one is that one, the order of words means nothing, and an account is its
/// root. Source: the grammar of IAM policies.
pub fn same_policy(now: &Value, wanted: &Value) -> bool {
    let read = |value: &Value| Some(canonical("", serde_json::from_str::<Json>(value.as_str()?).ok()?));
    read(now).zip(read(wanted)).is_some_and(|(now, wanted)| now == wanted)
}

fn canonical(key: &str, value: Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(|item| canonical(key, item)).collect();
            if items.iter().all(Json::is_string) {
                items.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
                items.dedup();
            }
            if items.len() == 1 { items.remove(0) } else { Json::Array(items) }
        }
        Json::Object(members) => {
            let member = |(name, value): (String, Json)| {
                let value = canonical(&name, value);
                (name, value)
            };
            Json::Object(members.into_iter().map(member).collect())
        }
        Json::String(text) if key == "AWS" => Json::String(account_of(text)),
        // Conditions have texts where people write numbers and booleans.
        Json::Bool(_) | Json::Number(_) => Json::String(value.to_string()),
        other => other,
    }
}

/// `arn:aws:iam::ACCOUNT:root` is the account.
fn account_of(text: String) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, "root"] => account.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_compared_by_what_they_say() {
        let cases = [
            (r#"{"a":1,"b":[1,2]}"#, r#"{ "b": [1, 2], "a": 1 }"#, true, true),
            (r#"{"Action":["a","b"]}"#, r#"{"Action":["b","a"]}"#, false, true),
            (r#"{"Action":["a"]}"#, r#"{"Action":"a"}"#, false, true),
            (r#"{"AWS":"123456789012"}"#, r#"{"AWS":["arn:aws:iam::123456789012:root"]}"#, false, true),
            (r#"{"Bool":{"x":true}}"#, r#"{"Bool":{"x":"true"}}"#, false, true),
            (r#"{"Statement":[{"a":"1"},{"b":"1"}]}"#, r#"{"Statement":[{"b":"1"},{"a":"1"}]}"#, false, false),
            (r#"{"a":1}"#, r#"{"a":2}"#, false, false),
            ("{}", "nothing", false, false),
        ];
        for (one, other, document, policy) in cases {
            let (one, other) = (Value::string(one), Value::string(other));
            assert_eq!(
                (same_document(&one, &other), same_policy(&one, &other)),
                (document, policy),
                "{one:?} {other:?}"
            );
        }
    }
}
