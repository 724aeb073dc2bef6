//! `format` and `formatlist`: the verbs of Go's formats that make sense for the values of the language.

use super::encoding::has_infinity;
use super::{Call, Failure, other, text, wrong};
use crate::value::convert::convert;
use crate::value::number::notation;
use crate::value::{Data, Number, Type, Value, json};

/// A verb with its flags: `%-5.2f`.
#[derive(Debug, Default)]
struct Verb {
    plus: bool,
    minus: bool,
    zero: bool,
    space: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    letter: char,
}

pub(super) fn format(call: &Call) -> Result<Value, Failure> {
    text(fill(call, &call.args[1..])?)
}

/// Lists must have one length; what is no list is the same in every text.
pub(super) fn formatlist(call: &Call) -> Result<Value, Failure> {
    let open = |arg: &&Value| arg.is_unknown() && !arg.ty().is_primitive();
    if let Some(unknown) = call.args.iter().find(open).and_then(Value::first_unknown) {
        return Ok(Value::unknown(Type::list(Type::String), unknown.origin.clone()));
    }
    let mut length = None;
    for (index, arg) in call.args.iter().enumerate().skip(1) {
        if let Some(items) = arg.as_items() {
            match length {
                Some(known) if known != items.len() => {
                    return wrong(
                        index,
                        format!(
                            "the lists must have one length, and this one has {} elements, not {known}",
                            items.len()
                        ),
                    );
                }
                _ => length = Some(items.len()),
            }
        }
    }
    let rows = length.unwrap_or(1);
    let mut out = Vec::with_capacity(rows);
    for row in 0..rows {
        let args: Vec<Value> =
            call.args[1..].iter().map(|arg| arg.as_items().map_or(arg, |items| &items[row]).clone()).collect();
        call.budget().work(1)?;
        out.push(match args.iter().find_map(Value::first_unknown) {
            Some(unknown) => Value::unknown(Type::String, unknown.origin.clone()),
            None => {
                let filled = fill(call, &args)?;
                call.budget().text(filled.len())?;
                Value::text(filled)
            }
        });
    }
    Ok(Value::list(Type::String, out))
}

fn fill(call: &Call, args: &[Value]) -> Result<String, Failure> {
    let format = call.text(0);
    let mut out = String::new();
    let (mut next, mut highest) = (0, 0);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            out.push('%');
            rest = behind;
            continue;
        }
        let (verb, length) = parse(rest)?;
        rest = &rest[length..];
        let index = verb.argument.unwrap_or(next);
        next = index + 1;
        highest = highest.max(next);
        let Some(arg) = args.get(index) else {
            return wrong(0, format!("not enough arguments for %{}: number {} is missing", verb.letter, index + 1));
        };
        out.push_str(&apply(&verb, arg, index)?);
        // An argument may be chosen again and again.
        call.budget().work(out.len() as u64 >> 20)?;
        call.budget().fits(out.len() as u64)?;
    }
    out.push_str(rest);
    if highest < args.len() {
        return wrong(highest + 1, format!("the format has a place for {highest} of the {} arguments", args.len()));
    }
    Ok(out)
}

/// The verb at the start of the text behind `%`, and its length.
fn parse(text: &str) -> Result<(Verb, usize), Failure> {
    let mut verb = Verb::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(flag) = bytes.get(at) {
        match flag {
            b'+' => verb.plus = true,
            b'-' => verb.minus = true,
            b'0' => verb.zero = true,
            b' ' => verb.space = true,
            b'#' => verb.sharp = true,
            _ => break,
        }
        at += 1;
    }
    let number = |at: &mut usize| {
        let start = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        text[start..*at].parse::<usize>().ok().filter(|number| *number <= 100_000)
    };
    if bytes.get(at).is_some_and(u8::is_ascii_digit) {
        verb.width = number(&mut at);
    }
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        verb.precision = Some(number(&mut at).unwrap_or(0));
    }
    if bytes.get(at) == Some(&b'[') {
        at += 1;
        let position = number(&mut at);
        match position {
            Some(position) if position > 0 && bytes.get(at) == Some(&b']') => verb.argument = Some(position - 1),
            _ => return wrong(0, "an argument is chosen with [n], counted from 1"),
        }
        at += 1;
    }
    match text[at..].chars().next() {
        Some(letter) if "vtbdoxXeEfgGsq".contains(letter) => {
            verb.letter = letter;
            Ok((verb, at + 1))
        }
        Some(letter) => wrong(0, format!("%{letter} is not a verb; write %% for a percent sign")),
        None => wrong(0, "the format ends within a verb; write %% for a percent sign"),
    }
}

