//! Tests of the parser.

use super::{parse, parse_expression};
use crate::diag::{FileId, SourceMap, render};

fn errors(text: &str) -> Vec<(String, u32)> {
    let mut diagnostics = Vec::new();
    parse(FileId(0), text, &mut diagnostics);
    crate::diag::sort(&mut diagnostics);
    let mut sources = SourceMap::default();
    sources.add("x.hcl", text);
    for diagnostic in &diagnostics {
        println!("{}\n", render::render(diagnostic, &sources, false, None));
    }
    let line = |start: u32| text[..start as usize].matches('\n').count() as u32 + 1;
    diagnostics.iter().map(|d| (d.code.to_string(), d.span.map_or(0, |span| line(span.start)))).collect()
}

#[track_caller]
fn check(text: &str, expected: &[(&str, u32)]) {
    let expected: Vec<(String, u32)> = expected.iter().map(|(code, line)| (code.to_string(), *line)).collect();
    assert_eq!(errors(text), expected, "{text}");
}

#[test]
fn every_mistake_of_a_file_is_reported() {
    check("a = 1\nb { c = 2 }\nd \"e\" f {\n  g = [1,\n 2]\n}\n", &[]);
    check("\u{feff}a = 1\r\nb = <<-X\r\n  y\r\n  X\r\n", &[]);
    check("a = \"x\nb = 2\nc = \"${d\"\ne = 1\n", &[("CS0102", 1), ("CS0122", 3)]);
    check("a = 'x'\nb: 2\nc = 1 d = 2\n", &[("CS0101", 1), ("CS0106", 2), ("CS0107", 3)]);
    check("a {\n  b = 1\n  b = 2\n}\n", &[("CS0108", 3)]);
    check(
        "a \"b\" {\n  c = [1, 2\n  d = 3\n  e = = 4\n}\nf = \"\\q\"\n",
        &[("CS0118", 3), ("CS0104", 4), ("CS0109", 6)],
    );
    check(
        "a \"b\" {\n  c = 1\n\na \"c\" {\n  d = }\n\nlocals {\n  x = 1 +\n}\n",
        &[("CS0103", 1), ("CS0104", 5), ("CS0104", 8)],
    );
    check("a = {\n  b = 1\n  c 2\n  d = [\n  e = 3\n}\n}\nf = 1 2\n", &[("CS0114", 3), ("CS0118", 5), ("CS0107", 8)]);
    check("a {\n}}\nb = \n", &[("CS0121", 2), ("CS0104", 3)]);
    check("a { b = 1, c = 2 }\nd { e { } }\n", &[("CS0107", 1), ("CS0115", 1), ("CS0115", 2)]);
    check("a = <<X\nfoo\n", &[("CS0119", 1)]);
    check("a = \"%{ if x }\"\nb = \"%{ endif }\"\nc = \"%{ iffy }\"\n", &[("CS0111", 1), ("CS0111", 2), ("CS0111", 3)]);
    check(
        "a = [for]\nb = {for = 1}\nc = x.0.1\nd = 1.2.3\ne = x.*.*\n",
        &[("CS0112", 1), ("CS0112", 2), ("CS0117", 3), ("CS0110", 4), ("CS0117", 5)],
    );
    check("\"a\" = 1\nb = 2\n", &[("CS0106", 1)]);
    check("foo\nbar = 1; baz = 2\n", &[("CS0105", 1), ("CS0101", 2)]);
}

