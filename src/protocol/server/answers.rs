//! What the application's answers do, and the effects of commands that go on.

use super::dialogue::Parked;
use super::receiving::Receiving;
use super::timers::Timer;
use super::{
    About, Answer, Behind, Body, Counts, Effect, Ending, Greeted, Notice, Plan, Question,
    ServerSession, Standing, State, Verdict,
};
use crate::protocol::command::Hello;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::Stock;
use crate::protocol::extension::Extension;
use crate::protocol::parameters::Body as MimeBody;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::trusted::Attributes;
use bytes::BytesMut;
use std::time::Instant;

/// Who let a command go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The engine: the application has to be told of the effect.
    Engine,
    /// The application, which has recorded the effect, and takes a message so.
    Application(Body),
}

impl By {
    pub(super) fn body(self) -> Body {
        match self {
            Self::Engine => Body::Whole,
            Self::Application(body) => body,
        }
    }
}

impl ServerSession {
    /// Answers the question.
    pub fn answer(&mut self, answer: Answer, now: Instant) {
        if !matches!(self.parked, Parked::Asked(_)) {
            return;
        }
        let Answer { verdict, body, standing } = answer;
        let Parked::Asked(question) = self.go_on(standing, now) else { return };
        if standing.is_some() && verdict.refuses() {
            self.config.counters.refuse_by_application();
        }
        if let Question::Command { line, plan, .. } = &question {
            self.note_greeting(line, &verdict);
            if !verdict.carries_out() {
                self.give_back(&plan.effect, now);
                self.note_told(line, &verdict);
            }
        }
        match question {
            Question::Connect => self.answer_connect(verdict, now),
            Question::Command { line, plan, .. } if matches!(verdict, Verdict::Proceed) => {
                if self.is_secret(&line) {
                    self.execute(plan);
                } else {
                    self.run(line, About::Plan, now);
                }
            }
            Question::Command { plan, .. } => {
                let by = standing.map_or(By::Engine, |_| By::Application(body));
                self.answer_command(plan, verdict, by);
            }
            Question::Data(_) | Question::Streamed => {
                self.delivered(!verdict.refuses());
                self.answer_data(verdict);
            }
            // It is nobody's by now, and so a command.
            Question::Line(line) if matches!(verdict, Verdict::Proceed) => self.run_line(line, now),
            Question::Line(_) => {}
            Question::Auth(_) | Question::Proof(_) => self.answer_auth(verdict),
        }
    }

    /// Somebody has heard the notice; `standing` is the application's, if it was that.
    pub fn heard(&mut self, standing: Option<Standing>, now: Instant) {
        if let Parked::Told(notice) = &self.parked {
            if let Notice::Introduced(_) = notice {
                self.timers.set(Timer::Greeting, now);
            }
            self.go_on(standing, now);
        }
    }

    /// It is parked no more; where it was is returned.
    pub(super) fn go_on(&mut self, standing: Option<Standing>, now: Instant) -> Parked {
        self.restart_clocks(now);
        if let Some(Standing { recipients, next_line }) = standing {
            self.counts.recipients = recipients;
            self.input.next_line = next_line;
        }
        std::mem::replace(&mut self.parked, Parked::No)
    }

    fn answer_connect(&mut self, verdict: Verdict, now: Instant) {
        self.timers.set(Timer::Greeting, now);
        if self.talked_early() {
            return self.close_with(Stock::EarlyTalker);
        }
        let refused = matches!(verdict, Verdict::Answer(_));
        let code = match verdict {
            Verdict::Accept(Some(reply)) | Verdict::Answer(reply) => {
                self.write_reply(&reply);
                Some(reply.code())
            }
            Verdict::Accept(None)
            | Verdict::Ok
            | Verdict::Proceed
            | Verdict::Verify(_)
            | Verdict::RefuseToken(_)
            | Verdict::Each(_) => {
                self.write_stock(Stock::Greeting);
                None
            }
            Verdict::Silent(code) | Verdict::Skip(code) => code,
        };
        match code {
            Some(code) if code.closes() => self.end(Ending::Closed),
            Some(code) if refused || !code.is_positive() => self.state = State::Refused,
            _ => self.state = State::ExpectGreeting,
        }
    }

    fn answer_command(&mut self, plan: Plan, verdict: Verdict, by: By) {
        if plan.effect.has_chunk() {
            return self.answer_chunk(plan, verdict, by);
        }
        match verdict {
            Verdict::Accept(None) | Verdict::Proceed => {
                self.put(&plan.reply);
                self.apply(plan.effect, by);
            }
            Verdict::Accept(Some(reply)) => {
                self.write_reply(&reply);
                self.apply(plan.effect, by);
            }
            Verdict::Ok => {
                self.write_stock(plan.effect.plain_reply());
                self.apply(plan.effect, by);
            }
            Verdict::Answer(reply) => {
                self.write_reply(&reply);
                self.refuse(reply.code());
            }
            Verdict::Silent(Some(code)) if !code.is_positive() => self.refuse(code),
            Verdict::Silent(_) => self.apply(plan.effect, by),
            Verdict::Skip(Some(code)) => self.refuse(code),
            // Those with what is for logins or messages answer nothing else.
            Verdict::Skip(None)
            | Verdict::Verify(_)
            | Verdict::RefuseToken(_)
            | Verdict::Each(_) => {}
        }
    }

