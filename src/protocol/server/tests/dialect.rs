//! What a dialect changes of a session besides texts and syntax.

use super::*;
use crate::protocol::dialect::GreetingDeadline;

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
