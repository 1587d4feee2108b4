//! What the application gives to hold a client's word against, and what stands in for a user who is
//! not there.

use crate::protocol::sasl::scram::{ITERATIONS, Key, Keys, hmac};
use crate::protocol::sasl::text::prepared;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use subtle::ConstantTimeEq;

/// Bytes of a salt that the engine makes.
const SALT: usize = 16;

/// What a user is known by. Not shown by anything.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// A password.
    Password(String),
    /// What is kept in place of one.
    Stored(StoredKeys),
    /// There is no such user.
    Nobody,
}

impl Secret {
    /// An empty password is nobody's: it could be proved by everybody, and RFC 4616 section 2 has none.
    pub(super) fn of_somebody(self) -> Self {
        match self {
            Self::Password(password) if password.is_empty() => Self::Nobody,
            secret => secret,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What a server keeps of a password (RFC 5803).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKeys {
    /// What the password was hashed with.
    pub salt: Vec<u8>,
    /// How often, 1 at least.
    pub iterations: u32,
    /// The hash of the client's key.
    pub stored: Key,
    /// The server's key.
    pub server: Key,
}

/// How users are made up who are not there: what is said of one is the same each time, and looks like
/// what is said of those who are.
pub struct Pretence {
    secret: Key,
    /// Iterations of the last stored keys; 0 where passwords are given as they are.
    iterations: AtomicU32,
}

impl Pretence {
    /// `secret` is random, and the same as long as the process lives.
    pub fn new(secret: Key) -> Self {
        Self { secret, iterations: AtomicU32::new(0) }
    }

    /// The salt for the password of `name`.
    pub(super) fn salt(&self, name: &str) -> Vec<u8> {
        self.made_of("salt", name)[..SALT].to_vec()
    }

    /// The keys of nobody, which no password has.
    pub(super) fn keys(&self, name: &str) -> Keys {
        Keys { client: self.made_of("client", name), server: self.made_of("server", name) }
    }

    /// Iterations that are told of nobody's keys, or carried out where `None` would tell that there
    /// are none: those of the stored keys that the application gives.
    pub(super) fn iterations(&self) -> Option<u32> {
        match self.iterations.load(Ordering::Relaxed) {
            0 => None,
            iterations => Some(iterations),
        }
    }

    /// Notes what the application has of somebody who is there.
    pub(super) fn note(&self, secret: &Secret) {
        let iterations = match secret {
            Secret::Password(_) => 0,
            Secret::Stored(keys) => keys.iterations,
            Secret::Nobody => return,
        };
        self.iterations.store(iterations, Ordering::Relaxed);
    }

    /// Whether two passwords are the same; how long that takes tells nothing of the second.
    pub(super) fn are_same(&self, one: &str, other: &str) -> bool {
        let hash = |text: &str| hmac(&self.secret, prepared(text).as_bytes());
        are_equal(&hash(one), &hash(other))
    }

    fn made_of(&self, what: &str, name: &str) -> Key {
        hmac(&self.secret, format!("{what}\0{name}").as_bytes())
    }
}

impl fmt::Debug for Pretence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pretence")
    }
}

/// Whether two are the same, in a time that does not tell where they differ.
pub(super) fn are_equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Iterations of a password that is hashed for one exchange.
pub(super) const FOR_NOW: u32 = ITERATIONS;
