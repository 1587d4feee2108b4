//! What passes between a session, its driver and its application.

use super::planned::Plan;
use crate::protocol::dialect::Stock;
use crate::protocol::envelope::Changes;
use crate::protocol::events::Interest;
use crate::protocol::message::{KeptMessage, Message};
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::scram::Derivation;
use crate::protocol::sasl::server::{Claim, Secret};
use crate::protocol::trusted::Attributes;
use bytes::BytesMut;
use std::sync::Arc;

impl Interest {
    /// Whether a listener may look at a message after it was taken.
    pub(super) fn may_look_back(self) -> bool {
        !self.difference(Self::DATA_CHUNK).is_empty()
    }
}

/// What the driver is to do next. It takes what a step carries, and leaves nothing of it there.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Read and call [`receive`](super::ServerSession::receive).
    NeedInput,
    /// Write these replies.
    Send(&'a mut BytesMut),
    /// Read nothing until [`deadline`](super::ServerSession::deadline).
    Hold,
    /// Put this to the application with its news, and [`answer`](super::ServerSession::answer) it.
    Ask(&'a mut Question, &'a mut News),
    /// Tell the application this with its news, and say so when it was
    /// [`heard`](super::ServerSession::heard).
    Tell(&'a mut Notice, &'a mut News),
    /// Hand wire bytes of message data on.
    Raw(&'a mut BytesMut),
    /// Hand a piece of a message on, decoded: its dots undone.
    Decoded(&'a mut Message),
    /// Carry this out where nobody waits for it, then say what it came to with
    /// [`derived`](super::ServerSession::derived).
    Derive(&'a Derivation),
    /// Begin the TLS handshake, then call [`secured`](super::ServerSession::secured).
    StartTls,
    /// Close the connection.
    Close,
}

/// What became of the session since the application last heard of it; who tells it clears this.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// What became of greeting and envelope.
    pub changes: Changes,
    /// The lines of replies that were made and have not left yet, if it listens to them.
    pub responses: Vec<String>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Recipients of the transaction that the client knows to be accepted, where its message is
    /// answered for each of them (RFC 2033 section 4.2); 0 where it is answered once.
    pub accepted: u32,
}

impl News {
    /// The application has heard all of it.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.responses = Vec::new();
    }
}

/// What the session asks the application; nothing goes on before the answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// May this client come in?
    Connect,
    /// A command line and what the engine would do with it.
    Command {
        /// The line, trimmed.
        line: String,
        /// What of it the question is about.
        about: About,
        /// What happens if it agrees.
        plan: Plan,
    },
    /// Is this message taken?
    Data(Message),
    /// Is this message taken, which was handed on piece by piece?
    Streamed,
    /// A line for the application alone, which replies by itself if it does.
    Line(Vec<u8>),
    /// May this client log in?
    Auth(Box<Claim>),
    /// The same, now that a secret was held against what the client shows, or has proved: whether it
    /// is the client's.
    Proof(bool),
}

/// What of a command line the application is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The line, which it has not seen, and the plan.
    Line,
    /// The plan alone: it has let the line pass.
    Plan,
}

impl Question {
    /// Whether a reply of ours depends on the answer.
    pub fn is_replied_to(&self) -> bool {
        !matches!(self, Self::Line(_))
    }

    /// Whether it is about a message that has come whole.
    pub(super) fn is_message(&self) -> bool {
        matches!(self, Self::Data(_) | Self::Streamed)
    }
}

/// What the session tells the application; it goes on when that has heard it.
#[derive(Debug, PartialEq, Eq)]
pub enum Notice {
    /// The message that came was refused with this reply, whatever was handed on of it.
    Cut(Stock),
    /// This message was accepted; it is there to be looked at until the next transaction.
    Taken(Arc<KeptMessage>),
    /// The message that was handed on so far will not be whole: the client has taken it back, or left
    /// out a part that was refused.
    Withdrawn,
    /// Replies are about to leave.
    Responses,
    /// A line of the application's own was over the limit, is gone, and was refused.
    LineTooLong,
    /// The login whose secret it gave is over, without a proof either way.
    ExchangeOver,
    /// The peer speaks for this client from here on, and the session begins anew.
    Introduced(Box<Attributes>),
    /// The peer has told this of its client.
    Forwarded(Box<Attributes>),
}

