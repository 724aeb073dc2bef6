//! A stack opened for one environment: variables resolved, settings evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::{ModulePath, module_prefix};
use crate::clock::{Clock, SystemClock};
use crate::diag::{self, Diagnostic, SourceMap};
use crate::disk::{Disk, SystemDisk};
use crate::entropy::{Entropy, SystemEntropy};
use crate::fetch::Library;
use crate::kind::Vault;
use crate::lang::declare::Module;
use crate::lang::eval::Settings;
use crate::lang::source::{self, Origin};
use crate::ops::Failure;
use crate::ops::consequences;
use crate::ops::place::{self, Reach};
use crate::ops::saved::Kept;
use crate::plan::{Live, manages};
use crate::stack::Stack;
use crate::stack::environment::{self, Environment};
use crate::stack::evaluator::{Evaluator, ModuleNames};
use crate::stack::location::Location;
use crate::stack::remote_state;
use crate::stack::secrets::{Secrets, vault};
use crate::stack::terraform_state;
use crate::stack::variables::{self, Given, ValuesFile};
use crate::stack::version;
use crate::state::State;
use crate::state::digest::Digests;
use crate::state::medium::Medium;
use crate::state::store::Store;
use crate::value::{Object, Value};

/// What a run is asked for.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// The directory of the stack.
    pub directory: PathBuf,
    /// `-e`
    pub environment: Option<String>,
    /// `--var` and `--var-file`, in order.
    pub given: Vec<Given>,
    /// `--endpoint`
    pub endpoint: Option<String>,
    /// `--state`
    pub state: Option<Location>,
    /// The variables of the process.
    pub process: BTreeMap<String, String>,
    /// Whether commands of secrets may be run.
    pub commands: bool,
    /// Whether a variable without a value is a mistake; for a check it is unknown.
    pub values: bool,
    /// Tells the time, and waits.
    pub clock: Arc<dyn Clock>,
    /// Where states lie.
    pub disk: Arc<dyn Disk>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// What a saved plan has kept, that is to be carried out.
    pub kept: Option<Arc<Kept>>,
    /// Configuration that is not on the disk, or not yet, by its path.
    pub beside: BTreeMap<String, String>,
}

impl SessionOptions {
    /// Those of a stack in a directory, with nothing given: its default environment, the system's time, disk and
    /// randomness, and no variable of the process.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            environment: None,
            given: Vec::new(),
            endpoint: None,
            state: None,
            process: BTreeMap::new(),
            commands: true,
            values: true,
            clock: Arc::new(SystemClock),
            disk: Arc::new(SystemDisk),
            entropy: Arc::new(SystemEntropy),
            kept: None,
            beside: BTreeMap::new(),
        }
    }
}

/// An opened stack.
#[derive(Debug)]
pub struct Session {
    /// The environment.
    pub environment: Environment,
    /// The values of the stack.
    pub evaluator: Evaluator,
    /// Every text that a diagnostic may point into.
    pub sources: SourceMap,
    /// What is wrong so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the emulator's world and what is made for it lie; the state too, unless it has a place of its own.
    pub state_directory: PathBuf,
    /// Tells the time, and waits.
    pub clock: Arc<dyn Clock>,
    /// Where the state lies.
    pub medium: Arc<dyn Medium>,
    /// That place, where it was named, so that other stacks may name it as well.
    pub location: Option<Location>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Digests of secrets, with the salt of the state once that is open.
    pub digests: Arc<Digests>,
    /// The URLs that variables of the process put in the place of single services of AWS.
    pub service_urls: Vec<String>,
    /// What reads a state of Terraform.
    pub reach: Reach,
    /// A state of Terraform that is to be read for its values.
    pub theirs: Option<Location>,
    /// What the last plan was made of: the state, with all operations settled, and what was read of the account.
    pub seen: Option<(State, Live)>,
    /// How fast calls go out.
    #[cfg(feature = "aws")]
    pub paces: crate::cloud::Paces,
}

