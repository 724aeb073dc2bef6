//! `data "iam_policy_document"`: a policy in JSON, made of blocks and of other documents. Nothing is asked for it.
//!
//! The text is that of Terraform's provider to the letter, so that policies made by either are one: its order of keys
//! and of words, and which lists of one are that one. Source: what the provider answers (`tests/oracle/policies`).

mod document;

use document::{Document, Principal, Statement, Words};

use super::Here;
use crate::kind::Problem;
use crate::schema::{Attr, Schema};
use crate::value::{Data, Object, Type, Value, text};

const OLD: &str = "2008-10-17";
const NEW: &str = "2012-10-17";

/// What can be written.
pub fn schema() -> Schema {
    let words = |name: &'static str| Attr::optional(name, Type::set(Type::String));
    let principals = |name: &'static str| {
        let attrs = vec![
            Attr::required("type", Type::String).doc("`AWS`, `Service`, `Federated`, `CanonicalUser` or `*`."),
            Attr::required("identifiers", Type::set(Type::String)).doc("Any of these."),
        ];
        Attr::blocks(name, attrs)
    };
    let condition = vec![
        Attr::required("test", Type::String).doc("An operator: `StringEquals`."),
        Attr::required("variable", Type::String).doc("A key: `aws:SourceArn`."),
        Attr::required("values", Type::list(Type::String)).doc("Any of these."),
    ];
    let statement = vec![
        Attr::optional("sid", Type::String).doc("A name of its own."),
        Attr::optional("effect", Type::String).one_of(&["Allow", "Deny"]).default("Allow"),
        words("actions"),
        words("not_actions"),
        words("resources"),
        words("not_resources"),
        principals("principals"),
        principals("not_principals"),
        Attr::blocks("condition", condition),
    ];
    let documents = |name: &'static str| Attr::optional(name, Type::list(Type::String));
    let attrs = vec![
        Attr::ordered_blocks("statement", statement).doc("A statement."),
        Attr::optional("policy_id", Type::String).doc("The policy's own id."),
        Attr::optional("version", Type::String).one_of(&[OLD, NEW]).default(NEW).doc("The version of the language."),
        documents("source_policy_documents").doc("What stands before the statements."),
        documents("override_policy_documents").doc("What comes last, in the place of statements of the same sid."),
        // Of older versions; Terraform takes nothing in them any more.
        Attr::optional("source_json", Type::String).one_of(&[""]).deprecated("Use source_policy_documents = [...]."),
        Attr::optional("override_json", Type::String)
            .one_of(&[""])
            .deprecated("Use override_policy_documents = [...]."),
        super::text("json"),
        super::text("minified_json"),
        super::text("id"),
    ];
    Schema::new("iam_policy_document", "aws_iam_policy_document", "A policy in JSON.", attrs)
}

/// The document of a block.
///
/// # Errors
/// What keeps it from being one.
pub fn answer(args: &Object, _here: &Here) -> Result<Object, Problem> {
    let wrong = |attribute: &'static str, detail: String| {
        let help = "Correct the statement, or leave out one of two with the same sid.";
        Problem::error("CS0900", attribute, "The policy document cannot be made", detail, help)
    };
    let mut whole = Document::default();
    let mut sids = Vec::new();
    for source in documents(args, "source_policy_documents") {
        let source = source.map_err(|why| wrong("source_policy_documents", why))?;
        source.note_sids(&mut sids).map_err(|why| wrong("source_policy_documents", why))?;
        whole.merge(source);
    }
    let own = own(args).map_err(|why| wrong("statement", why))?;
    own.note_sids(&mut Vec::new()).map_err(|why| wrong("statement", why))?;
    whole.merge(own);
    for over in documents(args, "override_policy_documents") {
        whole.merge(over.map_err(|why| wrong("override_policy_documents", why))?);
    }
    let json = whole.write(true);
    Ok(Object::from([
        ("id".into(), Value::string(document::checksum(&json).to_string())),
        ("minified_json".into(), Value::string(whole.write(false))),
        ("json".into(), Value::string(json)),
        ("version".into(), text(args, "version").map_or_else(|| Value::string(NEW), Value::string)),
    ]))
}

