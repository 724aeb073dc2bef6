//! What the verbs of day two share: opening a stack for one object, and telling how long something takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address::{Address, Subject};
use crate::cli::args::{InputArgs, StackArgs};
use crate::cli::operand;
use crate::cli::plan;
use crate::cli::run::Context;
use crate::cli::server::server;
use crate::kind::{Kind, Login};
use crate::kinds;
use crate::ops::connect::{Connection, Purpose, connect};
use crate::ops::day_two::{Meant, at_home, login, meant};
use crate::ops::{Failure, Session};
use crate::plan::Options;
use crate::probe;
use crate::state::State;
use crate::ui::live::Wait;
use crate::ui::{self, Ui, duration, stream};

/// Why nobody connects to a name of the built-in emulator.
pub const NOWHERE: &str = "the emulator makes this name up, and nothing listens there; an engine of yours is reached with --through HOST:PORT";

/// A stack with its account.
pub struct Open {
    /// The stack.
    pub session: Session,
    /// Its state.
    pub state: State,
    /// The account.
    pub connection: Connection,
}

/// Opens a stack and connects to its account.
pub async fn open(context: &Context, ui: Ui, inputs: &InputArgs, purpose: Purpose) -> Result<Open, Failure> {
    let stack = StackArgs { stack: None, inputs: inputs.clone() };
    let session = context.open(ui, &stack)?;
    connected(ui, session, purpose).await
}

/// Connects a stack that was opened.
pub async fn connected(ui: Ui, mut session: Session, purpose: Purpose) -> Result<Open, Failure> {
    if session.has_errors() {
        ui.diagnostics(&session.diagnostics, &session.sources);
        return Err(Failure::Stack);
    }
    let state = session.kept()?.state().clone();
    let connection = connect(&mut session, purpose).await?;
    at_home(&session, &state, &connection)?;
    Ok(Open { session, state, connection })
}

/// Opens a stack for one object of it. Whether the address means one is told before anything is asked.
pub async fn open_for(
    context: &Context,
    ui: Ui,
    (inputs, address): (&InputArgs, &str),
    purpose: Purpose,
    takes: impl Fn(&dyn Kind) -> bool,
) -> Result<(Open, Meant), Failure> {
    let address = operand::address(address)?;
    let stack = StackArgs { stack: None, inputs: inputs.clone() };
    let session = context.open(ui, &stack)?;
    let found = meant(&session, &session.kept()?.state(), &address, takes)?;
    Ok((connected(ui, session, purpose).await?, found))
}

/// Opens a stack for one object and for what its clients log in with: everything is planned that the secret hangs on.
pub async fn open_with_login(
    context: &Context,
    ui: Ui,
    (inputs, address): (&InputArgs, &str),
    user: Option<&Address>,
    takes: impl Fn(&dyn Kind) -> bool,
) -> Result<(Open, Meant, Option<Login>), Failure> {
    let address = operand::address(address)?;
    let stack = StackArgs { stack: None, inputs: inputs.clone() };
    let mut session = context.open(ui, &stack)?;
    let found = meant(&session, &session.kept()?.state(), &address, takes)?;
    let targets = [Some(&found.address), user].into_iter().flatten().cloned().map(Subject::Resource).collect();
    let options = Options { targets, ..Options::default() };
    let made = plan::attempt(&mut session, &options, None).await;
    let (_, store, connection) = made.inspect_err(|_| ui.diagnostics(&session.diagnostics, &session.sources))?;
    let state = store.state().clone();
    let login = login::of(&mut session, user.unwrap_or(&found.address));
    let login = login.inspect_err(|_| ui.diagnostics(&session.diagnostics, &session.sources))?;
    Ok((Open { session, state, connection }, found, login))
}

/// The log-in that `--user` and `--token-env` give, or that of the block.
///
/// # Errors
/// A name without a secret; a variable that has none.
pub fn given_login(
    context: &Context,
    (user, variable): (Option<&str>, Option<&str>),
    of_block: Option<Login>,
) -> Result<Option<Login>, Failure> {
    let is_address = user.is_some_and(|user| kinds::address(user).is_some());
    let Some(variable) = variable else {
        return match user {
            Some(_) if !is_address => {
                let why =
                    "--user NAME wants --token-env VARIABLE; user.NAME of the stack has its password in its block";
                Err(Failure::Error(why.to_owned()))
            }
            _ => Ok(of_block),
        };
    };
    let secret = context.variable(variable);
    let secret = secret.ok_or_else(|| Failure::Error(format!("--token-env: {variable} is not set, or empty")))?;
    let name = if is_address { of_block.and_then(|login| login.user) } else { user.map(str::to_owned) };
    Ok(Some(Login { user: name, secret: secret.into() }))
}

/// A file of certificates that was given.
///
/// # Errors
/// It has none.
pub fn certificates(context: &Context, file: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    let Some(file) = file.map(|file| context.path(file)) else { return Ok(None) };
    probe::certificates(&file).map_err(|why| Failure::Error(format!("--cacert: {why}")))?;
    Ok(Some(file))
}

/// Where `--through` leads.
///
/// # Errors
/// It is no `HOST:PORT`.
pub fn through(text: Option<&str>) -> Result<Option<(String, u16)>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let read = server(text).unwrap_or_else(|| Err("write HOST:PORT".to_owned()));
    let read = read.map_err(|why| Failure::Error(format!("--through: {why}")))?;
    Ok(Some((read.host, read.port)))
}

/// Asks. Only `yes` is a yes.
///
/// # Errors
/// Nobody may be asked, or nobody is there.
pub fn agreed(context: &Context, ui: Ui, question: &str) -> Result<bool, Failure> {
    let nobody = |why: &str| Err(Failure::Error(format!("{why}: pass --auto-approve; nothing was sent")));
    if ui.json {
        return nobody("--json cannot ask");
    }
    if !context.may_ask() {
        return nobody("-input=false, so nobody is asked");
    }
    match ui.ask(&format!("{question} Only \"yes\" is accepted: ")) {
        Some(answer) if answer.trim() == "yes" => Ok(true),
        None if !ui::is_attended() => nobody("nobody is there to answer"),
        // Somebody is there, and has said another word, or ended the input.
        _ => {
            ui.error("not approved; nothing was sent");
            Ok(false)
        }
    }
}

/// How often it is said that something still goes on.
const EVERY: Duration = Duration::from_secs(10);

/// Says how something is: always in one line on a terminal, else from time to time.
pub fn teller(ui: Ui, what: String) -> impl FnMut(&str, Duration) {
    let (mut next, line) = (EVERY, Wait::begin(ui));
    move |word, elapsed| {
        let drawn = line.say(&format!("{what}: {word}"));
        if elapsed >= next {
            next = elapsed + EVERY;
            let text = format!("{what}: still {word} [{} elapsed]", duration(elapsed));
            ui.stream(|| vec![stream::log("info", &text)]);
            if !drawn {
                ui.say(&format!("{text}\n"));
            }
        }
    }
}
