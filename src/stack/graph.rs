//! What must be evaluated before what: the blocks of a stack and the references between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

use crate::address::{Address, Key, Mode, ModulePath, module_prefix};
use crate::diag::{Diagnostic, Span};
use crate::kinds::our_name;
use crate::lang::ast::{Expr, Reference, Step};
use crate::lang::declare::Module;
use crate::lang::refs::references;
use crate::stack::Stack;

/// Bytes of stack for each node of a chain; it takes about a quarter of that.
const STACK_PER_NODE: usize = 1 << 10;

/// Something of a stack that is evaluated on its own; in a module that is repeated, once for each instance of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// How often a module is there.
    Call(ModulePath),
    /// `var.x`
    Variable(ModulePath, Arc<str>),
    /// `local.x`
    Local(ModulePath, Arc<str>),
    /// A resource or `data` block, without a key.
    Block(Address),
    /// A resource of another tool, by its address in the module.
    Foreign(ModulePath, Arc<str>),
    /// `output.x`
    Output(ModulePath, Arc<str>),
    /// Everything in a module.
    Whole(ModulePath),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Call(path) | Node::Whole(path) => f.write_str(module_prefix(path).trim_end_matches('.')),
            Node::Variable(path, name) => write!(f, "{}var.{name}", module_prefix(path)),
            Node::Local(path, name) => write!(f, "{}local.{name}", module_prefix(path)),
            Node::Block(address) => address.fmt(f),
            Node::Foreign(path, address) => write!(f, "{}{address}", module_prefix(path)),
            Node::Output(path, name) => write!(f, "{}output.{name}", module_prefix(path)),
        }
    }
}

/// What a node needs, before it is looked up.
struct Needs<'a> {
    node: Node,
    /// The module whose names the expressions are in.
    scope: ModulePath,
    expressions: Vec<&'a Expr>,
    /// The same in the names of another module: what an `import` block says.
    elsewhere: Vec<(ModulePath, &'a Expr)>,
    /// `depends_on`: more than values are waited for.
    depends_on: Vec<&'a Expr>,
    /// Needed without being written, with the place that stands for it.
    implied: Vec<(Node, Span)>,
}

/// Why a node needs another.
#[derive(Debug, Clone, Copy)]
struct Edge {
    /// The place of the reference.
    span: Span,
    /// How deep the module is in whose names the reference is.
    depth: usize,
    /// Whether every such reference is to the instance with the own key.
    own_key: bool,
}

/// How a block hangs on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// How many of the first modules on the way to both are the same instance: a block in a module that is repeated
    /// hangs on its neighbours, not on those of the other instances.
    pub shared: usize,
    /// Whether an instance hangs on no more than the instance with its own key.
    pub own_key: bool,
}

/// The graph of a stack.
#[derive(Debug, Default)]
pub struct Graph {
    graph: DiGraph<Node, Edge>,
    index: BTreeMap<Node, NodeIndex>,
    edges: HashMap<(NodeIndex, NodeIndex), EdgeIndex>,
    order: Vec<Node>,
}

impl Graph {
    /// Builds the graph; every cycle is reported with the way round.
    pub fn build(stack: &Stack, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut graph = Self::default();
        let all: Vec<Needs> = stack.modules().flat_map(|(path, module)| needs(path, module, stack)).collect();
        for needs in &all {
            let index = graph.graph.add_node(needs.node.clone());
            graph.index.insert(needs.node.clone(), index);
        }
        for needs in &all {
            let depth = needs.scope.len();
            for reference in needs.expressions.iter().flat_map(|expr| references(expr)) {
                for used in nodes_of(&reference, &needs.scope, stack) {
                    let own_key = reference.own_key;
                    graph.connect(&needs.node, &used, Edge { span: reference.span, depth, own_key });
                }
            }
            for (scope, expr) in &needs.elsewhere {
                for reference in references(expr) {
                    for used in nodes_of(&reference, scope, stack) {
                        let edge = Edge { span: reference.span, depth: scope.len(), own_key: false };
                        graph.connect(&needs.node, &used, edge);
                    }
                }
            }
            for reference in needs.depends_on.iter().flat_map(|expr| references(expr)) {
                let whole = whole_module(&reference, &needs.scope);
                let used = whole.map_or_else(|| nodes_of(&reference, &needs.scope, stack), |whole| vec![whole]);
                for used in used {
                    graph.connect(&needs.node, &used, Edge { span: reference.span, depth, own_key: false });
                }
            }
            for (used, span) in &needs.implied {
                graph.connect(&needs.node, used, Edge { span: *span, depth, own_key: false });
            }
        }
        // What is in a cycle keeps its place in the order, so that everything else is still judged.
        // The search calls itself along the longest chain of references.
        let stack_size = (graph.graph.node_count() * STACK_PER_NODE).max(1 << 20);
        let loops = stacker::grow(stack_size, || tarjan_scc(&graph.graph));
        graph.order = loops.iter().rev().flatten().map(|index| graph.graph[*index].clone()).collect();
        diagnostics.extend(graph.cycles(&loops));
        graph
    }

