//! What is told of a transaction, and how its message goes on.

use crate::net::client::Outcome;

/// What came of a transaction, and how its message goes on.
pub struct Conclusion {
    pub outcome: Outcome,
    /// How many of the recipients that were left the outcome is of, the first of them.
    pub recipients: usize,
    pub next: Next,
}

impl Conclusion {
    /// The message goes no further; so many recipients were left.
    pub fn last(outcome: Outcome, left: usize) -> Self {
        Self { outcome, recipients: left, next: Next::Over }
    }
}

/// How a message goes on after a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// No further: all is known of all recipients that were left.
    Over,
    /// To those who were not asked for, over the same connection.
    Here,
    /// To them, over another connection.
    Elsewhere,
    /// To all who were left, over another connection, since the server certainly did not take it for
    /// any of them. Where that cannot be, all is known of them.
    Again,
}
