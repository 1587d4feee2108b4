//! A stream of bytes whose other end the application holds: a session's client may be behind any
//! stream of the program's. Both directions are bounded.

use crate::net::sync::lock;
use bytes::{Buf, BytesMut};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes each way beyond which the writer has to wait. The application is told when it is to wait;
/// what it has in hand at that time is still taken.
const WINDOW: usize = 64 * 1024;

/// What the application's end of a pipe has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Application {
    #[default]
    Open,
    /// It has nothing more to say; what it said is still read.
    Ended,
    /// The application's stream is gone.
    Gone,
}

/// What the session's end of a pipe has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Session {
    /// There is something under way, or about to be.
    #[default]
    Busy,
    /// It has read all there is and waits for more.
    Idle,
    /// It sends no more, and reads on only to end in order.
    Closed,
}

#[derive(Default)]
struct State {
    application: Application,
    session: Session,
    /// From the application to the session.
    incoming: BytesMut,
    /// From the session to the application.
    outgoing: BytesMut,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// Whether the application may say more before the session has read.
    fn has_room(&self) -> bool {
        self.incoming.len() <= WINDOW
    }

    /// The application has done something that an idle session will look at.
    fn stir(&mut self) {
        if self.session == Session::Idle {
            self.session = Session::Busy;
        }
    }
}

struct Shared {
    state: Mutex<State>,
    /// Tells the application that there is something to take, or room, or nothing under way.
    notify: Box<dyn Fn() + Send + Sync>,
}

/// The session's end.
pub struct Pipe(Arc<Shared>);

/// The application's end.
pub struct PipeEnd(Arc<Shared>);

/// What the application finds at its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// What the session sends.
    pub bytes: BytesMut,
    /// Whether there is room for more input.
    pub has_room: bool,
    /// What the session's end has come to.
    pub session: Session,
}

/// A pipe; `notify` is called whenever the application should [`take`](PipeEnd::take).
pub fn pipe(notify: impl Fn() + Send + Sync + 'static) -> (Pipe, PipeEnd) {
    let shared = Arc::new(Shared { state: Mutex::default(), notify: Box::new(notify) });
    (Pipe(shared.clone()), PipeEnd(shared))
}

impl PipeEnd {
    /// Gives bytes to the session; `false` if no more are to come until there is room.
    pub fn push(&self, bytes: &[u8]) -> bool {
        let mut state = lock(&self.0.state);
        if state.session != Session::Closed {
            state.incoming.extend_from_slice(bytes);
        }
        state.stir();
        let has_room = state.has_room();
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        has_room
    }

    /// No more bytes come; what came is still read.
    pub fn end(&self) {
        let mut state = lock(&self.0.state);
        if state.application == Application::Open {
            state.application = Application::Ended;
        }
        state.stir();
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// The stream is gone.
    pub fn destroy(&self) {
        let mut state = lock(&self.0.state);
        state.application = Application::Gone;
        state.outgoing = BytesMut::new();
        let (reader, writer) = (state.reader.take(), state.writer.take());
        drop(state);
        wake(reader);
        wake(writer);
    }

    /// Takes what the session sends.
    pub fn take(&self) -> Taken {
        let mut state = lock(&self.0.state);
        let bytes = std::mem::take(&mut state.outgoing);
        let taken = Taken { bytes, has_room: state.has_room(), session: state.session };
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        taken
    }
}

impl Pipe {
    /// Ready with an error once the application's stream is gone.
    pub(super) fn poll_broken(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0.state);
        if state.application == Application::Gone {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ready when reading gives something.
    pub(super) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = lock(&self.0.state);
        if state.application != Application::Open || !state.incoming.is_empty() {
            return Poll::Ready(());
        }
        self.await_input(state, cx);
        Poll::Pending
    }

    /// There is nothing to read, and the application is to know.
    fn await_input(&self, mut state: MutexGuard<'_, State>, cx: &mut Context<'_>) {
        state.reader = Some(cx.waker().clone());
        let is_new = state.session == Session::Busy;
        if is_new {
            state.session = Session::Idle;
        }
        drop(state);
        if is_new {
            (self.0.notify)();
        }
    }

