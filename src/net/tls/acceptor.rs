//! TLS for servers: their side of handshakes, and what these agreed on.

use super::binding;
use super::client_certificates::{self, ClientOptions, Clients};
use super::info::{Standing, TlsInfo};
use super::keys::Keys;
use super::sni::Hosts;
use crate::net::error::{Error, words};
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, SupportedProtocolVersion};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

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
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), clients, hosts })
    }

    /// What logins are bound to by the certificate that a client saw, which named this host (RFC 5929
    /// section 4).
    pub fn end_point(&self, server_name: Option<&str>) -> Option<Vec<u8>> {
        binding::end_point(self.hosts.find(server_name).cert.first()?)
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
        let connection = stream.get_ref().1;
        let standing = self.standing(connection)?;
        let info = TlsInfo::new(connection, standing);
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
