//! Log groups, metric filters, topics and subscriptions: services without a crate of the SDK.

use super::groups::assert_predicted;
use super::*;
use crate::kind::ErrorClass;
use crate::value::Type;

#[test]
fn a_log_group_lives() {
    let world = World::new(Speed::Instant);
    let desired = attributes(&[
        ("name", "/elasticache/a".into()),
        ("retention_in_days", Value::int(7)),
        ("kms_key_id", "arn:aws:kms:us-east-1:111122223333:key/1".into()),
        ("log_group_class", "STANDARD".into()),
        ("deletion_protection_enabled", true.into()),
        ("tags_all", tag_map()),
    ]);
    let made = world.create("log_group", &desired);
    assert_eq!(made["arn"].as_str(), Some("arn:aws:logs:us-east-1:111122223333:log-group:/elasticache/a"));
    assert_eq!(run(world.aws.remote("log_group", "us-east-1").tags(&made)).unwrap(), made["tags_all"]);
    assert_predicted("log_group", &desired, &made);
    let changes = [
        ("retention_in_days", Value::int(0)),
        ("kms_key_id", Value::null_of(Type::String)),
        ("deletion_protection_enabled", false.into()),
        ("tags_all", Value::string_map([("stage", "test")])),
    ];
    let changed = world.update("log_group", &made, &changes);
    let changes = [("retention_in_days", Value::int(30)), ("kms_key_id", desired["kms_key_id"].clone())];
    let changed = world.update("log_group", &changed, &changes);
    world.delete("log_group", &changed);

    let rare = attributes(&[("name", "rare".into()), ("log_group_class", "DELIVERY".into())]);
    let rare = world.create("log_group", &rare);
    assert_eq!(rare["retention_in_days"], Value::int(0), "what AWS decides is nobody's wish");
    let names: Vec<String> = (0..60).map(|number| format!("many-{number:02}")).collect();
    for name in &names {
        world.create("log_group", &attributes(&[("name", name.as_str().into()), ("tags_all", tag_map())]));
    }
    let found = run(world.aws.remote("log_group", "us-east-1").read(&names)).unwrap();
    assert_eq!(found.len(), 60);
    assert!(found.values().all(|one| one.object.contains_key("tags_all")));
}

#[test]
fn a_metric_filter_lives() {
    let world = World::new(Speed::Instant);
    let group = world.create("log_group", &attributes(&[("name", "g".into())]));
    let metric = |value: &str, rest: &[(&str, Value)]| {
        let mut block = attributes(&[
            ("name", "M".into()),
            ("namespace", "N".into()),
            ("value", value.into()),
            ("unit", "Count".into()),
            ("default_value", Value::null_of(Type::Number)),
            ("dimensions", Value::string_map::<&str, &str>([])),
        ]);
        block.extend(attributes(rest));
        let block = Value::object(block);
        Value::list(block.ty(), vec![block])
    };
    let desired = attributes(&[
        ("name", "f".into()),
        ("log_group_name", "g".into()),
        ("pattern", "{ $.a = 1 }".into()),
        ("apply_on_transformed_logs", false.into()),
        (
            "metric_transformation",
            metric("$.a", &[("default_value", "0.5".parse::<crate::value::Number>().map(Value::number).unwrap())]),
        ),
    ]);
    let made = world.change("log_metric_filter", None, Some(&desired)).unwrap().object;
    assert_eq!(made["id"].as_str(), Some("f"));
    let told = made["metric_transformation"].as_items().unwrap()[0].get("default_value").cloned();
    assert_eq!(told.and_then(|value| value.as_number().map(ToString::to_string)).as_deref(), Some("0.5"));
    let mut after = made.clone();
    let dimensions = [("dimensions", Value::string_map([("D", "$.d")]))];
    after.extend(attributes(&[("metric_transformation", metric("1", &dimensions)), ("pattern", "{ $.d = * }".into())]));
    let changed = world.change("log_metric_filter", Some(&made), Some(&after)).unwrap().object;
    let block = &changed["metric_transformation"].as_items().unwrap()[0];
    assert_eq!(block.get("dimensions"), Some(&Value::string_map([("D", "$.d")])));
    assert_eq!(changed["pattern"].as_str(), Some("{ $.d = * }"));

    let elsewhere = Call::new(
        "PutMetricFilter",
        [("logGroupName", "none".into()), ("filterName", "f".into()), ("filterPattern", "".into())],
    );
    assert_eq!(world.invoke("log_metric_filter", &elsewhere).unwrap_err().class, ErrorClass::Fatal);
    assert_eq!(world.change("log_metric_filter", Some(&changed), None), None);
    world.delete("log_group", &group);
    assert_eq!(world.observe("log_metric_filter", "g:f"), None, "a group that is gone has no filters");
}

