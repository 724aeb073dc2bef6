//! Reads: pages, joins, tags and statuses.

use super::*;
use crate::kind::{ErrorClass, Status};

fn page(operation: &str, body: &str, list: &str, item: impl Fn(u32) -> String) -> Response {
    let start: u32 = body.split("Marker=").nth(1).map_or(0, |rest| rest.split('&').next().unwrap().parse().unwrap());
    let items: String = (start..start + 100).map(item).collect();
    let marker = if start < 200 { format!("<Marker>{}</Marker>", start + 100) } else { String::new() };
    query(operation, &format!("<{list}>{items}</{list}>{marker}"))
}

fn subnet_groups(operation: &str, body: &str) -> Response {
    page(operation, body, "CacheSubnetGroups", |n| {
        format!(
            "<CacheSubnetGroup><CacheSubnetGroupName>g{n}</CacheSubnetGroupName><ARN>arn:g{n}</ARN><VpcId>vpc-1</VpcId>\
             <Subnets><Subnet><SubnetIdentifier>s-{n}</SubnetIdentifier></Subnet></Subnets></CacheSubnetGroup>"
        )
    })
}

fn attribute<'a>(found: &'a BTreeMap<String, Observation>, id: &str, name: &str) -> &'a Value {
    found[id].object.get(name).unwrap_or_else(|| panic!("{id} has no {name}: {:?}", found[id].object))
}

#[test]
fn many_are_read_page_by_page_with_the_tags_of_all() {
    let fake = Fake::new(|operation, body| match operation {
        "GetResources" if body.contains("next") => json(
            r#"{"ResourceTagMappingList": [{"ResourceARN": "arn:g250", "Tags": [{"Key": "aws:cloudformation:x", "Value": "1"},
               {"Key": "cachestack:id", "Value": "i"}]}], "PaginationToken": ""}"#,
        ),
        "GetResources" => json(
            r#"{"ResourceTagMappingList": [{"ResourceARN": "arn:g7", "Tags": [{"Key": "a", "Value": "b"}]}],
               "PaginationToken": "next"}"#,
        ),
        _ => subnet_groups(operation, body),
    });
    let found = fake.read("subnet_group", &["g7", "G250", "g3", "nowhere"]).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["G250", "g3", "g7"]);
    assert_eq!(attribute(&found, "g7", "tags_all"), &Value::string_map([("a", "b")]));
    assert_eq!(attribute(&found, "G250", "tags_all"), &Value::string_map([("cachestack:id", "i")]));
    assert_eq!(attribute(&found, "g3", "tags_all"), &Value::string_map::<&str, &str>([]));
    assert_eq!(attribute(&found, "g3", "subnet_ids"), &Value::string_set(["s-3"]));
    let count = |name: &str| fake.operations().iter().filter(|it| *it == name).count();
    assert_eq!((count("DescribeCacheSubnetGroups"), count("GetResources"), fake.operations().len()), (3, 2, 5));
    assert_eq!(fake.seconds_passed(), 0);
}

#[test]
fn a_closed_tagging_api_costs_a_request_per_object() {
    let fake = Fake::new(|operation, body| match operation {
        "GetResources" => {
            let mut denied = json(r#"{"__type": "AccessDeniedException", "message": "no"}"#);
            denied.status = 400;
            denied
        }
        "ListTagsForResource" if body.contains("arn:g2") => query_error(400, "InvalidReplicationGroupState", "busy"),
        "ListTagsForResource" => query(operation, "<TagList><Tag><Key>a</Key><Value>b</Value></Tag></TagList>"),
        _ => subnet_groups(operation, body),
    });
    let found = fake.read("subnet_group", &["g1", "g2", "g3"]).unwrap();
    assert_eq!(attribute(&found, "g1", "tags_all"), &Value::string_map([("a", "b")]));
    assert_eq!(found["g2"].object.get("tags_all"), None);
}

#[test]
fn few_are_asked_for_by_name() {
    let fake = Fake::new(|operation, body| match operation {
        "ListTagsForResource" => query(operation, "<TagList/>"),
        _ if body.contains("=here") => query(
            operation,
            "<CacheSubnetGroups><CacheSubnetGroup><CacheSubnetGroupName>here</CacheSubnetGroupName><ARN>arn:h</ARN>\
             </CacheSubnetGroup></CacheSubnetGroups>",
        ),
        _ => query_error(400, "CacheSubnetGroupNotFoundFault", "not found"),
    });
    let found = fake.read("subnet_group", &["here", "gone"]).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["here"]);
    assert_eq!(attribute(&found, "here", "description"), &Value::null_of(Type::String));
    let mut operations = fake.operations();
    operations.sort();
    assert_eq!(operations, ["DescribeCacheSubnetGroups", "DescribeCacheSubnetGroups", "ListTagsForResource"]);
}

