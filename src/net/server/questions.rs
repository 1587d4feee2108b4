//! What a server asks its application about handshakes, and the answers: the keys for the host that a client
//! names, and whether there is to be a handshake at all.

use super::{Handshake, Server};
use crate::net::events::Record;
use crate::net::stream::Stream;
use crate::net::tls::HostKeys;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::Ordering;

impl Server {
    /// Asks the application for the keys of a host that a client has named.
    pub async fn keys_of(&self, host: &str) -> HostKeys {
        let request = self.host_keys.begin();
        let record = Record::WantsKeys { request: request.number, host };
        self.queue.post_server(self.number, record);
        request.answered().await.unwrap_or(HostKeys::Refused)
    }

    /// Asks the application about each handshake from here on, before it begins.
    pub fn judge_handshakes(&self) {
        self.judges_handshakes.store(true, Ordering::Relaxed);
    }

    /// Asks whether the handshake of a client at this address is to begin.
    ///
    /// # Errors
    /// `ConnectionAborted` if not; the stream is to be dropped then.
    pub async fn judge_handshake(
        &self,
        stream: &Stream,
        address: Option<IpAddr>,
    ) -> io::Result<()> {
        if !self.judges_handshakes.load(Ordering::Relaxed) {
            return Ok(());
        }
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        let request = self.handshakes.begin();
        let record = Record::WantsHandshake { request: request.number, address: &address };
        self.queue.post_server(self.number, record);
        match request.answered().await.unwrap_or(Handshake::End) {
            Handshake::Begin => return Ok(()),
            Handshake::End => {}
            Handshake::Reset => stream.reset_when_dropped(),
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Says what becomes of the handshake that a record has asked about.
    pub fn answer_handshake(&self, request: u32, answer: Handshake) {
        self.handshakes.answer(request, answer);
    }

    /// Gives the keys that a record has asked for.
    pub fn give_keys(&self, request: u32, keys: HostKeys) {
        self.host_keys.answer(request, keys);
    }
}
