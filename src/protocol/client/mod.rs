//! The client's state machine (RFC 5321 section 4.1.4), sans IO.
//!
//! Requests are queued with [`ClientSession::ask`] and sent in turn, or together where the server
//! offers PIPELINING. A driver gives bytes with [`ClientSession::receive`], then calls
//! [`ClientSession::poll`] and does what each [`Step`] says, until it is [`Step::NeedInput`]:
//!
//! ```text
//!            requests                354                  end of data
//! Open -----------------> Open -----------> Message -----------------> Open
//!   | 220 to STARTTLS                                                    | 421, QUIT,
//!   +-----------------> Securing -----> Open, what was learned forgotten +----------> Ended
//! ```
//!
//! On top of it stand [`opening::Opening`], which gets a session ready to take mail, with
//! [`authentication::Authentication`], which logs in, and [`delivery::Delivery`], which carries one
//! transaction through.

pub mod authentication;
pub mod delivery;
mod envelope;
mod failure;
mod fate;
mod limits;
mod offered;
pub mod opening;
mod reading;
mod request;
#[cfg(test)]
mod tests;
mod timeouts;
mod transaction;

pub use failure::Failure;
pub use offered::Offered;
pub use request::{ArgumentError, Awaited, Greeting, Request};
pub use timeouts::Timeouts;

use super::encoder::DataEncoder;
use super::reply::Reply;
use bytes::BytesMut;
use reading::ReplyReader;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Requests that may wait for their replies at a time: these fit into the buffers of a server
/// that answers before it has read all.
const MAX_PIPELINED: usize = 100;
/// Bytes that may be ready to be sent before more requests are.
const MAX_OUTPUT: usize = 64 * 1024;

/// What the session wants of its driver.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// These bytes are to be sent.
    Send(BytesMut),
    /// A request was answered; also by a 421, after which the server closes.
    Reply(Awaited, Reply),
    /// The TLS handshake is due, then [`ClientSession::secured`].
    StartTls,
    /// There is nothing to do before more input comes, or more is asked.
    NeedInput,
    /// The connection is of no use any more.
    Fail(Failure),
}

#[derive(Debug)]
enum State {
    Open,
    Message(Body),
    Securing,
    Ended,
}

#[derive(Debug)]
enum Body {
    Encoded(DataEncoder),
    Begun,
}

/// One session with a server.
#[derive(Debug)]
pub struct ClientSession {
    timeouts: Timeouts,
    state: State,
    queue: VecDeque<Request>,
    awaited: VecDeque<Awaited>,
    /// The last request sent was one that nothing may follow.
    group_ended: bool,
    input: BytesMut,
    input_ended: bool,
    reader: ReplyReader,
    output: BytesMut,
    offered: Offered,
    tls: bool,
    waiting_since: Instant,
    /// What has ended the session and was not told yet; a 421 once its reply was.
    failure: Option<Failure>,
}

impl ClientSession {
    /// A session that awaits the server's greeting line; `tls` tells whether the connection is
    /// encrypted.
    pub fn new(timeouts: Timeouts, tls: bool, now: Instant) -> Self {
        Self {
            timeouts,
            state: State::Open,
            queue: VecDeque::new(),
            awaited: VecDeque::from([Awaited::Connect]),
            group_ended: true,
            input: BytesMut::new(),
            input_ended: false,
            reader: ReplyReader::default(),
            output: BytesMut::new(),
            offered: Offered::default(),
            tls,
            waiting_since: now,
            failure: None,
        }
    }

    /// Queues a request.
    ///
    /// # Errors
    /// An argument that no server is to see; nothing is sent then.
    pub fn ask(&mut self, request: Request) -> Result<(), ArgumentError> {
        request.check()?;
        self.queue.push_back(request);
        Ok(())
    }

    /// Queues a request before all others: the next line of an AUTH exchange.
    ///
    /// # Errors
    /// As of [`ClientSession::ask`].
    pub fn ask_next(&mut self, request: Request) -> Result<(), ArgumentError> {
        request.check()?;
        self.queue.push_front(request);
        Ok(())
    }

    /// Takes bytes from the server.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Room for bytes from the server, to be written to directly.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// Notes that the server sends no more; what it has sent still counts.
    pub fn end_input(&mut self) {
        self.input_ended = true;
    }

