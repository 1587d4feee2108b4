//! The names of clients: reverse DNS, believed only where it is confirmed (RFC 1912 section 2.1,
//! RFC 8601 section 2.7.3).
//!
//! Who runs a client's network says what its address is called, and may say anything. So a name
//! counts only if its forward lookup gives the address back. Lookups are bounded in time, in
//! number and in what is remembered of them; what is beyond a bound has no name.

use super::error::Error;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ProtocolConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};
use hickory_resolver::system_conf::read_system_conf;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Lookups of a server that are under way at one time.
const MAX_LOOKUPS: usize = 256;
/// Clients of it that may wait for one of these to end.
const MAX_WAITING: usize = 1_024;
/// Names of an address that are looked at.
const MAX_NAMES: usize = 4;
/// Answers that are remembered. Over UDP none is longer than 4 KiB.
const CACHED_ANSWERS: u64 = 2_048;
/// For how long at most, whatever the answer says.
const MAX_TTL: Duration = Duration::from_secs(60 * 60);
/// Bytes of a name in text (RFC 1035 section 2.3.4).
const MAX_NAME_LENGTH: usize = 253;

/// How names are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveOptions {
    /// For the whole of a client's lookups, waiting included.
    pub timeout: Duration,
    /// Whether the client is greeted only after that.
    pub before_greeting: bool,
    /// DNS servers; the system's if there are none.
    pub servers: Vec<SocketAddr>,
}

/// Finds the names of a server's clients.
pub struct Resolver {
    resolver: TokioResolver,
    timeout: Duration,
    before_greeting: bool,
    lookups: Semaphore,
    waiting: Semaphore,
}

impl Resolver {
    /// A resolver; the system's configuration is read now where `options` name no servers.
    ///
    /// # Errors
    /// [`Error::Resolver`] if the system's configuration cannot be read.
    pub fn new(options: &ResolveOptions) -> Result<Arc<Self>, Error> {
        let cannot = |error: &dyn std::fmt::Display| Error::Resolver(error.to_string());
        let (config, opts) = if options.servers.is_empty() {
            read_system_conf().map_err(|error| cannot(&error))?
        } else {
            given(&options.servers)
        };
        let mut builder =
            TokioResolver::builder_with_config(over_udp(config), TokioRuntimeProvider::default());
        *builder.options_mut() = bounded(opts, options.timeout);
        Ok(Arc::new(Self {
            resolver: builder.build().map_err(|error| cannot(&error))?,
            timeout: options.timeout,
            before_greeting: options.before_greeting,
            lookups: Semaphore::new(MAX_LOOKUPS),
            waiting: Semaphore::new(MAX_WAITING),
        }))
    }

    /// Whether clients are greeted only when their name was looked up.
    pub fn before_greeting(&self) -> bool {
        self.before_greeting
    }

    /// Looks the name of `address` up in the background and gives it to `found`, if there is one.
    pub fn begin(
        self: &Arc<Self>,
        address: IpAddr,
        found: impl FnOnce(String) + Send + 'static,
    ) -> Lookup {
        let resolver = self.clone();
        Lookup(tokio::spawn(async move {
            if let Some(name) = resolver.name_of(address).await {
                found(name);
            }
        }))
    }

    /// The confirmed name of an address, in lower case and without the last dot; `None` if there
    /// is none, or none within the bounds.
    async fn name_of(&self, address: IpAddr) -> Option<String> {
        // What is not sent to a client that has gone by then costs the DNS servers nothing.
        let _waiting = self.waiting.try_acquire().ok()?;
        let lookup = async {
            let _lookup = self.lookups.acquire().await.ok()?;
            self.confirmed(address.to_canonical()).await
        };
        timeout(self.timeout, lookup).await.ok()?
    }