#[test]
fn a_topic_and_its_subscriptions_live() {
    let world = World::new(Speed::Instant);
    let desired = attributes(&[
        ("name", "t".into()),
        ("display_name", "T".into()),
        ("fifo_topic", false.into()),
        ("content_based_deduplication", false.into()),
        ("signature_version", Value::int(2)),
        ("sqs_success_feedback_sample_rate", Value::int(10)),
        ("tags_all", tag_map()),
    ]);
    let topic = world.create("sns_topic", &desired);
    assert_eq!(topic["arn"].as_str(), Some("arn:aws:sns:us-east-1:111122223333:t"));
    assert_eq!(run(world.aws.remote("sns_topic", "us-east-1").tags(&topic)).unwrap(), topic["tags_all"]);
    assert_predicted("sns_topic", &desired, &topic);
    let changes = [
        ("display_name", Value::null_of(Type::String)),
        ("kms_master_key_id", "alias/aws/sns".into()),
        ("tags_all", Value::string_map([("stage", "test")])),
    ];
    let topic = world.update("sns_topic", &topic, &changes);

    let subscription = |protocol: &str, endpoint: &str| {
        attributes(&[
            ("topic_arn", topic["arn"].clone()),
            ("protocol", protocol.into()),
            ("endpoint", endpoint.into()),
            ("raw_message_delivery", false.into()),
        ])
    };
    let kind = "sns_topic_subscription";
    let queue = world.create(kind, &subscription("sqs", "arn:aws:sqs:us-east-1:111122223333:q"));
    assert_eq!(queue["pending_confirmation"], false.into());
    let body = [
        ("filter_policy_scope", "MessageBody".into()),
        ("filter_policy", "{\"a\":{\"b\":[1]}}".into()),
        ("raw_message_delivery", true.into()),
    ];
    let queue = world.update(kind, &queue, &body);
    let attributes_only =
        [("filter_policy_scope", "MessageAttributes".into()), ("filter_policy", "{\"a\":[1]}".into())];
    let queue = world.update(kind, &queue, &attributes_only);
    let letter = world.create(kind, &subscription("email", "ops@example.com"));
    assert_eq!(letter["pending_confirmation"], true.into());
    // Nobody may end what nobody has confirmed.
    assert!(world.change(kind, Some(&letter), None).is_some());
    world.delete(kind, &queue);
    world.delete("sns_topic", &topic);
    let read = world.observe(kind, letter["id"].as_str().unwrap());
    assert_eq!(read, None, "subscriptions go with their topic");
}

/// What the emulator does to requests, to a read and to a call that changes something, and what comes of it.
#[test]
fn these_services_fail_as_the_others_do() {
    let refusal = |code: &str, status: u16| serde_json::json!({ "error": { "code": code, "status": status } });
    let cases = [
        (refusal("ThrottlingException", 400), None, None),
        (refusal("ServiceUnavailableException", 503), None, Some(ErrorClass::Transient)),
        (serde_json::json!({ "timeout": { "ms": 10, "done": false } }), None, Some(ErrorClass::Transient)),
        (refusal("AccessDeniedException", 400), Some(ErrorClass::Denied), Some(ErrorClass::Denied)),
        (refusal("InvalidParameterException", 400), Some(ErrorClass::Fatal), Some(ErrorClass::Fatal)),
    ];
    let put = Call::new("PutRetentionPolicy", [("logGroupName", "g".into()), ("retentionInDays", Value::int(1))]);
    let set = [("TopicArn", "arn:aws:sns:us-east-1:111122223333:t"), ("AttributeName", "DisplayName")];
    let set = Call::new("SetTopicAttributes", set.map(|(name, value)| (name, value.into())));
    for (fault, of_read, of_call) in cases {
        for (kind, id, service, call) in [("log_group", "g", "logs", &put), ("sns_topic", "t", "sns", &set)] {
            let world = World::new(Speed::Instant);
            world.create(kind, &attributes(&[("name", id.into())]));
            let mut rule = fault.clone();
            rule["match"] = format!("{service}:*").into();
            rule["times"] = 2.into();
            let plan = serde_json::json!({ "rules": [rule] });
            world.emulator.set_faults(serde_json::from_value(plan.clone()).unwrap()).unwrap();
            let read = run(world.aws.remote(kind, "us-east-1").read(&[id.to_owned()]));
            assert_eq!(read.err().map(|error| error.class), of_read, "{service} {fault}");
            world.emulator.set_faults(serde_json::from_value(plan).unwrap()).unwrap();
            let called = world.invoke(kind, call);
            assert_eq!(called.err().map(|error| error.class), of_call, "{service} {fault}");
        }
    }
}
