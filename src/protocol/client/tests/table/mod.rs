//! Whatever a server does wrong, wherever it does it, and what the client makes of it: each step of a
//! session with each fault, with PIPELINING and without, over DATA and BDAT, over SMTP and LMTP.
//! [`rules`] says what is right of each, [`peer`] is the server. Time is virtual.

mod peer;
mod rules;

use super::*;
use crate::protocol::client::opening::Login;
use crate::protocol::sasl::client::Credentials;
use peer::Peer;

/// Where in a session a server fails; commands that come more than once have a number, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt(usize),
    Data,
    InMessage,
    /// The reply to the message; in LMTP there is one for each recipient.
    Dot(usize),
    Bdat(usize),
    Rset,
    Quit,
}

/// What it does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Close,
    Silence,
    /// A reply of this code.
    Code(u16),
    Garbage,
    Endless,
    /// The beginning of a reply, and the end of the connection.
    Cut(&'static str),
    /// The reply that is due, and another one.
    Surplus(&'static str),
}

const FAULTS: [Fault; 13] = [
    Fault::Close,
    Fault::Silence,
    Fault::Code(421),
    Fault::Code(451),
    Fault::Code(550),
    Fault::Code(334),
    Fault::Garbage,
    Fault::Endless,
    Fault::Cut("250 O"),
    Fault::Cut("454 4.3.0 Try again la"),
    Fault::Surplus("250 more"),
    Fault::Surplus("550 no"),
    Fault::Surplus("421 bye"),
];

/// What each message has, in chunks.
const CHUNKS: usize = 3;
const RECIPIENTS: usize = 3;

#[derive(Debug, Clone, Copy)]
struct Cell {
    at: At,
    fault: Fault,
    pipelining: bool,
    chunking: bool,
    lmtp: bool,
}

impl Cell {
    /// Whether messages go by BDAT.
    fn has_chunks(self) -> bool {
        self.chunking && !self.lmtp
    }

    /// Every step that there is with these extensions.
    fn steps(pipelining: bool, chunking: bool, lmtp: bool) -> Vec<At> {
        let cell = Self { at: At::Quit, fault: Fault::Close, pipelining, chunking, lmtp };
        let mut steps = vec![At::Greeting, At::Ehlo, At::StartTls, At::Auth, At::Mail];
        steps.extend((0..RECIPIENTS).map(At::Rcpt));
        if cell.has_chunks() {
            steps.extend((0..CHUNKS).map(At::Bdat));
        } else {
            steps.extend([At::Data, At::InMessage]);
            steps.extend((0..if lmtp { RECIPIENTS } else { 1 }).map(At::Dot));
        }
        steps.extend([At::Rset, At::Quit]);
        steps
    }

    fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for bits in 0..8 {
            let (pipelining, chunking, lmtp) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
            for at in Self::steps(pipelining, chunking, lmtp) {
                cells.extend(FAULTS.map(|fault| Self { at, fault, pipelining, chunking, lmtp }));
            }
        }
        cells
    }
}

/// What became of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Taken,
    /// With this code.
    Refused(u16),
    /// Nothing is known, and the message was not sent to its end.
    Lost,
    /// Nothing is known, and the message may have been taken.
    Uncertain,
}

/// What ended a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// SMTP_ERR_CLOSED, or ECONNRESET.
    Closed,
    /// ETIMEDOUT.
    Silent,
    /// SMTP_ERR_PROTOCOL.
    Broken,
    /// The server said so, with this code: SMTP_ERR_REFUSED, SMTP_ERR_NO_TLS or SMTP_ERR_AUTH.
    Refused(u16),
}

/// What is known in the end.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    /// Of each recipient; nothing if the session did not come to the message.
    told: Vec<Told>,
    /// Why there are recipients of whom nothing is known.
    ending: Option<Ending>,
    /// Whether a pool sends the message again, over another connection.
    again: bool,
    /// Whether the next message may go over this connection.
    kept: bool,
}

/// A client at work, as the driver on tokio does it.
struct Client {
    session: ClientSession,
    delivery: Delivery,
    peer: Peer,
    now: Instant,
}

enum Event {
    Reply(Awaited, Reply),
    StartTls,
}

impl Client {
    fn new(cell: Cell) -> Self {
        let now = Instant::now();
        Self {
            session: ClientSession::new(Timeouts::default(), false, now),
            delivery: Delivery::default(),
            peer: Peer::new(cell),
            now,
        }
    }

