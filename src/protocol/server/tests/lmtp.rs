//! LMTP: what transcripts cannot say.

use super::*;
use crate::protocol::command::Chunk;

const BEGUN: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\n";

fn lmtp(change: impl FnOnce(&mut ServerConfig)) -> Arc<ServerConfig> {
    config(|config| {
        config.dialect = Dialect::mbr_smtp().lmtp();
        config.replies = Replies::new(&config.dialect, &config.name, false);
        change(config);
    })
}

/// A transaction with three recipients, its 'rcpt' heard by nobody.
fn begun(change: impl FnOnce(&mut ServerConfig), interest: Interest) -> Table {
    let mut table = Table::new(lmtp(change), interest);
    table.send(b"LHLO x\r\n");
    table.send(BEGUN);
    table.replies.clear();
    table.events.clear();
    table
}

fn reply(code: u16, text: &str) -> Reply {
    Reply::new(ReplyCode::known(code), text)
}

/// The codes of the replies so far.
fn codes(table: &mut Table) -> String {
    let said = replies(table);
    said.lines().map(|line| &line[..3]).collect::<Vec<_>>().join(" ")
}

/// Each way for a message to be answered, of three recipients: whole, as a stream and by BDAT.
#[test]
fn every_answer_to_a_message_is_for_each_recipient() {
    let each = |codes: &[u16]| Verdict::Each(codes.iter().map(|code| reply(*code, "x")).collect());
    let cases = [
        (Verdict::Accept(None), "250 250 250"),
        (Verdict::Accept(Some(reply(250, "taken"))), "250 250 250"),
        (Verdict::Ok, "250 250 250"),
        (Verdict::Proceed, "250 250 250"),
        (Verdict::Answer(reply(554, "no")), "554 554 554"),
        (Verdict::Answer(reply(421, "no")), "421 421 421"),
        (each(&[250, 452, 550]), "250 452 550"),
        // What cannot be, since the wrapper looks first: nobody is left without a reply.
        (each(&[250, 550]), "250 550 451"),
        (each(&[250, 550, 250, 250]), "250 550 250"),
        // The application has said what it will by itself.
        (Verdict::Silent(ReplyCode::new(250)), ""),
        (Verdict::Silent(None), ""),
        (Verdict::Skip(ReplyCode::new(550)), ""),
    ];
    for (verdict, expected) in cases {
        for interest in [Interest::DATA, STREAM] {
            for message in [&b"DATA\r\nx\r\n.\r\n"[..], b"BDAT 2 LAST\r\nxy"] {
                let mut table = begun(|_| {}, interest);
                table.verdicts.push_back(verdict.clone());
                table.send(message);
                let said = codes(&mut table);
                let said = said.strip_prefix("354 ").unwrap_or(&said).trim_start_matches("354");
                assert_eq!(said, expected, "{verdict:?} {interest:?}");
                assert_eq!(table.closed, expected.starts_with("421"), "{verdict:?}");
                if !table.closed {
                    // Nothing of it is left for the next one.
                    table.send(b"BDAT 1 LAST\r\nxDATA\r\nNOOP\r\n");
                    assert_eq!(codes(&mut table), "503 250", "{verdict:?}");
                }
            }
        }
    }
}

#[test]
fn what_nobody_listens_to_is_answered_for_each() {
    for interest in [Interest::default(), Interest::DATA_CHUNK, Interest::RCPT] {
        let mut table = begun(|_| {}, interest);
        table.send(b"DATA\r\nx\r\n.\r\n");
        assert_eq!(codes(&mut table), "354 250 250 250", "{interest:?}");
    }
}

