//! The client's state machine on its own, for streams that JavaScript holds.

use super::convert::{invalid, time, unknown};
use crate::net::random::nonce;
use crate::protocol::client::authentication::{Authentication, Progress};
use crate::protocol::client::{Awaited, ClientSession, Failure, Greeting, Request, Step, Timeouts};
use crate::protocol::parameters::{MailParameters, RcptParameters};
use crate::protocol::reply::Reply;
use crate::protocol::sasl::client::{Credentials, Exchange};
use crate::protocol::sasl::{Binding, Mechanism};
use napi::Result;
use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi_derive::napi;
use std::collections::VecDeque;
use std::time::Instant;

/// How long replies are awaited, in milliseconds, 0 for ever.
#[napi(object, object_to_js = false)]
pub struct MachineTimeouts {
    /// How long the greeting line is awaited.
    pub greeting: f64,
    /// How long most replies are awaited.
    pub command: f64,
    /// How long the reply to DATA is awaited.
    pub data_initiation: f64,
    /// How long the reply to a message is awaited.
    pub data_termination: f64,
}

/// What is to be done next.
#[napi(object, object_from_js = false)]
pub struct MachineStep {
    /// 'send', 'reply', 'startTls', 'wait' or 'fail'.
    pub kind: String,
    /// Bytes to be sent.
    pub bytes: Option<Buffer>,
    /// Whether these are commands, not a message.
    pub is_command: bool,
    /// The code of a reply.
    pub code: Option<u32>,
    /// The text of its lines.
    pub lines: Option<Vec<String>>,
    /// What went wrong, by its code, and in words.
    pub failure: Option<Vec<String>>,
    /// When the server is too late, in milliseconds from now.
    pub deadline: Option<f64>,
}

/// One session with a server, without its stream.
#[napi]
pub struct NativeMachine {
    session: ClientSession,
    /// AUTH commands that were not answered for good, in their order.
    logins: VecDeque<Authentication>,
    /// What is ready to be sent is part of a message.
    gives_message: bool,
}

#[napi]
impl NativeMachine {
    /// A session that awaits the server's greeting line.
    #[napi(constructor)]
    pub fn new(timeouts: MachineTimeouts) -> Result<Self> {
        let timeouts = Timeouts {
            greeting: time(timeouts.greeting)?,
            command: time(timeouts.command)?,
            data_initiation: time(timeouts.data_initiation)?,
            data_block: None,
            data_termination: time(timeouts.data_termination)?,
        };
        let session = ClientSession::new(timeouts, false, Instant::now());
        Ok(Self { session, logins: VecDeque::new(), gives_message: false })
    }

    /// Queues a request; `first` and `second` are its arguments.
    #[napi]
    pub fn ask(
        &mut self,
        name: String,
        first: Option<String>,
        second: Option<String>,
    ) -> Result<()> {
        let (first, second) = (first.unwrap_or_default(), second.unwrap_or_default());
        let request = match &*name {
            "EHLO" => Request::Greet(Greeting::Ehlo, first),
            "HELO" => Request::Greet(Greeting::Helo, first),
            "LHLO" => Request::Greet(Greeting::Lhlo, first),
            "MAIL" => Request::Mail(first, MailParameters::read(&second)),
            "RCPT" => Request::Rcpt(first, RcptParameters::read(&second)),
            "DATA" => Request::Data,
            "RSET" => Request::Rset,
            "NOOP" => Request::Noop,
            "VRFY" => Request::Vrfy(first),
            "STARTTLS" => Request::StartTls,
            "QUIT" => Request::Quit,
            _ => return Err(unknown("request", &name)),
        };
        self.session.ask(request).map_err(|error| invalid(error.to_string()))
    }

    /// Queues AUTH by a mechanism; its last reply is the one that is told.
    #[napi]
    pub fn login(&mut self, user: String, password: String, mechanism: String) -> Result<()> {
        let mechanism =
            Mechanism::parse(&mechanism).ok_or_else(|| unknown("mechanism", &mechanism))?;
        let exchange = Credentials::password(user, password)
            .and_then(|credentials| {
                Exchange::new(mechanism, &credentials, nonce(), Binding::Impossible, ("", 0))
            })
            .map_err(|error| invalid(error.to_string()))?;
        let login = Authentication::begin(mechanism, exchange, &mut self.session)
            .map_err(|error| invalid(error.to_string()))?;
        self.logins.push_back(login);
        Ok(())
    }

