//! Tests of the formatter.

use super::format;

const BEFORE: &str = include_str!("../../../tests/oracle/fmt/before.tf");
const AFTER: &str = include_str!("../../../tests/oracle/fmt/after.tf");

/// `after.tf` is what `terraform fmt` made of `before.tf`.
#[test]
fn files_are_laid_out_as_terraform_does() {
    assert_eq!(format(BEFORE), AFTER);
    assert_eq!(format(AFTER), AFTER);
}

#[test]
fn every_text_ends_its_last_line() {
    for (before, after) in
        [("", "\n"), ("a=1", "a = 1\n"), ("a=1\r\n", "a = 1\r\n"), ("# c", "# c\n"), ("b {}\n ", "b {}\n \n")]
    {
        assert_eq!(format(before), after);
    }
}

#[test]
fn a_text_with_mistakes_stays() {
    assert_eq!(format("a   = \"x\nb=1"), "a   = \"x\nb=1");
}

/// Lays out every `x.tf` of the directory in `FMT_CASES` and compares with `x.tf.expected`.
#[test]
#[ignore = "needs a directory of cases"]
fn directory() {
    let directory = std::env::var("FMT_CASES").expect("FMT_CASES");
    let mut wrong = 0;
    for path in crate::disk::files_below(directory.as_ref(), 10_000).expect("files") {
        let path = std::path::Path::new(&directory).join(path);
        let Ok(expected) = std::fs::read_to_string(format!("{}.expected", path.display())) else { continue };
        let text = std::fs::read_to_string(&path).expect("text");
        if format(&text) != expected {
            std::fs::write(format!("{}.ours", path.display()), format(&text)).expect("written");
            println!("differs: {}", path.display());
            wrong += 1;
        }
    }
    assert_eq!(wrong, 0);
}
