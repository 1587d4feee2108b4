//! Client and server machine against each other, in memory, at random cuts.

use super::*;
use crate::protocol::control::Control;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::events::Interest;
use crate::protocol::extension::Extensions;
use crate::protocol::limits::Limits;
use crate::protocol::server::{self, Question, ServerConfig, ServerSession, Verdict};

/// A small generator, so that a failure can be repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

struct Duel {
    client: Table,
    server: ServerSession,
    received: Vec<Vec<u8>>,
    random: Random,
    /// On their way to the client.
    replies: Vec<u8>,
}

impl Duel {
    fn new(seed: u64, extensions: Extensions) -> Self {
        let name = "mx.example";
        let config = ServerConfig {
            name: name.to_owned(),
            limits: Limits::default(),
            extensions,
            tls: false,
            require_tls: false,
            dialect: Dialect::mbr_smtp(),
            bare_newlines: BareNewlines::Accept,
            line_feeds: false,
            deliverable: None,
            replies: Replies::new(&Dialect::mbr_smtp(), name, false),
            control: Control::default(),
            counters: Counters::default(),
        };
        let client = Table::new(Cut::Whole);
        let server = ServerSession::new(Arc::new(config), false, client.now);
        Self { client, server, received: Vec::new(), random: Random(seed), replies: Vec::new() }
    }

    /// Everything that the two have to say to each other now.
    fn settle(&mut self, each: &mut impl FnMut(Awaited, Reply, &mut ClientSession, Instant)) {
        loop {
            self.client.settle(each);
            let sent = std::mem::take(&mut self.client.sent);
            let mut rest = &sent[..];
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(1 + self.random.below(rest.len()));
                self.server.receive(head, self.client.now);
                self.serve();
                rest = tail;
            }
            self.serve();
            if self.replies.is_empty() && sent.is_empty() {
                return;
            }
            let replies = std::mem::take(&mut self.replies);
            let mut rest = &replies[..];
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(1 + self.random.below(rest.len()));
                self.client.session.receive(head);
                self.client.settle(each);
                rest = tail;
            }
        }
    }

    fn serve(&mut self) {
        let now = self.client.now;
        loop {
            match self.server.poll(now, Interest::DATA) {
                server::Step::NeedInput | server::Step::Close => return,
                server::Step::Ask(question, _) => {
                    if let Question::Data(message) = question {
                        self.received.push(message.segments().collect::<Vec<_>>().concat());
                    }
                    self.server.answer(Verdict::Accept(None).into(), now);
                }
                server::Step::Send(replies) => self.replies.extend(replies.split()),
                _ => {}
            }
        }
    }
}

#[test]
fn what_the_client_sends_the_server_receives() {
    for seed in 0..200 {
        let extensions = if seed % 2 == 0 { Extensions::usual() } else { Extensions::default() };
        let mut duel = Duel::new(seed, extensions);
        let mut opening = Opening::new(options(|_| ()), String::new());
        duel.settle(&mut |to, reply, session, _| {
            opening.replied(to, reply, session).expect("a welcome");
        });
        assert!(opening.is_ready(), "seed {seed}");
        for round in 0..3 {
            let alphabet = [b'a', b'.', b'\r', b'\n', 0, 0xff];
            let length = duel.random.below(40);
            let message: Vec<u8> =
                (0..length).map(|_| alphabet[duel.random.below(alphabet.len())]).collect();
            let envelope = envelope("a@b", &["c@d", "e@f"]);
            let mut delivery =
                Delivery::begin(&envelope, false, &mut duel.client.session).expect("fit");
            let mut each = |to, reply, session: &mut ClientSession, now| {
                delivery.replied(to, reply, session, now);
            };
            duel.settle(&mut each);
            assert_eq!(delivery.progress(), Progress::Message, "seed {seed}");
            let (head, tail) = message.split_at(duel.random.below(message.len() + 1));
            delivery.give(head, &mut duel.client.session);
            delivery.give(tail, &mut duel.client.session);
            let now = duel.client.now;
            delivery.finish(&mut duel.client.session, now);
            let mut each = |to, reply, session: &mut ClientSession, now| {
                delivery.replied(to, reply, session, now);
            };
            duel.settle(&mut each);
            assert_eq!(codes(&delivery), [250, 250], "seed {seed}");
            assert_eq!(duel.received.len(), round + 1, "seed {seed}");
            let mut expected = BytesMut::new();
            let mut encoder = DataEncoder::for_chunks();
            encoder.encode(&message, &mut expected);
            encoder.finish(&mut expected);
            assert_eq!(duel.received[round], expected, "seed {seed}");
        }
    }
}
