//! The language: text to tree, tree to declarations and values.

pub mod ast;
pub mod declare;
pub mod eval;
pub mod files;
pub mod fmt;
pub mod functions;
pub mod hide;
pub mod json;
#[cfg(test)]
mod mutation;
mod overrides;
pub mod refs;
mod relocate;
pub mod source;
pub mod syntax;
pub mod typeexpr;
