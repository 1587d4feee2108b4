//! PEM into rustls configurations.

use super::error::Error;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// An acceptor for servers from a certificate chain and an unencrypted private key, both PEM.
///
/// # Errors
/// [`Error::Certificate`], [`Error::Key`] and [`Error::Tls`], none of which shows the key.
pub fn acceptor(chain: &[u8], key: &[u8]) -> Result<TlsAcceptor, Error> {
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(Error::Certificate("no CERTIFICATE section".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Error::Key(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::Tls)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(Error::Tls)?;
    // One is enough to resume with; each costs work and bytes in every handshake.
    config.send_tls13_tickets = 1;
    config.ticketer = ring::Ticketer::new().map_err(Error::Tls)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
