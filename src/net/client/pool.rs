//! Connections to one place that are kept, and the messages that wait for them.
//!
//! A worker holds one connection and takes the message that has waited longest. There are no
//! more workers than messages to be sent, and none when there is nothing to do for a while.

use super::cancel::Cancel;
use super::connection::Connection;
use super::details::Details;
use super::source::MessageSource;
use super::{ClientOptions, Headway, Outcome, SendError};
use crate::net::sync::lock;
use crate::protocol::client::delivery::{Delivery, Envelope};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until};

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
    /// How many messages may be sent in which time.
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
    fn fail(self, error: SendError) {
        (self.report)(Outcome::Failed(error), Details::default());
    }
}

/// What a pool has done.
#[derive(Debug, Clone, Copy, Default)]
pub struct PoolStats {
    /// Connections that are open or being opened.
    pub connections: usize,
    /// Connections without work.
    pub idle: usize,
    /// Messages that wait.
    pub queued: usize,
    /// Connections made so far.
    pub connected: u64,
}

pub struct Pool {
    shared: Arc<Shared>,
    runtime: Handle,
}

struct Shared {
    options: PoolOptions,
    state: Mutex<State>,
    /// There is work, or no more of it to come.
    changed: Notify,
    /// All messages are given up.
    end: Notify,
    connected: AtomicU64,
}

/// Whether messages are taken and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Open,
    /// No more are taken; those that there are, are sent.
    Closing,
    /// All messages are given up.
    Aborted,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Workers that take messages.
    workers: usize,
    /// Workers that wait for a message.
    idle: usize,
    /// Those that have not ended, even if they take no more.
    alive: usize,
    phase: Phase,
    /// When the time of the rate began, and messages since.
    window: Option<(Instant, u32)>,
    /// Called when the last worker has ended.
    closed: Option<Box<dyn FnOnce() + Send>>,
}

/// What came of sending a message over one connection.
struct Attempt {
    outcome: Outcome,
    details: Details,
    /// Another connection may do better, and no message is sent twice by that.
    goes_again: bool,
}

