//! The client's side of AUTH's mechanisms: initial responses, and answers to challenges.
//!
//! SCRAM prepares names and passwords by SASLprep (RFC 4013), which changes nothing about ASCII; the
//! others send them as they are given, for it is the server that prepares those.

mod scram;
#[cfg(test)]
mod tests;

use super::text::{LENIENT, escaped};
use super::{Binding, Channel, Mechanism, SaslError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use scram::Scram;
use std::fmt;

/// Bytes of a challenge (RFC 4954 section 4).
const MAX_CHALLENGE: usize = 12_288;

/// For passwords, the best first.
const UNDER_TLS: [Mechanism; 5] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha256,
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::CramMd5,
];
/// The same where anybody may listen.
const IN_THE_OPEN: [Mechanism; 4] =
    [Mechanism::ScramSha256, Mechanism::CramMd5, Mechanism::Plain, Mechanism::Login];
/// For tokens.
const WITH_TOKEN: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];

/// Who logs in, and with what. Not shown by anything.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Password(String),
    Token(String),
}

impl Credentials {
    /// A name and its password.
    ///
    /// # Errors
    /// [`SaslError::Field`] if NUL, CR or LF is in one of them.
    pub fn password(user: String, password: String) -> Result<Self, SaslError> {
        usable("the password", &password)?;
        Self::new(user, Secret::Password(password))
    }

    /// A name and an OAuth 2.0 access token.
    ///
    /// # Errors
    /// [`SaslError::Field`] if a control character is in the token, or NUL, CR or LF in the name.
    pub fn token(user: String, token: String) -> Result<Self, SaslError> {
        if token.contains(char::is_control) {
            return Err(SaslError::Field("the token"));
        }
        Self::new(user, Secret::Token(token))
    }

    fn new(user: String, secret: Secret) -> Result<Self, SaslError> {
        // 0x01 separates fields where there is a token.
        if user.contains('\x01') {
            return Err(SaslError::Field("the user's name"));
        }
        usable("the user's name", &user)?;
        Ok(Self { user, secret })
    }

    /// The best mechanism of those `offered` that they fit, or `wanted` if that is offered; the one
    /// with channel binding only where the channel can be bound to.
    pub fn choose<'a>(
        &self,
        offered: impl Iterator<Item = &'a str>,
        wanted: Option<Mechanism>,
        tls: bool,
        channel: &Channel,
    ) -> Option<Mechanism> {
        let can_do = |it: &Mechanism| *it != Mechanism::ScramSha256Plus || channel.can_bind();
        let offered: Vec<_> = offered.filter_map(Mechanism::parse).filter(can_do).collect();
        let fitting: &[Mechanism] = match self.secret {
            Secret::Token(_) => &WITH_TOKEN,
            Secret::Password(_) if tls => &UNDER_TLS,
            Secret::Password(_) => &IN_THE_OPEN,
        };
        let mut candidates =
            fitting.iter().filter(|mechanism| wanted.is_none_or(|wanted| **mechanism == wanted));
        candidates.find(|mechanism| offered.contains(mechanism)).copied()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

fn usable(name: &'static str, text: &str) -> Result<(), SaslError> {
    if text.contains(['\0', '\r', '\n']) { Err(SaslError::Field(name)) } else { Ok(()) }
}

/// A line that goes to the server, in base64. Not shown.
#[derive(PartialEq, Eq)]
pub struct Response(pub String);

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response")
    }
}

/// One attempt to log in.
pub struct Exchange {
    credentials: Credentials,
    state: State,
}

