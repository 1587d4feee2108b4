//! The service extensions that a server offers at EHLO (RFC 5321 section 2.2): a list, each with
//! its values and when it is offered.

/// An extension that the engine knows, in the order of the lines of an EHLO reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extension {
    /// The command HELP (RFC 5321 section 4.1.1.8).
    Help,
    /// RFC 1870; its value is the largest message, in bytes.
    Size,
    /// RFC 2920.
    Pipelining,
    /// RFC 6152.
    EightBitMime,
    /// RFC 6531.
    SmtpUtf8,
    /// The command BDAT (RFC 3030 section 2).
    Chunking,
    /// RFC 3207.
    StartTls,
    /// RFC 2034.
    EnhancedStatusCodes,
    /// RFC 3030 section 3.
    BinaryMime,
    /// RFC 3461.
    Dsn,
    /// RFC 8689.
    RequireTls,
    /// RFC 9422; its values are limits.
    Limits,
}

impl Extension {
    /// All of them, in the order of the EHLO reply.
    pub const ALL: [Self; 12] = [
        Self::Help,
        Self::Size,
        Self::Pipelining,
        Self::EightBitMime,
        Self::SmtpUtf8,
        Self::Chunking,
        Self::StartTls,
        Self::EnhancedStatusCodes,
        Self::BinaryMime,
        Self::Dsn,
        Self::RequireTls,
        Self::Limits,
    ];

    /// Its keyword at EHLO.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Help => "HELP",
            Self::Size => "SIZE",
            Self::Pipelining => "PIPELINING",
            Self::EightBitMime => "8BITMIME",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::StartTls => "STARTTLS",
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES",
            Self::Chunking => "CHUNKING",
            Self::BinaryMime => "BINARYMIME",
            Self::Dsn => "DSN",
            Self::RequireTls => "REQUIRETLS",
            Self::Limits => "LIMITS",
        }
    }

    /// The extension of a keyword in capitals, if the engine knows it.
    pub fn named(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extension| extension.keyword() == keyword)
    }
}

/// When an extension is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Whether the connection is encrypted or not.
    Always,
    /// Only on an encrypted connection.
    UnderTls,
    /// Only as long as the connection is not encrypted.
    BeforeTls,
}

impl When {
    /// Whether that is so on a connection that is encrypted (`tls`) or not.
    fn is_now(self, tls: bool) -> bool {
        match self {
            Self::Always => true,
            Self::UnderTls => tls,
            Self::BeforeTls => !tls,
        }
    }
}

/// An extension as it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    extension: Extension,
    /// What stands behind its keyword (`PLAIN LOGIN` of AUTH); may be empty.
    values: String,
    when: When,
}

/// What a server offers, in the order of the lines of its EHLO reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(Vec<Offer>);

impl Extensions {
    /// What a server with keys offers where nothing else is said.
    #[cfg(any(test, fuzzing))]
    pub fn usual() -> Self {
        let mut extensions = Self::default();
        for extension in &Extension::ALL[..7] {
            extensions.offer(*extension);
        }
        extensions
    }

    /// Offers one without values, always.
    pub fn offer(&mut self, extension: Extension) {
        self.offer_with(extension, String::new(), When::Always);
    }

    /// Offers one with these values, at these times only; the last offer of an extension counts.
    pub fn offer_with(&mut self, extension: Extension, values: String, when: When) {
        self.0.retain(|offer| offer.extension != extension);
        let place = self.0.partition_point(|offer| offer.extension < extension);
        self.0.insert(place, Offer { extension, values, when });
    }

    /// Those on a connection that is encrypted (`tls`) or not.
    pub fn now(&self, tls: bool) -> OfferedNow<'_> {
        OfferedNow { extensions: self, tls }
    }
}

/// What a server offers at one point of a session.
#[derive(Debug, Clone, Copy)]
pub struct OfferedNow<'a> {
    extensions: &'a Extensions,
    tls: bool,
}

impl<'a> OfferedNow<'a> {
    /// Whether this one is offered.
    pub fn contains(self, extension: Extension) -> bool {
        self.offers().any(|offer| offer.extension == extension)
    }

    /// The lines of the EHLO reply (RFC 5321 section 4.1.1.1): keyword and values.
    pub fn lines(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.offers().map(|offer| (offer.extension.keyword(), &*offer.values))
    }

    fn offers(self) -> impl Iterator<Item = &'a Offer> {
        self.extensions.0.iter().filter(move |offer| offer.when.is_now(self.tls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(extensions: &Extensions, tls: bool) -> Vec<(&'static str, &str)> {
        extensions.now(tls).lines().collect()
    }

    #[test]
    fn each_is_itself_alone() {
        for one in Extension::ALL {
            let mut extensions = Extensions::default();
            extensions.offer(one);
            for other in Extension::ALL {
                assert_eq!(
                    extensions.now(false).contains(other),
                    other == one,
                    "{one:?} {other:?}"
                );
            }
            assert_eq!(Extension::named(one.keyword()), Some(one));
        }
        assert_eq!(Extension::named("XCLIENT"), None);
    }

    #[test]
    fn lines_have_an_order_of_their_own() {
        let mut extensions = Extensions::default();
        for extension in Extension::ALL.into_iter().rev() {
            extensions.offer(extension);
        }
        let keywords = Extension::ALL.map(|extension| (extension.keyword(), ""));
        assert_eq!(lines(&extensions, false), keywords);
    }

    #[test]
    fn values_and_times() {
        for (when, before_tls, under_tls) in [
            (When::Always, true, true),
            (When::UnderTls, false, true),
            (When::BeforeTls, true, false),
        ] {
            let mut extensions = Extensions::default();
            extensions.offer(Extension::Size);
            extensions.offer_with(Extension::Size, "1000".to_owned(), when);
            for (tls, offered) in [(false, before_tls), (true, under_tls)] {
                let expected: &[_] = if offered { &[("SIZE", "1000")] } else { &[] };
                assert_eq!(lines(&extensions, tls), expected, "{when:?} {tls}");
                assert_eq!(extensions.now(tls).contains(Extension::Size), offered);
            }
        }
    }
}
