//! The client on tokio: [`connection`] drives one session from the first packet to QUIT, [`pool`]
//! keeps connections and hands them messages at a [`rate`], [`exchanges`] carries a message from one
//! server of a domain to the next, [`source`] is where a message comes from.

pub mod cancel;
pub mod connection;
pub mod details;
pub mod dialer;
mod exchanges;
pub mod pool;
mod rate;
pub mod source;
mod tally;

use crate::net::error::words::{Peer, of_stream};
use crate::net::tls::{ConnectError, Connector};
use crate::protocol::client::delivery::{Delivery, Fate, Unfit};
use crate::protocol::client::opening::{OpeningOptions, Refusal};
use crate::protocol::client::{Awaited, Failure, Timeouts};
use crate::protocol::reply::Reply;
use dialer::{DialError, Dialer, Target};
use source::SourceError;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

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
    pub route: Route,
    pub dialer: Arc<Dialer>,
    /// What TLS is carried out with, where it may be spoken.
    pub connector: Option<Arc<Connector>>,
    /// Whether TLS begins with the first byte (RFC 8314 section 3).
    pub implicit_tls: bool,
    /// Whether mail goes in plain text where a server cannot do the TLS that it offers.
    pub falls_back: bool,
    pub opening: Arc<OpeningOptions>,
    /// How long replies are awaited.
    pub timeouts: Timeouts,
    /// From the lookup of the name to the server's greeting line, all attempts together; that of
    /// `timeouts` bounds the wait for the line alone.
    pub connect_timeout: Duration,
}

/// What became of a message.
#[derive(Debug)]
pub enum Outcome {
    /// The server had its say: on each recipient, and in the end if it took the message.
    Answered(Vec<Fate>, Option<Reply>),
    /// It ended before the server had had its say on all: what it said, and of whom it said nothing
    /// is pending, for one of these reasons.
    Broken(Vec<Fate>, Option<Reply>, Vec<Loss>),
    /// The server did not come to have its say.
    Failed(SendError),
}

/// Why the server had no say on some of the recipients.
#[derive(Debug)]
pub struct Loss {
    /// Their places among the recipients.
    pub recipients: Vec<usize>,
    pub error: SendError,
}

impl Outcome {
    /// Whether the message was taken for anybody.
    fn is_taken(&self) -> bool {
        match self {
            Self::Answered(fates, _) | Self::Broken(fates, ..) => fates.contains(&Fate::Accepted),
            Self::Failed(_) => false,
        }
    }

    /// Of a transaction that is over, or was broken off by `error`, which is
    /// [`SendError::Uncertain`] where the server may have taken the message all the same. `error` is why
    /// so many more recipients were not `unasked` for.
    fn of(delivery: &Delivery, error: Option<SendError>, unasked: usize) -> Self {
        let mut fates = delivery.fates().to_vec();
        let response = delivery.response().cloned();
        let places = |is: fn(&Fate) -> bool| {
            let known = fates.iter().enumerate().filter(|(_, fate)| is(fate));
            known.map(|(index, _)| index).collect::<Vec<_>>()
        };
        let mut lost = places(|fate| *fate == Fate::Pending);
        let unfit = places(|fate| matches!(fate, Fate::Unfit(_)));
        let mut losses = Vec::new();
        if let Some(Fate::Unfit(keyword)) = unfit.first().map(|index| &fates[*index]) {
            let error = SendError::Unfit(Unfit::Recipient(keyword));
            losses.push(Loss { recipients: unfit, error });
        }
        let asked = fates.len();
        fates.resize(asked + unasked, Fate::Pending);
        match error {
            Some(error) if delivery.is_uncertain() => {
                let error = Arc::new(error);
                losses.push(Loss { recipients: lost, error: SendError::Uncertain(error.clone()) });
                let (recipients, error) =
                    ((asked..fates.len()).collect(), SendError::Unasked(error));
                losses.push(Loss { recipients, error });
            }
            Some(error) => {
                lost.extend(asked..fates.len());
                losses.push(Loss { recipients: lost, error });
            }
            None => {}
        }
        Self::whole(fates, response, losses)
    }

    /// What became of each of so many recipients, the last reply to a message, and why the server had
    /// no say on some.
    fn parts(self, recipients: usize) -> (Vec<Fate>, Option<Reply>, Vec<Loss>) {
        match self {
            Self::Answered(fates, response) => (fates, response, Vec::new()),
            Self::Broken(fates, response, losses) => (fates, response, losses),
            Self::Failed(error) => {
                let loss = Loss { recipients: (0..recipients).collect(), error };
                (vec![Fate::Pending; recipients], None, vec![loss])
            }
        }
    }

