//! The addresses of MAIL and RCPT, as lines have them.

use crate::protocol::address::Path;
use crate::protocol::dialect::Paths;

/// The address behind `keyword` and a colon, and what follows it, without white space around that.
pub(super) fn read<'a>(
    argument: &'a str,
    keyword: &str,
    paths: Paths,
) -> Option<(&'a str, &'a str)> {
    match paths {
        Paths::Bracketed => bracketed(argument, keyword),
        Paths::Bare => bare(argument, keyword),
    }
}

/// A path between brackets. Spaces before it are tolerated, as widespread servers do and RFC 5321
/// section 3.3 forbids to clients.
fn bracketed<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (path, rest) = Path::parse(rest.strip_prefix(':')?.trim_start_matches(' '))?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((path.0, rest.trim_matches(' ')))
}

/// A path between brackets, or a mailbox without them. What begins with a bracket is the former.
fn bare<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = argument.split_once(':')?;
    if !head.trim_ascii_end().eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let is_gap = |c: char| c.is_ascii_whitespace();
    let (path, behind) = if rest.starts_with('<') {
        Path::parse(rest).filter(|(_, behind)| behind.is_empty() || behind.starts_with(is_gap))?
    } else {
        let (word, behind) = rest.split_once(is_gap).unwrap_or((rest, ""));
        (Path::parse_bare(word)?, behind)
    };
    Some((path.0, behind.trim_ascii()))
}

/// A replacement character stands for bytes that were not UTF-8: not the text that was sent.
pub(super) fn is_text(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || c == '\u{fffd}')
}
