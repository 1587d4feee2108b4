//! What all sessions of a server share.

use crate::protocol::control::AbusePolicy;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::extension::Extensions;
use crate::protocol::limits::Limits;

/// The configuration of a server.
#[derive(Debug)]
pub struct ServerConfig {
    /// What the server calls itself.
    pub name: String,
    /// The limits of each session.
    pub limits: Limits,
    /// The extensions that are offered.
    pub extensions: Extensions,
    /// Whether there are keys for STARTTLS.
    pub tls: bool,
    /// Whether mail is taken under TLS only (RFC 3207 section 4).
    pub require_tls: bool,
    /// What it says and allows.
    pub dialect: Dialect,
    /// What becomes of bare CR and LF in a message.
    pub bare_newlines: BareNewlines,
    /// Whether LF dot LF ends a message where every line of the session has ended in a bare LF.
    pub line_feeds: bool,
    /// The longest message that the application can be given, in bytes.
    pub deliverable: Option<u64>,
    /// The replies that the engine gives by itself.
    pub replies: Replies,
    /// How clients are treated that behave badly.
    pub control: AbusePolicy,
    /// What its sessions have done.
    pub counters: Counters,
}
