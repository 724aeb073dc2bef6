//! The SDK's client of EC2 as the referee of ours: the same requests for the same arguments, the same of the same answers.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroup, SecurityGroupRule,
    SecurityGroupRuleDescription, SecurityGroupRuleRequest, SecurityGroupRuleUpdate, Subnet, Tag, TagSpecification,
    UserIdGroupPair, Vpc, VpcAttributeName,
};
use serde_json::{Value as Json, json};

use super::groups::{rule, subnets};
use super::*;
use crate::cloud::in_process::{Handler, InProcess};
use crate::cloud::tests::calls::{OPERATIONS, sample};
use crate::cloud::{config, ec2 as asked};

/// The SDK's client over a function.
fn sdk(handler: Handler, clock: &VirtualClock) -> Client {
    let mut settings = Settings::new(Endpoint::InProcess(handler.clone()), Arc::new(clock.clone()));
    settings.account_id = Some(ACCOUNT.into());
    Client::new(&config::in_process(&settings, InProcess(handler)))
}

/// Both clients over the same answers, and the requests of the SDK's.
struct Sides {
    ours: Fake,
    theirs: Client,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Sides {
    fn new() -> Self {
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let log = seen.clone();
        let handler = move |request: &Request| {
            log.lock().unwrap().push(request.clone());
            answer(&operation(request), &text(request)).into()
        };
        let ours = Fake::new(answer);
        let theirs = sdk(Arc::new(handler), &ours.clock);
        Self { ours, theirs, seen }
    }

    /// Compares the requests that both have sent since the last time.
    fn compare(&self, what: &str) {
        let (ours, theirs) = (requests(&self.ours.seen), requests(&self.seen));
        assert!(!theirs.is_empty(), "{what} sent nothing");
        assert_eq!(ours, theirs, "{what}");
    }
}

/// Two pages of groups, one of whatever else can be asked for.
fn answer(operation: &str, body: &str) -> Response {
    let members = match operation {
        "DescribeSecurityGroups" if !body.contains("NextToken=") => "<nextToken>second page</nextToken>",
        "DescribeVpcs" => "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>",
        "DescribeAvailabilityZones" => {
            "<availabilityZoneInfo><item><zoneName>a</zoneName></item></availabilityZoneInfo>"
        }
        _ => "<return>true</return>",
    };
    ec2(operation, members)
}

/// The fields of each request, in one order whoever sent them; they are seen only once.
fn requests(seen: &Mutex<Vec<Request>>) -> Vec<Vec<String>> {
    let fields = |request: Request| {
        let mut fields: Vec<String> = text(&request).split('&').map(str::to_owned).collect();
        fields.sort();
        fields
    };
    let mut all: Vec<Vec<String>> = seen.lock().unwrap().drain(..).map(fields).collect();
    all.sort();
    all
}

fn tag() -> Tag {
    Tag::builder().key("team").value("cache").build()
}

fn tagged(made: ResourceType) -> TagSpecification {
    TagSpecification::builder().resource_type(made).tags(tag()).build()
}

/// The sample of `IpPermissions`.
fn permission() -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(6379)
        .to_port(6379)
        .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("a").build())
        .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").description("b").build())
        .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").description("c").build())
        .user_id_group_pairs(
            UserIdGroupPair::builder().group_id("sg-2").user_id("123456789012").description("d").build(),
        )
        .build()
}

fn rule_description() -> SecurityGroupRuleDescription {
    SecurityGroupRuleDescription::builder().security_group_rule_id("sgr-1").description("why").build()
}

fn update() -> SecurityGroupRuleUpdate {
    let rule = SecurityGroupRuleRequest::builder()
        .ip_protocol("tcp")
        .from_port(1)
        .to_port(2)
        .cidr_ipv4("10.0.0.0/8")
        .cidr_ipv6("::/0")
        .prefix_list_id("pl-1")
        .referenced_group_id("sg-2")
        .description("why");
    SecurityGroupRuleUpdate::builder().security_group_rule_id("sgr-1").security_group_rule(rule.build()).build()
}

