//! TLS for servers: their side of handshakes, and what these agreed on.

use super::client_certificates::{self, ClientOptions, Clients};
use super::info::{Standing, TlsInfo};
use super::keys::Keys;
use super::sni::{Chosen, HostKeys, Hosts};
use crate::net::error::{Error, words};
use rustls::crypto::ring;
use rustls::server::Acceptor;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, SupportedProtocolVersion};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, TlsAcceptor};

const NO_KEYS: &str = "the application gives no keys for the host that the client named";

/// What a server's TLS is made of.
pub struct Options<'a> {
    /// For clients that name no host, or one that nobody has.
    pub keys: Keys<'a>,
    /// By the host that clients name; `*.` stands for exactly one label.
    pub hosts: Vec<(&'a str, Keys<'a>)>,
    pub tls12: bool,
    pub tls13: bool,
    /// Certificates of clients, if any are asked for.
    pub clients: Option<ClientOptions<'a>>,
    /// Protocols, the preferred one first; a client that offers none of these is refused, one that
    /// offers nothing is not (RFC 7301 section 3.2). Where there are none, all are served.
    pub alpn: &'a [Vec<u8>],
}

/// A server's side of handshakes.
pub struct Tls {
    acceptor: TlsAcceptor,
    clients: Option<Arc<Clients>>,
    hosts: Arc<Hosts>,
}

impl Tls {
    /// Makes keys and settings ready for handshakes.
    ///
    /// # Errors
    /// [`Error::Certificate`], [`Error::Key`], [`Error::Roots`] and [`Error::Tls`], none of which
    /// shows a key.
    pub fn new(options: &Options<'_>) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let hosts = Arc::new(Hosts::new(options.keys, &options.hosts, &provider)?);
        let clients = options.clients.map(|clients| Clients::new(clients, &provider));
        let clients = clients.transpose()?.map(Arc::new);
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(options))
            .map_err(unusable)?;
        let builder = match clients.clone() {
            Some(clients) => builder.with_client_cert_verifier(clients),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(hosts.clone());
        // One is enough to resume with; each costs work and bytes in every handshake.
        config.send_tls13_tickets = 1;
        // Its keys are its own: tickets of other configurations lead to a full handshake.
        config.ticketer = ring::Ticketer::new().map_err(unusable)?;
        config.alpn_protocols = options.alpn.to_vec();
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), clients, hosts })
    }

    /// Carries out a server's handshake.
    ///
    /// # Errors
    /// What the stream or the client's side of the handshake had to say.
    pub async fn accept<S>(&self, stream: S) -> io::Result<(TlsStream<S>, TlsInfo)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.acceptor.accept(stream).await?;
        let own = self.hosts.find(stream.get_ref().1.server_name()).clone();
        self.accepted(stream, own)
    }

    /// Reads the first message of a client's handshake.
    ///
    /// # Errors
    /// What the stream had to say, or what is wrong with the message.
    pub async fn hello<S>(&self, stream: S) -> io::Result<StartHandshake<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        LazyConfigAcceptor::new(Acceptor::default(), stream).await
    }

    /// The host that a client names, if it has no keys here.
    pub fn unknown_host<S>(&self, hello: &StartHandshake<S>) -> Option<String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let hello = hello.client_hello();
        let name = hello.server_name().filter(|name| self.hosts.own(name).is_none())?;
        Some(name.to_owned())
    }

    /// Carries out the rest of a handshake with these keys.
    ///
    /// # Errors
    /// As [`accept`](Self::accept); `ConnectionAborted` where the keys were refused, of which the
    /// client is told.
    pub async fn accept_as<S>(
        &self,
        hello: StartHandshake<S>,
        keys: HostKeys,
    ) -> io::Result<(TlsStream<S>, TlsInfo)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(chosen) = Chosen::new(keys) else {
            let stream = hello.into_stream(self.acceptor.config().clone()).await?;
            let own = self.hosts.find(stream.get_ref().1.server_name()).clone();
            return self.accepted(stream, own);
        };
        let own = chosen.certificate().cloned();
        let mut config = (**self.acceptor.config()).clone();
        config.cert_resolver = Arc::new(chosen);
        let ended = hello.into_stream(Arc::new(config)).await;
        match own {
            Some(own) => self.accepted(ended?, own),
            None => Err(io::Error::new(io::ErrorKind::ConnectionAborted, NO_KEYS)),
        }
    }

    fn accepted<S>(
        &self,
        stream: TlsStream<S>,
        own: Arc<CertifiedKey>,
    ) -> io::Result<(TlsStream<S>, TlsInfo)> {
        let connection = stream.get_ref().1;
        let standing = self.standing(connection)?;
        let info = TlsInfo::new(connection, standing, own);
        Ok((stream, info))
    }

    /// How the client's certificate was found. In a handshake it was verified already if it had
    /// to be valid; a session that is resumed brings it from its ticket, perhaps expired by now.
    fn standing(&self, connection: &ServerConnection) -> io::Result<Standing> {
        let Some(clients) = &self.clients else { return Ok(Standing::NotAsked) };
        let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
        if clients.rejects() && !resumed {
            return Ok(Standing::Authorized);
        }
        match clients.verify(connection.peer_certificates()) {
            Ok(()) => Ok(Standing::Authorized),
            Err(error) if clients.rejects() => {
                Err(io::Error::new(io::ErrorKind::InvalidData, error))
            }
            Err(error) => Ok(Standing::Unauthorized(client_certificates::code(&error))),
        }
    }
}

/// Why settings cannot be used.
fn unusable(error: rustls::Error) -> Error {
    Error::Tls(words::of_settings(&error))
}

fn versions(options: &Options<'_>) -> Vec<&'static SupportedProtocolVersion> {
    let wanted = [(options.tls13, &TLS13), (options.tls12, &TLS12)];
    wanted.into_iter().filter_map(|(is_wanted, version)| is_wanted.then_some(version)).collect()
}
