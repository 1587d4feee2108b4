//! A client at a table with a scripted server, cut at every place; and with the server's own
//! machine.

mod authentication;
mod duel;
mod ends;
mod errors;
mod hostile;
mod opening;
mod table;
mod transactions;
mod unfit;

use super::delivery::{Delivery, Envelope, Fate, Progress, Recipient, Unfit};
use super::opening::{Opening, OpeningOptions, Refusal, TlsPolicy};
use super::*;
use crate::protocol::parameters::{Body, MailParameters, RcptParameters, Ret, Unknown};
use std::sync::Arc;

const PLAIN: &str = "250 mx.example\r\n";
const FULL: &str = "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n\
                    250-SMTPUTF8\r\n250 DSN\r\n";
const CHUNKING: &str = "250-mx.example\r\n250-PIPELINING\r\n250-BINARYMIME\r\n250 CHUNKING\r\n";

fn options(change: impl FnOnce(&mut OpeningOptions)) -> Arc<OpeningOptions> {
    let mut options = OpeningOptions {
        name: "client.example".to_owned(),
        lmtp: false,
        tls: TlsPolicy::Opportunistic,
        login: None,
        server: ("mx.example".to_owned(), 25),
    };
    change(&mut options);
    Arc::new(options)
}

fn envelope(from: &str, to: &[&str]) -> Envelope {
    let recipient = |address: &&str| Recipient {
        address: (*address).to_owned(),
        parameters: RcptParameters::parse("NOTIFY=NEVER", |_| true, Unknown::Refused)
            .expect("parameters"),
    };
    Envelope {
        from: from.to_owned(),
        recipients: to.iter().map(recipient).collect(),
        parameters: MailParameters {
            body: Some(Body::SevenBit),
            ret: Some(Ret::Headers),
            ..MailParameters::default()
        },
    }
}

/// How the server's bytes are cut.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Whole,
    Bytes,
    At(usize),
}

/// A client that speaks with a script: lines of the server go in as they stand, those of the
/// client have to come out.
struct Table {
    session: ClientSession,
    now: Instant,
    sent: Vec<u8>,
    replies: VecDeque<(Awaited, Reply)>,
    failure: Option<Failure>,
    securing: bool,
    cut: Cut,
}

impl Table {
    fn new(cut: Cut) -> Self {
        let now = Instant::now();
        Self {
            session: ClientSession::new(Timeouts::default(), false, now),
            now,
            sent: Vec::new(),
            replies: VecDeque::new(),
            failure: None,
            securing: false,
            cut,
        }
    }

    fn run(&mut self) {
        loop {
            match self.session.poll(self.now) {
                Step::Send(bytes) => self.sent.extend_from_slice(&bytes),
                Step::Reply(to, reply) => {
                    self.replies.push_back((to, reply));
                    return;
                }
                Step::StartTls => {
                    self.securing = true;
                    return;
                }
                Step::NeedInput => return,
                Step::Fail(failure) => {
                    self.failure = Some(failure);
                    return;
                }
            }
        }
    }

    /// Everything that can be done, with `each` reply given to whoever listens.
    fn settle(&mut self, each: &mut impl FnMut(Awaited, Reply, &mut ClientSession, Instant)) {
        loop {
            self.run();
            let Some((to, reply)) = self.replies.pop_front() else { return };
            each(to, reply, &mut self.session, self.now);
        }
    }

    fn server(
        &mut self,
        text: &str,
        each: &mut impl FnMut(Awaited, Reply, &mut ClientSession, Instant),
    ) {
        let bytes = text.as_bytes();
        let pieces: Vec<&[u8]> = match self.cut {
            Cut::Whole => vec![bytes],
            Cut::Bytes => bytes.chunks(1).collect(),
            Cut::At(at) => {
                let (head, tail) = bytes.split_at(at.min(bytes.len()));
                vec![head, tail]
            }
        };
        for piece in pieces {
            self.session.receive(piece);
            self.settle(each);
        }
    }

    fn client(&mut self, expected: &str) {
        let sent = String::from_utf8(std::mem::take(&mut self.sent)).expect("text");
        assert_eq!(sent, expected, "{:?}", self.cut);
    }
}

/// At every cut that a line of a script may have.
fn everywhere(run: impl Fn(Cut)) {
    run(Cut::Whole);
    run(Cut::Bytes);
    for at in 0..120 {
        run(Cut::At(at));
    }
}

/// A session that was greeted with these EHLO lines.
fn open(cut: Cut, options: &Arc<OpeningOptions>, ehlo: &str) -> (Table, Opening) {
    let mut table = Table::new(cut);
    let mut opening = Opening::new(options.clone(), "nonce".to_owned());
    let mut each = |to, reply, session: &mut ClientSession, _| {
        opening.replied(to, reply, session).expect("a welcome");
    };
    table.server("220 mx.example ESMTP\r\n", &mut each);
    table.client("EHLO client.example\r\n");
    table.server(ehlo, &mut each);
    (table, opening)
}

/// A delivery of `message` to a server that offers `ehlo`: its lines, the client's in between.
fn deliver(
    cut: Cut,
    ehlo: &str,
    envelope: Envelope,
    lmtp: bool,
    message: &[u8],
    script: &[(&str, &str)],
) -> Delivery {
    let (mut table, opening) = open(cut, &options(|_| ()), ehlo);
    assert!(opening.is_ready());
    let mut delivery = Delivery::begin(&envelope, 0, lmtp, &mut table.session).expect("fit");
    table.run();
    for (client, server) in script {
        if delivery.progress() == Progress::Message {
            delivery.give(message, &mut table.session);
            let now = table.now;
            delivery.finish(&mut table.session, now);
            table.run();
        }
        table.client(client);
        table.server(server, &mut |to, reply, session, now| {
            delivery.replied(to, reply, session, now);
        });
        assert_eq!(table.failure, None);
    }
    assert_eq!(delivery.progress(), Progress::Done);
    delivery
}

