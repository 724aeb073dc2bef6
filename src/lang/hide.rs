//! What of the sources no message may show: values that are written out for what is secret or sensitive.
//!
//! Goes by tokens and not by the tree, since a mistake is often in the very line: a quote that is missing in a token
//! must not show the token. Too much is hidden rather than too little.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::catalog::{acl, secrets};
use crate::diag::{FileId, SourceMap};
use crate::kinds::{self, lookups};
use crate::lang::syntax::lexer::lex;
use crate::lang::syntax::token::{Kind, Token};
use crate::lang::{json, source};
use crate::schema::Attr;

/// The sources, with everything hidden that must not be shown.
pub fn hide(sources: &SourceMap) -> SourceMap {
    let texts: Vec<Scan> = sources.files().map(|(file, _)| Scan::of(sources, file)).collect();
    let alone = texts.iter().all(|scan| scan.values);
    let mut names = Names { secret: secret_names(), known: known_names(), alone, ..Names::default() };
    texts.iter().for_each(|scan| scan.walk(|place| names.declare(scan, place)));
    names.declared.extend(texts.iter().flat_map(Scan::variables));
    // Local values may be made of each other.
    let mut before = usize::MAX;
    while before != names.flowing.len() {
        before = names.flowing.len();
        texts.iter().for_each(|scan| scan.walk(|place| names.flow(scan, &place)));
    }
    let mut hidden = sources.clone();
    for scan in &texts {
        let mut ranges = Vec::new();
        match scan.given.as_deref() {
            Some(name) if names.is_variable(name) => ranges.push(0..scan.text.len()),
            _ => scan.walk(|place| ranges.extend(names.hides(scan, place))),
        }
        hidden.hide(scan.file, ranges);
    }
    hidden
}

/// The attributes that are secret by their schema, in any kind.
fn secret_names() -> BTreeSet<String> {
    fn gather(attrs: &[Attr], into: &mut BTreeSet<String>) {
        for attr in attrs {
            if attr.secret {
                into.insert(attr.name.to_owned());
            }
            gather(attr.block.as_ref().map_or(&[], |block| &block.attrs), into);
        }
    }
    let mut names: BTreeSet<String> = secrets::NAMES.iter().map(|name| (*name).to_owned()).collect();
    kinds::KINDS.iter().for_each(|kind| gather(&kind.schema().attrs, &mut names));
    names
}

/// All attributes of all kinds and look-ups.
fn known_names() -> BTreeSet<String> {
    fn gather(attrs: &[Attr], into: &mut BTreeSet<String>) {
        for attr in attrs {
            into.insert(attr.name.to_owned());
            gather(attr.block.as_ref().map_or(&[], |block| &block.attrs), into);
        }
    }
    let mut names = BTreeSet::new();
    kinds::KINDS.iter().for_each(|kind| gather(&kind.schema().attrs, &mut names));
    lookups::all().for_each(|schema| gather(&schema.attrs, &mut names));
    names
}

/// A text as tokens.
struct Scan<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    /// The variable that the whole text is the value of.
    given: Option<String>,
    /// Whether it holds values only, of variables that are declared elsewhere.
    values: bool,
    /// Whether it is so wrong that places in it cannot be told.
    broken: bool,
}

/// `name = value` or `name(value)`: where it stands, and where the value begins, as a token.
struct Place<'a> {
    /// The words before each brace that is open.
    path: &'a [String],
    name: &'a str,
    value: usize,
    call: bool,
}

