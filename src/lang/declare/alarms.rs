//! `alarms` of a cache: the alarms that anyone would have on it. They are blocks beside the cache, and from then on
//! resources like any other:
//!
//! ```text
//! replication_group "redis" {             alarm "redis_cpu" {
//!   replication_group_id = "shop"           target     = replication_group.redis
//!   alarms {                       ->       alarm_name = "${node.id}-cpu"
//!     actions = [sns_topic.ops.arn]         ...
//!     cpu { threshold = 70 }              }
//!   }                                     and redis_memory, redis_evictions, redis_lag, redis_hits
//! }
//! ```
//!
//! Their instances are called by the numbers of nodes, `alarm.redis_cpu["001"]`, which are known before the id is.

use std::sync::{Arc, LazyLock};

use super::resource::declare_own;
use super::{Module, block};
use crate::address::Address;
use crate::diag::{Diagnostic, FileId, Span};
use crate::kinds::alarm::{NOT_OF_MEMCACHED, STANDARD};
use crate::lang::ast::{Attribute, Block, Body, Expr, Label, Node};
use crate::lang::{relocate, syntax};
use crate::schema::Schema;

const WORD: &str = "alarms";
const KIND: &str = "alarm";

/// What a block says of all its alarms, and the attribute of each that it is.
const ACTIONS: [(&str, &str); 3] = [
    ("actions", "alarm_actions"),
    ("ok_actions", "ok_actions"),
    ("insufficient_data_actions", "insufficient_data_actions"),
];

/// What of a cache's block goes into those of its alarms as it is.
const SHARED: [&str; 4] = ["count", "for_each", "provider", "region"];

/// What decides how often an alarm is there: that follows the cache.
const DECIDED: [&str; 7] = ["count", "for_each", "provider", "region", "target", "per", "depends_on"];

/// The alarms of the set, as they are written.
static ALL: LazyLock<Body> = LazyLock::new(|| {
    let mut wrong = Vec::new();
    let body = syntax::parse(FileId(0), STANDARD, &mut wrong);
    assert!(wrong.is_empty(), "the standard alarms are in the language: {wrong:?}");
    body
});

/// What is said of the alarms of a cache.
struct Said<'a> {
    at: Span,
    off: Vec<Arc<str>>,
    actions: Vec<Attribute>,
    own: Vec<&'a Block>,
}

/// Takes `alarms` out of a cache's block, and declares those that it stands for. Answers the block of the cache as it is
/// without; none where there is nothing to take out.
pub(super) fn take(
    cache: &Block,
    name: &str,
    schema: &Schema,
    module: &mut Module,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Block> {
    let attribute = cache.body.attribute(WORD);
    let blocks: Vec<&Block> = cache.body.blocks_of(WORD).collect();
    let places: Vec<Span> =
        attribute.iter().map(|one| one.name_span).chain(blocks.iter().map(|one| one.header_span)).collect();
    if schema.alarms.is_empty() || places.is_empty() {
        return None;
    }
    if let Some(second) = places.get(1) {
        let detail = "`alarms` is a word or one block.";
        let diagnostic = Diagnostic::error("CS1022", "Alarms are said twice", detail).at(*second);
        diagnostics.push(diagnostic.related(places[0], "said here first").help("Put what they say into one block."));
    }
    let mut without = cache.clone();
    without.body.attributes.retain(|attribute| &*attribute.name != WORD);
    without.body.blocks.retain(|block| &*block.kind != WORD);
    let said = match (attribute, blocks.first()) {
        (Some(attribute), _) => by_word(attribute, diagnostics),
        (None, Some(block)) => Some(by_block(block, schema, diagnostics)),
        (None, None) => None,
    };
    diagnostics.extend(said.iter().flat_map(|said| said.idle(cache)));
    for alarm in said.iter().flat_map(|said| said.alarms(cache, name, schema, diagnostics)).collect::<Vec<_>>() {
        declare_own(&alarm, module, diagnostics);
        let address = Address::managed(KIND, alarm.labels[0].text.clone());
        if let Some(made) = module.resources.last_mut().filter(|made| made.address == address) {
            made.meta.numbered = true;
        }
    }
    Some(without)
}

fn by_word<'a>(attribute: &Attribute, diagnostics: &mut Vec<Diagnostic>) -> Option<Said<'a>> {
    match &*attribute.expr.node {
        Node::String(word) if &**word == "standard" => {
            Some(Said { at: attribute.expr.span, off: Vec::new(), actions: Vec::new(), own: Vec::new() })
        }
        Node::String(word) if &**word == "none" => None,
        Node::Null => None,
        _ => {
            let detail = "`alarms` is neither \"standard\" nor \"none\", written out.";
            let diagnostic = Diagnostic::error("CS1023", "Invalid alarms", detail).at(attribute.expr.span);
            let help = "Write alarms = \"standard\"; or a block, alarms { ... }, which says what is otherwise.";
            diagnostics.push(diagnostic.help(help));
            None
        }
    }
}

fn by_block<'a>(block: &'a Block, schema: &Schema, diagnostics: &mut Vec<Diagnostic>) -> Said<'a> {
    block::labels(block, &[], diagnostics);
    let settings: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).chain(["off"]).collect();
    block::check_names(block, &settings, schema.alarms, diagnostics);
    let action = |(from, to): &(&str, &str)| {
        let written = block.body.attribute(from)?;
        Some(Attribute { name: (*to).into(), ..written.clone() })
    };
    let mut own: Vec<&Block> = Vec::new();
    for one in block.body.blocks.iter().filter(|one| schema.alarms.contains(&&*one.kind)) {
        if let Some(first) = own.iter().find(|first| first.kind == one.kind) {
            let detail = format!("There are two blocks `{}`.", one.kind);
            let diagnostic = Diagnostic::error("CS1022", "Alarms are said twice", detail).at(one.header_span);
            diagnostics.push(diagnostic.related(first.header_span, "said here first").help("Put them into one."));
        }
        own.push(one);
    }
    let off = block.body.attribute("off").map(|attribute| off(attribute, schema, diagnostics)).unwrap_or_default();
    Said { at: block.header_span, off, actions: ACTIONS.iter().filter_map(action).collect(), own }
}

