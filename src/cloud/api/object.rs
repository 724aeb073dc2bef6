//! Objects of S3: the bucket and the name of the object in the path, the bytes as the answer.

use aws_runtime::auth::SigningOptions;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::form::encoded;

/// The request for an object: `Bucket` and `Key` of the input.
pub fn write(input: &Value) -> Result<HttpRequest, BoxError> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    let parts: Vec<String> = text("Key").split('/').map(encoded).collect();
    let mut request = HttpRequest::new(Vec::new().into());
    request.set_method("GET")?;
    request.set_uri(format!("/{}/{}", encoded(text("Bucket")), parts.join("/")))?;
    Ok(request)
}

/// The text of an object.
pub fn read(body: &[u8]) -> Result<Value, BoxError> {
    Ok(Value::String(std::str::from_utf8(body)?.to_owned()))
}

/// S3 signs paths as they are, and wants the hash of the body in a header.
pub fn signing() -> SigningOptions {
    let mut options = SigningOptions::default();
    options.double_uri_encode = false;
    options.normalize_uri_path = false;
    options.content_sha256_header = true;
    options
}
