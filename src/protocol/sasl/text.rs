//! Base64, names and passwords as both sides of an exchange write and read them.

use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// Base64 whose padding may be missing.
pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A name or password as both sides are to write it (RFC 5802 section 2.2). What SASLprep (RFC 4013)
/// does not allow, such as most emoji, goes as it is: peers that take it do the same.
pub(super) fn prepared(text: &str) -> Cow<'_, str> {
    match stringprep::saslprep(text) {
        Ok(prepared) if !prepared.is_empty() => prepared,
        _ => Cow::Borrowed(text),
    }
}

/// A name as SCRAM and GS2 have it (RFC 5802 section 5.1).
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// The name of what [`escaped`] has made; `None` for what it never makes.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (character, rest) = part
            .strip_prefix("2C")
            .map(|rest| (',', rest))
            .or_else(|| part.strip_prefix("3D").map(|rest| ('=', rest)))?;
        name.push(character);
        name.push_str(rest);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["user", "a,b=c", "=", ",", "=2C", "=3D2C", "\u{fc}", ""] {
            assert_eq!(unescaped(&escaped(name)).as_deref(), Some(name), "{name}");
        }
        for forged in ["a=", "a=2", "a=2c", "a=3d", "=4D", "=2C="] {
            assert_eq!(unescaped(forged), None, "{forged}");
        }
    }
}
