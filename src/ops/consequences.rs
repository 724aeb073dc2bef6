//! Mistakes that only follow from others: they are not told beside these.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, Key};
use crate::diag::{Diagnostic, FileId, SourceMap, Span};
use crate::kinds::our_name;
use crate::lang::declare::Resource;
use crate::stack::{Stack, checks};
use crate::value::Origin;

/// Takes out what follows from something else that is told.
pub fn leave_out(found: &mut Vec<Diagnostic>, stack: &Stack, sources: &SourceMap) {
    let has = |code: &str| found.iter().any(|diagnostic| diagnostic.code == code);
    // What hangs on the environment is not known without it; a circle of references makes one of steps.
    let (no_environment, circle) = (has("CS0352"), has("CS0330"));
    let no_stack = has("CS0301") || has("CS0303");
    let broken = broken_texts(found, sources);
    let meant = meant(found);
    let unread = unread(found);
    let misspelt = misspelt(found);
    let missed = missed(found, &misspelt);
    let judged = has("CS0411");
    let wrong = if judged { affected(found, stack, |one| one.code != "CS0411") } else { BTreeSet::new() };
    let unfound = if judged { affected(found, stack, |one| one.code == "CS0602") } else { BTreeSet::new() };
    // Without its environment no value of a stack is known, nor what they come to; its names are.
    if no_environment {
        let of_values = |one: &Diagnostic| one.code == "CS0345" || one.address.is_some() && !checks::is_of_names(one);
        found.retain(|diagnostic| !of_values(diagnostic));
    }
    found.retain(|diagnostic| match diagnostic.code {
        "CS0352" => !no_stack,
        "CS0315" if diagnostic.span.is_some_and(|header| missed.contains(&header)) => false,
        "CS0315" => !diagnostic.span.is_some_and(|header| is_unread(header, &unread, stack)),
        _ if !unread.is_empty() && is_of_header(diagnostic, stack) => {
            !diagnostic.span.is_some_and(|header| is_unread(header, &unread, stack))
        }
        // A value of which nobody knows why it is not known could not be made.
        "CS0411" if diagnostic.origin.is_none() && !wrong.is_empty() && is_of(&wrong, diagnostic) => false,
        "CS0411" => !no_environment && !hangs_on(&wrong, diagnostic) && !is_of(&unfound, diagnostic),
        "CS0611" => !circle,
        "CS0401" if is_meant(&meant, diagnostic) => false,
        "CS0401" | "CS0342" => !broken.iter().any(|text| may_declare(text, diagnostic)),
        _ => true,
    });
}

/// The files that could not be read whole.
fn broken_texts(found: &[Diagnostic], sources: &SourceMap) -> Vec<Arc<str>> {
    let broken = found.iter().filter(|diagnostic| diagnostic.code.starts_with("CS01"));
    let files: BTreeSet<FileId> = broken.filter_map(|diagnostic| Some(diagnostic.span?.file)).collect();
    files.iter().map(|file| sources.get(*file).text.clone()).collect()
}

/// The names of attributes that were probably meant where something else is written, with the place.
fn misspelt(found: &[Diagnostic]) -> Vec<(Arc<str>, Span)> {
    let unknown = found.iter().filter(|diagnostic| matches!(diagnostic.code, "CS0313" | "CS0314"));
    unknown.filter_map(|diagnostic| Some((diagnostic.about.clone()?, diagnostic.span?))).collect()
}

/// The headers of blocks in which an attribute that is missing stands under another name: of those that miss it, the last
/// before that place.
fn missed(found: &[Diagnostic], misspelt: &[(Arc<str>, Span)]) -> Vec<Span> {
    let header_of = |(name, place): &(Arc<str>, Span)| {
        let missing = found.iter().filter(|one| one.code == "CS0315" && one.about.as_ref() == Some(name));
        let headers = missing.filter_map(|one| one.span);
        headers.filter(|header| header.file == place.file && header.start < place.start).max_by_key(|it| it.start)
    };
    misspelt.iter().filter_map(header_of).collect()
}

/// Whether it is about a whole block: then something is missing in it.
fn is_of_header(diagnostic: &Diagnostic, stack: &Stack) -> bool {
    diagnostic.rule && diagnostic.span.is_some_and(|span| stack.resources().any(|block| block.span == span))
}

/// The places where a text could not be read.
fn unread(found: &[Diagnostic]) -> Vec<Span> {
    found
        .iter()
        .filter(|diagnostic| diagnostic.code.starts_with("CS01"))
        .filter_map(|diagnostic| diagnostic.span)
        .collect()
}

