//! Every limit of a session and its default (RFC 5321 section 4.5.3). `None` lifts a limit.

use std::time::Duration;

/// Bytes of one reply of a server, all its lines together.
pub const MAX_REPLY: usize = 64 * 1024;
/// Bytes of replies that are gathered before they are sent although more input is at hand.
pub const MAX_GATHERED_REPLIES: usize = 16 * 1024;
/// Overlong lines of one session after which it is closed, also where bad commands have no limit.
pub const MAX_OVERLONG_LINES: u32 = 20;
/// Bytes of a line without an end after which the session is closed.
pub const MAX_ENDLESS_LINE: usize = 64 * 1024;
/// Bytes of a command line inside AUTH (RFC 4954 section 4).
pub const MAX_AUTH_LINE: usize = 12_288;
/// Input that a session keeps room for while it is idle, in bytes.
pub const IDLE_BUFFER: usize = 512;

/// The most that a limit which EHLO lists can be: six digits (RFC 9422 section 4).
const MAX_LISTED: u32 = 999_999;

/// Into a message, before its rate is looked at.
pub const MIN_DATA_RATE_GRACE: Duration = Duration::from_secs(10);

/// What one session may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a message after dots are undone (RFC 1870 section 3); default 30 MiB.
    pub size: Option<u64>,
    /// Recipients of a transaction (RFC 5321 section 4.5.3.1.8); default 1,000.
    pub recipients: Option<u32>,
    /// Messages of a session; default none.
    pub messages: Option<u32>,
    /// Unknown, malformed or misplaced commands of a session; default 20.
    pub bad_commands: Option<u32>,
    /// Bytes of a command line with its line end (RFC 5321 section 4.5.3.1.4); default 2,048.
    pub command_length: Option<usize>,
    /// Without traffic either way; default none.
    pub idle: Option<Duration>,
    /// From the connection to an accepted greeting; default 300 s.
    pub greeting: Option<Duration>,
    /// To complete a command line (RFC 5321 section 4.5.3.2.7); default 300 s.
    pub command: Option<Duration>,
    /// To complete a TLS handshake; default 30 s.
    pub handshake: Option<Duration>,
    /// Without a byte of message data (RFC 5321 section 4.5.3.2.5); default 600 s.
    pub data: Option<Duration>,
    /// For the application to answer a question; default 300 s.
    pub listener: Option<Duration>,
}

impl Limits {
    /// What EHLO lists behind LIMITS (RFC 9422 section 3), empty where there is nothing to list.
    pub fn values(&self) -> String {
        let listed = [("RCPTMAX", self.recipients), ("MAILMAX", self.messages)];
        let listed = listed.into_iter().filter_map(|(name, limit)| {
            Some(format!("{name}={}", limit.filter(|limit| *limit > 0)?.min(MAX_LISTED)))
        });
        listed.collect::<Vec<_>>().join(" ")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: Some(30 * 1024 * 1024),
            recipients: Some(1_000),
            messages: None,
            bad_commands: Some(20),
            command_length: Some(2_048),
            idle: None,
            greeting: Some(Duration::from_secs(300)),
            command: Some(Duration::from_secs(300)),
            handshake: Some(Duration::from_secs(30)),
            data: Some(Duration::from_secs(600)),
            listener: Some(Duration::from_secs(300)),
        }
    }
}
