//! The way to a server: names to addresses, addresses to a stream by happy eyeballs (RFC 8305).

use crate::net::dns::exchanges::Exchanges;
use crate::net::dns::{DnsError, scoped};
use crate::net::error::words::of_system;
use crate::net::stream::Stream;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;
/// A head start for each address (RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// Rest after which the way to a server is tried (RFC 9293 section 3.8.4): sooner than the devices on
/// the way forget a connection.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Time between two tries, the third of which is the last.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A host name or an IP address, and a port.
    Host(String, u16),
    /// The path of a unix socket.
    Path(PathBuf),
}

impl Target {
    pub fn host(host: &str, port: u16) -> Self {
        Self::Host(host.to_owned(), port)
    }
}

/// How servers are reached.
#[derive(Debug, Clone)]
pub struct DialerOptions {
    /// DNS servers; the system's ways if there are none.
    pub servers: Vec<SocketAddr>,
    /// How long a lookup may take.
    pub dns_timeout: Duration,
    /// Where connections come from, if that matters.
    pub local_address: Option<IpAddr>,
}

pub struct Dialer {
    options: DialerOptions,
    exchanges: Exchanges,
}

/// Why a server was not reached.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DialError {
    /// The last address that was tried, and what the system said.
    #[error("cannot connect to {}: {}", .0, of_system(.1))]
    Io(String, #[source] io::Error),
    /// The name was not looked up, or led nowhere.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// Connecting to this place took too long.
    #[error("connecting to {0} took too long")]
    Timeout(String),
}

impl DialError {
    /// A code as Node's own; the system's error number comes before it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(..) => "ECONNREFUSED",
            Self::Dns(error) => error.code(),
            Self::Timeout(_) => "ETIMEDOUT",
        }
    }
}

impl Dialer {
    /// A dialer; nothing is looked up yet.
    pub fn new(options: DialerOptions) -> Self {
        let exchanges = Exchanges::new(options.servers.clone(), options.dns_timeout);
        Self { options, exchanges }
    }

    /// The hosts that take a domain's mail, those to be tried first before the others.
    ///
    /// # Errors
    /// [`DnsError`], if there are none.
    pub async fn exchanges(&self, domain: &str) -> Result<Vec<String>, DnsError> {
        let is_address = literal(domain).is_some() || scoped(bare(domain), 0).is_some();
        if is_address || domain.eq_ignore_ascii_case("localhost") {
            return Ok(vec![domain.to_owned()]);
        }
        self.exchanges.of(domain).await
    }

    /// As [`Dialer::exchanges`], no later than that.
    ///
    /// # Errors
    /// [`DnsError`], [`DnsError::Timeout`] among them.
    pub async fn exchanges_until(
        &self,
        domain: &str,
        deadline: Instant,
    ) -> Result<Vec<String>, DnsError> {
        let late = |_| DnsError::Timeout(domain.to_owned());
        timeout_at(deadline, self.exchanges(domain)).await.map_err(late)?
    }

    /// Connects.
    ///
    /// # Errors
    /// [`DialError`]: that of the last address.
    pub async fn dial(&self, target: &Target, deadline: Instant) -> Result<Stream, DialError> {
        let (place, dialling) = match target {
            Target::Host(host, port) => {
                let addresses = self.addresses(host, *port, deadline).await?;
                (format!("{host}:{port}"), self.race(addresses))
            }
            Target::Path(path) => return unix(path, deadline).await,
        };
        match timeout_at(deadline, dialling).await {
            Ok(Ok(stream)) => {
                // It answers questions; what it says is not to wait for more.
                let _ = stream.set_nodelay(true);
                let _ = keep_alive(&stream);
                Ok(Stream::Tcp(stream))
            }
            Ok(Err(Some((address, error)))) => Err(DialError::Io(address.to_string(), error)),
            Ok(Err(None)) => Err(DialError::Io(place, io::Error::other("no address was tried"))),
            Err(_) => Err(DialError::Timeout(place)),
        }
    }