    async fn confirmed(&self, address: IpAddr) -> Option<String> {
        let answer = self.resolver.reverse_lookup(address).await.ok()?;
        let names = answer.answers().iter().filter_map(|record| match &record.data {
            RData::PTR(name) => Some(&name.0),
            _ => None,
        });
        for name in names.take(MAX_NAMES) {
            let Some(text) = host_name(name) else { continue };
            if self.leads_to(name.clone(), address).await {
                return Some(text);
            }
        }
        None
    }

    async fn leads_to(&self, mut name: Name, address: IpAddr) -> bool {
        // Else the domains of the system's search list would be tried.
        name.set_fqdn(true);
        let answer = match address {
            IpAddr::V4(_) => self.resolver.ipv4_lookup(name).await,
            IpAddr::V6(_) => self.resolver.ipv6_lookup(name).await,
        };
        answer.is_ok_and(|answer| {
            answer.answers().iter().any(|record| record.data.ip_addr() == Some(address))
        })
    }
}

/// A lookup under way, which is given up when this is dropped.
pub struct Lookup(JoinHandle<()>);

impl Lookup {
    /// Waits for its end.
    pub async fn ended(&mut self) {
        // A lookup that fails found nothing.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn given(servers: &[SocketAddr]) -> (ResolverConfig, ResolverOpts) {
    let servers = servers.iter().map(|server| {
        let mut connection = ConnectionConfig::udp();
        connection.port = server.port();
        NameServerConfig::new(server.ip(), true, vec![connection])
    });
    let mut opts = ResolverOpts::default();
    opts.use_hosts_file = ResolveHosts::Never;
    (ResolverConfig::from_parts(None, Vec::new(), servers.collect()), opts)
}

/// Without TCP: whoever needs long answers to name a mail client is not worth the memory.
fn over_udp(mut config: ResolverConfig) -> ResolverConfig {
    for server in &mut config.name_servers {
        server.connections.retain(|connection| matches!(connection.protocol, ProtocolConfig::Udp));
    }
    config
}

fn bounded(mut opts: ResolverOpts, limit: Duration) -> ResolverOpts {
    // A lost datagram leaves time for another.
    opts.timeout = opts.timeout.min(limit / 3);
    opts.cache_size = CACHED_ANSWERS;
    opts.positive_max_ttl = Some(MAX_TTL);
    opts.negative_max_ttl = Some(MAX_TTL);
    opts
}

/// A name as text, if it is one of a host (RFC 1123 section 2.1; underscores are let through).
fn host_name(name: &Name) -> Option<String> {
    let text = name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let whole = !text.is_empty() && text.len() <= MAX_NAME_LENGTH;
    (whole && text.bytes().all(known)).then_some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn name(labels: &[&[u8]]) -> Name {
        Name::from_labels(labels.iter().copied()).unwrap()
    }

    #[test]
    fn a_name_is_that_of_a_host() {
        let host = name(&[b"MX-1", b"a_b", b"Example"]);
        assert_eq!(host_name(&host).as_deref(), Some("mx-1.a_b.example"));
        for labels in [
            &[b"a b".as_slice(), b"example"] as &[&[u8]],
            &[b"a\r\nb", b"example"],
            &[b"a.b", b"example"],
            &[b"\x1b[2J", b"example"],
            &[b"\xff\xfe", b"example"],
        ] {
            assert_eq!(host_name(&name(labels)), None, "{labels:?}");
        }
        assert_eq!(host_name(&Name::root()), None);
    }

    #[test]
    fn servers_are_asked_over_udp_alone_and_at_their_port() {
        let (config, opts) = given(&["127.0.0.1:5353".parse().unwrap()]);
        assert_eq!(opts.use_hosts_file, ResolveHosts::Never);
        let [server] = config.name_servers() else { panic!("one server") };
        let ports: Vec<_> = server.connections.iter().map(|connection| connection.port).collect();
        assert_eq!(ports, [5353]);
        let both = ResolverConfig::from_name_servers(vec![NameServerConfig::udp_and_tcp(
            "127.0.0.1".parse().unwrap(),
        )]);
        assert_eq!(over_udp(both).name_servers()[0].connections.len(), 1);
    }
}
