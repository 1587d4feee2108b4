//! smtp-protocol's dialect.

use super::{Dialect, Grammar, Stock, Welcome};

/// Its texts are the original's, but for that of STARTTLS under TLS, which it answered 220.
pub(super) static DIALECT: Dialect = Dialect {
    overrides: &[
        (Stock::Greeting, 220, "{name}"),
        (Stock::StartData, 354, "OK"),
        (Stock::Closing, 221, "Bye!"),
        (Stock::ReadyForTls, 220, "Ready to start TLS."),
        (Stock::ResetOk, 250, ""),
        (Stock::UnknownCommand, 500, "Unrecognized command."),
        (Stock::NotImplemented, 502, "Not implemented."),
        (Stock::SyntaxError, 501, "syntax error"),
        (Stock::MailIncomplete, 501, "incomplete mail command"),
        (Stock::SenderMissing, 501, "parse error in mail command"),
        (Stock::RcptIncomplete, 501, "incomplete rcpt command"),
        (Stock::RecipientMissing, 501, "parse error in rcpt command"),
        (Stock::GreetFirst, 503, "Bad sequence: HELO, EHLO, or LHLO expected."),
        (Stock::SenderFirst, 503, "Bad sequence: MAIL expected"),
        (Stock::DataFirst, 503, "Bad sequence: MAIL expected"),
        (Stock::RecipientFirst, 503, "Bad sequence: RCPT expected"),
        (Stock::TlsNotOffered, 502, "Not implemented."),
        (Stock::AlreadyTls, 503, "Bad sequence: already using TLS."),
    ],
    grammar: Grammar::Lenient,
    welcome: Welcome::Client,
    greeting_first: true,
    starttls_under_tls: true,
};
