//! What a client's errors say, and what is behind them.

use super::*;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::SaslError;
use std::error::Error;

type Case = (Box<dyn Error + Send + Sync>, &'static str);

fn reply() -> Reply {
    Reply::new(ReplyCode::known(421), "4.3.2 bye")
}

const ARGUMENT: ArgumentError =
    ArgumentError { argument: "the client's name", problem: "is empty" };

fn check(cases: Vec<Case>) {
    for (error, text) in cases {
        assert_eq!(error.to_string(), text);
        let is_sasl = text.starts_with("cannot log in");
        assert_eq!(error.source().is_some(), is_sasl, "{text}");
    }
}

#[test]
fn a_failure_says_what_the_server_did() {
    check(vec![
        (Box::new(Failure::Closed(None)), "the server closed the connection"),
        (
            Box::new(Failure::Closed(Some(Awaited::Greet(Greeting::Ehlo)))),
            "the server closed the connection before its reply to EHLO",
        ),
        (Box::new(Failure::Leaving(reply())), "the server closed the connection: 421 4.3.2 bye"),
        (Box::new(Failure::Unasked(reply())), "the server replied to nothing: 421 4.3.2 bye"),
        (
            Box::new(Failure::UnaskedHead("25".to_owned())),
            "the server began a reply to nothing: \"25\"",
        ),
        (
            Box::new(Failure::Misplaced(Awaited::Data, reply())),
            "the server replied to DATA with what is no answer to it: 421 4.3.2 bye",
        ),
        (
            Box::new(Failure::Early(reply())),
            "the server replied before the message had ended: 421 4.3.2 bye",
        ),
        (
            Box::new(Failure::BadReply(String::new())),
            "the server sent empty lines, and no SMTP reply",
        ),
        (
            Box::new(Failure::BadReply("HTTP/1.1".to_owned())),
            "the server sent no SMTP reply: \"HTTP/1.1\"",
        ),
        (Box::new(Failure::EndlessReply), "the server sent a reply of more than 65536 bytes"),
        (Box::new(Failure::Timeout(None)), "the server took no data for too long"),
        (
            Box::new(Failure::Timeout(Some(Awaited::Connect))),
            "the server sent no greeting line in time",
        ),
        (
            Box::new(Failure::Closed(Some(Awaited::Connect))),
            "the server closed the connection before its greeting line",
        ),
        (
            Box::new(Failure::Timeout(Some(Awaited::Message))),
            "the server did not reply to the message in time",
        ),
    ]);
}

#[test]
fn a_refusal_says_what_the_server_did() {
    check(vec![
        (
            Box::new(Refusal::Logins("PLAIN, LOGIN".to_owned(), reply())),
            "the server refused AUTH by PLAIN, LOGIN: 421 4.3.2 bye",
        ),
        (
            Box::new(Refusal::Refused(Awaited::Rcpt, reply())),
            "the server refused RCPT: 421 4.3.2 bye",
        ),
        (Box::new(Refusal::NoTls(None)), "TLS is required, which the server does not offer"),
        (
            Box::new(Refusal::NoTls(Some(reply()))),
            "TLS is required, the server said: 421 4.3.2 bye",
        ),
        (Box::new(Refusal::NoMechanism), "the server offers no way to log in that is known"),
        (
            Box::new(Refusal::Sasl(SaslError::Challenge)),
            "cannot log in: the server's challenge makes no sense",
        ),
        (Box::new(Refusal::Argument(ARGUMENT)), "the client's name is empty"),
    ]);
}

#[test]
fn what_fits_no_server_says_why() {
    check(vec![
        (
            Box::new(Unfit::Missing("SMTPUTF8")),
            "the message needs SMTPUTF8, which the server does not offer",
        ),
        (Box::new(Unfit::TooLarge(5, 6)), "the message has 6 bytes, the server takes 5"),
        (Box::new(Unfit::Argument(ARGUMENT)), "the client's name is empty"),
        (Box::new(ARGUMENT), "the client's name is empty"),
    ]);
}
