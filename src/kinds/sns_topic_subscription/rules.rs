//! The rules of SNS for a subscription. Source: the API reference of Subscribe and the guide on filter policies.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value as Json;

use super::text;
use crate::address::Address;
use crate::kind::{Among, Problem};
use crate::value::{Data, Object, Origin, Value};

/// Applies every rule to a desired object. Unknown values are let pass.
pub(super) fn check(desired: &Object) -> Vec<Problem> {
    [endpoint(desired), role(desired), filter(desired)].into_iter().flatten().collect()
}

/// Two subscriptions of one topic for one endpoint: AWS keeps one, and the end of one would be that of the other.
pub(super) fn twice<'a>(among: &Among<'a>) -> Vec<(&'a Address, Problem)> {
    let mut seen: BTreeMap<[String; 4], &Address> = BTreeMap::new();
    let mut found = Vec::new();
    for (address, one) in among.of(super::KIND) {
        let part = |name: &str| named(one.planned.get(name)?);
        let key = ["region", "topic_arn", "protocol", "endpoint"].map(part);
        let [Some(region), Some(topic), Some(protocol), Some(endpoint)] = key else { continue };
        match seen.entry([region, topic, protocol, endpoint]) {
            Entry::Vacant(free) => drop(free.insert(address)),
            Entry::Occupied(first) => {
                let detail =
                    format!("`{}` is the same subscription: topic, protocol and endpoint are the same.", first.get());
                let help = "Remove one of them; an endpoint gets each notification of a topic once.";
                found.push((address, Problem::error("CS0829", "endpoint", "Subscribed twice", detail, help)));
            }
        }
    }
    found
}

/// A text, or the attribute whose value it will be.
fn named(value: &Value) -> Option<String> {
    match &value.data {
        Data::Unknown(unknown) => match unknown.origin.as_deref()? {
            Origin::Attribute(of, name) => Some(format!("{of}.{name}")),
            _ => None,
        },
        _ => value.as_str().map(str::to_owned),
    }
}

/// What an endpoint of a protocol looks like.
fn form(protocol: &str) -> (&'static str, fn(&str) -> bool) {
    match protocol {
        "http" => ("a URL that begins with http://", |text| text.starts_with("http://")),
        "https" => ("a URL that begins with https://", |text| text.starts_with("https://")),
        "email" | "email-json" => ("an address such as ops@example.com", |text| {
            text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        }),
        "sms" => ("a telephone number such as +15551234567", |text| {
            let digits = text.strip_prefix('+').unwrap_or(text);
            !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '-')
        }),
        "sqs" => ("the ARN of a queue, not its URL", |text| text.starts_with("arn:") && text.contains(":sqs:")),
        "lambda" => ("the ARN of a function", |text| text.starts_with("arn:") && text.contains(":lambda:")),
        "firehose" => ("the ARN of a delivery stream", |text| text.starts_with("arn:") && text.contains(":firehose:")),
        _ => ("an ARN", |text| text.starts_with("arn:")),
    }
}

fn endpoint(desired: &Object) -> Option<Problem> {
    let (protocol, endpoint) = (text(desired, "protocol")?, text(desired, "endpoint")?);
    let (wanted, fits) = form(protocol);
    (!fits(endpoint)).then(|| {
        // What it is may be nobody's business.
        let detail = format!("With the protocol \"{protocol}\" it must be {wanted}.");
        Problem::error(
            "CS0823",
            "endpoint",
            "An endpoint of another protocol",
            detail,
            "Correct the endpoint or the protocol.",
        )
    })
}

fn role(desired: &Object) -> Option<Problem> {
    let missing = desired.get("subscription_role_arn").is_none_or(Value::is_null);
    (text(desired, "protocol") == Some("firehose") && missing).then(|| {
        Problem::error(
            "CS0824",
            "subscription_role_arn",
            "A role is missing",
            "SNS writes to a delivery stream in the name of a role, and there is none.",
            "Set subscription_role_arn.",
        )
    })
}

fn filter(desired: &Object) -> Option<Problem> {
    let policy: Json = serde_json::from_str(text(desired, "filter_policy")?).ok()?;
    let keys = policy.as_object()?;
    let scope = desired.get("filter_policy_scope");
    let nested = keys.values().any(Json::is_object);
    let of_attributes = scope.is_none_or(Value::is_null) || scope.and_then(Value::as_str) == Some("MessageAttributes");
    let (detail, help) = if keys.len() > 5 {
        (format!("The policy has {} keys; SNS takes 5.", keys.len()), "Keep those that tell messages apart.")
    } else if nested && of_attributes {
        let detail = "Attributes of messages are not nested, and the policy is.".to_owned();
        (detail, "Set filter_policy_scope = \"MessageBody\", or write a list for each attribute.")
    } else {
        return None;
    };
    Some(Problem::error("CS0825", "filter_policy", "SNS refuses this filter", detail, help))
}

/// The warning of a subscription that waits for somebody.
pub(super) fn pending(planned: &Object) -> Option<Problem> {
    planned.get("pending_confirmation").filter(|waits| waits.as_bool() == Some(true))?;
    let who = match text(planned, "protocol") {
        Some("email" | "email-json") => "whoever reads that mailbox follows the link in the letter from AWS",
        _ => "the endpoint answers the message of confirmation",
    };
    let detail = format!("Nothing is delivered until {who}; AWS forgets the subscription when nobody does.");
    let help = "Have it confirmed. Until then a destroy leaves it to AWS, which lets nobody end it.";
    Some(Problem::error("CS0826", "endpoint", "The subscription is not confirmed", detail, help).warning())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let mail = [("protocol", "email"), ("endpoint", "a@example.com")];
        let six = r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#;
        let cases: [(&[(&str, &str)], &[&str]); 12] = [
            (&mail, &[]),
            (&[("protocol", "email"), ("endpoint", "nobody")], &["CS0823"]),
            (&[("protocol", "https"), ("endpoint", "http://example.com")], &["CS0823"]),
            (&[("protocol", "https"), ("endpoint", "https://example.com")], &[]),
            (&[("protocol", "sqs"), ("endpoint", "https://sqs.us-east-1.amazonaws.com/1/q")], &["CS0823"]),
            (&[("protocol", "sqs"), ("endpoint", "arn:aws:sqs:us-east-1:1:q")], &[]),
            (&[("protocol", "sms"), ("endpoint", "+1-555-1234567")], &[]),
            (&[("protocol", "sms"), ("endpoint", "call me")], &["CS0823"]),
            (&[("protocol", "firehose"), ("endpoint", "arn:aws:firehose:us-east-1:1:d/s")], &["CS0824"]),
            (&[("filter_policy", six)], &["CS0825"]),
            (&[("filter_policy", r#"{"a":{"b":[1]}}"#)], &["CS0825"]),
            (&[("filter_policy", r#"{"a":{"b":[1]}}"#), ("filter_policy_scope", "MessageBody")], &[]),
        ];
        for (attributes, codes) in cases {
            let object: Object =
                attributes.iter().map(|(name, value)| ((*name).into(), Value::string(*value))).collect();
            let found: Vec<&str> = check(&object).iter().map(|problem| problem.code).collect();
            assert_eq!(found, codes, "{object:?}");
        }
    }
}
