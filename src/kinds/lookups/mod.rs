//! The schemas of `data` blocks: what can be looked up and what comes back; and those that are answered here, since no
//! account has to be asked.

mod account;
mod here;
mod policy;

use std::sync::{Arc, LazyLock};

use crate::kind::{Kind, Problem};
use crate::kinds::{KINDS, reserved_cache_node, snapshot};
use crate::schema::{Attr, Schema, Update, lower, object_type};
use crate::value::{Data, Field, Object, Type, Value};
pub use account::OF_UPDATE;
pub use here::Here;

fn filter() -> Attr {
    Attr::blocks(
        "filter",
        vec![
            Attr::required("name", Type::String).doc("A filter of the EC2 API."),
            Attr::required("values", Type::set(Type::String)).doc("Any of these."),
        ],
    )
    .known_by("name")
    .doc("A filter of the EC2 API.")
}

fn tags() -> Attr {
    Attr::optional_computed("tags", Type::map(Type::String)).doc("Tags that it must have.")
}

fn given(name: &'static str) -> Attr {
    Attr::optional_computed(name, Type::String)
}

fn text(name: &'static str) -> Attr {
    Attr::computed(name, Type::String)
}

fn truth(name: &'static str) -> Attr {
    Attr::computed(name, Type::Bool)
}

fn texts(name: &'static str) -> Attr {
    Attr::computed(name, Type::list(Type::String))
}

fn region() -> Attr {
    Attr::optional_computed("region", Type::String).doc("The region to look in.")
}

static LOOKUPS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let mut all = vec![
        vpc(),
        subnet(),
        subnets(),
        subnet_ids(),
        vpcs(),
        security_groups(),
        security_group(),
        availability_zones(),
        region_lookup(),
        caller_identity(),
        log_group(),
        log_groups(),
        sns_topic(),
        snapshot(),
        reserved_cache_node_offering(),
        policy::schema(),
        here::partition(),
        here::default_tags(),
    ];
    all.extend(account::all());
    let is_there = |schema: &Schema, all: &[Schema]| all.iter().any(|known| known.kind == schema.kind);
    for schema in KINDS.into_iter().filter_map(of_kind) {
        if !is_there(&schema, &all) {
            all.push(schema);
        }
    }
    all
});

/// The look-up of an object of a kind by its name: what can be read of it.
fn of_kind(kind: &dyn Kind) -> Option<Schema> {
    let (name, own) = (kind.name_attribute()?, kind.schema());
    let is_read = |attr: &&Attr| {
        let steers = attr.secret || attr.update == Update::Local || attr.deprecated.is_some();
        attr.name == "tags" || !steers && !matches!(attr.name, "region" | "tags_all")
    };
    // The provider's look-up of serverless caches is of its newer sort, which has no nested blocks.
    let ty = |attr: &Attr| if own.kind == "serverless_cache" { flat(&attr.ty) } else { attr.ty.clone() };
    let attr = |attr: &Attr| match attr.name == name {
        true => Attr::required(attr.name, ty(attr)).doc(attr.doc),
        false => Attr::computed(attr.name, ty(attr)).doc(attr.doc),
    };
    let mut attrs: Vec<Attr> = own.attrs.iter().filter(is_read).map(attr).collect();
    attrs.extend(beside(own.kind));
    Some(schema(own.kind, own.terraform, own.doc, attrs))
}

/// A type with an object where a block may stand once, and lists for sets.
fn flat(ty: &Type) -> Type {
    match ty {
        Type::List(inner) if matches!(**inner, Type::Object(_)) => flat(inner),
        Type::Object(fields) => {
            let field = |field: &Field| Field { ty: flat(&field.ty), ..field.clone() };
            Type::object(fields.iter().map(|(name, of)| (name.clone(), field(of))))
        }
        Type::Set(inner) => Type::list((**inner).clone()),
        other => other.clone(),
    }
}

/// A value in the shape of a type of [`flat`]; what has it already stays as it is.
pub fn fit(value: Value, ty: &Type) -> Value {
    let mark = value.sensitive;
    match (&value.data, ty) {
        (Data::List(_, items) | Data::Tuple(items) | Data::Set(_, items), Type::Object(_)) => {
            let first = items.first().cloned().map(|first| fit(first, ty));
            first.unwrap_or_else(|| Value::null_of(ty.clone())).with_mark(mark)
        }
        (Data::Object(object), Type::Object(fields)) => {
            let part = |(name, value): (&Arc<str>, &Value)| {
                let fitted = fields.get(name).map_or_else(|| value.clone(), |field| fit(value.clone(), &field.ty));
                (name.clone(), fitted)
            };
            Value::object(object.iter().map(part).collect()).with_mark(mark)
        }
        (Data::Set(_, items), Type::List(ty)) => Value::list((**ty).clone(), items.to_vec()).with_mark(mark),
        _ => value,
    }
}

