//! What one interface may set: the texts of the replies that the engine gives by itself. Data,
//! not code. The default is mbr-smtp's.

use super::reply::{EnhancedStatus, Reply, ReplyCode};
use bytes::{Bytes, BytesMut};

/// Every reply that the engine gives by itself and that is the same for all sessions of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stock {
    /// RSET, NOOP, the message.
    Ok = 0,
    /// MAIL.
    SenderOk,
    /// RCPT.
    RecipientOk,
    /// The greeting of the server.
    Greeting,
    /// DATA.
    StartData,
    /// QUIT.
    Closing,
    /// STARTTLS.
    ReadyForTls,
    /// HELP.
    Help,
    /// A verb that is not ours.
    UnknownCommand,
    /// A line over the limit.
    LineTooLong,
    /// HELO or EHLO without a domain.
    DomainMissing,
    /// MAIL without a path.
    SenderMissing,
    /// RCPT without a path.
    RecipientMissing,
    /// A parameter with a value it cannot have.
    BadParameter,
    /// A parameter that is not offered.
    UnknownParameter,
    /// MAIL before a greeting.
    GreetFirst,
    /// RCPT before MAIL.
    SenderFirst,
    /// DATA before RCPT.
    RecipientFirst,
    /// STARTTLS under TLS.
    AlreadyTls,
    /// Anything but QUIT after the connection was refused (RFC 5321 section 3.1).
    Refused,
    /// A message over the size limit.
    TooBig,
    /// A recipient over the limit.
    TooManyRecipients,
    /// A message with bare CR or LF where they are refused.
    BareNewline,
    /// The application failed or was too slow. JavaScript knows it, and `Ok`, by these numbers.
    LocalError = 23,
    /// HTTP or TLS where SMTP is spoken.
    NotSmtp,
    /// A client over the limit.
    TooManyClients,
    /// A client over the limit of its address.
    TooManyFromAddress,
    /// A message over the limit of the session.
    TooManyMessages,
    /// A bad command over the limit of the session.
    TooManyBadCommands,
    /// A deadline has passed.
    Timeout,
    /// The server stops.
    ShuttingDown,
    /// MAIL before TLS where that is required (RFC 3207 section 4).
    TlsRequired,
    /// A session over the rate of its address or network.
    SessionRate,
    /// MAIL over that rate.
    MessageRate,
    /// RCPT over that rate.
    RecipientRate,
    /// A client that did not wait for the greeting.
    EarlyTalker,
    /// A client that did not wait for a reply.
    UnauthorisedPipelining,
    /// Message data under the minimum rate.
    SlowData,
    /// A message for which there is no memory.
    OutOfMemory,
    /// VRFY.
    NotVerified,
}

impl Stock {
    /// How many there are.
    pub const COUNT: usize = Self::NotVerified as usize + 1;

    /// Each of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        REPLIES.iter().map(|reply| reply.0)
    }
}

const OK: &str = "OK";
const INTRODUCE: &str = "Introduce yourself, please (EHLO example.com)";
const SENDER: &str =
    "Provide back address, please (MAIL FROM:<example@example.com> | MAIL FROM:<>)";
const RECIPIENT: &str = "Provide recipient address, please (RCPT TO:<example@example.com>)";
const UNKNOWN: &str = "Unknown command. Type HELP to see all available commands";

type StockReply = (Stock, u16, Option<EnhancedStatus>, &'static str);

const fn status(subject: u8, detail: u8) -> Option<EnhancedStatus> {
    Some(EnhancedStatus(subject, detail))
}

/// `{name}` stands for the name of the server. Greetings and 3yz replies carry no enhanced
/// status code (RFC 2034 section 3).
const REPLIES: [StockReply; Stock::COUNT] = [
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
];

/// HELP on one command: its verb, syntax, meaning and an example.
type HelpPage = (&'static str, &'static str, &'static str, &'static str);

const HELP_PAGES: [HelpPage; 10] = [
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

/// The replies of one server, ready to send.
#[derive(Debug)]
pub struct Replies {
    stock: Vec<(ReplyCode, Bytes)>,
    enhanced: bool,
}

impl Replies {
    /// The default dialect for a server called `name`.
    pub fn new(name: &str, enhanced: bool) -> Self {
        let mut replies = Self { stock: Vec::with_capacity(Stock::COUNT), enhanced };
        for (_, code, status, text) in REPLIES {
            let reply = replies.make(code, status, &text.replace("{name}", name));
            let mut wire = BytesMut::new();
            reply.write(&mut wire);
            replies.stock.push((reply.code(), wire.freeze()));
        }
        replies
    }

    /// A stock reply: its code and its bytes.
    pub fn stock(&self, stock: Stock) -> (ReplyCode, &Bytes) {
        let (code, wire) = &self.stock[stock as usize];
        (*code, wire)
    }

    /// The lines of a stock reply, without CRLF.
    pub fn stock_lines(&self, stock: Stock) -> Vec<String> {
        lines(&self.stock[stock as usize].1)
    }

    /// The lines of every stock reply, in the order of [`Stock`].
    pub fn all_lines(&self) -> Vec<Vec<String>> {
        self.stock.iter().map(|(_, wire)| lines(wire)).collect()
    }

    /// HELP on one command, which is upper case.
    pub fn help(&self, verb: &str) -> Reply {
        let page = HELP_PAGES.iter().find(|page| page.0 == verb);
        let text = page.map_or(UNKNOWN.to_owned(), |(_, syntax, meaning, example)| {
            [*syntax, *meaning, *example].join("\n")
        });
        self.make(214, status(0, 0), &text)
    }

    fn make(&self, code: u16, status: Option<EnhancedStatus>, text: &str) -> Reply {
        let reply = Reply::new(ReplyCode::known(code), text);
        match status {
            Some(status) if self.enhanced => reply.with_status(status),
            _ => reply,
        }
    }
}

fn lines(wire: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(wire).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_stand_at_their_index() {
        for (index, (stock, ..)) in REPLIES.iter().enumerate() {
            assert_eq!(*stock as usize, index);
        }
    }

    #[test]
    fn texts_carry_name_and_status() {
        let plain = Replies::new("mx.example", false);
        assert_eq!(&plain.stock(Stock::Greeting).1[..], b"220 mx.example at your service\r\n");
        assert_eq!(&plain.stock(Stock::Ok).1[..], b"250 OK\r\n");
        let enhanced = Replies::new("mx.example", true);
        assert_eq!(&enhanced.stock(Stock::Greeting).1[..], b"220 mx.example at your service\r\n");
        assert_eq!(&enhanced.stock(Stock::RecipientOk).1[..], b"250 2.1.5 OK\r\n");
        assert!(enhanced.stock(Stock::Help).1.starts_with(b"211-2.0.0 QUIT\r\n211-2.0.0 HELO\r\n"));
        let help = enhanced.help("WHAT");
        assert_eq!(help.lines().collect::<Vec<_>>(), [format!("214 2.0.0 {UNKNOWN}")]);
    }
}
