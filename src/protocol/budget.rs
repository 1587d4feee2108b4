//! Memory that the messages of all sessions of a server share: a hard bound, if there is one, and
//! room that was used before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Pieces of memory kept for messages to come: fresh memory costs the system more than its use does.
const MAX_SPARE: usize = 16;

/// The memory of a server's messages: how much there may be, what is in use, and what is kept.
#[derive(Debug)]
pub struct Budget {
    limit: Option<u64>,
    /// Counted where there is a limit.
    used: AtomicU64,
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Budget {
    /// A budget of `limit` bytes, or without a bound.
    pub fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0), spare: Mutex::default() })
    }

    /// Bytes in use, 0 without a bound.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether there is nothing left.
    pub fn is_used_up(&self) -> bool {
        self.limit.is_some_and(|limit| self.used() >= limit)
    }

    fn reserve(&self, bytes: u64, limit: u64) -> bool {
        let with = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with).is_ok()
    }

    fn lock_spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that are in use until this is dropped; any number where there is no budget.
#[derive(Debug, Default)]
pub struct Reservation {
    budget: Option<Arc<Budget>>,
    bytes: u64,
}

impl Reservation {
    /// Nothing yet of `budget`.
    pub fn of(budget: Option<Arc<Budget>>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Nothing yet of the same budget.
    pub fn another(&self) -> Self {
        Self::of(self.budget.clone())
    }

    /// Reserves more; `false`, and nothing more, if there is not as much left.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Some(budget) = &self.budget else { return true };
        let Some(limit) = budget.limit else { return true };
        let bytes = bytes as u64;
        let reserved = budget.reserve(bytes, limit);
        if reserved {
            self.bytes += bytes;
        }
        reserved
    }

    /// Room that was used before, empty, if some is kept.
    pub fn spare(&self) -> Option<Vec<u8>> {
        self.budget.as_ref()?.lock_spare().pop()
    }

    /// Keeps room for others, as much as is worth it.
    pub fn keep(&self, room: impl Iterator<Item = Vec<u8>>) {
        let mut room = room.peekable();
        if let Some(budget) = &self.budget
            && room.peek().is_some()
        {
            let mut spare = budget.lock_spare();
            let most = MAX_SPARE.saturating_sub(spare.len());
            spare.extend(room.take(most).map(|mut bytes| {
                bytes.clear();
                bytes
            }));
        }
    }
}

impl Reservation {
    /// Gives back what was reserved too much.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = self.bytes.min(bytes as u64);
        self.bytes -= bytes;
        if let Some(budget) = &self.budget {
            budget.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget
            && self.bytes > 0
        {
            budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_there_is() {
        let budget = Budget::new(Some(100));
        let mut one = Reservation::of(Some(budget.clone()));
        let mut two = one.another();
        assert!(one.grow(60) && !two.grow(41) && two.grow(40));
        assert!(budget.is_used_up() && !one.grow(1) && !one.grow(usize::MAX));
        drop(one);
        assert_eq!(budget.used(), 40);
        assert!(two.grow(60));
        drop(two);
        assert_eq!(budget.used(), 0);
        assert!(Reservation::default().grow(usize::MAX));
    }

    #[test]
    fn nothing_is_counted_without_a_bound() {
        let budget = Budget::new(None);
        let mut reservation = Reservation::of(Some(budget.clone()));
        assert!(reservation.grow(usize::MAX) && reservation.grow(usize::MAX));
        assert!(!budget.is_used_up());
        assert_eq!(budget.used(), 0);
        drop(reservation);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn room_is_kept_for_others_of_the_same_budget_up_to_a_bound() {
        for limit in [None, Some(1)] {
            let budget = Budget::new(limit);
            let one = Reservation::of(Some(budget.clone()));
            one.keep((0..MAX_SPARE + 3).map(|_| vec![1; 10]));
            let other = one.another();
            let spare: Vec<_> = std::iter::from_fn(|| other.spare()).collect();
            assert_eq!(spare.len(), MAX_SPARE);
            assert!(spare.iter().all(|bytes| bytes.is_empty() && bytes.capacity() >= 10));
            one.keep(spare.into_iter());
            assert!(Reservation::of(Some(Budget::new(limit))).spare().is_none());
        }
        let none = Reservation::default();
        none.keep(std::iter::once(vec![1]));
        assert!(none.spare().is_none());
    }

    #[test]
    fn threads_never_get_more_together() {
        let budget = Budget::new(Some(1_000));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..5_000 {
                        let mut reservation = Reservation::of(Some(budget.clone()));
                        while reservation.grow(1 + round % 97) {
                            assert!(budget.used() <= 1_000);
                        }
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
    }
}
