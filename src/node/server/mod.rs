//! A server, as JavaScript holds it.

mod control;
mod settings;
mod stats;

use super::border::Border;
use super::convert::{self, invalid, reason};
use super::pipe::NativePipe;
use super::runtime;
use super::tls::{KeyPair, TlsSettings};
use crate::net::dns::scoped;
use crate::net::error;
use crate::net::events::EventQueue;
use crate::net::server::{Address, Handshake, Server};
use crate::net::stream::Stream;
use crate::net::tls::HostKeys;
use crate::protocol::events::Interest;
use napi::bindgen_prelude::Reference;
use napi::{Env, Result};
use napi_derive::napi;
use settings::ServerOptions;
use stats::ServerStats;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

/// The system's error number for an invalid argument, the same everywhere.
const EINVAL: i32 = 22;

/// Where a server listens.
#[napi(object)]
pub struct ServerAddress {
    /// An IP address, or the path of a unix socket.
    pub address: String,
    /// The port; absent for a unix socket.
    pub port: Option<u32>,
}

#[napi]
pub struct NativeServer {
    server: Arc<Server>,
    queue: Arc<EventQueue>,
    threads: u32,
}

#[napi]
impl NativeServer {
    /// A server that does not listen yet.
    #[napi(constructor)]
    pub fn new(_env: Env, mut border: Reference<Border>, options: ServerOptions) -> Result<Self> {
        let threads = options.threads;
        let options = options.prepare()?;
        let server = Server::new(options, border.queue().clone());
        border.owns(&server);
        Ok(Self { server, queue: border.queue().clone(), threads })
    }

    /// Listens on an IP address and port, or on a path; clients wait until they are let in. The system's error number is returned if
    /// that fails, 0 where the platform cannot share ports.
    #[napi]
    pub fn listen(&self, address: String, port: Option<u32>) -> Result<Option<i32>> {
        let address = match port {
            None => Address::Unix(PathBuf::from(address)),
            Some(port) => {
                let port = convert::port(port)?;
                let plain = || Some((address.parse::<IpAddr>().ok()?, port).into());
                let known: Option<SocketAddr> = scoped(&address, port).or_else(plain);
                Address::Ip(known.ok_or_else(|| invalid(format!("not an IP address: {address}")))?)
            }
        };
        match self.server.listen(&address, runtime::handle(self.threads)?) {
            Ok(()) => Ok(None),
            Err(error::Error::Bind(error)) => match error.raw_os_error() {
                Some(number) => Ok(Some(number)),
                // What the standard library finds wrong by itself: a path that is too long.
                None if error.kind() == io::ErrorKind::InvalidInput => Ok(Some(EINVAL)),
                None => Err(reason(error)),
            },
            Err(error::Error::ReusePort) => Ok(Some(0)),
            Err(error) => Err(reason(error)),
        }
    }

    /// Lets clients in.
    #[napi]
    pub fn let_in(&self) {
        self.server.let_in();
    }

    /// Serves a client behind a stream of the program's, which hears of it by this number.
    #[napi]
    pub fn adopt(&self, number: u32) -> Result<NativePipe> {
        let (pipe, end) = NativePipe::create(self.queue.clone(), number);
        let run = self.server.adopt(Stream::Pipe(pipe), runtime::handle(self.threads)?);
        Ok(NativePipe::new(end, run))
    }

    /// Closes the listening socket; the number of what ends with that is returned.
    #[napi]
    pub fn stop(&self) -> u32 {
        self.server.stop()
    }

    /// Closes the sessions of this run and those before once no transaction is open in them.
    #[napi]
    pub fn drain(&self, run: u32) {
        self.server.drain(run);
    }

    /// Closes the sessions of this run and those before now.
    #[napi]
    pub fn abort(&self, run: u32) {
        self.server.abort(run);
    }

    /// Sets what handshakes from now on use; nothing changes if that cannot be used.
    #[napi]
    pub fn set_tls(&self, settings: TlsSettings) -> Result<()> {
        self.server.set_tls(settings.prepare()?);
        Ok(())
    }

    /// Gives a handshake the keys that it has asked for by this number: those of the server where there
    /// are none.
    #[napi]
    pub fn give_keys(&self, request: u32, keys: Option<KeyPair>) -> Result<()> {
        let keys = keys.map(|keys| keys.prepare()).transpose()?;
        self.server.give_keys(request, keys.map_or(HostKeys::Own, HostKeys::Found));
        Ok(())
    }

    /// Ends a handshake that has asked for keys.
    #[napi]
    pub fn refuse_keys(&self, request: u32) {
        self.server.give_keys(request, HostKeys::Refused);
    }

    /// Has each handshake from now on wait for `answer_handshake`.
    #[napi]
    pub fn judge_handshakes(&self) {
        self.server.judge_handshakes();
    }

    /// Says what becomes of the handshake that waits under this number: `begin`, `end` or `reset`.
    #[napi]
    pub fn answer_handshake(&self, request: u32, answer: String) -> Result<()> {
        let answer = match answer.as_str() {
            "begin" => Handshake::Begin,
            "end" => Handshake::End,
            "reset" => Handshake::Reset,
            word => return Err(convert::unknown("answer to a handshake", word)),
        };
        self.server.answer_handshake(request, answer);
        Ok(())
    }

    /// Sets the events that JavaScript listens to.
    #[napi]
    pub fn set_interest(&self, interest: u32) {
        self.server.set_interest(Interest(interest));
    }

    /// How many clients the server has.
    #[napi]
    pub fn connections(&self) -> u32 {
        self.server.connections() as u32
    }

    /// Where the server listens, if it does.
    #[napi]
    pub fn address(&self) -> Option<ServerAddress> {
        Some(match self.server.address()? {
            Address::Ip(address) => ServerAddress {
                address: address.ip().to_string(),
                port: Some(u32::from(address.port())),
            },
            Address::Unix(path) => {
                ServerAddress { address: path.to_string_lossy().into_owned(), port: None }
            }
        })
    }

    #[napi]
    pub fn stats(&self) -> ServerStats {
        ServerStats::of(&self.server)
    }

    /// The lines of each stock reply, by its number in the records.
    #[napi]
    pub fn replies(&self) -> Vec<Vec<String>> {
        self.server.config().replies.all_lines()
    }
}