    /// What to do next. A reply that has come is the answer to what was sent before it came, so it
    /// is taken before anything else is sent.
    pub fn poll(&mut self, now: Instant) -> Step {
        if let Some(failure) = self.failure.take() {
            return self.fail(failure);
        }
        if matches!(self.state, State::Securing) {
            return Step::StartTls;
        }
        match self.reader.next(&mut self.input) {
            Err(failure) => return self.fail(failure),
            Ok(Some(reply)) => return self.take(reply, now),
            Ok(None) => {}
        }
        if let Some(bytes) = self.take_output(now) {
            return Step::Send(bytes);
        }
        if let Some(failure) = self.failure.take() {
            return self.fail(failure);
        }
        if self.input_ended {
            if let Some(reply) = self.reader.last(&mut self.input) {
                return self.take(reply, now);
            }
            return self.fail(Failure::Closed(self.awaited.front().copied()));
        }
        Step::NeedInput
    }

    /// What is ready to be sent, if there is anything; nothing behind a reply to nothing.
    pub fn take_output(&mut self, now: Instant) -> Option<BytesMut> {
        self.send_requests(now);
        Some(self.output.split()).filter(|bytes| !bytes.is_empty())
    }

    /// Whether requests are ready to be sent while no reply is owed: the last moment at which a
    /// reply to nothing can be told from theirs.
    pub fn begins_group(&self) -> bool {
        matches!(self.state, State::Open) && self.awaited.is_empty() && !self.queue.is_empty()
    }

    /// When the server is too late, unless input comes before that.
    pub fn deadline(&self) -> Option<Instant> {
        let awaited = self.awaited.front()?;
        Some(self.waiting_since + self.timeouts.of(*awaited)?)
    }

    /// Ends the session, whose deadline has passed.
    pub fn expire(&mut self) -> Failure {
        self.end();
        Failure::Timeout(self.awaited.front().copied())
    }

    /// How long a block of a message may take.
    pub fn data_block_timeout(&self) -> Option<Duration> {
        self.timeouts.data_block
    }

    /// Whether a message is to be given: DATA was answered with 354.
    pub fn takes_message(&self) -> bool {
        matches!(self.state, State::Message(_))
    }

    /// Gives what comes next of the message: line ends are made whole, dots doubled. Nothing
    /// happens where no message is to be given.
    pub fn write_message(&mut self, bytes: &[u8]) {
        let State::Message(body) = &mut self.state else { return };
        if matches!(body, Body::Begun) {
            *body = Body::Encoded(DataEncoder::for_data());
        }
        if let Body::Encoded(encoder) = body {
            encoder.encode(bytes, &mut self.output);
        }
    }

    /// The message is complete; `replies` are awaited, one but in LMTP (RFC 2033 section 4.2).
    pub fn end_message(&mut self, replies: usize, now: Instant) {
        if !self.takes_message() || self.is_ahead() {
            return;
        }
        let State::Message(body) = std::mem::replace(&mut self.state, State::Open) else { return };
        let encoder = match body {
            Body::Begun => DataEncoder::for_data(),
            Body::Encoded(encoder) => encoder,
        };
        encoder.finish(&mut self.output);
        self.await_message(replies, now);
    }

    /// Gives a whole message as it is, its end of data included.
    pub fn send_prepared(&mut self, bytes: &[u8], now: Instant) {
        if !self.takes_message() || self.is_ahead() {
            return;
        }
        self.state = State::Open;
        self.output.extend_from_slice(bytes);
        self.await_message(1, now);
    }

