//! Every top-level block but resources: stack, environment, variable, locals, output, provider and the like.

use std::sync::Arc;

use crate::address::Subject;
use crate::diag::{Diagnostic, SourceMap, Span, did_you_mean};
use crate::kinds;
use crate::kinds::our_name;
use crate::lang::ast::{Block, Expr, Node};
use crate::lang::declare::{
    Backend, Environment, Local, Module, Output, Removed, StackBlock, Variable, block, call, check, import, lint,
    policy, provider, resource,
};
use crate::lang::refs::describe;

const BLOCKS: [&str; 16] = [
    "stack",
    "environment",
    "variable",
    "locals",
    "output",
    "data",
    "resource",
    "provider",
    "terraform",
    "module",
    "moved",
    "removed",
    "import",
    "check",
    "ephemeral",
    "policy",
];

/// Reads one top-level block.
pub fn declare_block(block: &Block, sources: &SourceMap, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    match &*block.kind {
        "stack" => stack(block, module, diagnostics),
        "environment" => environment(block, module, diagnostics),
        "variable" => variable(block, module, diagnostics),
        "locals" => locals(block, module, diagnostics),
        "output" => output(block, module, diagnostics),
        "provider" => provider::declare(block, module, diagnostics),
        "terraform" => terraform(block, module, diagnostics),
        "moved" => moved(block, sources, module, diagnostics),
        "removed" => removed(block, sources, module, diagnostics),
        "module" => call::declare(block, module, diagnostics),
        "import" => import::declare(block, module, diagnostics),
        "check" => check::declare(block, module, diagnostics),
        "policy" => policy::declare(block, module, diagnostics),
        "data" | "ephemeral" | "resource" => resource::declare_labelled(block, module, diagnostics),
        kind if kinds::get(our_name(kind)).is_some() => resource::declare_own(block, module, diagnostics),
        kind => {
            let known = BLOCKS.iter().copied().chain(kinds::names());
            let mut diagnostic = block::unknown("block", kind, block.kind_span, "A stack", known);
            let near = meant(kind).or_else(|| did_you_mean(kind, kinds::names()));
            if let (Some(near), Some(name)) = (near, block.labels.first()) {
                diagnostic = diagnostic.about(format!("{near}.{}", name.text));
            }
            let help = match meant(kind) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None if diagnostic.help.as_deref() == Some(block::SPELLING) => {
                    format!("The kinds are: {}.", kinds::names().collect::<Vec<_>>().join(", "))
                }
                None => return diagnostics.push(diagnostic),
            };
            diagnostics.push(diagnostic.help(help));
        }
    }
}

/// The kind that is meant by a word of everyday speech.
fn meant(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 9] = [
        ("replication_group", &["redis", "valkey", "cache", "elasticache"]),
        ("cache_cluster", &["memcached", "cluster", "cache_node"]),
        ("serverless_cache", &["serverless"]),
        ("reserved_cache_node", &["reserved_node", "reserved_cache", "reservation"]),
        ("security_group_rule", &["ingress", "egress", "rule"]),
        ("sns_topic", &["topic", "notification"]),
        ("sns_topic_subscription", &["subscription"]),
        ("alarm", &["metric_alarm", "cloudwatch_alarm", "cloudwatch_metric_alarm"]),
        ("log_metric_filter", &["metric_filter"]),
    ];
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(kind, _)| *kind)
}

const STACK: [&str; 9] = [
    "required_version",
    "renamed_from",
    "default_environment",
    "tags",
    "state",
    "state_key",
    "former_state_keys",
    "versioned_names",
    "foreign",
];
const ENVIRONMENT: [&str; 14] = [
    "endpoint",
    "region",
    "account_id",
    "profile",
    "assume_role_arn",
    "protect",
    "vars",
    "tags",
    "state",
    "state_key",
    "former_state_keys",
    "terraform_state",
    "secrets",
    "endpoints",
];

/// What Terraform wants of itself is not read; but where it keeps its state is noted, since ours can lie beside that.
fn terraform(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    for nested in &block.body.blocks {
        match (&*nested.kind, &nested.labels[..]) {
            ("backend", [label]) => {
                let attributes = block::by_name(&nested.body);
                module.backend = Some(Backend { kind: label.text.clone(), span: nested.header_span, attributes });
            }
            ("backend" | "cloud" | "encryption", _) => diagnostics.push(elsewhere(&nested.kind, nested.header_span)),
            _ => {}
        }
    }
}

