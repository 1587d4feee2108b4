//! What a dialect changes of a session besides texts and syntax.

use super::*;
use crate::protocol::dialect::{EarlyTalkers, GreetingDeadline};
use crate::protocol::sasl::Mechanism;

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

/// Where a line over the limit ends the session, nobody waits for its end, nor is it taken for another
/// protocol.
#[test]
fn an_overlong_line_ends_the_session_as_soon_as_it_is_one() {
    for before in ["", "NOOP\r\n", "EHLO x\r\n"] {
        for (length, is_over) in [(40, false), (43, true), (400, true), (70_000, true)] {
            for cut in [0, 1, 39, 40] {
                let mut table = Table::new(
                    config(|config| {
                        config.dialect = Dialect::smtp_server();
                        config.replies = Replies::new(&config.dialect, &config.name, false);
                        config.limits.command_length = Some(42);
                    }),
                    Interest::default(),
                );
                table.send(before.as_bytes());
                table.replies.clear();
                let line = "x".repeat(length);
                table.send(&line.as_bytes()[..cut]);
                table.send(&line.as_bytes()[cut..]);
                let said = replies(&mut table);
                let wanted = if is_over { "421 Error: Command line too long\r\n" } else { "" };
                assert_eq!((&*said, table.closed), (wanted, is_over), "{before:?} {length} {cut}");
            }
        }
    }
}

/// As with its end, so without one: a token that was refused has its refusal, however long the line behind it.
#[test]
fn an_overlong_line_behind_a_refused_token_waits_for_its_end() {
    let mut table = Table::new(
        config(|config| {
            config.dialect =
                Dialect { commands: Dialect::mbr_smtp().commands, ..Dialect::smtp_server() };
            config.replies = Replies::new(&config.dialect, &config.name, false);
            config.limits.command_length = Some(42);
            config.auth.exposure = Exposure::Anywhere;
            config.auth.mechanisms = vec![Mechanism::XOAuth2];
        }),
        Interest::AUTH,
    );
    table.send(b"EHLO x\r\n");
    table.replies.clear();
    table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(535), "No")));
    table.send(b"AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==\r\n");
    assert!(table.line().starts_with("334 "));
    table.send(&[b'x'; 20_000]);
    assert_eq!(replies(&mut table), "");
    table.send(b"x\r\nNOOP\r\n");
    assert_eq!(replies(&mut table), "535 No\r\n250 OK\r\n");
}
