//! The server's state machine (RFC 5321 section 4.1.4), sans IO.
//!
//! A driver gives bytes with [`ServerSession::receive`], then calls [`ServerSession::poll`] and
//! does what each [`Step`] says, until it is [`Step::NeedInput`]:
//!
//! ```text
//! Delaying       -> Connecting                  the greeting's delay is over, or there is none
//! Connecting     -> ExpectGreeting              220
//!                -> Refused                     the client is refused, and may only leave
//! ExpectGreeting -> ExpectMail                  EHLO, HELO; LHLO in LMTP
//! ExpectMail     -> ExpectRcpt                  MAIL
//! ExpectRcpt     -> Data                        DATA, once there is a recipient
//!                -> ExpectMail                  RSET, EHLO, HELO
//! Data           -> ExpectMail                  end of data, whatever is replied
//! ExpectMail     -> Authenticating -> ExpectMail    AUTH, then whatever its exchange comes to
//! ExpectGreeting, ExpectMail -> Connecting       XCLIENT of a peer that is trusted
//! the three that expect -> StartTls -> ExpectGreeting    STARTTLS, then the handshake
//! Data <-> Chunks, all -> Skipping              BDAT: `chunks.rs` has it
//! all            -> Closing                     QUIT, 421, the end of input, a deadline
//! ```
//!
//! All else leaves a session where it is: RCPT, a second MAIL, NOOP, and what is refused.
//!
//! A session that has asked a [`Question`] is parked until [`ServerSession::answer`], one that has
//! told a [`Notice`] until [`ServerSession::heard`]; the driver bounds what waits in `input` meanwhile.

mod account;
mod answers;
mod auth;
mod chunks;
mod commands;
mod config;
mod control;
mod deadlines;
mod dialogue;
mod inquiries;
mod lmtp;
mod messages;
mod outgoing;
mod pace;
mod peer;
mod plan;
mod planned;
mod receiving;
mod replies;
mod shutdown;
mod skipping;
mod strangers;
#[cfg(test)]
mod tests;
mod timers;

pub use config::{AuthPolicy, Exposure, Login, ServerConfig};
pub use dialogue::{
    About, Answer, Body, Expired, News, NextLine, Notice, Question, Standing, Step, TokenRefusal,
    Verdict,
};
use plan::Behind;
pub use planned::{Effect, Plan, PlannedReply};

use super::dialect::Stock;
use super::events::Interest;
use super::limits::{IDLE_BUFFER, MAX_GATHERED_REPLIES};
use super::line::LineReader;
use super::message::KeptMessage;
use super::parameters::Body as MimeBody;
use super::reply::Reply;
use account::{Account, Authentication};
use bytes::BytesMut;
use dialogue::Parked;
use outgoing::Outgoing;
use peer::Peer;
use receiving::{Reading, Receiving};
use skipping::Skipping;
use std::sync::Arc;
use std::time::{Duration, Instant};
use timers::{Timer, Timers};

#[derive(Debug)]
enum State {
    /// The greeting waits, where the server wants that.
    Delaying,
    Connecting,
    Refused,
    ExpectGreeting,
    ExpectMail,
    ExpectRcpt,
    Data(Box<Receiving>),
    /// A message has come in part, and its next chunk is awaited.
    Chunks(Box<Receiving>),
    /// A chunk is read that nobody wants.
    Skipping(Box<Skipping>),
    Authenticating(Box<Authentication>),
    StartTls,
    Closing(Ending),
}

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Before the application could hear of it.
    Unannounced,
    /// The client said QUIT.
    Quit,
    /// In any other way.
    Closed,
}

/// Whether the client has greeted, since the connection or TLS began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeted {
    No,
    Yes,
    /// And was offered PIPELINING (RFC 2920 section 3).
    Pipelining,
}

/// What a server that stops wants of its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    No,
    /// To end when no transaction is open.
    Drain,
    /// To end.
    Abort,
}

