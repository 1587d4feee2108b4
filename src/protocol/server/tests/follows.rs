//! What follows an answer: whose the next line is, and how a message is taken.

use super::*;
use crate::protocol::limits::MAX_AUTH_LINE;

fn code(code: u16) -> ReplyCode {
    ReplyCode::new(code).unwrap()
}

fn reply(number: u16) -> Reply {
    Reply::new(code(number), "mine")
}

/// Each kind of verdict, and whether a command that it answers is carried out.
fn verdicts() -> [(Verdict, bool); 9] {
    [
        (Verdict::Accept(None), true),
        (Verdict::Accept(Some(reply(354))), true),
        (Verdict::Ok, true),
        (Verdict::Proceed, true),
        (Verdict::Answer(reply(550)), false),
        (Verdict::Silent(None), true),
        (Verdict::Silent(Some(code(550))), false),
        (Verdict::Skip(None), false),
        (Verdict::Skip(Some(code(550))), false),
    ]
}

#[test]
fn a_line_is_whose_the_answer_says() {
    for (verdict, _) in verdicts() {
        for next_line in [NextLine::Command, NextLine::Application] {
            let mut table = greeted(config(|_| {}), Interest::MAIL);
            table.verdicts.push_back(verdict.clone());
            // A line that passes is asked about again.
            let asked = if verdict == Verdict::Proceed { 2 } else { 1 };
            table.next_lines.extend([next_line].repeat(asked));
            table.send(b"MAIL FROM:<a@b>\r\nNOSUCH\r\nNOSUCH\r\n");
            let taken = table.events.contains(&"line NOSUCH".to_owned());
            assert_eq!(taken, next_line == NextLine::Application, "{verdict:?}");
            let refused = replies(&mut table).matches("500 ").count();
            assert_eq!(refused, 2 - usize::from(taken), "the line behind it is a command");
        }
    }
}

#[test]
fn a_message_is_taken_as_the_answer_to_data_says() {
    for (verdict, goes_on) in verdicts() {
        for body in [Body::Whole, Body::Stream] {
            let mut table =
                greeted(config(|_| {}), Interest(Interest::DATA_START.0 | Interest::DATA.0));
            table.body = body;
            table.verdicts.push_back(verdict.clone());
            table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
            table.send(b"x\r\n.\r\n");
            let event = match body {
                Body::Whole => "data x\\r\\n",
                Body::Stream => "stream x\\r\\n",
            };
            let taken = table.events.contains(&event.to_owned());
            assert_eq!(taken, goes_on, "{verdict:?}, {body:?}: {:?}", table.events);
        }
    }
}

#[test]
fn a_message_that_nobody_was_asked_about_is_taken_whole() {
    let mut table = greeted(config(|_| {}), Interest(Interest::RCPT.0 | Interest::DATA.0));
    table.body = Body::Stream;
    table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n");
    assert_eq!(table.events, ["rcpt c@d", "data x\\r\\n"]);
}

#[test]
fn lines_of_the_application_may_be_as_long_as_those_of_auth() {
    for (length, fits) in [(MAX_AUTH_LINE - 2, true), (MAX_AUTH_LINE - 1, false)] {
        let mut table = greeted(config(|_| {}), Interest::default());
        table.session.set_next_line(NextLine::Application);
        let line = [&vec![b'x'; length][..], b"\r\n"].concat();
        table.send(&line);
        assert_eq!(table.events.len(), usize::from(fits));
        let too_long = replies(&mut table).starts_with("500 Line too long");
        assert_eq!(too_long, !fits);
        table.session.set_next_line(NextLine::Command);
        table.send(&line);
        assert!(replies(&mut table).starts_with("500 Line too long"));
    }
}

#[test]
fn what_the_application_reads_lines_for_is_over_with_one_that_is_too_long() {
    let long = [&[b'x'; MAX_AUTH_LINE][..], b"\r\n"].concat();
    for before in [&b""[..], b"a line\r\n"] {
        for cut in [0, 1, MAX_AUTH_LINE - 1, MAX_AUTH_LINE, long.len()] {
            let mut table = greeted(config(|_| {}), Interest::default());
            table.session.set_next_line(NextLine::Application);
            table.standing.next_line = NextLine::Application;
            table.next_lines.push_back(NextLine::Application);
            table.send(before);
            // What it says once it hears of that: the next line is a command.
            table.standing.next_line = NextLine::Command;
            table.send(&long[..cut]);
            table.send(&long[cut..]);
            table.send(b"NOOP\r\n");
            assert_eq!(replies(&mut table), "500 Line too long\r\n250 OK\r\n", "{before:?}");
        }
    }
}

#[test]
fn lines_of_auth_may_be_longer_than_others() {
    for (head, limit) in [("auth PLAIN ", MAX_AUTH_LINE), ("AUTHS ", 2_048), ("NOOP ", 2_048)] {
        for (length, fits) in [(limit, true), (limit + 1, false)] {
            for cut in [1, 4, 5, 6, 2_047, 2_048, 2_049] {
                let mut line = head.as_bytes().to_vec();
                line.resize(length - 2, b'A');
                line.extend_from_slice(b"\r\n");
                let mut table = greeted(config(|_| {}), Interest::default());
                let (one, two) = line.split_at(cut.min(length));
                table.send(one);
                table.send(two);
                let too_long = replies(&mut table).starts_with("500 Line too long");
                assert_eq!(too_long, !fits, "{head} {length} cut at {cut}");
            }
        }
    }
}

#[test]
fn a_line_that_the_application_does_not_take_in_time_is_answered_by_nobody() {
    let mut table = greeted(config(|_| {}), Interest::default());
    table.session.set_next_line(NextLine::Application);
    table.session.receive(b"one\r\ntwo\r\n", table.now);
    let is_asked = |table: &mut Table, line: &[u8]| {
        let step = table.session.poll(table.now, table.interest);
        matches!(step, Step::Ask(Question::Line(asked), _) if asked == line)
    };
    assert!(is_asked(&mut table, b"one"));
    table.now += Duration::from_secs(300);
    assert_eq!(table.session.expire(table.now), Expired::Nothing);
    assert!(is_asked(&mut table, b"two"), "the next one is the application's still");
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    table.send(b"NOOP\r\n");
    assert_eq!(replies(&mut table), "250 OK\r\n", "there was nothing before that");
}
