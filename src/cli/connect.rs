//! `cachestack connect`

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::address::Address;
use crate::cli::args::Connect;
use crate::cli::day_two::{NOWHERE, certificates, given_login, open_with_login, through};
use crate::cli::exit;
use crate::cli::run::{Context, fail};
use crate::kind::{Endpoint, Login};
use crate::kinds;
use crate::ops::Failure;
use crate::ops::day_two::look;
use crate::ui::Ui;
use crate::value::{Object, Value};

/// Clients, in the order in which they are looked for.
const CLIENTS: [&str; 2] = ["valkey-cli", "redis-cli"];
/// Where they take a secret from, so that no list of processes shows it.
const SECRETS: [&str; 2] = ["VALKEYCLI_AUTH", "REDISCLI_AUTH"];

/// Opens a client on a cache.
pub async fn run(context: &Context, args: &Connect) -> u8 {
    let ui = context.ui(false);
    match prepared(context, ui, args).await {
        Ok(command) => begin(ui, command),
        Err(failure) => fail(ui, &failure),
    }
}

async fn prepared(context: &Context, ui: Ui, args: &Connect) -> Result<Command, Failure> {
    let user = args.user.as_deref().and_then(kinds::address);
    let by = (args.user.as_deref(), args.token_env.as_deref());
    let roots = certificates(context, args.cacert.as_deref())?;
    let through = through(args.through.as_deref())?;
    let of = (&args.inputs, &*args.address);
    let takes = |kind: &dyn crate::kind::Kind| kind.filled_from().is_some();
    let (open, meant, login) = open_with_login(context, ui, of, user.as_ref(), takes).await?;
    let live = look(&open.connection, &meant).await?.object;
    let endpoint = chosen(&meant.kind.endpoints(&live), &meant.address, args.to.as_deref())?;
    if through.is_none() && open.session.environment.is_emulated() {
        ui.remark(&format!("{}: {NOWHERE}.", endpoint.host));
    }
    let login = needed(given_login(context, by, login)?, &live, &meant.address, user.as_ref())?;
    let client = client(context, args.client.as_deref())?;
    let (host, port) = through.unwrap_or((endpoint.host.clone(), endpoint.port));
    let name = login.as_ref().and_then(|login| login.user.as_deref());
    let who = name.map(|name| format!(", as {name}")).unwrap_or_default();
    ui.err(&format!("{} of {}: {host}:{port}{who}, with {}", endpoint.name, meant.address, client.display()));
    let mut command = Command::new(client);
    command.args(["-h", &host, "-p", &port.to_string()]);
    if endpoint.tls {
        command.args(["--tls", "--sni", &endpoint.host]);
        if let Some(roots) = roots {
            command.arg("--cacert").arg(roots);
        }
    }
    if endpoint.name == "configuration" {
        command.arg("-c");
    }
    if let Some(name) = name {
        command.args(["--user", name]);
    }
    if let Some(login) = &login {
        SECRETS.iter().for_each(|variable| {
            command.env(variable, &*login.secret);
        });
    }
    command.args(&args.arguments);
    Ok(command)
}

/// The endpoint of that name, or the first.
fn chosen(all: &[Endpoint], about: &Address, name: Option<&str>) -> Result<Endpoint, Failure> {
    if all.iter().any(|endpoint| !endpoint.redis) {
        let why = "is of memcached, for which there is no such client: cachestack endpoints tells where it is";
        return Err(Failure::Error(format!("`{about}` {why}")));
    }
    let found = all.iter().find(|endpoint| name.is_none_or(|name| endpoint.name == name));
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|endpoint| &*endpoint.name).collect();
        Failure::Error(match name {
            Some(name) if !names.is_empty() => format!("`{about}` has no endpoint {name}: it has {}", names.join(", ")),
            _ => format!("`{about}` has no endpoint yet"),
        })
    })
}

/// The log-in, where one is needed.
fn needed(
    login: Option<Login>,
    live: &Object,
    about: &Address,
    user: Option<&Address>,
) -> Result<Option<Login>, Failure> {
    let has_token = live.get("auth_token_enabled").and_then(Value::as_bool) == Some(true);
    let users = live.get("user_group_ids").and_then(Value::as_items).is_some_and(|groups| !groups.is_empty());
    let why = match (&login, user) {
        (Some(_), _) => return Ok(login),
        (None, Some(user)) => {
            format!("`{user}` has no password in its block that could be read: name a variable with --token-env")
        }
        (None, None) if has_token => format!(
            "`{about}` wants a token, and its block has none that could be read: name a variable with --token-env"
        ),
        (None, None) if users => format!(
            "`{about}` lets in users of a group: say which with --user user.NAME, or with --user NAME --token-env VARIABLE"
        ),
        (None, None) => return Ok(None),
    };
    Err(Failure::Error(why))
}

/// The client that is named, or the first that PATH has.
fn client(context: &Context, named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let path = context.variable("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(path).collect();
    let found = CLIENTS.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    let missing =
        "neither valkey-cli nor redis-cli is in PATH: install valkey-tools or redis-tools, or name one with --client";
    { found }.find(|file| file.is_file()).ok_or_else(|| Failure::Error(missing.to_owned()))
}

/// The client takes the place of this process, where that can be; else it is waited for.
fn begin(ui: Ui, mut command: Command) -> u8 {
    #[cfg(unix)]
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return u8::try_from(status.code().unwrap_or(1)).unwrap_or(exit::ERROR),
        Err(error) => error,
    };
    ui.error(&format!("{}: {error}", command.get_program().to_string_lossy()));
    exit::ERROR
}