    /// An edge from what is referred to, to what refers to it.
    fn connect(&mut self, user: &Node, used: &Node, edge: Edge) {
        if let (Some(used), Some(user)) = (self.index.get(used), self.index.get(user)) {
            // The graph itself would look for the edge among all those of a name that everything uses.
            match self.edges.get(&(*used, *user)) {
                Some(known) => {
                    let own_key = self.graph[*known].own_key && edge.own_key;
                    self.graph[*known] = Edge { own_key, ..edge };
                }
                None => drop(self.edges.insert((*used, *user), self.graph.add_edge(*used, *user, edge))),
            }
        }
    }

    /// Everything, what is used before what uses it, but for what is in a cycle.
    pub fn order(&self) -> &[Node] {
        &self.order
    }

    /// The resources and `data` blocks that a block hangs on, directly or by way of anything else, and how.
    pub fn used_by(&self, block: &Address) -> BTreeMap<Address, Use> {
        let mut found: BTreeMap<Address, Use> = BTreeMap::new();
        let mut seen: BTreeMap<NodeIndex, usize> = BTreeMap::new();
        let start = self.index.get(&Node::Block(block.clone())).copied();
        let mut open: Vec<(NodeIndex, usize)> = start.into_iter().map(|index| (index, usize::MAX)).collect();
        while let Some((user, shared)) = open.pop() {
            let mut edges = self.graph.neighbors_directed(user, petgraph::Direction::Incoming).detach();
            while let Some((edge, used)) = edges.next(&self.graph) {
                let shared = shared.min(self.graph[edge].depth);
                let own_key = Some(user) == start && self.graph[edge].own_key;
                match &self.graph[used] {
                    Node::Block(address) => {
                        let known = found.entry(address.clone()).or_insert(Use { shared, own_key });
                        known.shared = shared.min(known.shared);
                        known.own_key &= own_key;
                    }
                    _ if seen.get(&used).is_none_or(|known| shared < *known) => {
                        seen.insert(used, shared);
                        open.push((used, shared));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Pairs of a block and a block that it hangs on.
    pub fn block_edges(&self) -> Vec<(Address, Address)> {
        let blocks = self.index.keys().filter_map(|node| match node {
            Node::Block(address) => Some(address),
            _ => None,
        });
        blocks.flat_map(|block| self.used_by(block).into_keys().map(move |used| (block.clone(), used))).collect()
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
            let span = self.graph[self.graph.find_edge(used, *user)?].span;
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

/// Every node of a module, with what it needs.
fn needs<'a>(path: &[(Arc<str>, Option<Key>)], module: &'a Module, stack: &'a Stack) -> Vec<Needs<'a>> {
    let path = path.to_vec();
    let call = stack.call(&path);
    // In a module, everything waits until it is known how often the module is there.
    let implied: Vec<(Node, Span)> = call.map(|call| (Node::Call(path.clone()), call.span)).into_iter().collect();
    let of = |node: Node, expressions: Vec<&'a Expr>, depends_on: Vec<&'a Expr>| Needs {
        node,
        scope: path.clone(),
        expressions,
        elsewhere: Vec::new(),
        depends_on,
        implied: implied.clone(),
    };
    let mut all = Vec::new();
    if let (Some(call), Some((_, parent))) = (call, path.split_last()) {
        let expressions = call.count.iter().chain(&call.for_each).chain(&call.enabled).collect();
        let mut own = of(Node::Call(path.clone()), expressions, call.depends_on.iter().collect());
        own.scope = parent.to_vec();
        own.implied = stack.call(parent).map(|outer| (Node::Call(parent.to_vec()), outer.span)).into_iter().collect();
        all.push(own);
    }
    for name in module.variables.keys() {
        let given = call.and_then(|call| call.arguments.get(name)).map(|attribute| &attribute.expr);
        let mut own = of(Node::Variable(path.clone(), name.clone()), given.into_iter().collect(), Vec::new());
        own.scope.truncate(path.len().saturating_sub(1));
        all.push(own);
    }
    for (name, local) in &module.locals {
        all.push(of(Node::Local(path.clone(), name.clone()), vec![&local.expr], Vec::new()));
    }
    for block in &module.resources {
        let depends_on = block.meta.depends_on.iter().collect();
        let mut own = of(Node::Block(block.address.clone()), block.expressions(), depends_on);
        for (from, import) in stack.imports().filter(|(from, import)| import.block_from(from) == block.address) {
            let expressions = std::iter::once(&import.id).chain(&import.for_each);
            own.elsewhere.extend(expressions.map(|expr| (from.clone(), expr)));
        }
        all.push(own);
    }
    for (address, foreign) in &module.foreign {
        all.push(of(Node::Foreign(path.clone(), address.as_str().into()), foreign.expressions(), Vec::new()));
    }
    for (name, output) in &module.outputs {
        let conditions = output.preconditions.iter().flat_map(|c| [&c.condition, &c.message]);
        let expressions = std::iter::once(&output.value).chain(conditions).collect();
        all.push(of(Node::Output(path.clone(), name.clone()), expressions, output.depends_on.iter().collect()));
    }
    if let Some(call) = call {
        let mut whole = of(Node::Whole(path.clone()), Vec::new(), Vec::new());
        let blocks = module.resources.iter().map(|block| Node::Block(block.address.clone()));
        let outputs = module.outputs.keys().map(|name| Node::Output(path.clone(), name.clone()));
        let inner = module.calls.keys().map(|name| Node::Whole(below(&path, name)));
        whole.implied.extend(blocks.chain(outputs).chain(inner).map(|node| (node, call.span)));
        all.push(whole);
    }
    all
}

/// The way to a module that a module calls.
pub fn below(path: &[(Arc<str>, Option<Key>)], name: &Arc<str>) -> ModulePath {
    path.iter().cloned().chain([(name.clone(), None)]).collect()
}

/// What a reference in a module names: one output of a module, or all where the way to it is computed.
fn nodes_of(reference: &Reference, scope: &ModulePath, stack: &Stack) -> Vec<Node> {
    let Some(Node::Whole(path)) = whole_module(reference, scope) else {
        let foreign = foreign_of(reference, scope, stack);
        return foreign.or_else(|| node_of(reference, scope)).into_iter().collect();
    };
    let behind = reference.steps.iter().skip(1).find_map(|step| match step {
        Step::Attr(name) => Some(name.clone()),
        _ => None,
    });
    let outputs = match behind {
        Some(name) => vec![name],
        None => stack.declared(&path).map(|module| module.outputs.keys().cloned().collect()).unwrap_or_default(),
    };
    let outputs = outputs.into_iter().map(|name| Node::Output(path.clone(), name));
    std::iter::once(Node::Call(path.clone())).chain(outputs).collect()
}

/// The module that a reference is to, or into.
fn whole_module(reference: &Reference, scope: &ModulePath) -> Option<Node> {
    match (&*reference.root, reference.steps.first()) {
        ("module", Some(Step::Attr(name))) => Some(Node::Whole(below(scope, name))),
        _ => None,
    }
}

/// The resource of another tool that a reference names.
fn foreign_of(reference: &Reference, scope: &ModulePath, stack: &Stack) -> Option<Node> {
    let names = reference.steps.iter().map_while(|step| match step {
        Step::Attr(name) => Some(&**name),
        _ => None,
    });
    let root = &*reference.root;
    let length = if matches!(root, "data" | "ephemeral") { 2 } else { 1 };
    let address = std::iter::once(root).chain(names.take(length)).collect::<Vec<_>>().join(".");
    let known = stack.declared(scope)?.foreign.contains_key(&address);
    known.then(|| Node::Foreign(scope.clone(), address.into()))
}

/// What a reference in a module names, but for one to a module.
pub fn node_of(reference: &Reference, scope: &[(Arc<str>, Option<Key>)]) -> Option<Node> {
    let name = |at: usize| match reference.steps.get(at) {
        Some(Step::Attr(name)) => Some(name.clone()),
        _ => None,
    };
    let block = |mode, kind: &str, name| {
        let address = Address::managed(our_name(kind), name);
        Node::Block(Address { mode, module: scope.to_vec(), ..address })
    };
    match &*reference.root {
        "module" => None,
        "var" => Some(Node::Variable(scope.to_vec(), name(0)?)),
        "local" => Some(Node::Local(scope.to_vec(), name(0)?)),
        root => match Mode::of_word(root) {
            Some(mode) => Some(block(mode, &name(0)?, name(1)?)),
            None => Some(block(Mode::Managed, root, name(0)?)),
        },
    }
}
