//! `cachestack console`

use crate::address::{Address, Mode};
use crate::cli::args::Console;
use crate::cli::run::{Context, fail};
use crate::cli::{exit, explain};
use crate::diag::{FileId, visible};
use crate::kind::secret_name;
use crate::kinds::{self, lookups};
use crate::lang::ast::{Expr, Node, Part};
use crate::lang::syntax::lexer;
use crate::lang::syntax::token::Kind;
use crate::lang::{eval, functions, syntax};
use crate::ops::{Session, plan};
use crate::plan::Options;
use crate::stack::graph::Node as GraphNode;
use crate::state::Record;
use crate::ui::line::Editor;
use crate::ui::{self, Ui};
use crate::value::{Object, Origin, Type, Value, display, json};

/// What the console says of itself.
const HELP: &str = "\
An expression is evaluated, over more lines while a bracket is open: replication_group.shop.primary_endpoint_address
type(EXPRESSION)  its type
help NAME         explains a function, a kind, an attribute or a code: help cidrsubnet, help replication_group.node_type
exit              ends; so does the end of input
";

/// Evaluates expressions from standard input, one after another. A mistake in one does not end the others.
pub async fn run(context: &Context, args: &Console) -> u8 {
    let ui = context.ui(false);
    let mut session = match context.open(ui, &args.stack) {
        Ok(session) => session,
        Err(failure) => return fail(ui, &failure),
    };
    prepare(ui, &mut session);
    let mut asked = Asked::new(ui, &session);
    let mut code = exit::OK;
    while let Some(text) = asked.next(ui) {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [] => {}
            ["exit" | "quit"] => break,
            ["help"] => ui.out(HELP),
            ["help", name] => drop(explain::told(ui, name)),
            _ if evaluate(ui, &mut session, &text, args.json) => {}
            _ => code = exit::ERROR,
        }
    }
    code
}

/// Where expressions come from.
enum Asked {
    /// A terminal.
    Typed(Box<Editor>),
    /// Anything else, line by line.
    Lines,
}

impl Asked {
    fn new(ui: Ui, session: &Session) -> Self {
        let editor = (ui::is_attended() && ui::is_watched()).then(|| Editor::new(names(session), is_open)).flatten();
        if editor.is_some() {
            ui.say("help tells what can be asked; the tabulator completes names; Ctrl-D ends.\n");
        }
        editor.map_or(Self::Lines, |editor| Self::Typed(Box::new(editor)))
    }

    /// The next expression, whole.
    fn next(&mut self, ui: Ui) -> Option<String> {
        match self {
            Self::Typed(editor) => editor.read("> "),
            Self::Lines => lines(ui),
        }
    }
}

/// Lines until they are an expression, or there are no more.
fn lines(ui: Ui) -> Option<String> {
    let mut text = String::new();
    loop {
        let question = match (ui::is_attended(), text.is_empty()) {
            (false, _) => "",
            (true, true) => "> ",
            (true, false) => ": ",
        };
        match ui.ask(question) {
            Some(line) => text.push_str(&line),
            None if text.trim().is_empty() => return None,
            None => return Some(text),
        }
        text.push('\n');
        if !is_open(&text) {
            return Some(text);
        }
    }
}

/// What can be named in an expression, in alphabetical order.
fn names(session: &Session) -> Vec<String> {
    let stack = session.evaluator.stack();
    let mut names: Vec<String> = functions::names().map(|name| format!("{name}(")).collect();
    names.push("type(".to_owned());
    for node in stack.graph.order() {
        match node {
            GraphNode::Variable(module, _) | GraphNode::Local(module, _) if module.is_empty() => {
                names.push(node.to_string());
            }
            GraphNode::Block(address) if address.module.is_empty() => {
                let schema = match address.mode {
                    Mode::Managed => kinds::get(&address.kind).map(|kind| kind.schema()),
                    _ => lookups::get(&address.kind),
                };
                let attributes = schema.into_iter().flat_map(|schema| &schema.attrs);
                names.extend(attributes.map(|attr| format!("{address}.{}", attr.name)));
            }
            _ => {}
        }
    }
    names.sort();
    names
}

