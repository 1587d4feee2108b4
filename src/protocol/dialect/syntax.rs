//! How command lines are read: each leniency by itself, any of them with any other.

/// How the lines of commands are read that the engine answers.
#[derive(Debug, Clone)]
pub struct Syntax {
    /// What parts a verb from its argument.
    pub gaps: Gaps,
    /// What becomes of arguments where there may be none.
    pub surplus: Surplus,
    /// Whether a greeting names the client.
    pub domain: Domain,
    /// How addresses are written.
    pub paths: Paths,
    /// Which parameters MAIL and RCPT may have.
    pub parameters: Parameters,
    /// What LHLO is (RFC 2033 section 4.1).
    pub lhlo: Lhlo,
    /// Verbs that are known and not carried out, in capitals.
    pub not_implemented: &'static [&'static [u8]],
}

/// What parts a verb from its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// Spaces (RFC 5321 section 4.1.1).
    Spaces,
    /// Spaces and tabs.
    WhiteSpace,
}

/// What becomes of an argument of DATA, RSET or QUIT, which have none (RFC 5321 section 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surplus {
    /// The command is malformed.
    Refused,
    /// The argument is ignored.
    Ignored,
}

/// Whether a greeting names the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// By one word of text (RFC 5321 section 4.1.1.1).
    Required,
    /// By whatever stands there, which may be nothing.
    Optional,
}

/// How addresses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// Between angle brackets, behind `FROM:` or `TO:` (RFC 5321 section 4.1.2).
    Bracketed,
    /// The same, or the word up to a space; and with spaces before the colon.
    Bare,
}

/// Which parameters MAIL and RCPT may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// Those of extensions that are offered (RFC 5321 section 4.1.1.11), and some that clients send
    /// unasked.
    Offered,
    /// The same; all others are ignored.
    Ignored,
    /// Any that are words, whatever they say.
    Any,
}

/// What LHLO is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lhlo {
    /// No command.
    Unknown,
    /// Another word for HELO.
    Helo,
    /// What EHLO is elsewhere; HELO and EHLO are no commands (RFC 2033 section 4.1).
    Ehlo,
}
