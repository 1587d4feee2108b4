//! Why DNS has no answer.

use thiserror::Error;

/// Why a name was not found, or not looked up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DnsError {
    /// There is no such host or domain.
    #[error("there is no host or domain {0}")]
    NotFound(String),
    /// The domain takes no mail (RFC 7505).
    #[error("the domain {0} takes no mail")]
    NullMx(String),
    /// The name that was looked up, and why no server gave an answer that means anything.
    #[error("cannot look {0} up: {1}")]
    Failed(String, String),
    /// The lookup of this name took too long.
    #[error("the lookup of {0} took too long")]
    Timeout(String),
}

impl DnsError {
    /// Whether a later lookup is in vain: the domain says that it takes no mail.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::NullMx(_))
    }

    /// The code of the error in JavaScript: Node's own where it has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ENOTFOUND",
            Self::NullMx(_) => "SMTP_ERR_NULL_MX",
            Self::Failed(..) => "EAI_AGAIN",
            Self::Timeout(_) => "ETIMEDOUT",
        }
    }
}
