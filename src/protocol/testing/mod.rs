//! What tests of several rooms, and the fuzz targets, have in common.

pub mod inputs;

use super::control::AbusePolicy;
use super::counters::Counters;
use super::data::BareNewlines;
use super::dialect::{Dialect, Replies};
use super::events::Interest;
use super::extension::{Extension, Extensions};
use super::limits::Limits;
use super::sasl::Mechanism;
use super::sasl::server::Pretence;
use super::server::{
    AuthPolicy, Exposure, Login, Question, ServerConfig, ServerSession, Step, Verdict,
};
use std::sync::Arc;
use std::time::Instant;

/// A small generator (xorshift), so that a failure can be repeated from its seed.
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number from 0 to `bound`, which it never is.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// Gives `bytes` to `take` in pieces, each as long as `length` says of what is left, or as there is.
pub fn in_pieces(
    mut bytes: &[u8],
    mut length: impl FnMut(usize) -> usize,
    mut take: impl FnMut(&[u8]),
) {
    while !bytes.is_empty() {
        let (head, tail) = bytes.split_at(length(bytes.len()).clamp(1, bytes.len()));
        take(head);
        bytes = tail;
    }
}

/// A server in memory whose application accepts everything, and what came of it.
pub struct Served {
    session: ServerSession,
    interest: Interest,
    now: Instant,
    /// What it has said, as far as nobody has taken it.
    pub replies: Vec<u8>,
    /// The messages that it has taken.
    pub messages: Vec<Vec<u8>>,
}

impl Served {
    /// A server whose application wants to hear of these events.
    pub fn new(config: Arc<ServerConfig>, interest: Interest, now: Instant) -> Self {
        let session = ServerSession::new(config, false, now);
        Self { session, interest, now, replies: Vec::new(), messages: Vec::new() }
    }

    /// Takes bytes of the client, and does what follows.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.session.receive(bytes, self.now);
        self.run();
    }

    /// Does everything that is to be done without more of the client.
    pub fn run(&mut self) {
        loop {
            match self.session.poll(self.now, self.interest) {
                Step::NeedInput | Step::Close => return,
                Step::Send(replies) => self.replies.extend(replies.split()),
                Step::Hold => self.now = self.session.deadline().unwrap_or(self.now),
                Step::Ask(question, news) => {
                    if let Question::Data(message) = question {
                        self.messages.push(message.segments().collect::<Vec<_>>().concat());
                    }
                    news.clear();
                    self.session.answer(Verdict::Accept(None).into(), self.now);
                }
                Step::Tell(_, news) => {
                    news.clear();
                    self.session.heard(None, self.now);
                }
                Step::Raw(raw) => raw.clear(),
                Step::Decoded(message) => drop(message.take()),
                Step::Derive(derivation) => {
                    let keys = derivation.run();
                    self.session.derived(Some(&keys), self.now);
                }
                Step::StartTls => self.session.secured(self.now),
            }
        }
    }
}

/// The configuration of example.domain, after `change`, with the extensions that its limits and
/// keys leave of those it offers.
pub fn server_config(change: impl FnOnce(&mut ServerConfig)) -> Arc<ServerConfig> {
    let name = "example.domain";
    let mut config = ServerConfig {
        name: name.to_owned(),
        limits: Limits::default(),
        extensions: Extensions::usual(),
        tls: false,
        require_tls: false,
        auth: AuthPolicy {
            login: Login::Offered,
            mechanisms: vec![
                Mechanism::Plain,
                Mechanism::Login,
                Mechanism::ScramSha256,
                Mechanism::ScramSha256Plus,
            ],
            exposure: Exposure::TlsOnly,
            max_failures: Some(3),
            nonce: || "n0nce".to_owned(),
            pretence: Pretence::new([7; 32]),
        },
        dialect: Dialect::mbr_smtp(),
        bare_newlines: BareNewlines::Accept,
        line_feeds: false,
        deliverable: None,
        replies: Replies::new(&Dialect::mbr_smtp(), name, false),
        control: AbusePolicy::default(),
        counters: Counters::default(),
    };
    change(&mut config);
    let wanted =
        Extension::ALL.into_iter().filter(|one| config.extensions.now(false).contains(*one));
    config.extensions = config.dialect.extensions(wanted, &config.limits, config.tls);
    Arc::new(config)
}
