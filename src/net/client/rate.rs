//! How many messages may leave in which time, over all connections of a pool.

use crate::net::sync::lock;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// A bound on the starts within any time of one length, wherever that time begins.
pub struct Rate {
    limit: usize,
    time: Duration,
    /// The last starts, the oldest first: no more than `limit`.
    starts: Mutex<VecDeque<Instant>>,
    /// There are no more at a time that get ready than can start.
    turns: Semaphore,
}

/// Leave to get ready for a start.
pub type Turn<'a> = SemaphorePermit<'a>;

impl Rate {
    /// No more than `limit` starts in any `time`.
    pub fn new(limit: u32, time: Duration) -> Self {
        let limit = limit.max(1) as usize;
        let turns = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
        Self { limit, time, starts: Mutex::default(), turns }
    }

    /// Waits until one more start is possible, which somebody else may take before; with a turn for
    /// whom it takes time to get ready.
    pub async fn pause(&self, takes_time: bool) -> Option<Turn<'_>> {
        let turn = if takes_time { self.turns.acquire().await.ok() } else { None };
        loop {
            let next = self.next(&mut lock(&self.starts), Instant::now());
            match next {
                Ok(()) => return turn,
                Err(next) => sleep_until(next).await,
            }
        }
    }

    /// Counts a start; whether it is possible now.
    pub fn start(&self) -> bool {
        let now = Instant::now();
        let mut starts = lock(&self.starts);
        let is_possible = self.next(&mut starts, now).is_ok();
        if is_possible {
            starts.push_back(now);
        }
        is_possible
    }

    /// Forgets what was long ago.
    ///
    /// # Errors
    /// When the next start is possible, if that is not now.
    fn next(&self, starts: &mut VecDeque<Instant>, now: Instant) -> Result<(), Instant> {
        while starts.front().is_some_and(|start| *start + self.time <= now) {
            starts.pop_front();
        }
        match starts.front() {
            Some(oldest) if starts.len() >= self.limit => Err(*oldest + self.time),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use tokio::runtime::Builder;
    use tokio::time::sleep;

    /// When messages leave that come at these times, each with the time that its connection takes
    /// once there may be a start; all in milliseconds, in a time that passes by itself.
    fn starts_of(limit: u32, time: u64, messages: &[(u64, u64)]) -> Vec<u64> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let began = Instant::now();
            let rate = Arc::new(Rate::new(limit, Duration::from_millis(time)));
            let tasks: Vec<_> = messages
                .iter()
                .map(|&(arrival, connecting)| {
                    let rate = Arc::clone(&rate);
                    tokio::spawn(async move {
                        sleep(Duration::from_millis(arrival)).await;
                        loop {
                            let turn = rate.pause(connecting > 0).await;
                            sleep(Duration::from_millis(connecting)).await;
                            drop(turn);
                            if rate.start() {
                                return began.elapsed().as_millis() as u64;
                            }
                        }
                    })
                })
                .collect();
            let mut starts = Vec::new();
            for task in tasks {
                starts.push(task.await.expect("a start"));
            }
            starts.sort_unstable();
            starts
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_time_has_more_starts_wherever_it_begins(
            limit in 1..6_u32,
            time in 1..200_u64,
            messages in prop::collection::vec((0..1_000_u64, 0..50_u64), 0..60),
        ) {
            let starts = starts_of(limit, time, &messages);
            prop_assert_eq!(starts.len(), messages.len());
            for (index, start) in starts.iter().enumerate() {
                let within = starts[index..].iter().filter(|other| **other < start + time);
                prop_assert!(within.count() <= limit as usize, "{:?}", starts);
            }
        }

        #[test]
        fn nobody_waits_while_a_start_is_possible(
            limit in 1..6_u32,
            time in 1..200_u64,
            arrivals in prop::collection::vec(0..1_000_u64, 1..60),
        ) {
            let messages: Vec<_> = arrivals.iter().map(|arrival| (*arrival, 0)).collect();
            let mut arrivals = arrivals;
            arrivals.sort_unstable();
            // In turn, each as soon as it is there and the start `limit` places before it is over.
            let mut expected: Vec<u64> = Vec::new();
            for (index, arrival) in arrivals.iter().enumerate() {
                let earlier = index.checked_sub(limit as usize);
                let free = earlier.map_or(0, |earlier| expected[earlier] + time);
                expected.push(free.max(*arrival));
            }
            prop_assert_eq!(starts_of(limit, time, &messages), expected);
        }
    }
}
