//! Rules of security groups: one by one, by the ids that AWS gives them, and several under one name, which says what tells
//! them from others.

mod calls;
mod named;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, SecurityGroupRule};

use super::args::without_secrets;
use super::attrs::Attrs;
use super::clients::Clients;
use super::errors::fatal;
use super::paging::{at_most, pages};
use super::security_group::{self, tag_map};
use super::{Found, Place, names};
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply};
use crate::kinds::rules_of_security_group::{all_types, canonical_protocol, has_ports};
use crate::value::{Object, Value};

/// Values that one filter may have.
const VALUES: usize = 200;
/// The most rules that EC2 gives at once.
const RULES: i32 = 1000;

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
            let own = rules.iter().filter(|rule| rule.is_egress().unwrap_or(false) == self.egress);
            let found = own.filter_map(|rule| Some((rule.security_group_rule_id.clone()?, self.observe(rule))));
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
            Ok(tag_map(rule.tags()))
        })
    }

    fn find<'a>(&'a self, mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async move {
            let found = by_filter(&*self.place.clients().await?, "tag:cachestack:id", &[mark.to_owned()]).await?;
            Ok(found.into_iter().find_map(|rule| rule.security_group_rule_id))
        })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let rules = all(&*self.place.clients().await?).await?;
            let own = |rule: &SecurityGroupRule| rule.is_egress().unwrap_or(false) == self.egress;
            Ok(names(&rules, |rule| rule.security_group_rule_id().filter(|_| own(rule))))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async { invoke(&self.place, call).await })
    }
}

impl ById {
    fn observe(&self, rule: &SecurityGroupRule) -> Observation {
        let id = rule.security_group_rule_id().unwrap_or_default();
        let target = crate::kind::Target {
            account: rule.group_owner_id().map(Into::into),
            region: self.place.region.as_str().into(),
        };
        let arn = rule.security_group_rule_arn().map(str::to_owned);
        let arn = arn.or_else(|| target.arn("ec2", &format!("security-group-rule/{id}")));
        // Of a protocol without ports AWS says -1.
        let protocol = canonical_protocol(rule.ip_protocol().map_or_else(Value::null, Value::string));
        let protocol = protocol.as_str().unwrap_or_default();
        let port = |port: Option<i32>| port.or(all_types(protocol)).filter(|_| has_ports(protocol));
        let mut attrs = Attrs::default();
        attrs
            .text("id", Some(id))
            .text("security_group_rule_id", Some(id))
            .text("arn", arn.as_deref())
            .text("security_group_id", rule.group_id())
            .text("ip_protocol", rule.ip_protocol())
            .int("from_port", port(rule.from_port()))
            .int("to_port", port(rule.to_port()))
            .text("cidr_ipv4", rule.cidr_ipv4())
            .text("cidr_ipv6", rule.cidr_ipv6())
            .text("prefix_list_id", rule.prefix_list_id())
            .text("referenced_security_group_id", other_group(rule).as_deref())
            .text("description", rule.description().filter(|text| !text.is_empty()))
            .put("tags_all", tag_map(rule.tags()));
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
async fn all(clients: &Clients) -> Result<Vec<SecurityGroupRule>, RemoteError> {
    let (groups, rules) = tokio::join!(security_group::describe(clients, Vec::new()), describe(clients, None));
    let groups = groups?;
    let own: BTreeSet<&str> = groups.iter().filter_map(security_group::own_id).collect();
    Ok(rules?.into_iter().filter(|rule| rule.group_id().is_some_and(|group| own.contains(group))).collect())
}

/// Rules by a filter, which does not complain about what is not there.
async fn by_filter(clients: &Clients, name: &str, values: &[String]) -> Result<Vec<SecurityGroupRule>, RemoteError> {
    let found = at_most(4, values.chunks(VALUES), |values| {
        describe(clients, Some(Filter::builder().name(name).set_values(Some(values.to_vec())).build()))
    });
    Ok(found.await?.into_iter().flatten().collect())
}

async fn describe(clients: &Clients, filter: Option<Filter>) -> Result<Vec<SecurityGroupRule>, RemoteError> {
    let (service, filter) = (&clients.ec2, &filter);
    pages(|token| async move {
        let request = service
            .client
            .describe_security_group_rules()
            .set_filters(filter.clone().map(|filter| vec![filter]))
            .max_results(RULES)
            .set_next_token(token);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.security_group_rules.unwrap_or_default(), page.next_token))
    })
    .await
}

/// The group that a rule lets in, with its account where that is another.
fn other_group(rule: &SecurityGroupRule) -> Option<String> {
    let other = rule.referenced_group_info()?;
    let id = other.group_id()?;
    let account = other.user_id().filter(|account| Some(*account) != rule.group_owner_id());
    Some(account.map_or_else(|| id.to_owned(), |account| format!("{account}/{id}")))
}
