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
    /// Gives it up; what was sent to its end already may be taken all the same.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
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
