//! JUnit's XML, as GitLab and Jenkins read it: a suite for each environment, a case for each finding that fails, and one
//! that passes where there is none.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::Finding;
use crate::diag::Severity;

/// The report of a validation: each environment with what was found there.
///
/// # Errors
/// Nothing is written but to memory; what is wrong would be a name.
pub fn document(suites: &[(&str, Vec<Finding>)]) -> std::io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all: usize = suites.iter().map(|(_, found)| cases(found)).sum();
    let failed: usize = suites.iter().map(|(_, found)| failures(found)).sum();
    writer.write_event(Event::Start(counted("testsuites", "cachestack validate", all, failed)))?;
    for (environment, found) in suites {
        suite(&mut writer, environment, found)?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    Ok(text + "\n")
}

fn suite(writer: &mut Writer<Vec<u8>>, environment: &str, found: &[Finding]) -> std::io::Result<()> {
    writer.write_event(Event::Start(counted("testsuite", environment, cases(found), failures(found))))?;
    for (index, finding) in found.iter().enumerate() {
        case(writer, environment, finding, index)?;
    }
    if found.is_empty() {
        let name = format!("{environment} is valid");
        let case =
            BytesStart::new("testcase").with_attributes([("classname", environment), ("name", &*name), ("time", "0")]);
        writer.write_event(Event::Empty(case))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuite")))
}

/// A finding. Names must differ, or only the first of them is shown.
fn case(writer: &mut Writer<Vec<u8>>, environment: &str, finding: &Finding, index: usize) -> std::io::Result<()> {
    let at = finding.place.as_ref().map(|place| format!("{}:{}", place.file, place.start.0));
    let name = format!("{} {} {} #{}", finding.code, finding.summary, at.as_deref().unwrap_or("-"), index + 1);
    let mut case = BytesStart::new("testcase");
    case.push_attribute(("classname", environment));
    case.push_attribute(("name", &*xml(&name)));
    if let Some(place) = &finding.place {
        case.push_attribute(("file", &*xml(&place.file)));
    }
    case.push_attribute(("time", "0"));
    writer.write_event(Event::Start(case))?;
    let is_error = finding.severity == Severity::Error;
    let element = if is_error { "failure" } else { "system-out" };
    let mut start = BytesStart::new(element);
    if is_error {
        start.push_attribute(("type", finding.code));
        start.push_attribute(("message", &*xml(&finding.summary)));
    }
    writer.write_event(Event::Start(start))?;
    let place = at.map(|at| format!("{at}\n")).unwrap_or_default();
    writer.write_event(Event::Text(BytesText::new(&xml(&format!("{place}{}", finding.text)))))?;
    writer.write_event(Event::End(BytesEnd::new(element)))?;
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

fn counted<'a>(element: &'a str, name: &str, tests: usize, failures: usize) -> BytesStart<'a> {
    let (tests, failures) = (tests.to_string(), failures.to_string());
    let attributes =
        [("name", &*xml(name)), ("tests", &tests), ("failures", &failures), ("errors", "0"), ("time", "0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut start = BytesStart::new(element);
    for (name, value) in &attributes {
        start.push_attribute((name.as_str(), value.as_str()));
    }
    start
}

fn cases(found: &[Finding]) -> usize {
    found.len().max(1)
}

fn failures(found: &[Finding]) -> usize {
    found.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// Without the control characters that XML 1.0 forbids.
fn xml(text: &str) -> String {
    text.chars()
        .filter(
            |letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..),
        )
        .collect()
}
