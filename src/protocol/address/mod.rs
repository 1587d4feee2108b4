//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//!
//! A mailbox is given on as it was sent, without a source route before it (RFC 5321 section
//! 4.1.1.3). Whether there is such a mailbox, and how strict to be about its local part, is for the
//! application; its domain has to be one, so that no two readers see two.

mod domain;
#[cfg(test)]
mod tests;

pub use domain::MAX_DOMAIN;
use domain::{has_one_reading, is_domain};

/// A reverse-path or forward-path: the mailbox between `<` and `>`, empty for the null path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a>(pub &'a str);

impl<'a> Path<'a> {
    /// Parses a path at the head of `text`; the path and what follows it.
    ///
    /// `None` where there is none, where a bracket or quote is left open, where a control
    /// character or what stands for bytes that were not UTF-8 is in it, where a space or `<` stands
    /// outside of quotes, and where the domain is neither a name nor an address literal.
    pub fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        Self::read(text, is_domain)
    }

    fn read(text: &'a str, is_domain: impl Fn(&str) -> bool) -> Option<(Self, &'a str)> {
        let inner = text.strip_prefix('<')?;
        if let Some((end, domain)) = end_of_plain(inner) {
            let path = Self(&inner[..end]);
            return domain.is_none_or(is_domain).then(|| (path, &inner[end + 1..]));
        }
        let end = end_of(inner, '>')?;
        let (path, rest) = (&inner[..end], &inner[end + 1..]);
        let mailbox = match path.strip_prefix('@') {
            Some(route) => without_route(route, &is_domain)?,
            None => path,
        };
        let path = Self(mailbox);
        path.domain().is_none_or(is_domain).then_some((path, rest))
    }

    /// Whether a server sees one path where `mailbox` is sent between brackets. Whether its domain
    /// is one is for the server to judge.
    pub fn encloses(mailbox: &str) -> bool {
        let bracketed = format!("<{mailbox}>");
        Path::read(&bracketed, has_one_reading).is_some_and(|(_, rest)| rest.is_empty())
    }

    /// Parses a mailbox that stands without brackets: with a domain, or `postmaster`.
    pub fn parse_bare(word: &'a str) -> Option<Self> {
        if word.eq_ignore_ascii_case("postmaster") {
            return Some(Self(word));
        }
        let at = end_of(word, '@').filter(|at| *at > 0)?;
        let domain = &word[at + 1..];
        (!word.contains(['<', '>', ' ']) && is_domain(domain)).then_some(Self(word))
    }

    /// What stands behind the `@` of the mailbox, if there is one.
    pub fn domain(&self) -> Option<&'a str> {
        end_of(self.0, '@').map(|at| &self.0[at + 1..])
    }
}

/// Where a path ends that has one reading at a glance, as nearly all have: one `@` at most, and
/// nothing that any rule looks at. With it what stands behind the `@`.
fn end_of_plain(inner: &str) -> Option<(usize, Option<&str>)> {
    let at = end_of_word(inner)?;
    match inner.as_bytes()[at] {
        b'>' => Some((at, None)),
        b'@' if at > 0 => {
            let domain = &inner[at + 1..];
            let length = end_of_word(domain).filter(|end| domain.as_bytes()[*end] == b'>')?;
            Some((at + 1 + length, Some(&domain[..length])))
        }
        _ => None,
    }
}

fn end_of_word(text: &str) -> Option<usize> {
    text.bytes().position(|byte| !IS_PLAIN[usize::from(byte)])
}

/// By byte, whether no rule looks at it.
const IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let char = byte as u8;
        table[byte] =
            char.is_ascii_alphanumeric() || matches!(char, b'.' | b'-' | b'_' | b'+' | b'=');
        byte += 1;
    }
    table
};

/// Where `wanted` stands outside of quotes, if all before it may be in a path.
fn end_of(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if !may_be_text(char) => return None,
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ if char == wanted => return Some(at),
            ' ' | '<' => return None,
            _ => {}
        }
    }
    None
}

/// Whether a part of a line has no control characters, and no replacement characters: these stand
/// for bytes that were not UTF-8, and are not what was sent.
pub fn is_text(text: &str) -> bool {
    text.chars().all(may_be_text)
}

fn may_be_text(char: char) -> bool {
    !char.is_control() && char != char::REPLACEMENT_CHARACTER
}

/// The mailbox behind a source route, whose first `@` is gone: it is to be ignored (RFC 5321
/// section 4.1.1.3 and appendix C).
fn without_route(route: &str, is_domain: impl Fn(&str) -> bool) -> Option<&str> {
    let (hosts, mailbox) = split_route(route)?;
    let is_host = |host: &str| !host.is_empty() && !host.contains(',') && is_domain(host);
    (hosts.split(",@").all(is_host) && !mailbox.is_empty() && !mailbox.starts_with('@'))
        .then_some(mailbox)
}

/// Hosts and mailbox: the colon between them is the first that stands in no address literal.
fn split_route(route: &str) -> Option<(&str, &str)> {
    let mut in_literal = false;
    let colon = route.bytes().position(|byte| {
        in_literal = (in_literal || byte == b'[') && byte != b']';
        byte == b':' && !in_literal
    })?;
    Some((&route[..colon], &route[colon + 1..]))
}
