//! Metric math: an expression over series of one request. Source: the user guide of CloudWatch, "Metric math syntax and
//! functions". A function that is not there is refused by its name.

use std::collections::BTreeMap;

/// Points by their time in seconds, and the period between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is of, for people.
    pub label: String,
    /// In seconds.
    pub period: i64,
    /// The points that there are.
    pub points: BTreeMap<i64, f64>,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// One number.
    Number(f64),
    /// One series.
    One(Line),
    /// Several.
    Many(Vec<Line>),
}

/// What an expression stands on.
pub trait Known {
    /// The result of another query of the request.
    ///
    /// # Errors
    /// There is none of that id, or it cannot be had.
    fn of(&self, id: &str) -> Result<Found, String>;
    /// The metrics of the request whose ids have this in them, in its order; expressions are none of them.
    fn metrics(&self, within: &str) -> Vec<Line>;
}

/// Evaluates an expression.
///
/// # Errors
/// It cannot be read; it names what there is not; or a function gets what it does not take.
pub fn evaluate(text: &str, known: &dyn Known) -> Result<Found, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let tree = parser.either()?;
    match parser.next() {
        None => tree.value(known),
        Some(token) => Err(format!("Unexpected {}", token.shown())),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Text(String),
    Sign(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Name(text) | Self::Text(text) => text.clone(),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 16] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut rest, mut found) = (text.trim_start(), Vec::new());
    while let Some(first) = rest.chars().next() {
        let length = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let (token, used) = if first.is_ascii_digit() || first == '.' {
            let used = length(|c| c.is_ascii_digit() || c == '.');
            let number = rest[..used].parse().map_err(|_| format!("{} is not a number", &rest[..used]))?;
            (Token::Number(number), used)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let used = length(|c| c.is_ascii_alphanumeric() || c == '_');
            (word(&rest[..used]), used)
        } else if matches!(first, '"' | '\'') {
            let end = rest[1..].find(first).ok_or("A text is not closed")?;
            (Token::Text(rest[1..=end].to_owned()), end + 2)
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("Unexpected {first}"))?;
            (Token::Sign(sign), sign.len())
        };
        found.push(token);
        rest = rest[used..].trim_start();
    }
    Ok(found)
}

fn word(text: &str) -> Token {
    match text {
        "AND" => Token::Sign("&&"),
        "OR" => Token::Sign("||"),
        _ => Token::Name(text.to_owned()),
    }
}

/// Expressions are nested so deep at most.
const DEEPEST: usize = 32;

enum Tree {
    Number(f64),
    Name(String),
    Text(String),
    Negative(Box<Tree>),
    /// Operators of one strength, from the left: a long row is not deep.
    Row(Box<Tree>, Vec<(&'static str, Tree)>),
    Call(String, Vec<Tree>),
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else { return None };
        let found = signs.iter().find(|one| *one == sign).copied();
        self.at += usize::from(found.is_some());
        found
    }

    fn row(
        &mut self,
        signs: &[&'static str],
        mut part: impl FnMut(&mut Self) -> Result<Tree, String>,
    ) -> Result<Tree, String> {
        let first = part(self)?;
        let mut rest = Vec::new();
        while let Some(sign) = self.sign(signs) {
            rest.push((sign, part(self)?));
        }
        Ok(if rest.is_empty() { first } else { Tree::Row(Box::new(first), rest) })
    }

    fn either(&mut self) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("It is nested too deep".to_owned());
        }
        let compared = |this: &mut Self| this.row(&["==", "!=", "<=", ">=", "<", ">"], Self::sum);
        let tree = self.row(&["||"], |this| this.row(&["&&"], compared));
        self.depth -= 1;
        tree
    }

    fn sum(&mut self) -> Result<Tree, String> {
        self.row(&["+", "-"], |this| this.row(&["*", "/"], |this| this.row(&["^"], Self::single)))
    }

