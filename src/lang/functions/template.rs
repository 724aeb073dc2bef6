//! Templates out of files and strings.

use super::{Call, Failure, Function, Want, filesystem, function, other, param, wrong};
use crate::diag::{Diagnostic, FileId, SourceMap};
use crate::lang::eval::{Bindings, Empty, Settings, eval};
use crate::lang::{refs, syntax};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "templatefile",
        &[param("path", Want::String), param("vars", Want::Any).partly()],
        Want::Any,
        templatefile,
        "A template file with its variables filled in.",
        "templatefile(\"hello.tftpl\", { name = \"a\" }) = \"Hello, a!\"",
    ),
    function(
        "templatestring",
        &[param("template", Want::String), param("vars", Want::Any).partly()],
        Want::String,
        templatestring,
        "A template text with its variables filled in.",
        "templatestring(\"Hello, $${name}!\", { name = \"a\" }) = \"Hello, a!\"",
    ),
];

/// The tree of a template takes some dozen times as much memory as its text, in bytes.
const LONGEST: usize = 4 << 20;

fn templatefile(call: &Call) -> Result<Value, Failure> {
    let text = filesystem::read_text(call)?;
    render(call, call.text(0), &text)
}

fn templatestring(call: &Call) -> Result<Value, Failure> {
    render(call, "the template", call.text(0))
}

fn render(call: &Call, name: &str, text: &str) -> Result<Value, Failure> {
    if text.len() > LONGEST {
        return other(format!("{name} is longer than {} MiB", LONGEST >> 20));
    }
    if call.settings().in_template {
        return other("a template cannot render another one");
    }
    let Some(vars) = call.entries(1) else {
        return wrong(1, format!("an object with the variables is required, not {}", call.args[1].ty().with_article()));
    };
    if let Some(bad) = vars.keys().find(|name| !syntax::is_name(name)) {
        return wrong(1, format!("{bad:?} is no name of a variable"));
    }
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    let mut mistakes = Vec::new();
    let Some(template) = syntax::parse_template(file, text, &mut mistakes) else {
        return Err(Failure::Diagnostics(moved(call, &sources, file, mistakes)));
    };
    for reference in refs::references(&template) {
        if !vars.contains_key(&reference.root) {
            let (line, column) = sources.position(file, reference.span.start);
            let detail = format!(
                "{name} needs the variable {:?} in line {line}, column {column}, and there is none",
                &*reference.root
            );
            return wrong(1, detail);
        }
    }
    let settings = Settings { in_template: true, ..call.settings().clone() };
    let scope = Empty { settings };
    let mut bindings = Bindings::new(&scope);
    bindings.names = vars.clone();
    eval(&template, &bindings).map_err(|mistakes| Failure::Diagnostics(moved(call, &sources, file, mistakes)))
}

/// The mistakes of a template at the place of the call, since its text is none of the files of the run.
fn moved(call: &Call, sources: &SourceMap, file: FileId, mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let name = &sources.get(file).path;
    let place = |diagnostic: &Diagnostic| match diagnostic.span.filter(|span| span.file == file) {
        Some(span) => {
            let (line, column) = sources.position(file, span.start);
            format!("{name}, line {line}, column {column}: ")
        }
        None => format!("{name}: "),
    };
    mistakes
        .into_iter()
        .map(|diagnostic| Diagnostic {
            detail: format!("{}{}", place(&diagnostic), diagnostic.detail),
            span: Some(call.span),
            related: Vec::new(),
            ..diagnostic
        })
        .collect()
}
