//! What a client asks of a server (RFC 5321 section 4.1.1 and the extensions' own commands).

use crate::protocol::address::Path;
use crate::protocol::parameters::{MailParameters, RcptParameters};
use crate::protocol::reply::ReplyCode;
use bytes::{BufMut, Bytes, BytesMut};
use std::fmt;

/// Which greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// RFC 5321 section 4.1.1.1, with extensions.
    Ehlo,
    /// The same without.
    Helo,
    /// LMTP's (RFC 2033 section 4.1).
    Lhlo,
}

/// A command, or what goes in place of one.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// EHLO, HELO, LHLO with the client's own name.
    Greet(Greeting, String),
    /// RFC 3207.
    StartTls,
    /// AUTH with its mechanism and initial response (RFC 4954 section 4).
    Auth(String, Option<String>),
    /// A line of an AUTH exchange.
    AuthResponse(String),
    /// MAIL with its reverse-path, empty for `<>`, and parameters.
    Mail(String, MailParameters),
    /// RCPT with its forward-path and parameters.
    Rcpt(String, RcptParameters),
    /// DATA.
    Data,
    /// BDAT with a chunk, the last or not (RFC 3030 section 2).
    Bdat(Bytes, bool),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY with its argument.
    Vrfy(String),
    /// QUIT.
    Quit,
}

/// Whose reply is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The server's greeting line.
    Connect,
    /// EHLO, HELO or LHLO.
    Greet(Greeting),
    /// STARTTLS.
    StartTls,
    /// AUTH, or a line of its exchange.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The end of data.
    Message,
    /// BDAT, the last or not.
    Bdat(bool),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// QUIT.
    Quit,
}

impl Awaited {
    /// Whether it is about a message and who gets it.
    pub(super) fn is_of_transaction(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Message | Self::Bdat(_))
    }

    /// Whether a code can be the answer: 3yz asks for more, which there is only for DATA and AUTH,
    /// 2yz is done before a message came, and 220 is another greeting line (RFC 5321 section 4.3.2).
    pub(super) fn may_be_answered(self, code: ReplyCode) -> bool {
        let asks_for_more = code.is_positive() && !code.is_completion();
        match self {
            Self::Data => !code.is_completion(),
            Self::Auth => true,
            Self::Greet(_) => !asks_for_more && code.value() != 220,
            _ => !asks_for_more,
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::Greet(Greeting::Ehlo) => "EHLO",
            Self::Greet(Greeting::Helo) => "HELO",
            Self::Greet(Greeting::Lhlo) => "LHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Message => "the message",
            Self::Bdat(_) => "BDAT",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Vrfy => "VRFY",
            Self::Quit => "QUIT",
        })
    }
}

