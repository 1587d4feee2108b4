//! What a dialect changes of a session besides texts and syntax.

use super::*;
use crate::protocol::dialect::{EarlyTalkers, GreetingDeadline};

/// A session of an application that answers every command, which lets all of them pass.
fn run_by_the_application(deadline: GreetingDeadline) -> Table {
    let config = config(|config| {
        config.dialect = Dialect { greeting_deadline: deadline, ..Dialect::mail_io() };
    });
    let mut table = Table::new(config, Interest(Interest::CONNECT.0 | Interest::MESSAGE.0));
    table.run();
    table.send(b"EHLO client.example\r\n");
    table
}

#[test]
fn a_greeting_that_the_application_took_is_not_awaited() {
    let mut table = run_by_the_application(Dialect::mail_io().greeting_deadline);
    for _ in 0..10 {
        assert_eq!(wait(&mut table, 299), Expired::Nothing);
        table.send(b"NOOP\r\n");
    }
    assert!(!table.closed);
    assert_eq!(wait(&mut table, 300), Expired::Deadline, "a command");
    assert!(table.closed);
}

#[test]
fn a_deadline_that_is_kept_counts_from_the_connection() {
    let mut table = run_by_the_application(GreetingDeadline::Kept);
    assert_eq!(wait(&mut table, 299), Expired::Nothing);
    table.send(b"NOOP\r\n");
    assert_eq!(wait(&mut table, 1), Expired::Deadline, "to greet");
    assert!(table.closed);
}

/// What a client is told that sends `early` while the application has its connection at hand.
fn told(early_talkers: EarlyTalkers, early: &[u8]) -> (String, bool) {
    let config = config(|config| {
        config.dialect = Dialect { early_talkers, ..Dialect::smtp_server() };
        config.replies = Replies::new(&config.dialect, &config.name, false);
    });
    let now = Instant::now();
    let mut session = ServerSession::new(config, false, now);
    let interest = Interest(Interest::CONNECT.0 | Interest::MESSAGE.0);
    assert!(matches!(session.poll(now, interest), Step::Ask(Question::Connect, _)));
    assert_eq!(session.hears_early(), early_talkers == EarlyTalkers::TurnedAway);
    session.receive(early, now);
    session.answer(Verdict::Accept(None).into(), now);
    assert!(!session.hears_early());
    let mut said = Vec::new();
    loop {
        match session.poll(now, interest) {
            Step::Send(replies) => said.extend_from_slice(&std::mem::take(replies)),
            Step::Close => return (String::from_utf8(said).unwrap(), true),
            _ => return (String::from_utf8(said).unwrap(), false),
        }
    }
}

#[test]
fn who_does_not_wait_for_the_greeting_is_turned_away_where_that_is_wanted() {
    for early in [&b"EHLO a\r\n"[..], b"\n", b"EHLO a\r\nMAIL FROM:<b@c>\r\n"] {
        let (said, closed) = told(EarlyTalkers::TurnedAway, early);
        assert!(said.ends_with("You talk too soon\r\n") && closed, "{said}");
        assert!(!told(EarlyTalkers::Served, early).1);
    }
    for early in [&b""[..], b"EH"] {
        let (said, closed) = told(EarlyTalkers::TurnedAway, early);
        assert!(said.starts_with("220 ") && !closed, "{said}");
    }
}
