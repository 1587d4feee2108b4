//! Command lines (RFC 5321 section 4.1.1) into types.

mod lenient;

use super::address::Path;
use super::dialect::Grammar;
use super::envelope::{Mail, Recipient};
use super::extension::{Extension, OfferedNow};
use super::parameters::{MailParameters, ParameterError, RcptParameters};

/// A command, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// HELO or EHLO with its domain.
    Greeting {
        /// What the client calls itself.
        domain: String,
        /// EHLO rather than HELO.
        extended: bool,
    },
    /// MAIL.
    Mail(Mail),
    /// RCPT.
    Rcpt(Recipient),
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// VRFY.
    Vrfy,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// HELP, perhaps on one command.
    Help(Option<String>),
    /// STARTTLS (RFC 3207).
    StartTls,
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The verb is not one of ours.
    #[error("the command is not recognised")]
    Unknown,
    /// An HTTP request line.
    #[error("the line is an HTTP request")]
    Http,
    /// HELO or EHLO without a usable domain.
    #[error("the greeting has no usable domain")]
    Domain,
    /// MAIL without a well-formed `FROM:<...>`.
    #[error("MAIL has no well-formed reverse-path")]
    ReversePath,
    /// RCPT without a well-formed `TO:<...>`.
    #[error("RCPT has no well-formed forward-path")]
    ForwardPath,
    /// A parameter that is not offered (555 in RFC 5321 section 4.1.1.11).
    #[error("a parameter is not recognised or not implemented")]
    UnknownParameter,
    /// A parameter that is offered, with a value it cannot have or twice.
    #[error("a parameter has a value that it cannot have, or stands twice")]
    BadParameter,
    /// An argument where there may be none, or none where there must be one.
    #[error("an argument is missing, or one too many")]
    Argument,
    /// Nothing but white space.
    #[error("the line is empty")]
    Empty,
    /// MAIL with nothing behind it.
    #[error("MAIL has no reverse-path")]
    ReversePathMissing,
    /// RCPT with nothing behind it.
    #[error("RCPT has no forward-path")]
    ForwardPathMissing,
    /// A verb of RFC 821 that nobody carries out.
    #[error("the command is not implemented")]
    NotImplemented,
}

impl Command {
    /// Parses a trimmed line; in the strict grammar `offered` decides which parameters there are.
    ///
    /// # Errors
    /// What is wrong with the line, as far as its own words tell.
    pub fn parse(
        line: &str,
        grammar: Grammar,
        offered: OfferedNow<'_>,
    ) -> Result<Self, CommandError> {
        match grammar {
            Grammar::Strict => Self::parse_strict(line, offered),
            Grammar::Lenient => lenient::parse(line),
            Grammar::Application => Self::parse_verb(line),
        }
    }

    /// The commands that change what the bytes behind them are; all others are the application's.
    fn parse_verb(line: &str) -> Result<Self, CommandError> {
        let verb = line.split(' ').next().unwrap_or_default();
        let is = |name| verb.eq_ignore_ascii_case(name);
        match () {
            () if is("DATA") => Ok(Self::Data),
            () if is("STARTTLS") => Ok(Self::StartTls),
            () if is("QUIT") => Ok(Self::Quit),
            () => Err(CommandError::Unknown),
        }
    }

    fn parse_strict(line: &str, offered: OfferedNow<'_>) -> Result<Self, CommandError> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let argument = rest.trim_matches(' ');
        match upper(verb, &mut [0; 8]) {
            b"HELO" => greeting(argument, false),
            b"EHLO" => greeting(argument, true),
            b"MAIL" => mail(argument, offered),
            b"RCPT" => rcpt(argument, offered),
            b"DATA" => Ok(Self::Data),
            b"RSET" => Ok(Self::Rset),
            b"VRFY" if argument.is_empty() => Err(CommandError::Argument),
            b"VRFY" => Ok(Self::Vrfy),
            b"NOOP" => Ok(Self::Noop),
            b"QUIT" => Ok(Self::Quit),
            b"HELP" => {
                Ok(Self::Help((!argument.is_empty()).then(|| argument.to_ascii_uppercase())))
            }
            b"STARTTLS" if argument.is_empty() => Ok(Self::StartTls),
            b"STARTTLS" => Err(CommandError::Argument),
            _ => Err(unknown(line)),
        }
    }
}

/// The verb in capitals; nothing where it is longer than any of ours.
fn upper<'a>(verb: &str, room: &'a mut [u8; 8]) -> &'a [u8] {
    let Some(upper) = room.get_mut(..verb.len()) else { return b"" };
    upper.copy_from_slice(verb.as_bytes());
    upper.make_ascii_uppercase();
    upper
}

fn unknown(line: &str) -> CommandError {
    let version = line.rsplit(' ').next().unwrap_or_default();
    if version.starts_with("HTTP/") { CommandError::Http } else { CommandError::Unknown }
}

fn greeting(argument: &str, extended: bool) -> Result<Command, CommandError> {
    let domain = argument.split(' ').next().unwrap_or_default();
    if domain.is_empty() || domain.contains(|c: char| c.is_control() || c == '\u{fffd}') {
        return Err(CommandError::Domain);
    }
    Ok(Command::Greeting { domain: domain.to_owned(), extended })
}

