// Embeds the emulator in a Rust program, with no port and no waiting: `cargo run --example embed_emulator`.
//
// The clock is virtual, so that a creation that takes minutes in AWS is over as soon as the clock is moved.

use cachestack_emulator::clock::VirtualClock;
use cachestack_emulator::{Emulator, Options, Request, Speed};
use std::sync::Arc;
use std::time::Duration;

/// Sends a query request of ElastiCache, as any client would over HTTP.
fn send(emulator: &Emulator, fields: &str) -> String {
    let scope = "123456789012/20270115/eu-west-1/elasticache/aws4_request";
    let response = emulator.handle(&Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![("Authorization".into(), format!("AWS4-HMAC-SHA256 Credential={scope}"))],
        body: fields.as_bytes().to_vec(),
    });
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The text of the first element of that name.
fn element<'a>(answer: &'a str, name: &str) -> &'a str {
    answer.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or("")
}

/// Makes a group, lets ten minutes pass, and returns its status before and after.
fn run() -> (String, String) {
    let clock = VirtualClock::at(1_800_000_000);
    let emulator =
        Emulator::in_memory(Options { speed: Speed::Real, clock: Arc::new(clock.clone()), ..Options::default() });
    let create = "Action=CreateReplicationGroup&ReplicationGroupId=cache&ReplicationGroupDescription=an+example\
                  &CacheNodeType=cache.t4g.micro&NumCacheClusters=2";
    let before = element(&send(&emulator, create), "Status").to_owned();
    clock.advance(Duration::from_secs(600));
    let show = "Action=DescribeReplicationGroups&ReplicationGroupId=cache";
    let after = element(&send(&emulator, show), "Status").to_owned();
    (before, after)
}

fn main() {
    let (before, after) = run();
    println!("the group was {before}, and ten minutes later it is {after}");
    assert_eq!((before.as_str(), after.as_str()), ("creating", "available"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn time_brings_the_group_up() {
        let (before, after) = super::run();
        assert_eq!((before.as_str(), after.as_str()), ("creating", "available"));
    }
}
