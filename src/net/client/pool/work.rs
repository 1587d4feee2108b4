//! The worker of a pool: it holds one connection and takes one message after the other.

use super::shared::{Job, Phase, Shared};
use crate::net::client::connection::{Conclusion, Connection, Next};
use crate::net::client::details::Details;
use crate::net::client::exchanges::Passage;
use crate::net::client::rate::{Rate, Turn};
use crate::net::client::tally::Tally;
use crate::net::client::{GONE, Outcome, Route, SendError};
use crate::net::sync::lock;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::{Instant, sleep_until};

/// What came of one transaction, or of all there is to send of a message.
struct Attempt {
    conclusion: Conclusion,
    details: Details,
}

/// Takes messages, one after the other, over one connection at a time.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut connection: Option<Connection> = None;
    let limit = shared.options.max_messages.unwrap_or(u64::MAX);
    while let Some(job) = shared.next_job(&mut connection).await {
        shared.carry_out(job, &mut connection).await;
        let is_spent = |connection: &mut Connection| {
            connection.messages() >= limit || connection.is_exhausted()
        };
        if let Some(connection) = connection.take_if(is_spent) {
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
        let idle_since = Instant::now();
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

    /// Sends a message in as many transactions as the server wants, once more where a connection that
    /// had been used before turns out to be of no use.
    async fn carry_out(&self, mut job: Job, connection: &mut Option<Connection>) {
        let mut tally = Tally::default();
        loop {
            let Attempt { conclusion, details } =
                self.attempt(&mut job, tally.known(), connection).await;
            let Conclusion { outcome, recipients, next } = conclusion;
            let again = next == Next::Again && job.source.rewind();
            if again && lock(&self.state).phase != Phase::Aborted {
                continue;
            }
            tally.add(outcome, recipients, details);
            let left = job.envelope.recipients.len() - tally.known();
            if left == 0 {
                break;
            }
            if !job.source.rewind() {
                tally.add(Outcome::Failed(GONE), left, Details::default());
                break;
            }
            // Whether it is to be sent yet again is known when it is begun.
            job.source.keep(false);
            if next == Next::Elsewhere
                && let Some(connection) = connection.take()
            {
                connection.quit().await;
            }
        }
        let (outcome, details) = tally.end();
        (job.report)(outcome, details);
    }

    /// Sends a message to the recipients from `first` on over the connection, or a new one where there
    /// is none; one that is of no use after that is gone.
    async fn attempt(
        &self,
        job: &mut Job,
        first: usize,
        connection: &mut Option<Connection>,
    ) -> Attempt {
        let left = job.envelope.recipients.len() - first;
        let over =
            |outcome, details| Attempt { conclusion: Conclusion::last(outcome, left), details };
        if job.cancel.is_cancelled() {
            return over(Outcome::Failed(SendError::Cancelled), Details::default());
        }
        if let Route::Exchanges(domain, port) = &self.options.client.route {
            // It is large, and every worker has room for it otherwise.
            let (outcome, details) = Box::pin(self.pass(job, (domain, *port), connection)).await;
            return over(outcome, details);
        }
        let cancel = Arc::clone(&job.cancel);
        let result = tokio::select! {
            biased;
            outcome = self.try_once(job, first, connection) => outcome,
            () = cancel.cancelled() => Err(SendError::Cancelled),
            () = self.aborted() => Err(SendError::Closed),
        };
        let Some(used) = connection else {
            let outcome = result.unwrap_or_else(Outcome::Failed);
            return over(outcome, Details::default());
        };
        let usable = result.is_ok() && used.is_usable();
        let details = used.details();
        let conclusion = used.conclude(result, left);
        if !usable {
            *connection = None;
        }
        Attempt { conclusion, details }
    }

    async fn try_once(
        &self,
        job: &mut Job,
        first: usize,
        connection: &mut Option<Connection>,
    ) -> Result<Outcome, SendError> {
        loop {
            // A message counts when it begins.
            let turn = if first == 0 { self.keep_to_rate(connection).await? } else { None };
            let connection = match connection {
                Some(connection) => connection,
                None => {
                    let opened = Connection::open(&self.options.client).await?;
                    self.connected.fetch_add(1, Ordering::Relaxed);
                    connection.insert(opened)
                }
            };
            drop(turn);
            if let Some(outcome) = connection.await_source(&job.source).await {
                return Ok(outcome);
            }
            // Others may have been faster.
            if first > 0 || self.rate.as_ref().is_none_or(Rate::start) {
                return connection.deliver(&job.envelope, first, &mut job.source).await;
            }
        }
    }

    /// Waits until another message may leave; a connection that is lost or rests too long before
    /// that is gone.
    ///
    /// # Errors
    /// [`SendError::Closed`]: what has not left is not to leave.
    async fn keep_to_rate(
        &self,
        connection: &mut Option<Connection>,
    ) -> Result<Option<Turn<'_>>, SendError> {
        let Some(rate) = &self.rate else { return Ok(None) };
        let idle_since = Instant::now();
        let mut pause = pin!(rate.pause(connection.is_none()));
        loop {
            let end = self.end.notified();
            if lock(&self.state).phase == Phase::Withdrawn {
                return Err(SendError::Closed);
            }
            let rest = sleep_until(idle_since + self.options.idle_timeout);
            tokio::select! {
                biased;
                turn = &mut pause => return Ok(turn),
                () = end => {}
                () = rest, if connection.is_some() => {
                    if let Some(connection) = connection.take() {
                        connection.quit().await;
                    }
                }
                () = disturbed(connection) => *connection = None,
            }
        }
    }

    /// Sends a message to one exchange of a domain after the other.
    async fn pass(
        &self,
        job: &mut Job,
        place: (&str, u16),
        connection: &mut Option<Connection>,
    ) -> (Outcome, Details) {
        let mut passage = Passage::new(Arc::clone(&job.envelope));
        let result = tokio::select! {
            biased;
            result = passage.go(&self.options.client, place, &mut job.source) => result,
            () = job.cancel.cancelled() => Err(SendError::Cancelled),
            () = self.aborted() => Err(SendError::Closed),
        };
        let passed = passage.end(result);
        self.connected.fetch_add(passed.connected, Ordering::Relaxed);
        *connection = passed.connection;
        (passed.outcome, passed.details)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_has_no_room_for_the_passage_to_exchanges() {
        fn future<F, A>(_: impl Fn(A) -> F) -> usize {
            size_of::<F>()
        }
        let (size, room) = (future(work), 12 * size_of::<Connection>());
        assert!(size < room, "{size} of {room} bytes");
    }
}
