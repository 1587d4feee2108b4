//! What becomes of deadlines that pass (RFC 5321 section 4.5.3.2).

use super::dialogue::Parked;
use super::timers::Timer;
use super::{Expired, Interest, PlannedReply, Question, ServerSession, State, Verdict};
use crate::protocol::dialect::{GreetingDeadline, Stock};
use std::time::{Duration, Instant};

impl ServerSession {
    /// Sets the idle time of this session.
    pub fn set_idle(&mut self, idle: Option<Duration>, now: Instant) {
        self.idle = idle;
        self.timers.set(Timer::Idle, now);
    }

    /// When [`ServerSession::expire`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next(self.running(), |timer| self.limit(timer))
    }

    /// Acts on the deadline that has passed, if one has.
    pub fn expire(&mut self, now: Instant) -> Expired {
        match self.timers.expired(self.running(), now, |timer| self.limit(timer)) {
            // What comes behind a pause is the next step's.
            None | Some(Timer::Pause) => Expired::Nothing,
            Some(Timer::Turn) if self.is_parked() => self.expire_parked(now),
            Some(Timer::Pace) => {
                self.close_with(Stock::SlowData);
                Expired::Deadline
            }
            Some(Timer::Turn | Timer::Greeting) => {
                self.close_with(Stock::Timeout);
                Expired::Deadline
            }
            Some(Timer::Idle) => {
                self.timers.set(Timer::Idle, now);
                if !self.interest.contains(Interest::TIMEOUT) {
                    self.close();
                }
                Expired::Idle
            }
        }
    }

    /// The timers that count at the moment.
    fn running(&self) -> &'static [Timer] {
        match &self.state {
            _ if self.is_parked() => &[Timer::Turn],
            _ if self.timers.is_set(Timer::Pause) => &[Timer::Pause],
            State::Data(_) | State::Chunks(_) => &[Timer::Pace, Timer::Turn, Timer::Idle],
            State::Skipping(_) => &[Timer::Pace, Timer::Turn, Timer::Greeting, Timer::Idle],
            _ => &[Timer::Turn, Timer::Greeting, Timer::Idle],
        }
    }

    fn expire_parked(&mut self, now: Instant) -> Expired {
        let question = match &self.parked {
            Parked::Asked(question) => question,
            Parked::Deriving(_) => {
                self.derived(None, now);
                return Expired::Nothing;
            }
            _ => {
                self.heard(None, now);
                return Expired::Nothing;
            }
        };
        let is_replied_to = question.is_replied_to();
        let is_message = question.is_message();
        let stock = match question {
            Question::Auth(_) | Question::Proof(_) => Stock::AuthUnavailable,
            _ => Stock::LocalError,
        };
        let code = self.config.replies.stock(stock).0;
        if is_message {
            self.reply_each(&PlannedReply::Stock(stock));
        } else if is_replied_to {
            self.reply_stock(stock);
        }
        self.answer(Verdict::Silent(Some(code)).into(), now);
        if is_replied_to { Expired::Listener } else { Expired::Nothing }
    }

    /// How long each timer may run (RFC 5321 section 4.5.3.2).
    fn limit(&self, timer: Timer) -> Option<Duration> {
        let limits = &self.config.limits;
        match timer {
            Timer::Turn if self.is_parked() => limits.listener,
            Timer::Pause => Some(self.pause()),
            Timer::Pace => self.time_for_more(),
            Timer::Turn if matches!(self.state, State::Data(_) | State::Skipping(_)) => limits.data,
            Timer::Turn => limits.command,
            Timer::Greeting => {
                let is_kept = self.config.dialect.greeting_deadline == GreetingDeadline::Kept;
                limits.greeting.filter(|_| is_kept)
            }
            Timer::Idle => self.idle,
        }
    }

    /// All that has passed was our time, not the client's.
    pub(super) fn restart_clocks(&mut self, now: Instant) {
        self.timers.set(Timer::Turn, now);
        self.timers.set(Timer::Idle, now);
    }
}