    fn close(&self) {
        let mut state = lock(&self.0.state);
        let was = std::mem::replace(&mut state.session, Session::Closed);
        drop(state);
        if was != Session::Closed {
            (self.0.notify)();
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        lock(&self.0.state).incoming = BytesMut::new();
        self.close();
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0.state);
        if state.application == Application::Gone {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if state.incoming.is_empty() && state.application == Application::Open {
            self.await_input(state, cx);
            return Poll::Pending;
        }
        let was_full = !state.has_room();
        let length = state.incoming.len().min(buf.remaining());
        buf.put_slice(&state.incoming[..length]);
        state.incoming.advance(length);
        if state.incoming.is_empty() {
            state.incoming = BytesMut::new();
        }
        let makes_room = was_full && state.has_room();
        drop(state);
        if makes_room {
            (self.0.notify)();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.0.state);
        if state.application == Application::Gone || state.session == Session::Closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let before = state.outgoing.len();
        if before >= WINDOW {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        for buf in bufs {
            let room = WINDOW.saturating_sub(state.outgoing.len());
            state.outgoing.extend_from_slice(&buf[..room.min(buf.len())]);
        }
        let written = state.outgoing.len() - before;
        drop(state);
        if before == 0 {
            (self.0.notify)();
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pipe")
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn counted() -> (Pipe, PipeEnd, Arc<AtomicUsize>) {
        let notify = Arc::new(AtomicUsize::new(0));
        let count = notify.clone();
        let (pipe, end) = pipe(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        (pipe, end, notify)
    }

    #[tokio::test]
    async fn carries_bytes_both_ways_and_ends() {
        let (mut pipe, end, notify) = counted();
        assert!(end.push(b"hello"));
        end.end();
        let mut text = String::new();
        pipe.read_to_string(&mut text).await.expect("read");
        assert_eq!(text, "hello");
        pipe.write_all(b"one").await.expect("write");
        pipe.write_all(b" two").await.expect("write");
        assert_eq!(notify.load(Ordering::Relaxed), 1);
        let taken = end.take();
        assert_eq!(&taken.bytes[..], b"one two");
        assert_eq!(taken.session, Session::Busy);
        pipe.shutdown().await.expect("shutdown");
        let taken = end.take();
        assert_eq!((taken.session, taken.bytes.len()), (Session::Closed, 0));
        drop(pipe);
        assert_eq!(notify.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn both_directions_have_a_bound() {
        let (mut pipe, end, notify) = counted();
        assert!(end.push(&[b'x'; WINDOW]));
        assert!(!end.push(b"y"));
        assert!(!end.take().has_room);
        let mut bytes = vec![0; 10];
        pipe.read_exact(&mut bytes).await.expect("read");
        assert_eq!(notify.load(Ordering::Relaxed), 1);
        assert!(end.take().has_room);
        let writing = tokio::spawn(async move {
            pipe.write_all(&[b'z'; 3 * WINDOW]).await.expect("write");
        });
        let mut got = 0;
        while got < 3 * WINDOW {
            let length = end.take().bytes.len();
            assert!(length <= WINDOW);
            got += length;
            tokio::task::yield_now().await;
        }
        writing.await.expect("written");
    }

    #[tokio::test]
    async fn tells_when_nothing_is_under_way() {
        let (mut pipe, end, notify) = counted();
        assert!(end.push(b"x"));
        let reading = tokio::spawn(async move {
            pipe.read_exact(&mut [0; 2]).await.expect("read");
            pipe
        });
        while notify.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(end.take().session, Session::Idle);
        assert!(end.push(b"y"));
        assert_eq!(end.take().session, Session::Busy);
        drop(reading.await.expect("read"));
        assert_eq!(end.take().session, Session::Closed);
    }

    #[tokio::test]
    async fn a_stream_that_is_gone_fails_both_ways() {
        let (mut pipe, end, _) = counted();
        let reading = tokio::spawn(async move {
            let read = pipe.read_u8().await.map_err(|error| error.kind());
            (read, pipe.write(b"x").await.map_err(|error| error.kind()))
        });
        tokio::task::yield_now().await;
        end.destroy();
        let failed = (Err(io::ErrorKind::ConnectionReset), Err(io::ErrorKind::BrokenPipe));
        assert_eq!(reading.await.expect("ended"), failed);
    }
}
