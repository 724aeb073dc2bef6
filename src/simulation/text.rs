//! A stack written down as configuration.

use std::collections::BTreeMap;

use crate::simulation::stack::{Block, List, Model};

/// The text that must never be seen: every secret holds it.
pub const NEEDLE: &str = "SECRET";

/// The variables of the process: tokens, and a value that is sensitive.
pub fn process() -> BTreeMap<String, String> {
    let token = |number: u32| (format!("TOKEN_{number}"), format!("{NEEDLE}-token-{number}-of-a-group"));
    let note = ("CACHESTACK_VAR_note".to_owned(), format!("{NEEDLE}-note"));
    (0..8).map(token).chain([note]).collect()
}

const HEAD: &str =
    "stack \"s\" {\n  default_environment = \"sim\"\n}\nenvironment \"sim\" {\n  region = \"us-east-1\"\n}\n";
const NOTE: &str = "variable \"note\" {\n  type = string\n  sensitive = true\n}\n";

/// The files of a stack by path.
pub fn files(model: &Model) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("main.hcl".to_owned(), format!("{HEAD}{NOTE}"))]);
    for (at, list) in model.lists.iter().enumerate() {
        let names: Vec<String> = list.names.iter().map(|name| format!("\"{name}\"")).collect();
        add(&mut files, "main.hcl", &format!("locals {{\n  list{at} = [{}]\n}}\n", names.join(", ")));
    }
    for block in &model.blocks {
        match &block.module {
            None => add(&mut files, "main.hcl", &resource(block, model)),
            Some(name) => {
                let file = format!("{name}/main.hcl");
                if !files.contains_key(&file) {
                    files.insert(file.clone(), NOTE.to_owned());
                    let call = format!("module \"{name}\" {{\n  source = \"./{name}\"\n  note   = var.note\n}}\n");
                    add(&mut files, "main.hcl", &call);
                }
                add(&mut files, &file, &resource(block, model));
            }
        }
        if let Some(id) = &block.import {
            let import = format!("import {{\n  to = {}\n  id = \"{id}\"\n}}\n", block.address());
            add(&mut files, "main.hcl", &import);
        }
    }
    for (from, to) in &model.moved {
        add(&mut files, "main.hcl", &format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n"));
    }
    for from in &model.released {
        let removed = format!("removed {{\n  from = {from}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
        add(&mut files, "main.hcl", &removed);
    }
    files
}

fn add(files: &mut BTreeMap<String, String>, file: &str, text: &str) {
    files.entry(file.to_owned()).or_default().push_str(text);
}

fn resource(block: &Block, model: &Model) -> String {
    let list = block.list.map(|at| (at, &model.lists[at]));
    let mut lines = Vec::new();
    if let Some((at, list)) = list {
        let repeat = if list.keyed {
            format!("for_each = toset(local.list{at})")
        } else {
            format!("count = length(local.list{at})")
        };
        lines.push(repeat);
    }
    lines.extend(body(block, model, &name(block, list)));
    // Every other time a tag is taken away.
    let more = if block.tags.is_multiple_of(2) { ", team = \"x\"" } else { "" };
    lines.push(format!("tags = {{ version = \"{}\"{more} }}", block.tags));
    if block.protect {
        lines.push("protect = true".to_owned());
    }
    let guards = [(block.first, "create_before_destroy"), (block.prevent, "prevent_destroy")];
    let guards: Vec<String> =
        guards.iter().filter(|(set, _)| *set).map(|(_, word)| format!("    {word} = true\n")).collect();
    if !guards.is_empty() {
        lines.push(format!("lifecycle {{\n{}  }}", guards.concat()));
    }
    let lines: Vec<String> = lines.into_iter().map(|line| format!("  {line}\n")).collect();
    format!("{} \"{}\" {{\n{}}}\n", block.kind, block.label, lines.concat())
}

/// The name in AWS as an expression without quotes.
fn name(block: &Block, list: Option<(usize, &List)>) -> String {
    match list {
        None => block.name.clone(),
        Some((_, list)) if list.keyed => format!("{}-${{each.key}}", block.name),
        Some((at, _)) => format!("{}-${{local.list{at}[count.index]}}", block.name),
    }
}

/// The blocks of a kind that a block uses, as expressions.
fn used(block: &Block, model: &Model, kind: &str) -> Vec<String> {
    let of_kind = block.uses.iter().filter_map(|label| model.block(label)).filter(|used| used.kind == kind);
    let reference = |used: &Block| {
        let keyed = used.list.map(|at| model.lists[at].keyed);
        let key = match keyed {
            None => "",
            Some(true) => "[each.key]",
            Some(false) => "[count.index]",
        };
        format!("{kind}.{}{key}", used.label)
    };
    of_kind.map(reference).collect()
}

fn body(block: &Block, model: &Model, name: &str) -> Vec<String> {
    let Block { setting, fixed, .. } = block;
    let used = |kind: &str| used(block, model, kind);
    match block.kind {
        "subnet_group" => vec![
            format!("name = \"{name}-v{fixed}\""),
            format!("description = \"setting {setting}\""),
            format!("subnet_ids = [\"subnet-1\", \"subnet-{}\"]", 2 + setting % 2),
        ],
        "parameter_group" => {
            // Now and then a parameter is taken away.
            let more = if setting.is_multiple_of(2) { ", maxmemory-policy = \"allkeys-lru\"" } else { "" };
            vec![
                format!("name = \"{name}\""),
                "family = \"redis7\"".to_owned(),
                format!("description = \"fixed {fixed}\""),
                format!("parameters = {{ timeout = {}{more} }}", 300 + setting),
            ]
        }
        "security_group" => {
            let attribute = if block.prefix { "name_prefix" } else { "name" };
            let end = if block.prefix { "-" } else { "" };
            let source = match used("security_group").first() {
                Some(other) => format!("security_groups = [{other}.id]"),
                None => "cidr_blocks = [\"10.0.0.0/16\", \"10.1.0.0/16\"]".to_owned(),
            };
            let port = 6379 + setting % 3;
            let rule = |way: &str, source: &str| {
                format!(
                    "{way} {{\n    from_port = {port}\n    to_port = {port}\n    protocol = \"tcp\"\n    {source}\n  }}"
                )
            };
            let mut lines = vec![
                format!("{attribute} = \"{name}{end}\""),
                format!("description = \"fixed {fixed}\""),
                rule("ingress", &source),
            ];
            if setting % 2 == 1 {
                lines.push(rule("egress", "cidr_blocks = [\"10.2.0.0/16\"]"));
            }
            lines
        }
        "replication_group" => group(block, name, &used),
        _ => alarm(block, name, &used("replication_group")),
    }
}

fn group(block: &Block, name: &str, used: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut lines = vec![
        format!("replication_group_id = \"{name}\""),
        format!("description = \"setting {}\"", block.setting),
        "engine_version = \"7.1\"".to_owned(),
        format!("node_type = \"cache.t3.{}\"", ["small", "medium"][block.setting as usize / 2 % 2]),
        format!("port = {}", 6379 + block.fixed),
        format!("snapshot_retention_limit = {}", block.setting % 3),
    ];
    match block.shards {
        0 => lines.push(format!("num_cache_clusters = {}", block.nodes)),
        shards => lines.extend([
            format!("num_node_groups = {shards}"),
            format!("replicas_per_node_group = {}", block.nodes - 1),
            "cluster_mode = \"enabled\"".to_owned(),
            "automatic_failover_enabled = true".to_owned(),
        ]),
    }
    if let Some(group) = used("parameter_group").first() {
        lines.push(format!("parameter_group_name = {group}.name"));
    }
    if let Some(group) = used("subnet_group").first() {
        lines.push(format!("subnet_group_name = {group}.name"));
    }
    let security: Vec<String> = used("security_group").iter().map(|group| format!("{group}.id")).collect();
    if !security.is_empty() {
        lines.push(format!("security_group_ids = [{}]", security.join(", ")));
    }
    if let Some(token) = block.token {
        lines.push("transit_encryption_enabled = true".to_owned());
        lines.push(format!("auth_token = secret(\"env:TOKEN_{token}\")"));
    }
    lines
}

fn alarm(block: &Block, name: &str, groups: &[String]) -> Vec<String> {
    let mut lines = vec![
        "metric_name = \"CPUUtilization\"".to_owned(),
        "namespace = \"AWS/ElastiCache\"".to_owned(),
        "statistic = \"Average\"".to_owned(),
        "period = 60".to_owned(),
        "evaluation_periods = 2".to_owned(),
        "comparison_operator = \"GreaterThanThreshold\"".to_owned(),
        format!("threshold = {}", 70 + block.setting % 20),
        "alarm_description = var.note".to_owned(),
    ];
    match groups.first() {
        Some(group) if block.target => {
            lines.push(format!("target = {group}"));
            lines.push(format!("alarm_name = \"{name}-v{}-${{node.id}}\"", block.fixed));
        }
        group => {
            let id = group.map_or("\"none\"".to_owned(), |group| format!("{group}.replication_group_id"));
            lines.push(format!("alarm_name = \"{name}-v{}\"", block.fixed));
            lines.push(format!("dimensions = {{ ReplicationGroupId = {id} }}"));
        }
    }
    lines
}

/// The name in AWS of a block that is there once.
pub fn name_of(block: &Block) -> String {
    match block.kind {
        "subnet_group" | "alarm" => format!("{}-v{}", block.name, block.fixed),
        _ => block.name.clone(),
    }
}
