//! A stand-in for postfix's smtp-source: takes the same flags and sends the same dialogue.
//!
//! One thread and poll(2). A command costs a write and a read, where smtp-source polls before each
//! of them as well. Unlike smtp-source, which blocks while it writes, it sends the long messages of
//! several sessions at the same time. It needs std alone, so `rustc -O` makes it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

/// smtp-source's line length, with the CRLF.
const LINE_LENGTH: usize = 80;
/// smtp-source's buffer; a write of more would be no load that a mail client makes.
const BLOCK_SIZE: usize = 128 * 1024;

/// The flags of smtp-source that the benchmark uses.
struct Options {
    keep_session: bool,
    sessions: usize,
    messages: usize,
    length: usize,
    from: String,
    to: String,
    client_name: String,
    address: String,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options {
            keep_session: false,
            sessions: 1,
            messages: 1,
            length: 1024,
            from: "from@example.com".into(),
            to: "to@example.com".into(),
            client_name: "client.example".into(),
            address: String::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "-d" => options.keep_session = true,
                "-s" => options.sessions = number(&value()?)?,
                "-m" => options.messages = number(&value()?)?,
                "-l" => options.length = number(&value()?)?,
                "-f" => options.from = value()?,
                "-t" => options.to = value()?,
                "-M" => options.client_name = value()?,
                _ => options.address = argument,
            }
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

/// Everything that is sent, made once.
struct Dialogue {
    helo: Vec<u8>,
    mail: Vec<u8>,
    rcpt: Vec<u8>,
    message: Vec<u8>,
}

impl Dialogue {
    fn new(options: &Options) -> Self {
        let Options { from, to, client_name, .. } = options;
        let mut message = format!(
            "From: <{from}>\r\nTo: <{to}>\r\nDate: Mon, 23 Nov 2026 06:13:41 +0000 (UTC)\r\n\
             Message-Id: <0000.0000.0000@{client_name}>\r\n\r\n"
        )
        .into_bytes();
        message.extend((0..options.length).map(|at| match at % LINE_LENGTH {
            78 => b'\r',
            79 => b'\n',
            _ => b'X',
        }));
        message.extend_from_slice(b"\r\n.\r\n");
        Dialogue {
            helo: format!("HELO {client_name}\r\n").into(),
            mail: format!("MAIL FROM:<{from}>\r\n").into(),
            rcpt: format!("RCPT TO:<{to}>\r\n").into(),
            message,
        }
    }
}

/// Whose reply a session awaits.
#[derive(Clone, Copy, PartialEq)]
enum Awaits {
    Greeting,
    Helo,
    Mail,
    Rcpt,
    Data,
    Message,
    Quit,
}

struct Session<'a> {
    stream: TcpStream,
    awaits: Awaits,
    unsent: &'a [u8],
    received: Vec<u8>,
}

impl Session<'_> {
    fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nonblocking(true)?;
        // The last segment of a long message must not wait for an acknowledgement.
        stream.set_nodelay(true)?;
        Ok(Session { stream, awaits: Awaits::Greeting, unsent: &[], received: Vec::new() })
    }

    /// Sends what the socket takes.
    fn write(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let block = &self.unsent[..self.unsent.len().min(BLOCK_SIZE)];
            match self.stream.write(block) {
                Ok(sent) => self.unsent = &self.unsent[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a whole reply of the awaited class has come.
    fn read(&mut self) -> io::Result<bool> {
        let mut block = [0; 2048];
        match self.stream.read(&mut block)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => self.received.extend_from_slice(&block[..length]),
        }
        if !ends_reply(&self.received) {
            return Ok(false);
        }
        let class = if self.awaits == Awaits::Data { b'3' } else { b'2' };
        if self.received[0] != class {
            let reply = String::from_utf8_lossy(&self.received).into_owned();
            return Err(io::Error::other(format!("unexpected reply: {}", reply.trim_end())));
        }
        self.received.clear();
        Ok(true)
    }
}

/// RFC 5321 section 4.2.1: the last line of a reply has no hyphen after its code.
fn ends_reply(received: &[u8]) -> bool {
    let Some(text) = received.strip_suffix(b"\r\n") else { return false };
    let start = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    text.get(start + 3) != Some(&b'-')
}

/// Hands out the messages to the sessions.
struct Load<'a> {
    options: &'a Options,
    dialogue: &'a Dialogue,
    left: usize,
}

