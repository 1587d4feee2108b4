//! An AUTH command and the exchange that follows it (RFC 4954 section 4), sans IO.
//!
//! ```text
//!              334, answered                  235, 4yz, 5yz
//!                +-------+
//!                v       |
//!   AUTH ----> Answering +-------------------------------------> ended
//!                |                                                 ^
//!                | 334 that has no answer: "*"                     |
//!                +-------------------------> Cancelled --- 4yz, 5yz +
//! ```
//!
//! It has a bound because each mechanism has one: after its last answer, which is the second at
//! most, a challenge has no answer, and after a cancellation nothing is answered.

use super::{ArgumentError, ClientSession, Request};
use crate::protocol::reply::Reply;
use crate::protocol::sasl::client::{Exchange, Response};
use crate::protocol::sasl::{Mechanism, SaslError};

/// What cancels an exchange (RFC 4954 section 4).
const CANCELLATION: &str = "*";
/// Bytes of an AUTH line with its CRLF, beyond which the initial response is not in it.
const MAX_LINE: usize = 512;

/// One attempt to log in, from AUTH to its last reply.
#[derive(Debug)]
pub struct Authentication {
    state: State,
}

#[derive(Debug)]
enum State {
    /// With the initial response, if it is the answer to the server's empty challenge.
    Answering(Exchange, Option<Response>),
    Cancelled(SaslError),
}

/// What a reply to AUTH, or to a line of its exchange, comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// A challenge, whose answer is queued.
    Challenged,
    /// A challenge that has no answer, and why; the cancellation is queued.
    Cancelled(SaslError),
    /// The last reply: 235, or another 2yz, if the client is logged in.
    Ended(Reply),
}

impl Authentication {
    /// Queues AUTH with the exchange's initial response, if it has one.
    ///
    /// # Errors
    /// As of [`ClientSession::ask`].
    pub fn begin(
        mechanism: Mechanism,
        exchange: Exchange,
        session: &mut ClientSession,
    ) -> Result<Self, ArgumentError> {
        let (name, initial) = (mechanism.name(), exchange.initial());
        let length = |text: &String| "AUTH  \r\n".len() + name.len() + text.len();
        let (now, later) = match initial {
            Some(text) if length(&text) > MAX_LINE => (None, Some(Response(text))),
            initial => (initial, None),
        };
        session.ask(Request::Auth(name.to_owned(), now))?;
        // PLAIN says the same on whatever the server asks.
        let later = later.filter(|_| mechanism != Mechanism::Plain);
        Ok(Self { state: State::Answering(exchange, later) })
    }

    /// Takes the reply to AUTH, or to a line of its exchange.
    ///
    /// # Errors
    /// [`SaslError::Unproven`] if the server says 235 without the proof that it owes, and the reason
    /// of a cancellation that the server does not heed. Nothing can be asked of it then.
    pub fn replied(
        &mut self,
        reply: Reply,
        session: &mut ClientSession,
    ) -> Result<Progress, SaslError> {
        let text = reply.texts().first().map(String::as_str).unwrap_or_default();
        match (&mut self.state, reply.code().value()) {
            (State::Answering(exchange, later), 300..400) => {
                let answer = match later.take() {
                    Some(initial) if text.trim().is_empty() => Ok(initial),
                    Some(_) => Err(SaslError::Challenge),
                    None => exchange.respond(text),
                };
                return Ok(self.answer(answer, session));
            }
            (State::Answering(exchange, _), 200..300) => exchange.complete(text)?,
            (State::Cancelled(error), 200..400) => return Err(*error),
            _ => {}
        }
        Ok(Progress::Ended(reply))
    }

    fn answer(
        &mut self,
        answer: Result<Response, SaslError>,
        session: &mut ClientSession,
    ) -> Progress {
        let (line, progress) = match answer {
            Ok(Response(line)) => (line, Progress::Challenged),
            Err(error) => {
                self.state = State::Cancelled(error);
                (CANCELLATION.to_owned(), Progress::Cancelled(error))
            }
        };
        // Base64 and an asterisk can be sent.
        let _ = session.ask_next(Request::AuthResponse(line));
        progress
    }
}
