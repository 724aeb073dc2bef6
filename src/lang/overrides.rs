//! Override files: their blocks change those of the other files, as Terraform merges them.

use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, Span};
use crate::kinds::our_name;
use crate::lang::ast::{Attribute, Block, Body, Node};

/// Whether a file of that name holds overrides: `override.tf`, `prod_override.hcl.json`.
pub fn is_override(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name = name.strip_suffix(".json").unwrap_or(name);
    let stem = name.strip_suffix(".tf").or_else(|| name.strip_suffix(".hcl"));
    stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

/// Changes the blocks of the files by those of the override files, in the order of their names.
pub fn merge(files: &mut [(FileId, Body)], overrides: Vec<(FileId, Body)>, diagnostics: &mut Vec<Diagnostic>) {
    for (_, body) in overrides {
        for attribute in &body.attributes {
            let detail = format!("`{}` stands at the top of the file, where only blocks may be.", attribute.name);
            let diagnostic = Diagnostic::error("CS0310", "An attribute outside of a block", detail);
            diagnostics.push(diagnostic.at(attribute.name_span).help("Put it into a block."));
        }
        for block in body.blocks {
            match &*block.kind {
                "locals" => {
                    block.body.attributes.into_iter().for_each(|local| replace_local(files, local, diagnostics))
                }
                // What Terraform wants of itself is not read.
                "terraform" => {}
                "moved" | "removed" | "import" | "check" => diagnostics.push(refused(&block)),
                _ => change(files, block, diagnostics),
            }
        }
    }
}

fn replace_local(files: &mut [(FileId, Body)], local: Attribute, diagnostics: &mut Vec<Diagnostic>) {
    let blocks = files.iter_mut().flat_map(|(_, body)| &mut body.blocks).filter(|block| &*block.kind == "locals");
    let mut locals = blocks.flat_map(|block| &mut block.body.attributes);
    match locals.find(|found| found.name == local.name) {
        Some(found) => *found = local,
        None => diagnostics.push(nothing(&format!("local.{}", local.name), local.name_span)),
    }
}

fn change(files: &mut [(FileId, Body)], block: Block, diagnostics: &mut Vec<Diagnostic>) {
    let identity = identity(&block);
    let found = files.iter_mut().flat_map(|(_, body)| &mut body.blocks).find(|found| self::identity(found) == identity);
    match found {
        Some(found) => merge_body(&mut found.body, block.body, true, diagnostics),
        // The plain provider is there without being declared.
        None if &*block.kind == "provider" && block.body.attribute("alias").is_none() => {
            if let Some((_, body)) = files.first_mut() {
                body.blocks.push(block);
            }
        }
        None => {
            let labels: Vec<String> = block.labels.iter().map(|label| format!(" \"{}\"", label.text)).collect();
            diagnostics.push(nothing(&format!("{}{}", block.kind, labels.concat()), block.header_span));
        }
    }
}

/// What a block is called; both spellings of a kind are one.
fn identity(block: &Block) -> Vec<String> {
    let labels = || block.labels.iter().map(|label| label.text.to_string());
    let mut name: Vec<String> = match (&*block.kind, labels().next()) {
        ("resource", Some(kind)) => vec![our_name(&kind).to_owned()],
        (word @ ("data" | "ephemeral"), Some(kind)) => vec![word.to_owned(), our_name(&kind).to_owned()],
        (kind, _) => return std::iter::once(our_name(kind).to_owned()).chain(labels()).chain(alias(block)).collect(),
    };
    name.extend(labels().skip(1));
    name
}

fn alias(block: &Block) -> Option<String> {
    let attribute = block.body.attribute("alias").filter(|_| &*block.kind == "provider")?;
    match &*attribute.expr.node {
        Node::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Attributes one by one; nested blocks of a kind all together, but for `lifecycle`, which is merged itself.
fn merge_body(base: &mut Body, over: Body, top: bool, diagnostics: &mut Vec<Diagnostic>) {
    for attribute in over.attributes {
        if top && &*attribute.name == "depends_on" {
            let detail = "`depends_on` cannot be changed by an override file.";
            let diagnostic = Diagnostic::error("CS0370", "Not in an override file", detail).at(attribute.name_span);
            diagnostics.push(diagnostic.help("Change it in the file of the block."));
            continue;
        }
        match base.attributes.iter_mut().find(|found| found.name == attribute.name) {
            Some(found) => *found = attribute,
            None => base.attributes.push(attribute),
        }
    }
    let (lifecycle, others): (Vec<Block>, Vec<Block>) =
        over.blocks.into_iter().partition(|block| top && &*block.kind == "lifecycle");
    let replaced: Vec<Arc<str>> = others.iter().map(filled).collect();
    base.blocks.retain(|block| !replaced.contains(&filled(block)));
    base.blocks.extend(others);
    for block in lifecycle {
        match base.blocks.iter_mut().find(|found| &*found.kind == "lifecycle") {
            Some(found) => merge_body(&mut found.body, block.body, false, diagnostics),
            None => base.blocks.push(block),
        }
    }
}

/// The kind of nested block that a block makes; that of a `dynamic` one is its label.
fn filled(block: &Block) -> Arc<str> {
    match block.labels.first() {
        Some(label) if &*block.kind == "dynamic" => label.text.clone(),
        _ => block.kind.clone(),
    }
}

fn nothing(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("CS0369", "Nothing to override", format!("No other file declares `{name}`."))
        .at(span)
        .help("Correct the name, or move the block into a file whose name does not end in _override.")
}

fn refused(block: &Block) -> Diagnostic {
    let detail = format!("A `{}` block changes no other block.", block.kind);
    Diagnostic::error("CS0370", "Not in an override file", detail)
        .at(block.header_span)
        .help("Move it into a file whose name does not end in _override.")
}

#[cfg(test)]
mod tests {
    use super::is_override;

    #[test]
    fn overrides_are_told_by_their_names() {
        for name in ["override.tf", "override.hcl", "a/prod_override.tf.json", "x_override.hcl"] {
            assert!(is_override(name), "{name}");
        }
        for name in ["main.tf", "overrides.tf", "override.tfvars", "my-override.tf", "override_x.hcl"] {
            assert!(!is_override(name), "{name}");
        }
    }
}
