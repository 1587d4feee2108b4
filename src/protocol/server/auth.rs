//! AUTH (RFC 4954): what the command would do, the exchange behind it, and who is let in.
//!
//! While an exchange lasts nothing else is read. The application is asked once it is known who wants
//! to log in, and may have a secret held against what the client shows:
//!
//! ```text
//! AUTH --> Authenticating --> Ask(Auth) ----------------------------> 235, 535
//!               ^    |            |                                        ^
//!               |    |            +--> verify --> Derive                   |
//!               +----+---------------------+--------+--> Ask(Proof) -------+
//!               334: the client's line     (SCRAM: its proof)
//! ```

use super::account::{Account, Audience, Authentication, Standing, Strays};
use super::answers::By;
use super::dialogue::{Parked, TokenRefusal};
use super::plan::{Access, Position, Stage};
use super::{
    Body, Effect, Interest, Next, Notice, Plan, PlannedReply, Question, ServerConfig,
    ServerSession, State, Verdict,
};
use crate::protocol::command::argument_of;
use crate::protocol::dialect::{Commands, Stock};
use crate::protocol::line::Line;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::scram::Keys;
use crate::protocol::sasl::server::{Attempt, Exchange, Surroundings, Turn};
use crate::protocol::sasl::{Channel, Mechanism};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BufMut;
use std::time::{Duration, Instant};

/// What ends an exchange (RFC 4954 section 4).
const CANCELLATION: &[u8] = b"*";
/// An initial response that is empty.
const EMPTY: &str = "=";
/// For how much longer each refusal is held back than the one before, and the longest.
const PENALTY: Duration = Duration::from_millis(250);
const MAX_PENALTY: Duration = Duration::from_secs(2);
/// What is shown of a line that may be one of an exchange.
const NOT_SHOWN: &str = "***";

/// What AUTH would do at this position.
pub(super) fn plan_auth(argument: &str, position: &Position<'_>, config: &ServerConfig) -> Plan {
    let bad = |stock| position.bad(stock, config);
    match (position.access, position.stage) {
        (_, Stage::Refused) => return bad(Stock::Refused),
        (Access::Closed, _) => return bad(Stock::UnknownCommand),
        (Access::Exhausted, _) => {
            return Plan::new(Stock::TooManyAuthFailures, Effect::Close);
        }
        (Access::NeedsTls, _) => return bad(Stock::EncryptionRequired),
        (_, Stage::Begun) => return bad(Stock::GreetFirst),
        (Access::LoggedIn, _) => return bad(Stock::AlreadyLoggedIn),
        (_, Stage::Transaction | Stage::Chunks) => return bad(Stock::AuthInTransaction),
        (Access::Open, Stage::Greeted) => {}
    }
    plan_attempt(argument, position, config)
}

/// What AUTH would do where it is in its place; applications that answer commands know whether it is.
pub(super) fn plan_attempt(argument: &str, position: &Position<'_>, config: &ServerConfig) -> Plan {
    let bad = |stock| position.bad(stock, config);
    let mut words = argument.split(' ').filter(|word| !word.is_empty());
    let Some(name) = words.next() else { return bad(Stock::MechanismMissing) };
    let initial = words.next();
    if words.next().is_some() {
        return bad(Stock::AuthMalformed);
    }
    let is_offered = |it: &Mechanism| config.auth.offers(*it, position.tls, position.channel);
    let mechanism = Mechanism::parse(name).filter(is_offered);
    let Some(mechanism) = mechanism else { return bad(Stock::MechanismUnknown) };
    let initial = match initial {
        None => None,
        Some(EMPTY) => Some(Vec::new()),
        Some(text) => match STANDARD.decode(text) {
            Ok(bytes) => Some(bytes),
            Err(_) => return bad(Stock::AuthMalformed),
        },
    };
    let effect = Effect::Auth(Box::new(Attempt { mechanism, initial }));
    Plan { reply: PlannedReply::Later, effect }
}

/// What stands behind AUTH in a line, if it is that command; a line that only looks like it is told
/// apart by [`is_auth`].
pub(super) fn argument_of_auth(line: &str) -> Option<&str> {
    argument_of(line, "AUTH")
}