#[test]
fn a_marker_that_comes_again_is_an_error() {
    let fake = Fake::new(|operation, _| match operation {
        "GetResources" => json("{}"),
        _ => query(operation, "<CacheSubnetGroups/><Marker>same</Marker>"),
    });
    assert_eq!(fake.read("subnet_group", &["a", "b", "c"]).unwrap_err().code, "EndlessPaging");
}

#[test]
fn parameters_are_those_that_somebody_set() {
    let fake = Fake::new(|operation, body| match operation {
        "ListTagsForResource" => query_error(403, "AccessDenied", "no"),
        "DescribeCacheParameters" => {
            assert!(body.contains("Source=user"));
            query(
                operation,
                "<Parameters><Parameter><ParameterName>timeout</ParameterName><ParameterValue>20</ParameterValue>\
                 </Parameter><Parameter><ParameterName>empty</ParameterName></Parameter></Parameters>",
            )
        }
        _ => query(
            operation,
            "<CacheParameterGroups><CacheParameterGroup><CacheParameterGroupName>p</CacheParameterGroupName>\
             <CacheParameterGroupFamily>redis7</CacheParameterGroupFamily><Description>d</Description><ARN>arn:p</ARN>\
             </CacheParameterGroup></CacheParameterGroups>",
        ),
    });
    let found = fake.read("parameter_group", &["p"]).unwrap();
    let parameter = attribute(&found, "p", "parameter");
    assert_eq!(format!("{parameter:?}"), r#"{{"name": "timeout", "value": "20"}}"#);
    assert_eq!(found["p"].object.get("tags_all"), None);
}

const MEMBER_DETAILS: &str = "<Engine>redis</Engine><EngineVersion>7.0.7</EngineVersion>\
    <CacheParameterGroup><CacheParameterGroupName>p</CacheParameterGroupName></CacheParameterGroup>\
    <CacheSubnetGroupName>s</CacheSubnetGroupName><PreferredMaintenanceWindow>sun:05:00-sun:06:00</PreferredMaintenanceWindow>\
    <NotificationConfiguration><TopicArn>arn:t</TopicArn><TopicStatus>active</TopicStatus></NotificationConfiguration>\
    <SecurityGroups><member><SecurityGroupId>sg-1</SecurityGroupId></member></SecurityGroups>\
    <CacheNodes><CacheNode><Endpoint><Address>n</Address><Port>6380</Port></Endpoint></CacheNode></CacheNodes>";

/// A group `redis` with the members 001 and 002, in these states.
fn group(status: &'static str, states: [&'static str; 2], extra: &'static str, of_member: &'static str) -> Fake {
    Fake::new(move |operation, body| match operation {
        "DescribeReplicationGroups" => query(
            operation,
            &format!(
                "<ReplicationGroups><ReplicationGroup><ReplicationGroupId>redis</ReplicationGroupId><ARN>arn:r</ARN>\
                 <Status>{status}</Status><Description>d</Description><CacheNodeType>cache.t4g.micro</CacheNodeType>\
                 <MemberClusters><ClusterId>redis-001</ClusterId><ClusterId>redis-002</ClusterId></MemberClusters>\
                 <AutomaticFailover>enabling</AutomaticFailover><MultiAZ>enabled</MultiAZ>\
                 <NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId>\
                 <PrimaryEndpoint><Address>primary</Address><Port>6380</Port></PrimaryEndpoint>\
                 <ReaderEndpoint><Address>reader</Address><Port>6380</Port></ReaderEndpoint>\
                 <NodeGroupMembers><NodeGroupMember><CacheClusterId>redis-001</CacheClusterId>\
                 <PreferredAvailabilityZone>us-east-1a</PreferredAvailabilityZone><CurrentRole>primary</CurrentRole>\
                 </NodeGroupMember><NodeGroupMember><CacheClusterId>redis-002</CacheClusterId>\
                 <PreferredAvailabilityZone>us-east-1b</PreferredAvailabilityZone><CurrentRole>replica</CurrentRole>\
                 </NodeGroupMember></NodeGroupMembers></NodeGroup></NodeGroups>{extra}\
                 </ReplicationGroup></ReplicationGroups>"
            ),
        ),
        "DescribeCacheClusters" => {
            let wanted = body.split("CacheClusterId=").nth(1).and_then(|rest| rest.split('&').next());
            let members = ["redis-001", "redis-002"].into_iter().zip(states);
            let asked = members.filter(|(id, _)| wanted.is_none_or(|wanted| wanted == *id));
            let rows: Vec<String> = asked
                .filter(|(_, state)| !state.is_empty())
                .map(|(id, state)| {
                    format!(
                        "<CacheCluster><CacheClusterId>{id}</CacheClusterId><CacheClusterStatus>{state}</CacheClusterStatus>\
                         {MEMBER_DETAILS}{of_member}</CacheCluster>"
                    )
                })
                .collect();
            match rows.is_empty() {
                true => query_error(404, "CacheClusterNotFound", "not found"),
                false => query(operation, &format!("<CacheClusters>{}</CacheClusters>", rows.concat())),
            }
        }
        _ => query(operation, "<TagList/>"),
    })
}

