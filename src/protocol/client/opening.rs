//! From the server's greeting line to a session that takes mail, sans IO: EHLO or HELO or LHLO,
//! STARTTLS (RFC 3207), AUTH (RFC 4954).

use super::authentication::{Authentication, Progress};
use super::{ArgumentError, Awaited, ClientSession, Greeting, Request};
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::client::{Credentials, Exchange};
use crate::protocol::sasl::{Binding, Channel, Mechanism, SaslError};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Whether the session is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Not by STARTTLS.
    Never,
    /// Where the server offers it.
    Opportunistic,
    /// Likewise, but a server that refuses it for now is left for another.
    OpportunisticElsewhere,
    /// Where the server offers it, and then it has to succeed.
    Offered,
    /// Or not at all.
    Required,
}

impl TlsPolicy {
    /// Whether mail may go in plain text to a server that offers STARTTLS.
    pub fn is_opportunistic(self) -> bool {
        matches!(self, Self::Opportunistic | Self::OpportunisticElsewhere)
    }
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
    /// What the client calls itself, a word.
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It refused a request.
    #[error("the server refused {0}: {1}")]
    Refused(Awaited, Reply),
    /// TLS is required, or there is a login, and it is not offered or not granted.
    #[error(fmt = no_tls)]
    NoTls(Option<Reply>),
    /// It offers no mechanism that the credentials fit, or no AUTH at all.
    #[error("the server offers no way to log in that is known")]
    NoMechanism,
    /// It refused the login by each of these mechanisms; the last reply.
    #[error("the server refused AUTH by {0}: {1}")]
    Logins(String, Reply),
    /// The exchange failed on our side.
    #[error("cannot log in: {0}")]
    Sasl(#[from] SaslError),
    /// A name of ours that nobody is to see.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

fn no_tls(reply: &Option<Reply>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("TLS is required, ")?;
    match reply {
        None => f.write_str("which the server does not offer"),
        Some(reply) => write!(f, "the server said: {reply}"),
    }
}

/// The beginning of a session.
#[derive(Debug)]
pub struct Opening {
    options: Arc<OpeningOptions>,
    /// What a mechanism takes for random.
    nonce: String,
    /// What a login can be bound to.
    channel: Channel,
    /// Mechanisms that the server said it does not do after all.
    tried: Vec<Mechanism>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The server's greeting line, or the reply to EHLO or STARTTLS, is awaited.
    Greeting,
    Authenticating(Box<Authentication>),
    Ready,
}

impl Opening {
    /// `nonce` is printable, random, and used once.
    pub fn new(options: Arc<OpeningOptions>, nonce: String) -> Self {
        Self {
            options,
            nonce,
            channel: Channel::default(),
            tried: Vec::new(),
            state: State::Greeting,
        }
    }

    /// Says what the connection has to bind a login to, if there is one.
    pub fn bind_login(&mut self, channel: impl FnOnce() -> Channel) {
        if self.options.login.is_some() {
            self.channel = channel();
        }
    }

    /// Whether the session takes mail now.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready)
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
            Awaited::StartTls if !self.goes_on_plain(code) => Err(Refusal::NoTls(Some(reply))),
            // Where it has gone, its refusal is all that there is to tell.
            Awaited::StartTls if !code.closes() && !session.has_ended() => self.log_in(session),
            Awaited::Auth => self.authenticate(reply, session),
            _ => Err(Refusal::Refused(to, reply)),
        }
    }

    /// Whether nothing is wanted that only EHLO brings.
    fn may_be_plain(&self) -> bool {
        self.options.tls != TlsPolicy::Required && self.options.login.is_none()
    }

    /// Whether a session goes on in plain text whose STARTTLS was refused like this: whoever refuses
    /// what was offered is not to be shown a password.
    fn goes_on_plain(&self, code: ReplyCode) -> bool {
        let is_taken = match self.options.tls {
            TlsPolicy::Opportunistic => true,
            TlsPolicy::OpportunisticElsewhere => !code.is_transient() || code.closes(),
            TlsPolicy::Never | TlsPolicy::Offered | TlsPolicy::Required => false,
        };
        is_taken && self.options.login.is_none()
    }

