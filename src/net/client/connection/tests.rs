//! Servers that speak before their turn, or stop to listen: what they said counts, and is the answer
//! to nothing that was sent after it came. Time is virtual.

mod limits;

use super::*;
use crate::protocol::client::Timeouts;
use crate::protocol::client::delivery::{Fate, Recipient};
use crate::protocol::parameters::MailParameters;
use bytes::Bytes;
use tokio::io::{DuplexStream, duplex, join};
use tokio::time::Instant as VirtualInstant;

const ROOM: usize = 1024 * 1024;

/// A connection whose server has greeted and offered what follows EHLO; where the server writes to,
/// and where it reads from.
async fn greeted(offers: &[&str]) -> (Connection, DuplexStream, DuplexStream) {
    greeted_within(offers, Timeouts::default()).await
}

async fn greeted_within(
    offers: &[&str],
    timeouts: Timeouts,
) -> (Connection, DuplexStream, DuplexStream) {
    let (near_reader, mut says) = duplex(ROOM);
    let (near_writer, mut hears) = duplex(ROOM);
    let mut connection = Connection {
        stream: Stream::Memory(join(near_reader, near_writer)),
        session: ClientSession::new(timeouts, false, Instant::now()),
        lmtp: false,
        messages: 0,
        transactions: 0,
        delivery: Delivery::default(),
        broken: None,
        meter: Meter::default(),
    };
    says.write_all(b"220 mx.example\r\n").await.expect("room");
    assert!(matches!(connection.event().await, Ok(Event::Reply(Awaited::Connect, _))));
    let greeting = Request::Greet(crate::protocol::client::Greeting::Ehlo, "me.example".to_owned());
    connection.session.ask(greeting).expect("a name");
    let lines: String = offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
    // It is read only once it was asked for.
    let (event, ()) = tokio::join!(connection.event(), async {
        let mut line = vec![0; b"EHLO me.example\r\n".len()];
        hears.read_exact(&mut line).await.expect("EHLO");
        let reply = format!("250-mx.example\r\n{lines}250 HELP\r\n");
        says.write_all(reply.as_bytes()).await.expect("room");
    });
    assert!(matches!(event, Ok(Event::Reply(Awaited::Greet(_), _))));
    (connection, says, hears)
}

fn envelope() -> Envelope {
    let recipient =
        |address: &str| Recipient { address: address.to_owned(), parameters: Default::default() };
    Envelope {
        from: "a@b.example".to_owned(),
        recipients: vec![recipient("c@d.example"), recipient("e@f.example")],
        parameters: MailParameters::default(),
    }
}

/// What becomes of a message, and how long that takes.
async fn sent(connection: &mut Connection, message: &'static [u8]) -> (Outcome, Duration) {
    let begin = VirtualInstant::now();
    let mut source = MessageSource::Whole(Bytes::from_static(message), 0);
    let result = connection.deliver(&envelope(), 0, &mut source).await;
    let Conclusion { outcome, .. } = connection.conclude(result, envelope().recipients.len());
    (outcome, begin.elapsed())
}

/// The codes that the recipients were answered, 0 for none, and the error.
fn told(outcome: Outcome) -> (Vec<u16>, Option<SendError>) {
    let code = |fate: &Fate| match fate {
        Fate::Rejected(_, reply) => reply.code().value(),
        Fate::Accepted => 250,
        Fate::Pending | Fate::Unfit(_) => 0,
    };
    match outcome {
        Outcome::Answered(fates, _) => (fates.iter().map(code).collect(), None),
        Outcome::Broken(fates, _, losses) => {
            let error = losses.into_iter().next().map(|loss| loss.error);
            (fates.iter().map(code).collect(), error)
        }
        Outcome::Failed(error) => (Vec::new(), Some(error)),
    }
}

/// All that was heard by now.
fn heard(mut hears: DuplexStream, connection: Connection) -> impl Future<Output = String> {
    drop(connection);
    async move {
        let mut text = String::new();
        hears.read_to_string(&mut text).await.expect("text");
        text
    }
}