/// The path behind `keyword` and the parameters behind the path. Spaces before the path are
/// tolerated, as widespread servers do and RFC 5321 section 3.3 forbids to clients.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<(Path<'a>, &'a str)> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (path, rest) = Path::parse(rest.trim_start_matches(' '))?;
    // A replacement character stands for bytes that were not UTF-8: not the address that was sent.
    let whole = (rest.is_empty() || rest.starts_with(' ')) && !path.0.contains('\u{fffd}');
    whole.then_some((path, rest))
}

fn mail(argument: &str, offered: OfferedNow<'_>) -> Result<Command, CommandError> {
    let (path, rest) = path(argument, "FROM:").ok_or(CommandError::ReversePath)?;
    let parameters = MailParameters::parse(rest, |keyword| offers(offered, keyword))?;
    Ok(Command::Mail(Mail { from: path.0.to_owned(), parameters }))
}

fn rcpt(argument: &str, offered: OfferedNow<'_>) -> Result<Command, CommandError> {
    let (path, rest) = path(argument, "TO:").ok_or(CommandError::ForwardPath)?;
    if path.0.is_empty() {
        return Err(CommandError::ForwardPath);
    }
    let parameters = RcptParameters::parse(rest, |keyword| offers(offered, keyword))?;
    Ok(Command::Rcpt(Recipient { address: path.0.to_owned(), parameters }))
}

/// Whether EHLO tells of it; a size is taken in any case.
fn offers(offered: OfferedNow<'_>, keyword: &str) -> bool {
    keyword == "SIZE" || Extension::named(keyword).is_some_and(|it| offered.contains(it))
}

impl From<ParameterError> for CommandError {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::NotOffered => Self::UnknownParameter,
            ParameterError::Malformed => Self::BadParameter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::extension::Extensions;
    use crate::protocol::parameters::Body;

    fn parse(line: &str) -> Result<Command, CommandError> {
        Command::parse(line, Grammar::Strict, Extensions::usual().now(false))
    }

    fn mail(from: &str, size: Option<u64>) -> Result<Command, CommandError> {
        let parameters = MailParameters { size, ..MailParameters::default() };
        Ok(Command::Mail(Mail { from: from.to_owned(), parameters }))
    }

    #[test]
    fn verbs_have_no_case() {
        assert_eq!(parse("dAtA"), Ok(Command::Data));
        assert_eq!(parse("noop whatever"), Ok(Command::Noop));
        assert_eq!(
            parse("ehlo  client.example x"),
            Ok(Command::Greeting { domain: "client.example".into(), extended: true })
        );
        assert_eq!(parse("help mail"), Ok(Command::Help(Some("MAIL".into()))));
        assert_eq!(parse("mail from:<a@b>"), mail("a@b", None));
    }

    #[test]
    fn mail_parameters() {
        let all = MailParameters {
            size: Some(5),
            body: Some(Body::EightBitMime),
            smtp_utf8: true,
            ..MailParameters::default()
        };
        assert_eq!(
            parse("MAIL FROM:<> SIZE=5 BODY=8bitmime SMTPUTF8"),
            Ok(Command::Mail(Mail { from: String::new(), parameters: all }))
        );
        assert_eq!(parse("MAIL FROM: <a@b>"), mail("a@b", None));
        assert_eq!(parse("MAIL FROM:<a@b> SIZE=99999999999999999999"), mail("a@b", Some(u64::MAX)));
        for line in
            ["SIZE", "SIZE=", "SIZE=x", "SIZE=-1", "SIZE=1 SIZE=1", "BODY=x", "BODY", "SMTPUTF8=1"]
        {
            let line = format!("MAIL FROM:<a@b> {line}");
            assert_eq!(parse(&line), Err(CommandError::BadParameter), "{line}");
        }
        for line in ["FOO", "AUTH=<>", "RET=FULL"] {
            let line = format!("MAIL FROM:<a@b> {line}");
            assert_eq!(parse(&line), Err(CommandError::UnknownParameter), "{line}");
        }
        let nothing = Extensions::default();
        assert_eq!(
            Command::parse("MAIL FROM:<a@b> BODY=7BIT", Grammar::Strict, nothing.now(false)),
            Err(CommandError::UnknownParameter)
        );
    }

    #[test]
    fn malformed_lines() {
        for (line, error) in [
            ("", CommandError::Unknown),
            ("VRFY", CommandError::Argument),
            ("EXPN x", CommandError::Unknown),
            ("ENHANCEDSTATUSCODES", CommandError::Unknown),
            ("GET / HTTP/1.1", CommandError::Http),
            ("PROPFINDALOT / HTTP/1.1", CommandError::Http),
            ("EHLO", CommandError::Domain),
            ("HELO a\0b", CommandError::Domain),
            ("MAIL", CommandError::ReversePath),
            ("MAIL FROM:a@b", CommandError::ReversePath),
            ("MAIL FROM:<a@b>x", CommandError::ReversePath),
            ("MAIL FROM:<\u{fffd}@b>", CommandError::ReversePath),
            ("MAIL ÄÄÄÄÄ", CommandError::ReversePath),
            ("RCPT TO:<>", CommandError::ForwardPath),
            ("RCPT TO:<a@b> NOTIFY=NEVER", CommandError::UnknownParameter),
            ("STARTTLS now", CommandError::Argument),
        ] {
            assert_eq!(parse(line), Err(error), "{line:?}");
        }
    }
}
