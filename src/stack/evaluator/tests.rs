//! Tests of what is evaluated anew when instances become known one by one, and of what that costs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Evaluator, Instances, ModuleNames, Repetition};
use crate::address::{Address, Key};
use crate::clock::Stopwatch;
use crate::diag::FileId;
use crate::lang::eval::{Bindings, Settings, eval};
use crate::lang::syntax::parse_expression;
use crate::stack::Stack;
use crate::stack::secrets::Secrets;
use crate::value::{Object, Type, Value};

const STACK: &str = r#"
alarm "each" { alarm_name = "a" }
alarm "list" { alarm_name = "b" }
alarm "once" { alarm_name = "c" }
alarm "late" { alarm_name = "d" }

locals {
  all     = [for key, one in alarm.each : one.arn]
  first   = alarm.each["k0"].arn
  indexed = alarm.list[0].arn
  single  = alarm.once.arn
  over    = { of = local.first, and = local.single }
  known   = alarm.each["k0"].alarm_name
  late    = alarm.late.arn
  through = module.m.out
  wrong   = alarm.each["k0"].arn == "arn-0" ? tonumber("x") : 1
}

module "m" {
  source = "./m"
  in     = alarm.each["k1"].arn
}
"#;
const MODULE: &str = r#"
variable "in" {}
locals { inner = "<${var.in}>" }
output "out" { value = local.inner }
output "other" { value = 1 }
"#;

/// The stack with as many instances, all of which have an `arn` that is not known yet.
fn evaluator(count: usize) -> Evaluator {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("main.hcl"), STACK).expect("a file");
    std::fs::create_dir(folder.path().join("m")).expect("a folder");
    std::fs::write(folder.path().join("m/main.hcl"), MODULE).expect("a file");
    let mut diagnostics = Vec::new();
    let stack = Stack::load(folder.path(), &mut diagnostics);
    // The blocks lack what an alarm needs, which is nothing to their values.
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == "CS0315"), "{diagnostics:?}");
    let names = Arc::new(ModuleNames(stack));
    let mut evaluator = Evaluator::new(names, Settings::default(), Secrets::default(), "prod");
    evaluator.expand_call(&vec![("m".into(), None)], |wrong| panic!("{wrong:?}"));
    let unknown = || object("a", Value::unknown(Type::String, None));
    let each = (0..count).map(|at| (Some(name(at)), unknown())).collect();
    evaluator.set_block(&Address::managed("alarm", "each"), Instances::new(Repetition::Each, each));
    let list = (0..2).map(|at| (Some(Key::Index(at)), unknown())).collect();
    evaluator.set_block(&Address::managed("alarm", "list"), Instances::new(Repetition::Count, list));
    let once = Instances::new(Repetition::Once, BTreeMap::from([(None, unknown())]));
    evaluator.set_block(&Address::managed("alarm", "once"), once);
    evaluator
}

fn name(at: usize) -> Key {
    Key::Name(format!("k{at}").into())
}

fn object(name: &str, arn: Value) -> Value {
    Value::object(Object::from([("alarm_name".into(), Value::string(name)), ("arn".into(), arn)]))
}

/// Makes the `arn` of an instance known.
fn make(evaluator: &mut Evaluator, block: &str, key: Option<Key>, arn: &str) {
    evaluator.set_instance(&Address::managed("alarm", block).instance(key), object("a", Value::string(arn)));
}

/// What an expression yields, and how many steps it takes.
fn steps(evaluator: &Evaluator, text: &str) -> (Result<Value, String>, u64) {
    let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect("an expression");
    let budget = &evaluator.within(&[]).settings.budget;
    let before = budget.used();
    let result = eval(&expr, evaluator).map_err(|wrong| wrong[0].detail.clone());
    (result, budget.used() - before)
}

fn known(evaluator: &Evaluator, text: &str) -> Option<String> {
    let value = steps(evaluator, text).0.unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
    value.is_wholly_known().then(|| crate::value::json::encode(&value))
}

#[test]
fn what_hangs_on_an_instance_is_evaluated_anew_when_that_is_known() {
    let mut evaluator = evaluator(3);
    let locals = ["all", "first", "indexed", "single", "over", "late", "through"];
    let now = |evaluator: &Evaluator| locals.map(|name| known(evaluator, &format!("local.{name}")));
    assert_eq!(now(&evaluator), locals.map(|_| None));
    assert_eq!(known(&evaluator, "local.known").as_deref(), Some("\"a\""));
    let mut expect = locals.map(|_| None);
    let mut becomes = |name: &str, value: &str| {
        let at = locals.iter().position(|local| *local == name).expect("a local");
        expect[at] = Some(value.to_owned());
        expect.clone()
    };
    make(&mut evaluator, "each", Some(name(0)), "arn-0");
    assert_eq!(now(&evaluator), becomes("first", "\"arn-0\""));
    make(&mut evaluator, "list", Some(Key::Index(1)), "arn-1");
    assert_eq!(now(&evaluator), becomes("first", "\"arn-0\""));
    make(&mut evaluator, "list", Some(Key::Index(0)), "arn-0");
    assert_eq!(now(&evaluator), becomes("indexed", "\"arn-0\""));
    make(&mut evaluator, "each", Some(name(1)), "arn-1");
    assert_eq!(now(&evaluator), becomes("through", "\"\\u003carn-1\\u003e\""));
    make(&mut evaluator, "once", None, "arn");
    becomes("single", "\"arn\"");
    assert_eq!(now(&evaluator), becomes("over", "{\"and\":\"arn\",\"of\":\"arn-0\"}"));
    make(&mut evaluator, "each", Some(name(2)), "arn-2");
    assert_eq!(now(&evaluator), becomes("all", "[\"arn-0\",\"arn-1\",\"arn-2\"]"));
    // A block that had no instances at all when it was first looked at.
    let late = Instances::new(Repetition::Once, BTreeMap::from([(None, object("d", Value::string("late")))]));
    evaluator.set_block(&Address::managed("alarm", "late"), late);
    make(&mut evaluator, "list", Some(Key::Index(1)), "arn-2");
    assert_eq!(now(&evaluator), becomes("late", "\"late\""));
}

