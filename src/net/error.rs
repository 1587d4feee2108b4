//! What can fail outside of a session.

use std::io;
use thiserror::Error;

/// Why a server, or what it needs, cannot be made ready.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The address or path could not be bound.
    #[error("cannot listen: {0}")]
    Bind(#[source] io::Error),
    /// The certificate chain is not PEM, or empty.
    #[error("cannot read the certificate: {0}")]
    Certificate(String),
    /// The private key is not PEM, of an unknown kind, or encrypted.
    #[error("cannot read the private key: {0}")]
    Key(String),
    /// The roots of clients' certificates are not PEM, or cannot be used.
    #[error("cannot use the roots of clients: {0}")]
    Roots(String),
    /// Key and certificate cannot be used together, or not at all.
    #[error("cannot use key and certificate: {0}")]
    Tls(#[source] rustls::Error),
    /// There is no certificate to be made for these names.
    #[error("cannot make a certificate: {0}")]
    SelfSigned(#[source] rcgen::Error),
    /// The system does not say which DNS servers there are.
    #[error("cannot read the system's DNS servers: {0}")]
    Resolver(String),
    #[error("cannot listen: this platform cannot share ports")]
    #[cfg_attr(unix, allow(dead_code))]
    ReusePort,
}
