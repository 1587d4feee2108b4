//! Lines as RFC 5321 has them, and each leniency by itself.

mod smtp_protocol;

use super::*;
use crate::protocol::dialect::{Dialect, Paths};
use crate::protocol::extension::Extensions;
use crate::protocol::parameters::Body;

fn parse(line: &str) -> Result<Command, CommandError> {
    parse_as(&Dialect::mbr_smtp().syntax, line)
}

fn parse_as(syntax: &Syntax, line: &str) -> Result<Command, CommandError> {
    Command::parse(line, syntax, Extensions::usual().now(false))
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
        Ok(Command::Greeting { domain: "client.example".into(), hello: Hello::Ehlo })
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
    for line in ["FOO", "XOORG=b", "BY=1", "MT-PRIORITY=3", "REQUIRETLS", "SMTPUTF8x"] {
        let line = format!("MAIL FROM:<a@b> {line}");
        assert_eq!(parse(&line), Err(CommandError::UnknownParameter), "{line}");
    }
}

/// Where nothing is offered, and where all that is unknown is ignored.
#[test]
fn parameters_that_clients_send_unasked() {
    let nothing = Extensions::default();
    let (refuses, mut ignores) = (Dialect::mbr_smtp().syntax, Dialect::mbr_smtp().syntax);
    ignores.parameters = Parameters::Ignored;
    let result =
        |syntax: &Syntax, line: &str| Command::parse(line, syntax, nothing.now(false)).map(|_| ());
    for (parameters, refused, ignored) in [
        ("SIZE=1", Ok(()), Ok(())),
        ("AUTH=<>", Ok(()), Ok(())),
        ("AUTH=a+2Bb@c", Ok(()), Ok(())),
        ("BODY=7BIT", Ok(()), Ok(())),
        ("BODY=8BITMIME", Ok(()), Ok(())),
        ("RET=HDRS ENVID=QQ314159", Ok(()), Ok(())),
        ("AUTH=<> BODY=8BITMIME SIZE=5 RET=FULL", Ok(()), Ok(())),
        ("BODY=BINARYMIME", Err(CommandError::BadParameter), Err(CommandError::BadParameter)),
        ("RET=x", Err(CommandError::BadParameter), Err(CommandError::BadParameter)),
        ("SMTPUTF8", Err(CommandError::UnknownParameter), Ok(())),
        ("XSHADOW=1 SIZE=5", Err(CommandError::UnknownParameter), Ok(())),
        ("FOO BAR=", Err(CommandError::UnknownParameter), Ok(())),
    ] {
        let line = format!("MAIL FROM:<a@b> {parameters}");
        assert_eq!(result(&refuses, &line), refused, "{line}");
        assert_eq!(result(&ignores, &line), ignored, "{line}");
    }
    for (parameters, refused, ignored) in [
        ("NOTIFY=NEVER", Ok(()), Ok(())),
        ("NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bc@x.test", Ok(()), Ok(())),
        ("NOTIFY=x", Err(CommandError::BadParameter), Err(CommandError::BadParameter)),
        ("SIZE=1", Err(CommandError::UnknownParameter), Ok(())),
        ("FOO", Err(CommandError::UnknownParameter), Ok(())),
    ] {
        let line = format!("RCPT TO:<a@b> {parameters}");
        assert_eq!(result(&refuses, &line), refused, "{line}");
        assert_eq!(result(&ignores, &line), ignored, "{line}");
    }
}

#[test]
fn arguments_where_there_are_none() {
    let ignores = Dialect::smtp_protocol().syntax;
    for verb in ["DATA", "RSET", "QUIT", "STARTTLS"] {
        for argument in ["x", "x y", ":", "<a@b>"] {
            let line = format!("{verb} {argument}");
            assert_eq!(parse(&line), Err(CommandError::Argument), "{line}");
            let lenient = parse_as(&ignores, &line);
            assert_eq!(lenient.is_err(), verb == "STARTTLS", "{line}: {lenient:?}");
        }
        for glued in [format!("{verb}X"), format!("{verb}:")] {
            assert_eq!(parse(&glued), Err(CommandError::Unknown), "{glued}");
        }
    }
}

#[test]
fn names_of_clients_have_a_length() {
    for syntax in [Dialect::mbr_smtp().syntax, Dialect::smtp_protocol().syntax] {
        for verb in ["HELO", "EHLO"] {
            let named = |length| parse_as(&syntax, &format!("{verb} {}", "x".repeat(length)));
            assert!(named(MAX_DOMAIN).is_ok());
            for length in [MAX_DOMAIN + 1, 1_500] {
                assert_eq!(named(length), Err(CommandError::Domain));
            }
            for text in ["a\u{fffd}", "a\u{85}b", "a\x1b"] {
                let line = format!("{verb} {text}");
                assert_eq!(parse_as(&syntax, &line), Err(CommandError::Domain), "{line:?}");
            }
        }
    }
}