/// Says that nothing comes here of what Terraform is told of its state.
pub fn elsewhere(kind: &str, span: Span) -> Diagnostic {
    let detail = format!(
        "`{kind}` says where and how Terraform keeps its state. cachestack keeps its own in .cachestack, and does not read the block."
    );
    let place = "For another place write `state = \"s3://BUCKET/PREFIX\"` in the stack or the environment; the values of Terraform's own resources come from --var, or from a state that `terraform_state` of the environment names.";
    let help = if kind != "backend" {
        place
    } else {
        "For another place write `state = \"s3://BUCKET/PREFIX\"`, or `state = \"backend\"` to have it beside Terraform's, in the stack or the environment; for the values of Terraform's own resources write `terraform_state = \"backend\"` in the environment."
    };
    Diagnostic::warning("CS0305", "Where Terraform keeps its state", detail).at(span).help(help)
}

fn stack(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    block::check_names(block, &STACK, &["lint"], diagnostics);
    if let Some(first) = &module.stack {
        diagnostics.push(repeated("stack", &first.name, block.header_span, first.span));
        return;
    }
    let attributes = block::by_name(&block.body);
    let lints = lint::levels(block, diagnostics);
    module.stack = Some(StackBlock { name: labels[0].clone(), span: block.header_span, attributes, lints });
}

fn environment(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    block::check_names(block, &ENVIRONMENT, &[], diagnostics);
    let name = labels[0].clone();
    let portable = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !name.starts_with('.');
    if !portable {
        diagnostics.push(
            Diagnostic::error(
                "CS0312",
                "Not a name",
                format!("\"{name}\" cannot be the name of an environment: it names a directory."),
            )
            .at(block.labels[0].span)
            .help("Use letters, digits, `-` and `_`."),
        );
        return;
    }
    if let Some(first) = module.environments.iter().find(|first| first.name == name) {
        diagnostics.push(repeated("environment", &name, block.header_span, first.span));
        return;
    }
    let attributes = block::by_name(&block.body);
    module.environments.push(Environment { name, span: block.header_span, attributes });
}

fn variable(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    let known = ["type", "default", "description", "sensitive", "nullable", "ephemeral", "deprecated", "const"];
    block::check_names(block, &known, &["validation"], diagnostics);
    let name = labels[0].clone();
    if !block::check_identifier(&name, block.labels[0].span, diagnostics) {
        return;
    }
    let flag = |attribute: &str, default: bool, diagnostics: &mut Vec<Diagnostic>| {
        block.body.attribute(attribute).map_or(default, |attribute| block::literal_bool(attribute, diagnostics))
    };
    let expr = |attribute: &str| block.body.attribute(attribute).map(|attribute| attribute.expr.clone());
    // What Terraform keeps nowhere is shown nowhere.
    let sensitive = flag("sensitive", false, diagnostics) | flag("ephemeral", false, diagnostics);
    if flag("const", false, diagnostics) && sensitive {
        let detail = "A variable is const, or else it is sensitive or ephemeral.";
        let diagnostic = Diagnostic::error("CS0980", "A constant is no secret", detail).at(block.header_span);
        diagnostics.push(diagnostic.help("Take one of them out."));
    }
    let variable = Variable {
        span: block.header_span,
        description: description(block),
        ty: expr("type"),
        default: expr("default"),
        sensitive,
        deprecated: deprecated(block, diagnostics),
        nullable: flag("nullable", true, diagnostics),
        validations: block
            .body
            .blocks_of("validation")
            .filter_map(|block| block::condition(block, diagnostics))
            .collect(),
    };
    if let Some(first) = module.variables.get(&name) {
        diagnostics.push(repeated("variable", &name, block.header_span, first.span));
        return;
    }
    module.variables.insert(name, variable);
}

