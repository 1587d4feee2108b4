//! One message on its way in.

use super::config::ServerConfig;
use super::dialogue::{Body, Step};
use super::pace::Pace;
use crate::protocol::command::Chunk;
use crate::protocol::data::{BareNewlines, DataDecoder};
use crate::protocol::dialect::Stock;
use crate::protocol::events::Interest;
use crate::protocol::message::Message;
use crate::protocol::reply::Reply;
use bytes::BytesMut;

/// At least as many bytes as the decoder holds back, and gives with those behind them.
const HELD_BACK: usize = 8;

/// What the application knows of the message that it is handed piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reading {
    /// What became of it so far.
    #[default]
    Current,
    /// Not yet that the rest will not come.
    Withdrawn,
}

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

/// What becomes of the bytes of a message.
#[derive(Debug)]
enum Fate {
    /// They are kept to its end.
    Keep,
    /// They are handed on as they come.
    Stream,
    /// Nobody wants them.
    Skip,
    /// The application wants no more; what it answers, if it said so.
    Discarded(Option<Reply>),
    /// There are more than allowed.
    TooBig,
    /// There was no memory for more.
    Starved,
}

/// A message in the data state.
#[derive(Debug)]
pub(super) struct Receiving {
    decoder: DataDecoder,
    /// What is still to come of the chunk at hand; `None` where the message comes by DATA.
    chunk: Option<Chunk>,
    fate: Fate,
    /// How the application takes it.
    pub(super) body: Body,
    /// What of it is kept, or was not handed on yet.
    message: Message,
    /// Wire bytes that were not handed on yet, where the application listens to them.
    raw: Option<BytesMut>,
    size: u64,
    limit: u64,
    pace: Pace,
}

impl Receiving {
    /// `line_feeds` tells that all lines so far ended in a bare LF.
    pub(super) fn new(
        config: &ServerConfig,
        interest: Interest,
        body: Body,
        line_feeds: bool,
        bare_newlines: BareNewlines,
    ) -> Self {
        let fate = match body {
            Body::Stream => Fate::Stream,
            Body::Whole if interest.may_look_back() => Fate::Keep,
            Body::Whole => Fate::Skip,
        };
        let deliverable = config.deliverable.filter(|_| matches!(fate, Fate::Keep));
        let limit = [config.limits.size, deliverable].into_iter().flatten().min();
        Self {
            decoder: match line_feeds && config.line_feeds {
                true => DataDecoder::with_line_feeds(bare_newlines),
                false => DataDecoder::new(bare_newlines),
            },
            chunk: None,
            fate,
            body,
            message: Message::within(config.control.memory.clone()),
            raw: interest.contains(Interest::DATA_CHUNK).then(BytesMut::new),
            size: 0,
            limit: limit.unwrap_or(u64::MAX),
            pace: Pace::default(),
        }
    }

    /// A chunk of it follows.
    pub(super) fn begin_chunk(&mut self, chunk: Chunk) {
        self.chunk = Some(chunk);
        if chunk == (Chunk { size: 0, is_last: true }) {
            self.take(|decoder, sink| decoder.finish(sink));
        }
    }

    /// Whether a chunk of it has come that is not the last.
    pub(super) fn is_part(&self) -> bool {
        self.chunk.is_some_and(|chunk| !chunk.is_last)
    }

