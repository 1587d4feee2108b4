//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's side.

use super::claim::{Turn, is_name};
use super::secret::{FOR_NOW, Pretence, Secret, are_equal};
use crate::protocol::sasl::Channel;
use crate::protocol::sasl::scram::{Derivation, Key, Keys, hash, hmac, xor};
use crate::protocol::sasl::text::{LENIENT, prepared, unescaped};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a client's nonce.
const MAX_NONCE: usize = 256;

/// Whether a server binds exchanges to their channels (RFC 5802 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binds {
    /// This exchange is bound.
    This,
    /// Others can be: a client that takes the server for one that cannot was lied to.
    Others,
    /// It cannot.
    None,
}

/// A client's first message (RFC 5802 section 7).
pub(super) struct First {
    pub(super) username: String,
    pub(super) authzid: String,
    /// What the final message repeats: the header, and what is bound.
    input: Vec<u8>,
    bare: String,
    nonce: String,
}

impl First {
    /// Reads the message.
    ///
    /// # Errors
    /// The turn that ends the exchange.
    pub(super) fn parse(message: &str, binds: Binds, channel: &Channel) -> Result<Self, Turn> {
        let (flag, rest) = message.split_once(',').ok_or(Turn::Malformed)?;
        let (authzid, bare) = rest.split_once(',').ok_or(Turn::Malformed)?;
        let bound: &[u8] = match (flag, binds) {
            ("n", Binds::None | Binds::Others) | ("y", Binds::None) => &[],
            ("y", Binds::Others) => return Err(Turn::Refused),
            (flag, Binds::This) => {
                let name = flag.strip_prefix("p=").ok_or(Turn::Malformed)?;
                channel.data(name).ok_or(Turn::Refused)?
            }
            _ => return Err(Turn::Malformed),
        };
        let authzid = match authzid {
            "" => String::new(),
            named => named.strip_prefix("a=").and_then(unescaped).ok_or(Turn::Malformed)?,
        };
        let mut fields = bare.split(',');
        let mut field = |name: &str| fields.next().and_then(|field| field.strip_prefix(name));
        // An extension that must be understood would stand before the name.
        let username = field("n=").and_then(unescaped).ok_or(Turn::Malformed)?;
        let nonce = field("r=").filter(|nonce| is_nonce(nonce)).ok_or(Turn::Malformed)?;
        let username = prepared(&username).into_owned();
        if !is_name(&username) || username.is_empty() || !is_name(&authzid) {
            return Err(Turn::Malformed);
        }
        let header = &message[..message.len() - bare.len()];
        let input = [header.as_bytes(), bound].concat();
        Ok(Self { username, authzid, input, bare: bare.to_owned(), nonce: nonce.to_owned() })
    }
}

