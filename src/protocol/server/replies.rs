//! Replies on their way out: announced to the application, gathered over a pipelined group
//! (RFC 2920 section 3.1), and held back if they are negative and there is a tarpit.

use super::answers::By;
use super::timers::Timer;
use super::{Ending, Interest, Next, Notice, Plan, PlannedReply, ServerSession};
use crate::protocol::dialect::Stock;
use crate::protocol::reply::ReplyCode;
use bytes::{BufMut, BytesMut};
use std::time::{Duration, Instant};

impl ServerSession {
    /// Bytes of replies that are ready to leave.
    pub fn ready(&self) -> usize {
        self.outgoing.ready.len()
    }

    /// The replies that are ready although the session is parked, so that those to earlier
    /// commands need not wait for the application.
    pub fn replies(&mut self) -> &mut BytesMut {
        &mut self.outgoing.ready
    }

    /// Takes the buffer of replies that were sent, for those to come.
    pub fn reuse(&mut self, buffer: BytesMut) {
        if self.outgoing.ready.capacity() == 0 && buffer.is_empty() {
            self.outgoing.ready = buffer;
        }
    }

    /// Appends bytes of the application's own to the replies.
    pub fn write(&mut self, bytes: &[u8]) {
        let code = bytes.get(..3).and_then(ReplyCode::parse);
        self.queue(code).put_slice(bytes);
    }

    /// Lets what was ready before leave, then waits, then lets the replies go that were held
    /// back.
    pub(super) fn poll_held(&mut self, now: Instant) -> Option<Next> {
        self.outgoing.held.as_ref()?;
        self.stop_pace(now);
        if !self.outgoing.ready.is_empty() {
            return Some(self.flush(now));
        }
        if now < self.timers.set_once(Timer::Pause, now) + self.pause() && !self.is_to_leave() {
            return Some(Next::Hold);
        }
        self.outgoing.ready = self.outgoing.held.take().unwrap_or_default();
        self.timers.stop(Timer::Pause);
        self.end_penalty();
        // The time was ours.
        self.restart_clocks(now);
        Some(self.flush(now))
    }

    /// How long nothing is done: in the tarpit, or before the greeting.
    pub(super) fn pause(&self) -> Duration {
        let control = &self.config.control;
        match self.outgoing.held {
            Some(_) => control.tarpit.unwrap_or_default().max(self.penalty()),
            None => control.greeting_delay.unwrap_or_default(),
        }
    }

    /// Sends what is gathered; the application hears of each reply before it leaves.
    pub(super) fn flush(&mut self, now: Instant) -> Next {
        if self.news.responses.is_empty() { Next::Send } else { self.tell(Notice::Responses, now) }
    }

    /// Carries a plan out that the application has not been asked about.
    pub(super) fn execute(&mut self, plan: Plan) {
        if plan.effect.has_chunk() {
            return self.take_chunk(plan, By::Engine);
        }
        self.reply(&plan.reply);
        self.apply(plan.effect, By::Engine);
    }

    pub(super) fn close_with(&mut self, stock: Stock) {
        self.reply_stock(stock);
        self.end(Ending::Closed);
    }

    pub(super) fn reply_stock(&mut self, stock: Stock) {
        self.reply(&PlannedReply::Stock(stock));
    }

    /// Replies and tells the application so.
    pub(super) fn reply(&mut self, reply: &PlannedReply) {
        self.announce(reply);
        self.put(reply);
    }

    /// Tells the application of a reply.
    pub(super) fn announce(&mut self, reply: &PlannedReply) {
        // One that never got in is not spoken of.
        if self.has_begun() && self.interest.contains(Interest::RESPONSE) {
            self.news.responses.extend(reply.lines(&self.config.replies));
        }
    }

    /// Puts a reply to those that are ready.
    pub(super) fn put(&mut self, reply: &PlannedReply) {
        let Self { config, outgoing, .. } = self;
        // Nearly all are of this kind.
        if let PlannedReply::Stock(stock) = reply {
            let (code, wire) = config.replies.stock(*stock);
            if !code.is_positive() {
                config.counters.refuse(*stock);
            }
            return outgoing.queue(config, Some(code)).put_slice(wire);
        }
        let code = reply.code(&config.replies);
        if let Some(stock) = reply.stock().filter(|_| !code.is_positive()) {
            config.counters.refuse(stock);
        }
        reply.write(&config.replies, outgoing.queue(config, Some(code)));
    }

    pub(super) fn write_stock(&mut self, stock: Stock) {
        self.put(&PlannedReply::Stock(stock));
    }

    /// Where a reply of `code` goes.
    pub(super) fn queue(&mut self, code: Option<ReplyCode>) -> &mut BytesMut {
        self.outgoing.queue(&self.config, code)
    }
}
