//! A table with a session, its client and its application, in memory; the transcripts, and what
//! they cannot say: deadlines, STARTTLS, draining.

mod application;
mod auth;
mod chunks;
mod control;
mod deadlines;
mod dialect;
mod follows;
mod inquiries;
mod kept;
mod lines;
mod lmtp;
mod plans;
mod random;
mod transcripts;

use super::super::limits::MAX_OVERLONG_LINES;
use super::*;
use crate::protocol::control::AbusePolicy;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::envelope::Dropped;
use crate::protocol::events::EVENTS;
use crate::protocol::extension::{Extension, Extensions};
use crate::protocol::limits::Limits;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::server::Claim;
use crate::protocol::testing::server_config as config;
use std::collections::VecDeque;
use std::time::Duration;

/// An application that takes messages piece by piece.
const STREAM: Interest = Interest(1 << 31);

/// A session, its client and its application, in memory.
struct Table {
    session: ServerSession,
    interest: Interest,
    /// How the application takes messages.
    body: Body,
    /// Of its interest, what is not noted among the events.
    unnoted: Interest,
    now: Instant,
    replies: VecDeque<u8>,
    events: VecDeque<String>,
    verdicts: VecDeque<Verdict>,
    /// Who takes the line behind each answer, the engine where nothing is said.
    next_lines: VecDeque<NextLine>,
    standing: Standing,
    /// The last message that was accepted and not taken.
    kept: Option<Arc<KeptMessage>>,
    /// What was handed on of a message.
    decoded: Vec<u8>,
    /// Wire bytes of messages that were handed on.
    raw: Vec<u8>,
    closed: bool,
    secured: bool,
}

impl Table {
    /// `interest` may have [`STREAM`] among its bits.
    fn new(config: Arc<ServerConfig>, interest: Interest) -> Self {
        let now = Instant::now();
        let streams = interest.contains(STREAM);
        let wanted = Interest(interest.0 & !STREAM.0);
        let mut table = Self {
            session: ServerSession::new(config, false, now),
            interest: if streams { Interest(wanted.0 | Interest::DATA_START.0) } else { wanted },
            body: if streams { Body::Stream } else { Body::Whole },
            unnoted: Interest(Interest::DATA_START.0 & !wanted.0),
            now,
            replies: VecDeque::new(),
            events: VecDeque::new(),
            verdicts: VecDeque::new(),
            next_lines: VecDeque::new(),
            standing: Standing::default(),
            kept: None,
            decoded: Vec::new(),
            raw: Vec::new(),
            closed: false,
            secured: false,
        };
        if !interest.contains(Interest::CONNECT) {
            table.run();
        }
        table
    }

    fn send(&mut self, bytes: &[u8]) {
        if !self.closed {
            self.session.receive(bytes, self.now);
            self.run();
        }
    }

    fn run(&mut self) {
        loop {
            match self.session.poll(self.now, self.interest) {
                Step::NeedInput => return,
                Step::Send(replies) => self.replies.extend(replies.split()),
                Step::Hold => self.now = self.session.deadline().unwrap(),
                Step::Ask(..) => self.answer(),
                Step::Tell(..) => self.hear(),
                Step::Raw(raw) => self.raw.extend(raw.split()),
                Step::Decoded(message) => {
                    message.take().segments().for_each(|bytes| self.decoded.extend(bytes));
                }
                Step::Derive(derivation) => {
                    let keys = derivation.run();
                    self.session.derived(Some(&keys), self.now);
                }
                Step::StartTls => {
                    self.secured = true;
                    self.session.secured(self.now);
                }
                Step::Close => {
                    self.closed = true;
                    return;
                }
            }
        }
    }

    /// Keeps the application's record as the wrapper does, and answers as the transcript has it.
    fn answer(&mut self) {
        let Step::Ask(question, news) = self.session.poll(self.now, self.interest) else {
            panic!("nothing is asked");
        };
        record(&mut self.standing, news);
        let mut events = Vec::new();
        let mut effect = Effect::Nothing;
        match question {
            Question::Connect => events.push("connect".to_owned()),
            Question::Command { line, plan, .. } => {
                if self.interest.contains(Interest::MESSAGE) {
                    events.push(format!("message {line}"));
                }
                let wanted = Interest(self.interest.0 & !self.unnoted.0);
                if plan.event().is_some_and(|event| wanted.contains(event)) {
                    events.push(describe(&plan.effect));
                }
                effect = plan.effect.clone();
            }
            Question::Data(message) => {
                let bytes = message.segments().collect::<Vec<_>>().concat();
                events.push(format!("data {}", bytes.escape_ascii()).replace("\\x00", "\\0"));
            }
            Question::Streamed => {
                let bytes = std::mem::take(&mut self.decoded);
                events.push(format!("stream {}", bytes.escape_ascii()));
            }
            Question::Line(line) => {
                self.events.push_back(format!("line {}", line.escape_ascii()));
            }
            Question::Auth(claim) => events.push(describe_claim(claim)),
            // As a listener that returns what `verify` says.
            Question::Proof(is_right) => {
                let verdict = proven(*is_right, &self.session.config);
                return self.session.answer(Answer::from(verdict), self.now);
            }
        }
        let mut verdict = Verdict::Accept(None);
        for event in events {
            self.events.push_back(event);
            verdict = self.verdicts.pop_front().unwrap_or(Verdict::Accept(None));
        }
        if let Verdict::Accept(_) = verdict {
            match effect {
                Effect::Mail(_) => self.standing.recipients = 0,
                Effect::Rcpt(_) => self.standing.recipients += 1,
                _ => {}
            }
        }
        self.standing.next_line = self.next_lines.pop_front().unwrap_or_default();
        let standing = Some(self.standing);
        self.session.answer(Answer { verdict, body: self.body, standing }, self.now);
    }

