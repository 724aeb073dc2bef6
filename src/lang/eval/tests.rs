//! Tests of the evaluator.

use std::path::Path;

use super::{Bindings, Empty, Settings, eval};
use crate::address::Address;
use crate::diag::FileId;
use crate::lang::syntax::{parse, parse_expression};
use crate::value::display::display;
use crate::value::{Origin, Type, Value, json};

const TEMPLATES: &str = include_str!("../../../tests/oracle/templates/main.tf");
const TEMPLATE_RESULTS: &str = include_str!("../../../tests/oracle/templates.txt");
const CONSOLE: &str = include_str!("../../../tests/oracle/console.txt");

/// What an expression prints, or `!` and the details of its mistakes.
fn show(text: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let scope = Empty {
        settings: Settings { directory, timestamp: Some("2026-01-02T03:04:05Z".into()), ..Settings::default() },
    };
    let mut diagnostics = Vec::new();
    let parsed = parse_expression(FileId(0), text, 0, &mut diagnostics);
    let result = parsed.ok_or(diagnostics).and_then(|expr| eval(&expr, &scope));
    result.map_or_else(
        |mistakes| {
            format!("! {}", mistakes.iter().map(|d| format!("{} {}", d.code, d.detail)).collect::<Vec<_>>().join("; "))
        },
        |value| display(&value),
    )
}

/// The expressions of the table with their results.
fn cases() -> Vec<(String, String)> {
    let mut cases: Vec<(String, Vec<&str>)> = Vec::new();
    for line in CONSOLE.lines() {
        match line.strip_prefix("> ").or_else(|| line.strip_prefix("~ ")) {
            Some(text) => cases.push((text.to_string(), Vec::new())),
            None if line.starts_with('#') => {}
            None => cases.last_mut().expect("an expression first").1.push(line),
        }
    }
    cases.into_iter().map(|(text, lines)| (text, lines.join("\n").trim_end().to_string())).collect()
}

