//! Subnet groups, parameter groups, security groups, alarms and look-ups.

use super::*;
use crate::kind::ErrorClass;
use crate::value::Data;

pub(super) fn subnets(world: &World) -> (String, Vec<String>) {
    let vpc = world.look_up("vpc", &[("default", true.into())])["id"].as_str().unwrap().to_owned();
    let ids = world.look_up("subnets", &[("vpc_id", vpc.as_str().into())])["ids"].clone();
    (vpc, ids.as_items().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_subnet_group_lives() {
    let world = World::new(Speed::Instant);
    let (vpc, ids) = subnets(&world);
    let desired = attributes(&[
        ("name", "private".into()),
        ("description", "Caches".into()),
        ("subnet_ids", Value::string_set(&ids[..2])),
        ("tags_all", tag_map()),
    ]);
    let made = world.create("subnet_group", &desired);
    assert_eq!(made["vpc_id"].as_str(), Some(&*vpc));
    assert_eq!(made["id"].as_str(), Some("private"));
    assert_eq!(made["region"].as_str(), Some("us-east-1"));
    assert_eq!(made["tags_all"], Value::string_map([("team", "cache"), ("cachestack:id", "i-1")]));
    assert_eq!(run(world.aws.remote("subnet_group", "us-east-1").tags(&made)).unwrap(), made["tags_all"]);
    assert_predicted("subnet_group", &desired, &made);

    let call = Call::new(
        "CreateCacheSubnetGroup",
        [
            ("CacheSubnetGroupName", "private".into()),
            ("CacheSubnetGroupDescription", "d".into()),
            ("SubnetIds", Value::string_set(&ids[..1])),
        ],
    );
    assert_eq!(world.invoke("subnet_group", &call).unwrap_err().class, ErrorClass::AlreadyExists);
    let changes = [
        ("subnet_ids", Value::string_set(&ids[1..3])),
        ("description", "More".into()),
        ("tags_all", Value::string_map([("team", "web"), ("stage", "test")])),
    ];
    let changed = world.update("subnet_group", &made, &changes);
    world.delete("subnet_group", &changed);
    let again = Call::new("DeleteCacheSubnetGroup", [("CacheSubnetGroupName", "private".into())]);
    assert_eq!(world.invoke("subnet_group", &again).unwrap_err().class, ErrorClass::NotFound);
}

/// Compares what the kind foresees with what came back.
pub(super) fn assert_predicted(kind: &str, desired: &Object, made: &Object) {
    let target = Target { account: Some(ACCOUNT.into()), region: "us-east-1".into() };
    let mut planned = desired.clone();
    planned.remove("tags_all");
    kinds::get(kind).unwrap().predict(&mut planned, None, &target);
    planned.retain(|_, value| value.is_wholly_known());
    planned.retain(|name, _| made.contains_key(name));
    same(kind, made, &planned);
}

fn parameter(name: &str, value: &str) -> Value {
    object(&[("name", name.into()), ("value", value.into())])
}

#[test]
fn a_parameter_group_lives() {
    let world = World::new(Speed::Instant);
    let desired = attributes(&[
        ("name", "redis7".into()),
        ("family", "redis7".into()),
        ("description", "Caches".into()),
        ("parameter", set_of(vec![parameter("maxmemory-policy", "allkeys-lru"), parameter("timeout", "60")])),
        ("tags_all", tag_map()),
    ]);
    let made = world.create("parameter_group", &desired);
    assert_predicted("parameter_group", &desired, &made);
    let changes =
        [("parameter", set_of(vec![parameter("maxmemory-policy", "noeviction"), parameter("slowlog-max-len", "256")]))];
    let changed = world.update("parameter_group", &made, &changes);
    world.delete("parameter_group", &changed);
    let call = Call::new("DeleteCacheParameterGroup", [("CacheParameterGroupName", "default.redis7".into())]);
    assert_eq!(world.invoke("parameter_group", &call).unwrap_err().class, ErrorClass::Fatal);
}

pub(super) fn rule(from: i64, to: i64, protocol: &str, rest: &[(&str, Value)]) -> Value {
    let mut rule =
        attributes(&[("from_port", Value::int(from)), ("to_port", Value::int(to)), ("protocol", protocol.into())]);
    rule.extend(attributes(rest));
    Value::object(rule)
}

#[test]
fn a_security_group_lives() {
    let world = World::new(Speed::Instant);
    let vpc = subnets(&world).0;
    let named = |name: &str, ingress: Vec<Value>| {
        attributes(&[
            ("name", name.into()),
            ("description", "Caches".into()),
            ("vpc_id", vpc.as_str().into()),
            ("ingress", set_of(ingress)),
            ("egress", set_of(vec![rule(0, 0, "-1", &[("cidr_blocks", strings(&["10.0.0.0/8"]))])])),
            ("tags_all", tag_map()),
        ])
    };
    let app = world.create("security_group", &named("app", vec![]));
    let app_id = app["id"].as_str().unwrap();
    let rules = vec![
        rule(
            6379,
            6379,
            "tcp",
            &[("cidr_blocks", strings(&["10.0.0.0/8", "192.168.0.0/16"])), ("description", "vpn".into())],
        ),
        rule(6379, 6379, "tcp", &[("security_groups", Value::string_set([app_id])), ("self", true.into())]),
        rule(6379, 6380, "udp", &[("ipv6_cidr_blocks", strings(&["2001:db8::/32"])), ("description", "six".into())]),
        rule(-1, -1, "icmp", &[("cidr_blocks", strings(&["10.0.0.0/8"]))]),
    ];
    let made = world.create("security_group", &named("redis", rules));
    assert_predicted("security_group", &attributes(&[("id", made["id"].clone())]), &made);

    // One rule reworded, one gone, one new; the tags as well.
    let rules = vec![
        rule(6379, 6379, "tcp", &[("cidr_blocks", strings(&["10.0.0.0/8"])), ("description", "office".into())]),
        rule(6379, 6379, "tcp", &[("security_groups", Value::string_set([app_id]))]),
        rule(443, 443, "tcp", &[("cidr_blocks", strings(&["0.0.0.0/0"]))]),
    ];
    let tags = Value::string_map([("stage", "test")]);
    let changed = world.update("security_group", &made, &[("ingress", set_of(rules)), ("tags_all", tags)]);

    let delete = Call::new("DeleteSecurityGroup", [("GroupId", app["id"].clone())]);
    assert_eq!(world.invoke("security_group", &delete).unwrap_err().class, ErrorClass::Busy);
    let found = world.look_up("security_group", &[("name", "redis".into()), ("vpc_id", vpc.as_str().into())]);
    assert_eq!(found["id"], made["id"]);
    world.delete("security_group", &changed);
    world.delete("security_group", &app);
    assert_eq!(world.invoke("security_group", &delete).unwrap_err().class, ErrorClass::NotFound);
}

fn alarm(name: &str) -> Object {
    attributes(&[
        ("alarm_name", name.into()),
        ("alarm_description", "Busy".into()),
        ("comparison_operator", "GreaterThanThreshold".into()),
        ("evaluation_periods", Value::int(2)),
        ("metric_name", "EngineCPUUtilization".into()),
        ("namespace", "AWS/ElastiCache".into()),
        ("period", Value::int(300)),
        ("statistic", "Average".into()),
        ("threshold", Value::new(Data::Number(62.5.into()))),
        ("dimensions", Value::string_map([("CacheClusterId", "redis-001")])),
        ("alarm_actions", Value::string_set(["arn:aws:sns:us-east-1:111122223333:alerts"])),
        ("ok_actions", Value::string_set::<&str>([])),
        ("actions_enabled", true.into()),
        ("treat_missing_data", "notBreaching".into()),
        ("unit", "Percent".into()),
        ("tags_all", tag_map()),
    ])
}

#[test]
fn an_alarm_lives() {
    let world = World::new(Speed::Instant);
    let made = world.create("alarm", &alarm("CPU of redis-001"));
    assert_predicted("alarm", &alarm("CPU of redis-001"), &made);
    for unset in ["datapoints_to_alarm", "extended_statistic", "threshold_metric_id"] {
        assert!(made[unset].is_null(), "{unset}");
    }
    let changes = [
        ("threshold", Value::int(80)),
        ("statistic", Value::null()),
        ("extended_statistic", "p99".into()),
        ("datapoints_to_alarm", Value::int(1)),
        ("tags_all", Value::string_map([("stage", "test")])),
    ];
    let changed = world.update("alarm", &made, &changes);
    assert_eq!(run(world.aws.remote("alarm", "us-east-1").tags(&changed)).unwrap(), changed["tags_all"]);
    world.delete("alarm", &changed);
}

#[test]
fn an_alarm_on_an_expression_lives() {
    let world = World::new(Speed::Instant);
    let metric = |name: &str| {
        object(&[
            ("metric_name", name.into()),
            ("namespace", "AWS/ElastiCache".into()),
            ("period", Value::int(60)),
            ("stat", "Sum".into()),
            ("dimensions", Value::string_map([("CacheClusterId", "redis-001")])),
        ])
    };
    let query = |id: &str, rest: &[(&str, Value)]| {
        let mut query = attributes(&[("id", id.into())]);
        query.extend(attributes(rest));
        Value::object(query)
    };
    let queries = vec![
        query("hits", &[("metric", one(metric("CacheHits"))), ("return_data", false.into())]),
        query("misses", &[("metric", one(metric("CacheMisses"))), ("return_data", false.into())]),
        query(
            "rate",
            &[("expression", "hits / (hits + misses)".into()), ("label", "Rate".into()), ("return_data", true.into())],
        ),
    ];
    let desired = attributes(&[
        ("alarm_name", "Hit rate".into()),
        ("comparison_operator", "LessThanThreshold".into()),
        ("evaluation_periods", Value::int(3)),
        ("threshold", Value::new(Data::Number(0.8.into()))),
        ("metric_query", set_of(queries)),
    ]);
    let found = world.change("alarm", None, Some(&desired)).unwrap().object;
    let read = found["metric_query"].as_items().unwrap();
    assert_eq!(read.len(), 3);
    let rate = read.iter().find(|query| query.get("id").and_then(Value::as_str) == Some("rate")).unwrap();
    assert_eq!(rate.get("expression").and_then(Value::as_str), Some("hits / (hits + misses)"));
    assert_eq!(rate.get("metric").and_then(Value::as_items).map(<[Value]>::len), Some(0));
    let hits = read.iter().find(|query| query.get("id").and_then(Value::as_str) == Some("hits")).unwrap();
    let stat = &hits.get("metric").and_then(Value::as_items).unwrap()[0];
    assert_eq!(stat.get("stat").and_then(Value::as_str), Some("Sum"));
    assert_eq!(stat.get("dimensions"), Some(&Value::string_map([("CacheClusterId", "redis-001")])));
}

#[test]
fn many_objects_cost_few_requests() {
    let world = World::new(Speed::Instant);
    let names: Vec<String> = (0..230).map(|n| format!("alarm-{n}")).collect();
    for name in &names {
        world.change("alarm", None, Some(&alarm(name))).unwrap();
    }
    world.emulator.reset_calls();
    let found = run(world.aws.remote("alarm", "us-east-1").read(&names)).unwrap();
    assert_eq!(found.len(), 230);
    assert!(found.values().all(|it| it.object["tags_all"].get("team").is_some()));
    let calls = world.emulator.calls();
    assert_eq!(calls["cloudwatch:DescribeAlarms"], 3);
    assert_eq!(calls.values().sum::<u64>(), 6, "{calls:?}");
}

#[test]
fn many_groups_are_read_with_their_tags() {
    let world = World::new(Speed::Instant);
    let ids = subnets(&world).1;
    let names: Vec<String> = (0..120).map(|n| format!("group-{n}")).collect();
    for name in &names {
        for (kind, rest) in [
            ("subnet_group", vec![("subnet_ids", Value::string_set(&ids))]),
            (
                "parameter_group",
                vec![("family", "redis7".into()), ("parameter", set_of(vec![parameter("timeout", "60")]))],
            ),
        ] {
            let mut desired = attributes(&rest);
            desired.extend(attributes(&[
                ("name", name.as_str().into()),
                ("description", "d".into()),
                ("tags_all", tag_map()),
            ]));
            world.change(kind, None, Some(&desired)).unwrap();
        }
    }
    world.emulator.reset_calls();
    for kind in ["subnet_group", "parameter_group"] {
        let found = run(world.aws.remote(kind, "us-east-1").read(&names)).unwrap();
        assert_eq!(found.len(), 120, "{kind}");
        assert!(found.values().all(|it| it.object["tags_all"].get("team").is_some()), "{kind}");
    }
    let calls = world.emulator.calls();
    assert_eq!(
        (calls["elasticache:DescribeCacheSubnetGroups"], calls["elasticache:DescribeCacheParameters"]),
        (2, 120)
    );
    assert_eq!(calls.get("elasticache:ListTagsForResource"), None);
}

#[test]
fn what_is_there_can_be_looked_up() {
    let world = World::new(Speed::Instant);
    let vpc = world.look_up("vpc", &[("default", true.into())]);
    assert_eq!(vpc["cidr_block"].as_str(), Some("172.31.0.0/16"));
    assert_eq!(vpc["enable_dns_support"].as_bool(), Some(true));
    assert_eq!(vpc["owner_id"].as_str(), Some(ACCOUNT));
    let zones = world.look_up("availability_zones", &[("state", "available".into())]);
    let zone = zones["names"].as_items().unwrap()[0].clone();
    let subnet = world.look_up("subnet", &[("vpc_id", vpc["id"].clone()), ("availability_zone", zone.clone())]);
    assert_eq!(subnet["availability_zone"], zone);
    let by_id = world.look_up("subnet", &[("id", subnet["id"].clone())]);
    assert_eq!(by_id["cidr_block"], subnet["cidr_block"]);
    let filter =
        object(&[("name", "availability-zone".into()), ("values", Value::string_set([zone.as_str().unwrap()]))]);
    let subnets = world.look_up("subnets", &[("filter", set_of(vec![filter]))]);
    assert_eq!(subnets["ids"], Value::strings([subnet["id"].as_str().unwrap()]));
    let group = world.look_up("security_group", &[("name", "default".into()), ("vpc_id", vpc["id"].clone())]);
    assert_eq!(group["description"].as_str(), Some("default VPC security group"));
    let caller = world.look_up("caller_identity", &[]);
    assert_eq!(caller["account_id"].as_str(), Some(ACCOUNT));
    assert_eq!(run(world.aws.account()).unwrap(), ACCOUNT);
    let none = run(world.aws.lookups("us-east-1").lookup("subnet", &attributes(&[("id", "subnet-1".into())])));
    assert_eq!(none.unwrap_err().message, "no subnet matches subnet-id = subnet-1");
}

#[test]
fn a_port_is_as_good_as_in_process() {
    let emulator = Emulator::in_memory(Options { speed: Speed::Instant, ..Options::default() });
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(emulator::server::serve(listener, emulator));
        let mut settings = Settings::new(Endpoint::Url(url), Arc::new(crate::clock::SystemClock));
        settings.account_id = Some(ACCOUNT.into());
        settings.region = Some("eu-west-1".into());
        let aws = connect(settings).unwrap();
        let names: Vec<String> = (0..3).map(|n| format!("alarm-{n}")).collect();
        let alarms = aws.remote("alarm", "eu-west-1");
        let put = Call::new(
            "PutMetricAlarm",
            [
                ("AlarmName", "alarm-1".into()),
                ("MetricName", "CPUUtilization".into()),
                ("Namespace", "AWS/ElastiCache".into()),
                ("Statistic", "Average".into()),
                ("Period", Value::int(60)),
                ("EvaluationPeriods", Value::int(1)),
                ("Threshold", Value::int(90)),
                ("ComparisonOperator", "GreaterThanThreshold".into()),
            ],
        );
        alarms.invoke(&put).await.unwrap();
        let found = alarms.read(&names).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["alarm-1"]);
        assert_eq!(found["alarm-1"].object["region"].as_str(), Some("eu-west-1"));
        let groups = aws.remote("subnet_group", "eu-west-1").read(&names).await.unwrap();
        assert!(groups.is_empty());
    });
}
