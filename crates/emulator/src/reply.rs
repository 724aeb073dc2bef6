//! Writes an answer or a refusal in the protocol that the request came in.

use super::Response;
use super::failure::{Answer, Failure};
use super::identify::{Call, Protocol};
use super::wire::{cbor, json, timestamp_text, xml};
use serde_json::Value;

/// The response to a call: its id, the time and the answer.
pub fn write(call: &Call, id: &str, now: u64, answer: Answer) -> Response {
    let mut headers = vec![("x-amzn-RequestId".to_owned(), id.to_owned()), ("Date".to_owned(), http_date(now))];
    let output = call.model.operations.get(&call.operation).and_then(|operation| operation.output.as_deref());
    let (status, kind, body) = match (&answer, call.protocol) {
        (Ok(value), Protocol::Query) => (200, "text/xml", query_answer(call, id, output, value).into_bytes()),
        (Ok(value), Protocol::Ec2) => (200, "text/xml;charset=UTF-8", ec2_answer(call, id, output, value).into_bytes()),
        (Ok(value), Protocol::Json(version)) => (200, json_type(version), json::encode(call.model, output, value)),
        (Ok(value), Protocol::Cbor) => (200, "application/cbor", cbor::encode(call.model, output, value)),
        (Err(failure), Protocol::Query) => (failure.status, "text/xml", query_error(call, id, failure).into_bytes()),
        (Err(failure), Protocol::Ec2) => {
            (failure.status, "text/xml;charset=UTF-8", ec2_error(id, failure).into_bytes())
        }
        (Err(failure), protocol) => {
            // Clients of a service that once spoke Query expect the old code beside the new shape's name.
            if call.service == "cloudwatch" {
                let side = if failure.status < 500 { "Sender" } else { "Receiver" };
                headers.push(("x-amzn-query-error".into(), format!("{};{side}", failure.code)));
            }
            let name = shape_name(call.service, &failure.code);
            match protocol {
                Protocol::Cbor => (
                    failure.status,
                    "application/cbor",
                    cbor::encode_error(&format!("com.amazonaws.{}#{name}", call.service), &failure.message),
                ),
                _ => {
                    let body = serde_json::json!({ "__type": name, "message": failure.message });
                    let version = if let Protocol::Json(version) = protocol { version } else { "1.1" };
                    (failure.status, json_type(version), body.to_string().into_bytes())
                }
            }
        }
    };
    if call.protocol == Protocol::Cbor {
        headers.push(("smithy-protocol".into(), "rpc-v2-cbor".into()));
    }
    headers.push(("Content-Type".into(), kind.into()));
    Response { status, headers, body }
}

/// The shape behind an error code where they differ (`ResourceNotFound` of CloudWatch is a shape of that name).
fn shape_name<'a>(service: &str, code: &'a str) -> &'a str {
    match (service, code) {
        ("cloudwatch", "LimitExceeded") => "LimitExceededFault",
        ("cloudwatch", "InvalidFormat") => "InvalidFormatFault",
        ("cloudwatch", "InvalidParameterValue") => "InvalidParameterValueException",
        ("cloudwatch", "InvalidParameterCombination") => "InvalidParameterCombinationException",
        ("cloudwatch", "MissingParameter") => "MissingRequiredParameterException",
        (_, code) => code,
    }
}

fn json_type(version: &str) -> &'static str {
    if version == "1.0" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
}

fn query_answer(call: &Call, id: &str, output: Option<&str>, value: &Value) -> String {
    let name = &call.operation;
    let members = xml::members(call.model, output, value, false);
    let result = match call.model.operations.get(name).and_then(|operation| operation.wrapper.as_deref()) {
        Some(wrapper) => format!("<{wrapper}>{members}</{wrapper}>"),
        None => members,
    };
    let namespace = &call.model.namespace;
    format!(
        "<{name}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{name}Response>"
    )
}

fn ec2_answer(call: &Call, id: &str, output: Option<&str>, value: &Value) -> String {
    let (name, namespace) = (&call.operation, &call.model.namespace);
    let members = match output {
        Some(shape) => xml::members(call.model, Some(shape), value, true),
        None => "<return>true</return>".into(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}Response xmlns=\"{namespace}\"><requestId>{id}</requestId>{members}</{name}Response>"
    )
}

fn query_error(call: &Call, id: &str, failure: &Failure) -> String {
    let side = if failure.status < 500 { "Sender" } else { "Receiver" };
    let mut text = format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{side}</Type><Code>{}</Code><Message>",
        call.model.namespace, failure.code
    );
    xml::escape(&failure.message, &mut text);
    text.push_str(&format!("</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"));
    text
}

fn ec2_error(id: &str, failure: &Failure) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code><Message>",
        failure.code
    );
    xml::escape(&failure.message, &mut text);
    text.push_str(&format!("</Message></Error></Errors><RequestID>{id}</RequestID></Response>"));
    text
}

fn http_date(ms: u64) -> String {
    match jiff::Timestamp::from_millisecond(ms as i64) {
        Ok(time) => time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        Err(_) => timestamp_text(0),
    }
}
