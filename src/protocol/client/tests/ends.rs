//! Sessions that end before all is said: what the server said until then is told, of each recipient.

use super::*;

const GROUP: &str = "250-mx.example\r\n250 PIPELINING\r\n";
const CHUNKS: &str = "250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n";

/// What a delivery to three knows, and its session, once the server has said `said` line by line and
/// sends no more; the message is given when it is wanted.
fn ended(ehlo: &str, lmtp: bool, said: &[&str]) -> (Vec<u16>, Option<Failure>, Table) {
    let (mut table, _) = open(Cut::Whole, &options(|_| ()), ehlo);
    let envelope = envelope("a@b", &["c@d", "e@f", "g@h"]);
    let mut delivery = Delivery::begin(&envelope, 0, lmtp, &mut table.session).expect("fit");
    table.run();
    for line in said {
        table.server(line, &mut |to, reply, session, now| {
            delivery.replied(to, reply, session, now);
        });
        if delivery.progress() == Progress::Message {
            delivery.give(b"x", &mut table.session);
            let now = table.now;
            delivery.finish(&mut table.session, now);
            table.run();
        }
    }
    let failure = table.failure.take();
    table.session.end_input();
    table.settle(&mut |to, reply, session, now| delivery.replied(to, reply, session, now));
    let failure = failure.or(table.failure.take());
    let code = |fate: &Fate| match fate {
        Fate::Accepted => 250,
        Fate::Rejected(_, reply) => reply.code().value(),
        Fate::Pending | Fate::Unfit(_) => 0,
    };
    delivery.break_off(failure.as_ref());
    (delivery.fates().iter().map(code).collect(), failure, table)
}

#[test]
fn what_was_read_of_each_recipient_counts() {
    let (ok, go) = ("250 OK\r\n", "354 go\r\n");
    let table: [(&str, bool, &[&str], [u16; 3]); 18] = [
        (PLAIN, false, &[], [0, 0, 0]),
        (PLAIN, false, &["553 no\r\n"], [553, 553, 553]),
        (PLAIN, false, &[ok, "550 no\r\n"], [550, 0, 0]),
        (PLAIN, false, &[ok, ok, "451 no\r\n"], [0, 451, 0]),
        (PLAIN, false, &[ok, "550 no\r\n", "421 bye\r\n"], [550, 421, 421]),
        (PLAIN, false, &[ok, ok, "421 bye\r\n"], [421, 421, 421]),
        (GROUP, false, &["553 no\r\n"], [553, 553, 553]),
        (GROUP, false, &[ok, "550 no\r\n"], [550, 0, 0]),
        (GROUP, false, &[ok, "550 no\r\n", "551 no\r\n", "450 no\r\n"], [550, 551, 450]),
        (GROUP, false, &[ok, ok, "551 no\r\n", ok, "452 no\r\n"], [452, 551, 452]),
        (GROUP, false, &[ok, ok, "551 no\r\n", ok, go], [0, 551, 0]),
        (GROUP, false, &[ok, ok, "551 no\r\n", ok, go, "554 no"], [554, 551, 554]),
        (GROUP, false, &[ok, ok, "551 no\r\n", ok, go, "250 taken"], [0, 551, 0]),
        (CHUNKS, false, &[ok, ok, ok, ok, "552 no\r\n"], [552, 552, 552]),
        (CHUNKS, false, &[ok, ok, "421 bye\r\n"], [421, 421, 421]),
        (GROUP, true, &[ok, ok, ok, ok, go, ok, "452 full\r\n"], [250, 452, 0]),
        (GROUP, true, &[ok, ok, "550 no\r\n", ok, go, ok], [250, 550, 0]),
        (GROUP, true, &[ok, ok, ok, ok, go, ok, "421 bye\r\n"], [250, 421, 0]),
    ];
    for (ehlo, lmtp, said, expected) in table {
        let (codes, _, table) = ended(ehlo, lmtp, said);
        assert_eq!(codes, expected, "{ehlo} {said:?}");
        assert!(table.session.has_ended() || !table.session.is_awaiting(), "{said:?}");
    }
}

#[test]
fn a_session_ends_with_421_whatever_else_is_owed() {
    for ehlo in [PLAIN, GROUP, CHUNKS] {
        for before in 0..4 {
            let mut said = vec!["250 OK\r\n"; before];
            said.push("421 4.3.2 bye\r\n");
            let (codes, failure, mut table) = ended(ehlo, false, &said);
            assert_eq!(codes, [421, 421, 421], "{ehlo} after {before}");
            assert!(matches!(failure, Some(Failure::Leaving(_))), "{ehlo}: {failure:?}");
            table.sent.clear();
            assert!(table.session.ask(Request::Noop).is_ok());
            table.run();
            table.client("");
        }
    }
}

#[test]
fn a_refusal_needs_no_line_end_and_an_acceptance_does() {
    for (last, told) in [
        ("454 4.3.0 Try again later", true),
        ("454 4.3.0 Try again later\r", true),
        ("454-4.3.0 Try\r\n454 again", true),
        ("454-4.3.0 Try\r\n45", true),
        ("554-no", true),
        ("554", true),
        ("55", false),
        ("5", false),
        ("", false),
        ("250 OK", false),
        ("250-OK\r\n250", false),
        ("250", false),
        ("354 go", false),
        ("5xx no", false),
        ("699 no", false),
    ] {
        for cut in [Cut::Whole, Cut::Bytes] {
            let mut table = Table::new(cut);
            table.server("220 hello\r\n", &mut |_, _, _, _| ());
            table.session.ask(Request::Noop).expect("an argument");
            table.run();
            table.server(last, &mut |_, _, _, _| ());
            table.session.end_input();
            let mut replies = Vec::new();
            table.settle(&mut |to, reply, _, _| replies.push((to, reply.code().value())));
            let code = last.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
            let expected = if told { vec![(Awaited::Noop, code)] } else { vec![] };
            assert_eq!(replies, expected, "{last:?}");
            assert!(matches!(table.failure, Some(Failure::Closed(_))), "{last:?}");
        }
    }
}