/// Whether a line is, or was meant to be, AUTH.
fn is_auth(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("AUTH"))
}

impl ServerSession {
    /// What the connection under TLS has to bind logins to.
    pub fn set_channel(&mut self, channel: Channel) {
        self.account().channel = channel;
    }

    fn account(&mut self) -> &mut Account {
        self.account.get_or_insert_default()
    }

    /// Whether AUTH is carried out here: applications that answer commands do not listen to it.
    pub(super) fn owns_auth(&self) -> bool {
        self.interest.contains(Interest::AUTH)
    }

    /// What the client may do about AUTH where that is ours.
    pub(super) fn access(&self) -> Access {
        let auth = &self.config.auth;
        let account = self.account.as_deref();
        let failures = account.map_or(0, |account| account.failures);
        let standing = account.map_or(Standing::Stranger, |account| account.standing);
        match standing {
            Standing::LoggedIn => Access::LoggedIn,
            _ if auth.max_failures.is_some_and(|limit| failures >= limit) => Access::Exhausted,
            _ if !auth.is_private(self.news.tls) => Access::NeedsTls,
            Standing::Stranger => Access::Open,
        }
    }

    /// What the connection has to bind logins to, if it is under TLS.
    pub(super) fn channel(&self) -> Option<&Channel> {
        self.account.as_deref().map(|account| &account.channel)
    }

    /// Whether a line was, or may have been, part of an exchange: its plan stands, for the line is not
    /// kept.
    pub(super) fn is_secret(&self, line: &str) -> bool {
        self.owns_auth() && is_auth(line)
    }

    /// A line as others may see it where AUTH is ours: of AUTH the verb and a mechanism that there is, of what may be a
    /// response to a refused AUTH nothing.
    pub(super) fn shown(&mut self, line: String, plan: &Plan) -> String {
        let is_application = self.config.dialect.commands == Commands::Application;
        if is_auth(&line) {
            // Until a login: it may be refused before an exchange begins, or by that.
            self.account().strays = Strays::Possible;
            let argument = argument_of_auth(&line);
            let name = argument.and_then(|argument| argument.split_ascii_whitespace().next());
            return match name.and_then(Mechanism::parse) {
                Some(mechanism) => format!("AUTH {}", mechanism.name()),
                // It is another word, which that application is to know by no name.
                None if argument.is_none() && is_application => NOT_SHOWN.to_owned(),
                None => "AUTH".to_owned(),
            };
        }
        // Its commands all look unknown here.
        if is_application {
            return line;
        }
        let Some(account) = self.account.as_deref_mut() else { return line };
        if account.strays == Strays::None {
            return line;
        }
        let is_none = matches!(
            plan.reply,
            PlannedReply::Stock(
                Stock::UnknownCommand | Stock::SyntaxError | Stock::TooManyBadCommands
            )
        );
        if is_none {
            return NOT_SHOWN.to_owned();
        }
        account.strays = Strays::None;
        line
    }

    /// An exchange begins.
    pub(super) fn begin_exchange(&mut self, attempt: &Attempt) {
        let auth = &self.config.auth;
        let nonce = (auth.nonce)();
        if nonce.is_empty() {
            return self.reply_stock(Stock::AuthUnavailable);
        }
        let channel = self.channel().cloned().unwrap_or_default();
        let offers_binding = auth.offers(Mechanism::ScramSha256Plus, self.news.tls, Some(&channel));
        let surroundings = Surroundings { host: &self.config.name, nonce, channel, offers_binding };
        let (exchange, turn) = Exchange::start(attempt, surroundings);
        let (turn, audience) = (Some(turn), Audience::Client);
        self.state = State::Authenticating(Box::new(Authentication { exchange, turn, audience }));
    }

    /// Does what the exchange wants to be done.
    pub(super) fn poll_turn(&mut self, now: Instant) -> Option<Next> {
        let State::Authenticating(authentication) = &mut self.state else { return None };
        let turn = authentication.turn.take()?;
        self.take_turn(turn, now)
    }

