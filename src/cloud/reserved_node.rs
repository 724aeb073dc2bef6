//! Reserved nodes, and what is offered.

use aws_sdk_elasticache::primitives::DateTimeFormat as Format;
use aws_sdk_elasticache::types::{RecurringCharge, ReservedCacheNode, ReservedCacheNodesOffering};

use super::args::Input;
use super::attrs::{Attrs, fields};
use super::clients::Clients;
use super::errors::{fatal, own_not_found};
use super::paging::{PAGE, at_most, pages};
use super::reading::{self, Depth};
use super::tags::{self, Owner};
use super::{Found, Place, names};
use crate::cloud::args::send;
use crate::kind::{Call, ErrorClass, Future_, Observation, Remote, RemoteError, Reply, Status};
use crate::kinds::tags::MARK;
use crate::value::{Object, Type, Value};

/// The reserved nodes of a region.
#[derive(Debug)]
pub(super) struct ReservedNodes(pub Place);

impl Remote for ReservedNodes {
    fn read<'a>(&'a self, ids: &'a [String]) -> Future_<'a, Result<Found, RemoteError>> {
        Box::pin(async { Ok(self.0.located(read(&*self.0.clients().await?, ids).await?)) })
    }

    fn tags<'a>(&'a self, object: &'a Object) -> Future_<'a, Result<Value, RemoteError>> {
        Box::pin(async { tags::of_object(&*self.0.clients().await?, Owner::ElastiCache, object).await })
    }

    /// Each is asked for its tags: the tagging API is behind, and what is not found is bought again.
    fn find<'a>(&'a self, mark: &'a str) -> Future_<'a, Result<Option<String>, RemoteError>> {
        Box::pin(async move {
            let clients = self.0.clients().await?;
            let clients = &*clients;
            let marked = at_most(8, describe(clients, None).await?, |node| async move {
                let tags =
                    tags::of_one(clients, Owner::ElastiCache, node.reservation_arn().unwrap_or_default()).await?;
                let is_it = tags.get(MARK).and_then(Value::as_str) == Some(mark);
                Ok(node.reserved_cache_node_id.filter(|_| is_it))
            });
            Ok(marked.await?.into_iter().flatten().next())
        })
    }

    fn list(&self) -> Future_<'_, Result<Vec<String>, RemoteError>> {
        Box::pin(async {
            let clients = self.0.clients().await?;
            Ok(names(&describe(&clients, None).await?, ReservedCacheNode::reserved_cache_node_id))
        })
    }

    fn invoke<'a>(&'a self, call: &'a Call) -> Future_<'a, Result<Reply, RemoteError>> {
        Box::pin(async {
            let result = invoke(&*self.0.clients().await?, call).await;
            result.map_err(|error| own_not_found(taken(error), &["ReservedCacheNodeNotFound"]))
        })
    }
}

/// AWS answers with 404 that there is one of that name; the code says what it means.
fn taken(error: RemoteError) -> RemoteError {
    let class = if error.code == "ReservedCacheNodeAlreadyExists" { ErrorClass::AlreadyExists } else { error.class };
    RemoteError { class, ..error }
}

async fn read(clients: &Clients, ids: &[String]) -> Result<Found, RemoteError> {
    reading::read(clients, ids, Depth::Whole, "elasticache:reserved-instance", |id| describe(clients, id), observe)
        .await
}

async fn describe(clients: &Clients, id: Option<String>) -> Result<Vec<ReservedCacheNode>, RemoteError> {
    let service = &clients.elasticache;
    let id = id.as_deref();
    pages(|marker| async move {
        let request = service
            .client
            .describe_reserved_cache_nodes()
            .set_reserved_cache_node_id(id.map(str::to_owned))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.reserved_cache_nodes.unwrap_or_default(), page.marker))
    })
    .await
}

fn status(node: &ReservedCacheNode) -> Status {
    let word = node.state().unwrap_or("active").to_owned();
    match word.as_str() {
        "payment-pending" => Status::Making(word),
        "payment-failed" => Status::Broken(word),
        _ => Status::Settled,
    }
}

const YEAR: i32 = 31_536_000;

/// Whole years in the spelling of Terraform's provider: `P1Y`.
fn years(seconds: i32) -> String {
    if seconds % YEAR == 0 { format!("P{}Y", seconds / YEAR) } else { format!("PT{seconds}S") }
}

