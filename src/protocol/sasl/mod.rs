//! AUTH's mechanisms (RFC 4954, RFC 4422), sans IO: [`client`] and [`server`] have a side of each.
//!
//! | mechanism | source |
//! | --- | --- |
//! | SCRAM-SHA-256-PLUS | RFC 7677, RFC 5802; bound to the TLS channel by RFC 9266 or RFC 5929 |
//! | SCRAM-SHA-256 | RFC 7677, RFC 5802 |
//! | PLAIN | RFC 4616 |
//! | LOGIN | what servers do; never a standard |
//! | CRAM-MD5 | RFC 2195 |
//! | OAUTHBEARER | RFC 7628 |
//! | XOAUTH2 | Google's predecessor of it |
//! | EXTERNAL | RFC 4422 appendix A; servers only |

mod channel;
pub mod client;
pub mod scram;
pub mod server;
mod text;

pub use channel::{Binding, Channel};

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// As [`Mechanism::ScramSha256`], and nobody sits between the two sides of TLS.
    ScramSha256Plus,
    /// Neither side shows the password, and the server proves that it knows it.
    ScramSha256,
    /// The password is not shown.
    CramMd5,
    /// The password as it is.
    Plain,
    /// The password as it is.
    Login,
    /// A token.
    OAuthBearer,
    /// A token.
    XOAuth2,
    /// The certificate that the client showed to TLS.
    External,
}

impl Mechanism {
    const ALL: [Self; 8] = [
        Self::ScramSha256Plus,
        Self::ScramSha256,
        Self::CramMd5,
        Self::Plain,
        Self::Login,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::External,
    ];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::CramMd5 => "CRAM-MD5",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::External => "EXTERNAL",
        }
    }

    /// The mechanism of a name, in whatever case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// Why an exchange cannot go on. No secret is in it, and nothing that the server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaslError {
    /// A field holds what it cannot.
    #[error("{0} has a character in it that it cannot have")]
    Field(&'static str),
    /// The server's challenge is no base64, too long or not of this mechanism.
    #[error("the server's challenge makes no sense")]
    Challenge,
    /// The server wants the password hashed absurdly often, or hardly at all.
    #[error("the server's iteration count is out of bounds")]
    Iterations,
    /// The server did not prove that it knows the password.
    #[error("the server did not prove that it knows the password")]
    Unproven,
    /// There is nothing random to begin with.
    #[error("the system gave no random bytes")]
    Nonce,
}
