//! Random text for SASL mechanisms.

use rustls::crypto::ring;

/// Random bytes of a nonce (RFC 5802 section 5.1).
const NONCE_BYTES: usize = 18;

/// Printable and random, from the system's source as TLS uses it; empty, which no mechanism takes,
/// where there is no randomness to be had.
pub fn nonce() -> String {
    let mut bytes = [0; NONCE_BYTES];
    match ring::default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => String::new(),
    }
}
