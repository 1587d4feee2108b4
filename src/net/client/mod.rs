//! The client on tokio: [`connection`] drives one session from the first packet to QUIT, [`pool`]
//! keeps connections and hands them messages, [`source`] is where a message comes from.

pub mod connection;
pub mod dialer;
pub mod pool;
pub mod source;

use crate::net::tls::{ConnectError, Connector};
use crate::protocol::client::delivery::{Fate, Unfit};
use crate::protocol::client::opening::{OpeningOptions, Refusal};
use crate::protocol::client::{Failure, Timeouts};
use crate::protocol::reply::Reply;
use dialer::{DialError, Dialer, Target};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Where a client's mail goes.
#[derive(Debug, Clone)]
pub enum Route {
    /// To one server, by the name that its certificate has to show.
    Server(Target, String),
    /// To the exchanges of a domain, at a port (RFC 5321 section 5.1).
    Exchanges(String, u16),
}

/// How a client reaches a server and talks to it.
pub struct ClientOptions {
    /// Where to.
    pub route: Route,
    /// Finds and reaches servers.
    pub dialer: Arc<Dialer>,
    /// TLS, where it may be spoken.
    pub connector: Option<Arc<Connector>>,
    /// TLS from the first byte (RFC 8314 section 3).
    pub implicit_tls: bool,
    /// Whether mail goes in plain text where a server cannot do the TLS that it offers.
    pub falls_back: bool,
    /// How sessions begin.
    pub opening: Arc<OpeningOptions>,
    /// For replies.
    pub timeouts: Timeouts,
    /// From the lookup of the name to the server's greeting line, all attempts together.
    pub connect_timeout: Duration,
}

/// What became of a message.
#[derive(Debug)]
pub enum Outcome {
    /// The server had its say: on each recipient, and in the end if it took the message.
    Answered(Vec<Fate>, Option<Reply>),
    /// It did not come to that.
    Failed(SendError),
}

/// Why a message was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The server was not reached.
    Dial(DialError),
    /// The connection broke.
    Io(io::Error),
    /// The TLS handshake failed.
    Tls(ConnectError),
    /// The server did not reply as it should.
    Protocol(Failure),
    /// It does not take our mail.
    Refused(Refusal),
    /// It cannot take this message.
    Unfit(Unfit),
    /// The application gave no more of the message for too long.
    Starved,
    /// The application gave the message up.
    Cancelled,
    /// The pool is closed.
    Closed,
    /// Whether the server took the message is not known, since this happened behind its end.
    Uncertain(Box<SendError>),
}

impl SendError {
    /// Whether it was the application that ended it.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Closed)
    }

    /// Whether trying again, here or at another exchange, is in vain.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Refused(Refusal::Refused(_, reply)) => {
                !reply.code().is_positive() && !reply.code().is_transient()
            }
            Self::Refused(Refusal::Argument(_)) | Self::Unfit(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "the connection broke: {error}"),
            Self::Tls(error) => write!(f, "{error}"),
            Self::Protocol(failure) => write!(f, "{failure}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Unfit(unfit) => write!(f, "{unfit}"),
            Self::Starved => f.write_str("no more of the message came for too long"),
            Self::Cancelled => f.write_str("the message was given up"),
            Self::Closed => f.write_str("the client is closed"),
            Self::Uncertain(error) => {
                write!(f, "{error}; the message had been sent, and may have been taken")
            }
        }
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Dial(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Protocol(failure) => Some(failure),
            Self::Refused(refusal) => Some(refusal),
            Self::Unfit(unfit) => Some(unfit),
            Self::Uncertain(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        Self::Protocol(failure)
    }
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
