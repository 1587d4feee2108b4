use super::*;
use crate::net::dns::DnsError;
use crate::protocol::client::ArgumentError;
use crate::protocol::client::opening::TlsPolicy;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::SaslError;
use dialer::DialerOptions;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

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
        SendError::Handshake(Awaited::Connect),
        SendError::Handshake(Awaited::StartTls),
        SendError::Refused(Refusal::NoTls(None)),
        SendError::Refused(Refusal::NoMechanism),
        SendError::Refused(Refusal::Sasl(SaslError::Challenge)),
        SendError::Starved,
        SendError::Source(io::ErrorKind::NotFound.into()),
        SendError::Cancelled,
        SendError::Closed,
        SendError::Impossible("x"),
        SendError::Uncertain(Arc::new(SendError::Starved)),
        SendError::Unasked(Arc::new(SendError::Starved)),
    ] {
        assert!(!error.is_permanent(), "{error}");
    }
}

/// A server for one client that offers STARTTLS and agrees to it.
async fn offering_tls() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("a client");
        let (reader, mut writer) = client.into_split();
        let mut lines = BufReader::new(reader).lines();
        for said in ["220 mx.example\r\n", "250-mx.example\r\n250 STARTTLS\r\n", "220 go on\r\n"] {
            let _ = writer.write_all(said.as_bytes()).await;
            let Ok(Some(_)) = lines.next_line().await else { break };
        }
    });
    Target::host("127.0.0.1", port)
}

#[tokio::test]
async fn what_cannot_be_is_said_to_be_that() {
    for (implicit_tls, tls) in
        [(true, TlsPolicy::Never), (false, TlsPolicy::Opportunistic), (false, TlsPolicy::Required)]
    {
        let long = Duration::from_secs(60);
        let dialer = DialerOptions { servers: vec![], dns_timeout: long, local_address: None };
        let (name, server) = ("client.example".to_owned(), ("mx.example".to_owned(), 25));
        let options = ClientOptions {
            route: Route::Server(offering_tls().await, "mx.example".to_owned()),
            dialer: Arc::new(Dialer::new(dialer)),
            // Which whoever wants TLS has.
            connector: None,
            implicit_tls,
            falls_back: true,
            opening: Arc::new(OpeningOptions { name, lmtp: false, tls, login: None, server }),
            timeouts: Timeouts::default(),
            connect_timeout: long,
        };
        let opened = connection::Connection::open(&options).await.map(drop);
        assert!(matches!(opened, Err(SendError::Impossible(_))), "{tls:?}: {opened:?}");
    }
}

#[test]
fn an_error_ends_a_session_or_only_a_message() {
    let (lost, silent) = (Some(Failure::Closed(None)), Some(Failure::Timeout(None)));
    let uncertain = |error| SendError::Uncertain(Arc::new(error));
    for (error, ended) in [
        (SendError::Io(io::ErrorKind::BrokenPipe.into()), lost.clone()),
        (SendError::Io(io::ErrorKind::ConnectionReset.into()), lost),
        (SendError::Io(io::ErrorKind::TimedOut.into()), silent.clone()),
        (SendError::Protocol(Failure::Timeout(None)), silent),
        (SendError::Protocol(Failure::EndlessReply), Some(Failure::EndlessReply)),
        (uncertain(SendError::Io(io::ErrorKind::BrokenPipe.into())), None),
        (uncertain(SendError::Protocol(Failure::EndlessReply)), None),
        (SendError::Handshake(Awaited::Connect), None),
        (SendError::Dial(DialError::Timeout("a:25".to_owned())), None),
        (SendError::Refused(Refusal::NoTls(None)), None),
        (SendError::Unfit(Unfit::Missing("SMTPUTF8")), None),
        (SendError::Starved, None),
        (SendError::Source(io::ErrorKind::NotFound.into()), None),
        (SendError::Cancelled, None),
        (SendError::Closed, None),
        (SendError::Impossible("x"), None),
    ] {
        assert_eq!(error.failure(), ended, "{error}");
    }
}

#[test]
fn what_is_uncertain_owes_nothing_to_a_reply() {
    for failure in [Failure::Misplaced(Awaited::Message, reply(334)), Failure::Unasked(reply(550))]
    {
        let error = Arc::new(SendError::Protocol(failure));
        for error in [SendError::Uncertain(error.clone()), SendError::Unasked(error)] {
            assert!(error.cause().1.is_none() && !error.is_permanent(), "{error}");
        }
    }
}
