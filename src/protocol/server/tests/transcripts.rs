//! Runs the transcripts: whole, byte by byte and at every split.

use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::control::{Counted, Meter, Tally};
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::server::Secret;
use crate::protocol::trusted::{Trust, Trusted};
use std::fs;
use std::path::Path;

/// A line of a transcript.
enum Act {
    Send(Vec<u8>),
    Reply(String),
    Event(String, Verdict),
    Closed,
}

struct Transcript {
    name: String,
    config: Arc<ServerConfig>,
    interest: Interest,
    /// What the client may do of each [`Counted`].
    allowed: [i32; 3],
    trusted: Trusted,
    acts: Vec<Act>,
}

fn set(config: &mut ServerConfig, name: &str, value: &str) {
    let number = || value.parse::<u32>().unwrap();
    match name {
        "size" => config.limits.size = Some(number().into()),
        "maxRecipients" => config.limits.recipients = Some(number()),
        "maxMessages" => config.limits.messages = Some(number()),
        "maxBadCommands" => config.limits.bad_commands = Some(number()).filter(|limit| *limit > 0),
        "maxCommandLength" => config.limits.command_length = Some(number() as usize),
        "extensions" if value == "false" => config.extensions = Extensions::default(),
        "extensions" => {
            let wanted = value.split(',').map(|keyword| Extension::named(keyword).unwrap());
            config.extensions = config.dialect.extensions(wanted, &config.limits, config.tls);
        }
        "tls" => config.tls = true,
        "requireTls" => config.require_tls = true,
        "requireAuth" => config.auth.login = Login::Required,
        "allowInsecureAuth" => config.auth.exposure = Exposure::Anywhere,
        "maxAuthFailures" => config.auth.max_failures = Some(number()),
        "authMechanisms" => {
            let mechanisms = value.split(',').map(|name| Mechanism::parse(name).unwrap());
            config.auth.mechanisms = mechanisms.collect();
        }
        "tarpit" => config.control.tarpit = Some(Duration::from_millis(number().into())),
        "greetingDelay" => {
            config.control.greeting_delay = Some(Duration::from_millis(number().into()));
        }
        "maxMemory" => config.control.memory = Some(Budget::new(Some(number().into()))),
        "bareNewlines" if value == "refuse" => config.bare_newlines = BareNewlines::Refuse,
        "dialect" => {
            config.dialect = Dialect::smtp_protocol();
            config.extensions = Extensions::default();
            config.extensions.offer(Extension::StartTls);
            config.replies = Replies::new(&config.dialect, &config.name, false);
        }
        "lmtp" => {
            config.dialect = Dialect::mbr_smtp().lmtp();
            config.extensions.offer(Extension::EnhancedStatusCodes);
            config.replies = Replies::new(&config.dialect, &config.name, true);
        }
        "lineFeeds" => config.line_feeds = true,
        "bareNewlines" => config.bare_newlines = BareNewlines::Normalise,
        "enhancedStatusCodes" => {
            config.extensions.offer(Extension::EnhancedStatusCodes);
            config.replies = Replies::new(&config.dialect, &config.name, true);
        }
        _ => panic!("no parameter {name}"),
    }
}

