//! Values as text, as `terraform console` prints them.

use std::fmt::Write;

use super::{Data, Object, Type, Value};

/// The value on as many lines as it needs, without a final line break.
pub fn display(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    // That a value is not known yet gives nothing of it away.
    if value.sensitive && !value.is_unknown() {
        out.push_str("(sensitive value)");
        return;
    }
    match &value.data {
        Data::Null(ty) => out.push_str(&null(ty)),
        Data::Unknown(_) => out.push_str("(known after apply)"),
        Data::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Data::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Data::String(text) => write_string(out, text, indent),
        Data::Secret(_) => out.push_str("(sensitive value)"),
        Data::List(_, items) => write_items(out, items, indent, "tolist([", "])"),
        Data::Set(_, items) => write_items(out, items, indent, "toset([", "])"),
        Data::Tuple(items) => write_items(out, items, indent, "[", "]"),
        Data::Map(_, items) => write_object(out, items, indent, "tomap({", "})"),
        Data::Object(items) => write_object(out, items, indent, "{", "}"),
    }
}

/// A null shows the conversion that would yield it.
fn null(ty: &Type) -> String {
    match ty {
        Type::Any => "null".to_string(),
        Type::Bool | Type::Number | Type::String => format!("to{}(null)", ty.word()),
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            let element = if **element == Type::Any { "dynamic" } else { element.word() };
            format!("to{}(null) /* of {element} */", ty.word())
        }
        Type::Tuple(_) => "null /* tuple */".to_string(),
        Type::Object(_) => "null /* object */".to_string(),
    }
}

fn write_items(out: &mut String, items: &[Value], indent: usize, open: &str, close: &str) {
    out.push_str(open);
    for item in items {
        newline(out, indent + 2);
        write_value(out, item, indent + 2);
        out.push(',');
    }
    if !items.is_empty() {
        newline(out, indent);
    }
    out.push_str(close);
}

fn write_object(out: &mut String, items: &Object, indent: usize, open: &str, close: &str) {
    out.push_str(open);
    for (key, item) in items {
        newline(out, indent + 2);
        write_string(out, key, indent + 2);
        out.push_str(" = ");
        write_value(out, item, indent + 2);
    }
    if !items.is_empty() {
        newline(out, indent);
    }
    out.push_str(close);
}

fn newline(out: &mut String, indent: usize) {
    let _ = write!(out, "\n{:indent$}", "");
}

/// A text of several lines shows as a heredoc, any other in quotes.
fn write_string(out: &mut String, text: &str, indent: usize) {
    if !text.contains('\n') {
        out.push_str(&quoted(text));
        return;
    }
    let (open, close) = if indent == 0 { ("<<EOT", "EOT") } else { ("<<-EOT", "EOT") };
    out.push_str(open);
    for line in text.split('\n') {
        newline(out, indent);
        out.push_str(line);
    }
    newline(out, indent);
    out.push_str(close);
}

/// A text in quotes with what needs it escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            control if control.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", control as u32);
            }
            hidden if is_hidden(hidden) => {
                let _ = match hidden as u32 {
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether a character shows nothing, and so is written as an escape.
fn is_hidden(character: char) -> bool {
    let format = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let private = matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let none = matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    format || private || none || character.is_control() || (character.is_whitespace() && character != ' ')
}

/// A type on as many lines as it needs, as `type(...)` in `terraform console` prints it.
pub fn describe(ty: &Type) -> String {
    let mut out = String::new();
    write_type(&mut out, ty, 0);
    out
}

fn write_type(out: &mut String, ty: &Type, indent: usize) {
    let mut lines = |open: &str, types: &mut dyn Iterator<Item = (String, &Type)>, close: &str, end: &str| {
        out.push_str(open);
        let mut any = false;
        for (name, ty) in types {
            newline(out, indent + 4);
            out.push_str(&name);
            write_type(out, ty, indent + 4);
            out.push_str(end);
            any = true;
        }
        if any {
            newline(out, indent);
        }
        out.push_str(close);
    };
    match ty {
        Type::Any => out.push_str("dynamic"),
        Type::Bool | Type::Number | Type::String => out.push_str(ty.word()),
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            let (open, element) = (format!("{}(", ty.word()), &**element);
            if !matches!(element, Type::Tuple(_) | Type::Object(_)) {
                out.push_str(&open);
                write_type(out, element, indent);
                out.push(')');
            } else {
                lines(&open, &mut [(String::new(), element)].into_iter(), ")", ",");
            }
        }
        Type::Tuple(items) => lines("tuple([", &mut items.iter().map(|ty| (String::new(), ty)), "])", ","),
        Type::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| (format!("{name}: "), &field.ty));
            lines("object({", &mut fields.into_iter(), "})", ",");
        }
    }
}
