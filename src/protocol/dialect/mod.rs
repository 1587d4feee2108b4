//! What one interface may set: the texts of the replies that the engine gives by itself, and how
//! strict it is. Data, not code. The default is mbr-smtp's.

mod help;
mod lmtp;
mod mail_io;
mod mbr_smtp;
mod smtp_protocol;
mod smtp_server;
mod stock;
mod syntax;

pub use stock::Stock;
pub use syntax::{Domain, Gaps, Lhlo, Parameters, Paths, Surplus, Syntax};

use super::events::Interest;
use super::extension::{Extension, Extensions, When};
use super::limits::Limits;
use super::reply::{EnhancedStatus, Reply, ReplyCode};
use bytes::{Bytes, BytesMut};
use help::help_page;
use stock::UNKNOWN;

/// Who answers commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// The engine, where no listener does.
    Engine,
    /// The application, which keeps their order as well. DATA, STARTTLS and QUIT have their effect
    /// where it accepts them.
    Application,
}

/// What is said of a line that ends too early: of an empty one, of MAIL and RCPT without a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// What is said of any other that is malformed.
    Malformed,
    /// A reply of its own.
    ByItself,
}

/// What a client is told first of a command with more than one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// That MAIL or RCPT is out of sequence, then that it is malformed.
    SequenceFirst,
    /// That it is malformed. All that is well-formed, but QUIT and RSET, waits for a greeting, and
    /// so do unknown commands.
    GreetingFirst,
}

/// What HELO and EHLO are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// The server's name.
    Server,
    /// The client's own name.
    Client,
}

/// Whether a client has to greet in time ([`Limits::greeting`](super::limits::Limits::greeting)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GreetingDeadline {
    /// It has to.
    Kept,
    /// It has not: greetings are the application's, and the engine knows of none.
    Lifted,
}

/// What becomes of a client that sends a line while the application has its connection at hand, and does
/// not wait for the greeting (RFC 5321 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyTalkers {
    /// It is served as any other.
    Served,
    /// It is turned away in place of the greeting.
    TurnedAway,
}

/// What becomes of spaces and tabs around a command line (RFC 5321 section 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Margins {
    /// They are taken off.
    Trimmed,
    /// They are the application's to judge.
    Kept,
}

/// What one interface says and allows. Each field is a leniency of its own: any of them goes with
/// any other.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// Replies that differ from the default's, with their codes.
    pub overrides: Vec<(Stock, u16, &'static str)>,
    /// Who answers commands.
    pub commands: Commands,
    /// How the lines of commands are read that the engine answers.
    pub syntax: Syntax,
    /// What is said of lines that end too early.
    pub incomplete: Incomplete,
    /// What is said first where more than one thing is wrong.
    pub order: Order,
    /// What greetings are answered.
    pub welcome: Welcome,
    /// Whether a client has to greet in time.
    pub greeting_deadline: GreetingDeadline,
    /// What becomes of clients that do not wait for the greeting.
    pub early_talkers: EarlyTalkers,
    /// What becomes of spaces and tabs around a command line.
    pub margins: Margins,
    /// What EHLO lists whatever the server is to offer: HELP and SIZE, or not.
    pub lists: &'static [Extension],
    /// When EHLO lists STARTTLS; under TLS it is refused all the same.
    pub starttls: When,
}

impl Dialect {
    /// The dialect of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "mbr-smtp" => Some(Self::mbr_smtp()),
            "mail-io" => Some(Self::mail_io()),
            "smtp-protocol" => Some(Self::smtp_protocol()),
            "smtp-server" => Some(Self::smtp_server()),
            _ => None,
        }
    }

    /// What a server offers at EHLO that is to offer `wanted`: STARTTLS where it has keys (`tls`), and
    /// REQUIRETLS under TLS; LIMITS where it has some; HELP and SIZE, with its limit in bytes if there
    /// is one, where this dialect lists them.
    pub fn extensions(
        &self,
        wanted: impl IntoIterator<Item = Extension>,
        limits: &Limits,
        tls: bool,
    ) -> Extensions {
        let mut extensions = Extensions::default();
        for extension in self.lists {
            match (extension, limits.size) {
                (Extension::Size, None) => {}
                (Extension::Size, Some(size)) => {
                    extensions.offer_with(Extension::Size, size.to_string(), When::Always);
                }
                _ => extensions.offer(*extension),
            }
        }
        for extension in wanted {
            match extension {
                Extension::Help | Extension::Size => {}
                Extension::StartTls if !tls => {}
                Extension::StartTls => {
                    extensions.offer_with(extension, String::new(), self.starttls);
                }
                Extension::RequireTls => {
                    extensions.offer_with(extension, String::new(), When::UnderTls);
                }
                Extension::Limits => {
                    let values = limits.values();
                    if !values.is_empty() {
                        extensions.offer_with(extension, values, When::Always);
                    }
                }
                _ => extensions.offer(extension),
            }
        }
        extensions
    }
}