/// The documents of a list; `""` is none.
fn documents(args: &Object, name: &'static str) -> impl Iterator<Item = Result<Document, String>> {
    let items = args.get(name).and_then(Value::as_items).unwrap_or_default().iter().enumerate();
    let texts = items.filter_map(|(at, item)| Some((at, item.as_str().filter(|text| !text.is_empty())?)));
    texts.map(move |(at, text)| Document::read(text).map_err(|why| format!("`{name}[{at}]`: {why}.")))
}

fn own(args: &Object) -> Result<Document, String> {
    let version = text(args, "version").unwrap_or(NEW);
    let statements = args.get("statement").and_then(Value::as_items).unwrap_or_default();
    let statements = statements.iter().filter_map(Value::as_object);
    Ok(Document {
        version: version.to_owned(),
        id: text(args, "policy_id").unwrap_or_default().to_owned(),
        statements: statements.map(|block| statement(block, version)).collect::<Result<_, _>>()?,
    })
}

fn statement(block: &Object, version: &str) -> Result<Statement, String> {
    let plain = |name| Some(texts(block, name)).filter(|words| !words.is_empty()).map(Words::sorted);
    let filled = |name| plain(name).map(|words| words.filled(version)).transpose();
    let principals = |name| {
        let read = |block: &Object| {
            let kind = text(block, "type").unwrap_or_default().to_owned();
            Ok(Principal { kind, identifiers: Words::sorted(texts(block, "identifiers")).filled(version)? })
        };
        by_hash(block, name).into_iter().map(read).collect::<Result<Vec<_>, String>>()
    };
    let conditions = by_hash(block, "condition").into_iter().map(|block| {
        let key = |name| text(block, name).unwrap_or_default().to_owned();
        let values = Words::Many(texts(block, "values")).filled(version)?;
        Ok((key("test"), key("variable"), values.into_list()))
    });
    let conditions = conditions.collect::<Result<Vec<_>, String>>()?;
    Ok(Statement {
        sid: text(block, "sid").unwrap_or_default().to_owned(),
        effect: text(block, "effect").unwrap_or_default().to_owned(),
        actions: [plain("actions"), plain("not_actions")].map(|words| words.map(Words::into_json)),
        resources: [filled("resources")?, filled("not_resources")?].map(|words| words.map(Words::into_json)),
        principals: [principals("principals")?, principals("not_principals")?],
        conditions,
    })
}

/// Nested blocks in the order in which Terraform keeps a set of them: by the checksums of what they say, as texts.
fn by_hash<'a>(block: &'a Object, name: &str) -> Vec<&'a Object> {
    let blocks = block.get(name).and_then(Value::as_items).unwrap_or_default();
    let mut blocks: Vec<&Object> = blocks.iter().filter_map(Value::as_object).collect();
    blocks.sort_by_cached_key(|block| {
        let said = block.iter().map(|(name, value)| format!("{name}:{};", said(value)));
        document::checksum(&said.collect::<String>()).to_string()
    });
    blocks
}

fn said(value: &Value) -> String {
    let mut items: Vec<String> =
        value.as_items().unwrap_or_default().iter().map(|item| format!("{};", said(item))).collect();
    match &value.data {
        Data::Set(..) => {
            items.sort_by_cached_key(|item| document::checksum(item).to_string());
            format!("{{{}}}", items.concat())
        }
        Data::List(..) => format!("({})", items.concat()),
        _ => value.as_str().unwrap_or_default().to_owned(),
    }
}

fn texts(object: &Object, name: &str) -> Vec<String> {
    let items = object.get(name).and_then(Value::as_items).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
}
