//! Look-ups: what is asked, and what is said when there is not exactly one answer.

use super::*;

fn args(items: &[(&str, Value)]) -> Object {
    items.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
}

#[test]
fn the_region_needs_no_request() {
    let fake = Fake::new(|_, _| unreachable!("no request is needed"));
    let check = |given: &[(&str, Value)], name: &str, description: &str, endpoint: &str| {
        let found = fake.look_up("aws_region", args(given)).unwrap();
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        assert_eq!(
            (text("name"), text("description"), text("endpoint")),
            (name.into(), description.into(), endpoint.into())
        );
        assert_eq!(text("id"), name);
    };
    check(&[], "us-east-1", "US East (N. Virginia)", "ec2.us-east-1.amazonaws.com");
    check(&[("name", "eu-west-1".into())], "eu-west-1", "Europe (Ireland)", "ec2.eu-west-1.amazonaws.com");
    let endpoint = "ec2.cn-north-1.amazonaws.com.cn";
    check(&[("endpoint", endpoint.into())], "cn-north-1", "China (Beijing)", endpoint);
    let error = fake.look_up("region", args(&[("name", "moon-1".into())])).unwrap_err();
    assert_eq!(error.message, "there is no region of the name or endpoint `moon-1`");
}

#[test]
fn the_caller_is_asked_for_once() {
    let fake = Fake::new(|operation, _| {
        query(operation, "<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:x</Arn><UserId>U</UserId>")
    });
    let found = fake.look_up("caller_identity", Object::new()).unwrap();
    assert_eq!(found["account_id"].as_str(), Some("123456789012"));
    assert_eq!(found["user_id"].as_str(), Some("U"));
    fake.look_up("caller_identity", Object::new()).unwrap();
    assert_eq!(fake.operations(), ["GetCallerIdentity"]);
}

#[test]
fn an_unknown_look_up_is_an_error() {
    let fake = Fake::new(|operation, _| query(operation, ""));
    assert!(fake.look_up("ami", Object::new()).is_err());
}

mod of_ec2 {
    use super::*;

    fn vpcs(count: usize) -> Fake {
        Fake::new(move |operation, _| match operation {
            "DescribeVpcs" => {
                let vpc = |n| {
                    format!(
                        "<item><vpcId>vpc-{n}</vpcId><ownerId>111122223333</ownerId><cidrBlock>10.{n}.0.0/16</cidrBlock>\
                         <isDefault>false</isDefault><state>available</state><tagSet><item><key>Name</key><value>n{n}</value>\
                         </item></tagSet></item>"
                    )
                };
                ec2(operation, &format!("<vpcSet>{}</vpcSet>", (0..count).map(vpc).collect::<String>()))
            }
            "DescribeVpcAttribute" => ec2(operation, "<enableDnsSupport><value>true</value></enableDnsSupport>"),
            _ => ec2_error("UnauthorizedOperation", "no"),
        })
    }

    #[test]
    fn a_vpc_is_found_by_its_arguments() {
        let fake = vpcs(1);
        let filter = object(&[("name", "owner-id".into()), ("values", Value::string_set(["111122223333"]))]);
        let given = args(&[
            ("default", false.into()),
            ("cidr_block", Value::null()),
            ("tags", tag_map()),
            ("filter", one(filter)),
        ]);
        let found = fake.look_up("vpc", given).unwrap();
        assert_eq!(found["id"].as_str(), Some("vpc-0"));
        assert_eq!(found["arn"].as_str(), Some("arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0"));
        assert_eq!(found["enable_dns_support"].as_bool(), Some(true));
        assert!(found["main_route_table_id"].is_null());
        assert_eq!(found["tags"], Value::string_map([("Name", "n0")]));
        let sent = text(&fake.seen.lock().unwrap()[0]);
        for part in [
            "Filter.1.Name=is-default",
            "Filter.1.Value.1=false",
            "Filter.2.Name=tag:team",
            "Filter.3.Name=owner-id",
            "Filter.3.Value.1=111122223333",
        ] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
    }

    #[test]
    fn no_match_and_too_many_matches_say_what_was_asked() {
        let given = args(&[("default", true.into()), ("tags", tag_map())]);
        let error = vpcs(0).look_up("vpc", given).unwrap_err();
        assert_eq!(
            (error.class, error.message.as_str()),
            (crate::kind::ErrorClass::NotFound, "no VPC matches is-default = true and tag:team = cache")
        );
        let error = vpcs(2).look_up("vpc", Object::new()).unwrap_err();
        assert_eq!(
            error.message,
            "2 match (no condition) where one VPC is wanted: vpc-0 (n0), vpc-1 (n1); narrow it down to one, for instance \
             with `id`, `tags` or a `filter`"
        );
    }

    #[test]
    fn subnets_are_sorted_ids() {
        let fake = Fake::new(|operation, body| {
            assert!(body.contains("Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"), "{body}");
            ec2(
                operation,
                "<subnetSet><item><subnetId>s-2</subnetId></item><item><subnetId>s-1</subnetId></item></subnetSet>",
            )
        });
        let found = fake.look_up("subnets", args(&[("vpc_id", "vpc-1".into())])).unwrap();
        assert_eq!(found["ids"], Value::strings(["s-1", "s-2"]));
        assert_eq!(found["region"].as_str(), Some("us-east-1"));
    }

    #[test]
    fn zones_can_be_left_out() {
        let fake = Fake::new(|operation, _| {
            let zone = |letter, n| {
                format!(
                    "<item><zoneName>us-east-1{letter}</zoneName><zoneId>use1-az{n}</zoneId><groupName>us-east-1</groupName></item>"
                )
            };
            let zones = [zone('c', 3), zone('a', 1), zone('b', 2)].concat();
            ec2(operation, &format!("<availabilityZoneInfo>{zones}</availabilityZoneInfo>"))
        });
        let given = args(&[("state", "available".into()), ("exclude_names", Value::string_set(["us-east-1b"]))]);
        let found = fake.look_up("availability_zones", given).unwrap();
        assert_eq!(found["names"], Value::strings(["us-east-1a", "us-east-1c"]));
        assert_eq!(found["zone_ids"], Value::strings(["use1-az1", "use1-az3"]));
        assert_eq!(found["group_names"], Value::strings(["us-east-1"]));
    }
}
