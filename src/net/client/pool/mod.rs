//! Connections to one place that are kept, and the messages that wait for them.
//!
//! A worker holds one connection and takes the message that has waited longest. There are no
//! more workers than messages to be sent, and none when there is nothing to do for a while.

mod shared;
mod work;

pub use shared::{Job, PoolOptions};

use super::SendError;
use super::connection::Connection;
use super::rate::Rate;
use crate::net::sync::lock;
use shared::{Phase, Shared};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use work::work;

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

impl Pool {
    /// A pool without connections.
    pub fn new(options: PoolOptions, runtime: Handle) -> Self {
        let rate = options.rate.map(|(limit, time)| Rate::new(limit, time));
        let shared = Shared {
            options,
            state: Mutex::default(),
            changed: Notify::new(),
            end: Notify::new(),
            rate,
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

    /// Gives up messages that no connection has taken or that wait for their turn, and takes no
    /// more; the others are sent.
    pub fn withdraw(&self) {
        let waiting = {
            let mut state = lock(&self.shared.state);
            if state.phase != Phase::Aborted {
                state.phase = Phase::Withdrawn;
            }
            std::mem::take(&mut state.jobs)
        };
        waiting.into_iter().for_each(|job| job.fail(SendError::Closed));
        self.shared.end.notify_waiters();
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
