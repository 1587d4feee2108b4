//! What a server offers at EHLO (RFC 5321 section 4.1.1.1).

use super::limits::ServerLimits;
use crate::protocol::reply::Reply;

/// The extensions of a server, by their EHLO keywords.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// Keyword in capitals, and its parameters.
    keywords: Vec<(String, String)>,
    /// Asked for with each request.
    pipelining: bool,
    /// Asked for with each message.
    limits: ServerLimits,
}

impl Offered {
    /// Reads the reply to an EHLO or LHLO.
    pub fn new(reply: &Reply) -> Self {
        let keywords: Vec<_> = reply
            .texts()
            .iter()
            .skip(1)
            .map(|line| {
                // `AUTH=LOGIN`, as some old servers have it.
                let (keyword, parameters) = line.split_once([' ', '\t', '=']).unwrap_or((line, ""));
                (keyword.to_ascii_uppercase(), parameters.trim().to_owned())
            })
            .collect();
        let pipelining = keywords.iter().any(|(keyword, _)| keyword == "PIPELINING");
        let listed = keywords.iter().filter(|(keyword, _)| keyword == "LIMITS");
        let limits = ServerLimits::read(listed.map(|(_, limits)| limits.as_str()));
        Self { keywords, pipelining, limits }
    }

    /// Whether there is an extension of this keyword, given in capitals.
    pub fn has(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|(known, _)| known == keyword)
    }

    /// RFC 2920.
    pub fn pipelining(&self) -> bool {
        self.pipelining
    }

    /// The largest message it takes, in bytes, if it says so (RFC 1870 section 4).
    pub fn size(&self) -> Option<u64> {
        let (_, limit) = self.keywords.iter().find(|(known, _)| known == "SIZE")?;
        limit.parse().ok().filter(|limit| *limit > 0)
    }

    /// RFC 9422.
    pub fn limits(&self) -> ServerLimits {
        self.limits
    }

    /// The SASL mechanisms (RFC 4954 section 3), as it wrote them.
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        let lines = self.keywords.iter().filter(|(known, _)| known == "AUTH");
        lines.flat_map(|(_, mechanisms)| mechanisms.split_ascii_whitespace())
    }
}
