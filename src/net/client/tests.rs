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
        SendError::Uncertain(Box::new(SendError::Starved)),
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

fn rejected(code: u16) -> Fate {
    Fate::Rejected(Awaited::Mail, reply(code))
}

/// Each outcome, and whether a message of it goes over another connection: whatever it has come to,
/// only if the server answered nothing, and only if nothing of it has left.
fn outcomes() -> Vec<(Outcome, [bool; 3])> {
    const ALWAYS: [bool; 3] = [true, true, true];
    const NEVER: [bool; 3] = [false, false, false];
    const UNANSWERED: [bool; 3] = [true, true, false];
    const UNSENT: [bool; 3] = [true, false, false];
    let errors = [
        (SendError::Io(io::ErrorKind::BrokenPipe.into()), ALWAYS),
        (SendError::Io(io::ErrorKind::ConnectionReset.into()), ALWAYS),
        (SendError::Io(io::ErrorKind::TimedOut.into()), UNANSWERED),
        (SendError::Protocol(Failure::Closed(None)), ALWAYS),
        (SendError::Protocol(Failure::Closed(Some(Awaited::Rcpt))), ALWAYS),
        (SendError::Protocol(Failure::Leaving(reply(421))), ALWAYS),
        (SendError::Protocol(Failure::Timeout(Some(Awaited::Mail))), UNANSWERED),
        (SendError::Protocol(Failure::Timeout(Some(Awaited::Rcpt))), UNANSWERED),
        (SendError::Protocol(Failure::Timeout(None)), UNANSWERED),
        (SendError::Protocol(Failure::Unasked(reply(250))), UNSENT),
        (SendError::Protocol(Failure::UnaskedHead("25".to_owned())), UNSENT),
        (SendError::Protocol(Failure::BadReply("x".to_owned())), UNSENT),
        (SendError::Protocol(Failure::EndlessReply), UNSENT),
        (SendError::Protocol(Failure::Early(reply(250))), UNSENT),
        (SendError::Uncertain(Box::new(SendError::Io(io::ErrorKind::BrokenPipe.into()))), NEVER),
        (
            SendError::Uncertain(Box::new(SendError::Protocol(Failure::Timeout(Some(
                Awaited::Message,
            ))))),
            NEVER,
        ),
        (SendError::Handshake(Awaited::Connect), NEVER),
        (SendError::Dial(DialError::Timeout("a:25".to_owned())), NEVER),
        (SendError::Refused(Refusal::NoTls(None)), NEVER),
        (SendError::Unfit(Unfit::Missing("SMTPUTF8")), NEVER),
        (SendError::Starved, NEVER),
        (SendError::Source(io::ErrorKind::NotFound.into()), NEVER),
        (SendError::Cancelled, NEVER),
        (SendError::Closed, NEVER),
        (SendError::Impossible("x"), NEVER),
    ];
    let failed = errors.into_iter().map(|(error, again)| (Outcome::Failed(error), again));
    let answers = [
        (vec![rejected(421)], None, ALWAYS),
        (vec![rejected(421), rejected(421)], None, ALWAYS),
        (vec![rejected(421), rejected(450)], None, NEVER),
        (vec![rejected(550)], None, NEVER),
        (vec![], None, NEVER),
        (vec![Fate::Accepted], Some(reply(250)), NEVER),
        (vec![Fate::Accepted, rejected(421)], Some(reply(250)), NEVER),
        (vec![rejected(421)], Some(reply(421)), NEVER),
    ];
    let answers = answers
        .into_iter()
        .map(|(fates, response, again)| (Outcome::Answered(fates, response), again));
    failed.chain(answers).collect()
}

#[test]
fn a_message_goes_again_only_where_it_was_certainly_not_taken() {
    let ways = [Headway::None, Headway::Asked, Headway::Answered];
    for (outcome, expected) in outcomes() {
        assert_eq!(ways.map(|headway| outcome.goes_again(headway)), expected, "{outcome:?}");
    }
    let broken = |error| {
        let losses = vec![Loss { recipients: vec![1], error }];
        Outcome::Broken(vec![rejected(550), Fate::Pending], None, losses)
    };
    let closed = broken(SendError::Protocol(Failure::Closed(None)));
    let uncertain = broken(SendError::Uncertain(Box::new(SendError::Starved)));
    assert_eq!(ways.map(|headway| uncertain.goes_again(headway)), [false; 3]);
    assert_eq!(ways.map(|headway| closed.goes_again(headway)), [true; 3]);
}
