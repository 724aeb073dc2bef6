//! TLS by rustls: a handshake whose certificate is verified, and what its failure says.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::clock::{Clock, SystemClock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::link::{Broken, Stream};
use super::{Check, Target};

/// A certificate that goes so soon is worth a word.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// A connection with TLS, and what is to be said of the certificate.
///
/// # Errors
/// What is wrong with TLS.
pub fn sealed(target: &Target, stream: TcpStream) -> Result<(Box<dyn Stream>, Check), Broken> {
    let config = config(target).map_err(Broken::Other)?;
    let name = ServerName::try_from(target.host.clone()).map_err(|error| Broken::Other(error.to_string()))?;
    let client = ClientConnection::new(config, name).map_err(|error| why(&error))?;
    let mut sealed = StreamOwned::new(client, stream);
    while sealed.conn.is_handshaking() {
        if let Err(error) = sealed.conn.complete_io(&mut sealed.sock) {
            return Err(of_handshake(&error));
        }
    }
    let end = sealed.conn.peer_certificates().and_then(|all| end_of(all.first()?));
    Ok((Box::new(sealed), of_certificate(end)))
}

/// That it goes soon, or when it goes.
fn of_certificate(end: Option<SystemTime>) -> Check {
    let Some(end) = end else { return Check::fine("tls", "the certificate is verified") };
    let left = end.duration_since(SystemClock.now()).unwrap_or_default();
    let (day, days) = (day(end), left.as_secs() / 86_400);
    if left < SOON {
        let remedy = "AWS renews its certificates by itself before that; a certificate of your own needs it now.";
        return Check::finding("tls", format!("the certificate ends in {days} days ({day})"), remedy);
    }
    Check::fine("tls", format!("the certificate is verified, and holds until {day}"))
}

fn day(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| "?".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// When a certificate ends.
fn end_of(certificate: &CertificateDer) -> Option<SystemTime> {
    use x509_cert::der::Decode;
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    Some(SystemTime::UNIX_EPOCH + certificate.tbs_certificate.validity.not_after.to_unix_duration())
}

/// The certificates of a file, as PEM.
///
/// # Errors
/// It cannot be read, or has none.
pub fn roots(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() { Err(wrong(&"it has no certificate in the form PEM")) } else { Ok(roots) }
}

fn config(target: &Target) -> Result<Arc<ClientConfig>, String> {
    let roots = match &target.roots {
        Some(file) => roots(file)?,
        None => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        }
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// What a handshake that was cut off says: a server without TLS answers in its own way, not at all, or hangs up.
fn of_handshake(error: &io::Error) -> Broken {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof, WouldBlock};
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return why(error);
    }
    match error.kind() {
        TimedOut | WouldBlock | UnexpectedEof | ConnectionReset => Broken::NoTls,
        _ => Broken::Other(error.to_string()),
    }
}

fn why(error: &rustls::Error) -> Broken {
    let time = |time: &rustls::pki_types::UnixTime| day(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()));
    match error {
        rustls::Error::InvalidMessage(_) => Broken::NoTls,
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired => Broken::Expired("at an unknown time".to_owned()),
            CertificateError::ExpiredContext { not_after, .. } => Broken::Expired(time(not_after)),
            CertificateError::NotValidYet => Broken::NotYet("from an unknown time on".to_owned()),
            CertificateError::NotValidYetContext { not_before, .. } => Broken::NotYet(time(not_before)),
            CertificateError::NotValidForName => Broken::Name("other names".to_owned()),
            CertificateError::NotValidForNameContext { presented, .. } => Broken::Name(names(presented)),
            other => Broken::Untrusted(other.to_string()),
        },
        other => Broken::Other(other.to_string()),
    }
}

/// The names of a certificate, without the words of the library around them: `DnsName("a")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once("(\"").and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name.to_owned());
        inner.unwrap_or_else(|| name.clone())
    };
    let all: Vec<String> = presented.iter().map(bare).collect();
    if all.is_empty() { "no name".to_owned() } else { all.join(", ") }
}
