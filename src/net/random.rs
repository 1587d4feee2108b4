//! Random text and bytes for SASL, from the system's source as TLS uses it.

use crate::protocol::sasl::scram::Key;
use rustls::crypto::ring;
use std::sync::OnceLock;

/// Random bytes of a nonce (RFC 5802 section 5.1).
const NONCE_BYTES: usize = 18;

/// Printable and random; empty, which no mechanism takes, where there is no randomness to be had.
pub fn nonce() -> String {
    let mut bytes = [0; NONCE_BYTES];
    match fill(&mut bytes) {
        true => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        false => String::new(),
    }
}

/// A secret of this process: the same at each call, and another in each process.
pub fn process_secret() -> Key {
    static SECRET: OnceLock<Key> = OnceLock::new();
    *SECRET.get_or_init(|| {
        let mut secret = [0; 32];
        // Without randomness no login goes on anyway, since there is no nonce.
        fill(&mut secret);
        secret
    })
}

/// Fills `bytes`, unless there is nothing random.
fn fill(bytes: &mut [u8]) -> bool {
    ring::default_provider().secure_random.fill(bytes).is_ok()
}
