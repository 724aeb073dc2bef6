//! JSON with the place of everything in it.

use crate::diag::{Diagnostic, FileId, Span};
use crate::lang::syntax::Places;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Json {
    /// What it is.
    pub data: Data,
    /// Where, quotes and brackets included.
    pub span: Span,
}

/// The kinds of values.
#[derive(Debug, Clone)]
pub enum Data {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(Text),
    Array(Vec<Json>),
    Object(Vec<(Text, Json)>),
}

/// A string, decoded.
#[derive(Debug, Clone)]
pub struct Text {
    pub text: String,
    pub span: Span,
    /// Where each part of the decoded text is in the file.
    pub places: Places,
}

/// How deep arrays and objects may be in one another.
const DEPTH_MAX: usize = 200;

/// Reads a file; what is no JSON is reported.
pub fn read(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Json> {
    let mut reader = Reader { file, text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, depth: 0 };
    let found = reader.value().and_then(|json| {
        reader.blanks();
        if reader.at < text.len() { Err(reader.wrong("The file goes on behind its value.")) } else { Ok(json) }
    });
    found.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, Diagnostic>;

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn wrong(&self, detail: &str) -> Diagnostic {
        let end = self.text[self.at..].chars().next().map_or(self.at, |next| self.at + next.len_utf8());
        Diagnostic::error("CS0123", "Invalid JSON", detail).at(self.span(self.at, end))
    }

    fn blanks(&mut self) {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\r', '\n']);
        self.at = self.text.len() - rest.len();
    }

    fn peek(&mut self) -> u8 {
        self.blanks();
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn value(&mut self) -> Read<Json> {
        let next = self.peek();
        let start = self.at;
        let data = match next {
            b'{' => self.nested(Self::object)?,
            b'[' => self.nested(Self::array)?,
            b'"' => Data::Text(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Ok(Json { data, span: self.span(start, self.at) })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<Data>) -> Read<Data> {
        if self.depth == DEPTH_MAX {
            return Err(self.wrong("Arrays and objects are nested too deep."));
        }
        self.at += 1;
        self.depth += 1;
        let data = read(self);
        self.depth -= 1;
        data
    }

    fn object(&mut self) -> Read<Data> {
        let mut items = Vec::new();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(Data::Object(items));
        }
        loop {
            if self.peek() != b'"' {
                return Err(self.wrong("The name of a property was expected, in double quotes."));
            }
            let name = self.string()?;
            if self.peek() != b':' {
                return Err(self.wrong("A colon was expected behind the name of the property."));
            }
            self.at += 1;
            items.push((name, self.value()?));
            if self.goes_on(b'}')? {
                return Ok(Data::Object(items));
            }
        }
    }

    fn array(&mut self) -> Read<Data> {
        let mut items = Vec::new();
        if self.peek() == b']' {
            self.at += 1;
            return Ok(Data::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.goes_on(b']')? {
                return Ok(Data::Array(items));
            }
        }
    }

    /// Steps over a comma, or over the end; answers whether it was the end.
    fn goes_on(&mut self, end: u8) -> Read<bool> {
        let next = self.peek();
        if next != b',' && next != end {
            return Err(self.wrong(&format!("A comma or `{}` was expected.", char::from(end))));
        }
        self.at += 1;
        Ok(next == end)
    }

    fn word(&mut self) -> Read<Data> {
        for (word, data) in [("null", Data::Null), ("true", Data::Bool(true)), ("false", Data::Bool(false))] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(data);
            }
        }
        Err(self.wrong("A value was expected: an object, an array, a string, a number, true, false or null."))
    }

    fn number(&mut self) -> Read<Data> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let number = &rest[..end];
        if serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.wrong("This is no number."));
        }
        self.at += end;
        Ok(Data::Number(number.to_owned()))
    }

    fn string(&mut self) -> Read<Text> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut places = Places::starting(self.at as u32);
        loop {
            let Some(next) = self.text[self.at..].chars().next().filter(|next| *next != '\n') else {
                self.at = start;
                return Err(self.wrong("The string does not end on its line."));
            };
            match next {
                '"' => break,
                '\\' => {
                    text.push(self.escape()?);
                    places.goes_on(text.len() as u32, self.at as u32);
                }
                next => {
                    text.push(next);
                    self.at += next.len_utf8();
                }
            }
        }
        self.at += 1;
        Ok(Text { text, span: self.span(start, self.at), places })
    }

    fn escape(&mut self) -> Read<char> {
        let simple = match self.text.as_bytes().get(self.at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(quoted @ (b'"' | b'\\' | b'/')) => char::from(*quoted),
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("A backslash starts one of \\n \\t \\r \\b \\f \\\" \\\\ \\/ \\uNNNN.")),
        };
        self.at += 2;
        Ok(simple)
    }

    /// One character of `\uNNNN`, or of two of them that are a pair.
    fn unicode(&mut self) -> Read<char> {
        let unit = |text: &str| text.get(2..6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let rest = &self.text[self.at..];
        let first = unit(rest);
        let second = rest.get(6..).filter(|rest| rest.starts_with("\\u")).and_then(unit);
        let decode = |units: &[u16]| char::decode_utf16(units.iter().copied()).next().and_then(Result::ok);
        let (found, length) = match (first, second) {
            (Some(first), Some(second)) if (0xd800..0xdc00).contains(&first) => (decode(&[first, second]), 12),
            (Some(first), _) => (decode(&[first]), 6),
            (None, _) => (None, 0),
        };
        let found =
            found.ok_or_else(|| self.wrong("\\u takes four digits that are a character, or a pair of those."))?;
        self.at += length;
        Ok(found)
    }
}
