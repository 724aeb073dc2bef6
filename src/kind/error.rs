//! Why a read or a call failed, and what to do about it.

/// Why a read or a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    /// What to do about it.
    pub class: ErrorClass,
    /// The code on the wire, or a word for what went wrong before.
    pub code: String,
    /// What AWS said.
    pub message: String,
    /// The id of the request, for a support case.
    pub request_id: Option<String>,
}

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Wait and try again, slower: nothing was done for sure.
    Throttled,
    /// Wait and try again: time-outs, server errors, answers that were lost. Whether something was done nobody knows.
    Transient,
    /// The object, or one that it hangs on, is busy: try again when it has settled.
    Busy,
    /// There is no such object.
    NotFound,
    /// There is one of that name already.
    AlreadyExists,
    /// Nothing had to be done.
    NoChange,
    /// The credentials do not allow it.
    Denied,
    /// Anything that will not get better by waiting.
    Fatal,
}

impl ErrorClass {
    /// Whether the same may go well a moment later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient)
    }
}

impl std::fmt::Display for RemoteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}
