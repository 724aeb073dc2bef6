//! The syntax of filter patterns. Source: the CloudWatch Logs user guide, filter and pattern syntax.

/// The three forms of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Terms that must or must not be there; everything where there are none.
    Terms,
    /// `{ $.field = value }`
    Json,
    /// `[a, b = value, ...]`
    Fields,
}

/// The form of a pattern; nothing where AWS would not understand it.
pub fn read(text: &str) -> Option<Form> {
    let mut rest = Rest(text.trim());
    let form = match rest.0.chars().next() {
        Some('{') => rest.within('{', '}', |rest| rest.any(&|rest| rest.selected())).map(|()| Form::Json),
        Some('[') => rest.within('[', ']', Rest::fields).map(|()| Form::Fields),
        _ => rest.terms().map(|()| Form::Terms),
    }?;
    let regexes = text.matches('%').count() / 2;
    (rest.0.is_empty() && regexes <= 2).then_some(form)
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn blank(&mut self) {
        self.0 = self.0.trim_start();
    }

    fn eat(&mut self, word: &str) -> bool {
        self.blank();
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// The letters up to one that does not fit; nothing where there are none.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> Option<&'a str> {
        let end = self.0.find(|letter| !fits(letter)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        (end > 0).then_some(taken)
    }

    fn within(&mut self, open: char, close: char, inside: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        if !self.eat(&open.to_string()) {
            return None;
        }
        inside(self)?;
        self.eat(&close.to_string()).then_some(())
    }

    /// What is in quotes or between percent signs, whole.
    fn quoted(&mut self, quote: char) -> Option<()> {
        let mut escaped = false;
        for (at, letter) in self.0.char_indices().skip(1) {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if letter == quote => {
                    self.0 = &self.0[at + letter.len_utf8()..];
                    return Some(());
                }
                _ => {}
            }
        }
        None
    }

    fn terms(&mut self) -> Option<()> {
        while !self.0.is_empty() {
            self.0 = self.0.strip_prefix(['?', '-']).unwrap_or(self.0);
            match self.0.chars().next() {
                Some(quote @ ('"' | '%')) => self.quoted(quote)?,
                _ => drop(self.take(|letter| letter.is_alphanumeric() || letter == '_')?),
            }
            self.blank();
        }
        Some(())
    }

    /// Conditions with `&&` and `||` between them.
    fn any(&mut self, one: &dyn Fn(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            self.blank();
            match self.0.starts_with('(') {
                true => self.within('(', ')', |rest| rest.any(one))?,
                false => one(self)?,
            }
            if !self.eat("&&") && !self.eat("||") {
                return Some(());
            }
        }
    }

    fn selected(&mut self) -> Option<()> {
        if !self.eat("$") {
            return None;
        }
        let mut parts = 0;
        loop {
            if self.0.starts_with('.') {
                self.0 = &self.0[1..];
                self.take(|letter| letter.is_alphanumeric() || "_-*".contains(letter))?;
            } else if self.0.starts_with('[') {
                self.0 = &self.0[1..];
                match self.0.chars().next() {
                    Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                    _ => drop(self.take(|letter| letter.is_ascii_digit() || letter == '*')?),
                }
                self.0 = self.0.strip_prefix(']')?;
            } else {
                break;
            }
            parts += 1;
        }
        let word = |rest: &mut Self, words: &[&str]| words.iter().any(|word| rest.eat(word));
        if self.eat("IS") {
            return (parts > 0 && word(self, &["NULL", "TRUE", "FALSE"])).then_some(());
        }
        if self.eat("NOT") {
            return (parts > 0 && self.eat("EXISTS")).then_some(());
        }
        (parts > 0 && self.compared()).then_some(())
    }

    fn compared(&mut self) -> bool {
        let order = [">=", "<=", ">", "<"].iter().any(|sign| self.eat(sign));
        if !order && !self.eat("!=") && !self.eat("=") {
            return false;
        }
        self.blank();
        match self.0.chars().next() {
            Some(quote @ ('"' | '%')) => !order && self.quoted(quote).is_some(),
            _ => {
                let value = self.take(|letter| !letter.is_whitespace() && !",&|(){}[]\"=<>".contains(letter));
                value.is_some_and(|value| !order || value.parse::<f64>().is_ok())
            }
        }
    }

    fn fields(&mut self) -> Option<()> {
        loop {
            self.blank();
            if !self.eat("...") && !self.0.starts_with([',', ']']) {
                self.any(&|rest| {
                    rest.take(|letter| letter.is_alphanumeric() || "_-".contains(letter))?;
                    rest.blank();
                    let bare = rest.0.starts_with([',', ']', ')', '&', '|']);
                    (bare || rest.compared()).then_some(())
                })?;
            }
            if !self.eat(",") {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_told_from_what_is_none() {
        let cases = [
            (Some(Form::Terms), &["", " ", "ERROR", "?ERROR ?WARN", "ERROR -Exiting", "\"a (b)\" %4[0-9]{2}%"][..]),
            (
                Some(Form::Json),
                &[
                    "{ $.status = \"4*\" }",
                    "{($.a[0].b != 3) && (($.c IS NULL) || $.d NOT EXISTS)}",
                    "{ $.a >= 1.5e3 || $['x'].y = %^4% }",
                    "{ $.ip = 10.0.* }",
                ],
            ),
            (
                Some(Form::Fields),
                &["[a, b]", "[..., status = 4*, bytes > 100]", "[t, level=\"ERROR\" || level = WARN, ...]"],
            ),
            (
                None,
                &[
                    "{ status = 401 }",
                    "{ $.a }",
                    "{ $.a = 1",
                    "{ $.a > \"x\" }",
                    "{ $.a IS 1 }",
                    "[a, b",
                    "[a b]",
                    "a.b",
                    "\"open",
                    "{ $.a = 1 } x",
                    "%a% %b% %c%",
                ],
            ),
        ];
        for (want, texts) in cases {
            texts.iter().for_each(|text| assert_eq!(read(text), want, "{text}"));
        }
    }
}