    /// Takes a line of an exchange.
    pub(super) fn take_response(&mut self, line: Line, now: Instant) -> Option<Next> {
        // The client did not wait for the challenge that it answers.
        let is_undue = self.watches_pipelining() && !self.input.bytes.is_empty();
        let State::Authenticating(authentication) = &mut self.state else { return None };
        if let Audience::Refused(reply) = &authentication.audience {
            let reply = reply.clone();
            self.leave_exchange();
            self.refuse_login(&reply, By::Engine);
            return None;
        }
        match line {
            Line::TooLong => {
                let is_told = self.leave_exchange();
                let plan = self.plan_overlong();
                self.execute(plan);
                self.tell_of_end(is_told, now)
            }
            Line::Complete(_) if is_undue => {
                self.close_with(Stock::UnauthorisedPipelining);
                None
            }
            Line::Complete(line) if line == CANCELLATION => {
                let is_told = self.leave_exchange();
                self.reply_stock(Stock::AuthCancelled);
                self.tell_of_end(is_told, now)
            }
            Line::Complete(line) => match STANDARD.decode(line) {
                Ok(response) => {
                    let turn = authentication.exchange.respond(&response);
                    self.take_turn(turn, now)
                }
                Err(_) => self.take_turn(Turn::Malformed, now),
            },
        }
    }

    fn take_turn(&mut self, turn: Turn, now: Instant) -> Option<Next> {
        let State::Authenticating(authentication) = &mut self.state else { return None };
        match turn {
            Turn::Challenge(challenge) => {
                self.challenge(&challenge);
                None
            }
            Turn::Ask => {
                let claim = Box::new(authentication.exchange.claim().clone());
                Some(self.ask(Question::Auth(claim), now))
            }
            Turn::Verified(is_right) => {
                authentication.audience = Audience::Client;
                Some(self.ask(Question::Proof(is_right), now))
            }
            Turn::Derive(derivation) => Some(self.park(Parked::Deriving(derivation), now)),
            Turn::Malformed => {
                let is_told = self.leave_exchange();
                let plan = self.position().bad(Stock::AuthMalformed, &self.config);
                self.execute(plan);
                self.tell_of_end(is_told, now)
            }
            Turn::Refused => {
                let is_told = self.leave_exchange();
                self.refuse_login(&PlannedReply::Stock(Stock::AuthRefused), By::Engine);
                self.tell_of_end(is_told, now)
            }
        }
    }

    /// Sends a challenge, of which nobody but the client sees anything.
    fn challenge(&mut self, challenge: &[u8]) {
        const CODE: ReplyCode = ReplyCode::known(334);
        if self.interest.contains(Interest::RESPONSE) {
            self.news.responses.push("334".to_owned());
        }
        let line = format!("334 {}\r\n", STANDARD.encode(challenge));
        self.queue(Some(CODE)).put_slice(line.as_bytes());
    }

    /// The exchange is over without a login; whether the application waits for what comes of it.
    fn leave_exchange(&mut self) -> bool {
        let left = std::mem::replace(&mut self.state, State::ExpectMail);
        matches!(left, State::Authenticating(it) if matches!(it.audience, Audience::Application))
    }

    fn tell_of_end(&mut self, is_told: bool, now: Instant) -> Option<Next> {
        is_told.then(|| self.tell(Notice::ExchangeOver, now))
    }

    /// Whether it waits for a derivation.
    pub fn is_deriving(&self) -> bool {
        matches!(self.parked, Parked::Deriving(_))
    }

    /// Bytes of the client's that nobody has looked at yet.
    pub fn unread(&self) -> usize {
        self.input.bytes.len()
    }

    /// The derivation that was asked for was carried out, or there was no room for it.
    pub fn derived(&mut self, keys: Option<&Keys>, now: Instant) {
        if !matches!(self.parked, Parked::Deriving(_)) {
            return;
        }
        self.go_on(None, now);
        let State::Authenticating(authentication) = &mut self.state else { return };
        if let Some(keys) = keys {
            authentication.turn = Some(authentication.exchange.derived(keys));
            return;
        }
        let is_told = self.leave_exchange();
        self.reply_stock(Stock::AuthUnavailable);
        self.tell_of_end(is_told, now);
    }

