//! What commands share: where they run, how they print, opening a stack, and the exit code of a failure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::args::{Cli, InputArgs, ScopeArgs, StackArgs};
use crate::cli::exit;
use crate::cli::operand;
use crate::cli::saved::{self, Named};
use crate::cli::spared;
use crate::clock::Clock;
use crate::kind::Impact;
use crate::kinds;
use crate::ops::{Failure, Loaded, Session, SessionOptions};
use crate::plan::Options;
use crate::stack::environment::{is_endpoint, meant_endpoint};
use crate::stack::location::Location;
use crate::stack::variables::Given;
use crate::state::lock::Holder;
use crate::ui::{Colour, Ui};

/// The surroundings of a command.
pub struct Context {
    /// `-C`
    directory: PathBuf,
    colour: Colour,
    compact: bool,
    input: Option<bool>,
    process: BTreeMap<String, String>,
}

impl Context {
    /// Reads the surroundings once.
    pub fn new(cli: &Cli) -> Result<Self, String> {
        let directory = cli.chdir.clone().unwrap_or_else(|| PathBuf::from("."));
        if !directory.is_dir() {
            return Err(format!("-C {}: there is no such directory", directory.display()));
        }
        let process =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self {
            directory,
            colour: cli.colour(),
            compact: cli.compact_warnings,
            input: cli.input,
            process: process.collect(),
        })
    }

    /// How to print.
    pub fn ui(&self, json: bool) -> Ui {
        let ui = Ui::new(json, self.colour);
        if self.compact { ui.compact() } else { ui }
    }

    /// Whether somebody may be asked, as `-input` or TF_INPUT says.
    pub fn may_ask(&self) -> bool {
        let process = || self.variable("TF_INPUT").map(|text| !matches!(text, "0" | "false"));
        self.input.or_else(process).unwrap_or(true)
    }

    /// Has the messages for programs written into a file, too, where one is named.
    pub fn beside(&self, file: Option<&Path>) -> Result<(), Failure> {
        let Some(file) = file else { return Ok(()) };
        spared::check(file).map_err(|why| Failure::Error(format!("--json-into {why}")))?;
        let why = |error| Failure::Error(format!("--json-into {}: {error}", file.display()));
        crate::ui::open_beside(&self.path(file)).map_err(why)
    }

    /// A path that was given, from `-C` on.
    pub fn path(&self, path: &Path) -> PathBuf {
        if self.directory == Path::new(".") { path.to_owned() } else { self.directory.join(path) }
    }

    /// A place for states that was given, a directory from `-C` on.
    fn location(&self, text: &str) -> Result<Location, Failure> {
        let place = Location::parse(text)
            .map_err(|wrong| Failure::Error(format!("--state: {} {}", wrong.detail, wrong.help)))?;
        Ok(if self.directory == Path::new(".") { place } else { place.from(&self.directory) })
    }

    /// Who holds a lock, for whoever waits for it.
    pub fn holder(&self, command: &str, clock: &dyn Clock) -> Holder {
        let first = |names: &[&str]| names.iter().find_map(|name| self.variable(name)).map(str::to_owned);
        let github = || {
            let of = |name| self.variable(name);
            Some(format!(
                "{}/{}/actions/runs/{}",
                of("GITHUB_SERVER_URL")?,
                of("GITHUB_REPOSITORY")?,
                of("GITHUB_RUN_ID")?
            ))
        };
        Holder {
            id: None,
            user: first(&["USER", "LOGNAME", "USERNAME"]),
            host: first(&["HOSTNAME", "COMPUTERNAME"]).or_else(crate::disk::host_name),
            pid: std::process::id(),
            job: first(&["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL"]).or_else(github),
            command: command.to_owned(),
            since: jiff::Timestamp::try_from(clock.now()).unwrap_or_default().to_string(),
            age: None,
        }
    }

    /// Where the command works unless it is told otherwise.
    pub fn directory(&self) -> PathBuf {
        self.directory.clone()
    }

    /// The variables of the environment.
    pub fn process(&self) -> &BTreeMap<String, String> {
        &self.process
    }

    /// A variable of the environment, where it is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.process.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The options of a session.
    pub fn session(
        &self,
        stack: Option<&Path>,
        inputs: &InputArgs,
        arguments: &[String],
    ) -> Result<SessionOptions, Failure> {
        let directory = match stack.map(|stack| saved::named(&self.path(stack))).transpose()? {
            None => self.directory.clone(),
            Some(Named::Directory(directory)) => directory,
            Some(Named::Plan(file)) => {
                let why = "it is a saved plan: look at it with `show`, carry it out with `apply`";
                return Err(Failure::Error(format!("{}: {why}", file.display())));
            }
        };
        let mut given = Vec::new();
        for text in &inputs.var {
            let (name, value) = text
                .split_once('=')
                .ok_or_else(|| Failure::Error(format!("--var {}: write NAME=VALUE", name_in(text))))?;
            given.push(Given::Var(name.trim().to_owned(), value.to_owned()));
        }
        if let Some(none) = inputs.endpoint.as_deref().filter(|text| !text.is_empty() && !is_endpoint(text)) {
            let why = format!("it is neither \"emulator\" nor an http or https URL. {}", meant_endpoint(none));
            // What stands before an @ may be a password.
            let shown = none.rsplit('@').next().unwrap_or_default();
            return Err(Failure::Error(format!("--endpoint {shown}: {why}")));
        }
        let files = inputs.var_file.iter().map(|path| Given::File(self.path(path)));
        let given = in_order(given, files.collect(), arguments);
        Ok(SessionOptions {
            given,
            endpoint: inputs.endpoint.clone().filter(|endpoint| !endpoint.is_empty()),
            state: inputs.state.as_deref().map(|text| self.location(text)).transpose()?,
            process: self.process.clone(),
            ..SessionOptions::new(directory)
        })
    }

    /// Reads a stack, and answers the options of a session in each environment that is meant: those that are named, every
    /// one, or else the one that the stack says.
    pub fn environments(
        &self,
        ui: Ui,
        stack: &StackArgs,
        every: bool,
    ) -> Result<(Arc<Loaded>, Vec<SessionOptions>), Failure> {
        self.environments_with(ui, stack, every, BTreeMap::new())
    }

    /// The same of a stack with configuration that is not on the disk, by its path.
    pub fn environments_with(
        &self,
        ui: Ui,
        stack: &StackArgs,
        every: bool,
        beside: BTreeMap<String, String>,
    ) -> Result<(Arc<Loaded>, Vec<SessionOptions>), Failure> {
        let arguments: Vec<String> = std::env::args().collect();
        let options = self.session(stack.stack.as_deref(), &stack.inputs, &arguments)?;
        let options = SessionOptions { beside, ..options };
        let loaded = Arc::new(Loaded::read(&options));
        let wanted = if every { loaded.environments() } else { self.wanted(ui, &stack.inputs, &loaded) };
        let names = match &wanted[..] {
            // What is wrong with it is told with all the rest.
            [name] if !name.contains(['*', '?']) => vec![name.clone()],
            names => loaded.select(names).map_err(|wrong| {
                // A file that cannot be read may be the one that has it.
                let (mut found, sources) = loaded.found();
                found.push(wrong);
                ui.diagnostics(&found, sources);
                Failure::Stack
            })?,
        };
        let of = |name: Option<String>| SessionOptions { environment: name, ..options.clone() };
        let every = names.into_iter().map(|name| of(Some(name))).collect::<Vec<_>>();
        Ok((loaded, if every.is_empty() { vec![of(None)] } else { every }))
    }

    /// The names of environments that are given: by `-e`, else by the process.
    pub fn named(&self, inputs: &InputArgs) -> Vec<String> {
        let process = self.variable("CACHESTACK_ENVIRONMENT").map(str::to_owned);
        let given =
            if inputs.environment.is_empty() { process.into_iter().collect() } else { inputs.environment.clone() };
        given.iter().flat_map(|names| names.split(',')).map(|name| name.trim().to_owned()).collect()
    }

    /// The same, and else the workspace that Terraform would take, where there is such an environment.
    fn wanted(&self, ui: Ui, inputs: &InputArgs, loaded: &Loaded) -> Vec<String> {
        let named = self.named(inputs);
        let workspace =
            self.variable("TF_WORKSPACE").filter(|name| loaded.environments().iter().any(|one| one == name));
        match workspace.filter(|_| named.is_empty()) {
            None => named,
            Some(name) => {
                ui.remark(&format!("Environment \"{name}\", as TF_WORKSPACE says."));
                vec![name.to_owned()]
            }
        }
    }

    /// Opens a stack in one environment.
    pub fn open(&self, ui: Ui, stack: &StackArgs) -> Result<Session, Failure> {
        let (loaded, environments) = self.environments(ui, stack, false)?;
        Ok(Session::of(&loaded, &one(environments)?))
    }

    /// Opens the stack of a command whose operands are its own.
    pub fn open_inputs(&self, ui: Ui, inputs: &InputArgs) -> Result<Session, Failure> {
        let stack = StackArgs { stack: None, inputs: inputs.clone() };
        self.open(ui, &stack)
    }

    /// Opens the stack of a command whose operand is an address. Other commands take a directory there: what is no
    /// address and is one, is meant as one, and then there is no address.
    pub fn open_meant<'a>(
        &self,
        ui: Ui,
        inputs: &InputArgs,
        operand: Option<&'a str>,
    ) -> Result<(Session, Option<&'a str>), Failure> {
        let is_directory = |text: &&str| kinds::address(text).is_none() && self.path(Path::new(text)).is_dir();
        match operand.filter(is_directory) {
            Some(directory) => {
                let stack = StackArgs { stack: Some(directory.into()), inputs: inputs.clone() };
                Ok((self.open(ui, &stack)?, None))
            }
            None => Ok((self.open_inputs(ui, inputs)?, operand)),
        }
    }
}

