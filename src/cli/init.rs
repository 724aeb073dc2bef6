//! `cachestack init`

use std::fs;

use crate::cli::args::Init;
use crate::cli::exit;
use crate::cli::run::Context;
use crate::diag::did_you_mean;
use crate::templates;

/// Writes a small working stack from a template.
pub fn run(context: &Context, args: &Init) -> u8 {
    let ui = context.ui(false);
    match write(context, args) {
        Ok(text) => {
            ui.out(&text);
            exit::OK
        }
        Err(why) => {
            ui.error(&why);
            exit::ERROR
        }
    }
}

fn write(context: &Context, args: &Init) -> Result<String, String> {
    let list = || templates::names().collect::<Vec<_>>().join(", ");
    let Some(name) = &args.template else {
        return Err(format!("which template? --template NAME, one of: {}", list()));
    };
    let template = templates::get(name).ok_or_else(|| match did_you_mean(name, templates::names()) {
        Some(near) => format!("there is no template `{name}`; did you mean `{near}`?"),
        None => format!("there is no template `{name}`; there are: {}", list()),
    })?;
    let directory =
        args.directory.as_ref().map_or_else(|| context.path(".".as_ref()), |directory| context.path(directory));
    let here: Vec<_> = template.iter().map(|(file, _)| directory.join(file)).filter(|path| path.exists()).collect();
    if let (Some(path), false) = (here.first(), args.force) {
        return Err(format!("{} is there already; nothing was written (--force overwrites)", path.display()));
    }
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    fs::create_dir_all(&directory).map_err(failed)?;
    for (file, text) in template {
        fs::write(directory.join(file), text).map_err(failed)?;
    }
    let files: Vec<&str> = template.iter().map(|(file, _)| *file).collect();
    Ok(format!(
        "Wrote {} to {}.\nNext: cachestack plan {}\n",
        files.join(", "),
        directory.display(),
        directory.display()
    ))
}
