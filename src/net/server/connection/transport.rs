//! What a connection waits for, and how its bytes come and go.
//!
//! One timer for each connection: it is set again only when the next deadline is nearer than the
//! one it stands at, and looks for the true deadline when it fires. Bytes are read through one
//! buffer for each thread, so that an idle connection holds none.

use crate::net::events::{Slot, Wake, is_inline};
use crate::net::server::Unread;
use crate::net::server::traffic::Traffic;
use crate::net::stream::Stream;
use crate::protocol::sasl::scram::Key;
use bytes::{Buf, BytesMut};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

const READ_BUFFER: usize = 256 * 1024;
/// Where the timer stands while there is no deadline.
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);
/// How long, and for how many bytes, a closed connection is read on, so that its last reply is
/// not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BUFFER]);
}

/// Why a connection ended other than by its session's will.
pub(super) enum Ended {
    /// The application wants it closed at once, or is gone.
    Destroyed,
    /// The stream failed.
    Failed(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Unread> for Ended {
    fn from(_: Unread) -> Self {
        Self::Destroyed
    }
}

/// What a connection waits for.
pub(super) enum Event {
    /// Bytes came and were given to the session, or the client's end of input.
    Input,
    /// The application has an answer or a command.
    Wake(Wake),
    /// The timer fired; a deadline may have passed.
    Deadline,
}

/// Whether a closed connection is read on for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The client may still be sending.
    Linger,
    /// It has nothing more to say.
    Brief,
}

/// The stream, the clock and the application's signals under one session.
pub(super) struct Transport<'a> {
    /// Absent only during a handshake, and after one that failed.
    stream: Option<Stream>,
    /// What was read of a handshake before it began.
    pub(super) early: Vec<u8>,
    slot: &'a Slot,
    traffic: &'a Traffic,
    sleep: Pin<&'a mut Sleep>,
    /// Replies that are being written.
    pub(super) outgoing: BytesMut,
    /// There is something to read, so that a reset could not be told from it.
    has_input: bool,
    /// As of the last event; the clock is read once for each.
    pub(super) now: Instant,
}

impl<'a> Transport<'a> {
    /// A transport whose clock stands at `now`; `sleep` is its timer.
    pub(super) fn new(
        stream: Stream,
        slot: &'a Slot,
        traffic: &'a Traffic,
        sleep: Pin<&'a mut Sleep>,
        now: Instant,
    ) -> Self {
        let outgoing = BytesMut::new();
        let (stream, early) = (Some(stream), Vec::new());
        Self { stream, early, slot, traffic, sleep, outgoing, has_input: false, now }
    }

    /// Takes the stream out, for a handshake.
    ///
    /// # Errors
    /// `NotConnected` if it is out already.
    pub(super) fn take_stream(&mut self) -> io::Result<Stream> {
        self.stream.take().ok_or_else(gone)
    }

    /// Puts the stream back that a handshake has led to.
    pub(super) fn set_stream(&mut self, stream: Stream) {
        self.stream = Some(stream);
    }

    /// What a login can be bound to of the connection.
    pub(super) fn exporter(&self) -> Option<Key> {
        self.stream.as_ref()?.exporter()
    }

    /// Has the client see a reset when the stream is dropped.
    pub(super) fn reset_when_dropped(&self) {
        if let Some(stream) = &self.stream {
            stream.reset_when_dropped();
        }
    }

    pub(super) fn drop_stream(&mut self) {
        self.stream = None;
    }

    pub(super) fn tick(&mut self) -> Instant {
        self.now = Instant::now();
        self.now
    }

    /// Ready when the application wants something, or the timer fired.
    pub(super) fn poll_signals(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(wake) = self.slot.poll_wake(cx) {
            self.tick();
            return Poll::Ready(Event::Wake(wake));
        }
        ready!(self.sleep.as_mut().poll(cx));
        self.tick();
        Poll::Ready(Event::Deadline)
    }

    /// Ready if the client has reset the connection while the application thinks.
    pub(super) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Ended>> {
        if let Some(stream) = &self.stream
            && !self.has_input
        {
            ready!(stream.poll_reset(cx))?;
            self.has_input = true;
        }
        Poll::Pending
    }

    /// Reads once and gives the bytes to `take`, with the time; none are the end of input.
    pub(super) fn poll_input(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8], Instant),
    ) -> Poll<Result<Event, Ended>> {
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        if is_inline() {
            // Reading is the runtime's; if there is something to read, it has to come back.
            ready!(stream.poll_read_ready(cx));
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        BUFFER.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            self.has_input = false;
            let bytes = buffer.filled();
            if !bytes.is_empty() {
                self.traffic.received.add(bytes.len());
                self.now = Instant::now();
            }
            take(bytes, self.now);
            Poll::Ready(Ok(Event::Input))
        })
    }

    /// Writes and flushes what is to be written.
    pub(super) fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        while !self.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.traffic.sent.add(written);
            self.outgoing.advance(written);
        }
        Pin::new(stream).poll_flush(cx)
    }

    /// Makes the timer fire at `deadline` or before.
    pub(super) fn arm(&mut self, deadline: Option<Instant>) {
        let deadline = deadline.unwrap_or_else(|| self.now + FAR).into();
        if self.sleep.is_elapsed() || self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
    }

    /// Ends our side, and reads on for a while if the client may still be sending.
    pub(super) async fn hang_up(&mut self, farewell: Farewell) {
        let Some(stream) = &mut self.stream else { return };
        if farewell == Farewell::Brief && !matches!(stream, Stream::Tls(_)) {
            return;
        }
        let end = async {
            poll_fn(|cx| Pin::new(&mut *stream).poll_shutdown(cx)).await?;
            let mut left = match farewell {
                Farewell::Linger => LINGER_BYTES,
                Farewell::Brief => 0,
            };
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

/// Whether an error says no more than that the client is gone.
pub(super) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// A stream that is out at a handshake, or was lost there.
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "there is no stream to the client")
}
