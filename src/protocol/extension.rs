//! The service extensions that a server offers at EHLO (RFC 5321 section 2.2).

/// An extension, by its EHLO keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// RFC 2920.
    Pipelining,
    /// RFC 6152.
    EightBitMime,
    /// RFC 6531.
    SmtpUtf8,
    /// RFC 3207; offered only where there are keys and no TLS yet.
    StartTls,
    /// RFC 2034.
    EnhancedStatusCodes,
}

impl Extension {
    /// All of them, in the order of the EHLO reply.
    pub const ALL: [Self; 5] = [
        Self::Pipelining,
        Self::EightBitMime,
        Self::SmtpUtf8,
        Self::StartTls,
        Self::EnhancedStatusCodes,
    ];

    /// Its keyword at EHLO.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Pipelining => "PIPELINING",
            Self::EightBitMime => "8BITMIME",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::StartTls => "STARTTLS",
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES",
        }
    }
}

/// A set of extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extensions(u8);

impl Extensions {
    /// The set that a server offers where nothing else is said.
    #[cfg(test)]
    pub fn offered_by_default() -> Self {
        let mut set = Self::default();
        for extension in &Extension::ALL[..4] {
            set.insert(*extension);
        }
        set
    }

    /// Adds one.
    pub fn insert(&mut self, extension: Extension) {
        self.0 |= 1 << extension as u8;
    }

    /// Whether it is in the set.
    pub fn contains(self, extension: Extension) -> bool {
        self.0 & (1 << extension as u8) != 0
    }
}
