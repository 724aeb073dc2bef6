//! Where a module is that is no directory: what its `source` says, in Terraform's notation.

use std::fmt;

use url::Url;

/// Where modules without a host in their source are looked up.
pub const PUBLIC: &str = "registry.terraform.io";

/// Where a module is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A repository, fetched by the `git` program.
    Git(Git),
    /// A module of a registry.
    Registry(Registry),
    /// An archive.
    Archive(Archive),
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// What `git` is given: https, ssh or file, and http on this machine.
    pub url: String,
    /// `?ref=`: a branch, a tag or a commit.
    pub reference: Option<String>,
    /// `?depth=`: so many commits are fetched, and no more.
    pub depth: Option<u32>,
    /// The directory of the module, behind `//`.
    pub subdir: Option<String>,
}

/// A module of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The host, with a port if one is written; none for the public registry.
    pub host: Option<String>,
    /// Whose it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// For which provider.
    pub provider: String,
    /// The directory of the module, behind `//`.
    pub subdir: Option<String>,
}

/// An archive over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Where it is, or what tells where it is.
    pub url: String,
    /// What it is packed with; none where only the answer says where the module is.
    pub packed: Option<Packed>,
    /// The directory of the module, behind `//`.
    pub subdir: Option<String>,
}

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// `.tar`
    Tar,
    /// `.tar.gz`
    TarGz,
    /// `.zip`
    Zip,
}

impl Source {
    /// Reads a source that is no directory; `Ok(None)` for a text that names nothing of the kind. The error says what
    /// is wrong with it, as a sentence.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        if text.chars().any(char::is_control) {
            return Err("It has characters that no address has.".to_owned());
        }
        match text.split_once("::") {
            Some(("git", rest)) => git(rest).map(Some),
            Some(("http" | "https", rest)) => archive(rest).map(Some),
            Some((getter, _)) if getter.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(format!("Nothing is fetched by way of `{getter}::`, only from git, registries and archives."))
            }
            _ if text.starts_with("git@") || ["github.com/", "bitbucket.org/"].iter().any(|h| text.starts_with(h)) => {
                git(text).map(Some)
            }
            _ if text.starts_with("http://") || text.starts_with("https://") => archive(text).map(Some),
            _ if text.contains("://") => Err("Write git:: before the address of a repository.".to_owned()),
            _ => Ok(registry(text).map(Source::Registry)),
        }
    }

    /// The directory of the module in what is fetched.
    pub fn subdir(&self) -> Option<&str> {
        match self {
            Source::Git(git) => git.subdir.as_deref(),
            Source::Registry(registry) => registry.subdir.as_deref(),
            Source::Archive(archive) => archive.subdir.as_deref(),
        }
    }

    /// What is fetched as a whole, in one spelling: without the directory in it and without `depth`.
    pub fn package(&self) -> String {
        match self {
            Source::Git(Git { url, reference: Some(reference), .. }) => {
                format!("git::{url}{}ref={reference}", if url.contains('?') { '&' } else { '?' })
            }
            Source::Git(git) => format!("git::{}", git.url),
            Source::Archive(archive) => archive.url.clone(),
            Source::Registry(registry) => registry.to_string(),
        }
    }

    /// A name for a folder.
    pub fn short(&self) -> &str {
        let last = |url: &'_ str| url.trim_end_matches('/').rsplit('/').next().map_or(0, |last| url.len() - last.len());
        match self {
            Source::Registry(registry) => &registry.name,
            Source::Git(git) => git.url[last(&git.url)..].trim_end_matches(".git"),
            Source::Archive(archive) => archive.url[last(&archive.url)..].split(['.', '?']).next().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or(PUBLIC);
        write!(f, "{host}/{}/{}/{}", self.namespace, self.name, self.provider)
    }
}

/// Whether this is this machine, where nobody listens in.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `NAMESPACE/NAME/PROVIDER`, with a host before it or without.
fn registry(text: &str) -> Option<Registry> {
    let (text, subdir) = match text.split_once("//") {
        Some((text, subdir)) => (text, Some(subdirectory(subdir).ok()??)),
        None => (text, None),
    };
    let parts: Vec<&str> = text.split('/').collect();
    let (host, names) = match &parts[..] {
        names if names.len() == 3 => (None, names),
        [host, names @ ..] if names.len() == 3 && is_host(host) => (Some(host.to_lowercase()), names),
        _ => return None,
    };
    let ends = |name: &str| !name.starts_with(['-', '_']) && !name.ends_with(['-', '_']);
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let is_name = |name: &str| (1..=64).contains(&name.len()) && plain(name) && ends(name);
    let is_provider = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !names.iter().all(|name| is_name(name)) || !is_provider(names[2]) {
        return None;
    }
    let [namespace, name, provider] = [names[0], names[1], names[2]].map(str::to_owned);
    Some(Registry { host: host.filter(|host| host != PUBLIC), namespace, name, provider, subdir })
}

/// A name of the DNS with a dot, or one with a port.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let port = match port {
        Some(port) => port.parse::<u16>().is_ok(),
        None => name.contains('.'),
    };
    port && name.split('.').all(label)
}

