//! The stacks under `stacks/`, built into the binary.

/// The files of a template: names and texts.
pub type Template = &'static [(&'static str, &'static str)];

macro_rules! templates {
    ($($name:literal: [$($file:literal),+]),+ $(,)?) => {
        const TEMPLATES: &[(&str, Template)] = &[
            $(($name, &[$(($file, include_str!(concat!("../stacks/", $name, "/", $file)))),+])),+
        ];
    };
}

templates! {
    "access": ["main.hcl"],
    "advanced": ["main.hcl"],
    "application": ["main.hcl"],
    "backup": ["main.hcl"],
    "basic": ["main.hcl"],
    "cost-optimised": ["main.hcl"],
    "dependencies": ["main.hcl"],
    "ecommerce": ["main.hcl"],
    "encryption": ["main.hcl"],
    "global-datastore": ["main.hcl"],
    "global-datastore-aliases": ["main.hcl", "main.tf"],
    "guide": [
        "main.hcl",
        "basic.tf",
        "configured.tf",
        "global.tf",
        "kept.tf",
        "network.tf",
        "repeated.tf",
        "small.tf",
        "watched.tf"
    ],
    "logging": ["main.hcl"],
    "generated": ["main.hcl"],
    "memcached": ["main.hcl"],
    "memcached-basic": ["main.hcl"],
    "microservices": ["main.hcl"],
    "monitoring": ["main.hcl"],
    "multi-environment": ["main.hcl"],
    "multi-environment-for-each": ["main.hcl"],
    "network": ["main.hcl"],
    "notifications": ["main.hcl"],
    "production": ["main.hcl"],
    "quickstart": ["main.hcl"],
    "restore": ["main.hcl"],
    "security": ["main.hcl"],
    "serverless": ["main.hcl"],
    "simple": ["main.hcl"],
    "tiers": ["main.hcl"],
    "users": ["main.hcl"],
    "variables": ["main.hcl", "team.auto.hclvars", "variables.hcl"],
}

/// The files of a template.
pub fn get(name: &str) -> Option<Template> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, template)| *template)
}

/// Every template's name.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}
