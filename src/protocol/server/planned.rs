//! What is planned for a command: a reply, and what happens with that.

use crate::protocol::command::{Chunk, Hello};
use crate::protocol::dialect::{Replies, Stock};
use crate::protocol::envelope::{Mail, Recipient};
use crate::protocol::events::Interest;
use crate::protocol::inquiry::Inquiry;
use crate::protocol::parameters::ShownName;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::server::Attempt;
use crate::protocol::trusted::Attributes;
use bytes::{BufMut, BytesMut};

/// A reply, and what happens besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The reply.
    pub reply: PlannedReply,
    /// The effect on the session.
    pub effect: Effect,
}

/// A reply of the engine's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedReply {
    /// One that is always the same.
    Stock(Stock),
    /// One made for the occasion.
    Made(Reply),
    /// One that is always the same but for the name of the parameter that it is about.
    Named(Stock, ShownName),
    /// None yet: it depends on what an exchange comes to.
    Later,
}

impl PlannedReply {
    /// Its lines, without CRLF.
    pub fn lines(&self, replies: &Replies) -> Vec<String> {
        match self {
            Self::Stock(stock) => replies.stock_lines(*stock),
            Self::Made(reply) => reply.lines().collect(),
            Self::Named(stock, name) => {
                let mut lines = replies.stock_lines(*stock);
                if let Some(last) = lines.last_mut() {
                    last.push_str(&format!(": {name}"));
                }
                lines
            }
            Self::Later => Vec::new(),
        }
    }

    /// Appends it to `output`.
    pub fn write(&self, replies: &Replies, output: &mut BytesMut) {
        match self {
            Self::Stock(stock) => output.put_slice(replies.stock(*stock).1),
            Self::Made(reply) => reply.write(output),
            Self::Named(stock, name) => {
                output.put_slice(replies.stock(*stock).1.trim_ascii_end());
                output.put_slice(format!(": {name}\r\n").as_bytes());
            }
            Self::Later => {}
        }
    }

    /// The reply that is always the same, if it is one.
    pub(super) fn stock(&self) -> Option<Stock> {
        match self {
            Self::Stock(stock) | Self::Named(stock, _) => Some(*stock),
            Self::Made(_) | Self::Later => None,
        }
    }

    /// Its code; that of a positive reply where there is none yet.
    pub(super) fn code(&self, replies: &Replies) -> ReplyCode {
        match self {
            Self::Stock(stock) | Self::Named(stock, _) => replies.stock(*stock).0,
            Self::Made(reply) => reply.code(),
            Self::Later => ReplyCode::known(250),
        }
    }
}

/// What a command does when it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// It counts as a bad command.
    Bad,
    /// Greets.
    Greet {
        /// The client's domain.
        domain: String,
        /// The command it greets by.
        hello: Hello,
    },
    /// Begins a transaction.
    Mail(Mail),
    /// Adds a recipient.
    Rcpt(Recipient),
    /// Begins the data state.
    StartData,
    /// Begins a message with its first chunk.
    StartChunks(Chunk),
    /// Adds a chunk to the message.
    Chunk(Chunk),
    /// Drops a chunk; its reply and this other effect come behind its bytes.
    DropChunk(Chunk, Box<Effect>),
    /// Drops the transaction.
    Reset,
    /// Begins TLS.
    StartTls,
    /// Asks, and changes nothing.
    Inquire(Box<Inquiry>),
    /// Begins an exchange of AUTH.
    Auth(Box<Attempt>),
    /// Begins anew for the client that a trusted peer speaks for.
    Xclient(Box<Attributes>),
    /// Notes what a trusted peer tells of its client.
    Xforward(Box<Attributes>),
    /// The client ends the session (RFC 5321 section 4.1.1.10).
    Quit,
    /// We do.
    Close,
}

impl Effect {
    /// Whether the bytes of a chunk stand behind the command.
    pub(super) fn has_chunk(&self) -> bool {
        matches!(self, Self::StartChunks(_) | Self::Chunk(_) | Self::DropChunk(..))
    }

    /// The positive reply without any extras.
    pub(super) fn plain_reply(&self) -> Stock {
        match self {
            Self::Mail(_) => Stock::SenderOk,
            Self::Rcpt(_) => Stock::RecipientOk,
            Self::StartData => Stock::StartData,
            Self::Reset => Stock::ResetOk,
            Self::Inquire(inquiry) => inquiry.verb.agreed(),
            _ => Stock::Ok,
        }
    }
}

impl Plan {
    pub(super) fn new(stock: Stock, effect: Effect) -> Self {
        Self { reply: PlannedReply::Stock(stock), effect }
    }

    /// The event of its command, where it has one.
    pub fn event(&self) -> Option<Interest> {
        match &self.effect {
            Effect::Greet { .. } => Some(Interest::HELO),
            Effect::Mail(_) => Some(Interest::MAIL),
            Effect::Rcpt(_) => Some(Interest::RCPT),
            Effect::StartData | Effect::StartChunks(_) => Some(Interest::DATA_START),
            Effect::Inquire(inquiry) => Some(inquiry.verb.event()),
            _ => None,
        }
    }
}
