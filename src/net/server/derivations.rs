//! Passwords that are hashed for logins, on threads where nobody waits for it: as many at once as the
//! machine has cores, for all servers of the process together.

use crate::protocol::sasl::scram::{Derivation, Keys};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// Derivations that wait for their turn.
const MAX_WAITING: usize = 1_000;

/// Where derivations are carried out.
struct Workshop {
    benches: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place in the queue, which is free again once this is dropped.
struct Place<'a>(&'a AtomicUsize);

/// Where one derivation can be carried out.
pub(super) struct Bench {
    _permit: OwnedSemaphorePermit,
}

impl Workshop {
    fn new(benches: usize) -> Self {
        Self { benches: Arc::new(Semaphore::new(benches)), waiting: AtomicUsize::new(0) }
    }

    async fn bench(&self) -> Option<Bench> {
        let _place = Place::take(&self.waiting)?;
        self.benches.clone().acquire_owned().await.ok().map(|_permit| Bench { _permit })
    }
}

impl Bench {
    /// Carries a derivation out.
    pub(super) async fn carry_out(self, derivation: Derivation) -> Option<Keys> {
        let work = spawn_blocking(move || {
            let keys = derivation.run();
            drop(self);
            keys
        });
        work.await.ok()
    }
}

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits in the queue for a bench; `None` where too many wait already.
pub(super) async fn bench() -> Option<Bench> {
    static WORKSHOP: OnceLock<Workshop> = OnceLock::new();
    let workshop =
        WORKSHOP.get_or_init(|| Workshop::new(available_parallelism().map_or(1, usize::from)));
    workshop.bench().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let workshop = Workshop::new(0);
        let derivation = Derivation::new("pencil", b"salt", 1);
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(workshop.bench())).collect();
        let mut context = Context::from_waker(Waker::noop());
        for one in &mut waiting {
            assert!(one.as_mut().poll(&mut context).is_pending());
        }
        assert!(workshop.bench().await.is_none(), "one too many");
        // Whoever leaves makes room.
        waiting.pop();
        let mut last = Box::pin(workshop.bench());
        assert!(last.as_mut().poll(&mut context).is_pending());
        workshop.benches.add_permits(1);
        drop(waiting);
        let bench = last.await.expect("a bench");
        assert!(bench.carry_out(derivation.clone()).await == Some(derivation.run()));
        assert_eq!(workshop.waiting.load(Ordering::Relaxed), 0);
    }
}
