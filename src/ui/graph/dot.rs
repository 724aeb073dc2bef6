//! The language of Graphviz.

use super::{Cluster, Drawing, Look};
use crate::ui::value::quoted;

/// The graph.
pub fn written(drawing: &Drawing) -> String {
    let mut out = String::from("digraph {\n  rankdir = \"RL\";\n  node [shape = \"rect\", style = \"filled\"];\n");
    let mut clusters = 0;
    cluster(drawing, &Cluster::of(drawing), 1, &mut clusters, &mut out);
    for (user, used) in &drawing.arrows {
        let name = |at: &usize| quoted(&drawing.parts[*at].name);
        out.push_str(&format!("  {} -> {};\n", name(user), name(used)));
    }
    out.push_str("}\n");
    out
}

fn cluster(drawing: &Drawing, inside: &Cluster, depth: usize, clusters: &mut usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for at in &inside.parts {
        let part = &drawing.parts[*at];
        let label = if part.label == part.name { String::new() } else { format!("label = {}, ", quoted(&part.label)) };
        let (border, fill) = part.look.colours();
        let shape = if part.look == Look::All { ", shape = \"ellipse\"" } else { "" };
        let name = quoted(&part.name);
        out.push_str(&format!("{indent}{name} [{label}color = \"{border}\", fillcolor = \"{fill}\"{shape}];\n"));
    }
    for (name, inside) in &inside.within {
        *clusters += 1;
        out.push_str(&format!("{indent}subgraph \"cluster_{clusters}\" {{\n{indent}  label = {};\n", quoted(name)));
        cluster(drawing, inside, depth + 1, clusters, out);
        out.push_str(&format!("{indent}}}\n"));
    }
}
