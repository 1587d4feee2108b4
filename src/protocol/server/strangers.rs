//! What stands where a greeting should and is no SMTP: a web page, or a program that means another
//! port, was made to send it here.

/// The head of a TLS handshake record (RFC 8446 section 5.1).
const TLS_HANDSHAKE: &[u8] = b"\x16\x03";

/// The head of a header of the PROXY protocol, version 2, up to where no command could begin so.
const PROXY_HEAD: &[u8] = b"\r\n\r\n\0";

/// Methods of HTTP (RFC 9110 section 9.3, RFC 5789, RFC 9113 section 3.4) that begin a request
/// whatever follows them: HTTP/0.9 says no version.
const HTTP_METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI",
];

/// Whether a handshake begins here: of TLS, or SSL 2.0's (RFC 5246 appendix E.2); or a header in binary
/// that a proxy was not said to send.
pub(super) fn is_handshake(bytes: &[u8]) -> bool {
    let is_ssl2 = matches!(bytes, [0x80..=0xff, _, 1, 3, _, ..] | [0x80..=0xff, _, 1, 0, 2, ..]);
    is_ssl2 || bytes.starts_with(TLS_HANDSHAKE) || bytes.starts_with(PROXY_HEAD)
}

/// Whether a line is the header of a proxy that nobody was said to send (the PROXY protocol, version 1),
/// or what is left of its version 2 that came in pieces: a NUL stands before its `QUIT`. No command has one.
fn is_proxy_header(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_text = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"PROXY"))
        && matches!(words.next(), Some(b"TCP4" | b"TCP6" | b"UNKNOWN"));
    is_text || line.contains(&0)
}

/// Whether a line is the first of a request by HTTP, or by a protocol that looks like it, such as
/// RTSP and SIP (RFC 9112 section 3, RFC 7826 section 7.1, RFC 3261 section 7.1), or the header of a
/// proxy.
pub(super) fn is_request(line: &[u8]) -> bool {
    is_http_like(line) || is_proxy_header(line)
}

fn is_http_like(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(method) = words.next() else { return false };
    if HTTP_METHODS.iter().any(|each| each.eq_ignore_ascii_case(method)) {
        return true;
    }
    let (Some(target), Some(third)) = (words.next(), words.next()) else { return false };
    // Who makes the request may have left a space in its target.
    let last = words.next_back().unwrap_or(third);
    is_http(third) || is_target(target) && is_version(last)
}

fn is_http(version: &[u8]) -> bool {
    version.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"HTTP/"))
}

/// Whether it has something of a URI or path, as arguments of programs' own commands seldom have.
fn is_target(word: &[u8]) -> bool {
    word == b"*" || word.iter().any(|byte| matches!(byte, b'/' | b':'))
}

/// A name, a slash, and a number that may have a point in it.
fn is_version(word: &[u8]) -> bool {
    let mut parts = word.splitn(2, |byte| *byte == b'/');
    let (Some(name), Some(number)) = (parts.next(), parts.next()) else { return false };
    let mut numbers = number.split(|byte| *byte == b'.');
    name.len() > 1
        && name.iter().all(u8::is_ascii_alphabetic)
        && number.iter().filter(|byte| **byte == b'.').count() <= 1
        && numbers.all(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}
