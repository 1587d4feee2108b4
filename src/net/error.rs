//! What can fail outside of a session.

use std::fmt;
use std::io;

/// An error of this room.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address or path could not be bound.
    Bind(io::Error),
    /// The certificate chain is not PEM, or empty.
    Certificate(String),
    /// The private key is not PEM, of an unknown kind, or encrypted.
    Key(String),
    /// The roots of clients' certificates are not PEM, or cannot be used.
    Roots(String),
    /// Key and certificate cannot be used together, or not at all.
    Tls(rustls::Error),
    /// There is no certificate to be made for these names.
    SelfSigned(rcgen::Error),
    /// The system does not say which DNS servers there are.
    Resolver(String),
    /// The platform cannot share ports.
    ReusePort,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => write!(f, "cannot listen: {error}"),
            Self::Certificate(reason) => write!(f, "cannot read the certificate: {reason}"),
            Self::Key(reason) => write!(f, "cannot read the private key: {reason}"),
            Self::Roots(reason) => write!(f, "cannot use the roots of clients: {reason}"),
            Self::Tls(error) => write!(f, "cannot use key and certificate: {error}"),
            Self::SelfSigned(error) => write!(f, "cannot make a certificate: {error}"),
            Self::Resolver(reason) => write!(f, "cannot read the system's DNS servers: {reason}"),
            Self::ReusePort => f.write_str("cannot listen: this platform cannot share ports"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::SelfSigned(error) => Some(error),
            _ => None,
        }
    }
}
