//! smtp-protocol's dialect.

use super::{
    Commands, Dialect, Domain, EarlyTalkers, Gaps, GreetingDeadline, Incomplete, Lhlo, Margins,
    Order, Parameters, Paths, Stock, Surplus, Syntax, Welcome,
};
use crate::protocol::extension::When;

impl Dialect {
    /// smtp-protocol's. Its texts are the original's, but for that of STARTTLS under TLS, which it
    /// answered 220.
    pub fn smtp_protocol() -> Self {
        Self {
            overrides: vec![
                (Stock::Greeting, 220, "{name}"),
                (Stock::StartData, 354, "OK"),
                (Stock::Closing, 221, "Bye!"),
                (Stock::ReadyForTls, 220, "Ready to start TLS."),
                (Stock::ResetOk, 250, ""),
                (Stock::UnknownCommand, 500, "Unrecognized command."),
                (Stock::NotImplemented, 502, "Not implemented."),
                (Stock::SyntaxError, 501, "syntax error"),
                (Stock::BadParameter, 501, "syntax error"),
                (Stock::DomainMissing, 501, "syntax error"),
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
            commands: Commands::Engine,
            syntax: Syntax {
                gaps: Gaps::WhiteSpace,
                surplus: Surplus::Ignored,
                domain: Domain::Optional,
                paths: Paths::Bare,
                parameters: Parameters::Any,
                lhlo: Lhlo::Helo,
                not_implemented: &[
                    b"SEND", b"SOML", b"SAML", b"VRFY", b"EXPN", b"HELP", b"NOOP", b"TURN",
                ],
            },
            incomplete: Incomplete::ByItself,
            order: Order::GreetingFirst,
            welcome: Welcome::Client,
            greeting_deadline: GreetingDeadline::Kept,
            early_talkers: EarlyTalkers::Served,
            margins: Margins::Trimmed,
            lists: &[],
            starttls: When::Always,
        }
    }
}
