//! Reads ahead under TLS: rustls asks for some 4 KiB at a time, and each would be a system call.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read at a time; more would not stay in the processor's cache.
const AHEAD: usize = 64 * 1024;

thread_local! {
    /// A buffer that no connection needs: one at rest holds none.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A stream that is read in large pieces, whatever is asked for.
#[derive(Debug)]
pub struct ReadAhead<S> {
    stream: S,
    ahead: Ahead,
    /// What reading ahead came upon, for the next read to tell.
    error: Option<Box<io::Error>>,
}

/// What was read and not taken: `start..end` of a buffer, which is empty where there is nothing.
#[derive(Debug, Default)]
struct Ahead {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<S> ReadAhead<S> {
    /// Reads ahead from now on.
    pub fn new(stream: S) -> Self {
        Self::after(Vec::new(), stream)
    }

    /// The same of a stream of which `early` was read already.
    pub fn after(early: Vec<u8>, stream: S) -> Self {
        let ahead = Ahead { start: 0, end: early.len(), buffer: early };
        Self { stream, ahead, error: None }
    }

    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Whether something was read that nobody has taken.
    pub fn is_ahead(&self) -> bool {
        self.ahead.start < self.ahead.end
    }

    /// Keeps an error for the next read.
    pub fn keep_error(&mut self, error: io::Error) {
        self.error = Some(Box::new(error));
    }

    /// Takes the error that was kept.
    pub fn take_error(&mut self) -> Option<io::Error> {
        self.error.take().map(|error| *error)
    }
}

impl Ahead {
    /// Reads once; nothing but the buffer changes if that has to wait.
    fn fill<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut buffer = SPARE.take();
        buffer.resize(AHEAD, 0);
        let mut read = ReadBuf::new(&mut buffer);
        let polled = Pin::new(stream).poll_read(cx, &mut read);
        let end = read.filled().len();
        if end == 0 {
            SPARE.set(buffer);
        } else {
            *self = Self { buffer, start: 0, end };
        }
        polled
    }

    /// Gives what there is room for in `buf`.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let Some(bytes) = self.buffer.get(self.start..self.end) else { return };
        let count = bytes.len().min(buf.remaining());
        buf.put_slice(&bytes[..count]);
        self.start += count;
        if self.start == self.end && self.end > 0 {
            SPARE.set(std::mem::take(self).buffer);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, ahead, .. } = &mut *self;
        if ahead.start == ahead.end {
            ready!(ahead.fill(stream, cx))?;
        }
        ahead.give(buf);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    fn pair() -> (UnixStream, ReadAhead<UnixStream>) {
        let (near, far) = UnixStream::pair().unwrap();
        (near, ReadAhead::new(far))
    }

    #[tokio::test]
    async fn gives_all_in_order_whatever_is_asked_for() {
        let (mut client, mut ahead) = pair();
        let sent: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
        let wanted = sent.clone();
        let writing = tokio::spawn(async move { client.write_all(&sent).await });
        let mut read = Vec::new();
        for size in [1, 4_096, 100_000, 7].into_iter().cycle() {
            let mut piece = vec![0; size];
            match ahead.read(&mut piece).await.unwrap() {
                0 => break,
                count => read.extend_from_slice(&piece[..count]),
            }
        }
        writing.await.unwrap().unwrap();
        assert!(read == wanted);
        assert!(!ahead.is_ahead());
    }

    #[tokio::test]
    async fn at_rest_holds_no_buffer() {
        let (mut client, mut ahead) = pair();
        client.write_all(b"abc").await.unwrap();
        assert_eq!(ahead.read_u8().await.unwrap(), b'a');
        assert!(ahead.is_ahead());
        assert_eq!(ahead.read(&mut [0; 8]).await.unwrap(), 2);
        assert_eq!(ahead.ahead.buffer.capacity(), 0);
        let pending = tokio::time::timeout(Duration::ZERO, ahead.read_u8());
        assert!(pending.await.is_err());
        assert_eq!(ahead.ahead.buffer.capacity(), 0);
    }
}
