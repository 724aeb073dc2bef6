//! The modules that a stack calls: found, read, and each call's inputs judged by their names.
//!
//! Every call has declarations of its own, with addresses that hold the way to it; a directory is parsed once.

mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::address::{ModulePath, module_prefix};
use crate::diag::{Diagnostic, FileId, SourceMap, Span, did_you_mean};
use crate::fetch::source::Source;
use crate::fetch::version::Constraint;
use crate::fetch::{Found, Library};
use crate::lang::ast::Body;
use crate::lang::declare::{Call, Module, declare};
use crate::lang::files;
use crate::lang::source::{self, Origin};
use crate::templates;
use wrong::{leads_out, left, no_constraint, not_local, too_many, unknown_template, unreadable};

/// A module as one `module` block calls it.
#[derive(Debug)]
pub struct Unit {
    /// What it declares.
    pub declared: Module,
    /// `path.module`: from the directory of the stack on.
    pub path: String,
    /// Its directory, none for a template.
    pub directory: Option<PathBuf>,
}

/// Modules by the way to them from the root, without keys.
pub type Units = BTreeMap<ModulePath, Unit>;

/// Modules of registries and repositories, by the way to them without keys, each with why it is not read.
pub type Elsewhere = BTreeMap<ModulePath, Diagnostic>;

/// A module that can be fetched.
#[derive(Debug)]
pub struct Wanted {
    /// Where it is.
    pub source: Source,
    /// What is asked of its version.
    pub version: Option<Constraint>,
    /// The `module` block, and its source.
    pub name: String,
    /// The place of its source.
    pub span: Span,
}

/// What was read.
#[derive(Debug)]
pub struct Loaded {
    /// The modules.
    pub units: Units,
    /// Those that are elsewhere.
    pub elsewhere: Elsewhere,
    /// Those that can be fetched.
    pub wanted: Vec<Wanted>,
    /// Sources from which nothing is ever fetched.
    pub refused: Vec<Diagnostic>,
}

/// Reads every module that is called from the root, and from modules.
/// `given_up` are the addresses that the stack leaves to other tools; `library` has what was fetched.
pub fn load(
    directory: &Path,
    root: &Module,
    given_up: &[(Arc<str>, Span)],
    library: &Library,
    origin: &Origin,
    sources: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Loaded {
    let place = Place::Directory { path: PathBuf::from("."), real: origin.real(directory), package: None };
    let mut loader = Loader {
        directory,
        library,
        origin,
        sources,
        diagnostics,
        parsed: BTreeMap::new(),
        declared: BTreeSet::new(),
        units: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
        wanted: Vec::new(),
        refused: Vec::new(),
        given_up,
        way: vec![(place.key(), "the stack".to_owned())],
        bytes: 0,
        full: false,
    };
    loader.calls(&Vec::new(), root, &place);
    Loaded { units: loader.units, elsewhere: loader.elsewhere, wanted: loader.wanted, refused: loader.refused }
}

/// Where a module is.
#[derive(Debug, Clone)]
enum Place {
    /// A directory, relative to that of the stack, what it is without links, and what it was fetched with.
    Directory { path: PathBuf, real: Option<PathBuf>, package: Option<PathBuf> },
    /// A template in the binary.
    Template(String, templates::Template),
}

impl Place {
    /// What tells it from others.
    fn key(&self) -> PathBuf {
        match self {
            Place::Directory { path, real, .. } => real.clone().unwrap_or_else(|| path.clone()),
            Place::Template(name, _) => PathBuf::from(name),
        }
    }

    fn shown(&self) -> String {
        match self {
            Place::Directory { path, .. } => path.display().to_string(),
            Place::Template(name, _) => name.clone(),
        }
    }
}

/// How a module is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// It may be the business of another tool.
    Elsewhere,
    /// It was fetched, and is not what it was.
    Damaged,
    /// Its source is a mistake.
    Wrong,
}

type Bodies = Rc<Vec<(FileId, Body)>>;

struct Loader<'a> {
    directory: &'a Path,
    library: &'a Library,
    origin: &'a Origin,
    sources: &'a mut SourceMap,
    diagnostics: &'a mut Vec<Diagnostic>,
    parsed: BTreeMap<PathBuf, Bodies>,
    declared: BTreeSet<PathBuf>,
    units: Units,
    elsewhere: Elsewhere,
    wanted: Vec<Wanted>,
    refused: Vec<Diagnostic>,
    given_up: &'a [(Arc<str>, Span)],
    /// The modules that are being read, outermost first, to notice one within itself.
    way: Vec<(PathBuf, String)>,
    /// The length of the texts of all modules, each as often as it is called.
    bytes: usize,
    /// Whether there are too many modules, which has been reported.
    full: bool,
}