/// A stack as it was read, once for all its environments.
#[derive(Debug)]
pub struct Loaded {
    names: Arc<ModuleNames>,
    /// The files of the stack, and those of values that were given.
    sources: SourceMap,
    /// The files of values that belong to the stack.
    values: Vec<ValuesFile>,
    /// Those of `--var-file`, by path.
    given: BTreeMap<PathBuf, ValuesFile>,
    /// What is wrong with all this, in any environment.
    diagnostics: Vec<Diagnostic>,
    /// How fast calls go out, which all environments share.
    #[cfg(feature = "aws")]
    paces: crate::cloud::Paces,
}

impl Loaded {
    /// Reads every file. What is wrong is told by each session.
    pub fn read(options: &SessionOptions) -> Self {
        let mut diagnostics = Vec::new();
        let stack = match &options.kept {
            None => {
                let (library, origin) = (Library::open(&options.directory), Origin::Beside(options.beside.clone()));
                Stack::load_from(&options.directory, &library, &origin, &mut diagnostics)
            }
            Some(kept) => {
                let library = Library::kept(&options.directory, kept.modules.clone());
                let mut stack = Stack::load_from(&options.directory, &library, &kept.sources, &mut diagnostics);
                stack.name = kept.stack.as_str().into();
                stack
            }
        };
        let mut sources = stack.sources.clone();
        let files = stack.files.values.iter();
        let values = files.map(|file| ValuesFile::parse(*file, &sources, &mut diagnostics)).collect();
        let mut given = BTreeMap::new();
        for one in &options.given {
            if let Given::File(path) = one
                && let Some(file) = source::read_file(path, &mut sources, &mut diagnostics)
            {
                given.insert(path.clone(), ValuesFile::parse(file, &sources, &mut diagnostics));
            }
        }
        Self {
            names: Arc::new(ModuleNames(stack)),
            sources,
            values,
            given,
            diagnostics,
            #[cfg(feature = "aws")]
            paces: crate::cloud::Paces::default(),
        }
    }

    /// The name of the stack.
    pub fn name(&self) -> &str {
        &self.names.0.name
    }

    /// The names of the environments, in the order of the files.
    pub fn environments(&self) -> Vec<String> {
        self.names.0.module.environments.iter().map(|environment| environment.name.to_string()).collect()
    }

    /// What is wrong in any environment, and the texts that it is in.
    pub fn found(&self) -> (Vec<Diagnostic>, &SourceMap) {
        (self.diagnostics.clone(), &self.sources)
    }

    /// The environments that names and patterns mean, each once.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn select(&self, wanted: &[String]) -> Result<Vec<String>, Diagnostic> {
        environment::select(&self.names.0.module, wanted)
    }

    /// The environment that is meant where none is named.
    pub fn default_environment(&self) -> Option<Arc<str>> {
        environment::default(&self.names.0.module)
    }
}

impl Session {
    /// Reads a stack and opens it. What is wrong is in `diagnostics`.
    pub fn open(options: &SessionOptions) -> Self {
        Self::of(&Loaded::read(options), options)
    }

    /// Opens a stack that was read.
    pub fn of(loaded: &Loaded, options: &SessionOptions) -> Self {
        Self::make(loaded, options, options.kept.as_ref().map(|kept| &kept.variables))
    }

    /// Opens a stack that was read, with variables that have these values whatever else gives them others.
    pub fn with_variables(loaded: &Loaded, options: &SessionOptions, variables: &Object) -> Self {
        Self::make(loaded, options, Some(variables))
    }