/// Gives names their values: those of the state where it has any, planned ones else. Works without a stack, too.
fn prepare(ui: Ui, session: &mut Session) {
    session.diagnostics.retain(|diagnostic| diagnostic.code != "CS0303");
    let state = session.store().map(|store| store.state().clone()).unwrap_or_default();
    plan::check(session, &state, &Options::default());
    for (address, record) in &state.records {
        let mut object = record.object.clone();
        object.extend(secrets(session, address, record));
        session.evaluator.set_instance(address, Value::object(object));
    }
    let errors: Vec<_> = session.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
    ui.diagnostics(&errors, &session.sources);
}

/// What an object has put into the vault: sensitive, and unknown where the vault cannot be read without the account.
fn secrets(session: &Session, address: &Address, record: &Record) -> Object {
    let names = kinds::local(&address.kind).map(|local| local.secrets()).unwrap_or_default();
    let secret = |name: &&str| {
        let stored = session.evaluator.secrets().stored(&secret_name(&record.id, name)).ok();
        let unknown = || Value::unknown(Type::String, Some(Origin::attribute(address, name)));
        ((*name).into(), stored.map_or_else(unknown, Value::string).into_sensitive())
    };
    names.iter().map(secret).collect()
}

/// Whether brackets are open or a heredoc has not ended, so that the next line belongs to the expression.
fn is_open(text: &str) -> bool {
    use Kind::{CloseBrace, CloseBracket, CloseParen, OpenBrace, OpenBracket, OpenParen};

    let mut wrong = Vec::new();
    let tokens = lexer::lex(FileId(0), text, 0, false, &mut wrong);
    let depth = tokens.iter().fold(0, |depth, token| match token.kind {
        OpenBrace | OpenBracket | OpenParen => depth + 1,
        CloseBrace | CloseBracket | CloseParen => depth - 1,
        _ => depth,
    });
    depth > 0 || wrong.iter().any(|one| one.code == "CS0119")
}

fn evaluate(ui: Ui, session: &mut Session, text: &str, as_json: bool) -> bool {
    let text = text.trim_end_matches('\n');
    let file = session.sources.add("<console>", text);
    let mut wrong = Vec::new();
    let parsed = syntax::parse_expression(file, text, 0, &mut wrong);
    let parsed = parsed.filter(|_| wrong.is_empty());
    let asked = parsed.as_ref().and_then(type_call);
    let value = match asked.or(parsed.as_ref()) {
        Some(expr) => eval::eval(expr, &session.evaluator),
        None => Err(wrong),
    };
    match value {
        Ok(value) if asked.is_some() && as_json => {
            ui.json(&display::describe(&value.ty()).into());
        }
        Ok(value) if asked.is_some() => ui.out(&format!("{}\n", display::describe(&value.ty()))),
        Ok(value) if as_json && value.is_sensitive_anywhere() => ui.json(&"(sensitive value)".into()),
        Ok(value) if as_json => ui.raw(&format!("{}\n", visible::json(&json::encode(&value)))),
        Ok(value) => ui.out(&format!("{}\n", display::display(&value))),
        Err(wrong) => {
            ui.diagnostics(&wrong, &session.sources);
            return false;
        }
    }
    true
}

/// The argument of `type(...)`, which only the console knows, and only as the whole of what is asked.
fn type_call(expr: &Expr) -> Option<&Expr> {
    match &*expr.node {
        Node::Call { name, args, expand: false, .. } if &**name == "type" && args.len() == 1 => args.first(),
        Node::Parens(inner) => type_call(inner),
        Node::Template(parts) => match parts.as_slice() {
            [Part::Interpolation(inner)] => type_call(inner),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn a_line_is_open_while_a_bracket_or_a_heredoc_is() {
        let cases = [
            ("1 + 1\n", false),
            ("[1,\n", true),
            ("upper(\"a[\")\n", false),
            ("\"a${\"b[\"}\"\n", false),
            ("[for a in b : a # (\n", true),
            ("1 # (\n", false),
            ("<<EOT\n", true),
            ("<<EOT\nx [\n", true),
            ("<<EOT\nx [\nEOT\n", false),
            ("\"x\n", false),
            ("}\n", false),
        ];
        for (text, want) in cases {
            assert_eq!(is_open(text), want, "{text:?}");
        }
    }
}
