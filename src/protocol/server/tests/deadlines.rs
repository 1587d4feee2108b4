//! What a session does when time passes, and when its server stops.

use super::*;

#[test]
fn deadlines_of_the_client() {
    let mut table = Table::new(config(|_| {}), Interest::default());
    table.send(b"NOOP\r\n");
    assert_eq!(wait(&mut table, 299), Expired::Nothing);
    table.send(b"NOOP\r\nEH");
    assert_eq!(wait(&mut table, 1), Expired::Deadline, "to greet");
    assert!(table.closed && replies(&mut table).contains("421 "));

    let mut table = greeted(config(|_| {}), Interest::default());
    for _ in 0..29 {
        assert_eq!(wait(&mut table, 10), Expired::Nothing);
        table.send(b"x");
    }
    assert_eq!(wait(&mut table, 10), Expired::Deadline, "a line that trickles in");

    let mut table = greeted(config(|_| {}), Interest::default());
    table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    for _ in 0..3 {
        assert_eq!(wait(&mut table, 599), Expired::Nothing);
        table.send(b"x\r\n");
    }
    assert_eq!(wait(&mut table, 600), Expired::Deadline, "data");
    assert!(table.closed && replies(&mut table).ends_with("Closing the connection\r\n"));
}

#[test]
fn idle_times() {
    let limit = |config: &mut ServerConfig| config.limits.idle = Some(Duration::from_secs(5));
    let mut table = greeted(config(limit), Interest::default());
    assert_eq!(wait(&mut table, 5), Expired::Idle);
    assert!(table.closed && replies(&mut table).is_empty());

    let mut table = greeted(config(limit), Interest::TIMEOUT);
    assert_eq!(wait(&mut table, 5), Expired::Idle);
    assert_eq!(wait(&mut table, 4), Expired::Nothing);
    assert_eq!(wait(&mut table, 1), Expired::Idle, "again");
    assert!(!table.closed);
}

#[test]
fn listeners_that_never_answer() {
    let mut table = greeted(config(|_| {}), Interest::MAIL);
    table.session.receive(b"MAIL FROM:<a@b>\r\nNOOP\r\n", table.now);
    assert!(asks(&mut table));
    assert_eq!(wait(&mut table, 300), Expired::Listener);
    assert!(replies(&mut table).starts_with("451 Local error"));
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    table.send(b"RCPT TO:<c@d>\r\n");
    assert!(replies(&mut table).starts_with("503 "), "the late verdict did nothing");
}

#[test]
fn draining_waits_for_the_transaction() {
    let mut table = greeted(config(|_| {}), Interest::default());
    table.session.drain();
    table.run();
    assert!(table.closed && replies(&mut table).starts_with("421 "));

    let mut table = greeted(config(|_| {}), Interest::default());
    table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    table.session.drain();
    table.run();
    table.send(b"DATA\r\n");
    table.send(b"x\r\n.\r\n");
    assert!(table.closed);
    let said = replies(&mut table);
    assert!(said.contains("\r\n250 OK\r\n421 "), "{said}");
}
