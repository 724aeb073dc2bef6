//! As much of the protocol of Redis as it takes to ask something: version 2, requests one after another.

use std::io::{self, BufRead, BufReader, Read, Write};

use super::link::Link;

/// The longest line, the longest text and the most elements that are read.
const LINE: u64 = 64 * 1024;
const TEXT: i64 = 16 * 1024 * 1024;
const ELEMENTS: i64 = 100_000;
const DEEP: usize = 8;

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A text, a line or a number.
    Text(String),
    /// It refuses: the code and what it says.
    Refused(String, String),
    /// Several.
    Many(Vec<Reply>),
    /// Nothing.
    Null,
}

impl Reply {
    /// The text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The elements.
    pub fn items(&self) -> &[Reply] {
        if let Self::Many(items) = self { items } else { &[] }
    }

    /// Whether it refuses with this code.
    pub fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused(found, _) if found == code)
    }
}

/// A conversation.
pub struct Talk(BufReader<Link>);

impl Talk {
    /// Begins one.
    pub fn new(link: Link) -> Self {
        Self(BufReader::new(link))
    }

    /// Asks something.
    ///
    /// # Errors
    /// The connection broke, or what came is no answer.
    pub fn ask(&mut self, words: &[&str]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.get_mut().write_all(request.as_bytes())?;
        self.0.get_mut().flush()?;
        self.reply(0)
    }

    /// One line.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.0.by_ref().take(LINE).read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\n") {
            None => Err(io::ErrorKind::UnexpectedEof.into()),
            Some(line) => Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()),
        }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)?;
        self.0.get_mut().flush()
    }

    fn reply(&mut self, depth: usize) -> io::Result<Reply> {
        let line = self.line()?;
        let strange = || io::Error::new(io::ErrorKind::InvalidData, "what came is not the protocol of Redis");
        let mut letters = line.chars();
        let (kind, rest) = (letters.next().ok_or_else(strange)?, letters.as_str());
        let number = || rest.parse::<i64>().map_err(|_| strange());
        match kind {
            '+' | ':' => Ok(Reply::Text(rest.to_owned())),
            '-' => {
                let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
                Ok(Reply::Refused(code.to_owned(), text.to_owned()))
            }
            '$' => match number()? {
                ..0 => Ok(Reply::Null),
                length @ 0..=TEXT => {
                    let mut text = vec![0; length as usize + 2];
                    self.0.read_exact(&mut text)?;
                    text.truncate(length as usize);
                    Ok(Reply::Text(String::from_utf8_lossy(&text).into_owned()))
                }
                _ => Err(strange()),
            },
            '*' if depth < DEEP => match number()? {
                ..0 => Ok(Reply::Null),
                count @ 0..=ELEMENTS => {
                    (0..count).map(|_| self.reply(depth + 1)).collect::<io::Result<_>>().map(Reply::Many)
                }
                _ => Err(strange()),
            },
            _ => Err(strange()),
        }
    }
}
