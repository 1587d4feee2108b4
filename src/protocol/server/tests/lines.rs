//! Lines: what is around them, and what is too long.

use super::*;
use crate::protocol::limits::MAX_ENDLESS_LINE;

#[test]
fn no_space_is_around_a_line_but_that_of_mail() {
    let spaces = ["", " ", "\t", " \t ", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2003}"];
    for space in spaces {
        let goes_on = space.chars().all(|char| matches!(char, ' ' | '\t'));
        for (command, known) in [("NOOP", "250"), ("MAIL FROM:<a@b>", "250"), ("RSET", "250")] {
            for line in [format!("{command}{space}\r\n"), format!("{space}{command}\r\n")] {
                let mut table = greeted(config(|_| {}), Interest::default());
                table.send(line.as_bytes());
                let is_known = replies(&mut table).starts_with(known);
                assert_eq!(is_known, goes_on, "{line:?}");
            }
        }
    }
}

/// What a web page or a program that means another port can be made to send.
const STRANGERS: [&[u8]; 36] = [
    b"GET / HTTP/1.1\r\nHost: mx\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: mx\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
    b"PROPFINDALOT / HTTP/1.0\nEHLO x\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT mx:25 HTTP/1.1\r\n\r\n",
    b"POST\t/\tHTTP/1.1\r\nEHLO x\r\n",
    b"POST / HTTP/1.1\rHost: mx\rEHLO x\r\nEHLO x\r\n",
    b"post / http/1.1\nEHLO x\n",
    b"  POST / HTTP/1.1\nEHLO x\n",
    b"POST /a b c HTTP/1.1\nEHLO x\n",
    b"EHLO / HTTP/1.1\nEHLO x\n",
    // HTTP/0.9, and what is cut short.
    b"GET /\r\nEHLO x\r\n",
    b"POST /x\r\nEHLO x\r\n",
    b"POST / HTTP\r\nEHLO x\r\n",
    b"POST\r\nEHLO x\r\n",
    b"HEAD /\n",
    b"put /x\n",
    b"DELETE /\n",
    b"OPTIONS *\n",
    b"TRACE /\n",
    b"PATCH /\n",
    b"CONNECT mx:25\n",
    // RTSP, SIP, ICAP, SSDP.
    b"OPTIONS sip:x SIP/2.0\r\nEHLO x\r\n",
    b"REGISTER sip:mx.example SIP/2.0\r\nEHLO x\r\n",
    b"DESCRIBE rtsp://mx/x RTSP/1.0\r\nEHLO x\r\n",
    b"REQMOD icap://mx/x ICAP/1.0\r\nEHLO x\r\n",
    b"M-SEARCH * NEW/3\r\nEHLO x\r\n",
    // A proxy's header, version 1 and the last line of version 2's signature.
    b"PROXY TCP4 192.0.2.1 198.51.100.7 51000 25\r\nEHLO x\r\n",
    b"proxy UNKNOWN\r\nEHLO x\r\n",
    b"\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\r\nEHLO x\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\nEHLO x\r\n",
    b"\x16\x03\x03\x00\r\nEHLO x\r\n",
    // SSL 2.0, saying that or a later version.
    b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\r\nEHLO x\r\n",
    b"\x81\x03\x01\x03\x01\x00\xda\x00\x00\x00\x20\r\nEHLO x\r\n",
    b"LONG\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n",
    b"LONG",
];

/// Commands, of programs' own too, that have something of a request.
const FRIENDS: [&str; 16] = [
    "PROXYTCP4 x",
    "PROXY HELP",
    "AUTH PLAIN AGFi/12",
    "AUTH LOGIN ab:c/1",
    "NOOP",
    "NOOP HTTP/1.1",
    "HELP SIP/2.0",
    "VRFY a/b c",
    "RSET",
    "XCLIENT ADDR=192.0.2.1 PORT=1/2",
    "XFORWARD NAME=a/b HELO=x",
    "GETX /",
    "POSTMASTER /x",
    "X-MINE first VERSION/1",
    "X-MINE /path VERSION/x",
    "X-MINE /path VERSION/1.2.3",
];