    /// The outcome of these parts.
    fn whole(fates: Vec<Fate>, response: Option<Reply>, mut losses: Vec<Loss>) -> Self {
        losses.retain(|loss| !loss.recipients.is_empty());
        if losses.is_empty() {
            return Self::Answered(fates, response);
        }
        if losses.len() == 1 && losses[0].recipients.len() == fates.len() {
            return Self::Failed(losses.remove(0).error);
        }
        Self::Broken(fates, response, losses)
    }
}

/// Why a message was not sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The server was not reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The connection broke.
    #[error("the connection broke: {}", of_stream(.0, Peer::Server))]
    Io(#[source] io::Error),
    /// The TLS handshake failed.
    #[error(transparent)]
    Tls(#[from] ConnectError),
    /// The TLS handshake took too long, which was due with the connection or with STARTTLS.
    #[error("the server did not complete the TLS handshake in time")]
    Handshake(Awaited),
    /// The server did not reply as it should.
    #[error(transparent)]
    Protocol(#[from] Failure),
    /// The server does not take our mail.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server cannot take this message.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The application gave no more of the message for too long.
    #[error("no more of the message came for too long")]
    Starved,
    /// The message's file cannot be read.
    #[error("cannot read the message: {0}")]
    Source(#[source] io::Error),
    /// The application gave the message up.
    #[error("the message was given up")]
    Cancelled,
    /// The pool is closed.
    #[error("the client is closed")]
    Closed,
    /// The engine is in a state that it cannot be in, for which nobody else is to blame.
    #[error("smtp-engine is in a state that cannot be: {0}")]
    Impossible(&'static str),
    /// Whether the server took the message is not known, since this happened behind its end.
    #[error("{0}; the message had been sent, and may have been taken")]
    Uncertain(#[source] Arc<SendError>),
    /// This happened before it was the recipient's turn, in a transaction for others.
    #[error("{0}; the message had not been sent for this recipient")]
    Unasked(#[source] Arc<SendError>),
}

/// A message that can begin anew no more is to.
const GONE: SendError = SendError::Impossible("a message is to be sent once more, and is gone");

impl SendError {
    /// What it comes to in the session, if it ended that.
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Protocol(failure) => Some(failure.clone()),
            Self::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Some(Failure::Timeout(None))
            }
            Self::Io(_) => Some(Failure::Closed(None)),
            _ => None,
        }
    }

    /// Whether it is of a connection that had been ready for mail, so that another one may do.
    fn is_of_connection(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Protocol(_))
    }

    /// The request and the reply that are to blame, as far as there are any.
    pub fn cause(&self) -> (Option<Awaited>, Option<&Reply>) {
        match self {
            Self::Refused(Refusal::Refused(request, reply)) => (Some(*request), Some(reply)),
            Self::Refused(Refusal::Logins(_, reply)) => (Some(Awaited::Auth), Some(reply)),
            Self::Protocol(Failure::Misplaced(request, reply)) => (Some(*request), Some(reply)),
            Self::Handshake(request) => (Some(*request), None),
            Self::Refused(Refusal::NoTls(reply)) => (Some(Awaited::StartTls), reply.as_ref()),
            Self::Protocol(Failure::Closed(request) | Failure::Timeout(request)) => {
                (*request, None)
            }
            Self::Protocol(
                Failure::Leaving(reply) | Failure::Unasked(reply) | Failure::Early(reply),
            ) => (None, Some(reply)),
            // Nobody knows of it what a reply means for the message.
            Self::Uncertain(error) | Self::Unasked(error) => (error.cause().0, None),
            _ => (None, None),
        }
    }

    /// Whether the same message will fail again: for a 5yz reply (RFC 5321 section 4.2.1), for a
    /// domain that takes no mail, or for what the message asks.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Dial(DialError::Dns(error)) => error.is_permanent(),
            Self::Unfit(_) | Self::Refused(Refusal::Argument(_)) => true,
            Self::Uncertain(_) | Self::Unasked(_) => false,
            other => other.cause().1.is_some_and(|reply| reply.code().is_permanent()),
        }
    }
}

impl From<SourceError> for SendError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Aborted => Self::Cancelled,
            SourceError::File(error) => Self::Source(error),
        }
    }
}

/// Waits for `future`, but no longer than that, where there is a limit.
async fn within<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(future.await),
        Some(limit) => timeout(limit, future).await.ok(),
    }
}

#[cfg(test)]
mod tests;