    fn single(&mut self) -> Result<Tree, String> {
        match self.next() {
            Some(Token::Sign("-")) => {
                self.depth += 1;
                let negative =
                    if self.depth > DEEPEST { Err("It is nested too deep".to_owned()) } else { self.single() };
                self.depth -= 1;
                Ok(Tree::Negative(Box::new(negative?)))
            }
            Some(Token::Sign("(")) => {
                let tree = self.either()?;
                self.sign(&[")"]).map(|_| tree).ok_or_else(|| "A bracket is not closed".to_owned())
            }
            Some(Token::Number(number)) => Ok(Tree::Number(number)),
            Some(Token::Text(text)) => Ok(Tree::Text(text)),
            Some(Token::Name(name)) if self.sign(&["("]).is_some() => {
                let mut arguments = Vec::new();
                while self.sign(&[")"]).is_none() {
                    if !arguments.is_empty() {
                        self.sign(&[","]).ok_or_else(|| format!("The arguments of {name} are not closed"))?;
                    }
                    arguments.push(self.either()?);
                }
                Ok(Tree::Call(name, arguments))
            }
            Some(Token::Name(name)) => Ok(Tree::Name(name)),
            Some(token) => Err(format!("Unexpected {}", token.shown())),
            None => Err("It ends too early".to_owned()),
        }
    }
}

impl Tree {
    fn value(&self, known: &dyn Known) -> Result<Found, String> {
        match self {
            Self::Number(number) => Ok(Found::Number(*number)),
            Self::Name(name) => known.of(name),
            Self::Text(text) => Err(format!("\"{text}\" is a text, where a number or a time series is wanted")),
            Self::Negative(of) => each(of.value(known)?, |value| Some(-value)),
            Self::Row(first, rest) => rest.iter().try_fold(first.value(known)?, |one, (sign, other)| {
                pair(one, other.value(known)?, |one, other| apply(sign, one, other))
            }),
            Self::Call(name, arguments) => call(name, arguments, known),
        }
    }
}

fn apply(sign: &str, one: f64, other: f64) -> Option<f64> {
    let truth = |is: bool| if is { 1.0 } else { 0.0 };
    let found = match sign {
        "+" => one + other,
        "-" => one - other,
        "*" => one * other,
        "/" => one / other,
        "^" => one.powf(other),
        "==" => truth(one == other),
        "!=" => truth(one != other),
        "<" => truth(one < other),
        "<=" => truth(one <= other),
        ">" => truth(one > other),
        ">=" => truth(one >= other),
        "&&" => truth(one != 0.0 && other != 0.0),
        _ => truth(one != 0.0 || other != 0.0),
    };
    // Where something is divided by zero, there is no point.
    found.is_finite().then_some(found)
}

/// What has no value is missing in a series, and an error as a number.
fn number(value: Option<f64>) -> Result<Found, String> {
    value.map(Found::Number).ok_or_else(|| "It has no value".to_owned())
}

fn each(of: Found, change: impl Fn(f64) -> Option<f64>) -> Result<Found, String> {
    let line = |line: Line| Line {
        points: line.points.iter().filter_map(|(at, value)| Some((*at, change(*value)?))).collect(),
        ..line
    };
    match of {
        Found::Number(value) => number(change(value)),
        Found::One(one) => Ok(Found::One(line(one))),
        Found::Many(many) => Ok(Found::Many(many.into_iter().map(line).collect())),
    }
}

/// Point by point, where both have one.
fn pair(one: Found, other: Found, change: impl Fn(f64, f64) -> Option<f64>) -> Result<Found, String> {
    let both = |one: &Line, other: &Line| {
        let points = one.points.iter().filter_map(|(at, value)| Some((*at, change(*value, *other.points.get(at)?)?)));
        Line { label: one.label.clone(), period: one.period.max(other.period), points: points.collect() }
    };
    match (one, other) {
        (Found::Number(one), Found::Number(other)) => number(change(one, other)),
        (Found::Number(one), other) => each(other, |other| change(one, other)),
        (one, Found::Number(other)) => each(one, |one| change(one, other)),
        (Found::One(one), Found::One(other)) => Ok(Found::One(both(&one, &other))),
        (Found::Many(many), Found::One(other)) => Ok(Found::Many(many.iter().map(|one| both(one, &other)).collect())),
        (Found::One(one), Found::Many(many)) => {
            let labelled = |other: &Line| Line { label: other.label.clone(), ..both(&one, other) };
            Ok(Found::Many(many.iter().map(labelled).collect()))
        }
        (Found::Many(_), Found::Many(_)) => Err("An operator takes one array of time series, and not two".to_owned()),
    }
}

