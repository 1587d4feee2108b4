//! The server's state machine (RFC 5321 section 4.1.4), sans IO.
//!
//! A driver gives bytes with [`ServerSession::receive`], then calls [`ServerSession::poll`] and
//! does what each [`Step`] says, until it is [`Step::NeedInput`]:
//!
//! ```text
//!                  +--------- EHLO, HELO ---------+
//!                  v                              |
//! Connecting -> ExpectGreeting -> ExpectMail -> ExpectRcpt -> Data
//!     |            ^    STARTTLS      ^  MAIL         ^ RCPT    |
//!     v            +------------------+---------------+         |
//!  Refused                            +--- end of data, RSET ---+
//!     |  QUIT, 421, end of input, deadlines: from everywhere
//!     +--------> Closing
//! ```
//!
//! A session that has asked a [`Question`] is parked until [`ServerSession::answer`], one that has
//! told a [`Notice`] until [`ServerSession::heard`]; whatever arrives meanwhile waits in `input`,
//! which the driver bounds by not reading.

mod answers;
mod control;
mod deadlines;
mod dialogue;
mod plan;
mod receiving;
mod replies;
#[cfg(test)]
mod tests;

pub use dialogue::{
    Answer, Body, Expired, News, NextLine, Notice, Question, Standing, Step, Verdict,
};
pub use plan::{Effect, Plan, PlannedReply};

use super::control::{Control, Meter};
use super::counters::Counters;
use super::data::BareNewlines;
use super::dialect::{Dialect, Replies, Stock};
use super::events::Interest;
use super::extension::Extensions;
use super::limits::{IDLE_BUFFER, Limits, MAX_AUTH_LINE, MAX_GATHERED_REPLIES};
use super::line::{Line, LineReader};
use super::reply::Reply;
use bytes::BytesMut;
use dialogue::Parked;
use receiving::Receiving;
use replies::Held;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What all sessions of a server share.
#[derive(Debug)]
pub struct ServerConfig {
    /// What the server calls itself.
    pub name: String,
    /// The limits of each session.
    pub limits: Limits,
    /// The extensions that are offered.
    pub extensions: Extensions,
    /// Whether there are keys for STARTTLS.
    pub tls: bool,
    /// Whether mail is taken under TLS only (RFC 3207 section 4).
    pub require_tls: bool,
    /// What it says and allows.
    pub dialect: Dialect,
    /// What becomes of bare CR and LF in a message.
    pub bare_newlines: BareNewlines,
    /// Whether LF dot LF ends a message where every line of the session has ended in a bare LF.
    pub line_feeds: bool,
    /// The longest message that the application can be given, in bytes.
    pub deliverable: Option<u64>,
    /// The replies that the engine gives by itself.
    pub replies: Replies,
    /// How clients are treated that behave badly.
    pub control: Control,
    /// What its sessions have done.
    pub counters: Counters,
}

/// The head of a TLS handshake record (RFC 8446 section 5.1), where a greeting should come.
const TLS_HANDSHAKE: &[u8] = b"\x16\x03";

#[derive(Debug)]
enum State {
    Connecting,
    Refused,
    ExpectGreeting,
    ExpectMail,
    ExpectRcpt,
    Data(Box<Receiving>),
    StartTls,
    Closing,
}

/// A [`Step`] without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    NeedInput,
    Send,
    Hold,
    Park,
    Chunk,
    Piece,
    StartTls,
    Close,
}

/// One session of a server.
#[derive(Debug)]
pub struct ServerSession {
    config: Arc<ServerConfig>,
    interest: Interest,
    state: State,
    parked: Parked,
    input: BytesMut,
    lines: LineReader,
    next_line: NextLine,
    output: BytesMut,
    /// Replies that are held back.
    held: Option<Held>,
    meter: Option<Meter>,
    /// Wire bytes of message data that the application has not been given yet.
    chunk: BytesMut,
    news: News,
    /// Recipients of the transaction, the application's own included.
    recipients: usize,
    messages: u32,
    bad_commands: u32,
    overlong_lines: u32,
    greeted: bool,
    /// The client was offered PIPELINING (RFC 2920 section 3).
    pipelining: bool,
    begun: bool,
    quit: bool,
    input_ended: bool,
    draining: bool,
    /// When the greeting is given, where it waits.
    greets_at: Option<Instant>,
    connected_at: Instant,
    waiting_since: Instant,
    active_at: Instant,
    idle: Option<Duration>,
}

