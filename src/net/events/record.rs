//! What the application's side is told of sessions, servers and clients.

use crate::protocol::events::kind;
use crate::protocol::inquiry::{Inquiry, Verb};
use crate::protocol::message::Message;
use crate::protocol::server::{Effect, News, Notice, Question};
use std::net::{IpAddr, SocketAddr};

/// The two ends of a connection.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The number by which the application knows the server.
    pub server: u32,
    /// The client's end and ours; `None` on a unix socket.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// The proxy that has said so, if one has.
    pub proxy: Option<Box<ProxyEnds>>,
}

/// The ends of the connection that a proxy has made, its own and ours; `None` on a unix socket.
#[derive(Debug, Clone)]
pub struct ProxyEnds(pub Option<(SocketAddr, SocketAddr)>);

impl Peer {
    /// The client's address; on a unix socket it has none.
    pub fn address(&self) -> Option<IpAddr> {
        self.ends.map(|(remote, _)| remote.ip())
    }
}

/// An error of the operating system or of TLS.
#[derive(Debug)]
pub struct ErrorInfo {
    /// The system's error number, 0 for none.
    pub number: i32,
    /// What went wrong, in words.
    pub message: String,
    /// Whether a client is gone that had nothing under way: no failure but its socket's.
    pub is_mere_end: bool,
}

impl ErrorInfo {
    /// An error that is a failure, in these words.
    pub fn new(error: &std::io::Error, message: String) -> Self {
        Self { number: error.raw_os_error().unwrap_or(0), message, is_mere_end: false }
    }
}

/// What the application is to be told.
#[derive(Debug)]
pub enum Record<'a> {
    /// A question, with what the application has not heard of before it.
    Question {
        /// The question; a long message is moved out of it.
        question: &'a mut Question,
        /// What became of the session before it.
        news: &'a mut News,
    },
    /// A notice, with what the application has not heard of before it.
    Notice {
        /// The notice.
        notice: &'a mut Notice,
        /// What became of the session before it.
        news: &'a mut News,
    },
    /// Message data from the wire.
    Raw(&'a [u8]),
    /// A piece of a message, moved out of here if it is long.
    Decoded(&'a mut Message),
    /// The idle time has passed.
    Timeout,
    /// The application did not answer in time.
    ListenerTimeout,
    /// The connection failed.
    Error(ErrorInfo),
    /// The connection is encrypted now.
    Secure(&'a mut News),
    /// The session has ended, `quiet`ly if it never was announced.
    Gone {
        /// What became of the session before that.
        news: &'a mut News,
        /// No 'disconnect'.
        quiet: bool,
    },
    /// A server does not listen any more and the last session of that run is gone.
    Stopped(u32),
    /// A server cannot accept clients.
    ServerError(ErrorInfo),
    /// A handshake waits for the keys of a host.
    WantsKeys {
        /// The number to answer with.
        request: u32,
        /// The host that the client names.
        host: &'a str,
    },
    /// A handshake is about to begin.
    WantsHandshake {
        /// The number to answer with.
        request: u32,
        /// The client's address, empty on a unix socket.
        address: &'a str,
    },
    /// What a client of ours has to tell, with its texts.
    Client(ClientNews, &'a [String]),
}

/// What a client of ours has to tell, with texts that its application understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientNews {
    /// What became of a message.
    Sent,
    /// There is room for more of a message.
    Drained,
    /// What a server said to being asked.
    Verified,
    /// The client is closed.
    Closed,
    /// What a lookup found.
    Found,
    /// There is something to take from a pipe, or room in it.
    Piped,
    /// A handshake needs roots besides the system's, which has some or, with a text, none.
    Roots,
}

impl Record<'_> {
    pub(super) fn kind(&self) -> u32 {
        match self {
            Self::Question { question, .. } => question_kind(question),
            Self::Notice { notice: Notice::Cut(_), .. } => kind::CUT,
            Self::Notice { notice: Notice::Taken(_), .. } => kind::TAKEN,
            Self::Notice { notice: Notice::Withdrawn, .. } => kind::WITHDRAWN,
            Self::Notice { notice: Notice::Responses, .. } => kind::RESPONSES,
            Self::Notice { notice: Notice::LineTooLong, .. } => kind::LINE_TOO_LONG,
            Self::Notice { notice: Notice::ExchangeOver, .. } => kind::EXCHANGE_OVER,
            Self::Notice { notice: Notice::Introduced(_), .. } => kind::XCLIENT,
            Self::Notice { notice: Notice::Forwarded(_), .. } => kind::XFORWARD,
            Self::Raw(_) => kind::RAW,
            Self::Decoded(_) => kind::DECODED,
            Self::Timeout => kind::TIMEOUT,
            Self::ListenerTimeout => kind::LISTENER_TIMEOUT,
            Self::Error(_) => kind::ERROR,
            Self::Secure(_) => kind::SECURE,
            Self::Gone { .. } => kind::GONE,
            Self::Stopped(_) => kind::STOPPED,
            Self::ServerError(_) => kind::SERVER_ERROR,
            Self::WantsKeys { .. } => kind::SNI,
            Self::WantsHandshake { .. } => kind::HANDSHAKE,
            Self::Client(ClientNews::Sent, _) => kind::SENT,
            Self::Client(ClientNews::Drained, _) => kind::DRAINED,
            Self::Client(ClientNews::Verified, _) => kind::VERIFIED,
            Self::Client(ClientNews::Closed, _) => kind::CLOSED,
            Self::Client(ClientNews::Found, _) => kind::FOUND,
            Self::Client(ClientNews::Piped, _) => kind::PIPED,
            Self::Client(ClientNews::Roots, _) => kind::ROOTS,
        }
    }

    /// What it counts against the window of notices.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Raw(bytes) => bytes.len(),
            Self::Decoded(message) => message.len(),
            Self::Timeout => 1,
            _ => 0,
        }
    }
}

fn question_kind(question: &Question) -> u32 {
    match question {
        Question::Connect => kind::CONNECT,
        Question::Command { plan, .. } => match &plan.effect {
            Effect::Greet { .. } => kind::HELO,
            Effect::Mail(_) => kind::MAIL,
            Effect::Rcpt(_) => kind::RCPT,
            Effect::StartData | Effect::StartChunks(_) => kind::DATA_START,
            Effect::Inquire(inquiry) => inquiry_kind(inquiry),
            _ => kind::COMMAND,
        },
        Question::Data(_) => kind::DATA,
        Question::Streamed => kind::STREAMED,
        Question::Line(_) => kind::CAPTURED,
        Question::Auth(_) => kind::AUTH,
        Question::Proof(_) => kind::PROOF,
    }
}

fn inquiry_kind(inquiry: &Inquiry) -> u32 {
    match inquiry.verb {
        Verb::Vrfy => kind::VRFY,
        Verb::Expn => kind::EXPN,
        Verb::Etrn => kind::ETRN,
    }
}
