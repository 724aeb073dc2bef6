//! What the account and the declarations say of how a cache is reached: its status, and who is let in.

use crate::kind::Status;
use crate::ops::Failure;
use crate::ops::connect::Connection;
use crate::ops::day_two::{Meant, look};
use crate::probe::Check;
use crate::value::{Object, Value, text};

/// The object as it is, and what is to be said of it before anything is sent over the network.
///
/// # Errors
/// It cannot be read.
pub async fn examine(connection: &Connection, meant: &Meant) -> Result<(Object, Vec<Check>), Failure> {
    let found = look(connection, meant).await?;
    let mut checks = vec![status(&found.status)];
    checks.extend(doors(connection, meant, &found.object).await);
    Ok((found.object, checks))
}

fn status(status: &Status) -> Check {
    match status {
        Status::Settled => Check::fine("status", "available"),
        Status::Making(word) => {
            Check::finding("status", format!("it is being made ({word})"), "Wait until it is available.")
        }
        Status::Leaving(word) => {
            Check::finding("status", format!("it is on its way out ({word})"), "Nothing can be done.")
        }
        Status::Busy(word) => Check::finding(
            "status",
            format!("AWS is at it ({word}): connections may drop"),
            "Wait, and look at cachestack events.",
        ),
        Status::Broken(word) => Check::finding(
            "status",
            format!("it is {word}, and will not come right by itself"),
            "Look at cachestack events; make it anew, from a snapshot where it held data.",
        ),
    }
}

/// Who is let in by the security groups, and whether these are of the VPC of the cache.
async fn doors(connection: &Connection, meant: &Meant, live: &Object) -> Vec<Check> {
    let ids: Vec<String> = live
        .get("security_group_ids")
        .and_then(Value::as_items)
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    if ids.is_empty() {
        return vec![Check::skipped("doors", "AWS tells no security groups of it")];
    }
    let groups = match connection.cloud.remote("security_group", &meant.region).read(&ids).await {
        Ok(groups) => groups,
        Err(error) => {
            let why = format!("the security groups cannot be read ({error}); ec2:DescribeSecurityGroups allows it");
            return vec![Check::skipped("doors", why)];
        }
    };
    let Some(port) = meant.kind.endpoints(live).first().map(|endpoint| i64::from(endpoint.port)) else {
        return vec![Check::skipped("doors", "it has no endpoint yet")];
    };
    let mut checks = vec![let_in(&groups.values().map(|group| &group.object).collect::<Vec<_>>(), port)];
    if let Some(subnets) = text(live, "subnet_group_name") {
        let names = [subnets.to_owned()];
        let read = connection.cloud.remote("subnet_group", &meant.region).read(&names).await;
        let vpc = read.ok().and_then(|mut found| text(&found.remove(subnets)?.object, "vpc_id").map(str::to_owned));
        checks.extend(vpc.map(|vpc| same_vpc(&vpc, groups.iter().map(|(id, group)| (&**id, &group.object)))));
    }
    checks
}

fn let_in(groups: &[&Object], port: i64) -> Check {
    let mut sources: Vec<String> = Vec::new();
    for rule in
        groups.iter().filter_map(|group| group.get("ingress")?.as_items()).flatten().filter_map(Value::as_object)
    {
        let number = |name: &str| rule.get(name).and_then(Value::as_i64);
        let protocol = text(rule, "protocol").unwrap_or("-1");
        let (from, to) = (number("from_port").unwrap_or(0), number("to_port").unwrap_or(65_535));
        let fits = protocol == "-1" || ["tcp", "6"].contains(&protocol) && (from..=to).contains(&port);
        if !fits {
            continue;
        }
        for name in ["cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids"] {
            let some = rule.get(name).and_then(Value::as_items).unwrap_or_default();
            sources.extend(some.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        if rule.get("self").and_then(Value::as_bool) == Some(true) {
            sources.push("members of the group itself".to_owned());
        }
    }
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        let remedy = format!(
            "Add an ingress rule for port {port} from the security group of the clients, or an `access` block."
        );
        return Check::finding("doors", format!("no security group lets anybody in on port {port}"), remedy);
    }
    Check::fine("doors", format!("port {port} is open to {}", sources.join(", ")))
}

fn same_vpc<'a>(vpc: &str, groups: impl Iterator<Item = (&'a str, &'a Object)>) -> Check {
    let strange: Vec<&str> =
        groups.filter(|(_, group)| text(group, "vpc_id").is_some_and(|other| other != vpc)).map(|(id, _)| id).collect();
    match strange[..] {
        [] => Check::fine(
            "vpc",
            format!(
                "subnets and security groups are of {vpc}: clients must be there, or in a network that is joined to it"
            ),
        ),
        _ => Check::finding(
            "vpc",
            format!("the subnets are of {vpc}, and {} is not", strange.join(", ")),
            "Take security groups of the VPC of the subnet group.",
        ),
    }
}
