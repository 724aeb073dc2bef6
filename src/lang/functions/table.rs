//! Tables of values separated by commas.

use super::{Call, Failure, key, wrong};
use crate::value::{Field, Object, Type, Value};

/// The rows as objects; the first line names the columns.
pub(super) fn csvdecode(call: &Call) -> Result<Value, Failure> {
    if let Some(line) = stray_quote(call.text(0)) {
        return wrong(0, format!("a quotation mark stands alone in line {line}"));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(call.text(0).as_bytes());
    call.budget().values(2 * super::yaml::elements(call.text(0)))?;
    let mut known = std::collections::BTreeSet::new();
    let mut names: Vec<std::sync::Arc<str>> = Vec::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => return wrong(0, format!("the table is wrong: {error}")),
        };
        if names.is_empty() {
            for name in &record {
                if !known.insert(key(name)) {
                    return wrong(0, format!("there are two columns {name:?}"));
                }
                names.push(key(name));
            }
            continue;
        }
        let row: Object = names.iter().cloned().zip(record.iter().map(Value::text)).collect();
        rows.push(Value::object(row));
    }
    if names.is_empty() {
        return wrong(0, "there is no line with the names of the columns");
    }
    let ty = Type::object(names.into_iter().map(|name| (name, Field::required(Type::String))));
    Ok(Value::list(ty, rows))
}

/// The line of a quotation mark that neither opens nor closes a field.
fn stray_quote(text: &str) -> Option<usize> {
    let (mut line, mut start, mut quoted) = (1, true, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if quoted => match characters.peek() {
                Some('"') => drop(characters.next()),
                None | Some(',' | '\n' | '\r') => quoted = false,
                Some(_) => return Some(line),
            },
            _ if quoted => {}
            '"' if start => (quoted, start) = (true, false),
            '"' => return Some(line),
            other => start = matches!(other, ',' | '\n' | '\r'),
        }
    }
    None
}
