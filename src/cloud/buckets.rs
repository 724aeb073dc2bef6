//! Objects in buckets of S3: read, never written.

use serde_json::json;

use super::{Place, stored};
use crate::kind::{Buckets, Stored};

/// The built-in emulator has no buckets.
#[derive(Debug)]
pub(super) struct NoBuckets;

impl Buckets for NoBuckets {
    fn fetch(&self, _: &Stored) -> Result<Option<Vec<u8>>, String> {
        Err("the built-in emulator has no buckets".to_owned())
    }
}

/// The buckets that an account can read.
#[derive(Debug)]
pub(super) struct Objects(pub Place);

impl Buckets for Objects {
    fn fetch(&self, stored: &Stored) -> Result<Option<Vec<u8>>, String> {
        let input = json!({ "Bucket": stored.bucket, "Key": stored.key });
        let region = stored.region.as_deref().unwrap_or(&self.0.region);
        let found = stored::wait(async {
            let service = self.0.account.objects(region, stored.endpoint.as_deref()).await?;
            let sent = service.pace.send(|| service.client.send("GetObject", &input)).await;
            stored::optional(sent, &["NoSuchKey"])
        })?;
        Ok(found.and_then(|body| Some(body.as_str()?.as_bytes().to_vec())))
    }
}
