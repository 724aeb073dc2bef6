//! Escapes in strings.

use crate::diag::{Diagnostic, FileId, Span, codes};

/// Decodes the text between quotes; a wrong escape is reported and kept as written.
pub fn decode(raw: &str, start: u32, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> String {
    if !raw.contains(['\\', '$', '%']) {
        return raw.to_string();
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&unescape_signs(&rest[..at]));
        rest = &rest[at..];
        match one(rest) {
            Ok((character, length)) => {
                out.push(character);
                rest = &rest[length..];
            }
            Err(length) => {
                let begin = start + (raw.len() - rest.len()) as u32;
                let span = Span { file, start: begin, end: begin + length as u32 };
                let summary = codes::find("CS0109").map_or("", |(_, summary, _)| summary);
                let detail = format!("{:?} is not an escape sequence.", &rest[..length]).replace("\\\\", "\\");
                let help = "Write \\\\ for a backslash. Known are \\n \\r \\t \\\" \\\\ \\uNNNN and \\UNNNNNNNN.";
                diagnostics.push(Diagnostic::error("CS0109", summary, detail).at(span).help(help));
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    out.push_str(&unescape_signs(rest));
    out
}

/// The character of the escape at the start of `text`, and its length; or the length of what is wrong.
fn one(text: &str) -> Result<(char, usize), usize> {
    let letter = text[1..].chars().next();
    let simple = |character| Ok((character, 2));
    match letter {
        Some('n') => simple('\n'),
        Some('r') => simple('\r'),
        Some('t') => simple('\t'),
        Some('"') => simple('"'),
        Some('\\') => simple('\\'),
        Some('u') => hex(text, 4),
        Some('U') => hex(text, 8),
        Some(other) => Err(1 + other.len_utf8()),
        None => Err(1),
    }
}

fn hex(text: &str, digits: usize) -> Result<(char, usize), usize> {
    let length = text[2..].bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    if length < digits {
        return Err(2 + length);
    }
    let code = u32::from_str_radix(&text[2..2 + digits], 16).unwrap_or(u32::MAX);
    char::from_u32(code).map(|character| (character, 2 + digits)).ok_or(2 + digits)
}

/// `$${` means the text `${`, and `%%{` the text `%{`.
pub fn unescape_signs(raw: &str) -> String {
    if !raw.contains("$${") && !raw.contains("%%{") {
        return raw.to_string();
    }
    raw.replace("$${", "${").replace("%%{", "%{")
}
