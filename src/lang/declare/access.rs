//! The block `access` of a cache: who may reach it. It stands for a security group that is declared beside the cache, and
//! that is from then on a resource like any other:
//!
//! ```text
//! replication_group "redis" {                    security_group "redis_access" {
//!   replication_group_id = "shop"                  name   = "shop-access"
//!   subnet_group_name    = subnet_group.a.name     vpc_id = subnet_group.a.vpc_id
//!   access {                              ->       ingress = [a rule for each of these, on the port of the engine]
//!     from_cidrs = ["10.0.0.0/16"]               }
//!   }                                            and its id in `security_group_ids` of the group
//! }
//! ```

use std::sync::Arc;

use super::Module;
use super::block;
use super::resource::declare_own;
use crate::diag::{Diagnostic, Span};
use crate::lang::ast::{Attribute, BinaryOp, Block, Body, Expr, For, Key, Label, Node, Part};
use crate::schema::{Opens, Schema};

const NAMES: [&str; 5] = ["from_security_groups", "from_cidrs", "vpc_id", "name", "description"];

/// What of a cache's block goes into that of its security group as it is.
const SHARED: [&str; 4] = ["count", "for_each", "provider", "region"];

/// Takes the block `access` out of a cache's block, and declares the group that it stands for. Answers the block of the
/// cache as it is without; none where there is nothing to take out.
pub(super) fn take(
    cache: &Block,
    name: &str,
    schema: &Schema,
    module: &mut Module,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Block> {
    let opens = schema.opens.as_ref()?;
    let mut all = cache.body.blocks_of("access");
    let access = all.next()?;
    if let Some(second) = all.next() {
        let detail = "A cache has one `access` block.";
        let diagnostic = Diagnostic::error("CS0955", "Access is said twice", detail).at(second.header_span);
        diagnostics.push(diagnostic.help("Put what they say into one."));
    }
    block::labels(access, &[], diagnostics);
    block::check_names(access, &NAMES, &[], diagnostics);
    let at = At(access.header_span, schema.named_by(opens.groups)?);
    let mut without = cache.clone();
    without.body.blocks.retain(|block| &*block.kind != "access");
    let group = format!("{name}_access");
    // What is missing has been told, or is when the cache is declared.
    let parts = (
        from(access, diagnostics),
        vpc(cache, access, (opens, schema.named_by(opens.subnets)), diagnostics),
        get(cache, opens.id),
    );
    if let (true, Some(vpc), Some(id)) = parts {
        declare_own(&at.group(cache, access, opens, (&group, id, vpc)), module, diagnostics);
        at.attach(&mut without, opens, &group);
    }
    Some(without)
}

fn get(block: &Block, name: &str) -> Option<Expr> {
    block.body.attribute(name).map(|attribute| attribute.expr.clone())
}

/// Whether it says who may come.
fn from(access: &Block, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let said = NAMES[..2].iter().any(|name| access.body.attribute(name).is_some());
    if !said {
        let detail = "The block says neither `from_security_groups` nor `from_cidrs`.";
        let diagnostic = Diagnostic::error("CS0956", "Access from nowhere", detail).at(access.header_span);
        diagnostics.push(diagnostic.help("Write from_cidrs = [\"10.0.0.0/16\"], for instance."));
    }
    said
}

/// The VPC: as it is written, or that of the subnet group that the cache names.
fn vpc(
    cache: &Block,
    access: &Block,
    (opens, subnet_group): (&Opens, Option<&str>),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    if let Some(written) = get(access, "vpc_id") {
        return Some(written);
    }
    let subnets = get(cache, opens.subnets);
    if let Some(expr) = &subnets
        && let Node::Attr(object, attribute) = &*bare(expr).node
        && matches!(&**attribute, "name" | "id")
        && root(object).is_some_and(|root| Some(crate::kinds::our_name(&root)) == subnet_group)
    {
        return Some(Expr { node: Arc::new(Node::Attr(object.clone(), "vpc_id".into())), span: expr.span });
    }
    let detail = format!("`{}` is no `subnet_group.NAME.name`, which would tell the VPC.", opens.subnets);
    let diagnostic = Diagnostic::error("CS0957", "Access in which VPC", detail);
    let span = subnets.map_or(access.header_span, |expr| expr.span);
    diagnostics.push(diagnostic.at(span).help("Write `vpc_id` in the `access` block."));
    None
}

/// What `"${a}"` and `(a)` say; JSON has no other way to write it.
fn bare(expr: &Expr) -> &Expr {
    match &*expr.node {
        Node::Parens(inner) => bare(inner),
        Node::Template(parts) => match &parts[..] {
            [Part::Interpolation(inner)] => bare(inner),
            _ => expr,
        },
        _ => expr,
    }
}

/// The first name of `a.b[c]`, where the way to it is of a resource: no module, no look-up.
fn root(expr: &Expr) -> Option<Arc<str>> {
    match &*expr.node {
        Node::Name(name) => Some(name.clone()),
        Node::Attr(inner, _) | Node::Index(inner, _) | Node::LegacyIndex(inner, _) => root(inner),
        _ => None,
    }
}

/// Makes syntax that stands where the block does, and the kind of the group that it stands for.
#[derive(Clone, Copy)]
struct At(Span, &'static str);

impl At {
    fn expr(self, node: Node) -> Expr {
        Expr { node: Arc::new(node), span: self.0 }
    }

    fn text(self, text: &str) -> Expr {
        self.expr(Node::String(text.into()))
    }

    fn name(self, name: &str) -> Expr {
        self.expr(Node::Name(name.into()))
    }

    fn attr(self, object: Expr, name: &str) -> Expr {
        self.expr(Node::Attr(object, name.into()))
    }

    fn call(self, name: &str, args: Vec<Expr>) -> Expr {
        self.expr(Node::Call { name: name.into(), name_span: self.0, args, expand: false })
    }

    fn tuple(self, items: Vec<Expr>) -> Expr {
        self.expr(Node::Tuple(items))
    }

    fn object(self, members: Vec<(&str, Expr)>) -> Expr {
        let member = |(name, value): (&str, Expr)| (Key::Name(name.into(), self.0), value);
        self.expr(Node::Object(members.into_iter().map(member).collect()))
    }

    /// `coalesce(value, [])`: nothing of null.
    fn each(self, value: Expr) -> Expr {
        self.call("coalesce", vec![value, self.tuple(Vec::new())])
    }

    fn attribute(self, name: &str, expr: Expr) -> Attribute {
        Attribute { name: name.into(), name_span: self.0, expr }
    }

    fn block(self, kind: &str, labels: &[&str], attributes: Vec<Attribute>, blocks: Vec<Block>) -> Block {
        let labels = labels.iter().map(|text| Label { text: (*text).into(), span: self.0 }).collect();
        let body = Body { attributes, blocks, span: self.0 };
        Block { kind: kind.into(), kind_span: self.0, labels, body, header_span: self.0 }
    }

    /// The block of the security group.
    fn group(self, cache: &Block, access: &Block, opens: &Opens, (name, id, vpc): (&str, Expr, Expr)) -> Block {
        let told = |before: &str, after: &str| {
            let parts = [Part::Text(before.into()), Part::Interpolation(id.clone()), Part::Text(after.into())];
            self.expr(Node::Template(parts.into()))
        };
        let said = |name: &str, otherwise: Expr| {
            let value = get(access, name).map(|own| self.call("coalesce", vec![own, otherwise.clone()]));
            self.attribute(name, value.unwrap_or(otherwise))
        };
        let mut attributes = vec![
            said("name", told("", "-access")),
            said("description", told("Clients of ", "")),
            self.attribute("vpc_id", vpc),
            self.attribute("ingress", self.rules(cache, access, opens)),
        ];
        attributes.extend(SHARED.iter().filter_map(|name| cache.body.attribute(name)).cloned());
        let lifecycle = cache.body.blocks_of("lifecycle").filter_map(|block| block.body.attribute("enabled"));
        let lifecycle = lifecycle.map(|enabled| self.block("lifecycle", &[], vec![enabled.clone()], Vec::new()));
        let blocks = lifecycle.collect();
        self.block(self.1, &[name], attributes, blocks)
    }

    /// A rule for each source. An attribute, not blocks: of no source it is no rule, and not "as it is".
    fn rules(self, cache: &Block, access: &Block, opens: &Opens) -> Expr {
        let engine = self.engine(cache, opens);
        let port = self.port(cache, &engine, opens);
        let source = self.name("source");
        let of = |sources: Expr, members: Vec<(&str, Expr)>| {
            let title = Part::Interpolation(self.call("title", vec![engine.clone()]));
            let parts = vec![title, Part::Text(" access from ".into()), Part::Interpolation(source.clone())];
            let common = [
                ("description", self.expr(Node::Template(parts))),
                ("from_port", port.clone()),
                ("to_port", port.clone()),
                ("protocol", self.text("tcp")),
            ];
            self.for_each(sources, self.object(common.into_iter().chain(members).collect()))
        };
        let groups = get(access, "from_security_groups");
        let groups = groups.map(|groups| of(groups, vec![("security_groups", self.tuple(vec![source.clone()]))]));
        let is_six = self.call("strcontains", vec![source.clone(), self.text(":")]);
        let where_it = |six: bool| {
            let (it, nothing) = (self.tuple(vec![source.clone()]), self.tuple(Vec::new()));
            let (then, otherwise) = if six { (it, nothing) } else { (nothing, it) };
            self.expr(Node::Conditional(is_six.clone(), then, otherwise))
        };
        let ranges = get(access, "from_cidrs");
        let ranges = ranges
            .map(|ranges| of(ranges, vec![("cidr_blocks", where_it(false)), ("ipv6_cidr_blocks", where_it(true))]));
        self.call("concat", groups.into_iter().chain(ranges).collect())
    }

    /// The engine as it is written, or that which is meant where none is.
    fn engine(self, cache: &Block, opens: &Opens) -> Expr {
        let meant = self.text(opens.engines[0].0);
        match get(cache, "engine") {
            Some(engine) => self.call("try", vec![self.call("lower", vec![engine]), meant]),
            None => meant,
        }
    }

    /// The port as it is written, or that of the engine.
    fn port(self, cache: &Block, engine: &Expr, opens: &Opens) -> Expr {
        let number = |port: i64| self.expr(Node::Number(port.into()));
        let usual = opens.engines[1..].iter().fold(number(opens.engines[0].1), |port, (name, other)| {
            let is_it = self.expr(Node::Binary(BinaryOp::Equal, self.0, engine.clone(), self.text(name)));
            self.expr(Node::Conditional(is_it, number(*other), port))
        });
        match get(cache, "port") {
            Some(written) => self.call("coalesce", vec![written, usual]),
            None => usual,
        }
    }

    /// `[for source in sources : result]`
    fn for_each(self, sources: Expr, result: Expr) -> Expr {
        self.expr(Node::For(Box::new(For {
            key: None,
            value: "source".into(),
            collection: self.each(sources),
            result_key: None,
            result,
            group: false,
            condition: None,
        })))
    }

    /// Puts the group to the others of the cache.
    fn attach(self, cache: &mut Block, opens: &Opens, name: &str) {
        let mut group = self.attr(self.name(self.1), name);
        let key = [("for_each", "each", "key"), ("count", "count", "index")];
        if let Some((_, root, name)) = key.into_iter().find(|(meta, ..)| cache.body.attribute(meta).is_some()) {
            group = self.expr(Node::Index(group, self.attr(self.name(root), name)));
        }
        let id = self.attr(group, "id");
        match cache.body.attributes.iter_mut().find(|attribute| &*attribute.name == opens.groups) {
            Some(attribute) => {
                let all = self.tuple(vec![self.each(attribute.expr.clone()), id]);
                attribute.expr = self.call("flatten", vec![all]);
            }
            None => cache.body.attributes.push(self.attribute(opens.groups, self.tuple(vec![id]))),
        }
    }
}
