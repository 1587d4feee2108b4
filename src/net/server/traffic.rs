//! What has gone over the connections of a server, and how long its application took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Times are counted by the power of two of their microseconds.
const BUCKETS: usize = 40;

/// Counts that only grow; reading them stops nobody.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Sessions that were let in, those that are over included.
    pub sessions: Count,
    /// Bytes from clients, under TLS those within it.
    pub received: Count,
    /// Bytes to clients.
    pub sent: Count,
    /// Handshakes that ended in TLS 1.2.
    pub tls12: Count,
    /// Handshakes that ended in TLS 1.3.
    pub tls13: Count,
    /// Handshakes that failed.
    pub failed_handshakes: Count,
    /// How long the application took for its answers.
    pub answers: Times,
}

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Times of the application's answers, in a histogram.
#[derive(Debug)]
pub struct Times {
    buckets: [AtomicU64; BUCKETS],
    microseconds: AtomicU64,
    longest: AtomicU64,
}

/// What a histogram of times says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Summary {
    /// How many times were counted.
    pub count: u64,
    /// The mean time, in milliseconds.
    pub mean: f64,
    /// Half of them took no longer, in milliseconds; as exact as a power of two.
    pub median: f64,
    /// All but a hundredth took no longer, in milliseconds.
    pub p99: f64,
    /// The longest time, in milliseconds.
    pub longest: f64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            microseconds: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }
}

impl Times {
    /// Counts one time.
    pub fn add(&self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - microseconds.leading_zeros()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
        self.longest.fetch_max(microseconds, Ordering::Relaxed);
    }

    /// Sums the times up.
    pub fn summary(&self) -> Summary {
        let counts = self.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed));
        let count: u64 = counts.iter().sum();
        if count == 0 {
            return Summary::default();
        }
        let longest = self.longest.load(Ordering::Relaxed);
        // The end of the bucket in which the time stands that so many are not longer than.
        let within = |wanted: u64| {
            let mut seen = 0;
            let full = counts.iter().take_while(|count| {
                seen += **count;
                seen < wanted
            });
            (1_u64 << full.count()).min(longest)
        };
        let milliseconds = |microseconds: u64| microseconds as f64 / 1e3;
        Summary {
            count,
            mean: milliseconds(self.microseconds.load(Ordering::Relaxed)) / count as f64,
            median: milliseconds(within(count.div_ceil(2))),
            p99: milliseconds(within((count * 99).div_ceil(100))),
            longest: milliseconds(longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_up() {
        let times = Times::default();
        assert_eq!(times.summary(), Summary::default());
        for _ in 0..98 {
            times.add(Duration::from_micros(100));
        }
        times.add(Duration::from_millis(5));
        times.add(Duration::from_millis(70));
        let Summary { count, mean, median, p99, longest } = times.summary();
        assert_eq!(count, 100);
        assert!((mean - 0.848).abs() < 1e-9, "{mean}");
        assert!((0.1..=0.128).contains(&median), "{median}");
        assert!((5.0..=8.192).contains(&p99), "{p99}");
        assert_eq!(longest, 70.0);
        times.add(Duration::MAX);
        times.add(Duration::ZERO);
        assert_eq!(times.summary().count, 102);
    }
}
