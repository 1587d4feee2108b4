//! Which peers are trusted with what only some may say.

use crate::protocol::trusted::Trust;
use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;
use std::str::FromStr;

/// Peers by their addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peers {
    Everybody,
    /// Those within these networks.
    Named(Vec<IpNet>),
}

impl Peers {
    /// Nobody.
    #[cfg(test)]
    pub const NOBODY: Self = Self::Named(Vec::new());

    /// Addresses, and networks as an address and the length of its prefix (`192.0.2.0/24`); `None` if
    /// one is neither.
    pub fn parse(names: &[String]) -> Option<Self> {
        names.iter().map(|name| network(name)).collect::<Option<_>>().map(Self::Named)
    }

    /// What the peer at this address is trusted with.
    pub fn trust(&self, address: Option<IpAddr>) -> Trust {
        match self {
            Self::Named(networks) if networks.is_empty() => Trust::Nobody,
            _ if self.include(address) => Trust::Peer,
            _ => Trust::Others,
        }
    }

    /// Whether the peer at this address is one of them; on a unix socket it has none.
    pub fn include(&self, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Self::Everybody, _) => true,
            (Self::Named(_), None) => false,
            (Self::Named(networks), Some(address)) => {
                networks.iter().any(|network| network.contains(&address))
            }
        }
    }
}

/// Bits of an IPv6 address before an IPv4 address within it (RFC 4291 section 2.5.5.2).
const MAPPED: u8 = 96;

fn network(name: &str) -> Option<IpNet> {
    let network = match IpAddr::from_str(name) {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => IpNet::from_str(name).ok()?,
    };
    // Addresses of clients are in the form of their own family.
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED)) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => {
            Some(IpNet::V4(Ipv4Net::new(address, length).ok()?))
        }
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Option<Peers> {
        Peers::parse(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn addresses_and_networks() {
        let all = [
            "192.0.2.7",
            "198.51.100.130/25",
            "2001:db8::1",
            "2001:db8:1::/48",
            "::ffff:10.0.0.0/104",
        ];
        let peers = named(&all).unwrap();
        for (address, is_one) in [
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("198.51.100.127", false),
            ("198.51.100.128", true),
            ("198.51.100.255", true),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
            ("2001:db8:1:ffff::5", true),
            ("2001:db8:2::", false),
            ("10.255.0.1", true),
            ("11.0.0.1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(peers.include(Some(address)), is_one, "{address}");
            assert!(Peers::Everybody.include(Some(address)));
            assert!(!Peers::NOBODY.include(Some(address)));
        }
        assert!(!peers.include(None), "a unix socket has no address");
        assert!(Peers::Everybody.include(None));
        let every = named(&["0.0.0.0/0", "::/0"]).unwrap();
        assert!(every.include(Some([1, 2, 3, 4].into())));
    }

    #[test]
    fn what_is_neither_is_told() {
        for name in [
            "",
            "localhost",
            "192.0.2",
            "192.0.2.1/33",
            "::/129",
            "192.0.2.1/",
            "192.0.2.1/-1",
            "10/8",
        ] {
            assert_eq!(named(&[name]), None, "{name:?}");
        }
    }
}
