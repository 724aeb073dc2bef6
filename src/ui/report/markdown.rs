//! A plan or a search for drift as a comment on a pull request: the table first, then each environment, with its impact
//! in front and its text folded away.

use super::Finding;
use crate::diag::Severity;

/// A comment may have 65,536 characters; bytes are never fewer.
const MOST: usize = 65_000;

/// So many findings are told one by one.
const FINDINGS: usize = 50;

/// One environment of a report.
#[derive(Debug)]
pub struct Section {
    /// Its name.
    pub environment: String,
    /// Its row in the table.
    pub cells: Vec<String>,
    /// What is said first: `Impact: failover (replication_group.main).`
    pub lead: Vec<String>,
    /// Why there is no plan.
    pub error: Option<String>,
    /// The whole text, as it is shown in a terminal without colours.
    pub text: String,
}

/// The report. What does not fit is left out from the end, and that is said.
pub fn document(title: &str, columns: &[&str], sections: &[Section], findings: &[Finding]) -> String {
    // A hidden mark by which a comment is found again and replaced.
    let head = format!("<!-- cachestack: {} -->\n## {}\n\n{}", comment(title), escape(title), table(columns, sections));
    let found = told(findings);
    let heads: Vec<String> = sections.iter().map(heading).collect();
    let mut room = MOST.saturating_sub(head.len() + found.len() + heads.iter().map(String::len).sum::<usize>());
    let mut out = cut(&(head + &found), MOST);
    for (section, head) in sections.iter().zip(heads) {
        let folded = folded(section);
        // Room for the word that something is missing is kept for every environment.
        let (folded, left) = if folded.len() + NOTE_MAX <= room { (folded, room) } else { (missing(section), room) };
        if out.len() + head.len() + folded.len() > MOST {
            break;
        }
        room = left.saturating_sub(folded.len());
        out.push_str(&head);
        out.push_str(&folded);
    }
    out
}

/// The longest word for a text that was left out, with the end of another one.
const NOTE_MAX: usize = 200;

fn table(columns: &[&str], sections: &[Section]) -> String {
    if sections.is_empty() {
        return String::new();
    }
    let mut out = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for section in sections {
        let cells: Vec<String> = section.cells.iter().map(|cell| escape(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out + "\n"
}

fn heading(section: &Section) -> String {
    let mut out = format!("### {}\n\n", escape(&section.environment));
    for line in &section.lead {
        out.push_str(&format!("- {}\n", escape(line)));
    }
    if let Some(error) = &section.error {
        out.push_str(&format!("- **Error:** {}\n", escape(error)));
    }
    if !section.lead.is_empty() || section.error.is_some() {
        out.push('\n');
    }
    out
}

/// The whole text behind a line that opens it.
fn folded(section: &Section) -> String {
    if section.text.trim().is_empty() {
        return String::new();
    }
    // A fence is longer than every row of such signs in the text.
    let longest = section.text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "<details><summary>Details</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n\n",
        section.text.trim_end()
    )
}

fn missing(section: &Section) -> String {
    let length = section.text.len();
    format!("_The details have {length} bytes and do not fit here; they are in the log of the run._\n\n")
}

fn told(findings: &[Finding]) -> String {
    let told: Vec<&Finding> = findings.iter().filter(|finding| finding.severity != Severity::Note).collect();
    let line = |finding: &&Finding| {
        let word = if finding.severity == Severity::Error { "**Error**" } else { "Warning" };
        let place = finding.place.as_ref().map(|place| format!(" ({}:{})", place.file, place.start.0));
        let place = escape(&place.unwrap_or_default());
        format!("- {word} {}: {}. {}{place}\n", finding.code, escape(&finding.summary), escape(&finding.text))
    };
    let mut out: String = told.iter().take(FINDINGS).map(line).collect();
    if told.len() > FINDINGS {
        out.push_str(&format!("- and {} more, in the log of the run\n", told.len() - FINDINGS));
    }
    if out.is_empty() { out } else { out + "\n" }
}

/// A text that stays text: no markup, no table, no mention of anybody.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '@' => out.push_str("&#64;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}

/// A text that cannot end the comment that it stands in.
fn comment(text: &str) -> String {
    text.replace('-', "_").replace(['<', '>'], "")
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(environment: &str, text: String) -> Section {
        let cells = vec![environment.to_owned(), "1".to_owned()];
        Section {
            environment: environment.to_owned(),
            cells,
            lead: vec!["Impact: failover".to_owned()],
            error: Some("a | b".to_owned()),
            text,
        }
    }

    #[test]
    fn a_comment_has_room_for_every_environment() {
        for (texts, whole) in
            [(vec![100, 100], 2), (vec![70_000, 100], 1), (vec![60_000, 60_000], 1), (vec![70_000; 3], 0)]
        {
            let names = ["dev", "staging", "prod"];
            let sections: Vec<Section> =
                texts.iter().zip(names).map(|(length, name)| section(name, "é".repeat(length / 2))).collect();
            let text = document("plan of shop", &["Environment", "Add"], &sections, &[]);
            assert!(text.len() <= MOST, "{} bytes", text.len());
            assert_eq!(text.matches("<details>").count(), whole, "{texts:?}");
            assert_eq!(text.matches("do not fit").count(), texts.len() - whole, "{texts:?}");
            assert!(names.iter().take(texts.len()).all(|name| text.contains(&format!("### {name}\n"))), "{texts:?}");
        }
    }

    #[test]
    fn what_others_wrote_stays_text() {
        assert_eq!(escape("<b>*x*</b> | @team `a`\nb"), "&lt;b&gt;\\*x\\*&lt;/b&gt; \\| &#64;team \\`a\\` b");
        let fenced = folded(&section("dev", "a ```` b".to_owned()));
        assert!(fenced.contains("\n`````text\na ```` b\n`````\n"), "{fenced}");
    }
}
