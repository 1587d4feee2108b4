//! Drives one [`ServerSession`] over one [`Stream`].
//!
//! What it waits for, and how bytes come and go, is in `transport.rs`, the header of a proxy in
//! `proxy.rs`, TLS in `handshake.rs`, what
//! logins need in `login.rs`.

mod handshake;
mod login;
mod notices;
mod proxy;
mod transport;

use super::{ConnectedClient, Server};
use crate::net::dns::names::Lookup;
use crate::net::error::words::{Peer, of_stream};
use crate::net::events::{ErrorInfo, MAX_WRITES, Record, SessionCommand, Slot, Wake};
use crate::net::stream::Stream;
use crate::protocol::events::Interest;
use crate::protocol::server::{Answer, Expired, ServerSession, Step};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::time::Sleep;
use transport::{Ended, Event, FAR, Farewell, Transport, is_gone};

/// Replies to the commands before this one leave if the application takes longer than that.
const REPLY_GRACE: Duration = Duration::from_millis(100);

const READING_LATE: &str = "the client took too long to read its replies";

/// What of the client a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    /// The client's bytes.
    Input,
    /// Its bytes, if there are any, before its greeting; that it sends no more it may say later.
    Early,
    /// Nothing but that it resets the connection.
    Reset,
}

/// What becomes of replies to earlier commands while the application has a later one at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replies {
    /// They leave after [`REPLY_GRACE`], unless the application is to hear of each.
    Leave,
    /// They wait with the later one.
    Wait,
}

/// Serves a client until the session has ended.
#[expect(clippy::manual_async_fn, reason = "its future would keep room for each argument twice")]
pub(super) fn serve(mut stream: Stream, mut client: ConnectedClient) -> impl Future<Output = ()> {
    async move {
        let mut early = Vec::new();
        if client.comes_by_proxy() {
            // Apart, so that no session keeps room for it.
            match Box::pin(proxy::introduce(stream, &mut client)).await {
                Some(introduced) => (stream, early) = introduced,
                None => return,
            }
        }
        let sleep = pin!(tokio::time::sleep(FAR));
        let mut lookup = client.look_up();
        let mut connection = Connection::new(stream, early, &client, sleep);
        let ended = connection.begin(lookup.as_mut()).await;
        connection.finish(ended).await;
    }
}

struct Connection<'a> {
    session: ServerSession,
    client: &'a ConnectedClient,
    transport: Transport<'a>,
}

impl<'a> Connection<'a> {
    /// `early` was read already. Not a part of [`serve`], whose future would keep room for a second
    /// session.
    fn new(
        stream: Stream,
        early: Vec<u8>,
        client: &'a ConnectedClient,
        sleep: Pin<&'a mut Sleep>,
    ) -> Self {
        let server = &client.server;
        let now = Instant::now();
        let mut session = ServerSession::new(server.config().clone(), server.implicit_tls(), now);
        session.set_meter(client.meter());
        session.set_trusted(client.trusted());
        let mut transport = Transport::new(stream, &client.slot, server.traffic(), sleep, now);
        if server.implicit_tls() {
            transport.early = early;
        } else if !early.is_empty() {
            session.receive(&early, now);
        }
        Self { session, client, transport }
    }

    /// Waits for the client's name first, where the server wants that.
    async fn begin(&mut self, lookup: Option<&mut Lookup>) -> Result<(), Ended> {
        if let Some(lookup) = lookup
            && self.server().resolver().is_some_and(|resolver| resolver.before_greeting())
        {
            self.await_name(lookup).await?;
        }
        self.run().await
    }