    fn make(loaded: &Loaded, options: &SessionOptions, known: Option<&Object>) -> Self {
        let mut diagnostics = loaded.diagnostics.clone();
        let mut sources = loaded.sources.clone();
        let names = loaded.names.clone();
        let module = &names.0.module;
        let name = environment::choose(module, options.environment.as_deref(), &mut diagnostics);
        let secrets = Secrets::new(options.directory.clone(), options.process.clone(), options.commands);
        let mut evaluator = Evaluator::new(names.clone(), settings(options), secrets, &name);
        let (given, overrides) = split_overrides(&names.0, &options.given, &mut sources, &evaluator, &mut diagnostics);
        evaluator.add_foreign(overrides);
        let vars = environment::vars(module, &name, &evaluator, &mut diagnostics);
        let inputs = variables::Inputs {
            module,
            environment: vars.as_ref().map(|(vars, span)| (vars, *span)),
            process: &options.process,
            given: &given,
            files: &loaded.values,
            given_files: &loaded.given,
            wanted: options.values,
            known,
        };
        let values = variables::resolve(&inputs, &mut sources, &evaluator, &mut diagnostics);
        evaluator.set_variables(values);
        evaluator.prepare_modules();
        let endpoint = options.endpoint.as_deref();
        let environment =
            environment::evaluate(&names.0, &name, endpoint, &options.process, &evaluator, &mut diagnostics);
        let reach = Reach::of(options, &environment.name);
        let theirs = environment.terraform_state.clone().map(|(place, span)| (place.from(&options.directory), span));
        // A file is read at once; for what is elsewhere there are no credentials before there is an account.
        let theirs = theirs.filter(|(place, span)| match place {
            Location::Directory(_) => {
                match values_of_others(&reach, place, &names.0) {
                    Ok(values) => evaluator.add_foreign(values),
                    Err(why) => diagnostics.push(terraform_state::unread(&why).at(*span)),
                }
                false
            }
            _ => true,
        });
        evaluator.await_foreign(theirs.is_some());
        evaluator.set_environment(environment.region.as_deref(), environment.account_id.as_deref());
        version::check(module, &evaluator, &mut diagnostics);
        validate_variables(&names, &evaluator, &mut diagnostics);
        notes(&names, &mut diagnostics);
        let beside = options.directory.join(".cachestack");
        let location =
            options.state.clone().or_else(|| environment.state.clone().map(|place| place.from(&options.directory)));
        let base = match &location {
            Some(Location::Directory(directory)) => directory.clone(),
            _ => beside,
        };
        let state_directory = base.join(environment.state_name());
        let medium = place::medium(location.as_ref(), &state_directory, &environment, options);
        if let Some(vault) = vault(&environment, evaluator.secrets(), &options.directory, &state_directory) {
            evaluator.secrets().keep_in(vault);
        }
        Self {
            environment,
            evaluator,
            sources,
            diagnostics,
            medium,
            location,
            state_directory,
            clock: options.clock.clone(),
            entropy: options.entropy.clone(),
            digests: Arc::default(),
            service_urls: service_urls(&options.process),
            reach,
            theirs: theirs.map(|(place, _)| place),
            seen: None,
            #[cfg(feature = "aws")]
            paces: loaded.paces.clone(),
        }
    }

    /// Reads the values of resources that Terraform has, where its state lies elsewhere than in a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_theirs(&mut self) -> Result<(), Failure> {
        let Some(place) = self.theirs.take() else { return Ok(()) };
        let values = values_of_others(&self.reach, &place, self.evaluator.stack())
            .map_err(|why| Failure::Error(format!("`terraform_state` cannot be read: {why}")))?;
        self.evaluator.add_foreign(values);
        self.evaluator.await_foreign(false);
        Ok(())
    }

    /// Opens the state of the environment. Writes nothing.
    pub fn store(&self) -> Result<Store, Failure> {
        Store::open(self.medium.clone()).map_err(Failure::Error)
    }

    /// The state, for whoever only looks at it: of an environment that is misspelt there is none, and not an empty one.
    /// One that was declared once may have left something.
    ///
    /// # Errors
    /// As [`Session::store`], and where there is no such environment.
    pub fn kept(&self) -> Result<Store, Failure> {
        let store = self.store()?;
        let unknown = self.diagnostics.iter().find(|diagnostic| diagnostic.code == "CS0352");
        match unknown.filter(|_| store.state().is_empty()) {
            Some(unknown) => {
                Err(Failure::Error(format!("{} {}", unknown.detail, unknown.help.clone().unwrap_or_default())))
            }
            None => Ok(store),
        }
    }

    /// Adds diagnostics, in reading order, without those that only follow from another one.
    pub fn report(&mut self, mut more: Vec<Diagnostic>) {
        self.diagnostics.append(&mut more);
        consequences::leave_out(&mut self.diagnostics, self.evaluator.stack(), &self.sources);
        self.diagnostics = self.environment.lints.judge(std::mem::take(&mut self.diagnostics));
        // What a rule has told and stopped, the calls need not tell again.
        let errors = self.diagnostics.iter().filter(|one| one.rule && one.is_error());
        let rules: BTreeSet<_> = errors.map(place).collect();
        self.diagnostics.retain(|one| one.rule || one.span.is_none() || !rules.contains(&place(one)));
        let name = self.environment.name.to_string();
        let found = std::mem::take(&mut self.diagnostics).into_iter().map(|one| (&*name, one)).collect();
        self.diagnostics = diag::gather::gather(found, &[&name]);
        diag::sort(&mut self.diagnostics);
    }

    /// The environment, what was found in it, and the texts that it is in.
    pub fn found(&self) -> (&str, Vec<Diagnostic>, &SourceMap) {
        (&self.environment.name, self.diagnostics.clone(), &self.sources)
    }

    /// Whether anything found so far is an error.
    pub fn has_errors(&self) -> bool {
        diag::has_errors(&self.diagnostics)
    }
}

