//! What must be evaluated before what: the blocks of a stack and the references between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Span};
use crate::kind::our_name;
use crate::lang::ast::{Expr, Reference, Step};
use crate::lang::declare::Module;
use crate::lang::refs::references;

/// Something of a stack that is evaluated on its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// `var.x`
    Variable(Arc<str>),
    /// `local.x`
    Local(Arc<str>),
    /// A resource or `data` block, without a key.
    Block(Address),
    /// `output.x`
    Output(Arc<str>),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Variable(name) => write!(f, "var.{name}"),
            Node::Local(name) => write!(f, "local.{name}"),
            Node::Block(address) => address.fmt(f),
            Node::Output(name) => write!(f, "output.{name}"),
        }
    }
}

/// The graph of a stack.
#[derive(Debug, Default)]
pub struct Graph {
    graph: DiGraph<Node, Span>,
    index: BTreeMap<Node, NodeIndex>,
    order: Vec<Node>,
}

impl Graph {
    /// Builds the graph; every cycle is reported with the way round.
    pub fn build(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut graph = Self::default();
        let nodes = nodes(module);
        for (node, _) in &nodes {
            let index = graph.graph.add_node(node.clone());
            graph.index.insert(node.clone(), index);
        }
        for (node, expressions) in &nodes {
            for reference in expressions.iter().flat_map(|expr| references(expr)) {
                graph.connect(node, &reference);
            }
        }
        // What is in a cycle keeps its place in the order, so that everything else is still judged.
        let loops = tarjan_scc(&graph.graph);
        graph.order = loops.iter().rev().flatten().map(|index| graph.graph[*index].clone()).collect();
        diagnostics.extend(graph.cycles(&loops));
        graph
    }

    /// An edge from what is referred to, to what refers to it.
    fn connect(&mut self, user: &Node, reference: &Reference) {
        let Some(used) = node_of(reference) else { return };
        if let (Some(used), Some(user)) = (self.index.get(&used), self.index.get(user)) {
            self.graph.update_edge(*used, *user, reference.span);
        }
    }

    /// Everything, what is used before what uses it, but for what is in a cycle.
    pub fn order(&self) -> &[Node] {
        &self.order
    }

    /// The resources and `data` blocks that a node hangs on, directly or by way of variables and local values.
    pub fn blocks_used_by(&self, node: &Node) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<NodeIndex> = self.index.get(node).copied().into_iter().collect();
        while let Some(index) = open.pop() {
            for used in self.graph.neighbors_directed(index, petgraph::Direction::Incoming) {
                match &self.graph[used] {
                    Node::Block(address) => {
                        found.insert(address.clone());
                    }
                    _ if seen.insert(used) => open.push(used),
                    _ => {}
                }
            }
        }
        found
    }

    /// Pairs of a block and a block that it hangs on.
    pub fn block_edges(&self) -> Vec<(Address, Address)> {
        let blocks = self.index.keys().filter_map(|node| match node {
            Node::Block(address) => Some((node, address)),
            _ => None,
        });
        blocks
            .flat_map(|(node, address)| self.blocks_used_by(node).into_iter().map(move |used| (address.clone(), used)))
            .collect()
    }

    fn cycles(&self, components: &[Vec<NodeIndex>]) -> Vec<Diagnostic> {
        let loops = components
            .iter()
            .filter(|members| members.len() > 1 || self.graph.find_edge(members[0], members[0]).is_some());
        loops.filter_map(|members| self.cycle(members)).collect()
    }

    /// One way round through the members of a loop.
    fn cycle(&self, members: &[NodeIndex]) -> Option<Diagnostic> {
        let start = *members.iter().min_by_key(|index| &self.graph[**index])?;
        let way = self.way_round(start, members)?;
        let names: Vec<String> = way.iter().chain([&start]).map(|index| self.graph[*index].to_string()).collect();
        let mut diagnostic: Option<Diagnostic> = None;
        for (at, user) in way.iter().enumerate() {
            let used = *way.get(at + 1).unwrap_or(&start);
            let span = self.graph[self.graph.find_edge(used, *user)?];
            let remark = format!("{} needs {}", self.graph[*user], self.graph[used]);
            diagnostic = Some(match diagnostic {
                None => Diagnostic::error("CS0330", "A cycle of references", format!("{}.", names.join(" needs ")))
                    .at(span)
                    .help("Cut the cycle: write one of these values out, or move it into a local value of its own."),
                Some(diagnostic) => diagnostic.related(span, remark),
            });
        }
        diagnostic
    }

    /// The shortest way from a node through what it needs back to itself.
    fn way_round(&self, start: NodeIndex, members: &[NodeIndex]) -> Option<Vec<NodeIndex>> {
        let members: BTreeSet<NodeIndex> = members.iter().copied().collect();
        let mut from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(index) = open.pop_front() {
            for used in self.graph.neighbors_directed(index, petgraph::Direction::Incoming) {
                if used == start {
                    let mut way = vec![index];
                    while let Some(previous) = from.get(way.last()?) {
                        way.push(*previous);
                    }
                    way.reverse();
                    return Some(way);
                }
                if members.contains(&used) && !from.contains_key(&used) {
                    from.insert(used, index);
                    open.push_back(used);
                }
            }
        }
        None
    }
}

/// Every node with the expressions that it evaluates.
fn nodes(module: &Module) -> Vec<(Node, Vec<&Expr>)> {
    let variables = module.variables.keys().map(|name| (Node::Variable(name.clone()), Vec::new()));
    let locals = module.locals.iter().map(|(name, local)| (Node::Local(name.clone()), vec![&local.expr]));
    let blocks = module.resources.iter().map(|block| (Node::Block(block.address.clone()), block.expressions()));
    let outputs = module.outputs.iter().map(|(name, output)| {
        let mut expressions = vec![&output.value];
        expressions.extend(&output.depends_on);
        expressions.extend(output.preconditions.iter().flat_map(|c| [&c.condition, &c.message]));
        (Node::Output(name.clone()), expressions)
    });
    variables.chain(locals).chain(blocks).chain(outputs).collect()
}

/// What a reference names.
pub fn node_of(reference: &Reference) -> Option<Node> {
    let name = |at: usize| match reference.steps.get(at) {
        Some(Step::Attr(name)) => Some(name.clone()),
        _ => None,
    };
    let block = |mode, kind: &str, name| Node::Block(Address { mode, ..Address::managed(our_name(kind), name) });
    match &*reference.root {
        "var" => Some(Node::Variable(name(0)?)),
        "local" => Some(Node::Local(name(0)?)),
        "data" => Some(block(Mode::Data, &name(0)?, name(1)?)),
        kind => Some(block(Mode::Managed, kind, name(0)?)),
    }
}
