//! How long a client waits (RFC 5321 section 4.5.3.2).

use super::request::Awaited;
use std::time::Duration;

/// For how long replies are awaited (RFC 5321 section 4.5.3.2); `None` for ever.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// The greeting line; default 300 s.
    pub greeting: Option<Duration>,
    /// MAIL, RCPT and all else; default 300 s.
    pub command: Option<Duration>,
    /// DATA; default 120 s.
    pub data_initiation: Option<Duration>,
    /// For a block of the message to leave, or to come from the application; default 180 s.
    pub data_block: Option<Duration>,
    /// The end of data; default 600 s.
    pub data_termination: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            greeting: Some(Duration::from_secs(300)),
            command: Some(Duration::from_secs(300)),
            data_initiation: Some(Duration::from_secs(120)),
            data_block: Some(Duration::from_secs(180)),
            data_termination: Some(Duration::from_secs(600)),
        }
    }
}

impl Timeouts {
    pub(super) fn of(&self, awaited: Awaited) -> Option<Duration> {
        match awaited {
            Awaited::Connect => self.greeting,
            Awaited::Data => self.data_initiation,
            Awaited::Message | Awaited::Bdat(_) => self.data_termination,
            _ => self.command,
        }
    }
}
