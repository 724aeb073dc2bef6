//! Rules of security groups: one by one, by the ids that AWS gives them, and several under one name, which says what tells
//! them from others.

mod calls;
mod named;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::args::without_secrets;
use super::attrs::Attrs;
use super::clients::Clients;
use super::ec2::{filter, flag, int, list, tag_map, text};
use super::errors::fatal;
use super::paging::at_most;
use super::security_group;
use super::{Found, Place, names};
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::kinds::rules_of_security_group::{all_types, canonical_protocol, has_ports};
use crate::value::{Object, Value};

/// Values that one filter may have.
const VALUES: usize = 200;
/// The most rules that EC2 gives at once.
const RULES: u32 = 1000;

/// The rules of one direction in a region, by id.
#[derive(Debug)]
pub(super) struct ById {
    pub place: Place,
    pub egress: bool,
}

/// The rules of a region by name.
#[derive(Debug)]
pub(super) struct ByName(pub Place);

impl Remote for ById {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async {
            let rules = by_filter(&*self.place.clients().await?, "security-group-rule-id", ids).await?;
            let own = rules.iter().filter(|rule| is_egress(rule) == self.egress);
            let found = own.filter_map(|rule| Some((rule_id(rule)?.to_owned(), self.observe(rule))));
            Ok(self.place.located(found.collect()))
        })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async {
            let Some(id) = object.get("id").and_then(Value::as_str) else {
                return Err(fatal("NoId", "the rule has no `id`, which its tags are read by"));
            };
            let ids = [id.to_owned()];
            let rules = by_filter(&*self.place.clients().await?, "security-group-rule-id", &ids).await?;
            let rule = rules.first().ok_or_else(|| RemoteError {
                class: ErrorClass::NotFound,
                code: "InvalidSecurityGroupRuleId.NotFound".into(),
                message: format!("The security group rule ID '{id}' does not exist"),
                request_id: None,
            })?;
            Ok(tag_map(rule))
        })
    }

    fn find<'a>(&'a self, mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async move {
            let found = by_filter(&*self.place.clients().await?, "tag:cachestack:id", &[mark.to_owned()]).await?;
            Ok(found.iter().find_map(rule_id).map(str::to_owned))
        })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let rules = all(&*self.place.clients().await?).await?;
            Ok(names(&rules, |rule| rule_id(rule).filter(|_| is_egress(rule) == self.egress)))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { invoke(&self.place, call).await })
    }
}

impl ById {
    fn observe(&self, rule: &Json) -> Observation {
        let id = rule_id(rule).unwrap_or_default();
        let target = crate::kind::Target {
            account: text(rule, "groupOwnerId").map(Into::into),
            region: self.place.region.as_str().into(),
        };
        let arn = text(rule, "securityGroupRuleArn").map(str::to_owned);
        let arn = arn.or_else(|| target.arn("ec2", &format!("security-group-rule/{id}")));
        // Of a protocol without ports AWS says -1.
        let protocol = canonical_protocol(text(rule, "ipProtocol").map_or_else(Value::null, Value::string));
        let protocol = protocol.as_str().unwrap_or_default();
        let port = |name: &str| int(rule, name).or(all_types(protocol)).filter(|_| has_ports(protocol));
        let mut attrs = Attrs::default();
        attrs
            .text("id", Some(id))
            .text("security_group_rule_id", Some(id))
            .text("arn", arn.as_deref())
            .text("security_group_id", text(rule, "groupId"))
            .text("ip_protocol", text(rule, "ipProtocol"))
            .int("from_port", port("fromPort"))
            .int("to_port", port("toPort"))
            .text("cidr_ipv4", text(rule, "cidrIpv4"))
            .text("cidr_ipv6", text(rule, "cidrIpv6"))
            .text("prefix_list_id", text(rule, "prefixListId"))
            .text("referenced_security_group_id", other_group(rule).as_deref())
            .text("description", text(rule, "description").filter(|text| !text.is_empty()))
            .put("tags_all", tag_map(rule));
        attrs.settled()
    }
}

impl Remote for ByName {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(named::read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, _: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { Err(fatal("NoTags", "rules that are known by name have no tags")) })
    }

    /// Each rule for itself: AWS does not keep which of them were made under one name.
    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let rules = all(&*self.0.clients().await?).await?;
            let named: Vec<String> = rules.iter().filter_map(named::name).collect();
            Ok(names(&named, |name| Some(name)))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { invoke(&self.0, call).await })
    }
}

async fn invoke(place: &Place, call: &Call) -> Result<Reply, RemoteError> {
    let clients = place.clients().await?;
    calls::invoke(&clients, &*place.account.clock(), call).await.map_err(|error| without_secrets(error, call))
}

/// The rules of all groups that somebody has made.
async fn all(clients: &Clients) -> Result<Vec<Json>, RemoteError> {
    let (groups, rules) = tokio::join!(security_group::describe(clients, Vec::new()), describe(clients, Vec::new()));
    let groups = groups?;
    let own: BTreeSet<&str> = groups.iter().filter_map(security_group::own_id).collect();
    Ok(rules?.into_iter().filter(|rule| text(rule, "groupId").is_some_and(|group| own.contains(group))).collect())
}

/// Rules by a filter, which does not complain about what is not there.
async fn by_filter(clients: &Clients, name: &str, values: &[String]) -> Result<Vec<Json>, RemoteError> {
    let found = at_most(4, values.chunks(VALUES), |values| describe(clients, vec![filter(name, values)]));
    Ok(found.await?.into_iter().flatten().collect())
}

async fn describe(clients: &Clients, filters: Vec<Json>) -> Result<Vec<Json>, RemoteError> {
    let input = json!({ "Filter": filters, "MaxResults": RULES });
    list(clients, "DescribeSecurityGroupRules", input, "securityGroupRuleSet").await
}

fn rule_id(rule: &Json) -> Option<&str> {
    text(rule, "securityGroupRuleId")
}

fn is_egress(rule: &Json) -> bool {
    flag(rule, "isEgress").unwrap_or(false)
}

/// The group that a rule lets in, with its account where that is another.
fn other_group(rule: &Json) -> Option<String> {
    let other = rule.get("referencedGroupInfo")?;
    let id = text(other, "groupId")?;
    let account = text(other, "userId").filter(|account| Some(*account) != text(rule, "groupOwnerId"));
    Some(account.map_or_else(|| id.to_owned(), |account| format!("{account}/{id}")))
}
