//! The syntax of filter patterns. Source: the CloudWatch Logs user guide, filter and pattern syntax.
//!
//! ```text
//! pattern = term* | "{" condition "}" | "[" field ("," field)* "]"
//! term    = ("?" | "-")? (word | "\"" text "\"" | "%" regex "%")
//! ```
//! Conditions are of the form `$.name = value`, with `&&`, `||` and parentheses; fields are names with conditions, or
//! `...`.

/// A pattern as far as the rules of a metric filter ask for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Which of the three forms it has.
    pub form: Form,
    /// The names of its fields, for `[ ... ]`.
    pub fields: Vec<String>,
}

/// The forms of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Terms, or nothing: every event.
    Terms,
    /// `{ ... }`
    Json,
    /// `[ ... ]`
    Fields,
}

/// What is wrong with a pattern.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: the byte.
    pub at: usize,
    /// What, without a full stop.
    pub what: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Reads a pattern.
pub fn parse(text: &str) -> Result<Pattern, Fault> {
    let mut reader = Reader { text, at: 0, fields: Vec::new(), regexes: 0, depth: 0 };
    reader.blank();
    let form = match reader.peek() {
        Some('{') => reader.json().map(|()| Form::Json),
        Some('[') => reader.list().map(|()| Form::Fields),
        _ => reader.terms().map(|()| Form::Terms),
    }?;
    reader.blank();
    if reader.peek().is_some() {
        return reader.fault("nothing may follow the closing bracket", "Put everything into the brackets.");
    }
    if reader.regexes > 2 {
        reader.at = 0;
        return reader.fault("there are more than two regular expressions", "Keep two, or write two filters.");
    }
    Ok(Pattern { form, fields: reader.fields })
}

/// As deep as parentheses go.
const DEEPEST: usize = 32;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    fields: Vec<String>,
    regexes: usize,
    depth: usize,
}

type Read = Result<(), Fault>;

