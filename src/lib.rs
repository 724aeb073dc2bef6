//! cachestack: infrastructure as code for Amazon ElastiCache.

pub mod address;
pub mod clock;
pub mod diag;
pub mod disk;
pub mod kind;
pub mod lang;
pub mod schema;
pub mod value;
