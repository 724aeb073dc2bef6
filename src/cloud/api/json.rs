//! JSON 1.1: the operation in a header, members in the body.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::error::metadata::ErrorMetadata;
use serde_json::Value;

use super::post;

/// The request of an operation.
pub fn write(target: &str, operation: &str, input: &Value) -> Result<HttpRequest, BoxError> {
    let mut request = post("application/x-amz-json-1.1", serde_json::to_vec(input)?);
    request.headers_mut().try_append("x-amz-target", format!("{target}.{operation}"))?;
    Ok(request)
}

/// The members of an answer; an operation without output answers with nothing.
pub fn read(body: &[u8]) -> Result<Value, BoxError> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    Ok(serde_json::from_slice(body)?)
}

/// The code and the message of an error. Neither is there when something else than the service answers.
pub fn failure(header: Option<&str>, body: &[u8]) -> ErrorMetadata {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let mut found = ErrorMetadata::builder();
    if let Some(code) = header.or_else(|| text("__type")).or_else(|| text("code")) {
        // `namespace#Code:http://...`, of which the middle counts.
        let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
        found = found.code(code.split(':').next().unwrap_or(code));
    }
    if let Some(message) = text("message").or_else(|| text("Message")) {
        found = found.message(message);
    }
    found.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_wherever_services_write_them() {
        let cases = [
            (None, r#"{"__type":"com.amazonaws.logs#X","message":"m"}"#, Some("X"), Some("m")),
            (None, r#"{"__type":"X","Message":"m"}"#, Some("X"), Some("m")),
            (Some("X:http://internal.amazon.com/"), "{}", Some("X"), None),
            (None, "<html>Bad Gateway</html>", None, None),
            (None, "", None, None),
        ];
        for (header, body, code, message) in cases {
            let found = failure(header, body.as_bytes());
            assert_eq!((found.code(), found.message()), (code, message), "{body}");
        }
        assert_eq!(read(b"").expect("nothing"), serde_json::json!({}));
        assert!(read(b"<html>").is_err());
    }
}
