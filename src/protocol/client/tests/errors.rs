//! What a client's errors say, and what is behind them.

use super::*;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::SaslError;
use std::error::Error;

fn reply() -> Reply {
    Reply::new(ReplyCode::known(421), "4.3.2 bye")
}

#[test]
fn each_says_what_the_server_did() {
    let argument = ArgumentError { argument: "the client's name", problem: "is empty" };
    let table: Vec<(Box<dyn Error + Send + Sync>, &str, bool)> = vec![
        (Box::new(Failure::Closed(None)), "the server closed the connection", false),
        (
            Box::new(Failure::Closed(Some(Awaited::Greet(Greeting::Ehlo)))),
            "the server closed the connection before its reply to EHLO",
            false,
        ),
        (
            Box::new(Failure::Leaving(reply())),
            "the server closed the connection: 421 4.3.2 bye",
            false,
        ),
        (
            Box::new(Failure::Unasked(reply())),
            "the server replied to nothing: 421 4.3.2 bye",
            false,
        ),
        (
            Box::new(Failure::UnaskedHead("25".to_owned())),
            "the server began a reply to nothing: \"25\"",
            false,
        ),
        (
            Box::new(Failure::Misplaced(Awaited::Data, reply())),
            "the server replied to DATA with what is no answer to it: 421 4.3.2 bye",
            false,
        ),
        (
            Box::new(Refusal::Logins("PLAIN, LOGIN".to_owned(), reply())),
            "the server refused AUTH by PLAIN, LOGIN: 421 4.3.2 bye",
            false,
        ),
        (
            Box::new(Failure::Early(reply())),
            "the server replied before the message had ended: 421 4.3.2 bye",
            false,
        ),
        (
            Box::new(Failure::BadReply("HTTP/1.1".to_owned())),
            "the server sent no SMTP reply: \"HTTP/1.1\"",
            false,
        ),
        (
            Box::new(Failure::EndlessReply),
            "the server sent a reply of more than 65536 bytes",
            false,
        ),
        (Box::new(Failure::Timeout(None)), "the server took no data for too long", false),
        (
            Box::new(Failure::Timeout(Some(Awaited::Connect))),
            "the server sent no greeting line in time",
            false,
        ),
        (
            Box::new(Failure::Closed(Some(Awaited::Connect))),
            "the server closed the connection before its greeting line",
            false,
        ),
        (
            Box::new(Failure::Timeout(Some(Awaited::Message))),
            "the server did not reply to the message in time",
            false,
        ),
        (
            Box::new(Refusal::Refused(Awaited::Rcpt, reply())),
            "the server refused RCPT: 421 4.3.2 bye",
            false,
        ),
        (Box::new(Refusal::NoTls(None)), "TLS is required, which the server does not offer", false),
        (
            Box::new(Refusal::NoTls(Some(reply()))),
            "TLS is required, the server said: 421 4.3.2 bye",
            false,
        ),
        (Box::new(Refusal::NoMechanism), "the server offers no way to log in that is known", false),
        (
            Box::new(Refusal::Sasl(SaslError::Challenge)),
            "cannot log in: the server's challenge makes no sense",
            true,
        ),
        (Box::new(Refusal::Argument(argument)), "the client's name is empty", false),
        (
            Box::new(Unfit::Missing("SMTPUTF8")),
            "the message needs SMTPUTF8, which the server does not offer",
            false,
        ),
        (Box::new(Unfit::TooLarge(5, 6)), "the message has 6 bytes, the server takes 5", false),
        (Box::new(Unfit::Argument(argument)), "the client's name is empty", false),
        (Box::new(argument), "the client's name is empty", false),
    ];
    for (error, text, has_source) in table {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.source().is_some(), has_source, "{text}");
    }
}