#[test]
fn depth_is_limited_and_never_overflows() {
    for (open, close, levels, fits) in [
        ("(", ")", 400, true),
        ("[", "]", 800, true),
        ("(", ")", 100_000, false),
        ("[", "]", 100_000, false),
        ("{a=", "}", 100_000, false),
        ("\"${", "}\"", 100_000, false),
        ("!", "", 100_000, false),
        ("a[*].", "b", 100_000, false),
        ("1+", "", 100_000, false),
        ("-", "", 100_000, false),
        ("1 && ", "", 100_000, false),
        ("true ? 1 : ", "", 100_000, false),
        ("true ? ", ": 1", 100_000, false),
        ("upper(", ")", 100_000, false),
        ("[for x in ", ": x]", 100_000, false),
        ("\"%{ if true }${", "}%{ endif }\"", 100_000, false),
    ] {
        let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let mut diagnostics = Vec::new();
        let start = std::time::Instant::now();
        let expr = parse_expression(FileId(0), &text, 0, &mut diagnostics);
        println!("{open} {:?}", start.elapsed());
        assert_eq!(expr.is_some(), fits, "{levels} times {open}");
        assert!(diagnostics.len() < 3, "{levels} times {open}: {}", diagnostics.len());
    }
}

/// Blocks in blocks, and what functions read: an error, no overflow.
#[test]
fn nested_blocks_and_texts_never_overflow() {
    let levels = 100_000;
    let blocks = format!("{}{}", "a {\n".repeat(levels), "}\n".repeat(levels));
    let mut diagnostics = Vec::new();
    parse(FileId(0), &blocks, &mut diagnostics);
    assert!(!diagnostics.is_empty() && diagnostics.len() < 3, "{}", diagnostics.len());
    for (function, open, close) in [
        ("jsondecode", "[", "]"),
        ("jsondecode", "{\\\"a\\\":", "}"),
        ("yamldecode", "[", "]"),
        ("yamldecode", "- ", ""),
    ] {
        let text = format!("{function}(\"{}1{}\")", open.repeat(levels), close.repeat(levels));
        let expr = parse_expression(FileId(0), &text, 0, &mut Vec::new()).expect(function);
        let found = crate::lang::eval::eval(&expr, &crate::lang::eval::Empty::default());
        assert!(found.is_err(), "{function} of {open}");
    }
}

/// Where the parser that was tried first differed from Terraform; each as it is there.
#[test]
fn the_faults_of_another_parser_are_not_ours() {
    let huge = "9".repeat(310);
    // P1 a key twice, P2 a hundred parentheses, P3 a byte order mark, P4 numbers beyond a float.
    for text in [
        "a = { b = 1, b = 2 }\n".to_string(),
        format!("a = {}1{}\n", "(".repeat(100), ")".repeat(100)),
        "\u{feff}a = 1\n".to_string(),
        format!("a = {huge}\nb = 1e400\n"),
        // P10 line ends of Windows, and a heredoc whose marker is indented.
        "a = 1\r\nb = <<-X\r\n    y\r\n    X\r\n".to_string(),
        "a = {\n  b = <<X\n y\n  X\n}\n".to_string(),
    ] {
        check(&text, &[]);
        let laid_out = crate::lang::fmt::format(&text);
        check(&laid_out, &[]);
        assert_eq!(laid_out.contains('\r'), text.contains('\r'), "{text:?}");
    }
    for (text, expected) in [
        // P5 a line break in quotes, in a directive too.
        ("a = \"x\ny\"\n", "CS0102"),
        ("a = \"%{ for x in y ~}\n%{ endfor }\"\n", "CS0102"),
        // P6 a heredoc that ends with the file behind its marker.
        ("a = <<X\nfoo\nX", "CS0119"),
        // P7 steps and numbers that are none.
        ("a = foo.0.1\n", "CS0117"),
        ("a = x.1.2.y\n", "CS0117"),
        ("a = x.*.*\n", "CS0117"),
        ("a = 1.2.3\n", "CS0110"),
        // P8 for as a name.
        ("a = {for=1}\n", "CS0112"),
        ("a = {for: 1}\n", "CS0112"),
        ("a = [for]\n", "CS0112"),
        ("a = [for.x]\n", "CS0112"),
    ] {
        let found = errors(text);
        assert!(found.iter().any(|(code, _)| code == expected), "{text:?}: {found:?}");
    }
    // P9 every mistake, at its place.
    check("a = 1 2\nb = = 3\nd {\n", &[("CS0107", 1), ("CS0104", 2), ("CS0103", 3)]);
}
