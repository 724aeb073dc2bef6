//! The HTTP client: through proxies, with further root certificates, and with a log.

use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::config::file;
use super::errors::fatal;
use super::logged;
use crate::kind::RemoteError;
use crate::stack::access::Access;

/// The variables that name a proxy, as most programs read them.
pub const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The client that the arguments and the process want. Its log names the environment of the stack that asks.
pub fn client(access: &Access, environment: Option<&Arc<str>>) -> Result<SharedHttpClient, RemoteError> {
    let from_process = has_variables();
    let named = access.http_proxy.is_some() || access.https_proxy.is_some();
    let tls = tls(access)?;
    let proxies = match named {
        // What neither argument names is reached directly, as with the AWS provider.
        true => (
            proxy("http_proxy", access.http_proxy.as_deref(), access)?,
            proxy("https_proxy", access.https_proxy.as_deref().or(access.http_proxy.as_deref()), access)?,
        ),
        false if from_process => (ProxyConfig::from_env(), ProxyConfig::from_env()),
        false => (ProxyConfig::disabled(), ProxyConfig::disabled()),
    };
    let (http, https) = (through(proxies.0, tls.clone()), through(proxies.1, tls));
    Ok(logged::client(ByScheme { http, https }, environment))
}

fn has_variables() -> bool {
    VARIABLES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The way to servers that are not AWS: through the proxies of the environment, with the certificates of the arguments.
pub fn plain(access: &Access, environment: Option<&Arc<str>>) -> Result<SharedHttpConnector, RemoteError> {
    let tls = tls(access)?;
    let proxy = if has_variables() { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
    let connector = Connector::builder().proxy_config(proxy).tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(logged::connector(SharedHttpConnector::new(connector.tls_context(tls).build()), environment))
}

fn proxy(argument: &str, url: Option<&str>, access: &Access) -> Result<ProxyConfig, RemoteError> {
    let Some(url) = url else { return Ok(ProxyConfig::disabled()) };
    let proxy = ProxyConfig::all(url).map_err(|_| fatal("InvalidProxy", format!("`{argument}` is not a URL")))?;
    Ok(match &access.no_proxy {
        Some(hosts) => proxy.no_proxy(hosts),
        None => proxy,
    })
}

/// The file of further root certificates, and who names it: the argument, else the variable that every SDK reads.
fn bundle(access: &Access) -> Option<(PathBuf, &'static str)> {
    let from_process = || std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let argument = access.ca_bundle.clone().map(|path| (path, "custom_ca_bundle"));
    argument.or_else(|| Some((from_process()?, "AWS_CA_BUNDLE")))
}

/// The system's root certificates and those of the bundle.
fn tls(access: &Access) -> Result<TlsContext, RemoteError> {
    let Some((path, name)) = bundle(access) else { return Ok(TlsContext::default()) };
    let bytes = file(&path, name)?;
    let wrong = |why: String| fatal("InvalidCertificates", format!("{name}: {}: {why}", path.display()));
    let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| wrong("it is not a file of certificates in PEM".to_owned()))?;
    if certificates.is_empty() {
        return Err(wrong("it has no certificates in PEM".to_owned()));
    }
    for certificate in certificates {
        RootCertStore::empty().add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let store = TrustStore::default().with_pem_certificate(bytes);
    TlsContext::builder().with_trust_store(store).build().map_err(|error| wrong(error.to_string()))
}

fn through(proxy: ProxyConfig, tls: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        if let Some(settings) = settings {
            connector = connector.connector_settings(settings.clone());
        }
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls.clone()).build()
    })
}

/// Requests to http URLs take one way, those to https URLs the other.
#[derive(Debug)]
struct ByScheme {
    http: SharedHttpClient,
    https: SharedHttpClient,
}

impl HttpClient for ByScheme {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Ways {
            http: self.http.http_connector(settings, components),
            https: self.https.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct Ways {
    http: SharedHttpConnector,
    https: SharedHttpConnector,
}

impl HttpConnector for Ways {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = if request.uri().starts_with("http://") { &self.http } else { &self.https };
        way.call(request)
    }
}