/// So many modules may be called, and so many within each other: two that each call two others, and so on, would
/// soon fill the memory.
const MOST_UNITS: usize = 10_000;
const DEEPEST: usize = 64;
/// So many bytes may their texts have, each as often as it is called.
const MOST_BYTES: usize = 256 << 20;

impl Loader<'_> {
    fn calls(&mut self, path: &ModulePath, module: &Module, here: &Place) {
        for (name, call) in &module.calls {
            let way = path.iter().cloned().chain([(name.clone(), None)]).collect();
            match self.locate(&way, call, here) {
                Ok(place) if !self.is_left(&way, call) => self.call(way, call, &place),
                Ok(_) => drop(self.elsewhere.insert(way, left(call))),
                Err((diagnostic, sort)) => self.unread(way, call, diagnostic.or_at(call.source.1), sort),
            }
        }
    }

    /// Whether the stack leaves a module that is no directory of it to another tool.
    fn is_left(&self, way: &ModulePath, call: &Call) -> bool {
        let name = module_prefix(way);
        let given_up = self.given_up.iter().any(|(given_up, _)| **given_up == *name.trim_end_matches('.'));
        given_up && !is_local(&call.source.0)
    }

    /// A module of a registry or a repository is the business of another tool, as long as nobody here needs what it
    /// tells. One that makes caches is not passed over without a word.
    fn unread(&mut self, way: ModulePath, call: &Call, diagnostic: Diagnostic, sort: Unread) {
        let name = module_prefix(&way).trim_end_matches('.').to_owned();
        let left = self.is_left(&way, call);
        if !left && (sort != Unread::Elsewhere || makes_caches(&name, &call.source.0)) {
            let way_out = format!(" Or leave it to Terraform: foreign = [\"{name}\"] in the `stack` block.");
            let mend = |help: String| if sort == Unread::Elsewhere { help + &way_out } else { help };
            self.diagnostics.push(Diagnostic { help: diagnostic.help.clone().map(mend), ..diagnostic });
            return;
        }
        self.elsewhere.insert(way, diagnostic);
    }

    fn call(&mut self, path: ModulePath, call: &Call, place: &Place) {
        let key = place.key();
        let name = module_prefix(&path).trim_end_matches('.').to_owned();
        if let Some(at) = self.way.iter().position(|(known, _)| *known == key) {
            let round: Vec<&str> = self.way[at..].iter().map(|(_, name)| name.as_str()).chain([&*name]).collect();
            let detail = format!("{}: the last is the directory of the first again.", round.join(" calls "));
            let diagnostic = Diagnostic::error("CS0363", "A module within itself", detail).at(call.source.1);
            self.diagnostics.push(diagnostic.help("Cut the circle: name another directory, or remove the block."));
            return;
        }
        if self.full {
            return;
        }
        let Some(bodies) = self.bodies(place, call) else { return };
        self.bytes += bodies.iter().map(|(file, _)| self.sources.get(*file).text.len()).sum::<usize>();
        if self.units.len() + self.way.len() > MOST_UNITS || self.bytes > MOST_BYTES || path.len() > DEEPEST {
            self.full = true;
            self.diagnostics.push(too_many(&path, &name).at(call.span));
            return;
        }
        // What is wrong with the files of a module is said once, however often it is called.
        let first = self.declared.insert(key.clone());
        let mut found = Vec::new();
        let mut declared = declare(&bodies, self.sources, &mut found);
        if first {
            self.diagnostics.append(&mut found);
            self.unheeded(&declared, place);
        }
        for resource in &mut declared.resources {
            resource.address.module = path.clone();
        }
        self.check_inputs(call, &name, &declared);
        self.way.push((key, name));
        self.calls(&path, &declared, place);
        self.way.pop();
        let directory = match place {
            Place::Directory { path, .. } => Some(self.directory.join(path)),
            Place::Template(..) => None,
        };
        self.units.insert(path, Unit { declared, path: place.shown(), directory });
    }

    /// The place that a source names.
    fn locate(&mut self, way: &ModulePath, call: &Call, here: &Place) -> Result<Place, (Diagnostic, Unread)> {
        let text = &*call.source.0;
        let wrong = |diagnostic| (diagnostic, Unread::Wrong);
        match (text.strip_prefix("cachestack/"), here) {
            (Some(name), _) if !name.contains('/') => match templates::get(name) {
                Some(template) => Ok(Place::Template(text.to_owned(), template)),
                None => Err(wrong(unknown_template(name))),
            },
            (_, Place::Directory { path, package, .. }) if is_local(text) => {
                let path = clean(&path.join(text));
                let out = package.as_ref().filter(|package| !path.starts_with(package));
                match self.origin.real(&self.directory.join(&path)) {
                    _ if out.is_some() => Err(wrong(leads_out(text))),
                    Some(real) => Ok(Place::Directory { path, real: Some(real), package: package.clone() }),
                    None => Err(wrong(unreadable(&format!("There is no directory {}.", path.display())))),
                }
            }
            (_, Place::Template(..)) if is_local(text) => Err(wrong(unreadable("A template has no directories."))),
            _ => self.fetched(way, call),
        }
    }

    /// The place of a module that is no directory of the stack.
    fn fetched(&mut self, way: &ModulePath, call: &Call) -> Result<Place, (Diagnostic, Unread)> {
        let text = &*call.source.0;
        let source = match Source::parse(text) {
            Ok(Some(source)) => source,
            Ok(None) => {
                let near = !text.is_empty() && self.origin.real(&self.directory.join(text)).is_some();
                return Err((not_local(text, near), Unread::Wrong));
            }
            Err(why) => {
                let help = "Write https or ssh, and a tag as ?ref=: \"git::https://example.com/redis.git?ref=v1\".";
                let detail = format!("{why} Nothing can be fetched from there.");
                let diagnostic = Diagnostic::error("CS0931", "No source of a module", detail).help(help);
                // A line that may hold a password is not shown.
                let secret = text.contains('@') || text.contains("sshkey");
                let diagnostic = diagnostic.at(if secret { call.span } else { call.source.1 });
                if !self.is_left(way, call) {
                    self.refused.push(diagnostic.clone());
                }
                return Err((diagnostic, Unread::Elsewhere));
            }
        };
        let version = match call.version.as_ref().map(|(text, span)| (text, Constraint::parse(text), *span)) {
            Some((text, None, span)) => return Err((no_constraint(text).at(span), Unread::Wrong)),
            Some((_, constraint, _)) => constraint,
            None => None,
        };
        let key = way.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(".");
        let missing = match self.library.find(&key, text, &source, version.as_ref()) {
            Ok(found) => return self.place_of(found),
            Err(missing) => missing,
        };
        if !self.is_left(way, call) {
            let name = format!("module.{}", key.replace('.', ".module."));
            self.wanted.push(Wanted { source, version, name, span: call.source.1 });
        }
        Err((missing.diagnostic, if missing.is_damage { Unread::Damaged } else { Unread::Elsewhere }))
    }

    fn place_of(&self, found: Found) -> Result<Place, (Diagnostic, Unread)> {
        match self.origin.real(&self.directory.join(&found.path)) {
            Some(real) => Ok(Place::Directory { path: found.path, real: Some(real), package: found.package }),
            None => {
                let detail = format!("There is no directory {}.", found.path.display());
                let help = "What stands behind // in the source is a directory of what is fetched.";
                Err((Diagnostic::error("CS0362", "The module cannot be read", detail).help(help), Unread::Wrong))
            }
        }
    }

    /// The parsed files of a module.
    fn bodies(&mut self, place: &Place, call: &Call) -> Option<Bodies> {
        if let Some(bodies) = self.parsed.get(&place.key()) {
            return Some(bodies.clone());
        }
        let files = match place {
            Place::Directory { path, .. } => {
                let directory = if self.directory == Path::new(".") { path.clone() } else { self.directory.join(path) };
                source::load_module(&directory, self.origin, self.sources, self.diagnostics)
            }
            Place::Template(name, template) => {
                let files = template.iter().filter(|(file, _)| source::is_configuration(file));
                files.map(|(file, text)| self.sources.add(format!("{name}/{file}"), *text)).collect()
            }
        };
        if files.is_empty() {
            let detail = format!("{} has no .hcl or .tf files.", place.shown());
            self.diagnostics.push(unreadable(&detail).at(call.source.1));
            return None;
        }
        let bodies = Rc::new(files::parse(&files, self.sources, self.diagnostics));
        self.parsed.insert(place.key(), bodies.clone());
        Some(bodies)
    }

    /// A directory can be a stack and a module. As a module it has no say on environments.
    fn unheeded(&mut self, declared: &Module, place: &Place) {
        let stack = declared.stack.as_ref().map(|stack| stack.span);
        let environment = declared.environments.first().map(|environment| environment.span);
        if let (Place::Directory { path, .. }, Some(span)) = (place, stack.or(environment)) {
            let detail = format!(
                "{} is called as a module; its `stack` and `environment` blocks are not heeded.",
                path.display()
            );
            self.diagnostics.push(Diagnostic::note("CS0366", "Blocks of a stack in a module", detail).at(span));
        }
    }

    fn check_inputs(&mut self, call: &Call, name: &str, declared: &Module) {
        let mut misspelt = BTreeSet::new();
        for (argument, attribute) in &call.arguments {
            if declared.variables.contains_key(argument) {
                continue;
            }
            let known: Vec<&str> = declared.variables.keys().map(|name| &**name).collect();
            let near = did_you_mean(argument, known.iter().copied());
            misspelt.extend(near);
            let help = match near {
                Some(near) => format!("Did you mean `{near}`?"),
                None if known.is_empty() => "The module declares no variables.".to_owned(),
                None => format!("There are: {}.", known.join(", ")),
            };
            let detail = format!("The module of `{name}` declares no variable `{argument}`.");
            let diagnostic = Diagnostic::error("CS0365", "Unknown input", detail);
            self.diagnostics.push(diagnostic.at(attribute.name_span).help(help));
        }
        for (variable, advice) in declared.variables.iter().filter_map(|(n, v)| Some((n, v.deprecated.as_ref()?))) {
            let Some(given) = call.arguments.get(variable) else { continue };
            let detail = format!("The module of `{name}` would rather not be given `{variable}`: {advice}");
            let diagnostic = Diagnostic::warning("CS0371", "A deprecated input", detail);
            self.diagnostics.push(diagnostic.at(given.name_span).help("Do as the author of the module says."));
        }
        for (variable, declared) in &declared.variables {
            let is_given = call.arguments.contains_key(variable) || misspelt.contains(&**variable);
            if declared.default.is_none() && !is_given {
                let detail = format!("The module of `{name}` needs `{variable}`, which has no default.");
                self.diagnostics.push(
                    Diagnostic::error("CS0364", "Missing input", detail)
                        .at(call.span)
                        .related(declared.span, "declared here")
                        .help(format!("Add `{variable} = ...`.")),
                );
            }
        }
    }
}

