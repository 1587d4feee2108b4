//! Replies on their way out: announced to the application, gathered over a pipelined group
//! (RFC 2920 section 3.1), and held back if they are negative and there is a tarpit.

use super::answers::By;
use super::{Interest, Next, Notice, Plan, PlannedReply, ServerConfig, ServerSession, State};
use crate::protocol::dialect::Stock;
use crate::protocol::reply::ReplyCode;
use bytes::{BufMut, BytesMut};
use std::time::Instant;

/// Replies from the first negative one on, which wait.
#[derive(Debug, Default)]
pub(super) struct Held {
    replies: BytesMut,
    /// Absent until what was ready before them has left.
    pub(super) until: Option<Instant>,
}

impl ServerSession {
    /// Bytes of replies that are ready to leave.
    pub fn ready(&self) -> usize {
        self.output.len()
    }

    /// The replies that are ready although the session is parked, so that those to earlier
    /// commands need not wait for the application.
    pub fn replies(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Takes the buffer of replies that were sent, for those to come.
    pub fn reuse(&mut self, buffer: BytesMut) {
        if self.output.capacity() == 0 && buffer.is_empty() {
            self.output = buffer;
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
        let tarpit = self.config.control.tarpit.unwrap_or_default();
        let hurries = self.draining && !self.is_busy();
        let held = self.held.as_mut()?;
        if let State::Data(receiving) = &mut self.state {
            receiving.pace_mut().pause(now);
        }
        if !self.output.is_empty() {
            return Some(self.flush(now));
        }
        if now < *held.until.get_or_insert(now + tarpit) && !hurries {
            return Some(Next::Hold);
        }
        self.output = std::mem::take(&mut held.replies);
        self.held = None;
        // The time was ours.
        self.waiting_since = now;
        self.active_at = now;
        Some(self.flush(now))
    }

    /// Sends what is gathered; the application hears of each reply before it leaves.
    pub(super) fn flush(&mut self, now: Instant) -> Next {
        if self.news.responses.is_empty() { Next::Send } else { self.tell(Notice::Responses, now) }
    }

    /// Carries a plan out that the application has not been asked about.
    pub(super) fn execute(&mut self, plan: Plan) {
        self.reply(&plan.reply);
        self.apply(plan.effect, By::Engine);
    }

    pub(super) fn close_with(&mut self, stock: Stock) {
        self.reply_stock(stock);
        self.state = State::Closing;
    }

    pub(super) fn reply_stock(&mut self, stock: Stock) {
        self.reply(&PlannedReply::Stock(stock));
    }

    /// Replies and tells the application so.
    pub(super) fn reply(&mut self, reply: &PlannedReply) {
        // One that never got in is not spoken of.
        if self.begun && self.interest.has(Interest::RESPONSE) {
            self.news.responses.extend(reply.lines(&self.config.replies));
        }
        self.put(reply);
    }

    /// Puts a reply to those that are ready.
    pub(super) fn put(&mut self, reply: &PlannedReply) {
        let code = match reply {
            PlannedReply::Stock(stock) => self.config.replies.stock(*stock).0,
            PlannedReply::Made(reply) => reply.code(),
        };
        if let PlannedReply::Stock(stock) = reply
            && !code.is_positive()
        {
            self.config.counters.refuse(*stock);
        }
        let Self { config, held, output, .. } = self;
        reply.write(&config.replies, queue(config, held, output, Some(code)));
    }

    pub(super) fn write_stock(&mut self, stock: Stock) {
        self.put(&PlannedReply::Stock(stock));
    }

    /// Where a reply of `code` goes.
    pub(super) fn queue(&mut self, code: Option<ReplyCode>) -> &mut BytesMut {
        queue(&self.config, &mut self.held, &mut self.output, code)
    }
}

/// Where a reply of `code` goes: behind those that wait, or to them if it is negative and there is
/// a tarpit; else to those that are ready.
fn queue<'a>(
    config: &ServerConfig,
    held: &'a mut Option<Held>,
    output: &'a mut BytesMut,
    code: Option<ReplyCode>,
) -> &'a mut BytesMut {
    let negative = code.is_some_and(|code| !code.is_positive());
    if held.is_some() || negative && config.control.tarpit.is_some() {
        return &mut held.get_or_insert_default().replies;
    }
    output
}
