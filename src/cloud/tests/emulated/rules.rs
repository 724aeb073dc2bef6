//! Rules of security groups: by id, and several under one name.

use super::*;
use crate::kind::ErrorClass;

fn group(world: &World, name: &str) -> String {
    let desired = attributes(&[("name", name.into()), ("description", "d".into()), ("egress", set_of(vec![]))]);
    let group = world.create("security_group", &desired);
    group["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_rule_with_an_id_lives() {
    let world = World::new(Speed::Instant);
    let (own, other) = (group(&world, "own"), group(&world, "other"));
    for (kind, egress) in [("vpc_security_group_ingress_rule", false), ("vpc_security_group_egress_rule", true)] {
        let desired = attributes(&[
            ("security_group_id", own.as_str().into()),
            ("ip_protocol", "tcp".into()),
            ("from_port", Value::int(6379)),
            ("to_port", Value::int(6380)),
            ("cidr_ipv4", "10.0.0.0/8".into()),
            ("description", "offices".into()),
            ("tags_all", tag_map()),
        ]);
        let made = world.create(kind, &desired);
        let id = made["id"].as_str().unwrap();
        assert_eq!(made["arn"].as_str().unwrap(), format!("arn:aws:ec2:us-east-1:{ACCOUNT}:security-group-rule/{id}"));
        assert_eq!(run(world.aws.remote(kind, "us-east-1").find("i-1")).unwrap().as_deref(), Some(id));
        assert_eq!(run(world.aws.remote(kind, "us-east-1").tags(&made)).unwrap(), made["tags_all"]);
        let opposite = if egress { "vpc_security_group_ingress_rule" } else { "vpc_security_group_egress_rule" };
        assert_eq!(world.observe(opposite, id), None, "a rule of the other direction");
        let changes = [
            ("ip_protocol", "-1".into()),
            ("from_port", Value::null_of(Type::Number)),
            ("to_port", Value::null_of(Type::Number)),
            ("cidr_ipv4", "10.0.0.0/16".into()),
            ("description", Value::null_of(Type::String)),
            ("tags_all", Value::string_map([("team", "b")])),
        ];
        let changed = world.update(kind, &made, &changes);
        assert_eq!(changed["id"], made["id"]);
        let again = world.invoke(kind, &created(kind, &changed)).unwrap_err();
        assert_eq!((again.class, again.code.as_str()), (ErrorClass::AlreadyExists, "InvalidPermission.Duplicate"));
        world.delete(kind, &changed);
        let gone = kinds::get(kind).unwrap().compile(&Change::delete(id, &changed, &target())).unwrap();
        assert_eq!(world.invoke(kind, &gone[0]).unwrap_err().class, ErrorClass::NotFound);
    }
    let peer = attributes(&[
        ("security_group_id", own.as_str().into()),
        ("ip_protocol", "icmp".into()),
        ("from_port", Value::int(-1)),
        ("to_port", Value::int(-1)),
        ("referenced_security_group_id", other.as_str().into()),
    ]);
    world.create("vpc_security_group_ingress_rule", &peer);
}

fn target() -> Target {
    Target { account: Some(ACCOUNT.into()), region: "us-east-1".into() }
}

fn created(kind: &str, object: &Object) -> Call {
    let set: Vec<&'static str> = Vec::new();
    kinds::get(kind).unwrap().compile(&Change::create(object, &set, &target())).unwrap().remove(0)
}

fn named(group: &str, description: &str, cidrs: &[&str]) -> Object {
    attributes(&[
        ("type", "ingress".into()),
        ("security_group_id", group.into()),
        ("protocol", "tcp".into()),
        ("from_port", Value::int(6379)),
        ("to_port", Value::int(6379)),
        ("cidr_blocks", Value::strings(cidrs)),
        ("self", false.into()),
        ("description", description.into()),
    ])
}

#[test]
fn rules_under_a_name_live() {
    let world = World::new(Speed::Instant);
    let own = group(&world, "own");
    let kind = "security_group_rule";
    let made = world.create(kind, &named(&own, "offices", &["10.0.0.0/8", "172.16.0.0/12"]));
    assert_eq!(made["id"].as_str().unwrap(), format!("{own}_ingress_tcp_6379_6379_10.0.0.0/8_172.16.0.0/12"));
    assert_eq!(made["security_group_rule_id"].as_str(), Some(""), "there are two rules");
    let described = world.update(kind, &made, &[("description", "all offices".into())]);
    // Somebody takes one of the two away, and gives the other another description.
    let revoke = kinds::get(kind).unwrap();
    let one = named(&own, "", &["172.16.0.0/12"]);
    let revoke = revoke.compile(&Change::delete("", &one, &target())).unwrap().remove(0);
    world.invoke(kind, &revoke).unwrap();
    let id = described["id"].as_str().unwrap();
    let left = world.observe(kind, id).unwrap().object;
    assert_eq!(left["cidr_blocks"], Value::strings(["10.0.0.0/8"]));
    world.delete(kind, &left);
    // The two spellings of a rule for its own group are one rule.
    let mut own_rule = named(&own, "itself", &[]);
    own_rule.extend(attributes(&[("self", true.into()), ("cidr_blocks", Value::null_of(Type::list(Type::String)))]));
    let made = world.create(kind, &own_rule);
    let spelt = made["id"].as_str().unwrap().replace("self", &own);
    assert_eq!(world.observe(kind, &spelt).unwrap().object["source_security_group_id"].as_str(), Some(&*own));
    world.delete(kind, &made);
}

#[test]
fn rules_of_many_groups_are_read_at_once() {
    let world = World::new(Speed::Instant);
    let names: Vec<String> = (0..30)
        .map(|number| {
            let group = group(&world, &format!("group-{number}"));
            let made = world.create("security_group_rule", &named(&group, "d", &["10.0.0.0/8"]));
            made["id"].as_str().unwrap().to_owned()
        })
        .collect();
    world.emulator.reset_calls();
    let found = run(world.aws.remote("security_group_rule", "us-east-1").read(&names)).unwrap();
    assert_eq!(found.len(), 30);
    assert_eq!(world.emulator.calls()["ec2:DescribeSecurityGroupRules"], 1);
}
