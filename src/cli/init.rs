//! `cachestack init`: the modules of a stack, or a stack from a template.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args::Init;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::diag::{did_you_mean, has_errors};
use crate::fetch::lock;
use crate::lang::source::is_configuration;
use crate::ops::fetch::{Fetched, modules};
use crate::templates;
use crate::ui::Ui;

/// Fetches what the stack calls, or writes a small working stack from a template.
pub async fn run(context: &Context, args: &Init) -> u8 {
    let ui = context.ui(false);
    let done = match &args.template {
        Some(name) => write(context, args, name).map(|text| ui.out(&text)).map(|()| exit::OK),
        None => match meant(context, args) {
            Some(why) => Err(why),
            None => fetch(context, args, ui).await,
        },
    };
    done.unwrap_or_else(|why| {
        ui.error(&why);
        exit::ERROR
    })
}

/// What to write where a template stands in the place of a directory.
fn meant(context: &Context, args: &Init) -> Option<String> {
    let name = args.directory.as_ref()?.to_str().filter(|name| templates::get(name).is_some())?;
    let is_there = directory(context, args).is_dir();
    (!is_there).then(|| {
        format!("there is no directory `{name}`; the template is written by cachestack init --template {name}")
    })
}

fn directory(context: &Context, args: &Init) -> PathBuf {
    args.directory.as_ref().map_or_else(|| context.directory(), |directory| context.path(directory))
}

#[cfg(feature = "aws")]
async fn fetch(context: &Context, args: &Init, ui: Ui) -> Result<u8, String> {
    let web = crate::cloud::Client::new(context.variable("AWS_CA_BUNDLE"), None)?;
    let say = |line: &str| ui.err(line);
    let fetched = modules(&directory(context, args), args.upgrade, &web, context.process(), say).await?;
    Ok(report(ui, &fetched))
}

#[cfg(not(feature = "aws"))]
async fn fetch(context: &Context, args: &Init, ui: Ui) -> Result<u8, String> {
    use crate::fetch::web::{Answering, Request, Web};

    struct Nowhere;
    impl Web for Nowhere {
        fn get<'a>(&'a self, _: &'a Request, _: u64) -> Answering<'a> {
            Box::pin(async { Err("this program was built without the feature `aws`, and so without TLS".to_owned()) })
        }
    }
    let say = |line: &str| ui.err(line);
    let fetched = modules(&directory(context, args), args.upgrade, &Nowhere, context.process(), say).await?;
    Ok(report(ui, &fetched))
}

fn report(ui: Ui, fetched: &Fetched) -> u8 {
    let lines: String = fetched.lines.iter().map(|line| format!("{line}\n")).collect();
    let locked = match fetched.locked {
        true => format!("Wrote {}; it belongs in version control.\n", lock::FILE),
        false => String::new(),
    };
    ui.out(&(lines + &locked));
    ui.diagnostics(&fetched.refused, &fetched.sources);
    if has_errors(&fetched.diagnostics) {
        ui.diagnostics(&fetched.diagnostics, &fetched.sources);
        return exit::ERROR;
    }
    ui.out(&match (fetched.is_stack, fetched.lines.is_empty()) {
        (false, _) => {
            format!("No stack here. One from a template: cachestack init --template NAME, one of {}.\n", names())
        }
        (true, true) => "Nothing to fetch.\n".to_owned(),
        (true, false) => String::new(),
    });
    exit::OK
}

fn names() -> String {
    templates::names().collect::<Vec<_>>().join(", ")
}

/// A file of configuration that lies there.
fn stack_in(directory: &Path) -> Option<String> {
    let entries = fs::read_dir(directory).ok()?.filter_map(Result::ok);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.into_iter().find(|name| is_configuration(name))
}

fn write(context: &Context, args: &Init, name: &str) -> Result<String, String> {
    let template = templates::get(name).ok_or_else(|| match did_you_mean(name, templates::names()) {
        Some(near) => format!("there is no template `{name}`; did you mean `{near}`?"),
        None => format!("there is no template `{name}`; there are: {}", names()),
    })?;
    let directory = directory(context, args);
    if directory.exists() && !directory.is_dir() {
        return Err(format!("{} is a file; name a directory", directory.display()));
    }
    // Also a link that leads nowhere would be written through.
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let here: Vec<_> = template.iter().map(|(file, _)| directory.join(file)).filter(is_there).collect();
    if let (Some(path), false) = (here.first(), args.force) {
        return Err(format!("{} is there already; nothing was written (--force overwrites)", path.display()));
    }
    if let (Some(name), false) = (stack_in(&directory), args.force) {
        return Err(format!(
            "{} has configuration already ({name}), and two stacks in one directory are none; nothing was written: choose \
             an empty directory (--force writes all the same)",
            directory.display()
        ));
    }
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    fs::create_dir_all(&directory).map_err(failed)?;
    for (file, text) in template {
        fs::write(directory.join(file), text).map_err(failed)?;
    }
    let files: Vec<&str> = template.iter().map(|(file, _)| *file).collect();
    let files = files.join(", ");
    Ok(match &*directory.display().to_string() {
        "" | "." => format!("Wrote {files}.\nNext: cachestack plan\n"),
        directory => format!("Wrote {files} to {directory}.\nNext: cachestack plan {directory}\n"),
    })
}