    fn hear(&mut self) {
        let Step::Tell(notice, news) = self.session.poll(self.now, self.interest) else {
            panic!("nothing is told");
        };
        record(&mut self.standing, news);
        if let Notice::Taken(message) = notice {
            self.kept = Some(message.clone());
        }
        if *notice == Notice::ExchangeOver {
            self.events.push_back("the exchange is over".to_owned());
        }
        let name = match notice {
            Notice::Cut(_) if self.body == Body::Stream => Some("cut"),
            Notice::Withdrawn => Some("withdrawn"),
            _ => None,
        };
        if let Some(name) = name {
            let bytes = std::mem::take(&mut self.decoded);
            self.events.push_back(format!("{name} {}", bytes.escape_ascii()));
        }
        self.session.heard(Some(self.standing), self.now);
    }

    fn line(&mut self) -> String {
        let end = self.replies.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        String::from_utf8(self.replies.drain(..end).collect()).unwrap()
    }
}

/// Counts the recipients that the application hears of.
fn record(standing: &mut Standing, news: &mut News) {
    if news.changes.dropped != Dropped::Nothing || news.changes.mail.is_some() {
        standing.recipients = 0;
    }
    standing.recipients += news.changes.recipients.len();
    news.clear();
}

fn proven(is_right: bool, config: &ServerConfig) -> Verdict {
    if is_right {
        return Verdict::Accept(None);
    }
    let (code, text) = config.replies.stock(Stock::AuthRefused);
    let text = String::from_utf8_lossy(&text[4..text.len() - 2]).into_owned();
    Verdict::Answer(Reply::new(code, &text))
}

fn describe_claim(claim: &Claim) -> String {
    let mut event = format!("auth {} {}", claim.mechanism.name(), claim.username);
    if !claim.authzid.is_empty() {
        event.push_str(&format!(" for {}", claim.authzid));
    }
    event.trim().to_owned()
}

fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Greet { domain, .. } => format!("helo {domain}"),
        Effect::Mail(mail) => {
            let size = mail.parameters.size.map(|size| format!(" {size}")).unwrap_or_default();
            format!("mail {}{size}", mail.from).trim().to_owned()
        }
        Effect::Rcpt(recipient) => format!("rcpt {}", recipient.address),
        Effect::StartData | Effect::StartChunks(_) => "dataStart".to_owned(),
        Effect::Inquire(inquiry) => {
            let utf8 = if inquiry.smtp_utf8 { " smtpUtf8" } else { "" };
            let name = EVENTS.iter().find(|event| event.interest == inquiry.verb.event()).unwrap();
            format!("{} {}{utf8}", name.name, inquiry.argument)
        }
        other => panic!("no event of {other:?}"),
    }
}

fn greeted(config: Arc<ServerConfig>, interest: Interest) -> Table {
    let mut table = Table::new(config, interest);
    table.send(b"HELO x\r\n");
    table.replies.clear();
    table
}

fn replies(table: &mut Table) -> String {
    String::from_utf8(table.replies.drain(..).collect()).unwrap()
}

fn wait(table: &mut Table, seconds: u64) -> Expired {
    table.now += Duration::from_secs(seconds);
    let expired = table.session.expire(table.now);
    table.run();
    expired
}

#[test]
fn commands_behind_starttls_never_run() {
    let config = config(|config| config.tls = true);
    let mut table = greeted(config, Interest::MAIL);
    table.send(b"MAIL FROM:<a@b>\r\nSTARTTLS\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\n");
    assert!(table.secured);
    assert_eq!(table.events, ["mail a@b"]);
    assert_eq!(replies(&mut table), "250 OK\r\n220 Ready to start TLS\r\n");
    let changes = &table.session.news().changes;
    assert_eq!(changes.dropped, Dropped::Greeting);
    table.send(b"RCPT TO:<c@d>\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\nEHLO x\r\n");
    let said = replies(&mut table);
    assert!(said.starts_with("503 Provide back"), "{said}");
    assert!(said.contains("503 TLS is active already\r\n503 Introduce"), "{said}");
    assert!(!said.contains("STARTTLS"), "{said}");
}