/// What is told where, and of which resource.
fn place(one: &Diagnostic) -> (&'static str, Option<diag::Span>, Option<String>) {
    (one.code, one.span, one.address.clone())
}

/// Where the secrets lie that are made here: where the environment says; with the built-in emulator beside its world.
fn vault(environment: &Environment, secrets: &Secrets, directory: &Path, beside: &Path) -> Option<Arc<dyn Vault>> {
    let whole = environment.secrets.as_deref().unwrap_or_default();
    match environment.secrets.as_deref().map(|text| text.split_once(':').unwrap_or((text, ""))) {
        Some(("file", path)) => Some(Arc::new(vault::Directory(directory.join(path)))),
        Some(("command", line)) => {
            Some(Arc::new(vault::Program { line: line.to_owned(), directory: directory.to_owned() }))
        }
        Some(("ssm" | "secretsmanager", _)) => Some(secrets.within_account(whole)),
        // It is wrong, and that has been said.
        Some(_) => Some(Arc::new(vault::Directory(beside.join("secrets")))),
        None if environment.is_emulated() => Some(Arc::new(vault::Directory(beside.join("secrets")))),
        None => None,
    }
}

/// `AWS_ENDPOINT_URL_ELASTICACHE` and the like, as every SDK reads them.
fn service_urls(process: &BTreeMap<String, String>) -> Vec<String> {
    if process.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| text == "true") {
        return Vec::new();
    }
    let ours = ["ELASTICACHE", "EC2", "CLOUDWATCH", "STS", "RESOURCE_GROUPS_TAGGING_API"];
    let urls = ours.iter().filter_map(|service| process.get(&format!("AWS_ENDPOINT_URL_{service}")));
    urls.filter(|url| !url.is_empty()).cloned().collect()
}

fn settings(options: &SessionOptions) -> Settings {
    let now = jiff::Timestamp::try_from(options.clock.now()).unwrap_or_default();
    let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or_default().to_string();
    let now = options.kept.as_ref().map_or(now, |kept| kept.made.clone());
    Settings {
        directory: options.directory.clone(),
        module: None,
        home: options.process.get("HOME").map(PathBuf::from),
        plan_timestamp: now.into(),
        timestamp: None,
        budget: Arc::default(),
        in_template: false,
        eager: false,
    }
}

/// `--var 'aws_vpc.main={ id = "..." }'` gives a value to a resource of another tool.
fn split_overrides(
    stack: &Stack,
    given: &[Given],
    sources: &mut SourceMap,
    evaluator: &Evaluator,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Given>, BTreeMap<String, Value>) {
    let mut rest = Vec::new();
    let mut overrides = BTreeMap::new();
    for one in given {
        match one {
            Given::Var(name, text) if is_foreign(stack, name) => {
                let file = sources.add(format!("--var {name}"), text.clone());
                let parsed = crate::lang::syntax::parse_expression(file, text, 0, diagnostics);
                match parsed.map(|expr| crate::lang::eval::eval(&expr, evaluator)) {
                    Some(Ok(value)) => drop(overrides.insert(name.clone(), value)),
                    Some(Err(mut wrong)) => diagnostics.append(&mut wrong),
                    None => {}
                }
            }
            other => rest.push(other.clone()),
        }
    }
    (rest, overrides)
}

