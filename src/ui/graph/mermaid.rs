//! A flow chart of Mermaid.

use super::{Cluster, Drawing, Look};

/// The graph.
pub fn written(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart RL\n");
    let mut clusters = 0;
    cluster(drawing, &Cluster::of(drawing), 1, &mut clusters, &mut out);
    for (user, used) in &drawing.arrows {
        out.push_str(&format!("  n{user} --> n{used}\n"));
    }
    for look in Look::EVERY.into_iter().filter(|look| drawing.parts.iter().any(|part| part.look == *look)) {
        let (border, fill) = look.colours();
        out.push_str(&format!("  classDef {} stroke:{border},fill:{fill},color:#111\n", class(look)));
    }
    out
}

/// `class` and the like are words of the language.
fn class(look: Look) -> String {
    format!("is-{}", look.word())
}

fn cluster(drawing: &Drawing, inside: &Cluster, depth: usize, clusters: &mut usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for at in &inside.parts {
        let part = &drawing.parts[*at];
        let (open, close) = if part.look == Look::All { ("([", "])") } else { ("[", "]") };
        out.push_str(&format!("{indent}n{at}{open}\"{}\"{close}:::{}\n", escaped(&part.label), class(part.look)));
    }
    for (name, inside) in &inside.within {
        *clusters += 1;
        out.push_str(&format!("{indent}subgraph m{clusters}[\"{}\"]\n", escaped(name)));
        cluster(drawing, inside, depth + 1, clusters, out);
        out.push_str(&format!("{indent}end\n"));
    }
}

/// Letters, digits and what stands between them in addresses; anything else by its number.
fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        _ if c.is_alphanumeric() || " ._-/:+~>(),[]".contains(c) => c.to_string(),
        _ => format!("#{};", u32::from(c)),
    };
    text.chars().map(one).collect()
}
