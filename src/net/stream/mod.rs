//! The byte stream under a session, and the one place where it is upgraded to TLS.

pub mod pipe;
pub mod read_ahead;

use crate::net::tls::{ConnectError, Connector, HostKeys, Tls, TlsInfo, binding};
use crate::protocol::sasl::Channel;
use crate::protocol::sasl::scram::Key;
use pipe::Pipe;
use read_ahead::ReadAhead;
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::TlsStream;

/// A stream of bytes both ways.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    /// A stream of the application's.
    Pipe(Pipe),
    /// TLS over one of these, at either end.
    Tls(Box<TlsStream<ReadAhead<Stream>>>),
    /// Of a test, which has the other ends: what is read, and what is written.
    #[cfg(test)]
    Memory(tokio::io::Join<tokio::io::DuplexStream, tokio::io::DuplexStream>),
}

impl Stream {
    /// The address of this end in brackets (RFC 5321 section 4.1.3); that of this host to itself where
    /// the stream has none.
    pub fn address_literal(&self) -> String {
        let address = match self {
            Self::Tcp(stream) => stream.local_addr().ok().map(|own| own.ip().to_canonical()),
            _ => None,
        };
        match address.unwrap_or(Ipv4Addr::LOCALHOST.into()) {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        }
    }

    /// Carries out a server's handshake (RFC 3207 section 4, RFC 8314 section 3) and tells what
    /// came of it. `early` was read of it already.
    ///
    /// # Errors
    /// What the stream or the client's side of the handshake had to say.
    pub async fn secure(self, tls: &Tls, early: Vec<u8>) -> io::Result<(Self, TlsInfo)> {
        let (stream, info) = tls.accept(ReadAhead::after(early, self)).await?;
        Ok((Self::Tls(Box::new(stream.into())), info))
    }

    /// The same, in which `keys` finds keys for a host that has none.
    ///
    /// # Errors
    /// As [`secure`](Self::secure); `ConnectionAborted` where there are no keys.
    pub async fn secure_as<K: Future<Output = HostKeys>>(
        self,
        tls: &Tls,
        early: Vec<u8>,
        keys: impl FnOnce(String) -> K,
    ) -> io::Result<(Self, TlsInfo)> {
        let hello = tls.hello(ReadAhead::after(early, self)).await?;
        let keys = match tls.unknown_host(&hello) {
            Some(host) => keys(host).await,
            None => HostKeys::Own,
        };
        let (stream, info) = tls.accept_as(hello, keys).await?;
        Ok((Self::Tls(Box::new(stream.into())), info))
    }

    /// Carries out a client's handshake with the server of this name or IP address.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn secure_to(
        self,
        connector: &Connector,
        server: &str,
    ) -> Result<Self, ConnectError> {
        let stream = connector.connect(ReadAhead::new(self), server).await?;
        Ok(Self::Tls(Box::new(stream.into())))
    }

    /// What a login can be bound to of a connection under TLS 1.3 (RFC 9266).
    pub fn exporter(&self) -> Option<Key> {
        match self {
            Self::Tls(stream) => binding::exporter(stream),
            _ => None,
        }
    }

    /// What a login can be bound to of the server's end, seen from the client's.
    pub fn channel(&self) -> Channel {
        let certificate = match self {
            Self::Tls(stream) => stream.get_ref().1.peer_certificates().and_then(<[_]>::first),
            _ => None,
        };
        Channel {
            exporter: self.exporter(),
            end_point: certificate.and_then(binding::end_point),
            client_certificate: false,
        }
    }

    /// Ready when the client reset the connection, or there is something to read; says which.
    /// Nothing is read. A unix socket cannot tell.
    pub fn poll_reset(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => {
                let mut byte = [0];
                stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)).map_ok(drop)
            }
            #[cfg(unix)]
            Self::Unix(_) => Poll::Pending,
            Self::Pipe(pipe) => pipe.poll_broken(cx),
            Self::Tls(stream) => stream.get_ref().0.stream().poll_reset(cx),
            #[cfg(test)]
            Self::Memory(_) => Poll::Pending,
        }
    }

    /// Has the other end see a reset when this is dropped, and not an end (RFC 9293 section 3.10.5). Only
    /// TCP has resets.
    pub fn reset_when_dropped(&self) {
        match self {
            Self::Tcp(stream) => {
                // Where the system will not, the other end sees the connection end all the same.
                let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
            Self::Tls(stream) => stream.get_ref().0.stream().reset_when_dropped(),
            _ => {}
        }
    }

    /// Ready when reading may give something; wakes for it otherwise.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx).map(drop),
            #[cfg(unix)]
            Self::Unix(stream) => stream.poll_read_ready(cx).map(drop),
            Self::Pipe(pipe) => pipe.poll_read_ready(cx),
            // What TLS holds decrypted cannot be seen from here.
            Self::Tls(_) => Poll::Ready(()),
            #[cfg(test)]
            Self::Memory(_) => Poll::Ready(()),
        }
    }
}

macro_rules! each {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Tcp($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
            Stream::Pipe($inner) => $call,
            Stream::Tls($inner) => $call,
            #[cfg(test)]
            Stream::Memory($inner) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, buf),
            Self::Tls(stream) => poll_read_tls(stream, cx, buf),
            #[cfg(test)]
            Self::Memory(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, inner => Pin::new(inner).poll_write(cx, buf))
    }

    // TLS has one write for its last word, which may be of more than one record.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, inner => Pin::new(inner).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => Pin::new(inner).poll_shutdown(cx))
    }
}

/// Reads all that has been read ahead, and not one TLS record alone.
fn poll_read_tls(
    stream: &mut TlsStream<ReadAhead<Stream>>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    if let Some(error) = stream.get_mut().0.take_error() {
        return Poll::Ready(Err(error));
    }
    let start = buf.filled().len();
    loop {
        let before = buf.filled().len();
        let polled = Pin::new(&mut *stream).poll_read(cx, buf);
        let read = buf.filled().len();
        if read > before && buf.remaining() > 0 && stream.get_ref().0.is_ahead() {
            continue;
        }
        if read > start {
            if let Poll::Ready(Err(error)) = polled {
                // What came before it counts.
                stream.get_mut().0.keep_error(error);
            }
            return Poll::Ready(Ok(()));
        }
        return polled;
    }
}
