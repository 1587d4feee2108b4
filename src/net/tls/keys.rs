//! PEM into certificates and keys.

use crate::net::error::Error;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};

/// A certificate chain and its unencrypted private key, both PEM.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// From the server's own certificate up.
    pub chain: &'a [u8],
    /// The key of the first of them.
    pub key: &'a [u8],
}

/// A chain and its key, ready to sign.
///
/// # Errors
/// [`Error::Certificate`], [`Error::Key`] and [`Error::Tls`], none of which shows a key.
pub(super) fn certified(keys: Keys<'_>, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let chain = certificates(keys.chain).map_err(Error::Certificate)?;
    let key =
        PrivateKeyDer::from_pem_slice(keys.key).map_err(|error| Error::Key(unread(&error)))?;
    let key = provider.key_provider.load_private_key(key).map_err(|_| {
        let kinds = "RSA of 2048 to 4096 bits, P-256, P-384 and Ed25519 are supported";
        Error::Key(format!("it is of a kind that is not supported ({kinds}), or malformed"))
    })?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InvalidCertificate(_)) if is_its_key(&certified) => Ok(certified),
        Err(_) => Err(Error::Tls("the key does not belong to the certificate".to_owned())),
    }
}

/// Whether a certificate that the verifier does not read, such as one of X.509 version 1, is of
/// this key.
fn is_its_key(certified: &CertifiedKey) -> bool {
    let mut store = RootCertStore::empty();
    let Some(own) = certified.cert.first() else { return false };
    if store.add(own.clone()).is_err() {
        return false;
    }
    let (Some(anchor), Some(key)) = (store.roots.first(), certified.key.public_key()) else {
        return false;
    };
    // That of the anchor is without its head (RFC 5280 section 4.1).
    let info = anchor.subject_public_key_info.as_ref();
    !info.is_empty() && key.as_ref().ends_with(info)
}

/// At least one certificate, or why there is none.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unread(&error))?;
    if certificates.is_empty() {
        return Err("no CERTIFICATE section".to_owned());
    }
    Ok(certificates)
}

/// Why PEM was not read; nothing of it is shown.
fn unread(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no END line",
        pem::Error::IllegalSectionStart { .. } => "a section has a BEGIN line that is malformed",
        pem::Error::Base64Decode(_) => "the base64 of a section is malformed",
        pem::Error::NoItemsFound => "there is no such section in the PEM",
        pem::Error::SectionTooLarge => "a section is too large",
        _ => "it is no PEM",
    }
    .to_owned()
}
