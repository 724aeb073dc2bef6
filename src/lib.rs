//! cachestack: infrastructure as code for Amazon ElastiCache.

pub mod address;
pub mod catalog;
pub mod clock;
pub mod diag;
pub mod disk;
pub mod kind;
pub mod kinds;
pub mod lang;
pub mod schema;
pub mod state;
pub mod value;
