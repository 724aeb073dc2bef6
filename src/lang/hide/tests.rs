//! What is hidden of a file, byte by byte.

use super::hide;
use crate::diag::SourceMap;

/// What is left of a file, with `#` for each byte that is hidden; the other files say what is sensitive.
fn shown(path: &str, text: &str) -> String {
    let mut sources = SourceMap::default();
    let declared = "variable \"pin\" { sensitive = true }\nvariable \"b\" {}\noutput \"out\" {\n sensitive = true\n}\n";
    sources.add("declared.hcl", declared);
    let file = sources.add(path, text);
    let hidden = hide(&sources);
    let source = hidden.get(file);
    text.char_indices().map(|(at, c)| if source.is_hidden(at) && c != '\n' { '#' } else { c }).collect()
}

#[test]
fn what_is_written_out_is_hidden() {
    let cases = [
        ("a.hcl", "auth_token = \"x\"\nb = 1", "auth_token = ###\nb = 1"),
        ("a.hcl", "r \"x\" { auth_token = \"x\" }", "r \"x\" { auth_token = ### }"),
        ("a.hcl", "auth_token = var.a", "auth_token = var.a"),
        ("a.hcl", "auth_token = var.a[\"k\"][0]", "auth_token = var.a[\"k\"][0]"),
        ("a.hcl", "auth_token = secret(\"env:A\")", "auth_token = secret(\"env:A\")"),
        ("a.hcl", "auth_token = \"${var.a}\"", "auth_token = \"${var.a}\""),
        ("a.hcl", "auth_token = \"${var.a}x\"", "auth_token = ###########"),
        ("a.hcl", "auth_token = hunter2", "auth_token = #######"),
        ("a.hcl", "auth_token = null", "auth_token = null"),
        ("a.hcl", "auth_token = var.a # was x\nb = 1", "auth_token = var.a #######\nb = 1"),
        ("a.hcl", "auth_token = <<-E\n  x\n  E\nb = 1", "auth_token = ####\n###\n###\nb = 1"),
        ("a.hcl", "auth_token = join(\"\", [\n  \"x\",\n])\nb = 1", "auth_token = ##########\n######\n##\nb = 1"),
        ("a.hcl", "a = sensitive(\"x\")\nb = sensitive(var.a)", "a = sensitive(###)\nb = sensitive(var.a)"),
        // A quote that is missing, a variable that is misspelt, what only an environment may show.
        ("a.tfvars", "pin = x1\"\nb = 1", "pin = ###\nb = 1"),
        ("a.hcl", "auth_token = x1\"\nb = 1", "auth_token = ###\nb = 1"),
        ("a.tfvars", "pni = \"x\"\nother = \"x\"\nb = 1", "pni = ###\nother = ###\nb = 1"),
        ("a.hcl", "authentication_mode { secrets = [\"x\"] }", "authentication_mode { secrets = ##### }"),
        ("a.hcl", "environment \"e\" { secrets = \"ssm:/x\" }", "environment \"e\" { secrets = \"ssm:/x\" }"),
        // A name that is misspelt, a place that is none, what a secret is made of.
        ("a.hcl", "auth_tokn = \"x\"", "auth_tokn = ###"),
        ("a.hcl", "Auth-Tokens = \"x\"", "Auth-Tokens = ###"),
        ("a.hcl", "auth_token_update_strategy = \"x\"", "auth_token_update_strategy = \"x\""),
        ("a.hcl", "auth_token = secret(\"A\")", "auth_token = ###########"),
        (
            "a.hcl",
            "locals { a = \"x\" }\nauth_token = \"${local.a}y\"",
            "locals { a = ### }\nauth_token = #############",
        ),
        (
            "a.hcl",
            "locals {\n a = local.b\n b = \"x\"\n}\npasswords = [local.a]",
            "locals {\n a = local.b\n b = ###\n}\npasswords = [local.a]",
        ),
        (
            "a.hcl",
            "locals { a = \"x\" }\nauth_token = r.t[local.a].b",
            "locals { a = \"x\" }\nauth_token = r.t[local.a].b",
        ),
        (
            "a.hcl",
            "variable \"a\" { default = \"x\" }\nauth_token = var.a",
            "variable \"a\" { default = ### }\nauth_token = var.a",
        ),
        ("a.hcl", "auth_token = var.a\nmodule \"m\" { a = \"x\" }", "auth_token = var.a\nmodule \"m\" { a = ### }"),
        (
            "a.hcl",
            "auth_token = var.a\ne \"x\" { vars = { a = \"x\", b = 2 } }",
            "auth_token = var.a\ne \"x\" { vars = { a = ###, b = 2 } }",
        ),
        (
            "a.hcl",
            "locals { b = \"x\" }\nmodule \"m\" { a = local.b }\nauth_token = var.a",
            "locals { b = ### }\nmodule \"m\" { a = local.b }\nauth_token = var.a",
        ),
        ("a.hcl", "endpoint = \"http://u:p@h/\"", "endpoint = ###############"),
        // Broken values: a quote too few, single quotes, a text over several lines.
        ("a.hcl", "auth_token = \"x\nb = 1", "auth_token = ##\nb = 1"),
        ("a.hcl", "auth_token = 'x y'\nb = 1", "auth_token = #####\nb = 1"),
        ("a.hcl", "auth_token = \"x\ny\"\nb = 1", "auth_token = ##\n##\nb = 1"),
        ("a.hcl", "variable \"pin\" {\n default = \"x\n}", "variable \"pin\" {\n default = ##\n}"),
        // What is sensitive by declaration.
        ("a.hcl", "variable \"pin\" { default = 12 }", "variable \"pin\" { default = ## }"),
        ("a.hcl", "variable \"other\" { default = 12 }", "variable \"other\" { default = 12 }"),
        ("a.hcl", "output \"out\" { value = \"x\" }", "output \"out\" { value = ### }"),
        ("a.hcl", "e \"x\" { vars = { pin = 1, a = 2 } }", "e \"x\" { vars = { pin = #, a = 2 } }"),
        ("a.hcl", "module \"m\" { pin = 1 }", "module \"m\" { pin = # }"),
        ("a.hcl", "locals { pin = 1 }", "locals { pin = 1 }"),
        ("a.tfvars", "pin = { a = [\n1,\n] }\nb = 1", "pin = #######\n##\n###\nb = 1"),
        ("--var pin", "[\"x\"]", "#####"),
        ("TF_VAR_pin", "x", "#"),
        ("--var other", "[\"x\"]", "[\"x\"]"),
        // JSON.
        ("a.tf.json", "{\"auth_token\": \"x\", \"b\": 1}", "{\"auth_token\": ###, \"b\": 1}"),
        ("a.tf.json", "{\"auth_token\":\n \"x\"\n}", "{\"auth_token\":\n ###\n}"),
        ("a.tf.json", "{\"auth_token\": \"${var.a}\"}", "{\"auth_token\": \"${var.a}\"}"),
        (
            "a.tf.json",
            "{\"a\": \"${f(\\\"x\\\")}\", \"auth_token\": \"x\"}",
            "{\"a\": \"${f(\\\"x\\\")}\", \"auth_token\": ###}",
        ),
        (
            "a.tf.json",
            "{\"variable\": [{}, {\"pin\": {\"default\": 1}}]}",
            "{\"variable\": [{}, {\"pin\": {\"default\": #}}]}",
        ),
        ("a.tfvars.json", "{\"pin\": [1], \"b\": 1}", "{\"pin\": ###, \"b\": 1}"),
    ];
    let wrong = cases.into_iter().filter_map(|(path, text, expected)| {
        let found = shown(path, text);
        (found != expected).then(|| format!("{path}: {text}\n    {expected}\n    {found}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>().join("\n"), "");
}

#[test]
fn a_file_of_values_alone_shows_none() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.tfvars", "a = \"x");
    assert!(hide(&sources).get(file).is_hidden(4));
}

#[test]
fn what_is_sensitive_may_be_said_in_json() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.tf.json", r#"{"variable": {"p": {"default": "x", "sensitive": true}}}"#);
    assert!(hide(&sources).get(file).is_hidden(32));
}
