//! The policy that AWS gives every new topic: its owner may do everything.

use serde_json::Value as Json;

use crate::value::{Object, text};

/// Whether the policy of a topic is that of AWS, which nobody has changed. Source: the reference of CreateTopic.
pub fn is_of_aws(topic: &Object) -> bool {
    let policy = text(topic, "policy").and_then(|policy| serde_json::from_str::<Json>(policy).ok());
    let (Some(policy), Some(owner)) = (policy, text(topic, "owner")) else { return false };
    let one = match policy.get("Statement").and_then(Json::as_array).map(Vec::as_slice) {
        Some([one]) => one,
        _ => return false,
    };
    let is = |pointer: &str, wanted: &str| one.pointer(pointer).and_then(Json::as_str) == Some(wanted);
    policy.get("Id").and_then(Json::as_str) == Some("__default_policy_ID")
        && is("/Sid", "__default_statement_ID")
        && is("/Effect", "Allow")
        && is("/Principal/AWS", "*")
        && one.get("Condition").is_some_and(|condition| condition.as_object().is_some_and(|all| all.len() == 1))
        && (is("/Condition/StringEquals/AWS:SourceOwner", owner)
            || is("/Condition/StringEquals/AWS:SourceAccount", owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn the_policy_of_aws_is_told_from_others() {
        let policy = |sid: &str, who: &str, owner: &str| {
            let statement = serde_json::json!({
                "Sid": sid, "Effect": "Allow", "Principal": { "AWS": who }, "Action": ["SNS:Publish"],
                "Condition": { "StringEquals": { "AWS:SourceOwner": owner } },
            });
            serde_json::json!({ "Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement] })
        };
        for (policy, want) in [
            (policy("__default_statement_ID", "*", "1"), true),
            (policy("__default_statement_ID", "*", "2"), false),
            (policy("__default_statement_ID", "arn:aws:iam::2:root", "1"), false),
            (policy("mine", "*", "1"), false),
            (serde_json::json!({}), false),
        ] {
            let topic = [("policy", policy.to_string()), ("owner", "1".to_owned())];
            let topic = topic.into_iter().map(|(name, text)| (name.into(), Value::string(text))).collect();
            assert_eq!(is_of_aws(&topic), want, "{policy}");
        }
    }
}
