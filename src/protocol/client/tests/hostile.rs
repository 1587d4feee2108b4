//! Servers that do not behave.

use super::*;

fn failure_of(bytes: &[u8]) -> Option<Failure> {
    let mut table = Table::new(Cut::Whole);
    for piece in bytes.chunks(1_000) {
        table.session.receive(piece);
        table.settle(&mut |_, _, _, _| ());
    }
    table.failure
}

#[test]
fn what_is_no_reply_ends_the_session() {
    for line in [
        "HTTP/1.1 400 Bad Request\r\n",
        "22 x\r\n",
        "2200 x\r\n",
        "220x\r\n",
        "199 x\r\n",
        "600 x\r\n",
        "220-a\r\n221 b\r\n",
        "220-a\r\nb\r\n",
        "\x16\x03\x01\x02\r\n",
        "+20 x\r\n",
    ] {
        assert!(matches!(failure_of(line.as_bytes()), Some(Failure::BadReply(_))), "{line:?}");
    }
}

#[test]
fn empty_lines_around_a_reply_are_skipped_so_many_and_no_more() {
    for line in ["\r\n", "\n"] {
        for (count, is_taken) in [(0, true), (1, true), (10, true), (11, false), (1_000, false)] {
            let empty = line.repeat(count);
            for said in [format!("{empty}220 x\r\n"), format!("220-x\r\n{empty}220 x\r\n")] {
                everywhere(|cut| {
                    let mut table = Table::new(cut);
                    table.server(&said, &mut |_, _, _, _| ());
                    let failed =
                        matches!(table.failure, Some(Failure::BadReply(_) | Failure::Closed(_)));
                    assert_eq!(!failed, is_taken, "{count} {cut:?}");
                });
            }
        }
        let mut table = Table::new(Cut::Whole);
        table.server(&format!("220 x\r\n{line}{line}"), &mut |_, _, _, _| ());
        for _ in 0..20 {
            table.session.ask(Request::Noop).expect("an argument");
            table.run();
            table.client("NOOP\r\n");
            table.server(&format!("{line}250 OK\r\n{line}"), &mut |_, _, _, _| ());
            assert_eq!(table.failure, None);
        }
    }
}

#[test]
fn a_code_that_is_no_answer_ends_the_session() {
    let mail = || Request::Mail(String::new(), MailParameters::default());
    let rcpt = || Request::Rcpt("a@b".to_owned(), RcptParameters::default());
    let greet = || Request::Greet(Greeting::Ehlo, "x".to_owned());
    let requests: [&dyn Fn() -> Request; 9] = [
        &greet,
        &mail,
        &rcpt,
        &|| Request::Data,
        &|| Request::Bdat("x".into(), true),
        &|| Request::Rset,
        &|| Request::Noop,
        &|| Request::Quit,
        &|| Request::Auth("PLAIN".to_owned(), None),
    ];
    for request in requests {
        for code in [211, 220, 250, 251, 300, 334, 354, 399, 450, 550] {
            let mut table = Table::new(Cut::Whole);
            table.server("220 hello\r\n", &mut |_, _, _, _| ());
            let request = request();
            let to = request.awaited();
            table.session.ask(request).expect("an argument");
            table.run();
            table.server(&format!("{code} x\r\n"), &mut |_, _, _, _| ());
            let ends = match to {
                Awaited::Data => code < 300,
                Awaited::Auth => false,
                Awaited::Greet(_) => code == 220 || (300..400).contains(&code),
                _ => (300..400).contains(&code),
            };
            let is_misplaced = matches!(table.failure, Some(Failure::Misplaced(..)));
            assert_eq!(is_misplaced, ends, "{code} to {to}");
            assert_eq!(
                table.session.takes_message(),
                to == Awaited::Data && (300..400).contains(&code)
            );
        }
    }
}

#[test]
fn replies_have_a_bound_however_they_are_cut() {
    assert_eq!(failure_of(&[b'2'; 70_000]), Some(Failure::EndlessReply));
    assert_eq!(failure_of("220-x\r\n".repeat(20_000).as_bytes()), Some(Failure::EndlessReply));
    let long = format!("220 {}\r\n", "x".repeat(60_000));
    assert_eq!(failure_of(long.as_bytes()), None);
}

#[test]
fn replies_nobody_asked_for() {
    let unasked = |bytes: &str| failure_of(format!("220 hello\r\n{bytes}").as_bytes());
    assert!(matches!(unasked("250 surprise\r\n"), Some(Failure::Unasked(_))));
    assert!(matches!(unasked("421 bye\r\n"), Some(Failure::Leaving(_))));
    assert_eq!(unasked(""), None);
}

/// What a client that has greeted gets to know if all of `said` comes at once, and how many replies
/// it took before that; what it does on each reply is up to `act`.
fn surplus(
    said: &str,
    requests: Vec<Request>,
    act: impl Fn(Awaited, &mut ClientSession, Instant),
) -> (Option<Failure>, Vec<Awaited>) {
    let mut table = Table::new(Cut::Whole);
    let mut replies = Vec::new();
    table.server("220 hello\r\n", &mut |_, _, _, _| ());
    for request in requests {
        table.session.ask(request).expect("an argument");
        table.run();
    }
    table.server(said, &mut |to, _, session, now| {
        replies.push(to);
        act(to, session, now);
    });
    (table.failure, replies)
}

