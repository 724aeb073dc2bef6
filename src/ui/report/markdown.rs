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

/// The report. What does not fit is left out, from the longest texts first, and that is said.
pub fn document(title: &str, columns: &[&str], sections: &[Section], findings: &[Finding]) -> String {
    // A hidden mark by which a comment is found again and replaced.
    let head = format!("<!-- cachestack: {} -->\n## {}\n\n{}", comment(title), escape(title), table(columns, sections));
    let mut out = cut(&(head + &told(findings)), MOST - NOTE_MAX);
    let mut heads: Vec<String> = sections.iter().map(heading).collect();
    let mut room = MOST - NOTE_MAX - out.len();
    // Room for the word that a text is missing is kept for every environment.
    let fits = |head: &String| {
        let left = room.checked_sub(head.len() + NOTE_MAX);
        room = left.unwrap_or(room);
        left.is_some()
    };
    let shown = heads.iter().map(fits).take_while(|fits| *fits).count();
    heads.truncate(shown);
    let lengths: Vec<usize> = sections[..shown].iter().map(|section| folded(section, usize::MAX).len()).collect();
    for ((section, head), share) in sections.iter().zip(&heads).zip(shares(&lengths, room)) {
        out.push_str(head);
        out.push_str(&folded(section, share + NOTE_MAX));
    }
    if shown < sections.len() {
        let more = sections.len() - shown;
        out.push_str(&format!("_{more} more environments do not fit here; they are in the log of the run._\n"));
    }
    out
}

/// The longest word for a text that was left out, with the end of another one.
const NOTE_MAX: usize = 200;

/// How much room each of several texts gets: short ones all that they need, long ones the same.
fn shares(lengths: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|at| lengths[*at]);
    let (mut shares, mut left) = (vec![0; lengths.len()], room);
    for (done, at) in order.iter().enumerate() {
        shares[*at] = lengths[*at].min(left / (lengths.len() - done));
        left -= shares[*at];
    }
    shares
}

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

/// The text behind a line that opens it, in no more bytes than that: its first lines, where it has more.
fn folded(section: &Section, most: usize) -> String {
    let text = section.text.trim_end();
    if text.is_empty() {
        return String::new();
    }
    // A fence is longer than every row of such signs in the text.
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let of = |summary: &str, text: &str, note: &str| {
        format!("<details><summary>{summary}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>\n\n{note}")
    };
    let whole = of("Details", text, "");
    if whole.len() <= most {
        return whole;
    }
    let (lines, length) = (text.lines().count(), text.len());
    let room = most.saturating_sub(of("The first lines", "", "").len() + NOTE_MAX);
    let kept = text[..text.floor_char_boundary(room)].rsplit_once('\n').map_or("", |(kept, _)| kept);
    if kept.is_empty() {
        return format!("_The details have {length} bytes and do not fit here; they are in the log of the run._\n\n");
    }
    let shown = kept.lines().count();
    let note =
        format!("_The other {} of {lines} lines do not fit here; they are in the log of the run._\n\n", lines - shown);
    of("The first lines", kept, &note)
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
        let text = |length: usize| format!("{}\n", "é".repeat(49)).repeat(length / 99);
        // Lengths, how many are whole, and how many are cut; the rest is one line that is too long.
        for (lengths, whole, cut) in [
            (vec![100, 100], 2, 0),
            (vec![70_000, 100], 1, 1),
            (vec![60_000, 60_000], 0, 2),
            (vec![20_000, 60_000, 10_000], 2, 1),
            (vec![70_000; 3], 0, 3),
        ] {
            let names = ["dev", "staging", "prod"];
            let sections: Vec<Section> =
                lengths.iter().zip(names).map(|(length, name)| section(name, text(*length))).collect();
            let text = document("plan of shop", &["Environment", "Add"], &sections, &[]);
            assert!(text.len() <= MOST, "{} bytes", text.len());
            assert!(cut == 0 || text.len() > MOST - 2_000, "{lengths:?}: {} bytes", text.len());
            assert_eq!(text.matches("<summary>Details<").count(), whole, "{lengths:?}");
            assert_eq!(text.matches("<summary>The first lines<").count(), cut, "{lengths:?}");
            assert_eq!(text.matches("lines do not fit").count(), cut, "{lengths:?}");
            assert!(
                names.iter().take(lengths.len()).all(|name| text.contains(&format!("### {name}\n"))),
                "{lengths:?}"
            );
        }
        let long = document("plan", &["Environment", "Add"], &[section("dev", "é".repeat(70_000))], &[]);
        assert!(long.contains("_The details have 140000 bytes and do not fit here"), "{long}");
        let many: Vec<Section> = (0..400).map(|one| section(&format!("e{one}"), text(200))).collect();
        let many = document("plan", &["Environment", "Add"], &many, &[]);
        assert!(many.len() <= MOST && many.contains("more environments do not fit here"), "{}", many.len());
    }

    #[test]
    fn what_others_wrote_stays_text() {
        assert_eq!(escape("<b>*x*</b> | @team `a`\nb"), "&lt;b&gt;\\*x\\*&lt;/b&gt; \\| &#64;team \\`a\\` b");
        let fenced = folded(&section("dev", "a ```` b".to_owned()), usize::MAX);
        assert!(fenced.contains("\n`````text\na ```` b\n`````\n"), "{fenced}");
    }
}
