//! Buckets as `object_store` sees them: its requests by way of the SDK's HTTP client, so that proxies and certificates
//! are those of every other request, and for S3 the credentials of the SDK.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest as Asked;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Full};
use hyper::http::request::Parts;
use hyper::http::{HeaderName, HeaderValue};
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, CredentialProvider, ObjectStore, RetryConfig};

use super::api::xml;
use super::{Endpoint, Settings, config, http};
use crate::clock::Clock;
use crate::diag::visible;
use crate::kind::RemoteError;
use crate::stack::access::Access;
use crate::stack::location::{Bucket, Service};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long it is tried again, and how often.
const PATIENCE: Duration = Duration::from_secs(60);
const TRIES: usize = 5;
/// Credentials that end within this time are fetched anew.
const MARGIN: Duration = Duration::from_secs(300);

/// Opens a bucket with the credentials of the process. `certificates` is a file of further root certificates, as PEM;
/// `environment` is that of the stack, for the log.
///
/// # Errors
/// What is wrong with the configuration; no request is sent to the bucket.
pub async fn open(
    bucket: &Bucket,
    certificates: Option<&str>,
    clock: Arc<dyn Clock>,
    environment: Option<&Arc<str>>,
) -> io::Result<Arc<dyn ObjectStore>> {
    let access = Access { ca_bundle: certificates.map(Into::into), ..Access::default() };
    let wire = Wire(http::plain(&access, environment).map_err(wrong)?);
    match bucket.service {
        Service::S3 => s3(bucket, access, wire, clock).await,
        Service::Google => google(bucket, wire),
        Service::Azure => azure(bucket, wire),
    }
}

async fn s3(bucket: &Bucket, access: Access, wire: Wire, clock: Arc<dyn Clock>) -> io::Result<Arc<dyn ObjectStore>> {
    let option = |name: &str| bucket.options.get(name).cloned();
    let access = Access { profile: option("profile"), ..access };
    let settings =
        Settings { region: option("region"), access: Arc::new(access), ..Settings::new(Endpoint::Aws, clock.clone()) };
    let loaded = config::load(&settings).await.map_err(wrong)?.sdk;
    let region = loaded.region().map(|region| region.as_ref().to_owned());
    let provider = loaded.credentials_provider();
    let provider = provider.ok_or_else(|| io::Error::other("there are no credentials for it"))?;
    let credentials = SdkCredentials { provider, clock, kept: Mutex::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(region.ok_or_else(|| io::Error::other("no region: write ?region=REGION, or set AWS_REGION"))?)
        .with_credentials(Arc::new(credentials))
        .with_retry(retry())
        .with_http_connector(wire);
    if let Some(key) = option("kms_key_id") {
        builder = builder.with_sse_kms_encryption(key);
    }
    builder = match option("endpoint").or_else(|| config::url_of(&loaded, "S3")).map(server).transpose()? {
        // A server of another maker need not know names of buckets as names of hosts, nor delete many at once.
        Some(url) => builder
            .with_endpoint(url)
            .with_allow_http(true)
            .with_virtual_hosted_style_request(false)
            .with_disable_bulk_delete(true),
        None => builder.with_virtual_hosted_style_request(!bucket.name.contains('.')),
    };
    Ok(Arc::new(builder.build().map_err(io::Error::other)?))
}

/// The credentials are those that the crate finds in the environment.
fn google(bucket: &Bucket, wire: Wire) -> io::Result<Arc<dyn ObjectStore>> {
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(&bucket.name)
        .with_retry(retry())
        .with_http_connector(wire);
    if let Some(url) = bucket.options.get("endpoint").cloned().map(server).transpose()? {
        builder = builder.with_base_url(&url);
    }
    Ok(Arc::new(builder.build().map_err(io::Error::other)?))
}

/// The credentials are those that the crate finds in the environment.
fn azure(bucket: &Bucket, wire: Wire) -> io::Result<Arc<dyn ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_container_name(&bucket.name)
        .with_retry(retry())
        .with_http_connector(wire);
    if let Some(account) = bucket.options.get("account") {
        builder = builder.with_account(account);
    }
    if let Some(url) = bucket.options.get("endpoint").cloned().map(server).transpose()? {
        builder = builder.with_endpoint(url).with_allow_http(true);
    }
    Ok(Arc::new(builder.build().map_err(io::Error::other)?))
}

/// The URL of a server that speaks HTTP; the crate breaks off at another one.
fn server(url: String) -> io::Result<String> {
    let is_one = url::Url::parse(&url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let why = || format!("the endpoint \"{}\" is no URL: write http://HOST:PORT or https://HOST", visible::line(&url));
    if is_one { Ok(url) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, why())) }
}

fn wrong(error: RemoteError) -> io::Error {
    io::Error::other(error.to_string())
}

fn retry() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: TRIES, retry_timeout: PATIENCE }
}

