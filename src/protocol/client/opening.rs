//! From the server's greeting line to a session that takes mail, sans IO: EHLO or HELO or LHLO,
//! STARTTLS (RFC 3207), AUTH (RFC 4954).

use super::{ArgumentError, Awaited, ClientSession, Greeting, Request};
use crate::protocol::reply::Reply;
use crate::protocol::sasl::client::{Credentials, Exchange, Response};
use crate::protocol::sasl::{Mechanism, SaslError};
use std::fmt;
use std::sync::Arc;

/// Lines of an AUTH exchange; a server that asks for more is playing.
const MAX_AUTH_STEPS: u32 = 16;

/// Whether the session is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Not by STARTTLS.
    Never,
    /// Where the server offers it.
    Opportunistic,
    /// Or not at all.
    Required,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Name and secret.
    pub credentials: Credentials,
    /// The mechanism; the best that is offered if there is none.
    pub mechanism: Option<Mechanism>,
}

/// How sessions begin.
#[derive(Debug, Clone)]
pub struct OpeningOptions {
    /// What the client calls itself.
    pub name: String,
    /// LMTP (RFC 2033).
    pub lmtp: bool,
    /// STARTTLS.
    pub tls: TlsPolicy,
    /// AUTH.
    pub login: Option<Login>,
    /// The server's name and port, for OAUTHBEARER (RFC 7628 section 3.1).
    pub server: (String, u16),
}

/// Why a server takes no mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It refused a request.
    Refused(Awaited, Reply),
    /// TLS is required, and not offered or not granted.
    NoTls(Option<Reply>),
    /// It offers no mechanism that the credentials fit, or no AUTH at all.
    NoMechanism,
    /// The exchange failed on our side.
    Sasl(SaslError),
    /// A name of ours that nobody is to see.
    Argument(ArgumentError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(request, reply) => write!(f, "the server refused {request}: {reply}"),
            Self::NoTls(None) => f.write_str("TLS is required, which the server does not offer"),
            Self::NoTls(Some(reply)) => write!(f, "TLS is required, the server said: {reply}"),
            Self::NoMechanism => f.write_str("the server offers no way to log in that is known"),
            Self::Sasl(error) => write!(f, "cannot log in: {error}"),
            Self::Argument(error) => write!(f, "{error}"),
        }
    }
}

/// The beginning of a session.
#[derive(Debug)]
pub struct Opening {
    options: Arc<OpeningOptions>,
    /// What a mechanism takes for random.
    nonce: String,
    exchange: Option<Exchange>,
    steps: u32,
    /// The server would not do STARTTLS.
    plain: bool,
    ready: bool,
}

impl Opening {
    /// `nonce` is printable, random, and used once.
    pub fn new(options: Arc<OpeningOptions>, nonce: String) -> Self {
        Self { options, nonce, exchange: None, steps: 0, plain: false, ready: false }
    }

    /// Whether the session takes mail now.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// The TLS handshake that [`ClientSession`] asked for is done: greet again.
    ///
    /// # Errors
    /// [`Refusal::Argument`].
    pub fn secured(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        self.greet(session)
    }

    /// Takes the reply to one of its requests.
    ///
    /// # Errors
    /// Why the session is of no use.
    pub fn replied(
        &mut self,
        to: Awaited,
        reply: Reply,
        session: &mut ClientSession,
    ) -> Result<(), Refusal> {
        let code = reply.code();
        match to {
            Awaited::Connect if code.value() == 220 => self.greet(session),
            Awaited::Greet(_) if code.is_completion() => self.greeted(session),
            // A server older than EHLO (RFC 5321 section 3.2).
            Awaited::Greet(Greeting::Ehlo) if !code.is_transient() && self.may_be_plain() => {
                self.ask(Request::Greet(Greeting::Helo, self.options.name.clone()), session)
            }
            Awaited::StartTls if code.value() == 220 => Ok(()),
            Awaited::StartTls if self.options.tls == TlsPolicy::Required => {
                Err(Refusal::NoTls(Some(reply)))
            }
            Awaited::StartTls if !code.closes() => {
                self.plain = true;
                self.greeted(session)
            }
            Awaited::Auth => self.authenticate(reply, session),
            _ => Err(Refusal::Refused(to, reply)),
        }
    }

    /// Whether nothing is wanted that only EHLO brings.
    fn may_be_plain(&self) -> bool {
        self.options.tls != TlsPolicy::Required && self.options.login.is_none()
    }

    fn ask(&self, request: Request, session: &mut ClientSession) -> Result<(), Refusal> {
        session.ask(request).map_err(Refusal::Argument)
    }

    fn greet(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        let greeting = if self.options.lmtp { Greeting::Lhlo } else { Greeting::Ehlo };
        self.ask(Request::Greet(greeting, self.options.name.clone()), session)
    }

    fn greeted(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        if !session.is_tls() && !self.plain && self.options.tls != TlsPolicy::Never {
            if session.offered().has("STARTTLS") {
                return self.ask(Request::StartTls, session);
            }
            if self.options.tls == TlsPolicy::Required {
                return Err(Refusal::NoTls(None));
            }
        }
        let Some(login) = &self.options.login else {
            self.ready = true;
            return Ok(());
        };
        let offered = session.offered().mechanisms();
        let mechanism = login.credentials.choose(offered, login.mechanism, session.is_tls());
        let mechanism = mechanism.ok_or(Refusal::NoMechanism)?;
        let (host, port) = &self.options.server;
        let nonce = std::mem::take(&mut self.nonce);
        let exchange = Exchange::new(mechanism, &login.credentials, nonce, host, *port)
            .map_err(Refusal::Sasl)?;
        let initial = exchange.initial();
        self.exchange = Some(exchange);
        self.ask(Request::Auth(mechanism.name().to_owned(), initial), session)
    }

    /// RFC 4954 section 4.
    fn authenticate(&mut self, reply: Reply, session: &mut ClientSession) -> Result<(), Refusal> {
        let refused = |reply| Err(Refusal::Refused(Awaited::Auth, reply));
        let Some(exchange) = &mut self.exchange else { return refused(reply) };
        let text = reply.texts().first().map(String::as_str).unwrap_or_default();
        match reply.code().value() {
            235 => {
                exchange.complete(text).map_err(Refusal::Sasl)?;
                self.exchange = None;
                self.ready = true;
                Ok(())
            }
            334 if self.steps < MAX_AUTH_STEPS => {
                self.steps += 1;
                let response = exchange.respond(text).map_err(Refusal::Sasl)?;
                let Response(line) = response;
                self.ask(Request::AuthResponse(line), session)
            }
            _ => refused(reply),
        }
    }
}
