//! Every reply that the engine gives by itself and that is the same for all sessions of a server:
//! one table with its public name, its code (RFC 5321 section 4.2.3), its enhanced status code
//! (RFC 3463) and the default dialect's text.

use crate::protocol::reply::EnhancedStatus;

/// A reply as it stands in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The reply code.
    pub(super) code: u16,
    /// Greetings and 3yz replies carry none (RFC 2034 section 3).
    pub(super) status: Option<EnhancedStatus>,
    /// The default dialect's text, in which `{name}` stands for the server's name.
    pub(super) text: &'static str,
}

const fn status(subject: u8, detail: u8) -> Option<EnhancedStatus> {
    Some(EnhancedStatus(subject, detail))
}

macro_rules! stock_replies {
    ($(
        $(#[$doc:meta])*
        $stock:ident = $name:literal, $code:literal, $status:expr, $text:expr;
    )+) => {
        /// A reply that the engine gives by itself; its number stands for it in records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Stock {
            $($(#[$doc])* $stock,)+
        }

        impl Stock {
            /// Each of them, in the order of their numbers.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$stock),+];

            /// How many there are.
            pub const COUNT: usize = [$($name),+].len();

            /// The name that it has for programs, in `server.stats().refusals` for one; it stays
            /// whatever the variant is called.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$stock => $name,)+ }
            }

            /// Code, status and text where a dialect has no other.
            pub(super) const fn entry(self) -> Entry {
                match self {
                    $(Self::$stock => Entry { code: $code, status: $status, text: $text },)+
                }
            }
        }
    };
}

const OK: &str = "OK";
const INTRODUCE: &str = "Introduce yourself, please (EHLO example.com)";
const SENDER: &str =
    "Provide back address, please (MAIL FROM:<example@example.com> | MAIL FROM:<>)";
const RECIPIENT: &str = "Provide recipient address, please (RCPT TO:<example@example.com>)";
pub(super) const UNKNOWN: &str = "Unknown command. Type HELP to see all available commands";

stock_replies! {
    /// NOOP, or a message that is taken.
    Ok = "ok", 250, status(0, 0), OK;
    /// MAIL goes on.
    SenderOk = "senderOk", 250, status(1, 0), OK;
    /// RCPT goes on.
    RecipientOk = "recipientOk", 250, status(1, 5), OK;
    /// The greeting of the server.
    Greeting = "greeting", 220, None, "{name} at your service";
    /// DATA goes on.
    StartData = "startData", 354, None,
        "Ready to take your message. Type single dot (.) as a separate line to indicate the end \
         of your message";
    /// QUIT.
    Closing = "closing", 221, status(0, 0), "Connection is being closed. Hope to see you next time";
    /// STARTTLS goes on.
    ReadyForTls = "readyForTls", 220, status(0, 0), "Ready to start TLS";
    /// HELP without an argument.
    Help = "help", 211, status(0, 0), "QUIT\nHELO\nEHLO\nMAIL\nRCPT\nDATA\nNOOP\nHELP\nRSET";
    /// A verb that is not ours.
    UnknownCommand = "unknownCommand", 500, status(5, 1), UNKNOWN;
    /// A command line over the limit.
    LineTooLong = "lineTooLong", 500, status(5, 6), "Line too long";
    /// HELO or EHLO without a domain.
    DomainMissing = "domainMissing", 501, status(5, 4), INTRODUCE;
    /// MAIL without a well-formed path.
    SenderMissing = "senderMissing", 501, status(1, 7), SENDER;
    /// RCPT without a well-formed path.
    RecipientMissing = "recipientMissing", 501, status(1, 3), RECIPIENT;
    /// A parameter with a value it cannot have.
    BadParameter = "badParameter", 501, status(5, 4), "Malformed parameter";
    /// A parameter that is not offered.
    UnknownParameter = "unknownParameter", 555, status(5, 4), "Parameter not recognized";
    /// MAIL before a greeting.
    GreetFirst = "greetFirst", 503, status(5, 1), INTRODUCE;
    /// RCPT before MAIL.
    SenderFirst = "senderFirst", 503, status(5, 1), SENDER;
    /// DATA before RCPT.
    RecipientFirst = "recipientFirst", 503, status(5, 1), RECIPIENT;
    /// STARTTLS under TLS.
    AlreadyTls = "alreadyTls", 503, status(5, 1), "TLS is active already";
    /// Anything but QUIT after the connection was refused (RFC 5321 section 3.1).
    Refused = "refused", 503, status(5, 1), "No service here. Only QUIT is accepted";
    /// A message over the size limit.
    TooBig = "tooBig", 552, status(3, 4), "Message exceeded maximum message size";
    /// RCPT over the limit of recipients of the transaction.
    TooManyRecipients = "tooManyRecipients", 452, status(5, 3), "Too many recipients";
    /// A message with bare CR or LF where they are refused.
    BareNewline = "bareNewline", 554, status(6, 0), "Message contains a bare CR or LF";
    /// The application failed or was too slow.
    LocalError = "localError", 451, status(3, 0), "Local error in processing. Try again later";
    /// HTTP or TLS where SMTP is spoken.
    NotSmtp = "notSmtp", 421, status(5, 0), "{name} speaks SMTP only. Closing the connection";
    /// A client over the limit of clients.
    TooManyClients = "tooManyClients", 421, status(3, 2),
        "{name} has too many connections. Try again later";
    /// A client over the limit of its address.
    TooManyFromAddress = "tooManyFromAddress", 421, status(7, 0),
        "{name} has too many connections from your address. Try again later";
    /// MAIL over the limit of messages of the session.
    TooManyMessages = "tooManyMessages", 421, status(7, 0),
        "{name} takes no more messages over this connection";
    /// A bad command over the limit of the session.
    TooManyBadCommands = "tooManyBadCommands", 421, status(7, 0),
        "{name} got too many bad commands. Closing the connection";
    /// A client that said nothing in time.
    Timeout = "timeout", 421, status(4, 2), "{name} waited too long. Closing the connection";
    /// The server stops.
    ShuttingDown = "shuttingDown", 421, status(3, 2), "{name} is shutting down. Try again later";
    /// MAIL before TLS where that is required (RFC 3207 section 4).
    TlsRequired = "tlsRequired", 530, status(7, 0), "Must issue a STARTTLS command first";
    /// A session over the rate of its address or network.
    SessionRate = "sessionRate", 421, status(7, 0),
        "{name} got too many connections from your side in a short time. Try again later";
    /// MAIL over the rate of its address or network.
    // 450 would be for policy, but RFC 5321 section 4.3.2 has it for RCPT alone, 451 for both.
    // X.7.1 has what a host is refused for (RFC 3463 section 3.8).
    MessageRate = "messageRate", 451, status(7, 1),
        "Too many messages in a short time. Try again later";
    /// RCPT over the rate of its address or network.
    RecipientRate = "recipientRate", 451, status(7, 1),
        "Too many recipients in a short time. Try again later";
    /// A client that did not wait for the greeting.
    EarlyTalker = "earlyTalker", 554, status(5, 0),
        "{name} did not greet yet. Closing the connection";
    /// A client that did not wait for a reply.
    UnauthorisedPipelining = "unauthorisedPipelining", 503, status(5, 0),
        "{name} did not reply to your last command yet. Closing the connection";
    /// Message data under the minimum rate.
    SlowData = "slowData", 421, status(4, 2),
        "{name} gets your message too slowly. Closing the connection";
    /// A message for which there is no memory.
    OutOfMemory = "outOfMemory", 452, status(3, 1),
        "Not enough memory for the message. Try again later";
    /// VRFY (RFC 5321 section 3.5.3).
    NotVerified = "notVerified", 252, status(0, 0),
        "Cannot verify the address, but will take mail for it if it is one of ours";
    /// RSET.
    ResetOk = "resetOk", 250, status(0, 0), OK;
    /// DATA before MAIL.
    DataFirst = "dataFirst", 503, status(5, 1), RECIPIENT;
    /// A command of RFC 821 that is not carried out.
    NotImplemented = "notImplemented", 502, status(5, 1), "Command not implemented";
    /// A line without a command.
    SyntaxError = "syntaxError", 500, status(5, 2), UNKNOWN;
    /// MAIL with nothing behind it.
    MailIncomplete = "mailIncomplete", 501, status(5, 4), SENDER;
    /// RCPT with nothing behind it.
    RcptIncomplete = "rcptIncomplete", 501, status(5, 4), RECIPIENT;
    /// STARTTLS where there are no keys.
    TlsNotOffered = "tlsNotOffered", 500, status(5, 1), UNKNOWN;
    /// DATA, or a command that has no place there, where the next chunk of a message is awaited.
    ChunkExpected = "chunkExpected", 503, status(5, 1),
        "Send the message by BDAT, to its last chunk, or take it back (RSET)";
    /// A line that goes on and on.
    EndlessLine = "endlessLine", 421, status(5, 6),
        "{name} got a line without an end. Closing the connection";
    /// A login that goes on (RFC 4954 section 6).
    LoggedIn = "loggedIn", 235, status(7, 0), "Authentication successful";
    /// A login that is refused.
    AuthRefused = "authRefused", 535, status(7, 8), "Authentication credentials invalid";
    /// A login that cannot be judged now.
    AuthUnavailable = "authUnavailable", 454, status(7, 0), "Temporary authentication failure";
    /// MAIL before a login where that is required.
    AuthRequired = "authRequired", 530, status(7, 0), "Authentication required";
    /// AUTH before TLS.
    EncryptionRequired = "encryptionRequired", 538, status(7, 11),
        "Encryption required for requested authentication mechanism";
    /// AUTH without a mechanism.
    MechanismMissing = "mechanismMissing", 501, status(5, 4), "Name a mechanism, please (AUTH PLAIN)";
    /// AUTH with a mechanism that is not offered.
    MechanismUnknown = "mechanismUnknown", 504, status(5, 4),
        "Authentication mechanism is not offered";
    /// AUTH after a login.
    AlreadyLoggedIn = "alreadyLoggedIn", 503, status(5, 1), "You have logged in already";
    /// AUTH in a transaction.
    AuthInTransaction = "authInTransaction", 503, status(5, 1),
        "No authentication during a mail transaction";
    /// A response that is no base64, or not of its mechanism.
    AuthMalformed = "authMalformed", 501, status(5, 2), "Malformed authentication data";
    /// An exchange that the client ended.
    AuthCancelled = "authCancelled", 501, status(7, 0), "Authentication cancelled";
    /// AUTH after too many refused ones.
    TooManyAuthFailures = "tooManyAuthFailures", 421, status(7, 0),
        "{name} refused too many logins. Closing the connection";
    /// No PROXY header of a peer that is to send one.
    BadProxyHeader = "badProxyHeader", 421, status(5, 5),
        "{name} got no proper PROXY header. Closing the connection";
    /// XCLIENT or XFORWARD of a peer that may not say it.
    NotTrusted = "notTrusted", 550, status(7, 0), "You are not authorized to say that";
    /// XCLIENT or XFORWARD in a transaction.
    InTransaction = "inTransaction", 503, status(5, 1), "Not during a mail transaction";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs know them by these names: one that is changed or taken away breaks them.
    const NAMES: &str = "\
        ok senderOk recipientOk greeting startData closing readyForTls help unknownCommand \
        lineTooLong domainMissing senderMissing recipientMissing badParameter unknownParameter \
        greetFirst senderFirst recipientFirst alreadyTls refused tooBig tooManyRecipients \
        bareNewline localError notSmtp tooManyClients tooManyFromAddress tooManyMessages \
        tooManyBadCommands timeout shuttingDown tlsRequired sessionRate messageRate \
        recipientRate earlyTalker unauthorisedPipelining slowData outOfMemory notVerified \
        resetOk dataFirst notImplemented syntaxError mailIncomplete rcptIncomplete \
        tlsNotOffered chunkExpected endlessLine loggedIn authRefused authUnavailable authRequired \
        encryptionRequired mechanismMissing mechanismUnknown alreadyLoggedIn authInTransaction \
        authMalformed authCancelled tooManyAuthFailures badProxyHeader \
        notTrusted inTransaction";

    #[test]
    fn public_names_stay() {
        assert_eq!(Stock::ALL.map(Stock::name).join(" "), NAMES);
    }
}
