//! What HELP says of each command (RFC 5321 section 4.1.1.8).

use super::syntax::Lhlo;
use crate::protocol::events::Interest;

/// HELP on one command: its verb, syntax, meaning and an example.
type HelpPage = (&'static str, &'static str, &'static str, &'static str);

/// The page on a verb in capitals, if it is a command where LHLO is `lhlo` and the application listens
/// to these.
pub(super) fn help_page(verb: &str, lhlo: Lhlo, wanted: Interest) -> Option<&'static HelpPage> {
    let is_lmtp = lhlo == Lhlo::Ehlo;
    match verb {
        "LHLO" if is_lmtp => return Some(&LHLO),
        "HELO" | "EHLO" if is_lmtp => return None,
        _ => {}
    }
    let asking = INQUIRY_PAGES.iter().filter(|(_, event)| wanted.contains(*event));
    HELP_PAGES.iter().chain(asking.map(|(page, _)| page)).find(|page| page.0 == verb)
}

const LHLO: HelpPage = (
    "LHLO",
    "LHLO {domain}",
    "Greets the server and asks for its extensions; the domain is the client's own.",
    "LHLO example.com",
);

const HELP_PAGES: [HelpPage; 11] = [
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
    // HELP's own list stays the original's.
    (
        "VRFY",
        "VRFY {address}",
        "Asks whether there is such a mailbox. The server need not tell; RCPT does.",
        "VRFY <example@example.com>",
    ),
];

/// What it says of those that there are where the application listens to them.
const INQUIRY_PAGES: [(HelpPage, Interest); 2] = [
    (
        ("EXPN", "EXPN {list}", "Asks for the members of a mailing list.", "EXPN staff"),
        Interest::EXPN,
    ),
    (
        (
            "ETRN",
            "ETRN {host}",
            "Asks that mail which waits for a host be sent there, over another connection.",
            "ETRN example.com",
        ),
        Interest::ETRN,
    ),
];