    /// Takes what has come.
    fn glance(&mut self) {
        let said = self.peer.take_said();
        self.session.receive(&said);
        if said.is_empty() && self.peer.has_closed() {
            self.session.end_input();
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.delivery.leaves(&self.session);
        self.peer.hear(bytes);
        self.delivery.left(&self.session);
    }

    fn event(&mut self) -> Result<Event, Failure> {
        loop {
            if self.session.begins_group() {
                self.glance();
            }
            match self.session.poll(self.now) {
                Step::Send(bytes) => self.send(&bytes),
                Step::Reply(to, reply) => return Ok(Event::Reply(to, reply)),
                Step::StartTls => return Ok(Event::StartTls),
                Step::Fail(failure) => return Err(failure),
                Step::NeedInput if self.peer.is_silent() => {
                    self.now = self.session.deadline().expect("a deadline where a reply is owed");
                    return Err(self.session.expire());
                }
                Step::NeedInput => self.glance(),
            }
        }
    }

    fn open(&mut self, options: Arc<OpeningOptions>) -> Result<(), Ending> {
        let mut opening = Opening::new(options, "nonce".to_owned());
        while !opening.is_ready() {
            let refused = match self.event().map_err(|failure| ending(&failure))? {
                Event::Reply(to, reply) => opening.replied(to, reply, &mut self.session),
                Event::StartTls => {
                    self.session.secured(self.now);
                    opening.secured(&mut self.session)
                }
            };
            refused.map_err(|refusal| match refusal {
                Refusal::Refused(_, reply) | Refusal::NoTls(Some(reply)) => {
                    Ending::Refused(reply.code().value())
                }
                other => panic!("{other}"),
            })?;
        }
        Ok(())
    }

    /// Sends a message of three chunks to three recipients.
    fn deliver(&mut self, cell: Cell) -> Result<(), Failure> {
        let envelope = envelope("a@b", &["c@d", "e@f", "g@h"]);
        self.delivery = Delivery::begin(&envelope, 0, cell.lmtp, &mut self.session).expect("fit");
        let length = if cell.has_chunks() { 200 * 1024 } else { 10 };
        let mut pieces = vec![vec![b'x'; length]; CHUNKS];
        loop {
            let has_room = self.delivery.has_room(&self.session);
            match self.delivery.progress() {
                Progress::Done => return Ok(()),
                Progress::Message if has_room && !self.session.has_heard() => {
                    self.glance();
                    if self.session.has_heard() {
                        continue;
                    }
                    match pieces.pop() {
                        Some(piece) => self.delivery.give(&piece, &mut self.session),
                        None => self.delivery.finish(&mut self.session, self.now),
                    }
                    while let Some(bytes) = self.session.take_output(self.now) {
                        self.send(&bytes);
                    }
                }
                _ => {
                    if let Event::Reply(to, reply) = self.event()? {
                        self.delivery.replied(to, reply, &mut self.session, self.now);
                    }
                }
            }
        }
    }

    /// What is known of a message whose delivery has ended so.
    fn result(&mut self, ended: Result<(), Failure>) -> Known {
        let failure = ended.err();
        if let Some(failure) = &failure {
            self.delivery.break_off(Some(failure));
        }
        let is_uncertain = self.delivery.is_uncertain();
        let told = |fate: &Fate| match fate {
            Fate::Accepted => Told::Taken,
            Fate::Rejected(_, reply) => Told::Refused(reply.code().value()),
            Fate::Pending if is_uncertain => Told::Uncertain,
            Fate::Pending | Fate::Unfit(_) => Told::Lost,
        };
        let told: Vec<_> = self.delivery.fates().iter().map(told).collect();
        let failure = failure.filter(|_| self.delivery.fates().contains(&Fate::Pending));
        let kept = !self.session.has_ended();
        Known {
            told,
            ending: failure.as_ref().map(ending),
            again: !kept && self.delivery.may_go_again(),
            kept,
        }
    }
}

fn ending(failure: &Failure) -> Ending {
    match failure {
        Failure::Closed(_) | Failure::Leaving(_) => Ending::Closed,
        Failure::Timeout(_) => Ending::Silent,
        _ => Ending::Broken,
    }
}

/// What becomes of a message in this cell.
fn play(cell: Cell) -> Known {
    let mut client = Client::new(cell);
    let options = options(|options| {
        options.lmtp = cell.lmtp;
        options.server.0 = "localhost".to_owned();
        if cell.at == At::StartTls {
            options.tls = TlsPolicy::Required;
        }
        if cell.at == At::Auth {
            let credentials = Credentials::password("user".to_owned(), "secret".to_owned());
            options.login =
                Some(Login { credentials: credentials.expect("credentials"), mechanism: None });
        }
    });
    if let Err(ending) = client.open(options) {
        return Known { told: vec![], ending: Some(ending), again: false, kept: false };
    }
    if cell.at == At::Rset {
        client.peer.refuse_all();
        let ended = client.deliver(cell);
        let result = client.result(ended);
        assert_eq!(result.told, [Told::Refused(550); RECIPIENTS]);
        assert!(result.kept);
    }
    client.peer.arm();
    let ended = client.deliver(cell);
    let result = client.result(ended);
    if cell.at == At::Quit {
        client.session.ask(Request::Quit).expect("no argument");
        // Whatever comes of it, the message was told.
        let _ = client.event();
        assert!(client.session.has_ended() || cell.fault == Fault::Code(334));
    }
    result
}

#[test]
fn every_fault_at_every_step_is_told_by_the_rules() {
    let cells = Cell::all();
    assert!(cells.len() > 1_200, "{}", cells.len());
    let mut wrong = Vec::new();
    for cell in cells {
        let (result, expected) = (play(cell), rules::expected(cell));
        if result != expected {
            wrong.push(format!("{cell:?}\n  is    {result:?}\n  ought {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} cells\n{}", wrong.len(), wrong.join("\n"));
}
