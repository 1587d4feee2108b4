//! Applications that answer every command, for which the engine carries out what they accept.

use super::*;
use crate::protocol::sasl::Mechanism;
use crate::protocol::testing::in_pieces;

const BEGUN: &[u8] = b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
const ALL: Interest = Interest(Interest::MESSAGE.0 | STREAM.0);

fn said(code: u16, text: &str) -> Verdict {
    Verdict::Answer(Reply::new(ReplyCode::known(code), text))
}

fn taken(text: &str) -> Verdict {
    Verdict::Accept(Some(Reply::new(ReplyCode::known(250), text)))
}

/// A session whose application answers what `verdicts` say, one by one.
fn table(verdicts: impl IntoIterator<Item = Verdict>) -> Table {
    let mut table = Table::new(config(|config| config.dialect = Dialect::smtp_server()), ALL);
    table.verdicts.extend(verdicts);
    table.replies.clear();
    table
}

/// One in a transaction, as the application has it; `chunks` have come, of a byte each.
fn begun(chunks: usize) -> Table {
    let mut table = table([said(250, "hi"), said(250, "from"), said(250, "to")]);
    table.send(BEGUN);
    for _ in 0..chunks {
        table.verdicts.push_back(Verdict::Accept(None));
        table.send(b"BDAT 1\r\nx");
    }
    table.replies.clear();
    table.events.clear();
    table
}

fn lines(table: &mut Table) -> Vec<String> {
    replies(table).lines().map(str::to_owned).collect()
}

/// What client and application see, sent in two pieces at each place, and byte by byte.
fn at_every_split(bytes: &[u8], make: impl Fn() -> Table, check: impl Fn(&mut Table, &str)) {
    for cut in 0..bytes.len() {
        let mut table = make();
        table.send(&bytes[..cut]);
        table.send(&bytes[cut..]);
        check(&mut table, &format!("cut at {cut}"));
    }
    let mut table = make();
    in_pieces(bytes, |_| 1, |piece| table.send(piece));
    check(&mut table, "byte by byte");
}

#[test]
fn chunks_that_it_accepts_come_as_they_were_sent() {
    let rest = b"BDAT 6\r\nQUIT\r\nBDAT 0\r\nbdat 7 last\r\n\r\n.\r\n\n\0NOOP\r\n";
    let make = || {
        let mut table = begun(0);
        let accepted = || Verdict::Accept(None);
        let verdicts = [accepted(), accepted(), accepted(), taken("queued"), said(250, "noop")];
        table.verdicts.extend(verdicts);
        table
    };
    at_every_split(rest, make, |table, cut| {
        assert_eq!(lines(table), ["250 OK", "250 OK", "250 queued", "250 noop"], "{cut}");
        let told: Vec<_> = table.events.drain(..).collect();
        let wanted = [
            "message BDAT 6",
            "message BDAT 0",
            "message bdat 7 last",
            "stream QUIT\\r\\n\\r\\n.\\r\\n\\n\\x00",
            "message NOOP",
        ];
        assert_eq!(told, wanted, "{cut}");
    });
}

/// Where a session stands, by the chunks that have come of its message.
#[test]
fn chunks_that_it_leaves_undone_are_dropped_and_answered_behind_their_bytes() {
    let refusals = [
        (said(554, "no"), Some("554 no")),
        (said(250, "done"), Some("250 done")),
        (Verdict::Silent(ReplyCode::new(451)), None),
        (Verdict::Skip(None), None),
        (Verdict::Skip(ReplyCode::new(250)), None),
    ];
    for chunks in [0, 1, 2] {
        for (refusal, reply) in &refusals {
            for last in ["", " LAST"] {
                let rest = format!("BDAT 12{last}\r\nRSET\r\nQUIT\r\nNOOP\r\n");
                let make = || {
                    let mut table = begun(chunks);
                    table.verdicts.extend([refusal.clone(), said(250, "noop")]);
                    table
                };
                at_every_split(rest.as_bytes(), make, |table, cut| {
                    let shown = format!("{chunks} {refusal:?} {last} {cut}");
                    let wanted: Vec<_> = reply.iter().copied().chain(["250 noop"]).collect();
                    assert_eq!(lines(table), wanted, "{shown}");
                    let of_message = |event: &&String| event.starts_with("message");
                    let told: Vec<_> = table.events.iter().filter(of_message).cloned().collect();
                    assert_eq!(told, [format!("message BDAT 12{last}"), "message NOOP".into()]);
                    let others: Vec<_> = table.events.iter().filter(|it| !of_message(it)).collect();
                    let withdrawn = format!("withdrawn {}", "x".repeat(chunks));
                    let wanted = if chunks > 0 { vec![&withdrawn] } else { vec![] };
                    assert_eq!(others, wanted, "{shown}");
                });
            }
        }
    }
}

#[test]
fn a_chunk_that_closes_is_not_waited_for() {
    for chunks in [0, 1] {
        let mut table = begun(chunks);
        table.verdicts.push_back(said(421, "bye"));
        table.send(b"BDAT 99\r\n");
        assert!(table.closed);
        assert_eq!(lines(&mut table), ["421 bye"]);
    }
}