#[test]
fn malformed_lines() {
    for (line, error) in [
        ("", CommandError::Empty),
        ("VRFY", CommandError::Argument),
        ("EXPN x", CommandError::Unknown),
        ("ENHANCEDSTATUSCODES", CommandError::Unknown),
        ("GET / HTTP/1.1", CommandError::Http),
        ("PROPFINDALOT / HTTP/1.1", CommandError::Http),
        ("EHLO", CommandError::Domain),
        ("HELO a\0b", CommandError::Domain),
        ("MAIL", CommandError::ReversePathMissing),
        ("MAIL FROM:a@b", CommandError::ReversePath),
        ("MAIL FROM:<a@b>x", CommandError::ReversePath),
        ("MAIL FROM:<\u{fffd}@b>", CommandError::ReversePath),
        ("MAIL ÄÄÄÄÄ", CommandError::ReversePath),
        ("RCPT", CommandError::ForwardPathMissing),
        ("RCPT TO:<>", CommandError::ForwardPath),
        ("MAIL FROM:<a@b> <b@y>", CommandError::BadParameter),
        ("RCPT TO:<a@b> SIZE=1 <b@y>", CommandError::BadParameter),
        ("RCPT TO:<a@b> <b@y>", CommandError::BadParameter),
        ("RCPT TO:<a@b..c>", CommandError::ForwardPath),
        ("RCPT TO:<a@b>\tX", CommandError::ForwardPath),
        ("RCPT TO: \t<a@b>", CommandError::ForwardPath),
        ("RCPT TO:", CommandError::ForwardPath),
        ("STARTTLS now", CommandError::Argument),
    ] {
        assert_eq!(parse(line), Err(error), "{line:?}");
    }
}

/// One leniency, and a line that is taken with it and refused without.
type Leniency = (fn(&mut Syntax), &'static str, Result<Command, CommandError>);

#[test]
fn each_leniency_by_itself() {
    let greeting = |domain: &str, hello| Command::Greeting { domain: domain.into(), hello };
    let leniencies: [Leniency; 8] = [
        (|it| it.gaps = Gaps::WhiteSpace, "HELP\tMAIL", Ok(Command::Help(Some("MAIL".into())))),
        (|it| it.surplus = Surplus::Ignored, "RSET now", Ok(Command::Rset)),
        (|it| it.domain = Domain::Optional, "EHLO", Ok(greeting("", Hello::Ehlo))),
        (|it| it.paths = Paths::Bare, "MAIL FROM : a@b", mail("a@b", None)),
        (|it| it.lhlo = Lhlo::Helo, "LHLO a.example", Ok(greeting("a.example", Hello::Helo))),
        (|it| it.not_implemented = &[b"TURN"], "TURN", Err(CommandError::NotImplemented)),
        (
            |it| it.parameters = Parameters::Any,
            "MAIL FROM:<a@b> X",
            Ok(Command::Mail(Mail { from: "a@b".into(), parameters: MailParameters::read("X") })),
        ),
        (
            |it| it.parameters = Parameters::Any,
            "RCPT TO:<a@b> X",
            Ok(Command::Rcpt(Recipient {
                address: "a@b".into(),
                parameters: RcptParameters::read("X"),
            })),
        ),
    ];
    for (one, (allow, line, expected)) in leniencies.iter().enumerate() {
        for (other, (allow_other, ..)) in leniencies.iter().enumerate() {
            let mut syntax = Dialect::mbr_smtp().syntax;
            allow_other(&mut syntax);
            let same = one == other || line.contains(" X") && leniencies[other].1.contains(" X");
            assert_eq!(parse_as(&syntax, line) == *expected, same, "{line:?} with {other}");
            allow(&mut syntax);
            assert_eq!(parse_as(&syntax, line), *expected, "{line:?} and {other}");
        }
    }
}

#[test]
fn a_parameter_that_is_wrong_has_a_name() {
    let mut extensions = Extensions::default();
    extensions.offer(Extension::Size);
    extensions.offer(Extension::Dsn);
    let long = "X".repeat(21);
    let twenty = "X".repeat(20);
    for (line, name) in [
        ("MAIL FROM:<a@b> SIZE=x", Some("SIZE")),
        ("mail from:<a@b>  size=1  Size=2", Some("Size")),
        ("MAIL FROM:<a@b> BODY=x FOO", Some("BODY")),
        ("MAIL FROM:<a@b> FOO BODY=x", Some("FOO")),
        ("MAIL FROM:<a@b> SMTPUTF8", Some("SMTPUTF8")),
        ("MAIL FROM:<a@b> ENVID=a+0A", Some("ENVID")),
        ("MAIL FROM:<a@b> NOTIFY=NEVER", Some("NOTIFY")),
        ("MAIL FROM:<a@b> X_y-1=a=b", Some("X_y-1")),
        ("RCPT TO:<a@b> NOTIFY=x", Some("NOTIFY")),
        ("RCPT TO:<a@b> SIZE=1", Some("SIZE")),
        ("RCPT TO:<a@b> ORCPT=rfc822;a NOTIFY=NEVER ORCPT=rfc822;b", Some("ORCPT")),
        // What is no keyword is not said again.
        ("MAIL FROM:<a@b> <b@y>", None),
        ("MAIL FROM:<a@b> =x", None),
        ("MAIL FROM:<a@b> é=x", None),
        ("MAIL FROM:<a@b> FOO\u{7f}=x", None),
        ("MAIL FROM:<a@b> FOO=\u{1b}[2J", None),
        ("MAIL FROM:<a@b> SIZE=1", None),
        ("MAIL FROM:a", None),
        ("MAIL", None),
        ("DATA SIZE=x", None),
        (&format!("MAIL FROM:<a@b> {twenty}"), Some(&*twenty)),
        (&format!("MAIL FROM:<a@b> {long}=y"), Some(&*format!("{twenty}..."))),
    ] {
        for tls in [false, true] {
            let offered = extensions.now(tls);
            let syntax = Dialect::mbr_smtp().syntax;
            let found = Command::culprit(line, &syntax, offered);
            assert_eq!(found.map(|it| it.to_string()).as_deref(), name, "{line}");
        }
    }
}
