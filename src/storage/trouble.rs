//! What went wrong with a bucket, in words for whoever reads the name of the bucket before them.

use std::io::{self, ErrorKind};

use crate::cloud::objects::Refusal;

/// An error of the object store as one of input and output.
pub fn told(error: object_store::Error) -> io::Error {
    let mut inner: &(dyn std::error::Error + 'static) = &error;
    loop {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            let kind = match refusal.status {
                401 | 403 => ErrorKind::PermissionDenied,
                404 => ErrorKind::NotFound,
                _ => ErrorKind::Other,
            };
            return io::Error::new(kind, refusal.to_string());
        }
        match inner.source() {
            Some(cause) => inner = cause,
            // A page for people, where a proxy answers, is no help.
            None => return io::Error::other(inner.to_string().lines().next().unwrap_or_default().to_owned()),
        }
    }
}