fn interest_in(event: &str) -> Interest {
    match event {
        "connect" => Interest::CONNECT,
        "message" => Interest::MESSAGE,
        "helo" => Interest::HELO,
        "mail" => Interest::MAIL,
        "rcpt" => Interest::RCPT,
        "dataStart" => Interest::DATA_START,
        "data" => Interest::DATA,
        "stream" => STREAM,
        "auth" => Interest::AUTH,
        "vrfy" => Interest::VRFY,
        "expn" => Interest::EXPN,
        "etrn" => Interest::ETRN,
        _ => panic!("no event {event}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'0' => 0,
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    bytes
}

fn verdict(text: &str, event: &str) -> Verdict {
    let reply = |code: u16, text: &str| {
        let text = String::from_utf8(unescape(text)).unwrap();
        Reply::new(ReplyCode::new(code).unwrap(), &text)
    };
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "ok" => Verdict::Ok,
        "accept" => {
            let code = match event.split(' ').next() {
                Some("connect") => 220,
                Some("auth") => 235,
                _ => 250,
            };
            Verdict::Accept(Some(reply(code, rest)))
        }
        "verify" => Verdict::Verify(Box::new(Secret::Password(rest.to_owned()))),
        "answer" => {
            let (code, text) = rest.split_once(' ').unwrap();
            Verdict::Answer(reply(code.parse().unwrap(), text))
        }
        "each" => Verdict::Each(
            rest.split(" | ")
                .map(|word| {
                    let (code, text) = word.split_once(' ').unwrap();
                    reply(code.parse().unwrap(), text)
                })
                .collect(),
        ),
        _ => panic!("no verdict {word}"),
    }
}

fn parse(name: String, text: &str) -> Transcript {
    let mut interest = Interest::default();
    let mut allowed = [i32::MAX; 3];
    let mut trusted = Trusted::default();
    let mut acts = Vec::new();
    let config = config(|config| {
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line == "=" {
                acts.push(Act::Closed);
                continue;
            }
            let (mark, rest) = line.split_at(2);
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            match mark {
                "! " => {
                    let (name, value) = rest.split_once(' ').unwrap();
                    match name {
                        "rates.address.messages" => {
                            allowed[Counted::Message as usize] = value.parse().unwrap();
                        }
                        "rates.address.recipients" => {
                            allowed[Counted::Recipient as usize] = value.parse().unwrap();
                        }
                        "xclient" => trusted.xclient = trust(value),
                        "xforward" => trusted.xforward = trust(value),
                        // As if somebody listened, although nothing is raised.
                        "auth" => interest.0 |= Interest::AUTH.0,
                        _ => set(config, name, value),
                    }
                }
                "C:" => acts.push(Act::Send(format!("{rest}\r\n").into_bytes())),
                "C>" => acts.push(Act::Send(unescape(rest))),
                "S:" => acts.push(Act::Reply(rest.to_owned())),
                "E:" => {
                    let event = rest.split(' ').next().unwrap();
                    interest.0 |= interest_in(event).0;
                    acts.push(Act::Event(rest.to_owned(), Verdict::Accept(None)));
                }
                "V:" => {
                    let Some(Act::Event(event, answer)) = acts.last_mut() else { panic!("{line}") };
                    *answer = verdict(rest, event);
                }
                _ => panic!("{name}: {line}"),
            }
        }
    });
    Transcript { name, config, interest, allowed, trusted, acts }
}

/// Clients are at 127.0.0.1.
fn trust(peers: &str) -> Trust {
    if peers == "127.0.0.1" { Trust::Peer } else { Trust::Others }
}

/// Runs a transcript; `pieces` cuts what the client sends at a time.
fn perform(transcript: &Transcript, pieces: impl Fn(&[u8]) -> Vec<Vec<u8>>, how: &str) {
    let name = format!("{} {how}", transcript.name);
    let mut table = Table::new(transcript.config.clone(), transcript.interest);
    table.session.set_meter(meter(transcript.allowed));
    table.session.set_trusted(transcript.trusted);
    for act in &transcript.acts {
        if let Act::Event(_, verdict) = act {
            table.verdicts.push_back(verdict.clone());
        }
    }
    table.run();
    for act in &transcript.acts {
        match act {
            Act::Send(bytes) => {
                for piece in pieces(bytes) {
                    table.send(&piece);
                }
            }
            Act::Reply(line) => assert_eq!(table.line(), format!("{line}\r\n"), "{name}"),
            Act::Event(event, _) => {
                assert_eq!(table.events.pop_front().as_ref(), Some(event), "{name}");
            }
            Act::Closed => assert!(table.closed, "{name}: not closed"),
        }
    }
    assert_eq!(table.line(), "", "{name}: more replies");
    assert_eq!(table.events, [] as [&str; 0], "{name}: more events");
}

/// Counts for one client in no time at all.
fn meter(mut left: [i32; 3]) -> Meter {
    Meter::new(move |tally, counted, _| {
        let left = &mut left[counted as usize];
        let room = tally == Tally::GiveBack || *left > 0;
        *left = left.saturating_add(match tally {
            Tally::Take if room => -1,
            Tally::Take => 0,
            Tally::GiveBack => 1,
        });
        room
    })
}

fn transcripts() -> Vec<Transcript> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol/transcripts");
    let mut transcripts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "smtp") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            transcripts.push(parse(name, &fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(transcripts.len() > 10);
    transcripts
}

#[test]
fn transcripts_whole() {
    for transcript in transcripts() {
        perform(&transcript, |bytes| vec![bytes.to_vec()], "whole");
    }
}

#[test]
fn transcripts_byte_by_byte() {
    for transcript in transcripts() {
        perform(&transcript, |bytes| bytes.chunks(1).map(<[u8]>::to_vec).collect(), "by byte");
    }
}

#[test]
fn transcripts_at_every_split() {
    for transcript in transcripts() {
        let longest = transcript.acts.iter().map(|act| match act {
            Act::Send(bytes) => bytes.len(),
            _ => 0,
        });
        for at in 1..longest.max().unwrap() {
            let pieces = |bytes: &[u8]| {
                let (head, tail) = bytes.split_at(at.min(bytes.len()));
                vec![head.to_vec(), tail.to_vec()]
            };
            perform(&transcript, pieces, &format!("cut at {at}"));
        }
    }
}