/// What stands at the end of a value in conditions.
fn ends_value(letter: char) -> bool {
    letter.is_whitespace() || ",&|(){}[]\"=<>!".contains(letter)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fault<T>(&self, what: &'static str, help: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, what, help })
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Reads a sign or a word, after blanks.
    fn eat(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Reads a word that ends where a word ends.
    fn eat_word(&mut self, word: &str) -> bool {
        self.blank();
        let before = self.at;
        let found = self.eat(word) && self.peek().is_none_or(|next| !next.is_alphanumeric() && next != '_');
        if !found {
            self.at = before;
        }
        found
    }

    fn while_(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Reads a text in quotes, or a regular expression.
    fn quoted(&mut self, quote: char) -> Read {
        let mut escaped = false;
        for (place, letter) in self.rest().char_indices().skip(1) {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if letter == quote => {
                    let inside = &self.rest()[1..place];
                    return self.closed(quote, inside, place);
                }
                _ => {}
            }
        }
        match quote {
            '%' => self.fault("the regular expression has no end", "Close it with %."),
            _ => self.fault("the quotation mark has no partner", "Close the text with a quotation mark."),
        }
    }

    fn closed(&mut self, quote: char, inside: &str, place: usize) -> Read {
        if quote == '%' {
            self.regexes += 1;
            let allowed = |letter: char| letter.is_ascii_alphanumeric() || ":_#=@/;,-^$?[]{}|\\*+. ".contains(letter);
            if !inside.chars().all(allowed) {
                return self.fault(
                    "the regular expression has letters that CloudWatch Logs does not read",
                    "It takes ASCII letters, digits and : _ # = @ / ; , - ^ $ ? [ ] { } | \\ * + . only; no parentheses.",
                );
            }
        }
        self.at += place + quote.len_utf8();
        Ok(())
    }

    fn terms(&mut self) -> Read {
        while self.peek().is_some() {
            if self.peek().is_some_and(|sign| "?-".contains(sign)) {
                self.at += 1;
            }
            match self.peek() {
                Some(quote @ ('"' | '%')) => self.quoted(quote)?,
                _ if self.while_(|letter| letter.is_alphanumeric() || letter == '_').is_empty() => {
                    return self.fault(
                        "a term with other letters than a-z, 0-9 and _ stands in quotation marks",
                        "Write \\\"such a term\\\"; { ... } is for JSON and [ ... ] for fields with blanks between.",
                    );
                }
                _ => {}
            }
            self.blank();
        }
        Ok(())
    }

    fn json(&mut self) -> Read {
        self.at += 1;
        self.conditions(&Self::selected)?;
        match self.eat("}") {
            true => Ok(()),
            false => self.fault("`}` was expected", "Join conditions with && and ||, and close the pattern with }."),
        }
    }

    /// Conditions with `&&` and `||` between them, and parentheses around some.
    fn conditions(&mut self, one: &dyn Fn(&mut Self) -> Read) -> Read {
        loop {
            self.blank();
            if self.peek() == Some('(') {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEEPEST {
                    return self.fault("the parentheses are nested too deep", "Write fewer of them.");
                }
                self.conditions(one)?;
                self.depth -= 1;
                if !self.eat(")") {
                    return self.fault("`)` was expected", "Close the parenthesis.");
                }
            } else {
                one(self)?;
            }
            if !self.eat("&&") && !self.eat("||") {
                return Ok(());
            }
        }
    }

    /// `$.a.b[0] = value`
    fn selected(&mut self) -> Read {
        const SELECTOR: &str = "Write { $.level = \"ERROR\" }, for instance.";
        self.blank();
        if self.peek() != Some('$') {
            return self.fault("a field of JSON begins with `$.`", SELECTOR);
        }
        self.at += 1;
        let mut parts = 0;
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    if self.while_(|letter| letter.is_alphanumeric() || "_-*".contains(letter)).is_empty() {
                        return self.fault("the name of a field was expected", SELECTOR);
                    }
                }
                Some('[') => self.index()?,
                _ => break,
            }
            parts += 1;
        }
        if parts == 0 {
            return self.fault("a field of JSON begins with `$.`", SELECTOR);
        }
        self.judged()
    }

    /// `[0]`, `[*]` or `["name"]`
    fn index(&mut self) -> Read {
        self.at += 1;
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => drop(self.while_(|letter| letter.is_ascii_digit() || letter == '*')),
        }
        match self.eat("]") {
            true => Ok(()),
            false => self.fault("a place in a list was expected", "Write $.list[0], for instance."),
        }
    }

    /// What is asked of a field of JSON.
    fn judged(&mut self) -> Read {
        if self.eat_word("IS") {
            return match ["NULL", "TRUE", "FALSE"].iter().any(|word| self.eat_word(word)) {
                true => Ok(()),
                false => self.fault("IS asks for NULL, TRUE or FALSE", "For other values write =."),
            };
        }
        if self.eat_word("NOT") {
            return match self.eat_word("EXISTS") {
                true => Ok(()),
                false => self.fault("NOT asks for EXISTS", "Write $.field NOT EXISTS; for other values write !=."),
            };
        }
        self.compared()
    }

    fn compared(&mut self) -> Read {
        let order = [">=", "<=", ">", "<"].iter().any(|sign| self.eat(sign));
        if !order && !self.eat("!=") && !self.eat("=") {
            return self.fault(
                "a comparison was expected",
                "Compare with =, !=, >, <, >= or <=; of JSON, ask for IS NULL, IS TRUE, IS FALSE or NOT EXISTS.",
            );
        }
        self.blank();
        match self.peek() {
            Some('"' | '%') if order => {
                self.fault("only numbers are greater or less than others", "Compare texts with = or !=.")
            }
            Some(quote @ ('"' | '%')) => self.quoted(quote),
            _ => {
                let start = self.at;
                let value = self.while_(|letter| !ends_value(letter));
                let number = value.parse::<f64>().is_ok();
                if !value.is_empty() && (number || !order) {
                    return Ok(());
                }
                self.at = start;
                match value.is_empty() {
                    true => self.fault("a value was expected", "Texts with blanks and signs stand in quotation marks."),
                    false => self.fault("only numbers are greater or less than others", "Compare texts with = or !=."),
                }
            }
        }
    }

    fn list(&mut self) -> Read {
        self.at += 1;
        loop {
            self.blank();
            let skipped = self.eat("...") || self.peek().is_some_and(|next| ",]".contains(next));
            if !skipped {
                self.conditions(&Self::field)?;
            }
            if self.eat(",") {
                continue;
            }
            return match self.eat("]") {
                true => Ok(()),
                false => {
                    self.fault("`,` or `]` was expected", "Fields are separated by commas; close the pattern with ].")
                }
            };
        }
    }

    /// `name` or `name = value`
    fn field(&mut self) -> Read {
        self.blank();
        let name = self.while_(|letter| letter.is_alphanumeric() || "_-".contains(letter));
        if name.is_empty() {
            return self.fault("the name of a field was expected", "Write [time, level = ERROR, ...], for instance.");
        }
        if !self.fields.iter().any(|field| field == name) {
            self.fields.push(name.to_owned());
        }
        self.blank();
        if self.peek().is_none_or(|next| ",])&|".contains(next)) { Ok(()) } else { self.compared() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_forms() {
        let cases = [
            ("", Form::Terms, ""),
            (" ", Form::Terms, ""),
            ("ERROR", Form::Terms, ""),
            ("?ERROR ?WARN -\"Exit (1)\"", Form::Terms, ""),
            ("%4[0-9]{2}% -\"a \\\" b\"", Form::Terms, ""),
            ("{ $.level = \"ERROR\" }", Form::Json, ""),
            ("{($.a.b[0] != 3) && (($.c IS NULL) || $.d NOT EXISTS)}", Form::Json, ""),
            ("{ $.a >= 1.5e3 || $.ip = 10.0.* || $[\"x y\"].z = %^4% || $.* = \"x\" }", Form::Json, ""),
            ("{ $.ISBN = 1 }", Form::Json, ""),
            ("[timestamp, request_id, level=\"ERROR\", ...]", Form::Fields, "timestamp request_id level"),
            (
                "[ip, request = *.html*, status = 4* || status = 5*, bytes > 100]",
                Form::Fields,
                "ip request status bytes",
            ),
            ("[..., size]", Form::Fields, "size"),
        ];
        for (text, form, fields) in cases {
            let pattern = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            assert_eq!((pattern.form, pattern.fields.join(" ").as_str()), (form, fields), "{text}");
        }
    }

    #[test]
    fn faults_have_places() {
        let cases = [
            ("{ status = 401 }", 2, "a field of JSON begins with `$.`"),
            ("{ $ = 401 }", 3, "a field of JSON begins with `$.`"),
            ("{ $.a }", 6, "a comparison was expected"),
            ("{ $.a = 1", 9, "`}` was expected"),
            ("{ ($.a = 1 }", 11, "`)` was expected"),
            ("{ $.a = }", 8, "a value was expected"),
            ("{ $.a > \"x\" }", 8, "only numbers are greater or less than others"),
            ("{ $.a > x }", 8, "only numbers are greater or less than others"),
            ("{ $.a IS 1 }", 9, "IS asks for NULL, TRUE or FALSE"),
            ("{ $.a NOT 1 }", 10, "NOT asks for EXISTS"),
            ("{ $.a[x] = 1 }", 6, "a place in a list was expected"),
            ("{ $.a = 1 } x", 12, "nothing may follow the closing bracket"),
            ("{ $.a = 1 $.b = 2 }", 10, "`}` was expected"),
            ("[a, b", 5, "`,` or `]` was expected"),
            ("[a b]", 3, "a comparison was expected"),
            ("[a, %b%]", 4, "the name of a field was expected"),
            ("a.b", 1, "a term with other letters than a-z, 0-9 and _ stands in quotation marks"),
            ("\"open", 0, "the quotation mark has no partner"),
            ("%(a)%", 0, "the regular expression has letters that CloudWatch Logs does not read"),
            ("%a", 0, "the regular expression has no end"),
            ("%a% %b% %c%", 0, "there are more than two regular expressions"),
        ];
        for (text, at, what) in cases {
            let fault = parse(text).expect_err(text);
            assert_eq!((fault.at, fault.what), (at, what), "{text}");
        }
        assert!(parse(&format!("{{ {} }}", "(".repeat(100_000))).is_err());
    }
}
