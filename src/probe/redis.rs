//! What a server of Redis or Valkey says of itself. Whoever logs in may not be allowed to ask everything: that is said,
//! and is no finding beyond what clients need themselves.

use std::collections::BTreeMap;
use std::io;

use super::link::Link;
use super::resp::{Reply, Talk};
use super::{Check, Target};

/// All slots of a cluster.
const SLOTS: i64 = 16_384;
const NOT_ASKED: &str = "not looked at, as nobody is logged in";

/// Looks at everything behind the connection.
pub fn examine(link: Link, target: &Target, checks: &mut Vec<Check>) {
    let mut talk = Talk::new(link);
    let mut go = || -> io::Result<()> {
        if !logged_in(&mut talk, target, checks)? || !pinged(&mut talk, target, checks)? {
            return Ok(());
        }
        let info = info(&mut talk)?;
        role(&mut talk, target, info.as_ref(), checks)?;
        cluster(&mut talk, checks)
    };
    if let Err(error) = go() {
        checks.push(broken(target, &error));
    }
}

/// A connection that breaks off: without a byte it is a port with TLS.
fn broken(target: &Target, error: &io::Error) -> Check {
    use io::ErrorKind::{ConnectionReset, InvalidData, TimedOut, UnexpectedEof, WouldBlock};
    match error.kind() {
        UnexpectedEof | ConnectionReset if target.tls == super::Tls::No => Check::finding(
            "tls",
            "the server hangs up without a word: the port has TLS",
            "Connect with TLS: rediss://, --tls of the client.",
        ),
        TimedOut | WouldBlock => Check::finding(
            "ping",
            "no answer within three seconds",
            "The server is at something long: look at its CPU (cachestack metrics), its slow log and its events.",
        ),
        InvalidData => Check::finding(
            "ping",
            error.to_string(),
            "Something else listens there: compare with cachestack endpoints.",
        ),
        _ => {
            Check::finding("ping", format!("the connection broke off ({error})"), "Try again, and look at the events.")
        }
    }
}

/// Logs in, where there is something to log in with. Whether it goes on.
fn logged_in(talk: &mut Talk, target: &Target, checks: &mut Vec<Check>) -> io::Result<bool> {
    let Some(secret) = &target.secret else {
        return Ok(true);
    };
    let reply = match &target.user {
        Some(user) => talk.ask(&["AUTH", user, secret])?,
        None => talk.ask(&["AUTH", secret])?,
    };
    let who = target.user.as_deref().unwrap_or("the default user");
    checks.push(match &reply {
        Reply::Text(_) => Check::fine("auth", format!("{who} is logged in")),
        reply if reply.is("WRONGPASS") => Check::finding(
            "auth",
            format!("{who} is not let in: the name is unknown or disabled, or the token or password is wrong"),
            "Compare the secret with what was applied last: a rotation that was finished shuts the former token out. A user must be in a group of the cache, and on.",
        ),
        Reply::Refused(_, text) if text.contains("without any password") => Check::finding(
            "auth",
            "the server wants no token, and one is given",
            "Give none; or set auth_token of the group, or users, and apply.",
        ),
        Reply::Refused(code, text) => refusal("auth", code, text),
        _ => Check::finding("auth", "what came is no answer", "Something else listens there."),
    });
    Ok(matches!(reply, Reply::Text(_)))
}

/// Whether it goes on.
fn pinged(talk: &mut Talk, target: &Target, checks: &mut Vec<Check>) -> io::Result<bool> {
    let reply = talk.ask(&["PING"])?;
    let (check, goes_on) = match &reply {
        Reply::Text(_) => (Check::fine("ping", "PONG"), true),
        reply if reply.is("NOAUTH") => (
            Check::finding(
                "auth",
                "the server wants a token or a user, and none is given",
                "Clients must send AUTH: with the token of the group (auth_token), or as a user of one of its user groups. Name a secret to look further (--token-env, --user).",
            ),
            false,
        ),
        reply if reply.is("NOPERM") => (
            Check::finding(
                "ping",
                format!(
                    "{} may not PING: the server is reached and the log-in is right",
                    target.user.as_deref().unwrap_or("the user")
                ),
                "Clients ask that of every connection: add +@connection to the access string, and +cluster|slots +cluster|shards +cluster|nodes +cluster|info where the group has cluster mode.",
            ),
            true,
        ),
        Reply::Refused(code, text) => (refusal("ping", code, text), false),
        _ => (Check::finding("ping", "what came is no PONG", "Something else listens there."), false),
    };
    checks.push(check);
    if !goes_on {
        ["role", "cluster"].iter().for_each(|name| checks.push(Check::skipped(name, NOT_ASKED)));
    }
    Ok(goes_on)
}

/// What a server refuses everybody for a while.
fn refusal(name: &'static str, code: &str, text: &str) -> Check {
    let remedy = match code {
        "LOADING" => "It reads its data, after a restart or a restore: wait until that is done.",
        "MASTERDOWN" => "The replica has lost its primary: look at the events, and at replication.",
        "CLUSTERDOWN" => "Slots are not covered, or too few primaries are there: look at the events.",
        "DENIED" => "The server is in protected mode: it lets nobody in from elsewhere without a password.",
        "ERR" if text.contains("max number of clients") => {
            "Every connection is taken: find clients that open more and more (CurrConnections, NewConnections), use a pool, set timeout; or take a bigger node type."
        }
        _ => "The words are the server's.",
    };
    Check::finding(name, format!("{code} {text}"), remedy)
}

