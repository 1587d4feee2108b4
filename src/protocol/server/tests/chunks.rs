//! BDAT: what transcripts cannot say.

use super::*;
use crate::protocol::budget::{Budget, Reservation};
use crate::protocol::control::Pipelining;
use crate::protocol::testing::{Random, in_pieces};

const BEGUN: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

fn begun(change: impl FnOnce(&mut ServerConfig), interest: Interest) -> Table {
    let mut table = greeted(config(change), interest);
    table.send(BEGUN);
    table.replies.clear();
    table.events.clear();
    table
}

fn streaming() -> Table {
    begun(|_| {}, STREAM)
}

/// Every way in which BDAT is refused, and every verdict that leaves it undone: the next command is
/// the one behind the chunk.
#[test]
fn a_chunk_that_is_refused_is_never_read_as_commands() {
    let chunk = b"BDAT 28 LAST\r\nMAIL FROM:<evil@b>\r\nQUIT\r\n\r\nRSET\r\nRSET\r\n";
    let refusals: [Option<Verdict>; 6] = [
        None,
        Some(Verdict::Answer(Reply::new(ReplyCode::known(554), "no"))),
        Some(Verdict::Answer(Reply::new(ReplyCode::known(250), "done"))),
        Some(Verdict::Silent(ReplyCode::new(451))),
        Some(Verdict::Skip(None)),
        Some(Verdict::Skip(ReplyCode::new(250))),
    ];
    for before in ["", "EHLO x\r\n", "EHLO x\r\nMAIL FROM:<a@b>\r\n", "EHLO x\r\nBEGUN"] {
        for verdict in &refusals {
            if verdict.is_none() && before.ends_with("BEGUN") {
                continue;
            }
            for cut in 0..chunk.len() {
                let interest = if verdict.is_some() { Interest::MESSAGE } else { Interest::DATA };
                let mut table = Table::new(config(|_| {}), interest);
                table.send(
                    before.replace("BEGUN", "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n").as_bytes(),
                );
                table.replies.clear();
                table.events.clear();
                table.verdicts.extend(verdict.clone());
                table.send(&chunk[..cut]);
                table.send(&chunk[cut..]);
                let said = replies(&mut table);
                // RSET behind it, twice, and its own reply if there is one of ours.
                let own = match verdict {
                    None | Some(Verdict::Answer(_)) => 1,
                    _ => 0,
                };
                assert_eq!(said.lines().count(), own + 2, "{before:?} {verdict:?} {cut}: {said}");
                assert!(said.ends_with("250 OK\r\n250 OK\r\n"), "{before:?} {verdict:?}: {said}");
                assert!(!table.closed && !said.contains("221"));
                let told: Vec<_> = table.events.iter().map(String::as_str).collect();
                if verdict.is_some() {
                    assert_eq!(told, ["message BDAT 28 LAST", "message RSET", "message RSET"]);
                } else {
                    assert_eq!(told, [""; 0]);
                }
            }
        }
    }
}

#[test]
fn a_refused_connection_has_its_chunks_dropped_too() {
    let mut table = Table::new(config(|_| {}), Interest::CONNECT);
    table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(554), "no")));
    table.run();
    table.replies.clear();
    table.send(b"BDAT 6\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(replies(&mut table).matches("503 ").count(), 2);
    table.send(b"QUIT\r\n");
    assert!(table.closed);
}

#[test]
fn a_middle_chunk_that_a_listener_leaves_undone_ends_the_message() {
    let mut table = begun(|_| {}, Interest(Interest::MESSAGE.0 | STREAM.0));
    table.send(b"BDAT 1\r\nx");
    table.events.clear();
    table.replies.clear();
    table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(250), "done")));
    table.send(b"BDAT 6\r\nQUIT\r\nBDAT 1 LAST\r\nxNOOP\r\n");
    let said = replies(&mut table);
    assert!(said.starts_with("250 done\r\n503 ") && said.ends_with("\r\n250 OK\r\n"), "{said}");
    assert!(!table.events.iter().any(|event| event.starts_with("stream")), "{:?}", table.events);
    assert!(table.events.contains(&"withdrawn x".to_owned()), "{:?}", table.events);
}

