//! PEM into certificates and keys.

use crate::net::error::Error;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// A certificate chain and its unencrypted private key, both PEM.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// From the server's own certificate up.
    pub chain: &'a [u8],
    /// The key of the first of them.
    pub key: &'a [u8],
}

pub(super) fn certified(
    keys: Keys<'_>,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Error> {
    let chain = certificates(keys.chain).map_err(Error::Certificate)?;
    let key =
        PrivateKeyDer::from_pem_slice(keys.key).map_err(|error| Error::Key(error.to_string()))?;
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(Error::Tls)
}

/// At least one certificate, or why there is none.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("no CERTIFICATE section".to_owned());
    }
    Ok(certificates)
}
