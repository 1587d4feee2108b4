//! Drives one [`ServerSession`] over one [`Stream`].
//!
//! What it waits for, and how bytes come and go, is in `transfer.rs`.

mod transfer;

use super::{Client, Server};
use crate::net::dns::names::Lookup;
use crate::net::events::{Answer, Control, ErrorInfo, MAX_WRITES, Record, Slot, Wake};
use crate::net::stream::Stream;
use crate::protocol::server::{Expired, Interest, ServerSession, Step};
use bytes::BytesMut;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use transfer::{BUFFER, FAR};

/// Replies to the commands before this one leave if the application takes longer than that.
const HOLD: Duration = Duration::from_millis(100);
/// How long, and for how many bytes, a closed connection is read on, so that its last reply is
/// not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 * 1024;

/// Why a connection ended other than by its session's will.
enum Ended {
    /// The application wants it closed at once, or is gone.
    Destroyed,
    /// The stream failed.
    Failed(io::Error),
}

impl Ended {
    fn overflow() -> Self {
        let error = "more was written to the client than the 16 MiB that may wait for it";
        Self::Failed(io::Error::other(error))
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

enum Event {
    /// Bytes came and were given to the session, or the client's end of input.
    Input,
    Wake(Wake),
    /// The timer fired; a deadline may have passed.
    Deadline,
}

/// Serves a client to its end.
pub(super) async fn serve(stream: Stream, client: Client) {
    let sleep = pin!(tokio::time::sleep(FAR));
    let server = client.server.clone();
    let tls = server.implicit_tls();
    let now = Instant::now();
    let mut session = ServerSession::new(server.config().clone(), tls, now);
    if let Some(meter) = client.meter() {
        session.set_meter(meter);
    }
    let slot = client.slot.clone();
    let mut lookup = client.look_up();
    let mut connection = Connection {
        stream: Some(stream),
        session,
        server,
        slot,
        client: &client,
        sleep,
        outgoing: BytesMut::new(),
        has_input: false,
        now,
    };
    let ended = connection.begin(lookup.as_mut(), tls).await;
    connection.finish(ended).await;
}

struct Connection<'a> {
    /// Absent only during a handshake, and after one that failed.
    stream: Option<Stream>,
    session: ServerSession,
    server: Arc<Server>,
    slot: Arc<Slot>,
    client: &'a Client,
    sleep: Pin<&'a mut Sleep>,
    /// Replies that are being written.
    outgoing: BytesMut,
    /// There is something to read, so that a reset could not be told from it.
    has_input: bool,
    /// As of the last event; the clock is read once for each.
    now: Instant,
}

impl Connection<'_> {
    /// Waits for the client's name first, where the server wants that.
    async fn begin(&mut self, lookup: Option<&mut Lookup>, tls: bool) -> Result<(), Ended> {
        if let Some(lookup) = lookup
            && self.server.resolver().is_some_and(|resolver| resolver.before_greeting())
        {
            self.await_name(lookup).await?;
        }
        self.run(tls).await
    }

