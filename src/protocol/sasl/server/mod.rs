//! The server's side of AUTH's mechanisms: what each message of a client asks for.
//!
//! An [`Exchange`] is told what came, and says by a [`Turn`] what is to be done:
//!
//! ```text
//!             +-- respond --+
//!             v             |
//! start ---> Challenge -----+---> Ask ---> verify ---> (Derive, Challenge) ---> Verified
//!             |                   |
//!             |                   +---> the application lets the client in, or does not
//!             +---> Malformed, Refused
//! ```
//!
//! The application may let a client in that it has not verified, but none whose mechanism shows
//! nothing that could be looked at: see [`Exchange::may_let_in`].

mod claim;
mod scram;
mod secret;
#[cfg(test)]
mod tests;
mod tokens;

pub use claim::{Attempt, Claim, Shown, Turn};
pub use secret::{Pretence, Secret, StoredKeys};

use super::scram::{Derivation, Keys};
use super::{Channel, Mechanism};
use claim::{is_name, is_user};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use scram::{Binds, First, Scram};
use secret::are_equal;
use std::fmt;

/// What surrounds an exchange.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The server's name, for CRAM-MD5.
    pub host: &'a str,
    /// Random and printable, without a comma, and used once.
    pub nonce: String,
    /// What the connection has to be bound to.
    pub channel: Channel,
    /// Whether SCRAM-SHA-256-PLUS is offered on it.
    pub offers_binding: bool,
}

/// One attempt to log in.
pub struct Exchange {
    mechanism: Mechanism,
    channel: Channel,
    nonce: String,
    offers_binding: bool,
    state: State,
    claim: Claim,
}

enum State {
    /// The client's only, or first, message is awaited.
    First,
    /// LOGIN: the password is awaited.
    Password,
    /// CRAM-MD5: the answer to this is awaited.
    Challenged(String),
    /// The application has what the client shows.
    Shown,
    /// The password that was shown is being held against stored keys; whether there are any.
    Deriving(super::scram::Key),
    /// CRAM-MD5: this was answered with this.
    Digest {
        challenge: String,
        digest: String,
        is_verified: bool,
    },
    Scram(Box<Scram>),
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({})", self.mechanism.name())
    }
}

impl Exchange {
    /// Begins.
    pub fn start(attempt: &Attempt, surroundings: Surroundings<'_>) -> (Self, Turn) {
        let Attempt { mechanism, initial } = attempt;
        let mechanism = *mechanism;
        let Surroundings { host, nonce, channel, offers_binding } = surroundings;
        let claim = Claim {
            mechanism,
            username: String::new(),
            authzid: String::new(),
            shown: Shown::Nothing,
        };
        let mut exchange =
            Self { mechanism, channel, nonce, offers_binding, state: State::First, claim };
        let turn = match (mechanism, initial) {
            (Mechanism::CramMd5, None) => {
                let challenge = format!("<{}@{host}>", exchange.nonce);
                exchange.state = State::Challenged(challenge.clone());
                Turn::Challenge(challenge.into_bytes())
            }
            // The server has the first word.
            (Mechanism::CramMd5, Some(_)) => Turn::Malformed,
            (Mechanism::Login, None) => Turn::Challenge(b"Username:".to_vec()),
            (_, None) => Turn::Challenge(Vec::new()),
            (_, Some(message)) => exchange.respond(message),
        };
        (exchange, turn)
    }

    /// Who wants to log in, as far as is known.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Takes a line of the client's, base64 undone.
    pub fn respond(&mut self, response: &[u8]) -> Turn {
        if let State::Scram(scram) = &mut self.state {
            return scram.respond(response);
        }
        let Ok(text) = str::from_utf8(response) else { return Turn::Malformed };
        match std::mem::replace(&mut self.state, State::Shown) {
            State::First => self.take_first(text).unwrap_or(Turn::Malformed),
            State::Password => self.take_password(text),
            State::Challenged(challenge) => {
                self.take_digest(challenge, text).unwrap_or(Turn::Malformed)
            }
            _ => Turn::Malformed,
        }
    }

