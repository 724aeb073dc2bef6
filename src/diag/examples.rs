//! Examples of rules: what breaks one, what does not, and where the rule comes from.

use std::fmt::Write;

use super::codes::CODES;

/// An example of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The code of the rule.
    pub code: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Resources of which one breaks the rule.
    pub fails: &'static str,
    /// The same without the mistake.
    pub passes: &'static str,
}

/// Every example, by code.
pub fn all() -> impl Iterator<Item = Example> {
    include_str!("examples.txt").split("\n\nCS").skip(1).filter_map(read)
}

/// The example of a code.
pub fn find(code: &str) -> Option<Example> {
    all().find(|example| example.code == code)
}

/// `0531: source`, then the two stacks behind their headings; the text begins behind the two letters of its code.
fn read(text: &'static str) -> Option<Example> {
    let (head, rest) = text.split_once("\n-- fails --\n")?;
    let (fails, passes) = rest.split_once("\n-- passes --\n")?;
    let (digits, source) = head.split_once(": ")?;
    let (code, ..) = CODES.iter().find(|(code, ..)| code.strip_prefix("CS") == Some(digits))?;
    Some(Example { code, source, fails, passes: passes.trim_end() })
}

impl Example {
    /// The example as `explain` prints it.
    pub fn shown(&self) -> String {
        let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
        let (fails, passes) = (indented(self.fails), indented(self.passes));
        format!("This breaks the rule:\n\n{fails}\nThis does not:\n\n{passes}\nSource: {}.\n", self.source)
    }
}

/// The page of all codes, in Markdown.
pub fn page() -> String {
    let mut page =
        "# Codes of messages\n\n`cachestack explain CODE` prints the same. How much a rule counts is said in \
                    the stack block, `lint { CS0533 = \"off\" }` (or `\"warn\"`, `\"error\"`), and in a comment at a \
                    line of what the message is about, \
                    `# cachestack:ignore CS0533 REASON` (`validate` tells of those that let nothing pass); errors of the language itself stay errors.\n"
            .to_owned();
    for (code, summary, explanation) in CODES {
        let _ = write!(page, "\n## {code}: {summary}\n\n{explanation}\n");
        if let Some(example) = find(code) {
            let Example { source, fails, passes, .. } = example;
            let _ = write!(page, "\n```hcl\n# breaks it\n{fails}\n\n# does not\n{passes}\n```\n\nSource: {source}.\n");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_read_sorted_and_of_codes() {
        let codes: Vec<&str> = all().map(|example| example.code).collect();
        assert_eq!(codes.len(), include_str!("examples.txt").matches("-- fails --").count());
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }
}
