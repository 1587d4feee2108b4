//! Applications that answer every command, for which the engine carries out what they accept.

use super::*;
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