#[test]
fn a_replication_group_is_joined_with_its_members() {
    let found = group("available", ["available", "available"], "", "").read("replication_group", &["redis"]).unwrap();
    assert_eq!(found["redis"].status, Status::Settled);
    assert!(found["redis"].pending.is_empty());
    let check =
        |name: &str, expected: &str| assert_eq!(format!("{:?}", attribute(&found, "redis", name)), expected, "{name}");
    check("id", "\"redis\"");
    check("engine", "\"redis\"");
    check("engine_version", "\"7.0\"");
    check("engine_version_actual", "\"7.0.7\"");
    check("num_cache_clusters", "2");
    check("num_node_groups", "1");
    check("replicas_per_node_group", "1");
    check("cluster_mode", "\"disabled\"");
    check("automatic_failover_enabled", "true");
    check("multi_az_enabled", "true");
    check("primary_endpoint_address", "\"primary\"");
    check("reader_endpoint_address", "\"reader\"");
    check("configuration_endpoint_address", "null");
    check("port", "6380");
    check("parameter_group_name", "\"p\"");
    check("security_group_ids", "{\"sg-1\"}");
    check("notification_topic_arn", "\"arn:t\"");
    check("member_clusters", "{\"redis-001\", \"redis-002\"}");
    check("user_group_ids", "{}");
    check("tags_all", "{}");
    check("kms_key_id", "null");
    check(
        "node_group_configuration",
        "{{\"node_group_id\": \"0001\", \"primary_availability_zone\": \"us-east-1a\", \"primary_outpost_arn\": null, \
         \"replica_availability_zones\": [\"us-east-1b\"], \"replica_count\": 1, \"replica_outpost_arns\": null, \
         \"slots\": null}}",
    );
    check(
        "members",
        "[{\"availability_zone\": \"us-east-1a\", \"id\": \"redis-001\", \"node_group_id\": \"0001\", \
         \"role\": \"primary\", \"status\": \"available\"}, {\"availability_zone\": \"us-east-1b\", \
         \"id\": \"redis-002\", \"node_group_id\": \"0001\", \"role\": \"replica\", \"status\": \"available\"}]",
    );
}

