//! What a command line would do: parsed and held against the state, with nothing done yet.

use super::config::{Login, ServerConfig};
use super::planned::{Effect, Plan, PlannedReply};
use crate::protocol::command::{Chunk, Command, CommandError, Hello};
use crate::protocol::dialect::{Incomplete, Order, Stock, Welcome};
use crate::protocol::envelope::{Mail, Recipient};
use crate::protocol::events::Interest;
use crate::protocol::inquiry::Verb;
use crate::protocol::parameters::Body as MimeBody;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::{Channel, Mechanism};
use crate::protocol::trusted::{Attributes, Trust, Trusted};

/// Where a session stands, as far as it decides what a command would do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) stage: Stage,
    pub(super) tls: bool,
    /// Recipients of the transaction, the application's own included.
    pub(super) recipients: usize,
    /// Those that the client knows to be accepted, in LMTP.
    pub(super) accepted: u32,
    /// Messages of the session.
    pub(super) messages: u32,
    /// Bad commands of the session.
    pub(super) bad_commands: u32,
    /// What it stands behind.
    pub(super) behind: Behind,
    /// What the bytes of the transaction's message may be.
    pub(super) mime: Option<MimeBody>,
    /// What the client may do about AUTH.
    pub(super) access: Access,
    /// What logins can be bound to.
    pub(super) channel: Option<&'a Channel>,
    /// What it may say of others.
    pub(super) trusted: Trusted,
    /// What the application listens to.
    pub(super) wanted: Interest,
}

/// What a client may do about AUTH (RFC 4954).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing: nobody would judge a login.
    Closed,
    /// Nothing before TLS.
    NeedsTls,
    /// Log in.
    Open,
    /// Nothing more: it has logged in.
    LoggedIn,
    /// Nothing more: too many logins were refused.
    Exhausted,
}

/// What the commands of a transaction stand behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behind {
    /// Commands that went on.
    #[default]
    Nothing,
    /// A MAIL or RCPT that was refused: what a client has pipelined behind it is out of sequence, and
    /// no fault of the client's (RFC 2920 section 3.1).
    Refusal,
}

/// How far a session has come in which commands are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The client was refused: it may only leave (RFC 5321 section 3.1).
    Refused,
    /// It has not greeted.
    Begun,
    /// It has greeted, and no transaction is open.
    Greeted,
    /// A MAIL was accepted.
    Transaction,
    /// A message has come in part: its next chunk is awaited (RFC 3030 section 2).
    Chunks,
}