#[test]
fn a_listener_that_is_late_is_answered_for_each() {
    for interest in [Interest::DATA, STREAM] {
        let mut table = begun(|_| {}, interest);
        table.session.receive(b"DATA\r\nx\r\n.\r\nNOOP\r\n", table.now);
        run_to_message(&mut table);
        assert_eq!(wait(&mut table, 300), Expired::Listener);
        let said = codes(&mut table);
        assert!(said.ends_with("451 451 451 250"), "{said}");
    }
    let mut table = begun(|_| {}, Interest::RCPT);
    table.session.receive(b"RCPT TO:<i@j>\r\n", table.now);
    assert!(asks(&mut table));
    assert_eq!(wait(&mut table, 300), Expired::Listener);
    assert_eq!(codes(&mut table), "451", "of a recipient, once");
    table.send(b"DATA\r\n.\r\n");
    assert_eq!(codes(&mut table), "354 250 250 250");
}

/// Goes on until the application is asked about a message.
fn run_to_message(table: &mut Table) {
    loop {
        match table.session.poll(table.now, table.interest) {
            Step::Ask(Question::Data(_) | Question::Streamed, _) | Step::NeedInput => return,
            Step::Ask(..) => table.answer(),
            Step::Send(replies) => table.replies.extend(replies.split()),
            Step::Decoded(message) => drop(message.take()),
            step => panic!("{step:?}"),
        }
    }
}

#[test]
fn a_server_that_stops_says_so_for_each_whose_message_is_whole() {
    for (message, said) in [(&b"x\r\n.\r\n"[..], "421 421 421"), (b"x\r\n", "421")] {
        let mut table = begun(|_| {}, Interest::DATA);
        table.send(b"DATA\r\n");
        table.replies.clear();
        table.session.receive(message, table.now);
        run_to_message(&mut table);
        table.session.abort();
        table.run();
        assert!(table.closed);
        assert_eq!(codes(&mut table), said);
    }
}

#[test]
fn what_the_application_discards_is_answered_for_each() {
    for (answer, said) in [(None, "451"), (Some(reply(554, "no more")), "554")] {
        for (begin, rest, before) in [
            ("DATA\r\nx", "\r\n.\r\n", ""),
            ("BDAT 4 LAST\r\nx", "123", ""),
            ("BDAT 1\r\nx", "BDAT 1\r\nyBDAT 1 LAST\r\nz", "250 "),
        ] {
            let mut table = begun(|_| {}, STREAM);
            table.send(begin.as_bytes());
            table.session.discard(answer.clone());
            table.send(format!("{rest}NOOP\r\n").as_bytes());
            let expected = match before {
                "" => format!("{said} {said} {said} 250"),
                // One for the chunk that was not the last.
                _ => format!("{before}{said} 503 503 503 250"),
            };
            let codes = codes(&mut table);
            assert_eq!(codes.trim_start_matches("354 "), expected, "{begin}");
        }
    }
}

#[test]
fn the_application_hears_of_each_reply_of_the_engine() {
    let mut table = begun(|config| config.limits.size = Some(1), Interest::RESPONSE);
    table.session.receive(b"DATA\r\nxyz\r\n.\r\n", table.now);
    let mut heard = Vec::new();
    while let Step::Tell(_, news) = table.session.poll(table.now, table.interest) {
        heard.append(&mut news.responses);
        news.clear();
        table.session.heard(None, table.now);
    }
    assert_eq!(heard.iter().filter(|line| line.starts_with("552 ")).count(), 3, "{heard:?}");
    let refusals: Vec<_> = table.session.config.counters.refusals().collect();
    assert_eq!(refusals, [(Stock::TooBig, 1)], "of one message");
}

