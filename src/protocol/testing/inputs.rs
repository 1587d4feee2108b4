//! What holds of the pure room whatever bytes it is given: the bodies of the fuzz targets, and a test
//! that gives each of them what is near to what it expects.
//!
//! The first bytes of an input say how things are set up, the others are what a peer sends.

use super::{Served, in_pieces, server_config};
use crate::protocol::client::delivery::{Delivery, Envelope, Progress, Recipient};
use crate::protocol::client::opening::{Login, Opening, OpeningOptions, TlsPolicy};
use crate::protocol::client::{ClientSession, Step, Timeouts};
use crate::protocol::command::Command;
use crate::protocol::data::{BareNewlines, DataDecoder};
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::encoder::DataEncoder;
use crate::protocol::events::Interest;
use crate::protocol::extension::Extensions;
use crate::protocol::parameters::{Body, MailParameters, RcptParameters};
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::client::Credentials;
use crate::protocol::server::Exposure;
use bytes::BytesMut;
use std::sync::Arc;
use std::time::Instant;

const NEWLINES: [BareNewlines; 3] =
    [BareNewlines::Accept, BareNewlines::Refuse, BareNewlines::Normalise];

/// How things are set up, choice by choice.
struct Choices(u16);

impl Choices {
    fn of(input: &[u8]) -> (Self, &[u8]) {
        let (head, rest) = input.split_at(input.len().min(2));
        (Self(head.iter().fold(0, |number, byte| number << 8 | u16::from(*byte))), rest)
    }

    fn flag(&mut self) -> bool {
        self.one_of([false, true])
    }

    /// True seldom: for what leads away from most of what there is to see.
    fn rare(&mut self) -> bool {
        self.one_of([false, false, false, false, true])
    }

    fn one_of<T: Clone, const N: usize>(&mut self, choices: [T; N]) -> T {
        let index = usize::from(self.0) % N;
        self.0 /= N as u16;
        choices[index].clone()
    }
}

fn dialect(choices: &mut Choices) -> Dialect {
    choices.one_of([
        Dialect::mbr_smtp(),
        Dialect::mail_io(),
        Dialect::smtp_protocol(),
        Dialect::mbr_smtp().lmtp(),
    ])
}

/// A command line: whatever it is, it is parsed or refused, and what is parsed strictly is parsed to
/// the same once it is written again.
pub fn command(input: &[u8]) {
    let (mut choices, line) = Choices::of(input);
    let is_strict = choices.flag();
    let syntax = if is_strict { Dialect::mbr_smtp().syntax } else { dialect(&mut choices).syntax };
    let extensions = if choices.flag() { Extensions::usual() } else { Extensions::default() };
    let line = String::from_utf8_lossy(line);
    let parse = |line: &str| Command::parse(line.trim(), &syntax, extensions.now(false));
    let mut written = BytesMut::new();
    let verb = match parse(&line) {
        Ok(Command::Mail(mail)) if is_strict => {
            mail.parameters.write(&mut written);
            format!("MAIL FROM:<{}>", mail.from)
        }
        Ok(Command::Rcpt(recipient)) if is_strict => {
            recipient.parameters.write(&mut written);
            format!("RCPT TO:<{}>", recipient.address)
        }
        _ => return,
    };
    let again = format!("{verb}{}", String::from_utf8_lossy(&written));
    assert_eq!(parse(&again), parse(&line), "{again:?} for {line:?}");
}

/// Message data: it means the same however it is cut; what an encoder writes comes back, and ends
/// where it ends.
pub fn decoder(input: &[u8]) {
    let (mut choices, data) = Choices::of(input);
    let bare = choices.one_of(NEWLINES);
    for make in [DataDecoder::new, DataDecoder::with_line_feeds] {
        assert_eq!(decoded(make(bare), data, 1), decoded(make(bare), data, usize::MAX));
    }
    let encode = |mut encoder: DataEncoder| {
        let mut output = BytesMut::new();
        encoder.encode(data, &mut output);
        encoder.finish(&mut output);
        output
    };
    let mut sent = encode(DataEncoder::for_data()).to_vec();
    let length = sent.len();
    sent.extend_from_slice(b"QUIT\r\n");
    let (output, used, ended, _) = decoded(DataDecoder::new(bare), &sent, usize::MAX);
    assert_eq!(
        (output.as_slice(), used, ended),
        (&*encode(DataEncoder::for_chunks()), length, true)
    );
}

