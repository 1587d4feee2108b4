//! A client that comes by a proxy: the header is read before anything else is, TLS included.

use super::transport::{FAR, is_gone};
use crate::net::error::words::{Peer, of_stream};
use crate::net::events::{ErrorInfo, Record, SessionCommand, Wake};
use crate::net::server::ConnectedClient;
use crate::net::stream::Stream;
use crate::protocol::dialect::Stock;
use crate::protocol::events::Interest;
use crate::protocol::proxy::{Header, Progress, parse};
use crate::protocol::server::News;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

const LATE: &str = "the proxy did not send its PROXY header in time";
const MALFORMED: &str = "the peer is to send a PROXY header first, and has sent something else";

/// Why there is no client.
enum Refusal {
    /// It is told so.
    Told(Stock),
    /// The proxy, or what is none, did something wrong.
    Failed(io::Error),
    /// The application wants it closed at once.
    Destroyed,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads a proxy's header and has the client count as who it is; what follows the header is the
/// client's. `None` if there is none to serve.
pub(super) async fn introduce(
    mut stream: Stream,
    client: &mut ConnectedClient,
) -> Option<(Stream, Vec<u8>)> {
    let refusal = match read_header(&mut stream, client).await {
        Ok((header, early)) => match client.introduce(&header) {
            Ok(()) => return Some((stream, early)),
            Err(stock) => Refusal::Told(stock),
        },
        Err(refusal) => refusal,
    };
    match refusal {
        Refusal::Told(stock) => client.server.turn_away(stream, stock),
        Refusal::Failed(error) => {
            let is_mere_end = is_gone(&error);
            if client.server.interest().contains(Interest::ERROR) {
                let info = ErrorInfo::new(&error, of_stream(&error, Peer::Client));
                let _ = client.post(Record::Error(ErrorInfo { is_mere_end, ..info }));
            }
            if !is_mere_end {
                client.server.turn_away(stream, Stock::BadProxyHeader);
            }
        }
        Refusal::Destroyed => {}
    }
    client.let_go();
    if client.slot.index().is_some() {
        let _ = client.post(Record::Gone { news: &mut News::default(), quiet: true });
    }
    None
}

/// The header, and what was read behind it.
async fn read_header(
    stream: &mut Stream,
    client: &ConnectedClient,
) -> Result<(Header, Vec<u8>), Refusal> {
    let limit = client.server.config().limits.handshake.unwrap_or(FAR);
    let mut late = pin!(tokio::time::sleep(limit));
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes) {
            Progress::Complete(header, length) => return Ok((header, bytes.split_off(length))),
            Progress::Malformed => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, MALFORMED).into());
            }
            Progress::Incomplete => {}
        }
        let count = poll_fn(|cx| {
            while let Poll::Ready(wake) = client.slot.poll_wake(cx) {
                interrupted(&wake)?;
            }
            if let Poll::Ready(count) = poll_more(stream, &mut bytes, cx) {
                return Poll::Ready(count.map_err(Refusal::from));
            }
            ready!(late.as_mut().poll(cx));
            Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, LATE).into()))
        });
        let count = count.await?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        client.server.traffic().received.add(count);
    }
}

/// What the application may want of a client that it has not heard of.
fn interrupted(wake: &Wake) -> Result<(), Refusal> {
    match wake {
        Wake::Command(SessionCommand::Drain | SessionCommand::Abort) => {
            Err(Refusal::Told(Stock::ShuttingDown))
        }
        Wake::Command(SessionCommand::Destroy) => Err(Refusal::Destroyed),
        _ => Ok(()),
    }
}

/// Reads once.
fn poll_more(
    stream: &mut Stream,
    bytes: &mut Vec<u8>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut buffer = [0; 512];
    let mut buffer = ReadBuf::new(&mut buffer);
    ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
    bytes.extend_from_slice(buffer.filled());
    Poll::Ready(Ok(buffer.filled().len()))
}
