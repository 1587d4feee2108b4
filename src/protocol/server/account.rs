//! What a session knows of logins, and of the exchange under way.

use super::planned::PlannedReply;
use crate::protocol::sasl::Channel;
use crate::protocol::sasl::server::{Exchange, Turn};
use std::time::Duration;

/// What a session knows of logins.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) standing: Standing,
    /// Logins that were refused.
    pub(super) failures: u32,
    /// How long the refusal at hand is held back.
    pub(super) penalty: Duration,
    pub(super) channel: Channel,
    /// Whether lines that are no commands may be those of an exchange that was refused.
    pub(super) strays: Strays,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    #[default]
    Stranger,
    LoggedIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Strays {
    #[default]
    None,
    Possible,
}

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Authentication {
    pub(super) exchange: Exchange,
    /// What it wants to be done.
    pub(super) turn: Option<Turn>,
    pub(super) audience: Audience,
}

/// Who hears what comes of an exchange.
#[derive(Debug)]
pub(super) enum Audience {
    /// The client.
    Client,
    /// The application as well, which has given a secret.
    Application,
    /// The client, which had a token that was refused: it may say what it will, and hears this.
    Refused(PlannedReply),
}
