//! Text that comes from outside, made harmless for a terminal: whatever moves the cursor, turns the direction of
//! reading or cannot be seen is shown as an escape.

use std::borrow::Cow;

/// Whether a character does something to a terminal or a reader instead of being seen. Variation selectors, which belong
/// to many emoji, stay.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
            // Joiners, marks of direction, line and paragraph separators, embeddings, overrides, isolates, operators.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            // Tags, and selectors that can carry a text of their own.
            | '\u{e0000}'..='\u{e0fff}')
}

/// A character as it is shown in a text of several lines.
pub fn push(out: &mut String, c: char) {
    match c {
        '\n' | '\t' => out.push(c),
        c if is_hidden(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
        c => out.push(c),
    }
}

/// Text of one line, such as a name in an account: line breaks and tabs are escapes, too, so that no name can begin a line
/// of its own.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c => push(&mut out, c),
        }
    }
    Cow::Owned(out)
}

/// Text with escapes for what is hidden; line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push(&mut out, c));
    Cow::Owned(out)
}

/// JSON that has the same meaning, and escapes for what is hidden: only texts hold such characters.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) && c != '\n' {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{json, visible};

    #[test]
    fn nothing_hidden_gets_through() {
        let cases = [
            ("plain text,\n\tas it is: é 東京 ❤\u{fe0f}", "plain text,\n\tas it is: é 東京 ❤\u{fe0f}"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\rb\u{8}\u{7f}", "a\\u{d}b\\u{8}\\u{7f}"),
            ("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
            ("user\u{202e}nimda\u{202c}", "user\\u{202e}nimda\\u{202c}"),
            ("\u{2066}x\u{2069}\u{200e}\u{61c}", "\\u{2066}x\\u{2069}\\u{200e}\\u{61c}"),
            ("a\u{200b}b\u{200d}c\u{feff}\u{2060}\u{ad}", "a\\u{200b}b\\u{200d}c\\u{feff}\\u{2060}\\u{ad}"),
            ("\u{2028}\u{e0041}\u{e0100}", "\\u{2028}\\u{e0041}\\u{e0100}"),
        ];
        for (text, shown) in cases {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        for text in ["plain é", "a\u{1b}\u{9b}\u{202e}\u{e0041}\u{7f}\n\t\"\\"] {
            let encoded = serde_json::to_string_pretty(&serde_json::json!({ text: [text] })).unwrap();
            let shown = json(&encoded);
            assert_eq!(visible(&shown), shown, "nothing hidden");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), serde_json::json!({ text: [text] }));
        }
    }
}
