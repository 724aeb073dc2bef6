//! An error as AWS reports it.

/// A refused request: code, HTTP status, text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the wire carries in `Code`.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The sentence for people.
    pub message: String,
}

/// What every operation returns.
pub type Answer = Result<serde_json::Value, Failure>;

impl Failure {
    /// An error of the caller, HTTP 400.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), status: 400, message: message.into() }
    }

    /// Something that does not exist, HTTP 404.
    pub fn missing(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), status: 404, message: message.into() }
    }

    /// `InvalidParameterValue`.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    /// `InvalidParameterCombination`.
    pub fn combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombination", message)
    }

    /// The emulator itself could not do its work, for instance because its file cannot be written.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: "InternalFailure".into(), status: 500, message: message.into() }
    }
}
