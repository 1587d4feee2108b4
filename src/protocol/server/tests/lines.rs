//! Lines: what is around them, and what is too long.

use super::*;

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

#[test]
fn no_rest_of_an_overlong_line_is_taken_for_a_handshake() {
    let handshake = b"\x16\x03\x01\r\n";
    let mut table = Table::new(config(|_| {}), Interest::default());
    table.replies.clear();
    table.send(&[b'x'; 3_000]);
    table.send(handshake);
    assert!(replies(&mut table).starts_with("500 "));
    table.send(handshake);
    assert!(replies(&mut table).starts_with("421 "));
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