#[test]
fn between_chunks_nothing_else_begins() {
    for (line, reply) in [
        ("DATA", "503 "),
        ("STARTTLS", "503 "),
        ("AUTH PLAIN", "500 "),
        ("MAIL FROM:<x@y>", "500 "),
        ("RCPT TO:<x@y>", "500 "),
        ("BDAT x", "500 "),
        ("NOOP", "500 "),
    ] {
        let mut table = begun(1);
        table.interest |= Interest::AUTH;
        table.verdicts.extend([Verdict::Accept(None), Verdict::Accept(None), taken("queued")]);
        table.send(format!("{line}\r\nBDAT 1 LAST\r\ny").as_bytes());
        let said = lines(&mut table);
        assert!(said[0].starts_with(reply) && said[1..] == ["250 queued"], "{line}: {said:?}");
        assert_eq!(table.events.back().unwrap(), "stream xy", "{line}");
    }
}

#[test]
fn a_message_is_taken_back_by_what_it_accepts_alone() {
    for line in ["RSET", "EHLO y", "HELO y", "lhlo y"] {
        for (verdict, is_over) in [(taken("yes"), true), (said(501, "no"), false)] {
            let mut table = begun(2);
            table.verdicts.extend([verdict, Verdict::Accept(None), taken("queued")]);
            table.send(format!("{line}\r\nBDAT 1 LAST\r\ny").as_bytes());
            let told: Vec<_> = table.events.drain(..).collect();
            if is_over {
                assert_eq!(told[1..], ["withdrawn xx", "message BDAT 1 LAST", "stream y"]);
            } else {
                assert_eq!(told[1..], ["message BDAT 1 LAST", "stream xxy"]);
            }
        }
    }
}

#[test]
fn where_it_is_not_offered_or_malformed_bdat_has_no_chunk() {
    let without = config(|config| {
        config.dialect = Dialect::smtp_server();
        config.extensions = Extensions::default();
    });
    let mut unoffered = Table::new(without, ALL);
    unoffered.replies.clear();
    for (mut table, line) in [
        (unoffered, "BDAT 6"),
        (begun(0), "BDAT"),
        (begun(0), "BDAT -1"),
        (begun(0), "BDAT 6 FIRST"),
        (begun(0), "BDAT 99999999999999999999"),
        (begun(0), "BDATA 6"),
    ] {
        table.verdicts.extend([said(501, "no"), said(250, "noop")]);
        table.send(format!("{line}\r\nNOOP\r\n").as_bytes());
        assert_eq!(lines(&mut table), ["501 no", "250 noop"], "{line}");
    }
}

/// Lines that are AUTH, or look like it, and what they would do where the application accepts them.
const AUTHS: [(&str, &str, &str); 17] = [
    ("AUTH", "MechanismMissing Bad", "AUTH"),
    ("AUTH ", "MechanismMissing Bad", "AUTH"),
    ("AUTH PLAIN", "- Auth", "AUTH PLAIN"),
    ("auth plain", "- Auth", "AUTH PLAIN"),
    ("AUTH  PLAIN  c2VjcmV0", "- Auth", "AUTH PLAIN"),
    ("AUTH PLAIN =", "- Auth", "AUTH PLAIN"),
    ("AUTH PLAIN c2VjcmV0 c2VjcmV0", "AuthMalformed Bad", "AUTH PLAIN"),
    ("AUTH PLAIN secret!", "AuthMalformed Bad", "AUTH PLAIN"),
    ("AUTH LOGIN", "MechanismUnknown Bad", "AUTH LOGIN"),
    ("AUTH CRAM-MD5", "- Auth", "AUTH CRAM-MD5"),
    ("AUTH SCRAM-SHA-256-PLUS", "MechanismUnknown Bad", "AUTH SCRAM-SHA-256-PLUS"),
    ("AUTH FOO c2VjcmV0", "MechanismUnknown Bad", "AUTH"),
    ("AUTHENTICATE PLAIN secret", "UnknownCommand -", "***"),
    (" AUTH PLAIN c2VjcmV0", "UnknownCommand -", "***"),
    ("AUTH\tPLAIN c2VjcmV0", "UnknownCommand -", "***"),
    ("*AUTH PLAIN c2VjcmV0", "UnknownCommand -", "***"),
    ("NOOP AUTH", "UnknownCommand -", "NOOP AUTH"),
];

/// One of an application that listens to logins, before a greeting.
fn with_logins() -> Table {
    let config = config(|config| {
        config.dialect = Dialect::smtp_server();
        config.auth.exposure = Exposure::Anywhere;
        config.auth.mechanisms = vec![Mechanism::Plain, Mechanism::CramMd5];
    });
    let mut table = Table::new(config, ALL | Interest::AUTH);
    table.replies.clear();
    table
}

#[test]
fn logins_are_planned_wherever_it_wants_them_but_between_chunks() {
    for begin in ["", "EHLO x\r\n", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"] {
        let mut table = with_logins();
        table.send(begin.as_bytes());
        for (line, planned, _) in AUTHS {
            assert_eq!(plans::shown(&table.session.plan(line)), planned, "{begin}{line}");
        }
        table.send(b"BDAT 1\r\nx");
        for (line, _, _) in AUTHS {
            let plan = table.session.plan(line);
            assert_eq!(plans::shown(&plan), "UnknownCommand -", "{begin}{line}");
        }
    }
}

