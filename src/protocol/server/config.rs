//! What all sessions of a server share.

use crate::protocol::control::AbusePolicy;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Lhlo, Replies};
use crate::protocol::extension::Extensions;
use crate::protocol::limits::Limits;
use crate::protocol::sasl::server::Pretence;
use crate::protocol::sasl::{Channel, Mechanism};

/// The configuration of a server.
#[derive(Debug)]
pub struct ServerConfig {
    /// What the server calls itself.
    pub name: String,
    /// The limits of each session.
    pub limits: Limits,
    /// The extensions that are offered.
    pub extensions: Extensions,
    /// Whether there are keys for STARTTLS.
    pub tls: bool,
    /// Whether mail is taken under TLS only (RFC 3207 section 4).
    pub require_tls: bool,
    /// Who logs in, and how.
    pub auth: AuthPolicy,
    /// What it says and allows.
    pub dialect: Dialect,
    /// What becomes of bare CR and LF in a message.
    pub bare_newlines: BareNewlines,
    /// Whether LF dot LF ends a message where every line of the session has ended in a bare LF.
    pub line_feeds: bool,
    /// The longest message that the application can be given, in bytes.
    pub deliverable: Option<u64>,
    /// The replies that the engine gives by itself.
    pub replies: Replies,
    /// How clients are treated that behave badly.
    pub control: AbusePolicy,
    /// What its sessions have done.
    pub counters: Counters,
}

impl ServerConfig {
    /// Whether LMTP is spoken, where a message is answered for each recipient (RFC 2033).
    pub(super) fn is_lmtp(&self) -> bool {
        self.dialect.syntax.lhlo == Lhlo::Ehlo
    }
}

/// Whether clients log in, where the application listens to AUTH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Login {
    /// They may.
    #[default]
    Offered,
    /// They have to before MAIL.
    Required,
}

/// Where passwords may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exposure {
    /// Under TLS.
    #[default]
    TlsOnly,
    /// Anywhere.
    Anywhere,
}

/// Who may log in, and how (RFC 4954).
#[derive(Debug)]
pub struct AuthPolicy {
    /// Whether clients have to.
    pub login: Login,
    /// The mechanisms, in the order of the EHLO reply.
    pub mechanisms: Vec<Mechanism>,
    /// Where it is offered.
    pub exposure: Exposure,
    /// Refused logins of a session, after which the next AUTH ends it; `None` lifts that.
    pub max_failures: Option<u32>,
    /// Gives random printable text without a comma; an empty one where there is nothing random.
    pub nonce: fn() -> String,
    /// Stands in for users who are not there.
    pub pretence: Pretence,
}

/// Nobody can log in.
impl Default for AuthPolicy {
    fn default() -> Self {
        Self {
            login: Login::Offered,
            mechanisms: Vec::new(),
            exposure: Exposure::TlsOnly,
            max_failures: None,
            nonce: String::new,
            pretence: Pretence::new([0; 32]),
        }
    }
}

impl AuthPolicy {
    /// Whether passwords may be shown on a connection that is encrypted (`tls`) or not.
    pub(super) fn is_private(&self, tls: bool) -> bool {
        tls || self.exposure == Exposure::Anywhere
    }

    /// Whether this one is among [`AuthPolicy::offered`].
    pub(super) fn offers(
        &self,
        mechanism: Mechanism,
        tls: bool,
        channel: Option<&Channel>,
    ) -> bool {
        self.offered(tls, channel).any(|offered| offered == mechanism)
    }

    /// Mechanisms that are offered on a connection that is encrypted (`tls`) or not.
    pub(super) fn offered<'a>(
        &'a self,
        tls: bool,
        channel: Option<&'a Channel>,
    ) -> impl Iterator<Item = Mechanism> + 'a {
        let offered = self.mechanisms.iter().copied().filter(move |_| self.is_private(tls));
        offered.filter(move |mechanism| match mechanism {
            Mechanism::ScramSha256Plus => channel.is_some_and(Channel::can_bind),
            Mechanism::External => channel.is_some_and(|channel| channel.client_certificate),
            _ => true,
        })
    }
}
