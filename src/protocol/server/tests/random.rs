//! What a client sends means the same however it is cut, and no bytes panic.

use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::control::{Meter, Pipelining, Tally};
use crate::protocol::dialect::{EarlyTalkers, Syntax};
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::server::{Secret, StoredKeys};
use crate::protocol::testing::{Random, in_pieces};

const WORDS: [&[u8]; 40] = [
    b"EHLO x",
    b"LHLO x",
    b"HELO",
    b"MAIL FROM:<a@b>",
    b"MAIL FROM:<a@b> SIZE=5",
    b"MAIL FROM:<> SIZE=99999999",
    b"RCPT TO:<c@d>",
    b"RCPT TO:<\"c d\"@d>",
    b"DATA",
    b"BDAT 3\r\n",
    b"BDAT 9 LAST\r\n",
    b"BDAT 0 LAST",
    b"RSET",
    b"NOOP",
    b"HELP MAIL",
    b"STARTTLS",
    b"AUTH PLAIN AAAA",
    b"AUTH PLAIN AHRpbQB4",
    b"AUTH LOGIN",
    b"AUTH CRAM-MD5",
    b"AUTH SCRAM-SHA-256 biwsbj10aW0scj14",
    b"dGltIHg=",
    b"*",
    b"GET / HTTP/1.1",
    b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\r\n.\r\n",
    b"\r\n.",
    b"..",
    b".",
    b"\r",
    b"\n",
    b"\n.\n",
    b"\0",
    b"\xff\xfe",
    b"\x16\x03\x01",
    b" ",
];

fn stream(random: &mut Random) -> Vec<u8> {
    let mut bytes = match random.below(8) {
        0 => Vec::new(),
        1 => b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\n".to_vec(),
        _ => b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n".to_vec(),
    };
    for _ in 0..random.below(60) {
        bytes.extend_from_slice(WORDS[random.below(WORDS.len())]);
    }
    bytes
}

/// One that has each leniency of any of ours.
fn any_dialect(random: &mut Random) -> Dialect {
    let dialects = [
        Dialect::mbr_smtp(),
        Dialect::mail_io(),
        Dialect::smtp_protocol(),
        Dialect::smtp_server(),
        Dialect::mbr_smtp().lmtp(),
    ];
    let mut any = || &dialects[random.below(5)];
    Dialect {
        overrides: any().overrides.clone(),
        commands: any().commands,
        syntax: Syntax {
            gaps: any().syntax.gaps,
            surplus: any().syntax.surplus,
            domain: any().syntax.domain,
            paths: any().syntax.paths,
            parameters: any().syntax.parameters,
            lhlo: any().syntax.lhlo,
            not_implemented: any().syntax.not_implemented,
        },
        incomplete: any().incomplete,
        order: any().order,
        welcome: any().welcome,
        greeting_deadline: any().greeting_deadline,
        // How much has come before the greeting, cuts do change.
        early_talkers: EarlyTalkers::Served,
        margins: any().margins,
        lists: any().lists,
        starttls: any().starttls,
    }
}

/// A server of any kind.
fn any_config(random: &mut Random, control: AbusePolicy) -> Arc<ServerConfig> {
    let newlines = [BareNewlines::Accept, BareNewlines::Refuse, BareNewlines::Normalise];
    config(|config| {
        config.dialect = any_dialect(random);
        config.replies = Replies::new(&config.dialect, &config.name, random.below(2) == 0);
        config.bare_newlines = newlines[random.below(3)];
        config.line_feeds = random.below(3) == 0;
        config.deliverable = [None, Some(100)][random.below(2)];
        config.limits.bad_commands = [None, None, Some(3)][random.below(3)];
        config.limits.command_length = Some(60);
        config.limits.size = Some(200);
        config.limits.recipients = [None, Some(1)][random.below(2)];
        config.limits.messages = [None, Some(1)][random.below(2)];
        config.tls = true;
        config.require_tls = random.below(8) == 0;
        config.auth.exposure = [Exposure::Anywhere, Exposure::TlsOnly][random.below(2)];
        config.auth.login = [Login::Offered, Login::Offered, Login::Required][random.below(3)];
        config.auth.mechanisms.push(Mechanism::CramMd5);
        config.auth.max_failures = [None, Some(1)][random.below(2)];
        config.control = control;
    })
}

