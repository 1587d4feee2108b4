//! One message on its way in.

use super::{Interest, ServerConfig};
use crate::protocol::data::{BareNewlines, DataDecoder};
use crate::protocol::message::Message;
use bytes::BytesMut;

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is whole.
    Message(Message),
    /// It is whole, and nobody wants it.
    NotKept,
    /// It was over the limit; nothing of it is left.
    TooBig,
    /// It has a bare CR or LF, which is refused here.
    BareNewline,
}

/// A message in the data state.
#[derive(Debug)]
pub(super) struct Receiving {
    decoder: DataDecoder,
    message: Message,
    size: u64,
    limit: u64,
    keep: bool,
    chunks: bool,
    refuse_bare: bool,
    ended: bool,
}

impl Receiving {
    pub(super) fn new(config: &ServerConfig, interest: Interest) -> Self {
        let keep = interest.may_look_back();
        let deliverable = config.deliverable.filter(|_| keep);
        let limit = [config.limits.size, deliverable].into_iter().flatten().min();
        Self {
            decoder: DataDecoder::new(config.bare_newlines),
            message: Message::default(),
            size: 0,
            limit: limit.unwrap_or(u64::MAX),
            keep,
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
        let Self { decoder, message, size, limit, keep, .. } = self;
        let decoded = decoder.decode(input, |bytes| {
            *size += bytes.len() as u64;
            if *size > *limit {
                *message = Message::default();
            } else if *keep {
                message.push(bytes);
            }
        });
        self.ended = decoded.ended;
        if self.chunks && self.size <= self.limit {
            chunk.extend_from_slice(&input[..decoded.used]);
        }
        decoded.used
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn end(&mut self) -> End {
        if self.size > self.limit {
            End::TooBig
        } else if self.refuse_bare && self.decoder.saw_bare_newline() {
            End::BareNewline
        } else if self.keep {
            End::Message(std::mem::take(&mut self.message))
        } else {
            End::NotKept
        }
    }
}
