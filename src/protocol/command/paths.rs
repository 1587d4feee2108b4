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
    // A replacement character stands for bytes that were not UTF-8: not the address that was sent.
    let whole = (rest.is_empty() || rest.starts_with(' ')) && !path.0.contains('\u{fffd}');
    whole.then_some((path.0, rest.trim_matches(' ')))
}

/// An address with or without brackets.
fn bare<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = argument.split_once(':')?;
    if !head.trim_ascii_end().eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let bracketed = Path::parse(rest).filter(|(_, behind)| {
        behind.is_empty() || behind.starts_with(|c: char| c.is_ascii_whitespace())
    });
    let (address, behind) = bracketed.map_or_else(
        || {
            let (word, behind) =
                rest.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((rest, ""));
            let word = word.strip_prefix('<').unwrap_or(word);
            (word.strip_suffix('>').unwrap_or(word), behind)
        },
        |(path, behind)| (path.0, behind),
    );
    let whole = !rest.is_empty() && is_text(address);
    whole.then_some((address, behind.trim_ascii()))
}

/// A replacement character stands for bytes that were not UTF-8: not the text that was sent.
pub(super) fn is_text(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || c == '\u{fffd}')
}
