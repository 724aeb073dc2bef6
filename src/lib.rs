//! cachestack: infrastructure as code for Amazon ElastiCache.

pub mod clock;
pub mod diag;
pub mod disk;
pub mod lang;
pub mod value;