#[test]
fn replies_of_a_group_leave_together() {
    let mut table = greeted(config(|_| {}), Interest::default());
    table.session.receive(b"NOOP\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", table.now);
    let Step::Send(replies) = table.session.poll(table.now, table.interest) else { panic!() };
    assert_eq!(replies.iter().filter(|byte| **byte == b'\n').count(), 4);
}

#[test]
fn many_replies_are_sent_before_more_are_made() {
    let mut table = greeted(config(|_| {}), Interest::default());
    table.session.receive(&b"HELP\r\n".repeat(10_000), table.now);
    let Step::Send(replies) = table.session.poll(table.now, table.interest) else { panic!() };
    assert!(replies.len() < 2 * MAX_GATHERED_REPLIES);
}

#[test]
fn recipients_of_the_application_count() {
    let mut table = greeted(config(|_| {}), Interest::MAIL);
    table.standing.recipients = 0;
    table.session.receive(b"MAIL FROM:<a@b>\r\n", table.now);
    assert!(asks(&mut table));
    table.session.answer(by_application(Verdict::Accept(None), 1), table.now);
    table.send(b"DATA\r\n");
    assert!(replies(&mut table).ends_with("message\r\n"));
}

#[test]
fn a_question_is_not_heard_and_a_notice_is_not_answered() {
    let mut table = greeted(config(|_| {}), Interest(Interest::MAIL.0 | Interest::RESPONSE.0));
    table.session.receive(b"MAIL FROM:<a@b>\r\nNOOP\r\n", table.now);
    assert!(asks(&mut table));
    table.session.heard(None, table.now);
    assert!(asks(&mut table), "still");
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    let is_told = |table: &mut Table| {
        let step = table.session.poll(table.now, table.interest);
        matches!(step, Step::Tell(Notice::Responses, news) if news.responses == ["250 OK"])
    };
    assert!(is_told(&mut table));
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    assert!(is_told(&mut table), "still, and with its news until they were told");
    table.session.news().clear();
    table.session.heard(None, table.now);
    assert!(matches!(table.session.poll(table.now, table.interest), Step::Send(_)));
}

#[test]
fn silent_verdicts_follow_the_code_that_was_sent() {
    for (code, next) in [(250, "250 OK\r\n"), (550, "503 ")] {
        let mut table = greeted(config(|_| {}), Interest::MAIL);
        table.session.receive(b"MAIL FROM:<a@b>\r\n", table.now);
        assert!(asks(&mut table));
        table.session.answer(by_application(Verdict::Silent(ReplyCode::new(code)), 0), table.now);
        table.send(b"RCPT TO:<c@d>\r\n");
        let said = replies(&mut table);
        assert!(said.starts_with(next), "{code}: {said}");
    }
}

/// The answer of an application that counts so many recipients.
fn by_application(verdict: Verdict, recipients: usize) -> Answer {
    let standing = Some(Standing { recipients, ..Standing::default() });
    Answer { verdict, body: Body::Whole, standing }
}

/// Whether the next thing is a question.
fn asks(table: &mut Table) -> bool {
    matches!(table.session.poll(table.now, table.interest), Step::Ask(..))
}

#[test]
fn a_message_cut_off_is_never_delivered() {
    for rest in ["x", "x\r\n", "x\r\n.", "x\r\n.\r"] {
        let mut table = greeted(config(|_| {}), Interest::DATA);
        table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        table.send(rest.as_bytes());
        table.session.end_input();
        table.run();
        assert!(table.closed && table.events.is_empty(), "{rest:?}");
    }
}

#[test]
fn what_came_before_the_end_of_input_is_served() {
    let mut table = greeted(config(|_| {}), Interest::DATA);
    table
        .session
        .receive(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nNOOP\r\nNO", table.now);
    table.session.end_input();
    table.run();
    assert!(table.closed);
    assert_eq!(table.events, ["data x\\r\\n"]);
    assert!(replies(&mut table).ends_with("250 OK\r\n250 OK\r\n"));
}

#[test]
fn overlong_lines_cost_constant_memory_and_end_the_session() {
    let mut table =
        greeted(config(|config| config.limits.bad_commands = None), Interest::default());
    for _ in 0..=MAX_OVERLONG_LINES {
        assert!(!table.closed);
        for _ in 0..6 {
            table.send(&[b'x'; 10_000]);
            assert!(table.session.input.bytes.capacity() < 64 * 1024);
        }
        table.send(b"\r\n");
    }
    assert!(table.closed);
}

#[test]
fn messages_that_cannot_be_given_are_too_big() {
    for (interest, reply) in [(Interest::DATA, "552 "), (Interest::DATA_CHUNK, "250 ")] {
        let mut table = greeted(config(|config| config.deliverable = Some(4)), interest);
        table.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        table.replies.clear();
        table.send(b"abc\r\n.\r\n");
        let said = replies(&mut table);
        assert!(said.starts_with(reply), "{said}");
    }
}
