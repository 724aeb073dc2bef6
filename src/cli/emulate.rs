//! `cachestack emulate`

use std::path::Path;

use crate::cli::args::Emulate;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::emulator::{Credentials, Emulator, FaultPlan, Options, Speed, operations, server};

/// Serves the emulator until it is interrupted.
pub async fn run(context: &Context, args: &Emulate) -> u8 {
    let ui = context.ui(false);
    if args.operations {
        ui.out(&operations::markdown());
        return exit::OK;
    }
    match serve(context, args).await {
        Ok(()) => exit::OK,
        Err(why) => {
            ui.error(&why);
            exit::ERROR
        }
    }
}

async fn serve(context: &Context, args: &Emulate) -> Result<(), String> {
    let speed: Speed = args.speed.parse().map_err(|error| format!("--speed {}: {error}", args.speed))?;
    let credentials = args.verify_signatures.as_ref().map(|file| credentials(context, file.as_deref())).transpose();
    let credentials = credentials.map_err(|error| format!("--verify-signatures: {error}"))?;
    let options = Options { speed, credentials, ..Options::default() };
    let emulator = match &args.world {
        Some(path) => {
            let path = context.path(path);
            open(context, args, &path, options).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => Emulator::in_memory(options),
    };
    if let Some(given) = &args.faults {
        emulator.set_faults(read_faults(context, given)?).map_err(|error| format!("--faults: {error}"))?;
    }
    let listener = tokio::net::TcpListener::bind(&args.listen)
        .await
        .map_err(|error| format!("--listen {}: {error}{}", args.listen, meant(&args.listen)))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    context.ui(false).out(&format!("The emulator listens on http://{address} (AWS_ENDPOINT_URL=http://{address})\n"));
    if !address.ip().to_canonical().is_loopback() {
        context.ui(false).err(&format!(
            "Warning: {} can be reached from other machines, and whoever reaches it can do everything with this emulator.",
            address.ip()
        ));
    }
    tokio::select! {
        served = server::serve_as(listener, emulator, &args.allow_host) => served.map_err(|error| error.to_string()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Opens a world's file, cut where it is damaged if that is asked for.
fn open(context: &Context, args: &Emulate, path: &Path, options: Options) -> std::io::Result<Emulator> {
    if !args.cut_world {
        return Emulator::open(path, options);
    }
    let (emulator, kept) = Emulator::open_cut(path, options)?;
    if let Some(kept) = kept {
        let why = "The world was damaged and is cut before that; as it was, it is kept in";
        context.ui(false).err(&format!("{why} {}.", kept.display()));
    }
    Ok(emulator)
}

/// The keys that requests must be signed with: of a file, or of this process's environment, where no list of processes
/// shows them.
fn credentials(context: &Context, file: Option<&Path>) -> Result<Credentials, String> {
    let Some(file) = file else {
        let [key, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
            .map(|name| context.variable(name).ok_or_else(|| format!("{name} is not set; set it, or name a file")));
        return Ok(Credentials::one(key?, secret?));
    };
    Credentials::parse(&text_of(&context.path(file))?).map_err(|error| format!("{}: {error}", file.display()))
}

/// A plan of faults, as JSON or as a file that holds it.
fn read_faults(context: &Context, given: &str) -> Result<FaultPlan, String> {
    let text = if given.trim_start().starts_with('{') {
        given.to_owned()
    } else {
        text_of(&context.path(Path::new(given))).map_err(|error| format!("--faults {error}"))?
    };
    serde_json::from_str(&text).map_err(|error| format!("--faults: {error}"))
}

fn text_of(path: &Path) -> Result<String, String> {
    let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let bytes = crate::disk::read(path).map_err(|error| told(&error))?.ok_or_else(|| told(&"there is no such file"))?;
    String::from_utf8(bytes).map_err(|_| told(&"this is not text"))
}

/// What may be meant where it is no address with a port.
fn meant(listen: &str) -> String {
    match listen.trim_start_matches(':').parse::<u16>() {
        Ok(port) => format!("; write --listen 127.0.0.1:{port}"),
        Err(_) if !listen.contains(':') => format!("; write --listen {listen}:4566"),
        Err(_) => String::new(),
    }
}