/// Whatever the application makes of a RCPT, who was told 2yz waits for a reply.
#[test]
fn recipients_count_as_the_client_was_told() {
    let cases = [
        (Interest::RCPT, Verdict::Ok, 1),
        (Interest::RCPT, Verdict::Accept(Some(reply(250, "yes"))), 1),
        (Interest::RCPT, Verdict::Answer(reply(550, "no")), 0),
        (Interest::RCPT, Verdict::Answer(reply(250, "so to speak")), 1),
        (Interest::RCPT, Verdict::Silent(None), 1),
        (Interest::RCPT, Verdict::Silent(ReplyCode::new(250)), 1),
        (Interest::RCPT, Verdict::Silent(ReplyCode::new(450)), 0),
        (Interest::MESSAGE, Verdict::Skip(None), 1),
        (Interest::MESSAGE, Verdict::Skip(ReplyCode::new(250)), 1),
        (Interest::MESSAGE, Verdict::Skip(ReplyCode::new(550)), 0),
        (Interest::MESSAGE, Verdict::Answer(reply(250, "mine")), 1),
        (Interest::MESSAGE, Verdict::Proceed, 1),
    ];
    for (interest, verdict, accepted) in cases {
        for line in ["RCPT TO:<i@j>", "rcpt to:<i@j> X=1"] {
            let mut table = begun(|_| {}, interest);
            let is_heard = interest == Interest::MESSAGE || !line.contains("X=1");
            let is_taken = !line.contains("X=1") || verdict != Verdict::Proceed;
            if is_heard {
                table.verdicts.push_back(verdict.clone());
            }
            table.send(format!("{line}\r\n").as_bytes());
            let expected = if is_heard && is_taken { accepted } else { 0 };
            assert_eq!(table.session.news.accepted, 3 + expected, "{line} {verdict:?}");
        }
    }
    let mut table = begun(|_| {}, Interest::MAIL);
    table.standing.recipients = 9;
    table.send(b"DATA\r\n.\r\n");
    assert_eq!(codes(&mut table), "354 250 250 250", "those of the application do not");
}

#[test]
fn what_drops_the_transaction_drops_its_recipients() {
    for command in ["RSET", "LHLO y", "MAIL FROM:<z@b>", "STARTTLS"] {
        let mut table = begun(|config| config.tls = true, Interest::default());
        table.send(format!("{command}\r\n").as_bytes());
        assert_eq!(table.session.news.accepted, 0, "{command}");
    }
}

#[test]
fn there_may_be_any_number_of_recipients() {
    let mut table = Table::new(lmtp(|config| config.limits.recipients = None), Interest::DATA);
    table.send(b"LHLO x\r\nMAIL FROM:<a@b>\r\n");
    table.send(&b"RCPT TO:<c@d>\r\n".repeat(1_001));
    table.replies.clear();
    let results = (0..1_001).map(|index| reply(250 + 300 * (index % 2), &index.to_string()));
    table.verdicts.push_back(Verdict::Each(results.collect()));
    table.send(b"DATA\r\nx\r\n.\r\nNOOP\r\n");
    let said = replies(&mut table);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 1 + 1_001 + 1);
    assert_eq!(lines[1..3], ["250 0", "550 1"]);
    assert_eq!(lines[1_001..], ["250 1000", "250 OK"]);
}

#[test]
fn a_message_counts_once_and_as_taken_if_one_recipient_has_it() {
    for (codes, accepted) in [([250, 550, 550], true), ([450, 550, 554], false)] {
        let mut table = begun(|_| {}, Interest::DATA);
        table.verdicts.push_back(Verdict::Each(codes.map(|code| reply(code, "x")).into()));
        table.send(b"DATA\r\nx\r\n.\r\n");
        let counters = &table.session.config.counters;
        assert_eq!(
            (counters.accepted(), counters.refused()),
            if accepted { (1, 0) } else { (0, 1) }
        );
    }
}

#[test]
fn a_chunk_is_answered_once_where_smtp_is_spoken() {
    let mut table = greeted(config(|_| {}), Interest::default());
    let last = Chunk { size: 1, is_last: true };
    assert_eq!(table.session.owed_behind(last, &Effect::Nothing), 1);
    table.session.news.accepted = 2;
    assert_eq!(table.session.owed_behind(last, &Effect::Nothing), 1);
}
