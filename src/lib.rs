//! cachestack: infrastructure as code for Amazon ElastiCache.

pub mod address;
pub mod apply;
pub mod catalog;
pub mod cli;
pub mod clock;
#[cfg(feature = "aws")]
pub mod cloud;
pub mod diag;
pub mod disk;
pub mod emulator;
pub mod graph;
pub mod kind;
pub mod kinds;
pub mod lang;
pub mod ops;
pub mod plan;
pub mod refresh;
pub mod schema;
pub mod stack;
pub mod state;
pub mod templates;
pub mod ui;
pub mod value;
