//! Pieces of HCL.

use crate::diag::visible::is_hidden;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue, ObjectValueTerminator};
use hcl_edit::template::{Element, Interpolation, StringTemplate};
use hcl_edit::{Decorate, Decorated, Ident};

/// A list longer than this has a line for each element.
const LINE: usize = 90;
/// An object of so many members, and so many letters, has one line.
const FEW: usize = 3;
const SHORT: usize = 70;

/// A name, which must be one.
pub fn ident(name: &str) -> Ident {
    Ident::new(name)
}

/// A text in quotes.
pub fn string(text: &str) -> Expression {
    match literals(text).len() {
        0 | 1 => Expression::from(text),
        _ => StringTemplate::from_iter(literals(text).into_iter().map(Element::from)).into(),
    }
}

/// The parts of a text of which each is escaped right by itself: hcl-edit leaves `${` and `%{` as they are where `$` or `%`
/// stands before them.
pub fn literals(text: &str) -> Vec<&str> {
    let (mut parts, mut ends) = (Vec::new(), Vec::new());
    let mut from = 0;
    for (at, _) in text.match_indices("${").chain(text.match_indices("%{")) {
        ends.extend(text[..at].ends_with(['$', '%']).then_some(at));
    }
    ends.sort_unstable();
    for at in ends {
        parts.push(&text[from..at]);
        from = at;
    }
    parts.push(&text[from..]);
    parts
}

/// A template of texts and expressions.
pub fn template(parts: impl IntoIterator<Item = Part>) -> Expression {
    let mut elements: Vec<Element> = Vec::new();
    let mut parts = parts.into_iter().filter(|part| !matches!(part, Part::Text(text) if text.is_empty())).peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Expression(expression) => elements.push(Interpolation::new(expression).into()),
            Part::Text(text) => {
                // `$${` would be the sign itself.
                let open = matches!(parts.peek(), Some(Part::Expression(_)));
                let (plain, sign) = match text.strip_suffix('$').filter(|_| open) {
                    Some(plain) => (plain, true),
                    None => (&*text, false),
                };
                elements.extend(literals(plain).into_iter().filter(|text| !text.is_empty()).map(Element::from));
                elements.extend(sign.then(|| Element::from(Interpolation::new(string("$")))));
            }
        }
    }
    StringTemplate::from_iter(elements).into()
}

/// A part of a template.
pub enum Part {
    /// What is written as it is.
    Text(String),
    /// What is evaluated.
    Expression(Expression),
}

/// An expression as it is written.
pub fn parsed(text: &str) -> Expression {
    text.parse().unwrap_or_else(|_| string(text))
}

/// A list.
pub fn array(items: Vec<Expression>) -> Expression {
    let mut array: Array = items.into_iter().collect();
    let one_line = array.iter().map(|item| item.to_string().len() + 2).sum::<usize>() < LINE;
    if !one_line {
        array.iter_mut().for_each(|item| item.decor_mut().set_prefix("\n"));
        array.set_trailing_comma(true);
        array.set_trailing("\n");
    }
    array.into()
}

/// An object: in one line where that is short, else with a line for each member.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Expression)>) -> Expression {
    let members: Vec<(&str, Expression)> = members.into_iter().collect();
    if members.is_empty() {
        return parsed("{}");
    }
    let length = members.iter().map(|(name, value)| name.len() + value.to_string().len() + 6).sum::<usize>();
    let plain = |value: &Expression| !value.is_object() && !value.is_array() && !value.is_func_call();
    let short = members.len() <= FEW && length < SHORT && members.iter().all(|(_, value)| plain(value));
    let last = members.len() - 1;
    let mut object = Object::new();
    for (at, (name, value)) in members.into_iter().enumerate() {
        let prefix = match (short, at) {
            (true, _) => " ",
            (false, 0) => "\n",
            (false, _) => "",
        };
        let key = match is_name(name) {
            true => ObjectKey::Ident(Decorated::new(Ident::new(name)).decorated((prefix, " "))),
            false => ObjectKey::Expression(string(name).decorated((prefix, " "))),
        };
        let mut value = ObjectValue::new(value);
        value.set_terminator(match (short, at == last) {
            (false, _) => ObjectValueTerminator::Newline,
            (true, false) => ObjectValueTerminator::Comma,
            (true, true) => ObjectValueTerminator::None,
        });
        object.insert(key, value);
    }
    if short {
        object.set_trailing(" ");
    }
    object.into()
}

/// Text of a file with escapes for what is hidden, which only strings have: nothing written reads otherwise than it is.
pub fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        c if !is_hidden(c) || matches!(c, '\n' | '\t') => c.to_string(),
        c if c as u32 > 0xffff => format!("\\U{:08x}", c as u32),
        c => format!("\\u{:04x}", c as u32),
    };
    text.chars().map(escape).collect()
}

/// Whether a key needs no quotes.
fn is_name(text: &str) -> bool {
    let words = ["for", "true", "false", "null"];
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') && !words.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_it_was() {
        let cases = [
            ("a", "\"a\""),
            ("${x}", "\"$${x}\""),
            ("we ${x} $${y} $$${z}", "\"we $${x} $$${y} $$$${z}\""),
            ("%{x} %%{y} $%{z} %${a}", "\"%%{x} %%%{y} $%%{z} %$${a}\""),
            ("$$ %% {", "\"$$ %% {\""),
        ];
        for (text, want) in cases {
            assert_eq!(string(text).to_string(), want, "{text}");
        }
        let parts = || [Part::Text("$${a}$".into()), Part::Expression(parsed("var.y")), Part::Text("$".into())];
        assert_eq!(template(parts()).to_string(), "\"$$${a}${ \"$\" }${ var.y }$\"");
    }
}
