//! What a record looks like to the application's side (`src/js/engine/border.js` reads it).
//!
//! A record is eight words, then one word for each of its texts. All texts of a batch stand one
//! after the other in its bytes.
//!
//! | word | holds |
//! | --- | --- |
//! | 0 | kind, and flags from bit 8 up |
//! | 1 | number of the session, of the server, or of a client of ours |
//! | 2 | sequence number, to answer late with; the number of a client's message |
//! | 3 | where the first text begins, in bytes |
//! | 4 | how many of the texts are replies made by the engine before this event |
//! | 5 | how many are recipients accepted by the engine before it |
//! | 6 | the planned reply: a stock number, or `MADE` and how many texts it has, or `NO_REPLY` |
//! | 7 | how many texts there are |
//! | 8.. | for each text its length in bytes, doubled, plus 1 if it is not all ASCII |
//!
//! The texts come in this order, each only where its flag or count says so: the peer (with
//! `PEER`), replies, the origin (`ORIGIN`), reverse-path and size of a MAIL (`MAIL`), recipients,
//! the command line (`LINE`), the event's own, its parameters (`EXT`), the planned reply.

use super::slot::Slot;
use crate::protocol::dialect::Stock;
use crate::protocol::envelope::Mail;
use crate::protocol::message::Message;
use crate::protocol::server::{Effect, News, Notice, Plan, PlannedReply, Question};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

/// Texts longer than this travel apart.
const MAX_INLINE: usize = 16 * 1024;
const HEADER: usize = 8;
/// Bytes of texts for which an empty batch may keep room.
const MAX_SPARE: usize = 64 * 1024;

pub(super) mod kind {
    pub(in super::super) const CONNECT: u32 = 1;
    pub(in super::super) const COMMAND: u32 = 2;
    pub(in super::super) const HELO: u32 = 3;
    pub(in super::super) const MAIL: u32 = 4;
    pub(in super::super) const RCPT: u32 = 5;
    pub(in super::super) const DATA_START: u32 = 6;
    pub(in super::super) const DATA: u32 = 7;
    pub(in super::super) const TAKEN: u32 = 8;
    pub(in super::super) const RESPONSES: u32 = 9;
    pub(in super::super) const CAPTURED: u32 = 10;
    pub(in super::super) const CHUNK: u32 = 11;
    pub(in super::super) const TIMEOUT: u32 = 12;
    pub(in super::super) const LISTENER_TIMEOUT: u32 = 13;
    pub(in super::super) const ERROR: u32 = 14;
    pub(in super::super) const GONE: u32 = 15;
    pub(in super::super) const STOPPED: u32 = 16;
    pub(in super::super) const SERVER_ERROR: u32 = 17;
    pub(in super::super) const PIECE: u32 = 18;
    pub(in super::super) const STREAMED: u32 = 19;
    pub(in super::super) const CUT: u32 = 20;
    pub(in super::super) const SECURE: u32 = 21;
    pub(in super::super) const LINE_TOO_LONG: u32 = 22;
    pub(in super::super) const SENT: u32 = 30;
    pub(in super::super) const DRAINED: u32 = 31;
    pub(in super::super) const VERIFIED: u32 = 32;
    pub(in super::super) const CLOSED: u32 = 33;
    pub(in super::super) const FOUND: u32 = 34;
    pub(in super::super) const PIPED: u32 = 35;
}

mod flag {
    pub(super) const PEER: u32 = 1 << 8;
    pub(super) const RESET: u32 = 1 << 9;
    pub(super) const FORGOT_GREETING: u32 = 1 << 10;
    pub(super) const ORIGIN: u32 = 1 << 11;
    pub(super) const MAIL: u32 = 1 << 12;
    pub(super) const LINE: u32 = 1 << 13;
    pub(super) const TLS: u32 = 1 << 14;
    /// The event's own text is a blob: its index stands for its length, which a word more has.
    pub(super) const BLOB: u32 = 1 << 15;
    /// The session ended before it was connected: no 'disconnect'.
    pub(super) const QUIET: u32 = 1 << 16;
    /// The command drops the transaction if it goes on.
    pub(super) const DROPS: u32 = 1 << 17;
    /// The command drops the transaction and the greeting if it goes on.
    pub(super) const DROPS_GREETING: u32 = 1 << 18;
    /// MAIL or RCPT has parameters that are handed on.
    pub(super) const EXT: u32 = 1 << 19;
}

const NO_REPLY: u32 = u32::MAX;
const MADE: u32 = 1 << 16;

/// The two ends of a connection.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The number by which the application knows the server.
    pub server: u32,
    /// The client's end and ours; `None` on a unix socket.
    pub ends: Option<(SocketAddr, SocketAddr)>,
}

/// An error of the operating system or of TLS.
#[derive(Debug)]
pub struct ErrorInfo {
    /// The system's error number, 0 for none.
    pub number: i32,
    /// What went wrong, in words.
    pub message: String,
}

