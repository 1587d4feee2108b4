//! What becomes of the recipients of a message.

use super::Awaited;
use crate::protocol::reply::Reply;

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not known yet, or never if the session ended before that.
    Pending,
    /// The server takes the message for it.
    Accepted,
    /// It does not; which request it refused, and how.
    Rejected(Awaited, Reply),
    /// The server was not asked: the recipient needs this extension, which it does not offer.
    Unfit(&'static str),
}

impl Fate {
    /// Whether the server is asked to take the message for this recipient.
    pub(super) fn is_asked(&self) -> bool {
        !matches!(self, Self::Unfit(_))
    }
}