#[tokio::test(start_paused = true)]
async fn a_glance_takes_what_is_there_and_waits_for_nothing() {
    for (said, expected) in [("", ""), ("250 x\r\n", "250 x\r\n"), ("25", "25")] {
        let (mut connection, mut says, _hears) = greeted(&[]).await;
        let begin = VirtualInstant::now();
        says.write_all(said.as_bytes()).await.expect("room");
        connection.glance().await;
        assert_eq!(&connection.session.input()[..], expected.as_bytes());
        assert_eq!(begin.elapsed(), Duration::ZERO);
        assert!(connection.broken.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_glance_at_an_end_is_the_end_and_at_what_is_broken_none() {
    let (mut connection, says, _hears) = greeted(&[]).await;
    drop(says);
    connection.glance().await;
    let failure = connection.event().await.err();
    assert!(matches!(failure, Some(SendError::Protocol(Failure::Closed(None)))), "{failure:?}");

    let (mut connection, mut says, _hears) = greeted(&[]).await;
    connection.break_off(io::ErrorKind::BrokenPipe.into());
    says.write_all(b"250 x\r\n").await.expect("room");
    connection.glance().await;
    assert!(connection.session.input().is_empty(), "what is broken is read no more");
}

#[tokio::test(start_paused = true)]
async fn what_came_before_mail_is_no_answer_to_it_and_nothing_is_sent() {
    for offers in [&[][..], &["PIPELINING"], &["PIPELINING", "CHUNKING"]] {
        for said in ["250 x\r\n", "250-x\r\n", "25", "421 bye\r\n", "550 no\r\n", "x\r\n"] {
            let (mut connection, mut says, hears) = greeted(offers).await;
            says.write_all(said.as_bytes()).await.expect("room");
            let (outcome, time) = sent(&mut connection, b"x").await;
            let (codes, error) = told(outcome);
            assert!(matches!(error, Some(SendError::Protocol(_))), "{said:?}: {error:?}");
            assert!(codes.is_empty(), "{said:?}: {codes:?}");
            assert!(connection.delivery.may_go_again(), "{said:?}");
            assert_eq!(time, Duration::ZERO, "{said:?}");
            assert_eq!(heard(hears, connection).await, "", "{said:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_within_a_message_ends_it_without_its_dot() {
    for (said, codes) in [
        ("451 later\r\n", &[451, 451][..]),
        ("552 enough\r\n", &[552, 552]),
        ("421 bye\r\n", &[421, 421]),
        ("250 taken\r\n", &[]),
        ("354 go\r\n", &[]),
    ] {
        let (mut connection, mut says, hears) = greeted(&[]).await;
        let replies = format!("250 OK\r\n250 OK\r\n250 OK\r\n354 go\r\n{said}");
        let mut hears = hears;
        let server = async {
            for (reply, lines) in replies.split_inclusive('\n').zip([1, 1, 1, 1, 0]) {
                for _ in 0..lines {
                    let mut byte = [0];
                    while byte != *b"\n" {
                        hears.read_exact(&mut byte).await.expect("a line");
                    }
                }
                says.write_all(reply.as_bytes()).await.expect("room");
            }
        };
        let ((outcome, _), ()) = tokio::join!(sent(&mut connection, b"body"), server);
        let (answered, error) = told(outcome);
        assert_eq!(answered, codes, "{said:?}");
        assert_eq!(error.is_some(), codes.is_empty(), "{said:?}: {error:?}");
        assert!(!connection.delivery.may_go_again());
        let rest = heard(hears, connection).await;
        assert!(!rest.contains("\r\n.\r\n"), "{said:?}: {rest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_server_said_before_it_stopped_to_listen_is_heard() {
    for (said, codes) in [
        ("550 no\r\n", &[550, 550][..]),
        ("421 bye\r\n", &[421, 421]),
        ("550 no", &[550, 550]),
        ("250 OK\r\n550 no\r\n", &[550, 0]),
        ("250 OK\r\n550 no\r\n451 later\r\n", &[550, 451]),
        ("250 OK\r\n250 OK\r\n550 no\r\n", &[0, 550]),
        ("250 OK\r\n", &[]),
        ("250 OK", &[]),
        ("", &[]),
    ] {
        let (mut connection, mut says, hears) = greeted(&["PIPELINING"]).await;
        // It hears nothing of the group any more, and speaks when that is noticed.
        drop(hears);
        let server = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            says.write_all(said.as_bytes()).await.expect("room");
            drop(says);
        };
        let ((outcome, time), ()) = tokio::join!(sent(&mut connection, b"x"), server);
        let (answered, error) = told(outcome);
        assert_eq!(answered, codes, "{said:?}: {error:?}");
        let is_told = answered.len() == 2 && !answered.contains(&0);
        match error {
            None => assert!(is_told, "{said:?}"),
            Some(SendError::Io(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{said:?}");
            }
            Some(other) => panic!("{said:?}: {other:?}"),
        }
        assert_eq!(time, Duration::from_millis(500), "{said:?}: it is not waited for any longer");
        assert!(!connection.is_usable(), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_neither_listens_nor_speaks_is_waited_for_as_long_as_for_its_goodbye() {
    let (mut connection, says, hears) = greeted(&[]).await;
    drop(hears);
    let (outcome, time) = sent(&mut connection, b"x").await;
    let (answered, error) = told(outcome);
    assert!(answered.is_empty());
    assert!(matches!(error, Some(SendError::Io(_))), "{error:?}");
    assert_eq!(time, FAREWELL);
    drop(says);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_without_end_and_does_not_listen_is_heard_so_far() {
    let (mut connection, mut says, hears) = greeted(&[]).await;
    drop(hears);
    says.write_all(&vec![b'5'; MAX_REPLY + 2 * READ]).await.expect("room");
    let (outcome, time) = sent(&mut connection, b"x").await;
    let (answered, error) = told(outcome);
    assert!(answered.is_empty());
    assert!(error.is_some());
    assert_eq!(time, Duration::ZERO);
    assert!(connection.session.input().len() <= MAX_REPLY + 4 * READ);
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_until_its_time_has_come() {
    let (mut connection, _says, _hears) = greeted(&[]).await;
    let (outcome, time) = sent(&mut connection, b"x").await;
    let (_, error) = told(outcome);
    let silent = Some(Failure::Timeout(Some(Awaited::Mail)));
    let failure = error.and_then(|error| match error {
        SendError::Protocol(failure) => Some(failure),
        _ => None,
    });
    assert_eq!(failure, silent);
    assert!(connection.delivery.may_go_again());
    let limit = Timeouts::default().command.expect("a limit");
    // Deadlines are of the clock on the wall, which goes on meanwhile.
    assert!(time.abs_diff(limit) < Duration::from_secs(1), "{time:?}");
}
