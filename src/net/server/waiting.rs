//! Handshakes that wait for what the application decides: whether they begin, or the keys for a host.

use crate::net::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// What becomes of a handshake that the application was asked about before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// It begins.
    Begin,
    /// The connection ends.
    End,
    /// The connection is reset.
    Reset,
}

/// Handshakes that wait, by the number of their record.
pub(super) struct Waiting<T>(Mutex<Requests<T>>);

struct Requests<T> {
    last: u32,
    waiting: HashMap<u32, oneshot::Sender<T>>,
}

/// A handshake that waits; once it is gone nobody does.
pub(super) struct Request<'a, T> {
    waiting: &'a Waiting<T>,
    pub(super) number: u32,
    answered: oneshot::Receiver<T>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(Mutex::new(Requests { last: 0, waiting: HashMap::new() }))
    }
}

impl<T> Waiting<T> {
    /// Begins to wait.
    pub(super) fn begin(&self) -> Request<'_, T> {
        let (answer, answered) = oneshot::channel();
        let mut requests = lock(&self.0);
        requests.last = requests.last.wrapping_add(1);
        let number = requests.last;
        requests.waiting.insert(number, answer);
        Request { waiting: self, number, answered }
    }

    /// Gives what was asked for; what comes too late is nobody's.
    pub(super) fn answer(&self, request: u32, answer: T) {
        let waiting = lock(&self.0).waiting.remove(&request);
        if let Some(waiting) = waiting {
            // Who waited may have gone meanwhile.
            let _ = waiting.send(answer);
        }
    }
}

impl<T> Request<'_, T> {
    /// What was asked for; nothing without an application.
    pub(super) async fn answered(mut self) -> Option<T> {
        (&mut self.answered).await.ok()
    }
}

impl<T> Drop for Request<'_, T> {
    fn drop(&mut self) {
        lock(&self.waiting.0).waiting.remove(&self.number);
    }
}