    /// The application's word on a login, or on a proof.
    pub(super) fn answer_auth(&mut self, verdict: Verdict) {
        let State::Authenticating(authentication) = &mut self.state else { return };
        let exchange = &mut authentication.exchange;
        let may_let_in = exchange.may_let_in();
        match verdict {
            Verdict::Verify(secret) => {
                let turn = exchange.verify(*secret, &self.config.auth.pretence);
                authentication.turn = Some(turn);
                authentication.audience = Audience::Application;
            }
            Verdict::Accept(reply) if may_let_in => {
                let stock = PlannedReply::Stock(Stock::LoggedIn);
                self.let_in(&reply.map_or(stock, PlannedReply::Made));
            }
            Verdict::Ok if may_let_in => self.let_in(&PlannedReply::Stock(Stock::LoggedIn)),
            Verdict::Answer(reply) => self.refuse_claim(PlannedReply::Made(reply), None),
            Verdict::RefuseToken(refusal) => {
                let TokenRefusal { reply, problem } = *refusal;
                self.refuse_claim(PlannedReply::Made(reply), Some(problem));
            }
            Verdict::Accept(_) | Verdict::Ok | Verdict::Proceed | Verdict::Each(_) => {
                let reply = PlannedReply::Stock(Stock::AuthRefused);
                self.announce(&reply);
                self.refuse_claim(reply, None);
            }
            // Whatever it has said by itself, nobody is let in by that.
            Verdict::Silent(code) | Verdict::Skip(code) => {
                self.leave_exchange();
                self.count_failure(code);
                if let Some(code) = code {
                    self.refuse(code);
                }
            }
        }
    }

    fn let_in(&mut self, reply: &PlannedReply) {
        self.state = State::ExpectMail;
        let account = self.account();
        account.standing = Standing::LoggedIn;
        account.strays = Strays::None;
        self.put(reply);
    }

    /// Refuses whom the application has looked at; who came with a token hears first what is wrong
    /// with that, and the application of none of this.
    fn refuse_claim(&mut self, reply: PlannedReply, problem: Option<String>) {
        let State::Authenticating(authentication) = &mut self.state else { return };
        let code = reply.code(&self.config.replies);
        match authentication.exchange.problem(problem).filter(|_| code.is_permanent()) {
            Some(problem) => {
                authentication.audience = Audience::Refused(reply);
                self.challenge(problem.as_bytes());
            }
            None => {
                self.leave_exchange();
                self.refuse_login(&reply, By::Application(Body::Whole));
            }
        }
    }

    /// Refuses a login, each a little later than the one before.
    fn refuse_login(&mut self, reply: &PlannedReply, by: By) {
        let code = reply.code(&self.config.replies);
        if self.count_failure(Some(code)) {
            let account = self.account();
            account.penalty = PENALTY.saturating_mul(account.failures).min(MAX_PENALTY);
            self.outgoing.held.get_or_insert_default();
        }
        if by == By::Engine {
            self.announce(reply);
        }
        self.put(reply);
        self.refuse(code);
    }

    /// A login was refused so; whether that counts, as all does that is not for now only.
    fn count_failure(&mut self, code: Option<ReplyCode>) -> bool {
        let counts = !code.is_some_and(ReplyCode::is_transient);
        if counts {
            self.account().failures += 1;
        }
        counts
    }

    /// How long the refusal at hand is held back, if one is.
    pub(super) fn penalty(&self) -> Duration {
        self.account.as_deref().map_or(Duration::ZERO, |account| account.penalty)
    }

    /// It was held back.
    pub(super) fn end_penalty(&mut self) {
        if let Some(account) = self.account.as_deref_mut() {
            account.penalty = Duration::ZERO;
        }
    }

    /// A peer that is trusted says whether the client has logged in.
    pub(super) fn set_login(&mut self, has_logged_in: bool) {
        if has_logged_in || self.account.is_some() {
            let standing = if has_logged_in { Standing::LoggedIn } else { Standing::Stranger };
            self.account.get_or_insert_default().standing = standing;
        }
    }

    /// Nothing said in plain text counts (RFC 3207 section 4.2), but for what was tried in vain.
    pub(super) fn forget_login(&mut self) {
        if let Some(account) = self.account.as_deref_mut() {
            account.standing = Standing::Stranger;
            account.channel = Channel::default();
        }
    }
}
