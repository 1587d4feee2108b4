//! What becomes of the recipients of a message.

use super::envelope::{Envelope, Recipient, Unfit};
use super::{Awaited, Offered};
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

/// What is known of each recipient before anything is sent.
pub(super) fn first_fates(envelope: &Envelope, offered: &Offered) -> Result<Vec<Fate>, Unfit> {
    const NEEDED: &str = "SMTPUTF8";
    let may_lack = !envelope.parameters.smtp_utf8 && envelope.from.is_ascii();
    let fate = |recipient: &Recipient| {
        let fits = recipient.address.is_ascii() || offered.has(NEEDED);
        if fits { Fate::Pending } else { Fate::Unfit(NEEDED) }
    };
    let fates: Vec<_> = envelope.recipients.iter().map(fate).collect();
    let unfit = fates.iter().filter(|fate| !fate.is_asked()).count();
    if unfit > 0 && (unfit == fates.len() || !may_lack) {
        return Err(Unfit::Missing(NEEDED));
    }
    Ok(fates)
}