impl ServerSession {
    /// A session that begins now; `tls` tells whether the connection is encrypted.
    pub fn new(config: Arc<ServerConfig>, tls: bool, now: Instant) -> Self {
        let idle = config.limits.idle;
        Self {
            config,
            interest: Interest::default(),
            state: State::Connecting,
            parked: Parked::No,
            input: BytesMut::new(),
            lines: LineReader::default(),
            next_line: NextLine::Command,
            output: BytesMut::new(),
            held: None,
            meter: None,
            chunk: BytesMut::new(),
            news: News { tls, ..News::default() },
            recipients: 0,
            messages: 0,
            bad_commands: 0,
            overlong_lines: 0,
            greeted: false,
            pipelining: false,
            begun: false,
            quit: false,
            input_ended: false,
            draining: false,
            greets_at: None,
            connected_at: now,
            waiting_since: now,
            active_at: now,
            idle,
        }
    }

    /// Takes bytes from the client.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.active_at = now;
        let mut used = 0;
        if let State::Data(receiving) = &mut self.state
            && self.input.is_empty()
        {
            used = receiving.decode(bytes, &mut self.chunk);
            receiving.pace_mut().came(used, now);
            self.waiting_since = now;
        }
        self.input.extend_from_slice(&bytes[used..]);
    }

    /// Notes that the client sends no more; what it has sent is still served.
    pub fn end_input(&mut self) {
        self.input_ended = true;
    }

    /// Sets what the application listens to as of now.
    pub fn set_interest(&mut self, interest: Interest) {
        self.interest = interest;
    }

    /// Says whose the next line is, where no answer does.
    pub fn set_next_line(&mut self, next_line: NextLine) {
        self.next_line = next_line;
    }

    /// What to do next; `interest` as it stands now.
    pub fn poll(&mut self, now: Instant, interest: Interest) -> Step<'_> {
        self.set_interest(interest);
        match self.next(now) {
            Next::NeedInput => Step::NeedInput,
            Next::Send => Step::Send(&mut self.output),
            Next::Hold => Step::Hold,
            Next::Park => self.parked(),
            Next::Chunk => Step::Chunk(&mut self.chunk),
            Next::Piece => self.piece(),
            Next::StartTls => Step::StartTls,
            Next::Close => Step::Close,
        }
    }

    fn next(&mut self, now: Instant) -> Next {
        loop {
            if self.is_parked() {
                return Next::Park;
            }
            if let Some(next) = self.poll_held(now) {
                return next;
            }
            if self.output.len() > MAX_GATHERED_REPLIES {
                return self.flush(now);
            }
            match &mut self.state {
                State::Connecting if !self.begun => match self.poll_greeting(now) {
                    Some(next) => return next,
                    None => self.begun = matches!(self.state, State::Connecting),
                },
                State::Connecting if self.interest.has(Interest::CONNECT) => {
                    return self.ask(Question::Connect, now);
                }
                State::Connecting => {
                    self.reply_stock(Stock::Greeting);
                    self.state = State::ExpectGreeting;
                }
                State::Data(_) => {
                    if let Some(next) = self.poll_data(now) {
                        return next;
                    }
                }
                State::StartTls if self.output.is_empty() => return Next::StartTls,
                State::Closing if self.output.is_empty() => return Next::Close,
                State::StartTls | State::Closing => return self.flush(now),
                _ => {
                    if let Some(next) = self.poll_command(now) {
                        return next;
                    }
                }
            }
        }
    }

    /// What it is parked at, with the news that go with that.
    fn parked(&mut self) -> Step<'_> {
        match &mut self.parked {
            Parked::Asked(question) => Step::Ask(question, &mut self.news),
            Parked::Told(notice) => Step::Tell(notice, &mut self.news),
            Parked::No => Step::NeedInput,
        }
    }

    /// Whether it waits for the application, whatever the client does.
    pub fn is_parked(&self) -> bool {
        !matches!(self.parked, Parked::No)
    }

    /// What the application has not heard of yet; it is to be told with any event.
    pub fn news(&mut self) -> &mut News {
        &mut self.news
    }

    fn piece(&mut self) -> Step<'_> {
        match &mut self.state {
            State::Data(receiving) => Step::Piece(receiving.piece()),
            _ => Step::NeedInput,
        }
    }

    /// The application reads no more of the message that it is handed; the rest is skipped and
    /// answered with `reply`, or 451.
    pub fn discard(&mut self, reply: Option<Reply>) {
        if let State::Data(receiving) = &mut self.state {
            receiving.discard(reply);
        }
    }

    /// Whether all that is left is to send what is ready and to close.
    pub fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    /// Whether the application was asked, or would have been asked, to let the client in.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the client may still be sending, so that closing could lose it our last reply.
    pub fn lingers(&self) -> bool {
        let has_quit = self.quit && self.input.is_empty();
        !self.input_ended && !has_quit
    }

    /// The TLS handshake is done: nothing said in plain text counts (RFC 3207 section 4.2).
    pub fn secured(&mut self, now: Instant) {
        self.news.tls = true;
        self.greeted = false;
        self.connected_at = now;
        self.waiting_since = now;
        self.active_at = now;
        self.state = State::ExpectGreeting;
    }

    /// Asks and tells nothing more, sends what is ready and closes.
    pub fn close(&mut self) {
        self.parked = Parked::No;
        self.state = State::Closing;
    }

    /// Closes with 421 once no transaction is open.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Closes with 421 whatever goes on.
    pub fn abort(&mut self) {
        self.parked = Parked::No;
        self.draining = true;
        self.close_with(Stock::ShuttingDown);
    }

    fn ask(&mut self, question: Question, now: Instant) -> Next {
        self.park(Parked::Asked(question), now)
    }

    fn tell(&mut self, notice: Notice, now: Instant) -> Next {
        self.park(Parked::Told(notice), now)
    }

    fn park(&mut self, parked: Parked, now: Instant) -> Next {
        self.waiting_since = now;
        self.parked = parked;
        Next::Park
    }

    /// Nothing more can be done with the input at hand.
    fn wait(&mut self, now: Instant) -> Option<Next> {
        if !self.output.is_empty() {
            return Some(self.flush(now));
        }
        if self.input_ended {
            self.state = State::Closing;
        } else if self.draining && !self.is_busy() {
            self.close_with(Stock::ShuttingDown);
        } else {
            release(&mut self.input);
            release(&mut self.output);
            if let State::Data(receiving) = &mut self.state {
                receiving.pace_mut().reading(now);
            }
            return Some(Next::NeedInput);
        }
        None
    }

    fn is_busy(&self) -> bool {
        matches!(self.state, State::ExpectRcpt | State::Data(_))
    }

    fn poll_command(&mut self, now: Instant) -> Option<Next> {
        if !self.greeted && !self.lines.is_skipping() && self.input.starts_with(TLS_HANDSHAKE) {
            self.close_with(Stock::NotSmtp);
            return None;
        }
        let mut limit = self.config.limits.command_length;
        if self.next_line == NextLine::Application {
            // It is the application that carries out AUTH.
            limit = limit.map(|limit| limit.max(MAX_AUTH_LINE));
        }
        match self.lines.next_line(&mut self.input, limit) {
            None => return self.wait(now),
            Some(Line::Complete(line)) if self.next_line == NextLine::Application => {
                return Some(self.ask(Question::Line(line), now));
            }
            Some(Line::Complete(line)) if self.pipelines_unduly(&line) => {
                self.close_with(Stock::UnauthorisedPipelining);
            }
            Some(Line::Complete(line)) => {
                self.run(trimmed(line), false, now);
            }
            Some(Line::TooLong) => {
                let plan = self.plan_overlong();
                let goes_on = plan.effect != Effect::Close;
                self.execute(plan);
                // RFC 4954 section 4: what is going on there is over.
                if goes_on && self.next_line == NextLine::Application {
                    return Some(self.tell(Notice::LineTooLong, now));
                }
            }
        }
        self.waiting_since = now;
        None
    }

    /// Carries a line out, or asks first; `passed` lines have been shown already.
    fn run(&mut self, line: String, passed: bool, now: Instant) {
        let plan = self.plan(&line);
        let plan = self.metered(plan, now);
        let shown = passed || !self.interest.has(Interest::MESSAGE);
        if shown && !plan.event().is_some_and(|event| self.interest.has(event)) {
            self.execute(plan);
        } else {
            self.ask(Question::Command { line, passed, plan }, now);
        }
    }
}

/// A command line as text, without the space around it that a receiver tolerates (RFC 5321 section
/// 4.1.1): what else is no text is for the command to refuse.
fn trimmed(line: Vec<u8>) -> String {
    let without_space = |text: &str| text.trim_matches([' ', '\t']).to_owned();
    match String::from_utf8(line) {
        Ok(text) if !text.starts_with([' ', '\t']) && !text.ends_with([' ', '\t']) => text,
        Ok(text) => without_space(&text),
        Err(error) => without_space(&String::from_utf8_lossy(error.as_bytes())),
    }
}

/// Idle sessions keep no buffers to speak of.
fn release(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > IDLE_BUFFER {
        *buffer = BytesMut::new();
    }
}
