//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//!
//! A mailbox is given on as it was sent, without a source route before it (RFC 5321 section
//! 4.1.1.3). Whether there is such a mailbox, and how strict to be about its form, is for the
//! application; what is checked here is what else would let two readers see two domains.

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
        let inner = text.strip_prefix('<')?;
        if let Some(end) = end_of_plain(inner) {
            return Some((Self(&inner[..end]), &inner[end + 1..]));
        }
        let end = end_of(inner, '>')?;
        let (path, rest) = (&inner[..end], &inner[end + 1..]);
        let mailbox = match path.strip_prefix('@') {
            Some(route) => without_route(route)?,
            None => path,
        };
        let path = Self(mailbox);
        path.domain().is_none_or(is_domain).then_some((path, rest))
    }

    /// Parses a mailbox that stands without brackets: with a domain, or `postmaster`.
    pub fn parse_bare(word: &'a str) -> Option<Self> {
        if word.eq_ignore_ascii_case("postmaster") {
            return Some(Self(word));
        }
        let at = end_of(word, '@').filter(|at| *at > 0)?;
        let domain = &word[at + 1..];
        // No `@` ends it: all of it is looked at.
        let is_plain = !word.contains(['<', '>', ' ']) && end_of(domain, '@').is_none();
        let is_text = domain.chars().all(is_text);
        (is_plain && is_text && !domain.is_empty() && is_domain(domain)).then_some(Self(word))
    }

    /// What stands behind the `@` of the mailbox, if there is one.
    pub fn domain(&self) -> Option<&'a str> {
        end_of(self.0, '@').map(|at| &self.0[at + 1..])
    }
}

/// Where a path ends that has one reading at a glance, as nearly all have: one `@` at most, and
/// nothing that any rule looks at.
fn end_of_plain(inner: &str) -> Option<usize> {
    let mut has_domain = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'+' | b'=' => {}
            b'@' if !has_domain && at > 0 => has_domain = true,
            b'>' => return Some(at),
            _ => return None,
        }
    }
    None
}

/// Where `wanted` stands outside of quotes, if all before it may be in a path.
fn end_of(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if !is_text(char) => return None,
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

/// A replacement character stands for bytes that were not UTF-8: not what was sent.
fn is_text(char: char) -> bool {
    !char.is_control() && char != char::REPLACEMENT_CHARACTER
}

/// The mailbox behind a source route, whose first `@` is gone: it is to be ignored (RFC 5321
/// section 4.1.1.3 and appendix C).
fn without_route(route: &str) -> Option<&str> {
    let (hosts, mailbox) = route.split_once(':')?;
    let mut hosts = hosts.split(",@");
    let whole = |host: &str| !host.is_empty() && !host.contains(['@', ',']) && is_domain(host);
    (hosts.all(whole) && !mailbox.is_empty() && !mailbox.starts_with('@')).then_some(mailbox)
}

/// Whether it has one reading: a name, or an address literal (RFC 5321 section 4.1.3) and nothing
/// besides.
fn is_domain(domain: &str) -> bool {
    let is_plain =
        |text: &str| !text.bytes().any(|byte| matches!(byte, b'@' | b'"' | b'[' | b']' | b'\\'));
    match domain.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(|it| !it.is_empty() && is_plain(it)),
        None => is_plain(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(&str, &str)> {
        Path::parse(text).map(|(path, rest)| (path.0, rest))
    }

    #[test]
    fn mailboxes_are_given_on_as_sent() {
        assert_eq!(parse("<>"), Some(("", "")));
        assert_eq!(parse("<a@b.c> SIZE=1"), Some(("a@b.c", " SIZE=1")));
        assert_eq!(parse(r#"<"a> \"b"@c>x"#), Some((r#""a> \"b"@c"#, "x")));
        assert_eq!(parse(r#"<"a@b"@c>"#), Some((r#""a@b"@c"#, "")));
        assert_eq!(parse("<jürgen@exämple.de>"), Some(("jürgen@exämple.de", "")));
        assert_eq!(parse("<a@[IPv6:::1]>"), Some(("a@[IPv6:::1]", "")));
        assert_eq!(parse("<Postmaster>"), Some(("Postmaster", "")));
        assert_eq!(parse("<a@b.c.>"), Some(("a@b.c.", "")));
        assert_eq!(parse("<a@b>>"), Some(("a@b", ">")));
    }

    #[test]
    fn without_brackets_there_is_a_whole_address_or_postmaster() {
        for text in ["a@b", "a@b.c", "\"a@b\"@c", "postMASTER", "ü@ö.de", "a@[192.0.2.1]"] {
            assert_eq!(Path::parse_bare(text), Some(Path(text)), "{text:?}");
        }
        let others = [
            "",
            "a",
            "@",
            "@b",
            "a@",
            "a@b@c",
            "a@b>",
            "<a@b",
            "<a@b>",
            "a>@b",
            "root",
            "a@b\u{85}",
            "a\u{fffd}@b",
            "a@b\u{fffd}",
            "a@[",
            "a@[x].b",
            "\"a@b",
            "a@\"b\"",
            "a b@c",
            "a@b c",
            "a\0@b",
            "postmaster@",
            "@x:a@b",
        ];
        for text in others {
            assert_eq!(Path::parse_bare(text), None, "{text:?}");
        }
    }

    #[test]
    fn source_routes_are_dropped() {
        assert_eq!(parse("<@x:a@b>"), Some(("a@b", "")));
        assert_eq!(parse("<@x,@[192.0.2.1]:a@b> X"), Some(("a@b", " X")));
        assert_eq!(parse("<@x:Postmaster>"), Some(("Postmaster", "")));
        for text in ["<@>", "<@x>", "<@x:>", "<@:a@b>", "<@x,y:a@b>", "<@x,@:a@b>", "<@x:@y:a@b>"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_domain_stands_behind_the_one_sign_outside_of_quotes() {
        let domain = |text| Path::parse(text).and_then(|(path, _)| path.domain());
        assert_eq!(domain("<a@b.c>"), Some("b.c"));
        assert_eq!(domain(r#"<"a@b.c"@d>"#), Some("d"));
        assert_eq!(domain(r#"<"a\"@b.c"@d>"#), Some("d"));
        assert_eq!(domain("<a@>"), Some(""));
        for text in ["<>", "<root>", r#"<"a@b.c">"#] {
            assert_eq!(domain(text), None, "{text:?}");
        }
    }

    #[test]
    fn malformed_paths_are_refused() {
        for text in ["", "a@b", "<a@b", "<a b@c>", "<< a@b>", "<<a@b>>", "<\"a@b>", "< a@b >"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        for domain in ["b@c", "@c", "[", "]", "[]", "[x].b", "b[x]", "[x", "[[x]]", "\"b\"", "b\\c"]
        {
            for local in ["a", "\"a\"", "\"a@b\""] {
                assert_eq!(parse(&format!("<{local}@{domain}>")), None, "{local:?} at {domain:?}");
            }
        }
    }

    #[test]
    fn what_is_no_text_is_refused_wherever_it_stands() {
        let controls = ('\0'..' ').chain('\u{7f}'..'\u{a0}').chain(['\u{fffd}']);
        for char in controls {
            for text in [
                format!("<{char}a@b>"),
                format!("<a{char}@b>"),
                format!("<\"a{char}\"@b>"),
                format!("<\"a\\{char}\"@b>"),
                format!("<a@{char}b>"),
                format!("<a@b{char}>"),
                format!("<@x{char}:a@b>"),
            ] {
                assert_eq!(parse(&text), None, "{text:?}");
            }
        }
    }
}