/// What a command would do at this position; `line` is what it was parsed from.
pub(super) fn plan(
    command: Result<Command, CommandError>,
    line: &str,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Plan {
    if let Ok(Command::Bdat(chunk)) = command {
        return plan_bdat(chunk, position, config);
    }
    if position.stage == Stage::Refused {
        return match command {
            Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
            _ => position.bad(Stock::Refused, config),
        };
    }
    let greeting_first = config.dialect.order == Order::GreetingFirst;
    if greeting_first && !position.is_greeted() && waits_for_greeting(&command) {
        return position.bad(Stock::GreetFirst, config);
    }
    if position.stage == Stage::Chunks && breaks_in(&command) {
        return position.bad(Stock::ChunkExpected, config);
    }
    match command {
        Ok(Command::Greeting { domain, hello }) => plan_greeting(domain, hello, position, config),
        Ok(Command::Mail(mail)) => plan_mail(mail, position, config),
        Ok(Command::Rcpt(recipient)) => plan_rcpt(recipient, position, config),
        Ok(Command::Data) => plan_data(position, config),
        Ok(Command::Bdat(chunk)) => plan_bdat(chunk, position, config),
        Ok(Command::Rset) => Plan::new(Stock::ResetOk, Effect::Reset),
        // RFC 5321 section 3.5.3: not to be told, but mail for it would be taken.
        Ok(Command::Vrfy) => Plan::new(Stock::NotVerified, Effect::Nothing),
        Ok(Command::Noop) => Plan::new(Stock::Ok, Effect::Nothing),
        Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
        Ok(Command::Help(None)) => Plan::new(Stock::Help, Effect::Nothing),
        Ok(Command::Help(Some(verb))) => Plan {
            reply: PlannedReply::Made(config.replies.help(&verb, position.wanted)),
            effect: Effect::Nothing,
        },
        Ok(Command::StartTls) => plan_starttls(position, config),
        Ok(Command::Xclient(argument)) => plan_xclient(&argument, position, config),
        Ok(Command::Xforward(argument)) => plan_xforward(&argument, position, config),
        Err(CommandError::Http) => Plan::new(Stock::NotSmtp, Effect::Close),
        Err(error) => plan_malformed(error, line, position, config),
    }
}

/// What a malformed line does; of a parameter that is wrong the reply has the name.
#[cold]
fn plan_malformed(
    error: CommandError,
    line: &str,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Plan {
    let stock = complaint(error, line, position, config);
    let plan = match stock {
        // Clients send what their mail has, whatever EHLO said.
        Stock::UnknownParameter => Plan::new(stock, Effect::Nothing),
        stock => position.bad(stock, config),
    };
    let is_of_parameter = plan.reply.stock() == Some(stock)
        && matches!(stock, Stock::UnknownParameter | Stock::BadParameter);
    let syntax = &config.dialect.syntax;
    let named = || Command::culprit(line, syntax, config.extensions.now(position.tls));
    match is_of_parameter.then(named).flatten() {
        Some(name) => Plan { reply: PlannedReply::Named(stock, name), ..plan },
        None => plan,
    }
}

/// What a command does if the application accepts it; it knows whether that is its place, but between
/// the chunks of a message nothing else can begin.
pub(super) fn plan_for_application(
    command: Result<Command, CommandError>,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Plan {
    let is_between_chunks = position.stage == Stage::Chunks;
    match command {
        Ok(Command::Bdat(chunk)) if is_between_chunks => {
            Plan { reply: PlannedReply::Later, effect: Effect::Chunk(chunk) }
        }
        Ok(Command::Bdat(chunk)) => {
            Plan { reply: PlannedReply::Later, effect: Effect::StartChunks(chunk) }
        }
        Ok(Command::Rset) if is_between_chunks => Plan::new(Stock::ResetOk, Effect::Reset),
        Ok(Command::Quit) => Plan::new(Stock::Closing, Effect::Quit),
        Ok(Command::Data | Command::StartTls) if is_between_chunks => {
            Plan::new(Stock::ChunkExpected, Effect::Nothing)
        }
        Ok(Command::Data) => Plan::new(Stock::StartData, Effect::StartData),
        Ok(Command::StartTls) if config.tls && !position.tls => {
            Plan::new(Stock::ReadyForTls, Effect::StartTls)
        }
        _ => Plan::new(Stock::UnknownCommand, Effect::Nothing),
    }
}

impl Position<'_> {
    /// The mechanisms that are offered.
    pub(super) fn mechanisms<'a>(
        &'a self,
        config: &'a ServerConfig,
    ) -> impl Iterator<Item = Mechanism> + 'a {
        let offered = config.auth.offered(self.tls, self.channel);
        offered.filter(|_| self.access != Access::Closed)
    }

    /// What a bad command does: one too many closes.
    pub(super) fn bad(&self, stock: Stock, config: &ServerConfig) -> Plan {
        let limit = config.limits.bad_commands;
        if limit.is_some_and(|limit| self.bad_commands >= limit) {
            Plan::new(Stock::TooManyBadCommands, Effect::Close)
        } else {
            Plan::new(stock, Effect::Bad)
        }
    }

    /// What RCPT or DATA does out of sequence.
    fn too_early(&self, stock: Stock, config: &ServerConfig) -> Plan {
        match self.behind {
            Behind::Nothing => self.bad(stock, config),
            Behind::Refusal => Plan::new(stock, Effect::Nothing),
        }
    }

    /// Why a peer may not say what only some may, or not here.
    fn distrust(&self, trust: Trust) -> Option<Stock> {
        match trust {
            Trust::Nobody => Some(Stock::UnknownCommand),
            Trust::Others => Some(Stock::NotTrusted),
            Trust::Peer => {
                let is_busy = matches!(self.stage, Stage::Transaction | Stage::Chunks);
                is_busy.then_some(Stock::InTransaction)
            }
        }
    }

    fn is_greeted(&self) -> bool {
        matches!(self.stage, Stage::Greeted | Stage::Transaction | Stage::Chunks)
    }

    fn in_transaction(&self) -> bool {
        matches!(self.stage, Stage::Transaction | Stage::Chunks)
    }
}