    /// Whether nothing more of it is wanted.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.fate, Fate::Discarded(_) | Fate::TooBig | Fate::Starved)
    }

    /// Whether it has shown that lines end in CRLF: it came by DATA, and ended so.
    pub(super) fn has_crlf(&self) -> bool {
        self.chunk.is_none() && !self.decoder.has_line_feeds()
    }

    /// Takes message data off the head of `input`; how much is returned.
    pub(super) fn decode(&mut self, input: &[u8]) -> usize {
        let mut used = 0;
        while used < input.len() && !self.has_ended() {
            let length = self.reach(input.len() - used);
            used += self.decode_reached(&input[used..used + length]);
        }
        used
    }

    /// How many of so many bytes to look at together. Where wire bytes are handed on, they are up to
    /// the limit, however they were cut: near it, each byte is looked at by itself.
    fn reach(&self, length: usize) -> usize {
        let length = match self.chunk {
            Some(chunk) => usize::try_from(chunk.size).map_or(length, |left| left.min(length)),
            None => length,
        };
        if self.raw.is_none() || self.size > self.limit {
            return length;
        }
        let room = usize::try_from(self.limit - self.size).unwrap_or(usize::MAX);
        length.min(room.saturating_sub(HELD_BACK).max(1))
    }

    fn decode_reached(&mut self, input: &[u8]) -> usize {
        let used = match &mut self.chunk {
            None => self.take(|decoder, sink| decoder.decode(input, sink).used),
            Some(chunk) => {
                chunk.size -= input.len() as u64;
                let is_whole = *chunk == (Chunk { size: 0, is_last: true });
                self.take(|decoder, sink| {
                    decoder.pass(input, &mut *sink);
                    if is_whole {
                        decoder.finish(sink);
                    }
                });
                input.len()
            }
        };
        if let Some(raw) = &mut self.raw
            && self.size <= self.limit
            && !matches!(self.fate, Fate::Starved)
        {
            raw.extend_from_slice(&input[..used]);
        }
        self.pace.came(used);
        used
    }

    /// Takes what the decoder gives.
    fn take<R>(&mut self, feed: impl FnOnce(&mut DataDecoder, &mut dyn FnMut(&[u8])) -> R) -> R {
        let Self { decoder, message, fate, size, limit, .. } = self;
        feed(decoder, &mut |bytes| {
            *size += bytes.len() as u64;
            match fate {
                Fate::Discarded(_) | Fate::TooBig => return,
                _ if *size > *limit => *fate = Fate::TooBig,
                Fate::Keep | Fate::Stream if !message.push(bytes) => *fate = Fate::Starved,
                Fate::Keep | Fate::Stream | Fate::Skip | Fate::Starved => return,
            }
            *message = Message::default();
        })
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    pub(super) fn pace_mut(&mut self) -> &mut Pace {
        &mut self.pace
    }

    pub(super) fn has_ended(&self) -> bool {
        self.chunk.map_or_else(|| self.decoder.has_ended(), |chunk| chunk.size == 0)
    }

    /// Whether there is something to hand on.
    pub(super) fn has_more(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| !raw.is_empty())
            || matches!(self.fate, Fate::Stream) && !self.message.is_empty()
    }

    /// What has come and is wanted as it comes: wire bytes first.
    pub(super) fn hand_on(&mut self) -> Step<'_> {
        match &mut self.raw {
            Some(raw) if !raw.is_empty() => Step::Raw(raw),
            _ => Step::Decoded(&mut self.message),
        }
    }

    /// Nobody wants the rest; the message is answered with `reply`, or 451.
    pub(super) fn discard(&mut self, reply: Option<Reply>) {
        if self.body == Body::Stream && !matches!(self.fate, Fate::Discarded(_)) {
            self.message = Message::default();
            self.fate = Fate::Discarded(reply);
        }
    }

    pub(super) fn end(self, bare_newlines: BareNewlines) -> End {
        let refuses_bare = bare_newlines == BareNewlines::Refuse;
        match self.fate {
            Fate::Discarded(reply) => End::Discarded(reply),
            Fate::TooBig => End::Refused(Stock::TooBig),
            Fate::Starved => End::Refused(Stock::OutOfMemory),
            _ if refuses_bare && self.decoder.saw_bare_newline() => {
                End::Refused(Stock::BareNewline)
            }
            Fate::Stream => End::Streamed,
            Fate::Keep => End::Message(self.message),
            Fate::Skip => End::NotKept,
        }
    }
}
