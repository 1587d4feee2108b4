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