/// Results are what `terraform console` printed; `tests/oracle/regenerate` asks it again.
#[test]
fn expressions_yield_what_terraform_prints() {
    let mut wrong = Vec::new();
    for (text, expected) in cases() {
        let found = show(&text);
        let same = if expected.starts_with('!') { found.starts_with('!') } else { found == expected };
        if !same {
            wrong.push(format!("> {text}\nexpected {expected}\nfound    {found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Heredocs, trims and directives of a file, against what Terraform made of it.
#[test]
fn templates_yield_what_terraform_makes_of_them() {
    let mut diagnostics = Vec::new();
    let body = parse(FileId(0), TEMPLATES, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let locals = &body.blocks[0].body;
    let empty = Empty::default();
    let xs = Value::tuple(vec![Value::string("p"), Value::string("q")]);
    let scope = Bindings::new(&empty).with("local", Value::object([("xs".into(), xs)].into()));
    for line in TEMPLATE_RESULTS.lines() {
        let (name, expected) = line.split_once(' ').expect("a name and a result");
        let attribute = locals.attribute(name).expect(name);
        let value = eval(&attribute.expr, &scope).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"));
        assert_eq!(display(&Value::string(json::encode(&value))), expected, "{name}");
    }
}

/// Ten thousand resources, parsed and evaluated; run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn ten_thousand_resources() {
    let mut text = String::new();
    for index in 0..10_000 {
        text.push_str(&format!(
            "replication_group \"cache-{index}\" {{\n  replication_group_id = \"${{local.name}}-{index}\"\n  \
             description = \"Sessions of ${{local.name}} number {index}\"\n  node_type = local.types[{index} % 3]\n  \
             num_cache_clusters = {index} % 5 + 1\n  multi_az_enabled = {index} % 5 > 0 ? true : false\n  \
             tags = merge({{ Name = \"cache-{index}\" }}, {{ for k, v in local.tags : k => upper(v) }})\n}}\n"
        ));
    }
    let start = std::time::Instant::now();
    let mut diagnostics = Vec::new();
    let body = parse(FileId(0), &text, &mut diagnostics);
    assert!(diagnostics.is_empty());
    println!("parsed {} bytes in {:?}", text.len(), start.elapsed());
    let empty = Empty::default();
    let locals = show_value("{ name = \"shop\", types = [\"a\", \"b\", \"c\"], tags = { App = \"x\", Env = \"y\" } }");
    let scope = Bindings::new(&empty).with("local", locals);
    let start = std::time::Instant::now();
    let mut count = 0;
    for attribute in body.blocks.iter().flat_map(|block| &block.body.attributes) {
        eval(&attribute.expr, &scope).expect("a value");
        count += 1;
    }
    println!("evaluated {count} expressions in {:?}", start.elapsed());
}

fn show_value(text: &str) -> Value {
    let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect("an expression");
    eval(&expr, &Empty::default()).expect("a value")
}

/// A scope with an unknown string `u`, an unknown list `us`, an object `o` and a secret `s`.
fn show_unknown(text: &str) -> String {
    let origin = Some(Origin::attribute(&Address::managed("security_group", "redis"), "id"));
    let empty = Empty::default();
    let scope = Bindings::new(&empty)
        .with("u", Value::unknown(Type::String, origin.clone()))
        .with("us", Value::unknown(Type::list(Type::String), origin))
        .with("o", show_value("{ name = \"a\", size = 2 }"))
        .with("s", show_value("secret(\"env:TOKEN\")"));
    let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect(text);
    match eval(&expr, &scope) {
        Ok(value) => match value.first_unknown() {
            Some(unknown) => {
                format!(
                    "{} of {}: {}",
                    display(&value),
                    unknown.origin.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
                    value.ty()
                )
            }
            None => display(&value),
        },
        Err(mistakes) => mistakes.iter().map(|d| format!("{} {}", d.code, d.detail)).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn unknowns_spread_with_their_origin_and_secrets_do_not() {
    for (text, expected) in [
        ("\"x-${u}\"", "(known after apply) of security_group.redis.id: string"),
        ("u == \"a\"", "(known after apply) of security_group.redis.id: bool"),
        ("\"x-${u}\" == null", "false"),
        ("false && u", "false"),
        ("u == \"a\" && false", "false"),
        ("length(us)", "(known after apply) of security_group.redis.id: number"),
        ("us[0]", "(known after apply) of security_group.redis.id: string"),
        ("us[*]", "(known after apply) of security_group.redis.id: list(string)"),
        ("[for x in us : upper(x)]", "(known after apply) of security_group.redis.id: any"),
        ("length([u, u])", "2"),
        ("keys({ a = u })", "[\n  \"a\",\n]"),
        ("u == \"a\" ? 1 : 2", "(known after apply) of security_group.redis.id: number"),
        ("u == \"a\" ? 1 : 1", "1"),
        (
            "u == \"a\" ? 1 : true",
            "CS0205 Both results must have one type. The value for true is a number, the one for false is a bool.",
        ),
        ("toset([u])", "(known after apply) of security_group.redis.id: set(string)"),
        ("tonumber(u) + true", "CS0204 A number is required."),
        ("u.name", "CS0202 The value is a string, which has no attributes."),
        ("try(o.nam, u)", "(known after apply) of security_group.redis.id: any"),
        ("o.nam", "CS0202 The object has no attribute \"nam\": o has name, size."),
        ("o.size + \"x\"", "CS0204 A number is required, and \"x\" is not the decimal notation of one."),
        ("s", "(sensitive value)"),
        ("true ? s : null", "(sensitive value)"),
        ("coalesce(null, s)", "(sensitive value)"),
        ("\"x${s}\"", "CS0215 A secret is used here as a part of an expression."),
        ("upper(s)", "CS0215 A secret is used here as a part of an expression."),
        ("s == \"a\"", "CS0215 A secret is used here as a part of an expression."),
    ] {
        assert_eq!(show_unknown(text), expected, "{text}");
    }
}

/// Sensitive values that expressions go wrong over.
fn told_of_sensitive(text: &str) -> String {
    let empty = Empty::default();
    let marked = |text| show_value(text).into_sensitive();
    let scope = Bindings::new(&empty)
        .with("pw", marked("tolist([\"SEKRITa\", \"SEKRITb\"])"))
        .with("mp", marked("tomap({ k = \"SEKRITv\", SEKRITkey = \"1\" })"))
        .with("objs", marked("[{ name = \"SEKRITname\" }]"));
    let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect(text);
    match eval(&expr, &scope) {
        Ok(value) => display(&value),
        Err(mistakes) => format!("{mistakes:?}"),
    }
}

#[test]
fn no_message_tells_what_is_sensitive() {
    const EXPRESSIONS: &str = include_str!("sensitive.txt");
    let mut all: Vec<String> = EXPRESSIONS.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let arguments = ["pw", "pw[0]", "mp", "objs", "1", "\"a\""];
    for function in crate::lang::functions::all() {
        let name = function.name;
        all.extend(arguments.map(|one| format!("{name}({one})")));
        all.extend(["pw", "mp", "objs"].map(|over| format!("[for x in {over} : {name}(x)]")));
        all.extend(["1", "\"a\"", "{}"].map(|other| format!("[for x in pw : {name}(x, {other})]")));
        all.extend(["1", "\"a\"", "[]"].map(|other| format!("[for x in pw : {name}({other}, x)]")));
        all.extend(arguments.iter().flat_map(|one| arguments.map(|other| format!("{name}({one}, {other})"))));
        all.extend(["pw", "mp"].map(|one| format!("{name}({one}, 1, \"a\")")));
    }
    let told: Vec<String> = all
        .iter()
        .map(|text| (text, told_of_sensitive(text)))
        // What is said not to be sensitive is shown.
        .filter(|(text, said)| said.contains("SEKRIT") && !text.contains("nonsensitive"))
        .map(|(text, said)| format!("{text}\n    {said}"))
        .collect();
    assert!(told.is_empty(), "{} of {}:\n{}", told.len(), all.len(), told.join("\n"));
}
