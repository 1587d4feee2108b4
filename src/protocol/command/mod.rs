//! Command lines (RFC 5321 section 4.1.1) into types.

mod paths;
#[cfg(test)]
mod tests;

pub use paths::address;

use super::address::{MAX_DOMAIN, is_text};
use super::dialect::{Domain, Gaps, Lhlo, Parameters, Surplus, Syntax};
use super::envelope::{Mail, Recipient};
use super::extension::{Extension, OfferedNow};
use super::parameters::{
    MailParameters, ParameterError, RcptParameters, ShownName, Unknown, are_words,
};

/// What parts a verb from its argument where it may be more than a space.
const GAPS: [char; 2] = [' ', '\t'];

/// Extensions whose parameters are taken where they are not offered.
const UNASKED: [&str; 4] = ["SIZE", "8BITMIME", "DSN", "AUTH"];

/// The command that a client greets by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hello {
    /// HELO: no extensions.
    Helo,
    /// EHLO, or LHLO of LMTP (RFC 2033 section 4.1): the reply lists the extensions.
    Ehlo,
}

/// A command, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// HELO or EHLO with its domain.
    Greeting {
        /// What the client calls itself.
        domain: String,
        /// The command it greets by.
        hello: Hello,
    },
    /// MAIL.
    Mail(Mail),
    /// RCPT.
    Rcpt(Recipient),
    /// DATA.
    Data,
    /// BDAT (RFC 3030 section 2), where it is offered.
    Bdat(Chunk),
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
    /// XCLIENT with its attributes.
    Xclient(String),
    /// XFORWARD with its attributes.
    Xforward(String),
}

/// A piece of a message, which stands behind BDAT (RFC 3030 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// How many bytes it has.
    pub size: u64,
    /// Whether the message ends with it.
    pub is_last: bool,
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
    /// Parses a trimmed line as `syntax` has it; `offered` decides which parameters there are where
    /// only those of extensions may stand.
    ///
    /// # Errors
    /// What is wrong with the line, as far as its own words tell.
    pub fn parse(
        line: &str,
        syntax: &Syntax,
        offered: OfferedNow<'_>,
    ) -> Result<Self, CommandError> {
        let (verb, argument) = split(line, syntax.gaps);
        match upper(verb, &mut [0; 8]) {
            upper if syntax.not_implemented.contains(&upper) => Err(CommandError::NotImplemented),
            greets @ (b"HELO" | b"EHLO" | b"LHLO") => greeting(greets, argument, syntax),
            b"MAIL" => mail(argument, syntax, offered),
            b"RCPT" => rcpt(argument, syntax, offered),
            b"DATA" | b"RSET" | b"QUIT"
                if syntax.surplus == Surplus::Refused && !argument.is_empty() =>
            {
                Err(CommandError::Argument)
            }
            b"DATA" => Ok(Self::Data),
            b"BDAT" if offered.contains(Extension::Chunking) => bdat(argument),
            b"RSET" => Ok(Self::Rset),
            b"VRFY" if argument.is_empty() => Err(CommandError::Argument),
            b"VRFY" => Ok(Self::Vrfy),
            b"NOOP" => Ok(Self::Noop),
            b"QUIT" => Ok(Self::Quit),
            b"HELP" => {
                Ok(Self::Help((!argument.is_empty()).then(|| argument.to_ascii_uppercase())))
            }
            // RFC 3207 section 4: whatever stands there is no TLS yet.
            b"STARTTLS" if !argument.is_empty() => Err(CommandError::Argument),
            b"STARTTLS" => Ok(Self::StartTls),
            b"XCLIENT" => Ok(Self::Xclient(argument.to_owned())),
            b"XFORWARD" => Ok(Self::Xforward(argument.to_owned())),
            _ if line.is_empty() => Err(CommandError::Empty),
            _ => Err(unknown(line)),
        }
    }

    /// The name of the parameter for which [`Command::parse`] would not have this MAIL or RCPT; `None`
    /// where it has no name.
    #[cold]
    pub fn culprit(line: &str, syntax: &Syntax, offered: OfferedNow<'_>) -> Option<ShownName> {
        let unknown = match syntax.parameters {
            Parameters::Offered => Unknown::Refused,
            Parameters::Ignored => Unknown::Ignored,
            Parameters::Any => return None,
        };
        let offers = |it: &str| offers(offered, it);
        let (verb, argument) = line.split_at_checked(4)?;
        let argument = argument.trim_matches(GAPS);
        let name = if verb.eq_ignore_ascii_case("MAIL") {
            let (_, rest) = paths::read(argument, "FROM", syntax.paths)?;
            MailParameters::culprit(rest, offers, unknown)?
        } else if verb.eq_ignore_ascii_case("RCPT") {
            let (_, rest) = paths::read(argument, "TO", syntax.paths)?;
            RcptParameters::culprit(rest, offers, unknown)?
        } else {
            return None;
        };
        ShownName::new(name)
    }

    /// Reads a command that the application answers by its verb alone: those that change what the
    /// bytes behind them are, and RSET, as which greetings count, too (RFC 5321 section 4.1.4). BDAT is
    /// read whole where it is `offered`. All others are [`CommandError::Unknown`].
    pub fn parse_verb(line: &str, offered: OfferedNow<'_>) -> Result<Self, CommandError> {
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let is = |name| verb.eq_ignore_ascii_case(name);
        match () {
            () if is("DATA") => Ok(Self::Data),
            () if is("BDAT") && offered.contains(Extension::Chunking) => bdat(argument),
            () if ["RSET", "EHLO", "HELO", "LHLO"].into_iter().any(is) => Ok(Self::Rset),
            () if is("STARTTLS") => Ok(Self::StartTls),
            () if is("QUIT") => Ok(Self::Quit),
            () => Err(CommandError::Unknown),
        }
    }
}

