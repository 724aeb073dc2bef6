//! What went wrong, from the SDK's words to ours: one code, one message, and what to do about it.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::catalog::permissions;
use crate::kind::{ErrorClass, RemoteError};

/// Codes that ask for a slower pace. The call was not carried out.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "SlowDown",
    "Http429",
];

/// Codes after which the same request may well succeed. The skew ones do once the SDK has learned the server's time.
const TRANSIENT: &[&str] = &[
    "InternalFailure",
    "InternalError",
    "InternalServerError",
    "InternalServiceFault",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    "RequestTimeout",
    "RequestTimeoutException",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "AuthFailure",
    "AuthorizationError",
    "OptInRequired",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "Http401",
    "Http403",
];

/// The code of an error that means that nobody could sign the request.
pub const NO_CREDENTIALS: &str = "NoCredentials";

/// An error that was found before anything was sent, or that no waiting mends.
pub fn fatal(code: &str, message: impl Into<String>) -> RemoteError {
    RemoteError { class: ErrorClass::Fatal, code: code.to_owned(), message: message.into(), request_id: None }
}

/// Reads what the SDK reports.
pub fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> RemoteError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => answered(error),
        SdkError::TimeoutError(_) => transient("Timeout", "no answer in time".into()),
        SdkError::DispatchFailure(failure) => {
            let text = chain(error);
            if failure.is_timeout() {
                transient("Timeout", text)
            } else if lacks_credentials(error) {
                RemoteError { class: ErrorClass::Denied, code: NO_CREDENTIALS.into(), message: text, request_id: None }
            } else if failure.is_user() {
                fatal("NotSent", text)
            } else if text.contains(UNTRUSTED) {
                fatal("UntrustedCertificate", format!("{text}; {OWN_AUTHORITY}"))
            } else {
                // Whether the request arrived before the connection broke, nobody knows.
                let proxy = if text.contains(TUNNEL) { THROUGH_A_PROXY } else { "" };
                transient("ConnectionFailed", format!("{text}{proxy}"))
            }
        }
        _ => fatal("NotSent", chain(error)),
    }
}

/// Codes of refusals that a policy of IAM can turn into leave.
const UNPERMITTED: [&str; 5] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "AuthorizationError"];

/// Says which action of IAM is missing, and where to find all that are needed, where the credentials are not allowed it.
pub fn with_action(error: RemoteError, action: Option<&str>) -> RemoteError {
    let Some(action) = action.filter(|_| UNPERMITTED.contains(&error.code.as_str())) else { return error };
    let policy = permissions::purpose(action);
    let policy = policy.map(|purpose| format!(" (cachestack iam-policy --for {purpose} prints what is needed)"));
    let said = error.message.trim_end_matches('.');
    let message = format!("{said}; the credentials are not allowed {action}{}", policy.unwrap_or_default());
    RemoteError { message, ..error }
}

/// How rustls begins what it says of a certificate that it does not take.
const UNTRUSTED: &str = "invalid peer certificate";
const OWN_AUTHORITY: &str = "nothing was sent. Where a proxy or an endpoint has a certificate of an authority of your own, name the file of its root: AWS_CA_BUNDLE, or custom_ca_bundle of the provider";

/// How the client begins what it says of a proxy.
const TUNNEL: &str = "tunnel error";
const THROUGH_A_PROXY: &str = "; the way goes through a proxy, which HTTPS_PROXY or https_proxy of the provider names; NO_PROXY names what is reached without it";

fn transient(code: &str, message: String) -> RemoteError {
    RemoteError { class: ErrorClass::Transient, code: code.into(), message, request_id: None }
}

fn answered<E>(error: &SdkError<E, HttpResponse>) -> RemoteError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let response = error.raw_response();
    let status = response.map_or(0, |response| response.status().as_u16());
    let headers = response.map(HttpResponse::headers);
    let request_id = headers.and_then(|all| all.get("x-amzn-requestid").or_else(|| all.get("x-amz-request-id")));
    let (code, message) = match error.code() {
        // Of what somebody else says no line may look like one of ours.
        Some(code) => (one_line(code), one_line(error.message().unwrap_or_default())),
        None if status >= 400 => {
            (format!("Http{status}"), format!("HTTP status {status}, without the name of an error"))
        }
        // A 200 that cannot be parsed: a proxy's page, or a service that is not what the endpoint says.
        None => ("UnreadableAnswer".to_owned(), chain(error)),
    };
    RemoteError { class: class(&code, &message, status), code, message, request_id: request_id.map(str::to_owned) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an error of a service asks for.
pub fn class(code: &str, message: &str, status: u16) -> ErrorClass {
    if THROTTLED.contains(&code) {
        return ErrorClass::Throttled;
    }
    if TRANSIENT.contains(&code) || status >= 500 {
        return ErrorClass::Transient;
    }
    if DENIED.contains(&code) {
        return ErrorClass::Denied;
    }
    match code {
        "NoOperationFault" | "InvalidPermission.Duplicate" | "InvalidPermission.NotFound" | "TagNotFound" => {
            ErrorClass::NoChange
        }
        "InvalidParameterCombination" | "InvalidParameterValue"
            if ["No modifications were requested", "is not a member of the Global"]
                .iter()
                .any(|text| message.contains(text)) =>
        {
            ErrorClass::NoChange
        }
        "InvalidGroup.Duplicate" => ErrorClass::AlreadyExists,
        // The later ones are those of CloudWatch Logs and SNS where changes of one object meet: none was carried out.
        "DependencyViolation"
        | "CacheSubnetGroupInUse"
        | "IncorrectState"
        | "OperationAbortedException"
        | "ConcurrentAccess"
        | "StaleTag" => ErrorClass::Busy,
        _ if ["AlreadyExists", "AlreadyExistsFault", "AlreadyExistsException"]
            .iter()
            .any(|end| code.ends_with(end)) =>
        {
            ErrorClass::AlreadyExists
        }
        _ if is_not_found(code) => ErrorClass::NotFound,
        _ if is_busy(code, message) => ErrorClass::Busy,
        _ => ErrorClass::Fatal,
    }
}

fn is_not_found(code: &str) -> bool {
    ["NotFound", "NotFoundFault", "NotFoundException"].iter().any(|end| code.ends_with(end))
}

/// `Invalid...State` means "not now", except where the message says "not ever".
fn is_busy(code: &str, message: &str) -> bool {
    let of_state = code.starts_with("Invalid") && (code.ends_with("State") || code.ends_with("StateFault"));
    let never = match code {
        "InvalidVPCNetworkStateFault" => true,
        "InvalidCacheClusterState" => {
            message.contains("serving as primary") || message.contains("only member of a replication group")
        }
        // The groups that AWS itself keeps cannot be changed or deleted.
        "InvalidCacheParameterGroupState" => message.to_lowercase().contains("default"),
        _ => false,
    };
    of_state && !never
}

/// Turns "not found" into a fatal error where something other than the object itself is missing.
pub fn own_not_found(mut error: RemoteError, own: &[&str]) -> RemoteError {
    if error.class == ErrorClass::NotFound && !own.contains(&error.code.as_str()) {
        error.class = ErrorClass::Fatal;
    }
    error
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).into_iter().any(|cause| {
        cause.downcast_ref::<CredentialsError>().is_some() || cause.to_string().contains("identity resolver")
    })
}

/// Every sentence of an error and of what caused it, outermost first, without repetition.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut all = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        all.push(error);
        next = error.source();
    }
    all
}
