//! Deadlines and idle times (RFC 5321 section 4.5.3.2).

use super::dialogue::Parked;
use super::{Expired, Interest, ServerSession, State, Verdict};
use crate::protocol::dialect::{GreetingDeadline, Stock};
use std::time::{Duration, Instant};

impl ServerSession {
    /// Sets the idle time of this session.
    pub fn set_idle(&mut self, idle: Option<Duration>, now: Instant) {
        self.idle = idle;
        self.active_at = now;
    }

    /// When [`ServerSession::expire`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_parked() {
            return self.config.limits.listener.map(|limit| self.waiting_since + limit);
        }
        if let Some(until) = self.waits_until() {
            return Some(until);
        }
        let idle = self.idle.map(|limit| self.active_at + limit);
        [idle, self.client_deadline(), self.pace_deadline()].into_iter().flatten().min()
    }

    /// Acts on the deadline that has passed, if one has.
    pub fn expire(&mut self, now: Instant) -> Expired {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return Expired::Nothing;
        }
        match &self.parked {
            Parked::Asked(question) => return self.expire_question(question.is_replied_to(), now),
            Parked::Told(_) => {
                self.heard(None, now);
                return Expired::Nothing;
            }
            Parked::No => {}
        }
        if self.waits_until().is_some() {
            return Expired::Nothing;
        }
        if self.pace_deadline().is_some_and(|deadline| deadline <= now) {
            self.close_with(Stock::SlowData);
            return Expired::Deadline;
        }
        if self.client_deadline().is_some_and(|deadline| deadline <= now) {
            self.close_with(Stock::Timeout);
            return Expired::Deadline;
        }
        self.active_at = now;
        if !self.interest.has(Interest::TIMEOUT) {
            self.close();
        }
        Expired::Idle
    }

    fn expire_question(&mut self, is_replied_to: bool, now: Instant) -> Expired {
        let code = self.config.replies.stock(Stock::LocalError).0;
        if is_replied_to {
            self.reply_stock(Stock::LocalError);
        }
        self.answer(Verdict::Silent(Some(code)).into(), now);
        if is_replied_to { Expired::Listener } else { Expired::Nothing }
    }

    /// Until when the client must have said something (RFC 5321 section 4.5.3.2).
    fn client_deadline(&self) -> Option<Instant> {
        let limits = &self.config.limits;
        if let State::Data(_) = self.state {
            return limits.data.map(|limit| self.waiting_since + limit);
        }
        let command = limits.command.map(|limit| self.waiting_since + limit);
        let greeting = limits.greeting.map(|limit| self.connected_at + limit);
        let awaited = self.config.dialect.greeting_deadline == GreetingDeadline::Kept;
        [command, greeting.filter(|_| awaited && !self.greeted)].into_iter().flatten().min()
    }
}
