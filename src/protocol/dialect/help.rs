//! What HELP says of each command (RFC 5321 section 4.1.1.8).

use crate::protocol::events::Interest;

/// HELP on one command: its verb, syntax, meaning and an example.
pub(super) type HelpPage = (&'static str, &'static str, &'static str, &'static str);

pub(super) const HELP_PAGES: [HelpPage; 11] = [
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
pub(super) const INQUIRY_PAGES: [(HelpPage, Interest); 2] = [
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