/// What stands behind a command in a line with the spaces before it, if it is that command.
pub fn argument_of<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(keyword.len())?;
    let is_it = head.eq_ignore_ascii_case(keyword) && (rest.is_empty() || rest.starts_with(' '));
    is_it.then_some(rest)
}

/// A verb and its argument, without the gaps around that.
fn split(line: &str, gaps: Gaps) -> (&str, &str) {
    match gaps {
        // Verbs are short: a search that is made for long texts takes longer to begin.
        Gaps::Spaces => match line.bytes().position(|byte| byte == b' ') {
            Some(space) => (&line[..space], line[space..].trim_matches(' ')),
            None => (line, ""),
        },
        Gaps::WhiteSpace => {
            let (verb, rest) = line.split_once(GAPS).unwrap_or((line, ""));
            (verb, rest.trim_matches(GAPS))
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

/// HELO, EHLO or LHLO, whichever of them there are (RFC 2033 section 4.1).
fn greeting(verb: &[u8], argument: &str, syntax: &Syntax) -> Result<Command, CommandError> {
    let hello = match (verb, syntax.lhlo) {
        (b"HELO", Lhlo::Unknown | Lhlo::Helo) | (b"LHLO", Lhlo::Helo) => Hello::Helo,
        (b"EHLO", Lhlo::Unknown | Lhlo::Helo) | (b"LHLO", Lhlo::Ehlo) => Hello::Ehlo,
        _ => return Err(CommandError::Unknown),
    };
    let (name, may_be_empty) = match syntax.domain {
        Domain::Required => (argument.split(' ').next().unwrap_or_default(), false),
        Domain::Optional => (argument, true),
    };
    let whole = is_text(name) && name.len() <= MAX_DOMAIN && (may_be_empty || !name.is_empty());
    whole.then(|| Command::Greeting { domain: name.to_owned(), hello }).ok_or(CommandError::Domain)
}

fn mail(argument: &str, syntax: &Syntax, offered: OfferedNow<'_>) -> Result<Command, CommandError> {
    if argument.is_empty() {
        return Err(CommandError::ReversePathMissing);
    }
    let (path, rest) =
        paths::read(argument, "FROM", syntax.paths).ok_or(CommandError::ReversePath)?;
    let parameters = match syntax.parameters {
        Parameters::Offered => {
            MailParameters::parse(rest, |it| offers(offered, it), Unknown::Refused)?
        }
        Parameters::Ignored => {
            MailParameters::parse(rest, |it| offers(offered, it), Unknown::Ignored)?
        }
        Parameters::Any if rest.is_empty() => MailParameters::default(),
        Parameters::Any if are_words(rest) => MailParameters::read(rest),
        Parameters::Any => return Err(CommandError::ReversePath),
    };
    Ok(Command::Mail(Mail { from: path.to_owned(), parameters }))
}

fn rcpt(argument: &str, syntax: &Syntax, offered: OfferedNow<'_>) -> Result<Command, CommandError> {
    if argument.is_empty() {
        return Err(CommandError::ForwardPathMissing);
    }
    let path = paths::read(argument, "TO", syntax.paths).filter(|(path, _)| !path.is_empty());
    let (path, rest) = path.ok_or(CommandError::ForwardPath)?;
    let parameters = match syntax.parameters {
        Parameters::Offered => {
            RcptParameters::parse(rest, |it| offers(offered, it), Unknown::Refused)?
        }
        Parameters::Ignored => {
            RcptParameters::parse(rest, |it| offers(offered, it), Unknown::Ignored)?
        }
        Parameters::Any if rest.is_empty() => RcptParameters::default(),
        Parameters::Any if are_words(rest) => RcptParameters::read(rest),
        Parameters::Any => return Err(CommandError::ForwardPath),
    };
    Ok(Command::Rcpt(Recipient { address: path.to_owned(), parameters }))
}

/// `chunk-size` and `LAST` of RFC 3030 section 2.
fn bdat(argument: &str) -> Result<Command, CommandError> {
    let mut words = argument.split(' ').filter(|word| !word.is_empty());
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let size = words.next().filter(is_number).and_then(|digits| digits.parse().ok());
    let is_last = match words.next() {
        None => Some(false),
        Some(word) => word.eq_ignore_ascii_case("LAST").then_some(true),
    };
    let chunk = size.zip(is_last).filter(|_| words.next().is_none());
    let (size, is_last) = chunk.ok_or(CommandError::Argument)?;
    Ok(Command::Bdat(Chunk { size, is_last }))
}

/// Whether the parameters of an extension are taken: EHLO tells of it, or common clients (Exchange,
/// Outlook, printers) use it without looking.
fn offers(offered: OfferedNow<'_>, keyword: &str) -> bool {
    UNASKED.contains(&keyword) || Extension::named(keyword).is_some_and(|it| offered.contains(it))
}

impl From<ParameterError> for CommandError {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::NotOffered => Self::UnknownParameter,
            ParameterError::Malformed => Self::BadParameter,
        }
    }
}
