//! Lines of a client, one by one: what each would do, and who is asked about it.

use super::account::Audience;
use super::auth::{argument_of_auth, plan_attempt, plan_auth};
use super::inquiries::plan_inquiry;
use super::plan::{Access, Position, Stage, plan, plan_for_application};
use super::strangers;
use super::timers::Timer;
use super::{
    About, Behind, Effect, Greeted, Interest, Next, NextLine, Notice, Plan, Question,
    ServerSession, State, Verdict,
};
use crate::protocol::command::Command;
use crate::protocol::dialect::{Commands, Margins, Stock};
use crate::protocol::inquiry::Verb;
use crate::protocol::limits::{MAX_AUTH_LINE, MAX_ENDLESS_LINE, MAX_OVERLONG_LINES};
use crate::protocol::line::Line;
use std::string::FromUtf8Error;
use std::time::Instant;

/// What may stand around a command line.
const MARGIN: [char; 2] = [' ', '\t'];

impl ServerSession {
    pub(super) fn poll_command(&mut self, now: Instant) -> Option<Next> {
        if self.is_handshake() {
            self.close_with(Stock::NotSmtp);
            return None;
        }
        let limit = self.line_limit();
        let mut line = self.input.lines.next_line(&mut self.input.bytes, limit);
        if line.is_none() && self.input.lines.is_skipping() && self.ends_at_overlong() {
            line = Some(Line::TooLong);
        }
        match line {
            None if self.is_endless() => self.close_with(Stock::EndlessLine),
            None if self.is_stranger() && self.input.lines.is_skipping() => {
                self.close_with(Stock::NotSmtp);
            }
            None => return self.wait(now),
            Some(line) if self.is_authenticating() => {
                self.timers.set(Timer::Turn, now);
                return self.take_response(line, now);
            }
            Some(Line::TooLong) if self.is_stranger() && !self.ends_at_overlong() => {
                self.close_with(Stock::NotSmtp);
            }
            Some(Line::Complete(line)) if self.is_stranger() && strangers::is_request(&line) => {
                self.close_with(Stock::NotSmtp);
            }
            Some(Line::Complete(line)) if self.input.next_line == NextLine::Application => {
                return Some(self.ask(Question::Line(line), now));
            }
            Some(Line::Complete(line)) if self.pipelines_unduly(&line) => {
                self.close_with(Stock::UnauthorisedPipelining);
            }
            Some(Line::Complete(line)) => {
                self.run(self.text_of(line), About::Line, now);
            }
            Some(Line::TooLong) => {
                let plan = self.plan_overlong();
                let goes_on = plan.effect != Effect::Close;
                self.execute(plan);
                // RFC 4954 section 4: what is going on there is over.
                if goes_on && self.input.next_line == NextLine::Application {
                    return Some(self.tell(Notice::LineTooLong, now));
                }
            }
        }
        self.timers.set(Timer::Turn, now);
        None
    }

    fn is_authenticating(&self) -> bool {
        matches!(self.state, State::Authenticating(_))
    }

    /// Whether it has not greeted: what it says may be no SMTP at all, but what a web page or another
    /// program was made to send here.
    fn is_stranger(&self) -> bool {
        self.greeted == Greeted::No
    }

    /// Whether a handshake stands where a greeting should.
    fn is_handshake(&self) -> bool {
        let input = &self.input;
        self.is_stranger() && !input.lines.is_skipping() && strangers::is_handshake(&input.bytes)
    }

    /// Whether a line goes on and on.
    fn is_endless(&self) -> bool {
        self.input.lines.skipped() > MAX_ENDLESS_LINE
    }

    /// Whether a line over the limit ends the session, by what is said of it: then its end is of no
    /// interest. A session, or a token, that was refused hears the same of every line.
    fn ends_at_overlong(&self) -> bool {
        let is_refused = match &self.state {
            State::Refused => true,
            State::Authenticating(it) => matches!(it.audience, Audience::Refused(_)),
            _ => false,
        };
        !is_refused && self.config.replies.stock(Stock::LineTooLong).0.closes()
    }

    /// Bytes that the next line may have with its end (RFC 5321 section 4.5.3.1.4): more where it
    /// is AUTH, or may be a response of its exchange, whoever carries that out (RFC 4954 section 4).
    fn line_limit(&self) -> Option<usize> {
        let is_authenticating = self.is_authenticating();
        let input = &self.input;
        match self.config.limits.command_length {
            None => is_authenticating.then_some(MAX_AUTH_LINE),
            Some(limit)
                if is_authenticating
                    || input.next_line == NextLine::Application
                    || is_auth(&input.bytes) =>
            {
                Some(limit.max(MAX_AUTH_LINE))
            }
            limit => limit,
        }
    }

    /// Carries a line out that was not read as a command at first, and may be too long for one.
    pub(super) fn run_line(&mut self, line: Vec<u8>, now: Instant) {
        let limit = self.config.limits.command_length;
        if limit.is_some_and(|limit| line.len() + 2 > limit) {
            let plan = self.plan_overlong();
            self.execute(plan);
        } else {
            self.run(self.text_of(line), About::Line, now);
        }
    }

