//! Client and server machine against each other, in memory, at random cuts.

use super::*;
use crate::protocol::events::Interest;
use crate::protocol::extension::Extensions;
use crate::protocol::testing::{Random, Served, in_pieces, server_config};

struct Duel {
    client: Table,
    server: Served,
    random: Random,
}

impl Duel {
    fn new(seed: u64, extensions: Extensions) -> Self {
        let client = Table::new(Cut::Whole);
        let config = server_config(|config| config.extensions = extensions);
        let server = Served::new(config, Interest::DATA, client.now);
        Self { client, server, random: Random::new(seed) }
    }

    /// Everything that the two have to say to each other now.
    fn settle(&mut self, each: &mut impl FnMut(Awaited, Reply, &mut ClientSession, Instant)) {
        let Self { client, server, random } = self;
        loop {
            client.settle(each);
            let sent = std::mem::take(&mut client.sent);
            in_pieces(&sent, |left| 1 + random.below(left), |piece| server.receive(piece));
            server.run();
            let replies = std::mem::take(&mut server.replies);
            if replies.is_empty() && sent.is_empty() {
                return;
            }
            in_pieces(
                &replies,
                |left| 1 + random.below(left),
                |piece| {
                    client.session.receive(piece);
                    client.settle(each);
                },
            );
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
                Delivery::begin(&envelope, 0, false, &mut duel.client.session).expect("fit");
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
            assert_eq!(duel.server.messages.len(), round + 1, "seed {seed}");
            let mut expected = BytesMut::new();
            let mut encoder = DataEncoder::for_chunks();
            encoder.encode(&message, &mut expected);
            encoder.finish(&mut expected);
            assert_eq!(duel.server.messages[round], expected, "seed {seed}");
        }
    }
}