    /// Until the lookup has ended, or the application wants something.
    async fn await_name(&mut self, lookup: &mut Lookup) -> Result<(), Ended> {
        let mut ended = pin!(lookup.ended());
        let event = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(None));
            }
            if let Poll::Ready(event) = self.poll_signals(cx) {
                return Poll::Ready(Ok(Some(event)));
            }
            // Who has gone is to leave its place to others.
            self.poll_reset(cx).map_ok(Some)
        });
        let event = event.await?;
        self.now = Instant::now();
        match event {
            Some(Event::Wake(Wake::Control(control))) => self.control(control),
            _ => Ok(()),
        }
    }

    async fn run(&mut self, tls: bool) -> Result<(), Ended> {
        if tls {
            self.handshake().await?;
        }
        loop {
            let interest = self.interest();
            match self.session.poll(self.now, interest) {
                Step::NeedInput => self.wait(true).await?,
                Step::Hold => self.wait(false).await?,
                Step::Send(replies) => {
                    self.outgoing = std::mem::take(replies);
                    self.send().await?;
                }
                Step::Ask(question, news) => {
                    let holds_replies = question.is_replied_to();
                    let posted = self.client.post(true, Record::Question { question, news });
                    if let Some(answer) = self.park(posted, holds_replies).await? {
                        let Answer { verdict, recipients } = answer;
                        self.session.set_interest(self.interest());
                        self.session.answer(verdict, Some(recipients), self.now);
                    }
                }
                Step::Tell(notice, news) => {
                    let posted = self.client.post(true, Record::Notice { notice, news });
                    // What the application is merely to take, it takes first.
                    if let Some(answer) = self.park(posted, false).await? {
                        self.session.heard(Some(answer.recipients), self.now);
                    }
                }
                Step::Chunk(chunk) => self.hand_on(Record::Chunk(&chunk)).await?,
                Step::Piece(mut piece) => self.hand_on(Record::Piece(&mut piece)).await?,
                Step::StartTls => {
                    self.handshake().await?;
                    self.session.secured(self.now);
                }
                Step::Close => return Ok(()),
            }
        }
    }

    fn interest(&self) -> Interest {
        Interest(self.server.interest().0 | self.slot.interest().0)
    }

    async fn wait(&mut self, reading: bool) -> Result<(), Ended> {
        match self.next_before(reading, None).await? {
            Event::Input => {}
            Event::Wake(Wake::Control(control)) => self.control(control)?,
            Event::Wake(Wake::Answer(_)) => {}
            Event::Deadline => self.expire(),
        }
        Ok(())
    }

    /// Waits until the application has settled what was `posted`; `None` if the session has done
    /// so meanwhile. Replies to earlier commands wait with it for a while, if they may: those that
    /// the application is not told of.
    async fn park(&mut self, posted: bool, holds_replies: bool) -> Result<Option<Answer>, Ended> {
        if !posted {
            return Err(Ended::Destroyed);
        }
        let asked = self.now;
        let hold = asked + HOLD;
        while self.session.is_parked() {
            let held = holds_replies
                && self.session.ready() > 0
                && !self.interest().has(Interest::RESPONSE);
            match self.next_before(false, held.then_some(hold)).await? {
                Event::Wake(Wake::Answer(answer)) => {
                    self.server.traffic().answers.add(self.now.saturating_duration_since(asked));
                    self.slot.withdraw();
                    return Ok(Some(answer));
                }
                Event::Wake(Wake::Control(control)) => self.control(control)?,
                Event::Deadline => {
                    self.expire();
                    if held && self.now >= hold && self.session.is_parked() {
                        self.outgoing = std::mem::take(self.session.replies());
                        self.send().await?;
                    }
                }
                Event::Input => {}
            }
        }
        self.slot.withdraw();
        Ok(None)
    }

    /// Gives message data to the application; nothing is read until that has caught up.
    async fn hand_on(&mut self, record: Record<'_>) -> Result<(), Ended> {
        self.post(false, record)?;
        let limit = self.server.config().limits.listener;
        let deadline = limit.map(|limit| self.now + limit);
        loop {
            self.arm(deadline);
            let event = poll_fn(|cx| {
                if self.slot.poll_room(cx).is_ready() {
                    return Poll::Ready(None);
                }
                self.poll_signals(cx).map(Some)
            });
            match event.await {
                None => {
                    // What the application took is not the client's time.
                    self.now = Instant::now();
                    return Ok(());
                }
                Some(Event::Wake(Wake::Control(control))) => self.control(control)?,
                Some(Event::Deadline) if deadline.is_some_and(|deadline| deadline <= self.now) => {
                    self.session.discard(None);
                    self.slot.set_paused(false);
                    self.post(false, Record::ListenerTimeout)?;
                    return Ok(());
                }
                Some(_) => {}
            }
            if self.session.is_closing() {
                return Ok(());
            }
        }
    }

    fn control(&mut self, control: Control) -> Result<(), Ended> {
        match control {
            Control::Write(bytes) => {
                if self.outgoing.len() + self.session.ready() + bytes.len() > MAX_WRITES {
                    return Err(Ended::overflow());
                }
                self.session.write(&bytes);
            }
            Control::Feed(bytes) => self.session.receive(&bytes, self.now),
            Control::End => self.session.close(),
            Control::Destroy => return Err(Ended::Destroyed),
            Control::Overflow => return Err(Ended::overflow()),
            Control::Drain => self.session.drain(),
            Control::Abort => self.session.abort(),
            Control::Idle(idle) => self.session.set_idle(idle, self.now),
            Control::Discard(reply) => {
                self.session.discard(reply);
                self.slot.set_paused(false);
            }
        }
        Ok(())
    }

    fn expire(&mut self) {
        let expired = self.session.expire(self.now);
        let record = match expired {
            Expired::Idle if self.slot.is_caught_up() => Record::Timeout,
            Expired::Listener => Record::ListenerTimeout,
            _ => return,
        };
        // A session that nobody listens to needs no notice.
        if self.slot.index().is_some() || self.interest().has(Interest::TIMEOUT) {
            self.client.post(false, record);
        }
    }

    fn post(&mut self, awaited: bool, record: Record<'_>) -> Result<(), Ended> {
        if self.client.post(awaited, record) { Ok(()) } else { Err(Ended::Destroyed) }
    }

    /// Carries TLS out, counts it and tells the application.
    async fn handshake(&mut self) -> Result<(), Ended> {
        let ended = self.shake_hands().await;
        let traffic = self.server.traffic();
        match (&ended, self.slot.tls()) {
            (Ok(()), Some(info)) if info.protocol == "TLSv1.2" => traffic.tls12.add(1),
            (Ok(()), _) => traffic.tls13.add(1),
            (Err(Ended::Failed(_)), _) => traffic.failed_handshakes.add(1),
            // The application would not have it.
            (Err(Ended::Destroyed), _) => {}
        }
        ended?;
        self.announce_tls()
    }

    async fn shake_hands(&mut self) -> Result<(), Ended> {
        let (Some(stream), Some(tls)) = (self.stream.take(), self.server.tls()) else {
            return Err(Ended::Destroyed);
        };
        let deadline = self.server.config().limits.handshake.map(|limit| self.now + limit);
        let mut handshake = Box::pin(async move { stream.secure(&tls).await });
        loop {
            self.arm(deadline);
            let event = poll_fn(|cx| {
                if let Poll::Ready(stream) = handshake.as_mut().poll(cx) {
                    return Poll::Ready(stream.map(|(stream, info)| {
                        self.stream = Some(stream);
                        self.slot.set_tls(info);
                        None
                    }));
                }
                self.poll_signals(cx).map(|event| Ok(Some(event)))
            });
            match event.await? {
                None => {
                    self.now = Instant::now();
                    return Ok(());
                }
                // Nothing is under way in a session whose TLS is not.
                Some(Event::Wake(Wake::Control(Control::Drain))) => return Err(Ended::Destroyed),
                Some(event) => self.interrupted(event, deadline)?,
            }
        }
    }

    /// Tells the application that the connection is encrypted now, if it wants to know.
    fn announce_tls(&mut self) -> Result<(), Ended> {
        if !self.interest().has(Interest::SECURE) {
            return Ok(());
        }
        if !self.client.post(false, Record::Secure(self.session.news())) {
            return Err(Ended::Destroyed);
        }
        Ok(())
    }

    /// Closes the stream and tells the application that the session is over.
    async fn finish(&mut self, ended: Result<(), Ended>) {
        let connected = self.session.has_begun();
        match ended {
            Ok(()) => self.hang_up().await,
            Err(Ended::Failed(error)) => {
                if self.interest().has(Interest::ERROR) {
                    self.client.post(false, Record::Error(ErrorInfo::from(&error)));
                }
            }
            Err(Ended::Destroyed) => {}
        }
        self.stream = None;
        let listened = self.interest().has(Interest::DISCONNECT) && connected;
        if self.slot.index().is_some() || listened {
            let gone = Record::Gone { news: self.session.news(), quiet: !connected };
            self.client.post(false, gone);
        }
    }

    /// Ends our side, and reads on for a while unless the client has nothing more to say.
    async fn hang_up(&mut self) {
        let lingers = self.session.lingers();
        let Some(stream) = &mut self.stream else { return };
        if !lingers && !matches!(stream, Stream::Tls(_)) {
            return;
        }
        let end = async {
            poll_fn(|cx| Pin::new(&mut *stream).poll_shutdown(cx)).await?;
            let mut left = if lingers { LINGER_BYTES } else { 0 };
            while left > 0 {
                let count = poll_fn(|cx| {
                    BUFFER.with_borrow_mut(|buffer| {
                        let mut buffer = ReadBuf::new(buffer);
                        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
                        Poll::Ready(io::Result::Ok(buffer.filled().len()))
                    })
                })
                .await?;
                left = if count == 0 { 0 } else { left.saturating_sub(count) };
            }
            io::Result::Ok(())
        };
        // Whatever comes of it, the session is over.
        let _ = tokio::time::timeout(LINGER, end).await;
    }
}
