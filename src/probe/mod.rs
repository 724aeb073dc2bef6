//! Looks at one cache over the network, from here: its name, its port, TLS, the log-in, and what it says of itself. Each
//! step stands on the ones before: what cannot be looked at because of an earlier finding is said to be so. Knows no stack
//! and no AWS. A secret is sent only over a connection whose certificate was verified, or to a port without TLS.

mod link;
mod memcached;
mod redis;
mod resp;
#[cfg(feature = "aws")]
mod tls;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use link::{Broken, Link};

/// How long it may take to connect, and to answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(3);

/// Whether clients come with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// They do.
    Yes,
    /// They do not.
    No,
    /// Nobody has said; it is looked for.
    Unknown,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name or address that clients use.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Another way to it: the end of a tunnel, from which the names in certificates differ.
    pub through: Option<(String, u16)>,
    /// Whether clients come with TLS.
    pub tls: Tls,
    /// Certificates of authorities, as PEM, in the place of the system's.
    pub roots: Option<PathBuf>,
    /// Whether it speaks the protocol of Redis; else that of Memcached.
    pub redis: bool,
    /// Who logs in; the default user where only a secret is given.
    pub user: Option<String>,
    /// The token or password. Never shown.
    pub secret: Option<String>,
    /// How many replicas a primary should have, where somebody has said it.
    pub replicas: Option<u32>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Fine,
    /// Something is to be done.
    Finding,
    /// It could not be looked at, or does not apply.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: `name`, `tcp`, `tls`, `auth`, `ping`, `role`, `replication`, `cluster`.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn fine(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Fine, text: text.into(), remedy: None }
    }

    /// Something is to be done.
    pub fn finding(name: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Finding, text: text.into(), remedy: Some(remedy.into()) }
    }

    /// It could not be looked at.
    pub fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Skipped, text: why.into(), remedy: None }
    }
}

/// Sees that a file has certificates, as PEM.
///
/// # Errors
/// It cannot be read, or has none.
#[cfg(feature = "aws")]
pub fn certificates(file: &Path) -> Result<(), String> {
    tls::roots(file).map(drop)
}

/// Sees that a file has certificates; this build has no TLS to use them for.
///
/// # Errors
/// Always.
#[cfg(not(feature = "aws"))]
pub fn certificates(_: &Path) -> Result<(), String> {
    Err("this build has no TLS".to_owned())
}

/// Looks at everything, and blocks the thread meanwhile.
pub fn examine(target: &Target) -> Vec<Check> {
    let mut checks = Vec::new();
    let Some(addresses) = resolved(target, &mut checks) else { return checks };
    let Some(address) = reached(&addresses, &mut checks) else { return checks };
    let tls = match target.tls {
        Tls::Yes => true,
        Tls::No => false,
        Tls::Unknown => link::has_tls(address, target.redis),
    };
    let link = match Link::open(target, address, tls) {
        Ok(link) => link,
        Err(broken) => {
            checks.push(of_tls(target, &broken));
            return checks;
        }
    };
    checks.push(link.tls.clone());
    match target.redis {
        true => redis::examine(link, target, &mut checks),
        false => memcached::examine(link, &mut checks),
    }
    checks
}

fn resolved(target: &Target, checks: &mut Vec<Check>) -> Option<Vec<SocketAddr>> {
    let (host, port) = target.through.clone().unwrap_or((target.host.clone(), target.port));
    let (why, found) = match (host.as_str(), port).to_socket_addrs() {
        Ok(found) => ("it has no address".to_owned(), found.collect()),
        Err(error) => (error.to_string(), Vec::new()),
    };
    if found.is_empty() {
        let remedy = "Check the name (cachestack endpoints). Names of ElastiCache are known everywhere, and resolve to addresses of the VPC; a resolver that drops private addresses (rebinding protection) knows none.";
        checks.push(Check::finding("name", format!("{host} does not resolve: {why}"), remedy));
        return None;
    }
    let all: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    checks.push(Check::fine("name", format!("{host} is {}", all.join(", "))));
    Some(found)
}

/// The first address that takes a connection.
fn reached(addresses: &[SocketAddr], checks: &mut Vec<Check>) -> Option<SocketAddr> {
    let mut last = None;
    for address in addresses {
        match std::net::TcpStream::connect_timeout(address, CONNECT) {
            Ok(_) => {
                checks.push(Check::fine("tcp", format!("{address} takes connections")));
                return Some(*address);
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let (address, error) = last?;
    let (what, remedy) = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => (
            "nothing listens there".to_owned(),
            "The port or the node is wrong, or the node is down: compare with cachestack endpoints, and look at its status and events.",
        ),
        _ => (
            format!("no answer ({error})"),
            "A security group or a route is in the way: the group of the cache must let this machine in on the port, and both must be in one VPC, or in VPCs that are peered. The cache must be available.",
        ),
    };
    checks.push(Check::finding("tcp", format!("{address}: {what}"), remedy));
    None
}

/// What a connection that did not come about says of TLS.
fn of_tls(target: &Target, broken: &Broken) -> Check {
    let name = &target.host;
    match broken {
        Broken::NoTls => Check::finding(
            "tls",
            "the port speaks no TLS",
            "Connect without TLS, or switch it on: transit_encryption_enabled = true. With `preferred` both are taken.",
        ),
        Broken::Expired(when) => Check::finding(
            "tls",
            format!("the certificate has expired ({when})"),
            "AWS renews its certificates by itself: look for CertificateRenewalComplete among the events, and at the clock of this machine. A proxy or a server of your own needs a new one.",
        ),
        Broken::NotYet(when) => Check::finding(
            "tls",
            format!("the certificate is not valid yet ({when})"),
            "Look at the clock of this machine.",
        ),
        Broken::Name(names) => Check::finding(
            "tls",
            format!("the certificate is not for {name}: it is for {names}"),
            "Connect by the name that AWS gives (cachestack endpoints); addresses and names of your own are in none of its certificates. Through a tunnel, pass that name as the server name (SNI).",
        ),
        Broken::Untrusted(why) => Check::finding(
            "tls",
            format!("the certificate is of an authority that is not trusted here ({why})"),
            "Certificates of ElastiCache are of Amazon's public authority, which systems know: update the certificates of this machine, or name a file of them with --cacert where it is an authority of your own.",
        ),
        Broken::Other(why) => Check::finding(
            "tls",
            format!("no connection with TLS: {why}"),
            "Look at the versions of TLS: ElastiCache takes 1.2 and 1.3.",
        ),
    }
}
