//! What is done about an error of a service that no waiting mends.

use crate::kind::RemoteError;

const QUOTA: &str = "a quota of the account in this region is used up: look at it in Service Quotas and ask for more, or delete what is not needed";
const CAPACITY: &str =
    "AWS has no room for these nodes there at the moment: take another node type or other zones, or try again later";
const EXPIRED: &str = "the credentials are too old: get new ones (aws sso login, for instance) and run it again";
const UNKNOWN_KEY: &str =
    "AWS does not know these credentials: look at AWS_PROFILE, the keys, and whether the region is enabled";
const KEY: &str = "the key has to be in this region, enabled, and its policy has to let ElastiCache use it";
const ROLE: &str =
    "make the role once: aws iam create-service-linked-role --aws-service-name elasticache.amazonaws.com";
const CLOCK: &str = "the clock of this machine differs from that of AWS: set it, and run it again";
const TAKEN: &str = "choose another name; cachestack snapshots lists those that are taken";
const OPT_IN: &str = "the region, or the service, is not enabled for the account";

/// Codes, without `Fault` and `Exception` at their end. Source: the service models of botocore, and the common errors of
/// AWS's APIs.
const ADVICE: [(&[&str], &str); 9] = [
    (&["InsufficientCacheClusterCapacity", "InsufficientCapacity"], CAPACITY),
    (&["ExpiredToken", "RequestExpired"], EXPIRED),
    (&["InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClient", "AuthFailure"], UNKNOWN_KEY),
    (&["SignatureDoesNotMatch", "InvalidSignature"], UNKNOWN_KEY),
    (&["InvalidKMSKey", "KMSKeyNotFound"], KEY),
    (&["ServiceLinkedRoleNotFound"], ROLE),
    (&["RequestTimeTooSkewed", "RequestInTheFuture"], CLOCK),
    (&["OptInRequired"], OPT_IN),
    (&["SnapshotAlreadyExists", "ServerlessCacheSnapshotAlreadyExists"], TAKEN),
];

/// The error with what to do about it, where that is known.
pub fn with_advice(error: RemoteError) -> RemoteError {
    let code = ["Fault", "Exception"].iter().fold(&*error.code, |code, end| code.strip_suffix(end).unwrap_or(code));
    let known = ADVICE.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, advice)| *advice);
    let is_quota = code.contains("Quota") || code.ends_with("LimitExceeded");
    let Some(advice) = known.or(is_quota.then_some(QUOTA)) else { return error };
    let said = error.message.trim_end_matches('.');
    let message = if said.is_empty() { advice.to_owned() } else { format!("{said}; {advice}") };
    RemoteError { message, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::ErrorClass;

    #[test]
    fn codes_have_advice() {
        for (code, advice) in [
            ("InsufficientCacheClusterCapacity", CAPACITY),
            ("InsufficientCacheClusterCapacityFault", CAPACITY),
            ("NodeQuotaForCustomerExceededFault", QUOTA),
            ("ClusterQuotaForCustomerExceeded", QUOTA),
            ("SecurityGroupLimitExceeded", QUOTA),
            ("InvalidKMSKeyFault", KEY),
            ("ServiceLinkedRoleNotFoundFault", ROLE),
            ("ExpiredTokenException", EXPIRED),
            ("SnapshotAlreadyExistsFault", TAKEN),
            ("InvalidParameterValue", ""),
        ] {
            let class = ErrorClass::Fatal;
            let error = RemoteError { class, code: code.into(), message: "Said.".into(), request_id: None };
            let want = if advice.is_empty() { "Said.".to_owned() } else { format!("Said; {advice}") };
            assert_eq!(with_advice(error).message, want, "{code}");
        }
    }
}
