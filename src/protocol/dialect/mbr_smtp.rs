//! The default dialect: what mbr-smtp says, and what it left open in the words of RFC 5321.

use super::{Dialect, Grammar, Stock, StockReply, Welcome, status};

/// mbr-smtp's.
pub(super) static DIALECT: Dialect = Dialect {
    overrides: &[],
    grammar: Grammar::Strict,
    welcome: Welcome::Server,
    greeting_first: false,
    starttls_under_tls: false,
};

const OK: &str = "OK";
const INTRODUCE: &str = "Introduce yourself, please (EHLO example.com)";
const SENDER: &str =
    "Provide back address, please (MAIL FROM:<example@example.com> | MAIL FROM:<>)";
const RECIPIENT: &str = "Provide recipient address, please (RCPT TO:<example@example.com>)";
pub(super) const UNKNOWN: &str = "Unknown command. Type HELP to see all available commands";

/// `{name}` stands for the name of the server. Greetings and 3yz replies carry no enhanced
/// status code (RFC 2034 section 3).
pub(super) const REPLIES: [StockReply; Stock::COUNT] = [
    (Stock::Ok, 250, status(0, 0), OK),
    (Stock::SenderOk, 250, status(1, 0), OK),
    (Stock::RecipientOk, 250, status(1, 5), OK),
    (Stock::Greeting, 220, None, "{name} at your service"),
    (
        Stock::StartData,
        354,
        None,
        "Ready to take your message. Type single dot (.) as a separate line to indicate the end of \
         your message",
    ),
    (Stock::Closing, 221, status(0, 0), "Connection is being closed. Hope to see you next time"),
    (Stock::ReadyForTls, 220, status(0, 0), "Ready to start TLS"),
    (Stock::Help, 211, status(0, 0), "QUIT\nHELO\nEHLO\nMAIL\nRCPT\nDATA\nNOOP\nHELP\nRSET"),
    (Stock::UnknownCommand, 500, status(5, 1), UNKNOWN),
    (Stock::LineTooLong, 500, status(5, 6), "Line too long"),
    (Stock::DomainMissing, 501, status(5, 4), INTRODUCE),
    (Stock::SenderMissing, 501, status(1, 7), SENDER),
    (Stock::RecipientMissing, 501, status(1, 3), RECIPIENT),
    (Stock::BadParameter, 501, status(5, 4), "Malformed parameter"),
    (Stock::UnknownParameter, 555, status(5, 4), "Parameter not recognized"),
    (Stock::GreetFirst, 503, status(5, 1), INTRODUCE),
    (Stock::SenderFirst, 503, status(5, 1), SENDER),
    (Stock::RecipientFirst, 503, status(5, 1), RECIPIENT),
    (Stock::AlreadyTls, 503, status(5, 1), "TLS is active already"),
    (Stock::Refused, 503, status(5, 1), "No service here. Only QUIT is accepted"),
    (Stock::TooBig, 552, status(3, 4), "Message exceeded maximum message size"),
    (Stock::TooManyRecipients, 452, status(5, 3), "Too many recipients"),
    (Stock::BareNewline, 554, status(6, 0), "Message contains a bare CR or LF"),
    (Stock::LocalError, 451, status(3, 0), "Local error in processing. Try again later"),
    (Stock::NotSmtp, 421, status(5, 0), "{name} speaks SMTP only. Closing the connection"),
    (Stock::TooManyClients, 421, status(3, 2), "{name} has too many connections. Try again later"),
    (
        Stock::TooManyFromAddress,
        421,
        status(7, 0),
        "{name} has too many connections from your address. Try again later",
    ),
    (
        Stock::TooManyMessages,
        421,
        status(7, 0),
        "{name} takes no more messages over this connection",
    ),
    (
        Stock::TooManyBadCommands,
        421,
        status(7, 0),
        "{name} got too many bad commands. Closing the connection",
    ),
    (Stock::Timeout, 421, status(4, 2), "{name} waited too long. Closing the connection"),
    (Stock::ShuttingDown, 421, status(3, 2), "{name} is shutting down. Try again later"),
    (Stock::TlsRequired, 530, status(7, 0), "Must issue a STARTTLS command first"),
    (
        Stock::SessionRate,
        421,
        status(7, 0),
        "{name} got too many connections from your side in a short time. Try again later",
    ),
    // 450 would be for policy, but RFC 5321 section 4.3.2 has it for RCPT alone, 451 for both.
    // X.7.1 has what a host is refused for (RFC 3463 section 3.8).
    (Stock::MessageRate, 451, status(7, 1), "Too many messages in a short time. Try again later"),
    (
        Stock::RecipientRate,
        451,
        status(7, 1),
        "Too many recipients in a short time. Try again later",
    ),
    (Stock::EarlyTalker, 554, status(5, 0), "{name} did not greet yet. Closing the connection"),
    (
        Stock::UnauthorisedPipelining,
        503,
        status(5, 0),
        "{name} did not reply to your last command yet. Closing the connection",
    ),
    (
        Stock::SlowData,
        421,
        status(4, 2),
        "{name} gets your message too slowly. Closing the connection",
    ),
    (Stock::OutOfMemory, 452, status(3, 1), "Not enough memory for the message. Try again later"),
    (
        Stock::NotVerified,
        252,
        status(0, 0),
        "Cannot verify the address, but will take mail for it if it is one of ours",
    ),
    (Stock::ResetOk, 250, status(0, 0), OK),
    (Stock::DataFirst, 503, status(5, 1), RECIPIENT),
    (Stock::NotImplemented, 502, status(5, 1), "Command not implemented"),
    (Stock::SyntaxError, 500, status(5, 2), UNKNOWN),
    (Stock::MailIncomplete, 501, status(5, 4), SENDER),
    (Stock::RcptIncomplete, 501, status(5, 4), RECIPIENT),
    (Stock::TlsNotOffered, 500, status(5, 1), UNKNOWN),
];

/// HELP on one command: its verb, syntax, meaning and an example.
pub(super) type HelpPage = (&'static str, &'static str, &'static str, &'static str);

pub(super) const HELP_PAGES: [HelpPage; 10] = [
    ("QUIT", "QUIT", "Ends the session and closes the connection.", "QUIT"),
    (
        "HELO",
        "HELO {domain}",
        "Greets the server; the domain is the client's own.",
        "HELO example.com",
    ),
    (
        "EHLO",
        "EHLO {domain}",
        "Greets the server and asks for its extensions; the domain is the client's own.",
        "EHLO example.com",
    ),
    (
        "MAIL",
        "MAIL FROM:<[address]> [SIZE=N]",
        "Begins a mail with its sender, to whom failures are reported. The address may be empty.",
        "MAIL FROM:<example@example.com>",
    ),
    ("RCPT", "RCPT TO:<{address}>", "Adds a recipient.", "RCPT TO:<example@example.com>"),
    (
        "DATA",
        "DATA",
        "Begins the message. All lines that follow belong to it, up to a line with a single dot.",
        "DATA",
    ),
    ("NOOP", "NOOP [...arguments]", "Does nothing and is answered OK.", "NOOP"),
    ("HELP", "HELP [command]", "Lists the commands, or tells about one.", "HELP DATA"),
    ("RSET", "RSET", "Drops sender, recipients and message; the greeting stays.", "RSET"),
    ("STARTTLS", "STARTTLS", "Begins TLS.", "STARTTLS"),
];
