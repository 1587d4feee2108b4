//! One message on its way in.

use super::control::Pace;
use super::{
    Body, Interest, Next, Notice, PlannedReply, Question, ServerConfig, ServerSession, State,
};
use crate::protocol::data::{BareNewlines, DataDecoder};
use crate::protocol::dialect::Stock;
use crate::protocol::message::Message;
use crate::protocol::reply::Reply;
use bytes::{Buf, BytesMut};
use std::time::Instant;

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is whole.
    Message(Message),
    /// It is whole, and nobody wants it.
    NotKept,
    /// It is whole, and was handed on as it came.
    Streamed,
    /// The application did not want it to its end; what it answers, if it said so.
    Discarded(Option<Reply>),
    /// It is over the limit, or has a bare CR or LF where that is refused; nothing of it is left.
    Refused(Stock),
}

/// A message in the data state.
#[derive(Debug)]
pub(super) struct Receiving {
    decoder: DataDecoder,
    message: Message,
    /// There was no memory for more; nothing of the message is left.
    starved: bool,
    pace: Pace,
    size: u64,
    limit: u64,
    /// What becomes of the message: it is kept to its end, handed on, or neither.
    keep: bool,
    stream: bool,
    discarded: Option<Option<Reply>>,
    chunks: bool,
    refuse_bare: bool,
    ended: bool,
}

impl Receiving {
    /// `line_feeds` tells that all lines so far ended in a bare LF.
    pub(super) fn new(
        config: &ServerConfig,
        interest: Interest,
        body: Body,
        line_feeds: bool,
    ) -> Self {
        let stream = body == Body::Stream;
        let keep = !stream && interest.may_look_back();
        let deliverable = config.deliverable.filter(|_| keep);
        let limit = [config.limits.size, deliverable].into_iter().flatten().min();
        Self {
            decoder: match line_feeds && config.line_feeds {
                true => DataDecoder::with_line_feeds(config.bare_newlines),
                false => DataDecoder::new(config.bare_newlines),
            },
            message: Message::within(config.control.memory.clone()),
            starved: false,
            pace: Pace::default(),
            size: 0,
            limit: limit.unwrap_or(u64::MAX),
            keep,
            stream,
            discarded: None,
            chunks: interest.has(Interest::DATA_CHUNK),
            refuse_bare: config.bare_newlines == BareNewlines::Refuse,
            ended: false,
        }
    }

    /// Takes message data off the head of `input`, how much is returned; the wire bytes go to
    /// `chunk` where they are wanted.
    pub(super) fn decode(&mut self, input: &[u8], chunk: &mut BytesMut) -> usize {
        if self.ended {
            return 0;
        }
        let Self { decoder, message, starved, size, limit, keep, stream, .. } = self;
        let decoded = decoder.decode(input, |bytes| {
            *size += bytes.len() as u64;
            if *size > *limit || *starved {
                *message = Message::default();
            } else if (*keep || *stream) && !message.push(bytes) {
                *starved = true;
                *message = Message::default();
            }
        });
        self.ended = decoded.ended;
        if self.chunks && self.size <= self.limit && !self.starved {
            chunk.extend_from_slice(&input[..decoded.used]);
        }
        decoded.used
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    pub(super) fn pace_mut(&mut self) -> &mut Pace {
        &mut self.pace
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether there is something to hand on.
    pub(super) fn has_piece(&self) -> bool {
        self.stream && !self.message.is_empty()
    }

    /// What has come of a message that is handed on.
    pub(super) fn piece(&mut self) -> &mut Message {
        &mut self.message
    }

    /// Nobody wants the rest; the message is answered with `reply`, or 451.
    pub(super) fn discard(&mut self, reply: Option<Reply>) {
        if std::mem::take(&mut self.stream) {
            self.message = Message::default();
            self.discarded = Some(reply);
        }
    }

    /// Whether all its lines ended in a bare LF.
    pub(super) fn has_line_feeds(&self) -> bool {
        self.decoder.has_line_feeds()
    }

    pub(super) fn is_streamed(&self) -> bool {
        self.stream
    }

    pub(super) fn end(&mut self) -> End {
        if let Some(reply) = self.discarded.take() {
            End::Discarded(reply)
        } else if self.size > self.limit {
            End::Refused(Stock::TooBig)
        } else if self.starved {
            End::Refused(Stock::OutOfMemory)
        } else if self.refuse_bare && self.decoder.saw_bare_newline() {
            End::Refused(Stock::BareNewline)
        } else if self.stream {
            End::Streamed
        } else if self.keep {
            End::Message(std::mem::take(&mut self.message))
        } else {
            End::NotKept
        }
    }
}

impl ServerSession {
    /// Takes what has come of a message, and sees to it when it is whole.
    pub(super) fn poll_data(&mut self, now: Instant) -> Option<Next> {
        let State::Data(receiving) = &mut self.state else { return None };
        if !self.input.is_empty() && !receiving.has_ended() {
            let used = receiving.decode(&self.input, &mut self.chunk);
            receiving.pace_mut().came(used, now);
            self.input.advance(used);
            self.waiting_since = now;
        }
        if !self.chunk.is_empty() {
            return Some(Next::Chunk);
        }
        if receiving.has_piece() {
            return Some(Next::Piece);
        }
        if !receiving.has_ended() {
            return self.wait(now);
        }
        let streamed = receiving.is_streamed();
        if !receiving.has_line_feeds() {
            self.lines.note_crlf();
        }
        let mut end = receiving.end();
        self.state = State::ExpectMail;
        self.recipients = 0;
        if self.pipelines_behind_data() {
            end = End::Refused(Stock::UnauthorisedPipelining);
            self.state = State::Closing;
        }
        self.end_data(end, streamed, now)
    }

    /// Replies to a message, or asks about it first.
    fn end_data(&mut self, end: End, streamed: bool, now: Instant) -> Option<Next> {
        let is_asked = match end {
            End::Streamed => true,
            End::Message(_) => self.interest.has(Interest::DATA),
            _ => false,
        };
        if !is_asked {
            let accepted = matches!(end, End::Message(_) | End::NotKept);
            self.config.counters.answered(accepted);
        }
        match end {
            End::Refused(stock) => {
                self.reply_stock(stock);
                if streamed || self.interest.has(Interest::DATA) {
                    return Some(self.tell(Notice::Cut(stock), now));
                }
            }
            End::Streamed => return Some(self.ask(Question::Streamed, now)),
            End::Discarded(None) => self.reply_stock(Stock::LocalError),
            End::Discarded(Some(reply)) => {
                self.config.counters.refuse_by_application();
                let code = reply.code();
                self.reply(&PlannedReply::Made(reply));
                self.refuse(code);
            }
            End::Message(message) if self.interest.has(Interest::DATA) => {
                return Some(self.ask(Question::Data(message), now));
            }
            End::Message(message) => {
                self.reply_stock(Stock::Ok);
                if self.interest.may_look_back() {
                    return Some(self.tell(Notice::Taken(message), now));
                }
            }
            End::NotKept => {
                self.reply_stock(Stock::Ok);
                // The application has taken every chunk before the client hears so.
                if self.interest.has(Interest::DATA_CHUNK) {
                    return Some(self.tell(Notice::Responses, now));
                }
            }
        }
        None
    }
}