#[test]
fn what_is_taken_back_is_told_to_who_reads_it() {
    for (command, goes_on) in [("RSET", true), ("EHLO y", true), ("QUIT", false)] {
        let mut table = streaming();
        table.send(b"BDAT 2\r\nxyBDAT 1\r\nz");
        assert_eq!(replies(&mut table), "250 OK\r\n250 OK\r\n");
        table.send(format!("{command}\r\n").as_bytes());
        let told: Vec<_> = table.events.drain(..).collect();
        assert_eq!(told, if goes_on { vec!["withdrawn xyz"] } else { vec![] }, "{command}");
        assert_eq!(table.closed, !goes_on);
        if goes_on {
            table.replies.clear();
            table.send(b"BDAT 6\r\nQUIT\r\nNOOP\r\n");
            let said = replies(&mut table);
            assert!(said.starts_with("503 ") && said.ends_with("\r\n250 OK\r\n"), "{said}");
        }
    }
    let mut table = begun(|_| {}, Interest::DATA);
    table.send(b"BDAT 2\r\nxyRSET\r\n");
    assert_eq!(table.events, [""; 0], "who takes it whole has not seen any of it");
}

#[test]
fn a_message_that_is_cut_off_is_never_taken() {
    for rest in ["BDAT 5 LAST\r\nxyz", "BDAT 2\r\nxy", "BDAT 2\r\nxyBDAT 1 LA", "BDAT 6\r\n"] {
        for interest in [Interest::DATA, STREAM] {
            let mut table = begun(|_| {}, interest);
            table.send(rest.as_bytes());
            assert!(table.session.in_message(), "an end of TLS without close_notify is an error");
            table.session.end_input();
            table.run();
            assert!(table.closed);
            let told = |event: &String| event.starts_with("data") || event.starts_with("stream");
            assert!(!table.events.iter().any(told), "{rest}: {:?}", table.events);
        }
    }
    let mut table = greeted(config(|_| {}), Interest::DATA);
    table.send(b"BDAT 6\r\nQUI");
    assert!(table.session.in_message() && !table.session.in_transaction());
    table.session.end_input();
    table.run();
    assert!(table.closed && table.replies.is_empty());
}

#[test]
fn deadlines_between_chunks_and_within_them() {
    let mut table = streaming();
    table.send(b"BDAT 1\r\nx");
    assert_eq!(wait(&mut table, 299), Expired::Nothing);
    assert_eq!(wait(&mut table, 1), Expired::Deadline, "the next command");
    for begin in [&b"BDAT 5\r\nx"[..], b"RSET\r\nBDAT 5\r\nx"] {
        let mut table = streaming();
        table.send(begin);
        for _ in 0..2 {
            assert_eq!(wait(&mut table, 599), Expired::Nothing);
            table.send(b"x");
        }
        assert_eq!(wait(&mut table, 600), Expired::Deadline, "data");
        assert!(table.closed && replies(&mut table).ends_with("Closing the connection\r\n"));
    }
    let mut table = Table::new(config(|_| {}), Interest::default());
    table.send(b"BDAT 1000\r\n");
    for _ in 0..29 {
        assert_eq!(wait(&mut table, 10), Expired::Nothing);
        table.send(b"x");
    }
    assert_eq!(wait(&mut table, 10), Expired::Deadline, "to greet");
}

#[test]
fn the_least_rate_counts_between_chunks_and_in_dropped_ones() {
    let slow = |config: &mut ServerConfig| config.control.min_data_rate = Some(100);
    for (begin, more) in [
        (&b"BDAT 1\r\nx"[..], &b"BDAT 1\r\nx"[..]),
        (b"BDAT 9999\r\nx", b"x"),
        (b"RSET\r\nBDAT 9999\r\nx", b"x"),
    ] {
        let mut table = begun(slow, Interest::DATA);
        table.send(begin);
        for _ in 0..4 {
            assert_eq!(wait(&mut table, 2), Expired::Nothing);
            table.send(more);
        }
        assert_eq!(wait(&mut table, 2), Expired::Deadline, "{}", begin.escape_ascii());
        assert!(replies(&mut table).contains("421 "));
    }
    let mut table = begun(slow, Interest::DATA);
    for _ in 0..20 {
        table.send(&[b"BDAT 300\r\n", &[b'x'; 300][..]].concat());
        assert_eq!(wait(&mut table, 2), Expired::Nothing);
    }
}

#[test]
fn a_server_that_stops_waits_for_the_last_chunk() {
    let mut table = begun(|_| {}, Interest::DATA);
    table.send(b"BDAT 1\r\nx");
    table.session.drain();
    table.run();
    assert!(!table.closed);
    table.send(b"BDAT 1 LAST\r\ny");
    assert!(table.closed && table.events == ["data xy"]);
    let said = replies(&mut table);
    assert!(said.starts_with("250 OK\r\n250 OK\r\n421 "), "{said}");
    let mut table = begun(|_| {}, Interest::DATA);
    table.send(b"BDAT 5\r\nx");
    table.session.abort();
    table.run();
    assert!(table.closed && replies(&mut table).starts_with("421 "));
}

