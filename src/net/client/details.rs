//! How a message was sent and what that took, for applications that want to know.

use crate::protocol::reply::Reply;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a message was sent, and what that took.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// What the server said to EHLO or LHLO, without its first line; line breaks between.
    pub ehlo: Arc<str>,
    /// From MAIL until the server wanted the message.
    pub envelope: Duration,
    /// From then until its last reply.
    pub message: Duration,
}

/// Takes the times of one message after the other.
#[derive(Debug, Default)]
pub struct Meter {
    ehlo: Arc<str>,
    began: Option<Instant>,
    message: Option<Instant>,
    ended: Option<Instant>,
}

impl Meter {
    /// The server has been greeted.
    pub fn greeted(&mut self, reply: &Reply) {
        let lines: Vec<_> = reply.texts().iter().skip(1).map(|line| line.trim()).collect();
        self.ehlo = lines.join("\n").into();
    }

    /// A message begins.
    pub fn begin(&mut self) {
        let ehlo = std::mem::take(&mut self.ehlo);
        *self = Self { ehlo, began: Some(Instant::now()), ..Self::default() };
    }

    /// The server wants the message; said again for each piece.
    pub fn give(&mut self) {
        self.message.get_or_insert_with(Instant::now);
    }

    /// The last reply is there.
    pub fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    pub fn details(&self, tls: bool) -> Details {
        let between = |from: Option<Instant>, to: Option<Instant>| {
            from.zip(to).map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from))
        };
        Details {
            tls,
            ehlo: self.ehlo.clone(),
            envelope: between(self.began, self.message),
            message: between(self.message, self.ended),
        }
    }
}