/// An argument that could be taken for something else by a server. Its value is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{argument} {problem}")]
pub struct ArgumentError {
    /// Which.
    pub argument: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Request {
    /// Whose reply it waits for.
    pub fn awaited(&self) -> Awaited {
        match self {
            Self::Greet(greeting, _) => Awaited::Greet(*greeting),
            Self::StartTls => Awaited::StartTls,
            Self::Auth(..) | Self::AuthResponse(_) => Awaited::Auth,
            Self::Mail(..) => Awaited::Mail,
            Self::Rcpt(..) => Awaited::Rcpt,
            Self::Data => Awaited::Data,
            Self::Bdat(_, last) => Awaited::Bdat(*last),
            Self::Rset => Awaited::Rset,
            Self::Noop => Awaited::Noop,
            Self::Vrfy(_) => Awaited::Vrfy,
            Self::Quit => Awaited::Quit,
        }
    }

    /// Whether nothing may follow before its reply has come (RFC 2920 section 3.1).
    pub(super) fn ends_group(&self) -> bool {
        !matches!(self, Self::Mail(..) | Self::Rcpt(..) | Self::Rset | Self::Bdat(..))
    }

    /// Whether it can be sent as it is.
    ///
    /// # Errors
    /// An argument that has CR, LF or NUL in it, or would be two arguments.
    pub fn check(&self) -> Result<(), ArgumentError> {
        match self {
            Self::Greet(_, name) => one_word("the client's name", name),
            Self::Auth(mechanism, initial) => {
                one_word("the mechanism", mechanism)?;
                one_word("the initial response", initial.as_deref().unwrap_or("="))
            }
            Self::AuthResponse(text) => one_line("the response", text),
            Self::Mail(path, parameters) => {
                one_path("the sender's address", path)?;
                one_line("the parameters of MAIL", parameters.as_sent().unwrap_or_default())
            }
            Self::Rcpt(path, parameters) => {
                one_path("the recipient's address", path)?;
                if path.is_empty() {
                    return Err(problem("the recipient's address", "is empty"));
                }
                one_line("the parameters of RCPT", parameters.as_sent().unwrap_or_default())
            }
            Self::Vrfy(argument) => one_line("the argument of VRFY", argument),
            _ => Ok(()),
        }
    }

    /// Appends it to `output`.
    pub(super) fn write(&self, output: &mut BytesMut) {
        let line = |output: &mut BytesMut, words: &[&str]| {
            for (index, word) in words.iter().enumerate().filter(|(_, word)| !word.is_empty()) {
                if index > 0 {
                    output.put_u8(b' ');
                }
                output.put_slice(word.as_bytes());
            }
            output.put_slice(b"\r\n");
        };
        match self {
            Self::Greet(Greeting::Ehlo, name) => line(output, &["EHLO", name]),
            Self::Greet(Greeting::Helo, name) => line(output, &["HELO", name]),
            Self::Greet(Greeting::Lhlo, name) => line(output, &["LHLO", name]),
            Self::StartTls => line(output, &["STARTTLS"]),
            Self::Auth(mechanism, initial) => {
                line(output, &["AUTH", mechanism, initial.as_deref().unwrap_or_default()]);
            }
            Self::AuthResponse(text) => line(output, &[text]),
            Self::Mail(path, parameters) => {
                output.put_slice(b"MAIL FROM:<");
                output.put_slice(path.as_bytes());
                output.put_u8(b'>');
                parameters.write(output);
                output.put_slice(b"\r\n");
            }
            Self::Rcpt(path, parameters) => {
                output.put_slice(b"RCPT TO:<");
                output.put_slice(path.as_bytes());
                output.put_u8(b'>');
                parameters.write(output);
                output.put_slice(b"\r\n");
            }
            Self::Data => line(output, &["DATA"]),
            Self::Bdat(chunk, last) => {
                let length = chunk.len().to_string();
                line(output, &["BDAT", &length, if *last { "LAST" } else { "" }]);
                output.put_slice(chunk);
            }
            Self::Rset => line(output, &["RSET"]),
            Self::Noop => line(output, &["NOOP"]),
            Self::Vrfy(argument) => line(output, &["VRFY", argument]),
            Self::Quit => line(output, &["QUIT"]),
        }
    }
}

/// Shows neither what is secret nor what is long.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth(mechanism, _) => write!(f, "AUTH {mechanism} ..."),
            Self::AuthResponse(_) => f.write_str("..."),
            Self::Bdat(chunk, last) => write!(f, "BDAT {} {last}", chunk.len()),
            other => {
                let mut line = BytesMut::new();
                other.write(&mut line);
                f.write_str(String::from_utf8_lossy(&line).trim_end())
            }
        }
    }
}

fn problem(argument: &'static str, problem: &'static str) -> ArgumentError {
    ArgumentError { argument, problem }
}

fn one_line(argument: &'static str, text: &str) -> Result<(), ArgumentError> {
    if text.contains(['\r', '\n', '\0']) {
        return Err(problem(argument, "has CR, LF or NUL in it"));
    }
    Ok(())
}

fn one_word(argument: &'static str, text: &str) -> Result<(), ArgumentError> {
    one_line(argument, text)?;
    if text.contains(|c: char| c == ' ' || c.is_control()) {
        return Err(problem(argument, "has a space or control character in it"));
    }
    Ok(())
}

fn one_path(argument: &'static str, path: &str) -> Result<(), ArgumentError> {
    one_line(argument, path)?;
    if !Path::encloses(path) {
        return Err(problem(argument, "cannot stand between < and >"));
    }
    Ok(())
}
