//! What the sessions of a server have done, counted.

use super::dialect::Stock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that only grow; reading them stops nobody.
#[derive(Debug)]
pub struct Counters {
    accepted: AtomicU64,
    refused: AtomicU64,
    by_stock: [AtomicU64; Stock::COUNT],
    by_application: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            accepted: AtomicU64::default(),
            refused: AtomicU64::default(),
            by_stock: [const { AtomicU64::new(0) }; Stock::COUNT],
            by_application: AtomicU64::default(),
        }
    }
}

impl Counters {
    /// Messages that were answered with a positive reply.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Messages that came whole and were refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How often each stock reply of the engine refused something, where it ever did.
    pub fn refusals(&self) -> impl Iterator<Item = (Stock, u64)> + '_ {
        let counts = self.by_stock.iter().map(|count| count.load(Ordering::Relaxed));
        Stock::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    /// How often the application refused something.
    pub fn refusals_by_application(&self) -> u64 {
        self.by_application.load(Ordering::Relaxed)
    }

    /// A message was answered.
    pub(super) fn answered(&self, positive: bool) {
        add(if positive { &self.accepted } else { &self.refused });
    }

    /// Something was refused with this reply.
    pub fn refuse(&self, stock: Stock) {
        add(&self.by_stock[stock as usize]);
    }

    /// The application refused something.
    pub(super) fn refuse_by_application(&self) {
        add(&self.by_application);
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
