//! How a session treats a client that behaves badly: a greeting that waits, pipelining that is not
//! allowed, what is counted, and message data that comes too slowly; `replies.rs` has the tarpit.
//! Each is off where [`AbusePolicy`](crate::protocol::control::AbusePolicy) does not say otherwise.

use super::dialogue::Parked;
use super::pace::Pace;
use super::timers::Timer;
use super::{Effect, Greeted, Next, Plan, Question, ServerSession, State};
use crate::protocol::control::{Counted, Meter, Pipelining};
use crate::protocol::dialect::{EarlyTalkers, Stock};
use crate::protocol::extension::Extension;
use crate::protocol::trusted::Trusted;
use std::time::{Duration, Instant};

impl ServerSession {
    /// Sets where its messages and recipients are counted.
    pub fn set_meter(&mut self, meter: impl Into<Option<Meter>>) {
        self.peer.meter = meter.into();
    }

    /// Sets what its peer may say of others.
    pub fn set_trusted(&mut self, trusted: Trusted) {
        self.peer.trusted = trusted;
    }

    /// There is no room for the client.
    pub fn turn_away(&mut self, stock: Stock) {
        self.parked = Parked::No;
        self.close_with(stock);
    }

    /// Waits before the greeting, as the client has to (RFC 5321 section 4.3.1). One that does not
    /// is turned away; where RFC 5321 section 3.1 would wait for its QUIT, it has shown that it
    /// does not listen. `None` when that is over, one way or the other.
    pub(super) fn poll_delay(&mut self, now: Instant) -> Option<Next> {
        if let Some(delay) = self.config.control.greeting_delay {
            if now < self.timers.set_once(Timer::Pause, now) + delay {
                if self.input.bytes.is_empty() {
                    return self.wait(now);
                }
                self.close_with(Stock::EarlyTalker);
                return None;
            }
            self.timers.stop(Timer::Pause);
            self.timers.set(Timer::Greeting, now);
            self.restart_clocks(now);
        }
        self.state = State::Connecting;
        None
    }

    /// Whether it matters now what the client sends before its greeting.
    pub fn hears_early(&self) -> bool {
        self.config.dialect.early_talkers == EarlyTalkers::TurnedAway
            && matches!(self.parked, Parked::Asked(Question::Connect))
    }

    /// Whether the client has sent a line before its greeting, and is to be turned away for that.
    pub(super) fn talked_early(&self) -> bool {
        self.config.dialect.early_talkers == EarlyTalkers::TurnedAway
            && self.input.bytes.contains(&b'\n')
    }

    /// Whether a client that sent `line` was to wait for its reply and did not: there is more at
    /// hand, which was sent before the reply could be seen. RFC 2920 section 3.1 has the list;
    /// where PIPELINING was not offered, every command is on it.
    pub(super) fn pipelines_unduly(&self, line: &[u8]) -> bool {
        self.watches_pipelining()
            && !self.input.bytes.is_empty()
            && (self.greeted != Greeted::Pipelining || ends_group(line))
            && !self.has_chunk(line)
    }

    /// Whether a chunk stands behind a line, which is no command that was sent too early.
    fn has_chunk(&self, line: &[u8]) -> bool {
        self.config.extensions.now(self.news.tls).contains(Extension::Chunking)
            && line.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"BDAT "))
    }

    /// The same of the end of a message, which may be the first of a group.
    pub(super) fn pipelines_behind_data(&self) -> bool {
        self.watches_pipelining()
            && !self.input.bytes.is_empty()
            && self.greeted != Greeted::Pipelining
    }

    pub(super) fn watches_pipelining(&self) -> bool {
        self.config.control.unauthorised_pipelining == Pipelining::Refuse
    }

    /// Counts what is to go on, or plans to refuse it: for now only, so that it comes again
    /// (RFC 5321 section 4.5.4.1).
    pub(super) fn metered(&mut self, plan: Plan, now: Instant) -> Plan {
        let Some((counted, meter)) = counted(&plan.effect).zip(self.peer.meter.as_mut()) else {
            return plan;
        };
        match counted {
            _ if meter.take(counted, now) => plan,
            Counted::Message => Plan::new(Stock::MessageRate, Effect::Nothing),
            _ => Plan::new(Stock::RecipientRate, Effect::Nothing),
        }
    }

    /// What was counted did not go on.
    pub(super) fn give_back(&mut self, effect: &Effect, now: Instant) {
        if let Some((counted, meter)) = counted(effect).zip(self.peer.meter.as_mut()) {
            meter.give_back(counted, now);
        }
    }

    /// We read: a message must come fast enough from now on, where that is wanted.
    pub(super) fn start_pace(&mut self, now: Instant) {
        if self.config.control.min_data_rate.is_some() && self.pace().is_some() {
            self.timers.set_once(Timer::Pace, now);
        }
    }

    /// We do not read for now.
    pub(super) fn stop_pace(&mut self, now: Instant) {
        if let Some(since) = self.timers.stop(Timer::Pace)
            && let Some(pace) = self.pace_mut()
        {
            pace.read_for += now.saturating_duration_since(since);
        }
    }

    /// For how long we may read a message without more of it.
    pub(super) fn time_for_more(&self) -> Option<Duration> {
        Some(self.pace()?.time_left(self.config.control.min_data_rate?))
    }

    /// How fast the message comes, between its chunks as well.
    fn pace(&self) -> Option<&Pace> {
        match &self.state {
            State::Data(receiving) | State::Chunks(receiving) => Some(receiving.pace()),
            State::Skipping(skipping) => Some(&skipping.pace),
            _ => None,
        }
    }

    fn pace_mut(&mut self) -> Option<&mut Pace> {
        match &mut self.state {
            State::Data(receiving) | State::Chunks(receiving) => Some(receiving.pace_mut()),
            State::Skipping(skipping) => Some(&mut skipping.pace),
            _ => None,
        }
    }
}

fn counted(effect: &Effect) -> Option<Counted> {
    match effect {
        Effect::Mail(_) => Some(Counted::Message),
        Effect::Rcpt(_) => Some(Counted::Recipient),
        _ => None,
    }
}

/// Whether a command has to be the last of its group: those that RFC 2920 section 3.1 lists, and
/// as it says, those of extensions that do not allow more. HELO is no command of a client that
/// may pipeline.
fn ends_group(line: &[u8]) -> bool {
    const LAST: [&[u8]; 13] = [
        b"EHLO",
        b"HELO",
        b"LHLO",
        b"DATA",
        b"VRFY",
        b"EXPN",
        b"TURN",
        b"QUIT",
        b"NOOP",
        b"STARTTLS",
        b"AUTH",
        b"ETRN",
        b"XCLIENT",
    ];
    let verb = line.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
    LAST.iter().any(|last| verb.eq_ignore_ascii_case(last))
}