/// Whether one of these places is in the block of that header: an attribute that is missing may be what stands there.
fn is_unread(header: Span, unread: &[Span], stack: &Stack) -> bool {
    let headers = || stack.resources().map(|it| it.span).filter(|it| it.file == header.file);
    let next = |place: &Span| headers().any(|it| it.start > header.start && it.start <= place.start);
    unread.iter().any(|place| place.file == header.file && place.start > header.start && !next(place))
}

/// Whether a text that could not be read may declare what a diagnostic misses: it has the name as a label, or before an
/// equals sign.
fn may_declare(text: &str, diagnostic: &Diagnostic) -> bool {
    let missing = diagnostic.about.as_deref().unwrap_or_default();
    let names = missing.split(['.', '[']).filter(|name| !name.is_empty());
    let set = |name: &str| {
        let assigned =
            |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
        text.contains(&format!("\"{name}\"")) || text.lines().any(assigned)
    };
    names.skip(1).chain(Some(missing)).any(set)
}

/// What blocks would declare whose kind is misspelt.
fn meant(found: &[Diagnostic]) -> BTreeSet<Arc<str>> {
    let misspelt = found.iter().filter(|diagnostic| matches!(diagnostic.code, "CS0313" | "CS0320"));
    misspelt.filter_map(|diagnostic| diagnostic.about.clone()).collect()
}

/// Whether the name that is not declared is one of these, in whichever spelling of its kind.
fn is_meant(meant: &BTreeSet<Arc<str>>, diagnostic: &Diagnostic) -> bool {
    let missing = diagnostic.about.as_deref().unwrap_or_default();
    let (data, rest) = missing.strip_prefix("data.").map_or(("", missing), |rest| ("data.", rest));
    let parts = rest.split_once('.');
    parts.is_some_and(|(kind, name)| meant.contains(&*format!("{data}{}.{name}", our_name(kind))))
}

/// The blocks in which something such is wrong, and those that hang on one: what they come to is not known, whatever they
/// say.
fn affected(found: &[Diagnostic], stack: &Stack, is_such: fn(&Diagnostic) -> bool) -> BTreeSet<Address> {
    let errors: Vec<&Diagnostic> = found.iter().filter(|one| one.is_error() && is_such(one)).collect();
    if errors.is_empty() {
        return BTreeSet::new();
    }
    let is_wrong = |block: &&Resource| {
        let (extent, name) = (extent(block), block.address.to_string());
        errors.iter().any(|error| {
            error.span.is_some_and(|span| within(span, extent)) || error.address.as_deref() == Some(name.as_str())
        })
    };
    let mut affected: BTreeSet<Address> = stack.resources().filter(is_wrong).map(|it| it.address.clone()).collect();
    // What a module is not told rightly is unknown in all of it.
    for (path, _) in stack.modules().filter(|(path, _)| is_called_wrongly(stack, path, &errors)) {
        let within = stack.resources().filter(|block| block.address.module.starts_with(path));
        affected.extend(within.map(|block| block.address.clone()));
    }
    let edges = stack.graph.block_edges();
    let mut before = 0;
    while before != affected.len() {
        before = affected.len();
        let more = edges.iter().filter(|(_, used)| affected.contains(used)).map(|(block, _)| block.clone());
        affected.extend(more.collect::<Vec<_>>());
    }
    affected
}

fn is_called_wrongly(stack: &Stack, path: &[(Arc<str>, Option<Key>)], errors: &[&Diagnostic]) -> bool {
    let arguments = stack.call(path).into_iter().flat_map(|call| call.arguments.values());
    let places: Vec<Span> = arguments.map(|argument| argument.expr.span).collect();
    errors.iter().filter_map(|error| error.span).any(|span| places.iter().any(|place| within(span, *place)))
}

/// From the header of a block to its last value.
fn extent(block: &Resource) -> Span {
    block
        .expressions()
        .into_iter()
        .map(|expr| expr.span)
        .filter(|span| span.file == block.span.file)
        .fold(block.span, Span::to)
}

fn within(span: Span, extent: Span) -> bool {
    span.file == extent.file && span.start >= extent.start && span.end <= extent.end
}

/// Whether it is said of an object of one of these blocks.
fn is_of(blocks: &BTreeSet<Address>, diagnostic: &Diagnostic) -> bool {
    let address = diagnostic.address.as_deref().and_then(Address::parse);
    address.is_some_and(|address| blocks.contains(&address.config()))
}

/// Whether what is not known is so because of one of these blocks: its instances, or the nodes that it would say.
fn hangs_on(wrong: &BTreeSet<Address>, diagnostic: &Diagnostic) -> bool {
    match diagnostic.origin.as_deref() {
        Some(Origin::Attribute(address, name)) => &**name == "member_clusters" && wrong.contains(&address.config()),
        Some(Origin::Block(address)) => wrong.contains(&address.config()),
        _ => false,
    }
}