#[test]
fn a_group_is_as_busy_as_its_members() {
    let check = |status, states, expected: Status| {
        let found = group(status, states, "", "").read("replication_group", &["redis"]).unwrap();
        assert_eq!(found["redis"].status, expected);
        // ElastiCache cannot be asked for tags unless the group is available, and here nobody else knows them.
        assert_eq!(found["redis"].object.contains_key("tags_all"), status == "available");
    };
    check("creating", ["creating", "creating"], Status::Making("creating".into()));
    check("available", ["available", "modifying"], Status::Busy("modifying (redis-002)".into()));
    check("available", ["available", ""], Status::Making("creating (redis-002)".into()));
    check("deleting", ["", ""], Status::Leaving("deleting".into()));
    check("create-failed", ["", ""], Status::Broken("create-failed".into()));
    check("available", ["available", "restore-failed"], Status::Broken("restore-failed (redis-002)".into()));
    check(
        "modifying",
        ["incompatible-network", "available"],
        Status::Broken("incompatible-network (redis-001)".into()),
    );
}

#[test]
fn what_only_members_tell_is_left_out_while_there_are_none() {
    let found = group("creating", ["", ""], "", "").read("replication_group", &["redis"]).unwrap();
    for name in ["engine_version", "security_group_ids", "parameter_group_name", "subnet_group_name"] {
        assert_eq!(found["redis"].object.get(name), None, "{name}");
    }
}

#[test]
fn pending_changes_are_what_attributes_will_be() {
    let of_group = "<PendingModifiedValues><AutomaticFailoverStatus>disabled</AutomaticFailoverStatus>\
        <TransitEncryptionMode>required</TransitEncryptionMode><AuthTokenStatus>ROTATING</AuthTokenStatus>\
        <UserGroups><UserGroupIdsToAdd><member>new</member></UserGroupIdsToAdd>\
        <UserGroupIdsToRemove><member>old</member></UserGroupIdsToRemove></UserGroups></PendingModifiedValues>\
        <UserGroupIds><member>old</member></UserGroupIds>";
    let of_member = "<PendingModifiedValues><CacheNodeType>cache.m7g.large</CacheNodeType>\
        <EngineVersion>7.1.0</EngineVersion></PendingModifiedValues>";
    let fake = group("available", ["available", "available"], of_group, of_member);
    let found = fake.read("replication_group", &["redis"]).unwrap();
    assert_eq!(
        format!("{:?}", Value::object(found["redis"].pending.clone())),
        "{\"auth_token_status\": \"ROTATING\", \"automatic_failover_enabled\": false, \"engine_version\": \"7.1\", \
         \"engine_version_actual\": \"7.1.0\", \"node_type\": \"cache.m7g.large\", \
         \"transit_encryption_mode\": \"required\", \"user_group_ids\": {\"new\"}}"
    );
}

#[test]
fn logs_that_are_on_their_way_out_are_not_there() {
    let extra = "<LogDeliveryConfigurations><LogDeliveryConfiguration><LogType>slow-log</LogType>\
        <DestinationType>cloudwatch-logs</DestinationType><DestinationDetails><CloudWatchLogsDetails><LogGroup>/slow</LogGroup>\
        </CloudWatchLogsDetails></DestinationDetails><LogFormat>json</LogFormat><Status>active</Status></LogDeliveryConfiguration>\
        <LogDeliveryConfiguration><LogType>engine-log</LogType><Status>disabling</Status></LogDeliveryConfiguration>\
        </LogDeliveryConfigurations>";
    let found =
        group("available", ["available", "available"], extra, "").read("replication_group", &["redis"]).unwrap();
    assert_eq!(
        format!("{:?}", attribute(&found, "redis", "log_delivery_configuration")),
        "{{\"destination\": \"/slow\", \"destination_type\": \"cloudwatch-logs\", \"log_format\": \"json\", \
         \"log_type\": \"slow-log\"}}"
    );
}

#[test]
fn a_group_that_is_not_there_is_absent() {
    let fake = Fake::new(|_, _| query_error(404, "ReplicationGroupNotFoundFault", "not found"));
    assert!(fake.read("replication_group", &["redis"]).unwrap().is_empty());
    let denied = Fake::new(|_, _| query_error(403, "AccessDenied", "no"));
    assert_eq!(denied.read("replication_group", &["redis"]).unwrap_err().class, ErrorClass::Denied);
}

