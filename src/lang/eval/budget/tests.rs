//! Tests of the limits: what would fill the memory or go on for ever ends with a mistake at its place.

use std::sync::Arc;
use std::time::Duration;

use super::{Budget, CODE, Limits};
use crate::diag::FileId;
use crate::lang::eval::{Bindings, Empty, Outcome, Settings, eval};
use crate::lang::syntax::parse_expression;
use crate::value::Value;

/// A thousandth of what a run may cost.
fn small() -> Limits {
    Limits {
        steps: 20_000,
        all_steps: 400_000,
        time: Duration::from_secs(600),
        text: 64 << 10,
        value: 256 << 10,
        memory: 512 << 10,
        nesting: 100,
    }
}

fn scope(limits: Limits) -> Empty {
    let directory = std::env::temp_dir();
    let timestamp = Some("2026-01-02T03:04:05Z".into());
    Empty { settings: Settings { budget: Arc::new(Budget::new(limits)), directory, timestamp, ..Settings::default() } }
}

fn value_of(text: &str, x: &Value, empty: &Empty) -> Outcome {
    let mut diagnostics = Vec::new();
    let expr =
        parse_expression(FileId(0), text, 0, &mut diagnostics).unwrap_or_else(|| panic!("{text}: {diagnostics:?}"));
    let many = Value::tuple((0..1000).map(Value::int).collect());
    eval(&expr, &Bindings::new(empty).with("x", x.clone()).with("many", many))
}

/// Evaluates an expression over its own result, again and again; answers the mistake that ends it.
fn ends_with(start: &str, text: &str) -> String {
    let empty = scope(small());
    let mut x = value_of(start, &Value::null(), &empty).expect("a start");
    for _ in 0..300 {
        match value_of(text, &x, &empty) {
            Ok(value) => x = value,
            Err(mistakes) => {
                assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
                assert_eq!(mistakes[0].code, CODE, "{text}: {mistakes:?}");
                let span = mistakes[0].span.expect("a place");
                assert!(span.start < span.end && span.end as usize <= text.len(), "{text}: {span:?}");
                return mistakes[0].detail.clone();
            }
        }
    }
    panic!("{text}: no end");
}

#[test]
fn what_grows_without_bound_ends() {
    let long = "A text becomes longer than 65536 bytes.";
    let large = "A value becomes larger than 262144 bytes with everything in it.";
    let memory = "The values of this run would hold more than 524288 bytes.";
    let steps = "The evaluation takes more than 20000 steps.";
    let cases = [
        // Doubling, step by step.
        ("\"ab\"", "\"${x}${x}\"", long),
        ("\"ab\"", "\"%{ for a in [1, 2] }${x}%{ endfor }\"", long),
        ("\"ab\"", "join(x, [x, x])", long),
        ("\"ab\"", "format(\"%s%s\", x, x)", long),
        ("\"ab\"", "format(\"%[1]s%[1]s\", x)", long),
        ("\"ab\"", "formatlist(\"%s%s\", [x], x)[0]", long),
        ("\"ab\"", "replace(x, \"b\", \"bab\")", long),
        ("\"ab\"", "replace(x, \"/b/\", \"b$${0}b\")", long),
        ("\"ab\"", "base64encode(x)", long),
        ("\"ab<\"", "jsonencode(x)", long),
        ("\"ab\"", "urlencode(\"%${x}\")", long),
        ("\"a\\nb\"", "indent(30, \"${x}\\n\")", long),
        ("\"ab\"", "templatestring(\"$${a}$${a}\", { a = x })", long),
        ("[1]", "[x, x]", large),
        ("[1]", "{ a = x, b = x }", large),
        ("[1]", "[for a in [1, 2] : x]", large),
        ("[1]", "{ for a in [\"a\", \"b\"] : a => x }", large),
        ("[1]", "[x, x][*]", large),
        ("[1]", "concat(x, x)", large),
        ("[1]", "flatten([x, x])", large),
        ("{ a = 1 }", "merge({ a = x }, { b = x })", large),
        ("[1]", "chunklist(concat(flatten(x), flatten(x)), 1)", large),
        ("[1]", "[[[[x]]]]", "A value is nested more than 1000 levels deep."),
        // At once.
        ("1", "[for a in many : [for b in many : a]]", memory),
        ("1", "{ for a in many : a => [for b in many : b] }", memory),
        ("1", "\"%{ for a in many }%{ for b in many }%{ endfor }%{ endfor }\"", steps),
        ("1", "length([for a in many : many[*]])", steps),
        ("1", "[for a in many : length(reverse(many))]", steps),
        ("1", "try([for a in many : length(reverse(many))], 1)", steps),
        ("1", "can([for a in many : length(reverse(many))])", steps),
        ("1", "true ? 1 : length([for a in many : length(reverse(many))])", steps),
        ("1", "setproduct(many, many)", memory),
        ("1", "split(\"\", format(\"%50000s\", 1))", memory),
        ("1", "regexall(\" \", format(\"%50000s\", 1))", memory),
        ("1", "jsondecode(format(\"[%s1]\", replace(format(\"%20000s\", 1), \" \", \"1,\")))", memory),
        ("1", "yamldecode(format(\"[%s1]\", replace(format(\"%20000s\", 1), \" \", \"1,\")))", memory),
        ("1", "csvdecode(replace(format(\"%20000s\", 1), \" \", \"1\\n\"))", memory),
        ("1", "format(\"%60000d%60000d\", 1, 2)", long),
        ("1", "bcrypt(\"a\", 31)", steps),
    ];
    for (start, text, detail) in cases {
        let found = ends_with(start, text);
        assert!(found.ends_with(detail), "{text}: {found}");
    }
}