/// The only environment, for what is of one.
pub fn one(mut environments: Vec<SessionOptions>) -> Result<SessionOptions, Failure> {
    if environments.len() == 1 {
        return Ok(environments.remove(0));
    }
    let names: Vec<String> = environments.into_iter().filter_map(|options| options.environment).collect();
    Err(Failure::Error(format!("this is done in one environment at a time, and -e means {}", names.join(", "))))
}

/// What may be the name in a `--var` without an equals sign; the rest may be secret.
fn name_in(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len());
    if end == text.len() { "..." } else { &text[..end] }
}

/// `--var` and `--var-file` in the order in which they stand on the command line.
fn in_order(vars: Vec<Given>, files: Vec<Given>, arguments: &[String]) -> Vec<Given> {
    let (mut vars, mut files) = (vars.into_iter(), files.into_iter());
    let mut given = Vec::new();
    for argument in arguments {
        let name = argument.trim_start_matches('-').split('=').next().unwrap_or_default();
        match (argument.starts_with('-'), name) {
            (true, "var") => given.extend(vars.next()),
            (true, "var-file") => given.extend(files.next()),
            _ => {}
        }
    }
    given.extend(vars);
    given.extend(files);
    given
}

/// The options of a plan.
pub fn plan_options(scope: &ScopeArgs, destroy: bool) -> Result<Options, Failure> {
    let addresses = |texts: &[String]| texts.iter().map(|text| operand::address(text)).collect::<Result<Vec<_>, _>>();
    let subjects = |texts: &[String]| texts.iter().map(|text| operand::subject(text)).collect::<Result<Vec<_>, _>>();
    let max_impact = scope.max_impact.as_deref().map(|word| {
        Impact::parse(word).ok_or_else(|| {
            Failure::Error(format!("--max-impact {word}: write none, blip, failover, write-pause, reboot or data-loss"))
        })
    });
    if destroy && (scope.refresh_only || !scope.replace.is_empty() || !scope.now.is_empty()) {
        let now = if scope.replace.is_empty() { "--now" } else { "--replace" };
        let option = if scope.refresh_only { "--refresh-only" } else { now };
        return Err(Failure::Error(format!("{option} destroys nothing: use it with `plan` or `apply`")));
    }
    if scope.refresh == Some(false) && scope.refresh_only {
        return Err(Failure::Error("-refresh=false: --refresh-only looks at nothing then".to_owned()));
    }
    let all = |text: &String| text == "all";
    if scope.allow_purchase.iter().any(all) {
        let why = "--allow-purchase all: nobody gives the money back, so each purchase is named: --allow-purchase reserved_cache_node.a";
        return Err(Failure::Error(why.to_owned()));
    }
    Ok(Options {
        destroy,
        targets: subjects(&scope.target)?,
        excludes: subjects(&scope.exclude)?,
        replace: addresses(&scope.replace)?,
        allow_destroy: addresses(&scope.allow_destroy.iter().filter(|text| !all(text)).cloned().collect::<Vec<_>>())?,
        allow_all: scope.allow_destroy.iter().any(all),
        now: addresses(&scope.now)?,
        allow_purchase: addresses(&scope.allow_purchase)?,
        remembered: scope.refresh == Some(false),
        max_impact: max_impact.transpose()?,
        max_cost_increase: scope.max_cost_increase,
        refresh_only: scope.refresh_only,
        force: scope.force,
        skip_blocked: scope.skip_blocked,
        ..Options::default()
    })
}

