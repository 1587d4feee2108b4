//! The arguments of MAIL and RCPT: an address, and parameters behind it.

use crate::protocol::address::Path;
use crate::protocol::dialect::Paths;
use crate::protocol::parameters::are_words;

/// The address behind `keyword` and a colon, and what follows it, without the spaces around that.
pub(super) fn read<'a>(
    argument: &'a str,
    keyword: &str,
    paths: Paths,
) -> Option<(&'a str, &'a str)> {
    let (path, rest) = match paths {
        Paths::Bracketed => bracketed(argument, keyword),
        Paths::Bare => bare(argument, keyword),
    }?;
    Some((path.0, rest.trim_matches(' ')))
}

/// A path between brackets. Spaces before it are tolerated, as widespread servers do and RFC 5321
/// section 3.3 forbids to clients.
fn bracketed<'a>(argument: &'a str, keyword: &str) -> Option<(Path<'a>, &'a str)> {
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (path, rest) = Path::parse(rest.strip_prefix(':')?.trim_start_matches(' '))?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((path, rest))
}

fn bare<'a>(argument: &'a str, keyword: &str) -> Option<(Path<'a>, &'a str)> {
    let (head, rest) = argument.split_once(':')?;
    if !head.trim_end_matches(' ').eq_ignore_ascii_case(keyword) {
        return None;
    }
    address(rest.trim_start_matches(' '))
}

/// The address at the head of `text` and what follows it: a path between brackets, or a mailbox
/// without them. What begins with a bracket is the former.
///
/// `None` where there is none, and where what follows are no parameters.
pub fn address(text: &str) -> Option<(Path<'_>, &str)> {
    let (path, rest) = if text.starts_with('<') {
        Path::parse(text)?
    } else {
        let (word, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
        (Path::parse_bare(word)?, rest)
    };
    let is_apart = rest.is_empty() || rest.starts_with(' ');
    (is_apart && are_words(rest)).then_some((path, rest))
}