/// `INFO replication` by its names; none where that is not allowed.
fn info(talk: &mut Talk) -> io::Result<Option<BTreeMap<String, String>>> {
    let reply = talk.ask(&["INFO", "replication"])?;
    let pairs = |text: &str| {
        let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    Ok(reply.text().map(pairs))
}

fn role(
    talk: &mut Talk,
    target: &Target,
    info: Option<&BTreeMap<String, String>>,
    checks: &mut Vec<Check>,
) -> io::Result<()> {
    let told = |name: &str| info.and_then(|info| info.get(name)).map(String::as_str);
    let reply = talk.ask(&["ROLE"])?;
    let first = reply.items().first().and_then(Reply::text);
    let Some(role) = first.or(told("role")) else {
        checks.push(Check::skipped("role", "the user may not ask (ROLE, INFO)"));
        return Ok(());
    };
    if role != "master" {
        checks.push(Check::fine("role", "a replica: it takes no writes"));
        let link = told("master_link_status").or(reply.items().get(3).and_then(Reply::text)).unwrap_or("unknown");
        checks.push(match link {
            "up" | "connected" => Check::fine("replication", "the link to the primary is up"),
            other => Check::finding(
                "replication",
                format!("the link to the primary is {other}: what is read here grows old"),
                "Look at the events and at the primary: it is down, or the replica cannot keep up (ReplicationLag, network of the node type, reserved memory).",
            ),
        });
        return Ok(());
    }
    checks.push(Check::fine("role", "the primary"));
    let Some(connected) = told("connected_slaves").and_then(|count| count.parse::<u32>().ok()) else { return Ok(()) };
    checks.push(match target.replicas {
        Some(wanted) if connected < wanted => Check::finding(
            "replication",
            format!("{connected} of {wanted} replicas follow"),
            "Look at the events: a replica is down, or fills itself anew.",
        ),
        _ => Check::fine("replication", format!("{connected} replicas follow")),
    });
    Ok(())
}

fn cluster(talk: &mut Talk, checks: &mut Vec<Check>) -> io::Result<()> {
    let reply = talk.ask(&["CLUSTER", "INFO"])?;
    let text = match &reply {
        Reply::Text(text) => text,
        Reply::Refused(_, text) if text.contains("cluster support disabled") => {
            checks.push(Check::skipped("cluster", "the server has no cluster mode"));
            return Ok(());
        }
        _ => {
            checks.push(Check::skipped("cluster", "the user may not ask (CLUSTER INFO)"));
            return Ok(());
        }
    };
    let told = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    let missing = missing(&talk.ask(&["CLUSTER", "SLOTS"])?);
    let failing = told("cluster_slots_fail").and_then(|count| count.parse::<i64>().ok()).unwrap_or(0);
    let remedy = "A shard has lost its nodes, or a move of slots was cut off: look at the events, and let AWS replace the nodes; a shard without replicas loses its slots with its node.";
    checks.push(match (told("cluster_state"), missing.as_str(), failing) {
        (_, slots, _) if !slots.is_empty() => {
            Check::finding("cluster", format!("no shard covers the slots {slots}: clients that need them fail"), remedy)
        }
        (_, _, count) if count > 0 => {
            Check::finding("cluster", format!("{count} slots are of nodes that have failed"), remedy)
        }
        (Some("ok"), ..) => Check::fine("cluster", format!("all {SLOTS} slots are covered")),
        (state, ..) => {
            Check::finding("cluster", format!("the cluster says that it is {}", state.unwrap_or("unknown")), remedy)
        }
    });
    Ok(())
}

/// The slots that no shard covers: `0-99, 200`.
fn missing(slots: &Reply) -> String {
    let bound = |range: &Reply, at: usize| range.items().get(at).and_then(Reply::text)?.parse::<i64>().ok();
    let mut covered: Vec<(i64, i64)> =
        slots.items().iter().filter_map(|range| Some((bound(range, 0)?, bound(range, 1)?))).collect();
    covered.sort_unstable();
    let (mut next, mut gaps) = (0, Vec::new());
    for (first, last) in covered.into_iter().chain([(SLOTS, SLOTS)]) {
        if first > next {
            gaps.push(if first - 1 == next { next.to_string() } else { format!("{next}-{}", first - 1) });
        }
        next = next.max(last + 1);
    }
    gaps.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_that_nobody_covers_are_found() {
        let range = |first: i64, last: i64| {
            Reply::Many(vec![Reply::Text(first.to_string()), Reply::Text(last.to_string()), Reply::Many(Vec::new())])
        };
        let cases: [(&[(i64, i64)], &str); 5] = [
            (&[(0, 16_383)], ""),
            (&[(8192, 16_383), (0, 8191)], ""),
            (&[], "0-16383"),
            (&[(1, 99), (101, 16_382)], "0, 100, 16383"),
            (&[(0, 5000), (10_000, 16_383)], "5001-9999"),
        ];
        for (ranges, want) in cases {
            let reply = Reply::Many(ranges.iter().map(|(first, last)| range(*first, *last)).collect());
            assert_eq!(missing(&reply), want, "{ranges:?}");
        }
    }
}