/// What Terraform's look-up of a kind has beside what the kind has. That of users has its last two, and never a value.
fn beside(kind: &str) -> Vec<Attr> {
    match kind {
        "replication_group" => vec![truth("auth_token_enabled").doc("Whether clients need a token.")],
        "user" => vec![truth("no_password_required"), Attr::computed("passwords", Type::set(Type::String))],
        _ => Vec::new(),
    }
}

/// What answers a look-up without an account.
pub type Answer = fn(&Object, &Here) -> Result<Object, Problem>;

/// What answers a kind of look-up here; nothing for one that an account is asked.
pub fn answered_here(kind: &str) -> Option<Answer> {
    match kind {
        "iam_policy_document" => Some(policy::answer),
        "partition" => Some(here::find_partition),
        "default_tags" => Some(here::find_tags),
        _ => None,
    }
}

/// The schema of a `data` block, by our name of its kind.
pub fn get(kind: &str) -> Option<&'static Schema> {
    LOOKUPS.iter().find(|schema| schema.kind == kind)
}

/// The schema of an `ephemeral` block, by our name of its kind: all that it tells is secret.
pub fn ephemeral(kind: &str) -> Option<&'static Schema> {
    static EPHEMERAL: LazyLock<Vec<Schema>> = LazyLock::new(account::ephemeral);
    EPHEMERAL.iter().find(|schema| schema.kind == kind)
}

/// Every schema of a `data` block.
pub fn all() -> impl Iterator<Item = &'static Schema> {
    LOOKUPS.iter()
}

/// Every kind that can be looked up.
pub fn names() -> impl Iterator<Item = &'static str> {
    LOOKUPS.iter().map(|schema| schema.kind)
}

fn schema(kind: &'static str, terraform: &'static str, doc: &'static str, mut attrs: Vec<Attr>) -> Schema {
    attrs.push(region());
    Schema::new(kind, terraform, doc, attrs)
}

fn log_group() -> Schema {
    let attrs = vec![
        Attr::required("name", Type::String).doc("The name."),
        text("id"),
        text("arn"),
        Attr::computed("creation_time", Type::Number),
        Attr::computed("retention_in_days", Type::Number),
        text("kms_key_id"),
        text("log_group_class"),
        Attr::computed("tags", Type::map(Type::String)),
    ];
    schema("log_group", "aws_cloudwatch_log_group", "A log group.", attrs)
}

fn log_groups() -> Schema {
    let attrs = vec![
        Attr::optional("log_group_name_prefix", Type::String).doc("What the names begin with."),
        text("id"),
        Attr::computed("arns", Type::set(Type::String)),
        Attr::computed("log_group_names", Type::set(Type::String)),
    ];
    schema("log_groups", "aws_cloudwatch_log_groups", "The log groups of a region.", attrs)
}

fn sns_topic() -> Schema {
    let attrs = vec![
        Attr::required("name", Type::String).doc("The name."),
        text("id"),
        text("arn"),
        Attr::computed("tags", Type::map(Type::String)),
    ];
    schema("sns_topic", "aws_sns_topic", "A topic.", attrs)
}

/// As `aws_db_snapshot` of Terraform looks for snapshots of databases.
fn snapshot() -> Schema {
    let mut attrs = vec![
        given("snapshot_name").normalize(lower).doc("The name."),
        Attr::optional("most_recent", Type::Bool).doc("Whether the newest is taken where several match."),
        Attr::optional("optional", Type::Bool).doc("Whether everything is null where none matches, and no error."),
        given("snapshot_source").one_of(&["manual", "automated"]).doc("Who has made it: somebody, or AWS every day."),
    ];
    attrs.extend(snapshot::SOURCES.map(|(name, ..)| given(name).normalize(lower).doc("The cache that it is of.")));
    attrs.extend(snapshot::told().into_iter().filter(|attr| attr.name != "snapshot_source"));
    attrs.push(text("kms_key_id"));
    attrs.push(Attr::computed("tags", Type::map(Type::String)));
    schema("snapshot", "aws_elasticache_snapshot", "One snapshot: by name, or the newest of a cache.", attrs)
}