#[test]
fn a_reply_too_many_is_never_the_answer_to_what_comes_next() {
    let ask = |request: fn() -> Request| {
        move |_: Awaited, session: &mut ClientSession, _: Instant| {
            session.ask(request()).expect("an argument");
        }
    };
    let noop = || vec![Request::Noop];
    for next in [|| Request::Noop, || Request::Rset, || Request::Data, || Request::Quit] {
        for more in ["250 OK\r\n", "220 hello\r\n", "354 go\r\n", "450 no\r\n", "550 no\r\n"] {
            let (failure, replies) = surplus(&format!("250 OK\r\n{more}"), noop(), ask(next));
            assert!(matches!(failure, Some(Failure::Unasked(_))), "{more}: {failure:?}");
            assert_eq!(replies, [Awaited::Noop], "{more}");
        }
        for part in ["2", "25", "250", "250 O", "250-O\r\n", "4", "x"] {
            let (failure, replies) = surplus(&format!("250 OK\r\n{part}"), noop(), ask(next));
            assert!(matches!(failure, Some(Failure::UnaskedHead(_))), "{part}: {failure:?}");
            assert_eq!(replies, [Awaited::Noop], "{part}");
        }
    }
    let (failure, _) = surplus("250 OK\r\n421 bye\r\n", noop(), ask(|| Request::Noop));
    assert!(matches!(failure, Some(Failure::Leaving(_))), "{failure:?}");
}

#[test]
fn a_reply_together_with_354_is_no_word_on_the_message() {
    let end: fn(Awaited, &mut ClientSession, Instant) =
        |_, session, now| session.end_message(1, now);
    let prepared: fn(Awaited, &mut ClientSession, Instant) =
        |_, session, now| session.send_prepared(b".\r\n", now);
    for give in [end, prepared] {
        for more in ["250 OK\r\n", "354 go\r\n", "450 no\r\n", "552 no\r\n", "421 bye\r\n"] {
            let said = format!("354 go\r\n{more}");
            let (failure, replies) = surplus(&said, vec![Request::Data], give);
            assert!(matches!(failure, Some(Failure::Early(_))), "{more}: {failure:?}");
            assert_eq!(replies, [Awaited::Data], "{more}");
        }
        for part in ["2", "250", "250-O\r\n", "3"] {
            let said = format!("354 go\r\n{part}");
            let (failure, _) = surplus(&said, vec![Request::Data], give);
            assert!(matches!(failure, Some(Failure::UnaskedHead(_))), "{part}: {failure:?}");
        }
        for part in ["4", "55", "552 no", "552-no\r\n"] {
            let said = format!("354 go\r\n{part}");
            let (failure, _) = surplus(&said, vec![Request::Data], give);
            assert_eq!(failure, None, "{part}: it may become a refusal");
        }
    }
}

#[test]
fn an_end_of_input_is_told_with_what_was_awaited() {
    let mut table = Table::new(Cut::Whole);
    table.session.receive(b"220-hel");
    table.session.end_input();
    table.run();
    assert_eq!(table.failure, Some(Failure::Closed(Some(Awaited::Connect))));
}

#[test]
fn every_reply_has_its_deadline() {
    let mut table = Table::new(Cut::Whole);
    let start = table.now;
    let after = |table: &Table| table.session.deadline().map(|deadline| deadline - start);
    assert_eq!(after(&table), Some(Duration::from_secs(300)));
    table.now += Duration::from_secs(10);
    table.server("220 hello\r\n", &mut |_, _, _, _| ());
    assert_eq!(after(&table), None);
    for (request, reply, seconds) in
        [(Request::Noop, "250 OK\r\n", 310), (Request::Data, "354 go\r\n", 130)]
    {
        table.session.ask(request).expect("an argument");
        table.run();
        assert_eq!(after(&table), Some(Duration::from_secs(seconds)));
        table.server(reply, &mut |_, _, _, _| ());
    }
    let now = table.now;
    table.session.end_message(1, now);
    assert_eq!(after(&table), Some(Duration::from_secs(610)));
    assert_eq!(table.session.expire(), Failure::Timeout(Some(Awaited::Message)));
}

#[test]
fn a_reply_before_the_end_of_a_message_is_told() {
    let mut table = Table::new(Cut::Whole);
    table.server("220 hello\r\n", &mut |_, _, _, _| ());
    table.session.ask(Request::Data).expect("an argument");
    table.run();
    table.server("354 go\r\n552 too much\r\n", &mut |_, _, _, _| ());
    assert!(matches!(table.failure, Some(Failure::Early(_))));
}

#[test]
fn a_server_that_leaves_gets_nothing_more() {
    let mut table = Table::new(Cut::Whole);
    table.server("220 hello\r\n", &mut |_, _, _, _| ());
    for _ in 0..3 {
        table.session.ask(Request::Noop).expect("an argument");
    }
    table.run();
    table.client("NOOP\r\n");
    table.server("421 bye\r\n", &mut |_, _, _, _| ());
    assert!(table.session.has_ended());
    table.client("");
}