#[test]
fn what_was_wholly_known_stays() {
    let mut evaluator = evaluator(2);
    make(&mut evaluator, "each", Some(name(0)), "arn-0");
    assert_eq!(known(&evaluator, "local.first").as_deref(), Some("\"arn-0\""));
    make(&mut evaluator, "each", Some(name(0)), "another");
    assert_eq!(known(&evaluator, "local.first").as_deref(), Some("\"arn-0\""));
    assert_eq!(known(&evaluator, "alarm.each[\"k0\"].arn").as_deref(), Some("\"another\""));
}

/// An instance is the same whether it is looked up alone or in the whole, and so is what is wrong with a key.
#[test]
fn an_instance_alone_is_what_it_is_in_the_whole() {
    let mut evaluator = evaluator(12);
    make(&mut evaluator, "each", Some(name(3)), "arn-3");
    make(&mut evaluator, "list", Some(Key::Index(1)), "arn-1");
    for (block, keys) in [
        ("each", &["\"k3\"", "\"k${1 + 2}\"", "\"k99\"", "3", "null", "[]", "\"k${null}\"", "sensitive(\"k3\")"][..]),
        ("list", &["1", "\"1\"", "0 + 1", "\"${1}\"", "7", "-1", "1.5", "\"x\"", "2 - 1", "true"]),
        ("once", &["0", "\"arn\"", "\"a${\"rn\"}\"", "\"none\""]),
    ] {
        for key in keys {
            let alone = steps(&evaluator, &format!("alarm.{block}[{key}]")).0;
            let whole = steps(&evaluator, &format!("(alarm.{block})[{key}]")).0;
            let told = |result: Result<Value, String>| {
                let of = format!("alarm.{block}");
                result.map_err(|wrong| wrong.replace(&of, "it").replace("the value", "it"))
            };
            assert_eq!(told(alone), told(whole), "alarm.{block}[{key}]");
        }
    }
}

/// A value that looked at something else is not evaluated again: its elements would be gone through.
#[test]
fn what_hangs_on_others_is_not_evaluated_anew() {
    let mut evaluator = evaluator(1000);
    let (_, first) = steps(&evaluator, "local.all");
    assert!(first > 2000, "{first} steps");
    for at in 0..2 {
        make(&mut evaluator, "list", Some(Key::Index(at)), "arn");
        let (_, again) = steps(&evaluator, "local.all");
        assert!(again < 10, "{again} steps after another block has changed");
    }
    make(&mut evaluator, "each", Some(name(7)), "arn-7");
    let (_, other) = steps(&evaluator, "local.first");
    assert!(other < 10, "{other} steps for one instance");
    assert!(steps(&evaluator, "local.all").1 >= first);
}

/// How long it takes to put in as many instances, each of which one expression then looks up by its key.
fn seconds(count: usize) -> f64 {
    let mut evaluator = evaluator(count);
    let expr = parse_expression(FileId(0), "\"<${alarm.each[each.key].arn}>\"", 0, &mut Vec::new()).expect("one");
    steps(&evaluator, "local.all").0.expect("unknown elements");
    let watch = Stopwatch::start();
    for at in 0..count {
        make(&mut evaluator, "each", Some(name(at)), "arn");
        let key = Value::object(Object::from([("key".into(), Value::string(format!("k{at}")))]));
        let value = eval(&expr, &Bindings::new(&evaluator).with("each", key));
        assert_eq!(value, Ok(Value::string("<arn>")));
        steps(&evaluator, "local.single").0.expect("unknown");
    }
    watch.elapsed().as_secs_f64()
}

/// Run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn ten_thousand_instances_become_known() {
    let counts = [2_500, 5_000, 10_000, 20_000, 40_000];
    let took = counts.map(|count| (0..3).map(|_| seconds(count)).fold(f64::INFINITY, f64::min));
    for (count, took) in counts.iter().zip(took) {
        println!("{count:>6} instances: {:>8.1} ms", took * 1e3);
    }
    let exponent = (took[4] / took[0]).log2() / 4.0;
    println!("exponent {exponent:.2}");
    assert!(exponent <= 1.1, "{exponent}");
}