fn apply(verb: &Verb, arg: &Value, index: usize) -> Result<String, Failure> {
    let failed = |mismatch: crate::value::convert::Mismatch| {
        Failure::Argument(index + 1, format!("unsuitable for %{}: {mismatch}", verb.letter))
    };
    if arg.is_null() && verb.letter != 'v' {
        return wrong(index + 1, format!("unsuitable for %{}: the value is null", verb.letter));
    }
    match verb.letter {
        'v' => default(verb, arg, index),
        't' => {
            let value = convert(arg, &Type::Bool).map_err(failed)?;
            Ok(pad(verb, value.as_bool().unwrap_or_default().to_string()))
        }
        's' | 'q' => {
            let value = convert(arg, &Type::String).map_err(failed)?;
            Ok(string(verb, value.as_str().unwrap_or_default()))
        }
        _ => {
            let value = convert(arg, &Type::Number).map_err(failed)?;
            let number = value.as_number().cloned().unwrap_or(Number::ZERO);
            numeric(verb, &number, index)
        }
    }
}

/// `%v`: strings and numbers as they are, everything else as JSON.
fn default(verb: &Verb, arg: &Value, index: usize) -> Result<String, Failure> {
    match &arg.data {
        Data::Number(number) if verb.sharp && number.is_infinite() => {
            wrong(index + 1, "unsuitable for %#v: an infinity has no JSON")
        }
        Data::String(text) if verb.sharp => Ok(pad(verb, json::string(text))),
        Data::String(text) => Ok(string(&Verb { letter: 's', ..copy(verb) }, text)),
        Data::Number(_) if verb.sharp => Ok(pad(verb, json::encode(arg))),
        Data::Number(number) => numeric(&Verb { letter: 'g', ..copy(verb) }, number, index),
        Data::Bool(value) => Ok(pad(verb, value.to_string())),
        _ if has_infinity(arg) => wrong(index + 1, "an infinity has no JSON"),
        _ => Ok(pad(verb, json::encode(arg))),
    }
}

fn copy(verb: &Verb) -> Verb {
    Verb { ..*verb }
}

/// `%s`, or `%q` in quotes. The precision cuts, by characters.
fn string(verb: &Verb, text: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let cut: String = match verb.precision {
        Some(precision) => text.graphemes(true).take(precision).collect(),
        None => text.to_string(),
    };
    pad(verb, if verb.letter == 'q' { json::string(&cut) } else { cut })
}

fn numeric(verb: &Verb, number: &Number, index: usize) -> Result<String, Failure> {
    // Whole numbers lose the sign of a zero, others keep it.
    let negative = if "dboxX".contains(verb.letter) { number.is_negative() } else { number.has_minus() };
    let absolute = number.absolute();
    if number.is_infinite() && "eEfgG".contains(verb.letter) {
        return Ok(pad(verb, if negative { "-Inf".to_string() } else { "+Inf".to_string() }));
    }
    let digits = match verb.letter {
        'd' | 'b' | 'o' | 'x' | 'X' => {
            let Some(whole) = absolute.to_ibig() else {
                return wrong(index + 1, format!("unsuitable for %{}: {number} is not a whole number", verb.letter));
            };
            let prefix = match (verb.letter, verb.sharp) {
                ('x', true) => "0x",
                ('X', true) => "0X",
                ('o', true) => "0",
                _ => "",
            };
            let radix = match verb.letter {
                'b' => 2,
                'o' => 8,
                'd' => 10,
                _ => 16,
            };
            let digits = whole.in_radix(radix).to_string();
            format!("{prefix}{}", if verb.letter == 'X' { digits.to_uppercase() } else { digits.to_lowercase() })
        }
        'f' => notation::fixed(&absolute, verb.precision.unwrap_or(6)),
        'e' | 'E' => notation::exponential(&absolute, verb.precision.unwrap_or(6), verb.letter),
        'g' | 'G' => notation::general(&absolute, verb.precision, verb.letter),
        letter => return other(format!("%{letter} is not a verb")),
    };
    let sign = match (negative, verb.plus, verb.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let length = sign.len() + digits.chars().count();
    let fill = verb.width.unwrap_or(0).saturating_sub(length);
    Ok(match (verb.zero, verb.minus) {
        (true, false) => format!("{sign}{}{digits}", "0".repeat(fill)),
        (_, true) => format!("{sign}{digits}{}", " ".repeat(fill)),
        _ => format!("{}{sign}{digits}", " ".repeat(fill)),
    })
}

fn pad(verb: &Verb, text: String) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let fill = verb.width.unwrap_or(0).saturating_sub(text.graphemes(true).count());
    let blank = if verb.zero && !verb.minus { "0" } else { " " };
    if verb.minus { format!("{text}{}", blank.repeat(fill)) } else { format!("{}{text}", blank.repeat(fill)) }
}