    fn ask(&self, request: Request, session: &mut ClientSession) -> Result<(), Refusal> {
        Ok(session.ask(request)?)
    }

    fn greet(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        let greeting = if self.options.lmtp { Greeting::Lhlo } else { Greeting::Ehlo };
        self.ask(Request::Greet(greeting, self.options.name.clone()), session)
    }

    fn greeted(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        if !session.is_tls() && self.options.tls != TlsPolicy::Never {
            if session.offered().has("STARTTLS") {
                return self.ask(Request::StartTls, session);
            }
            if self.options.tls == TlsPolicy::Required {
                return Err(Refusal::NoTls(None));
            }
        }
        self.log_in(session)
    }

    fn log_in(&mut self, session: &mut ClientSession) -> Result<(), Refusal> {
        let Some(login) = &self.options.login else {
            self.state = State::Ready;
            return Ok(());
        };
        // Whoever may listen on the way could have had the better ones refused.
        let is_private = session.is_tls() || is_loopback(&self.options.server.0);
        let is_open = self.tried.is_empty() || is_private;
        let fits = |name: &&str| {
            Mechanism::parse(name).is_some_and(|mechanism| {
                let shows_password = matches!(mechanism, Mechanism::Plain | Mechanism::Login);
                !self.tried.contains(&mechanism) && (is_open || !shows_password)
            })
        };
        let offered = session.offered().mechanisms().filter(fits);
        let Login { credentials, mechanism } = login;
        let mechanism = credentials.choose(offered, *mechanism, session.is_tls(), &self.channel);
        let mechanism = mechanism.ok_or(Refusal::NoMechanism)?;
        let (host, port) = &self.options.server;
        let nonce = std::mem::take(&mut self.nonce);
        let binding = self.binding(mechanism, session);
        let exchange = Exchange::new(mechanism, credentials, nonce, binding, (host, *port))?;
        self.tried.push(mechanism);
        let authentication = Authentication::begin(mechanism, exchange, session)?;
        self.state = State::Authenticating(Box::new(authentication));
        Ok(())
    }

    /// What a login by this mechanism says of the channel (RFC 5802 section 6).
    fn binding(&self, mechanism: Mechanism, session: &ClientSession) -> Binding {
        let is_plus = |name| Mechanism::parse(name) == Some(Mechanism::ScramSha256Plus);
        match mechanism {
            Mechanism::ScramSha256Plus => self.channel.binding(),
            _ if self.channel.can_bind() && !session.offered().mechanisms().any(is_plus) => {
                Binding::Unused
            }
            _ => Binding::Impossible,
        }
    }

    fn refused_login(&self, reply: Reply) -> Refusal {
        match &self.tried[..] {
            [] | [_] => Refusal::Refused(Awaited::Auth, reply),
            tried => {
                let names: Vec<_> = tried.iter().map(|mechanism| mechanism.name()).collect();
                Refusal::Logins(names.join(", "), reply)
            }
        }
    }

    fn authenticate(&mut self, reply: Reply, session: &mut ClientSession) -> Result<(), Refusal> {
        let State::Authenticating(authentication) = &mut self.state else {
            return Err(Refusal::Refused(Awaited::Auth, reply));
        };
        match authentication.replied(reply, session)? {
            Progress::Challenged => Ok(()),
            Progress::Cancelled(error) => Err(Refusal::Sasl(error)),
            Progress::Ended(reply) if reply.code().is_completion() => {
                self.state = State::Ready;
                Ok(())
            }
            // It does not do this one; after 535 nothing else is tried.
            Progress::Ended(reply) if matches!(reply.code().value(), 502 | 504 | 534) => {
                match self.log_in(session) {
                    Err(Refusal::NoMechanism) => Err(self.refused_login(reply)),
                    result => result,
                }
            }
            Progress::Ended(reply) => Err(self.refused_login(reply)),
        }
    }
}

/// Whether nobody listens on the way to a host.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}