/// What a decoder makes of data in pieces of this length: its output, how much it used, whether that
/// was all of a message, and whether there was a bare newline in it.
fn decoded(mut decoder: DataDecoder, data: &[u8], length: usize) -> (Vec<u8>, usize, bool, bool) {
    let (mut output, mut used, mut ended) = (Vec::new(), 0, false);
    let mut decode = |piece: &[u8]| {
        if !ended {
            let decoded = decoder.decode(piece, |bytes| output.extend_from_slice(bytes));
            used += decoded.used;
            ended = decoded.ended;
        }
    };
    in_pieces(data, |_| length, &mut decode);
    (output, used, ended, decoder.saw_bare_newline())
}

/// What a client sends: the server says and takes the same however it is cut.
pub fn server(input: &[u8]) {
    let (mut choices, bytes) = Choices::of(input);
    let config = server_config(|config| {
        config.dialect = dialect(&mut choices);
        config.replies = Replies::new(&config.dialect, &config.name, choices.flag());
        config.bare_newlines = choices.one_of(NEWLINES);
        config.line_feeds = choices.flag();
        config.limits.command_length = choices.one_of([None, Some(60)]);
        config.limits.size = choices.one_of([None, Some(200)]);
        config.limits.recipients = choices.one_of([None, Some(1)]);
        config.limits.bad_commands = choices.one_of([None, Some(3)]);
        config.auth.exposure = Exposure::Anywhere;
        config.auth.mechanisms.extend([Mechanism::CramMd5, Mechanism::XOAuth2]);
    });
    let all = Interest(0xfff);
    let interest = choices.one_of([Interest::default(), Interest::DATA, all, all | Interest::AUTH]);
    let now = Instant::now();
    let serve = |length: usize| {
        let mut served = Served::new(config.clone(), interest, now);
        served.run();
        in_pieces(bytes, |_| length, |piece| served.receive(piece));
        (String::from_utf8_lossy(&served.replies).into_owned(), served.messages)
    };
    assert_eq!(serve(1), serve(usize::MAX));
}

/// What a server sends: the client says the same however its lines are cut, no more if lines come
/// before they are due, and comes to an end.
pub fn client(input: &[u8]) {
    let (mut choices, bytes) = Choices::of(input);
    let login = choices.rare().then(|| {
        let credentials = if choices.flag() { Credentials::token } else { Credentials::password };
        credentials("user".to_owned(), "pencil".to_owned())
            .map(|credentials| Login { credentials, mechanism: None })
    });
    let options = Arc::new(OpeningOptions {
        name: "client.example".to_owned(),
        lmtp: choices.rare(),
        tls: if choices.rare() { TlsPolicy::Required } else { TlsPolicy::Opportunistic },
        login: login.and_then(Result::ok),
        server: ("mx.example".to_owned(), 25),
    });
    let recipient = |address: &str| Recipient {
        address: address.to_owned(),
        parameters: RcptParameters::read("NOTIFY=NEVER"),
    };
    let envelope = Envelope {
        from: choices.one_of(["a@b", ""]).to_owned(),
        recipients: vec![recipient("c@d"), recipient("e@f")],
        parameters: MailParameters {
            size: Some(4),
            body: choices.one_of([None, Some(Body::EightBitMime), Some(Body::BinaryMime)]),
            smtp_utf8: choices.rare(),
            require_tls: choices.rare(),
            ..MailParameters::default()
        },
    };
    let say = |length: &dyn Fn(usize) -> usize| {
        let mut peer = Peer::new(Arc::clone(&options));
        in_pieces(bytes, length, |piece| peer.receive(piece, &envelope));
        peer.sent.escape_ascii().to_string()
    };
    let line = |left: usize| {
        let rest = &bytes[bytes.len() - left..];
        rest.iter().position(|byte| *byte == b'\n').map_or(left, |at| at + 1)
    };
    let said = say(&|_| 1);
    assert_eq!(said, say(&line));
    assert!(said.starts_with(&say(&|left| left)));
}

/// A client that sends one message, in as many transactions as the server wants, if it lets it.
struct Peer {
    session: ClientSession,
    lmtp: bool,
    opening: Opening,
    delivery: Option<Delivery>,
    /// Recipients of the transactions before.
    settled: usize,
    now: Instant,
    sent: Vec<u8>,
    is_over: bool,
}

impl Peer {
    fn new(options: Arc<OpeningOptions>) -> Self {
        let now = Instant::now();
        Self {
            session: ClientSession::new(Timeouts::default(), false, now),
            lmtp: options.lmtp,
            opening: Opening::new(options, "nonce".to_owned()),
            delivery: None,
            settled: 0,
            now,
            sent: Vec::new(),
            is_over: false,
        }
    }

