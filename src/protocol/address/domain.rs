//! Domains and address literals (RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3).
//!
//! Stricter than names of DNS are, so that no two readers see two domains; laxer than RFC 5321 in
//! one thing: underscores are in names that mail is sent to.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a domain (RFC 5321 section 4.5.3.1.2), and so of a greeting's.
pub const MAX_DOMAIN: usize = 255;

/// Bytes of a label (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

/// The one tag of an address literal that is registered (RFC 5321 section 4.1.3).
const IPV6_TAG: &str = "IPv6:";

/// Whether `text` is a domain or an address literal, and nothing besides.
pub(super) fn is_domain(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(is_address),
        None => text.len() <= MAX_DOMAIN && is_name(text),
    }
}

fn is_name(text: &str) -> bool {
    is_plain_name(text.as_bytes()).unwrap_or_else(|| has_labels(text))
}

/// The same at a glance, of a name that is ASCII, as nearly all are.
fn is_plain_name(name: &[u8]) -> Option<bool> {
    let mut label = 0;
    for (at, &byte) in name.iter().enumerate() {
        match KINDS[usize::from(byte)] {
            Kind::Inner => {}
            Kind::Dot if is_label(&name[label..at]) => label = at + 1,
            Kind::Dot | Kind::Other => return Some(false),
            Kind::NotAscii => return None,
        }
    }
    Some(is_label(&name[label..]))
}

/// Whether bytes that may be in a label are one.
fn is_label(bytes: &[u8]) -> bool {
    let has_hyphen_outside = bytes.first() == Some(&b'-') || bytes.last() == Some(&b'-');
    (1..=MAX_LABEL).contains(&bytes.len()) && !has_hyphen_outside
}

/// What a byte may be in a name.
#[derive(Clone, Copy)]
enum Kind {
    Inner,
    Dot,
    Other,
    NotAscii,
}

/// The kind of each byte.
const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut at = 0;
    while at < kinds.len() {
        kinds[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => Kind::Inner,
            b'.' => Kind::Dot,
            0..=127 => Kind::Other,
            _ => Kind::NotAscii,
        };
        at += 1;
    }
    kinds
};

fn has_labels(text: &str) -> bool {
    let labels: Option<usize> = text.split('.').map(|label| Some(length(label)? + 1)).sum();
    labels.is_some_and(|bytes| bytes <= MAX_DOMAIN + 1)
}

/// Whether no part of `domain` could be taken for its end, or for another mailbox.
pub(super) fn has_one_reading(domain: &str) -> bool {
    let is_plain =
        |text: &str| !text.bytes().any(|byte| matches!(byte, b'@' | b'"' | b'[' | b']' | b'\\'));
    match domain.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(|it| !it.is_empty() && is_plain(it)),
        None => is_plain(domain),
    }
}

fn is_address(literal: &str) -> bool {
    match literal.split_at_checked(IPV6_TAG.len()) {
        Some((tag, address)) if tag.eq_ignore_ascii_case(IPV6_TAG) => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        _ => literal.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Bytes of a label as DNS has it; `None` for what is none.
fn length(label: &str) -> Option<usize> {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_whole = !label.starts_with('-') && !label.ends_with('-');
    let length = if label.is_ascii() {
        label.bytes().all(is_inner).then_some(label.len())
    } else {
        u_label_length(label)
    };
    length.filter(|length| is_whole && (1..=MAX_LABEL).contains(length))
}

/// The same of a label as Unicode has it (RFC 5890 section 2.3.2.1), but for the case of letters.
///
/// One that UTS 46 maps to something else (full-width letters, dots of other scripts, characters
/// that vanish) is one name to who compares the bytes, and another to who asks DNS.
fn u_label_length(label: &str) -> Option<usize> {
    let (list, hyphens) = (AsciiDenyList::STD3, Hyphens::Allow);
    let (mapped, result) = Uts46::new().to_unicode(label.as_bytes(), list, hyphens);
    let is_stable = result.is_ok() && label.chars().flat_map(lower).eq(mapped.chars());
    let ascii = Uts46::new().to_ascii(label.as_bytes(), list, hyphens, DnsLength::Ignore).ok()?;
    is_stable.then_some(ascii.len())
}

/// A letter in lower case; one beyond ASCII as it is if it would become ASCII.
fn lower(char: char) -> impl Iterator<Item = char> {
    let stays = !char.is_ascii() && char.to_lowercase().any(|lower| lower.is_ascii());
    let (kept, lowered) = if stays { (Some(char), None) } else { (None, Some(char)) };
    kept.into_iter().chain(lowered.into_iter().flat_map(char::to_lowercase))
}
