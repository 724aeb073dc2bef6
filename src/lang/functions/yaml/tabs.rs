//! Tabs, which the library of Terraform takes in other places than the parser here: behind a key they are blanks, and
//! nothing that a line of a block begins with may stand behind one.

use std::borrow::Cow;

/// Where the reading of a text stands at the beginning of a line.
#[derive(Default)]
struct State {
    /// The quote that is open.
    quote: Option<char>,
    /// How many brackets are open.
    depth: usize,
    /// The lines of a block text have more blanks before them than this.
    block: Option<usize>,
}

/// The text as the parser here understands it.
///
/// # Errors
/// The number of a line in which a tab stands where none may.
pub(super) fn replaced(text: &str) -> Result<Cow<'_, str>, usize> {
    if !text.contains('\t') {
        return Ok(Cow::Borrowed(text));
    }
    let mut state = State::default();
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split_inclusive('\n').enumerate() {
        state.line(line, &mut out).ok_or(number + 1)?;
    }
    Ok(Cow::Owned(out))
}

impl State {
    /// Copies a line; `None` if a tab stands where none may.
    fn line(&mut self, line: &str, out: &mut String) -> Option<()> {
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        let blank = line.trim_matches([' ', '\r', '\n']).is_empty();
        if let Some(outer) = self.block {
            if blank || indent > outer {
                out.push_str(line);
                return Some(());
            }
            self.block = None;
        }
        let mut from = 0;
        if self.quote.is_none() && self.depth == 0 {
            from = beginning(line)?;
        }
        out.push_str(&line[..from]);
        self.rest(&line[from..], out);
        let last = line.trim_end().rsplit([' ', '\t']).next().unwrap_or_default();
        let header = last.strip_prefix(['|', '>']).is_some_and(|rest| rest.chars().all(|c| "+-123456789".contains(c)));
        if header && self.quote.is_none() && self.depth == 0 {
            self.block = Some(indent);
        }
        Some(())
    }

    /// Copies what is behind the beginning of a line, with blanks for the tabs behind a key.
    fn rest(&mut self, text: &str, out: &mut String) {
        // Before the first character a token may begin.
        let (mut before, mut after_key) = (' ', false);
        let mut escaped = false;
        for (at, c) in text.char_indices() {
            let starts = matches!(before, ' ' | '\t' | '[' | '{' | ',' | '\n');
            after_key = c == '\t' && (after_key || before == ':' && self.quote.is_none());
            match (self.quote, c) {
                (Some('"'), '\\') if !escaped => escaped = true,
                (Some(quote), c) if c == quote && !escaped => self.quote = None,
                (Some(_), _) => escaped = false,
                (None, '#') if matches!(before, ' ' | '\t') => return out.push_str(&text[at..]),
                (None, '"' | '\'') if starts => self.quote = Some(c),
                (None, '[' | '{') if starts || self.depth > 0 => self.depth += 1,
                (None, ']' | '}') => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            out.push(if after_key { ' ' } else { c });
            before = c;
        }
    }
}

/// Where the blanks, hyphens and question marks that a line begins with end; `None` if a tab is among them.
fn beginning(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b' '), _) => at += 1,
            (Some(b'-' | b'?'), Some(b' ' | b'\t')) => at += 1,
            (Some(b'\t'), _) => return None,
            _ => return Some(at),
        }
    }
}