    fn receive(&mut self, bytes: &[u8], envelope: &Envelope) {
        self.session.receive(bytes);
        while !self.is_over {
            match self.session.poll(self.now) {
                Step::NeedInput => return,
                Step::Send(bytes) => self.sent.extend_from_slice(&bytes),
                // Nothing that follows has been sent in plain text.
                Step::Fail(_) | Step::StartTls => self.is_over = true,
                Step::Reply(to, reply) => match &mut self.delivery {
                    Some(delivery) => delivery.replied(to, reply, &mut self.session, self.now),
                    None => {
                        self.is_over = self.opening.replied(to, reply, &mut self.session).is_err();
                    }
                },
            }
            self.go_on(envelope);
        }
    }

    /// Begins once it may, and gives the message once it is wanted.
    fn go_on(&mut self, envelope: &Envelope) {
        if self.delivery.is_none() && self.opening.is_ready() {
            let begun = Delivery::begin(envelope, self.settled, self.lmtp, &mut self.session);
            self.delivery = begun.ok();
            self.is_over |= self.delivery.is_none();
        }
        let Some(delivery) = &mut self.delivery else { return };
        match delivery.progress() {
            Progress::Replies => {}
            Progress::Done => {
                self.settled += delivery.fates().len();
                self.is_over =
                    self.session.has_ended() || self.settled == envelope.recipients.len();
                self.delivery = None;
                if !self.is_over {
                    self.go_on(envelope);
                }
            }
            Progress::Message => {
                delivery.give(b".x\ny", &mut self.session);
                delivery.finish(&mut self.session, self.now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::*;

    const COMMANDS: [&str; 18] = [
        "EHLO x",
        "MAIL FROM:<a@b>",
        "RCPT TO:<c@d>",
        " SIZE=5",
        " BODY=8BITMIME",
        " SMTPUTF8",
        "DATA",
        "BDAT 9",
        "BDAT 3 LAST\r\n",
        "RSET",
        "QUIT",
        "\r\n",
        "\r\n",
        "\r\n.\r\n",
        "..",
        "\n",
        "\r",
        "\u{e4}",
    ];
    const REPLIES: [&str; 19] = [
        "220 mx.example\r\n",
        "250-mx.example\r\n",
        "250 OK\r\n",
        "250 PIPELINING\r\n",
        "250 STARTTLS\r\n",
        "250-SIZE 100\r\n",
        "250-CHUNKING\r\n",
        "250-BINARYMIME\r\n",
        "250-SMTPUTF8\r\n",
        "250-LIMITS RCPTMAX=1\r\n",
        "250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2\r\n",
        "334 eA==\r\n",
        "235 in\r\n",
        "354 go\r\n",
        "421 bye\r\n",
        "450 later\r\n",
        "550 no\r\n",
        "220 go",
        "\n",
    ];

    /// Runs `body` with settings of any kind, one of the beginnings, which lead somewhere, and up to
    /// `most` of the words.
    fn with_any(body: fn(&[u8]), beginnings: &[&str], words: &[&str], most: usize) {
        for seed in 1..2_000 {
            let mut random = Random::new(seed);
            let mut input = vec![random.below(256) as u8, random.below(256) as u8];
            input.extend_from_slice(random.pick(beginnings).as_bytes());
            for _ in 0..random.below(most + 1) {
                input.extend_from_slice(random.pick(words).as_bytes());
            }
            if random.below(4) == 0 {
                let at = random.below(input.len());
                input[at] = random.below(256) as u8;
            }
            body(&input);
        }
    }

    #[test]
    fn commands() {
        let parameters =
            [" ", " SIZE=5", " BODY=7BIT", " BODY=8bitmime", " SMTPUTF8", " NOTIFY=NEVER", "x"];
        with_any(command, &["MAIL FROM:<a@b>", "RCPT TO:<c@d>"], &parameters, 3);
        with_any(command, &["", "EHLO ", "HELP "], &COMMANDS, 3);
    }

    #[test]
    fn message_data() {
        with_any(decoder, &["", ".", "x\r\n"], &COMMANDS, 13);
    }

    #[test]
    fn clients() {
        let begun = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
        let chunk = format!("{begun}BDAT 9\r\n");
        with_any(server, &["", begun, &format!("{begun}DATA\r\n"), &chunk], &COMMANDS, 13);
    }

    #[test]
    fn servers() {
        let greeted = "220 mx.example\r\n250-mx.example\r\n250 PIPELINING\r\n";
        let offers =
            "220 x\r\n250-x\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250-SMTPUTF8\r\n250 SIZE\r\n";
        let begun = format!("{offers}250 OK\r\n250 OK\r\n");
        let taken = format!("{greeted}250 OK\r\n250 OK\r\n250 OK\r\n354 go\r\n");
        let login = "220 x\r\n250-x\r\n250 AUTH LOGIN CRAM-MD5\r\n";
        with_any(client, &["220 x\r\n", greeted, offers, &begun, &taken, login], &REPLIES, 13);
    }
}
