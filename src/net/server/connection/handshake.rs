//! TLS of a connection: carried out in time, counted, and told to the application.

use super::Connection;
use super::transport::{Ended, Event};
use crate::net::error::words::{Peer, of_handshake};
use crate::net::events::{Record, SessionCommand, Wake};
use crate::net::server::ConnectedClient;
use crate::net::stream::Stream;
use crate::net::tls::{Tls, TlsInfo};
use crate::protocol::events::Interest;
use std::future::{Future, poll_fn};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

const HANDSHAKE_LATE: &str = "the client did not complete the TLS handshake in time: if it sent \
                              nothing, it waits for a greeting in plain text, as clients do that \
                              are set to STARTTLS";

const KEYS_LATE: &str = "the listener of 'sni' gave no keys in time for the TLS handshake";

impl Connection<'_> {
    /// Carries TLS out, counts it and tells the application.
    pub(super) async fn handshake(&mut self) -> Result<(), Ended> {
        let ended = self.shake_hands().await;
        let traffic = self.server().traffic();
        match (&ended, self.slot().tls()) {
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
        let stream = self.transport.take_stream()?;
        let early = std::mem::take(&mut self.transport.early);
        let tls =
            self.server().tls().ok_or_else(|| io::Error::other("there are no keys for TLS"))?;
        let deadline = self.server().config().limits.handshake.map(|limit| self.now() + limit);
        let asks = self.interest().contains(Interest::SNI);
        let is_asking = &AtomicBool::new(false);
        let client = self.client;
        let mut handshake = Box::pin(async move {
            client.server.judge_handshake(&stream, client.address()).await?;
            secured(client, stream, &tls, early, asks.then_some(is_asking)).await
        });
        loop {
            self.transport.arm(deadline);
            let event = poll_fn(|cx| {
                if let Poll::Ready(stream) = handshake.as_mut().poll(cx) {
                    return Poll::Ready(stream.map_err(in_words).map(|(stream, info)| {
                        self.transport.set_stream(stream);
                        self.slot().set_tls(info);
                        None
                    }));
                }
                self.transport.poll_signals(cx).map(|event| Ok(Some(event)))
            });
            match event.await? {
                None => {
                    self.transport.tick();
                    self.bind_logins();
                    return Ok(());
                }
                // Nothing is under way in a session whose TLS is not.
                Some(Event::Wake(Wake::Command(SessionCommand::Drain))) => {
                    return Err(Ended::Destroyed);
                }
                Some(event) => {
                    let is_ours = is_asking.load(Ordering::Relaxed);
                    let late = if is_ours { KEYS_LATE } else { HANDSHAKE_LATE };
                    self.interrupted(event, deadline, late)?;
                }
            }
        }
    }

    /// Tells the application that the connection is encrypted now, if it wants to know.
    fn announce_tls(&mut self) -> Result<(), Ended> {
        if !self.interest().contains(Interest::SECURE) {
            return Ok(());
        }
        Ok(self.client.post(Record::Secure(self.session.news()))?)
    }
}

/// Carries the handshake out; where there is a flag, the application is asked for the keys of hosts that have
/// none, and the flag is set meanwhile.
async fn secured(
    client: &ConnectedClient,
    stream: Stream,
    tls: &Tls,
    early: Vec<u8>,
    asking: Option<&AtomicBool>,
) -> io::Result<(Stream, TlsInfo)> {
    let Some(is_asking) = asking else { return stream.secure(tls, early).await };
    let keys = |host: String| async move {
        is_asking.store(true, Ordering::Relaxed);
        let keys = client.server.keys_of(&host).await;
        is_asking.store(false, Ordering::Relaxed);
        keys
    };
    stream.secure_as(tls, early, keys).await
}

/// What failed in a handshake, in words; the system's own errors stay what they are.
fn in_words(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    let kind = match error.kind() {
        io::ErrorKind::UnexpectedEof => io::ErrorKind::ConnectionAborted,
        kind => kind,
    };
    io::Error::new(kind, of_handshake(&error, Peer::Client))
}
