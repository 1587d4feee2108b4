//! Messages on their way in: handed on as they come, and answered when they are whole.

use super::receiving::End;
use super::timers::Timer;
use super::{Body, Ending, Interest, Next, Notice, PlannedReply, Question, ServerSession, State};
use crate::protocol::dialect::Stock;
use crate::protocol::message::KeptMessage;
use bytes::Buf;
use std::time::Instant;

impl ServerSession {
    /// Takes what has come of a message, and sees to it when it is whole.
    pub(super) fn poll_data(&mut self, now: Instant) -> Option<Next> {
        let State::Data(receiving) = &mut self.state else { return None };
        let input = &mut self.input;
        if !input.bytes.is_empty() && !receiving.has_ended() {
            let used = receiving.decode(&input.bytes);
            input.bytes.advance(used);
            self.timers.set(Timer::Turn, now);
            self.stop_pace(now);
        }
        let State::Data(receiving) = &mut self.state else { return None };
        if receiving.has_more() {
            return Some(Next::HandOn);
        }
        if !receiving.has_ended() {
            return self.wait(now);
        }
        if receiving.has_crlf() {
            self.input.lines.note_crlf();
        }
        let State::Data(receiving) = std::mem::replace(&mut self.state, State::ExpectMail) else {
            return None;
        };
        if receiving.is_part() {
            return self.end_chunk(receiving, now);
        }
        self.counts.recipients = 0;
        let body = receiving.body;
        let mut end = receiving.end(self.config.bare_newlines);
        if self.pipelines_behind_data() {
            end = End::Refused(Stock::UnauthorisedPipelining);
            self.end(Ending::Closed);
        }
        self.end_data(end, body, now)
    }

    /// Replies to a message, or asks about it first.
    pub(super) fn end_data(&mut self, end: End, body: Body, now: Instant) -> Option<Next> {
        let is_asked = match end {
            End::Streamed => true,
            End::Message(_) => self.interest.contains(Interest::DATA),
            _ => false,
        };
        if !is_asked {
            let accepted = matches!(end, End::Message(_) | End::NotKept);
            self.delivered(accepted);
        }
        match end {
            End::Refused(stock) => {
                self.reply_each(&PlannedReply::Stock(stock));
                if body == Body::Stream || self.interest.contains(Interest::DATA) {
                    return Some(self.tell(Notice::Cut(stock), now));
                }
            }
            End::Streamed => return Some(self.ask(Question::Streamed, now)),
            End::Discarded(None) => self.reply_each(&PlannedReply::Stock(Stock::LocalError)),
            End::Discarded(Some(reply)) => {
                self.config.counters.refuse_by_application();
                let code = reply.code();
                self.reply_each(&PlannedReply::Made(reply));
                self.refuse(code);
            }
            End::Message(message) if self.interest.contains(Interest::DATA) => {
                return Some(self.ask(Question::Data(message), now));
            }
            End::Message(message) => {
                self.reply_each(&PlannedReply::Stock(Stock::Ok));
                if self.interest.may_look_back() {
                    let kept = KeptMessage::new(message);
                    self.kept = Some(kept.clone());
                    return Some(self.tell(Notice::Taken(kept), now));
                }
            }
            End::NotKept => {
                self.reply_each(&PlannedReply::Stock(Stock::Ok));
                // The application has taken every chunk before the client hears so.
                if self.interest.contains(Interest::DATA_CHUNK) {
                    return Some(self.tell(Notice::Responses, now));
                }
            }
        }
        None
    }
}
