//! Addresses that say on which interface they are (RFC 4007 section 11).

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

/// The address and port of a text such as `fe80::1%eth0` or `fe80::1%2`; `None` if it is none of
/// these. An interface that there is not becomes 0, which the system refuses where it needs one.
pub fn scoped(text: &str, port: u16) -> Option<SocketAddr> {
    let (address, interface) = text.split_once('%')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let index = interface.parse().ok().or_else(|| index_of(interface)).unwrap_or(0);
    Some(SocketAddrV6::new(address, port, 0, index).into())
}

/// The system's number of an interface. Where there is an address already, no server is asked.
fn index_of(interface: &str) -> Option<u32> {
    let known =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':');
    if interface.is_empty() || !interface.bytes().all(known) {
        return None;
    }
    let text = format!("fe80::1%{interface}");
    (text.as_str(), 0).to_socket_addrs().ok()?.find_map(|address| match address {
        SocketAddr::V6(address) => Some(address.scope_id()),
        SocketAddr::V4(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_a_number_or_a_name() {
        let index = |text: &str| match scoped(text, 25) {
            Some(SocketAddr::V6(address)) => {
                assert_eq!(address.port(), 25);
                Some(address.scope_id())
            }
            _ => None,
        };
        assert_eq!(index("fe80::1%7"), Some(7));
        assert_eq!(index("::1%0"), Some(0));
        for none in ["fe80::1%no-such-one", "fe80::1%", "fe80::1%a b", "fe80::1%99999999999"] {
            assert_eq!(index(none), Some(0), "{none}");
        }
        for none in ["fe80::1", "192.0.2.1%lo", "mx.example%lo", "%lo", "", "fe80::1]%lo"] {
            assert_eq!(index(none), None, "{none}");
        }
        #[cfg(target_os = "linux")]
        assert_eq!(index("fe80::1%lo"), Some(1));
    }
}
