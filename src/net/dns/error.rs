//! Why DNS has no answer.

use crate::net::error::words::of_system;
use std::io;
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

/// What C libraries call a lookup that may succeed later (EAI_AGAIN, RFC 3493 section 6.1), whose
/// number is not handed on.
const AGAIN: [&str; 2] = ["temporary failure", "try again"];

impl DnsError {
    /// Why the system's own lookup of a host failed.
    pub fn of_system(host: &str, error: &io::Error) -> Self {
        let text = of_system(error).to_lowercase();
        if AGAIN.iter().any(|known| text.contains(known)) {
            Self::Failed(host.to_owned(), "no DNS server answered".to_owned())
        } else if error.raw_os_error().is_some() {
            Self::Failed(host.to_owned(), text)
        } else {
            Self::NotFound(host.to_owned())
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_that_may_succeed_later_is_not_one_that_found_nobody() {
        let told = "failed to lookup address information: ";
        for (text, code) in [
            ("Temporary failure in name resolution", "EAI_AGAIN"),
            ("Try again", "EAI_AGAIN"),
            ("Name or service not known", "ENOTFOUND"),
            ("nodename nor servname provided, or not known", "ENOTFOUND"),
            ("No address associated with hostname", "ENOTFOUND"),
        ] {
            let error = io::Error::other(format!("{told}{text}"));
            assert_eq!(DnsError::of_system("mx.example", &error).code(), code, "{text}");
        }
        let system = DnsError::of_system("mx.example", &io::Error::from_raw_os_error(24));
        assert_eq!(system.code(), "EAI_AGAIN");
        assert!(!system.to_string().contains("os error"), "{system}");
    }
}
