//! LMTP (RFC 2033) over another dialect.

use super::{Dialect, Lhlo, Stock};

const INTRODUCE: &str = "Introduce yourself, please (LHLO example.com)";

impl Dialect {
    /// The same in LMTP: clients greet by LHLO, and the replies that name greetings say so.
    #[must_use]
    pub fn lmtp(mut self) -> Self {
        self.syntax.lhlo = Lhlo::Ehlo;
        let texts = [
            (Stock::Help, 211, "QUIT\nLHLO\nMAIL\nRCPT\nDATA\nNOOP\nHELP\nRSET"),
            (Stock::DomainMissing, 501, INTRODUCE),
            (Stock::GreetFirst, 503, INTRODUCE),
        ];
        // The first that is found counts.
        self.overrides.splice(..0, texts);
        self
    }
}
