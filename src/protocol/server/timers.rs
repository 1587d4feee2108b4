//! When a session is to act although nothing comes: one table of what began when.
//!
//! A timer costs no more than a note of the time; what its limit makes of that is asked for when
//! somebody wants to know.

use std::time::{Duration, Instant};

/// What is waited for; where more than one limit has passed, the first of these is acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The end of a time in which nothing is done: before the greeting, or in the tarpit.
    Pause,
    /// Message data fast enough.
    Pace,
    /// Whose turn it is: the application's answer, the client's next line, or more of its message.
    Turn,
    /// An accepted greeting.
    Greeting,
    /// Traffic either way.
    Idle,
}

/// The timers of a session, each of which may be set.
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; 5]);

impl Timers {
    /// It begins now, again if it was set.
    pub(super) fn set(&mut self, timer: Timer, now: Instant) {
        self.0[timer as usize] = Some(now);
    }

    /// It begins now unless it was set; when it began.
    pub(super) fn set_once(&mut self, timer: Timer, now: Instant) -> Instant {
        *self.0[timer as usize].get_or_insert(now)
    }

    /// It is not set any more; when it began.
    pub(super) fn stop(&mut self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize].take()
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// When the first of those `running` reaches its limit; `None` lifts a limit.
    pub(super) fn next(
        &self,
        running: &[Timer],
        limit: impl Fn(Timer) -> Option<Duration>,
    ) -> Option<Instant> {
        running.iter().filter_map(|timer| self.end(*timer, &limit)).min()
    }

    /// The first of those `running` that has reached its limit.
    pub(super) fn expired(
        &self,
        running: &[Timer],
        now: Instant,
        limit: impl Fn(Timer) -> Option<Duration>,
    ) -> Option<Timer> {
        let has_passed = |timer: &Timer| self.end(*timer, &limit).is_some_and(|end| end <= now);
        running.iter().copied().find(has_passed)
    }

    fn end(&self, timer: Timer, limit: impl Fn(Timer) -> Option<Duration>) -> Option<Instant> {
        Some(self.0[timer as usize]? + limit(timer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Timer; 5] = [Timer::Pause, Timer::Pace, Timer::Turn, Timer::Greeting, Timer::Idle];
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_is_set_and_stopped_alone() {
        let now = Instant::now();
        let limit = |_| Some(SECOND);
        for timer in ALL {
            let mut timers = Timers::default();
            assert_eq!(timers.next(&ALL, limit), None);
            timers.set(timer, now);
            for other in ALL {
                let end = (other == timer).then_some(now + SECOND);
                assert_eq!(timers.is_set(other), other == timer);
                assert_eq!(timers.next(&[other], limit), end);
            }
            assert_eq!(timers.expired(&ALL, now, limit), None);
            assert_eq!(timers.expired(&ALL, now + SECOND, limit), Some(timer));
            assert_eq!(timers.expired(&ALL, now + SECOND, |_| None), None, "without a limit");
            assert_eq!(timers.set_once(timer, now + SECOND), now, "it is set");
            timers.set(timer, now + SECOND);
            assert_eq!(timers.stop(timer), Some(now + SECOND));
            assert_eq!(timers.stop(timer), None);
            assert_eq!(timers.next(&ALL, limit), None);
            assert_eq!(timers.set_once(timer, now), now);
        }
    }

    #[test]
    fn the_nearest_is_next_and_the_first_is_acted_on() {
        let now = Instant::now();
        let limit = |timer: Timer| Some((5 - timer as u32) * SECOND);
        let mut timers = Timers::default();
        for timer in ALL {
            timers.set(timer, now);
        }
        assert_eq!(timers.next(&ALL, limit), Some(now + SECOND));
        assert_eq!(timers.expired(&ALL, now + SECOND, limit), Some(Timer::Idle));
        let later = now + 9 * SECOND;
        assert_eq!(timers.expired(&ALL, later, limit), Some(Timer::Pause));
        let some = [Timer::Turn, Timer::Idle];
        assert_eq!(timers.expired(&some, later, limit), Some(Timer::Turn));
        assert_eq!(timers.expired(&[], later, limit), None);
    }
}