    /// Until the lookup has ended, or the application wants something.
    async fn await_name(&mut self, lookup: &mut Lookup) -> Result<(), Ended> {
        let mut ended = pin!(lookup.ended());
        let event = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(None));
            }
            if let Poll::Ready(event) = self.transport.poll_signals(cx) {
                return Poll::Ready(Ok(Some(event)));
            }
            // Who has gone is to leave its place to others.
            self.transport.poll_reset(cx).map_ok(Some)
        });
        let event = event.await?;
        self.transport.tick();
        match event {
            Some(Event::Wake(Wake::Command(command))) => self.obey(command),
            _ => Ok(()),
        }
    }

    async fn run(&mut self) -> Result<(), Ended> {
        if self.server().implicit_tls() {
            self.handshake().await?;
        }
        loop {
            let interest = self.interest();
            match self.session.poll(self.now(), interest) {
                Step::NeedInput => self.wait(Watch::Input).await?,
                Step::Hold => self.wait(Watch::Reset).await?,
                Step::Send(replies) => {
                    self.transport.outgoing = std::mem::take(replies);
                    self.send().await?;
                }
                Step::Ask(question, news) => {
                    let replies =
                        if question.is_replied_to() { Replies::Leave } else { Replies::Wait };
                    self.client.post(Record::Question { question, news })?;
                    if let Some(answer) = self.park(replies).await? {
                        self.session.set_interest(self.interest());
                        self.session.answer(answer, self.now());
                    }
                }
                Step::Tell(..) => self.tell().await?,
                Step::Raw(raw) => {
                    let posted = self.client.post(Record::Raw(raw));
                    *raw = Default::default();
                    posted?;
                    self.catch_up().await?;
                }
                Step::Decoded(message) => {
                    self.client.post(Record::Decoded(message))?;
                    self.catch_up().await?;
                }
                Step::Derive(derivation) => {
                    let derivation = derivation.clone();
                    // Apart, as few sessions have room to keep for it.
                    Box::pin(self.derive(derivation)).await?;
                }
                Step::StartTls => {
                    self.handshake().await?;
                    self.session.secured(self.now());
                }
                Step::Close => return Ok(()),
            }
        }
    }

    fn interest(&self) -> Interest {
        Interest(self.server().interest().0 | self.slot().interest().0)
    }

    async fn wait(&mut self, watch: Watch) -> Result<(), Ended> {
        match self.next_before(watch, None).await? {
            Event::Input => {}
            Event::Wake(Wake::Command(command)) => self.obey(command)?,
            Event::Wake(Wake::Answer(_)) => {}
            Event::Deadline => self.expire(),
        }
        Ok(())
    }

    /// Waits until the application has settled what was posted; `None` if the session has done so
    /// meanwhile.
    async fn park(&mut self, replies: Replies) -> Result<Option<Answer>, Ended> {
        let asked = self.now();
        let grace = asked + REPLY_GRACE;
        let mut watch = if self.session.hears_early() { Watch::Early } else { Watch::Reset };
        while self.session.is_parked() {
            let held = replies == Replies::Leave
                && self.session.ready() > 0
                && !self.interest().contains(Interest::RESPONSE);
            match self.next_before(watch, held.then_some(grace)).await? {
                Event::Wake(Wake::Answer(answer)) => {
                    self.server()
                        .traffic()
                        .answers
                        .add(self.now().saturating_duration_since(asked));
                    self.slot().withdraw();
                    return Ok(Some(answer));
                }
                Event::Wake(Wake::Command(command)) => self.obey(command)?,
                Event::Deadline => {
                    self.expire();
                    if held && self.now() >= grace && self.session.is_parked() {
                        self.transport.outgoing = std::mem::take(self.session.replies());
                        // Rare: boxed, so that no session keeps room for it.
                        Box::pin(self.send()).await?;
                    }
                }
                Event::Input => watch = Watch::Reset,
            }
        }
        self.slot().withdraw();
        Ok(None)
    }

    /// Reads nothing until the application has caught up with the message data that was posted.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        let limit = self.server().config().limits.listener;
        let deadline = limit.map(|limit| self.now() + limit);
        loop {
            self.transport.arm(deadline);
            let event = poll_fn(|cx| {
                if self.slot().poll_room(cx).is_ready() {
                    return Poll::Ready(None);
                }
                self.transport.poll_signals(cx).map(Some)
            });
            match event.await {
                None => {
                    // What the application took is not the client's time.
                    self.transport.tick();
                    return Ok(());
                }
                Some(Event::Wake(Wake::Command(command))) => self.obey(command)?,
                Some(Event::Deadline)
                    if deadline.is_some_and(|deadline| deadline <= self.now()) =>
                {
                    self.session.discard(None);
                    self.slot().resume();
                    self.post(Record::ListenerTimeout)?;
                    return Ok(());
                }
                Some(_) => {}
            }
            if self.session.is_closing() {
                return Ok(());
            }
        }
    }

    fn obey(&mut self, command: SessionCommand) -> Result<(), Ended> {
        match command {
            SessionCommand::Write(bytes) => {
                let waiting = self.transport.outgoing.len() + self.session.ready();
                if waiting + bytes.len() > MAX_WRITES {
                    return Err(overflow());
                }
                self.session.write(&bytes);
            }
            SessionCommand::Feed(bytes) => self.session.receive(&bytes, self.now()),
            SessionCommand::End => self.session.close(),
            SessionCommand::Destroy => return Err(Ended::Destroyed),
            SessionCommand::Reset => {
                self.transport.reset_when_dropped();
                return Err(Ended::Destroyed);
            }
            SessionCommand::Overflow => return Err(overflow()),
            SessionCommand::Drain => self.session.drain(),
            SessionCommand::Abort => self.session.abort(),
            SessionCommand::Idle(idle) => self.session.set_idle(idle, self.now()),
            SessionCommand::Discard(reply) => {
                self.session.discard(reply);
                self.slot().resume();
            }
            SessionCommand::NextLine(next_line) => self.session.set_next_line(next_line),
        }
        Ok(())
    }

    fn expire(&mut self) {
        let expired = self.session.expire(self.now());
        let record = match expired {
            Expired::Idle if self.slot().is_caught_up() => Record::Timeout,
            Expired::Listener => Record::ListenerTimeout,
            _ => return,
        };
        // A session that nobody listens to needs no notice.
        if self.slot().index().is_some() || self.interest().contains(Interest::TIMEOUT) {
            // Nor does one whose application is gone.
            let _ = self.client.post(record);
        }
    }

    fn post(&mut self, record: Record<'_>) -> Result<(), Ended> {
        Ok(self.client.post(record)?)
    }

    /// Closes the stream and tells the application that the session is over.
    async fn finish(&mut self, ended: Result<(), Ended>) {
        let connected = self.session.has_begun();
        match ended {
            Ok(()) => {
                let lingers = self.session.lingers();
                let farewell = if lingers { Farewell::Linger } else { Farewell::Brief };
                self.transport.hang_up(farewell).await;
            }
            Err(Ended::Failed(error)) => {
                if self.interest().contains(Interest::ERROR) {
                    let info = ErrorInfo::new(&error, of_stream(&error, Peer::Client));
                    let is_mere_end = is_gone(&error) && !self.session.in_transaction();
                    let _ = self.client.post(Record::Error(ErrorInfo { is_mere_end, ..info }));
                }
            }
            Err(Ended::Destroyed) => {}
        }
        self.transport.drop_stream();
        self.client.let_go();
        let listened = self.interest().contains(Interest::DISCONNECT) && connected;
        if self.slot().index().is_some() || listened {
            let gone = Record::Gone { news: self.session.news(), quiet: !connected };
            let _ = self.client.post(gone);
        }
    }

    /// The time of the last event.
    fn now(&self) -> Instant {
        self.transport.now
    }

    fn server(&self) -> &'a Server {
        &self.client.server
    }

    fn slot(&self) -> &'a Slot {
        &self.client.slot
    }

    /// Writes the replies that are on their way out.
    async fn send(&mut self) -> Result<(), Ended> {
        let limit = self.server().config().limits.command;
        let mut deadline = limit.map(|limit| self.now() + limit);
        let mut left = self.transport.outgoing.len();
        loop {
            self.transport.arm(deadline);
            let event = poll_fn(|cx| {
                if let Poll::Ready(done) = self.transport.poll_output(cx) {
                    return Poll::Ready(done.map(|()| None));
                }
                self.transport.poll_signals(cx).map(|event| Ok(Some(event)))
            });
            match event.await? {
                None => {
                    self.session.reuse(std::mem::take(&mut self.transport.outgoing));
                    return Ok(());
                }
                // A client that reads has all the time again.
                Some(Event::Deadline) if self.transport.outgoing.len() < left => {
                    left = self.transport.outgoing.len();
                    deadline = limit.map(|limit| self.now() + limit);
                }
                Some(event) => self.interrupted(event, deadline, READING_LATE)?,
            }
        }
    }

    /// What happens while the client keeps us waiting for its handshake, or to read.
    fn interrupted(
        &mut self,
        event: Event,
        deadline: Option<Instant>,
        late: &'static str,
    ) -> Result<(), Ended> {
        match event {
            Event::Wake(Wake::Command(SessionCommand::Abort)) => Err(Ended::Destroyed),
            Event::Wake(Wake::Command(command)) => self.obey(command),
            Event::Deadline if deadline.is_some_and(|deadline| deadline <= self.now()) => {
                Err(Ended::Failed(io::Error::new(io::ErrorKind::TimedOut, late)))
            }
            _ => Ok(()),
        }
    }

    /// The next thing that happens; before `earlier`, or the session's own deadline.
    async fn next_before(
        &mut self,
        watch: Watch,
        earlier: Option<Instant>,
    ) -> Result<Event, Ended> {
        let deadline = [self.session.deadline(), earlier].into_iter().flatten().min();
        self.transport.arm(deadline);
        poll_fn(|cx| {
            if let Poll::Ready(event) = self.transport.poll_signals(cx) {
                return Poll::Ready(Ok(event));
            }
            match watch {
                Watch::Input => {
                    let polled = self.transport.poll_input(cx, |bytes, now| match bytes {
                        [] => self.session.end_input(),
                        bytes => self.session.receive(bytes, now),
                    });
                    // Only a message could have been cut short by it (RFC 8446 section 6.1).
                    if is_cut(&polled) && !self.session.in_message() {
                        self.session.end_input();
                        return Poll::Ready(Ok(Event::Input));
                    }
                    polled
                }
                Watch::Early => {
                    let polled = self.transport.poll_input(cx, |bytes, now| {
                        if !bytes.is_empty() {
                            self.session.receive(bytes, now);
                        }
                    });
                    if is_cut(&polled) { Poll::Ready(Ok(Event::Input)) } else { polled }
                }
                Watch::Reset => self.transport.poll_reset(cx),
            }
        })
        .await
    }
}

/// Whether a client ended the connection without ending TLS.
fn is_cut(polled: &Poll<Result<Event, Ended>>) -> bool {
    matches!(polled, Poll::Ready(Err(Ended::Failed(error)))
        if error.kind() == io::ErrorKind::UnexpectedEof)
}

fn overflow() -> Ended {
    let error = "more was written to the client than the 16 MiB that may wait for it";
    Ended::Failed(io::Error::other(error))
}
