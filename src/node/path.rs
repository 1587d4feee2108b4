//! The engine's reading of addresses, for interfaces that read their command lines in JavaScript.

use crate::protocol::address::Path;
use crate::protocol::command;
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

impl ParsedPath {
    fn new((path, rest): (Path<'_>, &str)) -> Self {
        Self {
            path: path.0.to_owned(),
            domain: path.domain().map(str::to_owned),
            rest: rest.to_owned(),
        }
    }
}

/// Reads a path in angle brackets at the head of a text (RFC 5321 section 4.1.2); null if there is
/// none.
#[napi]
pub fn parse_path(text: String) -> Option<ParsedPath> {
    Path::parse(&text).map(ParsedPath::new)
}

/// Reads what stands behind `FROM:` or `TO:`: a path in angle brackets, or an address or
/// `postmaster` without them; parameters may follow. Null if it is anything else.
#[napi]
pub fn parse_address(text: String) -> Option<ParsedPath> {
    command::address(&text).map(ParsedPath::new)
}
