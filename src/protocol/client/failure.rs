//! What ends a session with a server before its time.

use super::request::Awaited;
use crate::protocol::limits::MAX_REPLY;
use crate::protocol::reply::Reply;
use std::fmt;

/// What ends a session before its time. The server is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It closed the connection while a reply was awaited, if one was.
    #[error(fmt = closed)]
    Closed(Option<Awaited>),
    /// It said 421, to nothing that was asked (RFC 5321 section 3.8).
    #[error("the server closed the connection: {0}")]
    Leaving(Reply),
    /// It sent a reply that nobody asked for.
    #[error("the server replied to nothing: {0}")]
    Unasked(Reply),
    /// It began one; the head of it.
    #[error("the server began a reply to nothing: \"{0}\"")]
    UnaskedHead(String),
    /// What it answered a request with is no answer to that.
    #[error("the server replied to {0} with what is no answer to it: {1}")]
    Misplaced(Awaited, Reply),
    /// It answered a message that has not ended yet.
    #[error("the server replied before the message had ended: {0}")]
    Early(Reply),
    /// What it sent is no reply; the head of it.
    #[error(fmt = no_reply)]
    BadReply(String),
    /// A reply longer than 64 KiB.
    #[error("the server sent a reply of more than {} bytes", MAX_REPLY)]
    EndlessReply,
    /// It did not reply in time, or without a reply to await, took no data for too long.
    #[error(fmt = late)]
    Timeout(Option<Awaited>),
}

fn no_reply(head: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if head.is_empty() {
        return f.write_str("the server sent empty lines, and no SMTP reply");
    }
    write!(f, "the server sent no SMTP reply: \"{head}\"")
}

fn closed(awaited: &Option<Awaited>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("the server closed the connection")?;
    match awaited {
        None => Ok(()),
        Some(Awaited::Connect) => f.write_str(" before its greeting line"),
        Some(awaited) => write!(f, " before its reply to {awaited}"),
    }
}

fn late(awaited: &Option<Awaited>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match awaited {
        None => f.write_str("the server took no data for too long"),
        Some(Awaited::Connect) => f.write_str("the server sent no greeting line in time"),
        Some(awaited) => write!(f, "the server did not reply to {awaited} in time"),
    }
}