/// Behind `//`: names with slashes between them, none of them `..`.
fn subdirectory(text: &str) -> Result<Option<String>, String> {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("What stands behind // cannot lead out of the package.".to_owned());
    }
    Ok(Some(parts.join("/")).filter(|text| !text.is_empty()))
}

/// An address, the directory in the package, and the arguments behind the question mark.
fn taken_apart(text: &str) -> Result<(String, Option<String>, Vec<(String, String)>), String> {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let (address, subdir) = match address[scheme..].find("//") {
        Some(at) => (&address[..scheme + at], subdirectory(&address[scheme + at + 2..])?),
        None => (address, None),
    };
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Ok((address.to_owned(), subdir, query))
}

fn git(text: &str) -> Result<Source, String> {
    let (mut address, mut subdir, query) = taken_apart(text)?;
    if let Some((path, inner)) = of_known_host(&address)? {
        address = path;
        subdir = match (inner, subdir) {
            (Some(inner), Some(rest)) => Some(format!("{inner}/{rest}")),
            (inner, subdir) => inner.or(subdir),
        };
    } else if address.starts_with('/') {
        address = format!("file://{address}");
    } else if let Some((user, path)) = address.split_once(':').filter(|_| !address.contains("://")) {
        // As `git` itself writes it: git@host:path.
        if !user.contains('@') || path.is_empty() {
            return Err(unclear());
        }
        address = format!("ssh://{user}/{}", path.trim_start_matches('/'));
    }
    let mut url = Url::parse(&address).map_err(|_| unclear())?;
    checked(&url, &["https", "ssh", "file", "http"])?;
    let (mut reference, mut depth) = (None, None);
    for (name, value) in query {
        match &*name {
            "ref" => reference = Some(checked_ref(value)?),
            "depth" => {
                depth = Some(value.parse().ok().filter(|depth| *depth > 0).ok_or("`depth` is a number from 1 on.")?)
            }
            "sshkey" => {
                return Err("A key in an address is a secret in the open; keep it with the ssh agent.".to_owned());
            }
            _ => drop(url.query_pairs_mut().append_pair(&name, &value)),
        }
    }
    Ok(Source::Git(Git { url: url.to_string(), reference, depth, subdir }))
}

/// `github.com/OWNER/NAME`: the address of the repository, and the directory that is written behind it.
fn of_known_host(address: &str) -> Result<Option<(String, Option<String>)>, String> {
    if !["github.com/", "bitbucket.org/"].iter().any(|host| address.starts_with(host)) {
        return Ok(None);
    }
    let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
    let [host, owner, name, inner @ ..] = &parts[..] else {
        return Err("A repository there has an owner and a name: github.com/OWNER/NAME.".to_owned());
    };
    let url = format!("https://{host}/{owner}/{}.git", name.trim_end_matches(".git"));
    Ok(Some((url, subdirectory(&inner.join("/"))?)))
}

fn archive(text: &str) -> Result<Source, String> {
    let (address, subdir, query) = taken_apart(text)?;
    let mut url = Url::parse(&address).map_err(|_| unclear())?;
    checked(&url, &["https", "http"])?;
    let mut packed = packed_by_name(url.path());
    for (name, value) in query {
        match &*name {
            "archive" => {
                let known = packed_by_name(&format!(".{value}"));
                packed = Some(known.ok_or(format!("An archive of the sort `{value}` cannot be unpacked."))?);
            }
            "checksum" => return Err("`checksum` is not compared; the lock file keeps one of the content.".to_owned()),
            _ => drop(url.query_pairs_mut().append_pair(&name, &value)),
        }
    }
    Ok(Source::Archive(Archive { url: url.to_string(), packed, subdir }))
}

fn packed_by_name(path: &str) -> Option<Packed> {
    let ends = |ending: &[&str]| ending.iter().any(|ending| path.ends_with(ending));
    match () {
        () if ends(&[".tar.gz", ".tgz"]) => Some(Packed::TarGz),
        () if ends(&[".tar"]) => Some(Packed::Tar),
        () if ends(&[".zip"]) => Some(Packed::Zip),
        () => None,
    }
}

/// Only what does not let others read or change what is fetched, and nothing that `git` would take for an option.
fn checked(url: &Url, schemes: &[&str]) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    if !schemes.contains(&url.scheme()) {
        return Err(format!("Nothing is fetched over `{}`; use https or ssh.", url.scheme()));
    }
    if url.scheme() == "http" && !is_loopback(host) {
        return Err("Over plain http anybody on the way could change the module; use https.".to_owned());
    }
    if url.password().is_some() || url.scheme() != "ssh" && !url.username().is_empty() {
        return Err("An address holds no user and password; leave them to the credential helper of git.".to_owned());
    }
    if (host.is_empty() || host.starts_with('-')) && url.scheme() != "file" || url.username().starts_with('-') {
        return Err(unclear());
    }
    Ok(())
}

