//! DNS: the mail exchanges of domains ([`exchanges`]) and the names of clients ([`names`]); and
//! addresses that need no DNS ([`mod@scoped`]).

mod error;
pub mod exchanges;
pub mod names;
mod scoped;

pub use error::DnsError;
pub use scoped::scoped;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
use hickory_resolver::system_conf::parse_resolv_conf;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How servers are asked.
type Configuration = (ResolverConfig, ResolverOpts);

/// Where the C library asks, too, when it is not told of any server.
const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);
/// Less than that is for nobody to answer in.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);

/// How `servers` are asked, or the system's if there are none, so that a lookup of no more than
/// `limit` has time for a second datagram where the first is lost.
fn configuration(servers: &[SocketAddr], limit: Duration) -> Configuration {
    let (config, mut opts) = if servers.is_empty() {
        system().unwrap_or_else(|| (given(&[LOCAL]), ResolverOpts::default()))
    } else {
        (given(servers), ResolverOpts::default())
    };
    opts.timeout = opts.timeout.max(LEAST_TIMEOUT).min(limit / 3);
    (config, opts)
}

#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
fn system() -> Option<Configuration> {
    read(&std::fs::read("/etc/resolv.conf").ok()?)
}

#[cfg(not(all(unix, not(any(target_os = "android", target_vendor = "apple")))))]
fn system() -> Option<Configuration> {
    hickory_resolver::system_conf::read_system_conf().ok()
}

/// What a resolv.conf says of servers and of how to ask them, as far as it makes sense. Its other
/// lines are about names that are not whole, and ours are.
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
fn read(text: &[u8]) -> Option<Configuration> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let ours = lines.filter(|line| line.starts_with(b"nameserver") || line.starts_with(b"options"));
    parse_resolv_conf(ours.collect::<Vec<_>>().join(&b'\n')).ok()
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

#[cfg(all(test, unix, not(any(target_os = "android", target_vendor = "apple"))))]
mod tests {
    use super::*;

    fn servers(text: &[u8]) -> Option<Vec<String>> {
        let (config, _) = read(text)?;
        Some(config.name_servers().iter().map(|server| server.ip.to_string()).collect())
    }

    #[test]
    fn a_resolv_conf_counts_as_far_as_it_makes_sense() {
        let known: &[(&[u8], &[&str])] = &[
            (b"nameserver 192.0.2.53", &["192.0.2.53"]),
            (b"\tnameserver 192.0.2.53\r\n", &["192.0.2.53"]),
            (b"nameserver 192.0.2.53\nnameserver 2001:db8::53\n", &["192.0.2.53", "2001:db8::53"]),
            (b"nameserver 192.0.2.53\nnonsense\n", &["192.0.2.53"]),
            (b"nonsense\nnameserver 192.0.2.53\n", &["192.0.2.53"]),
            (b"nameserver nobody\nnameserver 192.0.2.53\n", &["192.0.2.53"]),
            (b"nameserver 192.0.2.53\noptions nonsense ndots:x\n", &["192.0.2.53"]),
            (b"nameserver 192.0.2.53\nsearch a..b _.example \xff\n", &["192.0.2.53"]),
            (b"nameserver 192.0.2.53\ndomain ..\nsortlist x/y\n", &["192.0.2.53"]),
            (b"\xff\xfe\nnameserver 192.0.2.53\n", &["192.0.2.53"]),
        ];
        for (text, expected) in known {
            let expected = expected.iter().map(ToString::to_string).collect();
            assert_eq!(servers(text), Some(expected), "{}", text.escape_ascii());
        }
        for text in
            [&b""[..], b"\n", b"nonsense", b"nameserver", b"nameserver x", b"search a", b"#"]
        {
            assert_eq!(servers(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_lookup_has_time_whatever_the_options_say() {
        let limit = Duration::from_secs(60);
        for options in ["timeout:0", "attempts:0", "timeout:-1", "timeout:99999999999"] {
            let text = format!("nameserver 192.0.2.53\noptions {options}\n");
            let (_, opts) = read(text.as_bytes()).unwrap_or_else(|| panic!("{options}"));
            assert!(opts.timeout.max(LEAST_TIMEOUT).min(limit / 3) >= LEAST_TIMEOUT, "{options}");
        }
        let (config, opts) = configuration(&[LOCAL], limit);
        assert_eq!(config.name_servers()[0].ip, LOCAL.ip());
        assert!(opts.timeout >= LEAST_TIMEOUT && opts.timeout <= limit / 3);
    }
}