#[test]
fn what_the_application_discards_is_refused_at_the_end_of_its_chunk() {
    let refusal = || Some(Reply::new(ReplyCode::known(554), "no more"));
    for (begin, rest) in [("BDAT 1\r\nx", "BDAT 6\r\nQUIT\r\n"), ("BDAT 7\r\nx", "QUIT\r\n")] {
        for (reply, said) in [(None, "451 "), (refusal(), "554 no more")] {
            let mut table = streaming();
            table.send(begin.as_bytes());
            table.replies.clear();
            table.session.discard(reply);
            table.send(format!("{rest}BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n").as_bytes());
            let replies = replies(&mut table);
            let lines: Vec<_> = replies.lines().collect();
            assert!(lines[0].starts_with(said) && lines[1].starts_with("503 "), "{replies}");
            assert_eq!(lines[2..], ["250 OK"]);
        }
    }
}

#[test]
fn there_may_be_no_memory_for_a_chunk() {
    let budget = Budget::new(Some(300_000));
    let shared = budget.clone();
    let mut table = begun(|config| config.control.memory = Some(shared), Interest::DATA);
    let mut other = Reservation::of(Some(budget.clone()));
    table.send(&[b"BDAT 20000\r\n", &[b'x'; 20_000][..]].concat());
    assert_eq!(replies(&mut table), "250 OK\r\n");
    table.send(&[b"BDAT 400000\r\n", &[b'x'; 400_000][..], b"BDAT 0 LAST\r\nNOOP\r\n"].concat());
    let said = replies(&mut table);
    let codes: Vec<_> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["452", "503", "250"]);
    assert_eq!(budget.used(), 0);
    assert!(other.grow(300_000));
    table.send(BEGUN);
    table.replies.clear();
    table.send(b"BDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\nNOOP\r\n");
    let said = replies(&mut table);
    let codes: Vec<_> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["452", "503", "250"]);
}

#[test]
fn binary_mail_comes_by_bdat_alone_and_as_it_is() {
    let change = |config: &mut ServerConfig| {
        config.extensions.offer(Extension::BinaryMime);
        config.bare_newlines = BareNewlines::Refuse;
    };
    let mut table = greeted(config(change), Interest::DATA);
    table.send(b"MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n");
    table.replies.clear();
    table.send(b"DATA\r\n");
    assert!(replies(&mut table).starts_with("503 Send the message by BDAT"));
    table.send(b"BDAT 4\r\n\r\0\n\nBDAT 1 LAST\r\n\r");
    assert_eq!(replies(&mut table), "250 OK\r\n250 OK\r\n");
    assert_eq!(table.events, ["data \\r\\0\\n\\n\\r"]);
    // The next transaction is another.
    table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    assert!(replies(&mut table).ends_with("message\r\n"));
}

#[test]
fn bytes_of_a_chunk_are_no_pipelining_and_commands_behind_it_are() {
    let refuse = |config: &mut ServerConfig| {
        config.control.unauthorised_pipelining = Pipelining::Refuse;
    };
    for (rest, closes) in [
        ("BDAT 2 LAST\r\nxy", false),
        ("BDAT 2 LAST\r\nxyNOOP\r\n", true),
        ("BDAT 2\r\nxyBDAT 0 LAST\r\n", true),
    ] {
        let mut table = greeted(config(refuse), Interest::default());
        table.send(b"MAIL FROM:<a@b>\r\n");
        table.send(b"RCPT TO:<c@d>\r\n");
        table.send(rest.as_bytes());
        assert_eq!(table.closed, closes, "HELO: {rest}");
        let mut table = Table::new(config(refuse), Interest::default());
        table.send(b"EHLO x\r\n");
        table.send([BEGUN, rest.as_bytes()].concat().as_slice());
        assert!(!table.closed, "EHLO: {rest}");
    }
}

#[test]
fn where_it_is_not_offered_it_is_no_command() {
    let without = |config: &mut ServerConfig| config.extensions = Extensions::default();
    let mut table = begun(without, Interest::default());
    table.send(b"BDAT 6\r\nNOOP\r\n");
    let said = replies(&mut table);
    assert!(said.starts_with("500 ") && said.ends_with("\r\n250 OK\r\n"), "{said}");
}

