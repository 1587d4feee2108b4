//! What a server may do against clients that behave badly (RFC 5321 section 7.8 leaves it to the
//! operator); each is off until it is set. The sessions carry it out, in `server/control.rs`.

use super::budget::Budget;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a server treats its clients, besides limits.
#[derive(Debug, Clone, Default)]
pub struct AbusePolicy {
    /// How long negative replies are held back.
    pub tarpit: Option<Duration>,
    /// How long the greeting waits; a client has to wait for it (RFC 5321 section 4.3.1).
    pub greeting_delay: Option<Duration>,
    /// What becomes of clients that pipeline where they may not (RFC 2920 section 3.1).
    pub unauthorised_pipelining: Pipelining,
    /// Bytes of message data a second, on average, after [`MIN_DATA_RATE_GRACE`].
    ///
    /// [`MIN_DATA_RATE_GRACE`]: super::limits::MIN_DATA_RATE_GRACE
    pub min_data_rate: Option<u64>,
    /// The memory that messages of all sessions share.
    pub memory: Option<Arc<Budget>>,
}

/// What becomes of clients that do not wait for replies they have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pipelining {
    /// They are served.
    #[default]
    Accept,
    /// They get 503, and the connection is closed.
    Refuse,
}

/// What is counted for each client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A session that is let in; its driver counts it.
    Session,
    /// A MAIL that goes on.
    Message,
    /// A RCPT that goes on.
    Recipient,
}

/// What a session tells a [`Meter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// This is about to go on, if there is room for it.
    Take,
    /// It did not go on: the application refused it.
    GiveBack,
}

/// Says whether there is room for it.
type Count = dyn FnMut(Tally, Counted, Instant) -> bool + Send;

/// Where the messages and recipients of a session are counted, together with those of others that
/// the session knows nothing of.
pub struct Meter(Box<Count>);

impl Meter {
    /// A meter that counts with `count`, which says at [`Tally::Take`] whether there is room.
    pub fn new(count: impl FnMut(Tally, Counted, Instant) -> bool + Send + 'static) -> Self {
        Self(Box::new(count))
    }

    /// Counts one, if there is room for it.
    pub(super) fn take(&mut self, counted: Counted, now: Instant) -> bool {
        (self.0)(Tally::Take, counted, now)
    }

    /// Counts one less.
    pub(super) fn give_back(&mut self, counted: Counted, now: Instant) {
        (self.0)(Tally::GiveBack, counted, now);
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}