impl<'a> Scan<'a> {
    fn of(sources: &'a SourceMap, file: FileId) -> Self {
        let source = sources.get(file);
        let mut wrong = Vec::new();
        // The strings of JSON are escaped as a whole, what is interpolated in them included.
        let tokens = match json::is_json(&source.path) {
            true => lex(file, &source.text.replace("${", "__").replace("%{", "__"), 0, false, &mut wrong),
            false => lex(file, &source.text, 0, false, &mut wrong),
        };
        let given = ["--var ", "CACHESTACK_VAR_", "TF_VAR_"].iter().find_map(|start| source.path.strip_prefix(start));
        let mut open = 0i32;
        tokens.iter().for_each(|token| open += depth(token.kind));
        Self {
            file,
            text: &source.text,
            tokens,
            given: given.map(str::to_owned),
            values: !source.path.starts_with('<') && !source::is_configuration(&source.path),
            broken: open != 0 || !wrong.is_empty(),
        }
    }

    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |token| token.kind)
    }

    fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start as usize..token.end as usize])
    }

    /// Goes through all assignments and calls, also of what is nested.
    fn walk(&self, mut visit: impl FnMut(Place)) {
        let (mut path, mut frames): (Vec<String>, Vec<usize>) = Default::default();
        let mut words: Vec<String> = Vec::new();
        for at in 0..self.tokens.len() {
            match self.kind(at) {
                // A value may begin on the next line, in JSON.
                Kind::Newline | Kind::LineComment if at > 0 && self.kind(at - 1) == Kind::Colon => {}
                Kind::Newline | Kind::LineComment | Kind::Comma => words.clear(),
                Kind::Ident | Kind::QuotedText => {
                    if self.kind(at + 1) == Kind::OpenParen {
                        visit(Place { path: &path, name: self.word(at), value: at + 1, call: true });
                    }
                    words.push(self.word(at).to_owned());
                }
                Kind::Assign | Kind::Colon => {
                    if let Some(name) = words.last() {
                        visit(Place { path: &path, name, value: at + 1, call: false });
                    }
                }
                kind if depth(kind) > 0 && kind != Kind::OpenQuote => {
                    frames.push(path.len());
                    path.append(&mut words);
                }
                kind if depth(kind) < 0 && kind != Kind::CloseQuote => {
                    path.truncate(frames.pop().unwrap_or(0));
                    words.clear();
                }
                _ => {}
            }
        }
    }

    /// The variables whose blocks begin in it, empty ones among them: `variable "NAME" {`.
    fn variables(&self) -> impl Iterator<Item = String> {
        let begins = |at: &usize| {
            let quoted = self.kind(at + 1) == Kind::OpenQuote && self.kind(at + 2) == Kind::QuotedText;
            self.kind(*at) == Kind::Ident && self.word(*at) == "variable" && quoted
        };
        (0..self.tokens.len()).filter(begins).map(|at| self.word(at + 2).to_owned())
    }

    /// Whether `local.NAME` or `var.NAME` begins there.
    fn is_part_of_names(&self, at: usize) -> bool {
        matches!(self.word(at), "local" | "var") && self.kind(at + 1) == Kind::Dot && self.kind(at + 2) == Kind::Ident
    }

    /// The tokens of a value, from its first on.
    fn value(&self, start: usize) -> Range<usize> {
        let mut start = start;
        while matches!(self.kind(start), Kind::Newline) && self.kind(start.saturating_sub(1)) != Kind::Assign {
            start += 1;
        }
        let mut open = 0;
        let mut at = start;
        while self.kind(at) != Kind::End {
            let kind = self.kind(at);
            let ends = matches!(kind, Kind::Newline | Kind::LineComment | Kind::Comma) || depth(kind) < 0;
            if open == 0 && ends {
                break;
            }
            open += depth(kind);
            at += 1;
        }
        start..at
    }

    /// The bytes of a value, where it is written out at least in part, with the remark behind it.
    fn written(&self, value: Range<usize>) -> Option<Range<usize>> {
        let lone = value.len() == 1 && self.kind(value.start) == Kind::Ident;
        // In a file of values there are no references, and before a quote that is not closed there may be one that is missing.
        let bare = self.values || self.is_unclosed(&value);
        let literal = (lone || bare && !value.is_empty()) && self.word(value.start) != "null"
            || value.clone().any(|at| self.is_literal(at) && !self.is_source(&value, at));
        let remark = self.kind(value.end) == Kind::LineComment;
        let last = if remark { value.end } else { value.end.max(value.start + 1) - 1 };
        let first = if literal { value.start } else { value.end };
        if !literal && !remark || first > last {
            return None;
        }
        let (start, end) = (self.tokens[first].start as usize, self.tokens[last].end as usize);
        Some(start..self.unclosed(&value, self.text[..end].trim_end().len()))
    }

    /// Whether a token is a text or number that stands for itself, and is no index or key of something else.
    fn is_literal(&self, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).map_or(Kind::End, |at| self.kind(at));
        let index = |back: usize| {
            before(back) == Kind::OpenBracket
                && matches!(before(back + 1), Kind::Ident | Kind::CloseBracket | Kind::CloseParen)
        };
        match self.kind(at) {
            Kind::QuotedText => !index(2) && !self.is_reference(at),
            Kind::HeredocText => !self.word(at).trim().is_empty(),
            Kind::Number => !index(1) && before(1) != Kind::Dot,
            Kind::Invalid => true,
            _ => false,
        }
    }

    /// `"${var.token}"` of JSON.
    fn is_reference(&self, at: usize) -> bool {
        let inside = self.word(at).strip_prefix("${").and_then(|text| text.strip_suffix('}'));
        inside.is_some_and(|text| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']')))
            && inside.is_some_and(|text| text.contains('.'))
    }

    /// Whether a token only says where a secret is: `secret("env:TOKEN")`.
    fn is_source(&self, value: &Range<usize>, at: usize) -> bool {
        let [quote, paren, name] = [1, 2, 3].map(|back| at.saturating_sub(back));
        // A secret that stands there itself names no place.
        let scheme = self.word(at).split_once(':').map(|(scheme, _)| scheme);
        self.kind(quote) == Kind::OpenQuote
            && self.kind(paren) == Kind::OpenParen
            && name >= value.start
            && self.word(name) == "secret"
            && scheme.is_some_and(|scheme| SCHEMES.contains(&scheme))
    }

    /// Whether a quote is opened in it and not closed on its line.
    fn is_unclosed(&self, value: &Range<usize>) -> bool {
        value.clone().any(|at| {
            self.kind(at) == Kind::CloseQuote && self.word(at).is_empty()
                || self.kind(at) == Kind::OpenQuote && at + 1 == value.end
        })
    }

    /// The end of a value, with the lines that a quote was not closed before.
    fn unclosed(&self, value: &Range<usize>, end: usize) -> usize {
        if !self.is_unclosed(value) {
            return end;
        }
        let more = self.text[end..].split_inclusive('\n').skip(1).take_while(|line| {
            let line = line.trim();
            let word = line.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-')).trim_start();
            !(line.is_empty() || line.starts_with('}') || word.len() < line.len() && word.starts_with(['=', '{']))
        });
        let first = self.text[end..].find('\n').map_or(0, |newline| newline + 1);
        let more: usize = more.map(str::len).sum();
        if more == 0 { end } else { end + first + more }
    }
}

