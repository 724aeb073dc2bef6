//! Which environments are meant: by name, by pattern, or by what the stack says.

use std::sync::Arc;

use regex::Regex;

use crate::diag::{Diagnostic, did_you_mean};
use crate::lang::ast::{Attribute, Node};
use crate::lang::declare::Module;

/// The name of the environment that is meant: the option, the process variable, the stack's default, the only one.
pub fn choose(module: &Module, option: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Arc<str> {
    let names: Vec<&Arc<str>> = module.environments.iter().map(|environment| &environment.name).collect();
    let default = module.stack.as_ref().and_then(|stack| stack.attributes.get("default_environment"));
    let fallback = default.and_then(literal);
    if let (Some(attribute), Some(name), Some(_)) = (default, &fallback, option)
        && !names.is_empty()
        && !names.contains(&name)
    {
        diagnostics.push(unknown(name, &names, Some(attribute)));
    }
    let wanted = option.map(Arc::from).or(fallback);
    match wanted {
        Some(name) if names.contains(&&name) || names.is_empty() && (&*name == "default" || option.is_none()) => name,
        Some(name) => {
            diagnostics.push(unknown(&name, &names, default.filter(|_| option.is_none())));
            name
        }
        None if names.is_empty() => "default".into(),
        None if names.len() == 1 => names[0].clone(),
        None => {
            let list = names.iter().map(|name| &***name).collect::<Vec<_>>().join(", ");
            diagnostics.push(
                Diagnostic::error("CS0351", "Which environment?", format!("The stack has several: {list}."))
                    .help("Choose one with -e NAME, or set default_environment in the stack block."),
            );
            names[0].clone()
        }
    }
}

/// The environments that names and patterns mean, each once: in the order in which they are given, and those of one
/// pattern in the order of the files. In a pattern `*` stands for any letters and `?` for one.
pub fn select(module: &Module, wanted: &[String]) -> Result<Vec<String>, Diagnostic> {
    let names: Vec<&Arc<str>> = module.environments.iter().map(|environment| &environment.name).collect();
    let mut chosen: Vec<String> = Vec::new();
    for text in wanted {
        let meant: Vec<String> = match pattern(text) {
            Some(pattern) => names.iter().filter(|name| pattern.is_match(name)).map(ToString::to_string).collect(),
            None if names.is_empty() && text == "default" => vec![text.clone()],
            None => names.iter().map(ToString::to_string).filter(|name| name == text).collect(),
        };
        if meant.is_empty() {
            return Err(unknown(text, &names, None));
        }
        chosen.extend(meant.into_iter().filter(|name| !chosen.contains(name)).collect::<Vec<_>>());
    }
    Ok(chosen)
}

/// A text with `*` for any letters and `?` for one as what finds them; none of a text without.
pub fn pattern(text: &str) -> Option<Regex> {
    let letters = text.chars().map(|letter| match letter {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        other => regex::escape(&other.to_string()),
    });
    let is_pattern = text.contains(['*', '?']);
    is_pattern.then(|| Regex::new(&format!("^{}$", letters.collect::<String>())).ok()).flatten()
}

/// The name that the stack gives as its default, whether there is such an environment or not.
pub fn default(module: &Module) -> Option<Arc<str>> {
    literal(module.stack.as_ref()?.attributes.get("default_environment")?)
}

fn literal(attribute: &Attribute) -> Option<Arc<str>> {
    match &*attribute.expr.node {
        Node::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn unknown(name: &str, names: &[&Arc<str>], at: Option<&Attribute>) -> Diagnostic {
    let all = || format!("There are: {}.", names.iter().map(|name| &***name).collect::<Vec<_>>().join(", "));
    let help = match did_you_mean(name, names.iter().map(|name| &***name)) {
        Some(near) => format!("Did you mean \"{near}\"? {}", all()),
        None if names.is_empty() => "The stack declares no environments; leave -e out.".to_owned(),
        None => all(),
    };
    let is_pattern = pattern(name).is_some();
    let missing = if is_pattern { "environment that matches" } else { "environment" };
    let diagnostic =
        Diagnostic::error("CS0352", "Unknown environment", format!("The stack has no {missing} \"{name}\"."))
            .help(help);
    match at {
        Some(attribute) => diagnostic.at(attribute.expr.span),
        None => diagnostic,
    }
}
