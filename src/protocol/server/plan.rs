//! What a command line would do: parsed and held against the state, with nothing done yet.

use super::{Interest, ServerSession, State};
use crate::protocol::command::{Command, CommandError};
use crate::protocol::dialect::{Commands, Incomplete, Order, Replies, Stock, Welcome};
use crate::protocol::envelope::{Mail, Recipient};
use crate::protocol::extension::OfferedNow;
use crate::protocol::limits::MAX_OVERLONG_LINES;
use crate::protocol::reply::{Reply, ReplyCode};
use bytes::{BufMut, BytesMut};

/// A reply, and what happens besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The reply.
    pub reply: PlannedReply,
    /// The effect on the session.
    pub effect: Effect,
}

/// A reply of the engine's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedReply {
    /// One that is always the same.
    Stock(Stock),
    /// One made for the occasion.
    Made(Reply),
}

impl PlannedReply {
    /// Its lines, without CRLF.
    pub fn lines(&self, replies: &Replies) -> Vec<String> {
        match self {
            Self::Stock(stock) => replies.stock_lines(*stock),
            Self::Made(reply) => reply.lines().collect(),
        }
    }

    /// Appends it to `output`.
    pub fn write(&self, replies: &Replies, output: &mut BytesMut) {
        match self {
            Self::Stock(stock) => output.put_slice(replies.stock(*stock).1),
            Self::Made(reply) => reply.write(output),
        }
    }
}

/// What a command does when it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// It counts as a bad command.
    Bad,
    /// Greets.
    Greet {
        /// The client's domain.
        domain: String,
        /// EHLO rather than HELO.
        extended: bool,
    },
    /// Begins a transaction.
    Mail(Mail),
    /// Adds a recipient.
    Rcpt(Recipient),
    /// Begins the data state.
    StartData,
    /// Drops the transaction.
    Reset,
    /// Begins TLS.
    StartTls,
    /// The client ends the session (RFC 5321 section 4.1.1.10).
    Quit,
    /// We do.
    Close,
}

impl Effect {
    /// The positive reply without any extras.
    pub(super) fn plain_reply(&self) -> Stock {
        match self {
            Self::Mail(_) => Stock::SenderOk,
            Self::Rcpt(_) => Stock::RecipientOk,
            Self::StartData => Stock::StartData,
            Self::Reset => Stock::ResetOk,
            _ => Stock::Ok,
        }
    }
}

impl Plan {
    pub(super) fn new(stock: Stock, effect: Effect) -> Self {
        Self { reply: PlannedReply::Stock(stock), effect }
    }

    /// The event of its command, where it has one.
    pub fn event(&self) -> Option<Interest> {
        match self.effect {
            Effect::Greet { .. } => Some(Interest::HELO),
            Effect::Mail(_) => Some(Interest::MAIL),
            Effect::Rcpt(_) => Some(Interest::RCPT),
            Effect::StartData => Some(Interest::DATA_START),
            _ => None,
        }
    }
}

impl ServerSession {
    /// What `line` would do now.
    pub(super) fn plan(&self, line: &str) -> Plan {
        let dialect = &self.config.dialect;
        if dialect.commands == Commands::Application {
            return self.plan_for_application(line);
        }
        let command = Command::parse(line, &dialect.syntax, self.offered());
        if let State::Refused = self.state {
            return match command {
                Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
                _ => self.bad(Stock::Refused),
            };
        }
        let greeting_first = dialect.order == Order::GreetingFirst;
        if greeting_first && !self.is_greeted() && waits_for_greeting(&command) {
            return self.bad(Stock::GreetFirst);
        }
        match command {
            Ok(Command::Greeting { domain, extended }) => self.plan_greeting(domain, extended),
            Ok(Command::Mail(mail)) => self.plan_mail(mail),
            Ok(Command::Rcpt(recipient)) => self.plan_rcpt(recipient),
            Ok(Command::Data) => self.plan_data(),
            Ok(Command::Rset) => Plan::new(Stock::ResetOk, Effect::Reset),
            // RFC 5321 section 3.5.3: not to be told, but mail for it would be taken.
            Ok(Command::Vrfy) => Plan::new(Stock::NotVerified, Effect::Nothing),
            Ok(Command::Noop) => Plan::new(Stock::Ok, Effect::Nothing),
            Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
            Ok(Command::Help(None)) => Plan::new(Stock::Help, Effect::Nothing),
            Ok(Command::Help(Some(verb))) => Plan {
                reply: PlannedReply::Made(self.config.replies.help(&verb)),
                effect: Effect::Nothing,
            },
            Ok(Command::StartTls) => self.plan_starttls(),
            Err(CommandError::Http) => Plan::new(Stock::NotSmtp, Effect::Close),
            Err(error) => self.bad(self.complaint(error, line)),
        }
    }

    /// What `line` does if the application accepts it; it knows whether that is its place.
    fn plan_for_application(&self, line: &str) -> Plan {
        match Command::parse_verb(line) {
            Ok(Command::Data) => Plan::new(Stock::StartData, Effect::StartData),
            Ok(Command::StartTls) if self.config.tls && !self.news.tls => {
                Plan::new(Stock::ReadyForTls, Effect::StartTls)
            }
            Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
            _ => Plan::new(Stock::UnknownCommand, Effect::Nothing),
        }
    }

    /// The plan for a line over the limit.
    pub(super) fn plan_overlong(&mut self) -> Plan {
        self.overlong_lines += 1;
        if self.overlong_lines > MAX_OVERLONG_LINES {
            return Plan::new(Stock::TooManyBadCommands, Effect::Close);
        }
        let refused = matches!(self.state, State::Refused);
        self.bad(if refused { Stock::Refused } else { Stock::LineTooLong })
    }

