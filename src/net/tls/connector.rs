//! TLS for clients: whose certificates are believed (RFC 5280, RFC 9525), and handshakes.

use super::client_certificates;
use super::client_certificates::{Verified, verify_by_key};
use super::keys::{Keys, certificates, certified};
use super::roots::{AskRoots, public};
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
use std::sync::{Arc, OnceLock};
use std::{fmt, io};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a client's TLS is made of.
pub struct ConnectorOptions<'a> {
    /// PEM, roots in place of everybody's.
    pub ca: Option<&'a [u8]>,
    /// Who has roots besides the system.
    pub ask: AskRoots,
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
    servers: Arc<Servers>,
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
    pub fn new(options: ConnectorOptions<'_>) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let versions = [(options.tls13, &TLS13), (options.tls12, &TLS12)];
        let versions: Vec<_> = versions
            .into_iter()
            .filter_map(|(wanted, version)| wanted.then_some(version))
            .collect();
        let trust = match options.ca {
            _ if !options.reject_unauthorized => Trust::Everybody,
            None => Trust::Public(options.ask, OnceLock::new()),
            Some(ca) => given(ca, &provider)?,
        };
        let servers = Arc::new(Servers { trust, provider: provider.clone() });
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| Error::Tls(words::of_settings(&error)))?
            .dangerous()
            .with_custom_certificate_verifier(servers.clone());
        let config = match options.keys {
            None => builder.with_no_client_auth(),
            Some(keys) => {
                let keys = certified(keys, &ring::default_provider())?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(keys)))
            }
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), servers })
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
        self.servers.prepare().await?;
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

/// Whose certificates are believed.
enum Trust {
    /// Any certificate will do.
    Everybody,
    /// Those of the roots that everybody has, once they were read.
    Public(AskRoots, OnceLock<Arc<WebPkiServerVerifier>>),
    /// Those of roots that were given, which are roots of their own, even of themselves.
    Given(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
}

/// # Errors
/// [`Error::Roots`].
fn given(ca: &[u8], provider: &Arc<CryptoProvider>) -> Result<Trust, Error> {
    let given = certificates(ca).map_err(Error::Roots)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(given.iter().cloned());
    let verifier = verifier_of(Arc::new(roots), provider)
        .ok_or_else(|| Error::Roots("none of them can be read as a root".to_owned()))?;
    Ok(Trust::Given(verifier, given))
}

/// None where there is no root.
fn verifier_of(
    roots: Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok()
}

/// Verifies what servers show.
struct Servers {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers").finish_non_exhaustive()
    }
}

impl Servers {
    /// Reads the roots, where they are needed and were not read yet.
    async fn prepare(&self) -> Result<(), ConnectError> {
        let Trust::Public(ask, verifier) = &self.trust else { return Ok(()) };
        if verifier.get().is_some() {
            return Ok(());
        }
        let roots = public(ask).await.ok();
        let read = roots.and_then(|roots| verifier_of(roots, &self.provider));
        let read = read.ok_or_else(|| ConnectError {
            code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            message: "there are no root certificates on this system: give `ca`".to_owned(),
        })?;
        // Whoever was faster has read the same.
        let _ = verifier.set(read);
        Ok(())
    }

    fn judge(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let (verifier, roots) = match &self.trust {
            Trust::Everybody => return Ok(()),
            Trust::Given(verifier, roots) => (verifier, &roots[..]),
            Trust::Public(_, verifier) => match verifier.get() {
                Some(verifier) => (verifier, &[][..]),
                None => return Err(CertificateError::UnknownIssuer.into()),
            },
        };
        match verifier.verify_server_cert(own, others, name, &[], now) {
            Ok(_) => Ok(()),
            // A root that stands for itself, which is no use of a root by the book. That it is
            // valid now was looked at before that.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if roots.iter().any(|root| root == own) =>
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
            Err(rustls::Error::InvalidCertificate(_)) if matches!(self.trust, Trust::Everybody) => {
                let algorithms = &self.provider.signature_verification_algorithms;
                verify_by_key(message, certificate, signature, algorithms)
            }
            verified => verified,
        }
    }
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
    let name = ServerName::try_from("nobody.invalid");
    let (Some(verifier), Ok(name)) = (verifier_of(roots.into(), provider), name) else {
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