#[test]
fn what_is_no_request_goes_on_before_a_greeting() {
    let dialects = [Dialect::mbr_smtp(), Dialect::smtp_protocol(), Dialect::mail_io()];
    for (dialect, line) in dialects.iter().flat_map(|dialect| FRIENDS.map(|line| (dialect, line))) {
        let mut table =
            Table::new(config(|config| config.dialect = dialect.clone()), Interest::default());
        table.run();
        table.replies.clear();
        table.send(format!("{line}\r\n").as_bytes());
        let said = replies(&mut table);
        assert!(!said.starts_with("421 ") && !table.closed, "{line:?}: {said:?}");
    }
}

/// Before a greeting none of it is SMTP, whoever answers commands, and whatever is listened to.
#[test]
fn strangers_are_turned_away_before_a_greeting() {
    let dialects = [Dialect::mbr_smtp(), Dialect::smtp_protocol(), Dialect::mail_io()];
    let interests = [Interest::default(), Interest::MESSAGE, Interest(u32::MAX)];
    for (dialect, interest, wire) in dialects.iter().flat_map(|dialect| {
        interests.iter().flat_map(move |it| STRANGERS.map(|wire| (dialect, *it, wire)))
    }) {
        let text = String::from_utf8_lossy(wire).replace("LONG", &"x".repeat(2_049));
        let wire = if wire.starts_with(b"LONG") { text.as_bytes() } else { wire };
        let ends = (0..wire.len().min(40)).chain([wire.len()]);
        for cut in ends {
            let config = config(|config| config.dialect = dialect.clone());
            let mut table = Table::new(config, interest);
            table.run();
            table.replies.clear();
            table.events.clear();
            table.send(&wire[..cut]);
            table.send(&wire[cut..]);
            let said = replies(&mut table);
            assert!(said.starts_with("421 ") && table.closed, "{text:?} at {cut}: {said:?}");
            assert_eq!(said.matches("\r\n").count(), 1, "{text:?} at {cut}: {said:?}");
        }
    }
}

#[test]
fn behind_a_greeting_they_are_commands_like_any_other() {
    let mut table = greeted(config(|_| {}), Interest::default());
    table.send(&[b'x'; 3_000]);
    table.send(b"\x16\x03\x01\r\n");
    assert!(replies(&mut table).starts_with("500 "));
    table.send(b"\x16\x03\x01\r\nNOOP\r\n");
    let said = replies(&mut table);
    assert!(said.starts_with("500 ") && said.ends_with("250 OK\r\n"), "{said}");
}

#[test]
fn a_line_without_an_end_ends_the_session() {
    for piece in [1, 1_000, MAX_ENDLESS_LINE, 1 << 20] {
        let mut table = greeted(config(|_| {}), Interest::default());
        let mut sent = 0;
        while !table.closed && sent <= 2 << 20 {
            table.send(&vec![b'x'; piece]);
            sent += piece;
        }
        assert!(sent <= MAX_ENDLESS_LINE + 1 + piece, "{sent} bytes in pieces of {piece}");
        let said = replies(&mut table);
        assert!(said.starts_with("421 example.domain got a line without an end"), "{said}");
    }
}

/// Groups that RFC 2920 section 3.1 allows, of which something is refused.
#[test]
fn what_is_pipelined_behind_a_refusal_is_no_offence() {
    let rest = "RCPT TO:<c@d>\r\n".repeat(100);
    for (first, refused) in [
        ("MAIL FROM:<a@b> SIZE=99999999999\r\n", "552 "),
        ("MAIL FROM:<a@b> X=1\r\n", "555 "),
        ("MAIL FROM:a\r\n", "501 "),
    ] {
        let mut table = greeted(config(|_| {}), Interest::default());
        table.send(
            format!("{first}{rest}DATA\r\nMAIL FROM:<a@b>\r\nRCPT TO:c\r\nDATA\r\n").as_bytes(),
        );
        let said = replies(&mut table);
        assert!(said.starts_with(refused) && !table.closed, "{first:?}: {said}");
        assert_eq!(said.matches("\r\n503 ").count(), 102, "{first:?}: {said}");
        table.send(b"RCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n");
        assert!(replies(&mut table).ends_with("250 OK\r\n"));
    }
}

