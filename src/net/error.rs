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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => write!(f, "cannot listen: {error}"),
            Self::Certificate(reason) => write!(f, "cannot read the certificate: {reason}"),
            Self::Key(reason) => write!(f, "cannot read the private key: {reason}"),
            Self::Roots(reason) => write!(f, "cannot use the roots of clients: {reason}"),
            Self::Tls(error) => write!(f, "cannot use key and certificate: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Tls(error) => Some(error),
            _ => None,
        }
    }
}
