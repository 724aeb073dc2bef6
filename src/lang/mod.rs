//! The language: text to tree, tree to values.

pub mod ast;
pub mod syntax;