fn call(name: &str, arguments: &[Tree], known: &dyn Known) -> Result<Found, String> {
    if !FUNCTIONS.contains(&name) {
        return Err(format!("The emulator has no function {name}"));
    }
    if let ("METRICS", []) = (name, arguments) {
        return Ok(Found::Many(known.metrics("")));
    }
    if let ("METRICS", [Tree::Text(within)]) = (name, arguments) {
        return Ok(Found::Many(known.metrics(within)));
    }
    if let ("FILL", [of, Tree::Name(way)]) = (name, arguments)
        && matches!(way.as_str(), "REPEAT" | "LINEAR")
    {
        let fill = if way == "REPEAT" { repeated } else { straight };
        return lines(name, of.value(known)?, fill);
    }
    let values = arguments.iter().map(|one| one.value(known)).collect::<Result<Vec<Found>, String>>()?;
    match (name, &values[..]) {
        ("ABS", [of]) => each(of.clone(), |value| Some(value.abs())),
        ("CEIL", [of]) => each(of.clone(), |value| Some(value.ceil())),
        ("FLOOR", [of]) => each(of.clone(), |value| Some(value.floor())),
        ("LOG", [of]) => each(of.clone(), |value| Some(value.ln()).filter(|value| value.is_finite())),
        ("LOG10", [of]) => each(of.clone(), |value| Some(value.log10()).filter(|value| value.is_finite())),
        ("SUM" | "AVG" | "MAX" | "MIN" | "STDDEV", [of]) => gathered(name, of),
        ("RATE", [of]) => lines(name, of.clone(), |line| steps(line, |change, seconds| change / seconds)),
        ("DIFF", [of]) => lines(name, of.clone(), |line| steps(line, |change, _| change)),
        ("DIFF_TIME", [of]) => lines(name, of.clone(), |line| steps(line, |_, seconds| seconds)),
        ("RUNNING_SUM", [of]) => lines(name, of.clone(), running),
        ("DATAPOINT_COUNT", [Found::One(line)]) => Ok(Found::Number(line.points.len() as f64)),
        ("PERIOD", [Found::One(line)]) => Ok(Found::Number(line.period as f64)),
        ("METRIC_COUNT", [Found::One(_)]) => Ok(Found::Number(1.0)),
        ("METRIC_COUNT", [Found::Many(many)]) => Ok(Found::Number(many.len() as f64)),
        ("FIRST", [Found::Many(many)]) => {
            many.first().cloned().map(Found::One).ok_or_else(|| "It has no value".to_owned())
        }
        ("LAST", [Found::Many(many)]) => {
            many.last().cloned().map(Found::One).ok_or_else(|| "It has no value".to_owned())
        }
        ("FILL", [of, Found::Number(value)]) => lines(name, of.clone(), |line| filled(line, |_| Some(*value))),
        ("FILL", [of, Found::One(other)]) => {
            lines(name, of.clone(), |line| filled(line, |at| other.points.get(&at).copied()))
        }
        ("IF", [condition, yes]) => chosen(condition, yes, None),
        ("IF", [condition, yes, no]) => chosen(condition, yes, Some(no)),
        _ => Err(format!("The arguments of {name} are not those that it takes")),
    }
}

const FUNCTIONS: [&str; 22] = [
    "ABS",
    "CEIL",
    "FLOOR",
    "LOG",
    "LOG10",
    "SUM",
    "AVG",
    "MAX",
    "MIN",
    "STDDEV",
    "RATE",
    "DIFF",
    "DIFF_TIME",
    "RUNNING_SUM",
    "DATAPOINT_COUNT",
    "PERIOD",
    "METRIC_COUNT",
    "FIRST",
    "LAST",
    "FILL",
    "IF",
    "METRICS",
];

