//! Negative replies are held back.

use super::*;

fn table(interest: Interest) -> Table {
    greeted(controlled(|control| control.tarpit = Some(seconds(5))), interest)
}

fn receive(table: &mut Table, bytes: &[u8]) -> Step<'static> {
    table.session.receive(bytes, table.now);
    step(table)
}

#[test]
fn holds_a_negative_reply_back_and_all_that_comes_behind_it() {
    let mut table = table(Interest::default());
    let group = b"NOOP\r\nNOSUCH\r\nNOOP\r\nNOSUCH\r\nQUIT\r\n";
    assert_eq!(receive(&mut table, group), Step::Hold);
    assert_eq!(said(&mut table), "250 OK\r\n", "what came before it leaves");
    table.now += seconds(4);
    assert_eq!(step(&mut table), Step::Hold);
    assert_eq!(said(&mut table), "");
    table.now += seconds(1);
    assert_eq!(step(&mut table), Step::Hold, "the next one");
    let text = said(&mut table);
    assert!(text.starts_with("500 ") && text.ends_with("\r\n250 OK\r\n"), "{text}");
    table.now = table.session.deadline().unwrap();
    assert_eq!(step(&mut table), Step::Close);
    let text = said(&mut table);
    assert!(text.starts_with("500 ") && text.contains("\r\n221 "), "{text}");
}

#[test]
fn is_no_time_of_the_clients() {
    let mut table = table(Interest::default());
    table.session.set_idle(Some(seconds(3)), table.now);
    receive(&mut table, b"NOSUCH\r\n");
    let held_until = table.now + seconds(5);
    assert_eq!(table.session.deadline(), Some(held_until));
    table.now = held_until;
    assert_eq!(table.session.expire(table.now), Expired::Nothing);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert!(said(&mut table).starts_with("500 "));
    assert_eq!(table.session.deadline(), Some(held_until + seconds(3)));
}

#[test]
fn is_for_replies_of_the_application_as_well() {
    let no = Reply::new(ReplyCode::new(550).unwrap(), "no");
    for verdict in [Verdict::Answer(no.clone()), Verdict::Accept(Some(no))] {
        let mut table = table(Interest::MAIL);
        table.verdicts.push_back(verdict);
        assert_eq!(receive(&mut table, b"MAIL FROM:<a@b>\r\n"), Step::Hold);
        table.now += seconds(5);
        assert_eq!(step(&mut table), Step::NeedInput);
        assert_eq!(said(&mut table), "550 no\r\n");
    }
    let mut table = table(Interest::default());
    table.session.write(b"550 mine\r\n");
    table.session.write(b"250 behind it\r\n");
    assert_eq!(step(&mut table), Step::Hold);
    assert_eq!(said(&mut table), "");
    table.now += seconds(5);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(said(&mut table), "550 mine\r\n250 behind it\r\n");
    table.session.write(b"250 mine\r\n");
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(said(&mut table), "250 mine\r\n");
}

#[test]
fn a_refused_client_waits_for_that() {
    let config = controlled(|control| control.tarpit = Some(seconds(5)));
    let mut table = Table::new(config, Interest::CONNECT);
    let no = Reply::new(ReplyCode::new(554).unwrap(), "no");
    table.verdicts.push_back(Verdict::Answer(no));
    assert_eq!(step(&mut table), Step::Hold);
    table.now += seconds(5);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(said(&mut table), "554 no\r\n");
}

#[test]
fn ends_when_the_server_does() {
    let mut idle = table(Interest::default());
    receive(&mut idle, b"NOSUCH\r\n");
    idle.session.drain();
    assert_eq!(step(&mut idle), Step::Close);
    let text = said(&mut idle);
    assert!(text.starts_with("500 ") && text.contains("\r\n421 "), "{text}");

    let mut busy = table(Interest::default());
    assert_eq!(receive(&mut busy, b"MAIL FROM:<a@b>\r\nNOSUCH\r\n"), Step::Hold);
    busy.session.drain();
    assert_eq!(step(&mut busy), Step::Hold, "a transaction is open");
    busy.session.abort();
    assert_eq!(step(&mut busy), Step::Close);
    assert!(said(&mut busy).contains("\r\n421 "));
}

#[test]
fn off_holds_nothing() {
    let mut table = greeted(config(|_| {}), Interest::default());
    assert_eq!(receive(&mut table, b"NOSUCH\r\nNOSUCH\r\n"), Step::NeedInput);
    assert_eq!(said(&mut table).matches("500 ").count(), 2);
}
