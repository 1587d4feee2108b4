//! SCRAM-SHA-256's arithmetic (RFC 5802 section 3, RFC 7677), which both sides and stored keys
//! (RFC 5803) share.

use super::text::prepared;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;

/// A key, a hash or a signature.
pub type Key = [u8; 32];

/// Iterations where nobody says otherwise (RFC 7677 section 4).
pub const ITERATIONS: u32 = 4_096;

/// What makes keys of a password. It takes long: a millisecond for some thousand iterations.
#[derive(Clone, PartialEq, Eq)]
pub struct Derivation {
    password: String,
    salt: Vec<u8>,
    iterations: u32,
}

impl Derivation {
    /// `iterations` is 1 at least.
    pub fn new(password: &str, salt: &[u8], iterations: u32) -> Self {
        let password = prepared(password).into_owned();
        Self { password, salt: salt.to_vec(), iterations: iterations.max(1) }
    }

    /// Carries it out.
    pub fn run(&self) -> Keys {
        let Self { password, salt, iterations } = self;
        let salted: Key =
            pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt, *iterations);
        Keys { client: hmac(&salted, b"Client Key"), server: hmac(&salted, b"Server Key") }
    }
}

impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derivation")
    }
}

/// What a password comes to with its salt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// `ClientKey`, which the client alone has.
    pub client: Key,
    /// `ServerKey`.
    pub server: Key,
}

impl Keys {
    /// `StoredKey`.
    pub fn stored(&self) -> Key {
        hash(&self.client)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// SHA-256.
pub(super) fn hash(data: &[u8]) -> Key {
    Sha256::digest(data).into()
}

/// HMAC with SHA-256.
pub(super) fn hmac(key: &Key, data: &[u8]) -> Key {
    // A key is filled up with zeros to a block of the hash (RFC 2104 section 2).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// What hides the one in the other, and shows it again.
pub(super) fn xor(one: &Key, other: &Key) -> Key {
    std::array::from_fn(|at| one[at] ^ other[at])
}
