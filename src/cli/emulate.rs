//! `cachestack emulate`

use crate::cli::args::Emulate;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::emulator::{Emulator, FaultPlan, Options, Speed, operations, server};

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
    let options = Options { speed, ..Options::default() };
    let emulator = match &args.world {
        Some(path) => {
            let path = context.path(path);
            Emulator::open(&path, options).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => Emulator::in_memory(options),
    };
    if let Some(given) = &args.faults {
        emulator.set_faults(read_faults(context, given)?).map_err(|error| format!("--faults: {error}"))?;
    }
    let listener = tokio::net::TcpListener::bind(&args.listen)
        .await
        .map_err(|error| format!("--listen {}: {error}", args.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    context.ui(false).out(&format!("The emulator listens on http://{address} (AWS_ENDPOINT_URL=http://{address})\n"));
    tokio::select! {
        served = server::serve(listener, emulator) => served.map_err(|error| error.to_string()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// A plan of faults, as JSON or as a file that holds it.
fn read_faults(context: &Context, given: &str) -> Result<FaultPlan, String> {
    let text = if given.trim_start().starts_with('{') {
        given.to_owned()
    } else {
        let path = context.path(std::path::Path::new(given));
        let read = crate::disk::read(&path).map_err(|error| format!("--faults {}: {error}", path.display()))?;
        let bytes = read.ok_or_else(|| format!("--faults {}: there is no such file", path.display()))?;
        String::from_utf8(bytes).map_err(|_| format!("--faults {}: this is not text", path.display()))?
    };
    serde_json::from_str(&text).map_err(|error| format!("--faults: {error}"))
}
