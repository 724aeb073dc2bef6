//! A server as a person names it.

/// A server that is named by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name or address, an IPv6 address without brackets.
    pub host: String,
    /// Its port, never 0.
    pub port: u16,
    /// Whether clients come with TLS, where a scheme says so.
    pub tls: Option<bool>,
}

/// The schemes that clients of caches take, and whether they mean TLS.
const SCHEMES: [(&str, bool); 4] = [("redis", false), ("rediss", true), ("valkey", false), ("valkeys", true)];

/// Reads `HOST:PORT`, `[::1]:6379` or `rediss://HOST:PORT/0`; nothing where there is neither a port nor a scheme.
///
/// # Errors
/// It is meant as a server and is none. What may be a password is not repeated.
pub fn server(text: &str) -> Option<Result<Server, String>> {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    (scheme.is_some() || rest.contains(':')).then(|| read(scheme, rest))
}

fn read(scheme: Option<&str>, rest: &str) -> Result<Server, String> {
    if rest.contains('@') {
        return Err("name the server only, HOST:PORT: who logs in is said with --user and --token-env".to_owned());
    }
    let of = |scheme: &str| SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, tls)| *tls);
    let tls = match scheme {
        Some(scheme) => Some(of(scheme).ok_or("a cache has redis:// or, with TLS, rediss:// before its name")?),
        None => None,
    };
    // A path is the number of a database, which makes no difference here.
    let rest = if scheme.is_some() { rest.split(['/', '?']).next().unwrap_or(rest) } else { rest };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (rest, "6379"),
    };
    let port = port.parse().ok().filter(|port| *port != 0).ok_or("its port is no number from 1 to 65535")?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare.unwrap_or(host) {
        "" => Err("there is no name before the port".to_owned()),
        host if bare.is_none() && host.contains(':') => Err("an IPv6 address is written [::1]:6379".to_owned()),
        host => Ok(Server { host: host.to_owned(), port, tls }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read() {
        let cases: [(&str, Option<Result<(&str, u16, Option<bool>), &str>>); 16] = [
            ("h:6379", Some(Ok(("h", 6379, None)))),
            ("[::1]:6379", Some(Ok(("::1", 6379, None)))),
            ("redis://h", Some(Ok(("h", 6379, Some(false))))),
            ("redis://h:6380/2", Some(Ok(("h", 6380, Some(false))))),
            ("rediss://[::1]", Some(Ok(("::1", 6379, Some(true))))),
            ("valkeys://h:1?x=y", Some(Ok(("h", 1, Some(true))))),
            ("localhost", None),
            ("h:", Some(Err("its port"))),
            ("h:0", Some(Err("its port"))),
            ("h:-1", Some(Err("its port"))),
            ("h:65536", Some(Err("its port"))),
            (":6379", Some(Err("there is no name"))),
            ("::1:6379", Some(Err("an IPv6"))),
            ("https://h", Some(Err("a cache has"))),
            ("redis://user:secret@h:6379", Some(Err("name the server only"))),
            ("user:secret@h", Some(Err("name the server only"))),
        ];
        for (text, want) in cases {
            let found = server(text);
            let found = found.as_ref().map(|found| found.as_ref().map(|own| (own.host.as_str(), own.port, own.tls)));
            match (found, want) {
                (Some(Err(why)), Some(Err(start))) => assert!(why.starts_with(start), "{text}: {why}"),
                (found, want) => assert_eq!(found, want.map(|want| want.map_err(|_| unreachable!())), "{text}"),
            }
        }
    }
}