    async fn addresses(
        &self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, DnsError> {
        if let Some(address) = scoped(host, port) {
            return Ok(vec![address]);
        }
        let found: Vec<IpAddr> = if let Some(address) = literal(host) {
            vec![address]
        } else if host.eq_ignore_ascii_case("localhost") {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else if self.options.servers.is_empty() {
            let limit = self.options.dns_timeout;
            let looked_up = timeout_at(deadline, timeout(limit, lookup_host((host, port)))).await;
            let Ok(Ok(looked_up)) = looked_up else {
                return Err(DnsError::Timeout(host.to_owned()));
            };
            let addresses = looked_up.map_err(|error| DnsError::of_system(host, &error))?;
            addresses.map(|address| address.ip()).collect()
        } else {
            let looking_up = self.exchanges.addresses(host);
            let late = |_| DnsError::Timeout(host.to_owned());
            timeout_at(deadline, looking_up).await.map_err(late)??
        };
        if found.is_empty() {
            return Err(DnsError::NotFound(host.to_owned()));
        }
        Ok(interleaved(found).into_iter().map(|address| (address, port).into()).collect())
    }

    /// The first to connect wins (RFC 8305 section 5); else what became of the last to fail.
    async fn race(
        &self,
        addresses: Vec<SocketAddr>,
    ) -> Result<TcpStream, Option<(SocketAddr, io::Error)>> {
        let local = self.options.local_address;
        let mut waiting = addresses.into_iter().peekable();
        let mut attempts = JoinSet::new();
        let mut failed = None;
        loop {
            if let Some(address) = waiting.next() {
                attempts.spawn(async move {
                    connect(address, local).await.map_err(|error| (address, error))
                });
            }
            let is_last = waiting.peek().is_none();
            tokio::select! {
                ended = attempts.join_next() => match ended {
                    Some(Ok(Ok(stream))) => return Ok(stream),
                    Some(Ok(Err(error))) => failed = Some(error),
                    Some(Err(_)) => {}
                    None if is_last => return Err(failed),
                    None => {}
                },
                () = sleep(HEAD_START), if !is_last => {}
            }
        }
    }
}

async fn connect(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(local) = local {
        socket.bind((local, 0).into())?;
    }
    socket.connect(address).await
}

/// Has the system try the way to a server while nothing is said, and end a connection that is dead.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
    #[cfg(not(target_os = "openbsd"))]
    let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL).with_retries(3);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

#[cfg(unix)]
async fn unix(path: &std::path::Path, deadline: Instant) -> Result<Stream, DialError> {
    let place = path.display().to_string();
    match timeout_at(deadline, tokio::net::UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(Stream::Unix(stream)),
        Ok(Err(error)) => Err(DialError::Io(place, error)),
        Err(_) => Err(DialError::Timeout(place)),
    }
}

#[cfg(not(unix))]
async fn unix(path: &std::path::Path, _deadline: Instant) -> Result<Stream, DialError> {
    let error = io::Error::from(io::ErrorKind::Unsupported);
    Err(DialError::Io(path.display().to_string(), error))
}

/// What is in brackets, or the whole.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// An IP address, as it is or as an address literal (RFC 5321 section 4.1.3).
fn literal(host: &str) -> Option<IpAddr> {
    let inner = bare(host);
    let has_tag = inner.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPv6:"));
    if has_tag {
        inner.get(5..)?.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        inner.parse().ok()
    }
}

/// The families take turns, that of the first address first (RFC 8305 section 4).
fn interleaved(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let first = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (ours, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first);
    let mut others = others.into_iter();
    let mut mixed = Vec::new();
    for address in ours {
        mixed.push(address);
        mixed.extend(others.next());
    }
    mixed.extend(others);
    mixed.truncate(MAX_ADDRESSES);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialer() -> Dialer {
        let dns_timeout = Duration::from_secs(5);
        Dialer::new(DialerOptions { servers: Vec::new(), dns_timeout, local_address: None })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn literals_are_addresses() {
        let known = |text: &str| literal(text).map(|address| address.to_string());
        for text in ["192.0.2.1", "[192.0.2.1]"] {
            assert_eq!(known(text).as_deref(), Some("192.0.2.1"));
        }
        for text in ["2001:db8::1", "[2001:db8::1]", "[IPv6:2001:db8::1]", "[ipv6:2001:db8::1]"] {
            assert_eq!(known(text).as_deref(), Some("2001:db8::1"));
        }
        for text in ["mx.example", "[mx.example]", "IPv6:x", "1.2.3", ""] {
            assert_eq!(known(text), None);
        }
    }

    #[test]
    fn families_take_turns_and_are_no_more_than_eight() {
        let parse = |text: &str| text.parse::<IpAddr>().ok();
        let mixed = |list: &[&str]| {
            let addresses = list.iter().filter_map(|text| parse(text)).collect();
            interleaved(addresses).iter().map(IpAddr::to_string).collect::<Vec<_>>()
        };
        assert_eq!(mixed(&["::1", "::2", "1.1.1.1"]), ["::1", "1.1.1.1", "::2"]);
        assert_eq!(mixed(&["1.1.1.1", "::1", "::2"]), ["1.1.1.1", "::1", "::2"]);
        assert_eq!(mixed(&["1.1.1.1"; 20]).len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn the_first_to_answer_wins() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let good = listener.local_addr().expect("an address");
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let bad = closed.local_addr().expect("an address");
        drop(closed);
        let stream = dialer().race(vec![bad, good]).await.expect("a stream");
        assert_eq!(stream.peer_addr().expect("an address"), good);
        let failed = dialer().race(vec![bad, bad]).await.expect_err("nobody");
        let (address, error) = failed.expect("the last of them");
        assert_eq!((address, error.kind()), (bad, io::ErrorKind::ConnectionRefused));
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stream = dialer().dial(&Target::host("localhost", port), soon()).await;
        let Ok(Stream::Tcp(stream)) = stream else { panic!("no stream: {stream:?}") };
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().expect("whether it is kept alive"));
        #[cfg(target_os = "linux")]
        assert_eq!(
            (
                socket.tcp_keepalive_time().expect("a time"),
                socket.tcp_keepalive_interval().expect("an interval"),
                socket.tcp_keepalive_retries().expect("a number"),
            ),
            (KEEPALIVE, KEEPALIVE_INTERVAL, 3)
        );
        let lost = dialer().dial(&Target::Path("/nowhere/at/all".into()), soon()).await;
        assert!(matches!(lost, Err(DialError::Io(..))));
        assert_eq!(dialer().exchanges("localhost").await.expect("itself"), ["localhost"]);
        for address in ["[192.0.2.1]", "192.0.2.1", "fe80::1%2", "[fe80::1%lo]", "[IPv6:::1]"] {
            assert_eq!(dialer().exchanges(address).await.expect("itself"), [address]);
        }
    }
}