/// How the places of secrets begin.
const SCHEMES: [&str; 5] = ["env", "file", "command", "ssm", "secretsmanager"];

/// How many brackets more are open behind a token.
fn depth(kind: Kind) -> i32 {
    match kind {
        Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen | Kind::OpenQuote => 1,
        Kind::OpenHeredoc | Kind::OpenInterpolation | Kind::OpenDirective => 1,
        Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParen | Kind::CloseQuote => -1,
        Kind::CloseHeredoc | Kind::CloseSequence => -1,
        _ => 0,
    }
}

/// What is sensitive, by name.
#[derive(Default)]
struct Names {
    /// Attributes that are secret wherever they stand.
    secret: BTreeSet<String>,
    /// Whether the declarations of variables are not at hand, as when a single file is laid out.
    alone: bool,
    /// Sensitive variables, and all that have something in their blocks.
    variables: BTreeSet<String>,
    declared: BTreeSet<String>,
    outputs: BTreeSet<String>,
    /// Attributes that there are, so that no name is taken for a misspelt one.
    known: BTreeSet<String>,
    /// Local values and variables that secret attributes are made of, as `local.NAME` and `var.NAME`.
    flowing: BTreeSet<String>,
}

impl Names {
    /// Whether it is the name of a secret, or one that is misspelt: `auth_tokn`, `Auth_Token`.
    fn is_secret(&self, name: &str) -> bool {
        if self.secret.contains(name) || self.known.contains(name) {
            return self.secret.contains(name);
        }
        self.secret.iter().any(|secret| is_near(secret, name))
    }

    /// Whether a name that no variable has is that of a sensitive one, misspelt.
    fn is_misspelt(&self, name: &str) -> bool {
        !self.declared.contains(name) && self.variables.iter().any(|sensitive| is_near(sensitive, name))
    }

