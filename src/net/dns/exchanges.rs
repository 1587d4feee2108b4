//! The mail exchanges of a domain (RFC 5321 section 5.1, RFC 7505) and addresses, from DNS.

use super::{DnsError, configuration};
use crate::net::error::words::of_system;
use crate::net::sync::lock;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Answer, NetError};
use hickory_resolver::proto::rr::{Name, RData};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::timeout;

/// Exchanges of a domain that are tried.
const MAX_EXCHANGES: usize = 20;
/// Addresses of a host that are looked at.
const MAX_ADDRESSES: usize = 16;
/// Answers that are remembered.
const CACHED_ANSWERS: u64 = 1_024;

/// Asks DNS, over TCP where an answer is too long for UDP.
pub struct Exchanges {
    servers: Vec<SocketAddr>,
    limit: Duration,
    /// Made when it is first needed: the system's configuration may not be there.
    resolver: Mutex<Option<TokioResolver>>,
}

impl Exchanges {
    /// Asks `servers`, or the system's if there are none, for no longer than `limit` each time.
    pub fn new(servers: Vec<SocketAddr>, limit: Duration) -> Self {
        Self { servers, limit, resolver: Mutex::default() }
    }

    /// The exchanges of a domain by preference, those of the same at random, each once; the domain
    /// itself where it has none.
    pub async fn of(&self, domain: &str) -> Result<Vec<String>, DnsError> {
        let resolver = self.resolver(domain)?;
        let answer = self.within(resolver.mx_lookup(name(domain)?)).await;
        let answer = match answer {
            Ok(answer) => answer,
            // No MX of its own (RFC 5321 section 5.1): what there is says its address.
            Err(Problem::None { exists: true }) => return Ok(vec![domain.to_owned()]),
            Err(problem) => return Err(problem.of(domain)),
        };
        let chance = RandomState::new();
        let mut found: Vec<(u16, u64, String)> = Vec::new();
        let mut null = false;
        for (index, record) in answer.answers().iter().enumerate() {
            let RData::MX(mx) = &record.data else { continue };
            if mx.exchange.is_root() {
                null = true;
                continue;
            }
            let host = mx.exchange.to_ascii();
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            found.push((mx.preference, chance.hash_one(index), host));
        }
        found.sort();
        let mut known = HashSet::new();
        found.retain(|(_, _, host)| known.insert(host.clone()));
        found.truncate(MAX_EXCHANGES);
        match (found.is_empty(), null) {
            (true, true) => Err(DnsError::NullMx(domain.to_owned())),
            (true, false) => Ok(vec![domain.to_owned()]),
            (false, _) => Ok(found.into_iter().map(|(_, _, host)| host).collect()),
        }
    }

    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        let resolver = self.resolver(host)?;
        let answer = self.within(resolver.lookup_ip(name(host)?)).await;
        match answer {
            Ok(addresses) => Ok(addresses.iter().take(MAX_ADDRESSES).collect()),
            Err(problem) => Err(problem.of(host)),
        }
    }

    async fn within<T>(
        &self,
        lookup: impl Future<Output = Result<T, NetError>>,
    ) -> Result<T, Problem> {
        match timeout(self.limit, lookup).await {
            Ok(answer) => answer.map_err(Problem::from),
            Err(_) => Err(Problem::Timeout),
        }
    }

    fn resolver(&self, what: &str) -> Result<TokioResolver, DnsError> {
        let mut made = lock(&self.resolver);
        if let Some(resolver) = &*made {
            return Ok(resolver.clone());
        }
        let cannot = |error: NetError| DnsError::Failed(what.to_owned(), words(&error));
        let (config, mut opts) = configuration(&self.servers, self.limit);
        opts.cache_size = CACHED_ANSWERS;
        opts.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        opts.try_tcp_on_error = true;
        let provider = TokioRuntimeProvider::default();
        let builder = TokioResolver::builder_with_config(config, provider).with_options(opts);
        let resolver = builder.build().map_err(cannot)?;
        *made = Some(resolver.clone());
        Ok(resolver)
    }
}

/// What a lookup came to if not to an answer.
enum Problem {
    /// There are no such records; whether there is the name.
    None {
        exists: bool,
    },
    Timeout,
    Other(String),
}

impl From<NetError> for Problem {
    fn from(error: NetError) -> Self {
        match &error {
            NetError::Timeout => Self::Timeout,
            NetError::Dns(Answer::NoRecordsFound(_)) => {
                Self::None { exists: !error.is_nx_domain() }
            }
            _ => Self::Other(words(&error)),
        }
    }
}

/// Why the servers gave no answer that means anything.
fn words(error: &NetError) -> String {
    match error {
        NetError::Dns(Answer::ResponseCode(code)) => format!("the DNS server answered '{code}'"),
        NetError::Io(error) => of_system(error),
        NetError::NoConnections | NetError::Busy => "no DNS server can be reached".to_owned(),
        _ => "the DNS server's answer makes no sense".to_owned(),
    }
}

impl Problem {
    fn of(self, name: &str) -> DnsError {
        match self {
            Self::None { .. } => DnsError::NotFound(name.to_owned()),
            Self::Timeout => DnsError::Timeout(name.to_owned()),
            Self::Other(reason) => DnsError::Failed(name.to_owned(), reason),
        }
    }
}

/// A name as it stands: the system's search list has nothing to do with mail.
fn name(text: &str) -> Result<Name, DnsError> {
    let parsed = Name::from_ascii(text).ok().filter(|name| !name.is_root());
    let mut name = parsed.ok_or_else(|| DnsError::NotFound(text.escape_debug().to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}
