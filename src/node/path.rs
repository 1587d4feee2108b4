//! The engine's reading of addresses, for interfaces that read their command lines in JavaScript.

use crate::protocol::address::Path;
use napi_derive::napi;

/// A path that was read off a text.
#[napi(object)]
pub struct ParsedPath {
    /// The mailbox as it was sent, without a source route; '' for the null path.
    pub path: String,
    /// What stands behind the `@` of the mailbox; absent where there is none.
    pub domain: Option<String>,
    /// What follows the path.
    pub rest: String,
}

/// Reads a path in angle brackets at the head of a text (RFC 5321 section 4.1.2); null if there is
/// none.
#[napi]
pub fn parse_path(text: String) -> Option<ParsedPath> {
    let (path, rest) = Path::parse(&text)?;
    Some(ParsedPath {
        path: path.0.to_owned(),
        domain: path.domain().map(str::to_owned),
        rest: rest.to_owned(),
    })
}
