//! Who may talk to the emulator over a socket: clients of AWS and tools of its user, and no web page.
//!
//! A page in a browser can send requests to every port of the machine. What gives it away is its `Origin` or
//! `Sec-Fetch-Site`, which browsers add and pages cannot leave out; or, where it has made the name of its own server
//! stand for this machine (DNS rebinding), the `Host`. The control API wants a header of its own, too, which a page
//! can only send after asking, and the answer to that is no.

use std::net::{IpAddr, SocketAddr};

use super::Request;

/// Must be 1 in requests to the control API, but for the one whether the emulator serves.
pub const CONTROL: &str = "X-Cachestack-Control";
const PATH: &str = "/_cachestack/";

/// The names by which the emulator may be called.
#[derive(Debug, Clone)]
pub struct Gate {
    listens: Option<IpAddr>,
    names: Vec<String>,
}

impl Gate {
    /// For an emulator that listens on an address, and is called by further names.
    pub fn new(listens: Option<SocketAddr>, names: &[String]) -> Self {
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { listens: listens.map(|address| address.ip()), names }
    }

    /// Why a request is refused before anything is done for it. `authority` is that of its address, where it has one.
    pub fn refusal(&self, request: &Request, authority: Option<&str>) -> Option<String> {
        let all = |name: &'static str| {
            let same = move |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
            request.headers.iter().filter(same).map(|(_, value)| value.as_str())
        };
        let hosts: Vec<&str> = all("host").chain(authority).collect();
        if let Some(host) = hosts.iter().find(|host| !self.knows(host)) {
            let name = name_of(host).unwrap_or(host);
            return Some(format!("{host:?} is not a name of this emulator; --allow-host {name} makes it one"));
        }
        let own = |origin: &str| hosts.iter().any(|host| origin.eq_ignore_ascii_case(&format!("http://{host}")));
        if let Some(origin) = all("origin").find(|origin| !own(origin)) {
            return Some(format!("{origin:?} is a web page, and none may use this emulator"));
        }
        // `none` is what a person typed into a browser.
        if all("sec-fetch-site").any(|site| !matches!(site, "none" | "same-origin")) {
            return Some("a web page asks for this, and none may use this emulator".to_owned());
        }
        let control = request.path.strip_prefix(PATH).map(|path| path.split('?').next().unwrap_or(path));
        if control.is_some_and(|path| path != "health" || request.method != "GET") && !all(CONTROL).eq(["1"]) {
            return Some(format!("requests to {PATH} need the header {CONTROL}: 1"));
        }
        None
    }

    /// Whether a host, with or without its port, is this emulator.
    fn knows(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else { return false };
        let name = name.to_ascii_lowercase();
        match name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // An address is nothing that somebody else could make stand for this machine.
            Ok(address) => {
                address.to_canonical().is_loopback()
                    || self.listens.is_some_and(|listens| listens.is_unspecified() || listens == address)
                    || self.names.contains(&name)
            }
            Err(_) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                name == "localhost" || self.names.iter().any(|known| known == name)
            }
        }
    }
}

/// The host without its port.
fn name_of(host: &str) -> Option<&str> {
    let name = match host.strip_prefix('[') {
        Some(rest) => &host[..rest.find(']')? + 2],
        None => host.split(':').next()?,
    };
    let port = host[name.len()..].strip_prefix(':');
    let fits = match port {
        Some(port) => !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()),
        None => host.len() == name.len(),
    };
    Some(name).filter(|name| !name.is_empty() && fits)
}
