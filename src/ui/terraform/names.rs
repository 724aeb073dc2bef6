//! What Terraform calls things: types, addresses, providers.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::address::{Address, Key, Mode, module_prefix};
use crate::kinds;
use crate::kinds::our_name;

/// The type of an address.
pub fn kind(mode: Mode, kind: &str) -> String {
    let ours = our_name(kind);
    let managed = || kinds::get(ours).map(|kind| kind.schema());
    let schema = match mode {
        Mode::Managed => managed(),
        Mode::Data => kinds::lookups::get(ours),
        Mode::Ephemeral => kinds::lookups::ephemeral(ours),
    };
    schema.map_or_else(|| kind.to_owned(), |schema| schema.terraform.to_owned())
}

/// An address.
pub fn address(address: &Address) -> String {
    Address { kind: kind(address.mode, &address.kind).into(), ..address.clone() }.to_string()
}

/// The address of the module of an address; empty for the root.
pub fn module(address: &Address) -> String {
    module_prefix(&address.module).trim_end_matches('.').to_owned()
}

/// The first module of a way: `module.a["x.y"]` of `module.a["x.y"].module.b`.
pub fn first_module(way: &str) -> &str {
    let (mut quoted, mut escaped, mut dots) = (false, false, 0);
    for (at, letter) in way.char_indices() {
        match letter {
            '"' if !escaped => quoted = !quoted,
            '.' if !quoted => dots += 1,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if dots == 2 {
            return &way[..at];
        }
    }
    way
}

/// The source address of the provider of a type.
pub fn provider(kind: &str) -> &'static str {
    match kind.split('_').next() {
        Some("random") => "registry.terraform.io/hashicorp/random",
        Some("time") => "registry.terraform.io/hashicorp/time",
        Some("null") => "registry.terraform.io/hashicorp/null",
        Some("terraform") => "terraform.io/builtin/terraform",
        _ => "registry.terraform.io/hashicorp/aws",
    }
}

/// The short name of that provider.
pub fn provider_key(kind: &str) -> &'static str {
    provider(kind).rsplit('/').next().unwrap_or("aws")
}

/// The number of Terraform's schema of a type. Source: provider aws 5.100, random 3, time 0.
pub fn schema_version(address: &Address) -> u32 {
    if address.mode != Mode::Managed {
        return 0;
    }
    match &*kind(address.mode, &address.kind) {
        "aws_elasticache_replication_group" | "aws_security_group_rule" => 2,
        "aws_security_group" | "aws_cloudwatch_metric_alarm" => 1,
        "random_password" => 3,
        "random_string" => 2,
        _ => 0,
    }
}

/// What tells an instance in every list.
pub fn identity(of: &Address) -> Map<String, Json> {
    let mut members = Map::new();
    members.insert("address".into(), address(of).into());
    if !of.module.is_empty() {
        members.insert("module_address".into(), module(of).into());
    }
    let kind = kind(of.mode, &of.kind);
    members.insert("mode".into(), if of.mode == Mode::Managed { "managed" } else { "data" }.into());
    members.insert("type".into(), kind.as_str().into());
    members.insert("name".into(), (&*of.name).into());
    match &of.key {
        Some(Key::Index(index)) => drop(members.insert("index".into(), (*index).into())),
        Some(Key::Name(name)) => drop(members.insert("index".into(), (&**name).into())),
        None => {}
    }
    members.insert("provider_name".into(), provider(&kind).into());
    members
}

/// Eight hex digits that tell an object with a successor from others of its address.
pub fn deposed(id: &str) -> String {
    Sha256::digest(id).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_apart_by_their_dots() {
        for (way, first) in [
            ("module.a", "module.a"),
            ("module.a.module.b", "module.a"),
            ("module.a[\"x.y\"].module.b", "module.a[\"x.y\"]"),
            ("module.a[\"x\\\".y\"].module.b[0]", "module.a[\"x\\\".y\"]"),
            ("module.a[1].module.b", "module.a[1]"),
        ] {
            assert_eq!(first_module(way), first);
        }
    }
}
