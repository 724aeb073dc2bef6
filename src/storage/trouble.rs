//! What went wrong with a bucket, in words for whoever reads the name of the bucket before them.

use std::io::{self, ErrorKind};

use object_store::client::{HttpError, HttpErrorKind};

use crate::cloud::objects::Refusal;

/// An error of the object store as one of input and output: `ConnectionAborted` where nobody knows what became of a
/// request.
pub fn told(error: object_store::Error) -> io::Error {
    let mut lost = false;
    let mut inner: &(dyn std::error::Error + 'static) = &error;
    loop {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            let kind = match refusal.status {
                401 | 403 => ErrorKind::PermissionDenied,
                404 => ErrorKind::NotFound,
                _ => ErrorKind::Other,
            };
            let text = refusal.to_string();
            let hint = if text.starts_with("NoSuchBucket") { ": make it, or name another place" } else { "" };
            return io::Error::new(kind, format!("{text}{hint}"));
        }
        if let Some(error) = inner.downcast_ref::<HttpError>()
            && matches!(error.kind(), HttpErrorKind::Interrupted | HttpErrorKind::Timeout | HttpErrorKind::Connect)
        {
            lost = true;
        }
        match inner.source() {
            Some(cause) => inner = cause,
            None => {
                let kind = if lost { ErrorKind::ConnectionAborted } else { ErrorKind::Other };
                // A page for people, where a proxy answers, is no help.
                return io::Error::new(kind, inner.to_string().lines().next().unwrap_or_default().to_owned());
            }
        }
    }
}
