//! Messages that are accepted and that no listener takes.

use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::message::{KeptMessage, Message};

const MAIL: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n";

/// A session that has accepted a message, and that message.
fn table(interest: Interest) -> (Table, Arc<KeptMessage>, Arc<Budget>) {
    let budget = Budget::new(Some(1_000_000));
    let memory = Some(budget.clone());
    let config = config(|config| {
        config.tls = true;
        config.control.memory = memory;
    });
    let mut table = greeted(config, interest);
    table.send(MAIL);
    let kept = table.kept.take().expect("a message");
    (table, kept, budget)
}

fn text(message: &Message) -> Vec<u8> {
    message.segments().collect::<Vec<_>>().concat()
}

#[test]
fn are_there_until_the_next_transaction() {
    for interest in [Interest::CONNECT, Interest::RCPT, Interest::ERROR, Interest::MESSAGE] {
        for (next, is_gone) in [
            ("NOOP\r\n", false),
            ("DATA\r\n", false),
            ("MAIL\r\n", false),
            ("MAIL FROM:<a@b> SIZE=99999999\r\n", false),
            ("QUIT\r\n", false),
            ("MAIL FROM:<a@b>\r\n", true),
            ("RSET\r\n", true),
            ("EHLO x\r\n", true),
            ("STARTTLS\r\n", true),
        ] {
            let (mut table, kept, budget) = table(interest);
            assert!(budget.used() >= 3, "its memory counts");
            table.send(next.as_bytes());
            assert_eq!(budget.used() == 0, is_gone, "{next}");
            let message = kept.take().map(|message| text(&message));
            assert_eq!(message.as_deref(), (!is_gone).then_some(&b"x\r\n"[..]), "{next}");
            assert_eq!(budget.used(), 0, "it is taken once");
            assert!(kept.take().is_none());
        }
    }
}

#[test]
fn are_kept_where_a_new_transaction_is_refused() {
    let (mut table, kept, _) = table(Interest::MAIL);
    let no = Reply::new(ReplyCode::known(550), "no");
    table.verdicts.push_back(Verdict::Answer(no));
    table.send(b"MAIL FROM:<a@b>\r\n");
    assert!(kept.take().is_some());
}

#[test]
fn take_no_more_memory_than_they_need() {
    let budget = Budget::new(Some(1_000_000));
    let mut message = Message::within(Some(budget.clone()));
    assert!(message.push(&[b'x'; 10_000]));
    assert_eq!(budget.used(), 256 * 1024);
    let kept = KeptMessage::new(message);
    assert_eq!(budget.used(), 10_000);
    assert_eq!(kept.take().map(|message| message.len()), Some(10_000));
    assert_eq!(budget.used(), 0);
}

#[test]
fn are_none_where_nobody_can_look() {
    for interest in [Interest::default(), Interest::DATA_CHUNK] {
        let mut table = greeted(config(|_| {}), interest);
        table.send(MAIL);
        assert!(table.kept.is_none());
    }
}
