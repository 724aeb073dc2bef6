//! Errors: their class, how often a call is tried, and what must not be in them.

use super::*;
use crate::cloud::errors::class;
use crate::kind::ErrorClass::{self, *};
use crate::value::{Data, Secret};

#[test]
fn classes_of_codes() {
    let cases: &[(&str, &str, u16, ErrorClass)] = &[
        ("Throttling", "Rate exceeded", 400, Throttled),
        ("RequestLimitExceeded", "", 503, Throttled),
        ("ThrottlingException", "", 400, Throttled),
        ("Throttled", "", 429, Throttled),
        ("InternalFailure", "", 500, Transient),
        ("SomethingNew", "", 503, Transient),
        ("Http502", "", 502, Transient),
        ("InvalidReplicationGroupState", "must be in available state to modify", 400, Busy),
        ("InvalidCacheClusterState", "is not available", 400, Busy),
        ("InvalidCacheClusterState", "is serving as primary for replication group", 400, Fatal),
        ("InvalidUserGroupState", "", 400, Busy),
        ("InvalidServerlessCacheStateFault", "", 400, Busy),
        ("InvalidCacheParameterGroupState", "One or more cache clusters are still members", 400, Busy),
        ("InvalidCacheParameterGroupState", "The default cache parameter group cannot be modified", 400, Fatal),
        ("InvalidVPCNetworkStateFault", "", 400, Fatal),
        ("DependencyViolation", "has a dependent object", 400, Busy),
        ("CacheSubnetGroupInUse", "", 400, Busy),
        ("OperationAbortedException", "", 400, Busy),
        ("ConcurrentAccess", "", 400, Busy),
        ("ReplicationGroupNotFoundFault", "", 404, NotFound),
        ("CacheClusterNotFound", "", 404, NotFound),
        ("InvalidGroup.NotFound", "", 400, NotFound),
        ("ResourceNotFound", "", 404, NotFound),
        ("ResourceNotFoundException", "", 404, NotFound),
        ("ReplicationGroupAlreadyExists", "", 400, AlreadyExists),
        ("CacheSubnetGroupAlreadyExists", "", 400, AlreadyExists),
        ("InvalidGroup.Duplicate", "", 400, AlreadyExists),
        ("ResourceAlreadyExistsException", "", 400, AlreadyExists),
        ("InvalidPermission.Duplicate", "", 400, NoChange),
        ("InvalidPermission.NotFound", "", 400, NoChange),
        ("NoOperationFault", "", 400, NoChange),
        ("TagNotFound", "", 404, NoChange),
        ("InvalidParameterCombination", "No modifications were requested", 400, NoChange),
        ("InvalidParameterCombination", "anything else", 400, Fatal),
        ("AccessDenied", "", 403, Denied),
        ("AccessDeniedException", "", 400, Denied),
        ("UnauthorizedOperation", "", 403, Denied),
        ("ExpiredToken", "", 403, Denied),
        ("InsufficientCacheClusterCapacity", "", 400, Fatal),
        ("InvalidParameterValue", "", 400, Fatal),
        ("LimitExceeded", "", 400, Fatal),
        ("SubnetInUse", "", 400, Fatal),
    ];
    for (code, message, status, expected) in cases {
        assert_eq!(class(code, message, *status), *expected, "{code}: {message}");
    }
}

fn delete() -> Call {
    Call::new("DeleteReplicationGroup", [("ReplicationGroupId", "redis".into())])
}

#[test]
fn the_request_id_is_kept() {
    let fake = Fake::new(|_, _| query_error(400, "InvalidReplicationGroupState", "is not available"));
    let error = fake.invoke("replication_group", &delete()).unwrap_err();
    assert_eq!(error.to_string(), "InvalidReplicationGroupState: is not available (request req-7)");
    assert_eq!(error.class, Busy);
}

#[test]
fn only_the_object_itself_can_be_not_found() {
    for (code, expected) in [("ReplicationGroupNotFoundFault", NotFound), ("CacheParameterGroupNotFound", Fatal)] {
        let fake = Fake::new(move |_, _| query_error(404, code, "not found"));
        assert_eq!(fake.invoke("replication_group", &delete()).unwrap_err().class, expected, "{code}");
    }
}

#[test]
fn a_group_that_a_rule_names_is_not_the_object_itself() {
    let fake = Fake::new(|_, _| ec2_error("InvalidGroup.NotFound", "The security group 'sg-2' does not exist"));
    let call = Call::new("AuthorizeSecurityGroupIngress", [("GroupId", "sg-1".into())]);
    assert_eq!(fake.invoke("security_group", &call).unwrap_err().class, Fatal);
    // A new group may be unknown for a moment, so this was tried some times.
    assert_eq!(fake.operations().len(), crate::retry::UNSEEN_TRIES as usize);
    let call = Call::new("DeleteSecurityGroup", [("GroupId", "sg-2".into())]);
    assert_eq!(fake.invoke("security_group", &call).unwrap_err().class, NotFound);
}

/// Answers with errors first and then well.
fn after(count: usize, error: impl Fn() -> Response + Send + Sync + 'static) -> Fake {
    let left = Mutex::new(count);
    Fake::new(move |operation, _| {
        let mut left = left.lock().unwrap();
        if *left == 0 {
            return query(operation, "");
        }
        *left -= 1;
        error()
    })
}