/// The replies of one server, ready to send.
#[derive(Debug)]
pub struct Replies {
    stock: Vec<(ReplyCode, Bytes)>,
    enhanced: bool,
    lhlo: Lhlo,
}

impl Replies {
    /// The replies of a dialect for a server called `name`.
    pub fn new(dialect: &Dialect, name: &str, enhanced: bool) -> Self {
        let lhlo = dialect.syntax.lhlo;
        let mut replies = Self { stock: Vec::with_capacity(Stock::COUNT), enhanced, lhlo };
        for stock in Stock::ALL {
            let entry = stock.entry();
            let other = dialect.overrides.iter().find(|other| other.0 == stock);
            let (code, text) =
                other.map_or((entry.code, entry.text), |(_, code, text)| (*code, *text));
            let reply = replies.make(code, entry.status, &text.replace("{name}", name));
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

    /// HELP on one command, which is upper case, where the application listens to these.
    pub fn help(&self, verb: &str, wanted: Interest) -> Reply {
        let page = help_page(verb, self.lhlo, wanted);
        let text = page.map_or(UNKNOWN.to_owned(), |(_, syntax, meaning, example)| {
            [*syntax, *meaning, *example].join("\n")
        });
        self.make(214, Some(EnhancedStatus(0, 0)), &text)
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
    fn extensions_by_dialect_size_and_keys() {
        let (ours, theirs) = (Dialect::mbr_smtp(), Dialect::smtp_protocol());
        for (dialect, size, keys, before_tls, under_tls) in [
            (&ours, None, false, "HELP PIPELINING", "HELP PIPELINING"),
            (&ours, Some(9), false, "HELP SIZE=9 PIPELINING", "HELP SIZE=9 PIPELINING"),
            (&ours, None, true, "HELP PIPELINING STARTTLS", "HELP PIPELINING"),
            (&theirs, Some(9), false, "PIPELINING", "PIPELINING"),
            (&theirs, Some(9), true, "PIPELINING STARTTLS", "PIPELINING STARTTLS"),
        ] {
            let wanted = [Extension::StartTls, Extension::Size, Extension::Pipelining];
            let limits = Limits { size, ..Limits::default() };
            let extensions = dialect.extensions(wanted, &limits, keys);
            for (tls, lines) in [(false, before_tls), (true, under_tls)] {
                let offered = extensions.now(tls).lines().map(|(keyword, values)| {
                    [keyword, values].join("=").trim_end_matches('=').to_owned()
                });
                assert_eq!(offered.collect::<Vec<_>>().join(" "), lines);
            }
        }
    }

    #[test]
    fn limits_are_listed_where_there_are_some_and_tls_where_it_is_on() {
        let dialect = Dialect::smtp_protocol();
        let wanted = [Extension::Limits, Extension::RequireTls];
        for (recipients, messages, lines) in [
            (None, None, ""),
            (Some(1), None, "LIMITS RCPTMAX=1"),
            (None, Some(7), "LIMITS MAILMAX=7"),
            (Some(2_000_000), Some(999_999), "LIMITS RCPTMAX=999999 MAILMAX=999999"),
        ] {
            let limits = Limits { recipients, messages, ..Limits::default() };
            let extensions = dialect.extensions(wanted, &limits, true);
            let offered = |tls| -> Vec<_> {
                let lines = extensions.now(tls).lines();
                lines.map(|(keyword, values)| format!("{keyword} {values}")).collect()
            };
            assert_eq!(offered(false).join(","), lines);
            assert_eq!(offered(true)[0], "REQUIRETLS ");
            assert_eq!(offered(true)[1..].join(","), lines);
        }
    }

    #[test]
    fn texts_carry_name_and_status() {
        let plain = Replies::new(&Dialect::mbr_smtp(), "mx.example", false);
        assert_eq!(&plain.stock(Stock::Greeting).1[..], b"220 mx.example at your service\r\n");
        assert_eq!(&plain.stock(Stock::Ok).1[..], b"250 OK\r\n");
        let enhanced = Replies::new(&Dialect::mbr_smtp(), "mx.example", true);
        assert_eq!(&enhanced.stock(Stock::Greeting).1[..], b"220 mx.example at your service\r\n");
        assert_eq!(&enhanced.stock(Stock::RecipientOk).1[..], b"250 2.1.5 OK\r\n");
        assert!(enhanced.stock(Stock::Help).1.starts_with(b"211-2.0.0 QUIT\r\n211-2.0.0 HELO\r\n"));
        let other = Replies::new(&Dialect::smtp_protocol(), "mx.example", false);
        assert_eq!(&other.stock(Stock::Greeting).1[..], b"220 mx.example\r\n");
        assert_eq!(&other.stock(Stock::ResetOk).1[..], b"250\r\n");
        assert_eq!(&other.stock(Stock::SenderOk).1[..], b"250 OK\r\n");
        let help = enhanced.help("WHAT", Interest::default());
        assert_eq!(help.lines().collect::<Vec<_>>(), [format!("214 2.0.0 {UNKNOWN}")]);
    }
}
