//! What can fail outside of a session, and what failed within one, in words ([`words`]).

#[cfg(test)]
mod tests;
mod tls;
pub mod words;

use std::io;
use thiserror::Error;

/// Why a server, or what it needs, cannot be made ready.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The address or path could not be bound.
    #[error("cannot listen: {}", words::of_system(.0))]
    Bind(#[source] io::Error),
    /// The certificate chain is not PEM, or empty.
    #[error("cannot read the certificate: {0}")]
    Certificate(String),
    /// The private key is not PEM, of an unknown kind, or encrypted.
    #[error("cannot read the private key: {0}")]
    Key(String),
    /// The roots of the other side's certificates are not PEM, or cannot be used.
    #[error("cannot use the roots in `ca`: {0}")]
    Roots(String),
    /// Key and certificate cannot be used together.
    #[error("cannot use key and certificate: {0}")]
    Tls(String),
    /// There is no certificate to be made for these names.
    #[error("cannot make a certificate: {0}")]
    SelfSigned(String),
    /// Names cannot be looked up.
    #[error("names cannot be looked up on this system")]
    Resolver,
    /// The platform cannot share ports.
    #[error("cannot listen: this platform cannot share ports")]
    #[cfg_attr(unix, allow(dead_code))]
    ReusePort,
}