#[test]
fn of_a_login_it_is_shown_the_mechanism_whatever_becomes_of_it() {
    for (line, planned, shown) in AUTHS {
        for begin in ["", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\nx"] {
            let mut table = with_logins();
            table.send(begin.as_bytes());
            table.events.clear();
            table.replies.clear();
            table.verdicts.extend([said(538, "no"), said(250, "noop")]);
            table.send(format!("{line}\r\nNOOP\r\n").as_bytes());
            assert_eq!(table.events, [format!("message {shown}"), "message NOOP".into()]);
            assert_eq!(lines(&mut table), ["538 no", "250 noop"], "{line}: {planned}");
        }
    }
}

#[test]
fn a_login_that_it_accepts_is_the_engines_until_its_end() {
    let right = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
    for (verdict, reply) in [
        (Verdict::Accept(None), "235 "),
        (said(535, "no"), "535 no"),
        (said(421, "bye"), "421 bye"),
    ] {
        for whole in [true, false] {
            let bytes = match whole {
                true => format!("AUTH PLAIN {right}\r\n"),
                false => format!("AUTH PLAIN\r\n{right}\r\n"),
            };
            let make = || {
                let mut table = with_logins();
                table.verdicts.extend([Verdict::Accept(None), verdict.clone()]);
                table
            };
            at_every_split(bytes.as_bytes(), make, |table, cut| {
                let said = lines(table);
                assert!(said.last().unwrap().starts_with(reply), "{cut} {said:?}");
                assert_eq!(said.len(), if whole { 1 } else { 2 }, "{cut} {said:?}");
                assert_eq!(table.events[0], "message AUTH PLAIN");
                assert_eq!(table.events.len(), 2, "{cut} {:?}", table.events);
                assert_eq!(table.closed, reply.starts_with("421"));
            });
        }
    }
}

/// What stands where a greeting should, whatever the application would say, and behind one.
#[test]
fn strangers_are_closed_until_a_greeting_came() {
    let strange: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\n",
        b"POST x\r\n",
        b"SETUP rtsp://a RTSP/1.0\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"\r\n\r\n\0\r\nNOOP\n",
        b"A\0B\r\n",
        b"CONNECT a:25 HTTP/1.0\r\n",
    ];
    for bytes in strange {
        for (begin, is_stranger) in [
            ("", true),
            ("NOOP\r\n", true),
            (" EHLO x\r\n", true),
            ("AUTH FOO\r\n", true),
            ("EHLO x\r\n", false),
            ("helo x\r\n", false),
            ("LHLO x\r\n", false),
        ] {
            let mut table = with_logins();
            table.verdicts.push_back(said(250, "as it likes"));
            table.send(begin.as_bytes());
            table.replies.clear();
            table.send(bytes);
            let shown = bytes.escape_ascii();
            assert_eq!(table.closed, is_stranger, "{begin:?} {shown}");
            let is_told = lines(&mut table).last().is_some_and(|line| line.starts_with("421 "));
            assert_eq!(is_told, is_stranger, "{begin:?} {shown}");
        }
    }
}

/// Whatever stands behind a greeting that it has not taken is still a stranger's.
#[test]
fn a_greeting_counts_that_it_says_it_has_taken() {
    let code = ReplyCode::new;
    for (verdict, is_greeted) in [
        (said(250, "hi"), true),
        (taken("hi"), true),
        (Verdict::Ok, true),
        (Verdict::Silent(None), true),
        (Verdict::Silent(code(250)), true),
        (Verdict::Skip(None), true),
        (Verdict::Skip(code(250)), true),
        (said(501, "who?"), false),
        (said(450, "later"), false),
        (said(334, "what?"), false),
        (Verdict::Accept(None), false),
        (Verdict::Proceed, false),
        (Verdict::Silent(code(501)), false),
        (Verdict::Skip(code(550)), false),
    ] {
        for line in ["EHLO", "EHLO x", "helo x y", "LHLO x"] {
            let mut table = with_logins();
            table.verdicts.push_back(verdict.clone());
            table.send(format!("{line}\r\n").as_bytes());
            table.send(b"GET / HTTP/1.1\r\n");
            assert_eq!(table.closed, !is_greeted, "{verdict:?} {line}");
        }
    }
}

#[test]
fn spaces_around_a_line_are_its_to_judge() {
    for line in [" NOOP", "NOOP ", "\tNOOP\t", "  ", " DATA", " QUIT", "QUIT\t", " BDAT 5"] {
        let mut table = begun(0);
        table.verdicts.extend([said(500, "no"), said(250, "noop")]);
        table.send(format!("{line}\r\nNOOP\r\n").as_bytes());
        assert_eq!(table.events, [format!("message {line}"), "message NOOP".into()]);
        assert_eq!(lines(&mut table), ["500 no", "250 noop"], "{line}");
    }
}