/// Sends an operation of the list of all calls with its samples; panics where the SDK's client has none here.
async fn send(client: &Client, operation: &str) {
    let rules = || tagged(ResourceType::SecurityGroupRule);
    // Sets of strings are sent in their order.
    let ids = || Some(vec!["one".to_owned(), "two".to_owned()]);
    macro_rules! send {
        ($operation:ident $(.$member:ident($value:expr))*) => {
            drop(client.$operation()$(.$member($value))*.dry_run(true).send().await.unwrap())
        };
    }
    match operation {
        "CreateSecurityGroup" => send!(
            create_security_group
                .description("word")
                .group_name("word")
                .vpc_id("word")
                .tag_specifications(tagged(ResourceType::SecurityGroup))
        ),
        "DeleteSecurityGroup" => send!(delete_security_group.group_id("word").group_name("word")),
        "AuthorizeSecurityGroupIngress" => send!(
            authorize_security_group_ingress
                .group_id("word")
                .group_name("word")
                .ip_permissions(permission())
                .tag_specifications(rules())
        ),
        "AuthorizeSecurityGroupEgress" => send!(
            authorize_security_group_egress.group_id("word").ip_permissions(permission()).tag_specifications(rules())
        ),
        "RevokeSecurityGroupIngress" => send!(
            revoke_security_group_ingress
                .group_id("word")
                .group_name("word")
                .ip_permissions(permission())
                .set_security_group_rule_ids(ids())
        ),
        "RevokeSecurityGroupEgress" => send!(
            revoke_security_group_egress
                .group_id("word")
                .ip_permissions(permission())
                .set_security_group_rule_ids(ids())
        ),
        "UpdateSecurityGroupRuleDescriptionsIngress" => send!(
            update_security_group_rule_descriptions_ingress
                .group_id("word")
                .group_name("word")
                .ip_permissions(permission())
                .security_group_rule_descriptions(rule_description())
        ),
        "UpdateSecurityGroupRuleDescriptionsEgress" => send!(
            update_security_group_rule_descriptions_egress
                .group_id("word")
                .group_name("word")
                .ip_permissions(permission())
                .security_group_rule_descriptions(rule_description())
        ),
        "ModifySecurityGroupRules" => {
            send!(modify_security_group_rules.group_id("word").security_group_rules(update()))
        }
        "CreateTags" => send!(create_tags.set_resources(ids()).tags(tag())),
        "DeleteTags" => send!(delete_tags.set_resources(ids()).tags(tag())),
        other => panic!("no client of the SDK sends {other} here"),
    }
}

#[test]
fn calls_are_sent_as_the_sdk_sends_them() {
    let sides = Sides::new();
    for (kind, operation, members) in OPERATIONS.iter().filter(|(kind, ..)| kind.contains("security_group")) {
        let members: Vec<&'static str> = members.split_whitespace().collect();
        let call = Call::new(operation, members.iter().map(|member| (*member, sample(member))));
        sides.ours.invoke(kind, &call).unwrap();
        run(send(&sides.theirs, operation));
        sides.compare(operation);
    }
}

fn filter(name: &str, values: &[&str]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.iter().map(ToString::to_string).collect())).build()
}

#[test]
fn reads_are_sent_as_the_sdk_sends_them() {
    let sides = Sides::new();
    let (ours, theirs) = (&sides.ours, &sides.theirs);
    ours.read("security_group", &["sg-1", "sg-2"]).unwrap();
    let groups = || theirs.describe_security_groups().filters(filter("group-id", &["sg-1", "sg-2"])).max_results(1000);
    run(groups().send()).unwrap();
    run(groups().next_token("second page").send()).unwrap();
    sides.compare("security_group");

    ours.read("vpc_security_group_ingress_rule", &["sgr-1"]).unwrap();
    let rules = theirs.describe_security_group_rules().filters(filter("security-group-rule-id", &["sgr-1"]));
    run(rules.max_results(1000).send()).unwrap();
    sides.compare("vpc_security_group_ingress_rule");

    let given = |items: &[(&str, Value)]| -> Object { attributes(items) };
    ours.look_up("subnets", given(&[("vpc_id", "vpc-1".into()), ("tags", tag_map())])).unwrap();
    let filters = [filter("vpc-id", &["vpc-1"]), filter("tag:team", &["cache"])];
    run(theirs.describe_subnets().set_filters(Some(filters.to_vec())).send()).unwrap();
    sides.compare("subnets");

    ours.look_up("availability_zones", given(&[("all_availability_zones", true.into())])).unwrap();
    run(theirs.describe_availability_zones().all_availability_zones(true).send()).unwrap();
    sides.compare("availability_zones");

    ours.look_up("vpc", given(&[("default", true.into())])).unwrap();
    run(theirs.describe_vpcs().filters(filter("is-default", &["true"])).send()).unwrap();
    for attribute in [
        VpcAttributeName::EnableDnsHostnames,
        VpcAttributeName::EnableDnsSupport,
        VpcAttributeName::EnableNetworkAddressUsageMetrics,
    ] {
        run(theirs.describe_vpc_attribute().vpc_id("vpc-1").attribute(attribute).send()).unwrap();
    }
    let tables = theirs.describe_route_tables().filters(filter("vpc-id", &["vpc-1"]));
    run(tables.filters(filter("association.main", &["true"])).send()).unwrap();
    sides.compare("vpc");
}