/// What has come of the client and was not looked at yet.
#[derive(Debug, Default)]
struct Input {
    bytes: BytesMut,
    lines: LineReader,
    next_line: NextLine,
    /// Nothing comes behind it.
    has_ended: bool,
    /// What the application knows of the message that it reads.
    reading: Reading,
}

/// What limits count.
#[derive(Debug, Default)]
struct Counts {
    /// Recipients of the transaction, the application's own included.
    recipients: usize,
    /// What the bytes of the transaction's message may be.
    mime: Option<MimeBody>,
    messages: u32,
    bad_commands: u32,
    overlong_lines: u32,
    behind: Behind,
}

/// A [`Step`] without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    NeedInput,
    Send,
    Hold,
    Park,
    HandOn,
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
    input: Input,
    outgoing: Outgoing,
    news: News,
    /// The message of the last transaction, where the application may look at it.
    kept: Option<Arc<KeptMessage>>,
    greeted: Greeted,
    counts: Counts,
    peer: Peer,
    /// What there is to know of logins.
    account: Option<Box<Account>>,
    timers: Timers,
    /// How long it may be idle.
    idle: Option<Duration>,
    shutdown: Shutdown,
}

impl ServerSession {
    /// A session that begins now; `tls` tells whether the connection is encrypted.
    pub fn new(config: Arc<ServerConfig>, tls: bool, now: Instant) -> Self {
        let mut session = Self {
            idle: config.limits.idle,
            config,
            interest: Interest::default(),
            state: State::Delaying,
            parked: Parked::No,
            input: Input::default(),
            outgoing: Outgoing::default(),
            news: News { tls, ..News::default() },
            kept: None,
            greeted: Greeted::No,
            counts: Counts::default(),
            peer: Peer::default(),
            account: None,
            timers: Timers::default(),
            shutdown: Shutdown::No,
        };
        session.timers.set(Timer::Greeting, now);
        session.restart_clocks(now);
        session
    }

