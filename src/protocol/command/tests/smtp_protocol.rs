//! Lines as smtp-protocol takes them.

use super::super::*;
use crate::protocol::dialect::Dialect;
use crate::protocol::extension::Extensions;

fn parse(line: &str) -> Result<Command, CommandError> {
    Command::parse(line, &Dialect::smtp_protocol().syntax, Extensions::default().now(false))
}

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
        "mail\tfrom: a@b",
        "MAIL FROM:<@x.example:a@b>",
    ] {
        assert_eq!(parse(line), mail("a@b", None), "{line}");
    }
    assert_eq!(parse("MAIL FROM:<>"), mail("", None));
    assert_eq!(parse("MAIL FROM:<a@b> SIZE=5 X"), mail("a@b", Some("SIZE=5 X")));
    assert_eq!(parse("MAIL FROM:a@b  BODY=7BIT"), mail("a@b", Some("BODY=7BIT")));
    assert_eq!(parse("MAIL FROM:<root>"), mail("root", None));
    assert_eq!(parse("MAIL FROM:<\"a b\"@c> X"), mail("\"a b\"@c", Some("X")));
    assert_eq!(parse("RCPT TO:Postmaster"), rcpt("Postmaster", None));
    assert_eq!(parse("rcpt to:<b@c> NOTIFY=NEVER"), rcpt("b@c", Some("NOTIFY=NEVER")));
    let Ok(Command::Mail(with_size)) = parse("MAIL FROM:<a@b> X SIZE=5") else { panic!() };
    assert_eq!(with_size.parameters.size, Some(5));
}

#[test]
fn greetings_need_no_name() {
    let greeting = |domain: &str, hello| Ok(Command::Greeting { domain: domain.to_owned(), hello });
    assert_eq!(parse("helo"), greeting("", Hello::Helo));
    assert_eq!(parse("LHLO a.example"), greeting("a.example", Hello::Helo));
    assert_eq!(parse("EHLO a.example and more"), greeting("a.example and more", Hello::Ehlo));
}

#[test]
fn malformed_lines() {
    for (line, error) in [
        ("", CommandError::Empty),
        ("MAIL", CommandError::ReversePathMissing),
        ("MAIL ", CommandError::ReversePathMissing),
        ("MAIL a@b", CommandError::ReversePath),
        ("MAIL FROM:", CommandError::ReversePath),
        ("MAIL FROM:root", CommandError::ReversePath),
        ("MAIL FROM:a@b>", CommandError::ReversePath),
        ("MAIL FROM:<a@b", CommandError::ReversePath),
        ("MAIL FROM:<a@b>>", CommandError::ReversePath),
        ("MAIL FROM:<a@b>SIZE=10", CommandError::ReversePath),
        ("MAIL FROM:<<b@c>>", CommandError::ReversePath),
        ("MAIL FROM:<<b@c>", CommandError::ReversePath),
        ("MAIL FROM:Name <a@b>", CommandError::ReversePath),
        ("MAIL FROM:< a@b >", CommandError::ReversePath),
        ("MAIL FROM:<odd user@c>", CommandError::ReversePath),
        ("MAIL FROM:<a@b\u{85}>", CommandError::ReversePath),
        ("MAIL FROM:<a\u{fffd}@b>", CommandError::ReversePath),
        ("MAIL FROM:<a@b> <b@y>", CommandError::ReversePath),
        ("MAIL FROM:<a@b> X <b@y>", CommandError::ReversePath),
        ("MAIL FROM:a@b b@y", CommandError::ReversePath),
        ("MAIL FROM:<a@b>\tX", CommandError::ReversePath),
        ("MAIL FROM:a@b\tX", CommandError::ReversePath),
        ("MAIL FROM:<a@b> X\tY", CommandError::ReversePath),
        ("MAIL FROM: \t<a@b>", CommandError::ReversePath),
        ("MAIL FROM\t:<a@b>", CommandError::ReversePath),
        ("MAIL FROM:<a@b>\x0c", CommandError::ReversePath),
        ("MAIL FROM:<a@b>\r", CommandError::ReversePath),
        ("MAIL\x0cFROM:<a@b>", CommandError::Unknown),
        ("MAIL FROM:a@b\u{3002}c", CommandError::ReversePath),
        ("RCPT TO:", CommandError::ForwardPath),
        ("RCPT TO:<a@>", CommandError::ForwardPath),
        ("RCPT TO:boop", CommandError::ForwardPath),
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
