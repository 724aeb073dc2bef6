//! AWS Signature Version 4, verified where the emulator is asked to: in the Authorization header, or in the address
//! of a request that was signed beforehand.

mod canonical;
mod claim;
mod keys;

use super::Request;
use super::failure::Failure;
use super::identify::{Call, Protocol};
use claim::Claim;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub use keys::Credentials;

/// Why a signature is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A part of it is missing or cannot be read.
    Incomplete(String),
    /// The access key is nobody's.
    UnknownKey,
    /// It was not made with the secret of its key, or not over this request.
    Mismatch(String),
    /// It was made too long ago, or is yet to be made.
    OutOfTime(String),
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// What AWS says to a request whose signature is no good. A request without one is refused elsewhere.
///
/// `clocks` are the times, in milliseconds since the Unix epoch, that a client may go by: the machine's, and the
/// emulator's own, since SDKs correct themselves by the date of the last answer.
pub fn refusal(credentials: &Credentials, call: &Call, request: &Request, clocks: [u64; 2]) -> Option<Failure> {
    let credential = call.credential.as_deref()?;
    let verified = verify(credentials, credential, scope_of(call.service), request, clocks);
    // A region that cannot be one was not taken for the request's either.
    let region = credential.split('/').nth(2).unwrap_or_default();
    let flaw = match verified {
        Err(flaw) => flaw,
        Ok(()) if region == call.region => return None,
        Ok(()) => Flaw::Mismatch(format!("Credential should be scoped to a valid region, not '{region}'.")),
    };
    Some(flaw.failure(call.protocol))
}

/// Verifies the signature of a request; `credential` is what it signs as, `key/date/region/service/aws4_request`.
pub fn verify(
    credentials: &Credentials,
    credential: &str,
    service: &str,
    request: &Request,
    clocks: [u64; 2],
) -> Result<(), Flaw> {
    let claim = Claim::of(request)?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [key, date, region, scope_service, end] = parts[..] else {
        return Err(Flaw::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        )));
    };
    let secret = credentials.secret(key).ok_or(Flaw::UnknownKey)?;
    claim.check_time(clocks)?;
    claim.check_headers(request)?;
    if !claim.time.starts_with(date) || date.len() != 8 {
        let (want, time) = (&claim.time[..8], &claim.time);
        return Err(Flaw::Mismatch(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{want}', from '{time}'."
        )));
    }
    if scope_service != service {
        return Err(Flaw::Mismatch(format!("Credential should be scoped to correct service: '{service}'.")));
    }
    if end != "aws4_request" {
        return Err(Flaw::Mismatch(format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{end}'."
        )));
    }
    let canonical = canonical::request(request, &claim.headers);
    let scope = format!("{date}/{region}/{service}/{end}");
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", claim.time, hex(&Sha256::digest(canonical)));
    let signing = [date, region, service, end]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part).finalize().into_bytes().to_vec());
    // The comparison takes the same time wherever the two differ.
    let signature = unhex(&claim.signature).unwrap_or_default();
    mac(&signing, &text).verify_slice(&signature).map_err(|_| Flaw::Mismatch(MISMATCH.into()))
}

impl Flaw {
    /// The words of each protocol; EC2 tells less than the others do.
    fn failure(self, protocol: Protocol) -> Failure {
        let (code, status, message) = match (self, protocol) {
            (Self::Incomplete(why), Protocol::Query | Protocol::Ec2) => ("IncompleteSignature", 400, why),
            (Self::Incomplete(why), _) => ("IncompleteSignatureException", 400, why),
            (Self::OutOfTime(_), Protocol::Ec2) => ("RequestExpired", 400, "Request has expired.".into()),
            (Self::UnknownKey | Self::Mismatch(_), Protocol::Ec2) => {
                ("AuthFailure", 401, "AWS was not able to validate the provided access credentials".into())
            }
            (Self::UnknownKey, protocol) => {
                let why = "The security token included in the request is invalid.".into();
                match protocol {
                    Protocol::Query => ("InvalidClientTokenId", 403, why),
                    _ => ("UnrecognizedClientException", 400, why),
                }
            }
            (Self::Mismatch(why) | Self::OutOfTime(why), Protocol::Query) => ("SignatureDoesNotMatch", 403, why),
            (Self::Mismatch(why) | Self::OutOfTime(why), _) => ("InvalidSignatureException", 400, why),
        };
        Failure { status, ..Failure::new(code, message) }
    }
}

/// The name that a service has in the scope of a signature.
fn scope_of(service: &str) -> &str {
    super::service::named(service).map_or(service, |service| service.scope)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text.as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