impl From<&std::io::Error> for ErrorInfo {
    fn from(error: &std::io::Error) -> Self {
        Self { number: error.raw_os_error().unwrap_or(0), message: error.to_string() }
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
        /// The notice; a long message is moved out of it.
        notice: &'a mut Notice,
        /// What became of the session before it.
        news: &'a mut News,
    },
    /// Message data from the wire.
    Chunk(&'a [u8]),
    /// A piece of a message, moved out of here if it is long.
    Piece(&'a mut Message),
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
}

impl Record<'_> {
    pub(super) fn kind(&self) -> u32 {
        match self {
            Self::Question { question, .. } => question_kind(question),
            Self::Notice { notice: Notice::Cut(_), .. } => kind::CUT,
            Self::Notice { notice: Notice::Taken(_), .. } => kind::TAKEN,
            Self::Notice { notice: Notice::Responses, .. } => kind::RESPONSES,
            Self::Notice { notice: Notice::LineTooLong, .. } => kind::LINE_TOO_LONG,
            Self::Chunk(_) => kind::CHUNK,
            Self::Piece(_) => kind::PIECE,
            Self::Timeout => kind::TIMEOUT,
            Self::ListenerTimeout => kind::LISTENER_TIMEOUT,
            Self::Error(_) => kind::ERROR,
            Self::Secure(_) => kind::SECURE,
            Self::Gone { .. } => kind::GONE,
            Self::Stopped(_) => kind::STOPPED,
            Self::ServerError(_) => kind::SERVER_ERROR,
            Self::Client(ClientNews::Sent, _) => kind::SENT,
            Self::Client(ClientNews::Drained, _) => kind::DRAINED,
            Self::Client(ClientNews::Verified, _) => kind::VERIFIED,
            Self::Client(ClientNews::Closed, _) => kind::CLOSED,
            Self::Client(ClientNews::Found, _) => kind::FOUND,
            Self::Client(ClientNews::Piped, _) => kind::PIPED,
        }
    }

    /// What it counts against the window of notices.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Chunk(bytes) => bytes.len(),
            Self::Piece(message) => message.len(),
            Self::Timeout => 1,
            _ => 0,
        }
    }
}

fn question_kind(question: &Question) -> u32 {
    match question {
        Question::Connect => kind::CONNECT,
        Question::Command { plan, .. } => match plan.effect {
            Effect::Greet { .. } => kind::HELO,
            Effect::Mail(_) => kind::MAIL,
            Effect::Rcpt(_) => kind::RCPT,
            Effect::StartData => kind::DATA_START,
            _ => kind::COMMAND,
        },
        Question::Data(_) => kind::DATA,
        Question::Streamed => kind::STREAMED,
        Question::Line(_) => kind::CAPTURED,
    }
}

/// Records that cross together.
#[derive(Default)]
pub struct Batch {
    /// The words of all records, one after the other.
    pub words: Vec<u32>,
    /// The texts of all records, one after the other.
    pub bytes: Vec<u8>,
    /// Long messages, each taken once.
    pub blobs: Vec<Message>,
    pub(super) entries: Vec<Entry>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Empties it and keeps its room, if that is no more than a batch usually takes.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.bytes.clear();
        self.blobs.clear();
        self.entries.clear();
        if self.bytes.capacity() > MAX_SPARE {
            *self = Self::default();
        }
    }

    pub(super) fn write(
        &mut self,
        number: u32,
        sequence: u32,
        peer: Option<&Peer>,
        record: Record<'_>,
    ) {
        let start = self.words.len();
        let offset = self.bytes.len() as u32;
        let header = [record.kind(), number, sequence, offset, 0, 0, NO_REPLY, 0];
        self.words.extend_from_slice(&header);
        let mut writer = Writer { batch: self, start };
        if let Some(peer) = peer {
            writer.peer(peer);
        }
        writer.record(record);
        let texts = self.words.len() - start - HEADER;
        self.words[start + 7] = texts as u32;
    }
}

/// Who waits for a record to be taken.
pub(super) struct Entry {
    pub(super) slot: Option<Arc<Slot>>,
    pub(super) sequence: u32,
    pub(super) weight: usize,
    /// The session is over once the record was read.
    pub(super) ends: bool,
}

struct Writer<'a> {
    batch: &'a mut Batch,
    start: usize,
}