impl<'a> Load<'a> {
    /// A session for the next message, if there is one.
    fn open(&mut self) -> io::Result<Option<Session<'a>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        Session::open(&self.options.address).map(Some)
    }

    /// Says what follows the reply that has come; false where it was the session's last.
    fn advance(&mut self, session: &mut Session<'a>) -> bool {
        let dialogue = self.dialogue;
        let next: (Awaits, &'a [u8]) = match session.awaits {
            Awaits::Greeting => (Awaits::Helo, &dialogue.helo),
            Awaits::Helo => (Awaits::Mail, &dialogue.mail),
            Awaits::Mail => (Awaits::Rcpt, &dialogue.rcpt),
            Awaits::Rcpt => (Awaits::Data, b"DATA\r\n"),
            Awaits::Data => (Awaits::Message, &dialogue.message),
            Awaits::Message if self.options.keep_session && self.left > 0 => {
                self.left -= 1;
                (Awaits::Mail, &dialogue.mail)
            }
            Awaits::Message => (Awaits::Quit, b"QUIT\r\n"),
            Awaits::Quit => return false,
        };
        (session.awaits, session.unsent) = next;
        true
    }

    /// Serves a session that poll says is ready; gives back what then stands in its place.
    fn serve(&mut self, mut session: Session<'a>) -> io::Result<Option<Session<'a>>> {
        if session.unsent.is_empty() {
            if !session.read()? {
                return Ok(Some(session));
            }
            if !self.advance(&mut session) {
                return self.open();
            }
        }
        session.write()?;
        Ok(Some(session))
    }

    fn run(&mut self) -> io::Result<()> {
        let mut sessions = Vec::new();
        for _ in 0..self.options.sessions {
            sessions.push(self.open()?);
        }
        let mut polled: Vec<_> = sessions.iter().map(poll::entry).collect();
        while sessions.iter().any(Option::is_some) {
            poll::wait(&mut polled)?;
            for (place, entry) in sessions.iter_mut().zip(&mut polled) {
                if entry.is_ready() {
                    if let Some(session) = place.take() {
                        *place = self.serve(session)?;
                        *entry = poll::entry(place);
                    }
                }
            }
        }
        Ok(())
    }
}

/// poll(2), which std has no door to.
mod poll {
    use super::{AsRawFd, Session};
    use std::ffi::{c_int, c_short};
    use std::io::{Error, ErrorKind, Result};

    const POLLIN: c_short = 1;
    const POLLOUT: c_short = 4;

    #[cfg(target_os = "linux")]
    type Count = std::ffi::c_ulong;
    #[cfg(not(target_os = "linux"))]
    type Count = std::ffi::c_uint;

    #[repr(C)]
    pub struct Entry {
        fd: c_int,
        events: c_short,
        returned: c_short,
    }

    impl Entry {
        pub fn is_ready(&self) -> bool {
            self.returned != 0
        }
    }

    /// What to wait for; a negative descriptor is passed over.
    pub fn entry(session: &Option<Session>) -> Entry {
        let fd = session.as_ref().map_or(-1, |session| session.stream.as_raw_fd());
        let sends = session.as_ref().is_some_and(|session| !session.unsent.is_empty());
        Entry { fd, events: if sends { POLLOUT } else { POLLIN }, returned: 0 }
    }

    pub fn wait(entries: &mut [Entry]) -> Result<()> {
        extern "C" {
            fn poll(entries: *mut Entry, count: Count, timeout_ms: c_int) -> c_int;
        }
        // SAFETY: `Entry` has the layout of `struct pollfd`, and the count is the slice's.
        let ready = unsafe { poll(entries.as_mut_ptr(), entries.len() as Count, -1) };
        match Error::last_os_error() {
            error if ready < 0 && error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

fn run() -> Result<(), String> {
    let options = Options::parse(std::env::args().skip(1))?;
    let dialogue = Dialogue::new(&options);
    let mut load = Load { options: &options, dialogue: &dialogue, left: options.messages };
    load.run().map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sender: {message}");
            ExitCode::FAILURE
        }
    }
}