    /// Takes bytes from the server.
    #[napi]
    pub fn receive(&mut self, bytes: Uint8Array) {
        self.session.receive(&bytes);
    }

    /// The server sends no more.
    #[napi]
    pub fn end_input(&mut self) {
        self.session.end_input();
    }

    /// What is to be done next.
    #[napi]
    pub fn poll(&mut self) -> MachineStep {
        let now = Instant::now();
        loop {
            return match self.session.poll(now) {
                Step::Send(bytes) => MachineStep {
                    bytes: Some(Buffer::from(&bytes[..])),
                    is_command: !std::mem::take(&mut self.gives_message),
                    ..step("send")
                },
                Step::Reply(Awaited::Auth, reply) => match self.authenticate(reply) {
                    Some(step) => step,
                    None => continue,
                },
                Step::Reply(_, reply) => replied(&reply),
                Step::StartTls => step("startTls"),
                Step::NeedInput => MachineStep {
                    deadline: self.session.deadline().map(|deadline| {
                        deadline.saturating_duration_since(now).as_secs_f64() * 1000.0
                    }),
                    ..step("wait")
                },
                Step::Fail(failure) => failed(&failure),
            };
        }
    }

    /// The server was too late.
    #[napi]
    pub fn expire(&mut self) -> MachineStep {
        failed(&self.session.expire())
    }

    /// Whether a message is to be given.
    #[napi]
    pub fn takes_message(&self) -> bool {
        self.session.takes_message()
    }

    /// What comes next of the message.
    #[napi]
    pub fn write_message(&mut self, bytes: Uint8Array) {
        self.gives_message = true;
        self.session.write_message(&bytes);
    }

    /// The message is complete.
    #[napi]
    pub fn end_message(&mut self) {
        self.gives_message = true;
        self.session.end_message(1, Instant::now());
    }

    /// A whole message as it is, its end of data included.
    #[napi]
    pub fn send_prepared(&mut self, bytes: Uint8Array) {
        self.gives_message = true;
        self.session.send_prepared(&bytes, Instant::now());
    }

    /// The TLS handshake is done.
    #[napi]
    pub fn secured(&mut self) {
        self.session.secured(Instant::now());
    }

    /// Goes on with AUTH; its last reply is told, also where that answers a cancellation.
    fn authenticate(&mut self, reply: Reply) -> Option<MachineStep> {
        let Some(login) = self.logins.front_mut() else { return Some(replied(&reply)) };
        let step = match login.replied(reply, &mut self.session) {
            Ok(Progress::Challenged | Progress::Cancelled(_)) => return None,
            Ok(Progress::Ended(reply)) => replied(&reply),
            Err(error) => MachineStep {
                failure: Some(vec!["SMTP_ERR_AUTH".to_owned(), error.to_string()]),
                ..step("fail")
            },
        };
        self.logins.pop_front();
        Some(step)
    }
}

fn replied(reply: &Reply) -> MachineStep {
    MachineStep {
        code: Some(u32::from(reply.code().value())),
        lines: Some(reply.texts().to_vec()),
        ..step("reply")
    }
}

fn step(kind: &str) -> MachineStep {
    MachineStep {
        kind: kind.to_owned(),
        bytes: None,
        is_command: false,
        code: None,
        lines: None,
        failure: None,
        deadline: None,
    }
}

fn failed(failure: &Failure) -> MachineStep {
    let code = match failure {
        Failure::Timeout(_) => "ETIMEDOUT",
        Failure::Closed(_) | Failure::Leaving(_) => "SMTP_ERR_CLOSED",
        _ => "SMTP_ERR_PROTOCOL",
    };
    MachineStep { failure: Some(vec![code.to_owned(), failure.to_string()]), ..step("fail") }
}
