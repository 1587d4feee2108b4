//! Parameters of MAIL and RCPT (RFC 5321 section 4.1.2, `esmtp-param`), one type for both ends.
//!
//! | parameter | of | EHLO keyword | source |
//! | --- | --- | --- | --- |
//! | SIZE | MAIL | SIZE | RFC 1870 section 6 |
//! | BODY | MAIL | 8BITMIME, BINARYMIME | RFC 6152 section 3, RFC 3030 section 3 |
//! | SMTPUTF8 | MAIL | SMTPUTF8 | RFC 6531 section 3.4 |
//! | RET, ENVID | MAIL | DSN | RFC 3461 sections 4.3 and 4.4 |
//! | AUTH | MAIL | AUTH | RFC 4954 section 5 |
//! | REQUIRETLS | MAIL | REQUIRETLS | RFC 8689 section 4.1 |
//! | NOTIFY, ORCPT | RCPT | DSN | RFC 3461 sections 4.1 and 4.2, RFC 6533 section 3 |
//!
//! A server that answers for them parses strictly. Where the application answers for them, or has
//! written them itself, they are read as far as they make sense, and written as they were sent.

mod mail;
mod rcpt;
mod shown;
#[cfg(test)]
mod tests;
mod unitext;
mod words;
pub(super) mod xtext;

#[cfg(test)]
pub use mail::Ret;
pub use mail::{Body, MailParameters};
pub use rcpt::RcptParameters;
pub use shown::ShownName;
pub use words::{ParameterError, Unknown, are_words};
