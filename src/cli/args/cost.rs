//! The arguments of `cost`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::catalog::prices::amount;
use crate::cli::args::InputArgs;
use crate::cli::complete;

/// `cost`
#[derive(Debug, Args)]
pub struct Cost {
    /// What to do.
    #[command(subcommand)]
    pub command: CostCommand,
}

impl Cost {
    /// Whether prices are told, and not fetched.
    pub fn reads_prices(&self) -> bool {
        !matches!(self.command, CostCommand::Update(_))
    }
}

/// The verbs of `cost`.
#[derive(Debug, Subcommand)]
pub enum CostCommand {
    /// Tells what the caches of a stack cost in a month, by its files and list prices; offline.
    Estimate(Estimate),
    /// Tells what reservations would save on the nodes of a stack, by its files and list prices; offline.
    Reserved(Reserved),
    /// Tells what could be saved on caches that are there, by their metrics: other sizes, Graviton, Valkey, idle ones.
    Analyze(Analyze),
    /// Writes the same as a report: JSON, Markdown or one page of HTML.
    Report(Report),
    /// Fetches prices of today from AWS into the file of the user, which goes before those built in.
    Update(Update),
}

/// Which caches of which stack.
#[derive(Debug, Args, Clone)]
pub struct Priced {
    /// The directory of a stack [default: the current one], or an address in the current one: a cache or a module.
    #[arg(value_name = "STACK|ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    pub of: Option<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Every environment of the stack.
    #[arg(long, conflicts_with = "environment")]
    pub all: bool,
    /// The hours of a month.
    #[arg(long, value_name = "N", default_value_t = 730, value_parser = clap::value_parser!(u32).range(1..=744))]
    pub hours: u32,
    /// GB that a serverless cache holds in the mean: of every one, or of one.
    #[arg(long, value_name = "[ADDRESS=]GB")]
    pub stored_gb: Vec<String>,
    /// Millions of ElastiCache processing units in a month: of every serverless cache, or of one.
    #[arg(long, value_name = "[ADDRESS=]N")]
    pub million_ecpus: Vec<String>,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
}

/// `cost estimate`
#[derive(Debug, Args)]
pub struct Estimate {
    #[command(flatten)]
    pub priced: Priced,
}

/// `cost reserved`
#[derive(Debug, Args)]
pub struct Reserved {
    /// The years of the term: 1 or 3.
    #[arg(long, value_name = "1|3", value_parser = years)]
    pub term: u32,
    #[command(flatten)]
    pub priced: Priced,
}

/// Which caches that are there, and over how long they are looked at.
#[derive(Debug, Args, Clone)]
pub struct Analyzed {
    /// Only this cache, or those of this module; all of the state without it.
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    pub address: Option<String>,
    /// The last days.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=455))]
    pub days: u32,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// Every environment of the stack.
    #[arg(long, conflicts_with = "environment")]
    pub all: bool,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
}

/// `cost analyze`
#[derive(Debug, Args)]
pub struct Analyze {
    #[command(flatten)]
    pub analyzed: Analyzed,
}

/// `cost report`
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub analyzed: Analyzed,
    /// Markdown, for a page or a comment; this without another.
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// One page of HTML, with everything in it.
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    pub html: bool,
    /// Write it into this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `cost update`
#[derive(Debug, Args)]
pub struct Update {
    /// The prices of this region; of those of the stack without it.
    #[arg(long, value_name = "REGION")]
    pub region: Vec<String>,
    #[command(flatten)]
    pub inputs: InputArgs,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
}

fn years(text: &str) -> Result<u32, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("nodes are reserved for 1 or 3 years".to_owned()),
    }
}

/// Reads an amount with the address that it is of.
pub fn told(text: &str) -> Result<(Option<&str>, i128), String> {
    let (of, number) = text.rsplit_once('=').map_or((None, text), |(of, number)| (Some(of), number));
    let micros = amount(number).map_err(|_| format!("\"{number}\" is no amount; write 0, 100 or 12.50"))?;
    Ok((of, micros))
}
