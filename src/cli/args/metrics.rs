//! The arguments of `metrics`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `metrics`
#[derive(Debug, Args)]
pub struct Metrics {
    /// The cache: replication_group.NAME, cache_cluster.NAME or serverless_cache.NAME.
    #[arg(add = ArgValueCompleter::new(complete::caches))]
    pub address: String,
    /// The last hours.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 455))]
    pub hours: u32,
    /// Each node, too.
    #[arg(long)]
    pub nodes: bool,
    /// Show it again and again, every so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60",
        value_parser = clap::value_parser!(u64).range(1..=86_400), conflicts_with_all = ["format", "json", "out"])]
    pub watch: Option<u64>,
    /// A table with sparklines, JSON, CSV, a picture, or a report against targets.
    #[arg(long, value_enum, default_value = "table")]
    pub format: MetricsFormat,
    /// Write it into this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON object per line: each measure of the whole and of each node.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MetricsFormat {
    /// For people.
    Table,
    /// A JSON array.
    Json,
    /// A line for each period of each measure.
    Csv,
    /// A picture.
    Svg,
    /// A text with targets, for a file.
    Report,
}
