//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//!
//! What stands between the angle brackets is given on as it was sent: whether such a mailbox
//! exists, and how strict to be about its form, is for the application.

/// A reverse-path or forward-path: the text between `<` and `>`, empty for the null path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a>(pub &'a str);

impl<'a> Path<'a> {
    /// Parses a path at the head of `text`; the path and what follows it.
    ///
    /// `None` where there is none, where a bracket or quote is left open, or where a control
    /// character, a space or `<` stands outside of quotes.
    pub fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        let inner = text.strip_prefix('<')?;
        let mut quoted = false;
        let mut escaped = false;
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                0..0x20 | 0x7f => return None,
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b' ' | b'<' => return None,
                b'>' => return Some((Self(&inner[..at]), &inner[at + 1..])),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(&str, &str)> {
        Path::parse(text).map(|(path, rest)| (path.0, rest))
    }

    #[test]
    fn paths_are_given_on_as_sent() {
        assert_eq!(parse("<>"), Some(("", "")));
        assert_eq!(parse("<a@b.c> SIZE=1"), Some(("a@b.c", " SIZE=1")));
        assert_eq!(parse("<@x,@y:a@b>"), Some(("@x,@y:a@b", "")));
        assert_eq!(parse(r#"<"a> \"b"@c>x"#), Some((r#""a> \"b"@c"#, "x")));
        assert_eq!(parse("<jürgen@exämple.de>"), Some(("jürgen@exämple.de", "")));
        assert_eq!(parse("<a@[IPv6:::1]>"), Some(("a@[IPv6:::1]", "")));
    }

    #[test]
    fn malformed_paths_are_refused() {
        for text in ["", "a@b", "<a@b", "<a b@c>", "<a\r@b>", "<a\0@b>", "<<a@b>>", "<\"a@b>"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
