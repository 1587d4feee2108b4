//! The application's word that it wants a message sent no more.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// A way to give a message up.
#[derive(Default)]
pub struct Cancel {
    cancelled: AtomicBool,
    changed: Notify,
}

impl Cancel {
    /// Has it given up before it is begun; one that has begun goes on until [`Cancel::tell`].
    pub fn mark(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    /// Gives it up if it was marked and has begun; what was sent to its end already may be taken
    /// all the same.
    pub fn tell(&self) {
        self.changed.notify_one();
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Ends when it is given up.
    pub async fn cancelled(&self) {
        while !self.is_cancelled() {
            self.changed.notified().await;
        }
    }
}