/// What to say of a malformed line, or first that the command is out of sequence.
fn complaint(
    error: CommandError,
    line: &str,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Stock {
    let sequence_first = config.dialect.order == Order::SequenceFirst;
    let by_itself = config.dialect.incomplete == Incomplete::ByItself;
    let is_mail = line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case("MAIL"));
    match error {
        CommandError::Empty if by_itself => Stock::SyntaxError,
        CommandError::Unknown | CommandError::Http | CommandError::Empty => Stock::UnknownCommand,
        CommandError::NotImplemented => Stock::NotImplemented,
        CommandError::Domain => Stock::DomainMissing,
        CommandError::Argument => Stock::BadParameter,
        _ if sequence_first && is_mail && !position.is_greeted() => Stock::GreetFirst,
        _ if sequence_first && !is_mail && !position.in_transaction() => Stock::SenderFirst,
        CommandError::ReversePathMissing if by_itself => Stock::MailIncomplete,
        CommandError::ReversePathMissing | CommandError::ReversePath => Stock::SenderMissing,
        CommandError::ForwardPathMissing if by_itself => Stock::RcptIncomplete,
        CommandError::ForwardPathMissing | CommandError::ForwardPath => Stock::RecipientMissing,
        CommandError::UnknownParameter => Stock::UnknownParameter,
        CommandError::BadParameter => Stock::BadParameter,
    }
}

