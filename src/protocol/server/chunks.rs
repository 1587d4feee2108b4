//! The bytes behind BDAT (RFC 3030 section 2), whatever becomes of the command; `plan.rs` has that.
//!
//! They are never commands: where BDAT is refused they are read and dropped, and the refusal leaves
//! behind them.
//!
//! ```text
//! ExpectRcpt -> Data <-> Chunks         BDAT, the end of a chunk that is not the last
//!               Data -> ExpectMail      the end of the last, or of one that is refused
//! all        -> Skipping -> as before   BDAT where it is refused; a message is over with that
//! ```

use super::answers::By;
use super::plan::Stage;
use super::receiving::{Reading, Receiving};
use super::skipping::{Refusal, Skipping, Told};
use super::timers::Timer;
use super::{
    Behind, Body, Effect, Ending, Next, Plan, PlannedReply, ServerSession, State, Verdict,
};
use crate::protocol::command::Chunk;
use crate::protocol::dialect::Stock;
use crate::protocol::reply::ReplyCode;
use bytes::Buf;
use std::time::Instant;

impl ServerSession {
    /// Carries BDAT out as it is planned.
    pub(super) fn take_chunk(&mut self, plan: Plan, by: By) {
        let Plan { reply, effect } = plan;
        match effect {
            Effect::StartChunks(chunk) => {
                self.counts.messages += 1;
                let mut receiving = self.receiving(by.body());
                receiving.begin_chunk(chunk);
                self.state = State::Data(Box::new(receiving));
            }
            Effect::Chunk(chunk) => {
                if let State::Chunks(mut receiving) =
                    std::mem::replace(&mut self.state, State::ExpectMail)
                {
                    receiving.begin_chunk(chunk);
                    self.state = State::Data(receiving);
                }
            }
            Effect::DropChunk(chunk, effect) => {
                let told = match by {
                    By::Engine => Told::ByEngine,
                    By::Application(_) => Told::ByApplication,
                };
                self.skip(chunk, Refusal { reply: told(reply), effect: *effect });
            }
            _ => {}
        }
    }

    /// Carries BDAT out as the application wants it.
    pub(super) fn answer_chunk(&mut self, plan: Plan, verdict: Verdict, by: By) {
        if verdict.carries_out() || verdict == Verdict::Proceed {
            return self.take_chunk(plan, by);
        }
        let (reply, code) = match verdict {
            Verdict::Answer(reply) => {
                let code = reply.code();
                (Told::ByApplication(PlannedReply::Made(reply)), Some(code))
            }
            Verdict::Silent(code) | Verdict::Skip(code) => (Told::Sent, code),
            _ => (Told::Sent, None),
        };
        // As where the engine closes by itself, nobody waits for the chunk.
        if code.is_some_and(ReplyCode::closes) {
            if let Told::ByApplication(reply) = reply {
                self.put(&reply);
            }
            return self.end(Ending::Closed);
        }
        if let Effect::StartChunks(chunk) | Effect::Chunk(chunk) | Effect::DropChunk(chunk, _) =
            plan.effect
        {
            self.skip(chunk, Refusal { reply, effect: Effect::Nothing });
        }
    }

    /// Reads a chunk and drops it. What it was to be a part of is over (RFC 3030 section 2).
    fn skip(&mut self, chunk: Chunk, refusal: Refusal) {
        let stage = match &self.state {
            State::Chunks(_) => {
                self.withdraw();
                self.fail_chunks();
                Stage::Greeted
            }
            State::ExpectRcpt if self.counts.recipients > 0 => {
                self.fail_chunks();
                Stage::Greeted
            }
            _ => self.position().stage,
        };
        self.state = State::Skipping(Box::new(Skipping::new(chunk, refusal, stage)));
    }

    /// Reads on in a chunk that is dropped, and replies behind it.
    pub(super) fn poll_skipping(&mut self, now: Instant) -> Option<Next> {
        let State::Skipping(skipping) = &mut self.state else { return None };
        let used = skipping.skip(self.input.bytes.len());
        let left = skipping.left;
        self.input.bytes.advance(used);
        if used > 0 {
            self.timers.set(Timer::Turn, now);
            self.stop_pace(now);
        }
        if left.size > 0 {
            return self.wait(now);
        }
        let State::Skipping(skipping) = std::mem::replace(&mut self.state, State::ExpectMail)
        else {
            return None;
        };
        let Skipping { refusal: Refusal { reply, effect }, stage, .. } = *skipping;
        self.state = match stage {
            Stage::Refused => State::Refused,
            Stage::Begun => State::ExpectGreeting,
            Stage::Greeted | Stage::Chunks => State::ExpectMail,
            Stage::Transaction => State::ExpectRcpt,
        };
        for _ in 0..self.owed_behind(left, &effect) {
            match &reply {
                Told::ByEngine(reply) => self.reply(reply),
                Told::ByApplication(reply) => self.put(reply),
                Told::Sent => {}
            }
        }
        self.apply(effect, By::Engine);
        if self.pipelines_behind_data() {
            self.close_with(Stock::UnauthorisedPipelining);
        }
        self.timers.set(Timer::Turn, now);
        None
    }

    /// A chunk that is not the last is whole: the next one is awaited, unless nothing more is wanted.
    pub(super) fn end_chunk(&mut self, receiving: Box<Receiving>, now: Instant) -> Option<Next> {
        self.timers.set(Timer::Turn, now);
        let body = receiving.body;
        if receiving.has_failed() {
            self.fail_chunks();
            let end = receiving.end(self.config.bare_newlines);
            // It is answered once, and the last one for each recipient still (RFC 2033 section 4.3).
            let accepted = std::mem::take(&mut self.news.accepted);
            let next = self.end_data(end, body, now);
            self.news.accepted = accepted;
            return next;
        }
        if self.pipelines_behind_data() {
            self.close_with(Stock::UnauthorisedPipelining);
            return None;
        }
        self.state = State::Chunks(receiving);
        self.reply_stock(Stock::Ok);
        None
    }

    /// The rest of a message that has come in part will not come: who reads it is told so.
    pub(super) fn withdraw(&mut self) {
        if let State::Chunks(receiving) = &self.state
            && receiving.body == Body::Stream
        {
            self.input.reading = Reading::Withdrawn;
        }
    }

    /// The message is over, and what of it was sent already is no fault of the client's.
    pub(super) fn fail_chunks(&mut self) {
        self.counts.recipients = 0;
        self.counts.behind = Behind::Refusal;
    }
}