    /// The TLS handshake is done: nothing said in plain text counts (RFC 3207 section 4.2).
    pub fn secured(&mut self, now: Instant) {
        self.tls = true;
        self.offered = Offered::default();
        self.state = State::Open;
        self.waiting_since = now;
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// What the server offers.
    pub fn offered(&self) -> &Offered {
        &self.offered
    }

    /// Whether nothing is asked, awaited or under way, and no input is left over.
    #[cfg(test)]
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Open)
            && self.queue.is_empty()
            && self.awaited.is_empty()
            && self.output.is_empty()
            && self.input.is_empty()
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended) || self.input_ended
    }

    /// The reply too many that came with the last one, neither of which can be believed for that.
    pub fn surplus(&self) -> Option<&Reply> {
        match &self.failure {
            Some(Failure::Unasked(reply)) => Some(reply),
            _ => None,
        }
    }

    /// Whether a request waits for its reply, or for its turn.
    pub fn is_awaiting(&self) -> bool {
        !self.awaited.is_empty() || !self.queue.is_empty()
    }

    /// Chunks of a message that were not answered yet.
    pub fn chunks_under_way(&self) -> usize {
        let is_chunk = |awaited: &&Awaited| matches!(awaited, Awaited::Bdat(_));
        let queued = self.queue.iter().filter(|request| matches!(request, Request::Bdat(..)));
        queued.count() + self.awaited.iter().filter(is_chunk).count()
    }

    /// Whether a reply to this is awaited: it is among what is ready to be sent, or has left.
    pub fn awaits(&self, to: Awaited) -> bool {
        self.awaited.contains(&to)
    }

    /// Gives up requests that were not sent.
    pub fn forget_queued(&mut self) {
        self.queue.clear();
    }

    /// Whether the server said something that is to be taken before more of a message is sent, or is
    /// gone.
    pub fn has_heard(&mut self) -> bool {
        if self.failure.is_some() || self.input_ended {
            return true;
        }
        if self.takes_message() { self.is_ahead() } else { self.input.contains(&b'\n') }
    }

    /// Whether a reply, or its beginning, has come for which nothing is owed; the session is over
    /// then. What may yet become a refusal of a message is left to be its verdict.
    fn is_ahead(&mut self) -> bool {
        let may_refuse = self.takes_message();
        self.failure = match self.reader.next(&mut self.input) {
            Err(failure) => Some(failure),
            Ok(Some(reply)) => Some(self.unasked(reply)),
            Ok(None) => self
                .reader
                .begun(&self.input)
                .filter(|head| !(may_refuse && head.starts_with(['4', '5'])))
                .map(Failure::UnaskedHead),
        };
        self.failure.is_some()
    }

    fn await_message(&mut self, replies: usize, now: Instant) {
        for _ in 0..replies {
            self.await_reply(Awaited::Message, now);
        }
        self.group_ended = false;
    }

    fn await_reply(&mut self, awaited: Awaited, now: Instant) {
        if self.awaited.is_empty() {
            self.waiting_since = now;
        }
        self.awaited.push_back(awaited);
    }

    fn send_requests(&mut self, now: Instant) {
        if self.failure.is_some() || (self.begins_group() && self.is_ahead()) {
            return;
        }
        while matches!(self.state, State::Open)
            && self.has_turn()
            && let Some(request) = self.queue.pop_front()
        {
            self.group_ended = request.ends_group();
            request.write(&mut self.output);
            self.await_reply(request.awaited(), now);
        }
    }

    /// Whether a request may be sent now (RFC 2920 section 3.1).
    fn has_turn(&self) -> bool {
        if self.awaited.is_empty() {
            return true;
        }
        self.offered.pipelining()
            && !self.group_ended
            && self.awaited.len() < MAX_PIPELINED
            && self.output.len() < MAX_OUTPUT
    }

    fn take(&mut self, reply: Reply, now: Instant) -> Step {
        self.waiting_since = now;
        let Some(awaited) = self.awaited.pop_front() else {
            let failure = self.unasked(reply);
            return self.fail(failure);
        };
        let code = reply.code();
        if !awaited.may_be_answered(code) {
            return self.fail(Failure::Misplaced(awaited, reply));
        }
        match awaited {
            Awaited::Greet(Greeting::Helo) if code.is_completion() => {
                self.offered = Offered::default();
            }
            Awaited::Greet(_) if code.is_completion() => self.offered = Offered::new(&reply),
            Awaited::Data if code.is_positive() => self.state = State::Message(Body::Begun),
            Awaited::StartTls if code.value() == 220 => {
                // What came with it may be anybody's.
                self.reader.forget(&mut self.input);
                self.state = State::Securing;
            }
            _ => {}
        }
        if code.closes() {
            self.failure = Some(Failure::Leaving(reply.clone()));
        } else if awaited.is_of_transaction() && !self.takes_message() {
            self.look_behind();
        }
        if code.closes() || awaited == Awaited::Quit {
            self.end();
        }
        Step::Reply(awaited, reply)
    }

    /// Ends the session if there is more than the last reply that is owed.
    fn look_behind(&mut self) {
        if !self.awaited.is_empty() {
            return;
        }
        match self.reader.next(&mut self.input) {
            Ok(None) => return,
            Ok(Some(reply)) => self.failure = Some(self.unasked(reply)),
            Err(failure) => self.failure = Some(failure),
        }
        self.end();
    }

    /// What a reply means for which nothing is owed.
    fn unasked(&self, reply: Reply) -> Failure {
        if self.takes_message() {
            Failure::Early(reply)
        } else if reply.code().closes() {
            Failure::Leaving(reply)
        } else {
            Failure::Unasked(reply)
        }
    }

    fn fail(&mut self, failure: Failure) -> Step {
        self.end();
        Step::Fail(failure)
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.queue.clear();
    }
}