impl Pool {
    /// A pool without connections.
    pub fn new(options: PoolOptions, runtime: Handle) -> Self {
        let shared = Shared {
            options,
            state: Mutex::default(),
            changed: Notify::new(),
            end: Notify::new(),
            connected: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared), runtime }
    }

    /// Queues a message.
    pub fn submit(&self, job: Job) {
        let mut state = lock(&self.shared.state);
        if state.phase != Phase::Open {
            drop(state);
            return job.fail(SendError::Closed);
        }
        state.jobs.push_back(job);
        let wanted =
            state.jobs.len() > state.idle && state.workers < self.shared.options.max_connections;
        if wanted {
            state.workers += 1;
            state.alive += 1;
        }
        drop(state);
        if wanted {
            self.runtime.spawn(work(Arc::clone(&self.shared)));
        } else {
            self.shared.changed.notify_one();
        }
    }

    /// Connects, asks whether the server takes mail, and says goodbye.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify(&self, report: Box<dyn FnOnce(Result<(), SendError>) + Send>) {
        let shared = Arc::clone(&self.shared);
        self.runtime.spawn(async move {
            match Connection::open(&shared.options.client).await {
                Ok(mut connection) => {
                    report(connection.noop().await);
                    connection.quit().await;
                }
                Err(error) => report(Err(error)),
            }
        });
    }

    /// Takes no more messages, sends those that there are, then closes; `closed` is called then.
    pub fn close(&self, closed: Box<dyn FnOnce() + Send>) {
        let mut state = lock(&self.shared.state);
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
        let over = state.alive == 0;
        if !over {
            state.closed = Some(closed);
            drop(state);
            return self.shared.changed.notify_waiters();
        }
        drop(state);
        closed();
    }

    /// Gives up all messages, those under way included.
    pub fn abort(&self) {
        let waiting = {
            let mut state = lock(&self.shared.state);
            state.phase = Phase::Aborted;
            std::mem::take(&mut state.jobs)
        };
        waiting.into_iter().for_each(|job| job.fail(SendError::Closed));
        self.shared.changed.notify_waiters();
        self.shared.end.notify_waiters();
    }

    /// Gives up messages that no connection has taken, and takes no more; the others are sent.
    pub fn withdraw(&self) {
        let waiting = {
            let mut state = lock(&self.shared.state);
            if state.phase == Phase::Open {
                state.phase = Phase::Closing;
            }
            std::mem::take(&mut state.jobs)
        };
        waiting.into_iter().for_each(|job| job.fail(SendError::Closed));
    }

    /// Gives up messages that were cancelled while they waited.
    pub fn sweep(&self) {
        let cancelled: VecDeque<_> = {
            let mut state = lock(&self.shared.state);
            let jobs = std::mem::take(&mut state.jobs);
            let (cancelled, jobs) = jobs.into_iter().partition(|job| job.cancel.is_cancelled());
            state.jobs = jobs;
            cancelled
        };
        cancelled.into_iter().for_each(|job| job.fail(SendError::Cancelled));
    }

    pub fn stats(&self) -> PoolStats {
        let state = lock(&self.shared.state);
        PoolStats {
            connections: state.workers,
            idle: state.idle,
            queued: state.jobs.len(),
            connected: self.shared.connected.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Takes messages, one after the other, over one connection at a time.
async fn work(shared: Arc<Shared>) {
    let mut connection = None;
    let mut messages = 0;
    while let Some(job) = shared.next_job(&mut connection).await {
        let is_first = shared.carry_out(job, &mut connection).await;
        messages = if is_first { 1 } else { messages + 1 };
        if shared.options.max_messages.is_some_and(|limit| messages >= limit)
            && let Some(connection) = connection.take()
        {
            connection.quit().await;
        }
    }
    if let Some(connection) = connection {
        connection.quit().await;
    }
    shared.leave();
}

impl Shared {
    /// The next message, or `None` if the worker is not needed any more.
    async fn next_job(&self, connection: &mut Option<Connection>) -> Option<Job> {
        let idle_since = tokio::time::Instant::now();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            {
                let mut state = lock(&self.state);
                if let Some(job) = state.jobs.pop_front() {
                    return Some(job);
                }
                if state.phase != Phase::Open || connection.is_none() {
                    state.workers -= 1;
                    return None;
                }
                state.idle += 1;
            }
            let stays = tokio::select! {
                () = changed => true,
                () = sleep_until(idle_since + self.options.idle_timeout) => false,
                () = disturbed(connection) => {
                    *connection = None;
                    false
                }
            };
            let mut state = lock(&self.state);
            state.idle -= 1;
            if !stays && state.jobs.is_empty() {
                state.workers -= 1;
                return None;
            }
        }
    }

    /// Waits until another message may be sent.
    async fn keep_to_rate(&self) {
        let Some((limit, time)) = self.options.rate else { return };
        loop {
            let wait = {
                let mut state = lock(&self.state);
                let now = Instant::now();
                match &mut state.window {
                    Some((began, count)) if now < *began + time => {
                        if *count < limit {
                            *count += 1;
                            return;
                        }
                        *began + time - now
                    }
                    window => {
                        *window = Some((now, 1));
                        return;
                    }
                }
            };
            sleep(wait).await;
        }
    }

    /// Sends a message, once more where a connection that had been used before turns out to be of no
    /// use; whether it was the first of its connection.
    async fn carry_out(&self, mut job: Job, connection: &mut Option<Connection>) -> bool {
        let mut is_first = connection.is_none();
        if job.cancel.is_cancelled() {
            job.fail(SendError::Cancelled);
            return is_first;
        }
        let mut attempt = self.attempt(&mut job, connection).await;
        let again = !is_first && attempt.goes_again && job.source.rewind();
        if again && lock(&self.state).phase != Phase::Aborted {
            is_first = true;
            attempt = self.attempt(&mut job, connection).await;
        }
        (job.report)(attempt.outcome, attempt.details);
        is_first
    }

    /// Sends a message over the connection, or a new one where there is none; one that is of no use
    /// after that is gone.
    async fn attempt(&self, job: &mut Job, connection: &mut Option<Connection>) -> Attempt {
        let cancel = Arc::clone(&job.cancel);
        let mut delivery = None;
        let result = tokio::select! {
            biased;
            outcome = self.try_once(job, connection, &mut delivery) => outcome,
            () = cancel.cancelled() => Err(SendError::Cancelled),
            () = self.aborted() => Err(SendError::Closed),
        };
        let usable = result.is_ok() && connection.as_ref().is_some_and(Connection::is_usable);
        let details = connection.as_ref().map(Connection::details).unwrap_or_default();
        let headway = connection.as_ref().map_or(Headway::None, Connection::headway);
        let outcome = match (result, &*connection) {
            (Ok(outcome), _) => outcome,
            (Err(error), Some(connection)) => connection.lost(delivery.as_ref(), error),
            (Err(error), None) => Outcome::Failed(error),
        };
        if !usable {
            *connection = None;
        }
        let goes_again = !usable && outcome.goes_again(headway);
        Attempt { outcome, details, goes_again }
    }

    async fn try_once(
        &self,
        job: &mut Job,
        connection: &mut Option<Connection>,
        delivery: &mut Option<Delivery>,
    ) -> Result<Outcome, SendError> {
        self.keep_to_rate().await;
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = Connection::open(&self.options.client).await?;
                self.connected.fetch_add(1, Ordering::Relaxed);
                connection.insert(opened)
            }
        };
        connection.deliver(&job.envelope, &mut job.source, delivery).await
    }

    async fn aborted(&self) {
        loop {
            let end = self.end.notified();
            tokio::pin!(end);
            end.as_mut().enable();
            if lock(&self.state).phase == Phase::Aborted {
                return;
            }
            end.await;
        }
    }

    fn leave(&self) {
        let closed = {
            let mut state = lock(&self.state);
            state.alive -= 1;
            if state.alive == 0 && state.phase != Phase::Open { state.closed.take() } else { None }
        };
        if let Some(closed) = closed {
            closed();
        }
    }
}

async fn disturbed(connection: &mut Option<Connection>) {
    match connection {
        Some(connection) => connection.disturbed().await,
        None => std::future::pending().await,
    }
}
