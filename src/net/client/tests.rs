use super::*;
use crate::net::dns::DnsError;
use crate::protocol::client::ArgumentError;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::SaslError;

fn reply(code: u16) -> Reply {
    Reply::new(ReplyCode::new(code).expect("a code"), "x")
}

/// Each error with the reply that is its cause, if one can be.
fn with_reply(code: u16) -> Vec<SendError> {
    vec![
        SendError::Refused(Refusal::Refused(Awaited::Connect, reply(code))),
        SendError::Refused(Refusal::Refused(Awaited::Auth, reply(code))),
        SendError::Refused(Refusal::NoTls(Some(reply(code)))),
        SendError::Protocol(Failure::Leaving(reply(code))),
        SendError::Protocol(Failure::Unasked(reply(code))),
        SendError::Protocol(Failure::Early(reply(code))),
        SendError::Uncertain(Box::new(SendError::Protocol(Failure::Early(reply(code))))),
    ]
}

#[test]
fn a_reply_says_by_its_code_whether_it_is_for_good() {
    for (code, permanent) in [(250, false), (354, false), (421, false), (450, false), (500, true)] {
        for error in with_reply(code) {
            assert_eq!(error.is_permanent(), permanent, "{error}");
            assert_eq!(error.cause().1, Some(&reply(code)), "{error}");
        }
    }
}

#[test]
fn without_a_reply_only_what_is_asked_is_in_vain_for_good() {
    let argument = ArgumentError { argument: "the sender", problem: "is two" };
    let name = || "a.example".to_owned();
    for error in [
        SendError::Dial(DnsError::NullMx(name()).into()),
        SendError::Unfit(Unfit::Missing("SMTPUTF8")),
        SendError::Unfit(Unfit::TooLarge(1, 2)),
        SendError::Unfit(Unfit::Argument(argument)),
        SendError::Refused(Refusal::Argument(argument)),
    ] {
        assert!(error.is_permanent(), "{error}");
    }
    for error in [
        SendError::Dial(DnsError::NotFound(name()).into()),
        SendError::Dial(DnsError::Failed(name(), name()).into()),
        SendError::Dial(DnsError::Timeout(name()).into()),
        SendError::Dial(DialError::Timeout(name())),
        SendError::Io(io::ErrorKind::BrokenPipe.into()),
        SendError::Protocol(Failure::Closed(Some(Awaited::Rcpt))),
        SendError::Protocol(Failure::Timeout(Some(Awaited::Rcpt))),
        SendError::Protocol(Failure::EndlessReply),
        SendError::Refused(Refusal::NoTls(None)),
        SendError::Refused(Refusal::NoMechanism),
        SendError::Refused(Refusal::Sasl(SaslError::Challenge)),
        SendError::Starved,
        SendError::Source(io::ErrorKind::NotFound.into()),
        SendError::Cancelled,
        SendError::Closed,
        SendError::Uncertain(Box::new(SendError::Starved)),
    ] {
        assert!(!error.is_permanent(), "{error}");
    }
}
