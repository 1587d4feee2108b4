//! What a connection waits for, and how its bytes come and go.
//!
//! One timer for each connection: it is set again only when the next deadline is nearer than the
//! one it stands at, and looks for the true deadline when it fires. Bytes are read through one
//! buffer for each thread, so that an idle connection holds none.

use super::{Connection, Ended, Event};
use crate::net::events::{Control, Wake, is_inline};
use bytes::Buf;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const READ_BUFFER: usize = 256 * 1024;
pub(super) const FAR: Duration = Duration::from_secs(24 * 60 * 60);

thread_local! {
    pub(super) static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BUFFER]);
}

impl Connection<'_> {
    /// Writes the replies that are on their way out.
    pub(super) async fn send(&mut self) -> Result<(), Ended> {
        let limit = self.server.config().limits.command;
        let mut deadline = limit.map(|limit| self.now + limit);
        let mut left = self.outgoing.len();
        loop {
            self.arm(deadline);
            let event = poll_fn(|cx| {
                if let Poll::Ready(done) = self.poll_output(cx) {
                    return Poll::Ready(done.map(|()| None));
                }
                self.poll_signals(cx).map(|event| Ok(Some(event)))
            });
            match event.await? {
                None => {
                    self.session.reuse(std::mem::take(&mut self.outgoing));
                    return Ok(());
                }
                // A client that reads has all the time again.
                Some(Event::Deadline) if self.outgoing.len() < left => {
                    left = self.outgoing.len();
                    deadline = limit.map(|limit| self.now + limit);
                }
                Some(event) => self.interrupted(event, deadline)?,
            }
        }
    }

    /// What happens while the client keeps us waiting for its handshake, or to read.
    pub(super) fn interrupted(
        &mut self,
        event: Event,
        deadline: Option<Instant>,
    ) -> Result<(), Ended> {
        match event {
            Event::Wake(Wake::Control(Control::Abort)) => Err(Ended::Destroyed),
            Event::Wake(Wake::Control(control)) => self.control(control),
            Event::Deadline if deadline.is_some_and(|deadline| deadline <= self.now) => {
                let error = "the client took too long for its handshake, or to read its replies";
                Err(Ended::Failed(io::Error::new(io::ErrorKind::TimedOut, error)))
            }
            _ => Ok(()),
        }
    }

    /// The next thing that happens; before `earlier`, or the session's own deadline.
    pub(super) async fn next_before(
        &mut self,
        reading: bool,
        earlier: Option<Instant>,
    ) -> Result<Event, Ended> {
        let deadline = [self.session.deadline(), earlier].into_iter().flatten().min();
        self.arm(deadline);
        poll_fn(|cx| {
            if let Poll::Ready(event) = self.poll_signals(cx) {
                return Poll::Ready(Ok(event));
            }
            if reading {
                ready!(self.poll_input(cx))?;
                return Poll::Ready(Ok(Event::Input));
            }
            self.poll_reset(cx)
        })
        .await
    }

    pub(super) fn poll_signals(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(wake) = self.slot.poll_wake(cx) {
            self.now = Instant::now();
            return Poll::Ready(Event::Wake(wake));
        }
        self.sleep.as_mut().poll(cx).map(|()| {
            self.now = Instant::now();
            Event::Deadline
        })
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

    /// Reads once and gives the bytes to the session.
    pub(super) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Err(Ended::Destroyed)) };
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
            match buffer.filled() {
                [] => self.session.end_input(),
                bytes => {
                    self.server.traffic().received.add(bytes.len());
                    self.now = Instant::now();
                    self.session.receive(bytes, self.now);
                }
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Writes and flushes what is to be written.
    pub(super) fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        while !self.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.server.traffic().sent.add(written);
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
}
