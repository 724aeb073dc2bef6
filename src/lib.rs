//! cachestack: infrastructure as code for Amazon ElastiCache.

pub mod clock;
pub mod disk;