/// What a module makes that is made for a cache, and is none: `redis_sg`, `cache-dns`.
const BESIDE: [&str; 21] = [
    "sg", "security", "firewall", "label", "labels", "tags", "dns", "route53", "record", "kms", "key", "secret",
    "secrets", "ssm", "iam", "role", "policy", "vpc", "subnet", "subnets", "bucket",
];

/// Whether a module speaks of caches, in its source or in its name, and of nothing beside them.
fn makes_caches(name: &str, source: &str) -> bool {
    let speaks = |text: &str| ["cache", "redis", "valkey"].iter().any(|word| text.to_lowercase().contains(word));
    let beside = |text: &str| {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        words.any(|word| BESIDE.contains(&&*word.to_lowercase()))
    };
    // In a registry the whole is one module and its variants; in a repository the directory is another than its name.
    let path = source.split('?').next().unwrap_or(source);
    let last = path.rmatch_indices('/').nth(1).map_or(path, |(at, _)| &path[at..]);
    let what = if matches!(Source::parse(source), Ok(Some(Source::Registry(_)))) { path } else { last };
    let call = name.rsplit('.').next().unwrap_or(name);
    !beside(what) && (speaks(source) || speaks(call) && !beside(call))
}

/// A path without `.`, and without `..` where that can be told from the text.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => drop(out.pop()),
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// Whether a source names a directory, or a template of the binary.
fn is_local(text: &str) -> bool {
    text == "." || text == ".." || ["./", "../", "/"].iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_caches_are_told_from_those_beside_them() {
        for (name, source, want) in [
            ("module.redis", "cloudposse/elasticache-redis/aws", true),
            ("module.redis_key", "terraform-aws-modules/elasticache/aws", true),
            ("module.sessions", "git::https://example.com/acme/terraform-aws-elasticache.git?ref=v1", true),
            ("module.sessions", "git::https://example.com/acme/security-modules.git//valkey?ref=v1", true),
            ("module.cache", "git::https://example.com/acme/modules.git//store", true),
            ("module.app.module.redis", "acme/store/aws", true),
            ("module.redis_sg", "terraform-aws-modules/security-group/aws", false),
            ("module.redis", "terraform-aws-modules/security-group/aws//modules/redis", false),
            ("module.redis", "app.terraform.io/acme/security-group/aws", false),
            ("module.sessions", "app.terraform.io/acme/elasticache/aws//modules/redis", true),
            ("module.elasticache_dns", "git::https://example.com/acme/modules.git//zone", false),
            ("module.redis-label", "cloudposse/label/null", false),
            ("module.session_secret", "git::https://example.com/acme/terraform-redis-secret", false),
            ("module.redis.module.vpc", "terraform-aws-modules/vpc/aws", false),
            ("module.queue", "acme/queue/aws", false),
        ] {
            assert_eq!(makes_caches(name, source), want, "{name} of {source}");
        }
    }
}