    fn answer_data(&mut self, verdict: Verdict) {
        let owed = self.owed();
        match verdict {
            Verdict::Accept(Some(reply)) | Verdict::Answer(reply) => {
                (0..owed).for_each(|_| self.write_reply(&reply));
                self.refuse(reply.code());
            }
            Verdict::Accept(None) | Verdict::Ok | Verdict::Proceed => {
                (0..owed).for_each(|_| self.write_stock(Stock::Ok));
            }
            Verdict::Each(replies) => self.write_each(&replies, owed),
            Verdict::Silent(Some(code)) | Verdict::Skip(Some(code)) => self.refuse(code),
            // Those with what is for logins answer nothing else.
            Verdict::Silent(None)
            | Verdict::Skip(None)
            | Verdict::Verify(_)
            | Verdict::RefuseToken(_) => {}
        }
    }

    /// Puts a reply of the application's to those that are ready.
    pub(super) fn write_reply(&mut self, reply: &Reply) {
        reply.write(self.queue(Some(reply.code())));
    }

    /// A message was answered; one that was taken shows that the client knows what it does.
    pub(super) fn delivered(&mut self, accepted: bool) {
        self.config.counters.answered(accepted);
        if accepted {
            self.counts.bad_commands = 0;
        }
    }

    pub(super) fn refuse(&mut self, code: ReplyCode) {
        if code.closes() {
            self.end(Ending::Closed);
        }
    }

    /// The effect of a command that goes on.
    pub(super) fn apply(&mut self, effect: Effect, by: By) {
        let note = by == By::Engine;
        match effect {
            Effect::Nothing | Effect::Inquire(_) => {}
            Effect::Bad => self.counts.bad_commands += 1,
            Effect::Greet { domain, hello } => self.greet(domain, hello, by),
            Effect::Mail(mail) => {
                self.forget_transaction();
                self.state = State::ExpectRcpt;
                self.counts.mime = mail.parameters.body;
                if note {
                    self.counts.recipients = 0;
                    self.news.changes.mail(mail);
                }
            }
            Effect::Rcpt(recipient) => {
                self.counts.behind = Behind::Nothing;
                self.note_accepted();
                if note {
                    self.counts.recipients += 1;
                    self.news.changes.recipients.push(recipient);
                }
            }
            Effect::StartData => self.start_data(by.body()),
            Effect::Reset => {
                self.forget_transaction();
                self.counts.recipients = 0;
                if note {
                    self.news.changes.reset();
                }
                if matches!(self.state, State::ExpectRcpt | State::Chunks(_)) {
                    self.state = State::ExpectMail;
                }
            }
            // They are carried out elsewhere, with what stands behind them.
            Effect::StartChunks(_) | Effect::Chunk(_) | Effect::DropChunk(..) => {}
            Effect::StartTls => self.start_tls(by),
            Effect::Xclient(attributes) => self.begin_anew(attributes, by),
            Effect::Xforward(attributes) => {
                self.parked = Parked::Told(Notice::Forwarded(attributes));
            }
            Effect::Auth(attempt) => self.begin_exchange(&attempt),
            Effect::Quit => self.end(Ending::Quit),
            Effect::Close => self.end(Ending::Closed),
        }
    }

    fn greet(&mut self, domain: String, hello: Hello, by: By) {
        let pipelining = hello == Hello::Ehlo
            && self.config.extensions.now(self.news.tls).contains(Extension::Pipelining);
        self.greeted = if pipelining { Greeted::Pipelining } else { Greeted::Yes };
        self.timers.stop(Timer::Greeting);
        self.forget_transaction();
        self.counts.recipients = 0;
        self.state = State::ExpectMail;
        if by == By::Engine {
            self.news.changes.greet(domain, hello == Hello::Ehlo);
        }
    }

    fn start_data(&mut self, body: Body) {
        self.counts.messages += 1;
        let receiving = self.receiving(body);
        self.state = State::Data(Box::new(receiving));
    }

    /// A message of which nothing has come.
    pub(super) fn receiving(&self, body: Body) -> Receiving {
        let line_feeds = !self.input.lines.saw_crlf();
        let bare_newlines = match self.counts.mime {
            Some(MimeBody::BinaryMime) => BareNewlines::Accept,
            _ => self.config.bare_newlines,
        };
        Receiving::new(&self.config, self.interest, body, line_feeds, bare_newlines)
    }

    fn start_tls(&mut self, by: By) {
        // What was pipelined behind STARTTLS was not said under TLS: drop it unread.
        self.input.bytes = BytesMut::new();
        self.input.lines.reset();
        self.forget_transaction();
        self.forget_login();
        self.counts.recipients = 0;
        if by == By::Engine {
            self.news.changes.forget();
        }
        self.state = State::StartTls;
    }

    /// The session of another client begins, as if it had connected now.
    fn begin_anew(&mut self, attributes: Box<Attributes>, by: By) {
        self.forget_transaction();
        let login = attributes.get("LOGIN").flatten();
        self.set_login(login.is_some());
        self.greeted = Greeted::No;
        self.counts = Counts::default();
        if by == By::Engine {
            self.news.changes.forget();
        }
        self.state = State::Connecting;
        self.parked = Parked::Told(Notice::Introduced(attributes));
    }

    /// What was, counts no more: nobody looks at the message of the last transaction, and nothing
    /// stands behind what was refused in it.
    fn forget_transaction(&mut self) {
        self.counts.behind = Behind::Nothing;
        self.counts.mime = None;
        self.news.accepted = 0;
        self.withdraw();
        if let Some(kept) = self.kept.take() {
            drop(kept.take());
        }
    }
}
