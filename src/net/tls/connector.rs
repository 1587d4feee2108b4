//! TLS for clients: whose certificates are believed (RFC 5280, RFC 9525), and handshakes.

use super::client_certificates;
use super::client_certificates::{Verified, verify_by_key};
use super::keys::{Keys, certificates, certified};
use crate::net::error::Error;
use crate::net::error::words::{self, Peer, SelfSigned};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The system's roots, read when they are first needed.
static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();

/// What a client's TLS is made of.
pub struct ConnectorOptions<'a> {
    /// PEM, roots in place of the system's.
    pub ca: Option<&'a [u8]>,
    /// A certificate of the client's own.
    pub keys: Option<Keys<'a>>,
    pub tls12: bool,
    pub tls13: bool,
    /// Whether the server's certificate has to be valid.
    pub reject_unauthorized: bool,
}

/// A client's side of handshakes.
pub struct Connector {
    connector: TlsConnector,
}

/// Why there is no TLS with a server.
#[derive(Debug, thiserror::Error)]
#[error("the TLS handshake failed: {message}")]
pub struct ConnectError {
    code: &'static str,
    message: String,
}

impl ConnectError {
    /// Node's name for what is wrong with a certificate, else `SMTP_ERR_TLS`.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl Connector {
    /// Makes roots, keys and settings ready for handshakes.
    ///
    /// # Errors
    /// [`Error::Roots`], [`Error::Certificate`], [`Error::Key`] and [`Error::Tls`], none of which
    /// shows a key.
    pub fn new(options: &ConnectorOptions<'_>) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let versions = [(options.tls13, &TLS13), (options.tls12, &TLS12)];
        let versions: Vec<_> = versions
            .into_iter()
            .filter_map(|(wanted, version)| wanted.then_some(version))
            .collect();
        let verifier = Arc::new(Servers::new(options, &provider)?);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| Error::Tls(words::of_settings(&error)))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match options.keys {
            None => builder.with_no_client_auth(),
            Some(keys) => {
                let keys = certified(keys, &ring::default_provider())?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(keys)))
            }
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)) })
    }

    /// Carries out a client's handshake with the server of this name or IP address.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect<S>(&self, stream: S, server: &str) -> Result<TlsStream<S>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(server.to_owned()).map_err(|_| ConnectError {
            code: "ERR_TLS_CERT_ALTNAME_INVALID",
            message: format!("no certificate can be for '{server}'"),
        })?;
        self.connector.connect(name, stream).await.map_err(|error| explained(&error))
    }
}

fn explained(error: &io::Error) -> ConnectError {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let code = match cause {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other))) => {
            match other.0.downcast_ref::<SelfSigned>() {
                Some(SelfSigned) => "DEPTH_ZERO_SELF_SIGNED_CERT",
                None => "CERT_REJECTED",
            }
        }
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "ERR_TLS_CERT_ALTNAME_INVALID",
        Some(error @ rustls::Error::InvalidCertificate(_)) => client_certificates::code(error),
        _ => "SMTP_ERR_TLS",
    };
    ConnectError { code, message: words::of_handshake(error, Peer::Server) }
}

/// Verifies what servers show.
#[derive(Debug)]
struct Servers {
    /// None where any certificate will do.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    /// Certificates that are roots of their own, even of themselves.
    given: Vec<CertificateDer<'static>>,
}

impl Servers {
    fn new(options: &ConnectorOptions<'_>, provider: &Arc<CryptoProvider>) -> Result<Self, Error> {
        if !options.reject_unauthorized {
            return Ok(Self { verifier: None, provider: provider.clone(), given: Vec::new() });
        }
        let given = options.ca.map(certificates).transpose().map_err(Error::Roots)?;
        let roots = match &given {
            Some(given) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(given.iter().cloned());
                Arc::new(roots)
            }
            None => system()?,
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
            .build()
            .map_err(|_| Error::Roots("none of them can be read as a root".to_owned()))?;
        let given = given.unwrap_or_default();
        Ok(Self { verifier: Some(verifier), provider: provider.clone(), given })
    }

    fn judge(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let Some(verifier) = &self.verifier else { return Ok(()) };
        match verifier.verify_server_cert(own, others, name, &[], now) {
            Ok(_) => Ok(()),
            // A root that stands for itself, which is no use of a root by the book. That it is
            // valid now was looked at before that.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.given.iter().any(|given| given == own) =>
            {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)
            }
            Err(error) if others.is_empty() && !is_about_time_or_name(&error) => {
                if !is_self_signed(own, &self.provider) {
                    return Err(error);
                }
                Err(CertificateError::Other(rustls::OtherError(Arc::new(SelfSigned))).into())
            }
            Err(error) => Err(error),
        }
    }

    /// Where any certificate will do, one that the verifier cannot read proves its key as well:
    /// those of X.509 version 1 have no extensions.
    fn or_by_key_alone(
        &self,
        verified: Verified<HandshakeSignatureValid>,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Verified<HandshakeSignatureValid> {
        match verified {
            Err(rustls::Error::InvalidCertificate(_)) if self.verifier.is_none() => {
                let algorithms = &self.provider.signature_verification_algorithms;
                verify_by_key(message, certificate, signature, algorithms)
            }
            verified => verified,
        }
    }
}

/// The roots of the system.
fn system() -> Result<Arc<RootCertStore>, Error> {
    if let Some(roots) = SYSTEM.get() {
        return Ok(roots.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(Error::Roots("the system has none: give `ca`".to_owned()));
    }
    Ok(SYSTEM.get_or_init(|| Arc::new(roots)).clone())
}

/// Whether a certificate was found wanting that would be good at another time or place.
fn is_about_time_or_name(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(error) = error else { return true };
    matches!(
        error,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
            | CertificateError::NotValidForName
            | CertificateError::NotValidForNameContext { .. }
    )
}

/// Whether a certificate is its own issuer: then its issuer is known where it is a root.
fn is_self_signed(own: &CertificateDer<'_>, provider: &Arc<CryptoProvider>) -> bool {
    // Of what cannot be read that cannot be told.
    if ParsedCertificate::try_from(own).is_err() {
        return false;
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates([own.clone().into_owned()]);
    let verifier =
        WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build();
    let (Ok(verifier), Ok(name)) = (verifier, ServerName::try_from("nobody.invalid")) else {
        return false;
    };
    let verdict = verifier.verify_server_cert(own, &[], &name, &[], UnixTime::now());
    let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
    verdict.is_err_and(|error| error != unknown)
}

impl ServerCertVerifier for Servers {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.judge(own, others, name, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let verified = verify_tls12_signature(message, certificate, signature, algorithms);
        self.or_by_key_alone(verified, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let verified = verify_tls13_signature(message, certificate, signature, algorithms);
        self.or_by_key_alone(verified, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
