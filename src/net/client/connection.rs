//! Drives one [`ClientSession`] over one stream.

mod conclude;
mod conclusion;

pub use conclusion::{Conclusion, Next};

use super::details::{Details, Meter};
use super::dialer::Target;
use super::source::MessageSource;
use super::{ClientOptions, Outcome, Route, SendError, within};
use crate::net::random::nonce;
use crate::net::stream::Stream;
use crate::protocol::client::delivery::{Delivery, Envelope, Progress};
use crate::protocol::client::opening::{Opening, OpeningOptions, TlsPolicy};
use crate::protocol::client::{Awaited, ClientSession, Failure, Request, Step};
use crate::protocol::limits::MAX_REPLY;
use crate::protocol::reply::Reply;
use bytes::BytesMut;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{timeout, timeout_at};

/// Room for what a server sends at a time.
const READ: usize = 4 * 1024;
/// How long a server may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// A session with a server that takes mail.
pub struct Connection {
    stream: Stream,
    session: ClientSession,
    lmtp: bool,
    /// How many messages it was given.
    messages: u64,
    /// How many MAIL commands it was to send.
    transactions: u64,
    /// The transaction under way, or the last one.
    delivery: Delivery,
    /// What the connection broke with; what came before that is still taken.
    broken: Option<io::Error>,
    meter: Meter,
}

enum Event {
    Reply(Awaited, Reply),
    StartTls,
}

