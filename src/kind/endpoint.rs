//! Where clients reach a cache.

/// One address of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What it is for: `primary`, `reader`, `configuration`, `node-0001`.
    pub name: String,
    /// The host name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether clients come with TLS.
    pub tls: bool,
    /// Whether they speak the protocol of Redis; else that of Memcached.
    pub redis: bool,
}

impl Endpoint {
    /// As clients of Redis take it; those of Memcached take no URL.
    pub fn url(&self) -> Option<String> {
        let scheme = if self.tls { "rediss" } else { "redis" };
        self.redis.then(|| format!("{scheme}://{}:{}", self.host, self.port))
    }
}