fn observe(node: &ReservedCacheNode) -> Observation {
    let start = node.start_time().and_then(|time| time.fmt(Format::DateTime).ok());
    let mut attrs = Attrs::default();
    attrs
        .text("id", node.reserved_cache_node_id())
        .text("arn", node.reservation_arn())
        .text("reserved_cache_nodes_offering_id", node.reserved_cache_nodes_offering_id())
        .int("cache_node_count", node.cache_node_count())
        .text("cache_node_type", node.cache_node_type())
        .text("duration", node.duration().map(years).as_deref())
        .float("fixed_price", node.fixed_price())
        .float("usage_price", node.usage_price())
        .text("offering_type", node.offering_type())
        .text("product_description", node.product_description())
        .text("start_time", start.as_deref())
        .text("state", node.state())
        .put("recurring_charges", charges(node.recurring_charges()));
    Observation { status: status(node), object: attrs.0, pending: Object::new() }
}

fn charges(charges: &[RecurringCharge]) -> Value {
    let ty = fields(&[("recurring_charge_amount", Type::Number), ("recurring_charge_frequency", Type::String)]);
    let one = |charge: &RecurringCharge| {
        let mut attrs = Attrs::default();
        attrs
            .float("recurring_charge_amount", charge.recurring_charge_amount())
            .text("recurring_charge_frequency", charge.recurring_charge_frequency());
        attrs.into_value()
    };
    Value::list(ty, charges.iter().map(one).collect())
}

async fn invoke(clients: &Clients, call: &Call) -> Result<Reply, RemoteError> {
    let service = &clients.elasticache;
    let mut input = Input::of(call);
    let mut reply = Attrs::default();
    match call.operation {
        "PurchaseReservedCacheNodesOffering" => {
            let node = send!(service, input, purchase_reserved_cache_nodes_offering {
                set_reserved_cache_nodes_offering_id: text "ReservedCacheNodesOfferingId",
                set_reserved_cache_node_id: text "ReservedCacheNodeId",
                set_cache_node_count: int "CacheNodeCount",
            } and {
                set_tags: tags::elasticache_tags(&mut input)?,
            })
            .reserved_cache_node;
            if let Some(node) = node {
                reply.text("id", node.reserved_cache_node_id()).text("arn", node.reservation_arn());
            }
        }
        _ => return tags::change_elasticache(clients, call).await,
    }
    Ok(reply.0)
}

/// The one offering that the arguments of a `data` block tell.
pub(super) async fn offering(clients: &Clients, args: &Object) -> Result<Attrs, RemoteError> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).map(str::to_owned);
    let duration = text("duration").map(|years| match years.as_str() {
        "P1Y" => YEAR.to_string(),
        "P3Y" => (3 * YEAR).to_string(),
        other => other.to_owned(),
    });
    let service = &clients.elasticache;
    let (text, duration) = (&text, &duration);
    let found = pages(|marker| async move {
        let request = service
            .client
            .describe_reserved_cache_nodes_offerings()
            .set_cache_node_type(text("cache_node_type"))
            .set_duration(duration.clone())
            .set_offering_type(text("offering_type"))
            .set_product_description(text("product_description"))
            .max_records(PAGE)
            .set_marker(marker);
        let page = service.pace.send(|| request.clone().send()).await?;
        Ok((page.reserved_cache_nodes_offerings.unwrap_or_default(), page.marker))
    });
    let found: Vec<ReservedCacheNodesOffering> = found.await?;
    let [one] = found.as_slice() else { return Err(none_or_many(found.len())) };
    let mut attrs = Attrs::default();
    attrs
        .text("offering_id", one.reserved_cache_nodes_offering_id())
        .text("id", one.reserved_cache_nodes_offering_id())
        .float("fixed_price", one.fixed_price())
        .float("usage_price", one.usage_price())
        .put("recurring_charges", charges(one.recurring_charges()));
    Ok(attrs)
}

fn none_or_many(count: usize) -> RemoteError {
    match count {
        0 => RemoteError {
            class: ErrorClass::NotFound,
            ..fatal("NoMatch", "nothing of that node type, engine, time and payment is offered in this region")
        },
        _ => fatal("TooMany", format!("{count} offerings match")),
    }
}