fn lines(name: &str, of: Found, change: impl Fn(&Line) -> Line) -> Result<Found, String> {
    match of {
        Found::One(line) => Ok(Found::One(change(&line))),
        Found::Many(many) => Ok(Found::Many(many.iter().map(change).collect())),
        Found::Number(_) => Err(format!("{name} takes a time series, and not a number")),
    }
}

/// Of one series a number, of several one series of all times that any of them has: what is missing of the others counts
/// as nothing, and for the mean as 0.
fn gathered(name: &str, of: &Found) -> Result<Found, String> {
    match of {
        Found::Number(_) => Err(format!("{name} takes a time series, and not a number")),
        Found::One(line) => {
            let values: Vec<f64> = line.points.values().copied().collect();
            number(statistic(name, &values, values.len()))
        }
        Found::Many(many) => {
            let mut by_time: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for (at, value) in many.iter().flat_map(|line| &line.points) {
                by_time.entry(*at).or_default().push(*value);
            }
            let of_time = |(at, values): (i64, Vec<f64>)| Some((at, statistic(name, &values, many.len())?));
            let period = many.iter().map(|line| line.period).max().unwrap_or(60);
            Ok(Found::One(Line {
                label: String::new(),
                period,
                points: by_time.into_iter().filter_map(of_time).collect(),
            }))
        }
    }
}

/// A statistic of values, of which there could be so many.
fn statistic(name: &str, values: &[f64], count: usize) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    let mean = sum / count as f64;
    (!values.is_empty()).then(|| match name {
        "SUM" => sum,
        "AVG" => mean,
        "MAX" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "MIN" => values.iter().copied().fold(f64::INFINITY, f64::min),
        _ => {
            let mean = sum / values.len() as f64;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        }
    })
}

/// What lies between a point and the one before it: the change of the value, and the seconds.
fn steps(line: &Line, step: impl Fn(f64, f64) -> f64) -> Line {
    let pairs = line.points.iter().zip(line.points.iter().skip(1));
    let points = pairs.map(|((before, one), (at, other))| (*at, step(other - one, (at - before) as f64)));
    Line { points: points.collect(), ..line.clone() }
}

fn running(line: &Line) -> Line {
    let mut sum = 0.0;
    let add = |(at, value): (&i64, &f64)| {
        sum += value;
        (*at, sum)
    };
    Line { points: line.points.iter().map(add).collect(), ..line.clone() }
}

/// The times between the first and the last point that have none.
fn gaps(line: &Line) -> Vec<i64> {
    let (Some(first), Some(last)) = (line.points.keys().next(), line.points.keys().next_back()) else {
        return Vec::new();
    };
    (*first..*last).step_by(line.period.max(1) as usize).filter(|at| !line.points.contains_key(at)).collect()
}

fn filled(line: &Line, value: impl Fn(i64) -> Option<f64>) -> Line {
    let more: Vec<(i64, f64)> = gaps(line).into_iter().filter_map(|at| Some((at, value(at)?))).collect();
    let mut filled = line.clone();
    filled.points.extend(more);
    filled
}

fn repeated(line: &Line) -> Line {
    filled(line, |at| line.points.range(..at).next_back().map(|(_, value)| *value))
}

fn straight(line: &Line) -> Line {
    filled(line, |at| {
        let (before, one) = line.points.range(..at).next_back()?;
        let (after, other) = line.points.range(at..).next()?;
        Some(one + (other - one) * (at - before) as f64 / (after - before) as f64)
    })
}