/// What something is for, where that is written out.
fn description(block: &Block) -> Option<Arc<str>> {
    match &*block.body.attribute("description")?.expr.node {
        Node::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The advice of `deprecated = "..."`.
fn deprecated(block: &Block, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let attribute = block.body.attribute("deprecated")?;
    if let Node::String(text) = &*attribute.expr.node {
        return Some(text.clone());
    }
    let detail = "`deprecated` is read before anything is evaluated.";
    let diagnostic = Diagnostic::error("CS0316", "This must be a literal value", detail).at(attribute.expr.span);
    diagnostics.push(diagnostic.help("Write what to use instead, in quotes."));
    None
}

fn locals(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    block::labels(block, &[], diagnostics);
    for nested in &block.body.blocks {
        diagnostics.push(block::unknown("block", &nested.kind, nested.kind_span, "locals", std::iter::empty()));
    }
    for attribute in &block.body.attributes {
        if let Some(first) = module.locals.get(&attribute.name) {
            diagnostics.push(repeated("local value", &attribute.name, attribute.name_span, first.span));
            continue;
        }
        let local = Local { span: attribute.name_span, expr: attribute.expr.clone() };
        module.locals.insert(attribute.name.clone(), local);
    }
}

fn output(block: &Block, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = block::labels(block, &["name"], diagnostics) else { return };
    let known = ["value", "description", "sensitive", "depends_on", "ephemeral", "deprecated"];
    block::check_names(block, &known, &["precondition"], diagnostics);
    let name = labels[0].clone();
    if !block::check_identifier(&name, block.labels[0].span, diagnostics) {
        return;
    }
    let Some(value) = block.body.attribute("value") else {
        diagnostics.push(block::missing("value", "output", block.header_span));
        return;
    };
    let mut flag =
        |name: &str| block.body.attribute(name).is_some_and(|attribute| block::literal_bool(attribute, diagnostics));
    let sensitive = flag("sensitive") | flag("ephemeral");
    deprecated(block, diagnostics);
    let depends_on = block.body.attribute("depends_on").map(|attribute| block::literal_items(attribute, diagnostics));
    if let Some(first) = module.outputs.get(&name) {
        diagnostics.push(repeated("output", &name, block.header_span, first.span));
        return;
    }
    let output = Output {
        span: block.header_span,
        description: description(block),
        value: value.expr.clone(),
        sensitive,
        depends_on: depends_on.unwrap_or_default(),
        preconditions: block
            .body
            .blocks_of("precondition")
            .filter_map(|block| block::condition(block, diagnostics))
            .collect(),
    };
    module.outputs.insert(name, output);
}

fn moved(block: &Block, sources: &SourceMap, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    block::check_names(block, &["from", "to"], &[], diagnostics);
    let mut get = |name: &str| match block.body.attribute(name) {
        Some(attribute) => subject(&attribute.expr, sources, diagnostics),
        None => {
            diagnostics.push(block::missing(name, "moved", block.header_span));
            None
        }
    };
    if let (Some(from), Some(to)) = (get("from"), get("to")) {
        module.moved.push((from, to, block.header_span));
    }
}

fn removed(block: &Block, sources: &SourceMap, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    block::check_names(block, &["from"], &["lifecycle", "provisioner", "connection"], diagnostics);
    for program in block.body.blocks.iter().filter(|nested| matches!(&*nested.kind, "provisioner" | "connection")) {
        let diagnostic = Diagnostic::warning("CS0321", "No provisioners", "cachestack runs no programs of a stack.");
        diagnostics.push(diagnostic.at(program.kind_span).help("Run the program beside cachestack."));
    }
    let Some(from) = block.body.attribute("from") else {
        diagnostics.push(block::missing("from", "removed", block.header_span));
        return;
    };
    let mut destroy = true;
    for lifecycle in block.body.blocks_of("lifecycle") {
        block::check_names(lifecycle, &["destroy"], &[], diagnostics);
        if let Some(attribute) = lifecycle.body.attribute("destroy") {
            destroy = block::literal_bool(attribute, diagnostics);
        }
    }
    if let Some(from) = subject(&from.expr, sources, diagnostics) {
        module.removed.push(Removed { from, destroy, span: block.header_span });
    }
}

/// An address of a resource or a module, written as a reference.
fn subject(expr: &Expr, sources: &SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Option<Subject> {
    let text: String = describe(expr)
        .unwrap_or_else(|| sources.text(expr.span).to_owned())
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let subject = kinds::subject(&text);
    if subject.is_none() {
        diagnostics.push(
            Diagnostic::error("CS0318", "Not an address", format!("`{text}` does not name a resource."))
                .at(expr.span)
                .help("Write it as in a reference: replication_group.redis, alarm.cpu[\"a\"] or module.cache."),
        );
    }
    subject
}

/// The same thing declared twice.
pub fn repeated(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("CS0319", "Declared twice", format!("The {what} `{name}` is declared already."))
        .at(span)
        .related(first, "declared here first")
        .help("Rename one of them, or remove it.")
}
