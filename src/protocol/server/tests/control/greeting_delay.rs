//! The greeting waits.

use super::*;

fn table(interest: Interest) -> Table {
    let config = controlled(|control| control.greeting_delay = Some(seconds(5)));
    let now = Instant::now();
    let mut table = Table::new(config.clone(), Interest::CONNECT);
    table.session = ServerSession::new(config, false, now);
    table.interest = interest;
    table.now = now;
    table
}

#[test]
fn greets_a_client_that_waits() {
    let mut table = table(Interest::CONNECT);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(table.session.deadline(), Some(table.now + seconds(5)));
    table.now += seconds(4);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert!(table.events.is_empty() && said(&mut table).is_empty());
    table.now += seconds(1);
    assert_eq!(table.session.expire(table.now), Expired::Nothing);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(table.events, ["connect"]);
    assert!(said(&mut table).starts_with("220 "));
    assert_eq!(table.session.deadline(), Some(table.now + seconds(300)), "to greet");
}

#[test]
fn turns_away_one_that_does_not_and_nobody_hears_of_it() {
    let mut table = table(Interest(u32::MAX));
    assert_eq!(step(&mut table), Step::NeedInput);
    table.now += seconds(4);
    table.session.receive(b"E", table.now);
    assert_eq!(step(&mut table), Step::Close);
    assert!(said(&mut table).starts_with("554 "));
    assert!(table.events.is_empty() && !table.session.has_begun());
}

#[test]
fn ends_with_the_client_and_with_the_server() {
    let mut gone = table(Interest::default());
    gone.session.end_input();
    assert_eq!(step(&mut gone), Step::Close);
    assert_eq!(said(&mut gone), "");

    for end in [ServerSession::drain, ServerSession::abort] {
        let mut table = table(Interest(u32::MAX));
        assert_eq!(step(&mut table), Step::NeedInput);
        end(&mut table.session);
        assert_eq!(step(&mut table), Step::Close);
        assert!(said(&mut table).starts_with("421 "));
        assert!(!table.session.has_begun());
    }
}
