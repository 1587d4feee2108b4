//! Certificates for trying things out, for the command.

use crate::net::tls::self_signed::self_signed as make;
use napi::{Error, Result};
use napi_derive::napi;

/// A private key and its certificate, both PEM.
#[napi(object)]
pub struct SelfSigned {
    /// The private key.
    pub key: String,
    /// The certificate.
    pub cert: String,
}

/// Makes a key and a certificate for these host names and IP addresses.
#[napi]
pub fn self_signed(names: Vec<String>) -> Result<SelfSigned> {
    let (key, cert) = make(names).map_err(|error| Error::from_reason(error.to_string()))?;
    Ok(SelfSigned { key, cert })
}
