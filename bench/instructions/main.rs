//! The pure core at work, without sockets, clock and threads: `instructions WORK COUNT`, to be run
//! under callgrind. Without arguments it lists the works.
//!
//! Two runs of different length tell what a work costs, without what the start costs.

mod decoder;
mod machine;
#[allow(dead_code, unused_imports)]
#[path = "../../src/protocol/mod.rs"]
mod protocol;

use machine::{Listens, Machine};
use protocol::data::BareNewlines;
use std::hint::black_box;
use std::process::ExitCode;

const MAIL: &[u8] = b"MAIL FROM:<from@example.com>\r\n";
const RCPT: &[u8] = b"RCPT TO:<to@example.com>\r\n";
const DATA: &[u8] = b"DATA\r\n";
/// Bytes of a message's text, and of a line of it with its CRLF.
const TEXT: usize = 1024;
const LINE: usize = 80;

/// What is counted, and the work that does it so many times.
type Work = (&'static str, fn(usize));

const WORKS: [Work; 6] = [
    ("one mail, step by step", |count| step_by_step(Listens::Never, count)),
    ("one mail, step by step, every event asked", |count| step_by_step(Listens::Always, count)),
    ("one mail, pipelined", |count| pipelined(Listens::Never, count)),
    ("one mail, pipelined, every event asked", |count| pipelined(Listens::Always, count)),
    ("one KiB decoded", |count| decoder::decode(BareNewlines::Accept, count)),
    ("one KiB decoded, bare newlines refused", |count| {
        decoder::decode(BareNewlines::Refuse, count)
    }),
];

/// The message that smtp-source sends, with its end of data (RFC 5321 section 4.1.1.4).
fn message() -> Vec<u8> {
    let mut message = b"From: <from@example.com>\r\nTo: <to@example.com>\r\n\
        Date: Mon, 23 Nov 2026 06:13:41 +0000 (UTC)\r\n\
        Message-Id: <0000.0000.0000@client.example>\r\n\r\n"
        .to_vec();
    message.extend((0..TEXT).map(|at| match at % LINE {
        78 => b'\r',
        79 => b'\n',
        _ => b'X',
    }));
    message.extend_from_slice(b"\r\n.\r\n");
    message
}

/// Each command is said after the reply to the one before.
fn step_by_step(listens: Listens, count: usize) {
    let said = [MAIL, RCPT, DATA, &message()];
    converse(listens, &said, &["250", "250", "354", "250"], count);
}

/// MAIL, RCPT and DATA are said at once, the message after their replies (RFC 2920 section 3.1).
fn pipelined(listens: Listens, count: usize) {
    let said: [&[u8]; 2] = [&[MAIL, RCPT, DATA].concat(), &message()];
    converse(listens, &said, &["250 250 354", "250"], count);
}

/// Says the same again and again. The codes of the replies are looked at the first time, later
/// their length alone: what is counted is to be the machine's.
fn converse(listens: Listens, said: &[&[u8]], codes: &[&str], count: usize) {
    let mut machine = Machine::greeted(listens);
    let mut lengths = Vec::new();
    for (said, codes) in said.iter().zip(codes) {
        let replies = machine.say(said);
        let lines = replies.split_inclusive(|&byte| byte == b'\n');
        let got: Vec<_> = lines.map(|line| String::from_utf8_lossy(&line[..3])).collect();
        assert_eq!(got.join(" "), *codes, "{}", replies.escape_ascii());
        lengths.push(replies.len());
    }
    for _ in 0..count {
        for (said, length) in said.iter().zip(&lengths) {
            assert_eq!(machine.say(black_box(said)).len(), *length, "other replies than at first");
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = arguments.as_slice() else {
        WORKS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let work = WORKS.iter().find(|(known, _)| known == name);
    match (work, count.parse()) {
        (Some((_, work)), Ok(count)) => {
            work(count);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("instructions: '{name}' '{count}' is no work and count");
            ExitCode::FAILURE
        }
    }
}