fn reserved_cache_node_offering() -> Schema {
    let charge = [Attr::computed("recurring_charge_amount", Type::Number), text("recurring_charge_frequency")];
    let attrs = vec![
        Attr::required("cache_node_type", Type::String).doc("The node type."),
        Attr::required("duration", Type::String).one_of(&["P1Y", "P3Y"]).doc("How long: P1Y or P3Y."),
        Attr::required("offering_type", Type::String).one_of(reserved_cache_node::PAYMENTS).doc("When it is paid."),
        Attr::required("product_description", Type::String)
            .one_of(&["memcached", "redis", "valkey"])
            .doc("The engine."),
        text("id"),
        text("offering_id"),
        Attr::computed("fixed_price", Type::Number),
        Attr::computed("usage_price", Type::Number),
        Attr::computed("recurring_charges", Type::list(object_type(&charge))),
    ];
    let doc = "What reserved nodes of a type cost, and the id to buy them by.";
    schema("reserved_cache_node_offering", "aws_elasticache_reserved_cache_node_offering", doc, attrs)
}

fn vpc() -> Schema {
    let attrs = vec![
        given("id"),
        Attr::optional_computed("default", Type::Bool),
        given("cidr_block"),
        given("dhcp_options_id"),
        given("state"),
        tags(),
        filter(),
        text("arn"),
        truth("enable_dns_hostnames"),
        truth("enable_dns_support"),
        truth("enable_network_address_usage_metrics"),
        text("instance_tenancy"),
        text("ipv6_association_id"),
        text("ipv6_cidr_block"),
        text("main_route_table_id"),
        text("owner_id"),
        Attr::computed("cidr_block_associations", Type::Any),
    ];
    schema("vpc", "aws_vpc", "One VPC.", attrs)
}

fn subnet() -> Schema {
    let attrs = vec![
        given("id"),
        given("vpc_id"),
        given("availability_zone"),
        given("availability_zone_id"),
        given("cidr_block"),
        given("ipv6_cidr_block"),
        Attr::optional_computed("default_for_az", Type::Bool),
        given("state"),
        tags(),
        filter(),
        text("arn"),
        Attr::computed("available_ip_address_count", Type::Number),
        truth("map_public_ip_on_launch"),
        truth("assign_ipv6_address_on_creation"),
        text("owner_id"),
        text("customer_owned_ipv4_pool"),
        truth("enable_dns64"),
        Attr::computed("enable_lni_at_device_index", Type::Number),
        truth("enable_resource_name_dns_a_record_on_launch"),
        truth("enable_resource_name_dns_aaaa_record_on_launch"),
        text("ipv6_cidr_block_association_id"),
        truth("ipv6_native"),
        truth("map_customer_owned_ip_on_launch"),
        text("outpost_arn"),
        text("private_dns_hostname_type_on_launch"),
    ];
    schema("subnet", "aws_subnet", "One subnet.", attrs)
}

fn subnets() -> Schema {
    let attrs = vec![
        Attr::optional("vpc_id", Type::String).doc("The VPC of the subnets."),
        tags(),
        filter(),
        text("id"),
        texts("ids"),
    ];
    schema("subnets", "aws_subnets", "The ids of all subnets that match.", attrs)
}

fn subnet_ids() -> Schema {
    let attrs = vec![
        Attr::required("vpc_id", Type::String).doc("The VPC of the subnets."),
        tags(),
        filter(),
        text("id"),
        Attr::computed("ids", Type::set(Type::String)),
    ];
    schema("subnet_ids", "aws_subnet_ids", "The ids of all subnets that match: `subnets`, by an older name.", attrs)
}

fn vpcs() -> Schema {
    let attrs = vec![tags(), filter(), text("id"), texts("ids")];
    schema("vpcs", "aws_vpcs", "The ids of all VPCs that match.", attrs)
}

fn security_groups() -> Schema {
    let attrs = vec![tags(), filter(), text("id"), texts("ids"), texts("arns"), texts("vpc_ids")];
    schema("security_groups", "aws_security_groups", "All security groups that match.", attrs)
}

fn security_group() -> Schema {
    let attrs = vec![given("id"), given("name"), given("vpc_id"), tags(), filter(), text("arn"), text("description")];
    schema("security_group", "aws_security_group", "One security group.", attrs)
}

fn availability_zones() -> Schema {
    let attrs = vec![
        Attr::optional("state", Type::String),
        Attr::optional("all_availability_zones", Type::Bool),
        Attr::optional("exclude_names", Type::set(Type::String)),
        Attr::optional("exclude_zone_ids", Type::set(Type::String)),
        filter(),
        text("id"),
        texts("names"),
        texts("zone_ids"),
        texts("group_names"),
    ];
    schema("availability_zones", "aws_availability_zones", "The zones of the region.", attrs)
}

fn region_lookup() -> Schema {
    let attrs = vec![given("name"), given("endpoint"), text("id"), text("description")];
    schema("region", "aws_region", "A region; that of the environment without arguments.", attrs)
}

fn caller_identity() -> Schema {
    let attrs = vec![text("account_id"), text("arn"), text("user_id"), text("id")];
    schema("caller_identity", "aws_caller_identity", "Whose credentials are used.", attrs)
}