#[test]
fn what_stands_behind_nothing_is_an_offence() {
    for line in ["RCPT TO:<c@d>\r\n", "DATA\r\n"] {
        let mut table = greeted(config(|_| {}), Interest::default());
        table.send(line.repeat(21).as_bytes());
        assert!(table.closed && replies(&mut table).contains("421 "), "{line:?}");
    }
}

#[test]
fn a_message_that_was_taken_starts_the_count_anew() {
    let mail = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n";
    let mut table = greeted(config(|_| {}), Interest::default());
    for _ in 0..5 {
        table.send("NOSUCH\r\n".repeat(20).as_bytes());
        table.send(mail.as_bytes());
        assert!(replies(&mut table).ends_with("250 OK\r\n") && !table.closed);
    }
}

/// Wire bytes are handed on up to the limit of a message, however they were cut.
#[test]
fn chunks_end_at_the_limit_byte_for_byte() {
    let body = b"0123\r\n..45\r\n.\rx\r\n67\r\n..\r\n89abcdefghij\r\n.\r\n";
    for limit in 0..40 {
        let mut found: Vec<Vec<u8>> = Vec::new();
        for step in 1..=body.len() {
            let size = |config: &mut ServerConfig| config.limits.size = Some(limit);
            let mut table = greeted(config(size), Interest::DATA_CHUNK);
            table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
            for piece in body.chunks(step) {
                table.send(piece);
            }
            found.push(std::mem::take(&mut table.raw));
        }
        found.dedup();
        assert_eq!(found.len(), 1, "{limit}: {found:?}");
        assert!(body.starts_with(&found[0]), "{limit}");
        assert!(found[0].len() as u64 >= limit.min(20), "{limit}: {found:?}");
    }
}

/// Where a byte may stand: behind nothing, within a verb, and within each argument.
const HEADS: [&str; 14] = [
    "",
    "N",
    "EHLO ",
    "HELO x",
    "MAIL ",
    "MAIL FROM:<a",
    "MAIL FROM:<a@b> ",
    "RCPT TO:<",
    "DATA",
    "RSET ",
    "NOOP ",
    "HELP ",
    "VRFY ",
    "AUTH ",
];

#[test]
fn a_line_with_any_byte_in_it_has_one_reply_and_the_session_goes_on() {
    for byte in 0..=u8::MAX {
        for head in HEADS {
            for tail in [&b""[..], b"x"] {
                let mut table = greeted(config(|_| {}), Interest::all());
                let line = [head.as_bytes(), &[byte], tail, b"\r\n"].concat();
                table.send(&line);
                let said = replies(&mut table);
                let last = said.lines().filter(|line| line.as_bytes().get(3) != Some(&b'-'));
                // A bare LF ends a line, too.
                let lines = line.iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(last.count(), lines, "{}: {said}", line.escape_ascii());
                table.send(b"NOOP\r\n");
                assert_eq!(replies(&mut table), "250 OK\r\n", "{}", line.escape_ascii());
            }
        }
    }
}

#[test]
fn any_byte_of_a_message_is_delivered() {
    for byte in 0..=u8::MAX {
        let mut table = greeted(config(|_| {}), Interest::DATA);
        table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        let message = [b'a', byte, b'b', b'\r', b'\n'];
        table.send(&message);
        table.send(b".\r\n");
        let shown = message.escape_ascii().to_string().replace("\\x00", "\\0");
        assert_eq!(table.events, [format!("data {shown}")]);
    }
}