    fn bad(&self, stock: Stock) -> Plan {
        let limit = self.config.limits.bad_commands;
        if limit.is_some_and(|limit| self.bad_commands >= limit) {
            Plan::new(Stock::TooManyBadCommands, Effect::Close)
        } else {
            Plan::new(stock, Effect::Bad)
        }
    }

    /// What to say of a malformed line, or first that the command is out of sequence.
    fn complaint(&self, error: CommandError, line: &str) -> Stock {
        let sequence_first = self.config.dialect.order == Order::SequenceFirst;
        let by_itself = self.config.dialect.incomplete == Incomplete::ByItself;
        let is_mail = line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case("MAIL"));
        match error {
            CommandError::Empty if by_itself => Stock::SyntaxError,
            CommandError::Unknown | CommandError::Http | CommandError::Empty => {
                Stock::UnknownCommand
            }
            CommandError::NotImplemented => Stock::NotImplemented,
            CommandError::Domain => Stock::DomainMissing,
            CommandError::Argument => Stock::BadParameter,
            _ if sequence_first && is_mail && !self.is_greeted() => Stock::GreetFirst,
            _ if sequence_first && !is_mail && !self.in_transaction() => Stock::SenderFirst,
            CommandError::ReversePathMissing if by_itself => Stock::MailIncomplete,
            CommandError::ReversePathMissing | CommandError::ReversePath => Stock::SenderMissing,
            CommandError::ForwardPathMissing if by_itself => Stock::RcptIncomplete,
            CommandError::ForwardPathMissing | CommandError::ForwardPath => Stock::RecipientMissing,
            CommandError::UnknownParameter => Stock::UnknownParameter,
            CommandError::BadParameter => Stock::BadParameter,
        }
    }

    fn is_greeted(&self) -> bool {
        matches!(self.state, State::ExpectMail | State::ExpectRcpt)
    }

    fn in_transaction(&self) -> bool {
        matches!(self.state, State::ExpectRcpt)
    }

    /// RFC 5321 section 4.1.1.1. Greetings carry no enhanced status code (RFC 2034 section 3).
    fn plan_greeting(&self, domain: String, extended: bool) -> Plan {
        let is_ours = self.config.dialect.welcome == Welcome::Server;
        let mut text = match &*domain {
            domain if is_ours => format!("{} greets {domain}", self.config.name),
            "" => "OK".to_owned(),
            domain => domain.to_owned(),
        };
        if extended {
            for (keyword, values) in self.offered().lines() {
                text.push('\n');
                text.push_str(keyword);
                if !values.is_empty() {
                    text.push(' ');
                    text.push_str(values);
                }
            }
        }
        let reply = PlannedReply::Made(Reply::new(ReplyCode::known(250), &text));
        Plan { reply, effect: Effect::Greet { domain, extended } }
    }

    /// What is offered at this point of the session.
    pub(super) fn offered(&self) -> OfferedNow<'_> {
        self.config.extensions.now(self.news.tls)
    }

    fn plan_mail(&self, mail: Mail) -> Plan {
        let limits = &self.config.limits;
        // RFC 3207 section 4: whatever else is wrong, TLS comes first.
        if self.config.require_tls && !self.news.tls {
            return self.bad(Stock::TlsRequired);
        }
        if !self.is_greeted() {
            return self.bad(Stock::GreetFirst);
        }
        if limits.messages.is_some_and(|limit| self.messages >= limit) {
            return Plan::new(Stock::TooManyMessages, Effect::Close);
        }
        // RFC 1870 section 6.1.
        if limits.size.is_some_and(|limit| mail.parameters.size.is_some_and(|size| size > limit)) {
            return Plan::new(Stock::TooBig, Effect::Nothing);
        }
        Plan::new(Stock::SenderOk, Effect::Mail(mail))
    }

    fn plan_rcpt(&self, recipient: Recipient) -> Plan {
        if !self.in_transaction() {
            return self.bad(Stock::SenderFirst);
        }
        let limit = self.config.limits.recipients;
        if limit.is_some_and(|limit| self.recipients >= limit as usize) {
            return Plan::new(Stock::TooManyRecipients, Effect::Nothing);
        }
        Plan::new(Stock::RecipientOk, Effect::Rcpt(recipient))
    }

    fn plan_data(&self) -> Plan {
        if !self.in_transaction() {
            return self.bad(Stock::DataFirst);
        }
        if self.recipients == 0 {
            return self.bad(Stock::RecipientFirst);
        }
        if self.config.control.memory.as_ref().is_some_and(|memory| memory.is_used_up()) {
            return Plan::new(Stock::OutOfMemory, Effect::Nothing);
        }
        Plan::new(Stock::StartData, Effect::StartData)
    }

    fn plan_starttls(&self) -> Plan {
        if self.news.tls {
            self.bad(Stock::AlreadyTls)
        } else if self.config.tls {
            Plan::new(Stock::ReadyForTls, Effect::StartTls)
        } else {
            self.bad(Stock::TlsNotOffered)
        }
    }
}

/// Whether a command, where greetings come first, comes behind one; a malformed line is told what
/// is wrong with it.
fn waits_for_greeting(command: &Result<Command, CommandError>) -> bool {
    match command {
        Ok(Command::Greeting { .. } | Command::Quit | Command::Rset) => false,
        Ok(_) => true,
        Err(error) => matches!(error, CommandError::Unknown | CommandError::NotImplemented),
    }
}