    /// Takes bytes from the client.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.timers.set(Timer::Idle, now);
        let used = match &mut self.state {
            State::Data(receiving) if self.input.bytes.is_empty() => receiving.decode(bytes),
            State::Skipping(skipping) if self.input.bytes.is_empty() => skipping.skip(bytes.len()),
            _ => 0,
        };
        if used > 0 {
            self.timers.set(Timer::Turn, now);
        }
        self.stop_pace(now);
        self.input.bytes.extend_from_slice(&bytes[used..]);
    }

    /// Notes that the client sends no more; what it has sent is still served.
    pub fn end_input(&mut self) {
        self.input.has_ended = true;
    }

    /// Sets what the application listens to as of now.
    pub fn set_interest(&mut self, interest: Interest) {
        self.interest = interest;
    }

    /// Says whose the next line is, where no answer does.
    pub fn set_next_line(&mut self, next_line: NextLine) {
        self.input.next_line = next_line;
    }

    /// What to do next; `interest` as it stands now.
    pub fn poll(&mut self, now: Instant, interest: Interest) -> Step<'_> {
        self.set_interest(interest);
        match self.next(now) {
            Next::NeedInput => Step::NeedInput,
            Next::Send => Step::Send(self.replies()),
            Next::Hold => Step::Hold,
            Next::Park => self.parked(),
            Next::HandOn => self.hand_on(),
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
            if self.outgoing.ready.len() > MAX_GATHERED_REPLIES {
                return self.flush(now);
            }
            if std::mem::take(&mut self.input.reading) == Reading::Withdrawn {
                return self.tell(Notice::Withdrawn, now);
            }
            let next = match &self.state {
                State::Delaying => self.poll_delay(now),
                State::Connecting => self.poll_connecting(now),
                State::Data(_) => self.poll_data(now),
                State::Skipping(_) => self.poll_skipping(now),
                State::Authenticating(it) if it.turn.is_some() => self.poll_turn(now),
                State::StartTls => Some(self.flush_before(Next::StartTls, now)),
                State::Closing(_) => Some(self.flush_before(Next::Close, now)),
                _ => self.poll_command(now),
            };
            if let Some(next) = next {
                return next;
            }
        }
    }

    fn poll_connecting(&mut self, now: Instant) -> Option<Next> {
        if self.interest.contains(Interest::CONNECT) {
            return Some(self.ask(Question::Connect, now));
        }
        self.reply_stock(Stock::Greeting);
        self.state = State::ExpectGreeting;
        None
    }

    /// What is ready leaves first.
    fn flush_before(&mut self, next: Next, now: Instant) -> Next {
        if self.outgoing.ready.is_empty() { next } else { self.flush(now) }
    }

    /// What has come of a message and is wanted as it comes.
    fn hand_on(&mut self) -> Step<'_> {
        match &mut self.state {
            State::Data(receiving) => receiving.hand_on(),
            _ => Step::NeedInput,
        }
    }

    /// What it is parked at, with the news that go with that.
    fn parked(&mut self) -> Step<'_> {
        match &mut self.parked {
            Parked::Asked(question) => Step::Ask(question, &mut self.news),
            Parked::Told(notice) => Step::Tell(notice, &mut self.news),
            Parked::Deriving(derivation) => Step::Derive(derivation),
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

    /// The application reads no more of the message that it is handed; the rest is skipped and
    /// answered with `reply`, or 451.
    pub fn discard(&mut self, reply: Option<Reply>) {
        if let State::Data(receiving) | State::Chunks(receiving) = &mut self.state {
            receiving.discard(reply);
        }
    }

    /// Whether all that is left is to send what is ready and to close.
    pub fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing(_))
    }

    /// Whether the application was asked, or would have been asked, to let the client in.
    pub fn has_begun(&self) -> bool {
        !matches!(self.state, State::Delaying | State::Closing(Ending::Unannounced))
    }

    /// Whether a MAIL was accepted whose message has not come to its end (RFC 5321 section 3.3).
    pub fn in_transaction(&self) -> bool {
        matches!(self.state, State::ExpectRcpt | State::Data(_) | State::Chunks(_))
    }

    /// Whether a message is on its way, or is being judged.
    pub fn in_message(&self) -> bool {
        matches!(self.state, State::Data(_) | State::Chunks(_) | State::Skipping(_))
    }

    /// Whether the client may still be sending, so that closing could lose it our last reply.
    pub fn lingers(&self) -> bool {
        let has_quit = matches!(self.state, State::Closing(Ending::Quit));
        let has_left = self.input.has_ended || has_quit && self.input.bytes.is_empty();
        !has_left
    }

    /// The TLS handshake is done: nothing said in plain text counts (RFC 3207 section 4.2).
    pub fn secured(&mut self, now: Instant) {
        self.news.tls = true;
        self.greeted = Greeted::No;
        self.state = State::ExpectGreeting;
        self.timers.set(Timer::Greeting, now);
        self.restart_clocks(now);
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Closing(match self.state {
            State::Delaying => {
                self.timers.stop(Timer::Pause);
                Ending::Unannounced
            }
            State::Closing(before) => before,
            _ => ending,
        });
    }

    fn ask(&mut self, question: Question, now: Instant) -> Next {
        self.park(Parked::Asked(question), now)
    }

    fn tell(&mut self, notice: Notice, now: Instant) -> Next {
        self.park(Parked::Told(notice), now)
    }

    fn park(&mut self, parked: Parked, now: Instant) -> Next {
        self.timers.set(Timer::Turn, now);
        self.parked = parked;
        Next::Park
    }

    /// Nothing more can be done with the input at hand.
    fn wait(&mut self, now: Instant) -> Option<Next> {
        if !self.outgoing.ready.is_empty() {
            return Some(self.flush(now));
        }
        if self.input.has_ended {
            self.end(Ending::Closed);
        } else if self.is_to_leave() {
            self.close_with(Stock::ShuttingDown);
        } else {
            release(&mut self.input.bytes);
            release(&mut self.outgoing.ready);
            self.start_pace(now);
            return Some(Next::NeedInput);
        }
        None
    }
}

/// Idle sessions keep no buffers to speak of.
fn release(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > IDLE_BUFFER {
        *buffer = BytesMut::new();
    }
}
