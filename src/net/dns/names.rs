//! The names of clients: reverse DNS, believed only where it is confirmed (RFC 1912 section 2.1,
//! RFC 8601 section 2.7.3).
//!
//! Who runs a client's network says what its address is called, and may say anything. So a name
//! counts only if its forward lookup gives the address back. Lookups are bounded in time, in
//! number and in what is remembered of them; what is beyond a bound has no name.

use super::configuration;
use crate::net::error::Error;
use hickory_resolver::config::{ProtocolConfig, ResolverConfig};
use hickory_resolver::net::DnsError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer, RetryDnsHandle};
use hickory_resolver::proto::op::{DnsRequestOptions, Message, Query};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Hosts, NameServerPool, PoolContext, ResponseCache, TlsConfig, TtlConfig};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Lookups of a server that are under way at one time.
const MAX_LOOKUPS: usize = 256;
/// Clients of it that may wait for one of these to end.
const MAX_WAITING: usize = 1_024;
/// Names of an address that are looked at.
const MAX_NAMES: usize = 4;
/// Aliases on the way from a question to its answer.
const MAX_ALIASES: usize = 8;
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
///
/// Made of hickory's parts, not its resolver: that answers for 127.0.0.0/8 by itself, whatever
/// the DNS servers say that it was given.
pub struct Resolver {
    servers: RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>,
    cache: ResponseCache,
    /// The system's file of them, where it is the system that is asked.
    hosts: Hosts,
    timeout: Duration,
    before_greeting: bool,
    lookups: Semaphore,
    waiting: Semaphore,
}

impl Resolver {
    /// A resolver; the system's configuration is read now where `options` name no servers.
    ///
    /// # Errors
    /// [`Error::Resolver`] if lookups cannot be made at all; that no server is known is no error.
    pub fn new(options: &ResolveOptions) -> Result<Arc<Self>, Error> {
        let (config, mut opts) = configuration(&options.servers, options.timeout);
        opts.positive_max_ttl = Some(MAX_TTL);
        opts.negative_max_ttl = Some(MAX_TTL);
        let hosts = if options.servers.is_empty() {
            Hosts::from_system().unwrap_or_default()
        } else {
            Hosts::default()
        };
        let cache = ResponseCache::new(CACHED_ANSWERS, TtlConfig::from_opts(&opts));
        let attempts = opts.attempts;
        let context =
            Arc::new(PoolContext::new(opts, TlsConfig::new().map_err(|_| Error::Resolver)?));
        let provider = TokioRuntimeProvider::default();
        let pool = NameServerPool::from_config(over_udp(config).name_servers, context, provider);
        Ok(Arc::new(Self {
            servers: RetryDnsHandle::new(pool, attempts),
            cache,
            hosts,
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
        let _waiting = self.waiting.try_acquire().ok()?;
        let lookup = async {
            let _lookup = self.lookups.acquire().await.ok()?;
            self.confirmed(address.to_canonical()).await
        };
        timeout(self.timeout, lookup).await.ok()?
    }

    async fn confirmed(&self, address: IpAddr) -> Option<String> {
        let answers = self.ask(Name::from(address), RecordType::PTR).await?;
        for data in answers.into_iter().take(MAX_NAMES) {
            let RData::PTR(name) = data else { continue };
            let Some(text) = host_name(&name.0) else { continue };
            if self.leads_to(name.0, address).await {
                return Some(text);
            }
        }
        None
    }

    async fn leads_to(&self, name: Name, address: IpAddr) -> bool {
        let kind = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        let answers = self.ask(name, kind).await.unwrap_or_default();
        answers.iter().any(|data| data.ip_addr() == Some(address))
    }

    /// What the DNS, or the cache, has of one kind at a name; `None` if that is nothing.
    async fn ask(&self, mut name: Name, kind: RecordType) -> Option<Vec<RData>> {
        name.set_fqdn(true);
        let query = Query::query(name, kind);
        if let Some(known) = self.hosts.lookup_static_host(&query) {
            return Some(data(known.message(), &query));
        }
        if let Some(known) = self.cache.get(&query, Instant::now()) {
            return Some(data(&known.ok()?, &query));
        }
        let response = self.servers.lookup(query.clone(), DnsRequestOptions::default());
        // An answer that says no is an error here, and remembered as well.
        let answer = response
            .first_answer()
            .await
            .and_then(|response| Ok(DnsError::from_response(response)?.into_message()));
        self.cache.insert(query.clone(), answer.clone(), Instant::now());
        Some(data(&answer.ok()?, &query))
    }
}

/// The data of an answer that belong to its question, behind aliases (RFC 1034 section 3.6.2).
fn data(answer: &Message, query: &Query) -> Vec<RData> {
    let mut owner = query.name();
    for _ in 0..MAX_ALIASES {
        let alias = answer.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if record.name == *owner => Some(&alias.0),
            _ => None,
        });
        let Some(alias) = alias else { break };
        owner = alias;
    }
    let belongs =
        |name: &Name, data: &RData| name == owner && data.record_type() == query.query_type();
    let records = answer.answers.iter();
    records.filter(|record| belongs(&record.name, &record.data)).map(|r| r.data.clone()).collect()
}

/// A lookup under way, which is given up when this is dropped.
pub struct Lookup(JoinHandle<()>);

impl Lookup {
    /// Waits until the lookup has ended, whatever it found.
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

/// Without TCP: whoever needs long answers to name a mail client is not worth the memory.
fn over_udp(mut config: ResolverConfig) -> ResolverConfig {
    for server in &mut config.name_servers {
        server.connections.retain(|connection| matches!(connection.protocol, ProtocolConfig::Udp));
    }
    config
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
    use super::super::given;
    use super::*;
    use hickory_resolver::config::NameServerConfig;
    use hickory_resolver::proto::op::OpCode;
    use hickory_resolver::proto::rr::Record;
    use hickory_resolver::proto::rr::rdata::{A, CNAME};

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

    fn record(owner: &[&[u8]], data: RData) -> Record {
        Record::from_rdata(name(owner), 60, data)
    }

    #[test]
    fn aliases_are_followed_and_what_was_not_asked_is_left_out() {
        let query = Query::query(name(&[b"a", b"example"]), RecordType::A);
        let mut answer = Message::response(0, OpCode::Query);
        let alias = RData::CNAME(CNAME(name(&[b"b", b"example"])));
        answer.add_answers([
            record(&[b"A", b"example"], alias),
            record(&[b"b", b"example"], RData::A(A::new(192, 0, 2, 1))),
            record(&[b"c", b"example"], RData::A(A::new(192, 0, 2, 2))),
        ]);
        assert_eq!(data(&answer, &query), [RData::A(A::new(192, 0, 2, 1))]);
        // One that leads in a circle has an end all the same.
        let mut circle = Message::response(0, OpCode::Query);
        circle.add_answer(record(&[b"a", b"example"], RData::CNAME(CNAME(query.name().clone()))));
        assert_eq!(data(&circle, &query), []);
    }

    #[test]
    fn servers_are_asked_over_udp_alone_and_at_their_port() {
        let config = over_udp(given(&["127.0.0.1:5353".parse().unwrap()]));
        let [server] = config.name_servers() else { panic!("one server") };
        let ports: Vec<_> = server.connections.iter().map(|connection| connection.port).collect();
        assert_eq!(ports, [5353]);
        let both = ResolverConfig::from_name_servers(vec![NameServerConfig::udp_and_tcp(
            "127.0.0.1".parse().unwrap(),
        )]);
        assert_eq!(over_udp(both).name_servers()[0].connections.len(), 1);
    }
}