/// Prints why a command ended early; answers its exit code.
pub fn fail(ui: Ui, failure: &Failure) -> u8 {
    let (why, code) = explain(failure);
    if let Some(why) = why {
        ui.error(&why);
    }
    code
}

/// Why a command ended early, unless the diagnostics say it, and its exit code.
pub fn explain(failure: &Failure) -> (Option<String>, u8) {
    match failure {
        Failure::Stack => (None, exit::ERROR),
        Failure::Error(why) => (Some(why.clone()), exit::ERROR),
        Failure::Refused(why) => (Some(format!("refused: {why}")), exit::REFUSED),
        Failure::Locked(holder) => {
            let who = holder.as_ref().map_or_else(|| "another run".to_owned(), ToString::to_string);
            let way_out = match holder.as_ref().and_then(|holder| holder.id.as_ref()) {
                Some(id) => format!("if that run is gone for good, take its lock away: cachestack force-unlock {id}"),
                None => "the lock goes with its process, so there is nothing to unlock by force".to_owned(),
            };
            let why = format!("the state is locked by {who}. Wait for it, or pass --lock-timeout 5m; {way_out}");
            (Some(why), exit::LOCKED)
        }
        Failure::Remains(why) => (Some(why.clone()), exit::REMAINS),
        Failure::Stale(why) => (Some(why.clone()), exit::STALE),
    }
}
