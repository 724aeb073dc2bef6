//! Texts that Terraform was asked about.

use crate::diag::FileId;
use crate::lang::eval::{Empty, eval};
use crate::lang::syntax::parse_expression;

const TEXTS: &str = include_str!("../../../../tests/oracle/yaml.txt");

#[test]
fn texts_are_read_as_terraform_reads_them() {
    let lines: Vec<&str> = TEXTS.lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(lines.len() > 360 && lines.len().is_multiple_of(2));
    for pair in lines.chunks(2) {
        let call = format!("try(jsonencode(yamldecode({})), \"ERR\")", pair[0].replace("%{", "%%{"));
        let expr = parse_expression(FileId(0), &call, 0, &mut Vec::new()).expect(pair[0]);
        let value = eval(&expr, &Empty::default()).expect(pair[0]);
        assert_eq!(value.as_str(), Some(pair[1]), "{}", pair[0]);
    }
}