/// `IF`: for each point of the condition, that of the one or of the other; none where there is none.
fn chosen(condition: &Found, yes: &Found, no: Option<&Found>) -> Result<Found, String> {
    let Found::One(condition) = condition else {
        return Err("The condition of IF is a time series here".to_owned());
    };
    let at = |of: &Found, at: i64| match of {
        Found::Number(value) => Ok(Some(*value)),
        Found::One(line) => Ok(line.points.get(&at).copied()),
        Found::Many(_) => Err("IF takes numbers and time series, and no arrays of these".to_owned()),
    };
    let mut points = BTreeMap::new();
    for (time, truth) in &condition.points {
        let value = match (*truth != 0.0, no) {
            (true, _) => at(yes, *time)?,
            (false, Some(no)) => at(no, *time)?,
            (false, None) => None,
        };
        points.extend(value.map(|value| (*time, value)));
    }
    Ok(Found::One(Line { points, ..condition.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` has 1, 2, none, 4; `b` has 10, 0, 30, none.
    struct Two;

    fn line(label: &str, points: &[(i64, f64)]) -> Line {
        Line { label: label.to_owned(), period: 60, points: points.iter().copied().collect() }
    }

    impl Known for Two {
        fn of(&self, id: &str) -> Result<Found, String> {
            let found = self.metrics(id).into_iter().find(|line| line.label == id);
            found.map(Found::One).ok_or_else(|| format!("Undefined metric {id}"))
        }

        fn metrics(&self, within: &str) -> Vec<Line> {
            let all = [line("a", &[(0, 1.0), (60, 2.0), (180, 4.0)]), line("b", &[(0, 10.0), (60, 0.0), (120, 30.0)])];
            all.into_iter().filter(|line| line.label.contains(within)).collect()
        }
    }

    fn told(text: &str) -> String {
        let points = |line: &Line| {
            let each = line.points.iter().map(|(at, value)| format!("{}:{}", at / 60, (value * 100.0).round() / 100.0));
            each.collect::<Vec<_>>().join(" ")
        };
        match evaluate(text, &Two) {
            Ok(Found::Number(number)) => format!("= {number}"),
            Ok(Found::One(line)) => points(&line),
            Ok(Found::Many(many)) => many.iter().map(points).collect::<Vec<_>>().join(" | "),
            Err(why) => format!("! {why}"),
        }
    }

    /// The rules are those of the user guide: what only one has is missing, so is what is divided by zero.
    #[test]
    fn expressions_come_to_what_the_guide_says() {
        for (text, want) in [
            ("a + b", "0:11 1:2"),
            ("100 * a / (a + b)", "0:9.09 1:100"),
            ("a / b", "0:0.1"),
            ("-a ^ 2", "0:1 1:4 3:16"),
            ("2 + 3 * 4 ^ 2 / 8", "= 8"),
            ("SUM(METRICS())", "0:11 1:2 2:30 3:4"),
            ("AVG(METRICS())", "0:5.5 1:1 2:15 3:2"),
            ("MAX(METRICS('b'))", "0:10 1:0 2:30"),
            ("METRICS() * 2", "0:2 1:4 3:8 | 0:20 1:0 2:60"),
            ("MIN(a)", "= 1"),
            ("AVG(b)", "= 13.333333333333334"),
            ("a - AVG(a)", "0:-1.33 1:-0.33 3:1.67"),
            ("FILL(a, 0)", "0:1 1:2 2:0 3:4"),
            ("FILL(a, REPEAT)", "0:1 1:2 2:2 3:4"),
            ("FILL(a, LINEAR)", "0:1 1:2 2:3 3:4"),
            ("FILL(a, b)", "0:1 1:2 2:30 3:4"),
            ("RATE(a) * PERIOD(a)", "1:1 3:1"),
            ("DIFF(a)", "1:1 3:2"),
            ("RUNNING_SUM(a)", "0:1 1:3 3:7"),
            ("IF(a > 1, b, 7)", "0:7 1:0"),
            ("IF(a >= 2 AND a < 4, 1)", "1:1"),
            ("METRIC_COUNT(METRICS()) + DATAPOINT_COUNT(a)", "= 5"),
            ("c", "! Undefined metric c"),
            ("SEARCH('x', 'Sum')", "! The emulator has no function SEARCH"),
            ("RATE(1)", "! RATE takes a time series, and not a number"),
            ("SUM(a, b)", "! The arguments of SUM are not those that it takes"),
            ("METRICS() + METRICS()", "! An operator takes one array of time series, and not two"),
            ("(a", "! A bracket is not closed"),
            ("a b", "! Unexpected b"),
            ("a +", "! It ends too early"),
            ("'a", "! A text is not closed"),
            ("", "! It ends too early"),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
        for open in ["(", "-", "ABS("] {
            assert_eq!(told(&open.repeat(5000)), "! It is nested too deep", "{open}");
        }
        assert_eq!(told(&vec!["1"; 5000].join("+")), "= 5000");
    }
}
