//! What clients say of themselves, and what an exchange makes of that.

use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::scram::Derivation;
use std::fmt;

/// Bytes of a name.
pub(super) const MAX_NAME: usize = 1_024;

/// An AUTH command that goes on. Its initial response is not shown by anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// By which mechanism.
    pub mechanism: Mechanism,
    /// What the client says at once (RFC 4954 section 4).
    pub initial: Option<Vec<u8>>,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({})", self.mechanism.name())
    }
}

/// Who wants to log in, and what it shows of itself. The latter is not shown by anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// By which mechanism.
    pub mechanism: Mechanism,
    /// Its name; empty where a token or certificate is to name it.
    pub username: String,
    /// For whom it wants to act, empty for itself.
    pub authzid: String,
    /// What there is to look at.
    pub shown: Shown,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.mechanism.name())
    }
}

/// What a client shows of its secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing, or what TLS knows.
    Nothing,
    /// Its password.
    Password(String),
    /// Its token.
    Token(String),
}

/// What an exchange wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Send this challenge, and give the client's line to `Exchange::respond`.
    Challenge(Vec<u8>),
    /// Ask the application what it thinks of `Exchange::claim`.
    Ask,
    /// Carry this out, where nobody waits for it, and give its result to `Exchange::derived`.
    Derive(Derivation),
    /// Tell the application whether the secret that it gave is the client's.
    Verified(bool),
    /// The message makes no sense.
    Malformed,
    /// Nobody is let in by that: the client was lied to, or binds what there is not.
    Refused,
}

/// Whether a name has nothing in it that no name has.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME && !name.contains(char::is_control)
}

pub(super) fn is_user(name: &str) -> bool {
    is_name(name) && !name.is_empty()
}
