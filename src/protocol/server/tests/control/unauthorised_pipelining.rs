//! Clients that do not wait for replies.

use super::*;

fn table() -> Table {
    let refuse = |control: &mut AbusePolicy| control.unauthorised_pipelining = Pipelining::Refuse;
    Table::new(controlled(refuse), Interest::DATA)
}

fn is_refused(mut table: Table) -> bool {
    let text = said(&mut table);
    assert_eq!(table.closed, text.contains("503 example.domain did not reply"), "{text}");
    table.closed
}

/// The last one is sent behind the others without waiting.
fn refused(lines: &[&[u8]]) -> bool {
    let mut table = table();
    for line in lines {
        table.send(line);
    }
    is_refused(table)
}

#[test]
fn commands_that_end_a_group() {
    for last in ["EHLO x", "helo x", "NOOP", " noop x", "VRFY x", "STARTTLS", "AUTH PLAIN", "QUIT"]
    {
        let line = format!("{last}\r\nRSET\r\n");
        assert!(refused(&[b"EHLO x\r\n", line.as_bytes()]), "{last}");
        let begun = format!("{last}\r\nR");
        assert!(refused(&[b"EHLO x\r\n", begun.as_bytes()]), "{last}");
    }
    assert!(refused(&[b"EHLO x\r\n", ENVELOPE, b"x\r\n.\r\nNOOP\r\nRSET\r\n"]));
    assert!(refused(&[b"EHLO x\r\n", &[ENVELOPE, b"x"].concat()]));
    assert!(refused(&[b"EHLO x\r\nMAIL FROM:<a@b>\r\n"]));
}

#[test]
fn groups_as_they_should_be() {
    assert!(!refused(&[b"EHLO x\r\n", ENVELOPE, b"x\r\n.\r\nRSET\r\nMAIL FROM:<a@b>\r\n"]));
    assert!(!refused(&[b"EHLO x\r\n", b"RSET\r\nRSET\r\nMAIL FROM:<a@b>\r\nNOOP\r\n"]));
    assert!(!refused(&[b"EHLO x\r\n", b"DATA\r\n", b"NOOP\r\n", b"NO", b"OP\r\n"]));
    assert!(!refused(&[b"NOOP\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n"]));
}

#[test]
fn nothing_goes_together_where_pipelining_was_not_offered() {
    let group = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
    assert!(refused(&[b"HELO x\r\n", group]));
    assert!(refused(&[b"RSET\r\nRSET\r\n"]));
    assert!(refused(&[b"EHLO x\r\n", b"HELO x\r\n", group]));
    assert!(!refused(&[b"HELO x\r\n", b"EHLO x\r\n", group]));
    let mut table = table();
    let config = config(|config| {
        config.extensions = Extensions::default();
        config.control.unauthorised_pipelining = Pipelining::Refuse;
    });
    table.session = ServerSession::new(config, false, table.now);
    table.send(b"EHLO x\r\n");
    table.send(group);
    assert!(is_refused(table));
}

#[test]
fn the_greeting_is_forgotten_at_starttls() {
    let mut table = table();
    let config = config(|config| {
        config.tls = true;
        config.control.unauthorised_pipelining = Pipelining::Refuse;
    });
    table.session = ServerSession::new(config, false, table.now);
    table.send(b"EHLO x\r\n");
    table.send(b"STARTTLS\r\n");
    assert!(table.secured);
    table.send(b"RSET\r\nRSET\r\n");
    assert!(is_refused(table));
}

#[test]
fn a_message_with_something_behind_it_is_not_taken_after_helo() {
    let lines: [&[u8]; 4] =
        [b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<c@d>\r\n", b"DATA\r\n"];
    for (end, refused, events) in
        [(&b"x\r\n.\r\nQUIT\r\n"[..], true, &[][..]), (b"x\r\n.\r\n", false, &["data x\\r\\n"])]
    {
        let mut table = table();
        for line in lines {
            table.send(line);
        }
        table.send(end);
        assert_eq!(table.events, events);
        assert_eq!(is_refused(table), refused);
    }
}

#[test]
fn nothing_is_done_behind_it() {
    let mut table = table();
    table.send(b"EHLO x\r\n");
    table.send(b"NOOP\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    assert!(table.session.news().changes.mail.is_none());
    assert!(is_refused(table));
}