/// Printable but for the comma.
fn is_nonce(text: &str) -> bool {
    (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The server's side of one exchange, once the client has begun it.
pub(super) struct Scram {
    first: First,
    state: State,
}

enum State {
    /// The application was asked who that is; the server's part of the nonce.
    Asked(String),
    /// The password is being hashed.
    Deriving { nonce: String, salt: Vec<u8>, somebody: bool },
    /// The server's first message is on its way.
    Challenged(Box<Challenged>),
    /// The proof was right; so is the server's own, which is on its way.
    Proved,
    /// It is over, with this.
    Over(bool),
}

struct Challenged {
    /// Of both sides.
    nonce: String,
    server_first: String,
    stored: Key,
    server: Key,
    /// Whether there is such a user.
    somebody: bool,
}

impl Scram {
    /// `nonce` is random and printable, without a comma.
    pub(super) fn new(first: First, nonce: String) -> Self {
        Self { first, state: State::Asked(nonce) }
    }

    /// Whether the client has proved that it knows the password, and has seen our proof.
    pub(super) fn is_proven(&self) -> bool {
        matches!(self.state, State::Over(true))
    }

    /// The application says what the user is known by.
    pub(super) fn verify(&mut self, secret: Secret, pretence: &Pretence) -> Turn {
        let nonce = match std::mem::replace(&mut self.state, State::Over(false)) {
            State::Asked(nonce) => nonce,
            // It was carried out before, and is not carried out again.
            State::Over(is_proven) => {
                self.state = State::Over(is_proven);
                return Turn::Verified(is_proven);
            }
            _ => return Turn::Malformed,
        };
        let name = &self.first.username;
        let salt = pretence.salt(name);
        let derive = |password: &str, salt: Vec<u8>, somebody| {
            let derivation = Derivation::new(password, &salt, FOR_NOW);
            (State::Deriving { nonce: nonce.clone(), salt, somebody }, Turn::Derive(derivation))
        };
        let (state, turn) = match (secret, pretence.iterations()) {
            (Secret::Stored(keys), _) => {
                let found = (keys.stored, keys.server);
                return self.challenge(&nonce, &keys.salt, keys.iterations, found, true);
            }
            (Secret::Password(password), _) => derive(&password, salt, true),
            (Secret::Nobody, Some(iterations)) => {
                let keys = pretence.keys(name);
                let found = (keys.stored(), keys.server);
                return self.challenge(&nonce, &salt, iterations, found, false);
            }
            // As long as for somebody.
            (Secret::Nobody, None) => derive("", salt, false),
        };
        self.state = state;
        turn
    }

    /// The password was hashed.
    pub(super) fn derived(&mut self, keys: &Keys) -> Turn {
        match std::mem::replace(&mut self.state, State::Over(false)) {
            State::Deriving { nonce, salt, somebody } => {
                self.challenge(&nonce, &salt, FOR_NOW, (keys.stored(), keys.server), somebody)
            }
            _ => Turn::Malformed,
        }
    }

    fn challenge(
        &mut self,
        nonce: &str,
        salt: &[u8],
        iterations: u32,
        (stored, server): (Key, Key),
        somebody: bool,
    ) -> Turn {
        let nonce = format!("{}{nonce}", self.first.nonce);
        let server_first = format!("r={nonce},s={},i={iterations}", STANDARD.encode(salt));
        let message = server_first.clone().into_bytes();
        let challenged = Challenged { nonce, server_first, stored, server, somebody };
        self.state = State::Challenged(Box::new(challenged));
        Turn::Challenge(message)
    }

    /// Takes a line of the client's.
    pub(super) fn respond(&mut self, response: &[u8]) -> Turn {
        match std::mem::replace(&mut self.state, State::Over(false)) {
            State::Challenged(challenged) => self.finish(&challenged, response),
            // RFC 4954 section 4: what comes with success is a challenge, whose answer is empty.
            State::Proved if response.is_empty() => {
                self.state = State::Over(true);
                Turn::Verified(true)
            }
            _ => Turn::Malformed,
        }
    }

    /// Holds the client's final message against the keys.
    fn finish(&mut self, challenged: &Challenged, response: &[u8]) -> Turn {
        let Some(last) = Last::parse(response) else { return Turn::Malformed };
        let Challenged { nonce, server_first, stored, server, somebody } = challenged;
        let message = format!("{},{server_first},{}", self.first.bare, last.without_proof);
        let client = xor(&last.proof, &hmac(stored, message.as_bytes()));
        // All are looked at, whatever the first says.
        let is_right = are_equal(&hash(&client), stored)
            & are_equal(last.nonce.as_bytes(), nonce.as_bytes())
            & are_equal(&last.input, &self.first.input)
            & somebody;
        if !is_right {
            return Turn::Verified(false);
        }
        self.state = State::Proved;
        let signature = hmac(server, message.as_bytes());
        Turn::Challenge(format!("v={}", STANDARD.encode(signature)).into_bytes())
    }
}

/// A client's final message.
struct Last<'a> {
    without_proof: &'a str,
    input: Vec<u8>,
    nonce: &'a str,
    proof: Key,
}

impl<'a> Last<'a> {
    fn parse(message: &'a [u8]) -> Option<Self> {
        let message = str::from_utf8(message).ok()?;
        let (without_proof, proof) = message.rsplit_once(",p=")?;
        let mut fields = without_proof.split(',');
        let input = LENIENT.decode(fields.next()?.strip_prefix("c=")?).ok()?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        let proof = LENIENT.decode(proof).ok()?.try_into().ok()?;
        Some(Self { without_proof, input, nonce, proof })
    }
}
