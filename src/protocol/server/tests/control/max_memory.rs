//! Messages for which there is no memory.

use super::*;

const SEGMENT: u64 = 256 * 1024;

fn table(limit: u64, interest: Interest) -> (Table, Arc<Budget>) {
    let budget = Budget::new(Some(limit));
    let memory = Some(budget.clone());
    (greeted(controlled(|control| control.memory = memory), interest), budget)
}

fn end(table: &mut Table) -> String {
    said(table);
    table.send(b"\r\n.\r\n");
    said(table)
}

#[test]
fn a_message_that_does_not_fit_is_dropped_on_the_way() {
    let (mut table, budget) = table(3 * SEGMENT, Interest::DATA);
    table.send(ENVELOPE);
    for count in 1..=3 {
        table.send(&[b'x'; SEGMENT as usize]);
        assert_eq!(budget.used(), count * SEGMENT);
    }
    table.send(b"x");
    assert_eq!(budget.used(), 0);
    table.send(&[b'x'; 2 * SEGMENT as usize]);
    assert_eq!(budget.used(), 0, "the rest is skipped");
    assert!(end(&mut table).starts_with("452 Not enough memory"));
    assert_eq!(table.events, [] as [&str; 0]);
    table.send(ENVELOPE);
    table.send(b"small");
    assert!((5..100).contains(&budget.used()), "{}", budget.used());
    assert_eq!(end(&mut table), "250 OK\r\n");
    assert_eq!(table.events, ["data small\\r\\n"]);
    assert_eq!(budget.used(), 0);
}

#[test]
fn data_gets_452_when_it_is_used_up() {
    let (mut one, budget) = table(SEGMENT, Interest::DATA);
    one.send(ENVELOPE);
    one.send(&[b'x'; SEGMENT as usize]);
    let mut two = greeted(one.session.config.clone(), Interest::DATA);
    two.send(ENVELOPE);
    assert!(said(&mut two).ends_with("452 Not enough memory for the message. Try again later\r\n"));
    drop(one);
    assert_eq!(budget.used(), 0, "a session that ends takes its message with it");
    two.send(b"DATA\r\n");
    assert!(said(&mut two).starts_with("354 "), "the transaction is still there");
}

#[test]
fn pieces_are_free_when_they_were_taken() {
    let (mut table, budget) = table(2 * SEGMENT, STREAM);
    table.send(ENVELOPE);
    for _ in 0..10 {
        table.send(&[b'x'; 2 * SEGMENT as usize]);
        assert_eq!(budget.used(), 0);
    }
    assert_eq!(table.decoded.len() as u64, 20 * SEGMENT);
    table.send(&[b'x'; 2 * SEGMENT as usize + 1]);
    assert!(end(&mut table).starts_with("452 "));
    assert!(table.events[0].starts_with("cut "));
}

#[test]
fn a_message_that_nobody_wants_takes_nothing() {
    let (mut table, budget) = table(1, Interest::default());
    table.send(ENVELOPE);
    table.send(&[b'x'; 100_000]);
    assert_eq!(budget.used(), 0);
    assert_eq!(end(&mut table), "250 OK\r\n");
}
