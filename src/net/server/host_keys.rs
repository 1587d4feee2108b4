//! Keys for the host that a client names, as the application finds them while the handshake waits.

use crate::net::sync::lock;
use crate::net::tls::HostKeys;
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// Handshakes that wait for keys, by the number of their record.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Requests>);

#[derive(Default)]
struct Requests {
    last: u32,
    waiting: HashMap<u32, oneshot::Sender<HostKeys>>,
}

/// A handshake that waits; once it is gone nobody does.
pub(super) struct Request<'a> {
    waiting: &'a Waiting,
    pub(super) number: u32,
    answered: oneshot::Receiver<HostKeys>,
}

impl Waiting {
    /// Begins to wait.
    pub(super) fn begin(&self) -> Request<'_> {
        let (answer, answered) = oneshot::channel();
        let mut requests = lock(&self.0);
        requests.last = requests.last.wrapping_add(1);
        let number = requests.last;
        requests.waiting.insert(number, answer);
        Request { waiting: self, number, answered }
    }

    /// Gives the keys that were asked for; those that came too late are nobody's.
    pub(super) fn answer(&self, request: u32, keys: HostKeys) {
        let waiting = lock(&self.0).waiting.remove(&request);
        if let Some(answer) = waiting {
            // Who waited may have gone meanwhile.
            let _ = answer.send(keys);
        }
    }
}

impl Request<'_> {
    /// The keys; without an application there are none.
    pub(super) async fn keys(mut self) -> HostKeys {
        (&mut self.answered).await.unwrap_or(HostKeys::Refused)
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        lock(&self.waiting.0).waiting.remove(&self.number);
    }
}
