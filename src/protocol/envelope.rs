//! The envelope of a transaction (RFC 5321 section 2.3.1), as far as the application has not
//! seen it yet.
//!
//! The application's record of a session is the true one: it may add recipients of its own. What
//! the engine answered by itself reaches it as [`Changes`], with the next event that crosses.

use super::parameters::{MailParameters, RcptParameters};

/// What MAIL said (RFC 5321 section 4.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The reverse-path, empty for `<>`.
    pub from: String,
    /// What stands behind it.
    pub parameters: MailParameters,
}

/// What RCPT said (RFC 5321 section 4.1.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The forward-path.
    pub address: String,
    /// What stands behind it.
    pub parameters: RcptParameters,
}

/// What became of greeting and envelope since the application last heard, in this order: a
/// reset, a greeting, a MAIL, recipients. Later entries of a kind replace earlier ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What was dropped.
    pub dropped: Dropped,
    /// The domain of an accepted greeting.
    pub origin: Option<String>,
    /// Whether that was EHLO.
    pub is_extended: bool,
    /// An accepted MAIL.
    pub mail: Option<Mail>,
    /// Accepted recipients, in order.
    pub recipients: Vec<Recipient>,
}

/// What a session has dropped of what the client said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dropped {
    /// Nothing.
    #[default]
    Nothing,
    /// The transaction.
    Transaction,
    /// The greeting, too (RFC 3207 section 4.2).
    Greeting,
}

impl Changes {
    /// Notes that the application has heard of all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Notes that the transaction was dropped (RFC 5321 section 4.1.1.5).
    pub fn reset(&mut self) {
        if self.dropped == Dropped::Nothing {
            self.dropped = Dropped::Transaction;
        }
        self.mail = None;
        self.recipients = Vec::new();
    }

    /// Notes that the session starts anew without a greeting.
    pub fn forget(&mut self) {
        self.reset();
        self.origin = None;
        self.dropped = Dropped::Greeting;
    }

    /// Notes an accepted greeting, EHLO or HELO, which drops the transaction (RFC 5321 section
    /// 4.1.4).
    pub fn greet(&mut self, domain: String, is_extended: bool) {
        self.reset();
        self.origin = Some(domain);
        self.is_extended = is_extended;
    }

    /// Notes an accepted MAIL, which begins a transaction; one that was not heard of is over by it.
    pub fn mail(&mut self, mail: Mail) {
        if self.mail.is_some() && self.dropped == Dropped::Nothing {
            self.dropped = Dropped::Transaction;
        }
        self.recipients = Vec::new();
        self.mail = Some(mail);
    }
}
