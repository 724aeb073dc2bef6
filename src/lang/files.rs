//! Files to trees: every file of a directory in its syntax, with the override files merged into the others.

use crate::diag::{Diagnostic, FileId, SourceMap};
use crate::lang::ast::Body;
use crate::lang::{json, overrides, syntax};

/// Parses the files of a directory.
pub fn parse(files: &[FileId], sources: &SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Vec<(FileId, Body)> {
    let mut bodies = Vec::new();
    let mut changes = Vec::new();
    for file in files {
        let source = sources.get(*file);
        let body = match json::is_json(&source.path) {
            true => json::parse(*file, &source.text, diagnostics),
            false => syntax::parse(*file, &source.text, diagnostics),
        };
        let list = if overrides::is_override(&source.path) { &mut changes } else { &mut bodies };
        list.push((*file, body));
    }
    overrides::merge(&mut bodies, changes, diagnostics);
    bodies
}
