//! The rule of a composite alarm: a condition on the states of other alarms.
//!
//! ```text
//! rule = both {OR both}     both = one {AND one}     one = NOT one | ( rule ) | TRUE | FALSE | STATE(alarm)
//!      | AT_LEAST(number or percentage, [NOT] STATE, (alarm, alarm, ...))
//! ```
//! STATE is ALARM, OK or INSUFFICIENT_DATA. An alarm is a name or an ARN, in quotes or not.
//! Source: the API reference of PutCompositeAlarm; AT_LEAST, of November 2025: aws/aws-cdk#37692.

/// What stands in a rule, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// AND, OR, NOT, TRUE, FALSE, a state or AT_LEAST, in upper case.
    Word(&'static str),
    /// A parenthesis or a comma.
    Mark(char),
    /// The name or ARN of an alarm.
    Alarm(&'a str),
    /// How many alarms: `2` or `50%`.
    Share(&'a str),
}

/// What is wrong with a rule, completing "the rule".
pub type Wrong = String;

const STATES: [&str; 3] = ["ALARM", "OK", "INSUFFICIENT_DATA"];
const WORDS: [&str; 9] = ["ALARM", "OK", "INSUFFICIENT_DATA", "AND", "OR", "NOT", "TRUE", "FALSE", "AT_LEAST"];
/// Deeper rules are none that a person wrote.
const DEEPEST: usize = 100;
/// Source: the API reference of PutCompositeAlarm.
const MOST_ALARMS: usize = 100;
/// Alarms, TRUE, FALSE and parentheses. Source: the same.
const MOST_ELEMENTS: usize = 500;

/// Reads a rule.
///
/// # Errors
/// It is none; the text completes "the rule".
pub fn parse(text: &str) -> Result<Vec<Token<'_>>, Wrong> {
    let mut parser = Parser { text, at: 0, tokens: Vec::new() };
    parser.rule(0)?;
    match parser.rest() {
        "" => parser.limits(),
        rest => Err(format!("goes on with {} where it should end or have AND or OR", shown(rest))),
    }
}

/// The alarms that a rule names; none where it is no rule.
pub fn alarms(text: &str) -> Vec<&str> {
    let tokens = parse(text).unwrap_or_default();
    let alarm = |token| if let Token::Alarm(name) = token { Some(name) } else { None };
    tokens.into_iter().filter_map(alarm).collect()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
}

/// The beginning of what is there.
fn shown(rest: &str) -> String {
    match rest.split_whitespace().next() {
        Some(word) => format!("`{}`", word.chars().take(40).collect::<String>()),
        None => "its end".to_owned(),
    }
}

impl<'a> Parser<'a> {
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    /// The word that stands here, if it is one of the language.
    fn peek(&mut self) -> Option<(&'static str, usize)> {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = WORDS.into_iter().find(|word| word.eq_ignore_ascii_case(&rest[..length]))?;
        Some((word, length))
    }

    fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let (word, length) = self.peek().filter(|(word, _)| words.contains(word))?;
        self.at += length;
        self.tokens.push(Token::Word(word));
        Some(word)
    }

    fn takes(&mut self, mark: char) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len_utf8();
            self.tokens.push(Token::Mark(mark));
        }
        found
    }

    fn mark(&mut self, mark: char) -> Result<(), Wrong> {
        if self.takes(mark) {
            return Ok(());
        }
        Err(format!("has {} where `{mark}` should be", shown(self.rest())))
    }

    fn rule(&mut self, depth: usize) -> Result<(), Wrong> {
        if depth > DEEPEST {
            return Err(format!("has parentheses or NOT more than {DEEPEST} deep"));
        }
        self.one(depth)?;
        // AND binds stronger than OR, which makes no difference to what is well formed.
        while self.word(&["AND", "OR"]).is_some() {
            self.one(depth)?;
        }
        Ok(())
    }

    fn one(&mut self, depth: usize) -> Result<(), Wrong> {
        if self.word(&["NOT"]).is_some() {
            return if depth < DEEPEST { self.one(depth + 1) } else { self.rule(depth + 1) };
        }
        if self.takes('(') {
            self.rule(depth + 1)?;
            return self.mark(')');
        }
        match self.word(&["TRUE", "FALSE", "AT_LEAST", STATES[0], STATES[1], STATES[2]]) {
            Some("TRUE" | "FALSE") => Ok(()),
            Some("AT_LEAST") => self.at_least(),
            Some(_) => {
                self.mark('(')?;
                self.alarm(&[')'])?;
                self.mark(')')
            }
            None => Err(format!("has {} where a condition such as ALARM(name) should be", shown(self.rest()))),
        }
    }

    fn at_least(&mut self) -> Result<(), Wrong> {
        self.mark('(')?;
        let rest = self.rest();
        let share = rest[..rest.find([',', ')']).unwrap_or(rest.len())].trim_end();
        let number = share.strip_suffix('%').unwrap_or(share).parse::<u32>().unwrap_or_default();
        if number == 0 || share.ends_with('%') && number > 100 {
            return Err(format!("has {} where AT_LEAST wants a number or a percentage", shown(rest)));
        }
        self.at += share.len();
        self.tokens.push(Token::Share(share));
        self.mark(',')?;
        self.word(&["NOT"]);
        if self.word(&STATES).is_none() {
            return Err(format!("has {} where AT_LEAST wants ALARM, OK or INSUFFICIENT_DATA", shown(self.rest())));
        }
        self.mark(',')?;
        self.mark('(')?;
        let before = self.tokens.len();
        self.alarm(&[',', ')'])?;
        while self.takes(',') {
            self.alarm(&[',', ')'])?;
        }
        let count = self.tokens[before..].iter().filter(|token| matches!(token, Token::Alarm(_))).count();
        if !share.ends_with('%') && number as usize > count {
            return Err(format!("wants at least {number} of {count} alarms"));
        }
        self.mark(')')?;
        self.mark(')')
    }

    /// A name or an ARN: in quotes up to the next one, else up to what may follow it.
    fn alarm(&mut self, ends: &[char]) -> Result<(), Wrong> {
        let rest = self.rest();
        let (name, length) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').ok_or("has a name whose quotes are not closed")?;
                (&quoted[..end], end + 2)
            }
            None => {
                let end = rest.find(ends).unwrap_or(rest.len());
                (rest[..end].trim_end(), end)
            }
        };
        if name.is_empty() {
            return Err(format!("has {} where the name or ARN of an alarm should be", shown(rest)));
        }
        self.at += length;
        self.tokens.push(Token::Alarm(name));
        Ok(())
    }

    fn limits(self) -> Result<Vec<Token<'a>>, Wrong> {
        let alarms = self.tokens.iter().filter(|token| matches!(token, Token::Alarm(_))).count();
        let counts = |token: &&Token| {
            matches!(token, Token::Alarm(_) | Token::Mark('(') | Token::Word("TRUE") | Token::Word("FALSE"))
        };
        let elements = self.tokens.iter().filter(counts).count();
        if alarms > MOST_ALARMS {
            return Err(format!("names {alarms} alarms; {MOST_ALARMS} are allowed"));
        }
        if elements > MOST_ELEMENTS {
            return Err(format!("has {elements} elements; {MOST_ELEMENTS} are allowed"));
        }
        Ok(self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        for (text, want) in [
            ("ALARM(a)", "a"),
            ("ALARM(\"a b\") AND NOT (OK(c) OR INSUFFICIENT_DATA( d e ))", "a b|c|d e"),
            ("TRUE", ""),
            (
                "false or\n\talarm(arn:aws:cloudwatch:us-east-1:123456789012:alarm:x)\n",
                "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
            ),
            ("NOT NOT TRUE AND FALSE OR (TRUE)", ""),
            ("AT_LEAST(2, ALARM, (a, \"b, c\", d)) OR AT_LEAST(50%, NOT OK, (e))", "a|b, c|d|e"),
            ("ALARM(\"with (parentheses)\")", "with (parentheses)"),
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
            assert_eq!(alarms(text).join("|"), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_rule_is_told() {
        let many = vec!["ALARM(a)"; 101].join(" OR ");
        let deep = format!("{}TRUE{}", "(".repeat(200), ")".repeat(200));
        let nots = format!("{}TRUE", "NOT ".repeat(200));
        for (text, want) in [
            ("", "has its end where a condition such as ALARM(name) should be"),
            ("ALARM(a) OK(b)", "goes on with `OK(b)` where it should end or have AND or OR"),
            ("ALARM(a) AND", "has its end where a condition such as ALARM(name) should be"),
            ("(ALARM(a)", "has its end where `)` should be"),
            ("ALARM a", "has `a` where `(` should be"),
            ("ALARM()", "has `)` where the name or ARN of an alarm should be"),
            ("ALARM(\"a)", "has a name whose quotes are not closed"),
            ("ALARM(a) XOR OK(b)", "goes on with `XOR` where it should end or have AND or OR"),
            ("ALARMS(a)", "has `ALARMS(a)` where a condition such as ALARM(name) should be"),
            ("AT_LEAST(3, ALARM, (a, b))", "wants at least 3 of 2 alarms"),
            ("AT_LEAST(0, ALARM, (a))", "has `0,` where AT_LEAST wants a number or a percentage"),
            ("AT_LEAST(1, (a))", "has `(a))` where AT_LEAST wants ALARM, OK or INSUFFICIENT_DATA"),
            (&many, "names 101 alarms; 100 are allowed"),
            (&deep, "has parentheses or NOT more than 100 deep"),
            (&nots, "has parentheses or NOT more than 100 deep"),
        ] {
            assert_eq!(parse(text).unwrap_err(), want, "{text}");
        }
    }
}
