//! The rule of a composite alarm: read, asked for the alarms that it names, and evaluated.

use super::super::failure::Failure;
use super::invalid;

/// A condition on the states of alarms.
#[derive(Debug, PartialEq)]
pub enum Rule {
    Constant(bool),
    /// The state, and the name or ARN of an alarm.
    Is(&'static str, String),
    Not(Box<Rule>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    /// So many of them, or so many per cent, are in the state, or are not.
    AtLeast {
        count: usize,
        percent: bool,
        negated: bool,
        state: &'static str,
        alarms: Vec<String>,
    },
}

/// Source: the API reference; deeper ones are refused before they overflow anything.
const DEEPEST: usize = 250;
const MOST_ALARMS: usize = 100;

impl Rule {
    /// Reads a rule.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let mut reader = Reader { left: text, depth: 0 };
        let rule = reader.any().filter(|_| reader.left.trim().is_empty());
        let rule = rule.ok_or_else(|| invalid("AlarmRule must contain a valid expression"))?;
        match rule.alarms().len() {
            count if count > MOST_ALARMS => Err(invalid("AlarmRule must not reference more than 100 alarms")),
            _ => Ok(rule),
        }
    }

    /// The names and ARNs that it names.
    pub fn alarms(&self) -> Vec<&str> {
        match self {
            Rule::Constant(_) => Vec::new(),
            Rule::Is(_, name) => vec![name],
            Rule::Not(rule) => rule.alarms(),
            Rule::All(rules) | Rule::Any(rules) => rules.iter().flat_map(Rule::alarms).collect(),
            Rule::AtLeast { alarms, .. } => alarms.iter().map(String::as_str).collect(),
        }
    }

    /// Whether it holds; `state` answers the state of an alarm.
    pub fn holds(&self, state: &dyn Fn(&str) -> String) -> bool {
        match self {
            Rule::Constant(value) => *value,
            Rule::Is(wanted, name) => state(name) == *wanted,
            Rule::Not(rule) => !rule.holds(state),
            Rule::All(rules) => rules.iter().all(|rule| rule.holds(state)),
            Rule::Any(rules) => rules.iter().any(|rule| rule.holds(state)),
            Rule::AtLeast { count, percent, negated, state: wanted, alarms } => {
                let there = alarms.iter().filter(|name| (state(name) == *wanted) != *negated).count();
                if *percent { there * 100 >= count * alarms.len() } else { there >= *count }
            }
        }
    }
}

struct Reader<'a> {
    left: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn takes(&mut self, text: &str) -> bool {
        self.left = self.left.trim_start();
        let found = self.left.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let ends = !text.ends_with(inside) || !self.left[text.len().min(self.left.len())..].starts_with(inside);
        if found && ends {
            self.left = &self.left[text.len()..];
        }
        found && ends
    }

    fn any(&mut self) -> Option<Rule> {
        let mut rules = vec![self.all()?];
        while self.takes("OR") {
            rules.push(self.all()?);
        }
        if rules.len() > 1 { Some(Rule::Any(rules)) } else { rules.pop() }
    }

    fn all(&mut self) -> Option<Rule> {
        let mut rules = vec![self.one()?];
        while self.takes("AND") {
            rules.push(self.one()?);
        }
        if rules.len() > 1 { Some(Rule::All(rules)) } else { rules.pop() }
    }

    fn one(&mut self) -> Option<Rule> {
        self.depth += 1;
        let rule = if self.depth > DEEPEST { None } else { self.simple() };
        self.depth -= 1;
        rule
    }

    fn simple(&mut self) -> Option<Rule> {
        if self.takes("NOT") {
            return Some(Rule::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let rule = self.any()?;
            return self.takes(")").then_some(rule);
        }
        if self.takes("TRUE") {
            return Some(Rule::Constant(true));
        }
        if self.takes("FALSE") {
            return Some(Rule::Constant(false));
        }
        if self.takes("AT_LEAST") {
            return self.at_least();
        }
        let state = self.state()?;
        if !self.takes("(") {
            return None;
        }
        let name = self.name(")")?;
        self.takes(")").then_some(Rule::Is(state, name))
    }

    fn state(&mut self) -> Option<&'static str> {
        ["ALARM", "OK", "INSUFFICIENT_DATA"].into_iter().find(|state| self.takes(state))
    }

    fn at_least(&mut self) -> Option<Rule> {
        if !self.takes("(") {
            return None;
        }
        let (share, rest) = self.left.split_once(',')?;
        let percent = share.trim().ends_with('%');
        let count: usize = share.trim().trim_end_matches('%').parse().ok().filter(|count| *count > 0)?;
        self.left = rest;
        let negated = self.takes("NOT");
        let state = self.state()?;
        if !(self.takes(",") && self.takes("(")) {
            return None;
        }
        let mut alarms = vec![self.name(",)")?];
        while self.takes(",") {
            alarms.push(self.name(",)")?);
        }
        (self.takes(")") && self.takes(")")).then_some(Rule::AtLeast { count, percent, negated, state, alarms })
    }

    /// The name or ARN of an alarm, in quotes or up to one of the letters that may follow it.
    fn name(&mut self, ends: &str) -> Option<String> {
        self.left = self.left.trim_start();
        let (name, rest) = match self.left.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => self.left.split_at(self.left.find(|letter| ends.contains(letter))?),
        };
        self.left = rest;
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn rules_hold_or_do_not() {
        let state = |name: &str| match name {
            "bad" | "worse one" => "ALARM".to_owned(),
            "good" => "OK".to_owned(),
            _ => "INSUFFICIENT_DATA".to_owned(),
        };
        for (text, want) in [
            ("ALARM(bad)", Some(true)),
            ("ALARM(good)", Some(false)),
            ("ok(good) and not alarm(\"worse one\")", Some(false)),
            ("FALSE OR TRUE AND FALSE", Some(false)),
            ("(FALSE OR TRUE) AND INSUFFICIENT_DATA(none)", Some(true)),
            ("TRUE OR TRUE AND FALSE", Some(true)),
            ("AT_LEAST(2, ALARM, (bad, \"worse one\", good))", Some(true)),
            ("AT_LEAST(70%, ALARM, (bad, \"worse one\", good))", Some(false)),
            ("AT_LEAST(1, NOT OK, (good, none))", Some(true)),
            ("ALARM(bad) ALARM(bad)", None),
            ("ALARM(bad", None),
            ("ALARMING(bad)", None),
            ("", None),
        ] {
            assert_eq!(Rule::read(text).ok().map(|rule| rule.holds(&state)), want, "{text}");
        }
        assert!(Rule::read(&"NOT ".repeat(100_000)).is_err());
    }
}
