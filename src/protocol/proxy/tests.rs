//! Headers as proxies send them, cut, too long and forged.

use super::*;
use proptest::prelude::*;

const V4: &str = "192.0.2.1:51000 198.51.100.7:25";
const V6: &str = "[2001:db8::1]:51000 [2001:db8::25]:25";
const OWN: &str = "own";

/// What came of `bytes`, behind which the client talks: the header in words, or what else.
fn read(bytes: &[u8]) -> String {
    match parse(bytes) {
        Progress::Incomplete => "incomplete".to_owned(),
        Progress::Malformed => "malformed".to_owned(),
        Progress::Complete(Header::Own, _) => OWN.to_owned(),
        Progress::Complete(Header::Client { remote, local }, _) => format!("{remote} {local}"),
    }
}

/// A header of version 2: version and command, family, what follows, and `length` bytes of that.
fn binary(command: u8, family: u8, rest: &[u8], length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap().to_be_bytes();
    [BINARY, &[command, family][..], &length, rest].concat()
}

fn v4() -> Vec<u8> {
    [&[192, 0, 2, 1, 198, 51, 100, 7][..], &51_000_u16.to_be_bytes(), &[0, 25]].concat()
}

fn v6() -> Vec<u8> {
    let ends = ["2001:db8::1", "2001:db8::25"].map(|text| text.parse::<Ipv6Addr>().unwrap());
    [&ends[0].octets()[..], &ends[1].octets(), &51_000_u16.to_be_bytes(), &[0, 25]].concat()
}

/// A header, and how it is read.
fn good() -> Vec<(Vec<u8>, &'static str)> {
    let text = |line: &str| line.as_bytes().to_vec();
    let with_tlv = [v4(), vec![0xea; 300]].concat();
    vec![
        (text("PROXY TCP4 192.0.2.1 198.51.100.7 51000 25\r\n"), V4),
        (text("PROXY TCP6 2001:db8::1 2001:db8::25 51000 25\r\n"), V6),
        (text("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.7 51000 25\r\n"), V4),
        (text("PROXY UNKNOWN\r\n"), OWN),
        (text("PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n"), OWN),
        (binary(0x21, 0x11, &v4(), 12), V4),
        (binary(0x21, 0x11, &with_tlv, with_tlv.len()), V4),
        (binary(0x21, 0x21, &v6(), 36), V6),
        (binary(0x20, 0x00, &[], 0), OWN),
        (binary(0x20, 0x11, &v4(), 12), OWN),
        (binary(0x20, 0xff, &[7; 5], 5), OWN),
        (binary(0x21, 0x00, &[], 0), OWN),
        (binary(0x21, 0x12, &v4(), 12), OWN),
        (binary(0x21, 0x31, &[0; 216], 216), OWN),
    ]
}

#[test]
fn headers_are_read_at_every_split_and_what_follows_is_the_clients() {
    for (header, expected) in good() {
        for end in 0..header.len() {
            assert_eq!(read(&header[..end]), "incomplete", "{end} of {header:?}");
        }
        assert_eq!(read(&header), expected, "{header:?}");
        for behind in [&b"EHLO a\r\n"[..], b"\r\n", b"\x16\x03\x01", b"PROXY UNKNOWN\r\n"] {
            let length = header.len();
            let bytes = [&header[..], behind].concat();
            assert_eq!(read(&bytes), expected);
            assert!(matches!(parse(&bytes), Progress::Complete(_, end) if end == length));
        }
    }
}

#[test]
fn what_is_no_text_header_is_malformed_as_soon_as_that_shows() {
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(MAX_TEXT - 16));
    assert_eq!(longest.len(), MAX_TEXT);
    assert_eq!(read(longest.as_bytes()), OWN);
    let too_long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(MAX_TEXT - 15));
    let endless = "PROXY ".repeat(20);
    for text in [
        "EHLO a\r\n",
        "\r\nEHLO a\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.7 51000 25\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 51000 25\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 51000\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 51000 25 \r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.7 51000 25\r\n",
        "PROXY TCP4\t192.0.2.1 198.51.100.7 51000 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 -1 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 +1 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 025 25\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7  25\r\n",
        "PROXY TCP4 192.0.2.01 198.51.100.7 1 25\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.7 1 25\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::25 1 25\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.7 1 25\r\n",
        "PROXY TCP6 fe80::1%eth0 2001:db8::25 1 25\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.7 1 25\r\n",
        "PROXY TCP4 localhost 198.51.100.7 1 25\r\n",
        "PROXY TCP4 192.0.2.1\0 198.51.100.7 1 25\r\n",
        &too_long,
        &endless,
    ] {
        assert_eq!(read(text.as_bytes()), "malformed", "{text:?}");
    }
}

#[test]
fn what_is_no_binary_header_is_malformed_as_soon_as_that_shows() {
    for (what, bytes) in [
        ("version 1 of it", binary(0x11, 0x11, &v4(), 12)),
        ("version 3 of it", binary(0x31, 0x11, &v4(), 12)),
        ("a command that is none", binary(0x22, 0x11, &v4(), 12)),
        ("a family that is none", binary(0x21, 0x41, &v4(), 12)),
        ("a transport that is none", binary(0x21, 0x13, &v4(), 12)),
        ("addresses cut short", binary(0x21, 0x11, &v4()[..11], 11)),
        ("IPv6 cut short", binary(0x21, 0x21, &v6()[..35], 35)),
        ("no addresses", binary(0x21, 0x11, &[], 0)),
        ("a length over the bound", binary(0x21, 0x11, &v4(), MAX_BINARY - BINARY_HEAD + 1)),
        ("the greatest length", binary(0x21, 0x11, &v4(), 0xffff)),
        ("the greatest length of LOCAL", binary(0x20, 0, &[], 0xffff)),
        ("another signature", b"\r\n\r\n\0\r\nQUIT\r\n".to_vec()),
    ] {
        assert_eq!(read(&bytes), "malformed", "{what}");
    }
    let rest = vec![0; MAX_BINARY - BINARY_HEAD];
    assert_eq!(read(&binary(0x20, 0, &rest, rest.len())), OWN, "as long as it may be");
}

proptest! {
    #[test]
    fn any_bytes_are_read_within_the_bound(mut bytes: Vec<u8>, begins in 0..3_usize, more in 0..6_000_usize) {
        let head = [&b""[..], TEXT, BINARY][begins];
        bytes.splice(..0, head.iter().copied());
        let before = parse(&bytes);
        bytes.resize(bytes.len() + more, b'x');
        let after = parse(&bytes);
        // What was decided stays; and beyond the bound nothing is left open.
        prop_assert!(before == Progress::Incomplete || before == after);
        prop_assert!(after != Progress::Incomplete || bytes.len() < MAX_BINARY);
        if let Progress::Complete(_, length) = after {
            prop_assert!(length <= bytes.len() && length <= MAX_BINARY);
        }
    }

    #[test]
    fn addresses_come_back(remote: (u32, u16), local: (u128, u16)) {
        let (remote, local) = ((remote.0.into(), remote.1), (local.0.into(), local.1));
        let ends = [Ipv4Addr::to_string(&remote.0), Ipv6Addr::to_string(&local.0)];
        for (family, address) in [("TCP4", &ends[0]), ("TCP6", &ends[1])] {
            let line = format!("PROXY {family} {address} {address} {} {}\r\n", remote.1, local.1);
            let address = address.parse().unwrap();
            let client = Header::Client { remote: end(address, remote.1), local: end(address, local.1) };
            prop_assert_eq!(parse(line.as_bytes()), Progress::Complete(client, line.len()));
        }
    }
}