/// The alarms that are not wanted.
fn off(attribute: &Attribute, schema: &Schema, diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<str>> {
    let items = match &*attribute.expr.node {
        Node::Tuple(items) => items.as_slice(),
        _ => std::slice::from_ref(&attribute.expr),
    };
    let mut names = Vec::new();
    for item in items {
        match &*item.node {
            Node::String(name) if schema.alarms.contains(&&**name) => names.push(name.clone()),
            _ => {
                let detail = "`off` names the alarms that are not wanted, written out.";
                let diagnostic = Diagnostic::error("CS1024", "No such alarm", detail).at(item.span);
                let known = schema.alarms.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
                diagnostics.push(diagnostic.help(format!("The alarms of this cache are {known}.")));
            }
        }
    }
    names
}

impl Said<'_> {
    /// Blocks of alarms that there will not be.
    fn idle(&self, cache: &Block) -> Vec<Diagnostic> {
        let engine = cache.body.attribute("engine").map(|engine| &*engine.expr.node);
        let memcached = matches!(engine, Some(Node::String(word)) if &**word == "memcached");
        let of = |own: &&Block| {
            let why = match () {
                () if self.off.contains(&own.kind) => format!("`off` says that there is no alarm `{}`.", own.kind),
                () if memcached && NOT_OF_MEMCACHED.contains(&&*own.kind) => {
                    format!("There is no alarm `{}` of a cluster of Memcached, which has no metric for it.", own.kind)
                }
                () => return None,
            };
            Some(idle(why).at(own.header_span).help("Take the block out."))
        };
        self.own.iter().filter_map(of).collect()
    }

    /// The blocks of the alarms.
    fn alarms(&self, cache: &Block, name: &str, schema: &Schema, diagnostics: &mut Vec<Diagnostic>) -> Vec<Block> {
        let wanted = schema.alarms.iter().filter(|alarm| !self.off.iter().any(|off| **off == ***alarm));
        wanted.filter_map(|alarm| self.alarm(alarm, cache, name, schema, diagnostics)).collect()
    }

    fn alarm(
        &self,
        alarm: &str,
        cache: &Block,
        name: &str,
        schema: &Schema,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Block> {
        let written = ALL.blocks.iter().find(|block| &*block.labels[0].text == alarm)?;
        let mut made = relocate::block(written, self.at);
        made.labels = vec![Label { text: format!("{name}_{alarm}").into(), span: self.at }];
        let body = &mut made.body;
        body.attributes.push(self.attribute("target", self.target(cache, name, schema)));
        body.attributes.extend(SHARED.iter().filter_map(|name| cache.body.attribute(name)).cloned());
        body.attributes.extend(self.actions.iter().cloned());
        for own in self.own.iter().filter(|own| &*own.kind == alarm) {
            lay_over(body, own, diagnostics);
        }
        band(body, diagnostics)?;
        Some(made)
    }

    fn attribute(&self, name: &str, expr: Expr) -> Attribute {
        Attribute { name: name.into(), name_span: self.at, expr }
    }

    /// The cache, or the instance of the same key; of one that is not there, nothing.
    fn target(&self, cache: &Block, name: &str, schema: &Schema) -> Expr {
        let expr = |node: Node| Expr { node: Arc::new(node), span: self.at };
        let root = |name: &str| expr(Node::Name(name.into()));
        let mut target = expr(Node::Attr(root(schema.kind), name.into()));
        let key = [("for_each", "each", "key"), ("count", "count", "index")];
        if let Some((_, object, key)) = key.into_iter().find(|(meta, ..)| cache.body.attribute(meta).is_some()) {
            target = expr(Node::Index(target, expr(Node::Attr(root(object), key.into()))));
        }
        let mut lifecycle = cache.body.blocks_of("lifecycle");
        if lifecycle.any(|block| block.body.attribute("enabled").is_some()) {
            target = expr(Node::Splat(target, expr(Node::Each)));
        }
        target
    }
}

/// What is written of an alarm stands in the place of what the set says.
fn lay_over(body: &mut Body, own: &Block, diagnostics: &mut Vec<Diagnostic>) {
    block::labels(own, &[], diagnostics);
    for attribute in &own.body.attributes {
        if DECIDED.contains(&&*attribute.name) {
            let known = ["threshold", "period", "band"].into_iter();
            diagnostics.push(block::unknown("attribute", &attribute.name, attribute.name_span, &own.kind, known));
            continue;
        }
        body.attributes.retain(|known| known.name != attribute.name);
        body.attributes.push(attribute.clone());
    }
    let replaced: Vec<&str> =
        own.body.blocks.iter().map(|block| &*block.kind).filter(|kind| *kind != "lifecycle").collect();
    body.blocks.retain(|block| !replaced.contains(&&*block.kind));
    let says = |name: &str| own.body.attribute(name).is_some();
    let mut drop = |names: &[&str]| body.attributes.retain(|one| !names.contains(&&*one.name) || says(&one.name));
    // An alarm watches a metric or queries, and compares with a threshold or with one of these.
    if replaced.contains(&"metric_query") {
        drop(&["metric_name", "statistic", "extended_statistic", "period", "unit"]);
    }
    if says("threshold_metric_id") {
        drop(&["threshold"]);
    }
    if says("extended_statistic") {
        drop(&["statistic"]);
    }
    if says("metric_name") {
        body.blocks.retain(|block| &*block.kind != "metric_query");
    } else if !replaced.contains(&"metric_query") {
        into_queries(body);
    }
    if says("evaluation_periods") && !says("datapoints_to_alarm") {
        at_most(body, "datapoints_to_alarm", "evaluation_periods");
    }
    if let Some(threshold) = own.body.attribute("threshold").filter(|_| says("band")) {
        let diagnostic = idle("An alarm with a band is compared with that.".to_owned()).at(threshold.name_span);
        diagnostics.push(diagnostic.help("Keep `band` or `threshold`."));
    }
    for nested in &own.body.blocks {
        match body.blocks.iter_mut().find(|block| &*block.kind == "lifecycle" && block.kind == nested.kind) {
            Some(lifecycle) => {
                lifecycle.body.attributes.extend(nested.body.attributes.iter().cloned());
                lifecycle.body.blocks.extend(nested.body.blocks.iter().cloned());
            }
            None => body.blocks.push(nested.clone()),
        }
    }
}

/// What is said of a metric is said of those of the queries.
fn into_queries(body: &mut Body) {
    const PARTS: [(&str, &str); 4] =
        [("period", "period"), ("statistic", "stat"), ("extended_statistic", "stat"), ("unit", "unit")];
    let queries = body.blocks.iter_mut().filter(|block| &*block.kind == "metric_query");
    let mut metrics: Vec<&mut Body> = queries
        .flat_map(|query| &mut query.body.blocks)
        .filter(|block| &*block.kind == "metric")
        .map(|metric| &mut metric.body)
        .collect();
    if metrics.is_empty() {
        return;
    }
    for (from, to) in PARTS {
        let Some(at) = body.attributes.iter().position(|attribute| &*attribute.name == from) else { continue };
        let said = Attribute { name: to.into(), ..body.attributes.remove(at) };
        for metric in &mut metrics {
            metric.attributes.retain(|attribute| &*attribute.name != to);
            metric.attributes.push(said.clone());
        }
    }
}

/// The one is no more than the other.
fn at_most(body: &mut Body, name: &str, most: &str) {
    let Some(most) = body.attribute(most).cloned() else { return };
    for attribute in body.attributes.iter_mut().filter(|attribute| &*attribute.name == name) {
        let args = vec![attribute.expr.clone(), most.expr.clone()];
        let span = most.expr.span;
        let node = Node::Call { name: "min".into(), name_span: span, args, expand: false };
        *attribute =
            Attribute { name: name.into(), name_span: most.name_span, expr: Expr { node: Arc::new(node), span } };
    }
}

fn idle(why: String) -> Diagnostic {
    Diagnostic::warning("CS1074", "A setting that does nothing", why)
}

/// `band = 2`: compared with what is usual, give or take so many standard deviations, instead of with a threshold.
/// None where it cannot be.
fn band(body: &mut Body, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let mut take = |name: &str| {
        let at = body.attributes.iter().position(|attribute| &*attribute.name == name)?;
        Some(body.attributes.remove(at))
    };
    let Some(band) = take("band") else { return Some(()) };
    let at = band.expr.span;
    if take("per").is_some() {
        let detail = "This alarm is about all nodes of a shard, and a band is of one metric.";
        let diagnostic = Diagnostic::error("CS1025", "No band over several nodes", detail).at(band.name_span);
        diagnostics
            .push(diagnostic.help("Write a threshold; or an `alarm` block with a target and a band of its own."));
        return None;
    }
    take("threshold");
    let of_metric = [
        ("metric_name", "metric_name"),
        ("statistic", "stat"),
        ("extended_statistic", "stat"),
        ("period", "period"),
        ("unit", "unit"),
    ];
    let metric: Vec<Attribute> =
        of_metric.into_iter().filter_map(|(from, to)| Some(Attribute { name: to.into(), ..take(from)? })).collect();
    let watched = if metric.is_empty() { "rate" } else { "usual" };
    let below = take("comparison_operator").is_none_or(|operator| is_below(&operator.expr));
    let word = if below { "LessThanLowerThreshold" } else { "GreaterThanUpperThreshold" };
    let expr = |node: Node| Expr { node: Arc::new(node), span: at };
    let text = |text: &str| expr(Node::String(text.into()));
    let attribute = |name: &str, expr: Expr| Attribute { name: name.into(), name_span: at, expr };
    let made = |kind: &str, attributes: Vec<Attribute>, blocks: Vec<Block>| Block {
        kind: kind.into(),
        kind_span: at,
        labels: Vec::new(),
        body: Body { attributes, blocks, span: at },
        header_span: at,
    };
    let yes = || attribute("return_data", expr(Node::Bool(true)));
    let told = expr(Node::Template(vec![
        crate::lang::ast::Part::Text(format!("ANOMALY_DETECTION_BAND({watched}, ").into()),
        crate::lang::ast::Part::Interpolation(band.expr.clone()),
        crate::lang::ast::Part::Text(")".into()),
    ]));
    body.attributes.push(attribute("comparison_operator", text(word)));
    body.attributes.push(attribute("threshold_metric_id", text("band")));
    if !metric.is_empty() {
        let metric = made("metric", metric, Vec::new());
        body.blocks.push(made("metric_query", vec![attribute("id", text(watched)), yes()], vec![metric]));
    }
    body.blocks.push(made(
        "metric_query",
        vec![attribute("id", text("band")), attribute("expression", told), yes()],
        Vec::new(),
    ));
    Some(())
}

fn is_below(operator: &Expr) -> bool {
    matches!(&*operator.node, Node::String(word) if word.starts_with("LessThan"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::KINDS;
    use crate::kinds::alarm::STANDARD_ALARMS;

    #[test]
    fn the_set_has_the_alarms_that_kinds_name() {
        let labels: Vec<&str> = ALL.blocks.iter().map(|block| &*block.labels[0].text).collect();
        assert_eq!(labels, STANDARD_ALARMS);
        let named = KINDS.iter().flat_map(|kind| kind.schema().alarms);
        assert!(named.clone().count() > 10 && named.into_iter().all(|name| labels.contains(name)));
    }
}