/// A number whose notation would fill the memory is none.
#[test]
fn numbers_stay_writable() {
    let empty = scope(Limits::default());
    let mut x = value_of("1e1000", &Value::null(), &empty).expect("a number");
    for _ in 0..40 {
        match value_of("x * x", &x, &empty) {
            Ok(value) => x = value,
            Err(mistakes) => return assert_eq!(mistakes[0].code, "CS0217"),
        }
    }
    panic!("no end");
}

/// A YAML text whose aliases double what they stand for.
#[test]
fn aliases_do_not_multiply_without_bound() {
    let empty = scope(small());
    let lines: Vec<String> =
        (1..60).map(|line| format!("a{line}: &a{line} [*a{}, *a{}]\\n", line - 1, line - 1)).collect();
    let text = format!("yamldecode(\"a0: &a0 [1]\\n{}\")", lines.concat());
    let mistakes = value_of(&text, &Value::null(), &empty).expect_err("too large");
    assert_eq!(mistakes[0].code, CODE, "{mistakes:?}");
}

/// What one evaluation used is nothing to the next one, but for what all of them use.
#[test]
fn each_evaluation_has_limits_of_its_own() {
    let empty = scope(small());
    let text = "length([for a in many : a])";
    let mut evaluations = 0;
    let mistakes = loop {
        match value_of(text, &Value::null(), &empty) {
            Ok(_) => evaluations += 1,
            Err(mistakes) => break mistakes,
        }
    };
    assert_eq!(mistakes[0].detail, "All evaluations of this run together take more than 400000 steps.");
    assert!(evaluations > 100, "{evaluations}");
    let live = empty.settings.budget.live();
    assert!(live < 64 << 10, "{live} bytes are counted for values that are gone");
}

#[test]
fn time_is_limited() {
    let empty = scope(Limits { time: Duration::from_millis(1), steps: u64::MAX, all_steps: u64::MAX, ..small() });
    let text = "length([for a in many : length([for b in many : a + b])])";
    let mistakes = value_of(text, &Value::null(), &empty).expect_err("too long");
    assert_eq!(mistakes[0].detail, "The evaluation takes more than 0.001 s.");
}

/// A search costs at worst the size of its pattern for each byte.
#[test]
fn a_large_pattern_searches_no_long_text() {
    let empty = scope(Limits::default());
    let text = "length(regexall(\"(?:[a-z]{1,50}[0-9]{1,50}){1,40}\", format(\"%100000s%100000s%100000s\", 1, 2, 3)))";
    let mistakes = value_of(text, &Value::null(), &empty).expect_err("too large");
    assert!(mistakes[0].detail.contains("too large for so long a text"), "{mistakes:?}");
    assert_eq!(value_of("regex(\"[a-z]{1,50}\", \"abc\")", &Value::null(), &empty), Ok(Value::string("abc")));
}

/// Many blocks may ask for the length of one list of many names, or for one of them.
#[test]
fn what_is_not_gone_through_costs_nothing() {
    for (text, most) in [("length(many)", 10), ("element(many, 7)", 10), ("\"${length(many)}\"", 10), ("many[7]", 10)] {
        let empty = scope(small());
        value_of(text, &Value::null(), &empty).expect(text);
        let steps = empty.settings.budget.used();
        assert!(steps <= most, "{text}: {steps} steps");
    }
    let empty = scope(small());
    value_of("length(reverse(many))", &Value::null(), &empty).expect("a length");
    assert!(empty.settings.budget.used() > 100);
}