/// Where a member is in our reading of an answer, and what the SDK's says of it.
type Member<T> = (&'static str, fn(&T) -> Option<String>);

fn agree<T>(what: &str, ours: &[Json], theirs: &[T], members: &[Member<T>]) {
    assert!(!ours.is_empty() && ours.len() == theirs.len(), "{what}: {} and {}", ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        for (at, member) in members {
            let text = ours.pointer(at).map(|found| found.as_str().expect("a text").to_owned());
            assert_eq!(text, member(theirs), "{what}{at}");
        }
    }
    for (at, member) in members {
        assert!(theirs.iter().any(|it| member(it).is_some()), "{what}{at} is in no answer");
    }
}

const OF_GROUPS: &[Member<SecurityGroup>] = &[
    ("/groupId", |it| it.group_id.clone()),
    ("/groupName", |it| it.group_name.clone()),
    ("/groupDescription", |it| it.description.clone()),
    ("/vpcId", |it| it.vpc_id.clone()),
    ("/ownerId", |it| it.owner_id.clone()),
    ("/securityGroupArn", |it| it.security_group_arn.clone()),
    ("/tagSet/0/key", |it| it.tags().first()?.key.clone()),
    ("/tagSet/0/value", |it| it.tags().first()?.value.clone()),
    ("/ipPermissions/0/ipProtocol", |it| it.ip_permissions().first()?.ip_protocol.clone()),
    ("/ipPermissions/0/fromPort", |it| Some(it.ip_permissions().first()?.from_port?.to_string())),
    ("/ipPermissions/0/toPort", |it| Some(it.ip_permissions().first()?.to_port?.to_string())),
    ("/ipPermissions/0/ipRanges/0/cidrIp", |it| it.ip_permissions().first()?.ip_ranges().first()?.cidr_ip.clone()),
    ("/ipPermissions/0/ipRanges/0/description", |it| {
        it.ip_permissions().first()?.ip_ranges().first()?.description.clone()
    }),
    ("/ipPermissions/0/ipv6Ranges/0/cidrIpv6", |it| {
        it.ip_permissions().first()?.ipv6_ranges().first()?.cidr_ipv6.clone()
    }),
    ("/ipPermissions/0/prefixListIds/0/prefixListId", |it| {
        it.ip_permissions().first()?.prefix_list_ids().first()?.prefix_list_id.clone()
    }),
    ("/ipPermissions/0/groups/0/groupId", |it| {
        it.ip_permissions().first()?.user_id_group_pairs().first()?.group_id.clone()
    }),
    ("/ipPermissions/0/groups/0/userId", |it| {
        it.ip_permissions().first()?.user_id_group_pairs().first()?.user_id.clone()
    }),
    ("/ipPermissionsEgress/0/ipProtocol", |it| it.ip_permissions_egress().first()?.ip_protocol.clone()),
];

const OF_RULES: &[Member<SecurityGroupRule>] = &[
    ("/securityGroupRuleId", |it| it.security_group_rule_id.clone()),
    ("/securityGroupRuleArn", |it| it.security_group_rule_arn.clone()),
    ("/groupId", |it| it.group_id.clone()),
    ("/groupOwnerId", |it| it.group_owner_id.clone()),
    ("/isEgress", |it| Some(it.is_egress?.to_string())),
    ("/ipProtocol", |it| it.ip_protocol.clone()),
    ("/fromPort", |it| Some(it.from_port?.to_string())),
    ("/toPort", |it| Some(it.to_port?.to_string())),
    ("/cidrIpv4", |it| it.cidr_ipv4.clone()),
    ("/cidrIpv6", |it| it.cidr_ipv6.clone()),
    ("/prefixListId", |it| it.prefix_list_id.clone()),
    ("/referencedGroupInfo/groupId", |it| it.referenced_group_info()?.group_id.clone()),
    ("/referencedGroupInfo/userId", |it| it.referenced_group_info()?.user_id.clone()),
    ("/description", |it| it.description.clone()),
];

const OF_VPCS: &[Member<Vpc>] = &[
    ("/vpcId", |it| it.vpc_id.clone()),
    ("/cidrBlock", |it| it.cidr_block.clone()),
    ("/isDefault", |it| Some(it.is_default?.to_string())),
    ("/dhcpOptionsId", |it| it.dhcp_options_id.clone()),
    ("/instanceTenancy", |it| Some(it.instance_tenancy()?.to_string())),
    ("/ownerId", |it| it.owner_id.clone()),
    ("/state", |it| Some(it.state()?.to_string())),
    ("/cidrBlockAssociationSet/0/associationId", |it| it.cidr_block_association_set().first()?.association_id.clone()),
    ("/cidrBlockAssociationSet/0/cidrBlock", |it| it.cidr_block_association_set().first()?.cidr_block.clone()),
    ("/cidrBlockAssociationSet/0/cidrBlockState/state", |it| {
        Some(it.cidr_block_association_set().first()?.cidr_block_state()?.state()?.to_string())
    }),
];

const OF_SUBNETS: &[Member<Subnet>] = &[
    ("/subnetId", |it| it.subnet_id.clone()),
    ("/subnetArn", |it| it.subnet_arn.clone()),
    ("/vpcId", |it| it.vpc_id.clone()),
    ("/availabilityZone", |it| it.availability_zone.clone()),
    ("/availabilityZoneId", |it| it.availability_zone_id.clone()),
    ("/cidrBlock", |it| it.cidr_block.clone()),
    ("/defaultForAz", |it| Some(it.default_for_az?.to_string())),
    ("/state", |it| Some(it.state()?.to_string())),
    ("/availableIpAddressCount", |it| Some(it.available_ip_address_count?.to_string())),
    ("/mapPublicIpOnLaunch", |it| Some(it.map_public_ip_on_launch?.to_string())),
    ("/assignIpv6AddressOnCreation", |it| Some(it.assign_ipv6_address_on_creation?.to_string())),
    ("/ownerId", |it| it.owner_id.clone()),
];

#[test]
fn answers_of_the_emulator_are_read_as_the_sdk_reads_them() {
    let world = World::new(Speed::Instant);
    let vpc = subnets(&world).0;
    let group = |name: &str, ingress: Vec<Value>| {
        attributes(&[
            ("name", name.into()),
            ("description", "a & b; (c)".into()),
            ("vpc_id", vpc.as_str().into()),
            ("ingress", set_of(ingress)),
            ("egress", set_of(vec![rule(0, 0, "-1", &[("ipv6_cidr_blocks", strings(&["::/0"]))])])),
            ("tags_all", tag_map()),
        ])
    };
    let app = world.create("security_group", &group("app", vec![]));
    let sources = [
        ("cidr_blocks", strings(&["10.0.0.0/8"])),
        ("ipv6_cidr_blocks", strings(&["fd00::/8"])),
        ("prefix_list_ids", strings(&["pl-12345678"])),
        ("security_groups", Value::string_set([app["id"].as_str().unwrap()])),
        ("description", "why".into()),
    ];
    world.create("security_group", &group("cache", vec![rule(6379, 6380, "tcp", &sources)]));

    let emulator = world.emulator.clone();
    let theirs = sdk(Arc::new(move |request: &Request| emulator.deliver(request)), &world.clock);
    let clients = run(world.aws.account.clients("us-east-1")).unwrap();
    let ours = |operation, member| run(asked::list(&clients, operation, json!({}), member)).unwrap();
    agree(
        "group",
        &ours("DescribeSecurityGroups", "securityGroupInfo"),
        &run(theirs.describe_security_groups().send()).unwrap().security_groups.unwrap(),
        OF_GROUPS,
    );
    agree(
        "rule",
        &ours("DescribeSecurityGroupRules", "securityGroupRuleSet"),
        &run(theirs.describe_security_group_rules().send()).unwrap().security_group_rules.unwrap(),
        OF_RULES,
    );
    agree("vpc", &ours("DescribeVpcs", "vpcSet"), &run(theirs.describe_vpcs().send()).unwrap().vpcs.unwrap(), OF_VPCS);
    agree(
        "subnet",
        &ours("DescribeSubnets", "subnetSet"),
        &run(theirs.describe_subnets().send()).unwrap().subnets.unwrap(),
        OF_SUBNETS,
    );
    agree(
        "zone",
        &ours("DescribeAvailabilityZones", "availabilityZoneInfo"),
        &run(theirs.describe_availability_zones().send()).unwrap().availability_zones.unwrap(),
        &[
            ("/zoneName", |it| it.zone_name.clone()),
            ("/zoneId", |it| it.zone_id.clone()),
            ("/groupName", |it| it.group_name.clone()),
        ],
    );
    agree(
        "route table",
        &ours("DescribeRouteTables", "routeTableSet"),
        &run(theirs.describe_route_tables().send()).unwrap().route_tables.unwrap(),
        &[("/routeTableId", |it| it.route_table_id.clone())],
    );
    let attribute = VpcAttributeName::EnableDnsSupport;
    let told = run(theirs.describe_vpc_attribute().vpc_id(&vpc).attribute(attribute).send()).unwrap();
    let input = json!({ "VpcId": vpc, "Attribute": "enableDnsSupport" });
    let read = run(asked::ask(&clients, "DescribeVpcAttribute", &input)).unwrap();
    let flag = asked::flag(&read["enableDnsSupport"], "value");
    assert_eq!((flag, flag.is_some()), (told.enable_dns_support().and_then(|it| it.value()), true));
}