/// The values that a state of Terraform has of resources of other tools.
fn values_of_others(reach: &Reach, place: &Location, stack: &Stack) -> Result<BTreeMap<String, Value>, String> {
    let bytes = reach.read(place)?;
    terraform_state::values(&bytes, |address| is_foreign(stack, address)).map_err(|why| format!("{place}: {why}"))
}

/// Whether a name is the address of a resource of another tool; one in a module may have the keys of that.
fn is_foreign(stack: &Stack, name: &str) -> bool {
    let rest = name.split_once("module.").filter(|(before, _)| before.is_empty());
    if rest.is_none() {
        return stack.module.foreign.contains_key(name);
    }
    let bare = without_keys(name);
    if stack.elsewhere.keys().any(|path| module_prefix(path).trim_end_matches('.') == bare) {
        return true;
    }
    // What a module tells that manages nothing is another tool's to tell.
    let named = |path: &&ModulePath| module_prefix(path).trim_end_matches('.') == bare;
    if let Some(path) = stack.units.keys().find(named) {
        return !manages(stack, path);
    }
    stack.modules().any(|(path, module)| {
        let inner = bare.strip_prefix(&module_prefix(path)).filter(|_| !path.is_empty());
        inner.is_some_and(|inner| module.foreign.contains_key(inner))
    })
}

/// An address without what is in brackets.
fn without_keys(address: &str) -> String {
    let mut depth = 0;
    let mut outside = |c: char| {
        depth += i32::from(c == '[');
        let out = depth == 0;
        depth -= i32::from(c == ']');
        out
    };
    address.chars().filter(|c| outside(*c)).collect()
}

/// The conditions of variables, which may look at all of them.
fn validate_variables(names: &ModuleNames, evaluator: &Evaluator, diagnostics: &mut Vec<Diagnostic>) {
    for (name, variable) in &names.0.module.variables {
        let mut wrong = Vec::new();
        crate::stack::conditions::check_all(&variable.validations, evaluator, "CS0346", &mut wrong);
        diagnostics.extend(wrong.into_iter().map(|wrong| wrong.about(name)));
    }
}

/// More modules than these are told as a number.
const MODULES_SHOWN: usize = 5;

/// One note for all resources of other tools; of modules it says how many they have.
fn notes(names: &ModuleNames, diagnostics: &mut Vec<Diagnostic>) {
    let name = |path: &[_]| module_prefix(path).trim_end_matches('.').to_owned();
    let modules = names.0.elsewhere.keys().map(|path| name(path));
    let blocks = |module: &Module| -> Vec<String> {
        let blocks = module.foreign.iter().filter(|(address, block)| !remote_state::is_read(address, block));
        blocks.map(|(address, _)| address.clone()).collect()
    };
    let within = names.0.modules().filter(|(path, _)| !path.is_empty());
    let within: Vec<(String, usize)> =
        within.map(|(path, module)| (name(path), blocks(module).len())).filter(|(_, count)| *count > 0).collect();
    let within: Vec<String> = match within.len() {
        0..=MODULES_SHOWN => within.iter().map(|(name, count)| format!("{count} in {name}")).collect(),
        many => vec![format!("{} in {many} modules", within.iter().map(|(_, count)| count).sum::<usize>())],
    };
    let foreign: Vec<String> = blocks(&names.0.module).into_iter().chain(modules).chain(within).collect();
    if !foreign.is_empty() {
        let detail = format!("Not managed by cachestack: {}.", foreign.join(", "));
        diagnostics.push(Diagnostic::note("CS0304", "Resources of other tools", detail));
    }
}