/// What a session is parked at.
#[derive(Debug)]
pub(super) enum Parked {
    /// Nothing: it goes on.
    No,
    /// A question that awaits its verdict.
    Asked(Question),
    /// A notice that the application has not taken yet.
    Told(Notice),
    /// Something that takes long, and is carried out elsewhere.
    Deriving(Derivation),
}

/// The application's answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it decides.
    pub verdict: Verdict,
    /// How it takes the message that follows, if one does.
    pub body: Body,
    /// Its side of the session; `None` if it was not the application that answered.
    pub standing: Option<Standing>,
}

/// An answer that is not the application's.
impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, body: Body::Whole, standing: None }
    }
}

/// How the application takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// Whole, at its end.
    #[default]
    Whole,
    /// Piece by piece, as it comes.
    Stream,
}

/// What the application says of its side of the session whenever it has heard something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// How many recipients it counts: it has recorded greeting, sender and recipient by itself.
    pub recipients: usize,
    /// Whose the next line is.
    pub next_line: NextLine,
}

/// Whose a line of the client's is, besides those of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NextLine {
    /// The engine's: a command.
    #[default]
    Command,
    /// The application's, whatever it says.
    Application,
}

/// What the application decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on; with a reply other than the planned one, if given.
    Accept(Option<Reply>),
    /// Go on, answered by the plain positive reply, without whatever the plan says.
    Ok,
    /// Let the line pass, and ask about the command itself if anybody wants to know.
    Proceed,
    /// Leave the command undone and reply so; 421 closes.
    Answer(Reply),
    /// The application has replied by itself, with this code if it is known: go on if it is
    /// positive.
    Silent(Option<ReplyCode>),
    /// The same, and the command is not ours to carry out.
    Skip(Option<ReplyCode>),
    /// Hold this against what the client shows, or has proved, and ask again.
    Verify(Box<Secret>),
    /// Refuse a login, and tell the client first what is wrong with its token.
    RefuseToken(Box<TokenRefusal>),
    /// Answer a message with one of these for each recipient, in their order (RFC 2033 section 4.2).
    Each(Box<[Reply]>),
}

/// How a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRefusal {
    /// What the client hears at last.
    pub reply: Reply,
    /// What it hears before that: JSON.
    pub problem: String,
}

impl Verdict {
    /// Whether a command that is answered so is carried out.
    pub(super) fn carries_out(&self) -> bool {
        match self {
            Self::Accept(_) | Self::Ok => true,
            Self::Silent(code) => code.is_none_or(ReplyCode::is_positive),
            Self::Proceed
            | Self::Answer(_)
            | Self::Skip(_)
            | Self::Verify(_)
            | Self::RefuseToken(_)
            | Self::Each(_) => false,
        }
    }

    /// Whether the client is told by it that a command is done; so it may be where the reply is not known.
    pub(super) fn says_done(&self) -> bool {
        match self {
            Self::Ok => true,
            Self::Accept(Some(reply)) | Self::Answer(reply) => reply.code().is_completion(),
            Self::Silent(code) | Self::Skip(code) => code.is_none_or(ReplyCode::is_completion),
            Self::Accept(None)
            | Self::Proceed
            | Self::Verify(_)
            | Self::RefuseToken(_)
            | Self::Each(_) => false,
        }
    }

    /// Whether it lets nothing go on, with a negative reply.
    pub(super) fn refuses(&self) -> bool {
        let code = match self {
            Self::Each(replies) => return replies.iter().all(|it| !it.code().is_positive()),
            Self::Accept(Some(reply)) | Self::Answer(reply) => Some(reply.code()),
            Self::RefuseToken(refusal) => Some(refusal.reply.code()),
            Self::Silent(code) | Self::Skip(code) => *code,
            Self::Accept(None) | Self::Ok | Self::Proceed | Self::Verify(_) => None,
        };
        code.is_some_and(|code| !code.is_positive())
    }
}

/// What passed without an answer in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// Nothing yet.
    Nothing,
    /// The idle time.
    Idle,
    /// The application's time to answer.
    Listener,
    /// The client's time; a 421 reply is on its way.
    Deadline,
}
