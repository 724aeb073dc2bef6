//! `--log`, `--log-level` and CACHESTACK_LOG.

use std::path::Path;

use crate::cli::args::Cli;
use crate::cli::run::Context;
use crate::cli::spared;
use crate::log::{self, Level};

/// Begins the log that is asked for: by a file, or by a level alone, which means stderr.
pub fn begin(context: &Context, cli: &Cli) -> Result<(), String> {
    let level = match (cli.log_level.as_deref(), context.variable("CACHESTACK_LOG")) {
        (Some(word), _) => Some(level("--log-level", word)?),
        (None, Some(word)) => Some(level("CACHESTACK_LOG", word)?),
        (None, None) => cli.log.is_some().then_some(Some(Level::Info)),
    };
    let Some(least) = level.flatten() else { return Ok(()) };
    let file = cli.log.as_deref().filter(|file| *file != Path::new("-")).map(|file| context.path(file));
    file.as_deref().map_or(Ok(()), spared::check).map_err(|why| format!("--log {why}"))?;
    let why = |error| format!("--log {}: {error}", file.as_deref().unwrap_or(Path::new("-")).display());
    log::open(file.as_deref(), least).map_err(why)
}

/// A level by its word; nothing for `off`.
fn level(source: &str, word: &str) -> Result<Option<Level>, String> {
    let word = word.to_ascii_lowercase();
    let known = Level::WORDS.iter().find(|(known, _)| *known == word);
    match (word.as_str(), known) {
        ("off", _) => Ok(None),
        (_, Some((_, level))) => Ok(Some(*level)),
        _ => Err(format!("{source}: write off, error, warn or info")),
    }
}
