//! A session of the server with a client that says what it is told to, and an application that
//! listens to nothing or takes everything. All that is known here of the machine is in this file.

use crate::protocol::control::AbusePolicy;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::events::Interest;
use crate::protocol::extension::Extension;
use crate::protocol::limits::Limits;
use crate::protocol::server::{
    Answer, AuthPolicy, Body, Effect, Question, ServerConfig, ServerSession, Standing, Step,
    Verdict,
};
use std::sync::Arc;
use std::time::Instant;

/// What the application has a listener on.
#[derive(Clone, Copy)]
pub enum Listens {
    /// No event.
    Never,
    /// Every event.
    Always,
}

/// A session and its application.
pub struct Machine {
    session: ServerSession,
    interest: Interest,
    now: Instant,
    standing: Standing,
    replies: Vec<u8>,
}

impl Machine {
    /// A session that has said EHLO.
    pub fn greeted(listens: Listens) -> Self {
        let now = Instant::now();
        let interest = match listens {
            Listens::Never => Interest::default(),
            // From CONNECT to ERROR.
            Listens::Always => Interest(0xfff),
        };
        let session = ServerSession::new(config(), false, now);
        let mut machine =
            Self { session, interest, now, standing: Standing::default(), replies: Vec::new() };
        assert!(machine.say(b"").starts_with(b"220 "), "no greeting");
        assert!(machine.say(b"EHLO client.example\r\n").starts_with(b"250-"), "no extensions");
        machine
    }

    /// Gives bytes to the session and does what it says, until it waits for more; its replies.
    pub fn say(&mut self, bytes: &[u8]) -> &[u8] {
        self.replies.clear();
        self.session.receive(bytes, self.now);
        loop {
            match self.session.poll(self.now, self.interest) {
                Step::NeedInput => return &self.replies,
                Step::Send(output) => {
                    self.replies.extend_from_slice(output);
                    output.clear();
                }
                Step::Ask(question, news) => {
                    news.clear();
                    match question {
                        Question::Command { plan, .. } => match plan.effect {
                            Effect::Mail(_) => self.standing.recipients = 0,
                            Effect::Rcpt(_) => self.standing.recipients += 1,
                            _ => {}
                        },
                        Question::Data(_) => self.standing.recipients = 0,
                        _ => {}
                    }
                    let standing = Some(self.standing);
                    let answer =
                        Answer { verdict: Verdict::Accept(None), body: Body::Whole, standing };
                    self.session.answer(answer, self.now);
                }
                Step::Tell(_, news) => {
                    news.clear();
                    self.session.heard(Some(self.standing), self.now);
                }
                Step::Raw(chunk) => chunk.clear(),
                step @ (Step::Hold
                | Step::Decoded(_)
                | Step::Derive(_)
                | Step::StartTls
                | Step::Close) => {
                    panic!("{step:?} is no part of this dialogue")
                }
            }
        }
    }
}

fn config() -> Arc<ServerConfig> {
    let name = "example.domain";
    let dialect = Dialect::mbr_smtp();
    let limits = Limits::default();
    let wanted = [Extension::Pipelining, Extension::EightBitMime, Extension::SmtpUtf8];
    let replies = Replies::new(&dialect, name, true);
    Arc::new(ServerConfig {
        name: name.to_owned(),
        extensions: dialect.extensions(wanted, &limits, false),
        limits,
        tls: false,
        require_tls: false,
        auth: AuthPolicy::default(),
        dialect,
        bare_newlines: BareNewlines::Accept,
        line_feeds: false,
        deliverable: None,
        replies,
        control: AbusePolicy::default(),
        counters: Counters::default(),
    })
}
