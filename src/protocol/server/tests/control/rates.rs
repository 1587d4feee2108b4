//! What is counted, and what is over it.

use super::*;

/// A session that may take so many of each kind, and how many it took.
fn table(interest: Interest, allowed: u32) -> (Table, Arc<Mutex<[u32; 3]>>) {
    let mut table = greeted(config(|_| {}), interest);
    let taken = Arc::new(Mutex::new([0; 3]));
    let counts = taken.clone();
    table.session.set_meter(Meter::new(move |tally, counted, _| {
        let count = &mut counts.lock().unwrap()[counted as usize];
        let room = tally == Tally::GiveBack || *count < allowed;
        match tally {
            Tally::Take if room => *count += 1,
            Tally::Take => {}
            Tally::GiveBack => *count -= 1,
        }
        room
    }));
    (table, taken)
}

fn count(taken: &Mutex<[u32; 3]>, counted: Counted) -> u32 {
    taken.lock().unwrap()[counted as usize]
}

#[test]
fn over_them_451_and_the_session_goes_on() {
    let (mut table, taken) = table(Interest::RCPT, 2);
    let group = b"MAIL FROM:<a@b>\r\nRCPT TO:<a@d>\r\nRCPT TO:<b@d>\r\nRCPT TO:<c@d>\r\nRSET\r\n";
    table.send(group);
    let text = said(&mut table);
    assert!(text.contains("250 OK\r\n451 Too many recipients"), "{text}");
    assert_eq!(table.events, ["rcpt a@d", "rcpt b@d"], "nobody is asked");
    table.send(b"MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n");
    let text = said(&mut table);
    assert!(text.starts_with("250 OK\r\n451 Too many messages"), "{text}");
    assert!(text.contains("\r\n503 "), "{text}");
    assert_eq!(count(&taken, Counted::Message), 2);
    assert!(!table.closed);
}

#[test]
fn what_cannot_go_on_is_not_counted() {
    let (mut table, taken) = table(Interest::default(), 9);
    table.send(b"RCPT TO:<c@d>\r\nMAIL FROM:<a@b> SIZE=99999999\r\nMAIL FROM\r\n");
    assert_eq!(*taken.lock().unwrap(), [0; 3]);
}

#[test]
fn what_the_application_refuses_is_not_counted() {
    let no = ReplyCode::new(550).unwrap();
    for (verdict, counted) in [
        (Verdict::Answer(Reply::new(no, "no")), 0),
        (Verdict::Silent(Some(no)), 0),
        (Verdict::Skip(None), 0),
        (Verdict::Silent(None), 1),
        (Verdict::Accept(None), 1),
        (Verdict::Ok, 1),
    ] {
        let (mut table, taken) = table(Interest::MAIL, 1);
        table.verdicts.push_back(verdict.clone());
        table.send(b"MAIL FROM:<a@b>\r\n");
        assert_eq!(count(&taken, Counted::Message), counted, "{verdict:?}");
    }
}

#[test]
fn a_line_that_passes_is_counted_once() {
    let (mut table, taken) = table(Interest(Interest::MESSAGE.0 | Interest::MAIL.0), 1);
    table.session.receive(b"MAIL FROM:<a@b>\r\n", table.now);
    assert!(asks(&mut table));
    table.session.answer(by_application(Verdict::Proceed, 0), table.now);
    assert!(asks(&mut table));
    assert_eq!(count(&taken, Counted::Message), 1);
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    assert_eq!(step(&mut table), Step::NeedInput);
    assert_eq!(said(&mut table), "250 OK\r\n");
    assert_eq!(count(&taken, Counted::Message), 1);
}

#[test]
fn a_listener_that_is_too_slow_counts_for_nobody() {
    let (mut table, taken) = table(Interest::MAIL, 1);
    table.session.receive(b"MAIL FROM:<a@b>\r\n", table.now);
    assert!(asks(&mut table));
    assert_eq!(wait(&mut table, 300), Expired::Listener);
    assert_eq!(count(&taken, Counted::Message), 0);
}