enum State {
    /// All was said with the first line.
    Said(String),
    /// So it was, and this asks for the reply once the server has told why it refuses the token.
    Token(String, &'static str),
    /// The server asks for the name, then for the password.
    Login(u8),
    CramMd5,
    Scram(Scram),
    /// No challenge can come any more.
    Over,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

impl Exchange {
    /// An exchange with the server `host`:`port`; `nonce` is random printable text, `binding` what
    /// SCRAM says of the channel.
    ///
    /// # Errors
    /// [`SaslError::Nonce`], and [`SaslError::Field`] for a mechanism that the credentials do not
    /// fit.
    pub fn new(
        mechanism: Mechanism,
        credentials: &Credentials,
        nonce: String,
        binding: Binding,
        (host, port): (&str, u16),
    ) -> Result<Self, SaslError> {
        let user = &credentials.user;
        let state = match (mechanism, &credentials.secret) {
            (Mechanism::Plain, Secret::Password(password)) => {
                State::Said(format!("\0{user}\0{password}"))
            }
            (Mechanism::Login, Secret::Password(_)) => State::Login(0),
            (Mechanism::CramMd5, Secret::Password(_)) => State::CramMd5,
            (Mechanism::ScramSha256 | Mechanism::ScramSha256Plus, Secret::Password(_)) => {
                State::Scram(Scram::new(user, nonce, binding)?)
            }
            (Mechanism::XOAuth2, Secret::Token(token)) => {
                State::Token(format!("user={user}\x01auth=Bearer {token}\x01\x01"), "")
            }
            (Mechanism::OAuthBearer, Secret::Token(token)) => {
                let user = match escaped(user) {
                    // A token names its user; a name that is there cannot be empty.
                    none if none.is_empty() => none,
                    user => format!("a={user}"),
                };
                let place = format!("host={host}\x01port={port}\x01");
                let text = format!("n,{user},\x01{place}auth=Bearer {token}\x01\x01");
                // RFC 7628 section 3.2.3.
                State::Token(text, "\x01")
            }
            (Mechanism::External, _) => return Err(SaslError::Field("the mechanism")),
            (_, Secret::Password(_)) => return Err(SaslError::Field("the token")),
            (_, Secret::Token(_)) => return Err(SaslError::Field("the password")),
        };
        Ok(Self { credentials: credentials.clone(), state })
    }

    /// The initial response (RFC 4954 section 4), where the mechanism has one.
    pub fn initial(&self) -> Option<String> {
        match &self.state {
            State::Said(text) | State::Token(text, _) => Some(STANDARD.encode(text)),
            State::Scram(scram) => Some(STANDARD.encode(scram.first())),
            State::Login(_) | State::CramMd5 | State::Over => None,
        }
    }

    /// Answers the text of a 334 reply.
    ///
    /// # Errors
    /// If the challenge is not to be answered; the exchange is over then.
    pub fn respond(&mut self, challenge: &str) -> Result<Response, SaslError> {
        if challenge.len() > MAX_CHALLENGE {
            return Err(SaslError::Challenge);
        }
        let (Secret::Password(secret) | Secret::Token(secret)) = &self.credentials.secret;
        let answer = match &mut self.state {
            State::Over => return Err(SaslError::Challenge),
            // Some servers ask for it first, whether it was in the first line or not.
            State::Said(text) => {
                let answer = std::mem::take(text);
                self.state = State::Over;
                answer
            }
            State::Token(_, acknowledgement) => {
                let answer = (*acknowledgement).to_owned();
                self.state = State::Over;
                answer
            }
            // What the challenges say is for people.
            State::Login(0) => {
                self.state = State::Login(1);
                self.credentials.user.clone()
            }
            State::Login(_) => {
                self.state = State::Over;
                secret.clone()
            }
            State::CramMd5 => {
                let answer = cram_md5(&self.credentials.user, secret, &decoded(challenge)?)?;
                self.state = State::Over;
                answer
            }
            State::Scram(scram) => scram.respond(secret, &decoded(challenge)?)?,
        };
        Ok(Response(STANDARD.encode(answer)))
    }

    /// The server says that we are logged in; `text` is that of its 235 reply.
    ///
    /// # Errors
    /// [`SaslError::Unproven`] if it had to prove something and did not.
    pub fn complete(&mut self, text: &str) -> Result<(), SaslError> {
        match &mut self.state {
            State::Scram(scram) if !scram.is_proven() => {
                // An enhanced status code may stand before it (RFC 2034 section 4).
                let last = text.split_ascii_whitespace().next_back().unwrap_or_default();
                let data = decoded(last).map_err(|_| SaslError::Unproven)?;
                scram.prove(&data)
            }
            _ => Ok(()),
        }
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, SaslError> {
    if text.len() > MAX_CHALLENGE {
        return Err(SaslError::Challenge);
    }
    LENIENT.decode(text.trim()).map_err(|_| SaslError::Challenge)
}

/// RFC 2195 section 2.
fn cram_md5(user: &str, password: &str, challenge: &[u8]) -> Result<String, SaslError> {
    let mut mac =
        Hmac::<Md5>::new_from_slice(password.as_bytes()).map_err(|_| SaslError::Challenge)?;
    mac.update(challenge);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{user} {hex}"))
}
