//! XML, which two protocols answer in: elements, and the errors that all of them tell alike.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::error::metadata::ErrorMetadata;
use quick_xml::events::Event;
use quick_xml::{Reader, escape};

/// The code and the message of an error. Neither is there when something else than the service answers.
pub fn failure(body: &[u8]) -> ErrorMetadata {
    let mut found = ErrorMetadata::builder();
    let root = tree(body).ok();
    let error = root.as_ref().and_then(error);
    let text = |name: &str| error?.children.iter().find(|child| child.name == name).map(|child| child.text.clone());
    if let Some(code) = text("Code") {
        found = found.code(code);
    }
    if let Some(message) = text("Message") {
        found = found.message(message);
    }
    found.build()
}

/// S3 has nothing around an error, EC2 a list of them, which is of one.
fn error(node: &Node) -> Option<&Node> {
    match node.name.as_str() {
        "Error" => Some(node),
        "Errors" => node.children.first(),
        _ => node.children.iter().find_map(error),
    }
}

/// An element.
#[derive(Debug, Default)]
pub struct Node {
    /// Without what stands before a colon.
    pub name: String,
    /// What stands between its tags but for elements.
    pub text: String,
    /// The elements in it, in their order.
    pub children: Vec<Node>,
}

/// Deeper than any answer: what a stranger sends must not grow without end.
const DEEPEST: usize = 30;

/// The outermost element of an answer.
///
/// # Errors
/// Where something else than a service answers: `<html>`, or no XML at all.
pub fn answer(body: &[u8]) -> Result<Node, BoxError> {
    let root = tree(body)?;
    if root.name.ends_with("Response") { Ok(root) } else { Err(format!("`{}` is no answer", root.name).into()) }
}

/// The outermost element.
fn tree(body: &[u8]) -> Result<Node, BoxError> {
    let mut reader = Reader::from_str(std::str::from_utf8(body)?);
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        let event = reader.read_event()?;
        let node = open.last_mut().ok_or("an element ends that never began")?;
        match event {
            Event::Start(start) => {
                open.push(Node { name: start.local_name().as_ref().to_owned(), ..Node::default() });
            }
            Event::Empty(empty) => {
                node.children.push(Node { name: empty.local_name().as_ref().to_owned(), ..Node::default() });
            }
            Event::Text(text) => node.text.push_str(&text),
            Event::CData(text) => node.text.push_str(&text),
            Event::GeneralRef(name) => match name.resolve_char_ref()? {
                Some(letter) => node.text.push(letter),
                None => node.text.push_str(escape::resolve_predefined_entity(&name).ok_or("an unknown entity")?),
            },
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                open.last_mut().ok_or("an element ends that never began")?.children.push(done);
            }
            Event::Eof if open.len() == 1 => {
                return open.remove(0).children.pop().ok_or_else(|| "no element at all".into());
            }
            Event::Eof => return Err("the answer ends in the middle".into()),
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err("the answer is nested too deep".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_codes() {
        let text = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>m</Message></Error></ErrorResponse>";
        let of_ec2 = "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>m</Message></Error></Errors>\
                      <RequestID>r</RequestID></Response>";
        let cases = [
            (text, Some("NotFound"), Some("m")),
            (of_ec2, Some("InvalidGroup.NotFound"), Some("m")),
            ("<Error><Code>NoSuchKey</Code></Error>", Some("NoSuchKey"), None),
            ("<Response><Errors/></Response>", None, None),
            ("<html><body>Error</body></html>", None, None),
            ("Bad Gateway", None, None),
        ];
        for (body, code, message) in cases {
            let found = failure(body.as_bytes());
            assert_eq!((found.code(), found.message()), (code, message), "{body}");
        }
    }
}