/// What a client sends in any chunks is what the application gets, however the bytes are cut.
#[test]
fn any_message_in_any_chunks_comes_as_it_was_sent() {
    const WORDS: [&str; 12] = [
        "x",
        "\r\n.\r\n",
        "\r\nQUIT\r\n",
        ".",
        "\n",
        "\r",
        "\0",
        "BDAT 5\r\n",
        "..",
        "\u{e4}",
        "\r\n",
        "RSET\r\n",
    ];
    for seed in 1..2_000 {
        let mut random = Random::new(seed);
        let (mut wire, mut message, mut chunks) = (BEGUN.to_vec(), Vec::new(), 1);
        loop {
            let mut chunk = String::new();
            for _ in 0..random.below(6) {
                chunk.push_str(WORDS[random.below(WORDS.len())]);
            }
            let is_last = random.below(4) == 0;
            let last = if is_last { " LAST" } else { "" };
            wire.extend_from_slice(format!("BDAT {}{last}\r\n{chunk}", chunk.len()).as_bytes());
            message.extend_from_slice(chunk.as_bytes());
            if is_last {
                break;
            }
            chunks += 1;
        }
        wire.extend_from_slice(b"NOOP\r\n");
        let interest = [Interest::DATA, STREAM][random.below(2)];
        let mut table = greeted(config(|_| {}), interest);
        in_pieces(&wire, |_| 1 + random.below(20), |piece| table.send(piece));
        assert_eq!(replies(&mut table), "250 OK\r\n".repeat(chunks + 3), "seed {seed}");
        let name = if interest == STREAM { "stream" } else { "data" };
        let shown = message.escape_ascii().to_string();
        let shown = if interest == STREAM { shown } else { shown.replace("\\x00", "\\0") };
        assert_eq!(table.events, [format!("{name} {shown}")], "seed {seed}");
    }
}

/// What stands behind BDAT and is no size (RFC 3030 section 2: digits, then nothing or LAST).
const UNUSABLE: &[&str] = &[
    "",
    " ",
    " LAST",
    " last",
    " -1",
    " -0",
    " +1",
    " 0x6",
    " 6h",
    " 6,0",
    " 6.0",
    " 1e1",
    " 6;",
    " \"6\"",
    " six",
    " NaN",
    " Infinity",
    " \u{663}",
    " \u{ff16}",
    " 6LAST",
    " 6 FIRST",
    " 6 LASTS",
    " 6 LAST LAST",
    " 6 6",
    " 6 LAST 6",
    " LAST 6",
    " 0 FIRST",
    " -1 LAST",
    " 6\tLAST",
    " 6\0",
    " 18446744073709551616",
    " 18446744073709551616 LAST",
    " -18446744073709551616",
    " 340282366920938463463374607431768211456",
    " 99999999999999999999999999999999999999999999 LAST",
];

#[test]
fn a_size_is_usable_or_there_is_no_chunk() {
    for argument in UNUSABLE {
        let line = format!("BDAT{argument}\r\n");
        for cut in 0..line.len() {
            let mut table = begun(|_| {}, Interest::DATA);
            table.send(&line.as_bytes()[..cut]);
            table.send(&[&line.as_bytes()[cut..], b"NOOP\r\nBDAT 3 LAST\r\nx\r\n"].concat());
            let said = replies(&mut table);
            let (first, rest) = said.split_once("\r\n").unwrap();
            assert!(first.starts_with("501 "), "{line:?} {cut}: {said}");
            assert_eq!(rest, "250 OK\r\n250 OK\r\n", "{line:?} {cut}: the transaction stays");
            assert_eq!(table.events, ["data x\\r\\n"], "{line:?} {cut}");
        }
    }
}

/// Sizes that are usable though they are unusual: nothing, zeros before, and more than ever comes.
#[test]
fn unusual_sizes_are_taken_at_their_word() {
    for (sent, wanted) in [
        ("BDAT 0\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n"),
        ("BDAT 00\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n"),
        ("BDAT 0 LAST\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n"),
        ("BDAT 0\r\nBDAT 0\r\nBDAT 0 last\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n250 OK\r\n250 OK\r\n"),
        ("BDAT 0000000000000000000000000000003 LAST\r\nx\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n"),
        ("bdat  3  lAsT \r\nx\r\nNOOP\r\n", "250 OK\r\n250 OK\r\n"),
        // All that follows is its bytes.
        ("BDAT 18446744073709551615\r\nQUIT\r\nNOOP\r\n", ""),
        ("BDAT 18446744073709551615 LAST\r\nQUIT\r\nNOOP\r\n", ""),
    ] {
        for cut in 0..sent.len() {
            let mut table = begun(|_| {}, Interest::DATA);
            table.send(&sent.as_bytes()[..cut]);
            table.send(&sent.as_bytes()[cut..]);
            assert_eq!(replies(&mut table), wanted, "{sent:?} {cut}");
            assert!(!table.closed, "{sent:?}");
        }
    }
}
