//! The protocol of module registries: which versions there are of a module, and where one is fetched from.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use url::Url;

use super::source::{PUBLIC, Registry, Source, is_loopback};
use super::version::{Constraint, Version};
use super::web::{Web, get, shown, status};

/// What a registry may answer with.
const MOST: u64 = 16 << 20;

/// Asks registries.
pub struct Asker<'a> {
    /// The way there.
    pub web: &'a dyn Web,
    /// The variables of the process: tokens, and what the public registry is.
    pub process: &'a BTreeMap<String, String>,
}

impl Asker<'_> {
    /// The newest version that meets what is asked. The error is a sentence.
    pub async fn newest(&self, module: &Registry, asked: Option<&Constraint>) -> Result<Version, String> {
        let url = self.module(module, "versions").await?;
        let answer = self.json(module, &url).await?;
        let listed = answer["modules"][0]["versions"].as_array().ok_or_else(|| unclear(&url))?;
        let listed: Vec<Version> = listed.iter().filter_map(|one| Version::parse(one["version"].as_str()?)).collect();
        let any = Constraint::any();
        let meets = listed.iter().filter(|version| asked.unwrap_or(&any).allows(version));
        meets.max().cloned().ok_or_else(|| none_meets(&listed))
    }

    /// Where a version is: a repository or an archive. The error is a sentence.
    pub async fn location(&self, module: &Registry, version: &Version) -> Result<Source, String> {
        let url = self.module(module, &format!("{version}/download")).await?;
        let (answer, from) = get(self.web, &url, self.token(module).as_deref(), MOST).await?;
        if !matches!(answer.status, 200 | 204) {
            return Err(status(&answer, &from));
        }
        let written = || {
            let json: Json = serde_json::from_slice(&answer.body).ok()?;
            json["location"].as_str().map(str::to_owned)
        };
        let text =
            answer.header("x-terraform-get").map(str::to_owned).or_else(written).ok_or_else(|| unclear(&from))?;
        place(&text, &from)
    }

    /// The address of a part of the registry about a module.
    async fn module(&self, module: &Registry, part: &str) -> Result<Url, String> {
        let base = self.discover(module).await?;
        let path = format!("{}/{}/{}/{part}", module.namespace, module.name, module.provider);
        base.join(&path).map_err(|_| unclear(&base))
    }

    /// Where the registry of a host is.
    async fn discover(&self, module: &Registry) -> Result<Url, String> {
        let host = self.host(module);
        let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let scheme = if is_loopback(bare) { "http" } else { "https" };
        let url = Url::parse(&format!("{scheme}://{host}/.well-known/terraform.json"));
        let url = url.map_err(|_| format!("`{host}` is no host."))?;
        let (answer, from) = get(self.web, &url, self.token(module).as_deref(), MOST).await?;
        if answer.status != 200 {
            return Err(status(&answer, &from));
        }
        let services: Json = serde_json::from_slice(&answer.body).map_err(|_| unclear(&from))?;
        let base = services["modules.v1"].as_str().ok_or_else(|| format!("{host} has no registry of modules."))?;
        let slash = if base.ends_with('/') { "" } else { "/" };
        from.join(&format!("{base}{slash}")).map_err(|_| unclear(&from))
    }

    async fn json(&self, module: &Registry, url: &Url) -> Result<Json, String> {
        let (answer, from) = get(self.web, url, self.token(module).as_deref(), MOST).await?;
        if answer.status != 200 {
            return Err(status(&answer, &from));
        }
        serde_json::from_slice(&answer.body).map_err(|_| unclear(&from))
    }

    /// The host that is asked.
    fn host<'b>(&'b self, module: &'b Registry) -> &'b str {
        let other = self.process.get("CACHESTACK_REGISTRY").map(String::as_str).filter(|host| !host.is_empty());
        module.host.as_deref().or(other).unwrap_or(PUBLIC)
    }

    /// `TF_TOKEN_app_example_com`: dots are `_`, and hyphens are `__`.
    fn token(&self, module: &Registry) -> Option<String> {
        let host = self.host(module).to_lowercase();
        let name = format!("TF_TOKEN_{}", host.split(':').next()?.replace('-', "__").replace('.', "_"));
        let found = self.process.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        found.map(|(_, token)| token.clone()).filter(|token| !token.is_empty())
    }
}

/// What a registry or a server names as the place of a module; it may be relative to its own address.
pub fn place(text: &str, from: &Url) -> Result<Source, String> {
    let relative = ["/", "./", "../"].iter().any(|start| text.starts_with(start));
    let text = match relative {
        true => from.join(text).map_err(|_| unclear(from))?.to_string(),
        false => text.to_owned(),
    };
    match Source::parse(&text) {
        Ok(Some(source @ (Source::Git(_) | Source::Archive(_)))) => Ok(source),
        Ok(_) => Err(unclear(from)),
        Err(why) => Err(format!("{} names a place that is not used: {why}", shown(from))),
    }
}

fn none_meets(listed: &[Version]) -> String {
    let mut newest = listed.to_vec();
    newest.sort();
    let newest: Vec<String> = newest.iter().rev().take(5).map(ToString::to_string).collect();
    match newest.is_empty() {
        true => "The registry has no version of it.".to_owned(),
        false => format!("No version meets that; the newest are {}.", newest.join(", ")),
    }
}

fn unclear(url: &Url) -> String {
    format!("{} does not answer as a registry does.", shown(url))
}