#[test]
fn every_metric_alarm_asked_for_is_asked_for_in_hundreds() {
    let fake = Fake::new(|operation, _| match operation {
        "GetResources" => json("{}"),
        _ => cbor(&[0xa0]),
    });
    let names: Vec<String> = (0..250).map(|n| format!("alarm-{n}")).collect();
    assert!(run(fake.aws.remote("alarm", "us-east-1").read(&names)).unwrap().is_empty());
    assert_eq!(fake.operations().iter().filter(|it| *it == "DescribeAlarms").count(), 3);
}

#[test]
fn nothing_asked_for_is_nothing_sent() {
    let fake = Fake::new(|_, _| unreachable!("no request is needed"));
    for kind in ["subnet_group", "parameter_group", "replication_group", "alarm"] {
        assert!(fake.read(kind, &[]).unwrap().is_empty(), "{kind}");
    }
    assert!(fake.read("security_group", &[]).unwrap().is_empty());
}

#[test]
fn rules_are_grouped_by_protocol_ports_and_description() {
    let fake = Fake::new(|operation, _| {
        ec2(
            operation,
            "<securityGroupInfo><item><ownerId>111122223333</ownerId><groupId>sg-1</groupId><groupName>redis</groupName>\
             <groupDescription>d</groupDescription><vpcId>vpc-1</vpcId><ipPermissions><item><ipProtocol>6</ipProtocol>\
             <fromPort>6379</fromPort><toPort>6379</toPort><ipRanges><item><cidrIp>10.1.0.0/16</cidrIp></item>\
             <item><cidrIp>10.0.0.0/16</cidrIp></item><item><cidrIp>10.2.0.0/16</cidrIp><description>vpn</description></item>\
             </ipRanges><groups><item><groupId>sg-1</groupId><userId>111122223333</userId></item>\
             <item><groupId>sg-2</groupId><userId>111122223333</userId></item>\
             <item><groupId>sg-3</groupId><userId>999999999999</userId></item></groups></item></ipPermissions>\
             <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item>\
             </ipv6Ranges><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>\
             </ipPermissionsEgress><tagSet><item><key>a</key><value>b</value></item></tagSet></item></securityGroupInfo>",
        )
    });
    let found = fake.read("security_group", &["sg-1"]).unwrap();
    assert!(fake.last().contains("Filter.1.Name=group-id") && fake.last().contains("MaxResults=1000"));
    let check =
        |name: &str, expected: &str| assert_eq!(format!("{:?}", attribute(&found, "sg-1", name)), expected, "{name}");
    check("arn", "\"arn:aws:ec2:us-east-1:111122223333:security-group/sg-1\"");
    check("tags_all", "{\"a\": \"b\"}");
    check(
        "ingress",
        "{{\"cidr_blocks\": [\"10.0.0.0/16\", \"10.1.0.0/16\"], \"description\": null, \"from_port\": 6379, \
         \"ipv6_cidr_blocks\": [], \"prefix_list_ids\": [], \"protocol\": \"tcp\", \
         \"security_groups\": {\"999999999999/sg-3\", \"sg-2\"}, \"self\": true, \"to_port\": 6379}, \
         {\"cidr_blocks\": [\"10.2.0.0/16\"], \"description\": \"vpn\", \"from_port\": 6379, \"ipv6_cidr_blocks\": [], \
         \"prefix_list_ids\": [], \"protocol\": \"tcp\", \"security_groups\": {}, \"self\": false, \"to_port\": 6379}}",
    );
    check(
        "egress",
        "{{\"cidr_blocks\": [], \"description\": null, \"from_port\": 0, \"ipv6_cidr_blocks\": [\"::/0\"], \
         \"prefix_list_ids\": [\"pl-1\"], \"protocol\": \"-1\", \"security_groups\": {}, \"self\": false, \"to_port\": 0}}",
    );
}
