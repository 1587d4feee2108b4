//! Memory that the messages of all sessions of a server share, as a hard bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes, and how many of them are in use.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0) })
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether there is nothing left.
    pub fn is_used_up(&self) -> bool {
        self.used() >= self.limit
    }

    fn reserve(&self, bytes: u64) -> bool {
        let with = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with).is_ok()
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
        let bytes = bytes as u64;
        let reserved = budget.reserve(bytes);
        if reserved {
            self.bytes += bytes;
        }
        reserved
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_there_is() {
        let budget = Budget::new(100);
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
    fn threads_never_get_more_together() {
        let budget = Budget::new(1_000);
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
