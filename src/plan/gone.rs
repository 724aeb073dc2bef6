//! Why an instance that has a record is no longer declared.

use serde::{Deserialize, Serialize};

use crate::address::{Address, Key};
use crate::lang::declare::Meta;
use crate::plan::draft::Draft;

/// What of its declaration is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gone {
    /// The block, or the call of its module.
    Block,
    /// The block to which it was moved.
    Target,
    /// An instance of a module on the way to it.
    Module,
    /// The block is repeated in another way, or not at all.
    Repetition,
    /// `count` is smaller.
    Index,
    /// `for_each` or `target` no longer has the key.
    Key,
    /// The block is there, and `enabled` is false.
    Enabled,
}

impl Gone {
    /// What is gone of an instance that is not among the declared.
    pub fn of(draft: &Draft, address: &Address) -> Self {
        let names = draft.evaluator.names();
        let Some(block) = names.0.resource(address) else {
            let moved = draft.plan.moves.iter().any(|(_, to)| to == address);
            return if moved { Self::Target } else { Self::Block };
        };
        match has_module(draft, address) {
            true => Self::of_key(&block.meta, address.key.as_ref()),
            false => Self::Module,
        }
    }

    fn of_key(meta: &Meta, key: Option<&Key>) -> Self {
        let by_name = meta.for_each.is_some() || meta.target.is_some();
        match (key, meta.count.is_some(), by_name) {
            (Some(Key::Index(_)), true, _) => Self::Index,
            (Some(Key::Name(_)), _, true) => Self::Key,
            (None, false, false) => Self::Enabled,
            _ => Self::Repetition,
        }
    }

    /// The words behind `because`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Block => "the stack no longer declares it",
            Self::Target => "the stack does not declare what it was moved to",
            Self::Module => "the stack no longer declares this instance of its module",
            Self::Repetition => "its block is repeated in another way",
            Self::Index => "count is smaller",
            Self::Key => "its key is gone from its block",
            Self::Enabled => "its block is not enabled",
        }
    }

    /// Our word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block_gone",
            Self::Target => "move_target_gone",
            Self::Module => "module_gone",
            Self::Repetition => "repetition_differs",
            Self::Index => "index_gone",
            Self::Key => "key_gone",
            Self::Enabled => "not_enabled",
        }
    }

    /// Terraform's word for it in documents; a block that is not enabled it does not have.
    pub fn terraform(self) -> &'static str {
        match self {
            Self::Block | Self::Enabled => "delete_because_no_resource_config",
            Self::Target => "delete_because_no_move_target",
            Self::Module => "delete_because_no_module",
            Self::Repetition => "delete_because_wrong_repetition",
            Self::Index => "delete_because_count_index",
            Self::Key => "delete_because_each_key",
        }
    }
}

/// Whether every instance of a module on the way to an object is still called.
fn has_module(draft: &Draft, address: &Address) -> bool {
    (1..=address.module.len()).all(|depth| {
        let path = &address.module[..depth];
        let block: Vec<_> = path.iter().map(|(name, _)| (name.clone(), None)).collect();
        draft.evaluator.instances(&block).iter().any(|instance| instance == path)
    })
}
