//! The rules of node types that replication groups and clusters share.

use crate::catalog::engines::Version;
use crate::catalog::nodes;
use crate::diag::did_you_mean;
use crate::kind::Problem;
use crate::schema::rules::list;

/// The error of a node type that nothing else gives; `others` says what gets it from elsewhere.
pub fn missing(others: &str) -> Problem {
    Problem::error(
        "CS0539",
        "node_type",
        "A node type is missing",
        others,
        "Set node_type, for instance \"cache.t4g.micro\".",
    )
    .of_want()
}

/// The error of a node type that AWS does not have.
pub fn unknown(name: &str) -> Problem {
    let problem = Problem::error(
        "CS0540",
        "node_type",
        "Unknown node type",
        format!("No node type \"{name}\" of ElastiCache is known."),
        advice(name),
    );
    // AWS adds node types without notice; only what is not named like one is surely wrong.
    if is_named_like_one(name) { problem.warning() } else { problem }
}

/// A near name; of a family that there is, another size is no guess worth making, so that all of them are named.
fn advice(name: &str) -> String {
    let family = name.rsplit_once('.').map(|(family, _)| format!("{family}."));
    let of_family = |node: &&str| family.as_ref().is_some_and(|family| node.starts_with(family.as_str()));
    if let Some(whole) = nodes::names().find(|node| node.strip_prefix("cache.") == Some(name)) {
        return format!("Did you mean \"{whole}\"?");
    }
    let sizes: Vec<&str> = nodes::names().filter(of_family).collect();
    let is_slip = |near: &&str| strsim::damerau_levenshtein(name, near) <= 2;
    if sizes.is_empty() {
        let near = did_you_mean(name, nodes::names()).map(|near| format!("Did you mean \"{near}\"?"));
        return near.unwrap_or_else(|| "See the table of node types in the ElastiCache user guide.".to_owned());
    }
    match did_you_mean(name, sizes.iter().copied()).filter(is_slip) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are {}.", list(&sizes)),
    }
}

/// `cache.FAMILY.SIZE`
fn is_named_like_one(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let word = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    parts.len() == 3 && parts[0] == "cache" && parts.iter().all(word)
}

/// Whether a node type runs an engine in a version, as far as all are known.
pub fn runs(name: &str, engine: Option<&str>, version: Option<Version>) -> Option<Problem> {
    let (node, engine) = (nodes::get(name)?, engine?);
    let wrong = match (node.min.get(engine)?, version) {
        (None, _) => format!("{name} does not run {engine}."),
        (Some(_), None) => return None,
        (Some(minimum), Some(version)) => {
            let least = Version::parse(minimum)?;
            let runs = (version.major, version.minor.unwrap_or(u32::MAX), version.patch.unwrap_or(u32::MAX))
                >= (least.major, least.minor.unwrap_or(0), least.patch.unwrap_or(0));
            (!runs).then(|| format!("{name} runs {engine} from {minimum} on."))?
        }
    };
    Some(Problem::error(
        "CS0541",
        "node_type",
        "The node type does not run the engine",
        wrong,
        "Choose another node type, engine or version.",
    ))
}