/// RFC 5321 section 4.1.1.1. Greetings carry no enhanced status code (RFC 2034 section 3).
fn plan_greeting(
    domain: String,
    hello: Hello,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Plan {
    let is_ours = config.dialect.welcome == Welcome::Server;
    let mut text = match &*domain {
        domain if is_ours => format!("{} greets {domain}", config.name),
        "" => "OK".to_owned(),
        domain => domain.to_owned(),
    };
    if hello == Hello::Ehlo {
        for (keyword, values) in config.extensions.now(position.tls).lines() {
            text.push('\n');
            text.push_str(keyword);
            if !values.is_empty() {
                text.push(' ');
                text.push_str(values);
            }
        }
        let mechanisms: Vec<_> = position.mechanisms(config).map(Mechanism::name).collect();
        if !mechanisms.is_empty() {
            text.push_str("\nAUTH ");
            text.push_str(&mechanisms.join(" "));
        }
        for keyword in Verb::listed(position.wanted) {
            text.push('\n');
            text.push_str(keyword);
        }
        for line in position.trusted.lines() {
            text.push('\n');
            text.push_str(&line);
        }
    }
    let reply = PlannedReply::Made(Reply::new(ReplyCode::known(250), &text));
    Plan { reply, effect: Effect::Greet { domain, hello } }
}

fn plan_mail(mail: Mail, position: &Position<'_>, config: &ServerConfig) -> Plan {
    let limits = &config.limits;
    // RFC 3207 section 4: whatever else is wrong, TLS comes first.
    if config.require_tls && !position.tls {
        return position.bad(Stock::TlsRequired, config);
    }
    // RFC 4954 section 6.
    if config.auth.login == Login::Required && position.access != Access::LoggedIn {
        return position.bad(Stock::AuthRequired, config);
    }
    if !position.is_greeted() {
        return position.bad(Stock::GreetFirst, config);
    }
    if limits.messages.is_some_and(|limit| position.messages >= limit) {
        return Plan::new(Stock::TooManyMessages, Effect::Close);
    }
    // RFC 1870 section 6.1.
    if limits.size.is_some_and(|limit| mail.parameters.size.is_some_and(|size| size > limit)) {
        return Plan::new(Stock::TooBig, Effect::Nothing);
    }
    Plan::new(Stock::SenderOk, Effect::Mail(mail))
}

fn plan_rcpt(recipient: Recipient, position: &Position<'_>, config: &ServerConfig) -> Plan {
    if !position.in_transaction() {
        return position.too_early(Stock::SenderFirst, config);
    }
    let limit = config.limits.recipients;
    if limit.is_some_and(|limit| position.recipients >= limit as usize) {
        return Plan::new(Stock::TooManyRecipients, Effect::Nothing);
    }
    Plan::new(Stock::RecipientOk, Effect::Rcpt(recipient))
}

fn plan_data(position: &Position<'_>, config: &ServerConfig) -> Plan {
    let plan = plan_message(position, config);
    // RFC 3030 section 3: its bytes are no lines.
    if plan.effect == Effect::StartData && position.mime == Some(MimeBody::BinaryMime) {
        return position.bad(Stock::ChunkExpected, config);
    }
    plan
}

/// RFC 3030 section 2: the bytes that stand behind BDAT are never commands.
fn plan_bdat(chunk: Chunk, position: &Position<'_>, config: &ServerConfig) -> Plan {
    let Plan { reply, effect } = match position.stage {
        Stage::Chunks => return Plan { reply: PlannedReply::Later, effect: Effect::Chunk(chunk) },
        Stage::Refused => position.bad(Stock::Refused, config),
        _ => plan_message(position, config),
    };
    match effect {
        Effect::StartData => {
            Plan { reply: PlannedReply::Later, effect: Effect::StartChunks(chunk) }
        }
        Effect::Close => Plan { reply, effect },
        effect => Plan { reply, effect: Effect::DropChunk(chunk, Box::new(effect)) },
    }
}

/// What DATA does, and BDAT where it is the first.
fn plan_message(position: &Position<'_>, config: &ServerConfig) -> Plan {
    if !position.in_transaction() {
        return position.too_early(Stock::DataFirst, config);
    }
    // RFC 2033 section 4.2: those that the application has added get no reply.
    if position.recipients == 0 || config.is_lmtp() && position.accepted == 0 {
        return position.too_early(Stock::RecipientFirst, config);
    }
    if config.control.memory.as_ref().is_some_and(|memory| memory.is_used_up()) {
        return Plan::new(Stock::OutOfMemory, Effect::Nothing);
    }
    Plan::new(Stock::StartData, Effect::StartData)
}

/// The reply is the greeting, or what the application says in its place.
fn plan_xclient(argument: &str, position: &Position<'_>, config: &ServerConfig) -> Plan {
    if let Some(stock) = position.distrust(position.trusted.xclient) {
        return position.bad(stock, config);
    }
    match Attributes::of_xclient(argument) {
        Some(attributes) => {
            Plan { reply: PlannedReply::Later, effect: Effect::Xclient(Box::new(attributes)) }
        }
        None => position.bad(Stock::BadParameter, config),
    }
}

fn plan_xforward(argument: &str, position: &Position<'_>, config: &ServerConfig) -> Plan {
    if let Some(stock) = position.distrust(position.trusted.xforward) {
        return position.bad(stock, config);
    }
    match Attributes::of_xforward(argument) {
        Some(attributes) => Plan::new(Stock::Ok, Effect::Xforward(Box::new(attributes))),
        None => position.bad(Stock::BadParameter, config),
    }
}

fn plan_starttls(position: &Position<'_>, config: &ServerConfig) -> Plan {
    if position.tls {
        position.bad(Stock::AlreadyTls, config)
    } else if config.tls {
        Plan::new(Stock::ReadyForTls, Effect::StartTls)
    } else {
        position.bad(Stock::TlsNotOffered, config)
    }
}

/// Whether a command has no place between the chunks of a message.
fn breaks_in(command: &Result<Command, CommandError>) -> bool {
    matches!(command, Ok(Command::Mail(_) | Command::Rcpt(_) | Command::Data | Command::StartTls))
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
