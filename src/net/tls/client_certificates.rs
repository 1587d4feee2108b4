//! Certificates of clients (RFC 8446 section 4.4.2): asked for, verified, and let in all the same
//! where the application wants to judge by itself. Possession of the key is proved in any case.

use super::keys::certificates;
use crate::net::error::Error;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme,
};
use std::sync::Arc;

/// The verdict on a certificate, or on a signature by its key.
pub(super) type Verified<T> = Result<T, rustls::Error>;

/// What certificates are asked of clients.
#[derive(Clone, Copy)]
pub struct ClientOptions<'a> {
    /// PEM, the roots of their certificates.
    pub roots: &'a [u8],
    /// These are everybody's roots, too many to be named to clients, and some may be odd.
    pub public: bool,
    /// Whether the handshake fails without a valid certificate.
    pub reject: bool,
}

/// Verifies what clients show.
#[derive(Debug)]
pub(super) struct Clients {
    verifier: Arc<dyn ClientCertVerifier>,
    algorithms: WebPkiSupportedAlgorithms,
    rejects: bool,
}

impl Clients {
    pub(super) fn new(
        options: ClientOptions<'_>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let given = certificates(options.roots).map_err(Error::Roots)?;
        let (_, ignored) = roots.add_parsable_certificates(given);
        if ignored > 0 && !options.public {
            return Err(Error::Roots(format!("{ignored} of them cannot be read as roots")));
        }
        let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let builder = if options.public { builder.clear_root_hint_subjects() } else { builder };
        let unusable = |_| Error::Roots("none of them can be read as a root".to_owned());
        let verifier = builder.build().map_err(unusable)?;
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { verifier, algorithms, rejects: options.reject })
    }

    /// Whether only valid certificates get in.
    pub(super) fn rejects(&self) -> bool {
        self.rejects
    }

    /// Verifies a chain, from the client's own certificate up, as of now.
    pub(super) fn verify(&self, chain: Option<&[CertificateDer<'_>]>) -> Verified<()> {
        let Some([own, others @ ..]) = chain else {
            return Err(rustls::Error::NoCertificatesPresented);
        };
        self.verifier.verify_client_cert(own, others, UnixTime::now()).map(drop)
    }

    /// Where any certificate gets in, one that the verifier cannot read proves its key as well.
    fn or_by_key_alone(
        &self,
        verified: Verified<HandshakeSignatureValid>,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Verified<HandshakeSignatureValid> {
        match verified {
            Err(rustls::Error::InvalidCertificate(_)) if !self.rejects => {
                verify_by_key(message, certificate, signature, &self.algorithms)
            }
            verified => verified,
        }
    }
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        self.rejects
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Verified<ClientCertVerified> {
        if self.rejects {
            return self.verifier.verify_client_cert(own, others, now);
        }
        // The verdict is found again once the handshake is done, by `verify`.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Verified<HandshakeSignatureValid> {
        let verified = self.verifier.verify_tls12_signature(message, certificate, signature);
        self.or_by_key_alone(verified, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Verified<HandshakeSignatureValid> {
        let verified = self.verifier.verify_tls13_signature(message, certificate, signature);
        self.or_by_key_alone(verified, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Verifies a signature with the key of any certificate, those of version 1 included.
pub(super) fn verify_by_key(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    known: &WebPkiSupportedAlgorithms,
) -> Verified<HandshakeSignatureValid> {
    let mut store = RootCertStore::empty();
    store.add(certificate.clone().into_owned())?;
    let info = store.roots.first().map(|anchor| anchor.subject_public_key_info.as_ref());
    let algorithms = known.mapping.iter().filter(|(scheme, _)| *scheme == signature.scheme);
    let verified = algorithms.flat_map(|(_, algorithms)| *algorithms).any(|algorithm| {
        let key = info.and_then(|info| key_bits(info, &algorithm.public_key_alg_id()));
        key.is_some_and(|key| {
            algorithm.verify_signature(key, message, signature.signature()).is_ok()
        })
    });
    if !verified {
        return Err(CertificateError::BadSignature.into());
    }
    Ok(HandshakeSignatureValid::assertion())
}

/// The key in a SubjectPublicKeyInfo without its head, if it is one of this algorithm (RFC 5280
/// section 4.1, X.690 section 8.1.3).
fn key_bits<'a>(info: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let head = [0x30, u8::try_from(algorithm.len()).ok().filter(|length| *length < 0x80)?];
    let bit_string = info.strip_prefix(&head)?.strip_prefix(algorithm)?.strip_prefix(&[0x03])?;
    let (length, rest) = bit_string.split_first()?;
    let more = if *length < 0x80 { 0 } else { usize::from(*length & 0x7f) };
    rest.get(more..)?.strip_prefix(&[0])
}

/// What `authorizationError` calls an error: node:tls has OpenSSL's names.
pub(super) fn code(error: &rustls::Error) -> &'static str {
    let rustls::Error::InvalidCertificate(error) = error else {
        return match error {
            rustls::Error::NoCertificatesPresented => "UNABLE_TO_GET_ISSUER_CERT",
            _ => "CERT_REJECTED",
        };
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "CERT_HAS_EXPIRED",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "CERT_NOT_YET_VALID"
        }
        CertificateError::UnknownIssuer => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        CertificateError::BadSignature => "CERT_SIGNATURE_FAILURE",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "INVALID_PURPOSE"
        }
        _ => "CERT_REJECTED",
    }
}
