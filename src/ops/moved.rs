//! A `moved` block in the file of the block that something becomes.

use std::path::PathBuf;

use crate::address::{Address, Subject};
use crate::diag::Span;
use crate::generate::{self, Spelling};
use crate::lang::json::is_json;
use crate::ops::{Failure, Session};
use crate::stack::Stack;
use crate::stack::target::{Instance, expand};

/// A change of a file.
#[derive(Debug)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// What comes into it.
    pub block: String,
    /// The whole file with that: all that was there is as it was.
    pub text: String,
}

/// Writes the block that says that one became the other.
///
/// # Errors
/// The new block is not there yet, the old one still is, or the stack says something of it already.
pub fn edit(session: &Session, from: &Subject, to: &Subject) -> Result<Edit, Failure> {
    let stack = session.evaluator.stack();
    let refuse = |why: String| Failure::Error(format!("{why}; nothing was changed"));
    if let Some(other) = stack.moved.iter().find(|(one, _, path)| path.is_empty() && one == from) {
        return Err(refuse(format!("the stack has a `moved` block from `{from}` already, to `{}`", other.1)));
    }
    let span = declared(stack, to).ok_or_else(|| refuse(format!("`{to}` has no block yet: rename the block first")))?;
    if let Subject::Resource(address) = to
        && is_no_instance(session, address)
    {
        return Err(refuse(format!("`{to}` is none of the instances of its block: add its key to that first")));
    }
    let stays = is_declared(stack, from) && !same_block(from, to);
    if stays {
        return Err(refuse(format!("`{from}` still has a block, which would make it anew: rename the block first")));
    }
    let file = session.sources.get(span.file);
    if is_json(&file.path) {
        return Err(refuse(format!("{} is JSON: write the `moved` block into a file of HCL", file.path)));
    }
    let terraform = session.sources.text(span).starts_with("resource");
    let spelling = if terraform { Spelling::Terraform } else { Spelling::Ours };
    let block = generate::laid_out(vec![generate::moved(from, to, spelling)]);
    let (path, text) = (PathBuf::from(&*file.path), appended(&file.text, &block));
    Ok(Edit { path, block, text })
}

/// Whether a block has no instance of a key, as far as that can be told without the account.
fn is_no_instance(session: &Session, address: &Address) -> bool {
    let Some(block) = session.evaluator.stack().resource(address).filter(|_| address.key.is_some()) else {
        return false;
    };
    let mut wrong = Vec::new();
    let instances = expand(block, &session.evaluator.within(&address.module), &mut wrong);
    let there = |all: Vec<Instance>| all.iter().any(|one| one.key == address.key);
    wrong.is_empty() && instances.is_some_and(|all| !there(all.instances))
}

/// A text with a block behind it, in its own line ends.
fn appended(text: &str, block: &str) -> String {
    let windows = text.contains("\r\n");
    let end = if windows { "\r\n" } else { "\n" };
    let block = if windows { block.replace('\n', "\r\n") } else { block.to_owned() };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let blank = if text.is_empty() { "" } else { end };
    format!("{text}{gap}{blank}{block}")
}

/// Where a resource or module is declared; of what is in a module, the block in the stack that calls that.
fn declared(stack: &Stack, subject: &Subject) -> Option<Span> {
    let called = |path: &[_]| stack.call(&without_keys(&path[..1])).map(|call| call.span);
    match subject {
        Subject::Module(path) => stack.call(&without_keys(path)).and_then(|_| called(path)),
        Subject::Resource(address) => {
            let block = stack.resource(address)?;
            if address.module.is_empty() { Some(block.span) } else { called(&address.module) }
        }
    }
}

fn without_keys(path: &[(std::sync::Arc<str>, Option<crate::address::Key>)]) -> crate::address::ModulePath {
    path.iter().map(|(name, _)| (name.clone(), None)).collect()
}

fn is_declared(stack: &Stack, subject: &Subject) -> bool {
    declared(stack, subject).is_some()
}

/// Whether both are of one block: only their keys differ.
fn same_block(from: &Subject, to: &Subject) -> bool {
    match (from, to) {
        (Subject::Resource(from), Subject::Resource(to)) => Address::config(from) == to.config(),
        (Subject::Module(from), Subject::Module(to)) => without_keys(from) == without_keys(to),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::appended;

    #[test]
    fn what_was_there_stays_as_it_was() {
        let block = "moved {\n  a = 1\n}\n";
        for (text, want) in [
            ("", "moved {\n  a = 1\n}\n"),
            ("x {}\n", "x {}\n\nmoved {\n  a = 1\n}\n"),
            ("x {} # y", "x {} # y\n\nmoved {\n  a = 1\n}\n"),
            ("x {}\r\n", "x {}\r\n\r\nmoved {\r\n  a = 1\r\n}\r\n"),
        ] {
            assert_eq!(appended(text, block), want);
        }
    }
}
