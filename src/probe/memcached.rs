//! What a server of Memcached says of itself.

use std::io;

use super::Check;
use super::link::Link;
use super::resp::Talk;

/// Asks for the version.
pub fn examine(link: Link, checks: &mut Vec<Check>) {
    let mut talk = Talk::new(link);
    let mut ask = || -> io::Result<String> {
        talk.send(b"version\r\n")?;
        talk.line()
    };
    checks.push(match ask() {
        Ok(line) if line.starts_with("VERSION ") => Check::fine("ping", format!("memcached {}", &line[8..])),
        Ok(line) if line.contains("unauthenticated") => Check::finding(
            "auth",
            "the server wants a log-in",
            "Nodes of ElastiCache have none: something else listens there. Compare with cachestack endpoints.",
        ),
        Ok(line) => Check::finding(
            "ping",
            format!("what came is not the protocol of Memcached: {}", line.chars().take(60).collect::<String>()),
            "Something else listens there: compare with cachestack endpoints.",
        ),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Check::finding(
            "tls",
            "the server hangs up without a word: the port has TLS",
            "Connect with TLS: transit_encryption_enabled of the cluster says so.",
        ),
        Err(error) => Check::finding(
            "ping",
            format!("no answer ({error})"),
            "The node is down or full: look at its events and at cachestack metrics.",
        ),
    });
}