    /// Whether a variable is declared sensitive, or a secret is made of it.
    fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name) || self.flowing.contains(&format!("var.{name}"))
    }

    /// Notes what a secret attribute is made of, whole or in part; what is only looked up with does not count.
    fn flow(&mut self, scan: &Scan, place: &Place) {
        let of_flow = match place.path {
            [last] if last == "locals" => self.flowing.contains(&format!("local.{}", place.name)),
            [.., kind, _] if kind == "module" => self.is_variable(place.name),
            [.., last] if last == "vars" => self.is_variable(place.name),
            _ => false,
        };
        if place.call || !(of_flow || self.is_secret(place.name)) {
            return;
        }
        let mut indices = 0;
        for at in scan.value(place.value) {
            let before = at.checked_sub(1).map_or(Kind::End, |at| scan.kind(at));
            match scan.kind(at) {
                Kind::OpenBracket
                    if indices > 0 || matches!(before, Kind::Ident | Kind::CloseBracket | Kind::CloseParen) =>
                {
                    indices += 1;
                }
                Kind::CloseBracket if indices > 0 => indices -= 1,
                Kind::Ident if indices == 0 && before != Kind::Dot && scan.is_part_of_names(at) => {
                    self.flowing.insert(format!("{}.{}", scan.word(at), scan.word(at + 2)));
                }
                _ => {}
            }
        }
    }

    /// Notes `sensitive = true` of a variable or an output.
    fn declare(&mut self, scan: &Scan, place: Place) {
        let [.., kind, name] = place.path else { return };
        if kind == "variable" {
            self.declared.insert(name.clone());
        }
        if place.call || place.name != "sensitive" || scan.word(place.value) != "true" {
            return;
        }
        match kind.as_str() {
            "variable" => drop(self.variables.insert(name.clone())),
            "output" => drop(self.outputs.insert(name.clone())),
            _ => {}
        }
    }

    /// The bytes of an assignment that must not be shown.
    fn hides(&self, scan: &Scan, place: Place) -> Option<Range<usize>> {
        let name = place.name;
        let hidden = match place.path {
            _ if place.call => name == "sensitive",
            [.., kind, _] if kind == "environment" && name == "secrets" => false,
            _ if self.is_secret(name) => true,
            [last] if last == "locals" => self.flowing.contains(&format!("local.{name}")),
            // What no variable takes may be anything.
            [] if scan.values => self.alone || self.is_variable(name) || !self.declared.contains(name),
            _ if scan.broken => {
                let some = !(self.variables.is_empty() && self.outputs.is_empty());
                self.is_variable(name) || some && matches!(name, "default" | "value")
            }
            [.., kind, block] if name == "default" && kind == "variable" => self.is_variable(block),
            [.., kind, block] if name == "value" && kind == "output" => self.outputs.contains(block),
            [.., last] if last == "vars" => self.is_variable(name) || self.is_misspelt(name),
            [.., kind, _] if kind == "module" => self.is_variable(name) || self.is_misspelt(name),
            _ => false,
        };
        let value = match place.call {
            false => scan.value(place.value),
            // All between the parentheses.
            true => place.value + 1..scan.call_end(place.value),
        };
        let exposed = |range: &Range<usize>| {
            let text = &scan.text[range.clone()];
            hidden || acl::holds_password(text) || holds_user(text)
        };
        scan.written(value).filter(exposed)
    }
}

/// Whether a name is another one with a letter or two otherwise.
fn is_near(meant: &str, name: &str) -> bool {
    let bare = |text: &str| text.to_lowercase().replace(['_', '-'], "");
    let (meant, name) = (bare(meant), bare(name));
    let most = if meant.len() < 8 { 1 } else { 2 };
    meant.len().abs_diff(name.len()) <= most && strsim::damerau_levenshtein(&meant, &name) <= most
}

/// Whether an address has a user with a password, or a key, in it.
fn holds_user(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    host.split_once('@').is_some_and(|(user, _)| user.contains(':')) || text.contains("sshkey=")
}

impl Scan<'_> {
    /// The token that closes the parenthesis at `start`.
    fn call_end(&self, start: usize) -> usize {
        let mut open = 0;
        let mut at = start;
        while self.kind(at) != Kind::End {
            open += depth(self.kind(at));
            if open == 0 {
                break;
            }
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests;
