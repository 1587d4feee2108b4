//! A server that takes every message, but for one fault at one step.

use super::{At, Cell, Fault, RECIPIENTS};

#[derive(Debug, PartialEq, Eq)]
enum Mode {
    Lines,
    Message,
    /// Bytes that a chunk still has, and its number.
    Chunk(usize, usize),
}

#[derive(Debug)]
pub(super) struct Peer {
    cell: Cell,
    /// Whether the fault is still to come.
    armed: bool,
    input: Vec<u8>,
    said: Vec<u8>,
    mode: Mode,
    closed: bool,
    /// Says nothing any more, whatever comes.
    silent: bool,
    refuses_all: bool,
    /// MAIL was accepted, RCPT asked and accepted, chunks taken.
    is_open: bool,
    asked: usize,
    accepted: usize,
    chunks: usize,
    greeted: bool,
}

impl Peer {
    pub(super) fn new(cell: Cell) -> Self {
        let mut peer = Self {
            cell,
            armed: !matches!(cell.at, At::Rset),
            input: Vec::new(),
            said: Vec::new(),
            mode: Mode::Lines,
            closed: false,
            silent: false,
            refuses_all: false,
            is_open: false,
            asked: 0,
            accepted: 0,
            chunks: 0,
            greeted: false,
        };
        peer.reply(At::Greeting, "220 mx.example\r\n");
        peer
    }

    /// The fault comes from now on.
    pub(super) fn arm(&mut self) {
        self.armed |= self.cell.at == At::Rset;
        self.refuses_all = false;
    }

    /// No recipient is accepted until then.
    pub(super) fn refuse_all(&mut self) {
        self.refuses_all = true;
    }

    pub(super) fn take_said(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.said)
    }

    pub(super) fn has_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent && !self.closed && self.said.is_empty()
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while !self.silent && self.step() {}
    }

    fn step(&mut self) -> bool {
        match self.mode {
            Mode::Lines => {
                let Some(end) = self.input.iter().position(|byte| *byte == b'\n') else {
                    return false;
                };
                let line: Vec<u8> = self.input.drain(..=end).collect();
                let line = String::from_utf8(line).expect("a command");
                self.command(line.trim_end());
                true
            }
            Mode::Message => {
                if self.input.is_empty() {
                    return false;
                }
                if self.armed && self.cell.at == At::InMessage {
                    self.reply(At::InMessage, "");
                    return true;
                }
                let end = b"\r\n.\r\n";
                let found = self.input.windows(end.len()).position(|window| window == end);
                let alone = self.input.starts_with(b".\r\n");
                if found.is_none() && !alone {
                    return false;
                }
                self.input.clear();
                self.mode = Mode::Lines;
                let replies = if self.cell.lmtp { self.accepted } else { 1 };
                (0..replies).for_each(|index| self.reply(At::Dot(index), "250 taken\r\n"));
                self.is_open = false;
                true
            }
            Mode::Chunk(left, _) if self.input.len() < left => false,
            Mode::Chunk(left, number) => {
                self.input.drain(..left);
                self.mode = Mode::Lines;
                self.transact(At::Bdat(number));
                true
            }
        }
    }

    fn command(&mut self, line: &str) {
        let verb = line.split(' ').next().unwrap_or_default();
        match verb {
            "EHLO" | "LHLO" if self.greeted => {
                self.said.extend_from_slice(self.offers().as_bytes())
            }
            "EHLO" | "LHLO" => {
                self.greeted = true;
                self.reply(At::Ehlo, &self.offers());
            }
            "HELO" => self.said.extend_from_slice(b"250 mx.example\r\n"),
            "STARTTLS" => self.reply(At::StartTls, "220 go on\r\n"),
            "AUTH" => self.reply(At::Auth, "235 in\r\n"),
            "MAIL" => {
                (self.asked, self.accepted, self.chunks) = (0, 0, 0);
                self.is_open = true;
                self.reply(At::Mail, "250 OK\r\n");
            }
            "RCPT" => {
                self.asked += 1;
                if self.refuses_all {
                    self.said.extend_from_slice(b"550 nobody\r\n");
                } else {
                    self.accepted += 1;
                    self.transact(At::Rcpt(self.asked - 1));
                }
            }
            "DATA" => self.transact(At::Data),
            "BDAT" => {
                let length = line.split(' ').nth(1).and_then(|length| length.parse().ok());
                self.mode = Mode::Chunk(length.expect("a length"), self.chunks);
                self.chunks += 1;
            }
            "RSET" => {
                self.is_open = false;
                self.reply(At::Rset, "250 OK\r\n");
            }
            "QUIT" => self.reply(At::Quit, "221 bye\r\n"),
            // What AUTH was asked for.
            _ if self.cell.at == At::Auth => self.reply(At::Auth, "235 in\r\n"),
            _ => panic!("'{line}'"),
        }
    }

    /// Answers what belongs to a transaction, if there is one.
    fn transact(&mut self, at: At) {
        if !self.is_open || (matches!(at, At::Data | At::Bdat(_)) && self.accepted == 0) {
            return self.said.extend_from_slice(b"503 not now\r\n");
        }
        if at == At::Data {
            self.mode = Mode::Message;
            return self.reply(at, "354 go\r\n");
        }
        self.reply(at, "250 OK\r\n");
    }

    fn offers(&self) -> String {
        let Cell { at, pipelining, chunking, .. } = self.cell;
        let offered = [
            (pipelining, "PIPELINING"),
            (chunking, "CHUNKING"),
            (at == At::StartTls, "STARTTLS"),
            (at == At::Auth, "AUTH PLAIN"),
        ];
        let offered = offered.into_iter().filter(|(is_offered, _)| *is_offered);
        let lines: String = offered.map(|(_, keyword)| format!("250-{keyword}\r\n")).collect();
        format!("250-mx.example\r\n{lines}250 HELP\r\n")
    }

    /// Says what is due, or what is wrong.
    fn reply(&mut self, at: At, due: &str) {
        if self.silent {
            return;
        }
        if !self.armed || at != self.cell.at {
            return self.said.extend_from_slice(due.as_bytes());
        }
        self.armed = false;
        let said = match self.cell.fault {
            Fault::Close | Fault::Silence => String::new(),
            Fault::Code(code) => format!("{code} x\r\n"),
            Fault::Garbage => "HTTP/1.1 400 Bad Request\r\n".to_owned(),
            Fault::Endless => "250-x\r\n".repeat(10_000),
            Fault::Cut(text) => text.to_owned(),
            Fault::Surplus(more) => format!("{due}{more}\r\n"),
        };
        self.said.extend_from_slice(said.as_bytes());
        self.closed = matches!(self.cell.fault, Fault::Close | Fault::Cut(_));
        self.silent = self.closed
            || matches!(
                self.cell.fault,
                Fault::Silence | Fault::Code(421) | Fault::Garbage | Fault::Endless
            )
            || (self.cell.fault == Fault::Surplus("421 bye") && at != At::StartTls);
        if let Fault::Code(400..) = self.cell.fault {
            self.refuse(at);
        }
    }

    /// What a refusal means for what follows.
    fn refuse(&mut self, at: At) {
        match at {
            At::Mail | At::Bdat(_) => self.is_open = false,
            At::Rcpt(_) => self.accepted -= 1,
            At::Data => self.mode = Mode::Lines,
            // It is asked again, of the next mechanism or by HELO.
            _ => {}
        }
        debug_assert!(self.accepted <= RECIPIENTS);
    }
}
