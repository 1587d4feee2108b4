//! What a pool and its workers share: messages that wait, and what is to become of them.

use crate::net::client::cancel::Cancel;
use crate::net::client::details::Details;
use crate::net::client::rate::Rate;
use crate::net::client::source::MessageSource;
use crate::net::client::{ClientOptions, Outcome, SendError};
use crate::protocol::client::delivery::Envelope;
use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// What a pool may use.
pub struct PoolOptions {
    /// How connections are made.
    pub client: ClientOptions,
    /// Connections at a time, at least 1.
    pub max_connections: usize,
    /// Messages of a connection, after which it is closed.
    pub max_messages: Option<u64>,
    /// For how long a connection without work is kept.
    pub idle_timeout: Duration,
    /// How many messages may leave in any time of this length.
    pub rate: Option<(u32, Duration)>,
}

/// A message to be sent.
pub struct Job {
    pub envelope: Arc<Envelope>,
    pub source: MessageSource,
    /// Whether the application has given it up.
    pub cancel: Arc<Cancel>,
    /// Who hears what became of it, and what it took, once.
    pub report: Box<dyn FnOnce(Outcome, Details) + Send>,
}

impl Job {
    /// It is given up before any connection took it.
    pub(super) fn fail(self, error: SendError) {
        (self.report)(Outcome::Failed(error), Details::default());
    }
}

pub(super) struct Shared {
    pub(super) options: PoolOptions,
    pub(super) state: Mutex<State>,
    /// There is work, or no more of it to come.
    pub(super) changed: Notify,
    /// Messages are given up.
    pub(super) end: Notify,
    pub(super) rate: Option<Rate>,
    pub(super) connected: AtomicU64,
}

/// Whether messages are taken and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    Open,
    /// No more are taken; those that there are, are sent.
    Closing,
    /// Messages that have not left are given up.
    Withdrawn,
    /// All messages are given up.
    Aborted,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) jobs: VecDeque<Job>,
    /// Workers that take messages.
    pub(super) workers: usize,
    /// Workers that wait for a message.
    pub(super) idle: usize,
    /// Those that have not ended, even if they take no more.
    pub(super) alive: usize,
    pub(super) phase: Phase,
    /// Called when the last worker has ended.
    pub(super) closed: Option<Box<dyn FnOnce() + Send>>,
}