fn codes(delivery: &Delivery) -> Vec<u16> {
    let code = |fate: &Fate| match fate {
        Fate::Accepted => 250,
        Fate::Rejected(_, reply) => reply.code().value(),
        Fate::Pending | Fate::Unfit(_) => 0,
    };
    delivery.fates().iter().map(code).collect()
}

#[test]
fn one_command_at_a_time() {
    everywhere(|cut| {
        let delivery = deliver(
            cut,
            PLAIN,
            envelope("a@b", &["c@d", "e@f"]),
            false,
            b".x",
            &[
                ("MAIL FROM:<a@b>\r\n", "250 OK\r\n"),
                ("RCPT TO:<c@d>\r\n", "250-O\r\n250 K\r\n"),
                ("RCPT TO:<e@f>\r\n", "550 no\r\n"),
                ("DATA\r\n", "354 go\r\n"),
                ("..x\r\n.\r\n", "250 2.0.0 taken\r\n"),
            ],
        );
        assert_eq!(codes(&delivery), [250, 550]);
        assert_eq!(delivery.response().map(Reply::to_string), Some("250 2.0.0 taken".to_owned()));
    });
}

#[test]
fn a_group_at_once_where_that_is_offered() {
    everywhere(|cut| {
        let delivery = deliver(
            cut,
            FULL,
            envelope("", &["c@d", "e@f"]),
            false,
            b"x\r\n",
            &[
                (
                    "MAIL FROM:<> RET=HDRS\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\n\
                 RCPT TO:<e@f> NOTIFY=NEVER\r\nDATA\r\n",
                    "250 OK\r\n450 later\r\n250 OK\r\n354 go\r\n",
                ),
                ("x\r\n.\r\n", "250 OK\r\n"),
            ],
        );
        assert_eq!(codes(&delivery), [450, 250]);
    });
}

#[test]
fn chunks_where_those_are_offered() {
    everywhere(|cut| {
        let delivery = deliver(
            cut,
            CHUNKING,
            envelope("a@b", &["c@d"]),
            false,
            b".x\ny",
            &[
                ("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "250 OK\r\n250 OK\r\n"),
                ("BDAT 7 LAST\r\n.x\r\ny\r\n", "250 OK\r\n"),
            ],
        );
        assert_eq!(codes(&delivery), [250]);
        let mut binary = envelope("a@b", &["c@d"]);
        binary.parameters.body = Some(Body::BinaryMime);
        let delivery = deliver(
            cut,
            CHUNKING,
            binary,
            false,
            b".x\ny\r",
            &[
                ("MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n", "250 OK\r\n250 OK\r\n"),
                ("BDAT 5 LAST\r\n.x\ny\r", "552 full\r\n"),
            ],
        );
        assert_eq!(codes(&delivery), [552]);
    });
}

#[test]
fn lmtp_answers_for_each_recipient() {
    let ehlo = "250-mx.example\r\n250 PIPELINING\r\n";
    everywhere(|cut| {
        let delivery = deliver(
            cut,
            ehlo,
            envelope("a@b", &["c@d", "e@f", "g@h"]),
            true,
            b"x",
            &[
                (
                    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nRCPT TO:<g@h>\r\nDATA\r\n",
                    "250 OK\r\n250 OK\r\n550 no\r\n250 OK\r\n354 go\r\n",
                ),
                ("x\r\n.\r\n", "452 full\r\n250 taken\r\n"),
            ],
        );
        assert_eq!(codes(&delivery), [452, 550, 250]);
        assert!(delivery.response().is_some());
    });
}

#[test]
fn refusals_leave_the_session_in_order() {
    everywhere(|cut| {
        let two = || envelope("a@b", &["c@d", "e@f"]);
        let group = "MAIL FROM:<a@b> RET=HDRS\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\n\
                     RCPT TO:<e@f> NOTIFY=NEVER\r\nDATA\r\n";
        let refused = "553 not you\r\n503 MAIL first\r\n503 MAIL first\r\n503 MAIL first\r\n";
        let delivery = deliver(cut, FULL, two(), false, b"x", &[(group, refused)]);
        assert_eq!(codes(&delivery), [553, 553]);
        let delivery =
            deliver(cut, PLAIN, two(), false, b"x", &[("MAIL FROM:<a@b>\r\n", "451 no\r\n")]);
        assert_eq!(codes(&delivery), [451, 451]);
        let nobody = "250 OK\r\n550 no\r\n551 no\r\n554 nobody\r\n";
        let script = [(group, nobody), ("RSET\r\n", "250 OK\r\n")];
        assert_eq!(codes(&deliver(cut, FULL, two(), false, b"x", &script)), [550, 551]);
        // It goes on although there is nobody: it gets an empty message.
        let nobody = "250 OK\r\n550 no\r\n551 no\r\n354 go\r\n";
        let script = [(group, nobody), (".\r\n", "554 nobody\r\n")];
        assert_eq!(codes(&deliver(cut, FULL, two(), false, b"x", &script)), [550, 551]);
        let full = "250 OK\r\n250 OK\r\n250 OK\r\n452 full\r\n";
        let script = [(group, full), ("RSET\r\n", "250 OK\r\n")];
        assert_eq!(codes(&deliver(cut, FULL, two(), false, b"x", &script)), [452, 452]);
    });
}
