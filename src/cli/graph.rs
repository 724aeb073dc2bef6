//! `cachestack graph`

use crate::cli::args::StackArgs;
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::stack::graph::Node;

/// Prints the graph of a stack in the DOT language: an arrow goes from a block to what it hangs on.
pub fn run(context: &Context, args: &StackArgs) -> u8 {
    let ui = context.ui(false);
    let mut session = match context.open(ui, args) {
        Ok(session) => session,
        Err(failure) => return fail(ui, &failure),
    };
    session.report(Vec::new());
    if session.has_errors() {
        ui.diagnostics(&session.diagnostics, &session.sources);
        return exit::ERROR;
    }
    let graph = &session.evaluator.stack().graph;
    let quoted = |text: String| crate::ui::value::quoted(&text);
    let mut out = String::from("digraph {\n  rankdir = \"RL\";\n  node [shape = \"rect\"];\n");
    for node in graph.order() {
        if let Node::Block(address) = node {
            out.push_str(&format!("  {};\n", quoted(address.to_string())));
        }
    }
    for (user, used) in graph.block_edges() {
        out.push_str(&format!("  {} -> {};\n", quoted(user.to_string()), quoted(used.to_string())));
    }
    out.push_str("}\n");
    ui.out(&out);
    exit::OK
}