/// A branch, a tag or a commit, and nothing that `git` would take for something else.
fn checked_ref(text: String) -> Result<String, String> {
    let wrong = |c: char| c.is_whitespace() || "~^:?*[\\".contains(c);
    match text.is_empty() || text.starts_with('-') || text.contains("..") || text.contains(wrong) {
        true => Err("`ref` is a branch, a tag or a commit.".to_owned()),
        false => Ok(text),
    }
}

fn unclear() -> String {
    "It is no address of a repository or an archive.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is fetched, and the directory in it; the beginning of what is wrong; or nothing.
    fn told(text: &str) -> String {
        match Source::parse(text) {
            Ok(Some(source)) => format!("{} {}", source.package(), source.subdir().unwrap_or("-")),
            Ok(None) => "none".to_owned(),
            Err(why) => format!("wrong: {why}"),
        }
    }

    #[test]
    fn sources_are_those_of_terraform() {
        let cases = [
            ("acme/vpc/aws", "registry.terraform.io/acme/vpc/aws -"),
            ("registry.terraform.io/acme/vpc/aws", "registry.terraform.io/acme/vpc/aws -"),
            ("acme/vpc/aws//modules/x", "registry.terraform.io/acme/vpc/aws modules/x"),
            ("App.example.com/a_b/c-d/aws", "app.example.com/a_b/c-d/aws -"),
            ("localhost:8080/a/b/aws", "localhost:8080/a/b/aws -"),
            ("gitlab.com/a/b/c", "gitlab.com/a/b/c -"),
            ("gitlab.com/a/b", "none"),
            ("A/B/AWS", "none"),
            ("a/b", "none"),
            ("modules/cache", "none"),
            ("a/b/c?ref=v1", "none"),
            ("a/b/-c", "none"),
            (".terraform/a/x", "none"),
            ("a/b/c//..", "none"),
            ("github.com/a/b", "git::https://github.com/a/b.git -"),
            ("github.com/a/b.git//c?ref=v1", "git::https://github.com/a/b.git?ref=v1 c"),
            ("github.com/a/b/c//d", "git::https://github.com/a/b.git c/d"),
            ("git@github.com:a/b.git//x?ref=main", "git::ssh://git@github.com/a/b.git?ref=main x"),
            ("git::git@example.com:a.git", "git::ssh://git@example.com/a.git -"),
            ("git::https://example.com/a.git?ref=v1&depth=1", "git::https://example.com/a.git?ref=v1 -"),
            ("git::https://example.com/a.git//m?x=1&ref=v1", "git::https://example.com/a.git?x=1&ref=v1 m"),
            ("git::ssh://git@example.com:2222/a.git", "git::ssh://git@example.com:2222/a.git -"),
            ("git::file:///srv/a//m", "git::file:///srv/a m"),
            ("git::/srv/a", "git::file:///srv/a -"),
            ("https://example.com/a.tar.gz//m", "https://example.com/a.tar.gz m"),
            ("https://example.com/a?archive=zip", "https://example.com/a -"),
            ("http://127.0.0.1:80/a.zip", "http://127.0.0.1/a.zip -"),
            ("http://example.com/a.zip", "wrong: Over plain http"),
            ("git::http://example.com/a", "wrong: Over plain http"),
            ("git::ext::sh -c x", "wrong: It is no address"),
            ("git::ext://sh", "wrong: Nothing is fetched over `ext`"),
            ("git::--upload-pack=x", "wrong: It is no address"),
            ("git::ssh://-oProxyCommand=x/y", "wrong: It is no address"),
            ("git::ssh://-x@host/y", "wrong: It is no address"),
            ("git::https://example.com/a?ref=--upload-pack=x", "wrong: `ref` is"),
            ("git::https://example.com/a?ref=", "wrong: `ref` is"),
            ("git::https://example.com/a?depth=0", "wrong: `depth` is"),
            ("git::https://example.com/a?sshkey=QQ==", "wrong: A key in an address"),
            ("git::https://u:hunter@example.com/a", "wrong: An address holds no user"),
            ("git::https://example.com/a//../..", "wrong: What stands behind //"),
            ("s3::https://example.com/a", "wrong: Nothing is fetched by way of `s3::`"),
            ("ssh://git@example.com/a", "wrong: Write git::"),
            ("github.com/a", "wrong: A repository there has"),
            ("https://example.com/a?archive=rar", "wrong: An archive of the sort `rar`"),
            ("https://example.com/a.zip\n", "wrong: It has characters"),
            ("", "none"),
        ];
        for (text, want) in cases {
            let found = told(text);
            assert!(if want.starts_with("wrong") { found.starts_with(want) } else { found == want }, "{text}: {found}");
        }
    }

    #[test]
    fn a_folder_has_a_readable_name() {
        let cases = [
            ("acme/vpc/aws", "vpc"),
            ("git::https://example.com/x/redis.git?ref=v1", "redis"),
            ("https://example.com/x/cache.tar.gz", "cache"),
        ];
        for (text, want) in cases {
            assert_eq!(Source::parse(text).expect("a source").expect("a source").short(), want, "{text}");
        }
    }
}