impl Writer<'_> {
    fn record(&mut self, record: Record<'_>) {
        match record {
            Record::Question { question, news } => {
                self.news(news);
                self.question(question);
            }
            Record::Notice { notice, news } => {
                self.news(news);
                self.notice(notice);
            }
            Record::Chunk(bytes) => self.text(bytes),
            Record::Piece(message) => self.message(message),
            Record::Secure(news) => {
                self.flag(flag::TLS);
                self.news(news);
            }
            Record::Gone { news, quiet } => {
                self.flag(if quiet { flag::QUIET } else { 0 });
                self.news(news);
            }
            Record::Error(error) | Record::ServerError(error) => {
                self.text(error.number.to_string().as_bytes());
                self.text(error.message.as_bytes());
            }
            Record::Client(_, texts) => texts.iter().for_each(|text| self.text(text.as_bytes())),
            Record::Stopped(run) => self.text(run.to_string().as_bytes()),
            Record::Timeout | Record::ListenerTimeout => {}
        }
    }

    fn peer(&mut self, peer: &Peer) {
        self.flag(flag::PEER);
        let mut text = peer.server.to_string();
        if let Some((remote, local)) = peer.ends {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\t{}\t{}\t{}\t{}",
                remote.ip(),
                remote.port(),
                local.ip(),
                local.port()
            );
        }
        self.text(text.as_bytes());
    }

    fn news(&mut self, news: &mut News) {
        let News { changes, responses, tls } = news;
        self.flag(if *tls { flag::TLS } else { 0 });
        self.batch.words[self.start + 4] = responses.len() as u32;
        self.batch.words[self.start + 5] = changes.recipients.len() as u32;
        for line in &*responses {
            self.text(line.as_bytes());
        }
        if changes.reset {
            self.flag(flag::RESET);
        }
        if changes.forgot_greeting {
            self.flag(flag::FORGOT_GREETING);
        }
        if let Some(origin) = &changes.origin {
            self.flag(flag::ORIGIN);
            self.text(origin.as_bytes());
        }
        if let Some(mail) = &changes.mail {
            self.flag(flag::MAIL);
            self.mail(mail);
        }
        for address in &changes.recipients {
            self.text(address.as_bytes());
        }
        news.clear();
    }

    fn question(&mut self, question: &mut Question) {
        match question {
            Question::Connect => self.plan_stock(Stock::Greeting),
            Question::Streamed => self.plan_stock(Stock::Ok),
            Question::Command { line, passed, plan } => {
                if !*passed {
                    self.flag(flag::LINE);
                    self.text(line.as_bytes());
                }
                self.plan(plan);
            }
            Question::Data(message) => {
                self.message(message);
                self.plan_stock(Stock::Ok);
            }
            Question::Line(line) => self.text(line),
        }
    }

    fn notice(&mut self, notice: &mut Notice) {
        match notice {
            Notice::Cut(stock) => self.plan_stock(*stock),
            Notice::Taken(message) => self.message(message),
            Notice::Responses | Notice::LineTooLong => {}
        }
    }

    fn plan(&mut self, plan: &Plan) {
        match &plan.effect {
            Effect::Greet { domain, .. } => self.text(domain.as_bytes()),
            Effect::Mail(mail) => {
                self.mail(mail);
                self.ext(mail.parameters.as_sent());
            }
            Effect::Rcpt(recipient) => {
                self.text(recipient.address.as_bytes());
                self.ext(recipient.parameters.as_sent());
            }
            Effect::Reset => self.flag(flag::DROPS),
            Effect::StartTls => self.flag(flag::DROPS | flag::DROPS_GREETING),
            _ => {}
        }
        match &plan.reply {
            PlannedReply::Stock(stock) => self.plan_stock(*stock),
            PlannedReply::Made(reply) => {
                let mut lines = 0;
                for line in reply.lines() {
                    self.text(line.as_bytes());
                    lines += 1;
                }
                self.batch.words[self.start + 6] = MADE | lines;
            }
        }
    }

    fn plan_stock(&mut self, stock: Stock) {
        self.batch.words[self.start + 6] = stock as u32;
    }

    fn mail(&mut self, mail: &Mail) {
        self.text(mail.from.as_bytes());
        let size = mail.parameters.size.map(|size| size.to_string()).unwrap_or_default();
        self.text(size.as_bytes());
    }

    fn ext(&mut self, ext: Option<&str>) {
        if let Some(ext) = ext {
            self.flag(flag::EXT);
            self.text(ext.as_bytes());
        }
    }

    fn message(&mut self, message: &mut Message) {
        let other = u32::from(!message.is_ascii());
        let length = message.len() as u32;
        if message.len() <= MAX_INLINE {
            self.batch.words.push(length << 1 | other);
            for segment in message.segments() {
                self.batch.bytes.extend_from_slice(segment);
            }
            // It is on its way: what it took is free.
            drop(message.take());
            return;
        }
        self.flag(flag::BLOB);
        let index = self.batch.blobs.len() as u32;
        self.batch.words.extend([index << 1 | other, length]);
        self.batch.blobs.push(message.take());
    }

    fn text(&mut self, text: &[u8]) {
        self.batch.words.push((text.len() as u32) << 1 | u32::from(!text.is_ascii()));
        self.batch.bytes.extend_from_slice(text);
    }

    fn flag(&mut self, flag: u32) {
        self.batch.words[self.start] |= flag;
    }
}