/// A request that was refused for good.
#[derive(Debug)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    code: Option<String>,
    message: Option<String>,
    /// The action of IAM that would have allowed it, where that is what is missing.
    action: Option<&'static str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => write!(f, "{text}"),
            (None, None) => write!(f, "refused with status {}", self.status),
        }?;
        self.action.map_or(Ok(()), |action| write!(f, " (it takes {action})"))
    }
}

impl std::error::Error for Refusal {}

/// The SDK's HTTP client.
#[derive(Debug, Clone)]
struct Wire(SharedHttpConnector);

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let wrong =
            |error: Box<dyn std::error::Error + Send + Sync>| HttpError::new_boxed(HttpErrorKind::Unknown, error);
        let bytes = body.collect().await?.to_bytes();
        let action = action(&parts);
        let mut asked = Asked::new(SdkBody::from(bytes.as_ref()));
        asked.set_method(parts.method.as_str()).map_err(|error| wrong(error.into()))?;
        asked.set_uri(parts.uri.to_string()).map_err(|error| wrong(error.into()))?;
        for (name, value) in &parts.headers {
            let value = value.to_str().map_err(|error| wrong(error.into()))?.to_owned();
            asked.headers_mut().try_append(name.as_str().to_owned(), value).map_err(|error| wrong(error.into()))?;
        }
        let late = |error| HttpError::new(HttpErrorKind::Timeout, error);
        let answer = tokio::time::timeout(ANSWER, self.0.call(asked)).await.map_err(late)?.map_err(failed)?;
        let status = answer.status().as_u16();
        let headers: Vec<(String, String)> =
            answer.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = tokio::time::timeout(ANSWER, answer.into_body().collect()).await.map_err(late)?;
        let body = body.map_err(|error| HttpError::new_boxed(HttpErrorKind::Interrupted, error))?.to_bytes();
        if let Some(refusal) = refusal(status, &body, action) {
            return Err(HttpError::new(HttpErrorKind::Unknown, refusal));
        }
        let none = |never: std::convert::Infallible| match never {};
        let mut response = HttpResponse::new(HttpResponseBody::new(Full::new(body).map_err(none)));
        *response.status_mut() = status.try_into().map_err(|_| wrong("a status that is none".into()))?;
        for (name, value) in headers {
            let name = HeaderName::try_from(name).map_err(|error| wrong(error.into()))?;
            let value = HeaderValue::try_from(value).map_err(|error| wrong(error.into()))?;
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}

/// What is refused for good, in the words of the service. A bucket that is missing is not an object that is missing.
fn refusal(status: u16, body: &[u8], action: &'static str) -> Option<Refusal> {
    let told = xml::failure(body);
    let code = told.code().map(str::to_owned);
    let for_good = match status {
        404 => matches!(code.as_deref(), Some("NoSuchBucket" | "ContainerNotFound")),
        409 | 412 | 429 => false,
        // Nothing of this becomes better with time.
        501 | 505 => true,
        _ => (400..500).contains(&status),
    };
    let action = Some(action).filter(|action| status == 403 && !action.is_empty());
    for_good.then(|| Refusal { status, code, message: told.message().map(str::to_owned), action })
}

/// The action of IAM that allows a request to S3; nothing for other stores. S3 refuses to say that an object is missing
/// to whoever may not list the bucket.
fn action(request: &Parts) -> &'static str {
    let lists = request.uri.query().is_some_and(|query| query.contains("list-type="));
    match request.method.as_str() {
        _ if !request.headers.contains_key("x-amz-date") => "",
        "GET" if lists => "s3:ListBucket",
        "GET" | "HEAD" => "s3:GetObject, and s3:ListBucket where the object is not there",
        "PUT" => "s3:PutObject",
        _ => "s3:DeleteObject",
    }
}

fn failed(error: ConnectorError) -> HttpError {
    let kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        // What is wrong with the request does not become better.
        () if error.is_user() => HttpErrorKind::Unknown,
        () => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, error)
}

fn without(error: &CredentialsError) -> object_store::Error {
    let message = format!("there are no credentials for it ({error}): name a profile by AWS_PROFILE, or sign in");
    let refusal = Refusal { status: 401, code: None, message: Some(message), action: None };
    object_store::Error::Generic { store: "S3", source: refusal.into() }
}

/// Credentials of the SDK, kept until shortly before they end.
#[derive(Debug)]
struct SdkCredentials {
    provider: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Credentials>>,
}

impl SdkCredentials {
    fn kept(&self) -> Option<Credentials> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let soon: SystemTime = self.clock.now() + MARGIN;
        kept.expiry().is_none_or(|end| end > soon).then_some(kept)
    }
}

#[async_trait]
impl CredentialProvider for SdkCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let credentials = match self.kept() {
            Some(kept) => kept,
            None => {
                let fetched = self.provider.provide_credentials().await;
                let fetched = fetched.map_err(|error| without(&error))?;
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetched.clone());
                fetched
            }
        };
        Ok(Arc::new(AwsCredential {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            token: credentials.session_token().map(str::to_owned),
        }))
    }
}