/// An application of any mind.
fn any_verdicts(random: &mut Random) -> VecDeque<Verdict> {
    let reply = |code| Reply::new(ReplyCode::new(code).unwrap(), "one\ntwo");
    (0..random.below(20))
        .map(|_| match random.below(15) {
            0 => Verdict::Ok,
            1 => Verdict::Proceed,
            2 => Verdict::Answer(reply([250, 450, 550, 421][random.below(4)])),
            3 => Verdict::Accept(Some(reply(250))),
            4 => Verdict::Silent(ReplyCode::new([250, 550][random.below(2)])),
            5 => Verdict::Skip([None, ReplyCode::new(550)][random.below(2)]),
            6 => Verdict::Verify(Box::new(any_secret(random))),
            7 => Verdict::Each((0..random.below(4)).map(|_| reply(250)).collect()),
            _ => Verdict::Accept(None),
        })
        .collect()
}

/// What a user is known by; keys cost nothing here.
fn any_secret(random: &mut Random) -> Secret {
    let (stored, server) = ([1; 32], [2; 32]);
    match random.below(3) {
        0 => Secret::Nobody,
        1 => Secret::Stored(StoredKeys { salt: vec![3], iterations: 1, stored, server }),
        _ => Secret::Password("x".to_owned()),
    }
}

/// Who takes the lines behind its answers: seldom itself.
fn any_owners(random: &mut Random) -> VecDeque<NextLine> {
    (0..random.below(20))
        .map(|_| match random.below(8) {
            0 => NextLine::Application,
            _ => NextLine::Command,
        })
        .collect()
}

/// Everything that client and application saw of the server `seed`, after the client has sent
/// `bytes` and gone.
fn outcome(
    bytes: &[u8],
    interest: Interest,
    seed: u64,
    control: AbusePolicy,
    cuts: &mut dyn FnMut() -> usize,
) -> String {
    let mut random = Random::new(seed);
    let mut table = Table::new(any_config(&mut random, control), interest);
    table.verdicts = any_verdicts(&mut random);
    table.next_lines = any_owners(&mut random);
    let mut left = 3;
    table.session.set_meter(Meter::new(move |tally, _, _| {
        left += if tally == Tally::GiveBack { 1 } else { -1 };
        left > 0
    }));
    table.run();
    in_pieces(bytes, |_| cuts(), |piece| table.send(piece));
    table.session.end_input();
    table.run();
    assert!(table.closed);
    let replies = replies(&mut table);
    // How much of a message was handed on before it was refused is a matter of the cuts.
    let events =
        table.events.iter().map(|event| if event.starts_with("cut ") { "cut" } else { event });
    format!("{replies}\n{:?}", events.collect::<Vec<_>>())
}

#[test]
fn cuts_change_nothing() {
    let all = Interest(0xfff);
    for interest in [Interest::default(), Interest::DATA, STREAM, all, all | Interest::AUTH] {
        for seed in 1..1_000 {
            let mut random = Random::new(seed);
            let bytes = stream(&mut random);
            // What is cut off behind STARTTLS has not been sent in plain text, so it counts.
            let bytes = match bytes.windows(8).position(|word| word == b"STARTTLS") {
                Some(at) => &bytes[..at],
                None => &bytes[..],
            };
            let tarpit = (seed % 2 == 0).then_some(Duration::from_secs(1));
            let saw = |cuts: &mut dyn FnMut() -> usize| {
                let control = AbusePolicy { tarpit, ..AbusePolicy::default() };
                outcome(bytes, interest, seed, control, cuts)
            };
            let whole = saw(&mut || usize::MAX);
            let by_byte = saw(&mut || 1);
            let cut = saw(&mut || 1 + random.below(20));
            let shown = bytes.escape_ascii();
            assert_eq!(whole, by_byte, "seed {seed}: {shown}");
            assert_eq!(whole, cut, "seed {seed}: {shown}");
        }
    }
}

#[test]
fn no_bytes_panic() {
    for seed in 1..3_000 {
        let mut random = Random::new(seed);
        let mut bytes = stream(&mut random);
        bytes.push(b'\n');
        for _ in 0..random.below(10) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        let control = AbusePolicy {
            tarpit: Some(Duration::from_secs(1)),
            greeting_delay: (seed % 7 == 0).then_some(Duration::from_secs(1)),
            unauthorised_pipelining: [Pipelining::Accept, Pipelining::Refuse][random.below(2)],
            min_data_rate: Some(1_000),
            memory: Some(Budget::new(Some(random.below(100) as u64))),
        };
        let budget = control.memory.clone();
        let more = [Interest::default(), STREAM, Interest::AUTH][random.below(3)];
        let interest = Interest(0xfff) | more;
        outcome(&bytes, interest, seed, control, &mut || 1 + random.below(30));
        assert_eq!(budget.map(|budget| budget.used()), Some(0), "seed {seed}");
    }
}
