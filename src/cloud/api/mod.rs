//! Services without a crate of the SDK: a client on the SDK's own runtime.
//!
//! A crate of the SDK costs minutes of compile time, and that of EC2 gigabytes of memory besides, for the few operations
//! that are asked of these services. Signing, credentials, time-outs, the HTTP client and the kinds of errors are those
//! of the SDK, so that [`super::pace`] and [`super::errors`] treat both alike; requests and answers are JSON here,
//! whatever the wire has.

mod ec2;
mod endpoint;
mod form;
pub mod json;
mod object;
mod query;
pub mod xml;

use std::fmt;

use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_runtime::{invocation_id, recursion_detection, request_info, service_clock_skew};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde_json::Value;

/// A service as the client must know it.
#[derive(Debug)]
pub struct Api {
    /// The SDK's name of the service, which names its settings: `CloudWatch Logs`.
    pub id: &'static str,
    /// Its name in the scope of signatures: `logs`.
    pub name: &'static str,
    /// Its name in hosts, which is mostly the same.
    pub host: &'static str,
    /// How requests and answers are written.
    pub protocol: Protocol,
    /// The version of the API.
    pub version: &'static str,
}

/// How requests and answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON 1.1, with what stands before the operation in `X-Amz-Target`.
    Json(&'static str),
    /// Form fields, answered in XML.
    Query,
    /// The same as EC2 has it.
    Ec2,
    /// An object behind a path, answered as it is.
    Object,
}

/// CloudWatch Logs. Source: botocore's model.
pub const LOGS: Api = Api {
    id: "CloudWatch Logs",
    name: "logs",
    host: "logs",
    protocol: Protocol::Json("Logs_20140328"),
    version: "2014-03-28",
};
/// SNS. Source: botocore's model.
pub const SNS: Api = Api { id: "SNS", name: "sns", host: "sns", protocol: Protocol::Query, version: "2010-03-31" };

/// EC2. Source: botocore's model.
pub const EC2: Api = Api { id: "EC2", name: "ec2", host: "ec2", protocol: Protocol::Ec2, version: "2016-11-15" };

/// Systems Manager. Source: botocore's model.
pub const SSM: Api =
    Api { id: "SSM", name: "ssm", host: "ssm", protocol: Protocol::Json("AmazonSSM"), version: "2014-11-06" };
/// Secrets Manager. Source: botocore's model.
pub const SECRETS: Api = Api {
    id: "Secrets Manager",
    name: "secretsmanager",
    host: "secretsmanager",
    protocol: Protocol::Json("secretsmanager"),
    version: "2017-10-17",
};
/// Key Management Service. Source: botocore's model.
pub const KMS: Api =
    Api { id: "KMS", name: "kms", host: "kms", protocol: Protocol::Json("TrentService"), version: "2014-11-01" };

/// AWS Price List Service. Source: botocore's model.
pub const PRICING: Api = Api {
    id: "Pricing",
    name: "pricing",
    host: "api.pricing",
    protocol: Protocol::Json("AWSPriceListService"),
    version: "2017-10-15",
};

/// S3, whose objects are read. Source: botocore's model.
pub const S3: Api = Api { id: "S3", name: "s3", host: "s3", protocol: Protocol::Object, version: "2006-03-01" };

/// A client of one service in one region.
#[derive(Debug, Clone)]
pub struct Client(Operation<Request, Value, Failure>);

/// A request before it is written.
#[derive(Debug)]
struct Request {
    operation: &'static str,
    input: Value,
}

/// An error that a service answered.
#[derive(Debug)]
pub struct Failure(ErrorMetadata);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl ProvideErrorMetadata for Failure {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Client {
    /// A client of a service, as the configuration says. Trying again is the business of `Pace`.
    pub fn new(sdk: &SdkConfig, api: &'static Api) -> Self {
        let region = sdk.region().cloned().unwrap_or_else(|| Region::from_static("us-east-1"));
        let mut builder = Operation::builder()
            .service_name(api.id)
            .operation_name("Call")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint::of(sdk, api, region.as_ref()))
            .no_retry()
            .timeout_config(sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
            .with_connection_poisoning()
            .runtime_plugin(signed(sdk, api, region));
        if let Some(client) = sdk.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(sleep) = sdk.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(time) = sdk.time_source() {
            builder = builder.time_source(time);
        }
        if let Some(protection) = sdk.stalled_stream_protection() {
            builder = builder.stalled_stream_protection(protection);
        }
        let write = |request: Request| match api.protocol {
            Protocol::Json(target) => json::write(target, request.operation, &request.input),
            Protocol::Object => object::write(&request.input),
            Protocol::Query => Ok(query::write(api.version, request.operation, &request.input)),
            Protocol::Ec2 => Ok(ec2::write(api.version, request.operation, &request.input)),
        };
        let read = |response: &HttpResponse| read(api.protocol, response);
        Self(builder.serializer(write).deserializer(read).build())
    }

    /// Sends a request once: the members of the operation's input, and those of its output.
    ///
    /// # Errors
    /// As clients of the SDK report them.
    pub async fn send(&self, operation: &'static str, input: &Value) -> Result<Value, SdkError<Failure, HttpResponse>> {
        self.0.invoke(Request { operation, input: input.clone() }).await
    }
}

fn read(protocol: Protocol, response: &HttpResponse) -> Result<Value, OrchestratorError<Failure>> {
    let body = response.body().bytes().unwrap_or_default();
    let good = response.status().is_success();
    let answer = match protocol {
        Protocol::Json(_) if good => json::read(body),
        Protocol::Object if good => object::read(body),
        Protocol::Query if good => query::read(body),
        Protocol::Ec2 if good => ec2::read(body),
        Protocol::Json(_) => {
            let failure = json::failure(response.headers().get("x-amzn-errortype"), body);
            return Err(OrchestratorError::operation(Failure(failure)));
        }
        Protocol::Object | Protocol::Query | Protocol::Ec2 => {
            return Err(OrchestratorError::operation(Failure(xml::failure(body))));
        }
    };
    answer.map_err(OrchestratorError::other)
}

/// What signs requests and tells who sends them, as in a client of the SDK.
fn signed(sdk: &SdkConfig, api: &'static Api, region: Region) -> StaticRuntimePlugin {
    let mut layer = Layer::new("signed");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(region.clone())),
        name: Some(SigningName::from_static(api.name)),
        region_set: None,
        signing_options: match api.protocol {
            Protocol::Object => object::signing(),
            _ => SigningOptions::default(),
        },
    });
    layer.store_put(region);
    layer.store_put(ApiMetadata::new(api.name, api.version));
    if let Some(name) = sdk.app_name() {
        layer.store_put(name.clone());
    }
    let mut components = RuntimeComponentsBuilder::new("signed")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_interceptor(service_clock_skew::ServiceClockSkewInterceptor::new())
        .with_interceptor(request_info::RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(invocation_id::InvocationIdInterceptor::new())
        .with_interceptor(recursion_detection::RecursionDetectionInterceptor::new());
    if let Some(provider) = sdk.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(provider));
    }
    if let Some(cache) = sdk.identity_cache() {
        components = components.with_identity_cache(Some(cache));
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

/// A request to the root of the service.
fn post(content_type: &'static str, body: Vec<u8>) -> HttpRequest {
    let mut request = HttpRequest::new(body.into());
    request.headers_mut().insert("content-type", content_type);
    request.set_method("POST").expect("a method");
    request
}
