//! Look-ups of what the configuration itself says: the partition of a region, and the tags that every resource has.

use super::{schema, text};
use crate::kind::{Problem, Target};
use crate::schema::{Attr, Schema};
use crate::value::{Object, Type, Value};

/// Where a `data` block stands.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The region that it looks in.
    pub region: &'a str,
    /// The tags that a resource in its place has without saying any.
    pub tags: &'a Object,
}

impl Here<'_> {
    fn partition(&self) -> &'static str {
        Target { account: None, region: self.region.into() }.partition()
    }
}

pub fn partition() -> Schema {
    let attrs = vec![text("id"), text("partition"), text("dns_suffix"), text("reverse_dns_prefix")];
    schema("partition", "aws_partition", "The partition of the region: aws, aws-cn, aws-us-gov and their like.", attrs)
}

pub fn find_partition(_: &Object, here: &Here) -> Result<Object, Problem> {
    let partition = here.partition();
    let (suffix, prefix) = match partition {
        "aws-cn" => ("amazonaws.com.cn", "cn.com.amazonaws"),
        "aws-eusc" => ("amazonaws.eu", "eu.amazonaws"),
        "aws-iso" => ("c2s.ic.gov", "gov.ic.c2s"),
        "aws-iso-b" => ("sc2s.sgov.gov", "gov.sgov.sc2s"),
        "aws-iso-e" => ("cloud.adc-e.uk", "uk.adc-e.cloud"),
        "aws-iso-f" => ("csp.hci.ic.gov", "gov.ic.hci.csp"),
        _ => ("amazonaws.com", "com.amazonaws"),
    };
    let found = [("id", partition), ("partition", partition), ("dns_suffix", suffix), ("reverse_dns_prefix", prefix)];
    Ok(found.into_iter().map(|(name, text)| (name.into(), Value::string(text))).collect())
}

pub fn default_tags() -> Schema {
    let attrs = vec![text("id"), Attr::computed("tags", Type::map(Type::String))];
    schema("default_tags", "aws_default_tags", "The tags of provider, stack and environment.", attrs)
}

pub fn find_tags(_: &Object, here: &Here) -> Result<Object, Problem> {
    let tags = Value::map(Type::String, here.tags.clone());
    Ok(Object::from([("id".into(), Value::string(here.partition())), ("tags".into(), tags)]))
}
