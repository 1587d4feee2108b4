//! DNS: the mail exchanges of domains ([`exchanges`]) and the names of clients ([`names`]).

mod error;
pub mod exchanges;
pub mod names;

pub use error::DnsError;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::system_conf::read_system_conf;
use std::net::SocketAddr;
use std::time::Duration;

/// How `servers` are asked, or the system's if there are none, so that a lookup of no more than
/// `limit` has time for a second datagram where the first is lost.
fn configuration(
    servers: &[SocketAddr],
    limit: Duration,
) -> Result<(ResolverConfig, ResolverOpts), NetError> {
    let (config, mut opts) = if servers.is_empty() {
        read_system_conf()?
    } else {
        (given(servers), ResolverOpts::default())
    };
    opts.timeout = opts.timeout.min(limit / 3);
    Ok((config, opts))
}

/// These servers at their ports, over UDP and TCP.
fn given(servers: &[SocketAddr]) -> ResolverConfig {
    let servers = servers.iter().map(|server| {
        let connections =
            [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
        NameServerConfig::new(server.ip(), true, connections.to_vec())
    });
    ResolverConfig::from_parts(None, Vec::new(), servers.collect())
}
