//! Reserved nodes: bought for a time, used by whatever nodes of their type run, and given back by nobody.

use std::sync::LazyLock;

use crate::kind::{Call, Change, Kind, Problem, Target, Usage};
use crate::kinds::{names, paid, tags};
use crate::schema::{Attr, Rule, Schema, lower, object_type};
use crate::value::{Object, Type, Value};

/// The kind `reserved_cache_node`.
pub struct ReservedCacheNode;

const KIND: &str = "reserved_cache_node";

/// Expected duration in seconds: the payment is through after some minutes. A guess; nothing is published.
const PURCHASE: u32 = 120;

/// What can be paid when. The first three are of old reservations.
pub const PAYMENTS: &[&str] =
    &["Light Utilization", "Medium Utilization", "Heavy Utilization", "No Upfront", "Partial Upfront", "All Upfront"];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut attrs = vec![
        Attr::required("reserved_cache_nodes_offering_id", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .doc("The offering that is bought."),
        Attr::optional_computed("cache_node_count", Type::Number)
            .replace()
            .default(1)
            .rule(Rule::Range(1, 300))
            .doc("For how many nodes."),
        Attr::optional_computed("id", Type::String)
            .replace()
            .rule(Rule::Length(1, 255))
            .rule(names::IDENTIFIER)
            .normalize(lower)
            .doc("The name of the purchase; AWS makes one of the time where none is written."),
    ];
    attrs.extend(told());
    attrs.push(tags::region());
    attrs.extend(tags::attrs());
    Schema::new(KIND, "aws_elasticache_reserved_cache_node", "Nodes that are paid for in advance.", attrs)
});

fn told() -> Vec<Attr> {
    let text = |name, doc| Attr::computed(name, Type::String).doc(doc);
    let number = |name, doc| Attr::computed(name, Type::Number).doc(doc);
    let charge = [number("recurring_charge_amount", ""), text("recurring_charge_frequency", "")];
    vec![
        text("arn", "The ARN."),
        text("cache_node_type", "The node type."),
        text("duration", "How long it lasts, such as P1Y."),
        number("fixed_price", "What is paid at once for each node."),
        number("usage_price", "What is paid for each hour of use."),
        text("offering_type", "When it is paid."),
        text("product_description", "The engine."),
        text("start_time", "When it began."),
        text("state", "How it is, by the word of AWS."),
        Attr::computed("recurring_charges", Type::list(object_type(&charge))).doc("What is paid again and again."),
    ]
}

impl Kind for ReservedCacheNode {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, _: &Object) -> Vec<Problem> {
        Vec::new()
    }

    fn identify(&self, object: &Object) -> Option<String> {
        object.get("id").and_then(Value::as_str).map(str::to_owned)
    }

    /// Where nobody has written a name.
    fn is_named_by_aws(&self) -> bool {
        true
    }

    fn is_bought(&self) -> bool {
        true
    }

    fn predict(&self, planned: &mut Object, _live: Option<&Object>, target: &Target) {
        let id = self.identify(planned);
        let arn = id.and_then(|id| target.arn("elasticache", &format!("reserved-instance:{id}")));
        planned.extend(arn.map(|arn| ("arn".into(), Value::string(arn))));
    }

    /// What is bought is never given back: a deletion takes no call.
    fn compile(&self, change: &Change) -> Result<Vec<Call>, Problem> {
        match (change.before, change.after) {
            (_, None) => Ok(Vec::new()),
            (None, _) => Ok(vec![purchase(change)]),
            _ => tags::calls(change, &tags::ELASTICACHE, change.old("arn")),
        }
    }

    fn usage(&self, object: &Object) -> Option<Usage> {
        Some(paid::untold(
            object,
            &["reserved_cache_nodes_offering_id", "cache_node_count"],
            "what it costs is in its offering, and what it saves on nodes is not counted",
        ))
    }

    fn name_attribute(&self) -> Option<&'static str> {
        Some("id")
    }
}

fn purchase(change: &Change) -> Call {
    let args = [
        ("ReservedCacheNodesOfferingId", change.new("reserved_cache_nodes_offering_id")),
        ("ReservedCacheNodeId", change.if_changed("id")),
        ("CacheNodeCount", change.new("cache_node_count")),
        ("Tags", tags::at_create(change)),
    ];
    Call::new("PurchaseReservedCacheNodesOffering", args).marked("Tags").settles(PURCHASE)
}