#[test]
fn throttled_calls_go_out_again_at_a_slower_pace() {
    let fake = after(6, || query_error(400, "Throttling", "Rate exceeded"));
    fake.invoke("replication_group", &delete()).unwrap();
    assert_eq!(fake.operations().len(), 7);
    // 0.1 + 0.2 + ... + 3.2 s
    assert_eq!(fake.seconds_passed(), 6);
}

#[test]
fn throttling_without_end_is_passed_on() {
    let fake = after(1000, || query_error(400, "Throttling", "Rate exceeded"));
    let error = fake.invoke("replication_group", &delete()).unwrap_err();
    assert_eq!((error.class, fake.operations().len()), (Throttled, 12));
}

#[test]
fn a_big_refresh_survives_throttling() {
    // Every third request is refused, far more often than the SDK's own quota of retries would bear.
    let count = Mutex::new(0);
    let fake = Fake::new(move |operation, body| {
        let mut count = count.lock().unwrap();
        *count += 1;
        if *count % 3 == 0 {
            return query_error(400, "Throttling", "Rate exceeded");
        }
        let name = body.split("CacheParameterGroupName=").nth(1).and_then(|rest| rest.split('&').next());
        match (operation, name) {
            ("DescribeCacheParameterGroups", _) => {
                let group = |n: u32| {
                    format!(
                        "<CacheParameterGroup><CacheParameterGroupName>g{n}</CacheParameterGroupName></CacheParameterGroup>"
                    )
                };
                let groups: String = (0..1000).map(group).collect();
                query(operation, &format!("<CacheParameterGroups>{groups}</CacheParameterGroups>"))
            }
            ("GetResources", _) => json(r#"{"ResourceTagMappingList": []}"#),
            _ => query(operation, "<Parameters/>"),
        }
    });
    let ids: Vec<String> = (0..1000).map(|n| format!("g{n}")).collect();
    let found = run(fake.aws.remote("parameter_group", "us-east-1").read(&ids)).unwrap();
    assert_eq!(found.len(), 1000);
}

#[test]
fn server_errors_broken_connections_and_pages_of_proxies_are_tried_again() {
    let broken = || Response::default();
    let page = || Response { status: 502, body: b"<html>Bad gateway</html>".to_vec(), ..Response::default() };
    let fault = || query_error(500, "InternalFailure", "");
    for error in [broken as fn() -> Response, page, fault] {
        let fake = after(4, error);
        fake.read("replication_group", &["redis"]).unwrap();
        assert_eq!(fake.operations().len(), 5);
        let fake = after(5, error);
        assert_eq!(fake.read("replication_group", &["redis"]).unwrap_err().class, Transient);
        // Whether a call was carried out is not known; it is not for this side to repeat it.
        let fake = after(1, error);
        assert_eq!(fake.invoke("replication_group", &delete()).unwrap_err().class, Transient);
        assert_eq!(fake.operations().len(), 1);
    }
}

#[test]
fn an_answer_that_cannot_be_read_says_so() {
    let fake = Fake::new(|_, _| Response { status: 200, body: b"<html>hello</html>".to_vec(), ..Response::default() });
    let error = fake.read("replication_group", &["redis"]).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (Fatal, "UnreadableAnswer"), "{error}");
}

#[test]
fn errors_of_cloudwatch_keep_their_code() {
    // {"__type": "com.amazonaws.cloudwatch#LimitExceededFault", "message": "many"}
    let mut body = vec![0xa2];
    for text in ["__type", "com.amazonaws.cloudwatch#LimitExceededFault", "message", "many"] {
        match text.len() {
            short @ 0..24 => body.push(0x60 + short as u8),
            long => body.extend([0x78, long as u8]),
        }
        body.extend(text.bytes());
    }
    let fake = Fake::new(move |_, _| {
        let mut answer = cbor(&body);
        answer.status = 400;
        answer.headers.push(("x-amzn-query-error".into(), "LimitExceeded;Sender".into()));
        answer
    });
    let error = fake.invoke("alarm", &Call::new("DeleteAlarms", [("AlarmNames", strings(&["a"]))])).unwrap_err();
    let code = (error.class, error.code.as_str());
    assert_eq!(code, (Fatal, "LimitExceeded"));
    assert!(error.message.starts_with("many; a quota"), "{}", error.message);
}

#[test]
fn secrets_are_sent_and_stay_out_of_errors() {
    let fake = Fake::new(|_, body| {
        let token = body.split("AuthToken=").nth(1).unwrap().split('&').next().unwrap();
        query_error(400, "InvalidParameterValue", &format!("The token {token} is bad"))
    });
    let secret = Secret { source: Some("env:TOKEN".into()), text: Some("correct-horse-battery".into()) };
    let values = [Value::new(Data::Secret(Arc::new(secret))), Value::string("correct-horse-battery").into_sensitive()];
    for value in values {
        let error =
            fake.invoke("replication_group", &Call::new("ModifyReplicationGroup", [("AuthToken", value)])).unwrap_err();
        assert_eq!(error.message, "The token (secret) is bad");
    }
    assert!(fake.last().contains("AuthToken=correct-horse-battery"));
    let unread = Value::new(Data::Secret(Arc::new(Secret { source: Some("env:TOKEN".into()), text: None })));
    let call = Call::new("ModifyReplicationGroup", [("AuthToken", unread)]);
    assert_eq!(fake.invoke("replication_group", &call).unwrap_err().code, "WrongArgument");
}
