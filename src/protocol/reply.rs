//! Replies (RFC 5321 section 4.2) and their enhanced status codes (RFC 3463, RFC 2034).

use bytes::{BufMut, BytesMut};
use std::fmt;

/// A three-digit reply code from 200 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// `None` for what no reply may begin with.
    pub fn new(code: u16) -> Option<Self> {
        (200..=599).contains(&code).then_some(Self(code))
    }

    /// A code of ours, held within bounds at compile time where it is a constant.
    pub(super) const fn known(code: u16) -> Self {
        assert!(code >= 200 && code <= 599);
        Self(code)
    }

    /// The three digits that a reply begins with (RFC 5321 section 4.2).
    pub(super) fn parse(digits: &[u8]) -> Option<Self> {
        str::from_utf8(digits).ok()?.parse().ok().and_then(Self::new)
    }

    /// As a number.
    pub fn value(self) -> u16 {
        self.0
    }

    /// 421, after which the connection is closed (RFC 5321 section 3.8).
    pub fn closes(self) -> bool {
        self.0 == 421
    }

    /// 2yz: what was asked is done (RFC 5321 section 4.2.1).
    pub fn is_completion(self) -> bool {
        self.0 < 300
    }

    /// 4yz: it may be done later.
    pub fn is_transient(self) -> bool {
        (400..500).contains(&self.0)
    }

    /// 5yz: it will not be done, however often it is asked.
    pub fn is_permanent(self) -> bool {
        self.0 >= 500
    }

    /// 2yz or 3yz.
    pub fn is_positive(self) -> bool {
        self.0 < 400
    }
}

/// The subject and detail of an enhanced status code; its class is the reply code's first digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnhancedStatus(pub u8, pub u8);

/// A reply: a code and one or more lines of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: ReplyCode,
    lines: Vec<String>,
}

impl Reply {
    /// A reply of `text`; each line break in it begins a new line of the same reply, and control
    /// characters become spaces, so no text can make a second reply.
    pub fn new(code: ReplyCode, text: &str) -> Self {
        // A CRLF is one break, and one at the end none.
        let mut kept = Vec::with_capacity(1);
        let mut rest = text;
        loop {
            let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
            kept.push(rest[..end].replace(|c: char| c.is_control() && c != '\t', " "));
            rest = &rest[end..];
            rest =
                rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or("");
            if rest.is_empty() {
                return Self { code, lines: kept };
            }
        }
    }

    /// A reply that a server sent; there is at least one line.
    pub(super) fn received(code: ReplyCode, lines: Vec<String>) -> Self {
        Self { code, lines }
    }

    /// The same with an enhanced status code before the text of each line.
    #[must_use]
    pub fn with_status(mut self, EnhancedStatus(subject, detail): EnhancedStatus) -> Self {
        let class = self.code.0 / 100;
        for line in &mut self.lines {
            *line = format!("{class}.{subject}.{detail} {line}");
        }
        self
    }

    /// Its code.
    pub fn code(&self) -> ReplyCode {
        self.code
    }

    /// The text of each line.
    pub fn texts(&self) -> &[String] {
        &self.lines
    }

    /// Its lines as they go over the wire, without CRLF. A last line without text has no space
    /// (RFC 5321 section 4.2).
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let last = self.lines.len().saturating_sub(1);
        self.lines.iter().enumerate().map(move |(index, line)| match (index == last, &**line) {
            (true, "") => self.code.0.to_string(),
            (true, line) => format!("{} {line}", self.code.0),
            (false, line) => format!("{}-{line}", self.code.0),
        })
    }

    /// Appends it to `output`.
    pub fn write(&self, output: &mut BytesMut) {
        for line in self.lines() {
            output.put_slice(line.as_bytes());
            output.put_slice(b"\r\n");
        }
    }
}

/// In one line, fit to be shown.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code.0, self.lines.join(" ").replace(char::is_control, "?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(code: u16, text: &str) -> String {
        let mut output = BytesMut::new();
        Reply::new(ReplyCode::new(code).expect("a code"), text).write(&mut output);
        String::from_utf8(output.to_vec()).expect("text")
    }

    #[test]
    fn one_text_makes_one_reply() {
        assert_eq!(wire(250, "OK"), "250 OK\r\n");
        assert_eq!(wire(250, ""), "250\r\n");
        assert_eq!(wire(250, "a\n\n"), "250-a\r\n250\r\n");
        assert_eq!(wire(550, "no\r\n250 yes"), "550-no\r\n550 250 yes\r\n");
        assert_eq!(wire(550, "a\rb\nc\n"), "550-a\r\n550-b\r\n550 c\r\n");
        assert_eq!(wire(550, "a\r\n\r\nb"), "550-a\r\n550-\r\n550 b\r\n");
        assert_eq!(wire(550, "a\0b\u{85}"), "550 a b \r\n");
    }

    #[test]
    fn codes_have_bounds() {
        for code in [0, 199, 600, u16::MAX] {
            assert_eq!(ReplyCode::new(code), None);
        }
        assert!(ReplyCode::new(354).is_some_and(ReplyCode::is_positive));
        assert!(!ReplyCode::new(451).is_some_and(ReplyCode::is_positive));
    }

    #[test]
    fn enhanced_status_goes_before_each_line() {
        let code = ReplyCode::new(452).expect("a code");
        let reply = Reply::new(code, "a\nb").with_status(EnhancedStatus(5, 3));
        assert_eq!(reply.lines().collect::<Vec<_>>(), ["452-4.5.3 a", "452 4.5.3 b"]);
    }
}
