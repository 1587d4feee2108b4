//! SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding.

use crate::protocol::sasl::SaslError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Base64 of "n,,", what the final message repeats of the first (RFC 5802 section 5.1).
const BINDING: &str = "biws";
/// RFC 7677 section 4 asks for 4,096 at least; some servers have less.
const MIN_ITERATIONS: u32 = 1_000;
/// More would keep the engine from its other sessions for longer than a tenth of a second.
const MAX_ITERATIONS: u32 = 100_000;

/// The client's side of one exchange.
pub(super) struct Scram {
    user: String,
    nonce: String,
    state: State,
}

enum State {
    /// The first message is on its way.
    First,
    /// So is the proof; this has to come back.
    Final([u8; 32]),
    Proven,
}

impl Scram {
    pub(super) fn new(user: &str, nonce: String) -> Result<Self, SaslError> {
        if nonce.is_empty() {
            return Err(SaslError::Nonce);
        }
        Ok(Self { user: escaped(&prepared(user)), nonce, state: State::First })
    }

    fn first_bare(&self) -> String {
        format!("n={},r={}", self.user, self.nonce)
    }

    /// The client's first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare())
    }

    /// Answers the server's first or final message.
    pub(super) fn respond(
        &mut self,
        password: &str,
        challenge: &[u8],
    ) -> Result<String, SaslError> {
        match self.state {
            State::First => self.finish(password, challenge),
            State::Final(_) => self.prove(challenge).map(|()| String::new()),
            State::Proven => Err(SaslError::Challenge),
        }
    }

    pub(super) fn is_proven(&self) -> bool {
        matches!(self.state, State::Proven)
    }

    /// Looks at the server's final message.
    pub(super) fn prove(&mut self, data: &[u8]) -> Result<(), SaslError> {
        let State::Final(expected) = &self.state else { return Err(SaslError::Unproven) };
        let text = str::from_utf8(data).map_err(|_| SaslError::Unproven)?;
        let verifier = text.split(',').next().and_then(|field| field.strip_prefix("v="));
        let signature = verifier.and_then(|text| STANDARD.decode(text).ok());
        if signature.as_deref() != Some(expected) {
            return Err(SaslError::Unproven);
        }
        self.state = State::Proven;
        Ok(())
    }

    /// The client's final message.
    fn finish(&mut self, password: &str, challenge: &[u8]) -> Result<String, SaslError> {
        let server_first = str::from_utf8(challenge).map_err(|_| SaslError::Challenge)?;
        let mut fields = server_first.split(',');
        let mut field = |name: &str| {
            let field = fields.next().and_then(|field| field.strip_prefix(name));
            field.ok_or(SaslError::Challenge)
        };
        let nonce = field("r=")?;
        let salt = STANDARD.decode(field("s=")?).map_err(|_| SaslError::Challenge)?;
        let iterations: u32 = field("i=")?.parse().map_err(|_| SaslError::Iterations)?;
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(SaslError::Challenge);
        }
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return Err(SaslError::Iterations);
        }
        let salted: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(
            prepared(password).as_bytes(),
            &salt,
            iterations,
        );
        let without_proof = format!("c={BINDING},r={nonce}");
        let message = format!("{},{server_first},{without_proof}", self.first_bare());
        let client_key = hmac(&salted, b"Client Key")?;
        let stored_key: [u8; 32] = Sha256::digest(client_key).into();
        let signature = hmac(&stored_key, message.as_bytes())?;
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let server_key = hmac(&salted, b"Server Key")?;
        self.state = State::Final(hmac(&server_key, message.as_bytes())?);
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }
}

/// A name or password as both sides are to write it (RFC 5802 section 2.2). What SASLprep (RFC 4013)
/// does not allow, such as most emoji, goes as it is: servers that take it do the same.
fn prepared(text: &str) -> Cow<'_, str> {
    match stringprep::saslprep(text) {
        Ok(prepared) if !prepared.is_empty() => prepared,
        _ => Cow::Borrowed(text),
    }
}

/// A name as SCRAM and GS2 have it (RFC 5802 section 5.1).
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

fn hmac(key: &[u8; 32], data: &[u8]) -> Result<[u8; 32], SaslError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SaslError::Challenge)?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().into())
}