impl Connection {
    /// Connects to the one server and gets ready for mail.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn open(options: &ClientOptions) -> Result<Self, SendError> {
        let Route::Server(target, name) = &options.route else {
            return Err(SendError::Impossible("a connection goes to one of several exchanges"));
        };
        let deadline = Instant::now() + options.connect_timeout;
        Self::reach(options, target, name, deadline, options.opening.tls).await
    }

    /// Connects to a server and gets ready for mail; once more in plain text where TLS is taken if it
    /// can be had, and cannot.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn reach(
        options: &ClientOptions,
        target: &Target,
        name: &str,
        deadline: Instant,
        policy: TlsPolicy,
    ) -> Result<Self, SendError> {
        match Self::begin(options, target, name, deadline, policy).await {
            Err(SendError::Tls(_)) if policy.is_opportunistic() && options.falls_back => {
                Self::begin(options, target, name, deadline, TlsPolicy::Never).await
            }
            result => result,
        }
    }

    async fn begin(
        options: &ClientOptions,
        target: &Target,
        name: &str,
        deadline: Instant,
        policy: TlsPolicy,
    ) -> Result<Self, SendError> {
        let stream = options.dialer.dial(target, deadline.into()).await?;
        let own = stream.address_literal();
        let mut timeouts = options.timeouts.clone();
        let mut connection = Self {
            stream,
            session: ClientSession::new(timeouts.clone(), false, Instant::now()),
            lmtp: options.opening.lmtp,
            messages: 0,
            transactions: 0,
            delivery: Delivery::default(),
            broken: None,
            meter: Meter::default(),
        };
        if options.implicit_tls {
            connection = connection.secure(options, name, deadline, Awaited::Connect).await?;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        timeouts.greeting = Some(timeouts.greeting.map_or(left, |limit| limit.min(left)));
        connection.session = ClientSession::new(timeouts, options.implicit_tls, Instant::now());
        let mut settings = Arc::clone(&options.opening);
        if policy != settings.tls || settings.name.is_empty() {
            let name = Some(settings.name.clone()).filter(|name| !name.is_empty()).unwrap_or(own);
            settings = Arc::new(OpeningOptions { name, tls: policy, ..(*settings).clone() });
        }
        let mut opening = Opening::new(settings, nonce());
        opening.bind_login(|| connection.stream.channel());
        while !opening.is_ready() {
            match connection.event().await? {
                Event::Reply(to, reply) => {
                    if matches!(to, Awaited::Greet(_)) {
                        connection.meter.greeted(&reply);
                    }
                    opening.replied(to, reply, &mut connection.session)?;
                }
                Event::StartTls => {
                    let handshake = options.timeouts.command;
                    let until = handshake.map_or(deadline, |limit| Instant::now() + limit);
                    connection = connection.secure(options, name, until, Awaited::StartTls).await?;
                    connection.session.secured(Instant::now());
                    opening.bind_login(|| connection.stream.channel());
                    opening.secured(&mut connection.session)?;
                }
            }
        }
        Ok(connection)
    }

    async fn secure(
        mut self,
        options: &ClientOptions,
        name: &str,
        deadline: Instant,
        asked: Awaited,
    ) -> Result<Self, SendError> {
        let Some(connector) = &options.connector else {
            return Err(SendError::Impossible("TLS is to begin, and was not made ready"));
        };
        let handshake = self.stream.secure_to(connector, name);
        self.stream = match timeout_at(deadline.into(), handshake).await {
            Ok(result) => result.map_err(SendError::Tls)?,
            Err(_) => return Err(SendError::Handshake(asked)),
        };
        Ok(self)
    }

    /// Waits until there is something of a message, or its end: nothing is said of one that may turn
    /// out to be none. What became of the message if it is none.
    pub async fn await_source(&self, source: &MessageSource) -> Option<Outcome> {
        let error = match within(self.session.data_block_timeout(), source.ready()).await {
            Some(Ok(())) => return None,
            Some(Err(error)) => error.into(),
            None => SendError::Starved,
        };
        Some(Outcome::Failed(error))
    }

    /// Sends one message to the recipients from `first` on, no more of them than the server takes in
    /// one transaction; what became of them, or why the connection is of no use any more, which is for
    /// [`Connection::conclude`], as is why this is given up.
    ///
    /// # Errors
    /// Whatever ended the connection, which tells nothing of the message.
    pub async fn deliver(
        &mut self,
        envelope: &Envelope,
        first: usize,
        source: &mut MessageSource,
    ) -> Result<Outcome, SendError> {
        if first == 0 || self.messages == 0 {
            self.messages += 1;
        }
        self.delivery = Delivery::default();
        self.meter.begin();
        match Delivery::begin(envelope, first, self.lmtp, &mut self.session) {
            Ok(begun) => self.delivery = begun,
            Err(unfit) => return Ok(Outcome::Failed(SendError::Unfit(unfit))),
        }
        self.transactions += 1;
        if first + self.asked() < envelope.recipients.len() {
            source.keep(true);
        }
        loop {
            match self.delivery.progress() {
                Progress::Done => break,
                Progress::Message if self.may_give() => self.give(source).await?,
                _ => self.hear().await?,
            }
        }
        self.meter.end();
        Ok(Outcome::of(&self.delivery, None, 0))
    }

    async fn hear(&mut self) -> Result<(), SendError> {
        match self.event().await? {
            Event::Reply(to, reply) => {
                self.delivery.replied(to, reply, &mut self.session, Instant::now());
                Ok(())
            }
            Event::StartTls => Err(SendError::Impossible("TLS is to begin within a message")),
        }
    }

    fn may_give(&mut self) -> bool {
        self.broken.is_none() && self.delivery.has_room(&self.session) && !self.session.has_heard()
    }

    /// The next piece of the message, or its end; neither where the server has had its say.
    async fn give(&mut self, source: &mut MessageSource) -> Result<(), SendError> {
        self.meter.give();
        let limit = self.session.data_block_timeout();
        let piece = within(limit, source.next()).await.ok_or(SendError::Starved)?;
        self.glance().await;
        while self.session.has_heard() {
            self.hear().await?;
            if self.delivery.progress() != Progress::Message {
                return Ok(());
            }
        }
        let Some(piece) = piece? else {
            self.delivery.finish(&mut self.session, Instant::now());
            return self.flush().await;
        };
        self.delivery.give(&piece, &mut self.session);
        self.flush().await
    }

    /// Whether another message can be sent.
    pub fn is_usable(&self) -> bool {
        !self.session.has_ended()
    }

    /// Whether the server takes no more transactions over it (RFC 9422 section 4.1).
    pub fn is_exhausted(&self) -> bool {
        !self.session.offered().limits().allow_another(self.transactions)
    }

    /// How many messages it was given.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// For how many recipients the last transaction was.
    fn asked(&self) -> usize {
        self.delivery.fates().len()
    }

    /// Whether the end of the last message may have left.
    pub fn has_sent_message(&self) -> bool {
        self.delivery.has_ended()
    }

    /// How the last message was sent, and what that took.
    pub fn details(&self) -> Details {
        self.meter.details(self.session.is_tls())
    }

    /// Ends when the server does or says something, which an idle connection does not survive.
    pub async fn disturbed(&mut self) {
        if !self.session.input().is_empty() {
            return;
        }
        let mut byte = [0];
        let _ = self.stream.read(&mut byte).await;
    }

    /// Asks whether the server is still there.
    ///
    /// # Errors
    /// If it is not.
    pub async fn noop(&mut self) -> Result<(), SendError> {
        // It has no arguments that could be refused.
        let _ = self.session.ask(Request::Noop);
        match self.event().await? {
            Event::Reply(_, reply) if reply.code().closes() => Err(Failure::Leaving(reply).into()),
            _ => Ok(()),
        }
    }

    /// Says goodbye and closes.
    pub async fn quit(mut self) {
        if self.is_usable() {
            let _ = self.session.ask(Request::Quit);
            let farewell = async {
                while let Ok(Event::Reply(to, _)) = self.event().await
                    && to != Awaited::Quit
                {}
                let _ = self.stream.shutdown().await;
            };
            let _ = timeout(FAREWELL, farewell).await;
        }
    }

    async fn event(&mut self) -> Result<Event, SendError> {
        loop {
            if self.session.begins_group() {
                self.glance().await;
            }
            match self.session.poll(Instant::now()) {
                Step::Send(bytes) => self.write(bytes).await?,
                Step::Reply(to, reply) => return Ok(Event::Reply(to, reply)),
                Step::StartTls => return Ok(Event::StartTls),
                Step::Fail(failure) => {
                    let closed = matches!(failure, Failure::Closed(_));
                    let error = self.broken.take().filter(|_| closed);
                    return Err(error.map_or_else(|| failure.into(), SendError::Io));
                }
                Step::NeedInput if !self.session.is_awaiting() => {
                    return Err(SendError::Impossible("a reply is waited for that is not owed"));
                }
                Step::NeedInput => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<(), SendError> {
        self.session.input().reserve(READ);
        let limit = self.session.deadline();
        let reading = self.stream.read_buf(self.session.input());
        let read = match limit {
            None => reading.await,
            Some(deadline) => match timeout_at(deadline.into(), reading).await {
                Ok(read) => read,
                Err(_) => return Err(self.session.expire().into()),
            },
        };
        self.took(read);
        Ok(())
    }

    /// Takes what has come already, so that no answer to what was sent before is taken for one to
    /// what is sent next.
    async fn glance(&mut self) {
        if self.broken.is_some() {
            return;
        }
        self.session.input().reserve(READ);
        let mut reading = pin!(self.stream.read_buf(self.session.input()));
        let read = poll_fn(|context| match reading.as_mut().poll(context) {
            Poll::Ready(read) => Poll::Ready(Some(read)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(read) = read.await {
            self.took(read);
        }
    }

    fn took(&mut self, read: io::Result<usize>) {
        match read {
            Ok(0) => self.session.end_input(),
            Ok(_) => {}
            // TLS without its goodbye: as good as an end between replies.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.session.end_input(),
            Err(error) => self.break_off(error),
        }
    }

    /// Sends all that the session has ready.
    async fn flush(&mut self) -> Result<(), SendError> {
        while let Some(bytes) = self.session.take_output(Instant::now()) {
            self.write(bytes).await?;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: BytesMut) -> Result<(), SendError> {
        if self.broken.is_some() {
            return Ok(());
        }
        self.delivery.leaves(&self.session);
        let limit = self.session.data_block_timeout();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let Some(written) = within(limit, self.stream.write(rest)).await else {
                return Err(Failure::Timeout(None).into());
            };
            match written {
                Ok(0) => return self.hear_out(io::ErrorKind::WriteZero.into()).await,
                Ok(written) => rest = &rest[written..],
                Err(error) => return self.hear_out(error).await,
            }
        }
        self.delivery.left(&self.session);
        match within(limit, self.stream.flush()).await {
            None => Err(Failure::Timeout(None).into()),
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => self.hear_out(error).await,
        }
    }

    /// Takes what the server said before it stopped to listen; `error` is told once that is done.
    async fn hear_out(&mut self, error: io::Error) -> Result<(), SendError> {
        let hearing = async {
            while self.session.input().len() <= MAX_REPLY {
                self.session.input().reserve(READ);
                if !matches!(self.stream.read_buf(self.session.input()).await, Ok(1..)) {
                    return;
                }
            }
        };
        let _ = timeout(FAREWELL, hearing).await;
        self.break_off(error);
        Ok(())
    }

    /// The connection is broken; what came before counts.
    fn break_off(&mut self, error: io::Error) {
        self.session.end_input();
        self.broken.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests;
