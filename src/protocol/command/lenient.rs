//! smtp-protocol's command lines: a greeting needs no name, an address no brackets, and any
//! parameters go on to the application as one text.

use super::{Command, CommandError};
use crate::protocol::address::Path;
use crate::protocol::envelope::{Mail, Recipient};
use crate::protocol::parameters::{MailParameters, RcptParameters};

/// Parses a trimmed line.
pub(super) fn parse(line: &str) -> Result<Command, CommandError> {
    let (verb, rest) = line.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((line, ""));
    let rest = rest.trim_ascii();
    match super::upper(verb, &mut [0; 8]) {
        b"" if verb.is_empty() => Err(CommandError::Empty),
        b"EHLO" => Ok(Command::Greeting { domain: rest.to_owned(), extended: true }),
        b"HELO" | b"LHLO" => Ok(Command::Greeting { domain: rest.to_owned(), extended: false }),
        b"MAIL" if rest.is_empty() => Err(CommandError::ReversePathMissing),
        b"MAIL" => mail(rest).ok_or(CommandError::ReversePath),
        b"RCPT" if rest.is_empty() => Err(CommandError::ForwardPathMissing),
        b"RCPT" => rcpt(rest).ok_or(CommandError::ForwardPath),
        b"DATA" => Ok(Command::Data),
        b"RSET" => Ok(Command::Rset),
        b"QUIT" => Ok(Command::Quit),
        b"STARTTLS" => Ok(Command::StartTls),
        b"SEND" | b"SOML" | b"SAML" | b"VRFY" | b"EXPN" | b"HELP" | b"NOOP" | b"TURN" => {
            Err(CommandError::NotImplemented)
        }
        _ => Err(super::unknown(line)),
    }
}

fn mail(argument: &str) -> Option<Command> {
    let (from, ext) = address(argument, "FROM")?;
    let parameters = ext.map(MailParameters::read).unwrap_or_default();
    Some(Command::Mail(Mail { from: from.to_owned(), parameters }))
}

fn rcpt(argument: &str) -> Option<Command> {
    let (address, ext) = address(argument, "TO")?;
    let parameters = ext.map(RcptParameters::read).unwrap_or_default();
    let recipient = Recipient { address: address.to_owned(), parameters };
    (!address.is_empty()).then_some(Command::Rcpt(recipient))
}

/// The address behind `keyword`, with or without brackets, and what follows it.
fn address<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, Option<&'a str>)> {
    let (head, rest) = argument.split_once(':')?;
    if !head.trim_ascii_end().eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let bracketed = Path::parse(rest).filter(|(_, behind)| {
        behind.is_empty() || behind.starts_with(|c: char| c.is_ascii_whitespace())
    });
    let (address, behind) = bracketed.map_or_else(
        || {
            let (word, behind) =
                rest.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((rest, ""));
            let word = word.strip_prefix('<').unwrap_or(word);
            (word.strip_suffix('>').unwrap_or(word), behind)
        },
        |(path, behind)| (path.0, behind),
    );
    // A replacement character stands for bytes that were not UTF-8: not the address that was sent.
    let is_text = |text: &str| !text.contains(|c: char| c.is_control() || c == '\u{fffd}');
    let behind = behind.trim_ascii();
    let whole = !rest.is_empty() && is_text(address) && is_text(behind);
    whole.then_some((address, (!behind.is_empty()).then_some(behind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, ext: Option<&str>) -> Result<Command, CommandError> {
        let parameters = ext.map(MailParameters::read).unwrap_or_default();
        assert_eq!(parameters.as_sent(), ext);
        Ok(Command::Mail(Mail { from: from.to_owned(), parameters }))
    }

    fn rcpt(address: &str, ext: Option<&str>) -> Result<Command, CommandError> {
        let parameters = ext.map(RcptParameters::read).unwrap_or_default();
        assert_eq!(parameters.as_sent(), ext);
        Ok(Command::Rcpt(Recipient { address: address.to_owned(), parameters }))
    }

    #[test]
    fn addresses_with_and_without_brackets() {
        for line in [
            "MAIL FROM:<a@b>",
            "mail from:a@b",
            "MAIL From : <a@b>",
            "mail\tfrom: a@b>",
            "MAIL FROM:<a@b",
        ] {
            assert_eq!(parse(line), mail("a@b", None), "{line}");
        }
        assert_eq!(parse("MAIL FROM:<>"), mail("", None));
        assert_eq!(parse("MAIL FROM:<a@b> SIZE=5 X"), mail("a@b", Some("SIZE=5 X")));
        assert_eq!(parse("MAIL FROM:root  BODY=7BIT"), mail("root", Some("BODY=7BIT")));
        assert_eq!(parse("MAIL FROM:<\"a b\"@c> X"), mail("\"a b\"@c", Some("X")));
        assert_eq!(parse("MAIL FROM:<a>b> X"), mail("a>b", Some("X")));
        assert_eq!(parse("RCPT TO:boop"), rcpt("boop", None));
        assert_eq!(parse("rcpt to:<b@c> NOTIFY=NEVER"), rcpt("b@c", Some("NOTIFY=NEVER")));
        let Ok(Command::Mail(with_size)) = parse("MAIL FROM:<a@b> X SIZE=5") else { panic!() };
        assert_eq!(with_size.parameters.size, Some(5));
    }

    #[test]
    fn greetings_need_no_name() {
        let greeting =
            |domain: &str, extended| Ok(Command::Greeting { domain: domain.to_owned(), extended });
        assert_eq!(parse("helo"), greeting("", false));
        assert_eq!(parse("LHLO a.example"), greeting("a.example", false));
        assert_eq!(parse("EHLO a.example and more"), greeting("a.example and more", true));
    }

    #[test]
    fn malformed_lines() {
        for (line, error) in [
            ("", CommandError::Empty),
            ("MAIL", CommandError::ReversePathMissing),
            ("MAIL ", CommandError::ReversePathMissing),
            ("MAIL a@b", CommandError::ReversePath),
            ("MAIL FROM:", CommandError::ReversePath),
            ("MAIL FROM:<a\0@b>", CommandError::ReversePath),
            ("MAIL FROM:<a@b> X\x1b", CommandError::ReversePath),
            ("RCPT", CommandError::ForwardPathMissing),
            ("RCPT TO:<>", CommandError::ForwardPath),
            ("RCPT TO:<\u{fffd}>", CommandError::ForwardPath),
            ("NOOP", CommandError::NotImplemented),
            ("vrfy a", CommandError::NotImplemented),
            ("AUTH PLAIN", CommandError::Unknown),
            ("GET / HTTP/1.1", CommandError::Http),
        ] {
            assert_eq!(parse(line), Err(error), "{line:?}");
        }
    }
}
