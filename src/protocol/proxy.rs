//! The header by which a proxy says for whom it connects: the PROXY protocol of HAProxy, version 1
//! in text (its section 2.1) and version 2 in binary (its section 2.2).
//!
//! [`parse`] looks at what has come so far; who reads decides how long that may take.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Begins a header of version 1.
const TEXT: &[u8] = b"PROXY ";
/// The longest line of version 1, with its end, in bytes.
const MAX_TEXT: usize = 107;
/// Begins a header of version 2; in SMTP it would be three lines and a QUIT.
const BINARY: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// What a header of version 2 has before its addresses, in bytes.
const BINARY_HEAD: usize = 16;
/// The longest header of version 2, in bytes; what is beyond addresses is certificates and the like.
const MAX_BINARY: usize = 4_096;

/// What has come of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More has to come.
    Incomplete,
    /// The header is whole, and has so many bytes.
    Complete(Header, usize),
    /// It is none, or one that is too long.
    Malformed,
}

/// What a proxy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// Nothing of a client: the proxy connects for itself (LOCAL), as for a health check, or cannot
    /// say for whom (UNKNOWN, and addresses that are none of TCP).
    Own,
    /// A client has connected to it.
    Client {
        /// The client's end.
        remote: SocketAddr,
        /// The end that the client has connected to.
        local: SocketAddr,
    },
}

/// Reads a header from the first bytes of a connection.
pub fn parse(bytes: &[u8]) -> Progress {
    if is_begun(bytes, BINARY) {
        parse_binary(bytes)
    } else if is_begun(bytes, TEXT) {
        parse_text(bytes)
    } else {
        Progress::Malformed
    }
}

/// Whether `bytes` begin with `head`, as far as they go.
fn is_begun(bytes: &[u8], head: &[u8]) -> bool {
    let length = bytes.len().min(head.len());
    bytes[..length] == head[..length]
}

fn parse_text(bytes: &[u8]) -> Progress {
    let line = &bytes[..bytes.len().min(MAX_TEXT)];
    let Some(end) = line.iter().position(|byte| *byte == b'\n') else {
        return if line.len() < MAX_TEXT { Progress::Incomplete } else { Progress::Malformed };
    };
    let text = line[..end].strip_suffix(b"\r").and_then(|text| text.strip_prefix(TEXT));
    match text.and_then(text_header) {
        Some(header) => Progress::Complete(header, end + 1),
        None => Progress::Malformed,
    }
}

/// What stands behind `PROXY ` in a line.
fn text_header(text: &[u8]) -> Option<Header> {
    if text == b"UNKNOWN" || text.starts_with(b"UNKNOWN ") {
        return Some(Header::Own);
    }
    let words: Vec<&str> = std::str::from_utf8(text).ok()?.split(' ').collect();
    let [family, remote, local, remote_port, local_port] = words[..] else { return None };
    let address = |text: &str| match family {
        "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => None,
    };
    let remote = end(address(remote)?, port(remote_port)?);
    Some(Header::Client { remote, local: end(address(local)?, port(local_port)?) })
}

/// A port in digits, without zeros before it.
fn port(text: &str) -> Option<u16> {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| is_plain)
}

fn parse_binary(bytes: &[u8]) -> Progress {
    let Some(head) = bytes.first_chunk::<BINARY_HEAD>() else { return Progress::Incomplete };
    let [.., command, family, high, low] = *head;
    let length = BINARY_HEAD + usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_BINARY || command & 0xf0 != 0x20 {
        return Progress::Malformed;
    }
    // What follows the addresses is for others.
    let Some(rest) = bytes.get(BINARY_HEAD..length) else { return Progress::Incomplete };
    match binary_header(command & 0x0f, family, rest) {
        Some(header) => Progress::Complete(header, length),
        None => Progress::Malformed,
    }
}

fn binary_header(command: u8, family: u8, addresses: &[u8]) -> Option<Header> {
    match (command, family) {
        (0, _) => Some(Header::Own),
        (1, 0x11) => {
            let (ends, _) = addresses.split_first_chunk::<12>()?;
            let [a, b, c, d, e, f, g, h, ports @ ..] = *ends;
            Some(client([a, b, c, d].into(), [e, f, g, h].into(), ports))
        }
        (1, 0x21) => {
            let (remote, rest) = addresses.split_first_chunk::<16>()?;
            let (local, rest) = rest.split_first_chunk::<16>()?;
            let (ports, _) = rest.split_first_chunk::<4>()?;
            Some(client((*remote).into(), (*local).into(), *ports))
        }
        // Nothing is said, or what is no address of TCP: of UDP, or of a unix socket.
        (1, 0x00) => Some(Header::Own),
        (1, 0x12) => addresses.get(..12).map(|_| Header::Own),
        (1, 0x22) => addresses.get(..36).map(|_| Header::Own),
        (1, 0x31 | 0x32) => addresses.get(..216).map(|_| Header::Own),
        _ => None,
    }
}

fn client(remote: IpAddr, local: IpAddr, [a, b, c, d]: [u8; 4]) -> Header {
    let [remote_port, local_port] = [[a, b], [c, d]].map(u16::from_be_bytes);
    Header::Client { remote: end(remote, remote_port), local: end(local, local_port) }
}

/// An IPv4 address in IPv6's form is one of IPv4 (RFC 4291 section 2.5.5.2).
fn end(address: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(address.to_canonical(), port)
}

#[cfg(test)]
mod tests;
