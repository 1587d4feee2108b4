//! Who is at the other end of a session.

use crate::protocol::control::Meter;
use crate::protocol::trusted::Trusted;

/// What is known of who is connected.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// Where its messages and recipients are counted.
    pub(super) meter: Option<Meter>,
    /// What it may say of others.
    pub(super) trusted: Trusted,
}