    /// A command line as text, without the space around it that a receiver tolerates (RFC 5321 section
    /// 4.1.1) unless that is the application's to judge. What else is no text is for the command to refuse.
    fn text_of(&self, line: Vec<u8>) -> String {
        let text = String::from_utf8(line).unwrap_or_else(lossy);
        match self.config.dialect.margins {
            Margins::Trimmed if text.starts_with(MARGIN) || text.ends_with(MARGIN) => {
                text.trim_matches(MARGIN).to_owned()
            }
            Margins::Trimmed | Margins::Kept => text,
        }
    }

    /// Carries a line out, or asks `about` it first.
    pub(super) fn run(&mut self, line: String, about: About, now: Instant) {
        let plan = self.plan(&line);
        let plan = self.metered(plan, now);
        self.note_envelope(&line, &plan);
        let line = if self.owns_auth() { self.shown(line, &plan) } else { line };
        let is_shown = about == About::Plan || !self.interest.contains(Interest::MESSAGE);
        if is_shown && !plan.event().is_some_and(|event| self.interest.contains(event)) {
            self.execute(plan);
        } else {
            self.ask(Question::Command { line, about, plan }, now);
        }
    }

    /// A MAIL or RCPT that is not out of sequence is refused until it goes on.
    fn note_envelope(&mut self, line: &str, plan: &Plan) {
        let is_of_envelope = || is_verb(line, "MAIL") || is_verb(line, "RCPT");
        let is_refused = match &plan.effect {
            Effect::Mail(_) | Effect::Rcpt(_) => true,
            Effect::Bad | Effect::Nothing => {
                use Stock::{GreetFirst, Refused, SenderFirst};
                let stock = plan.reply.stock();
                stock.is_some_and(|it| !matches!(it, GreetFirst | SenderFirst | Refused))
                    && is_of_envelope()
            }
            _ => false,
        };
        if is_refused {
            self.counts.behind = Behind::Refusal;
        }
    }

    /// An application that answers commands has answered this one: it knows what a greeting is.
    pub(super) fn note_greeting(&mut self, line: &str, verdict: &Verdict) {
        if self.is_stranger()
            && self.config.dialect.commands == Commands::Application
            && verdict.says_done()
            && ["HELO", "EHLO", "LHLO"].iter().any(|verb| is_verb(line, verb))
        {
            self.greeted = Greeted::Yes;
        }
    }

    /// What `line` would do now.
    pub(super) fn plan(&self, line: &str) -> Plan {
        let (position, config) = (self.position(), &*self.config);
        let dialect = &config.dialect;
        if dialect.commands == Commands::Application {
            let is_between_chunks = position.stage == Stage::Chunks;
            let attempt = argument_of_auth(line).filter(|_| self.owns_auth() && !is_between_chunks);
            return match attempt {
                Some(argument) => plan_attempt(argument, &position, config),
                None => {
                    let offered = config.extensions.now(position.tls);
                    plan_for_application(Command::parse_verb(line, offered), &position, config)
                }
            };
        }
        if self.owns_auth()
            && let Some(argument) = argument_of_auth(line)
        {
            return plan_auth(argument, &position, config);
        }
        if let Some((verb, argument)) = Verb::of(line, self.interest) {
            return plan_inquiry(verb, argument, &position, config);
        }
        let offered = config.extensions.now(position.tls);
        plan(Command::parse(line, &dialect.syntax, offered), line, &position, config)
    }

    /// The plan for a line over the limit.
    pub(super) fn plan_overlong(&mut self) -> Plan {
        self.counts.overlong_lines += 1;
        if self.counts.overlong_lines > MAX_OVERLONG_LINES {
            return Plan::new(Stock::TooManyBadCommands, Effect::Close);
        }
        let position = self.position();
        let is_refused = position.stage == Stage::Refused;
        let stock = if is_refused { Stock::Refused } else { Stock::LineTooLong };
        let mut plan = position.bad(stock, &self.config);
        if plan.reply.code(&self.config.replies).closes() {
            plan.effect = Effect::Close;
        }
        plan
    }

    pub(super) fn position(&self) -> Position<'_> {
        Position {
            stage: match self.state {
                State::Refused => Stage::Refused,
                State::ExpectMail => Stage::Greeted,
                State::ExpectRcpt => Stage::Transaction,
                State::Chunks(_) => Stage::Chunks,
                _ => Stage::Begun,
            },
            tls: self.news.tls,
            recipients: self.counts.recipients,
            accepted: self.news.accepted,
            messages: self.counts.messages,
            bad_commands: self.counts.bad_commands,
            behind: self.counts.behind,
            mime: self.counts.mime,
            access: if self.owns_auth() { self.access() } else { Access::Closed },
            channel: self.channel(),
            trusted: self.peer.trusted,
            wanted: self.interest,
        }
    }
}

pub(super) fn is_verb(line: &str, verb: &str) -> bool {
    let (head, rest) = line.split_at_checked(verb.len()).unwrap_or((line, "x"));
    head.eq_ignore_ascii_case(verb) && !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_auth(line: &[u8]) -> bool {
    line.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"AUTH "))
}

#[cold]
fn lossy(error: FromUtf8Error) -> String {
    String::from_utf8_lossy(error.as_bytes()).into_owned()
}
