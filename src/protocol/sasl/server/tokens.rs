//! XOAUTH2 and OAUTHBEARER (RFC 7628), the server's side: both bring a token in one message.

use super::claim::{Claim, Shown, is_name};
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::text::unescaped;

/// What ends each field.
const END: char = '\x01';

/// Reads `user=NAME`, `auth=Bearer TOKEN`.
pub(super) fn xoauth2(message: &str) -> Option<Claim> {
    let fields = message.strip_suffix("\x01\x01")?;
    let mut fields = fields.split(END);
    let username = fields.next()?.strip_prefix("user=")?.to_owned();
    let token = bearer(fields.next()?)?;
    claim(Mechanism::XOAuth2, username, token)
}

/// Reads a header as of GS2, then `host`, `port` and `auth` (RFC 7628 section 3.1). The header's name
/// is the user's.
pub(super) fn oauth_bearer(message: &str) -> Option<Claim> {
    let (header, fields) = message.strip_suffix("\x01\x01")?.split_once(END)?;
    let (flag, name) = header.strip_suffix(',')?.split_once(',')?;
    if !matches!(flag, "n" | "y") {
        return None;
    }
    let username = match name {
        "" => String::new(),
        named => unescaped(named.strip_prefix("a=")?)?,
    };
    let mut found = fields.split(END).filter(|field| field.starts_with("auth="));
    let token = bearer(found.next()?)?;
    match found.next() {
        None => claim(Mechanism::OAuthBearer, username, token),
        Some(_) => None,
    }
}

/// RFC 6750 section 2.1.
fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.strip_prefix("auth=")?.split_once(' ')?;
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("Bearer") && is_token).then_some(token)
}

fn claim(mechanism: Mechanism, username: String, token: &str) -> Option<Claim> {
    let shown = Shown::Token(token.to_owned());
    is_name(&username).then(|| Claim { mechanism, username, authzid: String::new(), shown })
}
