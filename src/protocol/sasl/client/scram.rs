//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677).

use crate::protocol::sasl::scram::{Derivation, Key, hmac, xor};
use crate::protocol::sasl::text::{escaped, prepared};
use crate::protocol::sasl::{Binding, SaslError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 7677 section 4 asks for 4,096 at least; some servers have less.
const MIN_ITERATIONS: u32 = 1_000;
/// More would keep the engine from its other sessions for longer than a tenth of a second.
const MAX_ITERATIONS: u32 = 100_000;

/// The client's side of one exchange.
pub(super) struct Scram {
    user: String,
    nonce: String,
    binding: Binding,
    state: State,
}

enum State {
    /// The first message is on its way.
    First,
    /// So is the proof; this has to come back.
    Final(Key),
    Proven,
}

impl Scram {
    pub(super) fn new(user: &str, nonce: String, binding: Binding) -> Result<Self, SaslError> {
        if nonce.is_empty() {
            return Err(SaslError::Nonce);
        }
        Ok(Self { user: escaped(&prepared(user)), nonce, binding, state: State::First })
    }

    fn first_bare(&self) -> String {
        format!("n={},r={}", self.user, self.nonce)
    }

    /// The client's first message.
    pub(super) fn first(&self) -> String {
        format!("{}{}", self.binding.header(), self.first_bare())
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
        let keys = Derivation::new(password, &salt, iterations).run();
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(self.binding.input()));
        let message = format!("{},{server_first},{without_proof}", self.first_bare());
        let signature = hmac(&keys.stored(), message.as_bytes());
        let proof = xor(&keys.client, &signature);
        self.state = State::Final(hmac(&keys.server, message.as_bytes()));
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }
}