    fn take_first(&mut self, text: &str) -> Option<Turn> {
        match self.mechanism {
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
                return Some(self.begin_scram(text));
            }
            Mechanism::Login => {
                self.claim.username = Some(text).filter(|name| is_user(name))?.to_owned();
                self.state = State::Password;
                return Some(Turn::Challenge(b"Password:".to_vec()));
            }
            Mechanism::Plain => {
                let mut parts = text.split('\0');
                let (authzid, username, password) = (parts.next()?, parts.next()?, parts.next()?);
                if parts.next().is_some() || !is_name(authzid) || !is_user(username) {
                    return None;
                }
                self.claim.authzid = authzid.to_owned();
                self.claim.username = username.to_owned();
                return Some(self.take_password(password));
            }
            Mechanism::External => {
                self.claim.username = Some(text).filter(|name| is_name(name))?.to_owned();
                self.claim.authzid = self.claim.username.clone();
            }
            Mechanism::XOAuth2 => self.claim = tokens::xoauth2(text)?,
            Mechanism::OAuthBearer => self.claim = tokens::oauth_bearer(text)?,
            Mechanism::CramMd5 => return None,
        }
        Some(Turn::Ask)
    }

    fn begin_scram(&mut self, text: &str) -> Turn {
        let binds = match self.mechanism {
            Mechanism::ScramSha256Plus => Binds::This,
            _ if self.offers_binding => Binds::Others,
            _ => Binds::None,
        };
        let first = match First::parse(text, binds, &self.channel) {
            Ok(first) => first,
            Err(turn) => return turn,
        };
        self.claim.username.clone_from(&first.username);
        self.claim.authzid.clone_from(&first.authzid);
        self.state = State::Scram(Box::new(Scram::new(first, std::mem::take(&mut self.nonce))));
        Turn::Ask
    }

    fn take_password(&mut self, password: &str) -> Turn {
        // RFC 4616 section 2: at least one character, and no NUL.
        if password.is_empty() || password.contains('\0') {
            return Turn::Malformed;
        }
        self.claim.shown = Shown::Password(password.to_owned());
        Turn::Ask
    }

    /// RFC 2195 section 2.
    fn take_digest(&mut self, challenge: String, text: &str) -> Option<Turn> {
        let (username, digest) = text.rsplit_once(' ')?;
        self.claim.username = Some(username).filter(|name| is_user(name))?.to_owned();
        let digest = digest.to_ascii_lowercase();
        self.state = State::Digest { challenge, digest, is_verified: false };
        Some(Turn::Ask)
    }

    /// The application says what the user is known by.
    pub fn verify(&mut self, secret: Secret, pretence: &Pretence) -> Turn {
        let secret = secret.of_somebody();
        let turn = match &mut self.state {
            State::Scram(scram) => scram.verify(secret.clone(), pretence),
            State::Digest { challenge, digest, is_verified } => {
                *is_verified = is_digest(&secret, challenge, digest);
                Turn::Verified(*is_verified)
            }
            _ => match &self.claim.shown {
                Shown::Password(password) => {
                    let (state, turn) = held_against(password, &secret, pretence);
                    self.state = state;
                    turn
                }
                Shown::Nothing | Shown::Token(_) => Turn::Verified(false),
            },
        };
        pretence.note(&secret);
        turn
    }

    /// The derivation that it wanted was carried out.
    pub fn derived(&mut self, keys: &Keys) -> Turn {
        match &mut self.state {
            State::Scram(scram) => scram.derived(keys),
            State::Deriving(stored) => {
                let is_same = are_equal(&keys.stored(), stored);
                self.state = State::Shown;
                Turn::Verified(is_same)
            }
            _ => Turn::Malformed,
        }
    }

    /// Whether the client may be let in if the application says so: those may not that have proved
    /// nothing where the proof is all there is.
    pub fn may_let_in(&self) -> bool {
        match &self.state {
            State::Scram(scram) => scram.is_proven(),
            State::Digest { is_verified, .. } => *is_verified,
            State::Shown => true,
            _ => false,
        }
    }

    /// What the client is told before it is refused, and answers with a line that says nothing (RFC
    /// 7628 section 3.2.3), where the mechanism has that; `problem` is JSON of the application's.
    pub fn problem(&self, problem: Option<String>) -> Option<String> {
        match self.mechanism {
            Mechanism::OAuthBearer => {
                Some(problem.unwrap_or_else(|| r#"{"status":"invalid_token"}"#.to_owned()))
            }
            Mechanism::XOAuth2 => {
                let usual = r#"{"status":"401","schemes":"bearer"}"#;
                Some(problem.unwrap_or_else(|| usual.to_owned()))
            }
            _ => None,
        }
    }
}

/// What comes next of a password that a client shows.
fn held_against(password: &str, secret: &Secret, pretence: &Pretence) -> (State, Turn) {
    match (secret, pretence.iterations()) {
        (Secret::Password(known), _) => {
            (State::Shown, Turn::Verified(pretence.are_same(password, known)))
        }
        (Secret::Stored(keys), _) => {
            let derivation = Derivation::new(password, &keys.salt, keys.iterations);
            (State::Deriving(keys.stored), Turn::Derive(derivation))
        }
        // As long as for somebody.
        (Secret::Nobody, Some(iterations)) => {
            let derivation = Derivation::new(password, &pretence.salt(""), iterations);
            (State::Deriving(pretence.keys("").stored()), Turn::Derive(derivation))
        }
        (Secret::Nobody, None) => {
            pretence.are_same(password, "");
            (State::Shown, Turn::Verified(false))
        }
    }
}

fn is_digest(secret: &Secret, challenge: &str, digest: &str) -> bool {
    let (password, somebody) = match secret {
        Secret::Password(password) => (password.as_str(), true),
        Secret::Stored(_) | Secret::Nobody => ("", false),
    };
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(password.as_bytes()) else { return false };
    mac.update(challenge.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    are_equal(hex.as_bytes(), digest.as_bytes()) & somebody
}
